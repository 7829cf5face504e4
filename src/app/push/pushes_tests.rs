//! What becomes of a push that is under way when another image is opened.

use std::rc::Rc;

use crate::app::push::plan::PushAction;
use crate::app::push::pushes::PushPhase;
use crate::app::testing::{asked, opened, send};
use crate::app::{
    AccessAction, Ask, Asked, Dialog, EditAction, Effect, Failure, HeldCall, OpenAction, Opened,
    Origin, PlanRequest, RunningPushAction, State, report_facts,
};
use crate::image::fixtures::{Layer, image_of};
use crate::manifest::Facts;
use crate::msg;
use crate::registry::Endpoints;
use crate::registry::push::{Action, BlobFact, Proof, PushFacts, PushPlan, Step, StepState};

fn loaded(reference: &str, content: &str) -> OpenAction {
    let origin = Origin::Registry { reference: reference.to_owned(), facts: Facts::default() };
    OpenAction::Loaded(Rc::new(Opened::new(image_of(&[Layer::new(content)]), origin)))
}

/// The plan that “Review push” asks for, of a target that has every blob.
fn plan(state: &Rc<State>) -> Rc<PushPlan> {
    let effects = asked(state, PushAction::Review);
    let [Effect::PlanPush(request)] = effects.as_slice() else { panic!("{effects:?}") };
    let request = request.clone();
    let PlanRequest::Push(push) = &*request else { panic!("{request:?}") };
    let input = (**push).clone().input(|reference| Endpoints::default().of(reference), 0);
    let needs = input.documents.iter().flat_map(|document| &document.needs);
    let blobs = needs.map(|need| (need.digest.clone(), BlobFact::Present(None))).collect();
    Rc::new(PushPlan::new(input, &PushFacts { blobs, ..PushFacts::default() }))
}

/// “Review push” and “Push”.
fn push(state: &Rc<State>) -> (Rc<State>, Rc<PushPlan>) {
    let plan = plan(state);
    let state = send(state, PushAction::Review);
    let PushPhase::Planning(request) = state.push.phase.clone() else { panic!("no plan") };
    let state = send(&state, PushAction::Planned(request, plan.clone()));
    (send(&state, PushAction::Push), plan)
}

/// An edited image that is being pushed to another tag, with its plan.
fn pushing() -> (Rc<State>, Rc<PushPlan>) {
    let state = send(&Rc::default(), loaded("r.example/a:1", "x"));
    let state = send(&state, EditAction::Mark(0));
    let state = send(&state, EditAction::Urls(0, "https://a.example/x".into()));
    let state = send(&state, PushAction::Target("r.example/a:2".into()));
    push(&state)
}

/// Another image is open, the one before is still being pushed.
fn left() -> (Rc<State>, Rc<PushPlan>) {
    let (state, plan) = pushing();
    let leaving = send(&state, loaded("r.example/b:1", "y"));
    let dialog = leaving.view.dialog;
    assert_eq!(dialog, Some(Dialog::LeavePush), "leaving is a question about the push");
    assert_eq!(opened(&leaving).origin, opened(&state).origin);
    (send(&leaving, OpenAction::AcceptOffer), plan)
}

fn proof(plan: &PushPlan) -> Proof {
    Proof { digest: plan.input.root().unwrap().digest.clone(), before: None }
}

#[test]
fn a_push_stays_in_sight_whatever_is_opened() {
    let (state, plan) = pushing();
    assert!(state.push_elsewhere().is_none(), "it is in its own region");
    let hidden = send(&state, PushAction::Show(false));
    assert!(hidden.push_elsewhere().is_some());

    let (state, _) = left();
    let running = state.push_elsewhere().unwrap();
    assert_eq!(running.push.reference, "r.example/a:2");
    assert_eq!(running.push.opened.origin.title().to_string(), "r.example/a:1");
    assert!(state.is_unsaved(), "leaving the page would leave the push half done");
    let step = send(&state, RunningPushAction::Step(0, StepState::Running(0), 0));
    assert_eq!(step.push_elsewhere().unwrap().push.plan.steps[0].state, StepState::Running(0));
    assert_eq!(asked(&state, RunningPushAction::Cancel), [Effect::CancelPush]);

    let ended = RunningPushAction::Ended(plan.clone(), Ok(proof(&plan)), 7);
    let state = send(&state, ended);
    assert!(state.push_elsewhere().is_none() && !state.is_unsaved());
    let (at, news) = state.pushes.news().next().unwrap();
    assert_eq!(news.result, Ok(proof(&plan)));
    assert_eq!(state.push.phase, PushPhase::Idle, "the open image was not pushed");
    assert_eq!(state.push.set, None);
    let read = send(&state, RunningPushAction::Dismiss(at));
    assert_eq!(read.pushes.news().count(), 0);
}

#[test]
fn the_report_lists_the_pushes_of_its_image() {
    let (state, plan) = left();
    let state = send(&state, RunningPushAction::Ended(plan.clone(), Ok(proof(&plan)), 7));
    let facts = report_facts(&state, 0).unwrap();
    assert_eq!((facts.pushes, facts.push), (Vec::new(), Vec::new()));
    let back = send(&state, RunningPushAction::Open(Some(0)));
    let facts = report_facts(&back, 0).unwrap();
    let targets: Vec<_> = facts.pushes.iter().map(|push| push.target.as_str()).collect();
    assert_eq!(targets, ["r.example/a:2"]);
    assert!(!facts.push.is_empty());
    assert_eq!(back.pushes.news().count(), 0, "it is in the region of its image again");
    assert!(!back.has_unsaved_edits(), "they were pushed");
}

