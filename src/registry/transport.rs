use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use super::cancel::Cancel;
use super::url::Url;
use crate::msg;
use crate::text::Message;

/// A future on the one thread of the page.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Sends HTTP requests and keeps time: the only way out of the domain code.
///
/// The browser's implementation stands on `fetch`, the tests' on a script or on a blocking client.
/// Every implementation must, on every request:
/// - send no cookie and no stored credential unless [`Request::cookies`] says so, no `Referer`,
///   and use no cache (`credentials`, `referrerPolicy: no-referrer`, `cache: no-store`);
/// - hand over the body's bytes after content decoding, untouched otherwise;
/// - drop `Authorization` when it follows a redirect to another origin, as browsers do;
/// - end at [`Request::deadline`] and when [`Request::cancel`] is cancelled, body included.
pub trait Transport {
    /// Sends `request` and returns when the answer's head is there. Dropping the body ends the
    /// exchange.
    fn open(&self, request: Request) -> Pending<'_, Result<Incoming, TransportError>>;

    /// Completes after `ms` milliseconds.
    fn sleep(&self, ms: u64) -> Pending<'_, ()>;

    /// Milliseconds since 1970, by the local clock.
    fn now_ms(&self) -> u64;
}

/// The body of an answer, piece by piece.
pub trait Chunks {
    /// The next piece, `None` at the end. A body that ends before its `Content-Length` is
    /// [`TransportError::Failed`].
    fn next(&mut self) -> Pending<'_, Result<Option<Vec<u8>>, TransportError>>;
}

/// A request method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the methods of RFC 9110 and RFC 5789")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

/// What is sent behind the headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// No body at all (`GET`, `HEAD`, `DELETE`).
    None,
    /// These bytes; an empty one makes the transport say `Content-Length: 0`.
    Bytes(Arc<[u8]>),
    /// A part of a file that the transport knows; it is streamed from where it lies.
    File(FileSlice),
}

/// A range of bytes of a file that the person opened; the file itself stays with the transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSlice {
    /// The number under which the transport knows the file.
    pub file: u32,
    /// Offset of the first byte.
    pub start: u64,
    /// Number of bytes.
    pub len: u64,
}

/// What to do with a redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirect {
    /// Follow it.
    Follow,
    /// Fail with [`TransportError::Failed`] and send nothing on: a redirected form post would
    /// carry its password along.
    Error,
    /// Send nothing on either, and say so: [`TransportError::Redirected`].
    Tell,
}

/// Whether the browser may add cookies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CookieMode {
    /// Never. The browser's own password box does not appear either.
    #[default]
    Omit,
    /// To the page's own origin only, for portals whose proxy needs their session cookie. Such a
    /// proxy must rename a `Basic` challenge, or the browser asks for a password by itself.
    SameOrigin,
}

impl Deadline {
    /// Time to send `len` bytes at 20 kB/s, and a minute more.
    pub fn for_upload(len: u64) -> Self {
        Self::Whole(60_000 + len / 20)
    }
}

/// When to give up, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// After this time, body included.
    Whole(u64),
    /// When nothing has come for this time, before the head or between two pieces of the body.
    Stall(u64),
}

/// One request.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Header names with values. May hold credentials: never printed.
    pub headers: Vec<(&'static str, String)>,
    /// Headers that a person gave, with whatever names. May hold credentials, too.
    pub typed_headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// What to do with a redirect.
    pub redirect: Redirect,
    /// Whether the browser may add cookies.
    pub cookies: CookieMode,
    /// When to give up.
    pub deadline: Deadline,
    /// Ends the exchange at once.
    pub cancel: Cancel,
}

/// An answer whose body is still coming.
pub struct Incoming<B = Box<dyn Chunks>> {
    /// The status code.
    pub status: u16,
    /// The headers that may be read.
    pub headers: Headers,
    /// Where the answer came from, when a redirect was followed.
    pub redirected_to: Option<String>,
    /// The body.
    pub body: B,
}

/// A complete answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers that may be read.
    pub headers: Headers,
    /// Where the answer came from, when a redirect was followed.
    pub redirected_to: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// The readable headers of an answer.
///
/// On another origin the browser hides every header that the registry does not expose, so a
/// missing one is *unknown*, not absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransportError {
    /// No answer that may be read. The browser gives no reason (“Failed to fetch”).
    Failed,
    /// Nothing came in time.
    Timeout,
    /// The person stopped it.
    Cancelled,
    /// The body is larger than this many bytes; reading stopped there.
    TooLarge(u64),
    /// A redirect, of a request that asked to [`Tell`](Redirect::Tell); nothing was sent on.
    Redirected,
}

/// A shared transport.
#[derive(Clone)]
pub struct Http(Rc<dyn Transport>);

impl Request {
    /// A request without headers and body that follows redirects.
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            typed_headers: Vec::new(),
            body: Body::None,
            redirect: Redirect::Follow,
            cookies: CookieMode::Omit,
            deadline: Deadline::Whole(30_000),
            cancel: Cancel::default(),
        }
    }

    /// The value of a header that will be sent.
    pub fn header(&self, name: &str) -> Option<&str> {
        let own = self.headers.iter().map(|(known, value)| (*known, value));
        let typed = self.typed_headers.iter().map(|(known, value)| (known.as_str(), value));
        let mut found = own.chain(typed).filter(|(known, _)| known.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.as_str())
    }
}

impl Method {
    /// The method as it stands in a request.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl Body {
    /// The body of these bytes.
    pub fn bytes(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::Bytes(bytes.into())
    }
}

