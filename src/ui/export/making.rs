//! Making the files that the dialog “Export” hands out: what of them only the outside world knows.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use crate::app::{
    ArchiveBlobs, Effect, ExportAction, FileId, Held, NoticeKind, Opened, Origin, ReportForm,
    State, archive, archive_from_registry, archive_name, configs, layer_urls, report_facts,
};
use crate::browser::files::{self, FilePart};
use crate::browser::sink::{MOST_IN_MEMORY, Sink, SinkError};
use crate::browser::transport::now_ms;
use crate::export::{ArchivePart, BlobSource, Layout, Progress, verify_blob};
use crate::manifest::{Digest, MAX_BYTES};
use crate::msg;
use crate::registry::{Cancel, Error, Reference, ShortNames};
use crate::text::{Arg, Language, Message, provide_english};
use crate::ui::common::texts::Texts;
use crate::ui::effects::Runner;

/// Does what the dialog asks of the outside world.
pub(crate) fn run(runner: &Runner, effect: &Effect, state: &Rc<State>) {
    match *effect {
        Effect::SaveReport(form) => spawn_local(report(runner.clone(), form, state.clone())),
        Effect::SaveArchive(blobs) => {
            let Some(opened) = state.opened.clone() else { return };
            WRITING.replace(Cancel::new()).cancel();
            let runner = runner.clone();
            match blobs {
                ArchiveBlobs::AtHand => spawn_local(save_archive(runner, opened)),
                ArchiveBlobs::FromRegistry => spawn_local(save_from_registry(runner, opened)),
            }
        }
        Effect::StopArchive => WRITING.with_borrow(Cancel::cancel),
        Effect::ReadRecipe(id) => spawn_local(read_recipe(runner.clone(), id)),
        _ => {}
    }
}

async fn read_recipe(runner: Runner, id: FileId) {
    match files::read(id, MAX_BYTES).await {
        Ok((name, bytes)) => runner.context.send(ExportAction::RecipeRead { name, bytes }),
        Err(failure) => runner.tell(NoticeKind::Failed, failure.message),
    }
}

/// Saves the audit report: the prose in the person's language, the data in English.
async fn report(runner: Runner, form: ReportForm, state: Rc<State>) {
    // Before the facts are gathered: what they name is named in English.
    let Some(english) = Texts::load(Language::English).await else {
        return runner.tell(NoticeKind::Failed, msg!("part.missing"));
    };
    provide_english(english.catalog().clone());
    let Some((facts, opened)) = report_facts(&state, now_ms()).zip(state.opened.as_ref()) else {
        return;
    };
    let stem = opened.file_stem();
    let (name, media_type, text) = match form {
        ReportForm::Markdown => {
            let texts = runner.context.texts();
            let text = facts.to_markdown(texts.catalog(), texts);
            (format!("{stem}.report.md"), "text/markdown", text)
        }
        ReportForm::Json => (format!("{stem}.report.json"), "application/json", facts.to_json()),
    };
    save(&runner, &name, media_type, text.as_bytes());
}

/// Saves the OCI layout archive, with the configs where the registry gives them.
async fn save_archive(runner: Runner, opened: Rc<Opened>) {
    let mut blobs = fetch_configs(&runner, &opened).await;
    if let Some(held) = &opened.held {
        blobs.extend(held_blobs(&runner, held).await);
    }
    let Some(layout) = archive(&opened, &blobs) else {
        return runner.context.send(ExportAction::ArchiveEnded(None));
    };
    let file = opened.held.as_ref().map(|held| held.file);
    let parts = layout.parts.iter().filter_map(|part| match part {
        ArchivePart::Bytes(bytes) => Some(FilePart::Bytes(bytes)),
        ArchivePart::Slice(slice) => Some(FilePart::Slice(file?, slice.range())),
        // None was offered, so none is in it.
        ArchivePart::Fetched { .. } => None,
    });
    let parts: Vec<FilePart<'_>> = parts.collect();
    if files::download_parts(&archive_name(&opened), "application/x-tar", &parts).is_none() {
        runner.context.send(ExportAction::ArchiveEnded(Some(msg!("notice.download-failed"))));
    } else {
        let layout = Rc::new(layout);
        runner.context.send(ExportAction::ArchiveSaved { of: opened, layout });
    }
}

thread_local! {
    /// Stops the writing of an archive.
    static WRITING: RefCell<Cancel> = RefCell::default();
}

/// How often the person hears of progress, in milliseconds.
const TELL_MS: u64 = 300;

/// Saves the OCI layout archive with the layers from the registry, each verified as it is written.
async fn save_from_registry(runner: Runner, opened: Rc<Opened>) {
    let ended = match write_from_registry(&runner, &opened).await {
        Ok(layout) => ExportAction::ArchiveSaved { of: opened, layout: Rc::new(layout) },
        Err(reason) => ExportAction::ArchiveEnded(reason),
    };
    runner.context.send(ended);
}

