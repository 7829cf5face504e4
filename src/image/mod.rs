//! An image as a tree of documents: index, manifests and configs, and the cascade of digests
//! through it.
//!
//! Invariant: every descriptor in a rendered tree names the bytes it points to, and a document
//! with no edits in or below it keeps its bytes.

mod config;
mod edits;
mod family;
mod render;
mod samples;
mod tree;

pub use config::{Config, History, LayerOrigin};
pub use edits::{ImageEdits, NodeEdits};
pub use family::{BlockedBy, ConversionBlocker};
pub use render::{Rendered, RenderedNode};
pub use samples::{SAMPLES, Sample};
pub use tree::{Image, Row, Slot};
