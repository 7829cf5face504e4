//! The facts as one document of data, and that document for reading, as Markdown and as a page.

use std::fmt::Write as _;

use layermark::compatibility::*;
use layermark::manifest::media_type::Family;
use serde_json::{Value, json};

use crate::images::{GOOD, World};

/// The ways of saying that a layer is foreign for which the cells are shown.
const MARKS: [(&str, &str, &str, bool); 3] = [
    (
        "type-and-url",
        "Non-distributable type with a URL",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        true,
    ),
    (
        "type-only",
        "Non-distributable type without URLs",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        false,
    ),
    ("url-only", "Ordinary type with a URL", "application/vnd.oci.image.layer.v1.tar+gzip", true),
];

/// Where the blob is and what the URL answers.
const PLACES: [(&str, &str, Blob, UrlState); 3] = [
    ("url-only", "blob only at the URL", Blob::Absent, UrlState::Verified),
    ("both", "blob in both", Blob::Present { size: None }, UrlState::Verified),
    (
        "url-down",
        "blob in the registry, URL down",
        Blob::Present { size: None },
        UrlState::ServerError,
    ),
];

/// The document: `docs/compatibility.schema.json` says what stands where.
pub(crate) fn data() -> Value {
    let worlds = MARKS.map(|(_, _, media_type, has_url)| {
        let urls: &[&str] = if has_url { &[GOOD] } else { &[] };
        PLACES.map(|(_, _, blob, state)| World::oci(media_type, urls).blob(blob).state(state))
    });
    let verdicts =
        worlds.each_ref().map(|places| places.each_ref().map(|it| it.ask(client_verdicts)));
    let mut clients = Vec::new();
    for (index, client) in clients_in_order() {
        let mut actions = Vec::new();
        for action in Action::ALL {
            let mut ways: Vec<(&str, Option<&Evidence>, Vec<Value>)> = Vec::new();
            for (mark, verdicts) in MARKS.iter().zip(&verdicts) {
                for (place, verdicts) in PLACES.iter().zip(verdicts) {
                    for part in &verdicts[index].cells[action as usize].parts {
                        let cell = json!({
                            "mark": mark.0,
                            "place": place.0,
                            "outcome": word(&format!("{:?}", part.outcome)),
                            "effect": word(&format!("{:?}", part.outcome.effect())),
                            "sentence": part.sentence().to_string(),
                        });
                        match ways.iter_mut().find(|(way, ..)| *way == part.way) {
                            Some((_, _, cells)) => cells.push(cell),
                            None => ways.push((part.way, part.evidence, vec![cell])),
                        }
                    }
                }
            }
            for (way, evidence, cells) in ways {
                actions.push(json!({
                    "action": word(&format!("{action:?}")),
                    "way": way,
                    "evidence": evidence.map(told),
                    "cells": cells,
                }));
            }
        }
        clients.push(json!({
            "id": client.id,
            "name": client.name,
            "variant": client.variant,
            "group": client.group,
            "versions": client.versions.message().to_string(),
            "looks": looks(&client.pull),
            "leaves_out": client.push.first().or(client.base.first()).map(|copy| decides(copy.leaves_out)),
            "option": client.push.first().map_or("", |copy| copy.option),
            "actions": actions,
        }));
    }
    let registries: Vec<Value> = registries()
        .iter()
        .filter(|registry| !registry.rules.is_empty())
        .map(|registry| {
            let rules: Vec<Value> = registry.rules.iter().map(rule).collect();
            json!({
                "id": registry.kind.id(),
                "name": registry.kind.name(),
                "url_settings": registry.kind.has_url_policy(),
                "rules": rules,
                "evidence": registry.evidence.as_ref().map(told),
            })
        })
        .collect();
    let marks: Vec<Value> = MARKS
        .iter()
        .map(|(id, name, media_type, url)| json!({"id": id, "name": name, "media_type": media_type, "url": url}))
        .collect();
    let places: Vec<Value> =
        PLACES.iter().map(|(id, name, ..)| json!({"id": id, "name": name})).collect();
    json!({
        "$schema": "compatibility.schema.json",
        "version": 1,
        "marks": marks,
        "places": places,
        "clients": clients,
        "registries": registries,
    })
}

