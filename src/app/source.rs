use std::rc::Rc;

use super::config::Disallowed;
use super::open::{Offer, Opened, Origin, offer};
use super::{Effect, Refused, State};
use crate::image::{Image, Sample};
use crate::manifest::{Algorithm, Document};
use crate::registry::diagnose::Diagnosis;
use crate::registry::{Reference, ShortNames};
use crate::text::Message;

/// The tabs above the image and their fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceState {
    /// The tab that is shown.
    pub tab: Tab,
    /// The text of “Image reference”.
    pub reference: String,
    /// The text of “Manifest JSON”.
    pub json: String,
    /// Whether an image is being loaded.
    pub loading: bool,
    /// What is going on while loading, such as waiting for a busy registry.
    pub progress: Option<Message>,
    /// Why the last try on this tab failed.
    pub failure: Option<Failure>,
    /// The text that was refused, if that is why; it may still be looked at.
    pub refused: Option<Rc<Refused>>,
}

/// The ways to load an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    /// By reference from a registry.
    #[default]
    Registry,
    /// Pasted JSON.
    Paste,
    /// A file.
    File,
    /// A built-in sample.
    Sample,
}

impl Tab {
    /// All tabs, in their order.
    pub const ALL: [Self; 4] = [Self::Registry, Self::Paste, Self::File, Self::Sample];

    /// The word for the tab in settings.
    pub fn word(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Paste => "paste",
            Self::File => "file",
            Self::Sample => "sample",
        }
    }
}

/// A file that the person chose; the page holds the file itself under this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// Something that did not work, as the person reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened, where, what to do.
    pub message: Message,
    /// What it means and what to do, when that takes another sentence.
    pub hint: Option<Message>,
    /// Particulars that help an administrator: codes, answers, settings. Shown as text.
    pub details: Option<String>,
    /// Why it failed, where that was looked into.
    pub diagnosis: Option<Rc<Diagnosis>>,
}

/// What happens in the tabs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceAction {
    /// Show this tab.
    Show(Tab),
    /// The text of “Image reference” changed.
    Reference(String),
    /// The text of “Manifest JSON” changed.
    Json(String),
    /// “Load”.
    Load,
    /// “Cancel” while loading.
    Cancel,
    /// Something to tell while loading.
    Progress(Message),
    /// “Open manifest”.
    OpenJson,
    /// A built-in sample, by its name.
    OpenSample(&'static str),
    /// A file was chosen or dropped.
    File(FileId),
    /// A manifest file was read.
    FileRead {
        /// The file's name.
        name: String,
        /// Its bytes.
        bytes: Rc<[u8]>,
    },
    /// An image was loaded.
    Loaded(Rc<Opened>),
    /// Open the refused text as its repair makes it.
    Repair,
    /// Loading failed.
    Failed(Failure),
}

impl Failure {
    /// A failure with nothing more to it than its sentence.
    pub fn plain(message: Message) -> Self {
        Self { message, hint: None, details: None, diagnosis: None }
    }
}

pub(super) fn reduce(state: &mut State, action: SourceAction) {
    match action {
        SourceAction::Show(tab) => {
            if state.source.tab != tab {
                state.source.tab = tab;
                state.source.failure = None;
            }
        }
        SourceAction::Reference(text) => state.source.reference = text,
        SourceAction::Json(text) => state.source.json = text,
        SourceAction::Load => {
            state.source.failure = None;
            if let Some(refused) = refused_by_portal(state) {
                state.source.failure = Some(Failure::plain(refused.message()));
                return;
            }
            state.source.loading = true;
            state.source.progress = None;
            let reference = state.source.reference.trim().to_owned();
            state.outbox.ask(Effect::LoadReference(reference));
        }
        SourceAction::Cancel => {
            state.outbox.ask(Effect::CancelLoad);
        }
        SourceAction::Progress(message) => state.source.progress = Some(message),
        SourceAction::OpenJson => {
            let text = state.source.json.clone();
            open_bytes(state, text.as_bytes(), Origin::Paste);
        }
        SourceAction::OpenSample(name) => {
            let Some(sample) = Sample::named(name) else { return };
            match sample.open() {
                Ok(image) => {
                    state.source.failure = None;
                    let origin = Origin::Sample { title: sample.title() };
                    offer(state, Offer::new(Rc::new(Opened::new(image, origin))));
                }
                Err(refusal) => state.source.failure = Some(Failure::plain(refusal.message())),
            }
        }
        SourceAction::File(id) => {
            state.source.loading = true;
            state.source.failure = None;
            state.outbox.ask(Effect::ReadFile(id));
        }
        SourceAction::FileRead { name, bytes } => {
            state.source.loading = false;
            open_bytes(state, &bytes, Origin::File { name });
        }
        SourceAction::Loaded(opened) => {
            state.source.loading = false;
            state.source.progress = None;
            state.source.failure = None;
            offer(state, Offer::new(opened));
        }
        SourceAction::Repair => super::refused::repair(state),
        SourceAction::Failed(failure) => {
            state.source.loading = false;
            state.source.progress = None;
            state.source.refused = None;
            state.source.failure = Some(failure);
        }
    }
    if state.source.failure.is_none() {
        state.source.refused = None;
    }
}

/// Why the portal does not allow to load from the registry that was typed.
fn refused_by_portal(state: &State) -> Option<Disallowed> {
    let reference = &state.source.reference;
    let reference = Reference::parse(reference, ShortNames::OfDefaultRegistry).ok()?;
    state.config.check_registry(&reference).err()
}

/// Opens a manifest's bytes, or says why they are refused; the person's text stays where it is.
pub(super) fn open_bytes(state: &mut State, bytes: &[u8], origin: Origin) {
    match Document::parse(bytes, None, Algorithm::Sha256) {
        Ok(document) => {
            state.source.failure = None;
            let opened = Opened::new(Image::new(document), origin);
            offer(state, Offer::new(Rc::new(opened)));
        }
        Err(refusal) => super::refused::keep(state, bytes, origin, &refusal),
    }
}
