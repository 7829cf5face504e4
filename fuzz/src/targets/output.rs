//! What is written for others to read: the report's Markdown, words of a shell, text on the screen.
//! Each is read by the real reader.

use std::process::Command;

use layermark::export::{
    CheckFact, CommandFact, DocumentFact, FactSeverity, FactState, LayerFact, PushFact,
    ReportFacts, StepFact, UrlFact, quote,
};
use layermark::manifest::Digest;
use layermark::msg;
use layermark::text::{PlainNumbers, english, visible};
use pulldown_cmark::{Event, Options, Parser, Tag};

use crate::source::Source;

/// Whatever stands in the facts, the report keeps its shape: no table, heading, list, link, picture
/// or HTML comes of it.
pub fn report(input: &[u8]) {
    let mut source = Source::new(input);
    let texts: [String; 4] = std::array::from_fn(|_| source.text());
    let shape = |texts| shape_of(&facts(texts).to_markdown(english(), &PlainNumbers));
    let plain =
        std::array::from_fn(|at| if texts[at].is_empty() { String::new() } else { "x".to_owned() });
    assert_eq!(shape(&texts), shape(&plain), "foreign text changes the report");
}

/// How often each thing stands in a Markdown text.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shape {
    headings: usize,
    tables: usize,
    rows: usize,
    cells: usize,
    items: usize,
    fences: usize,
    foreign: usize,
}

fn shape_of(markdown: &str) -> Shape {
    let mut shape = Shape::default();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        let count = match event {
            Event::Start(Tag::Heading { .. }) => &mut shape.headings,
            Event::Start(Tag::Table(_)) => &mut shape.tables,
            Event::Start(Tag::TableRow) => &mut shape.rows,
            Event::Start(Tag::TableCell) => &mut shape.cells,
            Event::Start(Tag::Item) => &mut shape.items,
            Event::Start(Tag::CodeBlock(_)) => &mut shape.fences,
            Event::Start(
                Tag::Link { .. } | Tag::Image { .. } | Tag::HtmlBlock | Tag::BlockQuote(_),
            )
            | Event::Html(_)
            | Event::InlineHtml(_) => &mut shape.foreign,
            _ => continue,
        };
        *count += 1;
    }
    shape
}

/// Facts in which each of the texts stands wherever a text from outside may.
fn facts([one, two, three, four]: &[String; 4]) -> ReportFacts {
    let (old, new) = (Digest::sha256(b"old"), Digest::sha256(b"new"));
    let some = |text: &String| Some(text.clone());
    ReportFacts {
        made_with: one.clone(),
        who: some(one),
        when: "2026-11-27T12:00:00Z".to_owned(),
        purpose: some(two),
        source: some(three),
        target: some(four),
        documents: vec![DocumentFact {
            name: one.clone(),
            media_type: two.clone(),
            old: old.clone(),
            new: new.clone(),
            old_size: 1,
            new_size: 2,
            patch: three.clone(),
            layers: vec![LayerFact {
                index: 0,
                digest: old.clone(),
                size: 1,
                old_media_type: one.clone(),
                new_media_type: two.clone(),
                old_urls: vec![three.clone()],
                new_urls: vec![four.clone(), one.clone()],
            }],
        }],
        checks: vec![CheckFact {
            rule: "LM101".to_owned(),
            severity: FactSeverity::Warning,
            what: msg!("report.title"),
            place: one.clone(),
            overridden: some(two),
        }],
        urls: vec![UrlFact {
            url: three.clone(),
            digest: old.clone(),
            outcome: "verified".to_owned(),
            says: msg!("report.title"),
            when: None,
        }],
        pushes: vec![PushFact {
            put_back: false,
            target: four.clone(),
            digest: new,
            before: Some(old),
            state: FactState::Done,
            when: "2026-11-27T12:00:00Z".to_owned(),
        }],
        push: vec![StepFact {
            what: msg!("report.title"),
            requests: vec![one.clone(), two.clone()],
            state: FactState::Done,
            answer: None,
        }],
        commands: vec![CommandFact { what: msg!("report.title"), lines: vec![three.clone()] }],
    }
}

/// A quoted word is one word for every shell that is here, and nothing in it is carried out.
pub fn shell(input: &[u8]) {
    let text = String::from_utf8_lossy(input).replace('\0', "0");
    // One start of a shell reads all pieces of an input.
    let words: Vec<&str> = text.split('\u{1e}').take(64).collect();
    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
    let script = format!("printf '%s\\036' {}", quoted.join(" "));
    let expected: String = words.join("\u{1e}") + "\u{1e}";
    for shell in ["dash", "bash"] {
        let Ok(output) = Command::new(shell).env_clear().args(["-c", &script]).output() else {
            continue; // The other one is a part of every system.
        };
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{shell} reads {script}");
    }
}

/// Text for the screen holds nothing that a terminal or a browser would obey instead of showing.
pub fn text(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let shown = visible(&text);
    let obeyed = |c: char| {
        c.is_control()
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
    };
    assert!(!shown.chars().any(obeyed), "{shown:?} hides something");
}
