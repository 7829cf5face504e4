//! Pushing: the calls, and what their answers mean for the state.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use super::effects::Runner;
use super::loading::{explained, question, sign_out_when_idle};
use crate::app::{
    AccessAction, Action, Asked, ChecksAction, Effect, Failure, HeldCall, PlanRequest, PushAction,
    RunningPushAction, State,
};
use crate::browser::transport::now_ms;
use crate::compatibility::{self, Blob, Situation};
use crate::registry::diagnose::CallKind;
use crate::registry::push::{
    BlobFact, Place, PushError, PushFacts, PushInput, PushPlan, PushStop, StepState, execute,
    gather,
};
use crate::registry::{Cancel, Client, Error, Notice, Selector};
use crate::text::Message;

/// Plans and pushes.
pub(crate) fn run(runner: &Runner, effect: &Effect, _: &Rc<State>) {
    sign_out_when_idle(runner);
    let cancels = match effect {
        Effect::ExecutePush(_) | Effect::CancelPush => &runner.push_cancel,
        _ => &runner.plan_cancel,
    };
    if matches!(effect, Effect::CancelPlan | Effect::CancelPush) {
        return cancels.borrow().cancel();
    }
    let cancel = Cancel::new();
    cancels.replace(cancel.clone());
    let runner = runner.clone();
    match effect.clone() {
        Effect::PlanPush(request) => spawn_local(plan(runner, request, cancel)),
        Effect::ExecutePush(plan) => spawn_local(push(runner, plan, cancel)),
        _ => {}
    }
}

/// Asks the target what it has and makes the plan.
async fn plan(runner: Runner, request: Rc<PlanRequest>, cancel: Cancel) {
    let input = match &*request {
        PlanRequest::Push(push) => {
            let endpoint = |reference: &_| runner.gateway().endpoint(reference);
            (**push).clone().input(endpoint, now_ms())
        }
        PlanRequest::Restore { done, before, .. } => {
            let done = &done.input;
            let client = planning(&runner, &done.target, cancel.clone());
            let selector = Selector::Digest(before.clone());
            match client.manifest(&done.target.repository, &selector, None).await {
                Ok(old) => PushInput::restoring(done, &old),
                Err(error) => return failed(&runner, &client, &error, request).await,
            }
        }
    };
    let client = planning(&runner, &input.target, cancel);
    match gather(&client, &input).await {
        Ok(facts) => {
            runner.context.send(ChecksAction::Learned(Rc::new(learned(&input, &facts))));
            let plan = Rc::new(PushPlan::new(input, &facts));
            runner.context.send(PushAction::Planned(request, plan));
        }
        Err(error) => failed(&runner, &client, &error, request).await,
    }
}

/// Carries out the plan, step by step.
async fn push(runner: Runner, plan: Rc<PushPlan>, cancel: Cancel) {
    let client = |place: &Place| {
        client(&runner, place, cancel.clone(), |said| RunningPushAction::Progress(said).into())
    };
    let target = client(&plan.input.target);
    let source = plan.input.source.as_ref().map(client);
    let context = runner.context.clone();
    let changed = move |index: usize, state: &StepState| {
        context.send(RunningPushAction::Step(index, state.clone()));
    };
    let (plan, result) = execute((*plan).clone(), &target, source.as_ref(), &changed).await;
    let result = match result {
        Ok(proof) => Ok(proof),
        Err(stop) => {
            // What fails may be the source that blobs are copied from.
            let source = source.filter(|source| match &stop.error {
                PushError::Registry(error) => {
                    error.is_of(source.endpoint()) && !error.is_of(target.endpoint())
                }
                _ => false,
            });
            let concerned = source.unwrap_or(target);
            if let PushError::Registry(error) = &stop.error
                && let Some(what) = question(error)
            {
                let registry = concerned.endpoint().to_string();
                let call = HeldCall::Push;
                let asked = Asked { registry, reason: error.message(), what, call };
                runner.context.send(AccessAction::Ask(asked));
            }
            Err(failure(&runner, &concerned, &stop).await)
        }
    };
    runner.context.send(RunningPushAction::Ended(Rc::new(plan), result, now_ms()));
}

/// What the checks learn from what the target was asked.
fn learned(input: &PushInput, facts: &PushFacts) -> Situation {
    let target = Some(compatibility::Place {
        host: input.target.endpoint.origin().authority(),
        repository: input.target.repository.to_string(),
        tag: input.tag.as_ref().map(ToString::to_string),
    });
    let blob = |fact: &BlobFact| match fact {
        BlobFact::Present(size) => Blob::Present { size: *size },
        BlobFact::Absent => Blob::Absent,
        BlobFact::Unknown(_) => Blob::Unknown,
    };
    let blobs = facts.blobs.iter().map(|(digest, fact)| (digest.clone(), blob(fact))).collect();
    Situation { target, blobs, ..Situation::default() }
}

async fn failure(runner: &Runner, target: &Client, stop: &PushStop) -> Failure {
    match &stop.error {
        PushError::Registry(error) => {
            explained(runner, target.endpoint(), error, CallKind::Write).await
        }
        PushError::UrlPolicy { setting, .. } => Failure {
            hint: stop.error.hint(),
            details: Some(setting.yaml.clone()),
            ..Failure::plain(stop.error.message())
        },
        other => Failure { hint: other.hint(), ..Failure::plain(other.message()) },
    }
}

async fn failed(runner: &Runner, client: &Client, error: &Error, request: Rc<PlanRequest>) {
    if let Some(what) = question(error) {
        let registry = client.endpoint().to_string();
        let call = HeldCall::Plan(request.clone());
        let asked = Asked { registry, reason: error.message(), what, call };
        runner.context.send(AccessAction::Ask(asked));
    }
    let failure = explained(runner, client.endpoint(), error, CallKind::Read).await;
    runner.context.send(PushAction::Failed(request, failure));
}

/// A client for making a plan.
fn planning(runner: &Runner, place: &Place, cancel: Cancel) -> Client {
    client(runner, place, cancel, |said| PushAction::Progress(said).into())
}

/// A client that tells what it waits for by the action that `progress` makes.
fn client(
    runner: &Runner,
    place: &Place,
    cancel: Cancel,
    progress: fn(Message) -> Action,
) -> Client {
    let context = runner.context.clone();
    let notices = Rc::new(move |notice: Notice| {
        context.send(progress(notice.message()));
    });
    let session = runner.gateway().session(&place.endpoint);
    Client::new(session).with_cancel(cancel).with_notices(notices)
}
