//! The files in an archive: found by name through links, hashed and read piece by piece.

use std::collections::BTreeMap;
use std::ops::Range;

use super::tar::{Entry, EntryKind};
use super::{ArchiveError, Slices};
use crate::manifest::{Algorithm, Digest, Hasher, MAX_BYTES};

/// How much of what has to be read is read, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read.
    pub done: u64,
    /// Bytes to read.
    pub total: u64,
}

/// The entries of an archive by name. Of two with one name the last counts, as in tar.
pub(super) struct Files<'a>(BTreeMap<&'a str, &'a Entry>);

impl<'a> Files<'a> {
    pub(super) fn of(entries: &'a [Entry]) -> Self {
        Self(entries.iter().map(|entry| (entry.name.as_str(), entry)).collect())
    }

    /// Where the content of the file `name` lies; links are followed.
    pub(super) fn find(&self, name: &str) -> Option<Range<u64>> {
        let mut name = name.to_owned();
        // A chain of links this long is a circle or a trap.
        for _ in 0..16 {
            let entry = self.0.get(name.as_str())?;
            match &entry.kind {
                EntryKind::File => return Some(entry.content.clone()),
                EntryKind::Link(target) => name = beside(&name, target)?,
                EntryKind::Other => return None,
            }
        }
        None
    }
}

/// The path of the link target `target`, seen from the file `name`.
fn beside(name: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = name.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            ".." => drop(parts.pop()?),
            "" | "." => {}
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// How much is hashed at once: a few milliseconds of work between two readings.
const CHUNK: u64 = 2 * 1024 * 1024;

/// The digest of `range`, read piece by piece.
pub(super) async fn hash<S: Slices>(
    file: &S,
    algorithm: Algorithm,
    range: Range<u64>,
    progress: &mut dyn FnMut(u64),
) -> Result<Digest, ArchiveError> {
    let mut hasher = Hasher::new(algorithm);
    let mut at = range.start;
    while at < range.end {
        let end = range.end.min(at + CHUNK);
        hasher.update(&file.read(at..end).await?);
        at = end;
        progress(at - range.start);
    }
    Ok(hasher.finish())
}

/// The bytes of a document, which must not be longer than a manifest may be.
pub(super) async fn read_small<S: Slices>(
    file: &S,
    name: &str,
    range: Range<u64>,
) -> Result<Vec<u8>, ArchiveError> {
    let size = range.end - range.start;
    if size > MAX_BYTES as u64 {
        return Err(ArchiveError::TooBig { name: name.to_owned(), size });
    }
    file.read(range).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_from_where_they_stand() {
        assert_eq!(beside("a/b/layer.tar", "../c/layer.tar").as_deref(), Some("a/c/layer.tar"));
        assert_eq!(beside("layer", "../../x"), None);
    }
}
