//! What can be told of a URL from its text.

use std::collections::BTreeMap;

use super::go_url::{self, Syntax};
use super::{Place, UrlState};
use crate::manifest::{UrlParts, parse_port};
use crate::registry::{Host, Reach};
use crate::text::is_hidden;

/// A set of traits, one bit each; see the constants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct UrlTraits(u32);

impl UrlTraits {
    /// Nothing at all.
    pub const EMPTY: Self = Self(1);
    /// Not `http://` and not `https://`.
    pub const SCHEME: Self = Self(1 << 1);
    /// An http(s) URL without a host, with a bad port, or with a character no URL may have.
    pub const MALFORMED: Self = Self(1 << 2);
    /// A `#fragment`.
    pub const FRAGMENT: Self = Self(1 << 3);
    /// A user name or password.
    pub const CREDENTIALS: Self = Self(1 << 4);
    /// In the clear.
    pub const HTTP: Self = Self(1 << 5);
    /// The literal address of a loopback, private or link-local network.
    pub const LOCAL_ADDRESS: Self = Self(1 << 6);
    /// `localhost` by name.
    pub const LOCALHOST: Self = Self(1 << 7);
    /// A query that looks like a signature, a token or an expiry.
    pub const SECRET: Self = Self(1 << 8);
    /// A percent escape in the path.
    pub const ESCAPE: Self = Self(1 << 9);
    /// A placeholder that was not filled in.
    pub const PLACEHOLDER: Self = Self(1 << 10);
    /// An invisible character, or one that changes the direction of its neighbours.
    pub const HIDDEN: Self = Self(1 << 11);
    /// A host with letters beyond ASCII, spelled so or in its ASCII form (`xn--…`, RFC 5890, section
    /// 2.3.2.1).
    pub const NOT_ASCII: Self = Self(1 << 12);
    /// The blob endpoint of the source or target registry.
    pub const OWN_BLOB: Self = Self(1 << 13);
    /// The literal address of this machine's own network: loopback, unspecified or link-local.
    pub const OWN_MACHINE: Self = Self(1 << 14);
    /// Go's `url.Parse` refuses it, and so do all clients and registries.
    pub const BAD_SYNTAX: Self = Self(1 << 15);
    /// No URI with a scheme: relative, or of bad syntax.
    pub const NOT_URI: Self = Self(1 << 16);

    /// The traits of either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it has any of `wanted`.
    pub const fn any(self, wanted: Self) -> bool {
        self.0 & wanted.0 != 0
    }

    /// Reads `url` by itself.
    pub(crate) fn of(url: &str) -> Self {
        Reader::new(&[]).read(url)
    }
}

/// Reads URLs where certain registries are dealt with. What follows from scheme and authority is found
/// out once for all URLs that begin alike; the rest of a URL is gone through once.
pub(crate) struct Reader<'a> {
    places: Vec<&'a Place>,
    bases: BTreeMap<&'a str, Base<'a>>,
    /// The base of the URL before, which most often is that of the next one, too.
    last: Option<Base<'a>>,
}

