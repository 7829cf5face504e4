//! The layers of all platforms by build step: what the same command made on each of them.
//!
//! Builds for several platforms share hardly a digest, so a step is known by its position and its
//! command. Where no command is known, equal digests at the same position are one step.

use std::collections::BTreeMap;

use super::manifests::image_manifests;
use super::{GroupState, Image, ImageEdits, LayerPlace, PlatformManifest};
use crate::manifest::{Descriptor, Digest, LayerMark, no_twin};

/// The layers of an image by build step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// The image manifests in reading order, attestations left out.
    pub manifests: Vec<PlatformManifest>,
    /// The steps by their numbers; those with the same number in reading order.
    pub steps: Vec<BuildStep>,
}

/// What one command made on the platforms that have it at the same position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildStep {
    /// The zero-based position of its layers in their manifests.
    pub number: usize,
    /// Whether no other step has this number.
    pub is_alone: bool,
    /// The command as the first platform has it, where it is known.
    pub command: Option<String>,
    /// Its layers, each digest once.
    pub layers: Vec<StepLayer>,
}

/// A layer of a step, with the platforms that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepLayer {
    /// The digest.
    pub digest: Digest,
    /// The size in bytes that the first place names.
    pub size: u64,
    /// The positions of its manifests in [`Steps::manifests`].
    pub manifests: Vec<usize>,
    /// Those of them in which it is marked as foreign.
    pub foreign: Vec<usize>,
    /// What all places say of it; `None` when they differ.
    pub mark: Option<LayerMark>,
}

/// A step that is marked on some platforms only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HalfMarked {
    /// The zero-based position of its layers.
    pub number: usize,
    /// Where it is marked.
    pub marked: Vec<LayerPlace>,
    /// Where it could be marked and is not.
    pub unmarked: Vec<LayerPlace>,
}

/// The steps with one number while they are collected.
#[derive(Default)]
struct Position<'a> {
    steps: Vec<BuildStep>,
    /// The commands of the steps, as they are compared.
    commands: Vec<Option<String>>,
    /// Step and layer by digest.
    by_digest: BTreeMap<&'a Digest, (usize, usize)>,
}

impl Steps {
    /// The steps of `image` as it is with `edits`.
    pub fn new(image: &Image, edits: &ImageEdits) -> Self {
        Self::of_manifests(image, edits, |_| true)
    }

    /// The same of those manifests only that are `wanted`, by the digest under which they were
    /// loaded.
    pub fn of_manifests(
        image: &Image,
        edits: &ImageEdits,
        wanted: impl Fn(&Digest) -> bool,
    ) -> Self {
        let mut manifests = image_manifests(image, edits);
        manifests.retain(|(id, _)| wanted(id));
        let mut positions: Vec<Position<'_>> = Vec::new();
        for (at, (id, _)) in manifests.iter().enumerate() {
            let Some(document) = image.base(edits, id) else { continue };
            let own = edits.get(id).map(|node| &node.edits);
            let count = document.layers().len();
            let config = image.config_of(id);
            let origins = config.map(|config| config.origins(count)).unwrap_or_default();
            positions.resize_with(positions.len().max(count), Position::default);
            for (index, layer) in document.layers().iter().enumerate() {
                let mark = own.and_then(|own| own.layer_mark(document, index));
                let mark = mark.unwrap_or_else(|| LayerMark::of(layer));
                let position = &mut positions[index];
                if !position.adds(&layer.digest, at, &mark) {
                    let made_by = origins.get(index).and_then(|origin| origin.made_by);
                    position.take(index, layer, made_by, at, mark);
                }
            }
        }
        let mut all = Self::default();
        for mut position in positions {
            let is_alone = position.steps.len() == 1;
            position.steps.iter_mut().for_each(|step| step.is_alone = is_alone);
            all.steps.append(&mut position.steps);
        }
        let manifest = |(id, platform)| PlatformManifest { id, platform };
        all.manifests = manifests.into_iter().map(manifest).collect();
        all
    }

    /// Where the layers of `step` stand.
    pub fn places(&self, step: &BuildStep) -> Vec<LayerPlace> {
        let all = step.layers.iter().flat_map(|layer| &layer.manifests);
        self.places_in(step.number, all)
    }

    /// The layers at `number` in these manifests.
    pub fn places_in<'a>(
        &self,
        number: usize,
        manifests: impl IntoIterator<Item = &'a usize>,
    ) -> Vec<LayerPlace> {
        let place = |&at: &usize| {
            Some(LayerPlace { manifest: self.manifests.get(at)?.id.clone(), layer: number })
        };
        manifests.into_iter().filter_map(place).collect()
    }

    /// The steps that are marked on some platforms only, and could be on others. Platforms that are
    /// taken out of the index do not count.
    pub fn half_marked(image: &Image, edits: &ImageEdits) -> Vec<HalfMarked> {
        let rows = image.rows(edits);
        let kept = |id: &Digest| rows.iter().any(|row| row.id == *id && !row.removed);
        let steps = Self::of_manifests(image, edits, kept);
        let half = |step: &BuildStep| {
            if step.state() != GroupState::Somewhere {
                return None;
            }
            let foreign = step.layers.iter().flat_map(|layer| &layer.foreign);
            let marked = steps.places_in(step.number, foreign);
            let markable = |place: &LayerPlace| {
                let document = image.base(edits, &place.manifest)?;
                let layer = document.layers().get(place.layer)?;
                let family = edits.of(&place.manifest).family();
                (!marked.contains(place) && no_twin(layer, family).is_none()).then_some(())
            };
            let mut unmarked = steps.places(step);
            unmarked.retain(|place| markable(place).is_some());
            (!unmarked.is_empty()).then_some(HalfMarked { number: step.number, marked, unmarked })
        };
        steps.steps.iter().filter_map(half).collect()
    }
}

