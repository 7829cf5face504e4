use std::collections::BTreeMap;
use std::sync::Arc;

use super::PushDocument;
use crate::manifest::Digest;

/// Where each digest stands that documents need, so that nothing has to look through all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Needs(Arc<BTreeMap<Digest, Place>>);

/// Where a digest stands among what documents need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The first document that needs it.
    pub(super) document: usize,
    /// Which of the things that it needs that is.
    pub(super) need: usize,
    /// Whether every document that needs it lets it stay away.
    pub(super) may_stay_away: bool,
}

impl Needs {
    pub(super) fn of(documents: &[PushDocument]) -> Self {
        let mut places: BTreeMap<Digest, Place> = BTreeMap::new();
        for (document, needs) in documents.iter().map(|it| &it.needs).enumerate() {
            for (at, need) in needs.iter().enumerate() {
                let may_stay_away = need.may_stay_away;
                if let Some(known) = places.get_mut(&need.digest) {
                    known.may_stay_away &= may_stay_away;
                } else {
                    let place = Place { document, need: at, may_stay_away };
                    places.insert(need.digest.clone(), place);
                }
            }
        }
        Self(Arc::new(places))
    }

    pub(super) fn get(&self, digest: &Digest) -> Option<&Place> {
        self.0.get(digest)
    }
}
