use super::*;
use crate::app::testing::asked;
use crate::app::{Action, EditAction, OpenAction, PortalAction, PushAction, TakeAction, reduce};
use crate::app::{
    DeepLink, Dialog, Failure, PortalImage, PortalReport, PortalRequest, RewriteAction,
    SourceAction, loadable,
};
use crate::image::Sample;
use crate::json;
use crate::manifest::{Digest, Facts};
use crate::msg;
use crate::registry::MAX_REFERENCE;

fn start(config: &str) -> Rc<State> {
    let read = Config::read(config.as_bytes());
    assert_eq!(read.1, []);
    let origin = "https://portal.example".to_owned();
    Rc::new(Start { config: read, origin, ..Start::default() }.state())
}

fn after(state: &Rc<State>, action: impl Into<Action>) -> Rc<State> {
    reduce(state, action.into())
}

/// The sample `name` as if it had been loaded from `reference`.
fn loaded(name: &str, reference: &str) -> OpenAction {
    let image = Sample::named(name).unwrap().open().unwrap();
    let origin = Origin::Registry { reference: reference.to_owned(), facts: Facts::default() };
    OpenAction::Loaded(Rc::new(Opened::new(image, origin)))
}

fn link(fragment: &str) -> PortalAction {
    PortalAction::Follow(DeepLink::parse(fragment).unwrap())
}

fn asks_to_load(state: &Rc<State>, action: impl Into<Action>) -> Vec<String> {
    let load = |effect| match effect {
        Effect::LoadReference(text) => Some(text),
        _ => None,
    };
    asked(state, action).into_iter().filter_map(load).collect()
}

#[test]
fn links() {
    let check = |fragment: &str, expected: Option<(&str, Option<&str>)>| {
        let expected = expected.map(|(reference, platform)| DeepLink {
            reference: reference.to_owned(),
            platform: platform.map(str::to_owned),
            recipe: None,
        });
        assert_eq!(DeepLink::parse(fragment), expected, "{fragment}");
    };
    check("#ref=team/app:1.4", Some(("team/app:1.4", None)));
    check(
        "#ref=team/app:1.4&platform=linux/arm64/v8",
        Some(("team/app:1.4", Some("linux/arm64/v8"))),
    );
    check(
        "platform=linux%2Famd64&x=1&ref=r.example%3A5000/a%40sha256:ab",
        Some(("r.example:5000/a@sha256:ab", Some("linux/amd64"))),
    );
    check("", None);
    check("#layer-3", None);
    check("#ref=", None);
    check("#platform=linux/amd64", None);
    check("#ref=%", None);
    check("#ref=%+1", None);
    check("#ref=%ff", None);
    check(&format!("#ref={}", "a".repeat(MAX_REFERENCE + 1)), None);
}

