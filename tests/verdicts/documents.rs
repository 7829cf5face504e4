//! `docs/checks.md` and `docs/compatibility.md` as they must be; `LAYERMARK_BLESS=1 cargo test --test
//! verdicts documents` writes them.

use std::fmt::Write as _;
use std::path::Path;

use layermark::checks::*;
use layermark::compatibility::*;
use layermark::text::{Arg, Message};

use crate::images::{GOOD, World};

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
fn compatibility() {
    let mut out = String::from(
        "# Compatibility\n\nWhat clients and registries do with foreign layers: by what they decide, in \
         which order they look, and what follows. Layermark computes its verdicts from the same table, \
         `src/compatibility/facts.rs`; this page is made from it by `LAYERMARK_BLESS=1 cargo test --test verdicts documents`.\n\n**Evidence**: *measured* means seen on a running program, *read* means read in its \
         source, *documented* means said by documentation, an issue or a maintainer.\n",
    );
    out.push_str(
        "\n## What happens to a marked layer\n\nFor a layer with the OCI type `…tar+gzip` (Docker’s gzip \
         type where only Docker’s is known behaves alike unless the next section says otherwise), for \
         the three ways of marking it. *URL down* means that the URL answers with status 500.\n",
    );
    for (title, form, urls) in [
        (
            "Non-distributable type with a URL",
            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
            true,
        ),
        (
            "Non-distributable type without URLs",
            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
            false,
        ),
        ("Ordinary type with a URL", "application/vnd.oci.image.layer.v1.tar+gzip", true),
    ] {
        matrix(&mut out, title, form, urls);
    }
    out.push_str("\n## Clients\n\n| client | versions | decides on a push or copy by | option | keeps | looks for a layer |\n|---|---|---|---|---|---|\n");
    for client in clients() {
        let (decides, option, keeps) = match &client.push {
            None => ("–", "", "–"),
            Some(copy) => (decides(copy.leaves_out), copy.option, keeps(copy.keeps)),
        };
        let option = if option.is_empty() { "none".to_owned() } else { format!("`{option}`") };
        let _ = writeln!(
            out,
            "| {} | {} | {decides} | {option} | {keeps} | {} |",
            name(client),
            versions(client.versions),
            order(&client.pull)
        );
    }
    out.push_str("\n## Registries\n\nThe first rule that fits a layer counts.\n");
    for registry in registries() {
        let _ = write!(
            out,
            "\n### {}\n\n| manifest | layer types | URLs | answer |\n|---|---|---|---|\n",
            registry.kind.name()
        );
        for rule in registry.rules {
            let family = rule.family.map_or("any".to_owned(), |family| format!("{family:?}"));
            let types = match rule.types {
                [] => "any other".to_owned(),
                types => types
                    .iter()
                    .map(|each| format!("`{}`", short(each)))
                    .collect::<Vec<_>>()
                    .join(", "),
            };
            let urls = rule.urls.map_or("either", |urls| if urls { "some" } else { "none" });
            let _ = writeln!(out, "| {family} | {types} | {urls} | {} |", answer(rule.answer));
        }
        let _ = writeln!(out, "\n{}", evidence(&registry.evidence));
    }
    out.push_str("\n## Sources\n\n| client | action | evidence |\n|---|---|---|\n");
    for client in clients() {
        let copies = [&client.push, &client.save, &client.base].map(Option::as_ref);
        let mut each = vec![(Action::Pull, &client.pull.evidence)];
        each.extend(
            Action::ALL[1..]
                .iter()
                .zip(copies)
                .filter_map(|(action, copy)| Some((*action, &copy?.evidence))),
        );
        for (action, found) in each.into_iter().filter(|(_, found)| !found.sources.is_empty()) {
            let _ =
                writeln!(out, "| {} | {} | {} |", name(client), action.message(), evidence(found));
        }
    }
    compare("compatibility.md", &out);
}

