//! What a command needs of the machine: declared beside it, looked for before it starts, then
//! installed all at once, or named all at once with the way to get it.

use std::env;
#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, anyhow};

use crate::workspace::{WASM, cargo, long_step, root, run};

/// Something that a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The standard library of the page's target.
    WasmTarget,
    /// A component of the toolchain, and cargo's command by which it is known.
    Component(&'static str, &'static str),
    /// A program of `tests/programs.txt`.
    Program(&'static str),
    /// The accessibility checker that end-to-end tests put into the page, at [`axe`].
    Axe,
    /// Firefox's driver, at [`geckodriver`].
    Geckodriver,
}

/// A line of `tests/programs.txt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    name: &'static str,
    package: &'static str,
    place: &'static str,
}

/// What this machine can install by itself.
#[derive(Clone, Copy, Debug)]
struct Means {
    /// `apt-get` is there, and the user may use it.
    packages: bool,
    /// `apt-get` is there.
    debian: bool,
    /// `rustup` is there.
    rustup: bool,
}

const AXE: &str = "axe-core@4.14.1";
const GECKODRIVER: &str = "geckodriver@0.37.1";

/// Makes sure that everything in `needs` is there.
///
/// Nothing is installed unless all that is missing can be; the error names whatever is missing then.
pub fn ensure(needs: &[Need]) -> Result<()> {
    let means = Means::of_this_machine();
    let lacking = missing(needs)?;
    if lacking.is_empty() {
        return Ok(());
    }
    let failed = if lacking.iter().all(|need| need.can_come(means)) {
        install(&lacking).err()
    } else {
        None
    };
    let lacking = missing(needs)?;
    if lacking.is_empty() {
        return Ok(());
    }
    let advice = advice(&lacking, means)?;
    Err(match failed {
        Some(error) => error.context(advice),
        None => anyhow!(advice),
    })
}

/// Where axe-core's script is, once [`Need::Axe`] was made sure of.
pub fn axe() -> PathBuf {
    root().join("target/npm/node_modules/axe-core/axe.min.js")
}

/// Where Firefox's driver is, once [`Need::Geckodriver`] was made sure of: in `PATH`, or built from
/// its crate.
pub fn geckodriver() -> PathBuf {
    find("geckodriver").unwrap_or_else(|| root().join("target/tools/bin/geckodriver"))
}

/// The names of the programs in `needs`.
pub fn programs(needs: &[Need]) -> impl Iterator<Item = &'static str> {
    needs.iter().filter_map(|need| if let Need::Program(name) = need { Some(*name) } else { None })
}

impl Need {
    fn is_there(self) -> bool {
        match self {
            Self::WasmTarget => has_wasm_target(),
            Self::Component(_, command) => {
                succeeds(cargo().args([command, "--version"]).stderr(Stdio::null()))
            }
            Self::Program(name) => find(name).is_some(),
            Self::Axe => axe().is_file(),
            Self::Geckodriver => geckodriver().is_file(),
        }
    }

    fn can_come(self, means: Means) -> bool {
        match self {
            Self::WasmTarget | Self::Component(..) => means.rustup,
            Self::Program(_) => means.packages,
            Self::Axe | Self::Geckodriver => true,
        }
    }
}

impl Means {
    fn of_this_machine() -> Self {
        let debian = find("apt-get").is_some();
        Self { packages: debian && is_root(), debian, rustup: find("rustup").is_some() }
    }
}

/// The line of a program.
fn row(name: &str) -> Result<Row> {
    const TABLE: &str = include_str!("../../tests/programs.txt");
    let rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    let mut rows = rows.filter_map(|line| {
        let mut words = line.split_whitespace();
        Some(Row { name: words.next()?, package: words.next()?, place: words.next()? })
    });
    rows.find(|row| row.name == name)
        .with_context(|| format!("{name} is not in tests/programs.txt"))
}

fn missing(needs: &[Need]) -> Result<Vec<Need>> {
    programs(needs).try_for_each(|name| row(name).map(drop))?;
    let mut missing: Vec<Need> = Vec::new();
    for need in needs {
        if !missing.contains(need) && !need.is_there() {
            missing.push(*need);
        }
    }
    Ok(missing)
}

/// The packages of the programs in `needs`.
fn packages(needs: &[Need]) -> Result<Vec<&'static str>> {
    programs(needs).map(|name| Ok(row(name)?.package)).collect()
}

