//! Where an image comes from: references, files, archives, pasted text, and what a registry asks.

pub(in crate::app) mod access;
pub(in crate::app) mod archive;
pub(in crate::app) mod browse;
pub(in crate::app) mod intake;
pub(in crate::app) mod link;
pub(in crate::app) mod open;
mod recognise;
pub(in crate::app) mod refused;
pub(in crate::app) mod source;
