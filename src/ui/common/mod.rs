//! What views of every area use: texts, dialogs, failures, icons, long lists and texts.

pub(in crate::ui) mod button;
pub(in crate::ui) mod choice;
pub(in crate::ui) mod context;
pub(in crate::ui) mod debounced;
pub(in crate::ui) mod dialog;
pub(in crate::ui) mod diff_table;
pub(in crate::ui) mod failure;
pub(in crate::ui) mod icons;
pub(in crate::ui) mod lazy;
pub(in crate::ui) mod notices;
pub(in crate::ui) mod text_view;
pub(in crate::ui) mod visible_rows;
