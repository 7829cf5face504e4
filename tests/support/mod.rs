//! What the tests outside the library share: programs with their servers, a browser, images, and a
//! registry that misbehaves on demand.
//!
//! Invariant: whatever a test starts ends with the value that stands for it, also when it panics.

// Each test program uses its part of this folder, and a helper that fails has to fail the test.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used)]

pub mod browser;
pub mod controls;
pub mod dir;
pub mod fault_proxy;
pub mod firefox;
pub mod front;
pub mod gate;
pub mod http;
pub mod image;
pub mod large;
pub mod layer_server;
pub mod looks;
pub mod notes;
pub mod page;
pub mod port;
pub mod portal;
pub mod process;
pub mod program;
pub mod registry;
pub mod server;
pub mod session;
pub mod site;
pub mod skopeo;
pub mod states;
pub mod steps;
pub mod token_server;
pub mod vendor;
pub mod web_root;
