//! The documents of the image: digests, platforms, source, annotations, entries, differences.

pub(in crate::ui) mod annotate;
pub(in crate::ui) mod annotations;
pub(in crate::ui) mod bring;
pub(in crate::ui) mod changes;
pub(in crate::ui) mod compare;
pub(in crate::ui) mod config;
pub(in crate::ui) mod convert;
pub(in crate::ui) mod desk;
pub(in crate::ui) mod entries;
pub(in crate::ui) mod entry_form;
pub(in crate::ui) mod health;
pub(in crate::ui) mod platforms;
pub(in crate::ui) mod source;
pub(in crate::ui) mod summary;
pub(in crate::ui) mod text_editor;
