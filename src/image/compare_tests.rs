use std::sync::Arc;

use super::fixtures::{Layer, image_of, index_of, manifest_of, two_platforms};
use super::*;
use crate::manifest::{Document, LayerMark};

/// The comparison of two images, the first with its edits.
fn compared(here: &Image, edits: &ImageEdits, there: &Image) -> Comparison {
    let none = ImageEdits::default();
    let (own, other) =
        (here.render(edits, &Rendered::default()), there.render(&none, &Rendered::default()));
    let here = Side { image: here, edits, rendered: &own };
    compare(here, Side { image: there, edits: &none, rendered: &other })
}

fn as_loaded(here: &Image, there: &Image) -> Comparison {
    compared(here, &ImageEdits::default(), there)
}

/// Each part with what differs in it, as people read it.
fn told(comparison: &Comparison) -> Vec<String> {
    let line = |part: &str, each: &Difference| {
        let said = |value: &Option<String>| value.clone().unwrap_or("-".into());
        format!("{part}: {} ({} | {})", each.title(), said(&each.here), said(&each.there))
    };
    let mut lines: Vec<String> = comparison.index.iter().map(|it| line("index", it)).collect();
    for part in comparison.parts.iter().filter(|part| part.state != PartEquality::Same) {
        let title = part.title().to_string();
        if part.differences.is_empty() {
            lines.push(format!("{title} {}", part.state.message()));
        }
        lines.extend(part.differences.iter().map(|each| line(&title, each)));
    }
    lines
}

fn sentence(comparison: &Comparison) -> String {
    let all: Vec<String> = comparison.sentences().iter().map(ToString::to_string).collect();
    all.join(" ")
}

/// An index of images, each with its config and what else its entry says.
fn index(children: &[(&[Layer], &str, &str)], more: &str) -> Image {
    let read: Vec<_> = children.iter().map(|(layers, own, _)| manifest_of(layers, own)).collect();
    let entries: Vec<(&Document, &str)> =
        read.iter().zip(children).map(|((document, ..), (.., entry))| (document, *entry)).collect();
    let root = index_of(&entries);
    let text = String::from_utf8(root.bytes().to_vec()).unwrap();
    let text = format!("{}{more}}}", text.strip_suffix('}').unwrap());
    let algorithm = crate::manifest::Algorithm::Sha256;
    let mut image = Image::new(Document::parse(text.into_bytes(), None, algorithm).unwrap());
    for (document, config_digest, config) in read {
        image.insert_config(config_digest, config);
        image.insert(document.digest().clone(), Slot::Loaded(Arc::new(document)));
    }
    image
}

/// An image whose config says this.
fn with_config(layers: &[Layer], members: &str) -> Image {
    let (document, _, config) = manifest_of(layers, "");
    let text = config.text.unwrap().replacen('{', &format!("{{{members},"), 1);
    let digest = crate::manifest::Digest::sha256(text.as_bytes());
    let old = document.config().unwrap().digest.to_string();
    let manifest = String::from_utf8(document.bytes().to_vec()).unwrap();
    let manifest = manifest.replace(&old, digest.as_str());
    let algorithm = crate::manifest::Algorithm::Sha256;
    let mut image = Image::new(Document::parse(manifest.into_bytes(), None, algorithm).unwrap());
    image.insert_config(digest, Config::parse(text.as_bytes()).unwrap());
    image
}

const AMD64: &str = r#","platform":{"os":"linux","architecture":"amd64"}"#;
const FOREIGN: &str = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
const ARM64: &str = r#","platform":{"os":"linux","architecture":"arm64"}"#;

#[test]
fn an_image_is_identical_with_itself() {
    let sample = two_platforms();
    let comparison = as_loaded(&sample.image, &sample.image);
    assert_eq!(told(&comparison), [""; 0]);
    assert_eq!(comparison.count(PartEquality::Same), 3);
    assert!(sentence(&comparison).starts_with("Identical: both are sha256:"));
}

