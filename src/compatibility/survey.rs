//! The subject gone through once: every layer as it will be said, with what rules and verdicts ask
//! of it.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Iter;
use std::iter::Peekable;

use super::class::Classes;
use super::url_traits::{Answer, Answers, Base, Reader};
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
    /// What the http(s) URLs of all layers begin with, each once.
    pub(crate) bases: Vec<Base<'a>>,
    /// The positions of the layers in the order of their digests.
    by_digest: Vec<usize>,
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
    /// The number of its blob: the same for all layers with this digest.
    blob_number: usize,
    /// What is known of URLs for this digest.
    pub(crate) facts: Option<&'a BTreeMap<String, UrlFact>>,
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
            bases: Vec::new(),
            by_digest: Vec::new(),
            classes: OnceCell::new(),
        };
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
                survey.layers.push(Layer {
                    node: survey.nodes.len(),
                    index,
                    descriptor,
                    media_type,
                    known,
                    urls,
                    traits: UrlTraits::default(),
                    states: States::default(),
                    answers: Answers::default(),
                    blob: Blob::Unknown,
                    blob_number: 0,
                    facts: None,
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
        survey.join();
        survey.read_urls();
        survey
    }

    /// The marked layers by what is asked of them.
    pub(crate) fn classes(&self) -> &Classes<'a> {
        self.classes.get_or_init(|| Classes::of(self))
    }

    /// Brings the layers into the order of their digests and adds what is known of each digest: both
    /// are gone through side by side, rather than searched for each of thousands of layers.
    fn join(&mut self) {
        let layers = &mut self.layers;
        self.by_digest = (0..layers.len()).collect();
        self.by_digest.sort_by_key(|&at| &layers[at].descriptor.digest);
        let situation = self.subject.situation;
        let (mut blobs, mut urls) =
            (situation.blobs.iter().peekable(), situation.urls.iter().peekable());
        let (mut number, mut before): (usize, Option<&Digest>) = (0, None);
        for &at in &self.by_digest {
            let layer = &mut layers[at];
            let digest = &layer.descriptor.digest;
            if before.is_some_and(|before| before != digest) {
                number += 1;
            }
            before = Some(digest);
            layer.blob_number = number;
            layer.blob = at_key(&mut blobs, digest).copied().unwrap_or_default();
            layer.facts = at_key(&mut urls, digest);
        }
    }

    /// Reads each URL once.
    fn read_urls(&mut self) {
        let mut reader = Reader::new(&self.subject.situation.places());
        for layer in &mut self.layers {
            let (mut traits, mut states) = (UrlTraits::default(), States::default());
            layer.answers = Answers::new(layer.urls.iter().map(|url| {
                let fact = layer.facts.and_then(|facts| facts.get(url));
                let own = reader.read(url);
                traits = traits.or(own);
                states.add(fact);
                Answer::of(own, fact.map(|fact| fact.state).unwrap_or_default())
            }));
            self.traits = self.traits.or(traits);
            (layer.traits, layer.states) = (traits, states);
        }
        self.bases = reader.bases().copied().collect();
    }

    /// The positions of the layers, those with the same digest together.
    pub(crate) fn same_digests(&self) -> impl Iterator<Item = impl Iterator<Item = usize> + Clone> {
        let number = |at: usize| self.layers[at].blob_number;
        let groups = self.by_digest.chunk_by(move |&one, &other| number(one) == number(other));
        groups.map(|same| same.iter().copied())
    }

    /// How many blobs the layers at these positions are, and their total size: what several layers
    /// name counts once, with the size that the first of them says.
    pub(crate) fn blobs(&self, layers: &[usize]) -> (usize, u64) {
        let mut counted = vec![false; self.layers.len()];
        let (mut count, mut size) = (0, 0_u64);
        for &at in layers {
            let layer = &self.layers[at];
            if !std::mem::replace(&mut counted[layer.blob_number], true) {
                count += 1;
                size = size.saturating_add(layer.descriptor.size);
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
    if family.is_none() && form.is_none() {
        return (read, descriptor.media_type.as_str());
    }
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

/// The value at `key` in a map that is gone through in the order of its keys, as `key` is.
fn at_key<'a, V>(map: &mut Peekable<Iter<'a, Digest, V>>, key: &Digest) -> Option<&'a V> {
    while map.next_if(|(known, _)| *known < key).is_some() {}
    map.peek().filter(|(known, _)| *known == key).map(|(_, value)| *value)
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
