use std::fmt;
use std::rc::Rc;

use super::cancel::Cancel;
use super::endpoint::Endpoint;
use super::error::Error;
use super::location::{Located, locate};
use super::reference::Repository;
use super::refusal::{MAX_REFUSAL, Refusal};
use super::retry::{Retry, TRIES, is_temporary, wait_ms};
use super::session::{Call, Session, no_answer};
use super::token::Scope;
use super::transport::{Body, Deadline, Headers, Incoming, Method, Response, TransportError};
use super::url::Url;
use crate::msg;
use crate::text::{Message, excerpt};

/// Calls to one registry. The calls themselves stand by noun: `manifest.rs`, `blob.rs`,
/// `upload.rs`, `tag.rs`, `catalog.rs`, `referrer.rs`, `ping.rs`.
///
/// Clones share the session; cancel switch and notices belong to the clone.
#[derive(Clone)]
pub struct Client {
    session: Session,
    cancel: Cancel,
    notices: Rc<dyn Fn(Notice)>,
}

/// Something the person should see while a call goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The registry wants to be asked again later; comes once a second with the time left.
    Waiting {
        /// Whole seconds left, 0 when the call is sent again.
        seconds: u64,
        /// The status that was answered.
        status: u16,
    },
    /// The registry named an address at another scheme or port of its own host, or without the
    /// prefix; the call goes to the right one.
    Rerooted {
        /// What the registry named, without the query.
        stated: String,
        /// Where the call goes, without the query.
        used: String,
    },
    /// A warning of the registry (`Warning: 299`, distribution-spec, "Warnings").
    Warning(String),
    /// The digest was computed here, because the registry's statement of it is hidden or unknown.
    DigestNotStated,
    /// The upload starts again, because the registry has lost it.
    UploadRestarted,
}

impl Client {
    /// Calls in this session.
    pub fn new(session: Session) -> Self {
        Self { session, cancel: Cancel::new(), notices: Rc::new(|_| {}) }
    }

