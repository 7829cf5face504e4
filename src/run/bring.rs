//! Looking in another repository, or in an archive, for what the place of the open image lacks.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::failure::ask;
use super::files::gone;
use super::job::Job;
use super::load::{load_whole, named};
use crate::app::{BringAction, FileId, Found, FoundIn, HeldCall, State, Wanted};
use crate::export::{open_archive, open_image};
use crate::image::Image;
use crate::manifest::Digest;
use crate::msg;
use crate::registry::{Client, Error, LoadError, Presence, Reference};
use crate::text::Message;

/// Looks where `text` leads for what is wanted: exactly that, where the repository has it; else the
/// images that the reference names.
pub(super) async fn look(job: Job, text: String, state: Rc<State>) {
    let (Some(opened), Some(bring)) = (&state.opened, &state.desk.bring) else { return };
    let (reference, client) = match named(&job, &text) {
        Ok(found) => found,
        Err(message) => return job.send(BringAction::Failed(message)),
    };
    let images = match images(&client, &reference, &bring.wanted).await {
        Ok(images) => images,
        Err(problem) => {
            if let Problem::Registry(error) = &problem {
                ask(&job, &client, error, HeldCall::Bring(text));
            }
            return job.send(BringAction::Failed(problem.message()));
        }
    };
    let found = Found { name: text, place: FoundIn::Repository(reference), images };
    job.send(BringAction::Found(opened.image.root().clone(), Rc::new(found)));
}

/// Looks in an archive for it.
pub(super) async fn read(job: Job, id: FileId, root: Digest) {
    job.send(match found_in(&job, id).await {
        Ok(found) => BringAction::Found(root, Rc::new(found)),
        Err(message) => BringAction::Failed(message),
    });
}

async fn found_in(job: &Job, id: FileId) -> Result<Found, Message> {
    let file = job.runner.world().files.get(id).ok_or_else(|| gone().message)?;
    let archive = open_archive(&file).await.map_err(|error| error.message())?;
    let (mut images, mut blobs) = (Vec::new(), BTreeMap::new());
    for root in &archive.roots {
        let found = open_image(&file, &archive, root, &mut |_| {}).await;
        let found = found.map_err(|error| error.message())?;
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
