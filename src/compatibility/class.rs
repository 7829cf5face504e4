//! Layers that every client and registry treats alike, grouped: verdicts are computed once for each
//! class, however many layers it has.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::survey::{Layer, Survey};
use super::url_traits::Answers;
use super::{Blob, LayerRef, UrlTraits};
use crate::manifest::media_type::Family;
use crate::registry::{Host, Reach};

/// What is asked of a layer by [`super::behaviour`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Class<'a> {
    pub(crate) media_type: &'a str,
    /// The manifest's family.
    pub(crate) family: Family,
    pub(crate) has_urls: bool,
    pub(crate) presence: Presence,
    pub(crate) answers: Answers,
    /// One of the URLs is such that careful clients refuse them all.
    pub(crate) vetoed: bool,
    /// One of the URLs is such that distribution refuses it whatever its settings.
    pub(crate) unacceptable: bool,
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
        let plain_http = target.is_some_and(|place| {
            let host = place.host.rsplit_once(':').map_or(place.host.as_str(), |(host, _)| host);
            Host::parse(host).is_ok_and(|host| host.reach() == Reach::Loopback)
        });
        let mut vetoed = UrlTraits::LOCAL_ADDRESS.or(UrlTraits::SCHEME).or(UrlTraits::EMPTY);
        if !plain_http {
            vetoed = vetoed.or(UrlTraits::HTTP);
        }
        let mut found: BTreeMap<Class<'a>, usize> = BTreeMap::new();
        let mut all: Vec<(Class<'a>, Vec<usize>)> = Vec::new();
        for (at, layer) in survey.layers.iter().enumerate() {
            if !layer.is_marked() {
                continue;
            }
            let class = Class::of(layer, survey.family(layer), vetoed);
            let slot = *found.entry(class).or_insert_with(|| {
                all.push((class, Vec::new()));
                all.len() - 1
            });
            all[slot].1.push(at);
        }
        Self { all }
    }
}

impl<'a> Class<'a> {
    fn of(layer: &Layer<'a>, family: Family, vetoed: UrlTraits) -> Self {
        let unacceptable = UrlTraits::SCHEME.or(UrlTraits::EMPTY).or(UrlTraits::FRAGMENT);
        Self {
            media_type: layer.media_type,
            family,
            has_urls: layer.has_urls(),
            presence: match layer.blob {
                Blob::Present { .. } => Presence::Present,
                Blob::Absent => Presence::Absent,
                Blob::Unknown => Presence::Unknown,
            },
            answers: layer.answers,
            vetoed: layer.traits.any(vetoed),
            unacceptable: layer.traits.any(unacceptable),
        }
    }
}

/// Collects layers by what happens to them, and hands the lists out shared: many cells of the matrix
/// concern the same layers.
pub(crate) struct Lists<'s, 'a> {
    survey: &'s Survey<'a>,
    classes: &'s Classes<'a>,
    known: BTreeMap<Vec<usize>, Arc<[LayerRef]>>,
}

impl<'s, 'a> Lists<'s, 'a> {
    pub(crate) fn new(survey: &'s Survey<'a>, classes: &'s Classes<'a>) -> Self {
        Self { survey, classes, known: BTreeMap::new() }
    }

    /// The layers of these classes, in the order of the tree.
    pub(crate) fn of(&mut self, classes: Vec<usize>) -> Arc<[LayerRef]> {
        if let Some(known) = self.known.get(&classes) {
            return known.clone();
        }
        let each = classes.iter().flat_map(|&class| &self.classes.all[class].1);
        let mut layers: Vec<usize> = each.copied().collect();
        layers.sort_unstable();
        let list: Arc<[LayerRef]> =
            layers.iter().map(|&at| self.survey.reference(&self.survey.layers[at])).collect();
        self.known.insert(classes, list.clone());
        list
    }
}
