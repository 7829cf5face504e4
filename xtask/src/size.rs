//! `cargo xtask size`: what the steps of a visit transfer, against their budgets, and what grew.
//!
//! A first visit is `index.html` and every file that it, or a script or style it leads to, names,
//! but for two kinds of files: what lies in `parts/` is only fetched when the person asks for it,
//! and of the languages in `texts/` one is fetched; the largest counts. An end-to-end test compares
//! this list with what a browser really fetches. `docs/size.txt` keeps the sizes of earlier builds.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::build::files_below;
use crate::workspace::root;

/// What a person gets to, and how many bytes in brotli should be transferred until then, without the
/// headers of the answers. Where a budget is not met yet, the last entry of `docs/size.txt` holds: the
/// page may not grow without an entry of its own, which is seen in review.
pub const BUDGETS: [(&str, usize); 4] = [
    ("first visit", 300_000),
    ("first mark on a sample", 300_000),
    ("image from a registry", 400_000),
    ("everything", 450_000),
];

/// Options of `cargo xtask size`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Options {
    /// Where the built page is [default: dist/]
    #[arg(long, value_name = "DIR")]
    pub dist: Option<PathBuf>,
    /// Add the sizes to docs/size.txt under this name, such as a version
    #[arg(long, value_name = "NAME")]
    pub record: Option<String>,
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

/// What a size may differ from its entry: the same source compresses a little differently elsewhere.
const TOLERANCE: usize = 2_000;

/// Prints the tables; fails where a step grew above its budget without an entry.
pub fn run(options: &Options) -> Result<()> {
    let dist = options.dist.clone().unwrap_or_else(|| root().join("dist"));
    let files = read(&dist)?;
    let mut visit = Visit::default();
    for path in reached(&files)? {
        visit.add(size(&dist, path, &files)?);
    }
    println!("{}\n", table("first visit", &visit.first()));
    println!("{}\n", table("on demand", &visit.on_demand));
    let totals = visit.totals();
    let history = root().join("docs/size.txt");
    let known = fs::read_to_string(&history).context("docs/size.txt cannot be read")?;
    let (before, name) = last_entry(&known)?;
    println!("{}", summary(totals, before, name));
    if let Some(name) = &options.record {
        let [visit, mark, registry, all] = totals;
        let mut file = fs::OpenOptions::new().append(true).open(&history)?;
        writeln!(file, "{visit}\t{mark}\t{registry}\t{all}\t{name}")?;
    }
    // What was just recorded holds from now on.
    let before = if options.record.is_some() { totals } else { before };
    match grown(totals, before) {
        Some((what, by)) => bail!(
            "{what} grew by {by} bytes above its budget; make it smaller, or add an entry to \
             docs/size.txt with: cargo xtask size --record NAME"
        ),
        None => Ok(()),
    }
}

/// The first step of a visit that is above its budget and larger than its entry, and by how much.
fn grown(totals: [usize; 4], before: [usize; 4]) -> Option<(&'static str, usize)> {
    let steps = BUDGETS.into_iter().zip(totals).zip(before);
    let mut above = steps
        .filter(|(((_, budget), total), before)| *total > *budget && *total > before + TOLERANCE);
    above.next().map(|(((what, _), total), before)| (what, total - before))
}

/// The sizes in the last line of `docs/size.txt`, and whose they are.
fn last_entry(history: &str) -> Result<([usize; 4], &str)> {
    let mut entries = history.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let last = entries.next_back().context("docs/size.txt has no entry")?;
    let mut cells = last.splitn(5, '\t');
    let mut sizes = [0; 4];
    for size in &mut sizes {
        let cell = cells.next().with_context(|| format!("docs/size.txt: too short: {last}"))?;
        *size = cell.parse().with_context(|| format!("docs/size.txt: no number: {cell}"))?;
    }
    Ok((sizes, cells.next().unwrap_or_default()))
}

/// A line per step of a visit: its size, its budget, and how much it grew.
fn summary(totals: [usize; 4], before: [usize; 4], name: &str) -> String {
    let mut lines = vec![format!("{:<24}  {:>8}  {:>8}  since {name}", "", "brotli", "budget")];
    for (((what, budget), total), before) in BUDGETS.into_iter().zip(totals).zip(before) {
        let grown = i128::try_from(total).unwrap_or(0) - i128::try_from(before).unwrap_or(0);
        lines.push(format!("{what:<24}  {total:>8}  {budget:>8}  {grown:+}"));
    }
    lines.join("\n")
}

/// The files that the page leads to, by when they are fetched.
#[derive(Default)]
struct Visit {
    always: Vec<Size>,
    languages: Vec<Size>,
    on_demand: Vec<Size>,
}

impl Visit {
    fn add(&mut self, size: Size) {
        match size.path.split_once('/') {
            Some(("parts", _)) => self.on_demand.push(size),
            Some(("texts", _)) => self.languages.push(size),
            _ => self.always.push(size),
        }
    }

    fn first(&self) -> Vec<Size> {
        let language = self.languages.iter().max_by_key(|size| size.brotli);
        self.always.iter().chain(language).cloned().collect()
    }

    /// Bytes in brotli until each of the [`BUDGETS`]. All that a mark takes comes with the first
    /// visit; pictures are fetched by who installs the page.
    fn totals(&self) -> [usize; 4] {
        let first: usize = self.first().iter().map(|size| size.brotli).sum();
        let code = self.on_demand.iter().filter(|size| has_ending(size, "wasm"));
        let worker = self.on_demand.iter().filter(|size| has_ending(size, "js"));
        let registry = first + code.map(|size| size.brotli).sum::<usize>();
        let all = registry + worker.map(|size| size.brotli).sum::<usize>();
        [first, first, registry, all]
    }
}

