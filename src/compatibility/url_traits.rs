//! What can be told of a URL from its text.

use super::{Place, Situation, UrlState};
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
        UrlReader { places: Vec::new(), last: None }.read(url)
    }
}

/// Reads URLs one after the other; neighbours mostly have the same host, which is then read once.
pub(crate) struct UrlReader<'a> {
    /// The registries that are dealt with.
    places: Vec<&'a Place>,
    last: Option<(&'a str, UrlTraits)>,
}

impl<'a> UrlReader<'a> {
    pub(crate) fn new(situation: &'a Situation) -> Self {
        let places = situation.source.iter().chain(&situation.target).collect();
        Self { places, last: None }
    }

    pub(crate) fn read(&mut self, url: &'a str) -> UrlTraits {
        type Traits = UrlTraits;
        let mut found = Traits::default();
        if url.is_empty() {
            return Traits::EMPTY;
        }
        let seen = url.bytes().fold(0, |seen, byte| seen | CHARACTERS[usize::from(byte)]);
        if seen & (CONTROL | BEYOND_ASCII) != 0 && url.chars().any(is_hidden) {
            found = found.or(Traits::HIDDEN);
        }
        if seen & BRACE != 0
            && let Some(open) = url.find('{')
            && url[open..].contains('}')
        {
            found = found.or(Traits::PLACEHOLDER);
        }
        let Some((scheme, rest)) = split_scheme(url) else {
            return found.or(Traits::SCHEME);
        };
        if scheme.eq_ignore_ascii_case("http") {
            found = found.or(Traits::HTTP);
        } else if !scheme.eq_ignore_ascii_case("https") {
            return found.or(Traits::SCHEME);
        }
        let (rest, fragment) = rest.split_once('#').map_or((rest, false), |(rest, _)| (rest, true));
        if fragment {
            found = found.or(Traits::FRAGMENT);
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        if !query.is_empty() && has_secret(query) {
            found = found.or(Traits::SECRET);
        }
        let slash = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(slash);
        if seen & PERCENT != 0 && path.contains('%') {
            found = found.or(Traits::ESCAPE);
        }
        if seen & (CONTROL | BARRED | BRACE) != 0 && !found.any(Traits::PLACEHOLDER) {
            found = found.or(Traits::MALFORMED);
        }
        let authority = match authority.rsplit_once('@') {
            Some((_, host)) => {
                found = found.or(Traits::CREDENTIALS);
                host
            }
            None => authority,
        };
        let host = match self.last {
            Some((last, traits)) if last == authority => traits,
            _ => of_authority(authority),
        };
        self.last = Some((authority, host));
        found.or(host).or(of_endpoint(authority, path, &self.places))
    }
}

/// What stands before and after the first `://`. The first colon is nearly always the one, and a byte
/// is found faster than a text.
fn split_scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once(':')?;
    match rest.strip_prefix("//") {
        Some(rest) => Some((scheme, rest)),
        None => url.split_once("://"),
    }
}

const CONTROL: u8 = 1;
/// Barred by RFC 3986.
const BARRED: u8 = 2;
const BRACE: u8 = 4;
const PERCENT: u8 = 8;
const BEYOND_ASCII: u8 = 16;

/// What a byte of a URL may mean.
const CHARACTERS: [u8; 256] = {
    let mut all = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        all[byte] = match byte {
            0..0x20 | 0x7F => CONTROL,
            0x20 | 0x22 | 0x3C | 0x3E | 0x5C | 0x5E | 0x60 | 0x7C => BARRED,
            0x7B | 0x7D => BRACE,
            0x25 => PERCENT,
            0x80.. => BEYOND_ASCII,
            _ => 0,
        };
        byte += 1;
    }
    all
};

/// The host of an http(s) URL, with its port if it has one: what a person must know to reach it.
pub fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = split_scheme(url)?;
    let end = rest.bytes().position(|byte| matches!(byte, b'/' | b'?' | b'#'));
    let authority = &rest[..end.unwrap_or(rest.len())];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    (!host.is_empty()).then_some(host)
}

