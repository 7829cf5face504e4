//! A real registry behind the page's origin.
//!
//! Bodies stream in both directions without a limit. What would lead the browser to another origin
//! is rewritten, see [`response_headers`]; what only concerns the page's origin is not passed on,
//! see [`request_headers`]. The registry hears its own name as `Host`, because name-based servers
//! choose by it, and the page's in `X-Forwarded-Host`.

use std::fmt;
use std::str::FromStr;

use anyhow::Result;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};

use crate::http::client::Client;
use crate::http::{Handler, Request, Response, answer};

/// The registry behind the proxy: `http://` or `https://`, a host, perhaps a port, and no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    scheme: Scheme,
    authority: Authority,
}

/// Below this path, the page reaches the token service of the registry if it is on the same host.
pub const REALM: &str = "/-/realm";

/// Not passed on to the registry: of this connection (RFC 9110, section 7.6.1), of the page's
/// origin, or set anew.
const REQUEST_ONLY: [&str; 15] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
    "cookie",
    "origin",
    "referer",
    "x-forwarded-host",
    "x-forwarded-proto",
];

/// Not passed on to the page: of this connection, of the registry's own origin, or set anew.
const RESPONSE_ONLY: [&str; 17] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-connection",
    "transfer-encoding",
    "upgrade",
    "set-cookie",
    "strict-transport-security",
    "service-worker-allowed",
    "clear-site-data",
    "refresh",
    "alt-svc",
    "nel",
    "report-to",
    "content-security-policy",
    "x-content-type-options",
    "cross-origin-resource-policy",
];

/// Redirects that are followed for one request.
const MAX_REDIRECTS: usize = 5;

struct Proxy {
    upstream: Upstream,
    client: Client,
}

/// Answers below `/v2/` and [`REALM`] from `upstream`.
pub fn handler(upstream: Upstream) -> Result<Handler> {
    let proxy = Proxy { upstream, client: Client::new()? };
    Ok(Box::new(move |request| proxy.forward(request)))
}

/// The headers that the registry hears for a request of the page at `page` (host and port).
pub fn request_headers(headers: &HeaderMap, upstream: &Upstream, page: &str) -> HeaderMap {
    let mut out = without(headers, &REQUEST_ONLY);
    for name in headers.keys().filter(|name| name.as_str().starts_with("sec-")) {
        out.remove(name);
    }
    set(&mut out, header::HOST, upstream.authority.as_str());
    set(&mut out, HeaderName::from_static("x-forwarded-host"), page);
    set(&mut out, HeaderName::from_static("x-forwarded-proto"), "http");
    out
}

