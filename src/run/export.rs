//! Making the files that the dialog “Export” hands out: what of them only the outside world knows.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::archive::hashing;
use super::files::{FilePart, hand_out, whole};
use super::job::Job;
use super::layer_bytes::Layers;
use super::throttle::Throttle;
use crate::app::config::Disallowed;
use crate::app::{
    ArchiveBlobs, BlobHomes, ExportAction, FileId, Held, Notice, NoticeKind, Opened, Origin,
    ReportForm, State, ViewAction, archive, archive_from_registry, archive_name, configs,
    report_facts,
};
use crate::deliver::{DeliverError, WriteError};
use crate::export::{ArchivePart, BlobSource, Layout, Progress, verify_blob};
use crate::manifest::{Digest, MAX_BYTES};
use crate::msg;
use crate::registry::{Client, Reference, ShortNames};
use crate::text::{Arg, Language, Message, provide_english};

/// Reads a recipe that the person chose.
pub(super) async fn read_recipe(job: Job, id: FileId) {
    match whole(&*job.runner.world().files, id).await {
        Ok((name, bytes)) => job.send(ExportAction::RecipeRead { name, bytes }),
        Err(failure) => tell(&job, failure.message),
    }
}

/// Saves the audit report: the prose in the person's language, the data in English.
pub(super) async fn report(job: Job, form: ReportForm, state: Rc<State>) {
    let world = job.runner.world();
    // Before the facts are gathered: what they name is named in English.
    let english = world.sentences.load(Language::English).await;
    let shown = world.sentences.load(state.language()).await;
    let Some((english, shown)) = english.zip(shown) else {
        return tell(&job, msg!("part.missing"));
    };
    provide_english(english.catalog().clone());
    let now_ms = job.now_ms();
    let Some((facts, opened)) = report_facts(&state, now_ms).zip(state.opened.as_ref()) else {
        return;
    };
    let (ending, media_type, text) = match form {
        ReportForm::Markdown => {
            ("md", "text/markdown", facts.to_markdown(shown.catalog(), shown.numbers()))
        }
        ReportForm::Json => ("json", "application/json", facts.to_json()),
    };
    let name = format!("{}.report.{ending}", opened.file_stem());
    if let Some(failed) = hand_out(&*world.downloads, &name, media_type, text.as_bytes()) {
        tell(&job, failed);
    }
}

/// Saves the OCI layout archive of the open image with these of its blobs.
pub(super) async fn archive_of(job: Job, blobs: ArchiveBlobs, opened: Rc<Opened>) {
    let written = match blobs {
        ArchiveBlobs::AtHand => at_hand(&job, &opened).await,
        ArchiveBlobs::FromRegistry => from_registry(&job, &opened).await,
    };
    job.send(match written {
        Ok(layout) => ExportAction::ArchiveSaved { of: opened, layout: Rc::new(layout) },
        Err(reason) => ExportAction::ArchiveEnded(reason),
    });
}

/// Writes the archive with the configs where the registry gives them, and with what the opened
/// archive holds; else the reason why it is not written, where the person does not know it.
async fn at_hand(job: &Job, opened: &Opened) -> Result<Layout, Option<Message>> {
    let reading = async {
        let mut blobs = fetch_configs(job, opened).await;
        if let Some(held) = &opened.held {
            blobs.extend(held_blobs(job, held).await);
        }
        blobs
    };
    // Stopped, it hands out nothing: what was not read yet would be missing in it.
    let blobs = job.unless_stopped(reading).await.ok_or(None)?;
    let layout = archive(opened, &blobs).ok_or(None)?;
    let file = opened.held.as_ref().map(|held| held.file);
    let parts = layout.parts.iter().filter_map(|part| match part {
        ArchivePart::Bytes(bytes) => Some(FilePart::Bytes(bytes)),
        ArchivePart::Slice(slice) => Some(FilePart::Slice(file?, slice.range())),
        // None was offered, so none is in it.
        ArchivePart::Fetched { .. } => None,
    });
    let parts: Vec<FilePart<'_>> = parts.collect();
    let downloads = &job.runner.world().downloads;
    if downloads.hand_out(&archive_name(opened), TAR, &parts) {
        Ok(layout)
    } else {
        Err(Some(msg!("notice.download-failed")))
    }
}