#[test]
fn layers_are_told_by_what_became_of_them() {
    let layers = |names: &[&str]| names.iter().map(|it| Layer::new(it)).collect::<Vec<_>>();
    let check = |here: &[Layer], there: &[Layer], expected: &[&str]| {
        let comparison = as_loaded(&image_of(here), &image_of(there));
        let found: Vec<String> = comparison.parts[0]
            .differences
            .iter()
            .filter(|each| matches!(each.aspect, Aspect::Layer(_) | Aspect::LayerOrder))
            .map(|each| each.title().to_string())
            .collect();
        assert_eq!(found, expected, "{}", sentence(&comparison));
        comparison.parts[0].same_layers
    };
    assert_eq!(
        check(
            &layers(&["a", "b"]),
            &layers(&["a", "c"]),
            &["Layer 1 only here", "Layer 1 only there"]
        ),
        1
    );
    assert_eq!(check(&layers(&["a", "b"]), &layers(&["x", "a", "b"]), &["Layer 0 only there"]), 2);
    let order = ["The layers stand in another order"];
    assert_eq!(check(&layers(&["a", "b"]), &layers(&["b", "a"]), &order), 2);
    let packed = [Layer::packed("b", "zstd"), Layer::new("a")];
    let repacked = ["Layer 1, there 0: same content packed otherwise"];
    assert_eq!(check(&layers(&["a", "b"]), &packed, &repacked), 1);
    // The same layer twice is matched one by one.
    assert_eq!(check(&layers(&["a", "a"]), &layers(&["a"]), &["Layer 1 only here"]), 1);
}

#[test]
fn a_mark_is_told_with_what_it_says() {
    let image = image_of(&[Layer::new("a"), Layer::new("b")]);
    let mut edits = ImageEdits::default();
    let base = image.document(image.root()).unwrap().clone();
    let mark = LayerMark::foreign(vec!["https://cdn.example/b".into()]);
    edits.change(image.root(), |node| node.edits.mark_layer(&base, 1, mark));
    let comparison = compared(&image, &edits, &image);
    assert_eq!(
        told(&comparison),
        [
            "Image: Layer 1 marked here, not there (application/vnd.oci.image.layer.nondistributable.v1.tar+gzip https://cdn.example/b | application/vnd.oci.image.layer.v1.tar+gzip)"
        ]
    );
    assert_eq!(
        sentence(&comparison),
        "The images differ. Same layers. 1 layer is marked here, not there."
    );
}

