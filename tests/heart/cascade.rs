//! Whole images: every descriptor in a rendered tree names the bytes it points to, undoing gives
//! the original bytes, and what has no edits in or below it is not even copied.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use layermark::image::{Image, ImageEdits, NodeEdits, Rendered, Slot};
use layermark::manifest::media_type::{Family, Form, OCI_INDEX};
use layermark::manifest::{
    Algorithm, Descriptor, Digest, Document, EntryChoice, EntryKey, LayerMark, Updates,
};
use layermark::msg;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::generate::{Json, Style, manifests, number, object, string, styles, write};

const REFERENCE: &str = "vnd.docker.reference.digest";

/// A document below the root, to be built after those that it may name.
#[derive(Clone, Debug)]
enum Plan {
    Manifest(Json, Style),
    /// About an earlier document; with `subject` or by annotation only.
    Attestation {
        about: Index,
        subject: bool,
    },
    Index(Vec<Entry>, Style),
}

#[derive(Clone, Debug)]
struct Entry {
    child: Index,
    /// Whether the entry embeds the child's bytes.
    embedded: bool,
    /// The algorithm of the digest that names the child.
    algorithm: Algorithm,
    /// Whether the child can be fetched.
    there: bool,
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let manifest =
        (manifests(), styles()).prop_map(|(json, style)| Plan::Manifest(json, style)).boxed();
    let attestation = (any::<Index>(), any::<bool>())
        .prop_map(|(about, subject)| Plan::Attestation { about, subject });
    let algorithm = prop_oneof![5 => Just(Algorithm::Sha256), 1 => Just(Algorithm::Sha512)];
    let entry =
        (any::<Index>(), prop::bool::weighted(0.2), algorithm, prop::bool::weighted(0.9)).prop_map(
            |(child, embedded, algorithm, there)| Entry { child, embedded, algorithm, there },
        );
    let index = (vec(entry, 1..6), styles())
        .prop_map(|(entries, style)| Plan::Index(entries, style))
        .boxed();
    let middle = prop_oneof![
        2 => manifest.clone(), 2 => attestation, 2 => index.clone()
    ];
    (vec(manifest, 1..3), vec(middle, 0..6), index).prop_map(|(mut first, middle, last)| {
        first.extend(middle);
        first.push(last);
        first
    })
}

