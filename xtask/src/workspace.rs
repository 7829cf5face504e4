//! Where the workspace is, how cargo is called inside it, and steps with their time.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

/// The target of the page.
pub const WASM: &str = "wasm32-unknown-unknown";

/// The root of the checkout.
pub fn root() -> PathBuf {
    // Compiled in: xtask runs from the checkout it was built from, whatever the working directory.
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

/// A cargo command in the root of the checkout.
///
/// Flags of the environment would only apply to this machine and change the bytes of the build.
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(root())
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET");
    // `cargo run` sets these for xtask; inherited, they would make rustc-aware build scripts
    // believe that they are built as a part of it.
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_")) {
            command.env_remove(name);
        }
    }
    command
}

/// This program with all its features, see `Cargo.toml`; built first where it is not there yet.
pub fn full() -> Command {
    let mut command = cargo();
    command.args(["run", "--package", "xtask", "--features", "full", "--"]);
    command
}

/// Runs `command` to its end, with its output on this terminal.
pub fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{name} could not be started"))?;
    if !status.success() {
        bail!("{name} ended with {status}");
    }
    Ok(())
}

/// As [`step`], and says beforehand what begins, for what takes a while.
pub fn long_step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("         …  {name}");
    step(name, work)
}

/// Does `work` and prints how long it took, on stderr.
pub fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    let value = work()?;
    eprintln!("{:>8.1} s  {name}", start.elapsed().as_secs_f64());
    Ok(value)
}
