//! Which layers form a build step, and on which platforms it is marked.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::image::fixtures::{Layer, index_of, manifest_of, two_platforms};
use crate::image::{Config, Image, ImageEdits, LayerPlace, Slot, Steps};
use crate::manifest::media_type::NoTwin;
use crate::manifest::{EntryKey, LayerMark, Platform};

/// An index of a manifest for each of `platforms`, with its layers' contents and commands.
fn image(platforms: &[&[(&str, &str)]]) -> Image {
    let layer = |&(content, command): &(&str, &str)| Layer {
        made_by: command.into(),
        ..Layer::new(content)
    };
    let made =
        |layers: &&[(&str, &str)]| manifest_of(&layers.iter().map(layer).collect::<Vec<_>>(), "");
    let made: Vec<_> = platforms.iter().map(made).collect();
    let children: Vec<_> = made.iter().map(|(document, ..)| (document, "")).collect();
    let mut image = Image::new(index_of(&children));
    for (document, digest, config) in made {
        image.insert(document.digest().clone(), Slot::Loaded(document.into()));
        image.insert_config(digest, config);
    }
    image
}

fn all(image: &Image, edits: &ImageEdits) -> Arc<Steps> {
    Steps::of_manifests(image, edits, |_| true, &Arc::default())
}

#[test]
fn steps_are_matched_by_position_and_command() {
    let one: &[_] = &[("base 1", "ADD a"), ("x", "RUN b"), ("tool 1", "COPY c")];
    let other: &[_] = &[("base 2", "ADD a"), ("x", "RUN b arm64"), ("tool 2", "COPY other")];
    let steps = all(&image(&[one, other]), &ImageEdits::default());
    let seen: Vec<_> = steps
        .steps
        .iter()
        .map(|step| (step.number, step.is_alone, step.layers.len(), step.uses()))
        .collect();
    assert_eq!(seen, [(0, true, 2, 2), (1, true, 1, 2), (2, false, 1, 1), (2, false, 1, 1)]);
    assert_eq!(steps.steps[0].command.as_deref(), Some("ADD a"));
}

#[test]
fn a_step_that_is_marked_on_one_platform_only_is_noticed() {
    let one: &[_] = &[("base 1", "ADD a"), ("x 1", "RUN b")];
    let other: &[_] = &[("base 2", "ADD a"), ("x 2", "RUN c")];
    let image = image(&[one, other]);
    let mut edits = ImageEdits::default();
    let steps = all(&image, &edits);
    let places = steps.places(&steps.steps[0]);
    let foreign = LayerMark::foreign(vec!["https://cdn.example/x".into()]);
    let mut check = |marked: &[LayerPlace], expected: &[&LayerPlace]| {
        edits.mark_layers(&image, marked, &foreign);
        let half = Steps::half_marked(&image, &edits);
        let unmarked: Vec<_> = half.iter().flat_map(|half| &half.unmarked).collect();
        assert_eq!(unmarked, expected, "{marked:?}");
    };
    check(&[], &[]);
    // Its namesake on the other platform is another command's.
    let other_step = steps.places(&steps.steps[1]);
    check(&other_step, &[]);
    check(&places[..1], &[&places[1]]);
    check(&places[1..], &[]);
}

#[test]
fn a_layer_that_cannot_be_marked_does_not_keep_the_others_from_it() {
    let mut rootfs = [Layer::new("one"), Layer::new("two")];
    rootfs[0].made_by = "ADD a".into();
    rootfs[1].made_by = "ADD a".into();
    rootfs[0].media_type = "application/vnd.erofs.layer.v1";
    let made = rootfs.clone().map(|layer| manifest_of(&[layer], ""));
    let mut image = Image::new(index_of(&[(&made[0].0, ""), (&made[1].0, "")]));
    for (document, digest, config) in made {
        image.insert(document.digest().clone(), Slot::Loaded(document.into()));
        image.insert_config(digest, config);
    }
    let mut edits = ImageEdits::default();
    let steps = all(&image, &edits);
    let [step] = &steps.steps[..] else { panic!("{steps:?}") };
    let marks = steps.marks(&edits).of(step);
    assert_eq!(marks[0].barred, Some(NoTwin::NotAnImageLayer));
    assert_eq!((marks[1].barred, &marks[1].unmarked[..]), (None, &[1][..]));
    edits.mark_layers(&image, &steps.places(step), &LayerMark::foreign(Vec::new()));
    let marks = steps.marks(&edits).of(step);
    assert!(marks[0].foreign.is_empty() && marks[1].is_on());
    assert_eq!(Steps::half_marked(&image, &edits), [], "nothing is left to be marked");
}

