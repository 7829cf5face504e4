//! Media types, and which layers carry a mark.

use super::{Hit, Rule, Test, rule, source};
use crate::checks::FixKind;
use crate::compatibility::LayerRef;
use crate::compatibility::survey::{Layer, Survey};
use crate::image::{LayerPlace, Steps};
use crate::manifest::media_type::{Family, LayerType, NoTwin, Packing, Standing};
use crate::text::Arg;

pub(super) const RULES: &[Rule] = &[
    rule!(
        "LM101",
        Error,
        Test::Layer(|_, layer| layer.has_urls() && no_twin(layer) == Some(NoTwin::DockerZstd)),
        Some(FixKind::ConvertToOci),
        "https://github.com/containerd/containerd/blob/v2.3.4/core/images/mediatypes.go"
    ),
    rule!(
        "LM102",
        Error,
        Test::Layer(|_, layer| layer.has_urls() && no_twin(layer) == Some(NoTwin::NotAnImageLayer)),
        Some(FixKind::RemoveUrls),
        source::LAYER
    ),
    rule!(
        "LM103",
        Error,
        Test::Layer(|survey, layer| {
            layer.known.is_some_and(|known| known.family != survey.family(layer))
        }),
        Some(FixKind::ConvertToLayers),
        source::DISTRIBUTION_OCI
    ),
    rule!(
        "LM104",
        Warning,
        Test::Layer(|_, layer| stands(layer, Standing::Optional)),
        None,
        source::MANIFEST
    ),
    rule!(
        "LM105",
        Warning,
        Test::Layer(|_, layer| stands(layer, Standing::CodeOnly)),
        None,
        source::DOCKER_MANIFEST
    ),
    rule!(
        "LM106",
        Warning,
        Test::Layer(|_, layer| stands(layer, Standing::OutsideSpecification)),
        None,
        "https://github.com/containers/ocicrypt/blob/main/spec/spec.go"
    ),
    rule!("LM107", Error, Test::Whole(packing_changed), None, source::LAYER),
    rule!("LM108", Note, Test::Layer(|_, layer| layer.is_foreign()), None, source::LAYER, general),
    rule!(
        "LM109",
        Note,
        Test::Layer(|_, layer| layer.is_marked()),
        None,
        "https://github.com/moby/moby/pull/49065",
        general
    ),
    rule!("LM110", Error, Test::Whole(marked_config), None, source::LAYER),
    rule!("LM111", Note, Test::Whole(all_marked), None, source::LAYER),
    rule!("LM112", Note, Test::Whole(nothing_marked), None, source::LAYER),
    rule!("LM113", Note, Test::Whole(base_not_marked), None, source::LAYER, general),
    rule!("LM114", Warning, Test::Whole(marked_here_only), Some(FixKind::MarkAlike), source::LAYER),
    rule!("LM115", Warning, Test::Whole(half_marked), Some(FixKind::MarkStep), source::LAYER),
];

fn no_twin(layer: &Layer<'_>) -> Option<NoTwin> {
    match layer.known {
        Some(known) => known.standing().err(),
        None => Some(NoTwin::NotAnImageLayer),
    }
}

fn stands(layer: &Layer<'_>, wanted: Standing) -> bool {
    layer.is_foreign() && layer.known.is_some_and(|known| known.standing() == Ok(wanted))
}

/// A text rewritten by hand may name the same blob with another compression, which the digest,
/// taken over the compressed bytes, contradicts.
fn packing_changed(survey: &Survey<'_>) -> Option<Hit> {
    let packing = |known: Option<LayerType>| known.map(|known| (known.packing, known.encrypted));
    let mut found = Vec::new();
    for node in &survey.nodes {
        let rewritten = survey.subject.edits.get(node.id).is_some_and(|node| node.text.is_some());
        let Some(loaded) = survey.subject.image.document(node.id).filter(|_| rewritten) else {
            continue;
        };
        let mut before: Vec<(&str, Option<(Packing, bool)>)> = loaded
            .layers()
            .iter()
            .map(|layer| (layer.digest.as_str(), packing(layer.layer_type())))
            .collect();
        before.sort_unstable_by_key(|(digest, _)| *digest);
        for layer in &survey.layers[node.layers.clone()] {
            let digest = layer.descriptor.digest.as_str();
            let known = before.binary_search_by_key(&digest, |(digest, _)| digest);
            if known.is_ok_and(|at| before[at].1 != packing(layer.known)) {
                found.push(survey.reference(layer));
            }
        }
    }
    (!found.is_empty()).then(|| Hit { layers: found, ..Hit::default() })
}

