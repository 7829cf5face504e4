//! Findings, and what clients and registries do with the marks.

pub(in crate::ui) mod clients;
pub(in crate::ui) mod explain;
pub(in crate::ui) mod findings;
pub(in crate::ui) mod outcome;
