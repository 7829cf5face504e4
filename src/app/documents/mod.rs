//! Edits of whole documents: annotations, entries, media types, free text; and their differences.

pub(in crate::app) mod annotation;
pub(in crate::app) mod bring;
pub(in crate::app) mod brought;
pub(in crate::app) mod changes;
pub(in crate::app) mod compare;
pub(in crate::app) mod convert;
pub(in crate::app) mod desk;
pub(in crate::app) mod health;
pub(in crate::app) mod reading;
pub(in crate::app) mod rewrite;