#[test]
fn requests_of_the_portal() {
    let load = |what, platform: Option<&str>| {
        Some(PortalRequest::Load { what, platform: platform.map(str::to_owned) })
    };
    let reference = || PortalImage::Reference("a:1".to_owned());
    for (text, expected) in [
        (r#"{"layermark":1,"type":"load","reference":"a:1"}"#, load(reference(), None)),
        (
            r#"{"layermark":1,"type":"load","reference":"a:1","platform":"linux/amd64","new":[]}"#,
            load(reference(), Some("linux/amd64")),
        ),
        (
            r#"{"layermark":1,"type":"load","manifest":"{}\n"}"#,
            load(PortalImage::Manifest("{}\n".to_owned()), None),
        ),
        (r#"{"layermark":2,"type":"load","reference":"a:1"}"#, None),
        (r#"{"layermark":"1","type":"load","reference":"a:1"}"#, None),
        (r#"{"layermark":1,"type":"push","reference":"a:1"}"#, None),
        (r#"{"layermark":1,"type":"load"}"#, None),
        (r#"{"layermark":1,"type":"load","reference":"a:1","manifest":"{}"}"#, None),
        (r#"{"layermark":1,"type":"load","reference":["a:1"]}"#, None),
        (r#"{"layermark":1,"type":"load","reference":"a:1","platform":7}"#, None),
        (r#"{"type":"load","reference":"a:1"}"#, None),
        (r#""load""#, None),
        ("undefined", None),
        ("", None),
    ] {
        assert_eq!(PortalRequest::parse(text), expected, "{text}");
    }
    let long = "a".repeat(MAX_REFERENCE + 1);
    let text = format!(r#"{{"layermark":1,"type":"load","reference":"{long}"}}"#);
    assert_eq!(PortalRequest::parse(&text), None);
}

#[test]
fn reports_to_the_portal() {
    let digest = Digest::sha256(b"");
    let id = digest.as_str();
    for (report, expected) in [
        (PortalReport::Ready, r#"{"layermark":1,"type":"ready"}"#.to_owned()),
        (
            PortalReport::Opened { digest: digest.clone() },
            format!(r#"{{"layermark":1,"type":"opened","digest":"{id}"}}"#),
        ),
        (
            PortalReport::Changed { original: digest.clone(), new: digest.clone() },
            format!(r#"{{"layermark":1,"type":"changed","original":"{id}","new":"{id}"}}"#),
        ),
        (
            PortalReport::Pushed { reference: "a:1".into(), digests: vec![digest.clone()] },
            format!(r#"{{"layermark":1,"type":"pushed","reference":"a:1","digests":["{id}"]}}"#),
        ),
    ] {
        assert_eq!(report.to_json(), expected);
        assert!(json::parse(expected.as_bytes()).is_ok());
    }
}

#[test]
fn what_happens_is_reported_once() {
    let empty = start("{}");
    let opened = after(&empty, loaded("linux", "a:1"));
    let root = opened.opened.as_ref().unwrap().image.root().clone();
    assert_eq!(
        PortalReport::between(&empty, &opened),
        [PortalReport::Opened { digest: root.clone() }]
    );
    let marked = after(&opened, EditAction::Mark(0));
    let new = marked.opened.as_ref().unwrap().rendered.digest(&root).unwrap().clone();
    assert_eq!(
        PortalReport::between(&opened, &marked),
        [PortalReport::Changed { original: root.clone(), new }]
    );
    let undone = after(&marked, EditAction::Undo);
    assert_eq!(
        PortalReport::between(&marked, &undone),
        [PortalReport::Changed { original: root.clone(), new: root.clone() }]
    );
    let selected = after(&undone, EditAction::Select(1, true));
    assert_eq!(PortalReport::between(&undone, &selected), []);
    let again = after(&selected, loaded("linux", "a:1"));
    assert_eq!(PortalReport::between(&selected, &again), [PortalReport::Opened { digest: root }]);
}

#[test]
fn links_load_only_from_registries_that_the_page_knows() {
    let policy = r#"{"defaultRegistry": "r.example", "allowedRegistries": ["other.example"]}"#;
    for (config, reference, loads) in [
        ("{}", "team/app:1", true),
        ("{}", "portal.example/team/app:1", true),
        ("{}", "evil.example/team/app:1", false),
        ("{}", "not a reference", true), // Says why not; nothing is sent.
        (policy, "r.example/team/app:1", true),
        (policy, "other.example/team/app:1", true),
        (policy, "evil.example/team/app:1", false),
    ] {
        let link = link(&format!("ref={reference}"));
        let state = after(&start(config), link.clone());
        assert_eq!(state.source.reference, reference);
        let asked = asks_to_load(&start(config), link);
        assert_eq!(!asked.is_empty(), loads, "{config} {reference}");
        assert_eq!(state.page.unfollowed.is_some(), !loads, "{config} {reference}");
        // Nor does a message of the portal that frames the page go further.
        let what = PortalImage::Reference(reference.into());
        let message = PortalAction::Asked(PortalRequest::Load { what, platform: None });
        let asked = asks_to_load(&start(config), message.clone());
        assert_eq!(!asked.is_empty(), loads, "{config} {reference}");
        assert_eq!(after(&start(config), message).source.reference, reference);
    }
}

#[test]
fn the_portal_refuses_other_registries() {
    let state = start(r#"{"allowedRegistries": ["r.example"]}"#);
    assert_eq!(
        loadable(&state.config, "evil.example/a:1").unwrap_err().key,
        "config.registry-not-allowed"
    );
    assert_eq!(loadable(&state.config, "r.example/a:1").unwrap().to_string(), "r.example/a:1");
}

#[test]
fn the_portal_refuses_to_push_other_urls() {
    let state = start(r#"{"allowedUrlHosts": ["cdn.example.com"]}"#);
    let state = after(&state, loaded("linux", "team/app:1"));
    let plans = |url: &str| {
        let state = after(&state, EditAction::Mark(0));
        let state = after(&state, EditAction::Urls(0, url.to_owned()));
        let effects = asked(&state, PushAction::Review);
        let state = after(&state, PushAction::Review);
        let planned = effects.iter().any(|it| matches!(it, Effect::PlanPush(_)));
        assert_eq!(state.push.failure.is_none(), planned);
        planned
    };
    assert!(plans("https://cdn.example.com/x"));
    assert!(!plans("https://evil.example/x"));
    assert!(!plans("https://cdn.example.com/x\nhttps://evil.example/x"));
}

#[test]
fn the_platform_of_a_link_is_shown() {
    let reference = "ref=samples/app:1.4";
    let show = |platform: &str| {
        let state = after(&start("{}"), link(&format!("{reference}&platform={platform}")));
        let state = after(&state, loaded("platforms", "samples/app:1.4"));
        let opened = state.opened.clone().unwrap();
        let rows = opened.image.rows(opened.history.edits());
        let row = rows.into_iter().find(|row| row.id == opened.current).unwrap();
        row.descriptor.unwrap().platform.unwrap().to_string()
    };
    assert_eq!(show("linux/arm64"), "linux/arm64/v8");
    assert_eq!(show("linux/arm64/v8"), "linux/arm64/v8");
    assert_eq!(show("windows/amd64"), "windows/amd64 10.0.20348.4171");
    assert_eq!(show("linux/amd64"), "linux/amd64");
    assert_eq!(show("linux/arm64/v7"), "linux/amd64");
    assert_eq!(show("plan9/mips"), "linux/amd64");

    // A link to what is open loads nothing, and an older wish does not come back.
    let state = after(&start("{}"), loaded("platforms", "samples/app:1.4"));
    let first = state.opened.clone().unwrap().current.clone();
    let wish = link(&format!("{reference}&platform=linux/arm64"));
    assert_eq!(asked(&state, wish.clone()), []);
    let state = after(&state, wish);
    let second = state.opened.clone().unwrap().current.clone();
    assert_ne!(first, second);
    let state = after(&state, OpenAction::Show(first.clone()));
    assert_eq!(after(&state, EditAction::Mark(0)).opened.clone().unwrap().current, first);

    // What does not come takes its wish along.
    let state = after(&state, link("ref=samples/other:1&platform=linux/arm64"));
    let state = after(&state, SourceAction::Failed(Failure::plain(msg!("file.gone"))));
    assert_eq!(after(&state, EditAction::Mark(0)).opened.clone().unwrap().current, first);
}

#[test]
fn the_portal_loads_as_if_it_was_typed() {
    let ask = |what| PortalAction::Asked(PortalRequest::Load { what, platform: None });
    let state = start("{}");
    let typed = ask(PortalImage::Reference("team/a:1".into()));
    assert_eq!(asks_to_load(&state, typed.clone()), ["team/a:1"]);
    let state = after(&state, typed);

    let manifest = Sample::named("linux").unwrap().documents[0];
    let state = after(&state, ask(PortalImage::Manifest(manifest.to_owned())));
    let root = state.opened.as_ref().unwrap().image.root().clone();
    assert_eq!(root, Digest::sha256(manifest.as_bytes()));
    let state = after(&state, EditAction::Mark(0));
    let state = after(&state, ask(PortalImage::Manifest("{}".to_owned())));
    assert!(state.source.failure.is_some());
    let other = Sample::named("windows").unwrap().documents[0];
    let state = after(&state, ask(PortalImage::Manifest(other.to_owned())));
    assert!(state.view.dialog.is_some(), "edits are not replaced without asking");
    assert_eq!(*state.opened.as_ref().unwrap().image.root(), root);
}

#[test]
fn languages() {
    use Language::{English, German};
    for (chosen, config, browser, expected) in [
        (Some(English), r#"{"language": "de"}"#, Some(German), English),
        (None, r#"{"language": "de"}"#, Some(English), German),
        (None, "{}", Some(German), German),
        (None, "{}", None, English),
    ] {
        let mut state = State::clone(&start(config));
        state.page.chosen_language = chosen;
        state.page.browser_language = browser;
        assert_eq!(state.language(), expected);
    }
}

#[test]
fn only_edits_that_were_not_saved_hold_the_person_back() {
    let state = after(&start("{}"), loaded("linux", "a:1"));
    assert!(!state.is_unsaved());
    let state = after(&state, EditAction::Mark(0));
    assert!(state.is_unsaved());
    let state = after(&state, TakeAction::Download);
    assert!(!state.is_unsaved());
    let state = after(&state, EditAction::Mark(1));
    assert!(state.is_unsaved());
    assert!(!after(&state, EditAction::Undo).is_unsaved());

    // What was saved gives way without a question, typed text does not.
    let saved = after(&after(&state, EditAction::Mark(1)), TakeAction::Download);
    let other = after(&saved, OpenAction::Sample("windows"));
    assert!(other.view.dialog.is_none() && !other.opened.as_ref().unwrap().is_edited());
    let typed = after(&saved, RewriteAction::Start);
    let typed = after(&typed, RewriteAction::Type("{}".into()));
    assert!(typed.is_unsaved());
    let other = after(&typed, OpenAction::Sample("windows"));
    assert_eq!(other.view.dialog, Some(Dialog::ReplaceEdits));
    let kept = after(&typed, TakeAction::Download);
    assert!(kept.view.notice.is_some() && kept.is_unsaved(), "nothing leaves without the text");

    // One platform is not the whole index.
    let state = after(&start("{}"), loaded("platforms", "a:1"));
    let state = after(&after(&state, EditAction::Mark(0)), TakeAction::Download);
    assert!(state.is_unsaved());
}

#[test]
fn interrupted_work_comes_back() {
    let state = after(&start("{}"), loaded("platforms", "samples/app:1.4"));
    let state = after(&state, EditAction::Mark(0));
    let opened = Opened::clone(state.opened.as_ref().unwrap());
    let session = Some((opened.clone(), 7));
    let state = Rc::new(Start { session, ..Start::default() }.state());
    assert_eq!(asked(&state, PageAction::Started), [Effect::LoadChildren]);
    let linked = asked(&state, link("ref=samples/app:1.4"));
    assert_eq!(linked, [], "the link leads to what is open");
    assert_eq!(state.page.restored, Some(7));
    assert_eq!(state.opened.as_deref(), Some(&opened));
    let original = after(&state, EditAction::GoTo(0));
    assert!(!original.opened.as_ref().unwrap().is_edited());
    assert_eq!(original.page.restored, None);
    assert!(after(&original, EditAction::Redo).opened.as_ref().unwrap().is_edited());
}

#[test]
fn templates_of_the_portal_are_filled_in() {
    let state = start(r#"{"urlTemplates": ["https://cdn.example.com/{digest}"]}"#);
    let state = after(&state, loaded("linux", "a:1"));
    let opened = state.opened.as_ref().unwrap();
    assert_eq!(opened.template, "https://cdn.example.com/{digest}");
}
