//! Adapters to the browser: files, clipboard, preferences. Each does one thing and knows no rules.

mod body;
pub mod clipboard;
pub mod files;
pub mod focus;
pub mod folders;
pub mod guide;
mod hashing;
pub mod keeper;
pub mod page;
pub mod portal;
pub mod preferences;
pub mod probe;
pub mod shell;
pub mod sink;
mod slices;
mod stored;
pub mod texts;
pub mod transport;
pub mod worker;
mod world;

pub use world::world;
