//! Sentences for people, by key: domain code says *what* happened as a [`Message`], a [`Catalog`]
//! says it in a language.
//!
//! Invariant: no other module holds a sentence that ends on the screen. All languages have exactly
//! the same keys and placeholders (a test compares them). The page loads the sentences of one
//! language, those of `start.txt` first; English is compiled in everywhere else.

mod catalog;
mod language;
mod message;
mod time;
mod visible;

pub use catalog::{
    Catalog, CatalogError, Numbers, PlainNumbers, english, english_sources, provide_english,
};
pub use language::Language;
pub use message::{Arg, Message};
pub use time::Utc;
pub use visible::{excerpt, is_hidden, visible};
