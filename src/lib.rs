//! Layermark marks the layers of a container image as *foreign* (non-distributable), gives them
//! download URLs, and recomputes every digest that changes.
//!
//! The modules in reading order; each may use only those above it:
//!
//! - [`text`]: sentences for people, by key, in every language.
//! - [`limits`]: how much of what comes from outside is taken, in one table.
//! - [`json`]: lossless JSON: strict text to spans, edits as splices in the text's own style.
//! - [`manifest`]: documents, descriptors, media types and their twins, digests, URL templates, edits.
//! - [`image`]: the tree from index to children and the cascade of digests through it.
//! - [`registry`]: references, sign-in, the registry client, push plans and diagnosis, over a
//!   transport that the browser or a test provides.
//! - [`compatibility`]: facts of clients and registries, and what they will do with an edited image.
//! - [`checks`]: rules on an edited image, with fixes.
//! - [`export`]: getting images in and out: differences, archives, commands, reports, recipes.
//! - [`deliver`]: bringing marked layers to their URLs: files, commands, uploads.
//! - [`app`]: state, actions, the pure function from one to the next, effects as values.
//! - [`run`]: carrying out effects, over small traits for the outside world.
//! - `browser` and `ui`, in the page only: adapters to the browser, and what is on the screen.

pub mod app;
#[cfg(target_arch = "wasm32")]
pub mod browser;
pub mod checks;
pub mod compatibility;
pub mod deliver;
pub mod export;
pub mod image;
pub mod json;
pub mod limits;
pub mod manifest;
pub mod registry;
pub mod run;
pub mod text;
#[cfg(target_arch = "wasm32")]
pub mod ui;
