//! The two ends of a worker that downloads a layer, or reads a file, and has it hashed, off the page's
//! own thread.
//!
//! Invariant: one worker does one job and is ended; what passes between the ends is text, numbers and
//! the file itself, of which only slices are ever read.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, File, MessageEvent, Worker};

use super::files;
use super::hashing::{self, Apart, HashedApart};
use super::slices::Slices;
use super::transport::{self, Look, sleep};
use crate::manifest::{Algorithm, Digest, Hasher};
use crate::registry::{
    Cancel, HashedHere, Request, TransportError, Verdict, Verification, verify, verify_file,
};
use crate::run::{self, Throttle, Told, Workers};

/// How long hashing may go on before the worker looks at its messages, in milliseconds.
const SLICE_MS: f64 = 40.0;

/// The first word of a worker: now it can hear.
pub(super) const READY: &str = "ready";

/// What a worker is asked to verify.
struct Job {
    source: Source,
    digest: Digest,
    size: u64,
}

enum Source {
    Url(String),
    File(File),
}

/// The workers of this browser.
pub struct PageWorkers;

impl Workers for PageWorkers {
    fn start(&self, job: run::VerifyJob, told: Box<dyn Fn(Told)>) -> Option<Box<dyn run::Worker>> {
        let source = match job.source {
            run::VerifySource::Url(url) => Source::Url(url),
            run::VerifySource::File(id) => Source::File(files::get(id)?),
        };
        let running = Running::start(Job { source, digest: job.digest, size: job.size }, told)?;
        Some(Box::new(running))
    }
}

/// A running worker. Dropping it ends the worker at once.
struct Running {
    worker: Worker,
    _hear: Closure<dyn FnMut(MessageEvent)>,
}

impl Running {
    fn start(job: Job, told: Box<dyn Fn(Told)>) -> Option<Self> {
        let worker = start_worker()?;
        let asked = worker.clone();
        let hear = Closure::new(move |event: MessageEvent| {
            let data = event.data();
            if let Some(bytes) = data.as_f64() {
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                // Whole, positive.
                told(Told::Progress(bytes as u64));
            } else if let Some(text) = data.as_string() {
                match Verification::from_text(&text) {
                    Some(verification) => told(Told::Done(verification)),
                    // [`READY`].
                    None => drop(asked.post_message(&message(&job))),
                }
            }
        });
        worker.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        Some(Self { worker, _hear: hear })
    }
}

impl run::Worker for Running {
    fn pause(&self, paused: bool) {
        self.worker.post_message(&JsValue::from_bool(paused)).ok();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.terminate();
    }
}

/// Serves the worker that this runs in.
pub fn serve() {
    let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() else { return };
    let paused = Rc::new(RefCell::new(false));
    let outer = scope.clone();
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let data = event.data();
        if let Some(wanted) = data.as_bool() {
            paused.replace(wanted);
        } else if let Some(bytes) = data.as_f64() {
            outer.post_message(&JsValue::from_f64(bare(bytes))).ok();
        } else if let Some(job) = read(&data) {
            spawn_local(work(outer.clone(), job, paused.clone()));
        } else if let Some(algorithm) = data.as_string().and_then(|it| Algorithm::from_name(&it)) {
            hashing::serve(&outer, algorithm);
        }
    });
    scope.set_onmessage(Some(hear.as_ref().unchecked_ref()));
    // The worker lives as long as its closure must.
    hear.forget();
    scope.post_message(&JsValue::from_str(READY)).ok();
}

/// Hashes so many bytes that lie ready, and says how many milliseconds that took: what measurements
/// compare a verification with. The page itself never asks.
fn bare(bytes: f64) -> f64 {
    let ready = vec![0xA5; 1 << 20];
    let mut hasher = Hasher::new(Algorithm::Sha256);
    let (start, mut left) = (js_sys::Date::now(), bytes);
    while left > 0.0 {
        hasher.update(&ready);
        left -= f64::from(1 << 20);
    }
    hasher.finish();
    js_sys::Date::now() - start
}

async fn work(scope: DedicatedWorkerGlobalScope, job: Job, paused: Rc<RefCell<bool>>) {
    let (mut heard, mut pace) = (js_sys::Date::now(), Throttle::for_people());
    let progress = async |read: u64| {
        let now = js_sys::Date::now();
        if pace.is_due(transport::now_ms()) {
            #[allow(clippy::cast_precision_loss)] // Layers have fewer than 2⁵³ bytes.
            scope.post_message(&JsValue::from_f64(read as f64)).ok();
        }
        if now - heard > SLICE_MS {
            heard = now;
            sleep(0).await;
        }
        while *paused.borrow() {
            sleep(100).await;
        }
    };
    let (digest, size) = (&job.digest, job.size);
    let result = match &job.source {
        Source::File(file) => {
            let slices = Slices::of(file);
            let len = slices.len();
            verify_file(HashedHere::new(Box::new(slices), digest), len, digest, size, progress)
                .await
        }
        Source::Url(url) => {
            let open = async |request: Request| {
                let apart = Apart::start(digest.algorithm()).await;
                let apart = apart.ok_or(TransportError::Cancelled)?;
                let incoming = transport::open(request).await?;
                Ok(incoming.map_body(|body| HashedApart { body, apart }))
            };
            let mut result = verify(open, url, digest, size, Cancel::new(), progress).await;
            if result.verdict == Verdict::Unreachable && answers_blindly(url).await {
                result.verdict = Verdict::Blocked;
            }
            result
        }
    };
    scope.post_message(&JsValue::from_str(&result.to_text())).ok();
}

/// Whether anything answers at `url`, told by a request whose answer may not be read.
async fn answers_blindly(url: &str) -> bool {
    transport::look(url, Look::Reach).await.is_some()
}

fn message(job: &Job) -> JsValue {
    #[allow(clippy::cast_precision_loss)] // Layers have fewer than 2⁵³ bytes.
    let size = job.size as f64;
    let from = match &job.source {
        Source::Url(url) => url.as_str().into(),
        Source::File(file) => file.into(),
    };
    Array::of3(&from, &job.digest.as_str().into(), &size.into()).into()
}

fn read(data: &JsValue) -> Option<Job> {
    let parts: &Array = data.dyn_ref()?;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Whole and positive.
    let size = parts.get(2).as_f64()? as u64;
    let digest = Digest::parse(&parts.get(1).as_string()?).ok()?;
    let from = parts.get(0);
    let source = match from.as_string() {
        Some(url) => Source::Url(url),
        None => Source::File(from.dyn_into().ok()?),
    };
    Some(Job { source, digest, size })
}

/// A worker from the page's own script, under its Trusted Types policy.
pub(super) fn start_worker() -> Option<Worker> {
    let page = Reflect::get(&js_sys::global(), &"layermark".into()).ok()?;
    let start: Function = Reflect::get(&page, &"startWorker".into()).ok()?.dyn_into().ok()?;
    start.call0(&page).ok()?.dyn_into().ok()
}
