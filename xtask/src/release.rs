//! `cargo xtask release`: the page as an archive that can be checked and installed without Rust.
//!
//! - `layermark-VERSION.tar.gz`: the files of a release build, the table of clients as a page and as
//!   data, and `licenses.txt`;
//! - `layermark-VERSION.cdx.json`: what is inside (CycloneDX);
//! - `SHA256SUMS` of both.
//!
//! Invariant: the same commit gives the same bytes in any folder; `--again` builds twice and compares.

#![cfg_attr(not(feature = "full"), allow(dead_code))] // a build with all features packs

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::assets::{PORTAL_SETTINGS, Published, sha256};
use crate::build::files_below;
use crate::workspace::{self, long_step, root, run as run_command};

/// Options of `cargo xtask release`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Options {
    /// Where to write the files [default: target/xtask/release]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Build the last commit once more in a clone elsewhere, and fail if the bytes differ
    #[arg(long)]
    pub again: bool,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The table of clients, beside the page.
pub(crate) const COMPATIBILITY: [&str; 4] =
    ["compatibility.html", "compatibility.css", "compatibility.json", "compatibility.schema.json"];

/// Builds the page and writes the release.
pub fn run(options: &Options) -> Result<()> {
    let out = options.out.clone().unwrap_or_else(|| root().join("target/xtask/release"));
    refuse_uncommitted()?;
    fs::create_dir_all(&out)?;
    make(&out)?;
    eprintln!("The release is in {}.", out.display());
    if options.again {
        again(&out)?;
        eprintln!("A second build in another folder gave the same bytes.");
    }
    Ok(())
}

#[cfg(feature = "full")]
fn make(out: &Path) -> Result<()> {
    let page = root().join("target/xtask/release-page");
    crate::release_build::run(&page)?;
    let crates = crate::sbom::crates()?;
    fs::write(page.join("licenses.txt"), crate::sbom::licenses(&crates)?)?;
    let archive = format!("layermark-{VERSION}.tar.gz");
    let bill = format!("layermark-{VERSION}.cdx.json");
    workspace::step("archive", || {
        fs::write(
            out.join(&archive),
            pack(&page, &format!("layermark-{VERSION}"), commit_time()?)?,
        )?;
        fs::write(out.join(&bill), crate::sbom::cyclone_dx(&crates, VERSION))?;
        Ok(())
    })?;
    fs::write(out.join("SHA256SUMS"), sums(out, &[&archive, &bill])?)?;
    Ok(())
}

/// Has the release made by this program with all its features.
#[cfg(not(feature = "full"))]
fn make(out: &Path) -> Result<()> {
    run_command(workspace::full().args(["release", "--out"]).arg(out))
}

/// The lines that `sha256sum --check` reads.
fn sums(folder: &Path, names: &[&str]) -> Result<String> {
    let mut lines = String::new();
    for name in names {
        writeln!(lines, "{}  {name}", sha256(&fs::read(folder.join(name))?))?;
    }
    Ok(lines)
}

/// The files below `folder` as a `.tar.gz` in which they lie below `top`, all of the time `time`. The
/// portal's own settings are not among them: unpacking a new version must not replace them.
fn pack(folder: &Path, top: &str, time: u64) -> Result<Vec<u8>> {
    let gzip = flate2::GzBuilder::new().mtime(0).write(Vec::new(), flate2::Compression::best());
    let mut tar = tar::Builder::new(gzip);
    for path in files_below(folder)? {
        let name = path.strip_prefix(folder)?;
        if name == Path::new(PORTAL_SETTINGS) {
            continue;
        }
        let bytes = fs::read(&path)?;
        let mut head = tar::Header::new_ustar();
        head.set_mode(0o644);
        head.set_mtime(time);
        head.set_size(bytes.len() as u64);
        tar.append_data(&mut head, Path::new(top).join(name), &bytes[..])?;
    }
    Ok(tar.into_inner()?.finish()?)
}

/// When the commit was made. Web servers make their `ETag` of time and size, so no constant will do:
/// a browser would keep the `index.html` of an earlier version.
fn commit_time() -> Result<u64> {
    let time = git(&["log", "-1", "--format=%ct"])?;
    time.trim().parse().with_context(|| format!("git says no time of the commit: {time}"))
}

/// A release is made from its commit alone: nothing that is not committed may get into it.
fn refuse_uncommitted() -> Result<()> {
    let changed = git(&["status", "--porcelain"])?;
    if !changed.trim().is_empty() {
        bail!("a release is made from a commit; commit or put away first:\n{changed}");
    }
    Ok(())
}

/// What git says in the folder of the project.
fn git(arguments: &[&str]) -> Result<String> {
    let output = Command::new("git").current_dir(root()).args(arguments).output();
    let output = output.context("git could not be started")?;
    if !output.status.success() {
        bail!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Makes the release of the last commit in a clone, and compares its sums with those in `first`.
fn again(first: &Path) -> Result<()> {
    let clone = root().join("target/xtask/again");
    if clone.exists() {
        fs::remove_dir_all(&clone)?;
    }
    let mut git = Command::new("git");
    run_command(git.arg("clone").arg("--quiet").arg(root()).arg(&clone))?;
    long_step("build once more", || {
        let mut build = workspace::full();
        run_command(build.current_dir(&clone).args(["release", "--out"]).arg(clone.join("out")))
    })?;
    let read = |folder: &Path| {
        let path = folder.join("SHA256SUMS");
        fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))
    };
    let (one, two) = (read(first)?, read(&clone.join("out"))?);
    if one != two {
        bail!("the two builds differ:\n{one}{two}");
    }
    Ok(())
}

/// Puts the table of clients into `dist`; its files.
pub(crate) fn compatibility(dist: &Path) -> Result<Vec<Published>> {
    let mut files = Vec::new();
    for name in COMPATIBILITY {
        let from = root().join("docs").join(name);
        let bytes = fs::read(&from).with_context(|| format!("no {}", from.display()))?;
        fs::write(dist.join(name), &bytes)?;
        files.push(Published { path: name.to_owned(), bytes });
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn an_archive_depends_on_names_bytes_and_time_alone() {
        let folder = |name: &str| {
            let folder =
                std::env::temp_dir().join(format!("layermark-{name}-{}", std::process::id()));
            fs::create_dir_all(folder.join("parts")).unwrap();
            folder
        };
        let (one, two) = (folder("one"), folder("two"));
        let files = [("index.html", "page"), ("parts/a.wasm", "wasm"), ("config.json", "{}")];
        for (name, text) in files {
            fs::write(one.join(name), text).unwrap();
        }
        for (name, text) in files.iter().rev() {
            fs::write(two.join(name), text).unwrap();
        }
        let packed = pack(&one, "layermark-1", 7).unwrap();
        assert_eq!(packed, pack(&two, "layermark-1", 7).unwrap());
        assert_ne!(packed, pack(&two, "layermark-1", 8).unwrap());
        let mut names = Vec::new();
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&packed[..]));
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            names.push((entry.path().unwrap().to_string_lossy().into_owned(), text));
        }
        let expected = [("layermark-1/index.html", "page"), ("layermark-1/parts/a.wasm", "wasm")];
        assert_eq!(names, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
        fs::write(one.join("SUMMED"), "abc").unwrap();
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  SUMMED\n";
        assert_eq!(sums(&one, &["SUMMED"]).unwrap(), known);
        for folder in [one, two] {
            fs::remove_dir_all(folder).ok();
        }
    }
}
