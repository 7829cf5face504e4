//! The dialog “Export” and the files that it makes.

pub(in crate::ui) mod dialog;
pub(in crate::ui) mod recipe;
