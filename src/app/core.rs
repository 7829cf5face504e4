use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use super::{Action, Effect, State, step};

/// Holds the state: takes actions one after the other, shows each new state and has the effects done.
pub struct Core {
    state: RefCell<Rc<State>>,
    waiting: RefCell<VecDeque<Action>>,
    is_busy: Cell<bool>,
    shell: RefCell<Option<Rc<dyn Shell>>>,
}

/// The page around the state.
pub trait Shell {
    /// Shows what the state says now.
    fn show(&self, state: &Rc<State>);

    /// Does what the outside world has to do; the state is the one that asked for it. What comes of
    /// it is sent to the core.
    fn run(&self, effect: Effect, state: &Rc<State>);
}

impl Core {
    /// A core with the state at the start.
    pub fn new(state: Rc<State>) -> Self {
        Self {
            state: RefCell::new(state),
            waiting: RefCell::default(),
            is_busy: Cell::new(false),
            shell: RefCell::default(),
        }
    }

    /// Uses `shell` from now on.
    pub fn attach(&self, shell: Rc<dyn Shell>) {
        self.shell.replace(Some(shell));
    }

    /// Takes an action. One that is sent while another is taken, such as by an effect, follows it.
    pub fn send(&self, action: Action) {
        self.waiting.borrow_mut().push_back(action);
        if self.is_busy.replace(true) {
            return;
        }
        while let Some(action) = self.next() {
            self.take(action);
        }
        self.is_busy.set(false);
    }

    fn next(&self) -> Option<Action> {
        self.waiting.borrow_mut().pop_front()
    }

    fn take(&self, action: Action) {
        let before = self.state.borrow().clone();
        let (state, effects) = step(&before, action);
        self.state.replace(state.clone());
        let Some(shell) = self.shell.borrow().clone() else { return };
        if !Rc::ptr_eq(&before, &state) {
            shell.show(&state);
        }
        for effect in effects {
            shell.run(effect, &state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{EditAction, OpenAction, SourceAction, Tab, ViewAction};

    /// Remembers what it is asked for; answers the effect `Copy` with an action at once.
    struct Fake {
        core: Rc<Core>,
        seen: RefCell<Vec<String>>,
    }

    impl Shell for Fake {
        fn show(&self, state: &Rc<State>) {
            self.seen.borrow_mut().push(format!("show {:?}", state.source.tab));
        }

        fn run(&self, effect: Effect, state: &Rc<State>) {
            self.seen.borrow_mut().push(format!("{effect:?} at {:?}", state.source.tab));
            if matches!(effect, Effect::Copy(_)) {
                self.core.send(SourceAction::Show(Tab::Paste).into());
            }
        }
    }

    #[test]
    fn each_new_state_is_shown_once_and_then_its_effects_are_run() {
        let core = Rc::new(Core::new(Rc::default()));
        let shell = Rc::new(Fake { core: core.clone(), seen: RefCell::default() });
        core.attach(shell.clone());
        let check = |action: Action, expected: &[&str]| {
            core.send(action);
            assert_eq!(shell.seen.take(), expected);
        };
        check(SourceAction::Show(Tab::Registry).into(), &[]);
        check(ViewAction::Copy("x".into()).into(), &["Copy(\"x\") at Registry", "show Paste"]);
        check(SourceAction::Show(Tab::File).into(), &["show File"]);
        check(SourceAction::Cancel.into(), &["CancelLoad at File"]);
        check(EditAction::Undo.into(), &[]);
        check(OpenAction::DeclineOffer.into(), &[]);
    }
}
