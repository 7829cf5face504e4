//! What came of asking the URLs.

use super::{Hit, Rule, Test, rule, shown, source};
use crate::compatibility::survey::{States, Survey};
use crate::compatibility::url_traits::Answer;
use crate::compatibility::{Blob, UrlFact, UrlState, UrlTraits};

const UNREACHED: &str = "https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md";
const C_IMAGE: &str = "https://github.com/containers/image/blob/v5.36.2/docker/docker_client.go";

pub(super) const RULES: &[Rule] = &[
    rule!("LM301", Error, Test::Whole(wrong), None, source::DESCRIPTOR),
    rule!("LM302", Error, Test::Whole(refused), None, source::CONTAINERD_FETCHER),
    rule!("LM303", Error, Test::Whole(|it| in_state(it, UrlState::Missing)), None, C_IMAGE),
    rule!(
        "LM304",
        Error,
        Test::Whole(|it| in_state(it, UrlState::Encoded)),
        None,
        source::CONTAINERD_FETCHER
    ),
    rule!(
        "LM305",
        Warning,
        Test::Whole(|it| in_state(it, UrlState::Unreachable)),
        None,
        source::CONTAINERD_FETCHER
    ),
    rule!(
        "LM306",
        Warning,
        Test::Whole(|it| with(it, States::NOTED, bad_redirect)),
        None,
        source::CRANE_FETCHER
    ),
    rule!(
        "LM307",
        Note,
        Test::Whole(|it| with(it, States::NOTED, |fact| fact.ranges == Some(false))),
        None,
        source::CONTAINERD_FETCHER
    ),
    rule!("LM308", Note, Test::Whole(|it| in_state(it, UrlState::Blocked)), None, UNREACHED),
    rule!(
        "LM309",
        Note,
        Test::Layer(|_, layer| layer.states.any(States::of(UrlState::Unchecked))),
        None,
        source::DESCRIPTOR
    ),
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
    rule!(
        "LM311",
        Warning,
        Test::Whole(|it| in_state(it, UrlState::Compressed)),
        None,
        source::CONTAINERD_FETCHER
    ),
];

fn wrong(survey: &Survey<'_>) -> Option<Hit> {
    let states = States::of(UrlState::WrongContent).or(States::of(UrlState::WrongSize));
    with(survey, states, |fact| matches!(fact.state, UrlState::WrongContent | UrlState::WrongSize))
}

fn refused(survey: &Survey<'_>) -> Option<Hit> {
    let states = States::of(UrlState::NeedsAuthentication).or(States::of(UrlState::ServerError));
    with(survey, states, |fact| {
        matches!(fact.state, UrlState::NeedsAuthentication | UrlState::ServerError)
    })
}

fn in_state(survey: &Survey<'_>, state: UrlState) -> Option<Hit> {
    with(survey, States::of(state), |fact| fact.state == state)
}

/// The layers of which `holds` for what is known of any URL; it can only where `states` are.
fn with(survey: &Survey<'_>, states: States, holds: impl Fn(&UrlFact) -> bool) -> Option<Hit> {
    let mut hit = Hit::default();
    for layer in survey.layers.iter().filter(|layer| layer.states.any(states)) {
        let Some(facts) = layer.facts else { continue };
        if let Some(url) = layer.urls.iter().find(|url| facts.get(*url).is_some_and(&holds)) {
            hit.value.get_or_insert_with(|| shown(url));
            hit.layers.push(survey.reference(layer));
        }
    }
    (!hit.layers.is_empty()).then_some(hit)
}

fn bad_redirect(fact: &UrlFact) -> bool {
    fact.redirect
        .as_ref()
        .is_some_and(|to| UrlTraits::of(to).any(UrlTraits::HTTP.or(UrlTraits::LOCAL_ADDRESS)))
}
