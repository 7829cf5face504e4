//! URLs as they are spelled, cut into their parts.

use std::num::NonZeroU16;

/// The parts of `scheme://authority…` (RFC 3986, appendix B).
///
/// Invariant: each part is a piece of the text that was read, so nothing is decoded, repaired or
/// lost. Whether the parts are any good is for whoever asks; [`crate::registry::Url`] is the form to
/// which a request may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UrlParts<'a> {
    /// What stands before `://`.
    pub scheme: &'a str,
    /// What stands before the last `@` of the authority.
    pub userinfo: Option<&'a str>,
    /// Host and port, as in `cdn.example.com:8443`; may be empty.
    pub authority: &'a str,
    /// Scheme and authority with the userinfo, as in `https://u@cdn.example.com:8443`.
    pub base: &'a str,
    /// From the first `/` on; may be empty.
    pub path: &'a str,
    /// What stands behind the first `?`.
    pub query: Option<&'a str>,
    /// What stands behind the first `#`.
    pub fragment: Option<&'a str>,
}

impl<'a> UrlParts<'a> {
    /// Cuts `text`; `None` where it has no `://`.
    pub fn of(text: &'a str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (before, fragment) = split(rest, '#');
        let (before, query) = split(before, '?');
        let (whole, path) = before.split_at(before.find('/').unwrap_or(before.len()));
        let (userinfo, authority) = match whole.rsplit_once('@') {
            Some((userinfo, authority)) => (Some(userinfo), authority),
            None => (None, whole),
        };
        let base = &text[..scheme.len() + "://".len() + whole.len()];
        Some(Self { scheme, userinfo, authority, base, path, query, fragment })
    }

    /// Whether the scheme is `http`.
    pub fn is_http(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("http")
    }

    /// Whether the scheme is `https`.
    pub fn is_https(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("https")
    }

    /// The host, and what stands behind its colon; see [`split_port`].
    pub fn host_and_port(&self) -> (&'a str, Option<&'a str>) {
        split_port(self.authority)
    }
}

/// Splits `host:port`, knowing the colons inside `[…]`.
pub fn split_port(authority: &str) -> (&str, Option<&str>) {
    let after_bracket = match authority.rfind(']') {
        Some(at) => at + 1,
        None if authority.starts_with('[') => return (authority, None),
        None => 0,
    };
    match authority[after_bracket..].find(':') {
        Some(colon) => {
            let colon = after_bracket + colon;
            (&authority[..colon], Some(&authority[colon + 1..]))
        }
        None => (authority, None),
    }
}

/// A port from 1 to 65535 in plain digits.
pub fn parse_port(text: &str) -> Option<NonZeroU16> {
    let plain = text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(before, after)| (before, Some(after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let check = |text: &str, expected: &str| {
            let found = UrlParts::of(text).map(|url| {
                let (host, port) = url.host_and_port();
                let of = |part: Option<&str>| part.unwrap_or("-").to_owned();
                let parts = [url.scheme, &of(url.userinfo), host, &of(port), url.base, url.path];
                [&parts.join(" "), &of(url.query), &of(url.fragment)].map(String::as_str).join(" ")
            });
            assert_eq!(found.as_deref().unwrap_or("none"), expected, "{text}");
        };
        check("https://a.b/c?d#e", "https - a.b - https://a.b /c d e");
        check("HTTP://u:p@A:80", "HTTP u:p A 80 HTTP://u:p@A:80  - -");
        check("https://u@v@h/", "https u@v h - https://u@v@h / - -");
        check("https://[::1]:5000?x?y", "https - [::1] 5000 https://[::1]:5000  x?y -");
        check("https://[::1", "https - [::1 - https://[::1  - -");
        check("https://h#a?b/c@d", "https - h - https://h  - a?b/c@d");
        check("https://h/a@b:1/?u=x://y", "https - h - https://h /a@b:1/ u=x://y -");
        check("cdn.example.com/a", "none");
    }

    #[test]
    fn ports() {
        for (text, expected) in [("1", Some(1)), ("65535", Some(65535)), ("080", Some(80))] {
            assert_eq!(parse_port(text).map(NonZeroU16::get), expected, "{text}");
        }
        for text in ["", "0", "65536", "+80", "8O", "000080"] {
            assert_eq!(parse_port(text), None, "{text}");
        }
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest::proptest! {
        #[test]
        fn nothing_is_lost(text in "[a-c:/@?#\\[\\]ä.]{0,24}") {
            if let Some(url) = UrlParts::of(&text) {
                let mut again = format!("{}{}", url.base, url.path);
                for (sign, part) in [('?', url.query), ('#', url.fragment)] {
                    again.extend(part.map(|part| format!("{sign}{part}")));
                }
                proptest::prop_assert_eq!(&again, &text);
                let userinfo = url.userinfo.map(|part| format!("{part}@")).unwrap_or_default();
                let base = format!("{}://{userinfo}{}", url.scheme, url.authority);
                proptest::prop_assert_eq!(url.base, base);
            }
        }
    }
}
