//! Loading an image from a registry, and what it names level by level.

use std::cell::RefCell;
use std::rc::Rc;

use super::failure::{ask, explained};
use super::job::Job;
use crate::app::config::Disallowed;
use crate::app::{Failure, HeldCall, OpenAction, Opened, Origin, SourceAction};
use crate::image::{Image, ImageEdits};
use crate::manifest::Facts;
use crate::registry::diagnose::CallKind;
use crate::registry::{
    Child, Client, Endpoint, LoadError, Notice, Reference, Repository, ShortNames, TransportError,
};
use crate::text::Message;

/// Loads the image that `text` names.
pub(super) async fn load(job: Job, text: String) {
    let (reference, client) = match named(&job, &text) {
        Ok(found) => found,
        Err(message) => return job.send(SourceAction::Failed(Failure::plain(message))),
    };
    match client.load_image(&reference).await {
        Ok(_) if job.cancel.is_cancelled() => {
            // Only the config was missing, which does not keep an image from being opened.
            let failure = Failure::plain(TransportError::Cancelled.message());
            job.send(SourceAction::Failed(failure));
        }
        Ok(image) => {
            let origin =
                Origin::Registry { facts: facts(&reference, client.endpoint()), reference: text };
            job.send(OpenAction::Loaded(Rc::new(Opened::new(image, origin))));
        }
        Err(LoadError::Registry(error)) => {
            if !ask(&job, &client, &error, HeldCall::Load(text)) {
                let registry = client.endpoint();
                let failure = explained(&job.runner, registry, &error, CallKind::Read).await;
                job.send(SourceAction::Failed(failure));
            }
        }
        Err(error @ LoadError::Document { .. }) => {
            job.send(SourceAction::Failed(Failure::plain(error.message())));
        }
    }
}

/// Loads what the open image names but has not got, level by level.
pub(super) async fn load_children(job: Job, opened: Rc<Opened>) {
    let Origin::Registry { reference, .. } = &opened.origin else { return };
    let Ok(reference) = Reference::parse(reference, ShortNames::OfDefaultRegistry) else { return };
    let client = match client(&job, &reference) {
        Ok(client) => client,
        Err(refused) => {
            return job.send(SourceAction::Failed(Failure::plain(refused.message())));
        }
    };
    let root = opened.image.root();
    let mut image = (*opened.image).clone();
    loop {
        let wanted = image.wanted(opened.history.edits());
        if wanted.is_empty() {
            return;
        }
        // The same goes into the state, child by child, and into this copy, to know what is wanted next.
        let arrived = RefCell::new(&mut image);
        let arrive = |(id, slot, config): Child| {
            arrived.borrow_mut().insert(id.clone(), slot.clone());
            job.send(OpenAction::Child { root: root.clone(), id, slot });
            if let Some((digest, config)) = config {
                job.send(OpenAction::Config { root: root.clone(), digest, config });
            }
        };
        client.load_children(&reference.repository, wanted, arrive).await;
    }
}

/// What `text` names, and a client for its registry; or why there is none.
pub(super) fn named(job: &Job, text: &str) -> Result<(Reference, Client), Message> {
    let reference = Reference::parse(text, ShortNames::OfDefaultRegistry);
    let reference = reference.map_err(|error| error.message())?;
    let client = client(job, &reference).map_err(|refused| refused.message())?;
    Ok((reference, client))
}

/// The image that `reference` names, with every document and config of it that can be had.
pub(super) async fn load_whole(client: &Client, reference: &Reference) -> Result<Image, LoadError> {
    let mut image = client.load_image(reference).await?;
    complete(client, &reference.repository, &mut image).await;
    Ok(image)
}

/// Fetches what an image names as it was loaded and has not got, level by level.
pub(super) async fn complete(client: &Client, repository: &Repository, image: &mut Image) {
    loop {
        let wanted = image.wanted(&ImageEdits::default());
        if wanted.is_empty() {
            return;
        }
        let arrived = RefCell::new(&mut *image);
        let arrive = |(id, slot, config): Child| {
            let mut image = arrived.borrow_mut();
            image.insert(id, slot);
            if let Some((digest, config)) = config {
                image.insert_config(digest, config);
            }
        };
        client.load_children(repository, wanted, arrive).await;
    }
}

/// A client whose notices are shown on the Registry tab.
pub(super) fn client(job: &Job, reference: &Reference) -> Result<Client, Disallowed> {
    let notified = job.clone();
    let notices = Rc::new(move |notice: Notice| {
        notified.send(SourceAction::Progress(notice.message()));
    });
    job.runner.gateway().client(reference, job.cancel.clone(), notices)
}

/// What URL templates know of the image's place.
fn facts(reference: &Reference, endpoint: &Endpoint) -> Facts {
    let named = reference.registry.as_ref().map(ToString::to_string);
    Facts {
        registry: Some(named.unwrap_or_else(|| endpoint.origin().authority())),
        repository: Some(reference.repository.to_string()),
        tag: reference.tag.as_ref().map(ToString::to_string),
    }
}
