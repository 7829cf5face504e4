//! Which texts Go's `url.Parse` takes: nearly every client and registry is written in Go, and passes
//! over or refuses a URL that it does not take.

/// What `url.Parse` makes of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// A URI with a scheme.
    Absolute,
    /// A reference without one.
    Relative,
    /// An error.
    Bad,
}

/// Reads `url` as Go does.
pub(super) fn read(url: &str) -> Syntax {
    if url.bytes().any(|byte| byte < 0x20 || byte == 0x7F) {
        return Syntax::Bad;
    }
    let (url, fragment) = url.split_once('#').unwrap_or((url, ""));
    let Some((scheme, rest)) = split_scheme(url) else { return Syntax::Bad };
    let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
    let parsed = match rest.strip_prefix("//") {
        Some(rest) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            is_authority(authority) && has_good_escapes(path)
        }
        // What follows a scheme without a slash is not looked into.
        None if !scheme.is_empty() => !rest.starts_with('/') || has_good_escapes(rest),
        None => {
            let first = rest.split('/').next().unwrap_or_default();
            !first.contains(':') && has_good_escapes(rest)
        }
    };
    match parsed && has_good_escapes(fragment) {
        false => Syntax::Bad,
        true if scheme.is_empty() => Syntax::Relative,
        true => Syntax::Absolute,
    }
}

/// The scheme, empty where there is none, and what follows its colon; `None` for a colon at the start.
fn split_scheme(url: &str) -> Option<(&str, &str)> {
    for (at, byte) in url.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return None,
            b':' => return Some((&url[..at], &url[at + 1..])),
            _ => break,
        }
    }
    Some(("", url))
}

fn is_authority(authority: &str) -> bool {
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (user, host),
        None => ("", authority),
    };
    let good_user = user
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte));
    let port = match host.strip_prefix('[') {
        Some(rest) => match rest.rfind(']') {
            Some(end) => &rest[end + 1..],
            None => return false,
        },
        None => host.rfind(':').map_or("", |at| &host[at..]),
    };
    let good_port = match port.strip_prefix(':') {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_digit()),
        None => port.is_empty(),
    };
    let good_host = host.bytes().all(|byte| !b" \\^`{|}%".contains(&byte));
    good_user && has_good_escapes(user) && good_port && good_host
}

fn has_good_escapes(text: &str) -> bool {
    let mut parts = text.split('%');
    parts.next();
    parts.all(|part| part.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Go 1.24's `url.Parse` and `URL.IsAbs` say.
    #[test]
    fn as_go_reads_them() {
        for (url, expected) in [
            ("https://cdn.example.com/a?b=%zz#c", Syntax::Absolute),
            ("https://host/a b", Syntax::Absolute),
            ("https:///a", Syntax::Absolute),
            ("https://host:/a", Syntax::Absolute),
            ("https://host:99999/a", Syntax::Absolute),
            ("mailto:a", Syntax::Absolute),
            ("https://[::1]:80/a", Syntax::Absolute),
            ("https://bücher.example/a", Syntax::Absolute),
            ("", Syntax::Relative),
            ("cdn.example.com/a", Syntax::Relative),
            ("/a", Syntax::Relative),
            ("https://host:port/a", Syntax::Bad),
            ("https://ho st/a", Syntax::Bad),
            ("https://host/%zz", Syntax::Bad),
            ("https://host/%2", Syntax::Bad),
            ("https://{host}/a", Syntax::Bad),
            ("https://host/a\n", Syntax::Bad),
            ("https://[::1/a", Syntax::Bad),
            ("1ttp://host/a", Syntax::Bad),
            (":", Syntax::Bad),
        ] {
            assert_eq!(read(url), expected, "{url}");
        }
    }
}
