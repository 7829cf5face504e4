//! What a portal settles for everyone who opens the page, in `config.json` beside it.
//!
//! Invariant: a policy that is there but cannot be read never becomes “everything is allowed”. Where it
//! is not known whether there is one, no registry is used.

mod backup_tag;
mod colour;
mod problem;
mod read;

pub use backup_tag::{BackupTag, BackupTagError};
pub use colour::{Colour, ColourName, Colours};
pub use problem::{ConfigFault, ConfigProblem, Expected};

use crate::msg;
use crate::registry::{
    Authority, CookieMode, Endpoint, Endpoints, Reference, Repository, Url, UrlHost,
};
use crate::text::{Language, Message};

use crate::app::Tab;

/// The settings of a portal. The default is a page without any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The name of the page, in place of “Layermark”.
    pub title: Option<String>,
    /// A picture for the header: a path at the page's own origin, absolute or beside the page.
    pub logo: Option<String>,
    /// Colours of the portal.
    pub colours: Colours,
    /// The registry of references that name none.
    pub default_registry: Option<Authority>,
    /// What “Image reference” holds at the start, and where a pasted image would go.
    pub default_repository: Option<Repository>,
    /// The registries that images may be loaded from and pushed to; `None` means any.
    pub allowed_registries: Option<Vec<Authority>>,
    /// URL templates to choose from; the first one is there at the start.
    pub templates: Vec<NamedTemplate>,
    /// The hosts that URLs of layers may name; `None` means any.
    pub allowed_url_hosts: Option<Vec<UrlHost>>,
    /// The tabs that are shown, in this order; never empty.
    pub tabs: Vec<Tab>,
    /// Where the API of the default registry lies at the page's own origin, in front of `/v2/`:
    /// empty or `/a/b`, without a slash at the end. `None` means that the page's origin is not
    /// known to forward to it.
    pub path_prefix: Option<String>,
    /// The portal's own help: an http(s) URL, or a path at the page's own origin.
    pub help_link: Option<String>,
    /// How the tag is called that keeps what a push replaces; `None` leaves it to the person.
    pub backup_tag: Option<BackupTag>,
    /// The language of those who have not chosen one.
    pub language: Option<Language>,
    /// Whether requests to the page's own origin carry its cookies.
    pub cookies: CookieMode,
    /// Whether the page keeps itself for use without a network.
    pub offline: bool,
    /// Whether there are settings that could not be read, so that nobody knows what they allow.
    pub unread: bool,
}

/// A URL template with what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedTemplate {
    /// The name; the template itself where the portal gave none.
    pub name: String,
    /// One or more templates, one a line, as [`crate::manifest::Templates`] reads them.
    pub text: String,
}

/// A wish that the portal's settings do not allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disallowed {
    /// A registry that is not one of the allowed ones.
    Registry {
        /// The registry.
        registry: String,
        /// The allowed ones, for people.
        allowed: String,
    },
    /// Any registry, as what the portal allows could not be read.
    Unread,
    /// A URL whose host is not one of the allowed ones.
    UrlHost {
        /// The host, or the whole URL where no host can be read.
        host: String,
        /// The allowed ones, for people.
        allowed: String,
    },
}

impl Default for Config {
    fn default() -> Self {
        Self {
            title: None,
            logo: None,
            colours: Colours::default(),
            default_registry: None,
            default_repository: None,
            allowed_registries: None,
            templates: Vec::new(),
            allowed_url_hosts: None,
            tabs: Tab::ALL.to_vec(),
            path_prefix: None,
            help_link: None,
            backup_tag: None,
            language: None,
            cookies: CookieMode::default(),
            offline: true,
            unread: false,
        }
    }
}

