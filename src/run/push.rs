//! Planning a push and carrying it out.

use std::rc::Rc;

use super::failure::{ask, explained};
use super::job::Job;
use crate::app::{
    Action, ChecksAction, Failure, HeldCall, PlanRequest, PushAction, RunningPushAction,
};
use crate::compatibility::{self, Blob, Situation};
use crate::registry::diagnose::CallKind;
use crate::registry::push::{
    BlobFact, LocalBlob, Place, PushError, PushFacts, PushInput, PushPlan, PushStop, StepState,
    execute, gather,
};
use crate::registry::{Client, Error, Notice, Selector};
use crate::text::Message;

/// Asks the target what it has and makes the plan.
pub(super) async fn plan(job: Job, request: Rc<PlanRequest>) {
    let input = match &*request {
        PlanRequest::Push(push) => {
            let gateway = job.runner.gateway();
            let endpoint = |reference: &_| gateway.endpoint(reference);
            (**push).clone().input(endpoint, gateway.http().now_ms())
        }
        PlanRequest::Restore { done, before, .. } => {
            let done = &done.input;
            let client = planning(&job, &done.target);
            let selector = Selector::Digest(before.clone());
            match client.manifest(&done.target.repository, &selector, None).await {
                Ok(old) => PushInput::restoring(done, &old),
                Err(error) => return failed(&job, &client, &error, request).await,
            }
        }
    };
    let client = planning(&job, &input.target);
    match gather(&client, &input).await {
        Ok(facts) => {
            job.send(ChecksAction::Learned(Rc::new(learned(&input, &facts))));
            job.send(PushAction::Planned(request, Rc::new(PushPlan::new(input, &facts))));
        }
        Err(error) => failed(&job, &client, &error, request).await,
    }
}

/// Carries out the plan, step by step.
pub(super) async fn push(job: Job, plan: Rc<PushPlan>) {
    let client =
        |place: &Place| client(&job, place, |said| RunningPushAction::Progress(said).into());
    let target = client(&plan.input.target);
    let copied = plan.input.local.values().filter_map(|blob| match blob {
        LocalBlob::In(place) => Some(place.clone()),
        _ => None,
    });
    let places: Vec<Place> = plan.input.source.iter().cloned().chain(copied).collect();
    let changed = |index: usize, state: &StepState| {
        let now_ms = job.runner.world().http.now_ms();
        job.send(RunningPushAction::Step(index, state.clone(), now_ms));
    };
    let (plan, result) = execute((*plan).clone(), &target, &client, &changed).await;
    let result = match result {
        Ok(proof) => Ok(proof),
        Err(stop) => {
            // What fails may be a place that blobs are copied from.
            let source = places.iter().find(|place| match &stop.error {
                PushError::Registry(error) => {
                    error.is_of(&place.endpoint) && !error.is_of(target.endpoint())
                }
                _ => false,
            });
            let concerned = source.map_or(target, client);
            if let PushError::Registry(error) = &stop.error {
                ask(&job, &concerned, error, HeldCall::Push);
            }
            Err(failure(&job, &concerned, &stop).await)
        }
    };
    job.send(RunningPushAction::Ended(Rc::new(plan), result, job.runner.world().http.now_ms()));
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

async fn failure(job: &Job, target: &Client, stop: &PushStop) -> Failure {
    match &stop.error {
        PushError::Registry(error) => {
            explained(&job.runner, target.endpoint(), error, CallKind::Write).await
        }
        PushError::UrlPolicy { setting, .. } => Failure {
            hint: stop.error.hint(),
            details: Some(setting.yaml.clone()),
            ..Failure::plain(stop.error.message())
        },
        other => Failure { hint: other.hint(), ..Failure::plain(other.message()) },
    }
}

async fn failed(job: &Job, client: &Client, error: &Error, request: Rc<PlanRequest>) {
    ask(job, client, error, HeldCall::Plan(request.clone()));
    let failure = explained(&job.runner, client.endpoint(), error, CallKind::Read).await;
    job.send(PushAction::Failed(request, failure));
}

/// A client for making a plan.
fn planning(job: &Job, place: &Place) -> Client {
    client(job, place, |said| PushAction::Progress(said).into())
}

/// A client that tells what it waits for by the action that `progress` makes.
fn client(job: &Job, place: &Place, progress: fn(Message) -> Action) -> Client {
    let notified = job.clone();
    let notices = Rc::new(move |notice: Notice| {
        notified.send(progress(notice.message()));
    });
    let session = job.runner.gateway().session(&place.endpoint);
    Client::new(session).with_cancel(job.cancel.clone()).with_notices(notices)
}
