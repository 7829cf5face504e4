//! Findings and verdicts about the open image.

pub(in crate::app) mod explain;
pub(in crate::app) mod findings;