    /// The same with this cancel switch.
    #[must_use]
    pub fn with_cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }

    /// The same with this listener.
    #[must_use]
    pub fn with_notices(mut self, listener: Rc<dyn Fn(Notice)>) -> Self {
        self.notices = listener;
        self
    }

    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The registry.
    pub fn endpoint(&self) -> &Endpoint {
        self.session.endpoint()
    }

    /// The cancel switch.
    pub fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    pub(super) fn notify(&self, notice: Notice) {
        (self.notices)(notice);
    }

    pub(super) fn call(&self, method: Method, url: Url, scopes: Vec<Scope>) -> Call {
        Call {
            method,
            url,
            headers: Vec::new(),
            body: Body::None,
            scopes,
            deadline: Deadline::Whole(30_000),
            cancel: self.cancel.clone(),
        }
    }

    /// A reading call inside a repository.
    pub(super) fn read_call(&self, method: Method, repository: &Repository, path: &str) -> Call {
        let url = self.endpoint().in_repository(repository, path);
        self.call(method, url, vec![Scope::Pull(repository.clone())])
    }

    /// Sends a call and reads the answer, up to `cap` bytes; temporary refusals are waited out when
    /// `retry` allows. Any status is an answer.
    pub(super) async fn send(
        &self,
        call: &Call,
        retry: Retry,
        cap: u64,
    ) -> Result<Response, Error> {
        let incoming = self.open(call, retry).await?;
        let response = if incoming.status >= 400 {
            incoming.read_start(MAX_REFUSAL).await
        } else {
            incoming.read(cap).await
        };
        response.map_err(|error| no_answer(call, error))
    }

    /// Like [`Self::send`], leaving the body to be read.
    pub(super) async fn open(&self, call: &Call, retry: Retry) -> Result<Incoming, Error> {
        let mut tries = 1;
        loop {
            let incoming = self.session.open(call).await?;
            self.read_warnings(&incoming.headers);
            if retry == Retry::Never || tries == TRIES || !is_temporary(incoming.status, None) {
                return Ok(incoming);
            }
            let response =
                incoming.read_start(MAX_REFUSAL).await.map_err(|error| no_answer(call, error))?;
            let refusal = Refusal::read(&response);
            if !is_temporary(response.status, Some(&refusal)) {
                return Err(Error::Refused(Box::new(refusal)));
            }
            self.wait(call, &response, tries).await?;
            tries += 1;
        }
    }

    /// Waits as the answer says, second by second so that a countdown can be shown.
    async fn wait(&self, call: &Call, response: &Response, tries: u32) -> Result<(), Error> {
        let http = self.session.http();
        let mut left = wait_ms(response.headers.get("retry-after"), tries, http.now_ms());
        let status = response.status;
        while left > 0 {
            self.notify(Notice::Waiting { seconds: left.div_ceil(1000), status });
            let step = if left.is_multiple_of(1000) { 1000 } else { left % 1000 };
            http.sleep(step, &call.cancel).await.map_err(|error| no_answer(call, error))?;
            left -= step;
        }
        self.notify(Notice::Waiting { seconds: 0, status });
        Ok(())
    }

    /// Reads a `Location` or `Link` target, and says so when it had to be put right.
    pub(super) fn follow(&self, stated: Option<&str>, request: &Url) -> Result<Url, Error> {
        let Located { url, rerooted_from } =
            locate(stated, request, self.endpoint(), self.session.same_origin())
                .map_err(Error::Location)?;
        if let Some(stated) = rerooted_from {
            self.notify(Notice::Rerooted { stated, used: url.without_query() });
        }
        Ok(url)
    }

    /// Passes on the texts of `Warning: 299 - "…"`, each once; anything else in the header is ignored,
    /// as the specification says.
    fn read_warnings(&self, headers: &Headers) {
        let mut rest = headers.get("warning").unwrap_or_default();
        let mut told = Vec::new();
        for _ in 0..8 {
            let Some((_, text)) = rest.split_once("299 - \"") else {
                return;
            };
            let Some((text, after)) = text.split_once('"') else {
                return;
            };
            let is_text = !text.is_empty() && !text.chars().any(char::is_control);
            if is_text && !told.contains(&text) {
                told.push(text);
                self.notify(Notice::Warning(excerpt(text, 300)));
            }
            rest = after;
        }
    }
}

/// The refusal of an answer whose status is not the one that had to come; a success with a web
/// page is not a registry's.
pub(super) fn unexpected(call: &Call, response: &Response) -> Error {
    match response.status {
        200..=299 if is_web_page(&response.headers) => not_a_registry(call, response),
        200..=399 => Error::Unconfirmed(response.status),
        _ => Error::Refused(Box::new(Refusal::read(response))),
    }
}

/// Whether a success is a web page, such as a portal's login.
pub(super) fn is_web_page(headers: &Headers) -> bool {
    headers.media_type().is_some_and(|kind| kind == "text/html" || kind == "application/xhtml+xml")
}

pub(super) fn not_a_registry(call: &Call, response: &Response) -> Error {
    let url = response.redirected_to.as_deref();
    let url = url.map_or_else(|| call.url.without_query(), |url| excerpt(url, 200));
    Error::NotARegistry(url)
}

/// Whether a call failed for a reason other than the registry's verdict on it, so that another way
/// to the same end may be tried.
pub(super) fn is_unreadable(error: &Error) -> bool {
    matches!(error, Error::NoAnswer { error: TransportError::Failed, .. })
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({})", self.endpoint())
    }
}

/// Equal when they share the session.
impl PartialEq for Client {
    fn eq(&self, other: &Self) -> bool {
        self.session == other.session
    }
}

impl Notice {
    /// What goes on, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::Waiting { seconds, status } => {
                msg!("notice.waiting", seconds = *seconds, status = status.to_string())
            }
            Self::Rerooted { stated, used } => {
                msg!("notice.rerooted", stated = stated, used = used)
            }
            Self::Warning(text) => msg!("notice.warning", text = text),
            Self::DigestNotStated => msg!("notice.digest-not-stated"),
            Self::UploadRestarted => msg!("notice.upload-restarted"),
        }
    }
}
