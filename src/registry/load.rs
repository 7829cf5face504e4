//! Loading a whole image: the root, its children in limited parallel, and the configs.

use std::sync::Arc;

use super::client::Client;
use super::error::Error;
use super::manifest::MAX_MANIFEST;
use super::parallel::in_parallel;
use super::reference::{Reference, Repository, Selector};
use crate::image::{Config, Image, Slot};
use crate::manifest::{Descriptor, Digest, Document, Refusal};
use crate::text::Message;

/// How many children are asked for at the same time.
const PARALLEL: usize = 6;

/// Why an image could not be opened.
#[derive(Clone, Debug, PartialEq)]
pub enum LoadError {
    /// The registry did not give it.
    Registry(Error),
    /// It is not a document that can be edited; it may still be looked at.
    Document {
        /// Why.
        refusal: Refusal,
        /// What the registry sent.
        bytes: Arc<[u8]>,
    },
}

/// A child, and its config when it has one that could be read.
pub type Child = (Digest, Slot, Option<(Digest, Config)>);

impl Client {
    /// Loads the document that `reference` names, and the config of an image manifest: with a
    /// token that takes four round trips (challenge, token, manifest, config).
    pub async fn load_image(&self, reference: &Reference) -> Result<Image, LoadError> {
        let selector = reference.selector();
        let fetched = self
            .manifest(&reference.repository, &selector, None)
            .await
            .map_err(LoadError::Registry)?;
        let algorithm = fetched.digest.algorithm();
        let opened =
            Document::parse(fetched.bytes.clone(), fetched.media_type.as_deref(), algorithm);
        let root = match opened {
            Ok(root) => root,
            Err(refusal) => return Err(LoadError::Document { refusal, bytes: fetched.bytes }),
        };
        let config = self.load_config(&reference.repository, &root).await;
        let mut image = Image::new(root);
        if let Some((digest, config)) = config {
            image.insert_config(digest, config);
        }
        Ok(image)
    }

    /// Loads the documents that `wanted` names, a few at a time, and hands over each as it comes.
    pub async fn load_children(
        &self,
        repository: &Repository,
        wanted: Vec<Descriptor>,
        arrived: impl Fn(Child),
    ) {
        let arrived = &arrived;
        let work = |descriptor| async move {
            arrived(self.load_child(repository, descriptor).await);
        };
        in_parallel(wanted, PARALLEL, work).await;
    }

    async fn load_child(&self, repository: &Repository, descriptor: Descriptor) -> Child {
        let id = descriptor.digest;
        let selector = Selector::Digest(id.clone());
        let fetched = match self.manifest(repository, &selector, Some(&descriptor.media_type)).await
        {
            Ok(fetched) => fetched,
            Err(error) => return (id, Slot::Missing(error.message()), None),
        };
        let opened = Document::parse(fetched.bytes, fetched.media_type.as_deref(), id.algorithm());
        match opened {
            Ok(document) => {
                let config = self.load_config(repository, &document).await;
                (id, Slot::Loaded(Arc::new(document)), config)
            }
            Err(refusal) => (id, Slot::Missing(refusal.message()), None),
        }
    }

    /// The config of an image manifest. It only adds history lines and platform names, so that
    /// whatever keeps it away costs nothing else.
    async fn load_config(
        &self,
        repository: &Repository,
        document: &Document,
    ) -> Option<(Digest, Config)> {
        let descriptor = document.config()?;
        let (digest, size) = (&descriptor.digest, descriptor.size);
        if size > MAX_MANIFEST {
            return None;
        }
        let bytes = self.blob(repository, digest, size).await.ok()?;
        Some((digest.clone(), Config::parse(&bytes)?))
    }
}

impl LoadError {
    /// What happened, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::Registry(error) => error.message(),
            Self::Document { refusal, .. } => refusal.message(),
        }
    }
}
