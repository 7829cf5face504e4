//! The edits of a document as text, and back, for the saved session.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::image::NodeEdits;
use crate::json::{Node, Value, Written, string};
use crate::manifest::media_type::{Family, Form};
use crate::manifest::{
    Change, Descriptor, Digest, Document, Edits, EntryChoice, EntryKey, LayerMark, Platform,
    SubjectEdit,
};

pub(in crate::app) fn write_node(out: &mut String, id: &Digest, node: &NodeEdits, base: &Document) {
    let edits = &node.edits;
    let _ = write!(out, r#"{{"digest":{}"#, string(id.as_str()));
    if let Some(text) = &node.text {
        let media_type = string(text.kind().media_type());
        let text = string(&String::from_utf8_lossy(text.bytes()));
        let _ = write!(out, r#","text":{text},"mediaType":{media_type}"#);
    }
    if let Some(family) = edits.family() {
        let name = if family == Family::Oci { "oci" } else { "docker" };
        let _ = write!(out, r#","family":"{name}""#);
    }
    let mut separator = r#","layers":["#;
    for (index, mark) in edits.layers() {
        let foreign = mark.is_foreign();
        let _ = write!(out, r#"{separator}{{"index":{index},"foreign":{foreign}"#);
        if let Some(urls) = &mark.urls {
            let urls: Vec<String> = urls.iter().map(|url| string(url)).collect();
            let _ = write!(out, r#","urls":[{}]"#, urls.join(","));
        }
        out.push('}');
        separator = ",";
    }
    close(out, separator, "]");
    let mut separator = r#","entries":["#;
    for index in 0..base.entries().len() {
        let entry = entry_text(edits, index);
        if !entry.is_empty() {
            let _ = write!(out, r#"{separator}{{"index":{index}{entry}}}"#);
            separator = ",";
        }
    }
    close(out, separator, "]");
    let mut separator = r#","added":["#;
    for entry in edits.added() {
        let _ = write!(out, "{separator}{}", entry.written(None).compact());
        separator = ",";
    }
    close(out, separator, "]");
    if edits.is_rearranged() {
        let key = |key: EntryKey| match key {
            EntryKey::Loaded(index) => index.to_string(),
            EntryKey::Added(digest) => string(digest.as_str()),
        };
        let order: Vec<String> = edits.entry_order(base).into_iter().map(key).collect();
        let _ = write!(out, r#","order":[{}]"#, order.join(","));
    }
    if let Some(wanted) = edits.artifact_type() {
        let _ = write!(out, r#","artifactType":{}"#, optional(wanted.value().map(String::as_str)));
    }
    let _ = match edits.subject() {
        None => Ok(()),
        Some(SubjectEdit::Follow) => write!(out, r#","subject":"follow""#),
        Some(SubjectEdit::Remove) => write!(out, r#","subject":null"#),
        Some(SubjectEdit::Set(subject)) => {
            write!(out, r#","subject":{}"#, subject.written(None).compact())
        }
    };
    let annotations = edits.annotations().iter();
    let annotations = annotations.map(|(name, value)| (name.as_str(), value.as_deref()));
    out.push_str(&annotations_text(annotations));
    out.push('}');
}

/// Ends a list that was begun, which the separator tells.
fn close(out: &mut String, separator: &str, end: &str) {
    if separator == "," {
        out.push_str(end);
    }
}

/// What differs in the loaded entry at `index`, as members with a comma before each.
fn entry_text(edits: &Edits, index: usize) -> String {
    let mut out = String::new();
    match edits.entry_choice(index) {
        EntryChoice::Repoint => {}
        EntryChoice::Leave => out.push_str(r#","choice":"leave""#),
        EntryChoice::Drop => out.push_str(r#","choice":"drop""#),
    }
    if let Some(platform) = edits.entry_platform(index) {
        let written = platform.value().map(Platform::written);
        let written = written.as_ref().map_or("null".to_owned(), Written::compact);
        let _ = write!(out, r#","platform":{written}"#);
    }
    if let Some(wanted) = edits.entry_artifact_type(index) {
        let _ = write!(out, r#","artifactType":{}"#, optional(wanted.value().map(String::as_str)));
    }
    out.push_str(&annotations_text(edits.entry_annotations(index)));
    out
}

fn annotations_text<'a>(annotations: impl Iterator<Item = (&'a str, Option<&'a str>)>) -> String {
    let mut out = String::new();
    let mut separator = r#","annotations":{"#;
    for (name, value) in annotations {
        let _ = write!(out, "{separator}{}:{}", string(name), optional(value));
        separator = ",";
    }
    close(&mut out, separator, "}");
    out
}

fn optional(text: Option<&str>) -> String {
    text.map_or("null".to_owned(), string)
}

pub(in crate::app) fn read_node(entry: &Node, base: &Document, node: &mut NodeEdits) -> Option<()> {
    if let Some(family) = entry.get("family") {
        let family = if family.as_str()? == "oci" { Family::Oci } else { Family::Docker };
        node.edits.set_family(base, family);
    }
    for mark in list(entry, "layers") {
        let foreign = matches!(mark.get("foreign")?.value, Value::Bool(true));
        let form = if foreign { Form::NonDistributable } else { Form::Plain };
        let urls = match mark.get("urls") {
            Some(urls) => Some(urls.elements().iter().map(text).collect::<Option<Vec<_>>>()?),
            None => None,
        };
        node.edits.mark_layer(base, index(mark)?, LayerMark { form, urls });
    }
    let edits = &mut node.edits;
    for entry in list(entry, "entries") {
        read_entry(entry, base, edits)?;
    }
    for added in list(entry, "added") {
        edits.add_entry(descriptor(added)?);
    }
    let key = |node: &Node| match &node.value {
        Value::String(_) => digest(node).map(EntryKey::Added),
        _ => Some(EntryKey::Loaded(number(node)?.try_into().ok()?)),
    };
    let order: Option<Vec<EntryKey>> = list(entry, "order").iter().map(key).collect();
    edits.arrange(base, order?);
    if let Some(wanted) = entry.get("artifactType") {
        edits.set_artifact_type(base, maybe_text(wanted)?.value().cloned());
    }
    if let Some(subject) = entry.get("subject") {
        let wanted = match &subject.value {
            Value::Null => SubjectEdit::Remove,
            Value::String(_) => SubjectEdit::Follow,
            _ => SubjectEdit::Set(Arc::new(descriptor(subject)?)),
        };
        edits.set_subject(base, base.digest(), Some(wanted)).ok()?;
    }
    for (name, value) in annotations(entry)? {
        edits.annotate(base, &name, value);
    }
    Some(())
}

fn read_entry(entry: &Node, base: &Document, edits: &mut Edits) -> Option<()> {
    let at = index(entry)?;
    let key = EntryKey::Loaded(at);
    match entry.get("choice").map(Node::as_str) {
        None => {}
        Some(Some("leave")) => edits.choose_entry(at, EntryChoice::Leave),
        Some(Some("drop")) => edits.choose_entry(at, EntryChoice::Drop),
        Some(_) => return None,
    }
    if let Some(platform) = entry.get("platform") {
        let platform = match platform.value {
            Value::Null => None,
            _ => Some(Platform::read(platform, b"").ok()?),
        };
        edits.set_platform(base, &key, platform);
    }
    if let Some(wanted) = entry.get("artifactType") {
        edits.set_entry_artifact_type(base, &key, maybe_text(wanted)?.value().cloned());
    }
    for (name, value) in annotations(entry)? {
        edits.annotate_entry(base, &key, &name, value);
    }
    Some(())
}

fn annotations(entry: &Node) -> Option<Vec<(String, Option<String>)>> {
    let members = entry.get("annotations").map_or(&[][..], Node::members).iter();
    members
        .map(|member| Some((member.name.clone(), maybe_text(&member.node)?.value().cloned())))
        .collect()
}

fn descriptor(node: &Node) -> Option<Descriptor> {
    Descriptor::read(node, b"").ok()
}

/// A text, or `null` for none.
fn maybe_text(node: &Node) -> Option<Change<String>> {
    match node.value {
        Value::Null => Some(Change::Remove),
        _ => Some(Change::Set(text(node)?)),
    }
}

fn list<'a>(node: &'a Node, name: &str) -> &'a [Node] {
    node.get(name).map_or(&[], Node::elements)
}

pub(in crate::app) fn text(node: &Node) -> Option<String> {
    node.as_str().map(str::to_owned)
}

pub(in crate::app) fn digest(node: &Node) -> Option<Digest> {
    Digest::parse(node.as_str()?).ok()
}

pub(in crate::app) fn number(node: &Node) -> Option<u64> {
    match &node.value {
        Value::Number(digits) => digits.parse().ok(),
        _ => None,
    }
}

fn index(node: &Node) -> Option<usize> {
    number(node.get("index")?)?.try_into().ok()
}
