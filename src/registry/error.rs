use super::challenge::ChallengeError;
use super::endpoint::Endpoint;
use super::location::LocationError;
use super::realm::RealmError;
use super::refusal::Refusal;
use super::token::{Scope, TokenError};
use super::transport::{Method, TransportError};
use super::url::Url;
use super::verify::Verdict;
use crate::manifest::Digest;
use crate::msg;
use crate::text::{Arg, Message};

/// Why a call to a registry did not do what it should.
///
/// Cheap to compare and to clone; holds no credential and no query of any URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// No answer, or none that may be read: a case for [`super::diagnose`].
    NoAnswer {
        /// What kind of silence.
        error: TransportError,
        /// The method of the request.
        method: Method,
        /// Its URL without the query.
        url: String,
    },
    /// The registry, or a proxy before it, refused.
    Refused(Box<Refusal>),
    /// Who the person is does not suffice, or could not be told.
    SignIn(SignIn),
    /// The challenge cannot be followed.
    Challenge(ChallengeError),
    /// The realm of the challenge may not be used, or not yet.
    Realm(RealmError),
    /// The token service gave no token.
    Token(TokenError),
    /// The bytes are not those that were asked for.
    Mismatch {
        /// The digest asked for or stated.
        expected: Digest,
        /// The digest of the bytes that came.
        found: Digest,
    },
    /// The bytes would be those that were asked for without what something put in front or behind.
    Altered {
        /// The digest asked for or stated.
        expected: Digest,
        /// What was added.
        by: Alteration,
    },
    /// The registry states a digest that is none.
    StatedDigest(String),
    /// The content has another size than its descriptor says.
    Size {
        /// As the descriptor says.
        expected: u64,
        /// As it is; for a body that goes on, what had come when reading stopped.
        found: u64,
    },
    /// The answer is larger than anything that may be there.
    TooLarge(u64),
    /// Success with something that a registry does not answer, such as a portal's login page.
    NotARegistry(String),
    /// An answer that should be JSON of the specification is not.
    Unreadable,
    /// Where to send the upload cannot be used.
    Location(LocationError),
    /// A status that neither confirms nor refuses.
    Unconfirmed(u16),
    /// The registry has not taken over the bytes that were sent.
    UploadLost,
    /// A layer cannot be had from its URL.
    LayerUrl {
        /// The URL without its query; as it stands where it is none.
        url: String,
        /// What is known of it.
        verdict: Verdict,
    },
}

/// What proxies that take a manifest for text add to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alteration {
    /// A byte order mark in front.
    ByteOrderMark,
    /// A line end behind.
    LineEnd,
}

/// What is missing for a call to be allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// Nobody is signed in and it takes someone; holds the registry.
    Needed(String),
    /// The registry does not accept the user name or password.
    Rejected(String),
    /// Signed in, but not allowed to do this.
    NoPermission(Scope),
    /// The registry did not say, or the browser may not read, how to sign in.
    Hidden(String),
}

impl Error {
    /// Why `bytes`, which hash to `found`, are not those of `expected`.
    pub(super) fn of_bytes(expected: &Digest, found: Digest, bytes: &[u8]) -> Self {
        let is = |rest: Option<&[u8]>| rest.is_some_and(|rest| expected.matches(rest));
        let by = if is(bytes.strip_prefix(b"\xEF\xBB\xBF")) {
            Alteration::ByteOrderMark
        } else if is(bytes.strip_suffix(b"\n")) || is(bytes.strip_suffix(b"\r\n")) {
            Alteration::LineEnd
        } else {
            return Self::Mismatch { expected: expected.clone(), found };
        };
        Self::Altered { expected: expected.clone(), by }
    }

    /// Whether signing in, or in another way, may help.
    pub fn wants_sign_in(&self) -> bool {
        match self {
            Self::SignIn(it) => !matches!(it, SignIn::NoPermission(_)),
            Self::Token(TokenError::IdentityNeedsTokenService) => true,
            // RFC 6749, section 5.2: a token that is not accepted is answered with 400.
            Self::Token(TokenError::Refused(refusal)) => refusal.status == 400,
            _ => false,
        }
    }

