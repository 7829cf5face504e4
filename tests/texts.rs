//! The sentences: every language has the same keys with the same placeholders, the code passes
//! exactly those, and no key is left over.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)] // a test's helpers fail the test

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use layermark::checks::rules;
use layermark::text::{Catalog, english_sources};

/// The languages beside English, by the name of their folder.
const LANGUAGES: [&str; 1] = ["de"];

/// Files that are still only in English; their sentences appear in English everywhere.
const ENGLISH_ONLY: [&str; 0] = [];

/// Sentences that nothing shows yet.
const WAITING: [&str; 0] = [];

#[test]
fn every_language_says_the_same_things() {
    let english = files("texts/en", "txt");
    assert!(!english.is_empty());
    for language in LANGUAGES {
        let folder = format!("texts/{language}");
        let names = |files: &[PathBuf]| -> Vec<String> {
            files.iter().map(|path| name(path).to_owned()).collect()
        };
        // A file that was translated must leave the list, or this is not equal.
        let translated: Vec<PathBuf> =
            english.iter().filter(|path| !ENGLISH_ONLY.contains(&name(path))).cloned().collect();
        assert_eq!(names(&files(&folder, "txt")), names(&translated), "files of {language}");
        let mut wrong = Vec::new();
        for path in &translated {
            let twin = root().join(&folder).join(name(path));
            let (ours, theirs) = (catalog(path), catalog(&twin));
            let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
            for key in keys {
                match (ours.get(key), theirs.get(key)) {
                    (Some(ours), Some(theirs)) if ours == theirs => {}
                    (ours, theirs) => wrong.push(format!(
                        "{language}/{}: {key} has {theirs:?}, in English {ours:?}",
                        name(path)
                    )),
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn every_english_file_is_compiled_in() {
    let sources: BTreeSet<&str> = english_sources().iter().copied().collect();
    for path in files("texts/en", "txt") {
        let source = fs::read_to_string(&path).unwrap();
        assert!(sources.contains(source.as_str()), "{} is not listed", name(&path));
    }
}

#[test]
fn the_code_passes_exactly_the_placeholders() {
    let sentences = all_english();
    let mut wrong = Vec::new();
    let mut calls = 0;
    for (path, code) in sources() {
        for call in message_calls(&code) {
            calls += 1;
            let wanted = sentences.get(&call.key);
            if wanted != Some(&call.names) {
                wrong.push(format!(
                    "{}: {} passes {:?}, the sentence has {wanted:?}",
                    path.display(),
                    call.key,
                    call.names
                ));
            }
        }
    }
    assert!(calls > 100, "only {calls} calls were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rules_have_sentences_that_they_can_fill() {
    let sentences = all_english();
    for rule in rules() {
        for key in [rule.what, rule.advice] {
            let names = sentences.get(key).unwrap_or_else(|| panic!("no sentence {key}"));
            assert!(
                names.iter().all(|name| name == "count" || name == "value"),
                "{key}: {names:?}"
            );
        }
    }
}

#[test]
fn no_sentence_is_left_over() {
    let code: String = sources().into_iter().map(|(_, code)| code).collect();
    let of_rules: BTreeSet<&str> = rules().flat_map(|rule| [rule.what, rule.advice]).collect();
    let left: Vec<String> = all_english()
        .into_keys()
        .filter(|key| !of_rules.contains(key.as_str()) && !code.contains(&format!("\"{key}\"")))
        .collect();
    // A sentence that is shown now must leave the list, or this is not equal.
    assert_eq!(left, WAITING, "sentences that nothing uses");
}

/// A call of `msg!`: its key and the names of its arguments.
struct Call {
    key: String,
    names: BTreeSet<String>,
}

fn message_calls(code: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    for (at, _) in code.match_indices("msg!") {
        // Some calls are written with braces or brackets; what opens also closes.
        let Some(inner) = code[at + 4..].trim_start().strip_prefix(['(', '{', '[']) else {
            continue;
        };
        let Some(rest) = inner.trim_start().strip_prefix('"') else { continue };
        let (key, rest) = rest.split_once('"').unwrap();
        calls.push(Call { key: key.to_owned(), names: argument_names(rest) });
    }
    calls
}

/// The names before `=` at the top level of an argument list, up to the bracket that closes it.
fn argument_names(list: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let (mut depth, mut start) = (0, 0);
    let mut at = 0;
    let bytes = list.as_bytes();
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at += 1;
                while bytes[at] != b'"' {
                    at += 1 + usize::from(bytes[at] == b'\\');
                }
            }
            // A bracket or quotation mark as a character.
            b'\'' if bytes.get(at + 2) == Some(&b'\'') => at += 2,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => break,
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 0 => start = at + 1,
            b'=' if depth == 0 => {
                let name = list[start..at].trim();
                if !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
                    names.insert(name.to_owned());
                }
            }
            _ => {}
        }
        at += 1;
    }
    names
}

/// The placeholders of each key of a catalogue file.
fn catalog(path: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let source = fs::read_to_string(path).unwrap();
    let catalog = Catalog::parse(&source).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let entries = catalog.entries();
    entries.map(|(key, sentence)| (key.to_owned(), placeholders(sentence))).collect()
}

fn all_english() -> BTreeMap<String, BTreeSet<String>> {
    files("texts/en", "txt").iter().flat_map(|path| catalog(path)).collect()
}

fn placeholders(sentence: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = sentence;
    while let Some(open) = rest.find('{') {
        rest = &rest[open + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            rest = after;
            continue;
        }
        let (inner, after) = rest.split_once('}').unwrap_or_else(|| panic!("no }} in {sentence}"));
        let mut parts = inner.split('|');
        let name = parts.next().unwrap();
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{sentence}");
        assert!(matches!(parts.count(), 0 | 2), "{{{inner}}} needs two forms: {sentence}");
        found.insert(name.to_owned());
        rest = after;
    }
    found
}

/// The code of the page without comments and tests.
fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for path in files("src", "rs") {
        if name(&path).ends_with("tests.rs") {
            continue;
        }
        let code = fs::read_to_string(&path).unwrap();
        let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        found.push((path.clone(), lines.collect::<Vec<_>>().join("\n")));
    }
    found
}

/// The files with this ending at any depth below `folder`, sorted.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
