//! Everything that the runner needs of the outside world.

use std::rc::Rc;

use crate::registry::diagnose::Probe;
use crate::registry::{Http, Pending};

/// The outside world, behind one small trait for each thing in it. Clones share it.
#[derive(Clone)]
pub struct World {
    /// Requests, and the clock.
    pub http: Http,
    /// What can be found out about requests that failed.
    pub probe: Rc<dyn Probe>,
    /// Has a future polled until it is done.
    pub spawn: Rc<dyn Fn(Pending<'static, ()>)>,
}
