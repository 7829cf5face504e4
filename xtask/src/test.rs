//! `cargo xtask test`: every check of the project, in steps that can be named one by one.

use std::env;
use std::fmt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;

use crate::needs::{self, Need};
use crate::workspace::{WASM, cargo, root, run as run_command};
use crate::{build, size};

/// Options of `cargo xtask test`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Options {
    /// Steps to run, in this order [default: all]
    #[arg(value_name = "STEP")]
    pub steps: Vec<Step>,
    /// Only the end-to-end tests whose name contains this
    #[arg(long, value_name = "NAME")]
    pub only: Option<String>,
}

/// A step of the tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Step {
    /// rustfmt
    Fmt,
    /// clippy on the library, the page and xtask
    Clippy,
    /// rustdoc without a warning
    Doc,
    /// Unit, property and integration tests outside a browser
    Native,
    /// The page in dist/
    Build,
    /// The transfer table against its budget
    Size,
    /// The whole page in headless Chromium and Firefox against registries; builds the page if nothing else did
    E2e,
}

impl Step {
    /// What is made sure of before the first step starts.
    pub fn needs(self) -> &'static [Need] {
        use Need::{Axe, Component, Geckodriver, Program, WasmTarget};
        match self {
            Self::Fmt => &[Component("rustfmt", "fmt")],
            Self::Clippy => &[Component("clippy", "clippy"), WasmTarget],
            Self::Doc | Self::Build => &[WasmTarget],
            Self::Native => &[
                Program("bash"),
                Program("caddy"),
                Program("curl"),
                Program("docker"),
                Program("dockerd"),
                Program("docker-registry"),
                Program("gzip"),
                Program("nginx"),
                Program("openssl"),
                Program("patch"),
                Program("sha256sum"),
                Program("buildah"),
                Program("containerd"),
                Program("ctr"),
                Program("podman"),
                Program("skopeo"),
                Program("tar"),
            ],
            Self::Size => &[],
            Self::E2e => &[
                WasmTarget,
                Program("chromium"),
                Program("chromedriver"),
                Program("firefox-esr"),
                Geckodriver,
                Program("npm"),
                Axe,
                Program("bash"),
                Program("caddy"),
                Program("docker-registry"),
                Program("gzip"),
                Program("nginx"),
                Program("openssl"),
                Program("sha256sum"),
                Program("skopeo"),
                Program("tar"),
                Program("unshare"),
            ],
        }
    }
}

/// How a step ended.
struct Outcome {
    step: Step,
    error: Option<anyhow::Error>,
    time: Duration,
}

/// Runs the steps; all of them, even if one fails.
pub fn run(options: &Options) -> Result<()> {
    let steps = if options.steps.is_empty() { Step::value_variants() } else { &options.steps };
    let steps = with_build(steps);
    let all: Vec<Need> = steps.iter().flat_map(|step| step.needs()).copied().collect();
    needs::ensure(&all)?;
    // Asked for now: a test of xtask itself may put a new file in the place of this program.
    let program = env::current_exe().context("this program does not know where it is")?;
    let mut outcomes: Vec<Outcome> = Vec::new();
    for step in steps {
        eprintln!("\n=== {step}");
        let start = Instant::now();
        let unbuilt = outcomes.iter().any(|done| done.step == Step::Build && done.error.is_some());
        let result = match step {
            Step::Size | Step::E2e if unbuilt => Err(anyhow::anyhow!("there is no page to test")),
            _ => run_step(step, &program, options.only.as_deref()),
        };
        if let Err(error) = &result {
            eprintln!("error: {error:#}");
        }
        outcomes.push(Outcome { step, error: result.err(), time: start.elapsed() });
    }

    eprintln!();
    for Outcome { step, error, time } in &outcomes {
        let word = if error.is_some() { "FAILED" } else { "ok" };
        eprintln!("{:>8.1} s  {:<8} {word}", time.as_secs_f64(), step.to_string());
    }
    let failed: Vec<String> = outcomes
        .iter()
        .filter(|outcome| outcome.error.is_some())
        .map(|outcome| outcome.step.to_string())
        .collect();
    // Cargo itself counts the tests; this only says which of the steps to look at.
    if !failed.is_empty() {
        bail!("{} of {} steps failed: {}", failed.len(), outcomes.len(), failed.join(", "));
    }
    eprintln!("All steps are fine.");
    Ok(())
}

/// The steps with a build before the first one that needs a page.
fn with_build(steps: &[Step]) -> Vec<Step> {
    let mut all = Vec::new();
    for step in steps {
        let needs_page = matches!(step, Step::Size | Step::E2e);
        if needs_page && !all.contains(&Step::Build) {
            all.push(Step::Build);
        }
        if *step != Step::Build || !all.contains(step) {
            all.push(*step);
        }
    }
    all
}

