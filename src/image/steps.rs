//! The layers of all platforms by build step: what the same command made on each of them.
//!
//! Builds for several platforms share hardly a digest, so a step is known by its position and its
//! command. Where no command is known, equal digests at the same position are one step.
//!
//! Which layers form a step does not depend on how they are marked: [`Steps`] are taken over from
//! edit to edit, and marks are looked up in the edits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::manifests::{PlatformManifest, image_manifests};
use super::{Config, Image, ImageEdits, LayerPlace};
use crate::manifest::media_type::NoTwin;
use crate::manifest::{Descriptor, Digest, Document, Edits, LayerMark, no_twin};

/// The layers of an image by build step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// The steps by their numbers; those with the same number in reading order.
    pub steps: Vec<BuildStep>,
    /// The size in bytes of the largest layer.
    pub largest: u64,
    sources: Vec<Source>,
}

/// A manifest with all that steps are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Source {
    manifest: PlatformManifest,
    document: Arc<Document>,
    config: Option<Arc<Config>>,
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
}

/// The marks of the layers of an image, to be looked up by step.
#[derive(Debug)]
pub struct StepMarks<'a> {
    steps: &'a Steps,
    /// The edits of the manifests, in their order.
    edits: Vec<&'a Edits>,
}

/// How a layer of a step is marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerMarks {
    /// The positions of the manifests in which it is marked as foreign.
    pub foreign: Vec<usize>,
    /// The positions of those in which it is not and could be.
    pub unmarked: Vec<usize>,
    /// Why it can be marked nowhere, where that is so.
    pub barred: Option<NoTwin>,
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
    /// The steps of `image` as it is with `edits`, of those manifests that are `wanted`, by the digest
    /// under which they were loaded. An earlier result is taken over where the same manifests stand in
    /// the same order: no mark changes a step.
    pub fn of_manifests(
        image: &Image,
        edits: &ImageEdits,
        wanted: impl Fn(&Digest) -> bool,
        before: &Arc<Self>,
    ) -> Arc<Self> {
        let sources = sources(image, edits, wanted);
        if before.sources == sources {
            return before.clone();
        }
        Arc::new(Self::new(sources, |_| true))
    }

    /// The steps with those numbers that are `wanted`.
    fn new(sources: Vec<Source>, wanted: impl Fn(usize) -> bool) -> Self {
        let steps = collect(&sources, wanted);
        let layers = steps.iter().flat_map(|step| &step.layers);
        let largest = layers.map(|layer| layer.size).max().unwrap_or(0);
        Self { steps, largest, sources }
    }

    /// The image manifests in reading order, attestations left out.
    pub fn manifests(&self) -> impl Iterator<Item = &PlatformManifest> {
        self.sources.iter().map(|source| &source.manifest)
    }

    /// One of them.
    pub fn manifest(&self, at: usize) -> Option<&PlatformManifest> {
        self.sources.get(at).map(|source| &source.manifest)
    }

    /// The layers, a digest that stands at several positions more than once.
    pub fn layers(&self) -> impl Iterator<Item = &StepLayer> {
        self.steps.iter().flat_map(|step| &step.layers)
    }

    /// Where the layers of `step` stand.
    pub fn places(&self, step: &BuildStep) -> Vec<LayerPlace> {
        let all = step.layers.iter().flat_map(|layer| &layer.manifests);
        self.places_in(step.number, all)
    }

    /// Where the layers with these digests stand.
    pub fn places_of(&self, layers: &BTreeSet<Digest>) -> Vec<LayerPlace> {
        let places = |step: &BuildStep| {
            let wanted = step.layers.iter().filter(|layer| layers.contains(&layer.digest));
            self.places_in(step.number, wanted.flat_map(|layer| &layer.manifests))
        };
        self.steps.iter().flat_map(places).collect()
    }

    /// The layers at `number` in these manifests.
    fn places_in<'a>(
        &self,
        number: usize,
        manifests: impl IntoIterator<Item = &'a usize>,
    ) -> Vec<LayerPlace> {
        let place = |&at: &usize| {
            let manifest = self.manifest(at)?.id.clone();
            Some(LayerPlace { manifest, layer: number })
        };
        manifests.into_iter().filter_map(place).collect()
    }

    /// How the layers are marked with `edits`.
    pub fn marks<'a>(&'a self, edits: &'a ImageEdits) -> StepMarks<'a> {
        let of_manifest = |source: &Source| edits.of(&source.manifest.id);
        StepMarks { steps: self, edits: self.sources.iter().map(of_manifest).collect() }
    }

    /// The steps that are marked on some platforms only, and could be on others. Platforms that are
    /// taken out of the index do not count.
    pub fn half_marked(image: &Image, edits: &ImageEdits) -> Vec<HalfMarked> {
        let kept = image.rows(edits).into_iter().filter(|row| !row.removed);
        let kept: BTreeSet<Digest> = kept.map(|row| row.id).collect();
        let sources = sources(image, edits, |id| kept.contains(id));
        let foreign = foreign_numbers(&sources, edits);
        let steps = Self::new(sources, |number| foreign.contains(&number));
        let marks = steps.marks(edits);
        steps.steps.iter().filter_map(|step| marks.half_marked(step)).collect()
    }
}