/// Scheme and authority of an http(s) URL.
#[derive(Clone, Copy)]
pub(crate) struct Base<'a> {
    /// As in `https://u@cdn.example.com:8443`.
    pub(crate) text: &'a str,
    /// The host, with its port if it has one.
    pub(crate) authority: &'a str,
    traits: UrlTraits,
    /// Whether one of the registries is there.
    own: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(places: &[&'a Place]) -> Self {
        Self { places: places.to_vec(), bases: BTreeMap::new(), last: None }
    }

    /// What the http(s) URLs that were read begin with, each once.
    pub(crate) fn bases(&self) -> impl Iterator<Item = &Base<'a>> {
        self.bases.values()
    }

    /// The traits of `url`.
    pub(crate) fn read(&mut self, url: &'a str) -> UrlTraits {
        if url.is_empty() {
            return UrlTraits::EMPTY;
        }
        let signs = Signs::of(url);
        let mut found = UrlTraits::default();
        let mut add = |holds: bool, one: UrlTraits| {
            if holds {
                found = found.or(one);
            }
        };
        let control = signs.any(Signs::CONTROL);
        add(control || signs.any(Signs::WIDE) && url.chars().any(is_hidden), UrlTraits::HIDDEN);
        let open = if signs.any(Signs::BRACE) { url.find('{') } else { None };
        let placeholder = open.is_some_and(|open| url[open..].contains('}'));
        add(placeholder, UrlTraits::PLACEHOLDER);
        let Some((base, path, query, fragment)) = self.cut(url, signs) else {
            return found.or(of_syntax(url)).or(UrlTraits::SCHEME);
        };
        // Without these characters Go looks at nothing behind the authority.
        let syntax = control || signs.any(Signs::ESCAPE.or(Signs::FRAGMENT));
        add(fragment.is_some(), UrlTraits::FRAGMENT);
        add(query.is_some_and(has_secret), UrlTraits::SECRET);
        add(signs.any(Signs::ESCAPE) && path.contains('%'), UrlTraits::ESCAPE);
        add(!placeholder && signs.any(Signs::BARRED), UrlTraits::MALFORMED);
        // The registry may stand below a path of its host.
        let own = || path.split_once("/v2/").is_some_and(|(_, name)| name.contains("/blobs/"));
        add(base.own && own(), UrlTraits::OWN_BLOB);
        let found = if syntax { found.or(of_syntax(url)) } else { found };
        found.or(base.traits)
    }

    /// The base of an http(s) URL, its path, query and fragment.
    fn cut(
        &mut self,
        url: &'a str,
        signs: Signs,
    ) -> Option<(Base<'a>, &'a str, Option<&'a str>, Option<&'a str>)> {
        if let Some(last) = self.last
            && !signs.any(Signs::QUERY.or(Signs::FRAGMENT))
            && let Some(path) = url.strip_prefix(last.text).filter(|path| path.starts_with('/'))
        {
            return Some((last, path, None, None));
        }
        let parts = UrlParts::of(url).filter(|parts| parts.is_http() || parts.is_https())?;
        let base = match self.bases.get(parts.base) {
            Some(known) => *known,
            None => {
                let base = Base::of(&parts, &self.places);
                self.bases.insert(base.text, base);
                base
            }
        };
        self.last = Some(base);
        Some((base, parts.path, parts.query, parts.fragment))
    }
}

impl<'a> Base<'a> {
    fn of(parts: &UrlParts<'a>, places: &[&Place]) -> Self {
        let mut traits = of_authority(parts).or(of_syntax(parts.base));
        if parts.is_http() {
            traits = traits.or(UrlTraits::HTTP);
        }
        if parts.userinfo.is_some() {
            traits = traits.or(UrlTraits::CREDENTIALS);
        }
        Self {
            text: parts.base,
            authority: parts.authority,
            traits,
            own: places.iter().any(|place| parts.authority.eq_ignore_ascii_case(&place.host)),
        }
    }
}

/// Which kinds of characters a text has, so that what follows from one is looked for only where it is.
#[derive(Clone, Copy)]
struct Signs(u8);

impl Signs {
    /// A control character of ASCII.
    const CONTROL: Self = Self(1);
    /// A character beyond ASCII.
    const WIDE: Self = Self(1 << 1);
    /// `{`
    const BRACE: Self = Self(1 << 2);
    /// `%`
    const ESCAPE: Self = Self(1 << 3);
    /// `#`
    const FRAGMENT: Self = Self(1 << 4);
    /// `?`
    const QUERY: Self = Self(1 << 5);
    /// A character that RFC 3986 bars.
    const BARRED: Self = Self(1 << 6);

    /// The signs of each byte.
    const OF_BYTES: [u8; 256] = {
        let mut signs = [0; 256];
        let mut byte: u8 = 0;
        loop {
            signs[byte as usize] = match byte {
                0..0x20 | 0x7F => Self::CONTROL.0 | Self::BARRED.0,
                0x80.. => Self::WIDE.0,
                b'{' => Self::BRACE.0 | Self::BARRED.0,
                b' ' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'|' | b'}' => Self::BARRED.0,
                b'%' => Self::ESCAPE.0,
                b'#' => Self::FRAGMENT.0,
                b'?' => Self::QUERY.0,
                _ => 0,
            };
            if byte == 0xFF {
                break;
            }
            byte += 1;
        }
        signs
    };

    fn of(text: &str) -> Self {
        Self(text.bytes().fold(0, |all, byte| all | Self::OF_BYTES[usize::from(byte)]))
    }

    const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn any(self, wanted: Self) -> bool {
        self.0 & wanted.0 != 0
    }
}

/// What Go says to it.
fn of_syntax(url: &str) -> UrlTraits {
    match go_url::read(url) {
        Syntax::Absolute => UrlTraits::default(),
        Syntax::Relative => UrlTraits::NOT_URI,
        Syntax::Bad => UrlTraits::BAD_SYNTAX.or(UrlTraits::NOT_URI),
    }
}

/// The host of a URL, with its port if it has one: what a person must know to reach it.
pub fn host_of(url: &str) -> Option<&str> {
    UrlParts::of(url).map(|parts| parts.authority).filter(|host| !host.is_empty())
}

