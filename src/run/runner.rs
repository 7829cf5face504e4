use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::gateway::Gateway;
use super::task::Jobs;
use super::workers::Worker;
use super::world::World;
use crate::app::{Action, State, Target};
use crate::registry::Pending;

/// Carries out effects. It lives as long as the page; clones are the same one.
#[derive(Clone)]
pub struct Runner(Rc<Inner>);

struct Inner {
    world: World,
    send: Rc<dyn Fn(Action)>,
    gateway: Gateway,
    jobs: Jobs,
    workers: RefCell<BTreeMap<Target, Box<dyn Worker>>>,
    idle_watched: Cell<bool>,
}

impl Runner {
    /// A runner whose outcomes go to `send`, for a page that starts in `state`.
    pub fn new(world: World, send: Rc<dyn Fn(Action)>, state: &State) -> Self {
        let gateway = Gateway::new(world.http.clone(), &state.page.origin, &state.config);
        let (jobs, workers, idle_watched) = (Jobs::default(), RefCell::default(), Cell::new(false));
        Self(Rc::new(Inner { world, send, gateway, jobs, workers, idle_watched }))
    }

    /// The sessions with registries. They end when they are idle.
    pub fn gateway(&self) -> &Gateway {
        self.sign_out_when_idle();
        &self.0.gateway
    }

    pub(super) fn world(&self) -> &World {
        &self.0.world
    }

    pub(super) fn jobs(&self) -> &Jobs {
        &self.0.jobs
    }

    /// The workers that run, by what they verify.
    pub(super) fn workers(&self) -> &RefCell<BTreeMap<Target, Box<dyn Worker>>> {
        &self.0.workers
    }

    pub(super) fn send(&self, action: impl Into<Action>) {
        (self.0.send)(action.into());
    }

    pub(super) fn spawn(&self, work: Pending<'static, ()>) {
        (self.0.world.spawn)(work);
    }

    /// Whether idle sessions are looked after from now on only.
    pub(super) fn begins_to_watch(&self) -> bool {
        !self.0.idle_watched.replace(true)
    }
}

/// Two are equal when they are the same one.
impl PartialEq for Runner {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}