fn of_authority(authority: &str) -> UrlTraits {
    let port_at = match authority.strip_prefix('[') {
        Some(_) => authority.find(']').map(|close| close + 1),
        None => authority.find(':'),
    };
    let (host, port) = authority.split_at(port_at.unwrap_or(authority.len()));
    let good_port =
        port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    let in_ascii_form =
        |label: &str| label.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("xn--"));
    let mut found = if host.is_ascii() && !host.split('.').any(in_ascii_form) {
        UrlTraits::default()
    } else {
        UrlTraits::NOT_ASCII
    };
    let placeholder = host.contains('{');
    match Host::parse(host) {
        Ok(parsed) => match (parsed.reach(), &parsed) {
            (Reach::Public, _) => {}
            (_, Host::Name(_)) => found = found.or(UrlTraits::LOCALHOST),
            (Reach::Loopback | Reach::Private | Reach::LinkLocal, _) => {
                found = found.or(UrlTraits::LOCAL_ADDRESS);
            }
        },
        Err(_) if !host.is_ascii() || placeholder => {}
        Err(_) => found = found.or(UrlTraits::MALFORMED),
    }
    if good_port || placeholder { found } else { found.or(UrlTraits::MALFORMED) }
}

fn of_endpoint(authority: &str, path: &str, places: &[&Place]) -> UrlTraits {
    let own = places.iter().any(|place| {
        // The registry may stand below a path of its host.
        authority.eq_ignore_ascii_case(&place.host)
            && path.split_once("/v2/").is_some_and(|(_, name)| name.contains("/blobs/"))
    });
    if own { UrlTraits::OWN_BLOB } else { UrlTraits::default() }
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
    /// Not an http(s) URL.
    NotHttp,
}

impl Answer {
    pub(crate) fn of(url: &str, state: UrlState) -> Self {
        let scheme = split_scheme(url).map_or("", |(scheme, _)| scheme);
        if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
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
            ("cdn.example.com/a", UrlTraits::SCHEME),
            ("https:///a", UrlTraits::MALFORMED),
            ("https://host:99999/a", UrlTraits::MALFORMED),
            ("https://host/a b", UrlTraits::MALFORMED),
            ("https://host/a#b", UrlTraits::FRAGMENT),
            ("https://u:p@host/a", UrlTraits::CREDENTIALS),
            ("HTTP://host/a", UrlTraits::HTTP),
            ("https://10.0.0.1/a", UrlTraits::LOCAL_ADDRESS),
            ("https://[fe80::1]:8443/a", UrlTraits::LOCAL_ADDRESS),
            ("https://2130706433/a", UrlTraits::LOCAL_ADDRESS),
            ("http://localhost:8080/a", UrlTraits::HTTP.or(UrlTraits::LOCALHOST)),
            ("https://s3.example/a?X-Amz-Expires=60", UrlTraits::SECRET),
            ("https://b.example/a?sv=1&SIG=x", UrlTraits::SECRET),
            ("https://host/a%2Fb", UrlTraits::ESCAPE),
            ("https://host/{digest}", UrlTraits::PLACEHOLDER),
            ("https://{registry}/a", UrlTraits::PLACEHOLDER),
            ("https://ho\u{200B}st/a", UrlTraits::HIDDEN.or(UrlTraits::NOT_ASCII)),
            ("https://ex\u{430}mple.com/a", UrlTraits::NOT_ASCII),
            ("https://www.xn--bcher-kva.example/a", UrlTraits::NOT_ASCII),
            ("https://cdn.example.com/bücher", none),
            ("https://R.example:5000/v2/other/blobs/sha256:1", UrlTraits::OWN_BLOB),
            ("https://r.example:5000/files/blobs/sha256:1", none),
        ] {
            let mut reader = UrlReader { places: vec![&place], last: None };
            assert_eq!(reader.read(url), expected, "{url}");
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
