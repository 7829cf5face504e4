//! Files that the person chose, and files that are handed to the person.

use std::ops::Range;
use std::rc::Rc;

use super::folders::{Writer, Written};
use crate::app::{Failure, FileId};
use crate::export::{ArchiveError, Slices, is_archive};
use crate::manifest::MAX_BYTES;
use crate::msg;
use crate::registry::Pending;
use crate::text::{Arg, Message};

/// The files that the person chose.
pub trait Files {
    /// The file with this number; `None` when it is not there any more.
    fn get(&self, id: FileId) -> Option<Rc<dyn ChosenFile>>;
}

/// A file that the person chose.
pub trait ChosenFile {
    /// Its name, without folders.
    fn name(&self) -> String;

    /// Its size in bytes.
    fn size(&self) -> u64;

    /// The bytes of `range`, all of which lie inside the file.
    fn read(&self, range: Range<u64>) -> Pending<'_, Result<Vec<u8>, ArchiveError>>;
}

impl Slices for Rc<dyn ChosenFile> {
    fn size(&self) -> u64 {
        (**self).size()
    }

    fn read(&self, range: Range<u64>) -> impl Future<Output = Result<Vec<u8>, ArchiveError>> {
        (**self).read(range)
    }
}

/// Hands files to the person.
pub trait Downloads {
    /// Hands `parts` out as one file with this name and media type; whether the browser took it.
    fn hand_out(&self, name: &str, media_type: &str, parts: &[FilePart<'_>]) -> bool;

    /// Begins a file of `size` bytes with this name and media type, to be written piece by piece and
    /// handed out when it is finished. The browser may ask the person where to put it, so this comes
    /// right after a click.
    fn begin<'a>(
        &'a self,
        name: &'a str,
        media_type: &'static str,
        size: u64,
    ) -> Pending<'a, Written<Box<dyn Writer>>>;
}

/// Hands `bytes` to the person as a file; the sentence for the person where the browser refuses.
pub fn hand_out(
    downloads: &dyn Downloads,
    name: &str,
    media_type: &str,
    bytes: &[u8],
) -> Option<Message> {
    let taken = downloads.hand_out(name, media_type, &[FilePart::Bytes(bytes)]);
    (!taken).then(|| msg!("notice.download-failed"))
}

/// A part of a file that is handed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilePart<'a> {
    /// These bytes.
    Bytes(&'a [u8]),
    /// A part of a chosen file; the browser reads it from the disk when it writes.
    Slice(FileId, Range<u64>),
}

/// The largest file that a browser which can't stream to the disk puts together in memory, in bytes.
pub const MOST_IN_MEMORY: u64 = 1_000_000_000;

/// What a chosen file is to the page.
pub enum Content {
    /// An archive, which is read by slices.
    Archive,
    /// A text, such as a manifest, with the file's name.
    Text(String, Rc<[u8]>),
}

/// Looks at the start of a chosen file, and reads it when it is no archive.
///
/// # Errors
/// When it is gone, unreadable, or a text of more than [`MAX_BYTES`].
pub async fn content(files: &dyn Files, id: FileId) -> Result<Content, Failure> {
    let file = files.get(id).ok_or_else(gone)?;
    let start =
        file.read(0..file.size().min(512)).await.map_err(|error| unreadable(&file, &error))?;
    if is_archive(&start) {
        return Ok(Content::Archive);
    }
    let (name, bytes) = whole(files, id).await?;
    Ok(Content::Text(name, bytes))
}

/// The name and the bytes of a chosen file of at most [`MAX_BYTES`].
///
/// # Errors
/// When it is gone, unreadable, or larger.
pub(super) async fn whole(files: &dyn Files, id: FileId) -> Result<(String, Rc<[u8]>), Failure> {
    let file = files.get(id).ok_or_else(gone)?;
    let (name, size) = (file.name(), file.size());
    if size > MAX_BYTES as u64 {
        return Err(Failure::plain(msg!("file.too-big", name = name, size = Arg::Bytes(size))));
    }
    let bytes = file.read(0..size).await.map_err(|error| unreadable(&file, &error))?;
    Ok((name, bytes.into()))
}

/// That a chosen file is not there any more.
pub(super) fn gone() -> Failure {
    Failure::plain(msg!("file.gone"))
}

fn unreadable(file: &Rc<dyn ChosenFile>, _: &ArchiveError) -> Failure {
    Failure::plain(msg!("file.unreadable", name = file.name()))
}
