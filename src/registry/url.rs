use std::fmt;
use std::num::NonZeroU16;

use super::host::{Host, HostError};
use crate::manifest::{UrlParts, parse_port};
use crate::msg;
use crate::text::Message;

/// An absolute `http` or `https` URL without userinfo and fragment, in normal form.
///
/// The part of the WHATWG URL standard that registries need, made strict: what the standard would
/// repair silently (backslashes, tabs, credentials in the authority) is refused, so that this
/// reading and the browser's cannot differ.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Url {
    origin: Origin,
    path: String,
    query: Option<String>,
}

/// Scheme, host and port: the boundary that credentials do not cross.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    scheme: Scheme,
    host: Host,
    port: u16,
}

/// How the bytes travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

/// Why a text is not a URL that a request may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UrlError {
    /// The scheme is neither `http` nor `https`.
    NotHttp,
    /// `user:password@` in front of the host.
    Userinfo,
    /// The host is missing or malformed.
    Host(HostError),
    /// The port is not a number from 1 to 65535.
    Port,
    /// White space, a control character or a backslash.
    Character(char),
    /// More than [`MAX_URL`] bytes.
    TooLong,
}

/// The most bytes a URL may have here; browsers and proxies stop at about the same size.
pub const MAX_URL: usize = crate::limits::URL;

impl Url {
    /// Reads an absolute URL. A fragment is dropped.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        check_characters(text)?;
        let parts = UrlParts::of(text).ok_or(UrlError::NotHttp)?;
        let origin = Origin::of_parts(&parts)?;
        Ok(Self { origin, path: normal_path(parts.path), query: parts.query.map(encode_rest) })
    }

    /// Resolves `reference` (a `Location`, a `Link` target, a realm) against this URL
    /// (RFC 3986, section 5.2).
    pub fn join(&self, reference: &str) -> Result<Self, UrlError> {
        check_characters(reference)?;
        let head = reference.find(['/', '?', '#']).unwrap_or(reference.len());
        if reference[..head].contains(':') {
            return Self::parse(reference);
        }
        if let Some(rest) = reference.strip_prefix("//") {
            return Self::parse(&format!("{}://{rest}", self.origin.scheme.name()));
        }
        let (path, query) = split_path(reference);
        let (path, query) = if path.is_empty() {
            (self.path.clone(), query.map(encode_rest).or_else(|| self.query.clone()))
        } else if path.starts_with('/') {
            (normal_path(path), query.map(encode_rest))
        } else {
            let directory = self.path.rfind('/').map_or("/", |slash| &self.path[..=slash]);
            (normal_path(&format!("{directory}{path}")), query.map(encode_rest))
        };
        Ok(Self { origin: self.origin.clone(), path, query })
    }

    /// The URL of `path` (which starts with `/`, already encoded) at `origin`.
    pub fn at(origin: Origin, path: &str) -> Self {
        Self { origin, path: normal_path(path), query: None }
    }

    /// The same path and query at another origin.
    #[must_use]
    pub fn rooted_at(&self, origin: Origin) -> Self {
        Self { origin, path: self.path.clone(), query: self.query.clone() }
    }

    /// The same URL with `prefix` in front of its path.
    #[must_use]
    pub fn with_path_prefix(&self, prefix: &str) -> Self {
        Self { path: format!("{prefix}{}", self.path), ..self.clone() }
    }

    /// The URL with one more query parameter; `value` is encoded.
    #[must_use]
    pub fn with_param(mut self, name: &str, value: &str) -> Self {
        let query = self.query.get_or_insert_default();
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(name);
        query.push('=');
        query.push_str(&encode_component(value));
        self
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The path, which starts with `/`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The part after `?`.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// The URL without its query, for messages: a query may hold upload state or a signature.
    pub fn without_query(&self) -> String {
        format!("{}{}", self.origin, self.path)
    }
}

impl Origin {
    /// The origin of these parts; `port` `None` is the scheme's own.
    pub fn new(scheme: Scheme, host: Host, port: Option<u16>) -> Self {
        Self { scheme, host, port: port.unwrap_or(scheme.default_port()) }
    }

    fn of_parts(parts: &UrlParts<'_>) -> Result<Self, UrlError> {
        let scheme = Scheme::of_parts(parts).ok_or(UrlError::NotHttp)?;
        if parts.userinfo.is_some() {
            return Err(UrlError::Userinfo);
        }
        let (host, port) = parts.host_and_port();
        let host = Host::parse(host).map_err(UrlError::Host)?;
        let port = port.map(|port| parse_port(port).ok_or(UrlError::Port)).transpose()?;
        Ok(Self::new(scheme, host, port.map(NonZeroU16::get)))
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port, the scheme's own when none was written.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `host` or `host:port` when the port is not the scheme's own.
    pub fn authority(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl Scheme {
    /// The text before `://`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    fn of_parts(parts: &UrlParts<'_>) -> Option<Self> {
        if parts.is_https() { Some(Self::Https) } else { parts.is_http().then_some(Self::Http) }
    }
}

/// `value` with everything but the unreserved characters of RFC 3986 percent-encoded.
pub fn encode_component(value: &str) -> String {
    encode(value, |b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

fn check_characters(text: &str) -> Result<(), UrlError> {
    if text.len() > MAX_URL {
        return Err(UrlError::TooLong);
    }
    match text.chars().find(|&ch| ch.is_control() || ch.is_whitespace() || ch == '\\') {
        Some(ch) => Err(UrlError::Character(ch)),
        None => Ok(()),
    }
}

fn split_path(text: &str) -> (&str, Option<&str>) {
    let text = text.split('#').next().unwrap_or_default();
    match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (text, None),
    }
}

fn encode(value: &str, keep: impl Fn(u8) -> bool) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if keep(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out
}

/// Encodes what may not stand in a URL and leaves the rest, escapes included, as it is.
fn encode_rest(text: &str) -> String {
    encode(text, |b| b.is_ascii_graphic() && !b"\"<>`{}|^".contains(&b))
}

/// The path with `.` and `..` segments removed (RFC 3986, section 5.2.4), their escaped spellings
/// included, as browsers do.
fn normal_path(path: &str) -> String {
    let path = encode_rest(path);
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.strip_prefix('/').unwrap_or(&path).split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
            "." => {}
            ".." => {
                kept.pop();
            }
            _ => {
                kept.push(segment);
                continue;
            }
        }
        if last {
            kept.push("");
        }
    }
    format!("/{}", kept.join("/"))
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)?;
        match &self.query {
            Some(query) => write!(f, "?{query}"),
            None => Ok(()),
        }
    }
}

