use std::collections::BTreeMap;
use std::fmt;

use super::host::{Host, Reach};
use super::reference::{Authority, Reference, Repository};
use super::url::{Origin, Scheme, Url, UrlError};

/// Where a registry's API is: origin and, behind a reverse proxy, a path in front of `/v2/`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    origin: Origin,
    /// Empty or `/a/b`, without a slash at the end.
    prefix: String,
}

/// Which endpoint stands behind the host of a reference.
///
/// Without an entry it is `https://host`, for loopback hosts `http://host`, and for `docker.io`
/// the host that really serves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// The registry of references that name no host, usually the page's own origin. `None` means
    /// that those references are Docker Hub's.
    pub default: Option<Endpoint>,
    /// Endpoints of hosts as references spell them (`registry.example.com:5000`).
    pub by_host: BTreeMap<String, Endpoint>,
}

impl Endpoint {
    /// Reads a base URL such as `https://portal.example/registries/a`; `/v2/` at its end is taken
    /// off, a query is ignored.
    pub fn parse(base: &str) -> Result<Self, UrlError> {
        let url = Url::parse(base.trim())?;
        let path = url.path().trim_end_matches('/');
        let prefix = path.strip_suffix("/v2").unwrap_or(path).trim_end_matches('/');
        Ok(Self { origin: url.origin().clone(), prefix: prefix.to_owned() })
    }

    /// The endpoint that a reference's host stands for when nothing is configured.
    pub fn of_authority(authority: &Authority) -> Self {
        let docker_hub = Host::Name("docker.io".into());
        let host = if *authority.host() == docker_hub && authority.port().is_none() {
            Host::Name("registry-1.docker.io".into())
        } else {
            authority.host().clone()
        };
        let scheme = if host.reach() == Reach::Loopback { Scheme::Http } else { Scheme::Https };
        Self { origin: Origin::new(scheme, host, authority.port()), prefix: String::new() }
    }

    /// The same origin with `prefix` (empty or `/a/b`) in front of `/v2/`.
    #[must_use]
    pub fn with_prefix(&self, prefix: &str) -> Self {
        Self { origin: self.origin.clone(), prefix: prefix.trim_end_matches('/').to_owned() }
    }

    /// Scheme, host and port: the only place that credentials for this registry go to.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The path in front of `/v2/`: empty or `/a/b`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Whether credentials for this registry travel where others may read them: without TLS, and
    /// not only inside this machine. Sign-in forms say so.
    pub fn is_in_the_clear(&self) -> bool {
        self.origin.scheme() == Scheme::Http && self.origin.host().reach() != Reach::Loopback
    }

    /// Whether `url` is one of this registry's API, whatever server reads it: below `…/v2/`, and
    /// without encoded separators, which some servers decode before they resolve `..`.
    pub fn contains(&self, url: &Url) -> bool {
        let path = url.path().strip_prefix(&self.prefix).and_then(|path| path.strip_prefix("/v2/"));
        let decoded_later = |path: &str| {
            let path = path.to_ascii_lowercase();
            ["%2f", "%5c", "%25", "\\"].iter().any(|part| path.contains(part))
        };
        url.origin() == &self.origin && path.is_some_and(|path| !decoded_later(path))
    }

    /// `…/v2/`.
    pub fn api(&self) -> Url {
        self.url("")
    }

    /// `…/v2/{path}`; `path` is already encoded.
    pub fn url(&self, path: &str) -> Url {
        Url::at(self.origin.clone(), &format!("{}/v2/{path}", self.prefix))
    }

    /// `…/v2/{repository}/{path}`.
    pub fn in_repository(&self, repository: &Repository, path: &str) -> Url {
        self.url(&format!("{repository}/{path}"))
    }
}

impl Endpoints {
    /// The endpoint of a reference.
    pub fn of(&self, reference: &Reference) -> Endpoint {
        match (&reference.registry, &self.default) {
            (Some(authority), _) => self
                .by_host
                .get(&authority.to_string())
                .cloned()
                .unwrap_or_else(|| Endpoint::of_authority(authority)),
            (None, Some(endpoint)) => endpoint.clone(),
            (None, None) => Endpoint::of_authority(&Authority::docker_hub()),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.prefix)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::ShortNames;

    #[test]
    fn base_urls() {
        for (base, api) in [
            ("https://r.example", "https://r.example/v2/"),
            ("https://r.example/", "https://r.example/v2/"),
            ("https://r.example/v2", "https://r.example/v2/"),
            ("https://r.example/v2/", "https://r.example/v2/"),
            ("http://127.0.0.1:8080/reg/a/", "http://127.0.0.1:8080/reg/a/v2/"),
            ("http://127.0.0.1:8080/reg/a/v2/", "http://127.0.0.1:8080/reg/a/v2/"),
        ] {
            let endpoint = Endpoint::parse(base).unwrap();
            assert_eq!(endpoint.api().to_string(), api, "{base}");
            assert_eq!(Endpoint::parse(&endpoint.to_string()), Ok(endpoint));
        }
    }

    #[test]
    fn in_the_clear() {
        for (base, expected) in [
            ("https://r.example", false),
            ("http://r.example", true),
            ("http://10.0.0.1:5000", true),
            ("http://127.0.0.1:5000", false),
            ("http://localhost:5000", false),
        ] {
            assert_eq!(Endpoint::parse(base).unwrap().is_in_the_clear(), expected, "{base}");
        }
    }

    #[test]
    fn endpoints_of_references() {
        let mut endpoints = Endpoints::default();
        endpoints
            .by_host
            .insert("r.example:5000".into(), Endpoint::parse("https://portal.example/r").unwrap());
        let check = |endpoints: &Endpoints, text: &str, expected: &str| {
            let names = if endpoints.default.is_some() {
                ShortNames::OfDefaultRegistry
            } else {
                ShortNames::OfDockerHub
            };
            let reference = Reference::parse(text, names).unwrap();
            assert_eq!(endpoints.of(&reference).api().to_string(), expected, "{text}");
        };
        check(&endpoints, "ubuntu", "https://registry-1.docker.io/v2/");
        check(&endpoints, "docker.io/library/ubuntu", "https://registry-1.docker.io/v2/");
        check(&endpoints, "ghcr.io/a/b", "https://ghcr.io/v2/");
        check(&endpoints, "localhost/a", "http://localhost/v2/");
        check(&endpoints, "localhost:5000/a", "http://localhost:5000/v2/");
        check(&endpoints, "127.0.0.1:5000/a", "http://127.0.0.1:5000/v2/");
        check(&endpoints, "[::1]:5000/a", "http://[::1]:5000/v2/");
        check(&endpoints, "10.0.0.1:5000/a", "https://10.0.0.1:5000/v2/");
        check(&endpoints, "r.example:5000/a", "https://portal.example/r/v2/");
        check(&endpoints, "r.example/a", "https://r.example/v2/");
        endpoints.default = Some(Endpoint::parse("http://127.0.0.1:8080").unwrap());
        check(&endpoints, "team/app:1", "http://127.0.0.1:8080/v2/");
        check(&endpoints, "docker.io/team/app:1", "https://registry-1.docker.io/v2/");
    }
}
