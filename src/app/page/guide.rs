use crate::app::layers::edit;
use crate::app::load::open;
use crate::app::{Dialog, EditAction, Effect, OpenAction, SingleKeys, State};

/// How the editor listens to the keyboard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuideState {
    /// Whether keys without Control or Command do something.
    pub single_keys: SingleKeys,
}

/// What is done with the guide and the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuideAction {
    /// Show on a sample what a mark does: one layer of it is marked.
    ShowMark,
    /// Whether keys without Control or Command do something.
    SingleKeys(SingleKeys),
}

/// The sample on which a mark is shown: its layers can be marked, and their history is at hand.
const SAMPLE: &str = "linux";

/// The layer that is marked in it, counted from 0, and the template of its URL.
const LAYER: usize = 2;
const TEMPLATE: &str = "https://cdn.example.com/blobs/{digest}";

pub(in crate::app) fn update(state: &mut State, action: GuideAction, effects: &mut Vec<Effect>) {
    match action {
        GuideAction::ShowMark => show_mark(state, effects),
        GuideAction::SingleKeys(single_keys) => {
            if state.guide.single_keys != single_keys {
                state.guide.single_keys = single_keys;
                effects.push(Effect::KeepGuide);
            }
        }
    }
}

fn show_mark(state: &mut State, effects: &mut Vec<Effect>) {
    if matches!(state.view.dialog, Some(Dialog::Help)) {
        state.view.dialog = None;
    }
    open::update(state, OpenAction::Sample(SAMPLE), effects);
    // Where the person has edits, they are asked first, and the sample comes as it is.
    if state.view.offer.is_some() {
        return;
    }
    let own = state.opened.as_ref().map(|opened| opened.template.clone()).unwrap_or_default();
    edit::update(state, EditAction::Template(TEMPLATE.to_owned()));
    edit::update(state, EditAction::Mark(LAYER));
    edit::update(state, EditAction::Template(own));
    // It is no work of the person's that could be lost.
    if let Some(opened) = state.opened.clone() {
        state.mark_saved(opened.history.edits());
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::app::testing::{opened, send};

    #[test]
    fn the_sample_shows_a_mark_that_is_nobodys_work() {
        let state = send(&Rc::default(), GuideAction::ShowMark);
        let shown = opened(&state);
        assert_eq!(shown.marked().0, 1);
        assert_ne!(shown.rendered.digest(shown.image.root()), Some(shown.image.root()));
        assert_eq!(shown.template, "", "the example’s server is not the person’s");
        assert!(!state.has_unsaved_edits());
        let next = send(&state, OpenAction::Sample("windows"));
        assert_ne!(opened(&next).image.root(), shown.image.root(), "nothing is asked");
        let edited = send(&next, EditAction::Unmark(0, crate::app::Unmark::RemoveUrls));
        let asked = send(&edited, GuideAction::ShowMark);
        assert_eq!(asked.view.dialog, Some(Dialog::ReplaceEdits));
    }
}
