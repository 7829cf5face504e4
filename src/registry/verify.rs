//! Whether a URL really serves a layer: asked by `HEAD`, or proven by downloading and hashing.
//!
//! Invariant: no credential is ever sent to a layer's URL, and no more bytes are read than the
//! layer has.

use super::cancel::Cancel;
use super::transport::{
    Chunks, Deadline, Headers, Http, Incoming, Method, Request, TransportError,
};
use super::url::Url;
use crate::manifest::{Digest, Hasher};
use crate::msg;
use crate::text::{Arg, Message};

/// What is known of a URL of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every byte was read: size and digest are the layer's.
    Verified,
    /// It answers `HEAD` with success; the content was not read.
    Answers {
        /// The size that it states, in bytes.
        size: Option<u64>,
    },
    /// Every byte was read: the size is right, the digest is this one.
    WrongContent(Digest),
    /// The server states a `Content-Encoding`, which every browser and most clients undo: whether
    /// they then have the layer's bytes.
    Encoded(Undone),
    /// It has another number of bytes: fewer, or (reading stopped there) more than the layer.
    WrongSize {
        /// How many bytes came or are stated.
        found: u64,
        /// How many the layer has.
        expected: u64,
    },
    /// It states another number of bytes, which may be that of a compressed answer: whether it is
    /// compressed cannot be read, and neither can the content without a download.
    SizeUnclear {
        /// How many bytes are stated.
        stated: u64,
        /// How many the layer has.
        expected: u64,
    },
    /// 404 or 410.
    Missing(u16),
    /// 401 or 403: clients send no credentials.
    NeedsAuthentication(u16),
    /// Another status.
    Refused(u16),
    /// It answers, but not to this page (CORS): from the browser it cannot be known.
    Blocked,
    /// No answer at all.
    Unreachable,
    /// The answer ended in the middle: the connection broke, or fewer bytes came than were stated.
    BrokeOff {
        /// How many bytes came.
        read: u64,
    },
    /// Nothing came for too long.
    Timeout,
    /// The person stopped it.
    Cancelled,
    /// It is no URL that can be asked.
    NotAUrl,
}

/// What is left when a `Content-Encoding` is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undone {
    /// Nobody looked.
    Unread,
    /// The layer.
    Layer,
    /// Something else.
    Other,
}

/// A verdict with what was seen on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// What came of it.
    pub verdict: Verdict,
    /// Where the answer came from, when a redirect was followed.
    pub redirected_to: Option<String>,
    /// How many bytes were read.
    pub read: u64,
}

/// Nothing may come for this long, in milliseconds.
const STALL_MS: u64 = 30_000;

/// Asks whether `url` answers, without reading the content.
pub async fn ask(http: &Http, url: &str, size: u64, cancel: Cancel) -> Verification {
    let Ok(url) = Url::parse(url) else { return Verification::of(Verdict::NotAUrl) };
    let mut request = Request::new(Method::Head, url);
    request.cancel = cancel;
    match http.send(request, 0).await {
        Ok(response) => {
            let stated = response.headers.content_length();
            let verdict = match (of_status(response.status), stated) {
                (Some(verdict), _) => verdict,
                (None, _) if is_encoded(&response.headers) => Verdict::Encoded(Undone::Unread),
                (None, Some(stated)) if stated != size => {
                    if may_be_compressed(&response.headers, stated, size) {
                        Verdict::SizeUnclear { stated, expected: size }
                    } else {
                        Verdict::WrongSize { found: stated, expected: size }
                    }
                }
                (None, size) => Verdict::Answers { size },
            };
            Verification { verdict, redirected_to: response.redirected_to, read: 0 }
        }
        Err(error) => Verification::of(silent(&error)),
    }
}

/// A body that is hashed while it comes.
pub trait Hashed {
    /// Takes in the next piece and says how many bytes it has; `None` at the end. A body that ends
    /// before its `Content-Length` is [`TransportError::Failed`].
    fn take_in(&mut self) -> impl Future<Output = Result<Option<u64>, TransportError>>;

    /// The digest of everything taken in.
    fn finish(self) -> impl Future<Output = Result<Digest, TransportError>>;
}

/// A body that is hashed where it is read.
pub struct HashedHere {
    body: Box<dyn Chunks>,
    hasher: Hasher,
}

