use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

use crate::registry::Pending;

/// Futures that were spawned. They are polled when they were woken, and at no other time.
#[derive(Clone, Default)]
pub(super) struct Tasks(Rc<RefCell<Vec<Task>>>);

struct Task {
    future: Pending<'static, ()>,
    woken: Arc<Flag>,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Tasks {
    pub(super) fn spawn(&self, future: Pending<'static, ()>) {
        let woken = Arc::new(Flag(AtomicBool::new(true)));
        self.0.borrow_mut().push(Task { future, woken });
    }

    /// Polls everything that was woken, once; whether there was anything.
    pub(super) fn poll(&self) -> bool {
        let all = self.0.take();
        let mut any = false;
        for mut task in all {
            if task.woken.0.swap(false, Ordering::Relaxed) {
                any = true;
                let waker = Waker::from(task.woken.clone());
                if task.future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                    continue;
                }
            }
            self.0.borrow_mut().push(task);
        }
        any
    }
}
