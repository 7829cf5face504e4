//! Whether what is said of clients and registries is true, is what the documents say, and is said in
//! time.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used)] // a test's helpers fail the test

mod cases;
mod clients;
mod compatibility;
mod data;
mod documents;
mod files;
mod folder;
mod images;
#[path = "../support/port.rs"]
#[allow(unreachable_pub)]
mod port;
#[path = "../support/program.rs"]
#[allow(unreachable_pub)]
mod program;
mod programs;
mod pushes;
mod registry;
mod schema;
mod skopeo;
mod speed;
