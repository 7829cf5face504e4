//! The rules of the code that no compiler checks: which layer may use which, where the outside
//! world may appear, how long a file may be.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)] // a test's helpers fail the test

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the top down. Each may use those below its own line.
const LAYERS: [&[&str]; 13] = [
    &["ui"],
    &["browser"],
    &["run"],
    &["app"],
    &["deliver"],
    &["export", "checks"],
    &["compatibility"],
    &["registry"],
    &["image"],
    &["manifest"],
    &["json"],
    &["limits"],
    &["text"],
];

/// The layers that know no browser and no other outside world: what they need comes in as a value.
const DOMAIN: [&str; 12] = [
    "run",
    "app",
    "deliver",
    "export",
    "checks",
    "compatibility",
    "registry",
    "image",
    "manifest",
    "json",
    "limits",
    "text",
];

/// What reaches out of the domain.
const OUTSIDE: [&str; 16] = [
    "yew::",
    "web_sys::",
    "js_sys::",
    "gloo::",
    "gloo_timers::",
    "wasm_bindgen::",
    "wasm_bindgen_futures::",
    "std::time::",
    "std::fs",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "std::env::",
    "std::process",
    "std::thread",
    "getrandom",
];

/// What sends a request; it stands in one file only.
const REQUESTS: [&str; 9] = [
    "web_sys::Request",
    "fetch_with",
    "RequestInit",
    "XmlHttpRequest",
    "WebSocket",
    "EventSource",
    "send_beacon",
    "WebTransport",
    "RtcPeerConnection",
];
const TRANSPORT: &str = "src/browser/transport.rs";

/// What would let text from a registry become part of the page.
const RAW_HTML: [&str; 5] =
    ["inner_html", "outer_html", "insert_adjacent_html", "from_html_unchecked", "eval("];

/// How many lines a file may have, and how many one of nothing but tests.
const CEILING: usize = 500;
const CEILING_OF_TESTS: usize = 700;

/// Files above the ceiling, each with the reason why it is one file.
const LONG: [(&str, &str); 1] =
    [("src/registry/reference.rs", "a grammar with the table of everything it refuses")];

