//! Whether there are URLs, and what can be told of them from their text.

use std::collections::{BTreeMap, BTreeSet};

use super::types::is_of;
use super::{Hit, Rule, Test, rule, shown, source};
use crate::checks::FixKind;
use crate::compatibility::UrlTraits;
use crate::compatibility::survey::{Layer, Survey};
use crate::manifest::UrlParts;
use crate::manifest::media_type::Family;
use crate::registry::{MAX_URL, Url};

const UNUSABLE: UrlTraits =
    UrlTraits::EMPTY.or(UrlTraits::SCHEME).or(UrlTraits::MALFORMED).or(UrlTraits::FRAGMENT);

pub(super) const RULES: &[Rule] = &[
    rule!(
        "LM201",
        Error,
        Test::Layer(|_, layer| layer.is_foreign()
            && !layer.has_urls()
            && is_of(layer, Family::Docker)),
        Some(FixKind::Unmark),
        source::DISTRIBUTION_DOCKER
    ),
    rule!(
        "LM202",
        Warning,
        Test::Layer(|_, layer| layer.is_foreign()
            && !layer.has_urls()
            && is_of(layer, Family::Oci)),
        None,
        "https://github.com/google/go-containerregistry/issues/1418"
    ),
    rule!(
        "LM203",
        Error,
        Test::Layer(|_, layer| layer.traits.any(UrlTraits::EMPTY)),
        Some(FixKind::DropEmptyUrls),
        source::DESCRIPTOR
    ),
    rule!(
        "LM204",
        Error,
        Test::Url(UrlTraits::SCHEME),
        Some(FixKind::DropUnusableUrls),
        source::DESCRIPTOR
    ),
    rule!(
        "LM205",
        Error,
        Test::Url(UrlTraits::MALFORMED),
        Some(FixKind::DropUnusableUrls),
        source::DESCRIPTOR
    ),
    rule!(
        "LM206",
        Error,
        Test::Url(UrlTraits::FRAGMENT),
        Some(FixKind::DropFragments),
        source::DISTRIBUTION_DOCKER
    ),
    rule!(
        "LM207",
        Error,
        Test::Url(UrlTraits::CREDENTIALS),
        Some(FixKind::DropCredentials),
        source::CONTAINERD_FETCHER
    ),
    rule!(
        "LM208",
        Warning,
        Test::Url(UrlTraits::HTTP),
        Some(FixKind::UseHttps),
        source::CRANE_FETCHER
    ),
    rule!(
        "LM209",
        Warning,
        Test::Url(UrlTraits::LOCAL_ADDRESS.or(UrlTraits::LOCALHOST)),
        None,
        source::CRANE_FETCHER
    ),
    rule!(
        "LM210",
        Warning,
        Test::Url(UrlTraits::SECRET),
        None,
        "https://github.com/distribution/distribution/issues/1825"
    ),
    rule!("LM211", Note, Test::Url(UrlTraits::ESCAPE), None, source::CONTAINERD_FETCHER),
    rule!(
        "LM212",
        Warning,
        Test::Layer(|_, layer| has_duplicates(layer)),
        Some(FixKind::DropDuplicateUrls),
        source::DESCRIPTOR
    ),
    rule!(
        "LM213",
        Warning,
        Test::Layer(|_, layer| layer.has_urls() && layer.known.is_some() && !layer.is_foreign()),
        Some(FixKind::MarkType),
        "https://github.com/distribution/distribution/pull/1932"
    ),
    rule!(
        "LM214",
        Note,
        Test::Layer(|_, layer| layer.urls.len() == 1 && !layer.urls[0].is_empty()),
        None,
        source::CONTAINERD_FETCHER,
        general
    ),
    rule!("LM215", Warning, Test::Url(UrlTraits::OWN_BLOB), None, source::CONTAINERD_FETCHER),
    rule!("LM216", Error, Test::Url(UrlTraits::PLACEHOLDER), None, source::DESCRIPTOR),
    rule!(
        "LM217",
        Error,
        Test::Url(UrlTraits::HIDDEN),
        None,
        "https://www.unicode.org/reports/tr36/"
    ),
    rule!(
        "LM218",
        Warning,
        Test::Url(UrlTraits::NOT_ASCII),
        None,
        "https://www.unicode.org/reports/tr39/"
    ),
    rule!(
        "LM220",
        Error,
        Test::Layer(|_, layer| layer.traits.any(UNUSABLE)
            && layer.urls.iter().any(|url| !UrlTraits::of(url).any(UNUSABLE))),
        Some(FixKind::DropUnusableUrls),
        source::CRANE_FETCHER
    ),
    rule!("LM221", Error, Test::Whole(not_allowed), None, source::DESCRIPTOR),
];

/// What no URL has of which scheme and authority alone say whether a request may go to it, as long as
/// it is of ASCII and not too long.
const ODD: UrlTraits =
    UrlTraits::EMPTY.or(UrlTraits::SCHEME).or(UrlTraits::MALFORMED).or(UrlTraits::PLACEHOLDER);

/// URLs at hosts that the portal does not allow. Each host is compared once.
fn not_allowed(survey: &Survey<'_>) -> Option<Hit> {
    let allowed = survey.subject.situation.url_hosts.as_ref()?;
    let fits =
        |url: &str| Url::parse(url).is_ok_and(|url| allowed.iter().any(|host| host.matches(&url)));
    let bases: BTreeMap<&str, bool> =
        survey.bases.iter().map(|base| (base.text, fits(base.text))).collect();
    let all = bases.values().all(|fits| *fits);
    let mut hit = Hit::default();
    for layer in &survey.layers {
        let odd = layer.traits.any(ODD);
        let passes = |url: &str| {
            if odd || !url.is_ascii() || url.len() > MAX_URL {
                return fits(url);
            }
            let base = || UrlParts::of(url).and_then(|parts| bases.get(parts.base));
            all || base().is_some_and(|fits| *fits)
        };
        if let Some(url) = layer.urls.iter().find(|url| !passes(url)) {
            hit.value.get_or_insert_with(|| shown(url));
            hit.layers.push(survey.reference(layer));
        }
    }
    (!hit.layers.is_empty()).then_some(hit)
}

fn has_duplicates(layer: &Layer<'_>) -> bool {
    if layer.urls.len() < 2 {
        return false;
    }
    let mut seen = BTreeSet::new();
    !layer.urls.iter().all(|url| seen.insert(url))
}
