//! What leaves the page as files: manifests, archives, reports, recipes, commands.

pub(in crate::app) mod dialog;
pub(in crate::app) mod downloads;
pub(in crate::app) mod report;
