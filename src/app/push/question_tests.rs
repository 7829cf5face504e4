//! What a registry asks during a push, and that the answer sends nothing that nobody pressed for.

use std::rc::Rc;

use crate::app::testing::{asked, send};
use crate::app::{
    AccessAction, Action, Ask, Asked, EditAction, Effect, Failure, HeldCall, OpenAction, Opened,
    Origin, PlanRequest, PortalReport, PushAction, PushPhase, RewriteAction, RunningPushAction,
    State, tag_line,
};
use crate::image::fixtures::{Layer, image_of};
use crate::manifest::Facts;
use crate::msg;
use crate::registry::Endpoints;
use crate::registry::push::{Proof, PushFacts, PushPlan, TagFact};

const A: &str = "a.example/app:1";
const B: &str = "b.example/app:1";

/// The state with “Review push” pressed for `target`.
fn planning(target: &str) -> Rc<State> {
    let origin = Origin::Registry { reference: A.to_owned(), facts: Facts::default() };
    let opened = Opened::new(image_of(&[Layer::new("x")]), origin);
    let state = send(&Rc::default(), OpenAction::Loaded(Rc::new(opened)));
    let state = send(&state, EditAction::Mark(0));
    let state = send(&state, EditAction::Urls(0, "https://cdn.example/x".into()));
    let state = send(&state, PushAction::Target(target.to_owned()));
    send(&state, PushAction::Review)
}

fn request(state: &State) -> Rc<PlanRequest> {
    let PushPhase::Planning(request) = &state.push.phase else { panic!("{:?}", state.push.phase) };
    request.clone()
}

fn plan(request: &PlanRequest) -> Rc<PushPlan> {
    let PlanRequest::Push(push) = request else { panic!("{request:?}") };
    let input = (**push).clone().input(|reference| Endpoints::default().of(reference), 0);
    let root = input.root().unwrap().digest.clone();
    let facts = PushFacts {
        manifests: [(root, true)].into(),
        tag: TagFact::Absent,
        ..PushFacts::default()
    };
    let mut plan = PushPlan::new(input, &facts);
    plan.accept_moved_tag();
    Rc::new(plan)
}

fn question(call: HeldCall) -> AccessAction {
    let reason = msg!("push.not-ready");
    AccessAction::Ask(Asked { registry: "a.example".into(), reason, what: Ask::Credentials, call })
}

fn answered() -> AccessAction {
    AccessAction::Answered { registry: "a.example".into(), user: Some("me".into()) }
}

fn failure() -> Failure {
    Failure::plain(msg!("push.not-ready"))
}

/// A push to `target` that stopped because the registry asks who is there.
fn stopped(target: &str) -> Rc<State> {
    let state = planning(target);
    let request = request(&state);
    let plan = plan(&request);
    let state = send(&state, PushAction::Planned(request, plan.clone()));
    let state = send(&state, PushAction::Push);
    assert_eq!(state.push.phase, PushPhase::Running);
    let state = send(&state, question(HeldCall::Push));
    let state = send(&state, RunningPushAction::Ended(plan, Err(failure()), 0));
    assert_eq!(state.access.asked.len(), 1);
    state
}

/// A plan for `target` that could not be made because the registry asks who is there.
fn held(target: &str) -> Rc<State> {
    let state = planning(target);
    let request = request(&state);
    let state = send(&state, question(HeldCall::Plan(request.clone())));
    let state = send(&state, PushAction::Failed(request, failure()));
    assert_eq!(state.access.asked.len(), 1);
    state
}

/// What is pushed or planned after `action`.
fn asks(state: &Rc<State>, action: impl Into<Action>) -> Vec<String> {
    let said = asked(state, action).into_iter().filter_map(|effect| match effect {
        Effect::ExecutePush(plan) => Some(format!("push {}", plan.input.reference)),
        Effect::PlanPush(request) => match &*request {
            PlanRequest::Push(push) => Some(format!("plan {}", push.target)),
            PlanRequest::Restore { .. } => Some("plan to put back".to_owned()),
        },
        _ => None,
    });
    said.collect()
}

#[test]
fn an_answer_never_sets_a_push_going() {
    let before = stopped(A);
    let state = send(&before, answered());
    assert_eq!(asks(&before, answered()), [""; 0]);
    assert!(matches!(state.push.phase, PushPhase::Planned(_)));
    assert_eq!(state.push.failure, None);
    assert_eq!(asks(&state, PushAction::Push), [format!("push {A}")]);
    // All that holds up a first push holds up this one.
    let typing = send(&state, RewriteAction::Start);
    let typing = send(&typing, RewriteAction::Type("{}".into()));
    assert_eq!(asks(&typing, PushAction::Push), [""; 0]);
}

