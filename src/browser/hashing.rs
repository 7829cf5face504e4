//! The two ends of a worker that does nothing but hash, so that reading a body costs no time of it.
//!
//! Invariant: the bytes lie in a fixed number of buffers, which are handed over and come back: where
//! hashing is slower than reading, reading waits.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, Worker};

use super::body::{BUFFER, Stream};
use super::worker::{READY, start_worker};
use crate::manifest::{Algorithm, Digest, Hasher};
use crate::registry::{Hashed, TransportError};

/// How many buffers there are.
const BUFFERS: usize = 4;
/// How many bytes are copied and hashed at a time: what stays close to the processor.
const STEP: u32 = 128 * 1024;

/// A worker that hashes what it is handed. It ends with the worker that started it.
pub(super) struct Apart {
    worker: Worker,
    told: Rc<RefCell<Told>>,
    _hear: Closure<dyn FnMut(MessageEvent)>,
}

/// What the worker told.
#[derive(Default)]
struct Told {
    free: Vec<ArrayBuffer>,
    /// Its last word: the digest, if all is well.
    end: Option<String>,
    waiting: Option<Waker>,
}

impl Apart {
    /// Starts the worker and waits until it can hear, so that no byte comes that nobody takes; `None`
    /// when the browser refuses.
    pub(super) async fn start(algorithm: Algorithm) -> Option<Self> {
        let worker = start_worker()?;
        let told = Rc::new(RefCell::new(Told::default()));
        let (asked, heard) = (worker.clone(), told.clone());
        let hear = Closure::new(move |event: MessageEvent| {
            let data = event.data();
            let mut told = heard.borrow_mut();
            match data.as_string() {
                Some(text) if text == READY => {
                    asked.post_message(&JsValue::from_str(algorithm.name())).ok();
                    told.free = (0..BUFFERS).map(|_| ArrayBuffer::new(BUFFER)).collect();
                }
                Some(text) => told.end = Some(text),
                None => told.free.extend(data.dyn_into()),
            }
            if let Some(waiting) = told.waiting.take() {
                waiting.wake();
            }
        });
        worker.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        let apart = Self { worker, told, _hear: hear };
        let ready = apart.hear(|told| match told.end {
            None => (!told.free.is_empty()).then_some(true),
            Some(_) => Some(false),
        });
        ready.await.then_some(apart)
    }

    /// A buffer that is free; none when the worker has ended.
    async fn buffer(&self) -> Option<ArrayBuffer> {
        self.hear(|told| match told.free.pop() {
            None if told.end.is_none() => None,
            buffer => Some(buffer),
        })
        .await
    }

    /// Hands bytes over, with their buffer.
    fn hand_over(&self, bytes: &Uint8Array) -> Result<(), TransportError> {
        let handed = Array::of1(&bytes.buffer());
        self.worker.post_message_with_transfer(bytes, &handed).map_err(|_| TransportError::Failed)
    }

    /// The digest of what was handed over; none when the worker failed.
    async fn digest(&self) -> Option<Digest> {
        self.worker.post_message(&JsValue::NULL).ok();
        let end = self.hear(|told| told.end.take()).await;
        Digest::parse(&end).ok()
    }

    /// Waits until what the worker told has something in it.
    async fn hear<T>(&self, mut take: impl FnMut(&mut Told) -> Option<T>) -> T {
        poll_fn(|context: &mut Context<'_>| {
            let told = &mut *self.told.borrow_mut();
            if let Some(found) = take(told) {
                return Poll::Ready(found);
            }
            told.waiting = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}

/// A body that is read here and hashed apart.
pub(super) struct HashedApart {
    /// The body.
    pub(super) body: Stream,
    /// Who hashes it.
    pub(super) apart: Apart,
}

impl Hashed for HashedApart {
    async fn take_in(&mut self) -> Result<Option<u64>, TransportError> {
        let buffer = self.body.wait(self.apart.buffer()).await?;
        let Some(bytes) = self.body.fill(buffer.ok_or(TransportError::Cancelled)?).await? else {
            return Ok(None);
        };
        let length = bytes.length();
        self.apart.hand_over(&bytes)?;
        Ok(Some(length.into()))
    }

    async fn finish(self) -> Result<Digest, TransportError> {
        let digest = self.body.wait(self.apart.digest()).await?;
        digest.ok_or(TransportError::Cancelled)
    }
}

/// Hashes what the worker that this runs in is handed.
pub(super) fn serve(scope: &DedicatedWorkerGlobalScope, algorithm: Algorithm) {
    let outer = scope.clone();
    let mut hasher = Some(Hasher::new(algorithm));
    let mut step = vec![0; STEP as usize];
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let Ok(bytes) = event.data().dyn_into::<Uint8Array>() else {
            if let Some(hasher) = hasher.take() {
                outer.post_message(&JsValue::from_str(hasher.finish().as_str())).ok();
            }
            return;
        };
        let Some(hasher) = &mut hasher else { return };
        let length = bytes.length();
        for start in (0..length).step_by(STEP as usize) {
            let part = bytes.subarray(start, length.min(start + STEP));
            let copied = &mut step[..part.length() as usize];
            part.copy_to(copied);
            hasher.update(copied);
        }
        let buffer = bytes.buffer();
        outer.post_message_with_transfer(&buffer, &Array::of1(&buffer)).ok();
    });
    scope.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    // The worker lives as long as its closure must.
    hear.forget();
}