#[test]
fn annotations_have_both_values_and_a_place_to_be_taken_over() {
    let note = |value: &str| format!(r#","annotations":{{"a":"{value}","same":"1"}}"#);
    let layers = [Layer::new("a")];
    let entry = |value: &str| format!("{AMD64},\"annotations\":{{\"e\":\"{value}\"}}");
    let here = index(&[(&layers, &note("1"), &entry("x"))], &note("root"));
    let there = index(&[(&layers, &note("2"), &entry("y"))], r#","annotations":{"b":"2"}"#);
    let comparison = as_loaded(&here, &there);
    assert_eq!(
        told(&comparison),
        [
            "index: Annotation a (root | -)",
            "index: Annotation b (- | 2)",
            "index: Annotation same (1 | -)",
            "linux/amd64: Annotation e of the entry (x | y)",
            "linux/amd64: Annotation a (1 | 2)",
        ]
    );
    assert_eq!(
        sentence(&comparison),
        "The images differ. 0 of 1 platform is the same. Same layers. 5 annotations differ."
    );
    let (place, name) = comparison.index[0].annotation().unwrap();
    assert_eq!((&place.document, &place.entry, name), (here.root(), &None, "a"));
    let (place, _) = comparison.parts[0].differences[0].annotation().unwrap();
    assert_eq!(place.document, *here.root());
    assert!(place.entry.is_some());
}

#[test]
fn configs_are_compared_by_what_they_say_or_told_as_unread() {
    let layers = [Layer::new("a")];
    let here = with_config(&layers, r#""os":"linux","config":{"Env":["A=1","B=2"],"User":"0"}"#);
    let there = with_config(
        &layers,
        r#""os":"linux","config":{"Env":["NEW=x","A=1","B=3"],"ExposedPorts":{"80/tcp":{},"81/tcp":{}}}"#,
    );
    let says = told(&as_loaded(&here, &there));
    assert!(says[0].starts_with("linux/: Config (sha256:") || says[0].contains("Config"));
    assert_eq!(
        says[1..].iter().map(|it| it.split_once(": ").unwrap().1).collect::<Vec<_>>(),
        [
            "config.Env.B (2 | 3)",
            "config.Env.NEW (- | x)",
            "config.ExposedPorts (- | 80/tcp, 81/tcp)",
            "config.User (0 | -)",
        ]
    );
    let bare = Image::new((**there.document(there.root()).unwrap()).clone());
    let comparison = as_loaded(&here, &bare);
    let unread = &comparison.parts[0].differences[1];
    assert_eq!(unread.aspect, Aspect::ConfigUnread(false, true));
    assert!(sentence(&comparison).contains("not loaded or cannot be read"));
}

#[test]
fn platforms_are_matched_by_platform_and_by_order_among_equals() {
    let (a, b, c) = ([Layer::new("a")], [Layer::new("b")], [Layer::new("c")]);
    let here = index(&[(&a, "", AMD64), (&b, "", AMD64), (&c, "", ARM64)], "");
    let there = index(&[(&b, "", AMD64), (&c, "", AMD64)], "");
    let comparison = as_loaded(&here, &there);
    let states: Vec<PartEquality> = comparison.parts.iter().map(|part| part.state).collect();
    use PartEquality::{Differs, OnlyHere, Same};
    assert_eq!(states, [Differs, OnlyHere, Same]);
    assert!(
        sentence(&comparison).starts_with(
            "The images differ. 1 of 3 platforms are the same. 1 platform is only here."
        )
    );
    assert_eq!(comparison.index[0].aspect, Aspect::EntryOrder);
    let other = as_loaded(&there, &here);
    assert_eq!((other.count(PartEquality::OnlyThere), other.count(Same)), (1, 1));
    let added = other.parts.iter().find(|it| it.state == PartEquality::OnlyThere).unwrap();
    assert_eq!(added.entry.as_ref().unwrap().platform.as_ref().unwrap().architecture, "arm64");
}

#[test]
fn an_image_is_compared_with_its_platform_of_an_index() {
    let sample = two_platforms();
    let alone = Image::new((**sample.image.document(&sample.arm64).unwrap()).clone());
    let comparison = as_loaded(&alone, &sample.image);
    assert_eq!(comparison.shape, Shape::IndexThere);
    assert_eq!(
        sentence(&comparison),
        "There is an index, here an image: compared is linux/arm64 of the index. That image is the same."
    );
    assert_eq!(as_loaded(&sample.image, &alone).shape, Shape::IndexHere);
    let other = image_of(&[Layer::new("x")]);
    let comparison = as_loaded(&sample.image, &other);
    assert_eq!((comparison.parts.len(), comparison.here == comparison.there), (0, false));
    assert!(sentence(&comparison).contains("nothing could be compared"));
}

#[test]
fn what_is_not_loaded_is_told_and_never_the_same() {
    let (a, b) = ([Layer::new("a")], [Layer::new("b")]);
    let here = index(&[(&a, "", AMD64)], "");
    let there = Image::new(
        (**index(&[(&b, "", AMD64)], "").document(index(&[(&b, "", AMD64)], "").root()).unwrap())
            .clone(),
    );
    let comparison = as_loaded(&here, &there);
    assert_eq!(told(&comparison), ["linux/amd64: Not loaded there (- | -)"]);
    assert!(sentence(&comparison).contains("1 image is not loaded"), "{}", sentence(&comparison));
    assert!(!sentence(&comparison).contains("Same layers"));
}

#[test]
fn other_bytes_and_unknown_members_are_told() {
    let layers = [Layer::new("a")];
    let plain = image_of(&layers);
    let spaced = |from: &str, to: &str| {
        let text = String::from_utf8(plain.document(plain.root()).unwrap().bytes().to_vec());
        let text = text.unwrap().replacen(from, to, 1);
        let algorithm = crate::manifest::Algorithm::Sha256;
        Image::new(Document::parse(text.into_bytes(), None, algorithm).unwrap())
    };
    let comparison = as_loaded(&plain, &spaced("{", "{ "));
    assert_eq!(comparison.parts[0].differences[0].aspect, Aspect::Written);
    let comparison = as_loaded(&plain, &spaced("{", r#"{"x":[1],"#));
    assert_eq!(told(&comparison), ["Image: Member x (- | [1])"]);
}

#[test]
fn attestations_and_nested_indexes_are_named_as_such() {
    let sample = two_platforms();
    let mut edits = ImageEdits::default();
    edits.remove_attestations(&sample.image, None);
    let comparison = compared(&sample.image, &edits, &sample.image);
    assert_eq!(told(&comparison), ["Attestation of linux/amd64 only there"]);
    assert_eq!(
        sentence(&comparison),
        "The images differ. 2 of 2 platforms are the same. 1 other entry (attestations, artifacts, indexes) differs or is on one side only."
    );
    let nested = |image: &Image| {
        let mut outer = Image::new(index_of(&[(image.document(image.root()).unwrap(), "")]));
        for (id, document) in image.documents() {
            outer.insert(id.clone(), Slot::Loaded(document.clone()));
        }
        outer
    };
    let (one, two) = (index(&[(&[Layer::new("a")], "", AMD64)], ""), sample.image.clone());
    let comparison = as_loaded(&nested(&one), &nested(&two));
    assert_eq!(comparison.parts[0].what, EntryKind::Index);
    assert!(told(&comparison)[0].starts_with("Index in the index: Member manifests"));
}

#[test]
fn a_hundred_platforms_of_a_hundred_layers_are_compared_one_by_one() {
    let platform = |at: usize| format!(r#","platform":{{"os":"linux","architecture":"a{at}"}}"#);
    let layers = |at: usize, changed: bool| -> Vec<Layer> {
        (0..100)
            .map(|layer| {
                let own = if changed && layer == 50 { "changed" } else { "" };
                Layer::new(&format!("{at} {layer} {own}"))
            })
            .collect()
    };
    let of = |changed: fn(usize) -> bool| {
        let all: Vec<(Vec<Layer>, String)> =
            (0..100).map(|at| (layers(at, changed(at)), platform(at))).collect();
        let children: Vec<(&[Layer], &str, &str)> =
            all.iter().map(|(layers, entry)| (&layers[..], "", entry.as_str())).collect();
        index(&children, "")
    };
    let comparison = as_loaded(&of(|_| false), &of(|at| at % 4 == 0));
    assert_eq!(comparison.count(PartEquality::Same), 75);
    assert_eq!(comparison.count(PartEquality::Differs), 25);
    for part in &comparison.parts[..25] {
        assert_eq!(part.same_layers, 99);
        let layers = part.differences.iter().filter(|it| matches!(it.aspect, Aspect::Layer(_)));
        assert_eq!(layers.count(), 2, "{:?}", part.differences);
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod any {
    use proptest::prelude::*;

    use super::*;

    fn layers() -> impl Strategy<Value = Vec<Layer>> {
        let layer = ("[abc]", prop_oneof!["gzip", "zstd"], any::<bool>()).prop_map(
            |(content, packing, foreign)| {
                let mut layer = Layer::packed(&content, &packing);
                if foreign {
                    layer.media_type = FOREIGN;
                }
                layer
            },
        );
        prop::collection::vec(layer, 0..5)
    }

    fn noted() -> impl Strategy<Value = String> {
        prop::collection::btree_map("[ab]", "[xy]", 0..3)
            .prop_map(|all| format!(r#","annotations":{}"#, serde_json::to_string(&all).unwrap()))
    }

    fn images() -> impl Strategy<Value = Image> {
        let child = (layers(), noted(), "[ab]", noted());
        let child = child.prop_map(|(layers, own, platform, entry)| {
            let entry =
                format!(r#","platform":{{"os":"linux","architecture":"{platform}"}}{entry}"#);
            (layers, own, entry)
        });
        (prop::collection::vec(child, 0..4), noted(), any::<bool>()).prop_map(
            |(all, more, flat)| {
                if let (true, Some((layers, ..))) = (flat, all.first()) {
                    return image_of(layers);
                }
                let children: Vec<(&[Layer], &str, &str)> = all
                    .iter()
                    .map(|(layers, own, entry)| (&layers[..], own.as_str(), entry.as_str()))
                    .collect();
                index(&children, &more)
            },
        )
    }

    /// The same as seen from the other side, in an order of its own.
    fn seen(comparison: &Comparison, swapped: bool) -> Vec<String> {
        let difference = |part: &str, each: &Difference| {
            let aspect = if swapped { turned(&each.aspect) } else { each.aspect.clone() };
            let (one, two) = (&each.here, &each.there);
            let (one, two) = if swapped { (two, one) } else { (one, two) };
            format!("{part} {aspect:?} {one:?} {two:?}")
        };
        let mut all: Vec<String> = comparison.index.iter().map(|it| difference("", it)).collect();
        for part in &comparison.parts {
            let state = match part.state {
                PartEquality::OnlyHere if swapped => PartEquality::OnlyThere,
                PartEquality::OnlyThere if swapped => PartEquality::OnlyHere,
                state => state,
            };
            let (one, two) = (&part.here, &part.there);
            let (one, two) = if swapped { (two, one) } else { (one, two) };
            let name = format!("{one:?} {two:?}");
            all.push(format!("{name} {state:?} {} {}", part.same_layers, part.title()));
            all.extend(part.differences.iter().map(|it| difference(&name, it)));
        }
        all.sort();
        all
    }

    fn turned(aspect: &Aspect) -> Aspect {
        use LayerDifference::{Described, MarkedHere, MarkedThere, OnlyHere, OnlyThere, Repacked};
        match aspect {
            Aspect::ConfigUnread(one, two) => Aspect::ConfigUnread(*two, *one),
            Aspect::NotLoaded(one, two) => Aspect::NotLoaded(*two, *one),
            Aspect::Layer(layer) => Aspect::Layer(match *layer {
                OnlyHere(at) => OnlyThere(at),
                OnlyThere(at) => OnlyHere(at),
                Repacked(one, two) => Repacked(two, one),
                MarkedHere(one, two) => MarkedThere(two, one),
                MarkedThere(one, two) => MarkedHere(two, one),
                Described(one, two) => Described(two, one),
            }),
            other => other.clone(),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn an_image_is_the_same_as_itself(image in images()) {
            let comparison = as_loaded(&image, &image);
            prop_assert_eq!(told(&comparison), Vec::<String>::new());
            prop_assert_eq!(&comparison.here, &comparison.there);
        }

        #[test]
        fn swapping_the_sides_swaps_what_is_told(one in images(), two in images()) {
            let (there, back) = (as_loaded(&one, &two), as_loaded(&two, &one));
            prop_assert_eq!(seen(&there, false), seen(&back, true));
            // Other bytes are never told as nothing.
            if there.here != there.there && there.shape == Shape::Indexes {
                prop_assert!(!told(&there).is_empty());
            }
        }
    }
}
