//! `cargo xtask bench`: how fast the heart of the editor is, against its budgets.
//!
//! The numbers come from `benches/`, built as the page is built except for the target, and from
//! `tests/speed/`, which measures the page itself in Chromium.

use std::env;

use anyhow::{Context as _, Result};

use crate::build;
use crate::needs::{self, Need};
use crate::workspace::{cargo, root, run as run_command};

/// Options of `cargo xtask bench`.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Options {
    /// Measure the page in Chromium, too: it is built, types into a manifest of 4 MiB, verifies a layer
    /// of 4 GiB, opens an archive of 4 GiB and scrolls through 10,000 layers.
    #[arg(long)]
    pub page: bool,
}

/// What measuring the page takes.
const PAGE_NEEDS: [Need; 4] = [
    Need::WasmTarget,
    Need::Program("chromium"),
    Need::Program("chromedriver"),
    Need::Program("tar"),
];

/// Runs the benchmarks; fails when one is over its budget.
pub fn run(options: &Options) -> Result<()> {
    if options.page {
        needs::ensure(&PAGE_NEEDS)?;
    }
    let mut command = cargo();
    command.args(["bench", "--quiet", "--package", "layermark", "--bench", "heart"]);
    run_command(&mut command).context("the benchmarks are over budget or could not run")?;
    if !options.page {
        return Ok(());
    }
    build::run(&build::Options::default())?;
    let mut command = cargo();
    command
        .args(["test", "--quiet", "--package", "layermark", "--test", "speed"])
        // One after the other: they would slow each other down.
        .args(["--", "--nocapture", "--test-threads=1"])
        .env("LAYERMARK_XTASK", env::current_exe()?)
        .env("LAYERMARK_DIST", root().join("dist"));
    run_command(&mut command).context("the page is over budget or could not be measured")
}
