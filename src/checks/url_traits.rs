//! What can be told of a URL from its text.

use super::look_alike::{self, Look};
use super::{Place, UrlState};
use crate::registry::{Host, Reach};

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
    /// A host of mixed scripts, or of letters that pass for others.
    pub const LOOK_ALIKE: Self = Self(1 << 12);
    /// A host with letters beyond ASCII.
    pub const INTERNATIONAL: Self = Self(1 << 13);
    /// The blob endpoint of the source or target registry.
    pub const OWN_BLOB: Self = Self(1 << 14);

    /// The traits of either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it has any of `wanted`.
    pub const fn any(self, wanted: Self) -> bool {
        self.0 & wanted.0 != 0
    }

    /// Reads `url`; `places` are the registries that are dealt with.
    pub(super) fn of(url: &str, places: &[&Place]) -> Self {
        let mut found = Self::default();
        if url.is_empty() {
            return Self::EMPTY;
        }
        if look_alike::hidden(url).is_some() {
            found = found.or(Self::HIDDEN);
        }
        if let Some(open) = url.find('{')
            && url[open..].contains('}')
        {
            found = found.or(Self::PLACEHOLDER);
        }
        let Some((scheme, rest)) = url.split_once("://") else {
            return found.or(Self::SCHEME);
        };
        if scheme.eq_ignore_ascii_case("http") {
            found = found.or(Self::HTTP);
        } else if !scheme.eq_ignore_ascii_case("https") {
            return found.or(Self::SCHEME);
        }
        let (rest, fragment) = rest.split_once('#').map_or((rest, false), |(rest, _)| (rest, true));
        if fragment {
            found = found.or(Self::FRAGMENT);
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        if has_secret(query) {
            found = found.or(Self::SECRET);
        }
        let slash = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(slash);
        if path.contains('%') {
            found = found.or(Self::ESCAPE);
        }
        if barred(url).is_some() && !found.any(Self::PLACEHOLDER) {
            found = found.or(Self::MALFORMED);
        }
        let authority = match authority.rsplit_once('@') {
            Some((_, host)) => {
                found = found.or(Self::CREDENTIALS);
                host
            }
            None => authority,
        };
        found.or(of_authority(authority)).or(of_endpoint(authority, path, places))
    }
}

/// The host of an http(s) URL, with its port if it has one: what a person must know to reach it.
pub fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    (!host.is_empty()).then_some(host)
}

/// A character that RFC 3986 bars and that is not reported as something more telling.
fn barred(url: &str) -> Option<char> {
    url.chars().find(|ch| {
        matches!(ch, ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}') || ch.is_control()
    })
}

fn of_authority(authority: &str) -> UrlTraits {
    let port_at = match authority.strip_prefix('[') {
        Some(_) => authority.find(']').map(|close| close + 1),
        None => authority.find(':'),
    };
    let (host, port) = authority.split_at(port_at.unwrap_or(authority.len()));
    let good_port =
        port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok());
    let look = look_alike::look(host);
    let mut found = match look {
        Look::Plain => UrlTraits::default(),
        Look::International => UrlTraits::INTERNATIONAL,
        Look::LookAlike => UrlTraits::LOOK_ALIKE,
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
pub(super) enum Answer {
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
    pub(super) fn of(traits: UrlTraits, state: UrlState) -> Self {
        if traits.any(UrlTraits::SCHEME.or(UrlTraits::EMPTY)) {
            return Self::NotHttp;
        }
        match state {
            UrlState::Unchecked | UrlState::Blocked => Self::Unknown,
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
pub(super) struct Answers(u64);

impl Answers {
    pub(super) fn new(answers: impl Iterator<Item = Answer>) -> Self {
        let packed = answers.take(16).enumerate();
        Self(packed.fold(0, |all, (at, answer)| all | (answer as u64) << (4 * at)))
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Answer> {
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
            ("https://ho\u{200B}st/a", UrlTraits::HIDDEN.or(UrlTraits::LOOK_ALIKE)),
            ("https://ex\u{430}mple.com/a", UrlTraits::LOOK_ALIKE),
            ("https://bücher.example/a", UrlTraits::INTERNATIONAL),
            ("https://R.example:5000/v2/other/blobs/sha256:1", UrlTraits::OWN_BLOB),
            ("https://r.example:5000/files/blobs/sha256:1", none),
        ] {
            assert_eq!(UrlTraits::of(url, &[&place]), expected, "{url}");
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
