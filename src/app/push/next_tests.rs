//! What is said after a push about what is left to do.

use std::rc::Rc;

use super::plan_tests::{after, loaded, pushed};
use crate::app::OrphansAction;
use crate::app::testing::send;
use crate::app::{
    EditAction, NextStep, OpenAction, Opened, Origin, PushAction, PushPhase, State, next_steps,
};
use crate::image::orphan_of_tag;
use crate::manifest::{Digest, Facts};
use crate::msg;
use crate::registry::LeftBehind;

#[test]
fn after_a_push_it_is_said_what_to_do_next() {
    let state = after(vec![
        loaded("r.example/a:1", "x").into(),
        EditAction::Mark(0).into(),
        EditAction::Urls(0, "https://a.example/x".into()).into(),
        PushAction::Review.into(),
    ]);
    let state = pushed(&state);
    let steps = next_steps(&state);
    let PushPhase::Done(_, proof) = &state.push.phase else { panic!("not done") };
    let (new, old) = (&proof.digest, proof.before.as_ref().unwrap());
    let commands: Vec<String> = steps.iter().flat_map(|step| step.commands.clone()).collect();
    assert_eq!(
        commands,
        [
            format!("skopeo copy --all docker://r.example/a@{new} oci:proof"),
            format!("cosign sign r.example/a@{new}"),
            format!("skopeo delete docker://r.example/a@{old}"),
        ]
    );
    let said: Vec<&str> = steps.iter().map(|step| step.what.key).collect();
    assert_eq!(said, ["push.next-prove", "push.next-sign", "push.next-delete-held-kept"]);
}

/// The sample with platforms, as if it had been loaded by `reference`.
fn platforms(reference: &str) -> Rc<State> {
    let image = crate::image::Sample::named("platforms").unwrap().open().unwrap();
    let origin = Origin::Registry { reference: reference.into(), facts: Facts::default() };
    send(&Rc::default(), OpenAction::Loaded(Rc::new(Opened::new(image, origin))))
}

/// The state with the first layer of the platform at this zero-based position marked.
fn mark(state: &Rc<State>, platform: usize) -> Rc<State> {
    let id = state.opened.as_ref().unwrap().platforms()[platform].id.clone();
    let state = send(state, OpenAction::Show(id));
    let state = send(&state, EditAction::Mark(0));
    send(&state, EditAction::Urls(0, "https://a.example/x".into()))
}

/// The platforms and the root, by the digests under which they were loaded.
fn ids(state: &State) -> Vec<Digest> {
    let opened = state.opened.as_ref().unwrap();
    let platforms = opened.platforms().into_iter().map(|one| one.id);
    platforms.chain([opened.image.root().clone()]).collect()
}

/// The digests that commands delete, and the step that has them.
fn deleted(state: &State) -> (Vec<String>, NextStep) {
    let step = next_steps(state).pop().unwrap();
    let digest = |line: &String| line.rsplit_once('@').unwrap().1.to_owned();
    (step.commands.iter().map(digest).collect(), step)
}

#[test]
fn what_was_pushed_decides_what_can_be_deleted_and_not_what_was_edited_since() {
    let state = mark(&platforms("r.example/a:1"), 0);
    let ids = ids(&state);
    let state = pushed(&send(&state, PushAction::Review));
    // The attestation of the platform names it as its subject.
    let opened = state.opened.as_ref().unwrap();
    let other = opened.image.documents().find(|(id, _)| !ids.contains(id)).unwrap().0;
    let expected = [ids.last().unwrap(), other, &ids[0]].map(ToString::to_string);
    assert_eq!(deleted(&state).0, expected, "the index first");
    let prove = next_steps(&state)[0].what.clone();
    assert_eq!(prove.key, "push.next-prove");
    // The index that was pushed still names the second platform as it was.
    let edited = mark(&state, 1);
    assert!(matches!(edited.push.phase, PushPhase::Done(..)));
    assert_eq!(deleted(&edited).0, expected);
    assert_eq!(next_steps(&edited)[0].what, prove);
    let undone = send(&edited, EditAction::GoTo(0));
    assert_eq!((deleted(&undone).0, &next_steps(&undone)[0].what), (expected.to_vec(), &prove));
}

#[test]
fn nothing_is_to_be_proved_where_skopeo_leaves_nothing_out() {
    let state = send(&platforms("r.example/a:1"), EditAction::Mark(0));
    let state = pushed(&send(&state, PushAction::Review));
    assert!(state.opened.as_ref().unwrap().marked().0 > 0);
    assert_eq!(next_steps(&state)[0].what.key, "push.next-sign");
}

#[test]
fn nothing_is_deleted_that_another_tag_points_at() {
    let state = mark(&platforms("r.example/a:1"), 0);
    let ids = ids(&state);
    let root = ids.last().unwrap().clone();
    let done = pushed(&send(&state, PushAction::Review));
    assert_eq!(deleted(&done).1.unknown.unwrap().key, "push.next-tags-unknown", "nobody asked");
    let tags = |names: &[(&str, &Digest)], all_tags| {
        let one =
            |(name, at): &(&str, &Digest)| ((*at).clone(), orphan_of_tag(name, (*at).clone()));
        let found = LeftBehind {
            found: names.iter().map(one).collect(),
            unknown: vec![msg!("orphans.silent")],
            all_tags,
        };
        let asked = send(&done, OrphansAction::Look);
        assert!(deleted(&asked).1.unknown.is_some(), "the search is under way");
        let found = send(&asked, OrphansAction::Found(root.clone(), Rc::new(found)));
        deleted(&found)
    };
    let backup = format!("1-was-{}", &root.hex()[..12]);
    // The tag itself was set, and its backup goes with what it keeps.
    let (commands, step) = tags(&[("1", &root), (&backup, &root)], true);
    assert_eq!((commands.len(), step.unknown), (3, None));
    let (commands, step) = tags(&[("1", &root)], false);
    assert_eq!((commands.len(), step.unknown.is_some()), (3, true));
    for at in [&root, &ids[0]] {
        let (commands, step) = tags(&[("1", &root), ("latest", at)], true);
        assert_eq!(
            (commands.len(), step.unknown, step.what.key),
            (0, None, "push.next-delete-tagged")
        );
        assert!(step.what.to_string().contains("latest"), "{}", step.what);
    }
    // What was asked of another repository says nothing about this one.
    let state = send(&state, PushAction::Target("r.example/b:1".into()));
    let state = pushed(&send(&state, PushAction::Review));
    assert_eq!(next_steps(&state).len(), 2, "a new tag replaces nothing");
}
