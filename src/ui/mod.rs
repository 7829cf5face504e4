//! What is on the screen: Yew components, one file per thing, that render a state and send actions.
//!
//! Invariant: no rules here. Whether something is allowed, and what it says, is decided below.

mod access;
mod actions;
mod annotations;
mod announcer;
mod app;
mod behaviour;
mod browse;
mod changes;
mod checks;
mod choice;
mod context;
mod convert;
mod dialog;
mod diff_table;
mod document;
mod editor;
mod effects;
mod explain;
mod export;
mod exporting;
mod failure;
mod header;
mod help;
mod history;
mod icons;
mod keeping;
mod keyboard;
mod layer_row;
mod layers;
mod lazy;
mod links;
mod loading;
mod notices;
mod page_notices;
mod parts;
mod platforms;
mod push;
mod pushing;
mod refused;
mod scope;
mod shortcuts;
mod source;
mod start;
mod summary;
mod surroundings;
mod text_editor;
mod text_view;
mod texts;
mod tour;
mod url_checks;
mod verifying;
mod welcome;
mod whole;

pub use start::start;
