//! The rules: a table of ids, severities, sources and functions, grouped by what they look at.

mod contents;
mod manifest;
mod release;
mod target;
mod types;
mod urls;

use std::sync::Arc;

use super::{Finding, Fix, FixKind, RuleInfo};
use crate::compatibility::survey::{Layer, Survey};
use crate::compatibility::url_traits::Reader;
use crate::compatibility::{LayerRef, Subject, UrlTraits};
use crate::manifest::Digest;
use crate::text::{Arg, visible};

/// A row of the table.
struct Rule {
    info: RuleInfo,
    test: Test,
    fix: Option<FixKind>,
}

/// How a rule looks at the survey.
enum Test {
    /// At each layer by itself.
    Layer(fn(&Survey<'_>, &Layer<'_>) -> bool),
    /// At the URLs of each layer.
    Url(UrlTraits),
    /// At everything at once.
    Whole(fn(&Survey<'_>) -> Option<Hit>),
}

/// What a rule that looks at everything found.
#[derive(Default)]
struct Hit {
    layers: Vec<LayerRef>,
    nodes: Vec<Digest>,
    value: Option<Arg>,
}

/// Makes a row: the texts' keys follow from the id. `general` ends it where what it says is true of
/// every mark, rather than of this image.
macro_rules! rule {
    ($id:literal, $severity:ident, $test:expr, $fix:expr, $source:expr, general $(,)?) => {
        $crate::checks::rules::rule!(@ $id, $severity, $test, $fix, $source, true)
    };
    ($id:literal, $severity:ident, $test:expr, $fix:expr, $source:expr $(,)?) => {
        $crate::checks::rules::rule!(@ $id, $severity, $test, $fix, $source, false)
    };
    (@ $id:literal, $severity:ident, $test:expr, $fix:expr, $source:expr, $general:literal) => {
        $crate::checks::rules::Rule {
            info: $crate::checks::RuleInfo {
                id: $id,
                severity: $crate::checks::Severity::$severity,
                source: $source,
                what: concat!($id, ".what"),
                advice: concat!($id, ".do"),
                is_general: $general,
            },
            test: $test,
            fix: $fix,
        }
    };
}
use rule;

static TABLE: [&[Rule]; 6] =
    [types::RULES, urls::RULES, contents::RULES, manifest::RULES, release::RULES, target::RULES];

/// Runs every rule; errors first, then by id.
pub fn check(subject: &Subject<'_>) -> Vec<Finding> {
    of_survey(&Survey::new(subject))
}

pub(super) fn of_survey(survey: &Survey<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        TABLE.iter().flat_map(|group| *group).filter_map(|rule| rule.run(survey)).collect();
    // Stable: within a severity the order of the table stays, which is that of the ids.
    findings.sort_by_key(|finding| finding.rule.severity);
    findings
}

/// All rules in the order of their ids.
pub fn rules() -> impl Iterator<Item = &'static RuleInfo> {
    TABLE.iter().flat_map(|group| *group).map(|rule| &rule.info)
}

impl Rule {
    fn run(&'static self, survey: &Survey<'_>) -> Option<Finding> {
        let hit = match self.test {
            Test::Layer(holds) => layers(survey, |layer| holds(survey, layer))?,
            Test::Url(traits) if !survey.traits.any(traits) => return None,
            Test::Url(traits) => {
                let mut hit = layers(survey, |layer| layer.traits.any(traits))?;
                hit.value = first_url(survey, traits);
                hit
            }
            Test::Whole(look) => look(survey)?,
        };
        let layers: Arc<[LayerRef]> = hit.layers.into();
        let fix =
            self.fix.map(|kind| Fix { kind, layers: layers.clone(), nodes: hit.nodes.clone() });
        let mut args = vec![("count", Arg::from(layers.len().max(hit.nodes.len())))];
        args.extend(hit.value.map(|value| ("value", value)));
        Some(Finding { rule: &self.info, layers, nodes: hit.nodes, fix, args })
    }
}

/// A hit with the layers for which `holds` does, if there are any.
fn layers(survey: &Survey<'_>, holds: impl Fn(&Layer<'_>) -> bool) -> Option<Hit> {
    let found = survey.layers.iter().filter(|layer| holds(layer));
    let layers: Vec<_> = found.map(|layer| survey.reference(layer)).collect();
    (!layers.is_empty()).then(|| Hit { layers, ..Hit::default() })
}

/// The first URL with `traits`, for the sentence.
fn first_url(survey: &Survey<'_>, traits: UrlTraits) -> Option<Arg> {
    let mut reader = Reader::new(&survey.subject.situation.places());
    let layer = survey.layers.iter().find(|layer| layer.traits.any(traits))?;
    layer.urls.iter().find(|url| reader.read(url).any(traits)).map(|url| shown(url))
}

/// Foreign text as it may stand in a sentence: hidden characters written out, not too long.
fn shown(text: &str) -> Arg {
    if text.chars().count() > 120 {
        return Arg::Text(crate::text::excerpt(text, 120));
    }
    Arg::Text(visible(text))
}

/// Documents that justify more than one rule.
mod source {
    pub(super) const DESCRIPTOR: &str =
        "https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md";
    pub(super) const LAYER: &str = "https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#non-distributable-layers";
    pub(super) const MANIFEST: &str =
        "https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md";
    pub(super) const DOCKER_MANIFEST: &str =
        "https://github.com/distribution/distribution/blob/v2.8.3/docs/spec/manifest-v2-2.md";
    pub(super) const DISTRIBUTION_DOCKER: &str = "https://github.com/distribution/distribution/blob/v3.1.1/registry/storage/schema2manifesthandler.go";
    pub(super) const DISTRIBUTION_OCI: &str = "https://github.com/distribution/distribution/blob/v3.1.1/registry/storage/ocimanifesthandler.go";
    pub(super) const CONTAINERD_FETCHER: &str =
        "https://github.com/containerd/containerd/blob/v2.3.4/core/remotes/docker/fetcher.go";
    pub(super) const CRANE_FETCHER: &str =
        "https://github.com/google/go-containerregistry/pull/2293";
    pub(super) const BUILDKIT_ATTESTATION: &str =
        "https://github.com/moby/buildkit/blob/v0.32.0/docs/attestations/attestation-storage.md";
}

#[cfg(test)]
mod tests;
