//! Opening files: a text, an archive, one of several images in an archive.

use std::rc::Rc;

use super::files::{self, ChosenFile, Content, Files, gone};
use super::job::Job;
use super::throttle::Throttle;
use crate::app::{
    ArchiveAction, BaseAction, Failure, FileId, OpenAction, OpenArchive, SourceAction,
};
use crate::export::{OpenedImage, Progress, open_archive, open_image};
use crate::image::Image;
use crate::manifest::{Algorithm, Digest, Document};
use crate::msg;
use crate::text::{Arg, Message};

/// Opens a file: a text at once, an archive by its slices.
pub(super) async fn open(job: Job, id: FileId) {
    let files = job.runner.world().files.clone();
    match job.unless_stopped(files::content(&*files, id)).await {
        Some(Ok(Content::Text(name, bytes))) => job.send(OpenAction::File { name, bytes }),
        Some(Ok(Content::Archive)) => open_slices(job, id).await,
        Some(Err(failure)) => fail(&job, failure),
        None => fail(&job, stopped()),
    }
}

async fn open_slices(job: Job, id: FileId) {
    let Some(file) = job.runner.world().files.get(id) else { return fail(&job, gone()) };
    match job.unless_stopped(open_archive(&file)).await {
        Some(Ok(archive)) => {
            let several = archive.roots.len() > 1;
            let archive = Rc::new(OpenArchive { file: id, name: file.name(), archive });
            if several {
                job.send(ArchiveAction::Choose(archive));
            } else {
                open_root(job, archive, 0).await;
            }
        }
        Some(Err(error)) => fail(&job, Failure::plain(error.message())),
        None => fail(&job, stopped()),
    }
}

/// Opens the image at this zero-based position of an archive.
pub(super) async fn open_root(job: Job, archive: Rc<OpenArchive>, index: usize) {
    let (file, root) =
        (job.runner.world().files.get(archive.file), archive.archive.roots.get(index));
    let (Some(file), Some(root)) = (file, root) else { return fail(&job, gone()) };
    let mut pace = Throttle::for_people();
    let mut progress = |Progress { done, total }| {
        if pace.is_due(job.now_ms()) {
            job.send(SourceAction::Progress(hashing(done, total)));
        }
    };
    let opening = open_image(&file, &archive.archive, root, &mut progress);
    match job.unless_stopped(opening).await {
        Some(Ok(found)) => job.send(OpenAction::Loaded(Rc::new(archive.opened(index, found)))),
        Some(Err(error)) => fail(&job, Failure::plain(error.message())),
        None => fail(&job, stopped()),
    }
}

/// Reads the images of a file that may be the base of the image with this root.
pub(super) async fn read_base(job: Job, id: FileId, root: Digest) {
    let Some(file) = job.runner.world().files.get(id) else {
        return job.send(BaseAction::Failed(gone().message));
    };
    match job.unless_stopped(base_images(&*job.runner.world().files, id, &file)).await {
        None => {}
        Some(Ok(images)) => job.send(BaseAction::Found(root, file.name(), images.into())),
        Some(Err(message)) => job.send(BaseAction::Failed(message)),
    }
}

async fn base_images(
    all: &dyn Files,
    id: FileId,
    file: &Rc<dyn ChosenFile>,
) -> Result<Vec<Image>, Message> {
    if let Content::Text(_, bytes) = files::content(all, id).await.map_err(|it| it.message)? {
        let document = Document::parse(bytes.to_vec(), None, Algorithm::Sha256);
        return Ok(vec![Image::new(document.map_err(|refusal| refusal.message())?)]);
    }
    let found = all_images(file).await?;
    Ok(found.into_iter().map(|found| found.image).collect())
}

/// Every image of an archive.
pub(super) async fn all_images(file: &Rc<dyn ChosenFile>) -> Result<Vec<OpenedImage>, Message> {
    let archive = open_archive(file).await.map_err(|error| error.message())?;
    let mut images = Vec::new();
    for root in &archive.roots {
        let found = open_image(file, &archive, root, &mut |_| {}).await;
        images.push(found.map_err(|error| error.message())?);
    }
    Ok(images)
}

/// How far the hashing of an archive is, in bytes.
pub(super) fn hashing(done: u64, total: u64) -> Message {
    msg!("archive.hashing", done = Arg::Bytes(done), total = Arg::Bytes(total))
}

fn stopped() -> Failure {
    Failure::plain(msg!("transport.cancelled"))
}

fn fail(job: &Job, failure: Failure) {
    job.send(SourceAction::Failed(failure));
}
