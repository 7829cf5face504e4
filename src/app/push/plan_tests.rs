//! What becomes of a push when the image or its edits change meanwhile.

use std::rc::Rc;

use crate::app::push::plan::{PushAction, PushState};
use crate::app::push::pushes::PushPhase;
use crate::app::push::pushes::RunningPushAction;
use crate::app::testing::asked;
use crate::app::{
    ChecksAction, EditAction, FileId, OpenAction, RewriteAction, Target, Unmark, VerifyAction,
    reduce,
};
use crate::app::{Effect, Opened, Origin, PlanRequest, State, outcome, tag_line};
use crate::image::fixtures::{Layer, image_of};
use crate::manifest::Digest;
use crate::manifest::Facts;
use crate::msg;
use crate::registry::push::{BlobFact, LocalBlob, Proof, PushFacts, PushInput, PushPlan, TagFact};
use crate::registry::{Endpoints, FileSlice, Verdict, Verification};

pub(super) fn loaded(reference: &str, content: &str) -> OpenAction {
    let reference = reference.to_owned();
    let origin = Origin::Registry { reference, facts: Facts::default() };
    OpenAction::Loaded(Rc::new(Opened::new(image_of(&[Layer::new(content)]), origin)))
}

/// The state after these actions.
pub(super) fn after(actions: Vec<crate::app::Action>) -> Rc<State> {
    let start = Rc::new(State::default());
    actions.into_iter().fold(start, |state, action| reduce(&state, action))
}

/// The input of the plan that is asked for.
fn asked_for(state: &Rc<State>) -> PushInput {
    let last = asked(state, PushAction::Review).pop();
    let Some(Effect::PlanPush(request)) = last else { panic!("{last:?}") };
    let PlanRequest::Push(push) = &*request else { panic!("{request:?}") };
    (**push).clone().input(|reference| Endpoints::default().of(reference), 0)
}

/// What the plan is asked for that is waited for.
fn request(state: &State) -> Rc<PlanRequest> {
    let PushPhase::Planning(request) = &state.push.phase else { panic!("{:?}", state.push.phase) };
    request.clone()
}

/// The plan for a target that has every blob, and the tag where it was.
fn ready(input: PushInput) -> PushPlan {
    let needs = input.documents.iter().flat_map(|document| &document.needs);
    let blobs = needs.map(|need| (need.digest.clone(), BlobFact::Present(None))).collect();
    let tag = input.loaded.clone().map_or(TagFact::Absent, TagFact::At);
    PushPlan::new(input, &PushFacts { blobs, tag, ..PushFacts::default() })
}

pub(super) fn pushed(state: &Rc<State>) -> Rc<State> {
    let plan = Rc::new(ready(asked_for(state)));
    let digest = plan.input.root().unwrap().digest.clone();
    let state = reduce(state, PushAction::Planned(request(state), plan.clone()).into());
    let state = reduce(&state, ChecksAction::Reason("no URL yet".into()).into());
    let state = reduce(&state, PushAction::Push.into());
    assert!(state.is_unsaved(), "leaving now would leave the push half done");
    assert!(!state.has_unsaved_edits(), "what is pushed is no edit to lose");
    let before = plan.input.loaded.clone();
    reduce(&state, RunningPushAction::Ended(plan, Ok(Proof { digest, before }), 0).into())
}

#[test]
fn a_layer_that_is_made_plain_is_fetched_from_the_urls_that_it_had() {
    let manifest = crate::image::SAMPLES[0].documents[0];
    let manifest = manifest.replace("\"\"", "\"https://cdn.example/x\"");
    let state = after(vec![
        crate::app::SourceAction::Json(manifest).into(),
        OpenAction::Json.into(),
        PushAction::Target("r.example/a:1".into()).into(),
        PushAction::Review.into(),
    ]);
    let urls = |state: &Rc<State>| {
        let local = asked_for(state).local.into_values();
        local.filter(|blob| matches!(blob, LocalBlob::Urls(urls) if !urls.is_empty())).count()
    };
    assert_eq!(urls(&state), 0, "foreign layers may stay away");
    let plain = reduce(&state, EditAction::Unmark(0, Unmark::RemoveUrls).into());
    let plain = reduce(&plain, PushAction::Review.into());
    assert_eq!(urls(&plain), 1);
}

