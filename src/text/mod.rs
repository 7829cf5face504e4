//! Sentences for people, by key: domain code says *what* happened as a [`Message`], a [`Catalog`]
//! says it in a language.
//!
//! Invariant: no other module holds a sentence that ends on the screen. The English catalogue is
//! compiled in; other languages are assets of the page with exactly the same keys and placeholders
//! (a test compares them).

mod catalog;
mod language;
mod message;
mod time;
mod visible;

pub use catalog::{Catalog, CatalogError, Numbers, PlainNumbers, english, english_sources};
pub use language::Language;
pub use message::{Arg, Message};
pub use time::Utc;
pub use visible::{excerpt, visible};