/// Writes the archive; else the reason why it is not written, where the person does not know it.
async fn write_from_registry(runner: &Runner, opened: &Opened) -> Result<Layout, Option<Message>> {
    let reference = match &opened.origin {
        Origin::Registry { reference, .. } => {
            Reference::parse(reference, ShortNames::OfDefaultRegistry).ok()
        }
        _ => None,
    };
    let (Some(reference), Some(layout)) = (reference, archive_from_registry(opened)) else {
        return Err(None);
    };
    let name = archive_name(opened);
    let mut sink = Sink::open(&name, layout.size).await.map_err(|error| not_written(&error))?;
    let cancel = WRITING.with_borrow(Cancel::clone);
    let client = runner.below().gateway().client(&reference, cancel.clone(), Rc::new(|_| {}));
    let urls = layer_urls(opened);
    let (mut done, mut told) = (0, 0);
    for part in &layout.parts {
        let (digest, size) = match part {
            ArchivePart::Bytes(bytes) => {
                sink.write(bytes).await.map_err(|error| not_written(&error))?;
                done += bytes.len() as u64;
                continue;
            }
            ArchivePart::Fetched { digest, size } => (digest, *size),
            // There is no file that it could be in.
            ArchivePart::Slice(_) => return Err(None),
        };
        let stopped = |error: Error| {
            (!error.is_cancelled()).then(|| {
                let (digest, reason) = (digest.short(), error.message());
                msg!("export.blob-failed", digest = digest, reason = reason)
            })
        };
        let urls = urls.get(digest).map_or(&[][..], Vec::as_slice);
        let stream = client.stream_blob(&reference.repository, digest, size, urls).await;
        let mut stream = stream.map_err(stopped)?;
        while let Some(bytes) = stream.next().await.map_err(stopped)? {
            sink.write(&bytes).await.map_err(|error| not_written(&error))?;
            done += bytes.len() as u64;
            let now = now_ms();
            if now >= told + TELL_MS {
                told = now;
                let (done, size) = (Arg::Bytes(done), Arg::Bytes(layout.size));
                let message = msg!("export.writing", done = done, size = size);
                runner.context.send(ExportAction::Progress(message));
            }
        }
    }
    sink.finish("application/x-tar").await.map_err(|error| not_written(&error))?;
    Ok(layout)
}

fn not_written(error: &SinkError) -> Option<Message> {
    match error {
        SinkError::Dismissed => None,
        SinkError::TooLarge => Some(msg!("export.too-large", max = Arg::Bytes(MOST_IN_MEMORY))),
        SinkError::Refused(words) => Some(msg!("export.not-written", reason = words)),
    }
}

/// The blobs of the opened archive that are what their digests say; of the others the export says
/// that they are not at hand.
async fn held_blobs(runner: &Runner, held: &Held) -> BTreeMap<Digest, BlobSource> {
    let mut found = BTreeMap::new();
    let Some(file) = files::get(held.file) else { return found };
    let file = files::Chosen::of(file);
    let total: u64 = held.blobs.values().map(|slice| slice.length).sum();
    let (mut before, mut told) = (0, 0);
    for (digest, &slice) in &held.blobs {
        let mut progress = |progress: Progress| {
            let now = now_ms();
            if now < told + TELL_MS {
                return;
            }
            told = now;
            let (done, total) = (Arg::Bytes(before + progress.done), Arg::Bytes(total));
            let message = msg!("archive.hashing", done = done, total = total);
            runner.context.send(ExportAction::Progress(message));
        };
        if verify_blob(&file, digest, slice, &mut progress).await.is_ok() {
            found.insert(digest.clone(), BlobSource::Slice(slice));
        }
        before += slice.length;
    }
    found
}

async fn fetch_configs(runner: &Runner, opened: &Opened) -> BTreeMap<Digest, BlobSource> {
    let mut found = BTreeMap::new();
    let Origin::Registry { reference, .. } = &opened.origin else { return found };
    let Ok(reference) = Reference::parse(reference, ShortNames::OfDefaultRegistry) else {
        return found;
    };
    let cancel = WRITING.with_borrow(Cancel::clone);
    let client = runner.below().gateway().client(&reference, cancel, Rc::new(|_| {}));
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

/// Hands a file to the person; whether the browser took it.
fn save(runner: &Runner, name: &str, media_type: &str, bytes: &[u8]) -> bool {
    let saved = files::download(name, media_type, bytes).is_some();
    if !saved {
        runner.tell(NoticeKind::Failed, msg!("notice.download-failed"));
    }
    saved
}