fn of_authority(parts: &UrlParts<'_>) -> UrlTraits {
    let (host, port) = parts.host_and_port();
    let in_ascii_form =
        |label: &str| label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"));
    let mut found = if host.is_ascii() && !host.split('.').any(in_ascii_form) {
        UrlTraits::default()
    } else {
        UrlTraits::NOT_ASCII
    };
    if host.contains('{') {
        return found;
    }
    if port.is_some_and(|port| parse_port(port).is_none()) {
        found = found.or(UrlTraits::MALFORMED);
    }
    match Host::parse(host) {
        Ok(parsed) => match (parsed.reach(), &parsed) {
            (Reach::Public, _) => found,
            (_, Host::Name(_)) => found.or(UrlTraits::LOCALHOST),
            (Reach::Private, _) => found.or(UrlTraits::LOCAL_ADDRESS),
            (Reach::Loopback | Reach::LinkLocal, _) => {
                found.or(UrlTraits::LOCAL_ADDRESS).or(UrlTraits::OWN_MACHINE)
            }
        },
        Err(_) if !host.is_ascii() => found,
        Err(_) => found.or(UrlTraits::MALFORMED),
    }
}

/// Names of query parameters that carry a signature, a token or an expiry: those of the large
/// object stores and content networks, and the plain words.
const SECRET_PARAMETERS: [&str; 24] = [
    "x-amz-signature",
    "x-amz-credential",
    "x-amz-security-token",
    "x-amz-expires",
    "x-goog-signature",
    "x-goog-credential",
    "x-goog-expires",
    "awsaccesskeyid",
    "googleaccessid",
    "key-pair-id",
    "signature",
    "sig",
    "se",
    "expires",
    "exp",
    "hmac",
    "token",
    "access_token",
    "auth",
    "jwt",
    "api_key",
    "apikey",
    "password",
    "secret",
];

fn has_secret(query: &str) -> bool {
    query.split('&').any(|pair| {
        let name = pair.split('=').next().unwrap_or_default();
        SECRET_PARAMETERS.iter().any(|known| name.eq_ignore_ascii_case(known))
    })
}

/// What is known of a URL, packed for grouping layers that every client treats alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Answer {
    /// Not known.
    Unknown = 1,
    /// It serves the layer.
    Serves,
    /// Status 404.
    Missing,
    /// Another status that is no success.
    Refuses,
    /// No answer.
    Unreachable,
    /// Something that is not the layer.
    Wrong,
    /// Not an http(s) URL, or none that can be parsed.
    NotHttp,
}

impl Answer {
    /// What is known of a URL with these traits.
    pub(crate) fn of(url: UrlTraits, state: UrlState) -> Self {
        if url.any(UrlTraits::EMPTY.or(UrlTraits::SCHEME).or(UrlTraits::BAD_SYNTAX)) {
            return Self::NotHttp;
        }
        match state {
            UrlState::Unchecked | UrlState::Compressed | UrlState::Blocked => Self::Unknown,
            UrlState::Verified => Self::Serves,
            UrlState::WrongContent | UrlState::WrongSize | UrlState::Encoded => Self::Wrong,
            UrlState::Missing => Self::Missing,
            UrlState::NeedsAuthentication | UrlState::ServerError => Self::Refuses,
            UrlState::Unreachable => Self::Unreachable,
        }
    }

    fn from_nibble(nibble: u64) -> Option<Self> {
        [
            Self::Unknown,
            Self::Serves,
            Self::Missing,
            Self::Refuses,
            Self::Unreachable,
            Self::Wrong,
            Self::NotHttp,
        ]
        .into_iter()
        .find(|answer| *answer as u64 == nibble)
    }
}

/// The answers of a layer's URLs in their order; those after the sixteenth do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Answers(u64);

