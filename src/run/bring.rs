//! Looking in another repository, or in an archive, for what the place of the open image lacks.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::archive::all_images;
use super::failure::ask;
use super::files::gone;
use super::job::Job;
use super::load::{load_whole, named};
use crate::app::{BringAction, FileId, Found, FoundIn, HeldCall, Wanted};
use crate::image::Image;
use crate::msg;
use crate::registry::{Client, Error, LoadError, Presence, Reference};
use crate::text::Message;

/// Looks where `text` leads for what is wanted: exactly that, where the repository has it; else the
/// images that the reference names.
pub(super) async fn look(job: Job, text: String, wanted: Wanted) {
    let (reference, client) = match named(&job, &text) {
        Ok(found) => found,
        Err(message) => return job.send(BringAction::Failed(wanted, message)),
    };
    match job.unless_stopped(images(&client, &reference, &wanted)).await {
        None => {}
        Some(Ok(images)) => {
            let found = Found { name: text, place: FoundIn::Repository(reference), images };
            job.send(BringAction::Found(wanted, Rc::new(found)));
        }
        Some(Err(problem)) => {
            if let Problem::Registry(error) = &problem {
                ask(&job, &client, error, HeldCall::Bring(text));
            }
            job.send(BringAction::Failed(wanted, problem.message()));
        }
    }
}

/// Looks in an archive for it.
pub(super) async fn read(job: Job, id: FileId, wanted: Wanted) {
    match job.unless_stopped(found_in(&job, id)).await {
        None => {}
        Some(Ok(found)) => job.send(BringAction::Found(wanted, Rc::new(found))),
        Some(Err(message)) => job.send(BringAction::Failed(wanted, message)),
    }
}

pub(super) async fn found_in(job: &Job, id: FileId) -> Result<Found, Message> {
    let file = job.runner.world().files.get(id).ok_or_else(|| gone().message)?;
    let (mut images, mut blobs) = (Vec::new(), BTreeMap::new());
    for found in all_images(&file).await? {
        images.push(found.image);
        blobs.extend(found.blobs);
    }
    Ok(Found { name: file.name(), place: FoundIn::File(id, blobs), images })
}

async fn images(
    client: &Client,
    reference: &Reference,
    wanted: &Wanted,
) -> Result<Vec<Image>, Problem> {
    if let Wanted::Blob(digest, size) = wanted {
        return match client.blob_head(&reference.repository, digest).await? {
            Presence::Present { size: Some(found) } if found != *size => {
                let (digest, place) = (digest.short(), reference.to_string());
                Err(Problem::Other(msg!("bring.other-size", digest = digest, place = place)))
            }
            Presence::Present { .. } => Ok(Vec::new()),
            Presence::Absent => {
                let (digest, place) = (digest.short(), reference.to_string());
                Err(Problem::Other(msg!("bring.not-there", digest = digest, place = place)))
            }
        };
    }
    if let Wanted::Document(digest) = wanted {
        let exact = Reference { digest: Some(digest.clone()), ..reference.clone() };
        match load_whole(client, &exact).await {
            Ok(image) => return Ok(vec![image]),
            // It is not there under its digest; the reference may name another one for the platform.
            Err(LoadError::Registry(error))
                if error.refusal().is_some_and(|it| it.status == 404) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(vec![load_whole(client, reference).await?])
}

/// Why nothing was found.
enum Problem {
    Registry(Error),
    Other(Message),
}

impl Problem {
    fn message(&self) -> Message {
        match self {
            Self::Registry(error) => error.message(),
            Self::Other(message) => message.clone(),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Registry(error)
    }
}

impl From<LoadError> for Problem {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Registry(error) => Self::Registry(error),
            error @ LoadError::Document { .. } => Self::Other(error.message()),
        }
    }
}
