//! `cargo xtask fuzz`: the fuzz targets, for longer than the tests run them.

use anyhow::{Result, ensure};

use crate::workspace::{cargo, run as run_command};

/// Options of `cargo xtask fuzz`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The target [default: all, one after the other]
    #[arg(value_name = "TARGET")]
    pub target: Option<String>,
    /// How long each target runs
    #[arg(long, value_name = "N", default_value_t = 1.0)]
    pub minutes: f64,
}

/// Runs them; fails where an input breaks one, and names the file with that input.
pub fn run(options: &Options) -> Result<()> {
    ensure!(
        options.minutes.is_finite() && options.minutes > 0.0,
        "--minutes takes a number above zero, for example 30 or 0.5"
    );
    let mut command = cargo();
    command
        .args(["run", "--quiet", "--release", "--package", "layermark-fuzz", "--bin", "fuzz", "--"])
        .args(&options.target)
        .arg(options.minutes.to_string());
    run_command(&mut command)
}
