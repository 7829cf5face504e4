//! Asking a registry whether it has everything that the open image needs.

use std::rc::Rc;

use super::failure::ask;
use super::files::hand_out;
use super::job::Job;
use super::load::{client, complete};
use crate::app::{HealthAction, HeldCall, Notice, NoticeKind, ReportForm, State, ViewAction};
use crate::export::{health_json, health_markdown};
use crate::image::ImageEdits;
use crate::msg;
use crate::registry::{PartState, Selector};

/// Asks for each part. Stopped, it sends what it found so far.
pub(super) async fn check(job: Job, state: Rc<State>) {
    let (Some(opened), Some(place)) = (&state.opened, state.old_place()) else { return };
    let Some(health) = &state.desk.health else { return };
    let root = opened.image.root();
    // The place is the open image's: one that the portal refuses was never loaded from there.
    let Ok(client) = client(&job, &place) else {
        return job.send(HealthAction::Failed(root.clone()));
    };
    // One call goes ahead: it signs in, or asks the person to.
    let selector = Selector::Digest(root.clone());
    if let Err(error) = client.manifest_head(&place.repository, &selector).await
        && ask(&job, &client, &error, HeldCall::Health)
    {
        return job.send(HealthAction::Failed(root.clone()));
    }
    // Platforms that are still on their way belong to what is asked for.
    let mut parts = health.parts.clone();
    if !opened.image.wanted(&ImageEdits::default()).is_empty() {
        let mut image = (*opened.image).clone();
        complete(&client, &place.repository, &mut image).await;
        parts = image.parts().into();
        job.send(HealthAction::Parts(root.clone(), parts.clone()));
    }
    // Telling each of ten thousand answers would cost more than asking.
    let step = (parts.len() / 100).max(1);
    let progress = |answered: usize| {
        if answered.is_multiple_of(step) {
            job.send(HealthAction::Progress(root.clone(), answered));
        }
    };
    let states: Vec<PartState> = client.health(&place.repository, &parts, &progress).await;
    job.send(HealthAction::Done(root.clone(), states));
}

/// Saves the table, in the person's language or for programs.
pub(super) async fn save(job: Job, form: ReportForm, state: Rc<State>) {
    let (Some(opened), Some(health)) = (&state.opened, &state.desk.health) else { return };
    let (place, root) = (&health.place, opened.image.root());
    let world = job.runner.world();
    let failed = match form {
        ReportForm::Json => {
            let text = health_json(place, root, health.rows());
            let name = format!("{}.health.json", opened.file_stem());
            hand_out(&*world.downloads, &name, "application/json", text.as_bytes())
        }
        ReportForm::Markdown => match world.sentences.load(state.language()).await {
            Some(spoken) => {
                let (catalog, numbers) = (spoken.catalog(), spoken.numbers());
                let text = health_markdown(place, root, health.rows(), catalog, numbers);
                let name = format!("{}.health.md", opened.file_stem());
                hand_out(&*world.downloads, &name, "text/markdown", text.as_bytes())
            }
            None => Some(msg!("part.missing")),
        },
    };
    if let Some(message) = failed {
        job.send(ViewAction::Notice(Notice { kind: NoticeKind::Failed, message }));
    }
}
