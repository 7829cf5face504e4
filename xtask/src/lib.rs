//! Builds, serves and tests Layermark: one module per command, and what the commands share.
//!
//! - [`build`]: the page as static files in `dist/`, from [`assets`] and [`csp`].
//! - [`serve`]: the built page with a registry at the same origin.
//! - [`mod@test`]: every check of the project, with what it [`needs`].
//! - [`mod@bench`]: how fast an edit becomes a digest.
//! - [`screenshots`]: pictures of every state of the page.
//! - [`size`]: what a first visit transfers.
//! - [`wasm_test_runner`]: how cargo runs tests in the browser.
//! - [`workspace`]: where things are, nested cargo, timed steps.

pub mod assets;
pub mod bench;
pub mod build;
pub mod csp;
pub mod needs;
pub mod screenshots;
pub mod serve;
pub mod size;
pub mod split;
pub mod test;
pub mod wasm_test_runner;
pub mod workspace;
