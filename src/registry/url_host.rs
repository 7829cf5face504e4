use std::fmt;

use super::{Authority, Host, ReferenceError, Scheme, Url};

/// A host that URLs of layers may name: `cdn.example.com`, `cdn.example.com:8443`, or
/// `*.example.com` for all hosts below a name.
///
/// Without a port it means the port of the URL's scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlHost {
    authority: Authority,
    below: bool,
}

impl UrlHost {
    /// Reads a host.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let below = text.strip_prefix("*.");
        let authority = Authority::parse(below.unwrap_or(text))?;
        Ok(Self { authority, below: below.is_some() })
    }

    /// Whether `url` names this host.
    pub fn matches(&self, url: &Url) -> bool {
        let origin = url.origin();
        let port = self.authority.port().unwrap_or(match origin.scheme() {
            Scheme::Http => 80,
            Scheme::Https => 443,
        });
        port == origin.port() && self.matches_host(origin.host())
    }

    fn matches_host(&self, host: &Host) -> bool {
        match (host, self.authority.host()) {
            (Host::Name(name), Host::Name(base)) if self.below => {
                let name = name.trim_end_matches('.');
                name.strip_suffix(base.as_str())
                    .is_some_and(|front| front.len() > 1 && front.ends_with('.'))
            }
            (host, known) => host == known,
        }
    }
}

impl fmt::Display for UrlHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.below {
            f.write_str("*.")?;
        }
        self.authority.fmt(f)
    }
}
