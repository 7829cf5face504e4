//! Pushing: a tag that moves, being stopped, another image meanwhile.

use super::*;
use crate::app::{EditAction, PushAction, PushPhase, RunningPushAction};
use crate::run::testing::{put_image, put_index, tag};

/// An index of two platforms with the tag `1`; its digest.
fn index(store: &Shared) -> Digest {
    let index = put_index(store, "app");
    tag(store, "app", "1", &index);
    index
}

/// Loads the image and marks its first layer.
fn edit(page: &Page) {
    load(page, "r.example/app:1");
    page.act(EditAction::Template("https://cdn.example/{digest}".to_owned()));
    page.act(EditAction::Mark(0));
}

/// What the tag `1` names.
fn tagged(store: &Shared) -> Digest {
    store.borrow().tag("1").unwrap()
}

fn is_ready(page: &Page) -> bool {
    matches!(&page.state().push.phase, PushPhase::Planned(plan) if plan.is_ready())
}

#[test]
fn a_tag_that_moves_between_plan_and_write_is_not_overwritten_unsaid() {
    let (store, fault) = empty();
    let loaded = index(&store);
    let page = page(&store, fault);
    edit(&page);
    page.act(PushAction::Review);
    assert!(is_ready(&page));
    let (moved, _) = put_image(&store, "app", &["somebody else's"]);
    tag(&store, "app", "1", &moved);
    page.act(PushAction::Push);
    let push = page.state().push.clone();
    let PushPhase::Planned(plan) = &push.phase else { panic!("{:?}", push.failure) };
    let found = plan.moved.as_ref().unwrap();
    assert_eq!((&found.expected, &found.found), (&Some(loaded), &Some(moved.clone())));
    assert_eq!(tagged(&store), moved);
    page.act(PushAction::Push);
    assert_eq!(tagged(&store), moved, "it needs a word first");
    page.act(PushAction::OverwriteMoved);
    page.act(PushAction::Push);
    let push = page.state().push.clone();
    let PushPhase::Done(_, proof) = &push.phase else { panic!("{:?}", push.failure) };
    assert_eq!((&proof.digest, &proof.before), (&tagged(&store), &Some(moved)));
    assert!(!page.state().is_unsaved());
}

#[test]
fn planning_is_stopped_at_every_request() {
    for number in 0.. {
        let (store, fault) = empty();
        let loaded = index(&store);
        let page = page(&store, fault);
        edit(&page);
        page.net.hold_number(number);
        page.act(PushAction::Review);
        if is_ready(&page) {
            assert!(number > 3, "tag, documents and blobs");
            return;
        }
        page.act(PushAction::Cancel);
        let push = page.state().push.clone();
        assert_eq!(push.phase, PushPhase::Idle, "at request {number}");
        assert_eq!(key(push.failure.as_ref()), Some("transport.cancelled"), "{number}");
        page.release();
        assert_eq!(page.state().push.phase, PushPhase::Idle);
        page.act(PushAction::Review);
        assert!(is_ready(&page));
        assert_eq!((tagged(&store), store.borrow().log.len()), (loaded, 0));
    }
}

#[test]
fn a_push_is_stopped_at_every_request_and_goes_on() {
    for number in 0.. {
        let (store, fault) = empty();
        let loaded = index(&store);
        let page = page(&store, fault);
        edit(&page);
        page.act(PushAction::Review);
        page.net.hold_number(number);
        page.act(PushAction::Push);
        if matches!(page.state().push.phase, PushPhase::Done(..)) {
            assert!(number > 4, "two manifests, the index, and what proves them");
            return;
        }
        let written = store.borrow().log.len();
        page.act(RunningPushAction::Cancel);
        page.release();
        let push = page.state().push.clone();
        assert!(matches!(push.phase, PushPhase::Planned(_)), "at request {number}");
        assert_eq!(key(push.failure.as_ref()), Some("transport.cancelled"), "{number}");
        assert_eq!(store.borrow().log.len(), written, "nothing was written after the word");
        let set = store.borrow().log.iter().any(|line| line.ends_with("manifests/1"));
        assert_eq!(tagged(&store) != loaded, set);
        assert!(page.state().is_unsaved(), "nothing is proved");
        page.act(PushAction::Push);
        let push = page.state().push.clone();
        let PushPhase::Done(_, proof) = &push.phase else { panic!("{:?}", push.failure) };
        assert_eq!(proof.digest, tagged(&store));
    }
}