impl Answers {
    pub(crate) fn new(answers: impl Iterator<Item = Answer>) -> Self {
        let packed = answers.take(16).enumerate();
        Self(packed.fold(0, |all, (at, answer)| all | (answer as u64) << (4 * at)))
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The same number of answers, each put through `change`.
    pub(crate) fn map(self, change: impl Fn(Answer) -> Answer) -> Self {
        Self::new(self.iter().map(change))
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Answer> {
        (0..16).map_while(move |at| Answer::from_nibble(self.0 >> (4 * at) & 15))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traits_of_urls() {
        let place =
            Place { host: "r.example:5000".into(), repository: "team/app".into(), tag: None };
        let none = UrlTraits::default();
        for (url, expected) in [
            ("https://cdn.example.com/a?b=c", none),
            ("", UrlTraits::EMPTY),
            ("ftp://cdn.example.com/a", UrlTraits::SCHEME),
            ("cdn.example.com/a", UrlTraits::SCHEME.or(UrlTraits::NOT_URI)),
            ("https:///a", UrlTraits::MALFORMED),
            ("https://host:99999/a", UrlTraits::MALFORMED),
            ("https://host/a b", UrlTraits::MALFORMED),
            ("https://host/a#b", UrlTraits::FRAGMENT),
            ("https://u:p@host/a", UrlTraits::CREDENTIALS),
            ("HTTP://host/a", UrlTraits::HTTP),
            ("https://10.0.0.1/a", UrlTraits::LOCAL_ADDRESS),
            ("https://[fe80::1]:8443/a", UrlTraits::LOCAL_ADDRESS.or(UrlTraits::OWN_MACHINE)),
            ("https://2130706433/a", UrlTraits::LOCAL_ADDRESS.or(UrlTraits::OWN_MACHINE)),
            ("http://localhost:8080/a", UrlTraits::HTTP.or(UrlTraits::LOCALHOST)),
            ("https://s3.example/a?X-Amz-Expires=60", UrlTraits::SECRET),
            ("https://b.example/a?sv=1&SIG=x", UrlTraits::SECRET),
            ("https://host/a%2Fb", UrlTraits::ESCAPE),
            ("https://host/{digest}", UrlTraits::PLACEHOLDER),
            (
                "https://{registry}/a",
                UrlTraits::PLACEHOLDER.or(UrlTraits::BAD_SYNTAX).or(UrlTraits::NOT_URI),
            ),
            ("https://ho\u{200B}st/a", UrlTraits::HIDDEN.or(UrlTraits::NOT_ASCII)),
            ("https://ex\u{430}mple.com/a", UrlTraits::NOT_ASCII),
            ("https://www.xn--bcher-kva.example/a", UrlTraits::NOT_ASCII),
            ("https://cdn.example.com/bücher", none),
            ("https://R.example:5000/v2/other/blobs/sha256:1", UrlTraits::OWN_BLOB),
            ("https://r.example:5000/files/blobs/sha256:1", none),
        ] {
            assert_eq!(Reader::new(&[&place]).read(url), expected, "{url}");
        }
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest::proptest! {
        /// What is known of the URLs before changes nothing, and the traits are those that stand in
        /// the parts.
        #[test]
        fn urls_are_read_alike_in_every_order(
            urls in proptest::collection::vec(
                "(https?|HTTPS|ftp)?(://)?(u:p@)?(h|r\\.example|10\\.0\\.0\\.1|ü|\\[::1\\])?(:[0-9]{0,2})?\
                 [/?#%@{} a\\[\u{7F}\u{200B}]{0,8}",
                1..8,
            ),
        ) {
            let place = Place { host: "r.example".into(), ..Place::default() };
            let mut reader = Reader::new(&[&place]);
            for url in &urls {
                let found = reader.read(url);
                proptest::prop_assert_eq!(found, Reader::new(&[&place]).read(url), "{}", url);
                if url.is_empty() {
                    continue;
                }
                let bad = go_url::read(url) == Syntax::Bad;
                proptest::prop_assert_eq!(found.any(UrlTraits::BAD_SYNTAX), bad, "{}", url);
                let hidden = url.chars().any(is_hidden);
                proptest::prop_assert_eq!(found.any(UrlTraits::HIDDEN), hidden, "{}", url);
                let parts = UrlParts::of(url).filter(|it| it.is_http() || it.is_https());
                proptest::prop_assert_eq!(found.any(UrlTraits::SCHEME), parts.is_none(), "{}", url);
                let fragment = parts.is_some_and(|parts| parts.fragment.is_some());
                proptest::prop_assert_eq!(found.any(UrlTraits::FRAGMENT), fragment, "{}", url);
                let escape = parts.is_some_and(|parts| parts.path.contains('%'));
                proptest::prop_assert_eq!(found.any(UrlTraits::ESCAPE), escape, "{}", url);
            }
        }
    }

    #[test]
    fn hosts() {
        for (url, expected) in [
            ("https://cdn.example.com/a", Some("cdn.example.com")),
            ("https://u:p@cdn.example.com:81?x", Some("cdn.example.com:81")),
            ("cdn", None),
            ("https:///x", None),
        ] {
            assert_eq!(host_of(url), expected, "{url}");
        }
    }

    #[test]
    fn answers_keep_their_order() {
        let all = [Answer::Missing, Answer::Unknown, Answer::NotHttp];
        assert!(Answers::new(all.into_iter()).iter().eq(all));
        assert!(Answers::default().is_empty());
    }
}
