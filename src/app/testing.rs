//! What the tests of the state share.

use std::rc::Rc;

use super::{Action, Effect, OpenAction, Opened, State, step};

/// The state after `action`.
pub(crate) fn reduce(state: &Rc<State>, action: Action) -> Rc<State> {
    step(state, action).0
}

/// The state after `action`.
pub(super) fn send(state: &Rc<State>, action: impl Into<Action>) -> Rc<State> {
    reduce(state, action.into())
}

/// What the outside world has to do after `action`.
pub(super) fn asked(state: &Rc<State>, action: impl Into<Action>) -> Vec<Effect> {
    step(state, action.into()).1
}

/// The open image.
pub(super) fn opened(state: &Rc<State>) -> &Opened {
    state.opened.as_ref().unwrap()
}

/// A state in which the sample with several platforms is open.
pub(super) fn platforms() -> Rc<State> {
    send(&Rc::default(), OpenAction::Sample("platforms"))
}
