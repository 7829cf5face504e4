//! The plan of a push, pushes under way, and what refers to the old digests.

pub(in crate::ui) mod plan;
pub(in crate::ui) mod pushes;
pub(in crate::ui) mod referrers;
mod steps;
mod summary;
