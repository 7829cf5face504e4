//! Verifying a layer beside the page, so that hashing does not stop it.

use crate::app::FileId;
use crate::manifest::Digest;
use crate::registry::Verification;

/// Starts workers.
pub trait Workers {
    /// Starts a worker on `job`, which says to `told` how it goes; `None` when the browser refuses or
    /// the file is not there any more.
    fn start(&self, job: VerifyJob, told: Box<dyn Fn(Told)>) -> Option<Box<dyn Worker>>;
}

/// A running worker. Dropping it ends the worker at once.
pub trait Worker {
    /// Holds the work, or lets it go on.
    fn pause(&self, paused: bool);
}

/// What a worker is asked to verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyJob {
    /// What is compared with the layer.
    pub source: VerifySource,
    /// The layer's digest.
    pub digest: Digest,
    /// The layer's size in bytes.
    pub size: u64,
}

/// Where the bytes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerifySource {
    /// This URL.
    Url(String),
    /// A file that the person chose.
    File(FileId),
}

/// What a worker tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// So many bytes were read.
    Progress(u64),
    /// It is done.
    Done(Verification),
}
