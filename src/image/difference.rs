//! What a comparison of two images says, as values and as sentences.

use super::EntryKind;
use crate::manifest::{Descriptor, Digest, EntryKey, Platform};
use crate::msg;
use crate::text::{Message, visible};

/// What differs between two images: the one *here*, as it becomes, and the one *there*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The digest of the root here.
    pub here: Digest,
    /// The digest of the root there.
    pub there: Digest,
    /// What is compared with what.
    pub shape: Shape,
    /// What differs of the two indexes themselves.
    pub index: Vec<Difference>,
    /// What was compared below them, or the two images: first what differs, then what only one side
    /// has, then what is the same.
    pub parts: Vec<ComparedPart>,
}

/// What is compared with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Two images.
    Images,
    /// Two indexes.
    Indexes,
    /// An entry of the index here with the image there.
    IndexHere,
    /// The image here with an entry of the index there.
    IndexThere,
}

/// An image, or another entry of an index, on both sides or on one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedPart {
    /// What it is.
    pub what: EntryKind,
    /// Its platform; of an attestation, that of its image.
    pub platform: Option<Platform>,
    /// What became of it.
    pub state: PartEquality,
    /// Its digest here, as it becomes.
    pub here: Option<Digest>,
    /// Its digest there.
    pub there: Option<Digest>,
    /// The entry that names it there.
    pub entry: Option<Descriptor>,
    /// What differs.
    pub differences: Vec<Difference>,
    /// How many layers are the same, with all that their descriptors say.
    pub same_layers: usize,
}

/// Whether a part is the same on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PartEquality {
    /// It is there on both sides and differs.
    Differs,
    /// Only the image here has it.
    OnlyHere,
    /// Only the image there has it.
    OnlyThere,
    /// It is the same.
    Same,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What.
    pub aspect: Aspect,
    /// What it is here; `None` where it is not there or says nothing.
    pub here: Option<String>,
    /// What it is in the other image.
    pub there: Option<String>,
    /// Where the annotation stands that could be set as it is there.
    pub place: Option<AnnotationPlace>,
}

/// Where an annotation of the image here stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnotationPlace {
    /// The document, by the digest under which it was loaded.
    pub document: Digest,
    /// The entry of this index; `None` for the document itself.
    pub entry: Option<EntryKey>,
}

/// What of a document or an entry differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// `mediaType` of the document.
    MediaType,
    /// `artifactType` of the document.
    ArtifactType,
    /// The digest of the `subject`.
    Subject,
    /// Another member of the document, by its name.
    Member(String),
    /// An annotation of the document.
    Annotation(String),
    /// An annotation of the entry that names it.
    EntryAnnotation(String),
    /// Another member of that entry, by its name.
    EntryMember(&'static str),
    /// The same entries stand in another order.
    EntryOrder,
    /// The digest of the config.
    Config,
    /// The media type of the same config.
    ConfigType,
    /// What the config says under this name.
    ConfigFact(String),
    /// What the config says is not known: here, there.
    ConfigUnread(bool, bool),
    /// A layer.
    Layer(LayerDifference),
    /// The same layers stand in another order.
    LayerOrder,
    /// The document is not loaded: here, there.
    NotLoaded(bool, bool),
    /// The bytes differ, and nothing else that is compared.
    Written,
}

/// What became of a layer; positions count from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LayerDifference {
    /// Only the image here has it.
    OnlyHere(usize),
    /// Only the image there has it.
    OnlyThere(usize),
    /// Another digest, the same `diff_id`: here and there.
    Repacked(usize, usize),
    /// The same bytes are marked as foreign, or have URLs, here and not there.
    MarkedHere(usize, usize),
    /// The same bytes are marked as foreign, or have URLs, there and not here.
    MarkedThere(usize, usize),
    /// The same bytes with another media type, other URLs or annotations.
    Described(usize, usize),
}

impl Difference {
    pub(super) fn new(aspect: Aspect, here: Option<String>, there: Option<String>) -> Self {
        Self { aspect, here, there, place: None }
    }

    /// The annotation that could be set here as it is there, and where.
    pub fn annotation(&self) -> Option<(&AnnotationPlace, &str)> {
        let (Aspect::Annotation(name) | Aspect::EntryAnnotation(name)) = &self.aspect else {
            return None;
        };
        Some((self.place.as_ref()?, name))
    }

