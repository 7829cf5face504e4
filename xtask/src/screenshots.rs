//! `cargo xtask screenshots`: pictures of every state of the page, for people to look at.

use std::fs;

use anyhow::{Context as _, Result};

use crate::build;
use crate::needs::{self, Need};
use crate::workspace::{cargo, root, run as run_command};

/// Options of `cargo xtask screenshots`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Options {
    /// Only the journeys whose name contains this
    #[arg(long, value_name = "NAME")]
    pub only: Option<String>,
    /// Take the page in dist/ as it is
    #[arg(long)]
    pub no_build: bool,
    /// Put the pictures of the documentation in their place
    #[arg(long)]
    pub docs: bool,
}

/// What the states of the page take.
const NEEDS: [Need; 8] = [
    Need::WasmTarget,
    Need::Program("chromium"),
    Need::Program("chromedriver"),
    Need::Program("docker-registry"),
    Need::Program("gzip"),
    Need::Program("openssl"),
    Need::Program("skopeo"),
    Need::Program("tar"),
];

/// Builds the page and takes the pictures.
pub fn run(options: &Options) -> Result<()> {
    needs::ensure(&NEEDS)?;
    if !options.no_build {
        build::run(&build::Options::default())?;
    }
    let mut command = cargo();
    command
        .args(["test", "--package", "layermark", "--test", "screenshots"])
        .env("LAYERMARK_XTASK", std::env::current_exe()?)
        .env("LAYERMARK_DIST", root().join("dist"))
        .args(["--", "--test-threads=2"])
        .args(&options.only);
    run_command(&mut command)?;
    let folder = root().join("target/screenshots");
    if options.docs {
        for entry in fs::read_dir(folder.join("docs")).context("no picture was taken")? {
            let picture = entry?;
            fs::copy(picture.path(), root().join("docs/pictures").join(picture.file_name()))?;
        }
    }
    eprintln!("The pictures are in {}.", folder.display());
    Ok(())
}