fn marked_config(survey: &Survey<'_>) -> Option<Hit> {
    let marked = survey.nodes.iter().filter(|node| {
        node.document().config().is_some_and(|config| {
            config.has_urls() || config.layer_type().is_some_and(LayerType::is_foreign)
        })
    });
    let nodes: Vec<_> = marked.map(|node| node.id.clone()).collect();
    (!nodes.is_empty()).then(|| Hit { nodes, ..Hit::default() })
}

fn all_marked(survey: &Survey<'_>) -> Option<Hit> {
    let all = survey.nodes.iter().filter(|node| {
        let layers = &survey.layers[node.layers.clone()];
        !layers.is_empty() && layers.iter().all(Layer::is_marked)
    });
    let nodes: Vec<_> = all.map(|node| node.id.clone()).collect();
    (!nodes.is_empty()).then(|| Hit { nodes, ..Hit::default() })
}

fn nothing_marked(survey: &Survey<'_>) -> Option<Hit> {
    let none = !survey.layers.is_empty() && survey.marked().next().is_none();
    none.then(Hit::default)
}

fn base_not_marked(survey: &Survey<'_>) -> Option<Hit> {
    let upper_only = survey.nodes.iter().filter(|node| {
        let layers = &survey.layers[node.layers.clone()];
        layers.first().is_some_and(|base| !base.is_marked()) && layers.iter().any(Layer::is_marked)
    });
    let nodes: Vec<_> = upper_only.map(|node| node.id.clone()).collect();
    (!nodes.is_empty()).then(|| Hit { nodes, ..Hit::default() })
}

/// Layers that are not foreign here while a layer with the same digest is foreign elsewhere.
fn marked_here_only(survey: &Survey<'_>) -> Option<Hit> {
    let count = survey.layers.iter().filter(|layer| layer.is_foreign()).count();
    if count == 0 || count == survey.layers.len() {
        return None;
    }
    let mut found: Vec<usize> = Vec::new();
    for mut same in survey.same_digests() {
        let all = same.clone();
        if all.clone().nth(1).is_some() && same.any(|at| survey.layers[at].is_foreign()) {
            found.extend(all.filter(|&at| !survey.layers[at].is_foreign()));
        }
    }
    found.sort_unstable();
    let index = survey.layers[*found.first()?].index;
    let layers = found.into_iter().map(|at| survey.reference(&survey.layers[at])).collect();
    Some(Hit { layers, value: Some(Arg::from(index)), ..Hit::default() })
}

/// Layers that are not foreign while what the same build step made for another platform is. Those
/// with the digest of a foreign one are told of by [`marked_here_only`].
fn half_marked(survey: &Survey<'_>) -> Option<Hit> {
    let (image, edits) = (survey.subject.image, survey.subject.edits);
    if survey.nodes.len() < 2 || !survey.layers.iter().any(Layer::is_foreign) {
        return None;
    }
    let mut hit = Hit::default();
    for step in Steps::half_marked(image, edits) {
        let digest = |place: &LayerPlace| {
            let layers = image.base(edits, &place.manifest)?.layers();
            layers.get(place.layer).map(|layer| &layer.digest)
        };
        let told: Vec<_> = step.marked.iter().map(digest).collect();
        for place in step.unmarked.iter().filter(|place| !told.contains(&digest(place))) {
            hit.value.get_or_insert_with(|| Arg::from(step.number));
            let index = u32::try_from(place.layer).unwrap_or(u32::MAX);
            hit.layers.push(LayerRef { node: place.manifest.clone(), index });
        }
    }
    (!hit.layers.is_empty()).then_some(hit)
}

/// Whether the layer is an OCI or a Docker one, when it is known.
pub(super) fn is_of(layer: &Layer<'_>, family: Family) -> bool {
    layer.known.is_some_and(|known| known.family == family)
}