impl Headers {
    /// An empty collection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a header; a repeated one is joined by `, ` as RFC 9110, section 5.2, says.
    pub fn add(&mut self, name: &str, value: &str) {
        match self.0.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, joined)) => {
                joined.push_str(", ");
                joined.push_str(value);
            }
            None => self.0.push((name.to_ascii_lowercase(), value.to_owned())),
        }
    }

    /// The value of a header, by its name in any case.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// `Content-Type` without its parameters, in lower case.
    pub fn media_type(&self) -> Option<String> {
        let value = self.get("content-type")?.split(';').next().unwrap_or_default().trim();
        (!value.is_empty()).then(|| value.to_ascii_lowercase())
    }

    /// Whether every header of the answer may be read. `Date` tells: servers with a clock send it
    /// (RFC 9110, section 6.6.1), and to pages of other origins it is hidden like all that are not
    /// exposed.
    pub fn are_all_readable(&self) -> bool {
        self.get("date").is_some()
    }

    /// `Content-Length`, when it is readable and a number.
    pub fn content_length(&self) -> Option<u64> {
        self.get("content-length")?.trim().parse().ok()
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Headers {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        let mut headers = Self::new();
        for (name, value) in pairs {
            headers.add(name, value);
        }
        headers
    }
}

impl Http {
    /// Shares `transport`.
    pub fn new(transport: impl Transport + 'static) -> Self {
        Self(Rc::new(transport))
    }

    /// Sends `request` and returns when the answer's head is there.
    pub async fn open(&self, request: Request) -> Result<Incoming, TransportError> {
        if request.cancel.is_cancelled() {
            return Err(TransportError::Cancelled);
        }
        self.0.open(request).await
    }

    /// Sends `request` and reads the answer, up to `cap` bytes of body.
    pub async fn send(&self, request: Request, cap: u64) -> Result<Response, TransportError> {
        self.open(request).await?.read(cap).await
    }

    /// Waits `ms` milliseconds, or less when `cancel` comes.
    pub async fn sleep(&self, ms: u64, cancel: &Cancel) -> Result<(), TransportError> {
        let mut sleep = self.0.sleep(ms);
        let mut cancelled = pin!(cancel.cancelled());
        poll_fn(|context| {
            if cancelled.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(TransportError::Cancelled));
            }
            sleep.as_mut().poll(context).map(Ok)
        })
        .await
    }

    /// Milliseconds since 1970, by the local clock.
    pub fn now_ms(&self) -> u64 {
        self.0.now_ms()
    }
}

impl<B> Incoming<B> {
    /// The same answer with its body read in another way.
    pub fn map_body<C>(self, map: impl FnOnce(B) -> C) -> Incoming<C> {
        let Self { status, headers, redirected_to, body } = self;
        Incoming { status, headers, redirected_to, body: map(body) }
    }
}

impl Incoming {
    /// Reads the body, up to `cap` bytes: counted as they come, so that neither a wrong
    /// `Content-Length` nor a compression bomb can make memory grow.
    pub async fn read(mut self, cap: u64) -> Result<Response, TransportError> {
        let mut body = Vec::new();
        while let Some(chunk) = self.body.next().await? {
            if (body.len() + chunk.len()) as u64 > cap {
                return Err(TransportError::TooLarge(cap));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(self.with_body(body))
    }

    /// Reads the first `cap` bytes of the body and leaves the rest: for refusals, of which the
    /// beginning is enough.
    pub async fn read_start(mut self, cap: u64) -> Result<Response, TransportError> {
        let cap = usize::try_from(cap).unwrap_or(usize::MAX);
        let mut body = Vec::new();
        while body.len() < cap
            && let Some(chunk) = self.body.next().await?
        {
            body.extend_from_slice(&chunk[..chunk.len().min(cap - body.len())]);
        }
        Ok(self.with_body(body))
    }

    fn with_body(self, body: Vec<u8>) -> Response {
        let Self { status, headers, redirected_to, .. } = self;
        Response { status, headers, redirected_to, body }
    }
}

/// Method and URL only; headers may hold credentials.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.method.name(), self.url)
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http")
    }
}

impl TransportError {
    /// What happened, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::Failed => msg!("transport.failed"),
            Self::Timeout => msg!("transport.timeout"),
            Self::Cancelled => msg!("transport.cancelled"),
            Self::Redirected => msg!("transport.redirected"),
            Self::TooLarge(cap) => {
                msg!("transport.too-large", cap = crate::text::Arg::Bytes(*cap))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_in_any_case_and_joined() {
        let headers: Headers = [
            ("WWW-Authenticate", "Basic realm=\"a\""),
            ("www-authenticate", "Bearer realm=\"b\""),
            ("Content-Type", "Application/JSON; charset=utf-8"),
            ("Content-Length", "12"),
        ]
        .into_iter()
        .collect();
        assert_eq!(headers.get("Www-Authenticate"), Some("Basic realm=\"a\", Bearer realm=\"b\""));
        assert_eq!(headers.media_type().as_deref(), Some("application/json"));
        assert_eq!(headers.content_length(), Some(12));
        assert_eq!(headers.get("link"), None);
    }

    #[test]
    fn requests_print_no_header_and_no_query() {
        let url = Url::parse("https://r.example/v2/?_state=secret").unwrap();
        let mut request = Request::new(Method::Get, url);
        request.headers.push(("Authorization", "Basic secret".into()));
        assert_eq!(format!("{request:?}"), "GET https://r.example/v2/");
        assert_eq!(request.header("authorization"), Some("Basic secret"));
    }
}
