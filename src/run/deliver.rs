//! Bringing marked layers to where they shall be: an archive, a folder, a server.
//!
//! Invariants: no file stands under its final name before its bytes were found right; nothing is sent
//! before the layer was found right; no signature is in anything that is sent back as an action.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::folders::{Kept, Writer, Written};
use super::job::Job;
use super::layer_bytes::Layers;
use super::throttle::Throttle;
use crate::app::{DeliverAction, DeliverRequest, DeliverResult, DeliverWay, SentState};
use crate::deliver::{
    Content, DeliverError, END, PutHeader, PutJob, WriteError, WrittenFile, archive_size, before,
    behind, code_of,
};
use crate::export::{ArchivePart, Layout};
use crate::manifest::{Algorithm, Digest, Hasher};
use crate::msg;
use crate::registry::{Body, Deadline, Method, Redirect, Request, TransportError, Url};
use crate::text::Message;

/// How much of an answer is looked at.
const MAX_ANSWER: u64 = 16 * 1024;

/// Carries out a delivery.
pub(super) async fn deliver(job: Job, request: Rc<DeliverRequest>) {
    let progress = Progress::new(&job, request.size());
    let layers = Layers::new(&job, &request.homes);
    let result = match &request.way {
        DeliverWay::Archive { name, files } => {
            archive(&job, &layers, &progress, name, files).await.map(|()| DeliverResult::Done)
        }
        DeliverWay::Folder(files) => {
            folder(&job, &layers, &progress, files).await.map(|()| DeliverResult::Done)
        }
        DeliverWay::Complete { archive, layout } => {
            complete(&job, &layers, &progress, &archive.name, layout).await
        }
        DeliverWay::Put { jobs, headers } => send(&job, &layers, &progress, jobs, headers).await,
    };
    let result = result.unwrap_or_else(|error| {
        if error.is_stop() || job.cancel.is_cancelled() {
            DeliverResult::Stopped
        } else {
            DeliverResult::Failed(error.message())
        }
    });
    job.send(DeliverAction::Ended(result));
}

/// Writes everything into one tar archive.
async fn archive(
    job: &Job,
    layers: &Layers<'_>,
    progress: &Progress,
    name: &str,
    files: &[WrittenFile],
) -> Result<(), DeliverError> {
    let failed = |error| DeliverError::Write { path: name.to_owned(), error };
    let mut writer = begin(job, name, archive_size(files)).await.map_err(failed)?;
    for file in files {
        writer.write(&before(file)).await.map_err(failed)?;
        write(layers, progress, &mut *writer, file, &failed).await?;
        writer.write(&behind(file)).await.map_err(failed)?;
    }
    writer.write(END).await.map_err(failed)?;
    writer.finish().await.map_err(failed)
}

/// Writes the whole image into an archive, and gives its sum.
async fn complete(
    job: &Job,
    layers: &Layers<'_>,
    progress: &Progress,
    name: &str,
    layout: &Layout,
) -> Result<DeliverResult, DeliverError> {
    let failed = |error| DeliverError::Write { path: name.to_owned(), error };
    let mut writer = begin(job, name, layout.size).await.map_err(failed)?;
    let mut sum = Hasher::new(Algorithm::Sha256);
    progress.begin(msg!("deliver.writing", path = name));
    for part in &layout.parts {
        match part {
            ArchivePart::Bytes(bytes) => {
                sum.update(bytes);
                writer.write(bytes).await.map_err(failed)?;
            }
            ArchivePart::Fetched { digest, size } => {
                let mut bytes = layers.open(digest, *size).await?;
                while let Some(piece) = bytes.next().await? {
                    sum.update(&piece);
                    writer.write(&piece).await.map_err(failed)?;
                    progress.add(piece.len() as u64);
                }
            }
            // None is asked for: every blob is fetched from where it can be had.
            ArchivePart::Slice(_) => return Err(DeliverError::Incomplete),
        }
    }
    writer.finish().await.map_err(failed)?;
    Ok(DeliverResult::Saved(sum.finish()))
}

/// Writes everything into a folder that the person chooses.
async fn folder(
    job: &Job,
    layers: &Layers<'_>,
    progress: &Progress,
    files: &[WrittenFile],
) -> Result<(), DeliverError> {
    let failed = |error| DeliverError::Write { path: String::new(), error };
    let folder = job.runner.world().folders.folder().await.map_err(failed)?;
    for file in files {
        let failed = |error| DeliverError::Write { path: file.path.clone(), error };
        let mut writer = folder.create(&file.path).await.map_err(failed)?;
        write(layers, progress, &mut *writer, file, &failed).await?;
        writer.finish().await.map_err(failed)?;
    }
    Ok(())
}

/// Writes the content of one file.
async fn write(
    layers: &Layers<'_>,
    progress: &Progress,
    writer: &mut dyn Writer,
    file: &WrittenFile,
    failed: &dyn Fn(WriteError) -> DeliverError,
) -> Result<(), DeliverError> {
    match &file.content {
        Content::Text(text) => {
            writer.write(text.as_bytes()).await.map_err(failed)?;
            progress.add(text.len() as u64);
        }
        Content::Layer { digest, size } => {
            progress.begin(msg!("deliver.writing", path = &file.path));
            let mut bytes = layers.open(digest, *size).await?;
            while let Some(piece) = bytes.next().await? {
                writer.write(&piece).await.map_err(failed)?;
                progress.add(piece.len() as u64);
            }
        }
    }
    Ok(())
}