#[test]
fn a_push_goes_on_while_another_image_is_opened() {
    let (store, fault) = empty();
    index(&store);
    let (other, _) = put_image(&store, "app", &["other"]);
    tag(&store, "app", "2", &other);
    let page = page(&store, fault);
    edit(&page);
    page.act(PushAction::Review);
    page.net.hold("PUT");
    page.act(PushAction::Push);
    load(&page, "r.example/app:2");
    page.act(OpenAction::AcceptOffer);
    assert_eq!(root(&page), Some(other.clone()));
    assert!(page.state().is_unsaved(), "leaving now would leave the push half done");
    page.act(EditAction::Mark(0));
    page.release();
    let state = page.state();
    let [ended] = &state.pushes.ended[..] else { panic!("{:?}", state.pushes) };
    let proof = ended.result.as_ref().unwrap();
    assert_eq!(proof.digest, tagged(&store));
    assert_eq!(root(&page), Some(other));
    assert!(state.is_unsaved(), "what was pushed are the edits of the image before");
    assert!(!ended.seen);
}

#[test]
fn a_plan_that_is_asked_for_again_is_the_later_one() {
    let (store, fault) = empty();
    index(&store);
    let (other, _) = put_image(&store, "app", &["other"]);
    tag(&store, "app", "2", &other);
    let page = page(&store, fault);
    edit(&page);
    page.net.hold("HEAD");
    page.act(PushAction::Review);
    load(&page, "r.example/app:2");
    page.act(OpenAction::AcceptOffer);
    page.act(PushAction::Review);
    page.release();
    assert!(is_ready(&page), "{:?}", page.state().push.failure);
    let state = page.state();
    assert_eq!(state.push_plan().unwrap().input.root().unwrap().digest, other);
}

#[test]
fn after_signing_in_a_push_goes_on_when_the_person_says_so() {
    let (store, _) = empty();
    index(&store);
    let sign_in = with_sign_in();
    let writes = move |store: &mut crate::registry::test_store::Store, seen: &Seen| {
        (seen.line.starts_with('P')).then(|| sign_in(store, seen)).flatten()
    };
    let page = page(&store, Box::new(writes));
    edit(&page);
    page.act(PushAction::Review);
    page.act(PushAction::Push);
    assert_eq!(page.state().access.asked.len(), 1);
    page.sign_in("anna", "wrong");
    page.act(PushAction::Push);
    assert_eq!(page.state().access.asked.len(), 1);
    let asked = page.net.count();
    page.sign_in("anna", "right");
    assert_eq!(page.net.count(), asked, "an answer is not the word to push");
    page.act(PushAction::Push);
    let push = page.state().push.clone();
    let PushPhase::Done(_, proof) = &push.phase else { panic!("{:?}", push.failure) };
    assert_eq!(proof.digest, tagged(&store));
}

#[test]
fn the_old_digest_is_put_back() {
    let (store, fault) = empty();
    let loaded = index(&store);
    let page = page(&store, fault);
    edit(&page);
    page.act(PushAction::Review);
    page.act(PushAction::Push);
    assert_ne!(tagged(&store), loaded);
    page.act(PushAction::Restore);
    assert!(is_ready(&page));
    page.act(PushAction::Push);
    assert!(matches!(page.state().push.phase, PushPhase::Done(..)));
    assert_eq!(tagged(&store), loaded);
}