#[test]
fn a_layer_is_taken_from_the_file_that_it_is() {
    let manifest = crate::image::SAMPLES[0].documents[0];
    let manifest = manifest.replace("\"\"", "\"https://cdn.example/x\"");
    let plain = after(vec![
        crate::app::SourceAction::Json(manifest).into(),
        OpenAction::Json.into(),
        EditAction::Unmark(0, Unmark::RemoveUrls).into(),
        PushAction::Target("r.example/a:1".into()).into(),
        PushAction::Review.into(),
    ]);
    let layer = plain.opened.as_ref().unwrap().base().unwrap().layers()[0].clone();
    let mut facts = PushFacts::default();
    let input = asked_for(&plain);
    let others = input.documents.iter().flat_map(|document| &document.needs);
    let others = others.filter(|need| need.digest != layer.digest);
    facts.blobs = others.map(|need| (need.digest.clone(), BlobFact::Present(None))).collect();
    let plan = Rc::new(PushPlan::new(input, &facts));
    assert!(plan.is_ready() && plan.lacks(&layer.digest));
    let planned = reduce(&plain, PushAction::Planned(request(&plain), plan).into());
    let target =
        Target { layer: layer.digest.clone(), url: "base.tar.gz".into(), file: Some(FileId(3)) };
    let chosen = reduce(&planned, VerifyAction::VerifyFile(target.clone(), layer.size).into());
    let begun = |state: &State| matches!(state.push.phase, PushPhase::Running);
    assert!(!begun(&reduce(&chosen, PushAction::Push.into())), "the file is still being read");
    let done = |verdict| {
        let read = layer.size;
        let found = Verification { verdict, redirected_to: None, read };
        reduce(&chosen, VerifyAction::Done(target.clone(), found, 0).into())
    };
    let file = LocalBlob::File(FileSlice { file: 3, start: 0, len: layer.size });
    let local = |state: &State| {
        state.push.phase.plan().and_then(|plan| plan.input.local.get(&layer.digest).cloned())
    };
    let wrong = done(Verdict::WrongContent(Digest::sha256(b"other")));
    assert!(matches!(local(&wrong), Some(LocalBlob::Urls(_))));
    let right = done(Verdict::Verified);
    assert_eq!(local(&right), Some(file.clone()));
    assert!(begun(&reduce(&right, PushAction::Push.into())));
    // The next plan knows the file, too.
    let again = reduce(&right, PushAction::Review.into());
    assert_eq!(asked_for(&again).local.get(&layer.digest), Some(&file));
}

#[test]
fn a_tag_set_by_this_page_is_expected_where_it_was_set_to() {
    let state = after(vec![loaded("r.example/a:1", "x").into(), EditAction::Mark(0).into()]);
    let state = reduce(&state, PushAction::Review.into());
    let root = state.opened.as_ref().unwrap().image.root().clone();
    assert_eq!(asked_for(&state).loaded, Some(root.clone()));
    let first = asked_for(&state).root().unwrap().digest.clone();
    let state = pushed(&state);
    assert!(matches!(state.push.phase, PushPhase::Done(..)), "{:?}", state.push.phase);

    let state = reduce(&state, EditAction::Urls(0, "https://a.example/".into()).into());
    let state = reduce(&state, PushAction::Review.into());
    assert_eq!(asked_for(&state).loaded, Some(first));

    // Elsewhere, and for an image that is loaded anew, that says nothing.
    let elsewhere = reduce(&state, PushAction::Target("r.example/b:1".into()).into());
    let elsewhere = reduce(&elsewhere, PushAction::Review.into());
    assert_eq!(asked_for(&elsewhere).loaded, None);
    let state = reduce(&state, EditAction::Undo.into());
    let state = reduce(&state, EditAction::Undo.into());
    let state = reduce(&state, loaded("r.example/a:1", "y").into());
    let state = reduce(&state, PushAction::Review.into());
    assert_eq!(asked_for(&state).loaded.as_ref(), Some(state_root(&state)));
}

fn state_root(state: &State) -> &Digest {
    state.opened.as_ref().unwrap().image.root()
}