fn has_ending(size: &Size, ending: &str) -> bool {
    Path::new(&size.path).extension().is_some_and(|found| found == ending)
}

/// The files that `index.html` leads to, directly or by a script or style.
pub fn reached(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<&str>> {
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
        Err(_) => bail!("{path} is not compressed; build the page with: cargo xtask build"),
    };
    Ok(Size { path: path.to_owned(), raw: bytes.len(), brotli: packed })
}

const WIDTH: usize = 36;

fn line(name: &str, raw: &str, packed: &str, width: usize) -> String {
    format!("{name:<width$}  {raw:>9}  {packed:>9}")
}

/// A line per file, the largest first, and the total.
fn table(title: &str, sizes: &[Size]) -> String {
    let mut sizes: Vec<&Size> = sizes.iter().collect();
    sizes.sort_by(|a, b| b.brotli.cmp(&a.brotli).then_with(|| a.path.cmp(&b.path)));
    let mut lines = vec![line(title, "bytes", "brotli", WIDTH)];
    for size in &sizes {
        lines.push(line(&size.path, &size.raw.to_string(), &size.brotli.to_string(), WIDTH));
    }
    let raw: usize = sizes.iter().map(|size| size.raw).sum();
    let packed: usize = sizes.iter().map(|size| size.brotli).sum();
    lines.push(line("all", &raw.to_string(), &packed.to_string(), WIDTH));
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
    fn the_page_leads_to_its_files() {
        let files = files(&[
            ("index.html", "<script src=boot.1.js> texts/de.1.txt"),
            ("boot.1.js", "import 'app.1.js'; fetch('app.1.wasm')"),
            ("app.1.js", "boot.1.js parts/more.1.wasm"),
            ("app.1.wasm", "other.1.js"),
            ("parts/more.1.wasm", ""),
            ("texts/de.1.txt", ""),
            ("other.1.js", ""),
        ]);
        let mut names = reached(&files).unwrap();
        names.sort_unstable();
        let expected = [
            "app.1.js",
            "app.1.wasm",
            "boot.1.js",
            "index.html",
            "parts/more.1.wasm",
            "texts/de.1.txt",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn only_what_is_recorded_may_be_above_a_budget() {
        let recorded = [500_000, 300_000, 400_000, 450_000];
        for (totals, expected) in [
            (recorded, None),
            ([501_000, 300_000, 400_000, 450_000], None),
            ([503_000, 300_000, 400_000, 450_000], Some(("first visit", 3_000))),
            ([100_000, 300_000, 402_001, 450_000], Some(("image from a registry", 2_001))),
            // Below its budget, a step may grow.
            ([290_000, 290_000, 390_000, 440_000], None),
        ] {
            assert_eq!(grown(totals, recorded), expected, "{totals:?}");
        }
        assert_eq!(grown([290_000, 0, 0, 0], [100_000, 0, 0, 0]), None);
    }

    fn sized(path: &str, brotli: usize) -> Size {
        Size { path: path.into(), raw: 2 * brotli, brotli }
    }

    #[test]
    fn one_language_counts_and_no_part() {
        let mut visit = Visit::default();
        for (path, brotli) in
            [("a.js", 5), ("texts/de.txt", 3), ("texts/en.txt", 2), ("parts/x", 9)]
        {
            visit.add(sized(path, brotli));
        }
        let first: Vec<String> = visit.first().into_iter().map(|size| size.path).collect();
        assert_eq!(first, ["a.js", "texts/de.txt"]);
        assert_eq!(visit.on_demand, [sized("parts/x", 9)]);
    }

    #[test]
    fn the_steps_of_a_visit() {
        let mut visit = Visit::default();
        for (path, brotli) in [
            ("a.js", 5),
            ("texts/de.txt", 3),
            ("texts/en.txt", 2),
            ("parts/second.wasm", 90),
            ("parts/more.js", 7),
            ("parts/icon.png", 1000),
        ] {
            visit.add(sized(path, brotli));
        }
        assert_eq!(visit.totals(), [8, 8, 98, 105]);
        let (before, name) =
            last_entry("# sizes\n1\t2\t3\t4\told\n9\t8\t90\t110\tlast one\n").unwrap();
        assert_eq!((before, name), ([9, 8, 90, 110], "last one"));
        let text = summary(visit.totals(), before, name);
        let grown: Vec<&str> =
            text.lines().map(|line| line.split_whitespace().next_back().unwrap()).collect();
        assert_eq!(grown, ["one", "-1", "+0", "+8", "-5"]);
        assert!(last_entry("# nothing").is_err());
        assert!(last_entry("1\t2\t3\tx\tname").is_err());
    }

    #[test]
    fn a_folder_without_a_page_is_refused() {
        assert!(reached(&files(&[("boot.js", "")])).is_err());
    }

    #[test]
    fn the_table_adds_up() {
        let text = table("first visit", &[sized("b.css", 10), sized("a.js", 100)]);
        let words: Vec<Vec<&str>> =
            text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(words[0], ["first", "visit", "bytes", "brotli"]);
        assert_eq!(words[1], ["a.js", "200", "100"]);
        assert_eq!(words[3], ["all", "220", "110"]);
    }
}
