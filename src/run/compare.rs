//! Loading another image to compare the open one with, and saving what came out.

use std::rc::Rc;

use super::bring::found_in;
use super::failure::ask;
use super::files::hand_out;
use super::job::Job;
use super::load::{load_whole, named};
use crate::app::{
    CompareAction, FileId, Found, FoundIn, HeldCall, Notice, NoticeKind, State, ViewAction,
};
use crate::export::comparison_markdown;
use crate::msg;
use crate::registry::LoadError;

/// Loads the other image with everything that it names.
pub(super) async fn load(job: Job, text: String, state: Rc<State>) {
    let Some(opened) = &state.opened else { return };
    let root = opened.image.root().clone();
    let (reference, client) = match named(&job, &text) {
        Ok(found) => found,
        Err(message) => return job.send(CompareAction::Failed(root, message)),
    };
    match job.unless_stopped(load_whole(&client, &reference)).await {
        None => {}
        Some(Ok(image)) => {
            let place = FoundIn::Repository(reference);
            let found = Found { name: text, place, images: vec![image] };
            job.send(CompareAction::Found(root, Rc::new(found)));
        }
        Some(Err(error)) => {
            if let LoadError::Registry(error) = &error {
                ask(&job, &client, error, HeldCall::Compare(text));
            }
            job.send(CompareAction::Failed(root, error.message()));
        }
    }
}

/// Reads the other image from an archive, which has to have one.
pub(super) async fn read(job: Job, id: FileId, state: Rc<State>) {
    let Some(opened) = &state.opened else { return };
    let root = opened.image.root().clone();
    match job.unless_stopped(found_in(&job, id)).await {
        None => {}
        Some(Ok(found)) if found.images.len() == 1 => {
            job.send(CompareAction::Found(root, Rc::new(found)));
        }
        Some(Ok(found)) => {
            let (name, count) = (found.name, found.images.len());
            let message = msg!("compare.several", name = name, count = count);
            job.send(CompareAction::Failed(root, message));
        }
        Some(Err(message)) => job.send(CompareAction::Failed(root, message)),
    }
}

/// Saves the comparison as Markdown, in the person's language.
pub(super) async fn save(job: Job, state: Rc<State>) {
    let (Some(opened), Some(found)) = (&state.opened, &state.desk.compare.found) else { return };
    let Some(comparison) = opened.compared_with(found) else { return };
    let world = job.runner.world();
    let failed = match world.sentences.load(state.language()).await {
        Some(spoken) => {
            let here = spoken.catalog().render(&opened.origin.title(), spoken.numbers());
            let names = (here.as_str(), found.name.as_str());
            let text = comparison_markdown(names, &comparison, spoken.catalog(), spoken.numbers());
            let name = format!("{}.comparison.md", opened.file_stem());
            hand_out(&*world.downloads, &name, "text/markdown", text.as_bytes())
        }
        None => Some(msg!("part.missing")),
    };
    if let Some(message) = failed {
        job.send(ViewAction::Notice(Notice { kind: NoticeKind::Failed, message }));
    }
}