#[test]
fn another_image_does_not_go_where_the_one_before_went() {
    let state = after(vec![loaded("r.example/a:1", "x").into(), PushAction::Review.into()]);
    assert_eq!(state.push.target, "r.example/a:1");
    let state = reduce(&state, loaded("r.example/b:2", "y").into());
    assert_eq!(*state.push, PushState::default());
    let state = reduce(&state, PushAction::Review.into());
    assert_eq!(state.push.target, "r.example/b:2");
}

#[test]
fn a_plan_lasts_as_long_as_the_bytes_it_is_for() {
    let state = after(vec![loaded("r.example/a:1", "x").into(), PushAction::Review.into()]);
    let plan = Rc::new(PushPlan::new(asked_for(&state), &PushFacts::default()));
    // An edit while the registry is still being asked.
    let edited = reduce(&state, EditAction::Mark(0).into());
    let late = reduce(&edited, PushAction::Planned(request(&state), plan.clone()).into());
    assert_eq!(late.push.phase, PushPhase::Idle);
    let again = reduce(&edited, PushAction::Review.into());
    let late = reduce(&again, PushAction::Planned(request(&state), plan.clone()).into());
    assert!(matches!(late.push.phase, PushPhase::Planning(_)));
    // An edit after the plan came.
    let planned = reduce(&state, PushAction::Planned(request(&state), plan).into());
    assert!(matches!(planned.push.phase, PushPhase::Planned(_)));
    let edited = reduce(&planned, EditAction::Mark(0).into());
    assert_eq!(edited.push.phase, PushPhase::Idle);
}

#[test]
fn the_plan_to_put_the_old_digest_back_is_not_stale() {
    let state = after(vec![
        loaded("r.example/a:1", "x").into(),
        EditAction::Mark(0).into(),
        PushAction::Review.into(),
    ]);
    let before = asked_for(&state).loaded.unwrap();
    let done = pushed(&state);
    let state = reduce(&done, PushAction::Restore.into());
    let PlanRequest::Restore { before: asked, .. } = &*request(&state) else {
        panic!("no restore")
    };
    assert_eq!(asked, &before);
    let mut input = asked_for(&reduce(&done, PushAction::Review.into()));
    input.documents.last_mut().unwrap().digest = before;
    let plan = Rc::new(PushPlan::new(input, &PushFacts::default()));
    let state = reduce(&state, PushAction::Planned(request(&state), plan).into());
    assert!(matches!(state.push.phase, PushPhase::Planned(_)), "{:?}", state.push.phase);
}

/// The state with “Review push” pressed for `target`.
fn reviewed(source: &str, target: &str) -> Rc<State> {
    after(vec![
        loaded(source, "x").into(),
        EditAction::Mark(0).into(),
        PushAction::Backup(true).into(),
        PushAction::Target(target.into()).into(),
        PushAction::Review.into(),
    ])
}

fn keys(said: &[crate::text::Message]) -> Vec<&str> {
    said.iter().map(|message| message.key).collect()
}

#[test]
fn a_backup_is_planned_for_whatever_tag_is_overwritten() {
    let check = |state: &Rc<State>, expected: Option<&str>| {
        let name = asked_for(state).backup.map(|name| name.tag(&Digest::sha256(b"")).unwrap());
        assert_eq!(name.as_ref().map(crate::registry::Tag::as_str), expected);
    };
    check(&reviewed("r.example/a:1", "r.example/a:1"), Some("1-was-e3b0c44298fc"));
    check(&reviewed("r.example/a:1", "r.example/a:2"), Some("2-was-e3b0c44298fc"));
    check(&reviewed("r.example/a:1", "r.example/b"), Some("latest-was-e3b0c44298fc"));
    let digest = Digest::sha256(b"x");
    check(&reviewed("r.example/a:1", &format!("r.example/a@{digest}")), None);
    let pasted = after(vec![
        crate::app::SourceAction::Json(crate::image::SAMPLES[0].documents[0].into()).into(),
        OpenAction::Json.into(),
        PushAction::Backup(true).into(),
        PushAction::Target("r.example/a:1".into()).into(),
        PushAction::Review.into(),
    ]);
    check(&pasted, Some("1-was-e3b0c44298fc"));
}