impl Config {
    /// Reads a `config.json`: the settings, and all that is wrong with them.
    ///
    /// A text that is not an object in JSON makes the settings [unread](Self::unread). Otherwise what is
    /// wrong stays at its default, all else counts. The entries of a list that can be read
    /// count, so that a list of what is allowed only ever becomes shorter by a mistake.
    pub fn read(text: &[u8]) -> (Self, Vec<ConfigProblem>) {
        read::config(text)
    }

    /// Settings that did not arrive: the file is neither there nor known not to be.
    pub fn missing(reason: String) -> (Self, Vec<ConfigProblem>) {
        read::unread(ConfigFault::Missing(reason))
    }

    /// The text of “URL template” at the start.
    pub fn first_template(&self) -> &str {
        self.templates.first().map_or("", |template| template.text.as_str())
    }

    /// The text of “Image reference” at the start: the default repository, with its registry where
    /// that is not the default one anyway.
    pub fn first_reference(&self) -> String {
        self.default_repository.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    /// Which endpoint stands behind a reference. `page` is the origin of the page itself.
    pub fn endpoints(&self, page: Option<&Endpoint>) -> Endpoints {
        let own = page.map(|page| match &self.path_prefix {
            Some(prefix) => page.with_prefix(prefix),
            None => page.clone(),
        });
        let mut endpoints = Endpoints { default: own.clone(), ..Endpoints::default() };
        if let Some(registry) = &self.default_registry {
            let endpoint = own.filter(|_| self.path_prefix.is_some());
            let endpoint = endpoint.unwrap_or_else(|| Endpoint::of_authority(registry));
            endpoints.by_host.insert(registry.to_string(), endpoint.clone());
            endpoints.default = Some(endpoint);
        }
        endpoints
    }

    /// Whether images may be loaded from and pushed to the registry of `reference`. One that names
    /// no registry means the default one, which is always allowed.
    pub fn check_registry(&self, reference: &Reference) -> Result<(), Disallowed> {
        if self.unread {
            return Err(Disallowed::Unread);
        }
        let (Some(registry), Some(allowed)) = (&reference.registry, &self.allowed_registries)
        else {
            return Ok(());
        };
        if allowed.contains(registry) || self.default_registry.as_ref() == Some(registry) {
            return Ok(());
        }
        let allowed = allowed.iter().chain(&self.default_registry).map(ToString::to_string);
        Err(Disallowed::Registry { registry: registry.to_string(), allowed: list(allowed) })
    }

    /// Whether `url` may stand in the `urls` of a layer.
    pub fn check_url(&self, url: &str) -> Result<(), Disallowed> {
        if self.unread {
            return Err(Disallowed::Unread);
        }
        let Some(allowed) = &self.allowed_url_hosts else { return Ok(()) };
        let parsed = Url::parse(url).ok();
        if parsed.as_ref().is_some_and(|url| allowed.iter().any(|host| host.matches(url))) {
            return Ok(());
        }
        let host = parsed.map_or_else(|| url.to_owned(), |url| url.origin().authority());
        let allowed = list(allowed.iter().map(ToString::to_string));
        Err(Disallowed::UrlHost { host, allowed })
    }
}

/// The items as a list for people; a dash when there is none.
fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { "–".to_owned() } else { items.join(", ") }
}

