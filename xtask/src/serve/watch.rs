//! `--watch`: rebuilding on change and reloading the page.
//!
//! The page learns of a new build by server-sent events; the script for that is served by this
//! module alone and never lies in `dist/`.

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::StatusCode;

use crate::build::{self, files_below};
use crate::http::{Body, Response, answer};
use crate::workspace::root;

/// Counts the builds, and wakes who waits for the next.
#[derive(Clone, Default)]
pub struct Reload(Arc<(Mutex<u64>, Condvar)>);

/// A line that means nothing is sent this often, to notice pages that are closed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

const SCRIPT: &str = "// Reloads the page after each build.\n\
    const builds = new EventSource('/-/reload');\n\
    let first = true;\n\
    builds.onmessage = () => { if (first) { first = false; } else { location.reload(); } };\n";

/// Watches the sources on a thread of its own and builds the page after each change.
pub fn start(options: build::Options) -> Reload {
    let reload = Reload::default();
    let builds = reload.clone();
    std::thread::spawn(move || {
        let mut known = state();
        loop {
            // A poll of some hundred files costs a millisecond and needs no library per system.
            std::thread::sleep(Duration::from_millis(300));
            let now = state();
            if now == known {
                continue;
            }
            known = now;
            match build::run(&options) {
                Ok(()) => builds.count(),
                Err(error) => eprintln!("error: {error:#}; waiting for the next change"),
            }
        }
    });
    reload
}

/// The script or its events, if `path` is the one of either.
pub fn respond(reload: &Reload, path: &str) -> Option<Response> {
    match path {
        "/-/reload" => {
            let headers = [("content-type", "text/event-stream"), ("cache-control", "no-cache")];
            let events = Events { reload: reload.clone(), sent: None, line: Vec::new() };
            Some(answer(StatusCode::OK, &headers, Body::streamed(events)))
        }
        "/-/reload.js" => {
            let headers = [("content-type", "text/javascript; charset=utf-8")];
            Some(answer(StatusCode::OK, &headers, SCRIPT))
        }
        _ => None,
    }
}

impl Reload {
    /// Counts one more build.
    fn count(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.1.notify_all();
    }

    /// Waits until the count is another one than `known`, but not for ever.
    fn wait(&self, known: Option<u64>) -> u64 {
        let count = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.1.wait_timeout_while(count, KEEP_ALIVE, |count| Some(*count) == known);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// Server-sent events (HTML, section 9.2): the count at once, then each new one.
struct Events {
    reload: Reload,
    sent: Option<u64>,
    /// What of the last event is still to be read.
    line: Vec<u8>,
}

impl Read for Events {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.line.is_empty() {
            let count = self.reload.wait(self.sent);
            let same = self.sent.replace(count) == Some(count);
            self.line = if same { ":\n\n".into() } else { format!("data: {count}\n\n").into() };
        }
        let count = (&self.line[..]).read(buffer)?;
        self.line.drain(..count);
        Ok(count)
    }
}

/// `page` with the script in its head.
pub fn with_script(page: &str) -> String {
    page.replacen("</head>", "<script type=\"module\" src=\"/-/reload.js\"></script></head>", 1)
}

/// When each source was changed last, and how long it is.
fn state() -> Vec<(PathBuf, Option<SystemTime>, u64)> {
    let root = root();
    let mut files = vec![
        root.join("index.html"),
        root.join("Cargo.toml"),
        root.join("Cargo.lock"),
        root.join("build.rs"),
    ];
    for folder in ["src", "static", "texts", "facts"] {
        files.extend(files_below(&root.join(folder)).unwrap_or_default());
    }
    files
        .into_iter()
        .map(|path| {
            let metadata = path.metadata().ok();
            let changed = metadata.as_ref().and_then(|metadata| metadata.modified().ok());
            (path, changed, metadata.map_or(0, |metadata| metadata.len()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_hears_of_each_build() {
        let reload = Reload::default();
        let mut events = Events { reload: reload.clone(), sent: None, line: Vec::new() };
        let mut next = || {
            let mut buffer = [0; 64];
            let count = events.read(&mut buffer).unwrap();
            String::from_utf8_lossy(&buffer[..count]).into_owned()
        };
        assert_eq!(next(), "data: 0\n\n");
        reload.count();
        assert_eq!(next(), "data: 1\n\n");
        let later = std::thread::spawn(move || reload.count());
        assert_eq!(next(), "data: 2\n\n");
        later.join().unwrap();
    }

    #[test]
    fn the_script_goes_into_the_head_once() {
        let page = with_script("<head><title>x</title></head><body></head></body>");
        assert_eq!(page.matches("/-/reload.js").count(), 1);
        assert!(page.starts_with("<head><title>x</title><script"));
    }
}
