//! What registries ask while several calls are under way: each question in its own place, each answer
//! for its own registry.

use std::cell::Cell;
use std::rc::Rc;

use super::*;
use crate::app::{AccessAction, AskedAt, BringAction, HealthAction, HeldCall, Wanted};
use crate::run::testing::{put_image, put_index, tag};

/// A registry that asks for `anna`, `right`, and one under another name that asks for the same once
/// the switch is on; and the page in front of both.
fn two_registries() -> (Page, Rc<Cell<bool>>) {
    let (store, _) = empty();
    let index = put_index(&store, "app");
    tag(&store, "app", "1", &index);
    let (other, _) = put_image(&store, "other", &["other"]);
    tag(&store, "other", "1", &other);
    let closed = Rc::new(Cell::new(false));
    let (sign_in, is_closed) = (with_sign_in(), closed.clone());
    let asks = move |store: &mut crate::registry::test_store::Store, seen: &Seen| {
        let open = seen.line.contains("evil.example") && !is_closed.get();
        (!open).then(|| sign_in(store, seen)).flatten()
    };
    (page(&store, Box::new(asks)), closed)
}

/// The registry that asks at `place`.
fn asks(page: &Page, place: AskedAt) -> Option<String> {
    page.state().access.at(place).map(|asked| asked.registry.clone())
}

#[test]
fn a_password_that_is_being_typed_stays_with_the_registry_that_asked_for_it() {
    let (page, closed) = two_registries();
    load(&page, "evil.example/app:1");
    page.net.hold("HEAD https://evil.example");
    page.act(HealthAction::Check);
    closed.set(true);
    load(&page, "r.example/app:1");
    assert_eq!(asks(&page, AskedAt::Source).unwrap(), "https://r.example");
    // The other one answers while the password is being typed.
    page.release();
    assert_eq!(asks(&page, AskedAt::Source).unwrap(), "https://r.example");
    assert_eq!(asks(&page, AskedAt::Health).unwrap(), "https://evil.example");
    page.sign_in("anna", "right");
    assert_eq!(page.state().access.signed_in.len(), 1);
    assert_eq!(asks(&page, AskedAt::Source), None);
    let opened = page.state().opened.clone().unwrap();
    assert!(opened.origin.title().to_string().contains("r.example"), "{:?}", opened.origin);
    assert_eq!(asks(&page, AskedAt::Health), None, "it was about the image before");
}

#[test]
fn a_check_of_the_health_goes_on_after_signing_in_or_ends_with_the_question() {
    let (page, closed) = two_registries();
    load(&page, "evil.example/app:1");
    closed.set(true);
    page.act(HealthAction::Check);
    assert_eq!(page.state().access.at(AskedAt::Health).unwrap().call, HeldCall::Health);
    assert_eq!(page.state().desk.health, None, "nothing is asked until somebody signs in");
    page.act(AccessAction::Dismiss(AskedAt::Source));
    assert_eq!(page.state().access.asked.len(), 1, "that is another place");
    page.act(AccessAction::Dismiss(AskedAt::Health));
    assert_eq!(page.state().access.asked, []);
    assert_eq!(page.state().desk.health, None);

    page.act(HealthAction::Check);
    page.sign_in("anna", "right");
    let health = page.state().desk.health.clone().unwrap();
    assert_eq!((health.counts(), health.states.len()), ((0, 0), health.parts.len()));
    assert_eq!(page.state().access.asked, []);
}

#[test]
fn a_question_about_an_image_that_is_not_open_any_more_is_not_asked() {
    let (page, closed) = two_registries();
    load(&page, "evil.example/app:1");
    page.act(HealthAction::Check);
    page.net.hold("HEAD https://evil.example");
    page.act(HealthAction::Check);
    closed.set(true);
    load(&page, "r.example/other:1");
    page.sign_in("anna", "right");
    let before = page.state();
    assert!(before.opened.as_ref().unwrap().origin.title().to_string().contains("r.example"));
    page.release();
    assert_eq!(page.state().access.asked, []);
    assert_eq!(page.state().desk.health, None);
    // An answer to what was asked for the image before changes nothing for this one.
    let asked = page.net.count();
    let registry = "https://evil.example".to_owned();
    page.act(AccessAction::Answered { registry, user: Some("anna".into()) });
    assert_eq!(page.net.count(), asked);
}

#[test]
fn looking_elsewhere_goes_on_after_signing_in_or_ends_with_the_question() {
    let (page, _) = two_registries();
    load(&page, "evil.example/app:1");
    let index = root(&page).unwrap();
    let look = || {
        page.act(BringAction::Begin(Wanted::Entry(index.clone())));
        page.act(BringAction::Text("r.example/other:1".into()));
        page.act(BringAction::Look);
        let call = HeldCall::Bring("r.example/other:1".into());
        assert_eq!(page.state().access.at(AskedAt::Bring).unwrap().call, call);
    };
    look();
    page.act(AccessAction::Dismiss(AskedAt::Bring));
    let bring = page.state().desk.bring.clone().unwrap();
    assert!(!bring.loading && bring.problem.is_some() && bring.found.is_none());
    page.act(BringAction::Close);
    assert_eq!(page.state().access.asked, []);

    look();
    page.act(BringAction::Close);
    assert_eq!(page.state().access.asked, [], "it ends with what it was about");

    look();
    page.sign_in("anna", "right");
    let bring = page.state().desk.bring.clone().unwrap();
    assert!(!bring.loading && bring.found.is_some(), "{bring:?}");
}

#[test]
fn a_question_of_looking_elsewhere_ends_when_another_image_is_opened() {
    let (page, _) = two_registries();
    load(&page, "evil.example/app:1");
    let index = root(&page).unwrap();
    page.act(BringAction::Begin(Wanted::Entry(index)));
    page.act(BringAction::Text("r.example/other:1".into()));
    page.act(BringAction::Look);
    assert_eq!(page.state().access.asked.len(), 1);
    load(&page, "evil.example/other:1");
    assert_eq!(page.state().access.asked, []);
    let asked = page.net.count();
    let registry = "https://r.example".to_owned();
    page.act(AccessAction::Answered { registry, user: Some("anna".into()) });
    assert_eq!((page.net.count(), &page.state().desk.bring), (asked, &None));
}