#[test]
fn a_question_ends_with_what_it_was_about() {
    let changes: [(&str, Vec<PushAction>); 5] = [
        ("target", vec![PushAction::Target(B.into())]),
        ("target and review", vec![PushAction::Target(B.into()), PushAction::Review]),
        ("backup", vec![PushAction::Backup(true)]),
        ("review", vec![PushAction::Review]),
        ("close", vec![PushAction::Show(false)]),
    ];
    for (name, changes) in changes {
        for (kind, state) in [("push", stopped(A)), ("plan", held(A))] {
            let state = changes.iter().fold(state, |state, change| send(&state, change.clone()));
            assert_eq!(state.access.asked, [], "{kind}: {name}");
            assert_eq!(asks(&state, answered()), [""; 0], "{kind}: {name}");
        }
    }
    // An answer about planning plans, for what is on the screen.
    let before = held(A);
    assert_eq!(asks(&before, answered()), [format!("plan {A}")]);
}

#[test]
fn a_plan_counts_for_its_target_only() {
    let first = planning(A);
    let of_first = request(&first);
    let other = send(&first, PushAction::Target(B.into()));
    let second = send(&other, PushAction::Review);
    assert_eq!(asked(&first, PushAction::Target(B.into())), [Effect::CancelPlan]);
    // The first target answers late, with a plan, a failure or a question.
    for late in [
        PushAction::Planned(of_first.clone(), plan(&of_first)),
        PushAction::Failed(of_first.clone(), failure()),
    ] {
        assert_eq!(send(&second, late.clone()), second, "{late:?}");
    }
    assert_eq!(send(&second, question(HeldCall::Plan(of_first.clone()))), second);
    assert_eq!(send(&second, question(HeldCall::Push)), second);
    // Even with plan and target put side by side, it is not carried out.
    let mut forged =
        State::clone(&send(&first, PushAction::Planned(of_first.clone(), plan(&of_first))));
    forged.push.target = B.to_owned();
    let forged = Rc::new(forged);
    assert_eq!(send(&forged, PushAction::Push), forged);
    // While it runs, what it is about stays.
    let state = send(&first, PushAction::Planned(of_first.clone(), plan(&of_first)));
    let running = send(&state, PushAction::Push);
    for change in [PushAction::Target(B.into()), PushAction::Backup(true), PushAction::Review] {
        assert_eq!(send(&running, change.clone()), running, "{change:?}");
    }
}

#[test]
fn the_registry_is_named_before_and_after() {
    let state = planning(B);
    let request = request(&state);
    let plan = plan(&request);
    let said = tag_line(&plan)[0].to_string();
    assert!(said.contains("b.example/app"), "{said}");
    let state = send(&state, PushAction::Planned(request, plan.clone()));
    let running = send(&state, PushAction::Push);
    let proof = Proof { digest: plan.input.root().unwrap().digest.clone(), before: None };
    let mut done = State::clone(&send(&running, RunningPushAction::Ended(plan, Ok(proof), 0)));
    // Whatever stands in the field, the portal is told where it was pushed to.
    done.push.target = A.to_owned();
    let reports = PortalReport::between(&running, &done);
    let told = reports.iter().find_map(|report| match report {
        PortalReport::Pushed { reference, .. } => Some(reference.as_str()),
        _ => None,
    });
    assert_eq!(told, Some(B));
}

#[test]
fn a_question_about_putting_back_ends_with_it() {
    let state = planning(A);
    let first = request(&state);
    let plan = plan(&first);
    let state = send(&state, PushAction::Planned(first, plan.clone()));
    let state = send(&state, PushAction::Push);
    let digest = plan.input.root().unwrap().digest.clone();
    let before = plan.input.loaded.clone();
    let done = send(&state, RunningPushAction::Ended(plan, Ok(Proof { digest, before }), 0));
    let restoring = send(&done, PushAction::Restore);
    let asked_for = request(&restoring);
    let state = send(&restoring, question(HeldCall::Plan(asked_for.clone())));
    let state = send(&state, PushAction::Failed(asked_for, failure()));
    assert!(matches!(state.push.phase, PushPhase::Done(..)), "it can be tried again");
    assert_eq!(asks(&state, answered()), ["plan to put back"]);
    let elsewhere = send(&state, PushAction::Target(B.into()));
    assert_eq!(asks(&elsewhere, answered()), [""; 0]);
}