fn run_step(step: Step, program: &Path, only: Option<&str>) -> Result<()> {
    match step {
        Step::Fmt => run_command(cargo().args(["fmt", "--all", "--", "--check"])),
        Step::Clippy => clippy(),
        Step::Doc => doc(),
        Step::Native => {
            // One package after the other: together, cargo would unite the features of their
            // dependencies and build xtask's all over again.
            let packages =
                [&["layermark"][..], &["layermark-fuzz"], &["start"], &["xtask", "--all-features"]];
            run_all(packages.map(|package| {
                let mut command = testing(step);
                command.arg("--package").args(package);
                command
            }))
        }
        Step::Build => build::run(&build::Options::default()),
        Step::Size => size::run(&size::Options::default()),
        Step::E2e => e2e(program, only),
    }
}

fn clippy() -> Result<()> {
    run_all(
        [
            &["--package", "layermark", "--all-targets"][..],
            // Cargo leaves out what `cargo test` does not run by itself.
            &[
                "--package",
                "layermark",
                "--test",
                "e2e",
                "--test",
                "screenshots",
                "--test",
                "speed",
            ],
            &["--package", "layermark", "--lib", "--bins", "--target", WASM],
            &["--package", "gloo", "--target", WASM],
            &["--package", "layermark-fuzz", "--all-targets"],
            &["--package", "start", "--all-targets"],
            &["--package", "xtask", "--all-targets", "--all-features"],
        ]
        .map(|target| {
            let mut command = cargo();
            command.arg("clippy").args(target).args(["--", "--deny", "warnings"]);
            command
        }),
    )
}

fn doc() -> Result<()> {
    run_all(
        [&["--package", "xtask"][..], &["--package", "layermark", "--lib", "--target", WASM]].map(
            |target| {
                let mut command = cargo();
                command.args(["doc", "--no-deps"]).args(target);
                command.env("RUSTDOCFLAGS", "--deny warnings");
                command
            },
        ),
    )
}

fn e2e(program: &Path, only: Option<&str>) -> Result<()> {
    let mut command = testing(Step::E2e);
    command
        .args(["--package", "layermark", "--test", "e2e"])
        .env("LAYERMARK_XTASK", program)
        .env("LAYERMARK_DIST", root().join("dist"))
        .env("LAYERMARK_AXE", needs::axe())
        .env("LAYERMARK_GECKODRIVER", needs::geckodriver());
    // Two browsers at a time are what two cores can drive without waiting for each other.
    command.args(["--", "--test-threads=2"]).args(only);
    run_command(&mut command)
}

/// `cargo test` that fails where a test starts a program that the step does not declare.
fn testing(step: Step) -> Command {
    let programs: Vec<&str> = needs::programs(step.needs()).collect();
    let mut command = cargo();
    command.arg("test").env("LAYERMARK_PROGRAMS", programs.join(" "));
    command
}

/// Runs every command, so that one run tells everything; fails if one of them failed.
fn run_all<const N: usize>(commands: [Command; N]) -> Result<()> {
    let mut outcome = Ok(());
    for mut command in commands {
        outcome = outcome.and(run_command(&mut command));
    }
    outcome
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fmt => "fmt",
            Self::Clippy => "clippy",
            Self::Doc => "doc",
            Self::Native => "native",
            Self::Build => "build",
            Self::Size => "size",
            Self::E2e => "e2e",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::build::files_below;

    /// Tests start programs by `program("NAME")` of `tests/support/program.rs`.
    #[test]
    fn what_tests_start_is_declared_by_their_steps() {
        let e2e = &["e2e", "support"][..];
        let native = &["archives.rs", "heart", "registry", "texts.rs", "verdicts"][..];
        for (step, places) in [(Step::E2e, e2e), (Step::Native, native)] {
            let mut started = Vec::new();
            for place in places {
                let path = root().join("tests").join(place);
                let files = if path.is_dir() { files_below(&path).unwrap() } else { vec![path] };
                for file in files {
                    let text = fs::read_to_string(file).unwrap();
                    let calls = text.split("program(\"").skip(1);
                    let names = calls.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()));
                    started.extend(names);
                }
            }
            assert!(started.len() > 4, "{step}: {started:?}");
            for name in started {
                let declared = step
                    .needs()
                    .iter()
                    .any(|need| matches!(need, Need::Program(one) if *one == name));
                assert!(declared, "{step} starts {name} and does not declare it");
            }
        }
    }

    #[test]
    fn what_needs_a_page_has_one_built_once() {
        use Step::{Build, Doc, E2e, Fmt, Size};
        for (steps, expected) in [
            (&[E2e][..], &[Build, E2e][..]),
            (&[Size, E2e], &[Build, Size, E2e]),
            (&[Build, Size], &[Build, Size]),
            (&[Size, Build], &[Build, Size]),
            (&[Fmt, Doc], &[Fmt, Doc]),
        ] {
            assert_eq!(with_build(steps), expected);
        }
    }
}
