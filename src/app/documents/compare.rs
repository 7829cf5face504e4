//! Comparing the open image with another one that is loaded for that alone.

use std::rc::Rc;

use crate::app::load::access;
use crate::app::{AskedAt, Effect, FileId, Found, Opened, Origin, State, loadable};
use crate::image::{Comparison, ImageEdits, Rendered, Side, compare};
use crate::manifest::Digest;
use crate::text::Message;

/// The other image, and the way to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compare {
    /// The reference as typed; `None` where nobody typed one yet.
    pub text: Option<String>,
    /// Whether the other image is on its way.
    pub loading: bool,
    /// Why it could not be had, or something of it not be taken over.
    pub problem: Option<Message>,
    /// The other image, which is the first one found.
    pub found: Option<Rc<Found>>,
}

/// What happens to the comparison.
#[derive(Clone, Debug)]
pub enum CompareAction {
    /// The text of the reference changed.
    Text(String),
    /// “Compare”.
    Start,
    /// A file was chosen to compare with.
    File(FileId),
    /// “Cancel” of the loading.
    Stop,
    /// This is the other image, for the image loaded under this digest.
    Found(Digest, Rc<Found>),
    /// The other image cannot be had, for the image loaded under this digest.
    Failed(Digest, Message),
    /// Add the entry of the other index that names this digest to the index here.
    Add(Digest),
    /// “Save the comparison”.
    Save,
}

impl State {
    /// The reference to compare with: as typed, or where the open image is from.
    pub fn compare_text(&self) -> &str {
        match (&self.desk.compare.text, self.opened.as_ref().map(|opened| &opened.origin)) {
            (Some(text), _) => text,
            (None, Some(Origin::Registry { reference, .. })) => reference,
            _ => "",
        }
    }
}

impl Opened {
    /// Whether an entry of the other image can be added here: its document is at hand.
    pub fn can_add(&self, found: &Found, digest: &Digest) -> bool {
        let there = found.images.first().and_then(|image| image.document(digest));
        there.is_some() || self.image.document(digest).is_some()
    }

    /// The comparison of this image, as it becomes, with the one that was found.
    pub fn compared_with(&self, found: &Found) -> Option<Comparison> {
        let other = found.images.first()?;
        let none = ImageEdits::default();
        let rendered = other.render(&none, &Rendered::default());
        let edits = self.history.edits();
        let here = Side { image: &self.image, edits, rendered: &self.rendered };
        Some(compare(here, Side { image: other, edits: &none, rendered: &rendered }))
    }
}

pub(in crate::app) fn update(state: &mut State, action: CompareAction, effects: &mut Vec<Effect>) {
    match action {
        CompareAction::Text(text) => {
            stop(state, effects);
            state.desk.compare.text = Some(text);
            state.desk.compare.problem = None;
        }
        CompareAction::Start => start(state, effects),
        CompareAction::File(id) => {
            stop(state, effects);
            if state.opened.is_some() {
                begin(state);
                effects.push(Effect::ReadToCompare(id));
            }
        }
        CompareAction::Stop => stop(state, effects),
        CompareAction::Found(root, found) => {
            if is_awaited(state, &root) {
                state.desk.compare.loading = false;
                state.desk.compare.found = Some(found);
            }
        }
        CompareAction::Failed(root, message) => {
            if is_awaited(state, &root) {
                state.desk.compare.loading = false;
                state.desk.compare.problem = Some(message);
            }
        }
        CompareAction::Add(digest) => add(state, &digest),
        CompareAction::Save => {
            if state.desk.compare.found.is_some() {
                effects.push(Effect::SaveComparison);
            }
        }
    }
}

/// Loads what the reference names.
pub(in crate::app) fn start(state: &mut State, effects: &mut Vec<Effect>) {
    if state.opened.is_none() {
        return;
    }
    let text = state.compare_text().trim().to_owned();
    stop(state, effects);
    match loadable(&state.config, &text) {
        Ok(_) => {
            begin(state);
            effects.push(Effect::LoadToCompare(text));
        }
        Err(message) => state.desk.compare.problem = Some(message),
    }
}

fn begin(state: &mut State) {
    let compare = &mut state.desk.compare;
    compare.loading = true;
    compare.problem = None;
    compare.found = None;
}

/// What is on its way is not waited for any more.
pub(in crate::app) fn stop(state: &mut State, effects: &mut Vec<Effect>) {
    access::forget(&mut state.access, AskedAt::Compare);
    if state.desk.compare.loading {
        state.desk.compare.loading = false;
        effects.push(Effect::StopComparing);
    }
}

fn is_awaited(state: &State, root: &Digest) -> bool {
    state.desk.compare.loading
        && state.opened.as_ref().is_some_and(|opened| opened.image.root() == root)
}

/// Adds an entry of the other index as it stands there.
fn add(state: &mut State, digest: &Digest) {
    let (Some(opened), Some(found)) = (&state.opened, state.desk.compare.found.clone()) else {
        return;
    };
    let Some(other) = found.images.first() else { return };
    let entries = other.document(other.root()).map(|root| root.entries()).unwrap_or_default();
    let Some(entry) = entries.iter().find(|entry| entry.digest == *digest) else { return };
    let index = opened.image.root().clone();
    match opened.with_entry(&found, other, &index, entry.clone()) {
        Ok(next) => {
            state.opened = Some(Rc::new(next));
            state.desk.compare.problem = None;
        }
        Err(problem) => state.desk.compare.problem = Some(problem.message()),
    }
}
