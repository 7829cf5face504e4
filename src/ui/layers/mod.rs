//! The tables of layers, of one manifest and of all platforms, and the checks of their URLs.

pub(in crate::ui) mod all_platforms;
pub(in crate::ui) mod base;
pub(in crate::ui) mod row;
pub(in crate::ui) mod rows;
pub(in crate::ui) mod scope;
pub(in crate::ui) mod step_rows;
pub(in crate::ui) mod table;
pub(in crate::ui) mod url_checks;
