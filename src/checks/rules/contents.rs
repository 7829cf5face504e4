//! What came of asking the URLs.

use super::{Hit, Rule, Test, rule, shown, source};
use crate::checks::survey::{Layer, Survey};
use crate::checks::url_traits::Answer;
use crate::checks::{Blob, UrlFact, UrlState, UrlTraits};

const UNREACHED: &str = "https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md";
const C_IMAGE: &str = "https://github.com/containers/image/blob/v5.36.2/docker/docker_client.go";

pub(super) const RULES: &[Rule] = &[
    rule!(
        "LM301",
        Error,
        Test::Whole(|survey| with(survey, |fact| {
            matches!(fact.state, UrlState::WrongContent | UrlState::WrongSize)
        })),
        None,
        source::DESCRIPTOR
    ),
    rule!(
        "LM302",
        Error,
        Test::Whole(|survey| with(survey, |fact| {
            matches!(fact.state, UrlState::NeedsAuthentication | UrlState::ServerError)
        })),
        None,
        source::CONTAINERD_FETCHER
    ),
    rule!(
        "LM303",
        Warning,
        Test::Whole(|survey| with(survey, |fact| fact.state == UrlState::Missing)),
        None,
        C_IMAGE
    ),
    rule!(
        "LM304",
        Error,
        Test::Whole(|survey| with(survey, |fact| fact.state == UrlState::Encoded)),
        None,
        source::CONTAINERD_FETCHER
    ),
    rule!(
        "LM305",
        Warning,
        Test::Whole(|survey| with(survey, |fact| fact.state == UrlState::Unreachable)),
        None,
        source::CONTAINERD_FETCHER
    ),
    rule!(
        "LM306",
        Warning,
        Test::Whole(|survey| with(survey, bad_redirect)),
        None,
        source::CRANE_FETCHER
    ),
    rule!(
        "LM307",
        Note,
        Test::Whole(|survey| with(survey, |fact| fact.ranges == Some(false))),
        None,
        source::CONTAINERD_FETCHER
    ),
    rule!(
        "LM308",
        Note,
        Test::Whole(|survey| with(survey, |fact| fact.state == UrlState::Blocked)),
        None,
        UNREACHED
    ),
    rule!("LM309", Note, Test::Whole(unchecked), None, source::DESCRIPTOR),
    rule!(
        "LM310",
        Error,
        Test::Layer(|_, layer| layer.blob == Blob::Absent
            && !layer.answers.is_empty()
            && layer
                .answers
                .iter()
                .all(|answer| { !matches!(answer, Answer::Serves | Answer::Unknown) })),
        None,
        source::CONTAINERD_FETCHER
    ),
];

/// The layers of which `holds` for what is known of any URL.
fn with(survey: &Survey<'_>, holds: fn(&UrlFact) -> bool) -> Option<Hit> {
    if survey.subject.situation.urls.is_empty() {
        return None;
    }
    let mut hit = Hit::default();
    for layer in survey.layers.iter().filter(|layer| layer.has_urls()) {
        let facts = survey.subject.situation.urls.get(&layer.descriptor.digest);
        let Some(facts) = facts else { continue };
        if let Some(url) = layer.urls.iter().find(|url| facts.get(*url).is_some_and(holds)) {
            hit.value.get_or_insert_with(|| shown(url));
            hit.layers.push(survey.reference(layer));
        }
    }
    (!hit.layers.is_empty()).then_some(hit)
}

fn bad_redirect(fact: &UrlFact) -> bool {
    fact.redirect
        .as_ref()
        .is_some_and(|to| UrlTraits::of(to, &[]).any(UrlTraits::HTTP.or(UrlTraits::LOCAL_ADDRESS)))
}

/// Layers with a URL that nobody asked yet and that could be asked.
fn unchecked(survey: &Survey<'_>) -> Option<Hit> {
    let waits = |layer: &Layer<'_>| {
        let facts = survey.subject.situation.urls.get(&layer.descriptor.digest);
        let state = |url: &String| {
            facts.and_then(|facts| facts.get(url)).map(|fact| fact.state).unwrap_or_default()
        };
        let mut unasked = layer.urls.iter().filter(|url| state(url) == UrlState::Unchecked);
        unasked.any(|url| !url.is_empty())
    };
    super::layers(survey, waits)
}
