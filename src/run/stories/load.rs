//! Loading: sign-in on the way, being stopped, the later of two.

use super::*;
use crate::app::config::Config;
use crate::app::{Ask, BrowseAction, Origin, Remote, Start};
use crate::run::testing::{put_image, put_index, tag};

#[test]
fn a_wrong_password_then_the_right_one() {
    let (store, _) = empty();
    let index = put_index(&store, "app");
    tag(&store, "app", "1", &index);
    let page = page(&store, with_sign_in());
    load(&page, "r.example/app:1");
    let asked = page.state().access.asked[0].clone();
    assert_eq!((asked.registry.as_str(), asked.what), ("https://r.example", Ask::Credentials));
    assert!(!page.state().source.loading, "the person is at work, not the page");
    let reason = asked.reason.key;

    page.sign_in("anna", "wrong");
    let asked = page.state().access.asked[0].clone();
    assert_ne!(asked.reason.key, reason, "that it was wrong is said");
    assert_eq!(page.state().access.signed_in.len(), 0);

    page.sign_in("anna", "right");
    let state = page.state();
    assert_eq!((&state.access.asked[..], state.source.loading), (&[][..], false));
    assert_eq!(state.access.signed_in["https://r.example"], "anna");
    let opened = state.opened.as_ref().unwrap();
    assert_eq!(*opened.image.root(), index);
    let reference = "r.example/app:1".to_owned();
    assert!(matches!(&opened.origin, Origin::Registry { reference: it, .. } if *it == reference));
    assert!(opened.image.wanted(opened.history.edits()).is_empty(), "both platforms came, too");
}

#[test]
fn a_registry_that_the_portal_does_not_allow_is_not_asked() {
    for (config, host, refused) in [
        ("<!doctype html>", "r.example", "config.unread"),
        (r#"{"allowedRegistries": ["other.example"]}"#, "r.example", "config.registry-not-allowed"),
    ] {
        let (store, fault) = empty();
        let config = Config::read(config.as_bytes());
        let state = Start { config, ..Start::default() }.state();
        let page = Page::starting(registry(&store, fault), state);
        load(&page, "r.example/app:1");
        let key = |failure: &Failure| failure.message.key;
        assert_eq!(page.state().source.failure.as_ref().map(key), Some(refused));
        page.act(BrowseAction::Registry(host.into()));
        page.act(BrowseAction::ListRepositories);
        page.act(BrowseAction::ListTags("app".into()));
        let browse = &page.state().browse;
        let Remote::Failed(failure) = &browse.repositories else { panic!("{browse:?}") };
        assert_eq!(failure.message.key, refused);
        let Remote::Failed(failure) = &browse.tags else { panic!("{browse:?}") };
        assert_eq!(failure.message.key, refused);
        assert_eq!(page.net.count(), 0);
    }
}

#[test]
fn the_later_of_two_images_wins() {
    let (store, fault) = empty();
    let (first, _) = put_image(&store, "app", &["first"]);
    let (second, _) = put_image(&store, "app", &["second"]);
    tag(&store, "app", "1", &first);
    tag(&store, "app", "2", &second);
    let page = page(&store, fault);
    page.net.hold("manifests/1");
    load(&page, "r.example/app:1");
    load(&page, "r.example/app:2");
    assert_eq!(root(&page), Some(second.clone()));
    page.release();
    assert_eq!(root(&page), Some(second));
    let state = page.state();
    assert_eq!(state.page.openings, 1);
    assert_eq!((&state.source.failure, state.source.loading), (&None, false));
}

#[test]
fn loading_is_stopped_at_every_request() {
    let (store, _) = empty();
    let (image, _) = put_image(&store, "app", &["layer"]);
    tag(&store, "app", "1", &image);
    let requests = {
        let page = page(&store, Box::new(|_, _| None));
        load(&page, "r.example/app:1");
        assert_eq!(root(&page), Some(image.clone()));
        page.net.count()
    };
    assert!(requests >= 2, "manifest and config");
    for number in 0..requests {
        let page = page(&store, Box::new(|_, _| None));
        page.net.hold_number(number);
        load(&page, "r.example/app:1");
        assert!(page.state().source.loading);
        page.act(SourceAction::Cancel);
        let state = page.state();
        assert!(!state.source.loading, "at request {number}");
        assert!(state.opened.is_none(), "at request {number}");
        assert_eq!(key(state.source.failure.as_ref()), Some("transport.cancelled"), "{number}");
        assert_eq!(page.net.count(), number + 1, "nothing was asked any more");
        page.release();
        assert_eq!(root(&page), None);
        load(&page, "r.example/app:1");
        assert_eq!(root(&page), Some(image.clone()), "it can be loaded again");
    }
}

#[test]
fn another_image_that_fails_to_load_does_not_stop_the_platforms_of_the_open_one() {
    let (store, fault) = empty();
    let index = put_index(&store, "app");
    tag(&store, "app", "1", &index);
    let page = page(&store, fault);
    page.net.hold("manifests/sha256");
    load(&page, "r.example/app:1");
    load(&page, "r.example/app:missing");
    assert!(page.state().source.failure.is_some());
    page.release();
    let state = page.state();
    let opened = state.opened.as_ref().unwrap();
    assert!(opened.image.wanted(opened.history.edits()).is_empty());
    assert_eq!(opened.image.documents().count(), 3);
}

#[test]
fn who_asks_nothing_for_a_quarter_of_an_hour_is_signed_out() {
    const MINUTE: u64 = 60_000;
    let (store, _) = empty();
    let (image, _) = put_image(&store, "app", &["layer"]);
    tag(&store, "app", "1", &image);
    let page = page(&store, with_sign_in());
    load(&page, "r.example/app:1");
    page.sign_in("anna", "right");
    (0..14).for_each(|_| page.wait(MINUTE));
    assert_eq!(page.state().access.signed_in.len(), 1);
    load(&page, "r.example/app:1");
    (0..14).for_each(|_| page.wait(MINUTE));
    assert_eq!(page.state().access.signed_in.len(), 1, "asking keeps the session");
    (0..2).for_each(|_| page.wait(MINUTE));
    let state = page.state();
    assert_eq!(state.access.signed_in.len(), 0);
    assert_eq!(state.view.notice.as_ref().unwrap().message.key, "notice.signed-out");
    load(&page, "r.example/app:1");
    assert_eq!(page.state().access.asked.len(), 1, "the password is gone");
}
