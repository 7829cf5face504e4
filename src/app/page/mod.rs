//! The page around the image: notices, portal, configuration, saved sessions, shortcuts.

pub mod config;
pub(in crate::app) mod guide;
pub(in crate::app) mod notices;
pub(in crate::app) mod portal;
pub mod session;
pub(in crate::app) mod session_edits;
pub(in crate::app) mod shortcuts;