    /// Whether it is an annotation that follows another digest by itself.
    pub fn follows(&self) -> bool {
        matches!(self.aspect, Aspect::EntryAnnotation(_)) && self.place.is_none()
    }

    /// What differs, as a sentence.
    pub fn title(&self) -> Message {
        match &self.aspect {
            Aspect::MediaType => msg!("compare.media-type"),
            Aspect::ArtifactType => msg!("compare.artifact-type"),
            Aspect::Subject => msg!("compare.subject"),
            Aspect::Member(name) => msg!("compare.member", name = visible(name)),
            Aspect::Annotation(name) => msg!("compare.annotation", name = visible(name)),
            Aspect::EntryAnnotation(name) => {
                msg!("compare.entry-annotation", name = visible(name))
            }
            Aspect::EntryMember(name) => msg!("compare.entry-member", name = *name),
            Aspect::EntryOrder => msg!("compare.entry-order"),
            Aspect::Config => msg!("compare.config"),
            Aspect::ConfigType => msg!("compare.config-type"),
            Aspect::ConfigFact(name) => msg!("compare.config-fact", name = visible(name)),
            Aspect::ConfigUnread(true, true) => msg!("compare.config-unread"),
            Aspect::ConfigUnread(true, _) => msg!("compare.config-unread-here"),
            Aspect::ConfigUnread(..) => msg!("compare.config-unread-there"),
            Aspect::Layer(layer) => layer.title(),
            Aspect::LayerOrder => msg!("compare.layer-order"),
            Aspect::NotLoaded(true, true) => msg!("compare.not-loaded"),
            Aspect::NotLoaded(true, _) => msg!("compare.not-loaded-here"),
            Aspect::NotLoaded(..) => msg!("compare.not-loaded-there"),
            Aspect::Written => msg!("compare.written"),
        }
    }
}

impl LayerDifference {
    fn title(self) -> Message {
        match self {
            Self::OnlyHere(at) => msg!("compare.layer-only-here", here = at),
            Self::OnlyThere(at) => msg!("compare.layer-only-there", there = at),
            Self::Repacked(here, there) => {
                msg!("compare.layer-repacked", here = here, there = there)
            }
            Self::MarkedHere(here, _) => msg!("compare.layer-marked-here", here = here),
            Self::MarkedThere(here, _) => msg!("compare.layer-marked-there", here = here),
            Self::Described(here, _) => msg!("compare.layer-described", here = here),
        }
    }
}

impl PartEquality {
    /// How it is told.
    pub fn message(self) -> Message {
        match self {
            Self::Differs => msg!("compare.part-differs"),
            Self::OnlyHere => msg!("compare.part-only-here"),
            Self::OnlyThere => msg!("compare.part-only-there"),
            Self::Same => msg!("compare.part-same"),
        }
    }
}

impl ComparedPart {
    /// What it is, as people call it.
    pub fn title(&self) -> Message {
        let platform = self.platform.as_ref().map(|platform| visible(&platform.to_string()));
        match (&self.what, platform) {
            (EntryKind::Image, Some(platform)) => msg!("compare.platform", platform = platform),
            (EntryKind::Image, None) => msg!("desk.image"),
            (EntryKind::Attestation { .. }, Some(of)) => msg!("desk.attestation", of = of),
            (EntryKind::Attestation { of, .. }, None) => {
                msg!("desk.attestation", of = visible(of.as_deref().unwrap_or_default()))
            }
            (EntryKind::Artifact(of), _) => msg!("desk.artifact", of = visible(of)),
            (EntryKind::Index, _) => msg!("compare.nested"),
        }
    }
}

impl Comparison {
    /// How many parts are in this state.
    pub fn count(&self, state: PartEquality) -> usize {
        self.parts.iter().filter(|part| part.state == state).count()
    }

    /// The comparison in a few sentences, the most important first.
    pub fn sentences(&self) -> Vec<Message> {
        if self.here == self.there {
            return vec![msg!("compare.identical", digest = self.here.short())];
        }
        let part = self.parts.first();
        let mut says = vec![match (self.shape, part) {
            (Shape::Images | Shape::Indexes, _) => msg!("compare.differ"),
            (Shape::IndexHere, None) => msg!("compare.index-here-without"),
            (Shape::IndexThere, None) => msg!("compare.index-there-without"),
            (Shape::IndexHere, Some(part)) => msg!("compare.index-here", part = part.title()),
            (Shape::IndexThere, Some(part)) => msg!("compare.index-there", part = part.title()),
        }];
        if self.shape == Shape::Indexes {
            says.extend(self.of_entries());
        } else if self.count(PartEquality::Same) == 1 {
            says.push(msg!("compare.image-same"));
        }
        says.extend(self.of_images());
        says
    }

