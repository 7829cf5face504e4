use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

/// A switch that ends what it was given to. Clones are the same switch.
#[derive(Clone, Default)]
pub struct Cancel(Rc<State>);

#[derive(Default)]
struct State {
    cancelled: Cell<bool>,
    next: Cell<u32>,
    listeners: RefCell<Vec<(u32, Listener)>>,
}

type Listener = Box<dyn FnOnce()>;

/// Keeps a listener of a [`Cancel`]; dropping it takes the listener away.
#[must_use]
pub struct Listening {
    state: Rc<State>,
    id: u32,
}

impl Cancel {
    /// A switch that nobody has thrown.
    pub fn new() -> Self {
        Self::default()
    }

    /// Throws the switch: calls every listener, once.
    pub fn cancel(&self) {
        self.0.cancelled.set(true);
        let listeners = self.0.listeners.take();
        for (_, listener) in listeners {
            listener();
        }
    }

    /// Whether the switch was thrown.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.get()
    }

    /// Calls `listener` when the switch is thrown, at once when it already was.
    pub fn on_cancel(&self, listener: impl FnOnce() + 'static) -> Listening {
        let id = self.0.next.get();
        self.0.next.set(id.wrapping_add(1));
        if self.is_cancelled() {
            listener();
        } else {
            self.0.listeners.borrow_mut().push((id, Box::new(listener)));
        }
        Listening { state: Rc::clone(&self.0), id }
    }

    /// Completes when the switch is thrown.
    pub async fn cancelled(&self) {
        let mut listening = None;
        poll_fn(|context| {
            if self.is_cancelled() {
                return Poll::Ready(());
            }
            let waker = context.waker().clone();
            listening = Some(self.on_cancel(move || waker.wake()));
            Poll::Pending
        })
        .await;
        drop(listening);
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.state.listeners.borrow_mut().retain(|(id, _)| *id != self.id);
    }
}

impl fmt::Debug for Cancel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_cancelled() { "cancelled" } else { "not cancelled" })
    }
}

/// Two switches are equal when they are the same one.
impl PartialEq for Cancel {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_hear_once_and_only_while_listening() {
        let cancel = Cancel::new();
        let heard = Rc::new(Cell::new(0));
        let count = |by: u32| {
            let heard = Rc::clone(&heard);
            move || heard.set(heard.get() + by)
        };
        let kept = cancel.on_cancel(count(1));
        drop(cancel.on_cancel(count(10)));
        cancel.cancel();
        cancel.cancel();
        assert_eq!(heard.get(), 1);
        let late = cancel.on_cancel(count(100));
        assert_eq!(heard.get(), 101);
        drop((kept, late));
    }
}