#[test]
fn the_image_of_a_push_can_be_opened_again() {
    let (away, plan) = left();
    let back = send(&away, RunningPushAction::Open(None));
    assert_eq!(back.push.phase, PushPhase::Running);
    assert_eq!(back.push.target, "r.example/a:2");
    assert!(back.push_elsewhere().is_none());
    assert!(opened(&back).is_edited());

    let failure = Failure::plain(msg!("push.not-ready"));
    let failed = send(&away, RunningPushAction::Ended(plan.clone(), Err(failure.clone()), 7));
    let back = send(&failed, RunningPushAction::Open(Some(0)));
    assert_eq!(back.push.phase, PushPhase::Planned(plan.clone()));
    assert_eq!(back.push.failure, Some(failure));
    assert!(back.has_unsaved_edits(), "they are not pushed yet");
    // It goes on from either place.
    let pushes = [Effect::ExecutePush(plan)];
    assert_eq!(asked(&back, PushAction::Push), pushes);
    assert_eq!(asked(&failed, RunningPushAction::GoOn(0)), pushes);
    for again in [send(&back, PushAction::Push), send(&failed, RunningPushAction::GoOn(0))] {
        assert!(again.pushes.running.is_some() && again.pushes.news().count() == 0);
    }
}

#[test]
fn one_push_at_a_time() {
    let (state, _) = left();
    let state = send(&state, EditAction::Mark(0));
    let state = send(&state, EditAction::Urls(0, "https://a.example/y".into()));
    let before = state.pushes.clone();
    let (state, _) = push(&state);
    assert_eq!(state.pushes, before);
    assert!(matches!(state.push.phase, PushPhase::Planned(_)), "{:?}", state.push.phase);
}

#[test]
fn edits_made_since_the_push_began_are_not_lost_unasked() {
    let (state, plan) = pushing();
    assert!(!state.has_unsaved_edits(), "what is pushed is no edit to lose");
    let state = send(&state, EditAction::Undo);
    assert!(state.has_unsaved_edits());
    // What was pushed is saved; what was edited meanwhile is not.
    let state = send(&state, RunningPushAction::Ended(plan.clone(), Ok(proof(&plan)), 7));
    assert!(state.has_unsaved_edits());
    assert!(!send(&state, EditAction::Redo).has_unsaved_edits());
}

#[test]
fn a_sign_in_question_of_a_push_lets_that_push_go_on() {
    let (state, plan) = left();
    let question = Asked {
        registry: "https://r.example".into(),
        reason: msg!("push.not-ready"),
        what: Ask::Credentials,
        call: HeldCall::Push,
    };
    let state = send(&state, AccessAction::Ask(question));
    let failure = Failure::plain(msg!("push.not-ready"));
    let state = send(&state, RunningPushAction::Ended(plan.clone(), Err(failure), 7));
    let answered = AccessAction::Answered { registry: "https://r.example".into(), user: None };
    assert_eq!(asked(&state, answered.clone()), [], "nobody has pressed the button");
    let state = send(&state, answered);
    let state = send(&state, RunningPushAction::GoOn(0));
    assert_eq!(state.push_elsewhere().unwrap().push.plan, plan);
    assert_eq!(state.push.phase, PushPhase::Idle, "it is not a push of the open image");
}

#[test]
fn a_push_that_stopped_goes_on_only_for_the_bytes_that_it_was_planned_for() {
    let (state, plan) = pushing();
    let edited = send(&state, EditAction::Urls(0, "https://a.example/other".into()));
    let failure = Failure::plain(msg!("push.not-ready"));
    let ended = RunningPushAction::Ended(plan.clone(), Err(failure), 7);
    let stopped = send(&edited, ended.clone());
    assert_eq!(stopped.push.phase, PushPhase::Idle);
    assert!(stopped.push.failure.is_some());
    assert_eq!(asked(&stopped, PushAction::Push), []);
    let as_planned = send(&state, ended);
    assert_eq!(as_planned.push.phase, PushPhase::Planned(plan.clone()));
    assert_eq!(asked(&as_planned, PushAction::Push), [Effect::ExecutePush(plan)]);
}

#[test]
fn a_push_says_how_far_it_is_and_how_long_it_takes() {
    let (mut state, plan) = pushing();
    let mut plan = (*plan).clone();
    let done = plan.steps.iter().position(|step| step.state == StepState::Pending).unwrap();
    let action = Action::UploadBlob {
        digest: plan.input.root().unwrap().digest.clone(),
        size: 100,
        from: None,
    };
    plan.steps.insert(done, Step { action, state: StepState::Pending });
    let mut next = State::clone(&state);
    next.pushes.running.as_mut().unwrap().push.plan = Rc::new(plan);
    state = Rc::new(next);
    let count = state.own_push().unwrap().push.plan.steps.len();
    let step = done + 1;
    for (sent, now_ms, expected) in [
        (0, 1000, format!("Step {step} of {count} · 0 B of 100 B sent")),
        (10, 1500, format!("Step {step} of {count} · 10 B of 100 B sent")),
        (20, 3000, format!("Step {step} of {count} · 20 B of 100 B sent · about 8 s left")),
        (100, 9000, format!("Step {step} of {count} · 100 B of 100 B sent")),
    ] {
        state = send(&state, RunningPushAction::Step(done, StepState::Running(sent), now_ms));
        assert_eq!(state.own_push().unwrap().progress_line().to_string(), expected);
    }
}