    /// Whether the person stopped it.
    pub fn is_cancelled(&self) -> bool {
        matches!(
            self,
            Self::NoAnswer { error: TransportError::Cancelled, .. }
                | Self::Token(TokenError::NoAnswer(_, TransportError::Cancelled))
        )
    }

    /// Whether the network gave nothing readable, so that what happened there is not known.
    pub fn is_silence(&self) -> bool {
        matches!(
            self,
            Self::NoAnswer { error: TransportError::Failed | TransportError::Timeout, .. }
        )
    }

    /// The URL of the blob that was read without an answer: the registry may have sent the browser
    /// on to a storage of its own.
    pub fn unread_blob(&self) -> Option<Url> {
        match self {
            Self::NoAnswer { method: Method::Get, url, .. } if url.contains("/blobs/") => {
                Url::parse(url).ok().filter(|_| !url.contains("/blobs/uploads/"))
            }
            _ => None,
        }
    }

    /// Whether the error comes from the registry at `endpoint`.
    pub fn is_of(&self, endpoint: &Endpoint) -> bool {
        match self {
            Self::NoAnswer { url, .. } => {
                Url::parse(url).is_ok_and(|url| url.origin() == endpoint.origin())
            }
            Self::SignIn(
                SignIn::Needed(registry) | SignIn::Rejected(registry) | SignIn::Hidden(registry),
            ) => *registry == endpoint.to_string(),
            _ => false,
        }
    }

    /// The refusal, when it is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// What happened, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::NoAnswer { error: TransportError::Cancelled, .. } => {
                TransportError::Cancelled.message()
            }
            Self::NoAnswer { error, method, url } => msg!(
                "registry.no-answer",
                request = format!("{} {url}", method.name()),
                reason = error.message()
            ),
            Self::Refused(refusal) => refusal.message(),
            Self::SignIn(error) => error.message(),
            Self::Challenge(error) => error.message(),
            Self::Realm(error) => error.message(),
            Self::Token(error) => error.message(),
            Self::Mismatch { expected, found } => {
                msg!("registry.mismatch", expected = expected.as_str(), found = found.as_str())
            }
            Self::Altered { expected, by: Alteration::ByteOrderMark } => {
                msg!("registry.byte-order-mark", expected = expected.as_str())
            }
            Self::Altered { expected, by: Alteration::LineEnd } => {
                msg!("registry.line-end", expected = expected.as_str())
            }
            Self::StatedDigest(text) => msg!("registry.stated-digest", text = text),
            Self::Size { expected, found } => {
                msg!("registry.size", expected = *expected, found = *found)
            }
            Self::TooLarge(cap) => msg!("transport.too-large", cap = Arg::Bytes(*cap)),
            Self::NotARegistry(url) => msg!("registry.not-a-registry", url = url),
            Self::Unreadable => msg!("registry.unreadable"),
            Self::Location(error) => error.message(),
            Self::Unconfirmed(status) => {
                msg!("registry.unconfirmed", status = status.to_string())
            }
            Self::UploadLost => msg!("registry.upload-lost"),
            Self::LayerUrl { url, verdict } => {
                msg!("registry.layer-url", url = url, reason = verdict.message())
            }
        }
    }

    /// What it means and what to do, when that is known.
    pub fn hint(&self) -> Option<Message> {
        match self {
            Self::Refused(refusal) | Self::Token(TokenError::Refused(refusal)) => refusal.hint(),
            Self::Mismatch { .. } | Self::Altered { .. } => Some(msg!("hint.mismatch")),
            Self::NotARegistry(_) => Some(msg!("hint.not-a-registry")),
            Self::SignIn(SignIn::Hidden(_)) => Some(msg!("hint.expose-challenge")),
            _ => None,
        }
    }
}

impl SignIn {
    /// What is missing, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::Needed(registry) => msg!("sign-in.needed", registry = registry),
            Self::Rejected(registry) => msg!("sign-in.rejected", registry = registry),
            Self::NoPermission(scope) => msg!("sign-in.no-permission", what = scope.message()),
            Self::Hidden(registry) => msg!("sign-in.hidden", registry = registry),
        }
    }
}
