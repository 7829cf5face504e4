use std::rc::Rc;

use crate::app::{Config, Effect, OpenArchive, Refused, State};
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
    /// The text of “Manifest JSON”. It may have megabytes, so equal ones are known by their place
    /// (which an `Rc<str>` would not do).
    pub json: Rc<String>,
    /// Whether an image is being loaded.
    pub loading: bool,
    /// What is going on while loading, such as waiting for a busy registry.
    pub progress: Option<Message>,
    /// Why the last try on this tab failed.
    pub failure: Option<Failure>,
    /// The text that was refused, if that is why; it may still be looked at.
    pub refused: Option<Rc<Refused>>,
    /// The archive of which an image is chosen.
    pub archive: Option<Rc<OpenArchive>>,
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
    /// This was pasted into “Image reference”, or dropped there: whatever it is.
    Anything(String),
    /// “Cancel” while loading.
    Cancel,
    /// Something to tell while loading.
    Progress(Message),
    /// A file was chosen or dropped.
    File(FileId),
    /// Loading failed.
    Failed(Failure),
}

impl Failure {
    /// A failure with nothing more to it than its sentence.
    pub fn plain(message: Message) -> Self {
        Self { message, hint: None, details: None, diagnosis: None }
    }
}

pub(in crate::app) fn update(state: &mut State, action: SourceAction, effects: &mut Vec<Effect>) {
    crate::app::load::access::forget_on(state, &action);
    match action {
        SourceAction::Show(tab) => {
            if state.source.tab != tab {
                state.source.tab = tab;
                state.source.failure = None;
            }
        }
        SourceAction::Reference(text) => state.source.reference = text,
        SourceAction::Json(text) => state.source.json = Rc::new(text),
        // What the text is was found out before: `intake`.
        SourceAction::Anything(_) => {}
        SourceAction::Load => {
            state.source.failure = None;
            state.source.loading = true;
            state.source.progress = None;
            let reference = state.source.reference.trim().to_owned();
            effects.push(Effect::LoadReference(reference));
        }
        SourceAction::Cancel => {
            effects.push(Effect::CancelLoad);
        }
        SourceAction::Progress(message) => state.source.progress = Some(message),
        SourceAction::File(id) => {
            state.source.loading = true;
            state.source.failure = None;
            effects.push(Effect::ReadFile(id));
        }
        SourceAction::Failed(failure) => {
            state.source.loading = false;
            state.source.progress = None;
            state.source.refused = None;
            state.source.failure = Some(failure);
            crate::app::page::notices::forget_wanted(state);
        }
    }
    forget_refused(state);
}

/// Forgets the refused text with its reason.
pub(in crate::app) fn forget_refused(state: &mut State) {
    if state.source.failure.is_none() && state.source.refused.is_some() {
        state.source.refused = None;
    }
}

/// What `text` names, if the portal allows to load from there; else why not.
pub fn loadable(config: &Config, text: &str) -> Result<Reference, Message> {
    let reference = Reference::parse(text, ShortNames::OfDefaultRegistry);
    let reference = reference.map_err(|error| error.message())?;
    config.check_registry(&reference).map_err(|refused| refused.message())?;
    Ok(reference)
}
