//! `cargo xtask size`: what a first visit transfers, against its budget.
//!
//! A first visit is `index.html` and every file that it, or a script or style it leads to, names.
//! That is the worst case: the German texts count, although only some visitors load them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::build::{brotli, files_below};
use crate::workspace::root;

/// Bytes of a first visit in brotli, without the headers of the answers.
pub const BUDGET: usize = 150_000;

/// Options of `cargo xtask size`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Options {
    /// Where the built page is [default: dist/]
    #[arg(long, value_name = "DIR")]
    pub dist: Option<PathBuf>,
}

/// The size of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// The file, below `dist/`.
    pub path: String,
    /// Bytes as they are.
    pub raw: usize,
    /// Bytes in brotli.
    pub brotli: usize,
}

/// Prints the table; fails above the budget.
pub fn run(options: &Options) -> Result<()> {
    let dist = options.dist.clone().unwrap_or_else(|| root().join("dist"));
    let files = read(&dist)?;
    let mut sizes = Vec::new();
    for path in first_visit(&files)? {
        sizes.push(size(&dist, path, &files)?);
    }
    sizes.sort_by(|a, b| b.brotli.cmp(&a.brotli).then_with(|| a.path.cmp(&b.path)));
    println!("{}", table(&sizes));
    let total: usize = sizes.iter().map(|size| size.brotli).sum();
    if total > BUDGET {
        bail!("a first visit transfers {total} bytes, {} above the budget", total - BUDGET);
    }
    Ok(())
}

/// The files that `index.html` leads to.
pub fn first_visit(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<&str>> {
    let mut visited = vec!["index.html"];
    let mut next = 0;
    while let Some(name) = visited.get(next).copied() {
        next += 1;
        let bytes = files.get(name).with_context(|| format!("{name} is missing; build first"))?;
        if !matches!(name.rsplit('.').next(), Some("html" | "js" | "css")) {
            continue;
        }
        let text = String::from_utf8_lossy(bytes);
        for other in files.keys() {
            if !visited.contains(&other.as_str()) && text.contains(other.as_str()) {
                visited.push(other);
            }
        }
    }
    Ok(visited)
}

fn size(dist: &Path, path: &str, files: &BTreeMap<String, Vec<u8>>) -> Result<Size> {
    let bytes = files.get(path).map(Vec::as_slice).unwrap_or_default();
    let packed = match fs::metadata(dist.join(format!("{path}.br"))) {
        Ok(metadata) => usize::try_from(metadata.len())?,
        // A build with --dev compresses nothing.
        Err(_) => brotli(bytes)?.len(),
    };
    Ok(Size { path: path.to_owned(), raw: bytes.len(), brotli: packed })
}

/// A line per file, and the total beside the budget.
fn table(sizes: &[Size]) -> String {
    let width = sizes.iter().map(|size| size.path.len()).max().unwrap_or(0).max(12);
    let line =
        |name: &str, raw: &str, packed: &str| format!("{name:<width$}  {raw:>9}  {packed:>9}");
    let mut lines = vec![line("first visit", "bytes", "brotli")];
    for size in sizes {
        lines.push(line(&size.path, &size.raw.to_string(), &size.brotli.to_string()));
    }
    let raw: usize = sizes.iter().map(|size| size.raw).sum();
    let packed: usize = sizes.iter().map(|size| size.brotli).sum();
    lines.push(line("all", &raw.to_string(), &packed.to_string()));
    lines.push(line("budget", "", &BUDGET.to_string()));
    lines.join("\n")
}

fn read(dist: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for path in files_below(dist)? {
        if path.extension().is_some_and(|ending| ending == "br" || ending == "gz") {
            continue;
        }
        let name = path.strip_prefix(dist)?.to_string_lossy().replace('\\', "/");
        files.insert(name, fs::read(&path)?);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        list.iter().map(|(name, text)| ((*name).to_owned(), (*text).into())).collect()
    }

    #[test]
    fn a_first_visit_is_what_the_page_leads_to() {
        let files = files(&[
            ("index.html", "<script src=boot.1.js> texts/de.1.txt"),
            ("boot.1.js", "import 'app.1.js'; fetch('app.1.wasm')"),
            ("app.1.js", "boot.1.js"),
            ("app.1.wasm", "other.1.js"),
            ("texts/de.1.txt", ""),
            ("other.1.js", ""),
        ]);
        let mut names = first_visit(&files).unwrap();
        names.sort_unstable();
        assert_eq!(names, ["app.1.js", "app.1.wasm", "boot.1.js", "index.html", "texts/de.1.txt"]);
    }

    #[test]
    fn a_folder_without_a_page_is_refused() {
        assert!(first_visit(&files(&[("boot.js", "")])).is_err());
    }

    #[test]
    fn the_table_adds_up() {
        let size = |path: &str, raw, brotli| Size { path: path.into(), raw, brotli };
        let expected = "first visit       bytes     brotli\n\
                        a.js                300        100\n\
                        b.css                20         10\n\
                        all                 320        110\n\
                        budget                      150000";
        assert_eq!(table(&[size("a.js", 300, 100), size("b.css", 20, 10)]), expected);
    }
}
