use super::{ChangesView, Effect, State};
use crate::app::load::open::Offer;
use crate::text::Message;

/// Dialogs, notices and preferences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewState {
    /// The dialog that is open.
    pub dialog: Option<Dialog>,
    /// The last thing worth telling that needs no answer.
    pub notice: Option<Notice>,
    /// Light, dark, or as the system has it.
    pub theme: Theme,
    /// How the region “Changes” looks.
    pub changes: ChangesView,
    pub(super) offer: Option<Offer>,
}

/// The dialogs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialog {
    /// Another image would take the place of one with edits.
    ReplaceEdits,
    /// Another image would take the place of one that is being pushed.
    LeavePush,
    /// Browse a registry.
    Browse,
    /// Which image of an archive is opened.
    Archive,
    /// Something is looked for elsewhere.
    Bring,
    /// Help.
    Help,
    /// The list of keyboard shortcuts.
    Shortcuts,
    /// Taking the work out of the page.
    Export,
}

/// Something worth telling that needs no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How it ended.
    pub kind: NoticeKind,
    /// The sentence.
    pub message: Message,
}

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// As asked.
    Done,
    /// Not as asked.
    Failed,
    /// Not at all: why something is unavailable.
    Reason,
}

/// The colours of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// What happens to dialogs, notices and preferences, and what leaves the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewAction {
    /// Open a dialog.
    Open(Dialog),
    /// Close the dialog that is open.
    Close,
    /// Choose the colours.
    Theme(Theme),
    /// Tell the person.
    Notice(Notice),
    /// Take the notice away.
    Dismiss,
    /// Give the element with this id the focus.
    Focus(String),
    /// Bring a layer of the current document to the person’s eyes.
    ShowLayer(usize),
    /// “Copy”: put this on the clipboard.
    Copy(String),
}

pub(super) fn update(state: &mut State, action: ViewAction, effects: &mut Vec<Effect>) {
    match action {
        ViewAction::Open(dialog) => state.view.dialog = Some(dialog),
        ViewAction::Close => {
            state.view.dialog = None;
            state.view.offer = None;
        }
        ViewAction::Theme(theme) => {
            if state.view.theme != theme {
                state.view.theme = theme;
                effects.push(Effect::KeepPreferences);
            }
        }
        ViewAction::Notice(notice) => state.view.notice = Some(notice),
        ViewAction::Dismiss => state.view.notice = None,
        ViewAction::Focus(id) => {
            effects.push(Effect::Focus(id));
        }
        ViewAction::ShowLayer(index) => {
            effects.push(Effect::ShowLayer(index));
        }
        ViewAction::Copy(text) => {
            effects.push(Effect::Copy(text));
        }
    }
}
