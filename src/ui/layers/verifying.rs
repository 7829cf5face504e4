//! Checking URLs: the calls and the workers, and what they tell the state.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use crate::app::{Effect, State, Target, VerifyAction};
use crate::browser::files;
use crate::browser::worker::{Job, Running, Source, Told, answers_blindly};
use crate::registry::{Cancel, Verdict, Verification, ask, in_parallel};
use crate::ui::common::context::Context;
use crate::ui::effects::Runner;

/// The workers that run, by what they verify.
pub(crate) type Workers = Rc<RefCell<BTreeMap<Target, Running>>>;

/// How many URLs are asked at the same time.
const PARALLEL: usize = 6;

/// Asks, starts, holds and stops.
pub(crate) fn run(runner: &Runner, effect: &Effect, _: &Rc<State>) {
    match effect.clone() {
        Effect::AskUrls(targets) => spawn_local(ask_all(runner.clone(), targets)),
        Effect::StartVerify(target, size) => start(runner, target, size),
        Effect::PauseVerify(target, paused) => {
            if let Some(running) = runner.workers.borrow().get(&target) {
                running.pause(paused);
            }
        }
        Effect::StopVerify(target) => drop(runner.workers.borrow_mut().remove(&target)),
        _ => {}
    }
}

/// Asks every URL whether it answers.
async fn ask_all(runner: Runner, targets: Vec<(Target, u64)>) {
    let runner = &runner;
    let work = |(target, size): (Target, u64)| async move {
        let mut result =
            ask(runner.below().gateway().http(), &target.url, size, Cancel::new()).await;
        if result.verdict == Verdict::Unreachable && answers_blindly(&target.url).await {
            result.verdict = Verdict::Blocked;
        }
        runner.context.send(VerifyAction::Asked(target, result, now_ms()));
    };
    in_parallel(targets, PARALLEL, work).await;
}

/// Starts a worker that downloads and hashes.
fn start(runner: &Runner, target: Target, size: u64) {
    let (context, workers, told_target) =
        (runner.context.clone(), Rc::downgrade(&runner.workers), target.clone());
    let told = move |told: Told| match told {
        Told::Progress(read) => {
            context.send(VerifyAction::Progress(told_target.clone(), read, now_ms()));
        }
        Told::Done(result) => {
            done(&context, told_target.clone(), result);
            // The worker ends when it is dropped, which must not happen inside its own call.
            let (workers, target) = (workers.clone(), told_target.clone());
            spawn_local(async move {
                if let Some(workers) = workers.upgrade() {
                    workers.borrow_mut().remove(&target);
                }
            });
        }
    };
    let source = match target.file {
        Some(id) => files::get(id).map(Source::File),
        None => Some(Source::Url(target.url.clone())),
    };
    let job = source.map(|source| Job { source, digest: target.layer.clone(), size });
    match job.and_then(|job| Running::start(job, told)) {
        Some(running) => {
            runner.context.send(VerifyAction::Progress(target.clone(), 0, now_ms()));
            runner.workers.borrow_mut().insert(target, running);
        }
        None => {
            let verdict = Verdict::Cancelled;
            done(&runner.context, target, Verification { verdict, redirected_to: None, read: 0 });
        }
    }
}

fn done(context: &Context, target: Target, result: Verification) {
    context.send(VerifyAction::Done(target, result, now_ms()));
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Whole and positive.
fn now_ms() -> u64 {
    js_sys::Date::now() as u64
}