/// Sends the layers one after the other. One that fails does not keep the others back.
async fn send(
    job: &Job,
    layers: &Layers<'_>,
    progress: &Progress,
    jobs: &[PutJob],
    headers: &[PutHeader],
) -> Result<DeliverResult, DeliverError> {
    let mut failures = 0;
    for (at, put) in jobs.iter().enumerate().filter(|(_, put)| !put.done) {
        let tell = |state| job.send(DeliverAction::Sent(at, state));
        let start = progress.done();
        match send_one(job, layers, progress, put, headers, &tell).await {
            Ok(()) => tell(SentState::Sent),
            Err(error) if error.is_stop() || job.cancel.is_cancelled() => {
                tell(SentState::Failed(msg!("transport.cancelled")));
                return Err(error);
            }
            Err(error) => {
                failures += 1;
                tell(SentState::Failed(error.message()));
            }
        }
        progress.set(start + put.size * 2);
    }
    Ok(if failures == 0 { DeliverResult::Done } else { DeliverResult::Partly })
}

/// Fetches a layer, verifies it, and only then sends it: so the request has a `Content-Length`, which
/// S3, Google and Azure insist on and a streamed body has not, and goes over HTTP/1.1, too.
async fn send_one(
    job: &Job,
    layers: &Layers<'_>,
    progress: &Progress,
    put: &PutJob,
    headers: &[PutHeader],
    tell: &dyn Fn(SentState),
) -> Result<(), DeliverError> {
    let (digest, size) = (&put.digest, put.size);
    tell(SentState::Fetching);
    progress.begin(msg!("deliver.fetching", digest = digest.short()));
    let failed = |error| DeliverError::Write { path: digest.short(), error };
    let mut kept = job.runner.world().folders.keep(size).await.map_err(failed)?;
    fetch(layers, progress, &mut *kept, digest, size).await?;
    let file = kept.file().await.map_err(failed)?;
    tell(SentState::Sending);
    progress.begin(msg!("deliver.sending", to = put.shown()));
    let url = Url::parse(put.secret_url());
    let url = url.map_err(|_| DeliverError::NoAnswer(TransportError::Failed))?;
    let mut request = Request::new(Method::Put, url);
    request.typed_headers = headers
        .iter()
        .map(|header| (header.name.clone(), header.secret_value().to_owned()))
        .collect();
    request.body = Body::File(file);
    // Neither the layer nor the headers go to a place that nobody named.
    request.redirect = Redirect::Tell;
    request.deadline = Deadline::for_upload(size);
    request.cancel = job.cancel.clone();
    let incoming = job.runner.gateway().http().open(request).await;
    let incoming = incoming.map_err(DeliverError::NoAnswer)?;
    if (200..300).contains(&incoming.status) {
        return Ok(());
    }
    let status = incoming.status;
    let body = incoming.read_start(MAX_ANSWER).await.map(|answer| answer.body);
    Err(DeliverError::Answer { status, code: code_of(&body.unwrap_or_default()) })
}

/// Fetches a layer into a file that is kept until it is sent.
async fn fetch(
    layers: &Layers<'_>,
    progress: &Progress,
    kept: &mut dyn Kept,
    digest: &Digest,
    size: u64,
) -> Result<(), DeliverError> {
    let failed = |error| DeliverError::Write { path: digest.short(), error };
    let mut bytes = layers.open(digest, size).await?;
    while let Some(piece) = bytes.next().await? {
        kept.write(&piece).await.map_err(failed)?;
        progress.add(piece.len() as u64);
    }
    Ok(())
}

/// Begins an archive for the person.
async fn begin(job: &Job, name: &str, size: u64) -> Written<Box<dyn Writer>> {
    job.runner.world().downloads.begin(name, "application/x-tar", size).await
}

/// How far it is, told now and then. Clones are the same.
#[derive(Clone)]
struct Progress(Rc<Told>);

struct Told {
    job: Job,
    total: u64,
    done: Cell<u64>,
    pace: RefCell<Throttle>,
    step: RefCell<Option<Message>>,
}

impl Progress {
    fn new(job: &Job, total: u64) -> Self {
        let (done, pace) = (Cell::new(0), RefCell::new(Throttle::for_people()));
        Self(Rc::new(Told { job: job.clone(), total, done, pace, step: RefCell::new(None) }))
    }

    fn done(&self) -> u64 {
        self.0.done.get()
    }

    /// Something else begins, which is told at once.
    fn begin(&self, step: Message) {
        self.0.step.replace(Some(step));
        self.0.pace.replace(Throttle::for_people());
        self.set(self.done());
    }

    fn add(&self, bytes: u64) {
        self.set(self.done() + bytes);
    }

    fn set(&self, done: u64) {
        let told = &self.0;
        told.done.set(done);
        if told.pace.borrow_mut().is_due(told.job.now_ms()) {
            let step = told.step.borrow().clone();
            told.job.send(DeliverAction::Progress(done, told.total, step));
        }
    }
}