fn clients_in_order() -> impl Iterator<Item = (usize, &'static Client)> {
    clients().iter().enumerate()
}

/// `FailsNoBlob` as `fails-no-blob`.
fn word(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

fn told(evidence: &Evidence) -> Value {
    json!({
        "strength": word(&format!("{:?}", evidence.strength)),
        "program": evidence.program,
        "date": evidence.date,
        "sources": evidence.sources,
    })
}

fn decides(decides: Decides) -> String {
    let short = |types: &[&str]| {
        let each = |it: &&str| it.strip_prefix("application/vnd.").unwrap_or(it).to_owned();
        types.iter().map(each).collect::<Vec<_>>().join(", ")
    };
    match decides {
        Decides::Nothing => "nothing".into(),
        Decides::Types(types) => format!("by media type: {}", short(types)),
        Decides::Prefixes => "by media type: every foreign one".into(),
        Decides::Urls => "by URLs, whatever the type".into(),
        Decides::TypesWithUrls(types) => format!("by media type and URLs: {}", short(types)),
        Decides::Unknown => "not known".into(),
    }
}

fn looks(pull: &Pull) -> String {
    let then = |then: Then| match then {
        Then::Stop => "stops",
        Then::Next => "goes to the next URL",
        Then::NextThenRegistry => "goes to the next URL, then to the registry",
    };
    let mut said = match pull.order {
        Order::Unknown => "not known".to_owned(),
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
    match pull.refuses {
        Refuses::Nothing => {}
        Refuses::Crane => said.push_str(
            "; one URL in the clear, at a private address or of bad form fails the layer once URLs are asked",
        ),
        Refuses::Regctl => said.push_str(
            "; one URL at this machine’s own address or of bad form fails the layer once URLs are asked",
        ),
    }
    if pull.no_zstd {
        said.push_str("; cannot unpack zstd");
    }
    said
}

fn rule(rule: &Acceptance) -> Value {
    let family = rule.family.map_or("any", |family| match family {
        Family::Docker => "Docker",
        Family::Oci => "OCI",
    });
    let urls = match (rule.uri, rule.urls) {
        (Some(false), _) => "one that is no URI",
        (_, Some(true)) => "some",
        (_, Some(false)) => "none",
        _ => "either",
    };
    let manifest = match rule.image_config {
        Some(false) => format!("{family}, config of another type"),
        _ => family.to_owned(),
    };
    json!({
        "manifest": manifest,
        "types": rule.types,
        "urls": urls,
        "answer": answer(rule.answer),
    })
}

fn answer(answer: Answer) -> String {
    match answer {
        Answer::Accepts => "accepts, blob or not".into(),
        Answer::NeedsBlob(status, code) => format!("accepts with the blob, else {status} {code}"),
        Answer::AsAllowed => "accepts what its settings allow, else 500 UNKNOWN; blob or not".into(),
        Answer::AsAllowedWithBlob => {
            "accepts with the blob what its settings allow, else 500 UNKNOWN or 400 MANIFEST_BLOB_UNKNOWN".into()
        }
        Answer::Refuses(_, status, code) => format!("refuses with {status} {code}"),
        Answer::RefusesUnlessSet(off, on, code) => format!(
            "refuses with {off} {code} unless set up for it; then it wants the blob, else {on} {code}"
        ),
        Answer::Unknown => "not known".into(),
    }
}

/// What both forms for reading say, in their own way of writing.
trait Page {
    fn title(&mut self, level: usize, text: &str);
    fn text(&mut self, text: &str);
    fn table(&mut self, head: &[&str], rows: &[Vec<String>]);
    /// A cell's content: sign and word, and a sentence for those who want to know more.
    fn cell(&self, effect: &str, outcome: &str, way: &str, sentence: &str) -> String;
    fn link(&self, name: &str, url: &str) -> String;
    fn plain(&self, text: &str) -> String;
}

fn write(page: &mut dyn Page, data: &Value) {
    page.title(1, "Compatibility");
    page.text(
        "What clients and registries do with foreign (non-distributable) layers: by what they decide, in \
         which order they look, and what follows. Layermark computes its verdicts from the same table. As \
         data: compatibility.json, described by compatibility.schema.json.",
    );
    page.text(
        "Evidence: measured means seen on a running program of that version, read means read in its source, \
         inferred means concluded from what it is built of, documented means said by documentation, an issue \
         or a maintainer. A cell without evidence is not known.",
    );
    page.text(
        "To add or correct a row, change facts/compatibility.json and run LAYERMARK_BLESS=1 cargo test --test \
         verdicts documents; no Rust is needed.",
    );
    page.title(2, "What happens to a marked layer");
    page.text(
        "For a layer with the OCI type …tar+gzip, for three ways of marking it. “URL down” means that the URL \
         answers with status 500. Pushes and saves are shown for a blob in the registry and a URL that serves it.",
    );
    let list = |value: &Value| value.as_array().cloned().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for mark in list(&data["marks"]) {
        page.title(3, mark["name"].as_str().unwrap());
        let mut rows = Vec::new();
        for client in list(&data["clients"]) {
            let mut row = vec![name(page, &client), page.plain(&text(&client["versions"]))];
            let cells = |action: &str, place: &str| {
                let mut said = Vec::new();
                for each in list(&client["actions"]).iter().filter(|it| it["action"] == action) {
                    for cell in list(&each["cells"]) {
                        if cell["mark"] == mark["id"] && cell["place"] == place {
                            let (effect, outcome) = (text(&cell["effect"]), text(&cell["outcome"]));
                            said.push(page.cell(
                                &effect,
                                &outcome,
                                &text(&each["way"]),
                                &text(&cell["sentence"]),
                            ));
                        }
                    }
                }
                said.join("; ")
            };
            for place in ["url-only", "both", "url-down"] {
                row.push(cells("pull", place));
            }
            for action in ["push", "save", "base"] {
                row.push(cells(action, "both"));
            }
            rows.push(row);
        }
        page.table(
            &[
                "client",
                "versions",
                "pull, blob only at the URL",
                "pull, blob in both",
                "pull, blob in the registry, URL down",
                "push or copy",
                "save or export",
                "build on it",
            ],
            &rows,
        );
    }
    page.title(2, "Clients");
    let mut rows = Vec::new();
    let mut sources = Vec::new();
    for client in list(&data["clients"]) {
        let option = text(&client["option"]);
        rows.push(vec![
            name(page, &client),
            page.plain(&text(&client["versions"])),
            page.plain(client["leaves_out"].as_str().unwrap_or("–")),
            page.plain(if option.is_empty() { "none" } else { &option }),
            page.plain(&text(&client["looks"])),
        ]);
        for action in list(&client["actions"]) {
            if action["evidence"].is_object() {
                let what = format!("{} {}", text(&action["action"]), text(&action["way"]));
                sources.push(vec![
                    name(page, &client),
                    page.plain(what.trim()),
                    evidence(page, &action["evidence"]),
                ]);
            }
        }
    }
    page.table(
        &[
            "client",
            "versions",
            "leaves out on a push or copy",
            "option for the opposite",
            "looks for a layer",
        ],
        &rows,
    );
    page.title(2, "Registries");
    page.text("The first rule that fits a layer counts.");
    for registry in list(&data["registries"]) {
        page.title(3, registry["name"].as_str().unwrap());
        let mut rows = Vec::new();
        for rule in list(&registry["rules"]) {
            let types: Vec<String> = list(&rule["types"])
                .iter()
                .map(|it| it.as_str().unwrap().replace("application/vnd.", ""))
                .collect();
            let types = if types.is_empty() { "any other".to_owned() } else { types.join(", ") };
            let of = |key: &str| page.plain(rule[key].as_str().unwrap());
            rows.push(vec![of("manifest"), page.plain(&types), of("urls"), of("answer")]);
        }
        page.table(&["manifest", "layer types", "URLs", "answer"], &rows);
        if registry["evidence"].is_object() {
            let told = evidence(page, &registry["evidence"]);
            page.table(&["evidence"], &[vec![told]]);
        }
    }
    page.title(2, "Sources");
    page.table(&["client", "action", "evidence"], &sources);
}

fn name(page: &dyn Page, client: &Value) -> String {
    let (name, variant) = (client["name"].as_str().unwrap(), client["variant"].as_str().unwrap());
    page.plain(&if variant.is_empty() { name.to_owned() } else { format!("{name} ({variant})") })
}

fn evidence(page: &dyn Page, evidence: &Value) -> String {
    let of = |key: &str| evidence[key].as_str().unwrap_or_default();
    let links: Vec<String> = evidence["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| {
            let url = source.as_str().unwrap();
            page.link(url.rsplit('/').next().unwrap(), url)
        })
        .collect();
    let program =
        if of("program").is_empty() { String::new() } else { format!(" with {}", of("program")) };
    page.plain(&format!("{}{program}, {}: ", of("strength"), of("date"))) + &links.join(", ")
}

/// As Markdown.
pub(crate) fn markdown(data: &Value) -> String {
    let mut page = Markdown(String::new());
    write(&mut page, data);
    page.0
}

/// As a page that needs no script.
pub(crate) fn html(data: &Value) -> String {
    let mut page = Html(String::new());
    write(&mut page, data);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Compatibility of foreign layers</title>\n\
         <meta name=\"description\" content=\"What container clients and registries do with foreign (non-distributable) layers\">\n\
         <link rel=\"stylesheet\" href=\"compatibility.css\">\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
        page.0
    )
}