impl<'a> Position<'a> {
    /// Adds a manifest to a layer that is known; `false` where it is not.
    fn adds(&mut self, digest: &Digest, at: usize, mark: &LayerMark) -> bool {
        let Some(&(step, layer)) = self.by_digest.get(digest) else { return false };
        let known = &mut self.steps[step].layers[layer];
        if known.mark.as_ref() != Some(mark) {
            known.mark = None;
        }
        known.manifests.push(at);
        if mark.is_foreign() {
            known.foreign.push(at);
        }
        true
    }

    /// Takes a layer that is not known: as one of a step with the same command, or of a new one.
    fn take(
        &mut self,
        number: usize,
        layer: &'a Descriptor,
        command: Option<&str>,
        at: usize,
        mark: LayerMark,
    ) {
        let same = command.and_then(|command| {
            let spelt = |step: &BuildStep| step.command.as_deref() == Some(command);
            self.steps.iter().position(spelt).or_else(|| {
                let command = comparable(command);
                self.commands.iter().position(|known| known.as_ref() == Some(&command))
            })
        });
        let step = same.unwrap_or_else(|| {
            self.commands.push(command.map(comparable));
            let command = command.map(str::to_owned);
            self.steps.push(BuildStep { number, is_alone: true, command, layers: Vec::new() });
            self.steps.len() - 1
        });
        let layers = &mut self.steps[step].layers;
        layers.push(StepLayer {
            digest: layer.digest.clone(),
            size: layer.size,
            manifests: vec![at],
            foreign: if mark.is_foreign() { vec![at] } else { Vec::new() },
            mark: Some(mark),
        });
        self.by_digest.insert(&layer.digest, (step, layers.len() - 1));
    }
}

impl BuildStep {
    /// In how many of its places the step is marked.
    pub fn state(&self) -> GroupState {
        let foreign: usize = self.layers.iter().map(|layer| layer.foreign.len()).sum();
        match foreign {
            0 => GroupState::Nowhere,
            all if all == self.uses() => GroupState::Everywhere,
            _ => GroupState::Somewhere,
        }
    }

    /// On how many platforms it stands.
    pub fn uses(&self) -> usize {
        self.layers.iter().map(|layer| layer.manifests.len()).sum()
    }
}

/// A command without what differs between platforms by itself: the names of architectures, and the
/// checksums that Docker's classic builder writes (`ADD file:3f2a… in /`).
fn comparable(command: &str) -> String {
    const ARCHITECTURES: [&str; 18] = [
        "amd64", "x86_64", "x64", "arm64", "aarch64", "arm", "armhf", "armv6", "armv7", "arm32v7",
        "arm64v8", "i386", "386", "ppc64le", "s390x", "riscv64", "mips64le", "loong64",
    ];
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut out = String::with_capacity(command.len());
    for piece in command.split_inclusive(|c| !is_word(c)) {
        let word = piece.trim_end_matches(|c| !is_word(c));
        let checksum = word.len() >= 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let architecture = ARCHITECTURES.iter().any(|name| word.eq_ignore_ascii_case(name));
        out.push_str(if checksum || architecture { "*" } else { word });
        out.push_str(&piece[word.len()..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Slot;
    use crate::image::fixtures::{Layer, index_of, manifest_of};

    /// An index of a manifest for each of `platforms`, with its layers' contents and commands.
    fn image(platforms: &[&[(&str, &str)]]) -> Image {
        let layer = |&(content, command): &(&str, &str)| Layer {
            made_by: command.into(),
            ..Layer::new(content)
        };
        let made = |layers: &&[(&str, &str)]| {
            manifest_of(&layers.iter().map(layer).collect::<Vec<_>>(), "")
        };
        let made: Vec<_> = platforms.iter().map(made).collect();
        let children: Vec<_> = made.iter().map(|(document, ..)| (document, "")).collect();
        let mut image = Image::new(index_of(&children));
        for (document, digest, config) in made {
            image.insert(document.digest().clone(), Slot::Loaded(document.into()));
            image.insert_config(digest, config);
        }
        image
    }

    #[test]
    fn what_a_command_is_compared_by() {
        let check = |one: &str, other: &str, same: bool| {
            assert_eq!(comparable(one) == comparable(other), same, "{one} · {other}");
        };
        check("RUN a", "RUN a", true);
        check("RUN a", "RUN b", false);
        check("ADD root-x86_64.tar.gz /", "ADD root-aarch64.tar.gz /", true);
        check("RUN |1 TARGETARCH=amd64 make", "RUN |1 TARGETARCH=arm64 make", true);
        check("RUN make arm", "RUN make armature", false);
        let (one, other) = ("0123456789abcdef".repeat(4), "fedcba9876543210".repeat(4));
        check(&format!("ADD file:{one} in / "), &format!("ADD file:{other} in / "), true);
        check("", "", true);
        check("ä amd64", "ä arm64", true);
    }

    #[test]
    fn steps_are_matched_by_position_and_command() {
        let one: &[_] = &[("base 1", "ADD a"), ("x", "RUN b"), ("tool 1", "COPY c")];
        let other: &[_] = &[("base 2", "ADD a"), ("x", "RUN b arm64"), ("tool 2", "COPY other")];
        let steps = Steps::new(&image(&[one, other]), &ImageEdits::default());
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
        let steps = Steps::new(&image, &edits);
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
}