/// Without the query: it may hold upload state or a signature.
impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.without_query())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), self.authority())
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl UrlError {
    /// What is wrong, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::NotHttp => msg!("address.not-http"),
            Self::Userinfo => msg!("address.userinfo"),
            Self::Host(error) => error.message(),
            Self::Port => msg!("address.port"),
            Self::Character(ch) => {
                msg!("address.character", what = crate::text::visible(&ch.to_string()))
            }
            Self::TooLong => msg!("address.too-long", max = MAX_URL),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_forms() {
        for (text, expected) in [
            ("https://Registry.Example.com", "https://registry.example.com/"),
            ("HTTPS://r.example:443/v2/", "https://r.example/v2/"),
            ("http://r.example:80/a?b#c", "http://r.example/a?b"),
            ("http://r.example:8080?x=1", "http://r.example:8080/?x=1"),
            ("http://[::1]:5000/v2/", "http://[::1]:5000/v2/"),
            ("http://[0:0:0:0:0:0:0:1]/", "http://[::1]/"),
            ("http://0x7f.1/", "http://127.0.0.1/"),
            ("http://2130706433/", "http://127.0.0.1/"),
            ("https://r.example/a/./b/../c", "https://r.example/a/c"),
            ("https://r.example/a/%2E%2e/c/..", "https://r.example/"),
            ("https://r.example/../../x", "https://r.example/x"),
            ("https://r.example/ü?q=ä", "https://r.example/%C3%BC?q=%C3%A4"),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!(url.to_string(), expected, "{text}");
            assert_eq!(Url::parse(expected).unwrap(), url, "{expected}");
        }
    }

    #[test]
    fn refused() {
        for (text, expected) in [
            ("", UrlError::NotHttp),
            ("registry.example.com", UrlError::NotHttp),
            ("javascript:alert(1)", UrlError::NotHttp),
            ("ftp://r.example/", UrlError::NotHttp),
            ("https://user:secret@r.example/", UrlError::Userinfo),
            ("https://r.example\\@evil.example/", UrlError::Character('\\')),
            ("https://r.example/a b", UrlError::Character(' ')),
            ("https://r.example/\t", UrlError::Character('\t')),
            ("https:///v2/", UrlError::Host(HostError::Empty)),
            ("https://r.example:/", UrlError::Port),
            ("https://r.example:0/", UrlError::Port),
            ("https://r.example:65536/", UrlError::Port),
            ("https://r.example:+80/", UrlError::Port),
            ("https://[::1/", UrlError::Host(HostError::Ipv6)),
        ] {
            assert_eq!(Url::parse(text), Err(expected), "{text}");
        }
        assert_eq!(Url::parse(&format!("https://{}", "a".repeat(9000))), Err(UrlError::TooLong));
    }

    #[test]
    fn joined() {
        let base = "https://r.example:8443/reg/v2/app/blobs/uploads/?old=1";
        for (reference, expected) in [
            ("", "https://r.example:8443/reg/v2/app/blobs/uploads/?old=1"),
            ("/v2/x?_state=a%2Fb", "https://r.example:8443/v2/x?_state=a%2Fb"),
            ("id?_state=1", "https://r.example:8443/reg/v2/app/blobs/uploads/id?_state=1"),
            ("../x", "https://r.example:8443/reg/v2/app/blobs/x"),
            ("?n=2", "https://r.example:8443/reg/v2/app/blobs/uploads/?n=2"),
            ("//evil.example/x", "https://evil.example/x"),
            ("http://r.example/v2/x", "http://r.example/v2/x"),
            ("/a?u=http://x/", "https://r.example:8443/a?u=http://x/"),
        ] {
            let joined = Url::parse(base).unwrap().join(reference).unwrap();
            assert_eq!(joined.to_string(), expected, "{reference}");
        }
        for reference in ["javascript:alert(1)", "data:,x", "https:x", "https://u@h/", "a\nb"] {
            assert!(Url::parse(base).unwrap().join(reference).is_err(), "{reference}");
        }
    }

    #[test]
    fn parameters_are_encoded() {
        let url = Url::parse("https://auth.example/token?x=1").unwrap();
        let url = url.with_param("scope", "repository:a/b:pull,push");
        assert_eq!(
            url.to_string(),
            "https://auth.example/token?x=1&scope=repository%3Aa%2Fb%3Apull%2Cpush"
        );
        assert_eq!(url.without_query(), "https://auth.example/token");
        assert_eq!(format!("{url:?}"), "https://auth.example/token");
    }
}
