//! `--watch`: rebuilding on change and reloading the page.
//!
//! The page learns of a new build by server-sent events; the script for that is served by this
//! module alone and never lies in `dist/`.

use std::convert::Infallible;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse as _;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use tokio::sync::watch;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::WatchStream;

use crate::build::{self, files_below};
use crate::workspace::root;

/// Counts the builds.
pub type Reload = watch::Receiver<u64>;

const SCRIPT: &str = "// Reloads the page after each build.\n\
    const builds = new EventSource('/-/reload');\n\
    let first = true;\n\
    builds.onmessage = () => { if (first) { first = false; } else { location.reload(); } };\n";

/// Watches the sources on a thread of its own and builds the page after each change.
pub fn start(options: build::Options) -> Reload {
    let (builds, reload) = watch::channel(0);
    std::thread::spawn(move || {
        let mut known = state();
        let mut count = 0;
        loop {
            // A poll of some hundred files costs a millisecond and needs no library per system.
            std::thread::sleep(Duration::from_millis(300));
            let now = state();
            if now == known {
                continue;
            }
            known = now;
            match build::run(&options) {
                Ok(()) => {
                    count += 1;
                    if builds.send(count).is_err() {
                        return;
                    }
                }
                Err(error) => eprintln!("error: {error:#}; waiting for the next change"),
            }
        }
    });
    reload
}

/// Serves the script and its events.
pub fn router(reload: Reload) -> Router {
    let events = move || {
        let stream = WatchStream::new(reload.clone())
            .map(|count| Ok::<_, Infallible>(Event::default().data(count.to_string())));
        async move { Sse::new(stream).keep_alive(KeepAlive::default()) }
    };
    let script = || async {
        ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT).into_response()
    };
    Router::new().route("/-/reload", get(events)).route("/-/reload.js", get(script))
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
    fn the_script_goes_into_the_head_once() {
        let page = with_script("<head><title>x</title></head><body></head></body>");
        assert_eq!(page.matches("/-/reload.js").count(), 1);
        assert!(page.starts_with("<head><title>x</title><script"));
    }
}
