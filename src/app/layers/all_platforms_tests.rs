//! What is done to the layers of all platforms: switches, URLs, selection.

use std::rc::Rc;

use crate::app::layers::all_platforms::positions;
use crate::app::testing::{opened, platforms, send};
use crate::app::{Criterion, EditAction, State, WholeAction};
use crate::image::{LayerMarks, Positions};
use crate::manifest::{Digest, LayerMark};

fn all_platforms() -> Rc<State> {
    send(&platforms(), WholeAction::Show(true))
}

/// The first layer of the first step.
fn first(state: &Rc<State>) -> Digest {
    opened(state).steps().steps[0].layers[0].digest.clone()
}

/// How it is marked.
fn marks(state: &Rc<State>) -> LayerMarks {
    let steps = opened(state).steps();
    steps.marks(opened(state).history.edits()).of(&steps.steps[0]).swap_remove(0)
}

#[test]
fn one_switch_marks_everywhere_and_undo_takes_it_back() {
    let state = all_platforms();
    let root = opened(&state).image.root().clone();
    let layer = first(&state);
    let marked = send(&state, WholeAction::Mark(layer.clone(), true));
    assert!(marks(&marked).is_on());
    assert_eq!(opened(&marked).history.steps().len(), 2);
    assert_ne!(opened(&marked).rendered.digest(&root), Some(&root));
    let off = send(&marked, WholeAction::Mark(layer, false));
    assert_eq!(opened(&off).rendered.digest(&root), Some(&root));
    let undone = send(&marked, EditAction::Undo);
    assert_eq!(opened(&undone).rendered.digest(&root), Some(&root));
}

#[test]
fn urls_are_set_everywhere_in_one_step() {
    let state = all_platforms();
    let layer = first(&state);
    let state = send(&state, WholeAction::Mark(layer.clone(), true));
    let text = " https://a.example/x \n\nhttps://b.example/x".to_owned();
    let state = send(&state, WholeAction::Urls(layer.clone(), text));
    let urls = ["https://a.example/x", "https://b.example/x"].map(str::to_owned).to_vec();
    assert_eq!(marks(&state).mark, Some(LayerMark::foreign(urls)));
    assert_eq!(opened(&state).history.steps().len(), 3);
    let none = send(&state, WholeAction::Urls(layer, String::new()));
    assert_eq!(marks(&none).mark.unwrap().urls, None);
}

#[test]
fn platforms_that_are_left_out_stay_as_they_are() {
    let state = all_platforms();
    let all = opened(&state).steps();
    let left_out = all.manifest(0).unwrap().id.clone();
    let state = send(&state, WholeAction::Platform(left_out.clone(), false));
    assert_eq!(opened(&state).steps().manifests().count(), all.manifests().count() - 1);
    let state = send(&state, WholeAction::SelectAll(true));
    let state = send(&state, EditAction::Template("https://cdn.example/{digest}".into()));
    let state = send(&state, WholeAction::ApplyTemplate);
    let edits = opened(&state).history.edits();
    assert!(!edits.is_empty() && edits.get(&left_out).is_none());
    assert_eq!(opened(&state).history.steps().len(), 2, "one step");
    let state = send(&state, WholeAction::UnmarkSelected);
    assert!(opened(&state).history.edits().is_empty());
}

#[test]
fn positions_are_read_as_people_write_them() {
    let range = |first, last| Positions { first, last };
    for (text, expected) in [
        ("2", vec![range(2, 2)]),
        ("2..3", vec![range(2, 3)]),
        ("2-3", vec![range(2, 3)]),
        ("2 – 3", vec![range(2, 3)]),
        ("-1", vec![range(-1, -1)]),
        ("-3--1", vec![range(-3, -1)]),
        ("-3..-1, 0", vec![range(-3, -1), range(0, 0)]),
    ] {
        assert_eq!(positions(text), Ok(expected), "{text}");
    }
    for text in ["", "2-", "2..", "a-b", "--", "1-2-3"] {
        assert!(positions(text).is_err(), "{text}");
    }
}

#[test]
fn select_replaces_and_add_adds() {
    let state = send(&platforms(), WholeAction::Criterion(Criterion::Position));
    let choose = |state: &Rc<State>, text: &str, action: WholeAction| {
        let state = send(state, WholeAction::Text(text.into()));
        send(&state, action)
    };
    let first = choose(&state, "0", WholeAction::Choose);
    let selected = |state: &Rc<State>| opened(state).whole.selected.clone();
    let last = choose(&first, "-1", WholeAction::Choose);
    assert!(selected(&first).is_disjoint(&selected(&last)));
    let both = choose(&first, "-1", WholeAction::Add);
    assert_eq!(selected(&both), &selected(&first) | &selected(&last));
    let none = choose(&first, "99", WholeAction::Choose);
    assert_eq!(selected(&none), selected(&first), "nothing fits, nothing is lost");
}

#[test]
fn conditions() {
    let check = |criterion: Criterion, text: &str, some: bool, problem: bool| {
        let state = send(&platforms(), WholeAction::Criterion(criterion));
        let state = send(&state, WholeAction::Text(text.into()));
        let state = send(&state, WholeAction::Choose);
        let whole = &opened(&state).whole;
        assert_eq!(!whole.selected.is_empty(), some, "{criterion:?} {text}");
        assert_eq!(whole.problem.is_some(), problem, "{criterion:?} {text}");
    };
    check(Criterion::History, "", false, true);
    check(Criterion::History, "no such command", false, true);
    check(Criterion::AtLeast, "1", true, false);
    check(Criterion::AtLeast, "900 GB", false, true);
    check(Criterion::AtLeast, "1.5 MB", false, true);
    check(Criterion::AtMost, "20MB", true, false);
    check(Criterion::Position, "0", true, false);
    check(Criterion::Position, "-1, 0..1", true, false);
    check(Criterion::Position, "first", false, true);
    check(Criterion::Position, "1-", false, true);
    check(Criterion::Foreign, "", false, true);
}

#[test]
fn the_switch_of_a_step_marks_what_its_command_made_everywhere() {
    let state = all_platforms();
    let root = opened(&state).image.root().clone();
    let steps = opened(&state).steps();
    let step = steps.steps.iter().find(|step| step.uses() > 1).unwrap().clone();
    let places: Rc<[_]> = steps.places(&step).into();
    let marked = send(&state, WholeAction::MarkStep(step.number, places.clone(), true));
    assert_eq!(opened(&marked).marked().0, step.uses());
    assert_eq!(opened(&marked).half_marked(), []);
    let one: Rc<[_]> = places[..1].to_vec().into();
    let half = send(&marked, WholeAction::MarkStep(step.number, one.clone(), false));
    let found = opened(&half).half_marked();
    assert_eq!(found[0].unmarked, one.to_vec());
    let off = send(&half, WholeAction::MarkStep(step.number, places, false));
    assert_eq!(opened(&off).rendered.digest(&root), Some(&root));
}