impl HashedHere {
    /// `body`, hashed as `digest` is.
    pub fn new(body: Box<dyn Chunks>, digest: &Digest) -> Self {
        Self { body, hasher: Hasher::new(digest.algorithm()) }
    }
}

impl Hashed for HashedHere {
    async fn take_in(&mut self) -> Result<Option<u64>, TransportError> {
        let Some(piece) = self.body.next().await? else { return Ok(None) };
        self.hasher.update(&piece);
        Ok(Some(piece.len() as u64))
    }

    async fn finish(self) -> Result<Digest, TransportError> {
        Ok(self.hasher.finish())
    }
}

/// Downloads `url` by `open` and compares what comes with `digest` and `size`; `progress` is told the
/// number of bytes read so far. Memory does not grow with the layer.
pub async fn verify<B: Hashed>(
    open: impl AsyncFnOnce(Request) -> Result<Incoming<B>, TransportError>,
    url: &str,
    digest: &Digest,
    size: u64,
    cancel: Cancel,
    mut progress: impl AsyncFnMut(u64),
) -> Verification {
    let Ok(url) = Url::parse(url) else { return Verification::of(Verdict::NotAUrl) };
    let mut request = Request::new(Method::Get, url);
    request.deadline = Deadline::Stall(STALL_MS);
    request.cancel = cancel;
    let mut incoming = match open(request).await {
        Ok(incoming) => incoming,
        Err(error) => return Verification::of(silent(&error)),
    };
    let redirected_to = incoming.redirected_to.take();
    let mut read = 0;
    let verdict = match of_status(incoming.status) {
        Some(verdict) => verdict,
        None => compare(incoming, digest, size, &mut read, &mut progress).await,
    };
    Verification { verdict, redirected_to, read }
}

/// Compares a file of `len` bytes with `digest` and `size`, as [`verify`] does what comes from a URL.
pub async fn verify_file(
    content: impl Hashed,
    len: u64,
    digest: &Digest,
    size: u64,
    mut progress: impl AsyncFnMut(u64),
) -> Verification {
    let mut read = 0;
    if len != size {
        let verdict = Verdict::WrongSize { found: len, expected: size };
        return Verification { verdict, redirected_to: None, read };
    }
    let verdict = match hash(content, size, &mut read, &mut progress).await {
        Ok(Some(found)) if found == *digest && read == size => Verdict::Verified,
        Ok(Some(found)) if read == size => Verdict::WrongContent(found),
        Ok(_) => Verdict::WrongSize { found: read, expected: size },
        Err(error) => silent(&error),
    };
    Verification { verdict, redirected_to: None, read }
}

/// The digest of `body`; `None` when it is longer than the layer, where reading stops.
async fn hash(
    mut body: impl Hashed,
    size: u64,
    read: &mut u64,
    progress: &mut impl AsyncFnMut(u64),
) -> Result<Option<Digest>, TransportError> {
    while let Some(bytes) = body.take_in().await? {
        *read += bytes;
        if *read > size {
            return Ok(None);
        }
        progress(*read).await;
    }
    body.finish().await.map(Some)
}

/// Reads the body, as far as it may be the layer.
async fn compare(
    incoming: Incoming<impl Hashed>,
    digest: &Digest,
    size: u64,
    read: &mut u64,
    progress: &mut impl AsyncFnMut(u64),
) -> Verdict {
    let stated = incoming.headers.content_length();
    let found = match hash(incoming.body, size, read, progress).await {
        Ok(found) => found,
        Err(TransportError::Failed) => return Verdict::BrokeOff { read: *read },
        Err(error) => return silent(&error),
    };
    let right = found.as_ref() == Some(digest);
    // To a page of another origin the header may be hidden. That another number of bytes came than
    // was stated gives it away all the same, because transports refuse a body that is cut short.
    let more_or_fewer = match stated {
        Some(stated) if found.is_some() => stated != *read,
        Some(stated) => *read > stated,
        None => false,
    };
    // Whether what was stated, before anything is undone, may be the layer.
    let may_be = stated.is_none_or(|stated| stated == size);
    if right && (more_or_fewer || is_encoded(&incoming.headers)) {
        return Verdict::Encoded(Undone::Layer);
    }
    if !right && may_be && (more_or_fewer || is_encoded(&incoming.headers)) {
        return Verdict::Encoded(Undone::Other);
    }
    match found {
        Some(_) if right => Verdict::Verified,
        Some(found) if *read == size => Verdict::WrongContent(found),
        _ => Verdict::WrongSize { found: *read, expected: size },
    }
}