impl Disallowed {
    /// What the portal does not allow, and what it does.
    pub fn message(&self) -> Message {
        match self {
            Self::Unread => msg!("config.unread"),
            Self::Registry { registry, allowed } => {
                msg!("config.registry-not-allowed", registry = registry, allowed = allowed)
            }
            Self::UrlHost { host, allowed } => {
                msg!(
                    "config.url-host-not-allowed",
                    host = crate::text::excerpt(host, 80),
                    allowed = allowed
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::ShortNames;

    fn config(text: &str) -> Config {
        let (config, problems) = Config::read(text.as_bytes());
        assert_eq!(problems, [], "{text}");
        config
    }

    #[test]
    fn url_hosts() {
        let strict = config(r#"{"allowedUrlHosts": ["cdn.example.com", "*.blobs.example:8443"]}"#);
        let none = config(r#"{"allowedUrlHosts": []}"#);
        for (url, allowed) in [
            ("https://cdn.example.com/sha256:ab", true),
            ("https://CDN.example.com:443/x", true),
            ("http://cdn.example.com/x", true),
            ("https://cdn.example.com:8443/x", false),
            ("https://cdn.example.com.evil.example/x", false),
            ("https://cdn.example.com@evil.example/x", false),
            ("https://eu.blobs.example:8443/x", true),
            ("https://blobs.example:8443/x", false),
            ("https://xblobs.example:8443/x", false),
            ("not a url", false),
        ] {
            assert_eq!(strict.check_url(url).is_ok(), allowed, "{url}");
            assert!(none.check_url(url).is_err(), "{url}");
            assert!(Config::default().check_url(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn registries() {
        let strict = config(
            r#"{"defaultRegistry": "registry.example.com", "allowedRegistries": ["docker.io"]}"#,
        );
        let check = |reference: &str, allowed: bool| {
            let reference = Reference::parse(reference, ShortNames::OfDefaultRegistry).unwrap();
            assert_eq!(strict.check_registry(&reference).is_ok(), allowed, "{reference}");
            assert!(Config::default().check_registry(&reference).is_ok());
        };
        check("team/app:1", true);
        check("registry.example.com/team/app:1", true);
        check("docker.io/ubuntu", true);
        check("registry.example.com:5000/team/app:1", false);
        check("ghcr.io/team/app:1", false);
    }

    #[test]
    fn what_cannot_be_read_forbids_every_registry() {
        let page = "<!DOCTYPE html><title>Sign in</title>";
        let unread = |(config, problems): (Config, Vec<ConfigProblem>)| {
            assert_eq!(problems.len(), 1);
            for reference in ["team/app:1", "r.example/team/app:1"] {
                let reference = Reference::parse(reference, ShortNames::OfDefaultRegistry).unwrap();
                let refused = config.check_registry(&reference).unwrap_err();
                assert_eq!(refused.message().key, "config.unread");
                let refused = config.check_url("https://cdn.example.com/x").unwrap_err();
                assert_eq!(refused.message().key, "config.unread");
            }
            problems[0].message().key
        };
        for (text, key) in [
            (page, "config.web-page"),
            ("\n<html>", "config.web-page"),
            ("", "config.syntax"),
            (r#"{"allowedRegistries": ["r.example"]"#, "config.syntax"),
            (r#"[{"allowedRegistries": []}]"#, "config.at-line"),
            (r#""{}""#, "config.at-line"),
        ] {
            assert_eq!(unread(Config::read(text.as_bytes())), key, "{text}");
        }
        assert_eq!(unread(Config::read(&vec![b' '; 64 * 1024 + 1])), "config.too-big");
        assert_eq!(unread(Config::missing("500".into())), "config.missing");
        assert!(!Config::default().unread);
    }

    #[test]
    fn endpoints() {
        let page = Endpoint::parse("https://portal.example/").unwrap();
        let check = |text: &str, reference: &str, expected: &str| {
            let reference = Reference::parse(reference, ShortNames::OfDefaultRegistry).unwrap();
            let endpoint = config(text).endpoints(Some(&page)).of(&reference);
            assert_eq!(endpoint.to_string(), expected, "{text} {reference}");
        };
        check("{}", "a/b", "https://portal.example");
        check("{}", "r.example/a/b", "https://r.example");
        check(r#"{"pathPrefix": "/reg/"}"#, "a/b", "https://portal.example/reg");
        check(r#"{"defaultRegistry": "r.example"}"#, "a/b", "https://r.example");
        let behind = r#"{"defaultRegistry": "r.example", "pathPrefix": "/"}"#;
        check(behind, "a/b", "https://portal.example");
        check(behind, "r.example/a/b", "https://portal.example");
        check(behind, "other.example/a/b", "https://other.example");
    }
}
