//! Asking a registry what refers to the digests that change.

use std::rc::Rc;

use super::job::Job;
use crate::app::{OrphansAction, State};
use crate::manifest::Digest;

/// Asks what refers to the digests that change. Stopped, it sends what it found so far.
pub(super) async fn look(job: Job, state: Rc<State>) {
    let (Some(opened), Some(place)) = (&state.opened, state.old_place()) else { return };
    let Some(search) = &state.push.orphans else { return };
    let root = opened.image.root();
    let client = job.runner.gateway().client(&place, job.cancel.clone(), Rc::new(|_| {}));
    // The place is the open image's: one that the portal refuses was never loaded from there.
    let Ok(client) = client else { return };
    let digests: Vec<Digest> = search.asked.iter().cloned().collect();
    let progress = |done, total| job.send(OrphansAction::Progress(root.clone(), done, total));
    let found = client.left_behind(&place.repository, &digests, &progress).await;
    job.send(OrphansAction::Found(root.clone(), Rc::new(found)));
}
