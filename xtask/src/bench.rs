//! `cargo xtask bench`: how fast the heart of the editor is, against its budgets.
//!
//! The numbers come from `benches/`, built as the page is built except for the target.

use anyhow::{Context as _, Result};

use crate::workspace::{cargo, run as run_command};

/// Options of `cargo xtask bench`.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Options {}

/// Runs the benchmarks; fails when one is over its budget.
pub fn run(_: &Options) -> Result<()> {
    let mut command = cargo();
    command.args(["bench", "--quiet", "--package", "layermark", "--bench", "heart"]);
    run_command(&mut command).context("the benchmarks are over budget or could not run")
}
