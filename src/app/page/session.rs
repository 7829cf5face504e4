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
/// Of an index too big to be kept whole, the documents that have edits are kept, those above them, and
/// those that were brought from elsewhere; the rest can be loaded again.
pub fn image_text(opened: &Opened) -> Option<ImageText> {
    let whole = image_text_of(opened, |_| true);
    if whole.len() <= MAX_IMAGE {
        return Some(ImageText { text: whole, whole: true });
    }
    let edits = opened.history.edits();
    let needed = image_text_of(opened, |id| {
        edits.get(id).is_some()
            || id == opened.image.root()
            || opened.brought.of(id).is_some()
            || opened.unapplied().is_some_and(|rewrite| rewrite.of == *id)
            || opened.image.document(id).is_some_and(|document| document.kind().is_index())
    });
    (needed.len() <= MAX_IMAGE).then_some(ImageText { text: needed, whole: false })
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

fn image_text_of(opened: &Opened, keep: impl Fn(&Digest) -> bool) -> String {
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
    let documents = || opened.image.documents().filter(|(id, _)| keep(id));
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
            let config = opened.image.config_of(id)?;
            let digest = &document.config()?.digest;
            Some(format!(
                r#"{{"digest":{},"config":{}}}"#,
                string(digest.as_str()),
                string(&config.text)
            ))
        }),
    );
    out.push_str("]}");
    out
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
        let config = Config::parse(entry.get("config")?.as_str()?.as_bytes())?;
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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::manifest::media_type::{Family, Form};
    use crate::manifest::{
        Descriptor, Edits, EntryChoice, EntryKey, LayerMark, Platform, SubjectEdit,
    };

    /// A change to any document of the image, spelled so that shrinking is useful.
    #[allow(clippy::large_enum_variant)] // a few values in a test
    #[derive(Clone, Debug)]
    enum Change {
        Mark(usize, usize, bool, Option<Vec<String>>),
        Family(usize, bool),
        Choose(usize, usize, bool),
        Annotate(usize, String, Option<String>),
        Entry(usize, usize, EntryChange),
        Move(usize, usize, bool),
        ArtifactType(usize, Option<String>),
        Subject(usize, Option<SubjectEdit>),
        Rewrite(usize),
    }

    /// A change to what an entry says beside its digest, or a new entry.
    #[allow(clippy::large_enum_variant)] // a few values in a test
    #[derive(Clone, Debug)]
    enum EntryChange {
        Platform(Option<Platform>),
        Annotate(String, Option<String>),
        ArtifactType(Option<String>),
        Add(Descriptor),
    }

    fn entry_changes() -> impl Strategy<Value = EntryChange> {
        let text = || any::<String>();
        let maybe = || proptest::option::of(text());
        prop_oneof![
            proptest::option::of(platforms()).prop_map(EntryChange::Platform),
            (text(), maybe()).prop_map(|(name, value)| EntryChange::Annotate(name, value)),
            maybe().prop_map(EntryChange::ArtifactType),
            descriptors().prop_map(EntryChange::Add),
        ]
    }

    fn platforms() -> impl Strategy<Value = Platform> {
        let text = any::<String>;
        let features = proptest::collection::vec(text(), 0..2);
        (text(), text(), text(), text(), features).prop_map(
            |(os, architecture, variant, os_version, os_features)| Platform {
                os,
                architecture,
                variant,
                os_version,
                os_features,
            },
        )
    }

    fn descriptors() -> impl Strategy<Value = Descriptor> {
        let annotations = proptest::collection::btree_map(any::<String>(), any::<String>(), 0..3);
        let parts = (any::<u8>(), any::<u32>(), proptest::option::of(platforms()), annotations);
        parts.prop_map(|(content, size, platform, annotations)| Descriptor {
            media_type: "x/y".into(),
            digest: Digest::sha256(&[content]),
            size: u64::from(size),
            urls: None,
            platform: platform.filter(|platform| *platform != Platform::default()),
            annotations: annotations.into_iter().collect(),
            artifact_type: None,
            data: None,
        })
    }

    fn changes() -> impl Strategy<Value = Vec<Change>> {
        let text = || any::<String>();
        let urls = proptest::option::of(proptest::collection::vec(text(), 0..3));
        let change = prop_oneof![
            (0..9_usize, 0..9_usize, any::<bool>(), urls)
                .prop_map(|(at, layer, foreign, urls)| Change::Mark(at, layer, foreign, urls)),
            (0..9_usize, any::<bool>()).prop_map(|(at, oci)| Change::Family(at, oci)),
            (0..9_usize, 0..9_usize, any::<bool>()).prop_map(|(a, b, c)| Change::Choose(a, b, c)),
            (0..9_usize, text(), proptest::option::of(text()))
                .prop_map(|(at, name, value)| Change::Annotate(at, name, value)),
            (0..9_usize, 0..9_usize, entry_changes())
                .prop_map(|(at, entry, change)| Change::Entry(at, entry, change)),
            (0..9_usize, 0..9_usize, any::<bool>())
                .prop_map(|(at, entry, up)| Change::Move(at, entry, up)),
            (0..9_usize, proptest::option::of(text()))
                .prop_map(|(at, value)| Change::ArtifactType(at, value)),
            (0..9_usize, subjects()).prop_map(|(at, subject)| Change::Subject(at, subject)),
            (0..9_usize).prop_map(Change::Rewrite),
        ];
        proptest::collection::vec(change, 0..8)
    }

    fn subjects() -> impl Strategy<Value = Option<SubjectEdit>> {
        proptest::option::of(prop_oneof![
            Just(SubjectEdit::Follow),
            Just(SubjectEdit::Remove),
            descriptors().prop_map(|subject| SubjectEdit::Set(Arc::new(subject))),
        ])
    }

    fn edited(sample: Sample, changes: &[Change]) -> Opened {
        let image = sample.open().unwrap();
        let mut opened = Opened::new(image, Origin::Sample { title: sample_title(sample.name) });
        let ids: Vec<Digest> = opened.image.documents().map(|(id, _)| id.clone()).collect();
        let mut edits = ImageEdits::default();
        for change in changes {
            let (Change::Mark(at, ..)
            | Change::Family(at, _)
            | Change::Choose(at, ..)
            | Change::Annotate(at, ..)
            | Change::Entry(at, ..)
            | Change::Move(at, ..)
            | Change::ArtifactType(at, _)
            | Change::Subject(at, _)
            | Change::Rewrite(at)) = change;
            let id = &ids[at % ids.len()];
            let base = opened.image.base(&edits, id).unwrap().clone();
            edits.change(id, |node| apply(change, &base, node));
        }
        opened.history.push(msg!("history.start"), edits, None);
        opened.refresh();
        opened.template = String::from("https://cdn.example.com/{digest}\n\u{1F5FF}\"");
        opened
    }

    fn apply(change: &Change, base: &Arc<Document>, node: &mut NodeEdits) {
        match change {
            Change::Mark(_, layer, foreign, urls) => {
                let form = if *foreign { Form::NonDistributable } else { Form::Plain };
                let mark = LayerMark { form, urls: urls.clone() };
                node.edits.mark_layer(base, *layer, mark);
            }
            Change::Family(_, oci) => {
                let family = if *oci { Family::Oci } else { Family::Docker };
                node.edits.set_family(base, family);
            }
            Change::Choose(_, entry, drop) if *entry < base.entries().len() => {
                let choice = if *drop { EntryChoice::Drop } else { EntryChoice::Leave };
                node.edits.choose_entry(*entry, choice);
            }
            Change::Choose(..) => {}
            Change::Annotate(_, name, value) => node.edits.annotate(base, name, value.clone()),
            Change::Entry(_, entry, change) => {
                let key = EntryKey::Loaded(*entry);
                let edits = &mut node.edits;
                match change.clone() {
                    EntryChange::Platform(platform) => edits.set_platform(base, &key, platform),
                    EntryChange::Annotate(name, value) => {
                        edits.annotate_entry(base, &key, &name, value);
                    }
                    EntryChange::ArtifactType(value) => {
                        edits.set_entry_artifact_type(base, &key, value);
                    }
                    EntryChange::Add(entry) if base.kind().is_index() => edits.add_entry(entry),
                    EntryChange::Add(_) => {}
                }
            }
            Change::Move(_, entry, up) => {
                node.edits.move_entry(base, &EntryKey::Loaded(*entry), *up);
            }
            Change::ArtifactType(_, value) => node.edits.set_artifact_type(base, value.clone()),
            Change::Subject(_, subject) => {
                // A document that would be its own subject keeps what it has.
                let _ = node.edits.set_subject(base, base.digest(), subject.clone());
            }
            Change::Rewrite(_) => {
                let text = [base.bytes(), &b"\r\n"[..]].concat();
                let media_type = base.kind().media_type();
                let algorithm = base.digest().algorithm();
                let text = Document::parse(text, Some(media_type), algorithm).unwrap();
                *node = NodeEdits { text: Some(Arc::new(text)), edits: Edits::default() };
            }
        }
    }

    fn kept(opened: &Opened) -> String {
        image_text(opened).unwrap().text
    }

    proptest! {
        #[test]
        fn what_is_kept_comes_back(sample in 0..SAMPLES.len(), changes in changes()) {
            let opened = edited(SAMPLES[sample], &changes);
            let (image, edits) = (kept(&opened), edits_text(&opened, 77));
            let (back, at) = restore(&image, &edits).unwrap();
            prop_assert_eq!(at, 77);
            prop_assert_eq!(back.history.edits(), opened.history.edits());
            prop_assert_eq!(&back.image, &opened.image);
            prop_assert_eq!(&back.origin, &opened.origin);
            prop_assert_eq!(&back.template, &opened.template);
            prop_assert_eq!(&back.current, &opened.current);
            for (id, _) in opened.image.documents() {
                prop_assert_eq!(back.rendered.digest(id), opened.rendered.digest(id));
            }
        }

        #[test]
        fn any_text_is_read_or_not(image in any::<String>(), edits in any::<String>()) {
            let good = edited(SAMPLES[1], &[]);
            prop_assert!(restore(&image, &edits_text(&good, 0)).is_none());
            prop_assert!(restore(&kept(&good), &edits).is_none());
        }
    }

    #[test]
    fn text_that_was_not_applied_comes_back() {
        let check = |sample: Sample, typed: &str| {
            let mut opened = edited(sample, &[Change::Mark(1, 0, true, None)]);
            let of = opened.current.clone();
            opened.resume_rewrite(of.clone(), typed.into());
            let back = restore(&kept(&opened), &edits_text(&opened, 0)).unwrap().0;
            let rewrite = back.unapplied().unwrap();
            assert_eq!((&rewrite.of, &*rewrite.text), (&of, typed));
            assert_eq!(back.rewrite, opened.rewrite);
            assert_eq!(back.history.edits(), opened.history.edits());
        };
        check(SAMPLES[0], "{ \"broken\":\r\n");
        check(SAMPLES[1], "{\"schemaVersion\": 2, \"layers\": []}");
        check(SAMPLES[1], "");
    }

    #[test]
    fn origins() {
        let sample = SAMPLES[1];
        let facts = Facts { registry: Some("r.example".into()), ..Facts::default() };
        for origin in [
            Origin::Paste,
            Origin::File { name: "a \"b\".json".into() },
            Origin::Registry { reference: "r.example/a:1".into(), facts },
        ] {
            let opened = Opened::new(sample.open().unwrap(), origin.clone());
            let back = restore(&kept(&opened), &edits_text(&opened, 0)).unwrap().0;
            assert_eq!(back.origin, origin);
            assert!(!back.is_edited());
        }
    }

    #[test]
    fn texts_that_do_not_belong_together() {
        let (one, other) = (edited(SAMPLES[0], &[]), edited(SAMPLES[1], &[]));
        assert!(restore(&kept(&one), &edits_text(&other, 0)).is_none());
        let forged = kept(&one).replacen("schemaVersion", "schemaversion", 1);
        assert!(restore(&forged, &edits_text(&one, 0)).is_none(), "the digest does not fit");
    }
}