#[test]
fn arrows_point_down() {
    // The map in the documentation names the same modules, those below first.
    let map = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let rows = map.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let rows: Vec<&str> =
        rows.filter(|row| LAYERS.iter().flat_map(|it| *it).any(|it| it == row)).collect();
    let mut named: Vec<&str> = LAYERS.iter().flat_map(|layer| *layer).copied().collect();
    named.sort_unstable();
    let mut shown = rows.clone();
    shown.sort_unstable();
    assert_eq!(shown, named, "docs/ARCHITECTURE.md");
    let level = |name: &str| LAYERS.iter().position(|layer| layer.contains(&name));
    let mut wrong = Vec::new();
    for (path, code) in code_below("src") {
        let Some(own) = layer_of(&path) else { continue };
        let from = level(own).unwrap_or_else(|| panic!("{} is in no layer", path.display()));
        for (at, _) in code.match_indices("crate::") {
            let used: String = code[at + 7..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            let down = used == "msg" || used == own || level(&used).is_some_and(|to| to > from);
            if !down {
                wrong.push(format!("{} uses {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_domain_knows_no_outside_world() {
    let mut wrong = Vec::new();
    for (path, code) in code_below("src") {
        if layer_of(&path).is_some_and(|layer| DOMAIN.contains(&layer)) {
            // Tests may start a program to be compared with.
            let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap();
            wrong.extend(found(&path, code, &OUTSIDE));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn requests_leave_through_one_file() {
    let mut wrong = Vec::new();
    let mut sends = false;
    for (path, code) in code_below("src") {
        let found = found(&path, &code, &REQUESTS);
        if path == Path::new(TRANSPORT) {
            sends = !found.is_empty();
        } else {
            wrong.extend(found);
        }
    }
    assert!(sends, "{TRANSPORT} is not where requests leave");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn tests_start_programs_that_are_named_where_they_are_missing() {
    // Ends a browser while a test fails, where nothing else may fail.
    let excused = Path::new("tests/support/session.rs");
    let mut wrong = Vec::new();
    for (path, code) in code_below("tests") {
        let lines = code.lines().filter(|line| line.contains("Command::new(\""));
        let lines = lines.filter(|_| path != excused && !path.ends_with("architecture.rs"));
        wrong.extend(lines.map(|line| format!("{}: {}", path.display(), line.trim())));
    }
    assert!(wrong.is_empty(), "not by support::program:\n{}", wrong.join("\n"));
}

#[test]
fn text_stays_text() {
    let code = code_below("src");
    let wrong: Vec<String> =
        code.iter().flat_map(|(path, code)| found(path, code, &RAW_HTML)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_short() {
    let mut wrong = Vec::new();
    for path in ["src", "xtask/src", "tests", "benches"].into_iter().flat_map(files) {
        let lines = fs::read_to_string(root().join(&path)).unwrap().lines().count();
        let excused = LONG.iter().any(|(long, _)| path == Path::new(long));
        let name = path.to_string_lossy();
        let tests = name.starts_with("tests/") || name.ends_with("tests.rs");
        let ceiling = if tests { CEILING_OF_TESTS } else { CEILING };
        match (lines > ceiling, excused) {
            (true, false) => wrong.push(format!("{} has {lines} lines", path.display())),
            (false, true) => wrong.push(format!("{} needs no excuse", path.display())),
            _ => {}
        }
    }
    for (long, _) in LONG {
        if !root().join(long).exists() {
            wrong.push(format!("{long} is gone"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_folder_says_what_it_is_for() {
    let mut wrong = Vec::new();
    let folders: BTreeSet<PathBuf> = ["src", "xtask/src"]
        .into_iter()
        .flat_map(files)
        .map(|path| path.parent().unwrap().to_owned())
        .collect();
    for folder in folders {
        let heads = ["mod.rs", "lib.rs", "main.rs"].map(|name| root().join(&folder).join(name));
        let Some(head) = heads.iter().find(|head| head.exists()) else {
            wrong.push(format!("{} has no mod.rs", folder.display()));
            continue;
        };
        let text = fs::read_to_string(head).unwrap();
        let first: Vec<&str> =
            text.lines().map_while(|line| line.strip_prefix("//! ")).map(str::trim).collect();
        if !first.join(" ").ends_with(['.', ':']) {
            wrong.push(format!("{} does not begin with a sentence", head.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Folders in which files still name each other in circles, with the files of those circles; an
/// empty list stands for any of the folder's. It may only shrink: what is mended is taken off.
const CIRCLES: [(&str, &[&str]); 5] = [
    ("app", &[]),
    ("browser", &[]),
    ("compatibility", &["behaviour", "class", "survey"]),
    ("manifest", &["descriptor", "document", "edits", "entry_edits", "totals"]),
    ("ui", &[]),
];

#[test]
fn files_name_each_other_in_one_direction() {
    let name = |folder: &Path| folder.strip_prefix("src").unwrap().to_str().unwrap().to_owned();
    let found: BTreeMap<String, Vec<Vec<String>>> =
        folders_of("src").iter().map(|each| (name(each), circles(&arrows_in(each)))).collect();
    let mut wrong = Vec::new();
    for (folder, circle) in
        found.iter().flat_map(|(folder, all)| all.iter().map(move |each| (folder, each)))
    {
        let excuse = CIRCLES.iter().find(|(known, _)| known == folder);
        let excused = excuse.is_some_and(|(_, files)| {
            files.is_empty() || circle.iter().all(|file| files.contains(&file.as_str()))
        });
        if !excused {
            wrong.push(format!("a circle in {folder}: {}", circle.join(", ")));
        }
    }
    for (folder, files) in CIRCLES {
        let left = found.get(folder).map(|all| all.concat()).unwrap_or_default();
        let gone = files.iter().filter(|file| !left.iter().any(|each| each == *file));
        wrong.extend(gone.map(|file| format!("{folder}/{file} is in no circle: take it off")));
        if left.is_empty() {
            wrong.push(format!("{folder} has no circle: take it off"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

type Arrows = BTreeMap<String, BTreeSet<String>>;

/// Which files of `folder` name which others of it, without their tests. A folder in it counts as one
/// file. A name that `mod.rs` hands on is the file's where it stands.
fn arrows_in(folder: &Path) -> Arrows {
    let code = |path: &Path| {
        let text = fs::read_to_string(root().join(path)).unwrap();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let text = lines.collect::<Vec<_>>().join("\n");
        text.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned()
    };
    let unit = |path: &Path| {
        let first = path.strip_prefix(folder).unwrap().components().next().unwrap();
        first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
    };
    let own: Vec<PathBuf> = files(folder.to_str().unwrap())
        .into_iter()
        .filter(|path| !path.to_str().unwrap().ends_with("tests.rs"))
        .collect();
    let head = folder.join("mod.rs");
    let units: BTreeSet<String> =
        own.iter().filter(|path| **path != head).map(|path| unit(path)).collect();
    // The names that `mod.rs` hands on, by the file that has them.
    let mut handed_on: BTreeMap<String, String> = BTreeMap::new();
    if own.contains(&head) {
        let text = code(&head);
        for (at, _) in text.match_indices("use ") {
            let Some(statement) = text[at + 4..].split(';').next() else { continue };
            let Some((from, names)) = statement.split_once("::") else { continue };
            let from = from.trim_start_matches("self::");
            for name in first_names(names) {
                handed_on.insert(name, from.to_owned());
            }
        }
    }
    let room = folder.strip_prefix("src").unwrap().to_string_lossy().replace('/', "::");
    let mut arrows = Arrows::new();
    for path in own.iter().filter(|path| **path != head) {
        let from = unit(path);
        let deep = path.parent() != Some(folder);
        let up = if deep { "super::super::" } else { "super::" };
        let absolute = format!("crate::{room}::");
        let text = code(path);
        for start in [up, &absolute] {
            for (at, _) in text.match_indices(start) {
                for name in first_names(&text[at + start.len()..]) {
                    let to = if units.contains(&name) { Some(&name) } else { handed_on.get(&name) };
                    if let Some(to) = to.filter(|to| **to != from && units.contains(*to)) {
                        arrows.entry(from.clone()).or_default().insert(to.clone());
                    }
                }
            }
        }
    }
    arrows
}

/// The first name of each path in what follows `::`: one path, or several in braces.
fn first_names(text: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(inner) = text.strip_prefix('{') else { return vec![name(text)] };
    let (mut depth, mut names, mut start) = (0, Vec::new(), 0);
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                names.push(name(&inner[start..at]));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The groups of files each of which leads to all others of its group.
fn circles(arrows: &Arrows) -> Vec<Vec<String>> {
    let reach = |from: &String| {
        let (mut seen, mut stack) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(at) = stack.pop() {
            for to in arrows.get(&at).into_iter().flatten() {
                if seen.insert(to.clone()) {
                    stack.push(to.clone());
                }
            }
        }
        seen
    };
    let all: BTreeMap<&String, BTreeSet<String>> =
        arrows.keys().map(|from| (from, reach(from))).collect();
    let mut found: Vec<Vec<String>> = Vec::new();
    for (from, leads_to) in &all {
        if !leads_to.contains(*from) || found.iter().any(|circle| circle.contains(*from)) {
            continue;
        }
        let back = |to: &&String| all.get(*to).is_some_and(|its| its.contains(*from));
        found.push(leads_to.iter().filter(back).cloned().collect());
    }
    found
}

/// The folders at any depth below `folder`, itself left out.
fn folders_of(folder: &str) -> Vec<PathBuf> {
    let parents = files(folder).into_iter().map(|path| path.parent().unwrap().to_owned());
    let found: BTreeSet<PathBuf> = parents.filter(|path| path != Path::new(folder)).collect();
    found.into_iter().collect()
}

/// The layer to which a file below `src` belongs; none for the roots of library and program.
fn layer_of(path: &Path) -> Option<&str> {
    let first = path.strip_prefix("src").unwrap().components().next()?.as_os_str().to_str()?;
    let name = first.split('.').next()?;
    (!["lib", "main"].contains(&name)).then_some(name)
}

fn found(path: &Path, code: &str, names: &[&str]) -> Vec<String> {
    names
        .iter()
        .filter(|name| code.contains(**name))
        .map(|name| format!("{} has {name}", path.display()))
        .collect()
}

/// The files below `folder` with their code, without comments.
fn code_below(folder: &str) -> Vec<(PathBuf, String)> {
    let read = |path: PathBuf| {
        let code = fs::read_to_string(root().join(&path)).unwrap();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code = lines.collect::<Vec<_>>().join("\n");
        (path, code)
    };
    files(folder).into_iter().map(read).collect()
}

/// The Rust files at any depth below `folder`, named from the root of the project.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
