//! The bytes of layers, verified as they come, from wherever they can be had.

use std::ops::Range;
use std::rc::Rc;

use super::files::ChosenFile;
use super::job::Job;
use crate::app::{BlobFrom, BlobHomes, FileId};
use crate::deliver::DeliverError;
use crate::manifest::{Digest, Hasher};
use crate::registry::push::LocalBlob;
use crate::registry::{BlobStream, Cancel, Error, Method, Reference, ShortNames, TransportError};

/// How much of a file is read at once, in bytes.
const PIECE: u64 = 4 * 1024 * 1024;

/// Where layers are asked for.
pub(super) struct Layers<'a> {
    job: &'a Job,
    homes: &'a BlobHomes,
}

/// A layer on its way. The end comes only when the bytes have its size and its digest.
pub(super) struct LayerBytes {
    digest: Digest,
    from: BytesFrom,
}

enum BytesFrom {
    Stream(Box<BlobStream>),
    /// Of a file; `size` is how many bytes of the layer are still to come.
    File {
        file: Rc<dyn ChosenFile>,
        cancel: Cancel,
        hasher: Option<Box<Hasher>>,
        left: Range<u64>,
        size: u64,
    },
}

impl<'a> Layers<'a> {
    /// Asks for layers where `homes` says.
    pub(super) fn new(job: &'a Job, homes: &'a BlobHomes) -> Self {
        Self { job, homes }
    }

    /// Starts reading a layer of `size` bytes: from where it was brought from, from the archive that
    /// holds it, from the registry, or from the URLs that it had.
    pub(super) async fn open(
        &self,
        digest: &Digest,
        size: u64,
    ) -> Result<LayerBytes, DeliverError> {
        let held = self.homes.held.as_ref();
        let urls = self.homes.urls.get(digest).map_or(&[][..], Vec::as_slice);
        match self.homes.brought.of(digest) {
            Some(BlobFrom::Repository(place)) => {
                return self.of_registry(place, digest, size, urls).await;
            }
            Some(BlobFrom::Here(LocalBlob::File(slice))) => {
                let range = slice.start..slice.start + slice.len;
                return self.of_file(FileId(slice.file), range, digest, size);
            }
            Some(BlobFrom::Here(LocalBlob::Urls(urls))) => {
                return self.of_urls(urls, digest, size).await;
            }
            // Never brought, and nothing else is known of it.
            Some(BlobFrom::Here(LocalBlob::Bytes(_) | LocalBlob::In(_))) | None => {}
        }
        if let Some((held, slice)) = held.and_then(|held| Some((held, held.blobs.get(digest)?))) {
            return self.of_file(held.file, slice.range(), digest, size);
        }
        let reference = self.homes.reference.as_deref();
        match reference.and_then(|it| Reference::parse(it, ShortNames::OfDefaultRegistry).ok()) {
            Some(place) => self.of_registry(&place, digest, size, urls).await,
            None if urls.is_empty() => Err(DeliverError::Nowhere(digest.clone())),
            None => self.of_urls(urls, digest, size).await,
        }
    }

    fn of_file(
        &self,
        file: FileId,
        left: Range<u64>,
        digest: &Digest,
        size: u64,
    ) -> Result<LayerBytes, DeliverError> {
        let file = self.job.runner.world().files.get(file);
        let file = file.ok_or_else(|| DeliverError::Nowhere(digest.clone()))?;
        let hasher = Some(Box::new(Hasher::new(digest.algorithm())));
        let cancel = self.job.cancel.clone();
        let from = BytesFrom::File { file, cancel, hasher, left, size };
        Ok(LayerBytes { digest: digest.clone(), from })
    }

    /// From this repository, or from `urls` where it does not have it.
    async fn of_registry(
        &self,
        place: &Reference,
        digest: &Digest,
        size: u64,
        urls: &[String],
    ) -> Result<LayerBytes, DeliverError> {
        let gateway = self.job.runner.gateway();
        let client = gateway.client(place, self.job.cancel.clone(), Rc::new(|_| {}));
        let client = client.map_err(|refused| DeliverError::Disallowed(refused.message()))?;
        let stream = client.stream_blob(&place.repository, digest, size, urls).await;
        LayerBytes::of(digest, stream)
    }

    async fn of_urls(
        &self,
        urls: &[String],
        digest: &Digest,
        size: u64,
    ) -> Result<LayerBytes, DeliverError> {
        let http = self.job.runner.gateway().http();
        let stream = BlobStream::of_urls(http, urls, digest, size, &self.job.cancel).await;
        LayerBytes::of(digest, stream)
    }
}

impl LayerBytes {
    fn of(digest: &Digest, stream: Result<BlobStream, Error>) -> Result<Self, DeliverError> {
        let digest = digest.clone();
        match stream {
            Ok(stream) => Ok(Self { digest, from: BytesFrom::Stream(Box::new(stream)) }),
            Err(error) => Err(DeliverError::Layer { digest, error }),
        }
    }

    /// The next bytes; `None` after the last, once the digest was found right.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, DeliverError> {
        let failed = |error| DeliverError::Layer { digest: self.digest.clone(), error };
        match &mut self.from {
            BytesFrom::Stream(stream) => stream.next().await.map_err(failed),
            BytesFrom::File { file, cancel, hasher, left, size } => {
                let broken = |error| {
                    failed(Error::NoAnswer { error, method: Method::Get, url: file.name() })
                };
                if cancel.is_cancelled() {
                    return Err(broken(TransportError::Cancelled));
                }
                if !left.is_empty() {
                    let piece = left.start..left.end.min(left.start + PIECE);
                    let bytes = file.read(piece.clone()).await;
                    let bytes = bytes.map_err(|_| broken(TransportError::Failed))?;
                    left.start = piece.end;
                    *size = size.wrapping_sub(bytes.len() as u64);
                    if let Some(hasher) = hasher {
                        hasher.update(&bytes);
                    }
                    return Ok(Some(bytes));
                }
                match hasher.take().map(|hasher| hasher.finish()) {
                    Some(found) if found != self.digest || *size != 0 => {
                        Err(failed(Error::Mismatch { expected: self.digest.clone(), found }))
                    }
                    _ => Ok(None),
                }
            }
        }
    }
}
