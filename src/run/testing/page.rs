use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::tasks::Tasks;
use super::{Disk, FakeFolders, Net};
use crate::app::{Action, State, step};
use crate::registry::diagnose::{Permission, Probe};
use crate::registry::testing::Script;
use crate::registry::{Http, Origin, Pending, Url};
use crate::run::{Runner, World};

/// A page without a browser: the state, the runner, and what goes on between them.
pub(crate) struct Page {
    pub(crate) net: Net,
    pub(crate) disk: Disk,
    pub(crate) folders: FakeFolders,
    runner: Runner,
    state: RefCell<Rc<State>>,
    sent: Rc<RefCell<VecDeque<Action>>>,
    tasks: Tasks,
}

impl Page {
    /// A page that just started, whose network answers by `script`.
    pub(crate) fn new(script: Script) -> Self {
        Self::starting(script, State::default())
    }

    /// A page that starts as `state`.
    pub(crate) fn starting(script: Script, state: State) -> Self {
        let (net, disk, tasks) = (Net::new(script), Disk::default(), Tasks::default());
        let folders = FakeFolders::new();
        let (state, sent) = (Rc::new(state), Rc::new(RefCell::new(VecDeque::new())));
        let world = World {
            http: Http::new(net.clone()),
            probe: Rc::new(Blind),
            files: Rc::new(disk.clone()),
            downloads: Rc::new(disk.clone()),
            folders: Rc::new(folders.clone()),
            workers: Rc::new(disk.clone()),
            sentences: Rc::new(disk.clone()),
            spawn: Rc::new({
                let tasks = tasks.clone();
                move |future| tasks.spawn(future)
            }),
        };
        let send = {
            let sent = sent.clone();
            move |action| sent.borrow_mut().push_back(action)
        };
        let runner = Runner::new(world, Rc::new(send), &state);
        Self { net, disk, folders, runner, state: RefCell::new(state), sent, tasks }
    }

    /// The state as it is now.
    pub(crate) fn state(&self) -> Rc<State> {
        self.state.borrow().clone()
    }

    /// Does what the person does, and everything that follows from it until something is waited for.
    pub(crate) fn act(&self, action: impl Into<Action>) {
        self.sent.borrow_mut().push_back(action.into());
        self.settle();
    }

    /// Signs in at the registry that asked for it first.
    pub(crate) fn sign_in(&self, user: &str, secret: &str) {
        let asked = self.state().access.asked[0].clone();
        self.runner.sign_in(&asked.registry, user, secret).unwrap();
        self.settle();
    }

    /// Lets go on what is held: requests, and the reading of files.
    pub(crate) fn release(&self) {
        self.net.release();
        self.disk.release();
        self.settle();
    }

    /// Lets time pass.
    pub(crate) fn wait(&self, ms: u64) {
        self.net.pass_time(ms);
        self.settle();
    }

    /// Does everything that follows until something is waited for.
    pub(crate) fn settle(&self) {
        loop {
            let next = self.sent.borrow_mut().pop_front();
            if let Some(action) = next {
                let (state, effects) = step(&self.state(), action);
                self.state.replace(state.clone());
                for effect in effects {
                    self.runner.carry_out(effect, &state);
                }
            } else if !self.tasks.poll() {
                return;
            }
        }
    }
}

/// Finds out nothing.
struct Blind;

impl Probe for Blind {
    fn is_online(&self) -> Option<bool> {
        None
    }

    fn policy_violated(&self, _: &Origin) -> bool {
        false
    }

    fn local_network(&self) -> Pending<'_, Option<Permission>> {
        Box::pin(async { None })
    }

    fn reaches(&self, _: Url) -> Pending<'_, bool> {
        Box::pin(async { true })
    }

    fn redirects(&self, _: Url) -> Pending<'_, Option<bool>> {
        Box::pin(async { Some(false) })
    }
}
