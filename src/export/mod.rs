//! Getting images in and out: differences and patches, archives, commands, reports and recipes.
//!
//! Nothing here reads a file or the network: bytes come in as values, and
//! what goes out is text, bytes, or a list of pieces to be written one after the other.

mod blocks;
mod compare;
mod diff;
mod patch;

pub use compare::splices_between;
pub use diff::{Diff, Hunk, Line, Piece, Row, Sign, UnifiedLine, diff, whole};
pub use patch::{json_patch, unified_patch};
