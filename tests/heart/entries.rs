//! An index: entries removed, added, moved, with other platforms and annotations, in any order, as a
//! model over `serde_json::Value` says; what was not asked for keeps its text.

use std::collections::BTreeMap;
use std::sync::Arc;

use layermark::json;
use layermark::manifest::media_type::OCI_MANIFEST;
use layermark::manifest::{
    Algorithm, Descriptor, Digest, Document, Edits, EntryChoice, EntryKey, EntryUpdate, Platform,
    SubjectEdit, Updates,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::generate::{Json, extras, number, shuffle, spell, string, styles, write};

/// What a person may ask for; each of them speaks of something of its own.
#[derive(Clone, Debug)]
enum Wish {
    Remove(usize),
    Add(u8, Option<(&'static str, &'static str)>),
    Platform(usize, Option<(&'static str, &'static str, Vec<String>)>),
    AnnotateEntry(usize, &'static str, Option<&'static str>),
    ArtifactType(usize, Option<&'static str>),
    Annotate(&'static str, Option<&'static str>),
    OwnArtifactType(Option<&'static str>),
    Subject(Option<u8>),
    /// In this order, from a seed.
    Arrange(u64),
}

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    let index = 0..5_usize;
    let names = ["a", "b/ä", "new", "vnd.docker.reference.digest"];
    let values = || proptest::option::of(select(vec!["", "x", "a\"\u{1}"]));
    let features = select(vec![vec![], vec!["win32k".to_owned()]]);
    let platform = proptest::option::of((
        select(vec!["linux", "windows"]),
        select(vec!["", "v7", "v8"]),
        features,
    ));
    let added = proptest::option::of((select(vec!["arm", "amd64"]), select(vec!["", "v6"])));
    vec(
        prop_oneof![
            2 => index.clone().prop_map(Wish::Remove),
            2 => (0..3_u8, added).prop_map(|(content, platform)| Wish::Add(content, platform)),
            2 => (index.clone(), platform).prop_map(|(at, platform)| Wish::Platform(at, platform)),
            2 => (index.clone(), select(names.to_vec()), values())
                .prop_map(|(at, name, value)| Wish::AnnotateEntry(at, name, value)),
            1 => (index, values()).prop_map(|(at, value)| Wish::ArtifactType(at, value)),
            1 => (select(names.to_vec()), values())
                .prop_map(|(name, value)| Wish::Annotate(name, value)),
            1 => values().prop_map(Wish::OwnArtifactType),
            1 => proptest::option::of(0..3_u8).prop_map(Wish::Subject),
            1 => any::<u64>().prop_map(Wish::Arrange),
        ],
        0..8,
    )
    .prop_map(distinct)
}

/// Of wishes about the same thing, the last.
fn distinct(wishes: Vec<Wish>) -> Vec<Wish> {
    let about = |wish: &Wish| match wish {
        Wish::Remove(at) => format!("remove {at}"),
        Wish::Add(content, _) => format!("add {content}"),
        Wish::Platform(at, _) => format!("platform {at}"),
        Wish::AnnotateEntry(at, name, _) => format!("entry {at} {name}"),
        Wish::ArtifactType(at, _) => format!("type {at}"),
        Wish::Annotate(name, _) => format!("own {name}"),
        Wish::OwnArtifactType(_) => "own type".to_owned(),
        Wish::Subject(_) => "subject".to_owned(),
        Wish::Arrange(_) => "order".to_owned(),
    };
    let all: BTreeMap<String, Wish> = wishes.into_iter().map(|wish| (about(&wish), wish)).collect();
    all.into_values().collect()
}

fn indexes() -> impl Strategy<Value = Json> {
    let text = |text: &'static str| Json::Scalar(spell(text, 0));
    let platforms = prop_oneof![
        Just(None),
        Just(Some(Vec::new())),
        (any::<bool>(), select(vec!["", "v7"]), extras()).prop_map(
            move |(full, variant, extras)| {
                let mut members = vec![("\"os\"".to_owned(), text("linux"))];
                if full {
                    members.push(("\"architecture\"".to_owned(), text("arm")));
                    members.push(("\"variant\"".to_owned(), text(variant)));
                    members.push(("\"os.features\"".to_owned(), Json::List(Vec::new())));
                }
                members.extend(extras);
                Some(members)
            }
        ),
    ];
    let annotations = proptest::option::of(proptest::collection::btree_map(
        select(vec!["a", "b/ä", "vnd.docker.reference.digest"]),
        select(vec!["x", "y"]),
        0..3,
    ));
    let entry = (platforms, annotations, extras(), any::<u64>(), 0..6_u8).prop_map(
        |(platform, annotations, extras, order, content)| {
            let digest = Digest::sha256(&[100 + content]);
            let mut members = vec![
                ("\"digest\"".to_owned(), string(digest.as_str())),
                ("\"size\"".to_owned(), number(9)),
                ("\"mediaType\"".to_owned(), string(OCI_MANIFEST)),
            ];
            members.extend(platform.map(|found| ("\"platform\"".to_owned(), Json::Object(found))));
            members.extend(annotations.map(|found| {
                let pairs = found.into_iter().map(|(name, value)| (spell(name, 0), string(value)));
                ("\"annotations\"".to_owned(), Json::Object(pairs.collect()))
            }));
            members.extend(extras);
            shuffle(&mut members, order);
            Json::Object(members)
        },
    );
    let root = (any::<bool>(), any::<bool>(), extras(), any::<u64>());
    (vec(entry, 0..5), root).prop_map(|(entries, (subject, typed, extras, order))| {
        let mut members = vec![
            ("\"schemaVersion\"".to_owned(), number(2)),
            ("\"manifests\"".to_owned(), Json::List(entries)),
        ];
        if subject {
            let digest = Digest::sha256(b"subject");
            members.push((
                "\"subject\"".to_owned(),
                Json::Object(vec![
                    ("\"digest\"".to_owned(), string(digest.as_str())),
                    ("\"size\"".to_owned(), number(1)),
                ]),
            ));
        }
        if typed {
            members.push(("\"artifactType\"".to_owned(), string("x/y")));
        }
        members.extend(extras);
        shuffle(&mut members, order);
        Json::Object(members)
    })
}

fn parse(text: &str) -> Document {
    Document::parse(text.as_bytes(), None, Algorithm::Sha256).unwrap()
}

fn descriptor(content: u8, platform: Option<(&str, &str)>) -> Descriptor {
    Descriptor {
        media_type: OCI_MANIFEST.into(),
        digest: Digest::sha256(&[content]),
        size: 7,
        urls: None,
        platform: platform.map(|(architecture, variant)| Platform {
            os: "linux".into(),
            architecture: architecture.into(),
            variant: variant.into(),
            ..Platform::default()
        }),
        annotations: Vec::new(),
        artifact_type: None,
        data: None,
    }
}

fn grant(document: &Document, edits: &mut Edits, wish: &Wish) {
    let owned = |value: Option<&str>| value.map(str::to_owned);
    match wish {
        Wish::Remove(at) => edits.remove_entry(document, &EntryKey::Loaded(*at)),
        Wish::Add(content, platform) => edits.add_entry(descriptor(*content, *platform)),
        Wish::Platform(at, platform) => {
            let platform = platform.as_ref().map(|(os, variant, features)| Platform {
                os: (*os).into(),
                architecture: "arm".into(),
                variant: (*variant).into(),
                os_features: features.clone(),
                ..Platform::default()
            });
            edits.set_platform(document, &EntryKey::Loaded(*at), platform);
        }
        Wish::AnnotateEntry(at, name, value) => {
            edits.annotate_entry(document, &EntryKey::Loaded(*at), name, owned(*value));
        }
        Wish::ArtifactType(at, value) => {
            edits.set_entry_artifact_type(document, &EntryKey::Loaded(*at), owned(*value));
        }
        Wish::Annotate(name, value) => edits.annotate(document, name, owned(*value)),
        Wish::OwnArtifactType(value) => edits.set_artifact_type(document, owned(*value)),
        Wish::Subject(content) => {
            let wanted = match content {
                Some(content) => SubjectEdit::Set(Arc::new(descriptor(*content, None))),
                None => SubjectEdit::Remove,
            };
            edits.set_subject(document, document.digest(), Some(wanted)).unwrap();
        }
        Wish::Arrange(_) => {}
    }
}

/// The order comes last: it speaks of the entries that there are.
fn arrange(document: &Document, edits: &mut Edits, wishes: &[Wish]) {
    for wish in wishes {
        if let Wish::Arrange(seed) = wish {
            let mut order = edits.entry_order(document);
            order.sort();
            shuffle(&mut order, *seed);
            edits.arrange(document, order);
        }
    }
}

/// The same on values. `order` is that of the entries as they are to stand.
fn model(original: &Value, wishes: &[Wish], order: &[EntryKey]) -> Value {
    let mut wanted = original.clone();
    let mut entries: BTreeMap<EntryKey, Value> = original["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(at, entry)| (EntryKey::Loaded(at), entry.clone()))
        .collect();
    let mut removed = Vec::new();
    let set = |object: &mut Value, name: &str, value: Option<Value>| {
        let object = object.as_object_mut().unwrap();
        match value {
            Some(value) => drop(object.insert(name.to_owned(), value)),
            None => drop(object.remove(name)),
        }
    };
    let annotate = |object: &mut Value, name: &str, value: Option<&str>| {
        if let Some(value) = value {
            if object.get("annotations").is_none() {
                object["annotations"] = json!({});
            }
            object["annotations"][name] = json!(value);
        } else if let Some(found) = object.get_mut("annotations") {
            drop(found.as_object_mut().unwrap().remove(name));
        }
    };
    for wish in wishes {
        match wish {
            Wish::Remove(at) => removed.push(EntryKey::Loaded(*at)),
            Wish::Add(content, platform) => {
                let digest = Digest::sha256(&[*content]);
                let mut entry =
                    json!({"mediaType": OCI_MANIFEST, "digest": digest.as_str(), "size": 7});
                if let Some((architecture, variant)) = platform {
                    entry["platform"] = json!({"os": "linux", "architecture": architecture});
                    if !variant.is_empty() {
                        entry["platform"]["variant"] = json!(variant);
                    }
                }
                entries.insert(EntryKey::Added(digest), entry);
            }
            Wish::Platform(at, platform) => {
                let Some(entry) = entries.get_mut(&EntryKey::Loaded(*at)) else { continue };
                let Some((os, variant, features)) = platform else {
                    set(entry, "platform", None);
                    continue;
                };
                if entry.get("platform").is_none() {
                    entry["platform"] = json!({});
                }
                let platform = &mut entry["platform"];
                set(platform, "os", Some(json!(os)));
                set(platform, "architecture", Some(json!("arm")));
                if !variant.is_empty() || platform.get("variant").is_some_and(|old| old != "") {
                    set(platform, "variant", Some(json!(variant)).filter(|_| !variant.is_empty()));
                }
                if !features.is_empty() {
                    set(platform, "os.features", Some(json!(features)));
                }
            }
            Wish::AnnotateEntry(at, name, value) => {
                if let Some(entry) = entries.get_mut(&EntryKey::Loaded(*at)) {
                    annotate(entry, name, *value);
                }
            }
            Wish::ArtifactType(at, value) => {
                if let Some(entry) = entries.get_mut(&EntryKey::Loaded(*at)) {
                    set(entry, "artifactType", value.map(Value::from));
                }
            }
            Wish::Annotate(name, value) => annotate(&mut wanted, name, *value),
            Wish::OwnArtifactType(value) => {
                set(&mut wanted, "artifactType", value.map(Value::from));
            }
            Wish::Subject(content) => {
                let subject = content.map(|content| {
                    let digest = Digest::sha256(&[content]);
                    json!({"mediaType": OCI_MANIFEST, "digest": digest.as_str(), "size": 7})
                });
                set(&mut wanted, "subject", subject);
            }
            Wish::Arrange(_) => {}
        }
    }
    let kept = order.iter().filter(|key| !removed.contains(key));
    wanted["manifests"] = kept.filter_map(|key| entries.get(key).cloned()).collect();
    wanted
}

proptest! {
    #[test]
    fn an_index_becomes_what_was_asked_for(
        index in indexes(),
        style in styles(),
        wishes in wishes(),
        seed in any::<u64>(),
    ) {
        let text = write(&index, &style);
        let document = parse(&text);
        let mut edits = Edits::default();
        for wish in &wishes {
            grant(&document, &mut edits, wish);
        }
        arrange(&document, &mut edits, &wishes);
        let rendered = String::from_utf8(document.render(&edits, &Updates::default())).unwrap();
        let reread = parse(&rendered);
        let original: Value = serde_json::from_str(&text).unwrap();
        let value: Value = serde_json::from_str(&rendered).unwrap();
        let wanted = model(&original, &wishes, &edits.entry_order(&document));
        prop_assert_eq!(&value, &wanted, "{}\n{}", text, rendered);

        // Any order of the wishes gives equal edits.
        let mut shuffled = wishes.clone();
        shuffle(&mut shuffled, seed);
        let mut others = Edits::default();
        for wish in &shuffled {
            grant(&document, &mut others, wish);
        }
        arrange(&document, &mut others, &shuffled);
        prop_assert_eq!(&others, &edits);

        // The descriptors as they are said to become are those that are written.
        let kept: Vec<EntryKey> = edits
            .entry_order(&document)
            .into_iter()
            .filter(|key| edits.keeps_entry(key))
            .collect();
        prop_assert_eq!(kept.len(), reread.entries().len());
        for (key, written) in kept.iter().zip(reread.entries()) {
            let said = edits.entry(&document, key).unwrap();
            prop_assert_eq!(&*said, written);
        }

        // Entries that nobody spoke of have their text, wherever they stand.
        for (at, key) in kept.iter().enumerate() {
            let EntryKey::Loaded(from) = key else { continue };
            let before = document.entry_node(*from).unwrap();
            let after = reread.entry_node(at).unwrap();
            if original["manifests"][from] == value["manifests"][at] {
                prop_assert_eq!(&text[before.span.clone()], &rendered[after.span.clone()]);
            }
        }
        // So have the members of the index itself.
        for member in document.root().members() {
            let name = &member.name;
            if original.get(name) == value.get(name) {
                let after = reread.root().get(name).unwrap();
                prop_assert_eq!(&text[member.node.span.clone()], &rendered[after.span.clone()]);
            }
        }

        // The inverse of each gives the loaded bytes.
        for wish in &shuffled {
            undo(&document, &mut edits, wish);
        }
        edits.arrange(&document, Vec::new());
        prop_assert!(edits.is_empty(), "{:?}", edits);
        prop_assert_eq!(document.render(&edits, &Updates::default()), text.as_bytes());
    }

    /// The new digest of a child reaches its entry wherever that stands, and the rest of the entry
    /// keeps its text.
    #[test]
    fn an_entry_that_moved_names_what_its_child_became(
        index in indexes(),
        style in styles(),
        seed in any::<u64>(),
    ) {
        let text = write(&index, &style);
        let document = parse(&text);
        let mut edits = Edits::default();
        edits.add_entry(descriptor(1, Some(("arm", "v6"))));
        arrange(&document, &mut edits, &[Wish::Arrange(seed)]);
        let update = |content: &str| EntryUpdate {
            digest: Digest::sha256(content.as_bytes()),
            size: 12345,
            media_type: None,
            data: None,
        };
        let mut updates = Updates::default();
        for key in edits.entry_order(&document) {
            updates.entries.insert(key.clone(), update(&format!("{key:?}")));
        }
        let rendered = String::from_utf8(document.render(&edits, &updates)).unwrap();
        let reread = parse(&rendered);
        for (key, entry) in edits.entry_order(&document).iter().zip(reread.entries()) {
            let wanted = update(&format!("{key:?}"));
            prop_assert_eq!((&entry.digest, entry.size), (&wanted.digest, wanted.size));
        }
    }
}

fn undo(document: &Document, edits: &mut Edits, wish: &Wish) {
    match wish {
        Wish::Remove(at) => edits.choose_entry(*at, EntryChoice::Repoint),
        Wish::Add(content, _) => {
            edits.remove_entry(document, &EntryKey::Added(Digest::sha256(&[*content])));
        }
        Wish::Platform(at, _) => {
            let loaded = document.entries().get(*at).and_then(|entry| entry.platform.clone());
            edits.set_platform(document, &EntryKey::Loaded(*at), loaded);
        }
        Wish::AnnotateEntry(at, name, _) => {
            let loaded = document.entries().get(*at).and_then(|entry| entry.annotation(name));
            let loaded = loaded.map(str::to_owned);
            edits.annotate_entry(document, &EntryKey::Loaded(*at), name, loaded);
        }
        Wish::ArtifactType(at, _) => {
            let loaded = document.entries().get(*at).and_then(|entry| entry.artifact_type.clone());
            edits.set_entry_artifact_type(document, &EntryKey::Loaded(*at), loaded);
        }
        Wish::Annotate(name, _) => {
            let loaded = document.annotations().iter().find(|(known, _)| known == name);
            edits.annotate(document, name, loaded.map(|(_, value)| value.clone()));
        }
        Wish::OwnArtifactType(_) => {
            edits.set_artifact_type(document, document.artifact_type().map(str::to_owned));
        }
        Wish::Subject(_) => edits.set_subject(document, document.digest(), None).unwrap(),
        Wish::Arrange(_) => {}
    }
}

#[test]
fn new_entries_look_like_their_neighbours() {
    let check = |before: &str, after: &str| {
        let digest = Digest::sha256(&[1]).to_string();
        let before = before.replace("DIGEST", Digest::sha256(&[9]).as_str());
        let document = parse(&before);
        let mut edits = Edits::default();
        edits.add_entry(descriptor(1, Some(("arm", "v6"))));
        let rendered = document.render(&edits, &Updates::default());
        let after = after.replace("DIGEST", Digest::sha256(&[9]).as_str()).replace("NEW", &digest);
        let after = after.replace("TYPE", OCI_MANIFEST);
        assert_eq!(String::from_utf8(rendered).unwrap(), after);
    };
    check(
        "{\n  \"schemaVersion\": 2,\n  \"manifests\": []\n}\n",
        "{\n  \"schemaVersion\": 2,\n  \"manifests\": [\n    {\n      \"mediaType\": \"TYPE\",\n      \"digest\": \"NEW\",\n      \"size\": 7,\n      \"platform\": {\n        \"architecture\": \"arm\",\n        \"os\": \"linux\",\n        \"variant\": \"v6\"\n      }\n    }\n  ]\n}\n",
    );
    check(
        "{\n\t\"schemaVersion\": 2,\n\t\"manifests\": [\n\t\t{\n\t\t\t\"digest\": \"DIGEST\",\n\t\t\t\"size\": 1\n\t\t}\n\t]\n}",
        "{\n\t\"schemaVersion\": 2,\n\t\"manifests\": [\n\t\t{\n\t\t\t\"digest\": \"DIGEST\",\n\t\t\t\"size\": 1\n\t\t},\n\t\t{\n\t\t\t\"mediaType\": \"TYPE\",\n\t\t\t\"digest\": \"NEW\",\n\t\t\t\"size\": 7,\n\t\t\t\"platform\": {\n\t\t\t\t\"architecture\": \"arm\",\n\t\t\t\t\"os\": \"linux\",\n\t\t\t\t\"variant\": \"v6\"\n\t\t\t}\n\t\t}\n\t]\n}",
    );
    check(
        r#"{"schemaVersion":2,"manifests":[{"digest":"DIGEST","size":1}]}"#,
        r#"{"schemaVersion":2,"manifests":[{"digest":"DIGEST","size":1},{"mediaType":"TYPE","digest":"NEW","size":7,"platform":{"architecture":"arm","os":"linux","variant":"v6"}}]}"#,
    );
    // A platform on one line stays on one line.
    check(
        "{\"schemaVersion\": 2, \"manifests\": [\n  {\"digest\": \"DIGEST\", \"size\": 1,\n   \"platform\": { \"os\": \"linux\" }}\n]}",
        "{\"schemaVersion\": 2, \"manifests\": [\n  {\"digest\": \"DIGEST\", \"size\": 1,\n   \"platform\": { \"os\": \"linux\" }},\n  {\"mediaType\": \"TYPE\",\n   \"digest\": \"NEW\",\n   \"size\": 7,\n   \"platform\": { \"architecture\": \"arm\", \"os\": \"linux\", \"variant\": \"v6\" }}\n]}",
    );
}

#[test]
fn a_manifest_is_not_its_own_subject() {
    let document = parse(r#"{"schemaVersion":2,"layers":[]}"#);
    let mut edits = Edits::default();
    let mut own = descriptor(1, None);
    own.digest = document.digest().clone();
    let wanted = Some(SubjectEdit::Set(Arc::new(own)));
    let refused = edits.set_subject(&document, document.digest(), wanted).unwrap_err();
    assert!(refused.message().to_string().contains("own subject"));
    assert!(edits.is_empty());
}

#[test]
fn a_move_goes_past_what_is_removed() {
    let entry = |content: u8| {
        let digest = Digest::sha256(&[content]);
        format!(r#"{{"digest":"{digest}","size":1}}"#)
    };
    let text =
        format!(r#"{{"schemaVersion":2,"manifests":[{}, {},{} ]}}"#, entry(1), entry(2), entry(3));
    let document = parse(&text);
    let mut edits = Edits::default();
    edits.choose_entry(1, EntryChoice::Drop);
    assert!(edits.move_entry(&document, &EntryKey::Loaded(2), true));
    assert!(!edits.move_entry(&document, &EntryKey::Loaded(2), true), "it is the first");
    let rendered = String::from_utf8(document.render(&edits, &Updates::default())).unwrap();
    let expected = format!(r#"{{"schemaVersion":2,"manifests":[{},{} ]}}"#, entry(3), entry(1));
    assert_eq!(rendered, expected);
    edits.choose_entry(1, EntryChoice::Repoint);
    assert!(edits.move_entry(&document, &EntryKey::Loaded(2), false));
    let order: Vec<usize> = edits
        .entry_order(&document)
        .iter()
        .map(|key| match key {
            EntryKey::Loaded(at) => *at,
            EntryKey::Added(_) => 9,
        })
        .collect();
    assert_eq!(order, [0, 2, 1]);
    let _ = json::parse(rendered.as_bytes()).unwrap();
}