/// What a person does to the image.
#[derive(Clone, Debug)]
enum Step {
    Mark {
        document: Index,
        layer: usize,
        form: Form,
        url: &'static str,
    },
    Choose {
        document: Index,
        entry: usize,
        choice: EntryChoice,
    },
    /// A manifest gets the text of another by hand.
    Rewrite {
        document: Index,
        with: Index,
    },
    Convert(Family),
    /// The index names another document, too.
    Add {
        document: Index,
        child: Index,
    },
    Move {
        document: Index,
        entry: usize,
        up: bool,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let form = select(vec![Form::Plain, Form::NonDistributable]);
    let url = select(vec!["https://a.example/1", "https://b.example/2"]);
    let mark = (any::<Index>(), 0..3_usize, form, url)
        .prop_map(|(document, layer, form, url)| Step::Mark { document, layer, form, url });
    let choices = vec![EntryChoice::Repoint, EntryChoice::Leave, EntryChoice::Drop];
    let choose = (any::<Index>(), 0..5_usize, select(choices))
        .prop_map(|(document, entry, choice)| Step::Choose { document, entry, choice });
    let rewrite = (any::<Index>(), any::<Index>())
        .prop_map(|(document, with)| Step::Rewrite { document, with });
    let convert = select(vec![Family::Docker, Family::Oci]).prop_map(Step::Convert);
    let add = (any::<Index>(), any::<Index>())
        .prop_map(|(document, child)| Step::Add { document, child });
    let movement = (any::<Index>(), 0..5_usize, any::<bool>())
        .prop_map(|(document, entry, up)| Step::Move { document, entry, up });
    vec(
        prop_oneof![
            8 => mark, 4 => choose, 1 => rewrite, 1 => convert, 4 => add, 2 => movement
        ],
        0..8,
    )
}

fn build(plans: &[Plan]) -> Image {
    let mut texts: Vec<(String, Option<Digest>)> = Vec::new();
    let mut image = None;
    let mut loaded: BTreeMap<Digest, Slot> = BTreeMap::new();
    for plan in plans {
        let built = match plan {
            Plan::Manifest(json, style) => (write(json, style), None),
            Plan::Attestation { about, subject } => {
                let (text, _) = about.get(&texts);
                let digest = Digest::sha256(text.as_bytes());
                let mut members = vec![
                    ("\"schemaVersion\"".into(), number(2)),
                    ("\"layers\"".into(), Json::List(Vec::new())),
                ];
                if *subject {
                    members.push((
                        "\"subject\"".into(),
                        object([("digest", string(digest.as_str())), ("size", number(text.len()))]),
                    ));
                }
                let style = Style::Line { pad: "", colon: ":", comma: "," };
                // The number tells attestations of one image apart.
                members.push(("\"x\"".into(), number(texts.len())));
                (write(&Json::Object(members), &style), Some(digest))
            }
            Plan::Index(entries, style) => {
                let mut written = Vec::new();
                for entry in entries {
                    let (text, about) = entry.child.get(&texts);
                    let (json, slot) = write_entry(entry, text, about.as_ref());
                    written.push(json);
                    if let Some(document) = slot {
                        loaded.insert(document.digest().clone(), Slot::Loaded(document));
                    }
                }
                let json = object([
                    ("schemaVersion", number(2)),
                    ("mediaType", string(OCI_INDEX)),
                    ("manifests", Json::List(written)),
                ]);
                let text = write(&json, style);
                image = Some(Image::new(parse(&text, Algorithm::Sha256)));
                (text, None)
            }
        };
        texts.push(built);
    }
    let mut image = image.unwrap();
    for (id, slot) in loaded {
        image.insert(id, slot);
    }
    // Half of the children that are not there are known to be missing.
    for descriptor in image.wanted(&ImageEdits::default()).iter().step_by(2) {
        image.insert(descriptor.digest.clone(), Slot::Missing(msg!("gone")));
    }
    image
}

fn write_entry(entry: &Entry, text: &str, about: Option<&Digest>) -> (Json, Option<Arc<Document>>) {
    let document = Arc::new(parse(text, entry.algorithm));
    let digest = if entry.there {
        document.digest().clone()
    } else {
        Digest::of(entry.algorithm, format!("{text} is not there").as_bytes())
    };
    let Json::Object(mut members) = object([
        ("mediaType", string(document.kind().media_type())),
        ("digest", string(digest.as_str())),
        ("size", number(text.len())),
    ]) else {
        unreachable!("an object")
    };
    // Embedded in each other, a few documents would soon be too big.
    if entry.embedded && text.len() < 5000 {
        members.push(("\"data\"".into(), string(&base64(text.as_bytes()))));
    }
    if let Some(about) = about {
        let annotations = object([
            ("vnd.docker.reference.type", string("attestation-manifest")),
            (REFERENCE, string(about.as_str())),
        ]);
        members.push(("\"annotations\"".into(), annotations));
    }
    (Json::Object(members), entry.there.then_some(document))
}

fn parse(text: &str, algorithm: Algorithm) -> Document {
    Document::parse(text.as_bytes(), None, algorithm).unwrap()
}

fn take(image: &Image, ids: &[Digest], edits: &mut ImageEdits, step: &Step) {
    match step {
        Step::Mark { document, layer, form, url } => {
            let id = document.get(ids);
            let mark = LayerMark { form: *form, urls: Some(vec![(*url).to_owned()]) };
            let base = image.base(edits, id).unwrap().clone();
            edits.change(id, |node| node.edits.mark_layer(&base, *layer, mark));
        }
        Step::Rewrite { document, with } => {
            let (id, other) = (document.get(ids), image.document(with.get(ids)).unwrap());
            // A text that names others could name what is above it.
            let names =
                |document: &Document| document.kind().is_index() || document.subject().is_some();
            if !names(image.document(id).unwrap()) && !names(other) {
                edits.change(id, |node| {
                    *node = NodeEdits { text: Some(other.clone()), ..NodeEdits::default() };
                });
            }
        }
        Step::Convert(family) => edits.set_family(image, *family),
        Step::Add { document, child } => {
            let (id, child) = (document.get(ids), child.get(ids));
            let named = image.document(child).unwrap();
            // What is no index, is named already or is above the index is refused.
            let _ = edits.add_entry(image, id, Image::descriptor_of(named, child, None));
        }
        Step::Move { document, entry, up } => {
            let id = document.get(ids);
            let base = image.document(id).unwrap();
            edits.change(id, |node| {
                node.edits.move_entry(base, &EntryKey::Loaded(*entry), *up);
            });
        }
        Step::Choose { document, entry, choice } => {
            let id = document.get(ids);
            if image.document(id).unwrap().entries().len() > *entry {
                edits.change(id, |node| node.edits.choose_entry(*entry, *choice));
            }
        }
    }
}

proptest! {
    #[test]
    fn a_rendered_tree_names_what_it_points_to(plans in plans(), steps in steps()) {
        let image = build(&plans);
        let mut edits = ImageEdits::default();
        let original = image.render(&edits, &Rendered::default());
        let ids: Vec<Digest> = original.children_first().map(|(id, _)| id.clone()).collect();
        for id in &ids {
            let node = original.node(id).unwrap();
            prop_assert!(Arc::ptr_eq(&node.bytes, image.document(id).unwrap().bytes()));
            prop_assert_eq!(&node.digest, id);
        }
        let mut rendered = original.clone();
        for step in &steps {
            take(&image, &ids, &mut edits, step);
            rendered = image.render(&edits, &rendered);
        }
        // Step by step or at once, the result is the same.
        prop_assert_eq!(&rendered, &image.render(&edits, &Rendered::default()));

        let model = Model { image: &image, edits: &edits, rendered: &rendered };
        for id in &ids {
            model.check(id)?;
        }
        let order: Vec<&Digest> = rendered.children_first().map(|(id, _)| id).collect();
        prop_assert_eq!(order.last().copied(), Some(image.root()));
        for (at, id) in order.iter().enumerate() {
            for (_, entry) in model.kept(id) {
                let child = order.iter().position(|other| **other == entry.digest);
                prop_assert!(child.is_none_or(|child| child < at));
                prop_assert!(child.is_some() == image.document(&entry.digest).is_some());
            }
        }

        let undone = image.render(&ImageEdits::default(), &rendered);
        prop_assert_eq!(undone.digest(image.root()), Some(image.root()));
        prop_assert_eq!(undone, original);
    }
}

/// What must hold of a rendered tree, from the documents alone.
struct Model<'a> {
    image: &'a Image,
    edits: &'a ImageEdits,
    rendered: &'a Rendered,
}