/// The headers that the page at `page` (host and port) gets for an answer of `upstream`.
///
/// - `Location` and `Link` to the registry become paths, so that uploads and pages go on at the
///   page's origin.
/// - `WWW-Authenticate: Basic` becomes `x-Basic`: the browser knows no such scheme and keeps its own
///   login box away.
/// - A token service on the registry's host is reached below `/-/realm` at the page's origin.
pub fn response_headers(headers: &HeaderMap, upstream: &Upstream, page: &str) -> HeaderMap {
    let mut out = without(headers, &RESPONSE_ONLY);
    for name in headers.keys().filter(|name| name.as_str().starts_with("access-control-")) {
        out.remove(name);
    }
    let mut rewrite = |name: HeaderName, with: &dyn Fn(&str) -> String| {
        out.remove(&name);
        for value in headers.get_all(&name) {
            let text = value.to_str().map(with).ok();
            if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
                out.append(name.clone(), value);
            }
        }
    };
    rewrite(header::LOCATION, &|value| local_path(value, upstream, page));
    rewrite(header::LINK, &|value| {
        each_between(value, '<', '>', |url| local_path(url, upstream, page))
    });
    rewrite(header::WWW_AUTHENTICATE, &|value| local_challenge(value, upstream, page));
    set(&mut out, header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'");
    set(&mut out, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(&mut out, HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    out
}

/// Whether a request is one of the page's own for data. A browser that wants to show an answer, to run
/// it or to install it as a service worker says so in `Sec-Fetch-Dest`: it would have the page's origin.
/// Nor has the page of another site anything to ask here. Tools and older browsers say neither.
pub fn is_for_data(headers: &HeaderMap) -> bool {
    let is = |name: &str, wanted: &str| headers.get(name).is_none_or(|value| value == wanted);
    is("sec-fetch-dest", "empty") && is("sec-fetch-site", "same-origin")
}

impl Proxy {
    fn forward(&self, request: Request<'_>) -> Response {
        // A token service gives a token for GET or POST.
        let tokens = *request.method() == Method::GET || *request.method() == Method::POST;
        if !is_for_data(request.headers()) || (request.uri().path().starts_with(REALM) && !tokens) {
            return answer(StatusCode::FORBIDDEN, &[], "");
        }
        let page = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let page = page.unwrap_or_default().to_owned();
        self.exchange(request, &page).unwrap_or_else(|error| {
            let message = format!("{} cannot be reached: {error:#}", self.upstream);
            let body = serde_json::json!({
                "errors": [{ "code": "UNAVAILABLE", "message": message }]
            });
            let headers = [("content-type", "application/json")];
            answer(StatusCode::BAD_GATEWAY, &headers, body.to_string())
        })
    }

    fn exchange(&self, request: Request<'_>, page: &str) -> Result<Response> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", PathAndQuery::as_str);
        let path = path.strip_prefix(REALM).unwrap_or(path).to_owned();
        let uri = Uri::builder()
            .scheme(self.upstream.scheme.clone())
            .authority(self.upstream.authority.clone())
            .path_and_query(path)
            .build()?;
        let has_body = parts.headers.contains_key(header::CONTENT_LENGTH)
            || parts.headers.contains_key(header::TRANSFER_ENCODING);
        let headers = request_headers(&parts.headers, &self.upstream, page);
        let method = parts.method;
        let mut request = http::Request::new(());
        *request.method_mut() = method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = headers.clone();
        let mut response = self.client.send(request, has_body.then_some(body))?;

        // Registries keep blobs elsewhere and point there with a redirect; the page could only
        // follow where that place allows its origin. Credentials stay behind.
        for _ in 0..MAX_REDIRECTS {
            let Some(target) = self.elsewhere(&method, &response, page) else {
                break;
            };
            let mut request = http::Request::builder().method(method.clone()).uri(target);
            for name in [header::ACCEPT, header::ACCEPT_ENCODING, header::RANGE] {
                if let Some(value) = headers.get(&name) {
                    request = request.header(name, value);
                }
            }
            response = self.client.send(request.body(())?, None)?;
        }

        let headers = response_headers(response.headers(), &self.upstream, page);
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// Where a redirect leads, if that is another host and there is nothing to send there.
    fn elsewhere(&self, method: &Method, response: &Response, page: &str) -> Option<Uri> {
        let reads = *method == Method::GET || *method == Method::HEAD;
        if !reads || !response.status().is_redirection() {
            return None;
        }
        let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
        let target: Uri = location.parse().ok()?;
        target.authority()?;
        (local_path(location, &self.upstream, page) == location).then_some(target)
    }
}

/// `url` as a path at the page's origin, if it is one of the registry or already of the page.
fn local_path(url: &str, upstream: &Upstream, page: &str) -> String {
    match url.parse::<Uri>() {
        Ok(uri) if is_local(&uri, upstream, page) => {
            uri.path_and_query().map_or("/", PathAndQuery::as_str).to_owned()
        }
        _ => url.to_owned(),
    }
}

fn is_local(uri: &Uri, upstream: &Upstream, page: &str) -> bool {
    let Some(authority) = uri.authority() else {
        return false;
    };
    if authority.as_str().eq_ignore_ascii_case(page) {
        return true;
    }
    // Behind a TLS terminator, registries often name themselves with the wrong scheme.
    let port =
        |authority: &Authority| authority.port_u16().filter(|port| *port != 80 && *port != 443);
    authority.host().eq_ignore_ascii_case(upstream.authority.host())
        && port(authority) == port(&upstream.authority)
}

fn local_challenge(challenge: &str, upstream: &Upstream, page: &str) -> String {
    const BASIC: &str = "basic";
    if challenge.get(..BASIC.len()).is_some_and(|scheme| scheme.eq_ignore_ascii_case(BASIC)) {
        return format!("x-Basic{}", &challenge[BASIC.len()..]);
    }
    let Some(start) = challenge.to_ascii_lowercase().find("realm=\"").map(|at| at + 7) else {
        return challenge.to_owned();
    };
    let Some(length) = challenge[start..].find('"') else {
        return challenge.to_owned();
    };
    let realm = &challenge[start..start + length];
    let path = local_path(realm, upstream, page);
    if path == realm {
        return challenge.to_owned();
    }
    format!("{}http://{page}{REALM}{path}{}", &challenge[..start], &challenge[start + length..])
}

/// `text` with each part between `open` and `close` put through `with`.
fn each_between(text: &str, open: char, close: char, with: impl Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        let Some((inner, after)) = after.split_once(close) else {
            break;
        };
        out.push_str(before);
        out.push(open);
        out.push_str(&with(inner));
        out.push(close);
        rest = after;
    }
    out.push_str(rest);
    out
}

fn without(headers: &HeaderMap, names: &[&str]) -> HeaderMap {
    let mut out = headers.clone();
    // `Connection` itself names further headers of this connection.
    let listed: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    for name in names.iter().copied().chain(listed.iter().map(String::as_str)) {
        out.remove(name);
    }
    out
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

impl Upstream {
    /// Whether answers may come by TLS: unless it is on this machine, a registry may redirect to
    /// https even where it is not behind it.
    pub fn may_use_tls(&self) -> bool {
        self.scheme == Scheme::HTTPS || !super::is_loopback(self.authority.as_str())
    }
}

impl FromStr for Upstream {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = "expected http:// or https://, a host and perhaps a port, and no path";
        let parts = text.parse::<Uri>().map_err(|_| expected.to_owned())?.into_parts();
        match (parts.scheme, parts.authority) {
            (Some(scheme), Some(authority))
                if (scheme == Scheme::HTTP || scheme == Scheme::HTTPS)
                    && parts.path_and_query.as_ref().is_none_or(|path| path == "/")
                    && !authority.as_str().contains('@') =>
            {
                Ok(Self { scheme, authority })
            }
            _ => Err(expected.to_owned()),
        }
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "127.0.0.1:8080";

    fn upstream() -> Upstream {
        "https://registry.example.com".parse().unwrap()
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn upstreams() {
        for (text, expected) in [
            ("http://127.0.0.1:5000", Some("http://127.0.0.1:5000")),
            ("https://registry.example.com/", Some("https://registry.example.com")),
            ("https://registry.example.com/v2/", None),
            ("https://user:secret@registry.example.com", None),
            ("registry.example.com", None),
            ("ftp://registry.example.com", None),
            ("", None),
        ] {
            let parsed = text.parse::<Upstream>().ok().map(|upstream| upstream.to_string());
            assert_eq!(parsed.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn answers_stay_at_the_page() {
        let check = |name: &'static str, value: &str, expected: &str| {
            let out = response_headers(&headers(&[(name, value)]), &upstream(), PAGE);
            assert_eq!(out.get(name).unwrap(), expected, "{name}: {value}");
        };
        check(
            "location",
            "https://registry.example.com/v2/a/blobs/uploads/1?_state=x%3D",
            "/v2/a/blobs/uploads/1?_state=x%3D",
        );
        check("location", "http://REGISTRY.example.com:80/v2/a", "/v2/a");
        check("location", "http://127.0.0.1:8080/v2/a", "/v2/a");
        check("location", "/v2/a/blobs/uploads/1", "/v2/a/blobs/uploads/1");
        check(
            "location",
            "https://registry.example.com:5000/v2/a",
            "https://registry.example.com:5000/v2/a",
        );
        check("location", "https://bucket.example.net/x", "https://bucket.example.net/x");
        check(
            "link",
            r#"<https://registry.example.com/v2/_catalog?last=b&n=2>; rel="next""#,
            r#"</v2/_catalog?last=b&n=2>; rel="next""#,
        );
        check("link", r#"</v2/_catalog?n=2>; rel="next""#, r#"</v2/_catalog?n=2>; rel="next""#);
        check("www-authenticate", r#"Basic realm="Registry""#, r#"x-Basic realm="Registry""#);
        check("www-authenticate", "BASIC", "x-Basic");
        check(
            "www-authenticate",
            r#"Bearer realm="https://registry.example.com/service/token",service="r""#,
            r#"Bearer realm="http://127.0.0.1:8080/-/realm/service/token",service="r""#,
        );
        check(
            "www-authenticate",
            r#"Bearer realm="https://auth.example.com/token",service="r""#,
            r#"Bearer realm="https://auth.example.com/token",service="r""#,
        );
        check("docker-content-digest", "sha256:00", "sha256:00");
        check("content-length", "12", "12");
    }

    #[test]
    fn only_the_pages_own_requests_reach_the_registry() {
        let of = |destination: &str| is_for_data(&headers(&[("sec-fetch-dest", destination)]));
        assert!(of("empty") && is_for_data(&HeaderMap::new()));
        let from = |site: &str| is_for_data(&headers(&[("sec-fetch-site", site)]));
        assert!(from("same-origin") && !from("cross-site") && !from("same-site") && !from("none"));
        for destination in ["document", "iframe", "script", "serviceworker", "worker", "style", ""]
        {
            assert!(!of(destination), "{destination}");
        }
    }

    #[test]
    fn several_challenges_stay_several() {
        let sent = headers(&[
            ("www-authenticate", r#"Bearer realm="https://registry.example.com/t""#),
            ("www-authenticate", r#"Basic realm="r""#),
        ]);
        let out = response_headers(&sent, &upstream(), PAGE);
        let values: Vec<_> = out.get_all("www-authenticate").iter().collect();
        assert_eq!(
            values,
            [r#"Bearer realm="http://127.0.0.1:8080/-/realm/t""#, r#"x-Basic realm="r""#]
        );
    }

    #[test]
    fn what_belongs_to_an_origin_or_a_connection_stays_there() {
        let sent = headers(&[
            ("set-cookie", "sid=1"),
            ("service-worker-allowed", "/"),
            ("clear-site-data", "\"*\""),
            ("refresh", "0; url=/"),
            ("alt-svc", "h2=\"evil.example:443\""),
            ("content-security-policy", "script-src *"),
            ("access-control-allow-origin", "*"),
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("transfer-encoding", "chunked"),
        ]);
        let guarded = headers(&[
            ("content-security-policy", "sandbox; default-src 'none'"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "same-origin"),
        ]);
        assert_eq!(response_headers(&sent, &upstream(), PAGE), guarded);

        let sent = headers(&[
            ("host", PAGE),
            ("cookie", "portal=1"),
            ("origin", "http://127.0.0.1:8080"),
            ("referer", "http://127.0.0.1:8080/"),
            ("sec-fetch-site", "same-origin"),
            ("authorization", "Bearer t"),
            ("accept", "application/json"),
        ]);
        let expected = headers(&[
            ("authorization", "Bearer t"),
            ("accept", "application/json"),
            ("host", "registry.example.com"),
            ("x-forwarded-host", PAGE),
            ("x-forwarded-proto", "http"),
        ]);
        assert_eq!(request_headers(&sent, &upstream(), PAGE), expected);
    }
}