struct Markdown(String);

impl Page for Markdown {
    fn title(&mut self, level: usize, text: &str) {
        let gap = if self.0.is_empty() { "" } else { "\n" };
        let _ = writeln!(self.0, "{gap}{} {text}", "#".repeat(level));
    }

    fn text(&mut self, text: &str) {
        let _ = writeln!(self.0, "\n{text}");
    }

    fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let _ = writeln!(self.0, "\n| {} |\n|{}", head.join(" | "), "---|".repeat(head.len()));
        for row in rows {
            let _ = writeln!(self.0, "| {} |", row.join(" | "));
        }
    }

    fn cell(&self, effect: &str, outcome: &str, way: &str, _: &str) -> String {
        let way = if way.is_empty() { String::new() } else { format!(" ({way})") };
        format!("{} {}{way}", sign(effect), outcome.replace('-', " "))
    }

    fn link(&self, name: &str, url: &str) -> String {
        format!("[{name}]({url})")
    }

    fn plain(&self, text: &str) -> String {
        text.replace('|', "\\|").replace("--", "\\-\\-")
    }
}

struct Html(String);

impl Page for Html {
    fn title(&mut self, level: usize, text: &str) {
        let id: String = text
            .to_lowercase()
            .chars()
            .map(|it| if it.is_alphanumeric() { it } else { '-' })
            .collect();
        let _ = writeln!(self.0, "<h{level} id=\"{id}\">{}</h{level}>", escape(text));
    }

