use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Delivered, SentState};
use crate::app::{Brought, Held, Opened, Origin, layer_urls};
use crate::deliver::{CompleteArchive, PutHeader, PutJob, WrittenFile};
use crate::export::{ArchivePart, Layout};
use crate::manifest::Digest;
use crate::text::Message;

/// A delivery to be carried out. It holds all that it takes, so that it goes on whatever is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliverRequest {
    /// The digest of the root of the image, as it was loaded.
    pub of: Digest,
    /// What the image is called.
    pub title: Message,
    /// Where the bytes of the layers can be had.
    pub homes: BlobHomes,
    /// What is done with them.
    pub way: DeliverWay,
}

/// Where the bytes of layers can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobHomes {
    /// The image in the registry from which it was loaded, as the person named it.
    pub reference: Option<String>,
    /// What is had from elsewhere: blobs of entries that were added, and what the registry lost.
    pub brought: Rc<Brought>,
    /// The archive from which it was opened.
    pub held: Option<Rc<Held>>,
    /// The URLs that the layers had when they were loaded.
    pub urls: BTreeMap<Digest, Vec<String>>,
}

/// What is done with the layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliverWay {
    /// They are written into one tar archive of this name.
    Archive {
        /// The name of the archive.
        name: String,
        /// What is in it, in this order.
        files: Vec<WrittenFile>,
    },
    /// They are written into a folder that the person chooses.
    Folder(Vec<WrittenFile>),
    /// The whole image is written into an archive.
    Complete {
        /// What the instructions say of it.
        archive: CompleteArchive,
        /// What is in it.
        layout: Rc<Layout>,
    },
    /// They are sent to a server.
    Put {
        /// The uploads.
        jobs: Vec<PutJob>,
        /// The headers that go along.
        headers: Vec<PutHeader>,
    },
}

impl BlobHomes {
    /// Where the layers of `opened` can be had.
    pub fn of(opened: &Opened) -> Self {
        let reference = match &opened.origin {
            Origin::Registry { reference, .. } => Some(reference.clone()),
            _ => None,
        };
        let (brought, held) = (opened.brought.clone(), opened.held.clone());
        Self { reference, brought, held, urls: layer_urls(opened) }
    }

    /// The same, and the URLs that the layers of `opened` have as they become.
    pub(super) fn with_all_urls(mut self, opened: &Opened) -> Self {
        for layer in opened.marked_layers() {
            let urls = self.urls.entry(layer.digest).or_default();
            for url in layer.urls {
                if !urls.contains(&url) {
                    urls.push(url);
                }
            }
        }
        self.urls.retain(|_, urls| !urls.is_empty());
        self
    }

    /// Whether the layer can be asked for anywhere.
    pub fn may_have(&self, layer: &Digest) -> bool {
        let held = self.held.as_ref().is_some_and(|held| held.blobs.contains_key(layer));
        let brought = self.brought.of(layer).is_some();
        brought || held || self.reference.is_some() || self.urls.contains_key(layer)
    }
}

impl DeliverRequest {
    pub(super) fn new(opened: &Opened, way: DeliverWay) -> Self {
        let (of, title) = (opened.image.root().clone(), opened.origin.title());
        Self { of, title, homes: BlobHomes::of(opened), way }
    }

    /// The uploads.
    pub fn jobs(&self) -> &[PutJob] {
        match &self.way {
            DeliverWay::Put { jobs, .. } => jobs,
            _ => &[],
        }
    }

    /// The files that are written.
    pub fn files(&self) -> &[WrittenFile] {
        match &self.way {
            DeliverWay::Archive { files, .. } | DeliverWay::Folder(files) => files,
            DeliverWay::Put { .. } | DeliverWay::Complete { .. } => &[],
        }
    }

    /// The bytes that are fetched for it. What is sent is first fetched and verified: both count.
    pub fn size(&self) -> u64 {
        let jobs = self.jobs().iter().filter(|job| !job.done);
        let sent = jobs.map(|job| job.size.saturating_mul(2));
        let whole = match &self.way {
            DeliverWay::Complete { layout, .. } => Some(fetched(layout)),
            _ => None,
        };
        self.files().iter().map(WrittenFile::size).chain(sent).chain(whole).sum()
    }

    /// The same without signatures and headers.
    pub(super) fn without_secrets(&self) -> Rc<Self> {
        let mut bare = self.clone();
        if let DeliverWay::Put { jobs, headers } = &mut bare.way {
            headers.clear();
            for job in jobs {
                *job = job.without_signature();
            }
        }
        Rc::new(bare)
    }
}

impl Delivered {
    /// Whether the layer of `job` was sent to the same place already.
    pub(super) fn has_sent(&self, job: &PutJob) -> bool {
        let done = self.request.jobs().iter().zip(&self.sent);
        done.filter(|(_, state)| **state == SentState::Sent)
            .any(|(done, _)| done.digest == job.digest && done.shown() == job.shown())
    }
}

/// How many bytes of a layout are fetched.
fn fetched(layout: &Layout) -> u64 {
    let size = |part: &ArchivePart| match part {
        ArchivePart::Fetched { size, .. } => *size,
        ArchivePart::Bytes(_) | ArchivePart::Slice(_) => 0,
    };
    layout.parts.iter().map(size).sum()
}
