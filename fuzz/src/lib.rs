//! Fuzz targets of every reader of foreign bytes, one function for each.
//!
//! A target takes any bytes and panics when a promise is broken: a reader must not panic or hang,
//! an edit must give its bytes back when it is undone, a request must not leave for another place.
//! The same functions run under `cargo fuzz` (coverage-guided, nightly Rust) and under the
//! [`runner`] (stable Rust, in its test and by its program `fuzz`).

pub mod runner;
mod seeds;
mod source;
pub mod targets;

/// A target: its name, its body, and the inputs that mutations start from.
#[derive(Clone, Copy)]
pub struct Target {
    /// The name, as an argument of the program `fuzz`.
    pub name: &'static str,
    /// The body; panics when a promise is broken.
    pub run: fn(&[u8]),
    /// Inputs made by this crate; those in `corpus/NAME` and `crashes/NAME` come on top.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "json", run: targets::json, seeds: seeds::json },
    Target { name: "document", run: targets::document, seeds: seeds::documents },
    Target { name: "edits", run: targets::edits, seeds: seeds::edited_documents },
    Target { name: "cascade", run: targets::cascade, seeds: seeds::trees },
    Target { name: "reference", run: targets::reference, seeds: seeds::references },
    Target { name: "url", run: targets::url, seeds: seeds::urls },
    Target { name: "challenge", run: targets::challenge, seeds: seeds::challenges },
    Target { name: "registry", run: targets::registry, seeds: seeds::answers },
    Target { name: "template", run: targets::template, seeds: seeds::templates },
    Target { name: "archive", run: targets::archive, seeds: seeds::archives },
    Target { name: "config", run: targets::config, seeds: seeds::settings },
    Target { name: "recipe", run: targets::recipe, seeds: seeds::recipes },
    Target { name: "session", run: targets::session, seeds: seeds::sessions },
    Target { name: "links", run: targets::links, seeds: seeds::links },
    Target { name: "report", run: targets::report, seeds: seeds::hostile_texts },
    Target { name: "shell", run: targets::shell, seeds: seeds::hostile_texts },
    Target { name: "text", run: targets::text, seeds: seeds::hostile_texts },
];
