use super::client::{Client, is_web_page, not_a_registry, unexpected};
use super::error::Error;
use super::reference::Repository;
use super::refusal::MAX_REFUSAL;
use super::retry::Retry;
use super::session::{Call, no_answer};
use super::transport::{Chunks, Deadline, Headers, Incoming, Method, TransportError};
use crate::manifest::{Digest, Hasher};

/// Whether a repository has a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It does, with this size where the registry states it.
    Present {
        /// Size in bytes.
        size: Option<u64>,
    },
    /// It does not.
    Absent,
}

/// A blob that is being read, verified as it comes.
///
/// Invariant: it never yields more than `size` bytes, and yields the end only when the bytes hash
/// to the digest. A broken connection goes on where it stopped, up to three times.
pub struct BlobReader {
    client: Client,
    repository: Repository,
    digest: Digest,
    size: u64,
    hasher: Option<Hasher>,
    read: u64,
    /// Bytes to leave out, when the registry starts from the beginning again.
    skip: u64,
    resumed: u32,
    body: Box<dyn Chunks>,
}

const RESUMES: u32 = 3;

impl Client {
    /// Whether the repository has the blob. Loads its head by `GET` where `HEAD` is not answered or
    /// names no size.
    pub async fn blob_head(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<Presence, Error> {
        let path = format!("blobs/{digest}");
        let call = self.read_call(Method::Head, repository, &path);
        let response = self.send(&call, Retry::Safe, MAX_REFUSAL).await?;
        let sized = |headers: &Headers| Presence::Present { size: headers.content_length() };
        match response.status {
            404 => return Ok(Presence::Absent),
            200 if is_web_page(&response.headers) => return Err(not_a_registry(&call, &response)),
            200 if response.headers.content_length().is_some() => {
                return Ok(sized(&response.headers));
            }
            200 | 405 | 501 => {}
            _ => return Err(unexpected(&call, &response)),
        }
        let call = self.read_call(Method::Get, repository, &path);
        let incoming = self.open(&call, Retry::Safe).await?;
        match incoming.status {
            404 => Ok(Presence::Absent),
            200 => Ok(sized(&incoming.headers)),
            _ => Err(refused(&call, incoming).await),
        }
    }

    /// Loads a small blob (a config), verified; more than `size` bytes are never read.
    pub async fn blob(
        &self,
        repository: &Repository,
        digest: &Digest,
        size: u64,
    ) -> Result<Vec<u8>, Error> {
        let mut reader = self.open_blob(repository, digest, size).await?;
        // Not allocated by `size`, which is only what a manifest claims.
        let mut bytes = Vec::new();
        while let Some(chunk) = reader.next().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// Starts reading a blob of `size` bytes.
    pub async fn open_blob(
        &self,
        repository: &Repository,
        digest: &Digest,
        size: u64,
    ) -> Result<BlobReader, Error> {
        let (call, incoming) = self.request_blob(repository, digest, 0).await?;
        if incoming.status != 200 {
            return Err(refused(&call, incoming).await);
        }
        Ok(BlobReader {
            client: self.clone(),
            repository: repository.clone(),
            digest: digest.clone(),
            size,
            hasher: Some(Hasher::new(digest.algorithm())),
            read: 0,
            skip: 0,
            resumed: 0,
            body: incoming.body,
        })
    }

    async fn request_blob(
        &self,
        repository: &Repository,
        digest: &Digest,
        from: u64,
    ) -> Result<(Call, Incoming), Error> {
        let mut call = self.read_call(Method::Get, repository, &format!("blobs/{digest}"));
        call.deadline = Deadline::Stall(30_000);
        if from > 0 {
            call.headers.push(("Range", format!("bytes={from}-")));
        }
        let incoming = self.open(&call, Retry::Safe).await?;
        Ok((call, incoming))
    }
}

impl BlobReader {
    /// The next bytes; `None` after the last, once the digest was found right.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        loop {
            match self.body.next().await {
                Ok(Some(chunk)) => {
                    if let Some(chunk) = self.take(chunk)? {
                        return Ok(Some(chunk));
                    }
                }
                Ok(None) if self.read == self.size => return self.finish(),
                Ok(None) | Err(TransportError::Failed | TransportError::Timeout)
                    if self.resumed < RESUMES && self.read > 0 =>
                {
                    self.resume().await?;
                }
                Ok(None) => return Err(Error::Size { expected: self.size, found: self.read }),
                Err(error) => {
                    let path = format!("blobs/{}", self.digest);
                    let call = self.client.read_call(Method::Get, &self.repository, &path);
                    return Err(no_answer(&call, error));
                }
            }
        }
    }

    /// Bytes read so far.
    pub fn position(&self) -> u64 {
        self.read
    }

    fn take(&mut self, mut chunk: Vec<u8>) -> Result<Option<Vec<u8>>, Error> {
        leave_out(&mut self.skip, &mut chunk);
        if chunk.is_empty() {
            return Ok(None);
        }
        self.read += chunk.len() as u64;
        if self.read > self.size {
            return Err(Error::Size { expected: self.size, found: self.read });
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&chunk);
        }
        Ok(Some(chunk))
    }

    fn finish(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let Some(hasher) = self.hasher.take() else {
            return Ok(None);
        };
        let found = hasher.finish();
        if found == self.digest {
            Ok(None)
        } else {
            Err(Error::Mismatch { expected: self.digest.clone(), found })
        }
    }

    /// Goes on at the registry's own address: a signed storage URL may have expired.
    async fn resume(&mut self) -> Result<(), Error> {
        self.resumed += 1;
        let (call, incoming) =
            self.client.request_blob(&self.repository, &self.digest, self.read).await?;
        self.skip = match incoming.status {
            206 => 0,
            200 => self.read,
            _ => return Err(refused(&call, incoming).await),
        };
        self.body = incoming.body;
        Ok(())
    }
}

/// The error of an answer whose body is still to come.
async fn refused(call: &Call, incoming: Incoming) -> Error {
    match incoming.read_start(MAX_REFUSAL).await {
        Ok(response) => unexpected(call, &response),
        Err(error) => no_answer(call, error),
    }
}

/// Takes off the start of `chunk` what was read before a download broke off: `skip` bytes in all.
pub(super) fn leave_out(skip: &mut u64, chunk: &mut Vec<u8>) {
    let skipped = (*skip).min(chunk.len() as u64);
    *skip -= skipped;
    chunk.drain(..usize::try_from(skipped).unwrap_or(chunk.len()));
}
