//! How fast, how frugal and how quiet the page is, in real Chromium: `cargo xtask bench --page`.
#![cfg(not(target_arch = "wasm32"))]
// A measurement that cannot be made fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_precision_loss)]

#[path = "../support/mod.rs"]
mod support;

mod archive;
mod key_press;
mod many;
mod processes;
mod table;
mod verification;
