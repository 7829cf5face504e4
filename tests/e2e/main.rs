//! The whole page in headless Chromium, and its main job in Firefox, served as people get it.
//!
//! `cargo xtask test e2e` installs what is missing, builds the page and tells these tests where
//! things are; without it, the program beside these tests and `dist/` are taken:
//!
//! - `LAYERMARK_XTASK`: the program that serves the page;
//! - `LAYERMARK_DIST`: the built page;
//! - `LAYERMARK_AXE`: the script of axe-core;
//! - `LAYERMARK_GECKODRIVER`: the driver of Firefox.
#![cfg(not(target_arch = "wasm32"))]
// Helpers of tests may fail the test, too.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../support/mod.rs"]
mod support;

mod accessibility;
mod archive;
mod base;
mod checks;
mod deliver;
mod desk;
mod faults;
mod file;
mod firefox;
mod hosting;
mod keyboard;
mod loading;
mod ordinary;
mod orphans;
mod outcome;
mod paste;
mod portal;
mod push;
mod recovery;
mod sample;
mod shell;
mod sign_in;
mod takeover;
mod verify;
mod whole;
