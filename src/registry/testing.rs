//! A transport that plays a script, and a way to run futures without a runtime.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::*;

type Answering = Box<dyn Fn(&Seen) -> Answer>;

/// Runs a future that needs no waking from outside.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..100_000 {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
    panic!("the future waits for something that nobody does");
}

/// What the script answers.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Status, headers, body.
    Is(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// The body in pieces, and how it ends.
    Pieces(u16, Vec<(&'static str, String)>, Vec<Vec<u8>>, Option<TransportError>),
    /// An answer from where a redirect led.
    From(&'static str, Box<Self>),
    /// No answer.
    Fails(TransportError),
}

/// A request as the script saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) url: Url,
    pub(crate) request: Request,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.request.header(name).unwrap_or_default()
    }

    pub(crate) fn body(&self) -> Vec<u8> {
        match &self.request.body {
            Body::Bytes(bytes) => bytes.to_vec(),
            _ => Vec::new(),
        }
    }
}

/// Answers requests in the order of its lines, or by a function.
#[derive(Clone)]
pub(crate) struct Script(Rc<Inner>);

struct Inner {
    lines: RefCell<VecDeque<(String, Answer)>>,
    by: Option<Answering>,
    seen: RefCell<Vec<Seen>>,
    now_ms: RefCell<u64>,
    slept: RefCell<Vec<u64>>,
}

impl Script {
    /// Every request must be the next line, `METHOD url`, and gets its answer.
    pub(crate) fn lines(lines: Vec<(&str, Answer)>) -> Self {
        let lines = lines.into_iter().map(|(line, answer)| (line.to_owned(), answer)).collect();
        Self::new(lines, None)
    }

    /// Every request gets what `by` says.
    pub(crate) fn by(by: impl Fn(&Seen) -> Answer + 'static) -> Self {
        Self::new(VecDeque::new(), Some(Box::new(by)))
    }

    fn new(lines: VecDeque<(String, Answer)>, by: Option<Answering>) -> Self {
        Self(Rc::new(Inner {
            lines: RefCell::new(lines),
            by,
            seen: RefCell::default(),
            now_ms: RefCell::new(1_000_000_000_000),
            slept: RefCell::default(),
        }))
    }

    pub(crate) fn http(&self) -> Http {
        Http::new(self.clone())
    }

    /// A client of `base` over this script, from a page of another origin.
    pub(crate) fn client(&self, base: &str) -> Client {
        let endpoint = Endpoint::parse(base).unwrap();
        Client::new(Session::new(self.http(), endpoint, None, CookieMode::Omit))
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.0.seen.borrow().clone()
    }

    pub(crate) fn seen_lines(&self) -> Vec<String> {
        self.0.seen.borrow().iter().map(|seen| seen.line.clone()).collect()
    }

    pub(crate) fn slept(&self) -> u64 {
        self.0.slept.borrow().iter().sum()
    }

    pub(crate) fn pass_time(&self, ms: u64) {
        *self.0.now_ms.borrow_mut() += ms;
    }

    /// Panics when lines of the script were not asked for.
    pub(crate) fn assert_played(&self) {
        let left: Vec<String> =
            self.0.lines.borrow().iter().map(|(line, _)| line.clone()).collect();
        assert_eq!(left, Vec::<String>::new(), "not asked for, after {:?}", self.seen_lines());
    }
}

impl Transport for Script {
    fn open(&self, request: Request) -> Pending<'_, Result<Incoming, TransportError>> {
        let line = format!("{} {}", request.method.name(), request.url);
        let seen = Seen { line: line.clone(), url: request.url.clone(), request };
        self.0.seen.borrow_mut().push(seen.clone());
        let answer = if let Some(by) = &self.0.by {
            by(&seen)
        } else {
            match self.0.lines.borrow_mut().pop_front() {
                Some((expected, answer)) => {
                    assert_eq!(line, expected, "after {:?}", self.seen_lines());
                    answer
                }
                None => panic!("not in the script: {line}, after {:?}", self.seen_lines()),
            }
        };
        Box::pin(async move {
            let (answer, redirected_to) = match answer {
                Answer::From(url, answer) => (*answer, Some(url.to_owned())),
                answer => (answer, None),
            };
            let (status, headers, pieces, end) = match answer {
                Answer::Is(status, headers, body) => (status, headers, vec![body], None),
                Answer::Pieces(status, headers, pieces, end) => (status, headers, pieces, end),
                Answer::Fails(error) => return Err(error),
                Answer::From(..) => panic!("one redirect is enough"),
            };
            let headers = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let cancel = seen.request.cancel;
            let body: Box<dyn Chunks> = Box::new(Pieces { left: pieces.into(), end, cancel });
            Ok(Incoming { status, headers, redirected_to, body })
        })
    }

    fn sleep(&self, ms: u64) -> Pending<'_, ()> {
        self.0.slept.borrow_mut().push(ms);
        self.pass_time(ms);
        Box::pin(async {})
    }

    fn now_ms(&self) -> u64 {
        *self.0.now_ms.borrow()
    }
}

struct Pieces {
    left: VecDeque<Vec<u8>>,
    end: Option<TransportError>,
    cancel: Cancel,
}

impl Chunks for Pieces {
    fn next(&mut self) -> Pending<'_, Result<Option<Vec<u8>>, TransportError>> {
        if self.cancel.is_cancelled() {
            return Box::pin(async { Err(TransportError::Cancelled) });
        }
        let next = match (self.left.pop_front(), self.end.take()) {
            (Some(piece), end) => {
                self.end = end;
                Ok(Some(piece))
            }
            (None, Some(error)) => Err(error),
            (None, None) => Ok(None),
        };
        Box::pin(async { next })
    }
}

/// An answer with a body and no headers.
pub(crate) fn is(status: u16, body: impl AsRef<[u8]>) -> Answer {
    Answer::Is(status, Vec::new(), body.as_ref().to_vec())
}

/// An answer with headers and a body.
pub(crate) fn with(
    status: u16,
    headers: &[(&'static str, &str)],
    body: impl AsRef<[u8]>,
) -> Answer {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Answer::Is(status, headers, body.as_ref().to_vec())
}

/// An error body of the specified form with one code.
pub(crate) fn code(status: u16, code: &str) -> Answer {
    is(status, format!(r#"{{"errors":[{{"code":"{code}","message":"{code}"}}]}}"#))
}
