//! Making the files that the dialog “Export” hands out: what of them only the outside world knows.

use std::collections::BTreeMap;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use super::effects::Runner;
use super::texts::Texts;
use crate::app::{
    Effect, ExportAction, FileId, Held, NoticeKind, Opened, Origin, ReportForm, State, archive,
    archive_name, configs, report_facts,
};
use crate::browser::files::{self, FilePart};
use crate::browser::transport::now_ms;
use crate::export::{ArchivePart, BlobSource, Progress, verify_blob};
use crate::manifest::{Digest, MAX_BYTES};
use crate::msg;
use crate::registry::{Reference, ShortNames};
use crate::text::{Arg, Language, provide_english};

/// Does what the dialog asks of the outside world.
pub(crate) fn run(runner: &Runner, effect: &Effect, state: &Rc<State>) {
    match *effect {
        Effect::SaveReport(form) => spawn_local(report(runner.clone(), form, state.clone())),
        Effect::SaveArchive => {
            if let Some(opened) = state.opened.clone() {
                spawn_local(save_archive(runner.clone(), opened));
            }
        }
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
    let Some(english) = Texts::load_whole(Language::English).await else {
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
            let text = facts.to_markdown(&texts.catalog(), texts);
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
    let Some(layout) = archive(&opened, &blobs) else { return };
    let file = opened.held.as_ref().map(|held| held.file);
    let parts = layout.parts.iter().filter_map(|part| match part {
        ArchivePart::Bytes(bytes) => Some(FilePart::Bytes(bytes)),
        ArchivePart::Slice(slice) => Some(FilePart::Slice(file?, slice.range())),
        // None was offered, so none is in it.
        ArchivePart::Fetched { .. } => None,
    });
    let parts: Vec<FilePart<'_>> = parts.collect();
    if files::download_parts(&archive_name(&opened), "application/x-tar", &parts).is_none() {
        runner.tell(NoticeKind::Failed, msg!("notice.download-failed"));
    } else {
        runner.context.send(ExportAction::ArchiveSaved(Rc::new(layout)));
    }
}

/// The blobs of the opened archive that are what their digests say; of the others the export says
/// that they are not at hand.
async fn held_blobs(runner: &Runner, held: &Held) -> BTreeMap<Digest, BlobSource> {
    let mut found = BTreeMap::new();
    let Some(file) = files::get(held.file) else { return found };
    let file = files::Chosen(file);
    let total: u64 = held.blobs.values().map(|slice| slice.length).sum();
    let mut before = 0;
    for (digest, &slice) in &held.blobs {
        let mut progress = |progress: Progress| {
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
    let cancel = runner.cancel.borrow().clone();
    let client = runner.gateway().client(&reference, cancel, Rc::new(|_| {}));
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