/// What the steps of the manifests are made of that are `wanted`.
fn sources(image: &Image, edits: &ImageEdits, wanted: impl Fn(&Digest) -> bool) -> Vec<Source> {
    let manifests = image_manifests(image, edits).into_iter().filter(|it| wanted(&it.0));
    let source = |(id, platform)| {
        let document = image.base(edits, &id)?.clone();
        let config = image.config_of(&id).cloned();
        Some(Source { manifest: PlatformManifest { id, platform }, document, config })
    };
    manifests.filter_map(source).collect()
}

/// The positions at which any manifest has a foreign layer.
fn foreign_numbers(sources: &[Source], edits: &ImageEdits) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    for Source { manifest, document, .. } in sources {
        let marked = edits.of(&manifest.id).layers().iter();
        found.extend(marked.filter(|(_, mark)| mark.is_foreign()).map(|(number, _)| *number));
        if document.loaded_totals().foreign > 0 {
            let own = document.layers().iter().enumerate();
            found.extend(own.filter(|(_, it)| LayerMark::of(it).is_foreign()).map(|it| it.0));
        }
    }
    found
}

fn collect(sources: &[Source], wanted: impl Fn(usize) -> bool) -> Vec<BuildStep> {
    let mut positions: Vec<Position<'_>> = Vec::new();
    for (at, Source { document, config, .. }) in sources.iter().enumerate() {
        let count = document.layers().len();
        let origins = config.as_ref().map(|config| config.origins(count)).unwrap_or_default();
        positions.resize_with(positions.len().max(count), Position::default);
        for (number, layer) in document.layers().iter().enumerate().filter(|it| wanted(it.0)) {
            let made_by = || origins.get(number).and_then(|origin| origin.made_by);
            let position = &mut positions[number];
            if !position.adds(&layer.digest, at) {
                position.take(number, layer, made_by(), at);
            }
        }
    }
    let mut all = Vec::new();
    for mut position in positions {
        let is_alone = position.steps.len() == 1;
        position.steps.iter_mut().for_each(|step| step.is_alone = is_alone);
        all.append(&mut position.steps);
    }
    all
}

impl StepMarks<'_> {
    /// How the layers of `step` are marked, in their order.
    pub fn of(&self, step: &BuildStep) -> Vec<LayerMarks> {
        step.layers.iter().map(|layer| self.of_layer(step.number, layer)).collect()
    }

    fn of_layer(&self, number: usize, layer: &StepLayer) -> LayerMarks {
        let mut marks =
            LayerMarks { foreign: Vec::new(), unmarked: Vec::new(), barred: None, mark: None };
        let mut differ = false;
        for &at in &layer.manifests {
            let document = &self.steps.sources[at].document;
            let own = self.edits[at];
            let Some(mark) = own.layer_mark(document, number) else { continue };
            if mark.is_foreign() {
                marks.foreign.push(at);
            } else if let Some(reason) = no_twin(&document.layers()[number], own.family()) {
                marks.barred = marks.barred.or(Some(reason));
            } else {
                marks.unmarked.push(at);
            }
            differ |= marks.mark.get_or_insert_with(|| mark.clone()) != &mark;
        }
        if differ {
            marks.mark = None;
        }
        if !marks.foreign.is_empty() || !marks.unmarked.is_empty() {
            marks.barred = None;
        }
        marks
    }

    fn half_marked(&self, step: &BuildStep) -> Option<HalfMarked> {
        let marks = self.of(step);
        let foreign = marks.iter().flat_map(|layer| &layer.foreign);
        let unmarked = marks.iter().flat_map(|layer| &layer.unmarked);
        let half = HalfMarked {
            number: step.number,
            marked: self.steps.places_in(step.number, foreign),
            unmarked: self.steps.places_in(step.number, unmarked),
        };
        (!half.marked.is_empty() && !half.unmarked.is_empty()).then_some(half)
    }
}

impl<'a> Position<'a> {
    /// Adds a manifest to a layer that is known; `false` where it is not.
    fn adds(&mut self, digest: &Digest, at: usize) -> bool {
        let Some(&(step, layer)) = self.by_digest.get(digest) else { return false };
        self.steps[step].layers[layer].manifests.push(at);
        true
    }

    /// Takes a layer that is not known: as one of a step with the same command, or of a new one.
    fn take(&mut self, number: usize, layer: &'a Descriptor, command: Option<&str>, at: usize) {
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
        });
        self.by_digest.insert(&layer.digest, (step, layers.len() - 1));
    }
}

impl BuildStep {
    /// On how many platforms it stands.
    pub fn uses(&self) -> usize {
        self.layers.iter().map(|layer| layer.manifests.len()).sum()
    }
}

impl LayerMarks {
    /// Whether the layer is marked wherever it can be.
    pub fn is_on(&self) -> bool {
        !self.foreign.is_empty() && self.unmarked.is_empty()
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
}
