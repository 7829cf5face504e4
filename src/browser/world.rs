//! The browser as the world of a [`Runner`](crate::run::Runner).

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use super::files::KeptFiles;
use super::folders::BrowserFolders;
use super::probe::{self, BrowserProbe};
use super::sink::ToDisk;
use super::stored;
use super::texts::TextFiles;
use super::transport::Browser;
use super::worker::PageWorkers;
use crate::registry::Http;
use crate::run::World;

/// The browser that this page is in.
pub fn world() -> World {
    probe::watch_policy();
    spawn_local(stored::forget_old());
    World {
        http: Http::new(Browser),
        probe: Rc::new(BrowserProbe),
        files: Rc::new(KeptFiles),
        downloads: Rc::new(ToDisk),
        folders: Rc::new(BrowserFolders),
        workers: Rc::new(PageWorkers),
        sentences: Rc::new(TextFiles),
        spawn: Rc::new(spawn_local),
    }
}
