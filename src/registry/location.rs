use super::endpoint::Endpoint;
use super::url::{Url, UrlError};
use crate::msg;
use crate::text::Message;

/// Where a `Location` or `Link` of an answer leads, made safe to follow with credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Located {
    pub(super) url: Url,
    /// What the registry had said, when that was put right.
    pub(super) rerooted_from: Option<String>,
}

/// Why a `Location` or `Link` is not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocationError {
    /// The header is not there, or the browser may not read it.
    Missing,
    /// Not a URL that a request may go to.
    Url(UrlError),
    /// Another host: neither the credentials nor the layer go there. Holds its origin.
    OtherHost(String),
    /// A place at the page's own origin that is not the registry's. Holds it without its query.
    NotTheRegistry(String),
}

/// Reads a `Location` or the target of a `Link` against the request it answered.
///
/// Only the registry's own origin is good. Where only scheme or port differ, a proxy has not told
/// the registry its address (`Host`, `X-Forwarded-Proto`), and the same path at the own origin is
/// meant; likewise a path that has lost the endpoint's prefix. Both are reported. Anything else is
/// refused (CVE-2026-50151, upload `Location` of another host).
///
/// A registry that is `at_page`, behind the page's own origin, shares that origin with whatever else
/// the portal serves: there only what is below the endpoint's `/v2/` is the registry's.
pub(super) fn locate(
    stated: Option<&str>,
    request: &Url,
    endpoint: &Endpoint,
    at_page: bool,
) -> Result<Located, LocationError> {
    let stated = stated.filter(|text| !text.is_empty()).ok_or(LocationError::Missing)?;
    let url = request.join(stated).map_err(LocationError::Url)?;
    if url.origin().host() != endpoint.origin().host() {
        return Err(LocationError::OtherHost(url.origin().to_string()));
    }
    let mut good = url.rooted_at(endpoint.origin().clone());
    let prefix = endpoint.prefix();
    let lost_prefix = !prefix.is_empty()
        && good.path().starts_with("/v2/")
        && !good.path().starts_with(&format!("{prefix}/"));
    if lost_prefix {
        good = good.with_path_prefix(prefix);
    }
    if at_page && !endpoint.contains(&good) {
        return Err(LocationError::NotTheRegistry(good.without_query()));
    }
    let rerooted_from = (good != url).then(|| url.without_query());
    Ok(Located { url: good, rerooted_from })
}

impl LocationError {
    /// What happened, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::Missing => msg!("location.missing"),
            Self::Url(error) => msg!("location.url", reason = error.message()),
            Self::OtherHost(origin) => msg!("location.other-host", origin = origin),
            Self::NotTheRegistry(url) => msg!("location.not-the-registry", url = url),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations() {
        let check = |base: &str, stated: Option<&str>, expected: &str| {
            let endpoint = Endpoint::parse(base).unwrap();
            let request = endpoint.url("app/blobs/uploads/");
            let text = match locate(stated, &request, &endpoint, false) {
                Ok(Located { url, rerooted_from: None }) => url.to_string(),
                Ok(Located { url, rerooted_from: Some(from) }) => {
                    format!("{url} instead of {from}")
                }
                Err(error) => format!("{error:?}"),
            };
            assert_eq!(text, expected, "{base} {stated:?}");
        };
        let own = "https://r.example";
        let id = "https://r.example/v2/app/blobs/uploads/id";
        check(own, Some("/v2/app/blobs/uploads/id"), id);
        check(own, Some("id"), id);
        check(own, Some(id), id);
        check(
            own,
            Some("https://r.example:443/v2/x?_state=a%3D"),
            "https://r.example/v2/x?_state=a%3D",
        );
        check(
            own,
            Some("http://r.example/v2/x?_state=1"),
            "https://r.example/v2/x?_state=1 instead of http://r.example/v2/x",
        );
        check(
            "https://r.example:8443",
            Some("https://r.example/v2/x"),
            "https://r.example:8443/v2/x instead of https://r.example/v2/x",
        );
        check(
            "https://r.example/reg/a",
            Some("/v2/x"),
            "https://r.example/reg/a/v2/x instead of https://r.example/v2/x",
        );
        check("https://r.example/reg/a", Some("/reg/a/v2/x"), "https://r.example/reg/a/v2/x");
        check(own, Some("https://evil.example/v2/x"), "OtherHost(\"https://evil.example\")");
        check(
            own,
            Some("https://r.example.evil.example/"),
            "OtherHost(\"https://r.example.evil.example\")",
        );
        check(own, Some("http://registry:5000/v2/x"), "OtherHost(\"http://registry:5000\")");
        check(own, Some("https://r.example@evil.example/"), "Url(Userinfo)");
        check(own, Some("javascript:alert(1)"), "Url(NotHttp)");
        check(own, Some(""), "Missing");
        check(own, None, "Missing");
    }

    #[test]
    fn at_the_page_only_the_registry_is_followed() {
        let check = |base: &str, stated: &str, expected: Option<&str>| {
            let endpoint = Endpoint::parse(base).unwrap();
            let located =
                locate(Some(stated), &endpoint.url("app/blobs/uploads/"), &endpoint, true);
            match (located, expected) {
                (Ok(located), Some(expected)) => assert_eq!(located.url.to_string(), expected),
                (Err(LocationError::NotTheRegistry(_)), None) => {}
                (found, _) => panic!("{base} {stated}: {found:?}"),
            }
        };
        let own = "https://portal.example";
        check(own, "/v2/app/x?_state=1", Some("https://portal.example/v2/app/x?_state=1"));
        check(own, "id", Some("https://portal.example/v2/app/blobs/uploads/id"));
        check(own, "http://portal.example:8080/v2/x", Some("https://portal.example/v2/x"));
        check(own, "/portal/api/users/42?role=admin", None);
        check(own, "https://portal.example/logout", None);
        check(own, "/v2", None);
        check(own, "/v2x/app", None);
        check(own, "/v2/../portal", None);
        check(own, "/v2/%2e%2E/portal", None);
        check(own, "/v2/a%2f..%2F..%2fportal", None);
        check(own, "/v2/..%5cportal", None);
        check(own, "/v2/a/%252e%252e/%252e%252e/portal", None);
        let below = "https://portal.example/reg/a";
        check(below, "/v2/x", Some("https://portal.example/reg/a/v2/x"));
        check(below, "/reg/a/v2/x", Some("https://portal.example/reg/a/v2/x"));
        check(below, "/reg/b/v2/x", None);
        check(below, "/reg/a/x", None);
    }
}
