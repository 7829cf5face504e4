//! HTTP by the browser's `fetch`: the one place that sends requests.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, ready};

use gloo_net::http::{Request as Fetch, RequestBuilder};
use js_sys::{ArrayBuffer, Function, IteratorNext, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, ReadableStream, ReadableStreamByobReader, ReadableStreamDefaultReader,
    ReadableStreamGetReaderOptions, ReadableStreamReaderMode, ReferrerPolicy, RequestCache,
    RequestCredentials, RequestInit, RequestMode, RequestRedirect,
};

use super::files;
use crate::app::FileId;
use crate::registry::{
    Body, Cancel, Chunks, CookieMode, Deadline, FileSlice, Headers, Incoming, Method, Pending,
    Redirect, Request, Transport, TransportError,
};

/// The browser.
pub struct Browser;

impl Transport for Browser {
    fn open(&self, request: Request) -> Pending<'_, Result<Incoming, TransportError>> {
        Box::pin(open(request))
    }

    fn sleep(&self, ms: u64) -> Pending<'_, ()> {
        Box::pin(sleep(ms))
    }

    fn now_ms(&self) -> u64 {
        now_ms()
    }
}

/// The time in milliseconds since 1970.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Whole and positive.
pub fn now_ms() -> u64 {
    js_sys::Date::now() as u64
}

/// Completes after `ms` milliseconds, in a page and in a worker alike.
pub async fn sleep(ms: u64) {
    let timer = Promise::new(&mut |resolve, _| {
        let global = js_sys::global();
        let set_timeout = Reflect::get(&global, &JsValue::from_str("setTimeout"));
        if let Some(set_timeout) = set_timeout.ok().and_then(|it| it.dyn_into::<Function>().ok()) {
            let ms = JsValue::from(u32::try_from(ms).unwrap_or(u32::MAX).min(i32::MAX as u32));
            set_timeout.call2(&global, &resolve, &ms).ok();
        }
    });
    JsFuture::from(timer).await.ok();
}

/// A request without anything that says who asks, whose answer is only looked at from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// Whether anything answers: the answer itself may not be read (`no-cors`).
    Reach,
    /// Whether the answer is a redirect, which is not followed.
    Redirect,
}

/// What `fetch` gives for such a request, if it gives anything.
pub(super) async fn look(url: &str, look: Look) -> Option<JsValue> {
    let init = RequestInit::new();
    init.set_credentials(RequestCredentials::Omit);
    init.set_cache(RequestCache::NoStore);
    init.set_referrer_policy(ReferrerPolicy::NoReferrer);
    match look {
        Look::Reach => init.set_mode(RequestMode::NoCors),
        Look::Redirect => init.set_redirect(RequestRedirect::Manual),
    }
    let global = js_sys::global();
    let fetch = Reflect::get(&global, &JsValue::from_str("fetch")).ok()?;
    let asked = fetch.dyn_into::<Function>().ok()?.call2(&global, &JsValue::from_str(url), &init);
    JsFuture::from(asked.ok()?.dyn_into::<Promise>().ok()?).await.ok()
}

async fn open(request: Request) -> Result<Incoming, TransportError> {
    let abort = Abort(AbortController::new().map_err(|_| TransportError::Failed)?);
    let clock = Clock::start(request.deadline);
    let fetch = build(&request, &abort).ok_or(TransportError::Failed)?;
    let sent = until(&clock, &request.cancel, fetch.send()).await?;
    let response = sent.map_err(|_| TransportError::Failed)?;
    let mut headers = Headers::new();
    for (name, value) in response.headers().entries() {
        headers.add(&name, &value);
    }
    let reader = response.body().and_then(|stream| Reader::of(&stream, request.deadline));
    Ok(Incoming {
        status: response.status(),
        headers,
        redirected_to: response.redirected().then(|| response.url()),
        body: Box::new(Stream { reader, clock, cancel: request.cancel, _abort: abort }),
    })
}

fn build(request: &Request, abort: &Abort) -> Option<Fetch> {
    let mut builder = RequestBuilder::new(&request.url.to_string())
        .method(match request.method {
            Method::Get => gloo_net::http::Method::GET,
            Method::Head => gloo_net::http::Method::HEAD,
            Method::Post => gloo_net::http::Method::POST,
            Method::Put => gloo_net::http::Method::PUT,
            Method::Patch => gloo_net::http::Method::PATCH,
            Method::Delete => gloo_net::http::Method::DELETE,
        })
        .credentials(match request.cookies {
            CookieMode::Omit => RequestCredentials::Omit,
            CookieMode::SameOrigin => RequestCredentials::SameOrigin,
        })
        .redirect(match request.redirect {
            Redirect::Follow => RequestRedirect::Follow,
            Redirect::Error => RequestRedirect::Error,
        })
        .referrer_policy(ReferrerPolicy::NoReferrer)
        .cache(RequestCache::NoStore)
        .abort_signal(Some(&abort.0.signal()));
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    match &request.body {
        Body::None => builder.build().ok(),
        Body::Bytes(bytes) => builder.body(Uint8Array::from(&bytes[..])).ok(),
        Body::File(slice) => builder.body(blob(*slice)?).ok(),
    }
}

