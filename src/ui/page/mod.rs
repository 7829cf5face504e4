//! The page around the image: its start, head, foot, notices, keyboard and help.

pub(in crate::ui) mod actions;
pub(in crate::ui) mod app;
pub(in crate::ui) mod autosave;
pub(in crate::ui) mod editor;
pub(in crate::ui) mod header;
pub(in crate::ui) mod help;
pub(in crate::ui) mod history;
pub(in crate::ui) mod keyboard;
pub(in crate::ui) mod links;
pub(in crate::ui) mod page_notices;
pub(in crate::ui) mod portal;
pub(in crate::ui) mod shortcuts;
pub(in crate::ui) mod start;
pub(in crate::ui) mod welcome;
