//! The work as text, so that it outlives a reload of the page and a failure of the editor: what was
//! loaded, and the edits. Never a credential.
//!
//! Invariant: what is read back renders to the same bytes, or it is not read back at all.

use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::Arc;

use crate::app::page::session_edits::{digest, number, read_node, text, write_node};
use crate::app::{Brought, Opened, Origin};
use crate::image::{Config, Image, ImageEdits, NodeEdits, SAMPLES, Sample, Slot, sample_title};
use crate::json::{self, Node, Value, string};
use crate::manifest::{Digest, Document, Facts};
use crate::msg;

/// The most bytes of text that are kept of what was loaded. Browsers keep about 5 million
/// characters for a page.
pub const MAX_IMAGE: usize = 4_000_000;

/// What was loaded, as text.
pub struct ImageText {
    /// JSON.
    pub text: String,
    /// Whether it is all that was loaded. Otherwise what is in it depends on the edits.
    pub whole: bool,
}

/// What was loaded, as JSON text; `None` when it is more than [`MAX_IMAGE`].
///
/// The configs are kept whole where there is room for all, and otherwise what is needed of them. Of an
/// index too big to be kept whole, the documents that have edits are kept, those above them, and
/// those that were brought from elsewhere; the rest can be loaded again.
pub fn image_text(opened: &Opened) -> Option<ImageText> {
    for configs in [Configs::Whole, Configs::Short] {
        let text = image_text_of(opened, configs, |_| true).filter(|text| text.len() <= MAX_IMAGE);
        if let Some(text) = text {
            return Some(ImageText { text, whole: true });
        }
    }
    let edits = opened.history.edits();
    let needed = image_text_of(opened, Configs::Short, |id| {
        edits.get(id).is_some()
            || id == opened.image.root()
            || opened.brought.of(id).is_some()
            || opened.unapplied().is_some_and(|rewrite| rewrite.of == *id)
            || opened.image.document(id).is_some_and(|document| document.kind().is_index())
    });
    let needed = needed.filter(|text| text.len() <= MAX_IMAGE)?;
    Some(ImageText { text: needed, whole: false })
}

/// The present edits as JSON text, with text that was typed and not applied. `now_ms` is the time in
/// milliseconds since 1970.
pub fn edits_text(opened: &Opened, now_ms: u64) -> String {
    let mut out = format!(
        r#"{{"layermark":1,"image":{},"shown":{},"template":{},"at":{now_ms},"edits":["#,
        string(opened.image.root().as_str()),
        string(opened.current.as_str()),
        string(&opened.template),
    );
    for (index, (id, node)) in opened.history.edits().iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        if let Some(base) = opened.image.base(opened.history.edits(), id) {
            write_node(&mut out, id, node, base);
        }
    }
    out.push(']');
    out.push_str(&opened.brought.text());
    if let Some(rewrite) = opened.unapplied() {
        let (of, text) = (string(rewrite.of.as_str()), string(&rewrite.text));
        let _ = write!(out, r#","rewrite":{{"of":{of},"text":{text}}}"#);
    }
    out.push('}');
    out
}

/// The image with its edits from both texts, and when the edits were made; `None` when they do not
/// belong together or are not texts of this form.
pub fn restore(image: &str, edits: &str) -> Option<(Opened, u64)> {
    let mut opened = read_image(&json::parse(image.as_bytes()).ok()?)?;
    let root = json::parse(edits.as_bytes()).ok()?;
    if digest(root.get("image")?)? != *opened.image.root() {
        return None;
    }
    let edits = read_edits(&root, &opened.image)?;
    opened.history.push(msg!("history.restored"), edits, None);
    opened.refresh();
    opened.template = text(root.get("template")?)?;
    opened.brought = Rc::new(Brought::read(&root)?);
    let shown = digest(root.get("shown")?)?;
    if opened.image.document(&shown).is_some() {
        opened.current = shown;
    }
    if let Some(rewrite) = root.get("rewrite") {
        opened.resume_rewrite(digest(rewrite.get("of")?)?, text(rewrite.get("text")?)?);
    }
    Some((opened, number(root.get("at")?)?))
}

/// What is kept of configs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Configs {
    /// Their texts.
    Whole,
    /// What more than the card that shows them needs.
    Short,
}

