//! What a document says beside types and URLs.

use super::{Hit, Rule, Test, rule, source};
use crate::compatibility::Blob;
use crate::compatibility::survey::{Layer, Node, Survey};
use crate::manifest::{Algorithm, Digest, MAX_BYTES, base64};
use crate::text::Arg;

const SIZE_LIMIT: &str =
    "https://github.com/distribution/distribution/blob/v3.1.1/registry/handlers/manifests.go";

/// From here a document is near the limit: 3 MiB.
const NEAR_LIMIT: usize = MAX_BYTES / 4 * 3;

pub(super) const RULES: &[Rule] = &[
    rule!(
        "LM401",
        Warning,
        Test::Layer(|_, layer| layer.descriptor.digest.algorithm() == Algorithm::Sha512),
        None,
        "https://github.com/google/go-containerregistry/blob/v0.21.6/pkg/v1/hash.go"
    ),
    rule!(
        "LM402",
        Error,
        Test::Layer(|_, layer| layer.descriptor.size == 0),
        None,
        "https://github.com/containerd/containerd/blob/v2.3.4/core/remotes/handlers.go"
    ),
    rule!(
        "LM403",
        Error,
        Test::Whole(diff_ids),
        None,
        "https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md"
    ),
    rule!(
        "LM404",
        Error,
        Test::Whole(|survey| sized(survey, |size| size > MAX_BYTES)),
        None,
        SIZE_LIMIT
    ),
    rule!(
        "LM405",
        Warning,
        Test::Whole(|survey| sized(survey, |size| size > NEAR_LIMIT && size <= MAX_BYTES)),
        None,
        SIZE_LIMIT
    ),
    rule!(
        "LM406",
        Error,
        Test::Layer(|_, layer| layer.is_foreign() && layer.descriptor.data.is_some()),
        None,
        source::DESCRIPTOR
    ),
    rule!("LM407", Error, Test::Layer(|_, layer| !data_fits(layer)), None, source::DESCRIPTOR),
    rule!("LM408", Warning, Test::Whole(other_layers), None, source::MANIFEST),
    rule!(
        "LM409",
        Warning,
        Test::Layer(|_, layer| layer.has_urls() && is_partial(layer)),
        None,
        "https://github.com/containers/image/blob/v5.36.2/docker/docker_image_src.go"
    ),
    rule!(
        "LM410",
        Error,
        Test::Layer(|_, layer| {
            matches!(layer.blob, Blob::Present { size: Some(size) } if size != layer.descriptor.size)
        }),
        None,
        source::DESCRIPTOR
    ),
];

fn diff_ids(survey: &Survey<'_>) -> Option<Hit> {
    let differs = |node: &&Node<'_>| {
        // An artifact's config is no image config and lists none.
        let config = node.document().config().and_then(|config| {
            survey
                .subject
                .image
                .config(&config.digest)
                .filter(|config| !config.diff_ids().is_empty())
        });
        config.is_some_and(|config| config.diff_ids().len() != node.document().layers().len())
    };
    of_nodes(survey, differs)
}

fn sized(survey: &Survey<'_>, holds: fn(usize) -> bool) -> Option<Hit> {
    let mut hit = of_nodes(survey, |node| holds(node.rendered.bytes.len()))?;
    let largest = survey.nodes.iter().map(|node| node.rendered.bytes.len()).max()?;
    hit.value = Some(Arg::Bytes(largest as u64));
    Some(hit)
}

/// Whether embedded content is the content. Base64 is read strictly (RFC 4648, section 4).
fn data_fits(layer: &Layer<'_>) -> bool {
    let Some(data) = &layer.descriptor.data else { return true };
    base64::decode(data).is_some_and(|bytes| {
        bytes.len() as u64 == layer.descriptor.size && layer.descriptor.digest.matches(&bytes)
    })
}

/// A text rewritten by hand that lists other layers, or in another order, than what was loaded.
fn other_layers(survey: &Survey<'_>) -> Option<Hit> {
    of_nodes(survey, |node| {
        let rewritten = survey.subject.edits.get(node.id).is_some_and(|edits| edits.text.is_some());
        let loaded = survey.subject.image.document(node.id).filter(|_| rewritten);
        loaded.is_some_and(|loaded| {
            let digests = |layers: &[crate::manifest::Descriptor]| -> Vec<Digest> {
                layers.iter().map(|layer| layer.digest.clone()).collect()
            };
            digests(loaded.layers()) != digests(node.document().layers())
        })
    })
}

/// Annotations by which clients fetch parts of a layer (eStargz, zstd:chunked).
fn is_partial(layer: &Layer<'_>) -> bool {
    const PREFIXES: [&str; 3] = [
        "containerd.io/snapshot/stargz/",
        "io.github.containers.zstd-chunked.",
        "io.containers.zstd-chunked.",
    ];
    let names = layer.descriptor.annotations.iter().map(|(name, _)| name);
    names.into_iter().any(|name| PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
}

/// A hit with the documents for which `holds` does, if there are any.
pub(super) fn of_nodes(survey: &Survey<'_>, holds: impl Fn(&&Node<'_>) -> bool) -> Option<Hit> {
    let nodes: Vec<_> = survey.nodes.iter().filter(holds).map(|node| node.id.clone()).collect();
    (!nodes.is_empty()).then(|| Hit { nodes, ..Hit::default() })
}
