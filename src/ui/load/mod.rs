//! Where an image comes from: the tabs, browsing, archives, and what a registry asks.

pub(in crate::ui) mod access;
pub(in crate::ui) mod archive;
pub(in crate::ui) mod browse;
pub(in crate::ui) mod refused;
pub(in crate::ui) mod source;