#[test]
fn a_platform_that_is_taken_out_is_not_half_marked() {
    let sample = two_platforms();
    let (image, root) = (&sample.image, sample.image.root().clone());
    let mut edits = ImageEdits::default();
    let steps = all(image, &edits);
    let places = steps.places(&steps.steps[0]);
    edits.mark_layers(image, &places[..1], &LayerMark::foreign(Vec::new()));
    assert_eq!(Steps::half_marked(image, &edits)[0].unmarked, places[1..]);
    let document = image.document(&root).unwrap().clone();
    edits.change(&root, |node| node.edits.remove_entry(&document, &EntryKey::Loaded(1)));
    assert_eq!(Steps::half_marked(image, &edits), []);
}

#[test]
fn a_shared_layer_stands_once() {
    let sample = two_platforms();
    let mut edits = ImageEdits::default();
    let steps = all(&sample.image, &edits);
    let platforms = steps.manifests().filter_map(|found| found.platform.as_ref());
    let platforms: Vec<String> = platforms.map(ToString::to_string).collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
    let uses: Vec<_> = steps.layers().map(|layer| &layer.manifests[..]).collect();
    assert_eq!(uses, [&[0, 1][..], &[0], &[1]]);
    let marks = |edits: &ImageEdits| {
        let found = steps.marks(edits).of(&steps.steps[0]).swap_remove(0);
        (found.foreign, found.mark)
    };
    assert_eq!(marks(&edits), (Vec::new(), Some(LayerMark::plain())));
    let foreign = LayerMark::foreign(vec!["https://cdn.example/x".into()]);
    let places = steps.places_of(&BTreeSet::from([sample.shared_layer.clone()]));
    edits.mark_layers(&sample.image, &places[..1], &foreign);
    assert_eq!(marks(&edits), (vec![0], None));
    edits.mark_layers(&sample.image, &places, &foreign);
    assert_eq!(marks(&edits), (vec![0, 1], Some(foreign)));
    edits.mark_layers(&sample.image, &places, &LayerMark::plain());
    assert!(edits.is_empty());
}

#[test]
fn steps_are_taken_over_until_something_else_than_marks_changes() {
    let sample = two_platforms();
    let mut image = sample.image;
    let (root, arm64) = (image.root().clone(), sample.arm64);
    let mut edits = ImageEdits::default();
    let mut kept = all(&image, &edits);
    let mut same = |image: &Image, edits: &ImageEdits| {
        let before = kept.clone();
        kept = Steps::of_manifests(image, edits, |_| true, &before);
        assert_eq!(*kept, *all(image, edits), "as if made anew");
        Arc::ptr_eq(&before, &kept)
    };
    let places = [LayerPlace { manifest: arm64.clone(), layer: 1 }];
    edits.mark_layers(&image, &places, &LayerMark::foreign(Vec::new()));
    assert!(same(&image, &edits));
    // Only the other platform's config is another one: 1.4 and 1.4.1 of an image.
    let config = image.document(&arm64).unwrap().config().unwrap().digest.clone();
    image.insert_config(config, Config::default());
    assert!(!same(&image, &edits));
    let document = image.document(&root).unwrap().clone();
    let platform = Platform::parse("linux/arm/v7");
    edits.change(&root, |it| it.edits.set_platform(&document, &EntryKey::Loaded(1), platform));
    assert!(!same(&image, &edits));
    let text = manifest_of(&[Layer::new("other")], "").0;
    edits.change(&arm64, |node| node.text = Some(text.into()));
    assert!(!same(&image, &edits));
}

#[test]
fn a_hundred_platforms_of_a_hundred_layers() {
    let documents: Vec<_> = (0..100)
        .map(|platform| {
            let layer = |layer: usize| {
                let owner = if layer < 50 { 0 } else { platform };
                Layer::new(&format!("{owner} {layer}"))
            };
            manifest_of(&(0..100).map(layer).collect::<Vec<_>>(), "").0
        })
        .collect();
    let children: Vec<_> = documents.iter().map(|document| (document, "")).collect();
    let mut image = Image::new(index_of(&children));
    for document in documents {
        image.insert(document.digest().clone(), Slot::Loaded(document.into()));
    }
    let steps = all(&image, &ImageEdits::default());
    assert_eq!(steps.manifests().count(), 100);
    assert_eq!(steps.steps.len(), 50 + 100 * 50);
    assert_eq!(steps.steps[0].uses(), 100);
}
