//! The rules of the code that no compiler checks: which layer may use which, where the outside
//! world may appear, how long a file may be.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)] // a test's helpers fail the test

use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the top down. Each may use those below its own line.
const LAYERS: [&[&str]; 11] = [
    &["ui"],
    &["browser"],
    &["app"],
    &["deliver"],
    &["export", "checks"],
    &["compatibility"],
    &["registry"],
    &["image"],
    &["manifest"],
    &["json"],
    &["text"],
];

/// The layers that know no browser and no other outside world: what they need comes in as a value.
const DOMAIN: [&str; 10] = [
    "app",
    "deliver",
    "export",
    "checks",
    "compatibility",
    "registry",
    "image",
    "manifest",
    "json",
    "text",
];

/// What reaches out of the domain.
const OUTSIDE: [&str; 17] = [
    "yew::",
    "web_sys::",
    "js_sys::",
    "gloo::",
    "gloo_net::",
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
    "gloo_net",
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
    let folders: std::collections::BTreeSet<PathBuf> = ["src", "xtask/src"]
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