/// Whether the server says that it encoded the content.
pub(super) fn is_encoded(headers: &Headers) -> bool {
    let said = headers.get("content-encoding").unwrap_or_default().trim();
    !said.is_empty() && !said.eq_ignore_ascii_case("identity")
}

/// Whether `stated` bytes may be what a layer of `size` bytes is compressed to, which the answer would
/// say in a header that cannot be read. What cannot be compressed any further grows a little:
/// zlib's bound is a four thousandth, and some bytes.
fn may_be_compressed(headers: &Headers, stated: u64, size: u64) -> bool {
    !headers.are_all_readable() && stated <= size.saturating_add(size / 1000).saturating_add(64)
}

impl Verification {
    fn of(verdict: Verdict) -> Self {
        Self { verdict, redirected_to: None, read: 0 }
    }
}

/// What a status other than success says.
pub(super) fn of_status(status: u16) -> Option<Verdict> {
    match status {
        200 => None,
        404 | 410 => Some(Verdict::Missing(status)),
        401 | 403 => Some(Verdict::NeedsAuthentication(status)),
        _ => Some(Verdict::Refused(status)),
    }
}

/// What silence says. Whether the server was reached is for a probe to find out.
pub(super) fn silent(error: &TransportError) -> Verdict {
    match error {
        TransportError::Cancelled => Verdict::Cancelled,
        TransportError::Timeout => Verdict::Timeout,
        TransportError::Failed | TransportError::TooLarge(_) | TransportError::Redirected => {
            Verdict::Unreachable
        }
    }
}

impl Verification {
    /// As one line of text, to pass between a page and its worker.
    pub fn to_text(&self) -> String {
        let (code, one, two) = match &self.verdict {
            Verdict::Verified => ("verified", String::new(), 0),
            Verdict::Answers { size } => {
                ("answers", String::new(), size.map_or(0, |size| size + 1))
            }
            Verdict::WrongContent(found) => ("content", found.to_string(), 0),
            Verdict::Encoded(undone) => ("encoded", undone.name().to_owned(), 0),
            Verdict::WrongSize { found, expected } => ("size", found.to_string(), *expected),
            Verdict::SizeUnclear { stated, expected } => ("unclear", stated.to_string(), *expected),
            Verdict::Missing(status) => ("missing", String::new(), u64::from(*status)),
            Verdict::NeedsAuthentication(status) => ("login", String::new(), u64::from(*status)),
            Verdict::Refused(status) => ("refused", String::new(), u64::from(*status)),
            Verdict::Blocked => ("blocked", String::new(), 0),
            Verdict::Unreachable => ("unreachable", String::new(), 0),
            Verdict::BrokeOff { read } => ("broke-off", String::new(), *read),
            Verdict::Timeout => ("timeout", String::new(), 0),
            Verdict::Cancelled => ("cancelled", String::new(), 0),
            Verdict::NotAUrl => ("no-url", String::new(), 0),
        };
        let redirect = self.redirected_to.as_deref().unwrap_or_default();
        format!("{code}\t{one}\t{two}\t{}\t{redirect}", self.read)
    }

    /// Reads [`Self::to_text`]; `None` for any other text.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut parts = text.splitn(5, '\t');
        let (code, one) = (parts.next()?, parts.next()?);
        let two: u64 = parts.next()?.parse().ok()?;
        let read = parts.next()?.parse().ok()?;
        let redirect = parts.next()?;
        let status = u16::try_from(two).unwrap_or_default();
        let verdict = match code {
            "verified" => Verdict::Verified,
            "answers" => Verdict::Answers { size: two.checked_sub(1) },
            "content" => Verdict::WrongContent(Digest::parse(one).ok()?),
            "encoded" => Verdict::Encoded(Undone::ALL.into_iter().find(|it| it.name() == one)?),
            "size" => Verdict::WrongSize { found: one.parse().ok()?, expected: two },
            "unclear" => Verdict::SizeUnclear { stated: one.parse().ok()?, expected: two },
            "missing" => Verdict::Missing(status),
            "login" => Verdict::NeedsAuthentication(status),
            "refused" => Verdict::Refused(status),
            "blocked" => Verdict::Blocked,
            "unreachable" => Verdict::Unreachable,
            "broke-off" => Verdict::BrokeOff { read: two },
            "timeout" => Verdict::Timeout,
            "cancelled" => Verdict::Cancelled,
            "no-url" => Verdict::NotAUrl,
            _ => return None,
        };
        let redirected_to = (!redirect.is_empty()).then(|| redirect.to_owned());
        Some(Self { verdict, redirected_to, read })
    }
}