fn matrix(out: &mut String, title: &str, form: &str, urls: bool) {
    let urls: &[&str] = if urls { &[GOOD] } else { &[] };
    let absent = World::oci(form, urls).blob(Blob::Absent).state(UrlState::Verified);
    let present = absent.clone().blob(Blob::Present { size: None });
    let down = present.clone().state(UrlState::ServerError);
    let of = |world: &World| world.ask(client_verdicts);
    let (absent, present, down) = (of(&absent), of(&present), of(&down));
    let _ = write!(
        out,
        "\n### {title}\n\n| client | versions | pull, blob only at the URL | pull, blob in both | pull, blob in the registry, URL down | push or copy | save or export | build on it |\n|---|---|---|---|---|---|---|---|\n"
    );
    let word = |verdict: &ClientVerdict, action: Action| {
        verdict.cells[action as usize].parts[0].word().to_string()
    };
    for ((absent, present), down) in absent.iter().zip(&present).zip(&down) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            name(absent.client),
            versions(absent.client.versions),
            word(absent, Action::Pull),
            word(present, Action::Pull),
            word(down, Action::Pull),
            word(present, Action::Push),
            word(present, Action::Save),
            word(present, Action::Base),
        );
    }
}

fn name(client: &Client) -> String {
    if client.variant.is_empty() {
        return client.name.to_owned();
    }
    format!("{} ({})", client.name, client.variant)
}

fn versions(versions: Versions) -> String {
    versions.message().to_string()
}

fn decides(by: Decides) -> &'static str {
    match by {
        Decides::Nothing => "nothing, takes all layers",
        Decides::Types(types) if types.len() == 3 => {
            "media type: Docker gzip, OCI tar and tar+gzip"
        }
        Decides::Types(_) => "media type: Docker gzip, OCI tar, tar+gzip and tar+zstd",
        Decides::Prefixes => "media type: every foreign one",
        Decides::Urls => "URLs",
        Decides::TypesWithUrls(_) => "media type (Docker gzip) and URLs",
        Decides::Unknown => "not known",
    }
}

fn keeps(keeps: Keeps) -> &'static str {
    match keeps {
        Keeps::All => "type and URLs",
        Keeps::Type => "the type",
        Keeps::Nothing => "nothing",
    }
}

fn order(pull: &Pull) -> String {
    let then = |then: Then| match then {
        Then::Stop => "stops",
        Then::Next => "goes to the next URL",
        Then::NextThenRegistry => "goes to the next URL, then to the registry",
    };
    let mut said = match pull.order {
        Order::Registry => "in the registry only".to_owned(),
        Order::RegistryFirst => "in the registry, then at the URLs".to_owned(),
        Order::UrlsFirst => format!(
            "at the URLs first; at 404 it {}, at another refusal it {}, without an answer it {}",
            then(pull.on_failure.missing),
            then(pull.on_failure.refused),
            then(pull.on_failure.unreachable)
        ),
    };
    if pull.leaves_out != Decides::Nothing {
        said.push_str("; foreign ones not at all");
    }
    if pull.vetoes {
        said.push_str("; one URL that it refuses fails the layer");
    }
    said
}

fn answer(answer: Answer) -> String {
    match answer {
        Answer::Accepts => "accepts, blob or not".into(),
        Answer::NeedsBlob(status, code) => format!("accepts with the blob, else {status} `{code}`"),
        Answer::AsAllowed => "accepts what its settings allow, else 500 `UNKNOWN`; blob or not".into(),
        Answer::AsAllowedWithBlob => {
            "accepts with the blob what its settings allow, else 500 `UNKNOWN` or 400 `MANIFEST_BLOB_UNKNOWN`".into()
        }
        Answer::Refuses(_, status, code) => format!("refuses with {status} `{code}`"),
        Answer::RefusesUnlessSet(status, code) => {
            format!("refuses with {status} `{code}` unless set up for it; then it wants the blob")
        }
        Answer::Unknown => "not known".into(),
    }
}

fn evidence(evidence: &Evidence) -> String {
    let links: Vec<String> = evidence
        .sources
        .iter()
        .map(|source| {
            let name = source.rsplit('/').next().unwrap_or_default();
            format!("[{name}]({source})")
        })
        .collect();
    format!("{}, {}: {}", evidence.strength.message(), evidence.date, links.join(", "))
}

fn short(media_type: &str) -> &str {
    media_type.strip_prefix("application/vnd.").unwrap_or(media_type)
}
