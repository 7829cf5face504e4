//! Beginning a job and stopping it; a later one of its kind replaces it.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use super::runner::Runner;
use super::task::Task;
use crate::app::Action;
use crate::registry::Cancel;

/// One job. When another one of its kind has begun, it is cancelled and what it sends is dropped.
#[derive(Clone)]
pub(super) struct Job {
    pub(super) runner: Runner,
    task: Task,
    /// Thrown when the person stops the job, or a later one replaces it.
    pub(super) cancel: Cancel,
}

impl Runner {
    /// Begins `work` as the job of its kind; the one before it ends unheard.
    pub(super) fn begin<F>(&self, task: Task, work: impl FnOnce(Job) -> F)
    where
        F: Future<Output = ()> + 'static,
    {
        let cancel = Cancel::new();
        let before = self.jobs().0.borrow_mut().insert(task.clone(), cancel.clone());
        if let Some(before) = before {
            before.cancel();
        }
        self.spawn(Box::pin(work(Job { runner: self.clone(), task, cancel })));
    }

    /// Stops the job of this kind, if there is one; it says itself how it ended.
    pub(super) fn stop(&self, task: &Task) {
        let cancel = self.jobs().0.borrow().get(task).cloned();
        if let Some(cancel) = cancel {
            cancel.cancel();
        }
    }
}

impl Job {
    /// Sends an action, unless another job of this kind has begun.
    pub(super) fn send(&self, action: impl Into<Action>) {
        if self.is_current() {
            self.runner.send(action);
        }
    }

    /// The time, in milliseconds since 1970.
    pub(super) fn now_ms(&self) -> u64 {
        self.runner.world().http.now_ms()
    }

    /// Does `work` to its end; `None` as soon as the job is stopped or replaced.
    pub(super) async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        let mut listening = None;
        poll_fn(|context| {
            if self.cancel.is_cancelled() {
                return Poll::Ready(None);
            }
            let waker = context.waker().clone();
            listening = Some(self.cancel.on_cancel(move || waker.wake()));
            work.as_mut().poll(context).map(Some)
        })
        .await
    }

    fn is_current(&self) -> bool {
        self.runner.jobs().0.borrow().get(&self.task) == Some(&self.cancel)
    }
}
