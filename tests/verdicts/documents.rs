//! `docs/checks.md` and `docs/compatibility.*` as they must be; `LAYERMARK_BLESS=1 cargo test --test
//! verdicts documents` writes them.

use std::fmt::Write as _;
use std::path::Path;

use layermark::checks::*;
use layermark::text::{Arg, Message};

use crate::compatibility;

/// Compares the file with what it must be, or writes it when that is asked for.
fn compare(name: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    if std::env::var_os("LAYERMARK_BLESS").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/{name} is not what the code says; run LAYERMARK_BLESS=1 cargo test --test verdicts documents"
    );
}

#[test]
fn checks() {
    let mut out = String::from(
        "# Checks\n\nEvery rule that Layermark runs on an edited image. The ids are stable. In the \
         sentences, *n* stands for the number of layers or documents and *…* for the first example.\n\
         \nThis page is made from the code: change `src/checks/rules/` and `texts/en/checks.txt`, then \
         run `LAYERMARK_BLESS=1 cargo test --test verdicts documents`.\n",
    );
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let _ = write!(
            out,
            "\n## {}s\n\n| id | what | what to do | source |\n|---|---|---|---|\n",
            severity.message()
        );
        for rule in rules().filter(|rule| rule.severity == severity) {
            let (what, advice) = (sentence(rule.what), sentence(rule.advice));
            let _ =
                writeln!(out, "| {} | {what} | {advice} | [source]({}) |", rule.id, rule.source);
        }
    }
    compare("checks.md", &out);
}

/// The sentence with its plural forms and its placeholders neutral.
fn sentence(key: &'static str) -> String {
    let args = vec![("count", Arg::from("*n*")), ("value", Arg::from("…"))];
    Message { key, args }.to_string().replace('|', "\\|")
}

#[test]
fn compatibility_as_data() {
    let data = compatibility::data();
    let mut text = serde_json::to_string_pretty(&data).unwrap();
    text.push('\n');
    compare("compatibility.json", &text);
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/compatibility.schema.json");
    let schema = serde_json::from_slice(&std::fs::read(schema).unwrap()).unwrap();
    let faults = crate::schema::faults(&schema, &data);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_facts_are_what_their_schema_says() {
    let read = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    };
    let schema = read("docs/compatibility-facts.schema.json");
    let faults = crate::schema::faults(&schema, &read("facts/compatibility.json"));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn compatibility_for_reading() {
    let data = compatibility::data();
    compare("compatibility.md", &compatibility::markdown(&data));
    compare("compatibility.html", &compatibility::html(&data));
}