/// The part of the file itself: the browser streams it from the disk.
fn blob(slice: FileSlice) -> Option<web_sys::Blob> {
    #[allow(clippy::cast_precision_loss)] // Files are smaller than 2⁵³ bytes.
    let (start, end) = (slice.start as f64, (slice.start + slice.len) as f64);
    files::get(FileId(slice.file))?.slice_with_f64_and_f64(start, end).ok()
}

/// Ends the exchange when it is dropped; after its end that does nothing.
struct Abort(AbortController);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Reads a body.
enum Reader {
    /// In pieces that the browser chooses and makes.
    Pieces(ReadableStreamDefaultReader),
    /// Into one buffer that goes back and forth, so that a large body makes no garbage: half of what
    /// reading costs.
    Buffer(ReadableStreamByobReader, ArrayBuffer),
}

/// The size of the buffer, in bytes.
const BUFFER: u32 = 1024 * 1024;

impl Reader {
    /// Bodies that may take their time are the large ones.
    fn of(stream: &ReadableStream, deadline: Deadline) -> Option<Self> {
        if let Deadline::Stall(_) = deadline {
            let options = ReadableStreamGetReaderOptions::new();
            options.set_mode(ReadableStreamReaderMode::Byob);
            // Not every browser has them for bodies; where it has not, this throws.
            let get: Function = Reflect::get(stream, &"getReader".into()).ok()?.dyn_into().ok()?;
            if let Ok(reader) = get.call1(stream, &options) {
                return Some(Self::Buffer(reader.unchecked_into(), ArrayBuffer::new(BUFFER)));
            }
        }
        stream.get_reader().dyn_into().ok().map(Self::Pieces)
    }

    fn read(&self) -> Promise {
        match self {
            Self::Pieces(reader) => reader.read(),
            Self::Buffer(reader, buffer) => {
                reader.read_with_array_buffer_view(&Uint8Array::new(buffer))
            }
        }
    }

    /// Takes the buffer back that came with these bytes.
    fn take_back(&mut self, bytes: &Uint8Array) {
        if let Self::Buffer(_, buffer) = self {
            *buffer = bytes.buffer();
        }
    }
}

struct Stream {
    reader: Option<Reader>,
    clock: Clock,
    cancel: Cancel,
    _abort: Abort,
}

impl Chunks for Stream {
    fn next(&mut self) -> Pending<'_, Result<Option<Vec<u8>>, TransportError>> {
        Box::pin(async move {
            let Some(reader) = &mut self.reader else { return Ok(None) };
            self.clock.touch();
            let read = until(&self.clock, &self.cancel, JsFuture::from(reader.read())).await?;
            // An object with these two members by the standard of streams.
            let read: IteratorNext = read.map_err(|_| TransportError::Failed)?.unchecked_into();
            if read.done() {
                self.reader = None;
                return Ok(None);
            }
            let bytes: Uint8Array = read.value().dyn_into().map_err(|_| TransportError::Failed)?;
            reader.take_back(&bytes);
            Ok(Some(bytes.to_vec()))
        })
    }
}

/// When an exchange has to be over, in milliseconds of the local clock. There is one timer at a time,
/// however many pieces come: it may ring early, and is then set anew.
struct Clock {
    deadline: Deadline,
    end: Cell<f64>,
    timer: RefCell<Pending<'static, ()>>,
}

impl Clock {
    #[allow(clippy::cast_precision_loss)] // Minutes at most.
    fn start(deadline: Deadline) -> Self {
        let (Deadline::Whole(ms) | Deadline::Stall(ms)) = deadline;
        let end = Cell::new(js_sys::Date::now() + ms as f64);
        Self { deadline, end, timer: RefCell::new(Box::pin(sleep(ms))) }
    }

    /// Something came: a deadline for stalling starts again.
    #[allow(clippy::cast_precision_loss)] // Minutes at most.
    fn touch(&self) {
        if let Deadline::Stall(ms) = self.deadline {
            self.end.set(js_sys::Date::now() + ms as f64);
        }
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Clamped before.
    fn left(&self) -> u64 {
        (self.end.get() - js_sys::Date::now()).clamp(0.0, 1e9) as u64
    }

    fn poll_late(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut timer = self.timer.borrow_mut();
        loop {
            ready!(timer.as_mut().poll(context));
            match self.left() {
                0 => return Poll::Ready(()),
                left => *timer = Box::pin(sleep(left)),
            }
        }
    }
}

/// The result of `work`, unless the clock or the person ends it before.
async fn until<T>(
    clock: &Clock,
    cancel: &Cancel,
    work: impl Future<Output = T>,
) -> Result<T, TransportError> {
    let mut work = pin!(work);
    let mut cancelled = pin!(cancel.cancelled());
    poll_fn(|context| {
        if let Poll::Ready(value) = work.as_mut().poll(context) {
            return Poll::Ready(Ok(value));
        }
        if cancelled.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(TransportError::Cancelled));
        }
        clock.poll_late(context).map(|()| Err(TransportError::Timeout))
    })
    .await
}