    fn text(&mut self, text: &str) {
        let _ = writeln!(self.0, "<p>{}</p>", escape(text));
    }

    fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let head = head.iter().fold(String::new(), |row, it| {
            row + "<th scope=\"col\">" + escape(it).as_str() + "</th>"
        });
        let _ = writeln!(
            self.0,
            "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>"
        );
        for row in rows {
            let mut cells = row.iter();
            let first = cells.next().map_or("", String::as_str);
            let rest = cells.fold(String::new(), |rest, it| rest + "<td>" + it.as_str() + "</td>");
            let _ = writeln!(self.0, "<tr><th scope=\"row\">{first}</th>{rest}</tr>");
        }
        let _ = writeln!(self.0, "</tbody>\n</table></div>");
    }

    fn cell(&self, effect: &str, outcome: &str, way: &str, sentence: &str) -> String {
        let way =
            if way.is_empty() { String::new() } else { format!(" <small>{}</small>", escape(way)) };
        format!(
            "<details class=\"{effect}\"><summary>{} {}{way}</summary>{}</details>",
            sign(effect),
            outcome.replace('-', " "),
            escape(sentence)
        )
    }

    fn link(&self, name: &str, url: &str) -> String {
        format!("<a href=\"{}\">{}</a>", escape(url), escape(name))
    }

    fn plain(&self, text: &str) -> String {
        escape(text)
    }
}

fn sign(effect: &str) -> &'static str {
    let of = |it: &&Effect| word(&format!("{it:?}")) == effect;
    Effect::ALL.iter().find(of).map_or("", |it| it.sign())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
