//! What the target says to have, and whether it is believed.

use std::cell::RefCell;
use std::rc::Rc;

use super::tests::{backups, document, input, moved, need, plan, run, state_of};
use super::*;
use crate::manifest::media_type::{OCI_INDEX, OCI_MANIFEST};
use crate::registry::test_store::{R, Shared, registry, set_tag, store};
use crate::registry::testing::{Answer, Script, code, is};
use crate::registry::{Method, TransportError};

/// A registry that says of `lost` that it is there, and gives nothing until it is stored again.
fn forgetful(store: &Shared, lost: &'static str, from: usize) -> Script {
    let name = format!("app/manifests/{}", Digest::sha256(lost.as_bytes()));
    store.borrow_mut().manifests.insert(name.clone(), (OCI_MANIFEST.into(), lost.into()));
    let (gone, reads) = (RefCell::new(true), RefCell::new(0));
    registry(
        store,
        Box::new(move |_, seen| {
            if !seen.url.path().ends_with(&name) {
                return None;
            }
            match seen.request.method {
                Method::Put => {
                    gone.replace(false);
                    None
                }
                Method::Get if *gone.borrow() => {
                    *reads.borrow_mut() += 1;
                    (*reads.borrow() > from).then(|| code(404, "MANIFEST_UNKNOWN"))
                }
                _ => None,
            }
        }),
    )
}

#[test]
fn what_the_target_says_to_have_is_read_and_stored_where_it_is_lost() {
    let puts = |store: &Shared| -> Vec<String> { store.borrow().log.clone() };
    let child = Digest::sha256(b"amd");
    // Lost before the plan was made: the plan stores it, and asks for its blobs.
    let store = store(&["app/config", "app/layer"]);
    let script = forgetful(&store, "amd", 0);
    let made = plan(&script, &input());
    assert_eq!(state_of(&made, "put-manifest"), "put-manifest: pending");
    let (made, result) = run(&script.client(R), made);
    assert!(result.is_ok() && made.is_done());
    assert_eq!(puts(&store)[0], format!("PUT app/manifests/{child}"));
    // Lost after that: read back before the tag is set, and stored.
    store.borrow_mut().log.clear();
    let script = forgetful(&store, "amd", 1);
    let made = plan(&script, &input());
    assert_eq!(state_of(&made, "put-manifest"), "put-manifest: skipped, push.manifest-there");
    let (made, result) = run(&script.client(R), made);
    assert!(result.is_ok() && made.is_done());
    let read = "read-back-digest: done, push.stored-again";
    assert_eq!(state_of(&made, "read-back-digest"), read);
    assert_eq!(
        puts(&store),
        [format!("PUT app/manifests/{child}"), "PUT app/manifests/t".to_owned()]
    );
    // A child that is not pushed along.
    let script = forgetful(&store, "child", 0);
    let mut partly = input();
    partly.documents[2] = document("another index", OCI_INDEX, vec![]);
    partly.documents[2].needs.push(Needed { role: Role::Manifest, ..need("child", false) });
    let problems = plan(&script, &partly).problems;
    assert_eq!(problems, [Problem::ChildMissing(Digest::sha256(b"child"))]);
}

#[test]
fn the_tag_stays_where_it_is_while_a_document_cannot_be_read_back() {
    let store = store(&["app/config", "app/layer"]);
    let name = format!("app/manifests/{}", Digest::sha256(b"arm"));
    let script = registry(
        &store,
        Box::new(move |_, seen| {
            let read = matches!(seen.request.method, Method::Get | Method::Head);
            (read && seen.url.path().ends_with(&name)).then(|| code(404, "MANIFEST_UNKNOWN"))
        }),
    );
    let (made, result) = run(&script.client(R), plan(&script, &input()));
    let expected = Digest::sha256(b"arm");
    assert_eq!(result, Err(PushError::ReadBack { expected, found: None }));
    assert_eq!(
        (state_of(&made, "put-tag"), store.borrow().tag("t")),
        ("put-tag: pending".into(), None)
    );
}

#[test]
fn what_is_lost_between_stopping_and_going_on_is_stored_again_before_the_tag() {
    let store = store(&["app/config", "app/layer"]);
    let refuses = Rc::new(RefCell::new(true));
    let script = registry(&store, {
        let refuses = refuses.clone();
        Box::new(move |store, seen| {
            let backup = seen.url.path().ends_with("/manifests/t-backup");
            let read_back = store.log.len() == 3;
            (backup && read_back && *refuses.borrow()).then(|| is(401, ""))
        })
    });
    set_tag(&store, "t", "old");
    let backup = Some(BackupName::filled("t-backup".into()));
    let (made, result) = run(&script.client(R), plan(&script, &PushInput { backup, ..input() }));
    assert!(result.is_err());
    assert!(state_of(&made, "back-up-tag").starts_with("back-up-tag: failed"));
    assert_eq!(state_of(&made, "read-back-digest"), "read-back-digest: done");
    // Meanwhile the registry cleared away what no tag names.
    let child = Digest::sha256(b"amd");
    store.borrow_mut().manifests.remove(&format!("app/manifests/{child}"));
    refuses.replace(false);
    let (made, result) = run(&script.client(R), made);
    assert!(result.is_ok() && made.is_done());
    let again = "read-back-digest: done, push.stored-again";
    assert_eq!(state_of(&made, "read-back-digest"), again);
    assert!(store.borrow().manifests.contains_key(&format!("app/manifests/{child}")));
}

#[test]
fn a_tag_that_cannot_be_asked_about_is_not_known() {
    for answer in [code(403, "DENIED"), is(500, ""), Answer::Fails(TransportError::Failed)] {
        for (loaded, backups_of) in [(None, 0), (Some(Digest::sha256(b"old")), 1)] {
            let store = store(&["app/config", "app/layer"]);
            let hidden = Rc::new(RefCell::new(true));
            let (asked, answer) = (hidden.clone(), answer.clone());
            let script = registry(
                &store,
                Box::new(move |_, seen| {
                    let tag = seen.url.path().ends_with("/manifests/t");
                    (tag && *asked.borrow()).then(|| answer.clone())
                }),
            );
            let backup = Some(BackupName::filled("t-backup".into()));
            let made = plan(&script, &PushInput { loaded: loaded.clone(), backup, ..input() });
            assert!(matches!(made.found, TagFact::Unknown(_)), "{:?}", made.found);
            assert_eq!(made.expected(), loaded.as_ref());
            assert_eq!(backups(&made).len(), backups_of);
            // It holds something that nobody saw: the push stops before it.
            let other = set_tag(&store, "t", "other");
            set_tag(&store, "t-backup", "old");
            *hidden.borrow_mut() = false;
            let (made, result) = run(&script.client(R), made);
            assert_eq!(result, Err(PushError::TagMoved(moved(loaded, Some(other.clone())))));
            assert_eq!(store.borrow().tag("t"), Some(other));
            assert!(made.moved.is_some());
        }
    }
}
