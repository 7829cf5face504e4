//! Everything that is written for a delivery into an archive or a folder: the layers where their URLs
//! want them, the list of sums, and the server's rules.

use super::path::RULES;
use super::plan::Delivery;
use super::server::server_files;
use crate::export::{TAR_END, tar_header, tar_padding};
use crate::manifest::Digest;

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenFile {
    /// Its path, `/` between its parts.
    pub path: String,
    /// What is in it.
    pub content: Content,
}

/// What is in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A layer.
    Layer {
        /// Its digest.
        digest: Digest,
        /// Its size in bytes.
        size: u64,
    },
    /// This text.
    Text(String),
}

impl WrittenFile {
    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        match &self.content {
            Content::Layer { size, .. } => *size,
            Content::Text(text) => text.len() as u64,
        }
    }
}

impl Delivery {
    /// The files of the delivery in the order in which they are written, with rules for servers that
    /// let the page at `origin` read them. The layers come last: what is short is there at once.
    pub fn contents(&self, origin: &str) -> Vec<WrittenFile> {
        let text = |path: String, text| WrittenFile { path, content: Content::Text(text) };
        let mut files: Vec<WrittenFile> =
            self.sums().into_iter().map(|(name, sums)| text(name.to_owned(), sums)).collect();
        let rules = server_files(self, origin).into_iter();
        files.extend(rules.map(|file| text(format!("{RULES}/{}", file.name), file.text)));
        files.extend(self.files.iter().map(|file| WrittenFile {
            path: self.path_in_folder(file),
            content: Content::Layer { digest: file.digest.clone(), size: file.size },
        }));
        files
    }
}

/// What stands in a tar archive before the content of `file`.
pub fn before(file: &WrittenFile) -> Vec<u8> {
    tar_header(&file.path, file.size())
}

/// What stands behind it.
pub fn behind(file: &WrittenFile) -> Vec<u8> {
    tar_padding(file.size())
}

/// What ends the archive.
pub const END: &[u8] = &TAR_END;

/// The size in bytes of the archive of `files`.
pub fn archive_size(files: &[WrittenFile]) -> u64 {
    let around = |file: &WrittenFile| (before(file).len() + behind(file).len()) as u64;
    files.iter().map(|file| file.size() + around(file)).sum::<u64>() + END.len() as u64
}

#[cfg(test)]
mod tests {
    use super::super::plan::MarkedLayer;
    use super::*;

    #[test]
    fn layers_lie_where_their_urls_want_them() {
        let url = "https://cdn.example/blobs/1";
        let digest = Digest::sha256(b"1");
        let (urls, as_loaded) = (vec![url.to_owned()], false);
        let layer = MarkedLayer { digest: digest.clone(), size: 700, urls, as_loaded };
        let files = Delivery::new(&[layer]).contents("https://portal.example");
        let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths[0], "SHA256SUMS");
        assert!(paths.contains(&"server-rules/nginx.conf"));
        assert_eq!(paths.last(), Some(&"blobs/1"));
        let Content::Text(sums) = &files[0].content else { panic!() };
        assert_eq!(*sums, format!("{}  blobs/1\n", digest.hex()));
        // A header, 700 bytes in two blocks, and the end.
        assert_eq!(archive_size(&files[files.len() - 1..]), 512 + 1024 + 1024);
    }
}