const TAR: &str = "application/x-tar";

/// The sentence for the person; `None` where the person knows.
fn not_written(error: WriteError) -> Option<Message> {
    match error {
        WriteError::Dismissed => None,
        error @ WriteError::TooLarge(_) => Some(error.message()),
        error => Some(msg!("export.not-written", reason = error.message())),
    }
}

/// Writes the archive with the layers from the registry, each verified as it is written.
async fn from_registry(job: &Job, opened: &Opened) -> Result<Layout, Option<Message>> {
    let layout = archive_from_registry(opened).ok_or(None)?;
    let homes = BlobHomes::of(opened);
    let layers = Layers::new(job, &homes);
    let stopped = |error: DeliverError| match error {
        error if error.is_stop() => None,
        DeliverError::Layer { digest, error } => {
            let (digest, reason) = (digest.short(), error.message());
            Some(msg!("export.blob-failed", digest = digest, reason = reason))
        }
        error => Some(error.message()),
    };
    let name = archive_name(opened);
    let downloads = &job.runner.world().downloads;
    let mut sink = downloads.begin(&name, TAR, layout.size).await.map_err(not_written)?;
    let (mut done, mut pace) = (0, Throttle::for_people());
    for part in &layout.parts {
        let (digest, size) = match part {
            ArchivePart::Bytes(bytes) => {
                sink.write(bytes).await.map_err(not_written)?;
                done += bytes.len() as u64;
                continue;
            }
            ArchivePart::Fetched { digest, size } => (digest, *size),
            // There is no file that it could be in.
            ArchivePart::Slice(_) => return Err(None),
        };
        let mut bytes = layers.open(digest, size).await.map_err(stopped)?;
        while let Some(piece) = bytes.next().await.map_err(stopped)? {
            sink.write(&piece).await.map_err(not_written)?;
            done += piece.len() as u64;
            if pace.is_due(job.now_ms()) {
                let (done, size) = (Arg::Bytes(done), Arg::Bytes(layout.size));
                let message = msg!("export.writing", done = done, size = size);
                job.send(ExportAction::Progress(message));
            }
        }
    }
    sink.finish().await.map_err(not_written)?;
    Ok(layout)
}

/// The blobs of the opened archive that are what their digests say; of the others the export says
/// that they are not at hand.
async fn held_blobs(job: &Job, held: &Held) -> BTreeMap<Digest, BlobSource> {
    let mut found = BTreeMap::new();
    let Some(file) = job.runner.world().files.get(held.file) else { return found };
    let total: u64 = held.blobs.values().map(|slice| slice.length).sum();
    let (mut before, mut pace) = (0, Throttle::for_people());
    for (digest, &slice) in &held.blobs {
        let mut progress = |progress: Progress| {
            if pace.is_due(job.now_ms()) {
                job.send(ExportAction::Progress(hashing(before + progress.done, total)));
            }
        };
        if verify_blob(&file, digest, slice, &mut progress).await.is_ok() {
            found.insert(digest.clone(), BlobSource::Slice(slice));
        }
        before += slice.length;
    }
    found
}

async fn fetch_configs(job: &Job, opened: &Opened) -> BTreeMap<Digest, BlobSource> {
    let mut found = BTreeMap::new();
    let Some(reference) = place(opened) else { return found };
    let Ok(client) = client_of(job, &reference) else { return found };
    for config in configs(opened) {
        if config.size > MAX_BYTES as u64 {
            continue;
        }
        // One that does not come is listed among those that the archive is without.
        if let Ok(bytes) = client.blob(&reference.repository, &config.digest, config.size).await {
            found.insert(config.digest, BlobSource::Bytes(bytes.into()));
        }
    }
    found
}

fn client_of(job: &Job, place: &Reference) -> Result<Client, Disallowed> {
    job.runner.gateway().client(place, job.cancel.clone(), Rc::new(|_| {}))
}

/// Where the image is from, if it is from a registry.
fn place(opened: &Opened) -> Option<Reference> {
    match &opened.origin {
        Origin::Registry { reference, .. } => {
            Reference::parse(reference, ShortNames::OfDefaultRegistry).ok()
        }
        _ => None,
    }
}

fn tell(job: &Job, message: Message) {
    job.send(ViewAction::Notice(Notice { kind: NoticeKind::Failed, message }));
}