/// The text of the documents that `keep` names; `None` when the texts in it are more than
/// [`MAX_IMAGE`] already.
fn image_text_of(
    opened: &Opened,
    configs: Configs,
    keep: impl Fn(&Digest) -> bool,
) -> Option<String> {
    let documents = || opened.image.documents().filter(|(id, _)| keep(id));
    let config = |id: &Digest, document: &Document| {
        let config = opened.image.config_of(id)?;
        let text = config.text.as_ref().filter(|_| configs == Configs::Whole);
        Some((document.config()?.digest.clone(), config.clone(), text.cloned()))
    };
    let length = |(id, document): (&Digest, &Arc<Document>)| {
        let text = config(id, document).and_then(|(_, _, text)| text);
        document.bytes().len() + text.map_or(0, |text| text.len())
    };
    if documents().map(length).sum::<usize>() > MAX_IMAGE {
        return None;
    }
    let mut out = String::from(r#"{"layermark":1,"origin":"#);
    write_origin(&mut out, &opened.origin);
    let write = |out: &mut String, first: &str, items: &mut dyn Iterator<Item = String>| {
        out.push_str(first);
        for (index, item) in items.enumerate() {
            if index > 0 {
                out.push(',');
            }
            out.push_str(&item);
        }
    };
    let _ = write!(out, r#","root":{}"#, string(opened.image.root().as_str()));
    write(
        &mut out,
        r#","documents":["#,
        &mut documents().map(|(id, document)| {
            format!(
                r#"{{"digest":{},"mediaType":{},"text":{}}}"#,
                string(id.as_str()),
                string(document.kind().media_type()),
                // A document is UTF-8: nothing else is read as one.
                string(&String::from_utf8_lossy(document.bytes()))
            )
        }),
    );
    write(
        &mut out,
        r#"],"configs":["#,
        &mut documents().filter_map(|(id, document)| {
            let (digest, config, text) = config(id, document)?;
            let (name, text) = match text {
                Some(text) => ("config", string(&text)),
                None => ("short", string(&config.short_text())),
            };
            Some(format!(r#"{{"digest":{},"{name}":{text}}}"#, string(digest.as_str())))
        }),
    );
    out.push_str("]}");
    Some(out)
}

fn write_origin(out: &mut String, origin: &Origin) {
    let _ = match origin {
        Origin::Registry { reference, facts } => {
            let fact = |fact: &Option<String>| {
                fact.as_ref().map_or("null".to_owned(), |text| string(text))
            };
            write!(
                out,
                r#"{{"reference":{},"registry":{},"repository":{},"tag":{}}}"#,
                string(reference),
                fact(&facts.registry),
                fact(&facts.repository),
                fact(&facts.tag)
            )
        }
        Origin::Paste => write!(out, "null"),
        Origin::File { name } => write!(out, r#"{{"file":{}}}"#, string(name)),
        Origin::Sample { title } => {
            let sample = SAMPLES.iter().find(|sample| sample_title(sample.name) == *title);
            write!(out, r#"{{"sample":{}}}"#, string(sample.map_or("", |sample| sample.name)))
        }
    };
}

fn read_image(root: &Node) -> Option<Opened> {
    let mut documents = root.get("documents")?.elements().iter().map(read_document);
    let id = digest(root.get("root")?)?;
    let (mut top, mut children) = (None, Vec::new());
    for document in &mut documents {
        let (digest, document) = document?;
        if digest == id {
            top = Some(document);
        } else {
            children.push((digest, Slot::Loaded(Arc::new(document))));
        }
    }
    let mut image = Image::new(top?);
    for (id, slot) in children {
        image.insert(id, slot);
    }
    for entry in root.get("configs")?.elements() {
        let read = |name: &str| Config::parse(entry.get(name)?.as_str()?.as_bytes());
        let mut config = read("config").or_else(|| read("short"))?;
        config.text = config.text.filter(|_| entry.get("config").is_some());
        image.insert_config(digest(entry.get("digest")?)?, config);
    }
    Some(Opened::new(image, read_origin(root.get("origin")?)?))
}

fn read_document(entry: &Node) -> Option<(Digest, Document)> {
    let digest = digest(entry.get("digest")?)?;
    let document = read_text(entry, &digest)?;
    (*document.digest() == digest).then_some((digest, document))
}

fn read_text(entry: &Node, id: &Digest) -> Option<Document> {
    let media_type = entry.get("mediaType")?.as_str()?;
    let bytes = entry.get("text")?.as_str()?.as_bytes();
    Document::parse(bytes, Some(media_type), id.algorithm()).ok()
}

fn read_origin(origin: &Node) -> Option<Origin> {
    if origin.value == Value::Null {
        return Some(Origin::Paste);
    }
    if let Some(name) = origin.get("file") {
        return Some(Origin::File { name: text(name)? });
    }
    if let Some(name) = origin.get("sample") {
        return Some(Origin::Sample { title: sample_title(Sample::named(name.as_str()?)?.name) });
    }
    let fact = |name: &str| origin.get(name).and_then(text);
    let facts =
        Facts { registry: fact("registry"), repository: fact("repository"), tag: fact("tag") };
    Some(Origin::Registry { reference: text(origin.get("reference")?)?, facts })
}

fn read_edits(root: &Node, image: &Image) -> Option<ImageEdits> {
    let mut edits = ImageEdits::default();
    for entry in root.get("edits")?.elements() {
        let id = digest(entry.get("digest")?)?;
        let written = match entry.get("text") {
            Some(_) => Some(Arc::new(read_text(entry, &id)?)),
            None => None,
        };
        let base = written.as_ref().or_else(|| image.document(&id))?.clone();
        let mut node = NodeEdits { text: written, ..NodeEdits::default() };
        read_node(entry, &base, &mut node)?;
        edits.change(&id, |kept| *kept = node);
    }
    Some(edits)
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
#[path = "session_tests.rs"]
mod tests;
