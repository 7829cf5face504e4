//! Programs and npm packages that tests need: installed where that is possible, or named with the
//! command that installs them.

use std::env;
#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::workspace::{cargo, root, run};

/// A program and the Debian package that brings it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// The name of its file.
    pub name: &'static str,
    /// The package.
    pub package: &'static str,
}

/// The browser and its driver.
pub const BROWSER: [Program; 2] = [
    Program { name: "chromium", package: "chromium" },
    Program { name: "chromedriver", package: "chromium-driver" },
];

/// The second browser; its driver is no Debian package, see [`ensure_geckodriver`].
pub const FIREFOX: [Program; 1] = [Program { name: "firefox-esr", package: "firefox-esr" }];

/// What the end-to-end tests drive or compare with, besides the browsers.
pub const SERVICES: [Program; 6] = [
    Program { name: "docker-registry", package: "docker-registry" },
    Program { name: "skopeo", package: "skopeo" },
    Program { name: "nginx", package: "nginx" },
    Program { name: "caddy", package: "caddy" },
    Program { name: "htpasswd", package: "apache2-utils" },
    Program { name: "npm", package: "npm" },
];

/// The accessibility checker that end-to-end tests inject into the page.
const AXE: &str = "axe-core@4.14.1";

/// The crate of Firefox's driver, and its version.
const GECKODRIVER: [&str; 2] = ["geckodriver", "0.37.1"];

/// Makes sure that `programs` can be started.
pub fn ensure(programs: &[Program]) -> Result<()> {
    let packages = missing(programs);
    if packages.is_empty() {
        return Ok(());
    }
    let list = packages.join(" ");
    let advice = format!("install what is missing with: sudo apt-get install {list}");
    if find("apt-get").is_none() {
        bail!("these Debian packages, or the same programs from elsewhere, are needed: {list}");
    }
    if !is_root() {
        bail!("{advice}");
    }
    eprintln!("Installing {list}.");
    apt_get(&["update"]).context(advice.clone())?;
    let install = ["install", "--yes", "--no-install-recommends"];
    apt_get(&[&install[..], &packages[..]].concat()).context(advice.clone())?;
    if !missing(programs).is_empty() {
        bail!("apt-get did not bring {}; {advice}", missing(programs).join(", "));
    }
    Ok(())
}

/// Makes sure that axe-core is there, and returns its script.
pub fn ensure_axe() -> Result<PathBuf> {
    let folder = root().join("target/npm");
    let script = folder.join("node_modules/axe-core/axe.min.js");
    if !script.exists() {
        let advice = format!("npm install --no-save --prefix target/npm {AXE}");
        eprintln!("Running {advice}.");
        let mut npm = Command::new("npm");
        npm.current_dir(root()).args([
            "install",
            "--no-save",
            "--no-audit",
            "--no-fund",
            "--prefix",
        ]);
        run(npm.arg(&folder).arg(AXE).stdout(Stdio::null()))
            .with_context(|| format!("axe-core is missing; install it with: {advice}"))?;
    }
    if !script.exists() {
        bail!("npm did not bring {}", script.display());
    }
    Ok(script)
}

/// Makes sure that Firefox's driver is there, and returns where: in `PATH`, or built from its crate.
pub fn ensure_geckodriver() -> Result<PathBuf> {
    if let Some(found) = find("geckodriver") {
        return Ok(found);
    }
    let folder = root().join("target/tools");
    let program = folder.join("bin/geckodriver");
    if !program.exists() {
        let [name, version] = GECKODRIVER;
        // Not optimised: built in half the time, and as fast as the browser that it drives.
        let what = ["install", "--locked", "--debug", name, "--version", version];
        let advice = format!("cargo {} --root target/tools", what.join(" "));
        eprintln!("Running {advice}.");
        let mut install = cargo();
        install
            .args(what)
            .args(["--quiet", "--root"])
            .arg(&folder)
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
        run(&mut install)
            .with_context(|| format!("geckodriver is missing; install it with: {advice}"))?;
    }
    if !program.exists() {
        bail!("cargo install did not bring {}", program.display());
    }
    Ok(program)
}

/// Where `program` is, in `PATH` or where Debian keeps servers.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// The packages of those `programs` that are not there.
fn missing(programs: &[Program]) -> Vec<&'static str> {
    let absent = programs.iter().filter(|program| find(program.name).is_none());
    absent.map(|program| program.package).collect()
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    // Its report is long; only what goes wrong matters here.
    command.args(["-qq"]).args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    run(command.stdin(Stdio::null()).stdout(Stdio::null()))
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

    #[test]
    fn only_what_is_missing_is_asked_for() {
        let there = Program { name: "sh", package: "dash" };
        let absent = Program { name: "no-such-program", package: "no-such-package" };
        assert_eq!(missing(&[there, absent]), ["no-such-package"]);
    }
}
