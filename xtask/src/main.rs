//! The project's own commands: `cargo xtask <command>`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Builds, serves and tests Layermark.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the page into dist/
    Build(xtask::build::Options),
    /// Build the page and pack it as a release, with its sums and the list of what is inside
    Release(xtask::release::Options),
    /// Build the page and serve it with a registry at the same origin
    Serve(xtask::serve::Options),
    /// Run every check of the project, or the steps that are named
    Test(xtask::test::Options),
    /// Run the fuzz targets, or one, for some minutes each
    Fuzz(xtask::fuzz::Options),
    /// Confront what is said of clients with the clients of this machine
    Verdicts(xtask::verdicts::Options),
    /// Print what a first visit transfers, against its budget
    Size(xtask::size::Options),
    /// Take pictures of every state of the page
    Screenshots(xtask::screenshots::Options),
    /// Measure how fast an edit becomes a digest, against the budgets
    Bench(xtask::bench::Options),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Build(options) => xtask::build::run(&options),
        Command::Release(options) => xtask::release::run(&options),
        Command::Serve(options) => xtask::serve::run(&options),
        Command::Test(options) => xtask::test::run(&options),
        Command::Fuzz(options) => xtask::fuzz::run(&options),
        Command::Verdicts(options) => xtask::verdicts::run(&options),
        Command::Size(options) => xtask::size::run(&options),
        Command::Screenshots(options) => xtask::screenshots::run(&options),
        Command::Bench(options) => xtask::bench::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
