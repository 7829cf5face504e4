//! The bytes of layers, verified as they come, from wherever they can be had.

use std::ops::Range;
use std::rc::Rc;

use super::files::ChosenFile;
use super::job::Job;
use crate::app::BlobHomes;
use crate::deliver::DeliverError;
use crate::manifest::{Digest, Hasher};
use crate::registry::{
    BlobStream, Cancel, Client, Error, Method, Reference, Repository, ShortNames, TransportError,
};
use crate::text::Message;

/// How much of a file is read at once, in bytes.
const PIECE: u64 = 4 * 1024 * 1024;

/// Where layers are asked for.
pub(super) struct Layers<'a> {
    job: &'a Job,
    homes: &'a BlobHomes,
    registry: Option<(Result<Client, Message>, Repository)>,
}

/// A layer on its way. The end comes only when the bytes have its size and its digest.
pub(super) struct LayerBytes {
    digest: Digest,
    from: From,
}

enum From {
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
        let reference = homes.reference.as_deref();
        let reference =
            reference.and_then(|text| Reference::parse(text, ShortNames::OfDefaultRegistry).ok());
        let registry = reference.map(|reference| {
            let gateway = job.runner.gateway();
            let client = gateway.client(&reference, job.cancel.clone(), Rc::new(|_| {}));
            (client.map_err(|refused| refused.message()), reference.repository)
        });
        Self { job, homes, registry }
    }

    /// Starts reading a layer of `size` bytes: from the archive that holds it, from the registry, or
    /// from the URLs that it had.
    pub(super) async fn open(
        &self,
        digest: &Digest,
        size: u64,
    ) -> Result<LayerBytes, DeliverError> {
        let failed = |error| DeliverError::Layer { digest: digest.clone(), error };
        let held = self.homes.held.as_ref();
        if let Some((held, slice)) = held.and_then(|held| Some((held, held.blobs.get(digest)?))) {
            let file = self.job.runner.world().files.get(held.file);
            let file = file.ok_or_else(|| DeliverError::Nowhere(digest.clone()))?;
            let hasher = Some(Box::new(Hasher::new(digest.algorithm())));
            let (cancel, left) = (self.job.cancel.clone(), slice.range());
            let from = From::File { file, cancel, hasher, left, size };
            return Ok(LayerBytes { digest: digest.clone(), from });
        }
        let urls = self.homes.urls.get(digest).map_or(&[][..], Vec::as_slice);
        let stream = match &self.registry {
            Some((Err(refused), _)) => return Err(DeliverError::Disallowed(refused.clone())),
            Some((Ok(client), repository)) => {
                client.stream_blob(repository, digest, size, urls).await.map_err(failed)?
            }
            None if urls.is_empty() => return Err(DeliverError::Nowhere(digest.clone())),
            None => {
                let http = self.job.runner.gateway().http();
                let cancel = &self.job.cancel;
                BlobStream::of_urls(http, urls, digest, size, cancel).await.map_err(failed)?
            }
        };
        Ok(LayerBytes { digest: digest.clone(), from: From::Stream(Box::new(stream)) })
    }
}

impl LayerBytes {
    /// The next bytes; `None` after the last, once the digest was found right.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, DeliverError> {
        let failed = |error| DeliverError::Layer { digest: self.digest.clone(), error };
        match &mut self.from {
            From::Stream(stream) => stream.next().await.map_err(failed),
            From::File { file, cancel, hasher, left, size } => {
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
