//! What is on the screen: Yew components, one file per thing, that render a state and send actions.
//!
//! Invariant: no rules here. Whether something is allowed, and what it says, is decided below.

mod checks;
mod common;
mod deliver;
mod documents;
mod effects;
mod export;
mod layers;
mod load;
mod page;
mod parts;
mod push;
mod second;

pub use page::start::start;
