//! What else the edit reaches: parents, attestations, signatures, tags, and what is in the target.

use super::manifest::of_nodes;
use super::{Hit, Rule, Test, rule, shown, source};
use crate::checks::FixKind;
use crate::compatibility::Blob;
use crate::compatibility::survey::{Layer, Node, Survey};
use crate::manifest::media_type::LayerType;
use crate::manifest::{Digest, EntryChoice};
use crate::msg;
use crate::text::Arg;

const INDEX: &str = "https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md";
const COSIGN: &str = "https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md";
const BLOBS: &str =
    "https://github.com/distribution/distribution/blob/v3.1.1/registry/handlers/blob.go";

pub(super) const RULES: &[Rule] = &[
    rule!("LM501", Error, Test::Whole(entry_disagrees), None, INDEX),
    rule!(
        "LM502",
        Error,
        Test::Whole(left_behind),
        Some(FixKind::Repoint),
        source::BUILDKIT_ATTESTATION
    ),
    rule!(
        "LM503",
        Warning,
        Test::Whole(|survey| attested(survey, EntryChoice::Repoint)),
        Some(FixKind::DropAttestations),
        source::BUILDKIT_ATTESTATION
    ),
    rule!("LM504", Warning, Test::Whole(signed), None, COSIGN),
    rule!(
        "LM505",
        Note,
        Test::Whole(|survey| {
            let unknown = survey.is_changed()
                && survey.subject.situation.source.is_some()
                && survey.subject.situation.referrers.is_none();
            unknown.then(Hit::default)
        }),
        None,
        COSIGN
    ),
    rule!("LM506", Warning, Test::Whole(old_manifest_stays), None, source::MANIFEST),
    rule!(
        "LM507",
        Warning,
        Test::Layer(|_, layer| layer.is_marked() && matches!(layer.blob, Blob::Present { .. })),
        None,
        BLOBS
    ),
    rule!(
        "LM508",
        Warning,
        Test::Layer(|_, layer| layer.is_marked() && layer.blob == Blob::Absent),
        None,
        "https://github.com/moby/moby/blob/v28.5.2/distribution/pull_v2_unix.go"
    ),
    rule!(
        "LM509",
        Warning,
        Test::Whole(immutable_tag),
        None,
        "https://goharbor.io/docs/2.13.0/working-with-projects/working-with-images/create-tag-immutability-rules/"
    ),
    rule!(
        "LM510",
        Note,
        Test::Whole(|survey| of_nodes(survey, |node| {
            node.is_changed() && node.document().config().is_some()
        })),
        None,
        "https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md",
        general
    ),
    rule!(
        "LM511",
        Note,
        Test::Layer(|_, layer| layer.is_marked()),
        None,
        "https://github.com/moby/buildkit/blob/v0.32.0/cache/refs.go",
        general
    ),
    rule!("LM512", Note, Test::Whole(not_loaded), None, INDEX),
];

/// Index entries whose size is not that of the document they name, as it was loaded or becomes.
fn entry_disagrees(survey: &Survey<'_>) -> Option<Hit> {
    of_nodes(survey, |node| {
        node.document().entries().iter().any(|entry| {
            let child = survey.subject.rendered.node(&entry.digest);
            // An edited child has its entry rewritten, size included.
            child.is_some_and(|child| {
                child.digest == entry.digest && child.bytes.len() as u64 != entry.size
            })
        })
    })
}

/// Indexes with an attestation entry that is to keep naming the old digest of an edited manifest.
fn left_behind(survey: &Survey<'_>) -> Option<Hit> {
    attested(survey, EntryChoice::Leave)
}

fn attested(survey: &Survey<'_>, wanted: EntryChoice) -> Option<Hit> {
    of_nodes(survey, |node| {
        let edits = survey.subject.edits.get(node.id).map(|node| &node.edits);
        node.document().entries().iter().enumerate().any(|(index, entry)| {
            let choice = edits.map(|edits| edits.entry_choice(index)).unwrap_or_default();
            choice == wanted
                && entry.annotation("vnd.docker.reference.digest").is_some_and(|named| {
                    let rendered = survey.subject.rendered;
                    let attestation = rendered.node(&entry.digest);
                    let subject = attestation.and_then(|node| node.base.subject());
                    Digest::parse(named).is_ok_and(|named| {
                        // What was attested may be what comes out again.
                        let restored = subject.map(|it| &it.digest) == rendered.digest(&named);
                        rendered.is_changed(&named) && !(subject.is_some() && restored)
                    })
                })
        })
    })
}

fn signed(survey: &Survey<'_>) -> Option<Hit> {
    let referrers = survey.subject.situation.referrers.as_ref()?;
    let first = referrers.first().filter(|_| survey.is_changed())?;
    let nodes = survey.nodes.iter().filter(|node| node.is_changed());
    Some(Hit {
        nodes: nodes.map(|node| node.id.clone()).collect(),
        value: Some(shown(first)),
        ..Hit::default()
    })
}

/// The same repository: the manifest as it was loaded stays there, by digest at least.
fn old_manifest_stays(survey: &Survey<'_>) -> Option<Hit> {
    let situation = survey.subject.situation;
    let (source, target) = (situation.source.as_ref()?, situation.target.as_ref()?);
    let same = source.host == target.host && source.repository == target.repository;
    if !same || !survey.is_changed() {
        return None;
    }
    let was = |layer: &&Layer<'_>| {
        let foreign = layer.descriptor.layer_type().is_some_and(LayerType::is_foreign);
        foreign || layer.descriptor.urls.as_ref().is_some_and(|urls| !urls.is_empty())
    };
    let newly_marked = survey.marked().filter(|layer| !was(layer)).count();
    let unmarked = survey.layers.iter().filter(|layer| !layer.is_marked()).filter(was).count();
    let digest = survey.subject.image.root().short();
    let stays = match (newly_marked, unmarked) {
        (0, 0) => msg!("old-manifest.as-it-was", digest = digest),
        (0, count) => msg!("old-manifest.marked", digest = digest, count = count),
        (count, _) => msg!("old-manifest.ordinary", digest = digest, count = count),
    };
    Some(Hit {
        nodes: vec![survey.subject.image.root().clone()],
        value: Some(Arg::Message(stays)),
        ..Hit::default()
    })
}

fn immutable_tag(survey: &Survey<'_>) -> Option<Hit> {
    let situation = survey.subject.situation;
    let tag = situation.target.as_ref()?.tag.as_ref()?;
    (situation.immutable_tag == Some(true) && survey.is_changed())
        .then(|| Hit { value: Some(shown(tag)), ..Hit::default() })
}

fn not_loaded(survey: &Survey<'_>) -> Option<Hit> {
    let mut nodes = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for Node { rendered, .. } in &survey.nodes {
        for entry in rendered.base.entries() {
            if survey.subject.rendered.node(&entry.digest).is_none() && seen.insert(&entry.digest) {
                nodes.push(entry.digest.clone());
            }
        }
    }
    (!nodes.is_empty()).then(|| Hit { nodes, ..Hit::default() })
}
