//! Why an archive or an image in it is not opened.

use crate::manifest::Refusal;
use crate::msg;
use crate::text::{Arg, Message};

/// Why an archive or an image in it is not opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArchiveError {
    /// The file could not be read: the reason, in the words of whoever read it.
    Read(String),
    /// The whole file is compressed; the command that unpacks it.
    Compressed {
        /// Program and option.
        command: &'static str,
    },
    /// The file is not a tar archive.
    NotAnArchive,
    /// A header that is not one.
    Header {
        /// Its place in bytes.
        offset: u64,
    },
    /// The file ends inside this entry.
    Truncated {
        /// The entry; empty when it is not known.
        name: String,
    },
    /// An entry with holes, whose bytes do not stand in the archive as they are.
    Sparse {
        /// The entry.
        name: String,
    },
    /// An entry that would lie outside the folder of the archive.
    Path {
        /// Its path.
        name: String,
    },
    /// More entries than any image has.
    TooManyEntries {
        /// How many are read.
        max: usize,
    },
    /// Neither an OCI layout nor written by `docker save`.
    NoImage,
    /// A file that should be JSON of a certain form.
    Malformed {
        /// The file.
        name: String,
    },
    /// A document that is not opened for editing.
    Refused {
        /// The file or digest.
        name: String,
        /// Why.
        refusal: Refusal,
    },
    /// Something that is named but not there.
    Missing {
        /// The file or digest.
        name: String,
    },
    /// Bytes that do not hash to the digest that names them.
    Mismatch {
        /// The file or digest.
        name: String,
    },
    /// A document over the limit.
    TooBig {
        /// The file or digest.
        name: String,
        /// Its size in bytes.
        size: u64,
    },
    /// The config lists another number of layers than the archive.
    LayerCount {
        /// What the config says.
        config: usize,
        /// What the archive says.
        archive: usize,
    },
}

impl ArchiveError {
    /// The sentence for a person: what, where, what to do.
    pub fn message(&self) -> Message {
        match self {
            Self::Read(words) => msg!("archive.read", words = words),
            Self::Compressed { command } => msg!("archive.compressed", command = *command),
            Self::NotAnArchive => msg!("archive.not-an-archive"),
            Self::Header { offset } => msg!("archive.header", offset = *offset),
            Self::Truncated { name } if name.is_empty() => msg!("archive.truncated"),
            Self::Truncated { name } => msg!("archive.truncated-in", name = name),
            Self::Sparse { name } => msg!("archive.sparse", name = name),
            Self::Path { name } => msg!("archive.path", name = name),
            Self::TooManyEntries { max } => msg!("archive.too-many-entries", max = *max),
            Self::NoImage => msg!("archive.no-image"),
            Self::Malformed { name } => msg!("archive.malformed", name = name),
            Self::Refused { name, refusal } => {
                msg!("archive.refused", name = name, reason = refusal.message())
            }
            Self::Missing { name } => msg!("archive.missing", name = name),
            Self::Mismatch { name } => msg!("archive.mismatch", name = name),
            Self::TooBig { name, size } => {
                msg!("archive.too-big", name = name, size = Arg::Bytes(*size))
            }
            Self::LayerCount { config, archive } => {
                msg!("archive.layer-count", config = *config, archive = *archive)
            }
        }
    }
}

impl std::fmt::Display for ArchiveError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.message().fmt(f)
    }
}

impl std::error::Error for ArchiveError {}