    /// How many entries of two indexes differ.
    fn of_entries(&self) -> Vec<Message> {
        let is_image = |part: &&ComparedPart| part.what == EntryKind::Image;
        let mut says = Vec::new();
        let images = self.parts.iter().filter(is_image).count();
        let count =
            |state| self.parts.iter().filter(is_image).filter(|it| it.state == state).count();
        let same = count(PartEquality::Same);
        if images > 0 {
            says.push(msg!("compare.platforms", same = same, total = images));
        }
        let here = count(PartEquality::OnlyHere);
        let there = count(PartEquality::OnlyThere);
        let one_sided = [
            (here, msg!("compare.platforms-only-here", count = here)),
            (there, msg!("compare.platforms-only-there", count = there)),
        ];
        says.extend(
            one_sided.into_iter().filter(|(count, _)| *count > 0).map(|(_, message)| message),
        );
        let others = self.parts.iter().filter(|part| !is_image(part));
        let others = others.filter(|part| part.state != PartEquality::Same).count();
        if others > 0 {
            says.push(msg!("compare.others-differ", count = others));
        }
        says
    }

    /// What differs in the images that both sides have, and in the indexes.
    fn of_images(&self) -> Vec<Message> {
        let both = |part: &&ComparedPart| {
            part.state == PartEquality::Differs
                && matches!(part.what, EntryKind::Image | EntryKind::Artifact(_))
        };
        let mut told = Told::default();
        self.index.iter().for_each(|each| told.add(&each.aspect));
        let mut compared = 0;
        for part in self.parts.iter().filter(both) {
            part.differences.iter().for_each(|each| told.add(&each.aspect));
            compared += usize::from(part.here != part.there);
        }
        let mut says = Vec::new();
        if told.not_loaded > 0 {
            says.push(msg!("compare.count-not-loaded", count = told.not_loaded));
        } else if compared > 0 && told.layers == 0 {
            says.push(msg!("compare.layers-same"));
        }
        let counts = [
            (told.layers, msg!("compare.count-layers", count = told.layers)),
            (told.marked_here, msg!("compare.count-marked-here", count = told.marked_here)),
            (told.marked_there, msg!("compare.count-marked-there", count = told.marked_there)),
            (told.described, msg!("compare.count-described", count = told.described)),
            (told.annotations, msg!("compare.count-annotations", count = told.annotations)),
            (told.configs, msg!("compare.count-configs", count = told.configs)),
            (told.unread, msg!("compare.count-unread", count = told.unread)),
            (told.others, msg!("compare.count-others", count = told.others)),
            (told.written, msg!("compare.count-written", count = told.written)),
        ];
        says.extend(counts.into_iter().filter(|(count, _)| *count > 0).map(|(_, message)| message));
        says
    }
}

/// How often things differ.
#[derive(Default)]
struct Told {
    layers: usize,
    marked_here: usize,
    marked_there: usize,
    described: usize,
    annotations: usize,
    configs: usize,
    unread: usize,
    not_loaded: usize,
    others: usize,
    written: usize,
}

impl Told {
    fn add(&mut self, aspect: &Aspect) {
        let count = match aspect {
            Aspect::Layer(LayerDifference::MarkedHere(..)) => &mut self.marked_here,
            Aspect::Layer(LayerDifference::MarkedThere(..)) => &mut self.marked_there,
            Aspect::Layer(LayerDifference::Described(..)) => &mut self.described,
            Aspect::Layer(_) | Aspect::LayerOrder => &mut self.layers,
            Aspect::Annotation(_) | Aspect::EntryAnnotation(_) => &mut self.annotations,
            Aspect::Config => &mut self.configs,
            // The config differs, which is counted.
            Aspect::ConfigFact(_) => return,
            Aspect::ConfigUnread(..) => &mut self.unread,
            Aspect::NotLoaded(..) => &mut self.not_loaded,
            Aspect::Written => &mut self.written,
            _ => &mut self.others,
        };
        *count += 1;
    }
}
