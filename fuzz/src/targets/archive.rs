//! Archives: tar files with OCI layouts or what `docker save` writes.

use std::ops::Range;

use layermark::export::{ArchiveError, Slices, is_archive, open_archive, open_image, verify_blob};

use super::registry::block_on;

/// A file in memory.
struct File<'a>(&'a [u8]);

impl Slices for File<'_> {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    async fn read(&self, range: Range<u64>) -> Result<Vec<u8>, ArchiveError> {
        // Both ends lie in the file, or the reader broke its promise.
        let range = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
        let part = range.and_then(|(start, end)| self.0.get(start..end));
        match part {
            Some(part) => Ok(part.to_vec()),
            None => panic!("read beyond the file"),
        }
    }
}

/// Opening an archive ends, and every image in it is what its digest says.
pub fn archive(input: &[u8]) {
    let _ = is_archive(input);
    let file = File(input);
    let Some(Ok(archive)) = block_on(open_archive(&file)) else { return };
    for root in archive.roots.iter().take(4) {
        let opened = block_on(open_image(&file, &archive, root, &mut |_| {}));
        if let Some(Ok(opened)) = opened {
            for (id, document) in opened.image.documents() {
                assert!(id.matches(document.bytes()), "a document of another digest");
            }
        }
    }
    for (digest, &slice) in archive.blobs.iter().take(4) {
        let _ = block_on(verify_blob(&file, digest, slice, &mut |_| {}));
    }
}
