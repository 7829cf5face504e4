//! The body of an answer: read piece by piece, or into buffers that are handed on, against a clock.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll, ready};

use js_sys::{ArrayBuffer, Function, IteratorNext, Promise, Reflect, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, ReadableStream, ReadableStreamByobReader, ReadableStreamDefaultReader,
    ReadableStreamGetReaderOptions, ReadableStreamReaderMode,
};

use super::transport::sleep;
use crate::registry::{Cancel, Chunks, Deadline, Pending, TransportError};

/// Reads a body.
pub(super) enum Reader {
    /// In pieces that the browser chooses and makes.
    Pieces(ReadableStreamDefaultReader),
    /// Into buffers that are used again, so that a large body makes no garbage: half of what reading
    /// costs.
    Buffers(ReadableStreamByobReader),
}

/// The size of a buffer, in bytes.
pub(super) const BUFFER: u32 = 2 * 1024 * 1024;
/// How long a buffer is filled before it is handed on, in milliseconds.
const FILL_MS: f64 = 50.0;

impl Reader {
    /// Reads `stream`, of which it is known whether it may be `large`.
    pub(super) fn of(stream: &ReadableStream, large: bool) -> Option<Self> {
        if large {
            let options = ReadableStreamGetReaderOptions::new();
            options.set_mode(ReadableStreamReaderMode::Byob);
            // Not every browser has them for bodies; where it has not, this throws.
            let get: Function = Reflect::get(stream, &"getReader".into()).ok()?.dyn_into().ok()?;
            if let Ok(reader) = get.call1(stream, &options) {
                return Some(Self::Buffers(reader.unchecked_into()));
            }
        }
        stream.get_reader().dyn_into().ok().map(Self::Pieces)
    }

    /// Begins to read; into `buffer` from `at` on, where the reader takes one.
    pub(super) fn read(&self, buffer: &ArrayBuffer, at: u32) -> Promise {
        match self {
            Self::Pieces(reader) => reader.read(),
            Self::Buffers(reader) => {
                let room = buffer.byte_length() - at;
                let view = Uint8Array::new_with_byte_offset_and_length(buffer, at, room);
                reader.read_with_array_buffer_view(&view)
            }
        }
    }
}

/// A body on its way.
pub(super) struct Stream {
    reader: Option<Reader>,
    /// Goes back and forth between this and the browser, where the reader takes one.
    buffer: Option<ArrayBuffer>,
    clock: Clock,
    cancel: Cancel,
    _abort: Abort,
}

impl Stream {
    /// What `reader` reads; without one, nothing comes.
    pub(super) fn new(reader: Option<Reader>, clock: Clock, cancel: Cancel, abort: Abort) -> Self {
        Self { reader, buffer: None, clock, cancel, _abort: abort }
    }

    /// The next bytes, in `buffer` from `at` on where the reader takes one; `None`, or none, at the end.
    async fn read(
        &mut self,
        buffer: &ArrayBuffer,
        at: u32,
    ) -> Result<Option<Uint8Array>, TransportError> {
        let Some(reader) = &self.reader else { return Ok(None) };
        self.clock.touch();
        let reading = JsFuture::from(reader.read(buffer, at));
        let read = until(&self.clock, &self.cancel, reading).await?;
        // An object with these two members by the standard of streams.
        let read: IteratorNext = read.map_err(|_| TransportError::Failed)?.unchecked_into();
        if read.done() {
            self.reader = None;
        }
        match read.value().dyn_into() {
            Ok(bytes) => Ok(Some(bytes)),
            Err(_) if read.done() => Ok(None),
            Err(_) => Err(TransportError::Failed),
        }
    }

    /// The next bytes; `None` at the end. They come in `buffer`, filled as far as a moment allows, or
    /// in one of the browser's own.
    pub(super) async fn fill(
        &mut self,
        mut buffer: ArrayBuffer,
    ) -> Result<Option<Uint8Array>, TransportError> {
        let (began, mut filled) = (js_sys::Date::now(), 0);
        while let Some(bytes) = self.read(&buffer, filled).await? {
            if let Some(Reader::Pieces(_)) = self.reader {
                return Ok(Some(bytes));
            }
            buffer = bytes.buffer();
            filled += bytes.length();
            let full = filled == buffer.byte_length();
            if full || self.reader.is_none() || js_sys::Date::now() - began > FILL_MS {
                break;
            }
        }
        let bytes = Uint8Array::new_with_byte_offset_and_length(&buffer, 0, filled);
        Ok((filled > 0).then_some(bytes))
    }

    /// The result of `work`, unless nothing comes of it for as long as the body may stall.
    pub(super) async fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, TransportError> {
        self.clock.touch();
        until(&self.clock, &self.cancel, work).await
    }
}

impl Chunks for Stream {
    fn next(&mut self) -> Pending<'_, Result<Option<Vec<u8>>, TransportError>> {
        Box::pin(async move {
            let size = match self.reader {
                Some(Reader::Buffers(_)) => BUFFER,
                _ => 0,
            };
            let buffer = self.buffer.take().unwrap_or_else(|| ArrayBuffer::new(size));
            let Some(bytes) = self.read(&buffer, 0).await? else { return Ok(None) };
            if size > 0 {
                self.buffer = Some(bytes.buffer());
            }
            Ok(self.reader.is_some().then(|| bytes.to_vec()))
        })
    }
}

/// When an exchange has to be over, in milliseconds of the local clock. There is one timer at a time,
/// however many pieces come: it may ring early, and is then set anew.
pub(super) struct Clock {
    deadline: Deadline,
    end: Cell<f64>,
    timer: RefCell<Pending<'static, ()>>,
}

impl Clock {
    #[allow(clippy::cast_precision_loss)] // Minutes at most.
    pub(super) fn start(deadline: Deadline) -> Self {
        let (Deadline::Whole(ms) | Deadline::Stall(ms)) = deadline;
        let end = Cell::new(js_sys::Date::now() + ms as f64);
        Self { deadline, end, timer: RefCell::new(Box::pin(sleep(ms))) }
    }

    /// Something came: a deadline for stalling starts again.
    #[allow(clippy::cast_precision_loss)] // Minutes at most.
    pub(super) fn touch(&self) {
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
pub(super) async fn until<T>(
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

/// Ends the exchange when it is dropped; after its end that does nothing.
pub(super) struct Abort(pub(super) AbortController);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}
