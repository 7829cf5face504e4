//! Loading a base image, to compare the open one with it.

use std::rc::Rc;

use super::failure::ask;
use super::job::Job;
use super::load::{load_whole, named};
use crate::app::{BaseAction, HeldCall, State};
use crate::registry::LoadError;

/// Loads a base image with everything that tells its layers.
pub(super) async fn load(job: Job, text: String, state: Rc<State>) {
    let Some(opened) = &state.opened else { return };
    let (reference, client) = match named(&job, &text) {
        Ok(found) => found,
        Err(message) => return job.send(BaseAction::Failed(message)),
    };
    let image = match load_whole(&client, &reference).await {
        Ok(image) => image,
        Err(error) => {
            if let LoadError::Registry(error) = &error {
                ask(&job, &client, error, HeldCall::Base(text));
            }
            return job.send(BaseAction::Failed(error.message()));
        }
    };
    job.send(BaseAction::Found(opened.image.root().clone(), text, [image].into()));
}
