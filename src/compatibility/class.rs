//! Layers that every client and registry treats alike, grouped: verdicts are computed once for each
//! class, however many layers it has.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::behaviour::Refuses;
use super::survey::{Layer, Survey};
use super::url_traits::Answers;
use super::{Blob, LayerRef, UrlTraits};
use crate::manifest::media_type::Family;
use crate::registry::{Host, Reach};

/// What is asked of a layer by [`super::behaviour`].
#[allow(clippy::struct_excessive_bools)] // independent facts, each asked for by some client
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Class<'a> {
    pub(crate) media_type: &'a str,
    /// The manifest's family.
    pub(crate) family: Family,
    pub(crate) has_urls: bool,
    pub(crate) presence: Presence,
    pub(crate) answers: Answers,
    /// One of the URLs is such that crane refuses them all.
    pub(crate) crane_refuses: bool,
    /// One of the URLs is such that regctl refuses them all.
    pub(crate) regctl_refuses: bool,
    /// One of the URLs is such that distribution refuses it whatever its settings.
    pub(crate) unacceptable: bool,
    /// One of the URLs is no URI with a scheme.
    pub(crate) not_uri: bool,
    /// The manifest's config has OCI's config or empty type.
    pub(crate) image_config: bool,
}

/// Whether the target has the blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Presence {
    Present,
    Absent,
    Unknown,
}

/// The classes of an image's marked layers, in the order in which they first occur.
pub(crate) struct Classes<'a> {
    pub(crate) all: Vec<(Class<'a>, Vec<usize>)>,
}

impl<'a> Classes<'a> {
    pub(crate) fn of(survey: &Survey<'a>) -> Self {
        let target = survey.subject.situation.target.as_ref();
        // By the same rule as crane and Docker, which do without TLS for the own machine.
        let local_registry = target.is_some_and(|place| {
            let host = place.host.rsplit_once(':').map_or(place.host.as_str(), |(host, _)| host);
            Host::parse(host).is_ok_and(|host| host.reach() == Reach::Loopback)
        });
        let refused = Refused::beside(local_registry);
        let mut found: BTreeMap<Class<'a>, usize> = BTreeMap::new();
        let mut all: Vec<(Class<'a>, Vec<usize>)> = Vec::new();
        for (at, layer) in survey.layers.iter().enumerate() {
            if !layer.is_marked() {
                continue;
            }
            let class = Class::of(layer, survey, refused);
            let slot = *found.entry(class).or_insert_with(|| {
                all.push((class, Vec::new()));
                all.len() - 1
            });
            all[slot].1.push(at);
        }
        Self { all }
    }
}

/// The traits of URLs for which clients refuse a layer.
#[derive(Clone, Copy)]
struct Refused {
    crane: UrlTraits,
    regctl: UrlTraits,
}

impl Refused {
    /// `local_registry`: the registry is on the own machine, and spoken to without TLS.
    fn beside(local_registry: bool) -> Self {
        type Traits = UrlTraits;
        let crane = Traits::LOCAL_ADDRESS.or(Traits::SCHEME).or(Traits::EMPTY).or(Traits::NOT_URI);
        Self {
            crane: if local_registry { crane } else { crane.or(Traits::HTTP) },
            regctl: if local_registry {
                Traits::BAD_SYNTAX
            } else {
                Traits::BAD_SYNTAX.or(Traits::OWN_MACHINE).or(Traits::LOCALHOST)
            },
        }
    }
}

impl<'a> Class<'a> {
    /// Whether a client of this kind refuses one of the URLs, and with it the layer.
    pub(super) fn refused_by(&self, refuses: Refuses) -> bool {
        match refuses {
            Refuses::Nothing => false,
            Refuses::Crane => self.crane_refuses,
            Refuses::Regctl => self.regctl_refuses,
        }
    }

    fn of(layer: &Layer<'a>, survey: &Survey<'a>, refused: Refused) -> Self {
        type Traits = UrlTraits;
        let unacceptable =
            Traits::SCHEME.or(Traits::EMPTY).or(Traits::FRAGMENT).or(Traits::NOT_URI);
        Self {
            media_type: layer.media_type,
            family: survey.family(layer),
            has_urls: layer.has_urls(),
            presence: match layer.blob {
                Blob::Present { .. } => Presence::Present,
                Blob::Absent => Presence::Absent,
                Blob::Unknown => Presence::Unknown,
            },
            answers: layer.answers,
            crane_refuses: layer.traits.any(refused.crane),
            regctl_refuses: layer.traits.any(refused.regctl),
            unacceptable: layer.traits.any(unacceptable),
            not_uri: layer.traits.any(Traits::NOT_URI.or(Traits::EMPTY)),
            image_config: survey.nodes[layer.node].image_config,
        }
    }
}

/// Layers that something happens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LayerList {
    /// The layers, in the order of the tree.
    pub(crate) layers: Arc<[LayerRef]>,
    /// How many blobs they are: what several layers name counts once.
    pub(crate) blobs: usize,
    /// The total size of these blobs.
    pub(crate) bytes: u64,
}

/// Collects layers by what happens to them, and hands the lists out shared: many cells of the matrix
/// concern the same layers.
pub(crate) struct Lists<'s, 'a> {
    survey: &'s Survey<'a>,
    classes: &'s Classes<'a>,
    known: BTreeMap<Vec<usize>, LayerList>,
}

impl<'s, 'a> Lists<'s, 'a> {
    pub(crate) fn new(survey: &'s Survey<'a>, classes: &'s Classes<'a>) -> Self {
        Self { survey, classes, known: BTreeMap::new() }
    }

    /// The layers of these classes, in the order of the tree.
    pub(crate) fn of(&mut self, classes: Vec<usize>) -> LayerList {
        if let Some(known) = self.known.get(&classes) {
            return known.clone();
        }
        let each = classes.iter().flat_map(|&class| &self.classes.all[class].1);
        let mut layers: Vec<usize> = each.copied().collect();
        layers.sort_unstable();
        let (blobs, bytes) = self.survey.blobs(&layers);
        let layers =
            layers.iter().map(|&at| self.survey.reference(&self.survey.layers[at])).collect();
        let list = LayerList { layers, blobs, bytes };
        self.known.insert(classes, list.clone());
        list
    }
}