/// What to do by hand, a line for each command or place.
fn advice(missing: &[Need], means: Means) -> Result<String> {
    let mut lines = vec!["this is missing, and how to get it:".to_owned()];
    let packages = packages(missing)?;
    if means.debian && !packages.is_empty() {
        lines.push(format!("sudo apt-get install {}", packages.join(" ")));
    } else {
        for name in programs(missing) {
            lines.push(format!("{name}: {}", row(name)?.place));
        }
    }
    for need in missing {
        let hint = if means.rustup { "" } else { "    (rustup: https://rustup.rs)" };
        match need {
            Need::WasmTarget => lines.push(format!("rustup target add {WASM}{hint}")),
            Need::Component(name, _) => lines.push(format!("rustup component add {name}{hint}")),
            Need::Axe => lines.push(format!("npm {}", npm_arguments().join(" "))),
            Need::Geckodriver => lines.push(format!("cargo {}", geckodriver_arguments().join(" "))),
            Need::Program(_) => {}
        }
    }
    Ok(lines.join("\n  "))
}

fn install(missing: &[Need]) -> Result<()> {
    let packages = packages(missing)?;
    if !packages.is_empty() {
        long_step(&format!("apt-get install {}", packages.join(" ")), || {
            apt_get(&["update"])?;
            apt_get(&[&["install", "--yes", "--no-install-recommends"], &packages[..]].concat())
        })?;
    }
    for need in missing {
        match need {
            Need::WasmTarget => rustup(&["target", "add", WASM])?,
            Need::Component(name, _) => rustup(&["component", "add", name])?,
            Need::Axe => {
                let mut npm = Command::new("npm");
                npm.current_dir(root()).args(npm_arguments());
                npm.args(["--no-audit", "--no-fund"]).stdout(Stdio::null());
                long_step(&format!("npm install {AXE}"), || run(&mut npm))?;
            }
            Need::Geckodriver => {
                let mut install = cargo();
                install.args(geckodriver_arguments()).env("CARGO_PROFILE_DEV_DEBUG", "0");
                long_step(&format!("cargo install {GECKODRIVER}"), || run(&mut install))?;
            }
            Need::Program(_) => {}
        }
    }
    Ok(())
}

fn npm_arguments() -> [&'static str; 5] {
    ["install", "--no-save", "--prefix", "target/npm", AXE]
}

/// Not optimised: built in half the time, and as fast as the browser that it drives.
fn geckodriver_arguments() -> [&'static str; 6] {
    ["install", "--locked", "--debug", GECKODRIVER, "--root", "target/tools"]
}

fn rustup(arguments: &[&str]) -> Result<()> {
    let name = format!("rustup {}", arguments.join(" "));
    long_step(&name, || run(Command::new("rustup").current_dir(root()).args(arguments)))
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    // Its report is long; only what goes wrong matters here.
    command.args(["-qq"]).args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    run(command.stdin(Stdio::null()).stdout(Stdio::null()))
}

fn has_wasm_target() -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command.current_dir(root()).args(["--print", "target-libdir", "--target", WASM]);
    let Ok(output) = command.output() else { return false };
    output.status.success()
        && PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()).is_dir()
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Where `program` is, in `PATH` or where Debian keeps servers.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    // Its own entry belongs to the user; without /proc there is no apt-get either.
    Path::new("/proc/self").metadata().is_ok_and(|metadata| metadata.uid() == 0)
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Means = Means { packages: false, debian: false, rustup: false };

    #[test]
    fn only_what_is_missing_is_asked_for() {
        assert_eq!(missing(&[Need::Program("bash")]).unwrap(), []);
        let error = missing(&[Need::Program("no-such-program")]).unwrap_err().to_string();
        assert_eq!(error, "no-such-program is not in tests/programs.txt");
    }

    #[test]
    fn everything_missing_is_named_at_once_with_the_way_to_get_it() {
        use Need::{Axe, Component, Geckodriver, Program, WasmTarget};
        let lacking =
            [Program("skopeo"), Program("patch"), WasmTarget, Component("clippy", "clippy"), Axe];
        for (means, expected) in [
            (
                Means { debian: true, rustup: true, ..NONE },
                "sudo apt-get install skopeo patch\n  \
                 rustup target add wasm32-unknown-unknown\n  \
                 rustup component add clippy\n  \
                 npm install --no-save --prefix target/npm axe-core@4.14.1",
            ),
            (
                NONE,
                "skopeo: https://github.com/containers/skopeo/blob/main/install.md\n  \
                 patch: https://savannah.gnu.org/projects/patch/\n  \
                 rustup target add wasm32-unknown-unknown    (rustup: https://rustup.rs)\n  \
                 rustup component add clippy    (rustup: https://rustup.rs)\n  \
                 npm install --no-save --prefix target/npm axe-core@4.14.1",
            ),
        ] {
            let expected = format!("this is missing, and how to get it:\n  {expected}");
            assert_eq!(advice(&lacking, means).unwrap(), expected);
        }
        let expected = "cargo install --locked --debug geckodriver@0.37.1 --root target/tools";
        assert!(advice(&[Geckodriver], NONE).unwrap().ends_with(expected));
    }

    #[test]
    fn every_program_that_a_step_declares_is_in_the_table() {
        for step in <crate::test::Step as clap::ValueEnum>::value_variants() {
            missing(step.needs()).unwrap();
        }
    }
}