impl Model<'_> {
    fn check(&self, id: &Digest) -> Result<(), TestCaseError> {
        let document = self.image.base(self.edits, id).unwrap();
        let node = self.rendered.node(id).unwrap();
        let reread = Document::parse(node.bytes.clone(), None, id.algorithm()).unwrap();
        prop_assert_eq!(reread.digest(), &node.digest);
        prop_assert_eq!(reread.kind().media_type(), node.media_type);
        if !self.is_touched(id, &mut BTreeSet::new()) {
            prop_assert!(Arc::ptr_eq(&node.bytes, document.bytes()));
        }

        let kept = self.kept(id);
        prop_assert_eq!(kept.len(), reread.entries().len());
        for ((key, old), new) in kept.iter().zip(reread.entries()) {
            let mut wanted = old.clone();
            self.follow(&mut wanted);
            if self.choice(id, key) == EntryChoice::Repoint {
                for (name, value) in &mut wanted.annotations {
                    let about = kept.iter().find(|(_, entry)| entry.digest.as_str() == *value);
                    let about = about.map(|(_, entry)| entry);
                    let about = about.or_else(|| {
                        document.entries().iter().find(|e| e.digest.as_str() == *value)
                    });
                    let about = about.and_then(|about| self.rendered.digest(&about.digest));
                    if let Some(about) = about.filter(|_| name == REFERENCE) {
                        about.as_str().clone_into(value);
                    }
                }
            }
            prop_assert_eq!(&wanted, new);
        }
        let mut subject = document.subject().cloned();
        if let Some(subject) = subject.as_mut().filter(|_| self.is_repointed(id)) {
            self.follow(subject);
        }
        prop_assert_eq!(subject.as_ref(), reread.subject());

        // The document's own edits do what they do alone.
        let alone = document.render(self.edits.of(id), &Updates::default());
        let alone = Document::parse(alone, None, id.algorithm()).unwrap();
        prop_assert_eq!(alone.layers(), reread.layers());
        Ok(())
    }

    /// Lets `descriptor` name what became of the document that it names.
    fn follow(&self, descriptor: &mut Descriptor) {
        let Some(child) = self.rendered.node(&descriptor.digest) else { return };
        if child.digest != descriptor.digest {
            let loaded = self.image.document(&descriptor.digest).unwrap().kind().media_type();
            if child.media_type != loaded && !descriptor.media_type.is_empty() {
                child.media_type.clone_into(&mut descriptor.media_type);
            }
            descriptor.digest = child.digest.clone();
            descriptor.size = child.bytes.len() as u64;
            let data = descriptor.data.take();
            descriptor.data = data.map(|_| base64(&child.bytes));
        }
    }

    /// The entries that stay, in the order in which they stand.
    fn kept(&self, id: &Digest) -> Vec<(EntryKey, Descriptor)> {
        let document = self.image.document(id).unwrap();
        let edits = self.edits.of(id);
        let entry = |key: EntryKey| {
            let entry = match &key {
                EntryKey::Loaded(at) => document.entries()[*at].clone(),
                EntryKey::Added(digest) => {
                    Image::descriptor_of(self.image.document(digest).unwrap(), digest, None)
                }
            };
            (self.choice(id, &key) != EntryChoice::Drop).then_some((key, entry))
        };
        edits.entry_order(document).into_iter().filter_map(entry).collect()
    }

    fn choice(&self, index: &Digest, key: &EntryKey) -> EntryChoice {
        match key {
            EntryKey::Loaded(at) => self.edits.of(index).entry_choice(*at),
            EntryKey::Added(_) => EntryChoice::Repoint,
        }
    }

    /// Whether some entry names the document as an attestation that follows its image.
    fn is_repointed(&self, id: &Digest) -> bool {
        let reached = self.rendered.children_first().map(|(id, _)| id.clone());
        // Entries that are taken out with an index above them still count.
        let below: BTreeSet<Digest> = reached
            .chain(self.image.rows(&ImageEdits::default()).into_iter().map(|row| row.id))
            .filter(|id| self.image.document(id).is_some())
            .collect();
        below.iter().any(|index| {
            self.kept(index).iter().any(|(key, entry)| {
                entry.digest == *id
                    && entry.is_attestation()
                    && self.choice(index, key) == EntryChoice::Repoint
            })
        })
    }

    fn is_touched(&self, id: &Digest, above: &mut BTreeSet<Digest>) -> bool {
        let Some(document) = self.image.document(id) else { return false };
        if self.edits.get(id).is_some() {
            return true;
        }
        let subject = document.subject().filter(|_| self.is_repointed(id));
        above.insert(id.clone())
            && document
                .entries()
                .iter()
                .chain(subject)
                .any(|named| self.is_touched(&named.digest, above))
    }
}

fn base64(bytes: &[u8]) -> String {
    let digit = |at: u32| match at {
        0..26 => char::from(b'A' + u8::try_from(at).unwrap()),
        26..52 => char::from(b'a' + u8::try_from(at - 26).unwrap()),
        52..62 => char::from(b'0' + u8::try_from(at - 52).unwrap()),
        62 => '+',
        _ => '/',
    };
    let bits: Vec<u32> = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| u32::from(byte >> bit & 1)))
        .collect();
    let mut out: String = bits
        .chunks(6)
        .map(|six| digit(six.iter().fold(0, |all, bit| all << 1 | bit) << (6 - six.len())))
        .collect();
    while !out.len().is_multiple_of(4) {
        out.push('=');
    }
    out
}
