//! Every limit of `src/limits.rs`, at it and one above, with the sentence that the person gets; and the
//! page of the documentation that is made from the table.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use layermark::image::{Image, Slot};
use layermark::json;
use layermark::limits::{self, LIMITS};
use layermark::manifest::{Algorithm, Digest, Document};
use layermark::text::{Arg, Message};

fn parse(text: &str) -> Result<Document, String> {
    let parsed = Document::parse(text.as_bytes(), None, Algorithm::Sha256);
    parsed.map_err(|refusal| refusal.message().to_string())
}

fn descriptor(members: &str) -> String {
    format!(r#"{{"digest":"{}","size":1{members}}}"#, Digest::sha256(b""))
}

fn list(name: &str, of: &str, count: usize) -> String {
    format!(r#"{{"schemaVersion":2,"{name}":[{}]}}"#, vec![of; count].join(","))
}

fn annotations(count: usize) -> String {
    let each: Vec<String> = (0..count).map(|at| format!(r#""{at}":"""#)).collect();
    format!(r#","annotations":{{{}}}"#, each.join(","))
}

fn urls(count: usize) -> String {
    format!(r#","urls":[{}]"#, vec![r#""""#; count].join(","))
}

#[test]
fn lists_of_a_document() {
    let short = Digest::sha256(b"").to_string();
    let bare = format!(r#"{{"digest":"{short}","size":1}}"#);
    let of_layer = |members: String| list("layers", &descriptor(&members), 1);
    let of_entry = |members: String| list("manifests", &descriptor(&members), 1);
    let own = |count| format!(r#"{{"schemaVersion":2,"layers":[]{}}}"#, annotations(count));
    let check = |most: usize, text: &dyn Fn(usize) -> String| {
        assert_eq!(parse(&text(most)).err(), None);
        let refused = parse(&text(most + 1)).unwrap_err();
        let said = format!("has {} items and more than {most} are not opened", most + 1);
        assert!(refused.replace(',', "").contains(&said), "{refused}");
    };
    check(limits::LAYERS, &|count| list("layers", &bare, count));
    check(limits::ENTRIES, &|count| list("manifests", &bare, count));
    check(limits::URLS, &|count| of_layer(urls(count)));
    check(limits::ANNOTATIONS, &own);
    check(limits::ANNOTATIONS, &|count| of_layer(annotations(count)));
    check(limits::ANNOTATIONS, &|count| of_entry(annotations(count)));
}

#[test]
fn a_document_as_a_whole() {
    let padded = |bytes: usize| {
        let text = r#"{"schemaVersion":2,"layers":[]}"#;
        format!("{text}{}", " ".repeat(bytes - text.len()))
    };
    assert_eq!(parse(&padded(limits::DOCUMENT)).err(), None);
    let refused = parse(&padded(limits::DOCUMENT + 1)).unwrap_err();
    assert!(refused.contains("more than 4 MiB"), "{refused}");
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(json::parse(deep(limits::DEPTH).as_bytes()).is_ok());
    let refused = json::parse(deep(limits::DEPTH + 1).as_bytes()).unwrap_err();
    assert!(refused.message().to_string().contains("more than 100 levels"));
}

/// A document of `bytes` bytes with `entries` entries, unlike others by its `number`.
fn document(number: usize, bytes: usize, entries: usize) -> Arc<Document> {
    let text = match entries {
        0 => format!(r#"{{"schemaVersion":2,"x":{number},"layers":[]}}"#),
        _ => list("manifests", &descriptor(""), entries).replacen(
            '{',
            &format!("{{\"x\":{number},"),
            1,
        ),
    };
    let padding = " ".repeat(bytes.saturating_sub(text.len()));
    Arc::new(parse(&format!("{text}{padding}")).unwrap())
}

/// What becomes of documents that are put into an image one after the other: how many were taken, and
/// what is said of the others.
fn taken(root: &Document, documents: impl Iterator<Item = Arc<Document>>) -> (usize, Vec<String>) {
    let mut image = Image::new(root.clone());
    let (mut count, mut said) = (0, Vec::new());
    for document in documents {
        let id = document.digest().clone();
        image.insert(id.clone(), Slot::Loaded(document));
        match image.slot(&id) {
            Some(Slot::Missing(reason)) => said.push(reason.to_string()),
            _ => count += 1,
        }
    }
    (count, said)
}

#[test]
fn the_documents_of_an_image() {
    let root = document(0, 0, limits::ENTRIES);
    let part = limits::DOCUMENT;
    let fits = limits::IMAGE / part - 1;
    let (count, said) = taken(&root, (0..fits + 2).map(|at| document(at, part, 0)));
    assert_eq!(count, fits, "the root takes a little of it");
    assert_eq!(said.len(), 2);
    assert!(said[0].contains("have more than 16.8 MB together"), "{}", said[0]);
    // Indexes below indexes name no more documents than one index may.
    let small = document(0, 0, 1);
    let below = limits::ENTRIES / 2;
    let (count, said) =
        taken(&small, [document(1, 0, below), document(2, 0, below - 1)].into_iter());
    assert_eq!((count, said), (2, vec![]));
    let (count, said) = taken(&small, [document(1, 0, below), document(2, 0, below)].into_iter());
    assert_eq!(count, 1);
    assert!(said[0].contains("has more than 1,001 documents"), "{}", said[0]);
}

/// Inputs of 4 MiB at most that stopped the page for seconds to minutes.
#[test]
fn small_inputs_do_not_stop_the_page() {
    let many = |count| annotations(count).replacen(',', "", 1);
    for (name, text) in [
        ("annotations", format!(r#"{{"schemaVersion":2,"layers":[],{}}}"#, many(300_000))),
        ("URLs", list("layers", &descriptor(&urls(1_000_000)), 1)),
        ("entries", list("manifests", &descriptor(""), 40_000)),
        (
            "attestations",
            list(
                "manifests",
                &descriptor(r#","annotations":{"vnd.docker.reference.type":"a"}"#),
                15_800,
            ),
        ),
    ] {
        let refused = parse(&text).unwrap_err();
        assert!(
            text.len() <= limits::DOCUMENT && refused.contains("not opened"),
            "{name}: {refused}"
        );
    }
}

#[test]
fn the_documentation() {
    let mut out = String::from(
        "# Limits\n\nWhat comes from outside is read up to these limits. They are far above what real images, \
         registries and settings have; above them something is refused or left out, and that is said, so that \
         a small input made on purpose neither fills the memory of the tab nor stops it.\n\n\
         This page is made from the code: change `src/limits.rs`, then run \
         `LAYERMARK_BLESS=1 cargo test --test heart limits`.\n\n\
         | what | at most | above it | what is said |\n|---|---|---|---|\n",
    );
    for limit in LIMITS {
        let most = if limit.bytes {
            format!("{} KiB", limit.most / 1024)
                .replace("4096 KiB", "4 MiB")
                .replace("8192 KiB", "8 MiB")
        } else {
            limit.most.to_string()
        };
        let most = most.replace("16384 KiB", "16 MiB");
        let said = limit.said.map(|key| {
            let args = ["name", "found", "size"].map(|name| (name, Arg::from("…")));
            let most = ["most", "max", "cap"].map(|name| (name, Arg::from(most.clone())));
            Message { key, args: args.into_iter().chain(most).collect() }.to_string()
        });
        let said = said.unwrap_or_default();
        assert!(!said.contains('{') && limit.said.is_none_or(|key| said != key), "{said}");
        let _ = writeln!(out, "| {} | {most} | {} | {said} |", limit.what, limit.above);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/limits.md");
    if std::env::var_os("LAYERMARK_BLESS").is_some() {
        std::fs::write(&path, &out).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == out,
        "docs/limits.md is not what the code says; run LAYERMARK_BLESS=1 cargo test --test heart limits"
    );
}