impl Verification {
    /// Whether `asked`, what a question by `HEAD` came to, says something that is not known already:
    /// content that was read says more than a server that merely answers.
    pub fn is_outdated_by(&self, asked: &Self) -> bool {
        let was_read = match self.verdict {
            Verdict::Verified
            | Verdict::WrongContent(_)
            | Verdict::Encoded(Undone::Layer | Undone::Other)
            | Verdict::BrokeOff { .. } => true,
            Verdict::WrongSize { .. } => self.read > 0,
            _ => false,
        };
        let answers = matches!(
            asked.verdict,
            Verdict::Answers { .. }
                | Verdict::WrongSize { .. }
                | Verdict::SizeUnclear { .. }
                | Verdict::Encoded(Undone::Unread)
        );
        !(was_read && answers)
    }
}

impl Undone {
    const ALL: [Self; 3] = [Self::Unread, Self::Layer, Self::Other];

    fn name(self) -> &'static str {
        match self {
            Self::Unread => "unread",
            Self::Layer => "layer",
            Self::Other => "other",
        }
    }
}

impl Verdict {
    /// Whether this says that the layer can be fetched there, wholly or as far as was asked.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Verified | Self::Answers { .. })
    }

    /// Whether nothing was established either way.
    pub fn is_unknown(&self) -> bool {
        matches!(
            self,
            Self::Blocked
                | Self::Cancelled
                | Self::Timeout
                | Self::SizeUnclear { .. }
                | Self::Encoded(Undone::Unread | Undone::Layer)
        )
    }

    /// In a few words, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::Verified => msg!("verify.verified"),
            Self::Answers { size: Some(size) } => {
                msg!("verify.answers-size", size = Arg::Bytes(*size))
            }
            Self::Answers { size: None } => msg!("verify.answers"),
            Self::WrongContent(found) => msg!("verify.wrong-content", found = found.short()),
            Self::Encoded(Undone::Unread) => msg!("verify.encoded"),
            Self::Encoded(Undone::Layer) => msg!("verify.encoded-layer"),
            Self::Encoded(Undone::Other) => msg!("verify.encoded-other"),
            Self::WrongSize { found, expected } if found > expected => {
                msg!("verify.too-long", expected = *expected)
            }
            Self::WrongSize { found, expected } => {
                msg!("verify.wrong-size", found = *found, expected = *expected)
            }
            Self::SizeUnclear { stated, expected } => {
                msg!("verify.size-unclear", stated = *stated, expected = *expected)
            }
            Self::Missing(status) => msg!("verify.missing", status = status.to_string()),
            Self::NeedsAuthentication(status) => {
                msg!("verify.authentication", status = status.to_string())
            }
            Self::Refused(status) => msg!("verify.refused", status = status.to_string()),
            Self::Blocked => msg!("verify.blocked"),
            Self::Unreachable => msg!("verify.unreachable"),
            Self::BrokeOff { read } => msg!("verify.broke-off", read = *read),
            Self::Timeout => msg!("verify.timeout"),
            Self::Cancelled => msg!("verify.cancelled"),
            Self::NotAUrl => msg!("verify.not-a-url"),
        }
    }

    /// The same of a file of this computer.
    pub fn message_of_file(&self) -> Message {
        match self {
            Self::Verified => msg!("verify.file"),
            Self::WrongContent(found) => msg!("verify.file-content", found = found.short()),
            Self::WrongSize { found, expected } => {
                msg!("verify.file-size", found = *found, expected = *expected)
            }
            Self::Cancelled => msg!("verify.cancelled"),
            _ => msg!("verify.file-unread"),
        }
    }
}
