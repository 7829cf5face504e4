//! Checking URLs: the calls and the workers, and what they tell the state.

use super::runner::Runner;
use super::workers::{Told, VerifyJob, VerifySource};
use crate::app::{Target, VerifyAction};
use crate::registry::{Cancel, Url, Verdict, Verification, ask, in_parallel};

/// How many URLs are asked at the same time.
const PARALLEL: usize = 6;

impl Runner {
    /// Asks every URL whether it answers; sizes in bytes.
    pub(super) async fn ask_urls(self, targets: Vec<(Target, u64)>) {
        let runner = &self;
        let work = |(target, size): (Target, u64)| async move {
            let http = runner.gateway().http();
            let mut result = ask(http, &target.url, size, Cancel::new()).await;
            if result.verdict == Verdict::Unreachable
                && let Ok(url) = Url::parse(&target.url)
                && runner.world().probe.reaches(url).await
            {
                result.verdict = Verdict::Blocked;
            }
            runner.send(VerifyAction::Asked(target, result, http.now_ms()));
        };
        in_parallel(targets, PARALLEL, work).await;
    }

    /// Starts a worker that reads and hashes; the layer's size in bytes.
    pub(super) fn start_verify(&self, target: Target, size: u64) {
        let (runner, told_target) = (self.clone(), target.clone());
        let told = move |told: Told| {
            let now_ms = runner.world().http.now_ms();
            match told {
                Told::Progress(read) => {
                    runner.send(VerifyAction::Progress(told_target.clone(), read, now_ms));
                }
                Told::Done(result) => {
                    runner.send(VerifyAction::Done(told_target.clone(), result, now_ms));
                    // The worker ends when it is dropped, which must not happen inside its own call.
                    let (runner, target) = (runner.clone(), told_target.clone());
                    runner.clone().spawn(Box::pin(async move { runner.stop_verify(&target) }));
                }
            }
        };
        let source = match target.file {
            Some(id) => VerifySource::File(id),
            None => VerifySource::Url(target.url.clone()),
        };
        let job = VerifyJob { source, digest: target.layer.clone(), size };
        let now_ms = self.world().http.now_ms();
        match self.world().workers.start(job, Box::new(told)) {
            Some(worker) => {
                self.send(VerifyAction::Progress(target.clone(), 0, now_ms));
                self.workers().borrow_mut().insert(target, worker);
            }
            None => {
                let verdict = Verdict::Cancelled;
                let ended = Verification { verdict, redirected_to: None, read: 0 };
                self.send(VerifyAction::Done(target, ended, now_ms));
            }
        }
    }

    /// Holds a worker, or lets it go on.
    pub(super) fn pause_verify(&self, target: &Target, paused: bool) {
        if let Some(worker) = self.workers().borrow().get(target) {
            worker.pause(paused);
        }
    }

    /// Ends a worker.
    pub(super) fn stop_verify(&self, target: &Target) {
        let worker = self.workers().borrow_mut().remove(target);
        drop(worker);
    }
}
