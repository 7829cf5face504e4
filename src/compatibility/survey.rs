//! The subject gone through once: every layer as it will be said, with what rules and verdicts ask
//! of it.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::class::Classes;
use super::url_traits::{Answer, Answers};
use super::{Blob, LayerRef, Subject, UrlFact, UrlState, UrlTraits};
use crate::image::RenderedNode;
use crate::manifest::media_type::{DOCKER_CONFIG, Family, Form, LayerType, OCI_CONFIG};
use crate::manifest::{Descriptor, Digest, Document, Edits, Kind};

/// The subject gone through once.
pub(crate) struct Survey<'a> {
    pub(crate) subject: &'a Subject<'a>,
    pub(crate) nodes: Vec<Node<'a>>,
    pub(crate) layers: Vec<Layer<'a>>,
    /// The traits of any URL of any layer.
    pub(crate) traits: UrlTraits,
    /// The positions of the layers by their digests.
    by_digest: BTreeMap<&'a Digest, Vec<usize>>,
    classes: OnceCell<Classes<'a>>,
}

/// A document of the image as it becomes.
pub(crate) struct Node<'a> {
    pub(crate) id: &'a Digest,
    pub(crate) rendered: &'a RenderedNode,
    /// Its kind after a conversion, if there was one.
    pub(crate) kind: Kind,
    /// Whether its config has OCI's config or empty type, once it is converted.
    pub(crate) image_config: bool,
    /// Where its layers stand in [`Survey::layers`].
    pub(crate) layers: std::ops::Range<usize>,
}

/// A layer as it will be said.
pub(crate) struct Layer<'a> {
    /// Position in [`Survey::nodes`].
    pub(crate) node: usize,
    /// Zero-based index in its manifest.
    pub(crate) index: usize,
    /// As it was loaded; its form and URLs may be edited.
    pub(crate) descriptor: &'a Descriptor,
    pub(crate) media_type: &'a str,
    pub(crate) known: Option<LayerType>,
    /// The `urls` as they will stand; empty also where there is no such member.
    pub(crate) urls: &'a [String],
    /// The traits of any of the URLs.
    pub(crate) traits: UrlTraits,
    /// What came of asking any of the URLs.
    pub(crate) states: States,
    /// What is known of the URLs in their order.
    pub(crate) answers: Answers,
    pub(crate) blob: Blob,
}

/// Which states the URLs of a layer have, so that most layers need no second look.
#[derive(Clone, Copy, Default)]
pub(crate) struct States(u16);

impl<'a> Survey<'a> {
    pub(crate) fn new(subject: &'a Subject<'a>) -> Self {
        let mut survey = Self {
            subject,
            nodes: Vec::new(),
            layers: Vec::new(),
            traits: UrlTraits::default(),
            by_digest: BTreeMap::new(),
            classes: OnceCell::new(),
        };
        let places = subject.situation.places();
        // Parents first, as a person reads the tree.
        for (id, rendered) in subject.rendered.children_first().rev() {
            let start = survey.layers.len();
            let edits = subject.edits.get(id).map(|node| &node.edits);
            let family = edits.and_then(Edits::family);
            for (index, descriptor) in rendered.base.layers().iter().enumerate() {
                let mark = edits.and_then(|edits| edits.layers().get(&index));
                let form = mark.map(|mark| mark.form);
                let (known, media_type) = said(descriptor, family, form);
                let urls = mark.map_or(&descriptor.urls, |mark| &mark.urls);
                let urls = urls.as_deref().unwrap_or_default();
                let mut traits = UrlTraits::default();
                for url in urls {
                    traits = traits.or(UrlTraits::read(url, &places));
                }
                survey.traits = survey.traits.or(traits);
                survey.layers.push(Layer {
                    node: survey.nodes.len(),
                    index,
                    descriptor,
                    media_type,
                    known,
                    urls,
                    traits,
                    states: States::default(),
                    answers: Answers::default(),
                    blob: Blob::Unknown,
                });
            }
            let kind = rendered.base.kind();
            let config = rendered.base.config().map(|config| match family {
                Some(family) => config_in(&config.media_type, family),
                None => config.media_type.as_str(),
            });
            survey.nodes.push(Node {
                id,
                image_config: matches!(config, Some(OCI_CONFIG | OCI_EMPTY)),
                rendered,
                kind: family.map_or(kind, |family| kind.in_family(family)),
                layers: start..survey.layers.len(),
            });
        }
        for (at, layer) in survey.layers.iter().enumerate() {
            survey.by_digest.entry(&layer.descriptor.digest).or_default().push(at);
        }
        survey.join();
        survey
    }

