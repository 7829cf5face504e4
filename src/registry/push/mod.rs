//! Pushing: what is to be pushed and what the registry has become a plan of steps; the plan is
//! shown, then executed, and proved by reading back.
//!
//! Invariants: nothing is sent to the registry before the plan was made; children go before the
//! index and the tag goes last; a tag that moved stops the push; success is said only after the
//! registry's bytes were read back and compared.

mod backup;
mod execute;
mod facts;
mod needs;
mod plan;
mod problem;
mod skip;
mod summary;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

pub use backup::BackupName;
pub use execute::{Proof, PushError, PushStop, execute};
pub use facts::{BlobFact, PushFacts, TagFact, gather};
pub use plan::{Action, PushPlan, Step, StepState, TagMoved};
pub use problem::Problem;
pub use skip::Skip;
pub use summary::{Amount, Progress, Summary};

use super::endpoint::Endpoint;
use super::manifest::Fetched;
use super::reference::{Reference, Repository, Tag};
use super::transport::FileSlice;
use crate::manifest::{Digest, Document};

/// What is to be pushed, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushInput {
    /// The manifests: children first, the root last. Never empty.
    pub documents: Vec<PushDocument>,
    /// Where the image was loaded from, when that was a registry: layers are mounted or copied
    /// from there.
    pub source: Option<Place>,
    /// Layers and configs that are had from elsewhere than the source.
    pub local: BTreeMap<Digest, LocalBlob>,
    /// Blobs that are asked for, and brought, even where the target has the documents that need
    /// them: they were found to be missing there, or come from another repository than the rest.
    pub wanted: BTreeSet<Digest>,
    /// Blobs that the target must have, although all that need them let them stay away.
    pub required: BTreeSet<Digest>,
    /// Where to, as the person named it. The plan is for this target and no other. A digest in it is
    /// not what is pushed: the bytes decide.
    pub reference: Reference,
    /// The registry and the repository that it stands for.
    pub target: Place,
    /// The tag to set; `None` pushes by digest only.
    pub tag: Option<Tag>,
    /// The digest that the target's tag had when the image was loaded, when it was loaded from
    /// there.
    pub loaded: Option<Digest>,
    /// Whether `loaded` was asked for by digest, so that the tag may never have been there.
    pub pinned: bool,
    /// How the tag is called that shall keep the present content of the target's tag.
    pub backup: Option<BackupName>,
    /// Whether this sets a tag back to what an earlier push replaced.
    pub put_back: bool,
}

/// A repository of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The registry.
    pub endpoint: Endpoint,
    /// The repository.
    pub repository: Repository,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.endpoint.origin().authority(), self.repository)
    }
}

/// A manifest or index to push: exactly these bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushDocument {
    /// The digest of the bytes.
    pub digest: Digest,
    /// The platform that its index says it is for; `None` for the root.
    pub platform: Option<String>,
    /// Its media type, which becomes the `Content-Type`.
    pub media_type: String,
    /// Whether it is an index.
    pub is_index: bool,
    /// The bytes.
    pub bytes: Arc<[u8]>,
    /// What the registry must have before it.
    pub needs: Vec<Needed>,
    /// The URLs of its layers, for the explanation when the registry does not allow them.
    pub urls: Vec<String>,
    /// Whether it has a `subject`, of which the registry should take note.
    pub has_subject: bool,
}

/// Something that a manifest refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes, as the descriptor says.
    pub size: u64,
    /// Whether it may be missing from the target: a layer marked as foreign.
    pub may_stay_away: bool,
    /// What it is.
    pub role: Role,
}

/// What something is that a manifest refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The blob of a config.
    Config,
    /// The blob of a layer.
    Layer,
    /// The blob of a layer that is marked as foreign and says no URL.
    ForeignWithoutUrl,
    /// A manifest that is not among the documents.
    Manifest,
}

impl Needed {
    /// Whether it is a manifest that is not among the documents; otherwise it is a blob.
    pub fn is_manifest(&self) -> bool {
        self.role == Role::Manifest
    }
}

/// Where a blob is had from, other than the repository that the image was loaded from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalBlob {
    /// In memory.
    Bytes(Arc<[u8]>),
    /// In a file that the transport knows.
    File(FileSlice),
    /// At these URLs: a layer that was foreign and is not any more, or that shall be in the target.
    Urls(Vec<String>),
    /// In this other repository.
    In(Place),
}

impl PushInput {
    /// The root: the manifest or index that the tag will point at.
    pub fn root(&self) -> Option<&PushDocument> {
        self.documents.last()
    }

    /// Sets the tag of the push `done` back to `old`: an ordinary push of a manifest that
    /// the registry still has.
    pub fn restoring(done: &Self, old: &Fetched) -> Self {
        let algorithm = old.digest.algorithm();
        let read = Document::parse(Arc::clone(&old.bytes), old.media_type.as_deref(), algorithm);
        let document = PushDocument {
            digest: old.digest.clone(),
            platform: None,
            is_index: read.is_ok_and(|document| document.kind().is_index()),
            media_type: old.media_type.clone().unwrap_or_default(),
            bytes: Arc::clone(&old.bytes),
            needs: Vec::new(),
            urls: Vec::new(),
            has_subject: false,
        };
        Self {
            documents: vec![document],
            source: None,
            local: BTreeMap::new(),
            wanted: BTreeSet::new(),
            required: BTreeSet::new(),
            reference: done.reference.clone(),
            target: done.target.clone(),
            tag: done.tag.clone(),
            loaded: done.root().map(|root| root.digest.clone()),
            pinned: false,
            backup: None,
            put_back: true,
        }
    }
}

#[cfg(test)]
mod target_tests;
#[cfg(test)]
mod tests;
