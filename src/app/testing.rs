//! What the tests of the state share.

use std::rc::Rc;

use super::{Action, OpenAction, Opened, State, reduce};

/// The state after `action`.
pub(super) fn send(state: &Rc<State>, action: impl Into<Action>) -> Rc<State> {
    reduce(state, action.into())
}

/// The open image.
pub(super) fn opened(state: &Rc<State>) -> &Opened {
    state.opened.as_ref().unwrap()
}

/// A state in which the sample with several platforms is open.
pub(super) fn platforms() -> Rc<State> {
    send(&Rc::default(), OpenAction::Sample("platforms"))
}
