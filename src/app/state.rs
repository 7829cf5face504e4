use std::rc::Rc;

use super::config::Config;
use super::{
    ChangesAction, EditAction, OpenAction, Opened, Outbox, SourceAction, SourceState, ViewAction,
    ViewState,
};

/// Everything the screen shows follows from this value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// What the portal settled.
    pub config: Rc<Config>,
    /// Where images come from: the tabs and their fields.
    pub source: SourceState,
    /// The image that is open, with its edits.
    pub opened: Option<Rc<Opened>>,
    /// Dialogs, notices, preferences.
    pub view: ViewState,
    /// What the outside world is asked to do.
    pub outbox: Outbox,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// In the tabs above the image.
    Source(SourceAction),
    /// An image comes in or goes.
    Open(OpenAction),
    /// An edit of the open image, or a step in its history.
    Edit(EditAction),
    /// In the region “Changes”.
    Changes(ChangesAction),
    /// Dialogs, notices, preferences.
    View(ViewAction),
}

/// The state after `action`; the same `Rc` when nothing changed.
pub fn reduce(state: &Rc<State>, action: Action) -> Rc<State> {
    let mut next = State::clone(state);
    match action {
        Action::Source(action) => super::source::reduce(&mut next, action),
        Action::Open(action) => super::open::reduce(&mut next, action),
        Action::Edit(action) => super::edit::reduce(&mut next, action),
        Action::Changes(action) => super::changes::reduce(&mut next, action),
        Action::View(action) => super::view::reduce(&mut next, action),
    }
    if next == **state { state.clone() } else { Rc::new(next) }
}

macro_rules! action_from {
    ($($from:ident => $variant:ident;)*) => {$(
        impl From<$from> for Action {
            fn from(action: $from) -> Self {
                Self::$variant(action)
            }
        }
    )*};
}
action_from! {
    SourceAction => Source;
    OpenAction => Open;
    EditAction => Edit;
    ChangesAction => Changes;
    ViewAction => View;
}