    /// The marked layers by what is asked of them.
    pub(crate) fn classes(&self) -> &Classes<'a> {
        self.classes.get_or_init(|| Classes::of(self))
    }

    /// Adds what is known of blobs and URLs.
    fn join(&mut self) {
        let situation = self.subject.situation;
        for layer in &mut self.layers {
            let digest = &layer.descriptor.digest;
            layer.blob = situation.blobs.get(digest).copied().unwrap_or_default();
            let asked = situation.urls.get(digest);
            let facts = layer.urls.iter().map(|url| asked.and_then(|asked| asked.get(url)));
            let mut states = States::default();
            layer.answers = Answers::new(layer.urls.iter().zip(facts).map(|(url, fact)| {
                states.add(fact);
                Answer::of(url, fact.map(|fact| fact.state).unwrap_or_default())
            }));
            layer.states = states;
        }
    }

    /// The positions of the layers, those with the same digest together.
    pub(crate) fn same_digests(&self) -> impl Iterator<Item = impl Iterator<Item = usize> + Clone> {
        self.by_digest.values().map(|same| same.iter().copied())
    }

    /// How many blobs the layers at these positions are, and their total size: what several layers
    /// name counts once.
    pub(crate) fn blobs(&self, layers: &[usize]) -> (usize, u64) {
        let mut wanted = vec![false; self.layers.len()];
        for &at in layers {
            wanted[at] = true;
        }
        let (mut count, mut size) = (0, 0_u64);
        for mut same in self.same_digests() {
            if let Some(at) = same.find(|&at| wanted[at]) {
                count += 1;
                size = size.saturating_add(self.layers[at].descriptor.size);
            }
        }
        (count, size)
    }

    pub(crate) fn reference(&self, layer: &Layer<'_>) -> LayerRef {
        // A manifest has at most 4 MiB, so far fewer layers than a u32 counts.
        let index = u32::try_from(layer.index).unwrap_or(u32::MAX);
        LayerRef { node: self.nodes[layer.node].id.clone(), index }
    }

    pub(crate) fn family(&self, layer: &Layer<'_>) -> Family {
        self.nodes[layer.node].kind.family()
    }

    /// The layers with a mark of either kind.
    pub(crate) fn marked(&self) -> impl Iterator<Item = &Layer<'a>> {
        self.layers.iter().filter(|layer| layer.is_marked())
    }

    /// Whether the image says anything other than what was loaded.
    pub(crate) fn is_changed(&self) -> bool {
        self.subject.rendered.is_changed(self.subject.image.root())
    }
}

/// OCI's type of an empty config.
const OCI_EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// The type of a config after a conversion.
fn config_in(media_type: &str, family: Family) -> &str {
    match (media_type, family) {
        (DOCKER_CONFIG, Family::Oci) => OCI_CONFIG,
        (OCI_CONFIG, Family::Docker) => DOCKER_CONFIG,
        _ => media_type,
    }
}

/// The type of a layer and its spelling, once it is of this family and form.
fn said(
    descriptor: &Descriptor,
    family: Option<Family>,
    form: Option<Form>,
) -> (Option<LayerType>, &str) {
    let read = descriptor.layer_type();
    let said = read.map(|read| LayerType {
        family: family.unwrap_or(read.family),
        form: form.unwrap_or(read.form),
        ..read
    });
    // What has no spelling is left as it stands.
    match said.and_then(LayerType::spelling) {
        Some(spelling) => (said, spelling),
        None => (read, descriptor.media_type.as_str()),
    }
}

impl States {
    /// Redirected, or known to serve no ranges.
    pub(crate) const NOTED: Self = Self(1 << 15);

    pub(crate) const fn of(state: UrlState) -> Self {
        Self(1 << state as u16)
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn any(self, wanted: Self) -> bool {
        self.0 & wanted.0 != 0
    }

    fn add(&mut self, fact: Option<&UrlFact>) {
        let state = fact.map(|fact| fact.state).unwrap_or_default();
        *self = self.or(Self::of(state));
        if fact.is_some_and(|fact| fact.redirect.is_some() || fact.ranges == Some(false)) {
            *self = self.or(Self::NOTED);
        }
    }
}

impl Node<'_> {
    pub(crate) fn document(&self) -> &Document {
        &self.rendered.base
    }

    pub(crate) fn is_changed(&self) -> bool {
        self.rendered.digest != *self.id
    }
}

impl Layer<'_> {
    /// Whether the type says non-distributable.
    pub(crate) fn is_foreign(&self) -> bool {
        self.known.is_some_and(LayerType::is_foreign)
    }

    /// Whether it carries any URL, even an empty one: what tools that go by `urls` look at.
    pub(crate) fn has_urls(&self) -> bool {
        !self.urls.is_empty()
    }

    /// Whether any tool treats it other than an ordinary layer.
    pub(crate) fn is_marked(&self) -> bool {
        self.is_foreign() || self.has_urls()
    }
}