#[test]
fn a_digest_that_was_loaded_is_expected_at_its_tag() {
    let digest = Digest::sha256(b"x");
    for (source, target, expected) in [
        ("r.example/a:1".to_owned(), "r.example/a:1", Some(false)),
        (format!("r.example/a:1@{digest}"), "r.example/a:1", Some(true)),
        (format!("r.example/a@{digest}"), "r.example/a", Some(true)),
        (format!("r.example/a:1@{digest}"), "r.example/a:2", None),
    ] {
        let input = asked_for(&reviewed(&source, target));
        assert_eq!(input.loaded.as_ref().map(|_| input.pinned), expected, "{source} {target}");
    }
}

#[test]
fn the_plan_says_what_the_tag_and_the_digest_become() {
    let line = |target: &str, tag: TagFact| {
        let input = asked_for(&reviewed("r.example/a:1", target));
        let facts = PushFacts { tag, ..PushFacts::default() };
        tag_line(&PushPlan::new(input, &facts))
    };
    let digest = Digest::sha256(b"x");
    assert_eq!(keys(&line("r.example/a:2", TagFact::At(digest.clone()))), ["push.replaces"]);
    let moved = line("r.example/a:1", TagFact::At(digest.clone()));
    assert_eq!(keys(&moved), ["push.tag-moved"], "what it was is said once");
    let new = line("r.example/a:2", TagFact::Absent);
    assert_eq!(keys(&new), ["push.new-tag"]);
    let unknown = line("r.example/a:2", TagFact::Unknown(msg!("answer.blocked")));
    assert_eq!(keys(&unknown), ["push.tag-unknown"]);
    let by_digest = line(&format!("r.example/a@{digest}"), TagFact::Absent);
    assert_eq!(keys(&by_digest), ["push.by-digest", "push.typed-digest"]);
    let said = by_digest[0].to_string();
    let root =
        asked_for(&reviewed("r.example/a:1", "r.example/a:1")).root().unwrap().digest.clone();
    assert!(said.contains(&root.short()), "{said}");
    assert_eq!(keys(&line(&format!("r.example/a@{root}"), TagFact::Absent)), ["push.by-digest"]);
}

#[test]
fn what_was_pushed_is_told_from_what_was_edited_since() {
    let state = pushed(&reviewed("r.example/a:1", "r.example/a:1"));
    let said = |state: &State| outcome(&state.push, state.opened.as_deref());
    assert_eq!(keys(&said(&state)), ["push.pushed"]);
    assert!(said(&state)[0].to_string().contains("to r.example/a:1."), "{}", said(&state)[0]);
    let edited = reduce(&state, EditAction::Urls(0, "https://a.example/".into()).into());
    assert_eq!(keys(&said(&edited)), ["push.pushed", "push.edited-since"]);
    let undone = reduce(&edited, EditAction::Undo.into());
    assert_eq!(keys(&said(&undone)), ["push.pushed"]);
}

#[test]
fn what_was_put_back_is_not_called_pushed() {
    let state = pushed(&reviewed("r.example/a:1", "r.example/a:1"));
    assert_eq!(state.pushes.ended.len(), 1);
    let PushPhase::Done(plan, proof) = &state.push.phase else { panic!("not done") };
    let (mut plan, before) = ((**plan).clone(), proof.before.clone().unwrap());
    let state = reduce(&state, PushAction::Restore.into());
    plan.input.put_back = true;
    plan.input.documents.last_mut().unwrap().digest = before.clone();
    let plan = Rc::new(plan);
    let state = reduce(&state, PushAction::Planned(request(&state), plan.clone()).into());
    let ticked = reduce(&state, PushAction::Backup(true).into());
    assert_eq!(ticked.push.phase.plan(), Some(&plan), "it stays the plan to put back");
    let state = reduce(&state, PushAction::Push.into());
    let proof = Proof { digest: before, before: None };
    let state = reduce(&state, RunningPushAction::Ended(plan, Ok(proof), 7).into());
    assert_eq!(keys(&outcome(&state.push, state.opened.as_deref())), ["push.was-put-back"]);
    let pushes = crate::app::report_facts(&state, 0).unwrap().pushes;
    let kinds = pushes.iter().map(|push| (push.put_back, push.when.as_str(), push.target.as_str()));
    assert_eq!(
        kinds.collect::<Vec<_>>(),
        [
            (false, "1970-01-01T00:00:00Z", "r.example/a:1"),
            (true, "1970-01-01T00:00:00Z", "r.example/a:1"),
        ]
    );
    assert_ne!(pushes[0].digest, pushes[1].digest);
    let other = reduce(&state, EditAction::Undo.into());
    let other = reduce(&other, loaded("r.example/b:2", "y").into());
    assert_eq!(crate::app::report_facts(&other, 0).unwrap().pushes, [], "of another image");
}

