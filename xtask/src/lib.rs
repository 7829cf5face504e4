//! Builds, serves and tests Layermark: one module per command, and what the commands share.
//!
//! - [`build`]: the page as static files in `dist/`, from [`assets`] and [`csp`], for trying it out or
//!   as it is deployed (modules `release` and `split`, with the feature `full`).
//! - [`mod@http`]: the server and the client that `serve` needs.
//! - [`mod@release`]: the page as a release, with its list of what is inside ([`sbom`]).
//! - [`serve`]: the built page with a registry at the same origin.
//! - [`mod@test`]: every check of the project, with what it [`needs`].
//! - [`mod@fuzz`]: the fuzz targets for longer than the tests run them.
//! - [`verdicts`]: what is said of clients, confronted with the clients of this machine.
//! - [`mod@bench`]: how fast an edit becomes a digest.
//! - [`screenshots`]: pictures of every state of the page.
//! - [`size`]: what a first visit transfers.
//! - [`workspace`]: where things are, nested cargo, timed steps.

pub mod assets;
pub mod bench;
pub mod build;
pub mod csp;
pub mod fuzz;
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
pub mod verdicts;
pub mod workspace;
