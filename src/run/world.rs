//! Everything that the runner needs of the outside world.

use std::rc::Rc;

use super::files::{Downloads, Files};
use super::folders::Folders;
use super::workers::Workers;
use crate::registry::diagnose::Probe;
use crate::registry::{Http, Pending};
use crate::text::{Catalog, Language, Numbers};

/// The outside world, behind one small trait for each thing in it. Clones share it.
#[derive(Clone)]
pub struct World {
    /// Requests, and the clock.
    pub http: Http,
    /// What can be found out about requests that failed.
    pub probe: Rc<dyn Probe>,
    /// The files that the person chose.
    pub files: Rc<dyn Files>,
    /// The files that are handed to the person.
    pub downloads: Rc<dyn Downloads>,
    /// A folder to write into, and files that are kept until they are sent.
    pub folders: Rc<dyn Folders>,
    /// Verifying beside the page.
    pub workers: Rc<dyn Workers>,
    /// The sentences of the page.
    pub sentences: Rc<dyn Sentences>,
    /// Has a future polled until it is done.
    pub spawn: Rc<dyn Fn(Pending<'static, ()>)>,
}

/// The sentences of the page by language.
pub trait Sentences {
    /// The sentences of `language`; `None` when their file does not arrive.
    fn load(&self, language: Language) -> Pending<'_, Option<Rc<dyn Spoken>>>;
}

/// The sentences of one language.
pub trait Spoken {
    /// All of them.
    fn catalog(&self) -> &Catalog;

    /// How numbers are written in it.
    fn numbers(&self) -> &dyn Numbers;
}
