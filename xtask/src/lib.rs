//! Builds, serves and tests Layermark: one module per command, and what the commands share.
//!
//! - [`build`]: the page as static files in `dist/`, from [`assets`] and [`csp`], for trying it out or
//!   as it is deployed (modules `release` and `split`, with the feature `full`).
//! - [`mod@http`]: the server and the client that `serve` needs.
//! - [`archive`]: the page as a release, with the [`bill`] of what is inside.
//! - [`serve`]: the built page with a registry at the same origin.
//! - [`mod@test`]: every check of the project, with what it [`needs`].
//! - [`mod@bench`]: how fast an edit becomes a digest.
//! - [`screenshots`]: pictures of every state of the page.
//! - [`size`]: what a first visit transfers.
//! - [`workspace`]: where things are, nested cargo, timed steps.

pub mod assets;
pub mod bench;
pub mod build;
pub mod csp;
pub mod http;
pub mod needs;
pub mod release;
#[cfg(feature = "full")]
pub mod release_build;
pub mod sbom;
pub mod screenshots;
pub mod serve;
pub mod size;
#[cfg(feature = "full")]
pub mod split;
pub mod test;
pub mod workspace;