#[test]
fn nothing_is_pushed_without_the_text_that_was_typed() {
    let state = after(vec![
        loaded("r.example/a:1", "x").into(),
        EditAction::Mark(0).into(),
        EditAction::Urls(0, "https://a.example/x".into()).into(),
        PushAction::Target("r.example/a:2".into()).into(),
        PushAction::Review.into(),
    ]);
    let input = asked_for(&state);
    let manifests = [(input.root().unwrap().digest.clone(), true)].into();
    let plan = Rc::new(PushPlan::new(input, &PushFacts { manifests, ..PushFacts::default() }));
    let state = reduce(&state, PushAction::Planned(request(&state), plan).into());
    let runs = |state: &Rc<State>| {
        let state = reduce(state, PushAction::Push.into());
        matches!(state.push.phase, PushPhase::Running)
    };
    assert!(runs(&state));
    let typing = reduce(&state, RewriteAction::Start.into());
    let typing = reduce(&typing, RewriteAction::Type("{}".into()).into());
    assert!(!runs(&typing));
    assert!(runs(&reduce(&typing, RewriteAction::Discard.into())));
}

#[test]
fn what_the_tag_points_at_is_kept_unless_the_person_says_otherwise() {
    let state = after(vec![
        loaded("r.example/a:1", "x").into(),
        EditAction::Mark(0).into(),
        PushAction::Review.into(),
    ]);
    let input = asked_for(&state);
    assert!(input.backup.is_some());
    let plan =
        |tag: TagFact| PushPlan::new(input.clone(), &PushFacts { tag, ..PushFacts::default() });
    let (there, new) = (plan(TagFact::At(Digest::sha256(b"x"))), plan(TagFact::Absent));
    let ticked = |state: &State, plan: &PushPlan| state.push.keeps_old(Some(plan));
    assert!(state.push.keeps_old(None) && ticked(&state, &there));
    assert!(!ticked(&state, &new), "there is nothing to keep");
    let not = reduce(&state, PushAction::Backup(false).into());
    assert!(!ticked(&not, &there) && asked_for(&not).backup.is_none());
    let next = reduce(&not, loaded("r.example/b:1", "y").into());
    let next = reduce(&next, OpenAction::AcceptOffer.into());
    assert!(next.push.keeps_old(None), "that was said of another image");
}

#[test]
fn a_portal_that_allows_less_than_before_is_asked_about_every_place() {
    let config = |allowed: &str| {
        let text = format!(r#"{{"allowedRegistries": [{allowed}]}}"#);
        crate::app::config::Config::read(text.as_bytes())
    };
    let refused = |allowed: &str, from: Option<&str>| {
        let mut state = crate::app::Start { config: config(allowed), ..Default::default() }.state();
        let loaded = reviewed("r.example/a:1", "t.example/a:1");
        let mut opened = Opened::clone(loaded.opened.as_ref().unwrap());
        if let Some(from) = from {
            let text = format!(r#"{{"brought":[["{}","{from}"]]}}"#, Digest::sha256(b"x"));
            let text = crate::json::parse(text.as_bytes()).unwrap();
            opened.brought = Rc::new(crate::app::Brought::read(&text).unwrap());
        }
        state.opened = Some(Rc::new(opened));
        state.push.target = "t.example/a:1".into();
        let state = reduce(&Rc::new(state), PushAction::Review.into());
        state.push.failure.as_ref().map(|failure| failure.message.to_string())
    };
    let all = r#""t.example", "r.example", "b.example""#;
    assert_eq!(refused(all, Some("b.example/a:1")), None);
    let (source, brought) = (r#""t.example", "b.example""#, r#""t.example", "r.example""#);
    assert!(refused(source, None).unwrap().contains("r.example"));
    assert!(refused(brought, Some("b.example/a:1")).unwrap().contains("b.example"));
    assert_eq!(refused(brought, None), None);
}
