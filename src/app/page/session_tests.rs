use proptest::prelude::*;

use super::*;
use crate::image::fixtures::index_of;
use crate::manifest::media_type::{Family, Form, OCI_MANIFEST};
use crate::manifest::{Descriptor, Edits, EntryChoice, EntryKey, LayerMark, Platform, SubjectEdit};

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

#[test]
fn large_configs_are_kept_short_so_that_the_edits_are_kept() {
    const KIB: usize = 1 << 10;
    let image = |platforms: usize, config: usize| {
        let config = |at: usize| {
            let padding = "x".repeat(config);
            let text = format!(
                r#"{{"os":"linux","history":[{{"created_by":"RUN {at}"}}],"config":{{"Labels":{{"x":"{padding}"}}}}}}"#
            );
            (Digest::sha256(text.as_bytes()), Config::parse(text.as_bytes()).unwrap())
        };
        let configs: Vec<_> = (0..platforms).map(config).collect();
        let children: Vec<Document> = configs
            .iter()
            .map(|(digest, _)| {
                let text = format!(
                    r#"{{"schemaVersion":2,"config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{digest}","size":1}},"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{digest}","size":1}}]}}"#
                );
                let algorithm = crate::manifest::Algorithm::Sha256;
                Document::parse(text.into_bytes(), Some(OCI_MANIFEST), algorithm).unwrap()
            })
            .collect();
        let named: Vec<_> = children.iter().map(|child| (child, "")).collect();
        let mut image = Image::new(index_of(&named));
        for (digest, config) in configs {
            image.insert_config(digest, config);
        }
        for child in children {
            image.insert(child.digest().clone(), Slot::Loaded(Arc::new(child)));
        }
        let mut opened = Opened::new(image, Origin::Paste);
        let ids: Vec<Digest> = opened.image.documents().map(|(id, _)| id.clone()).collect();
        let mut edits = ImageEdits::default();
        for id in ids {
            let base = opened.image.document(&id).unwrap().clone();
            let mark = LayerMark { form: Form::NonDistributable, urls: None };
            edits.change(&id, |node| node.edits.mark_layer(&base, 0, mark));
        }
        opened.history.push(msg!("history.start"), edits, None);
        opened.refresh();
        opened
    };
    let few = image(2, 50 * KIB);
    let back = restore(&kept(&few), &edits_text(&few, 0)).unwrap().0;
    assert_eq!(back.image, few.image, "there is room for them");

    let many = image(100, 50 * KIB);
    let text = image_text(&many).unwrap();
    assert!(text.whole && text.text.len() < MAX_IMAGE);
    let back = restore(&text.text, &edits_text(&many, 0)).unwrap().0;
    assert_eq!(back.history.edits(), many.history.edits());
    for (id, _) in many.image.documents() {
        assert_eq!(back.rendered.digest(id), many.rendered.digest(id));
        let (before, now) = (many.image.config_of(id), back.image.config_of(id));
        let known = |config: &Arc<Config>| (config.history.clone(), config.platform());
        assert_eq!(before.map(known), now.map(known));
        assert!(now.is_none_or(|now| now.text.is_none()), "it is not shown as if it was whole");
    }

    // Beyond the limit the texts are not even held.
    let most = crate::limits::CONFIGS;
    let large = image(3, most / 3);
    let texts = large.image.documents().filter_map(|(id, _)| large.image.config_of(id));
    assert_eq!(texts.filter(|config| config.text.is_some()).count(), 2);
}
