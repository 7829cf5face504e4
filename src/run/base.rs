//! Loading a base image, to compare the open one with it.

use std::cell::RefCell;
use std::rc::Rc;

use super::failure::ask;
use super::job::Job;
use super::load::named;
use crate::app::{BaseAction, HeldCall, State};
use crate::image::ImageEdits;
use crate::registry::{Child, LoadError};

/// Loads a base image with everything that tells its layers.
pub(super) async fn load(job: Job, text: String, state: Rc<State>) {
    let Some(opened) = &state.opened else { return };
    let (reference, client) = match named(&job, &text) {
        Ok(found) => found,
        Err(message) => return job.send(BaseAction::Failed(message)),
    };
    let mut image = match client.load_image(&reference).await {
        Ok(image) => image,
        Err(error) => {
            if let LoadError::Registry(error) = &error {
                ask(&job, &client, error, HeldCall::Base(text));
            }
            return job.send(BaseAction::Failed(error.message()));
        }
    };
    loop {
        let wanted = image.wanted(&ImageEdits::default());
        if wanted.is_empty() {
            break;
        }
        let arrived = RefCell::new(&mut image);
        let arrive = |(id, slot, config): Child| {
            let mut image = arrived.borrow_mut();
            image.insert(id, slot);
            if let Some((digest, config)) = config {
                image.insert_config(digest, config);
            }
        };
        client.load_children(&reference.repository, wanted, arrive).await;
    }
    job.send(BaseAction::Found(opened.image.root().clone(), text, [image].into()));
}
