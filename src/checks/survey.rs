//! The subject gone through once: every layer as it will be said, with what rules and verdicts ask
//! of it.

use super::url_traits::{Answer, Answers};
use super::{Blob, LayerRef, Place, Subject, UrlTraits};
use crate::image::RenderedNode;
use crate::manifest::media_type::{Family, Form, LayerType};
use crate::manifest::{Descriptor, Digest, Document, Edits, Kind};

/// The subject gone through once.
pub(super) struct Survey<'a> {
    pub(super) subject: &'a Subject<'a>,
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) layers: Vec<Layer<'a>>,
}

/// A document of the image as it becomes.
pub(super) struct Node<'a> {
    pub(super) id: &'a Digest,
    pub(super) rendered: &'a RenderedNode,
    /// Its kind after a conversion, if there was one.
    pub(super) kind: Kind,
    /// Where its layers stand in [`Survey::layers`].
    pub(super) layers: std::ops::Range<usize>,
}

/// A layer as it will be said.
pub(super) struct Layer<'a> {
    /// Position in [`Survey::nodes`].
    pub(super) node: usize,
    /// Zero-based index in its manifest.
    pub(super) index: usize,
    /// As it was loaded; its form and URLs may be edited.
    pub(super) descriptor: &'a Descriptor,
    pub(super) media_type: &'a str,
    pub(super) known: Option<LayerType>,
    /// The `urls` as they will stand; empty also where there is no such member.
    pub(super) urls: &'a [String],
    /// The traits of any of the URLs.
    pub(super) traits: UrlTraits,
    /// What is known of the URLs in their order.
    pub(super) answers: Answers,
    pub(super) blob: Blob,
}

impl<'a> Survey<'a> {
    pub(super) fn new(subject: &'a Subject<'a>) -> Self {
        let mut survey = Self { subject, nodes: Vec::new(), layers: Vec::new() };
        let places: Vec<&Place> =
            subject.situation.source.iter().chain(&subject.situation.target).collect();
        // Parents first, as a person reads the tree.
        for (id, rendered) in subject.rendered.children_first().rev() {
            let start = survey.layers.len();
            let edits = subject.edits.get(id).map(|node| &node.edits);
            let family = edits.and_then(Edits::family);
            for (index, descriptor) in rendered.base.layers().iter().enumerate() {
                let mark = edits.and_then(|edits| edits.layers().get(&index));
                let read = descriptor.layer_type();
                let said = read.map(|read| LayerType {
                    family: family.unwrap_or(read.family),
                    form: mark.map_or(read.form, |mark| mark.form),
                    ..read
                });
                // What has no spelling is left as it stands.
                let (layer_type, media_type) = match said.and_then(LayerType::spelling) {
                    Some(spelling) => (said, spelling),
                    None => (read, descriptor.media_type.as_str()),
                };
                let urls = mark.map_or(&descriptor.urls, |mark| &mark.urls);
                survey.layers.push(Layer::new(
                    (survey.nodes.len(), index),
                    descriptor,
                    (layer_type, media_type),
                    urls.as_deref().unwrap_or_default(),
                    (subject, &places),
                ));
            }
            let kind = rendered.base.kind();
            survey.nodes.push(Node {
                id,
                rendered,
                kind: family.map_or(kind, |family| kind.in_family(family)),
                layers: start..survey.layers.len(),
            });
        }
        survey
    }

    pub(super) fn reference(&self, layer: &Layer<'_>) -> LayerRef {
        // A manifest has at most 4 MiB, so far fewer layers than a u32 counts.
        let index = u32::try_from(layer.index).unwrap_or(u32::MAX);
        LayerRef { node: self.nodes[layer.node].id.clone(), index }
    }

    pub(super) fn family(&self, layer: &Layer<'_>) -> Family {
        self.nodes[layer.node].kind.family()
    }

    /// The layers with a mark of either kind.
    pub(super) fn marked(&self) -> impl Iterator<Item = &Layer<'a>> {
        self.layers.iter().filter(|layer| layer.is_marked())
    }

    /// Whether the image says anything other than what was loaded.
    pub(super) fn is_changed(&self) -> bool {
        self.subject.rendered.is_changed(self.subject.image.root())
    }
}

impl Node<'_> {
    pub(super) fn document(&self) -> &Document {
        &self.rendered.base
    }

    pub(super) fn is_changed(&self) -> bool {
        self.rendered.digest != *self.id
    }
}

impl<'a> Layer<'a> {
    fn new(
        (node, index): (usize, usize),
        descriptor: &'a Descriptor,
        (known, media_type): (Option<LayerType>, &'a str),
        urls: &'a [String],
        (subject, places): (&Subject<'_>, &[&Place]),
    ) -> Self {
        let situation = subject.situation;
        let each: Vec<UrlTraits> = urls.iter().map(|url| UrlTraits::of(url, places)).collect();
        let asked = if urls.is_empty() { None } else { situation.urls.get(&descriptor.digest) };
        let answers = Answers::new(urls.iter().zip(&each).map(|(url, traits)| {
            let fact = asked.and_then(|asked| asked.get(url));
            Answer::of(*traits, fact.map(|fact| fact.state).unwrap_or_default())
        }));
        Self {
            node,
            index,
            descriptor,
            media_type,
            known,
            urls,
            traits: each.into_iter().fold(UrlTraits::default(), UrlTraits::or),
            answers,
            blob: if situation.blobs.is_empty() {
                Blob::Unknown
            } else {
                situation.blob(&descriptor.digest)
            },
        }
    }

    /// Whether the type says non-distributable.
    pub(super) fn is_foreign(&self) -> bool {
        self.known.is_some_and(|known| known.form == Form::NonDistributable)
    }

    /// Whether it carries any URL, even an empty one: what tools that go by `urls` look at.
    pub(super) fn has_urls(&self) -> bool {
        !self.urls.is_empty()
    }

    /// Whether any tool treats it other than an ordinary layer.
    pub(super) fn is_marked(&self) -> bool {
        self.is_foreign() || self.has_urls()
    }

    /// The first URL with any of `traits`.
    pub(super) fn url_with(&self, traits: UrlTraits, places: &[&Place]) -> Option<&'a str> {
        let mut urls = self.urls.iter();
        urls.find(|url| UrlTraits::of(url, places).any(traits)).map(String::as_str)
    }
}
