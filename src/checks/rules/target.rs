//! What the target registry makes of it.

use super::types::is_of;
use super::{Hit, Rule, Test, layers, rule, source};
use crate::compatibility::registry_verdict;
use crate::compatibility::survey::{Layer, Survey};
use crate::compatibility::{Blob, RegistryKind, UrlAllowance};
use crate::manifest::media_type::{Family, Packing};
use crate::text::Arg;

pub(super) const RULES: &[Rule] = &[
    rule!("LM601", Error, Test::Whole(refused), None, source::DISTRIBUTION_OCI),
    rule!(
        "LM602",
        Warning,
        Test::Whole(policy_unknown),
        None,
        "https://distribution.github.io/distribution/about/configuration/#validation"
    ),
    rule!(
        "LM603",
        Error,
        Test::Layer(|survey, layer| {
            survey.subject.situation.kind == RegistryKind::Unknown
                && layer.is_foreign()
                && layer.blob == Blob::Absent
                && is_little_known(layer)
        }),
        None,
        "https://github.com/distribution/distribution/commit/9e618c90c"
    ),
    rule!(
        "LM604",
        Note,
        Test::Whole(|survey| prefers(survey, RegistryKind::Harbor, Family::Oci)),
        None,
        "https://github.com/goharbor/harbor/blob/v2.15.2/src/pkg/blob/models/blob.go"
    ),
    rule!(
        "LM605",
        Note,
        Test::Whole(|survey| prefers(survey, RegistryKind::Zot, Family::Docker)),
        None,
        "https://github.com/project-zot/zot/blob/v2.1.20/pkg/storage/common/common.go"
    ),
];

/// Layers that the target registry is known to refuse.
fn refused(survey: &Survey<'_>) -> Option<Hit> {
    let kind = survey.subject.situation.kind;
    if kind == RegistryKind::Unknown {
        return None;
    }
    let parts = registry_verdict::of_survey(survey, survey.classes(), kind).parts;
    let first = parts.into_iter().find(|part| part.reply.refuses())?;
    let value = Some(Arg::Message(first.sentence()));
    Some(Hit { layers: first.layers.to_vec(), value, ..Hit::default() })
}

/// URLs, and a registry of which it is not known whether it lets them pass.
fn policy_unknown(survey: &Survey<'_>) -> Option<Hit> {
    let situation = survey.subject.situation;
    let open = situation.kind.has_url_policy() || situation.kind == RegistryKind::Unknown;
    if !open || situation.url_allowance != UrlAllowance::Unknown {
        return None;
    }
    layers(survey, |layer| !layer.urls.is_empty())
}

/// A foreign type that only few registries know as one.
fn is_little_known(layer: &Layer<'_>) -> bool {
    layer.known.is_some_and(|known| {
        known.encrypted
            || known.packing == Packing::Zstd
            || (known.family == Family::Docker && known.packing == Packing::Tar)
    })
}

/// The target is `kind`, which knows the foreign types of the other family better.
fn prefers(survey: &Survey<'_>, kind: RegistryKind, family: Family) -> Option<Hit> {
    if survey.subject.situation.kind != kind {
        return None;
    }
    layers(survey, |layer| layer.is_foreign() && is_of(layer, family))
}
