//! The bodies of the targets: each panics when a promise is broken.
#![allow(clippy::missing_panics_doc)] // said above, once

mod archive;
mod documents;
mod names;
mod output;
mod registry;
mod texts;

pub use archive::archive;
pub use documents::{cascade, document, edits, json};
pub use names::{challenge, links, reference, template, url};
pub use output::{report, shell, text};
pub use registry::registry;
pub use texts::{config, recipe, session};
