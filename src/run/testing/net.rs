use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use crate::registry::testing::Script;
use crate::registry::{Cancel, Incoming, Pending, Request, Transport, TransportError};

/// A network whose requests wait where the test says so, with a clock that goes when the test says so.
#[derive(Clone)]
pub(crate) struct Net(Rc<Inner>);

struct Inner {
    script: Script,
    /// Parts of the lines, `METHOD url`, of requests that wait.
    held: RefCell<Vec<String>>,
    /// Which request, by its number from 0 on, waits.
    held_number: Cell<Option<usize>>,
    count: Cell<usize>,
    now_ms: Cell<u64>,
    wakers: RefCell<Vec<Waker>>,
}

impl Net {
    pub(super) fn new(script: Script) -> Self {
        Self(Rc::new(Inner {
            script,
            held: RefCell::default(),
            held_number: Cell::new(None),
            count: Cell::new(0),
            now_ms: Cell::new(1_000_000_000_000),
            wakers: RefCell::default(),
        }))
    }

    /// Makes requests wait whose line, `METHOD url`, contains `part`.
    pub(crate) fn hold(&self, part: &str) {
        self.0.held.borrow_mut().push(part.to_owned());
    }

    /// Makes the request with this number wait, counted from now on from 0.
    pub(crate) fn hold_number(&self, number: usize) {
        self.0.held_number.set(Some(self.0.count.get() + number));
    }

    /// Lets every request go on.
    pub(super) fn release(&self) {
        self.0.held.take();
        self.0.held_number.set(None);
        self.wake();
    }

    pub(super) fn pass_time(&self, ms: u64) {
        self.0.now_ms.set(self.0.now_ms.get() + ms);
        self.wake();
    }

    /// How many requests there were.
    pub(crate) fn count(&self) -> usize {
        self.0.count.get()
    }

    fn wake(&self) {
        self.0.wakers.take().into_iter().for_each(Waker::wake);
    }

    async fn until(&self, cancel: &Cancel, ready: impl Fn() -> bool) -> Result<(), TransportError> {
        let mut listening = None;
        poll_fn(|context| {
            if cancel.is_cancelled() {
                return Poll::Ready(Err(TransportError::Cancelled));
            }
            if ready() {
                return Poll::Ready(Ok(()));
            }
            self.0.wakers.borrow_mut().push(context.waker().clone());
            let waker = context.waker().clone();
            listening = Some(cancel.on_cancel(move || waker.wake()));
            Poll::Pending
        })
        .await
    }
}

impl Transport for Net {
    fn open(&self, request: Request) -> Pending<'_, Result<Incoming, TransportError>> {
        let number = self.0.count.replace(self.0.count.get() + 1);
        let line = format!("{} {}", request.method.name(), request.url);
        Box::pin(async move {
            let free = || {
                let held = self.0.held.borrow();
                self.0.held_number.get() != Some(number)
                    && !held.iter().any(|part| line.contains(part))
            };
            self.until(&request.cancel, free).await?;
            self.0.script.open(request).await
        })
    }

    fn sleep(&self, ms: u64) -> Pending<'_, ()> {
        let end = self.0.now_ms.get() + ms;
        Box::pin(async move {
            self.until(&Cancel::new(), || self.0.now_ms.get() >= end).await.ok();
        })
    }

    fn now_ms(&self) -> u64 {
        self.0.now_ms.get()
    }
}
