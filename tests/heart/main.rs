//! The heart of the editor, from bytes to bytes: random and hostile documents, random edits, and
//! models that know nothing of spans and splices.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)] // a test's helpers fail the test

mod cascade;
mod documents;
mod entries;
mod generate;
mod hostile;
mod layouts;
mod limits;
