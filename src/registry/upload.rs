use std::sync::Arc;

use super::blob::Presence;
use super::blob_stream::BlobStream;
use super::cancel::Cancel;
use super::client::{Client, Notice, unexpected};
use super::error::Error;
use super::reference::Repository;
use super::refusal::{Code, MAX_REFUSAL};
use super::retry::{Retry, TRIES, wait_ms};
use super::session::{Call, no_answer};
use super::token::Scope;
use super::transport::{Body, Deadline, FileSlice, Method, Response};
use super::url::Url;
use crate::manifest::Digest;

/// What came of a mount.
#[derive(Debug)]
pub enum Mount {
    /// The blob is in the target repository now.
    Done,
    /// The registry opened an upload instead: the source does not have the blob, or may not be
    /// read.
    Upload(Upload),
    /// The registry does not mount.
    Unsupported,
}

/// An open upload session of a registry.
#[derive(Clone, Debug)]
pub struct Upload {
    repository: Repository,
    /// Where the next piece goes: always the last `Location` that was answered.
    location: Url,
    min_chunk: u64,
    offset: u64,
}

/// Where the bytes of an upload come from.
#[derive(Clone)]
pub enum UploadSource {
    /// Memory.
    Bytes(Arc<[u8]>),
    /// A part of a file that the transport knows.
    File(FileSlice),
    /// What these URLs serve, the first that has it; streamed, and verified on the way.
    Urls(Vec<String>),
    /// A blob of a registry, perhaps another one; streamed, and verified on the way.
    Blob {
        /// Calls to that registry.
        client: Client,
        /// The repository that has the blob.
        repository: Repository,
    },
}

/// The size of a piece: the memory that a copy between registries takes, about twice. Small in
/// tests, so that many pieces are few bytes.
const CHUNK: u64 = if cfg!(test) { 64 * 1024 } else { 16 * 1024 * 1024 };
/// The largest minimal piece that a registry may ask for.
const LARGEST_CHUNK: u64 = 128 * 1024 * 1024;
const RESTARTS: u32 = 1;

impl Client {
    /// Uploads a blob of `size` bytes; `progress` is told the bytes that arrived.
    ///
    /// Small ones go in one `PUT`, larger ones in `PATCH`es whose loss is found out by asking the
    /// session how far it came (distribution-spec, "Pushing a blob in chunks"); where those are not
    /// taken, what fits into memory goes in one `PUT` after all. Whatever ends the
    /// upload before its time also ends the session.
    pub async fn upload_blob(
        &self,
        repository: &Repository,
        digest: &Digest,
        size: u64,
        source: &UploadSource,
        progress: &dyn Fn(u64),
    ) -> Result<(), Error> {
        let upload = self.start_upload(repository).await?;
        self.finish_upload(upload, digest, size, source, progress).await
    }

    /// Like [`Self::upload_blob`], in a session that a mount has opened.
    pub async fn finish_upload(
        &self,
        mut upload: Upload,
        digest: &Digest,
        size: u64,
        source: &UploadSource,
        progress: &dyn Fn(u64),
    ) -> Result<(), Error> {
        let mut restarts = 0;
        let mut source = source.clone();
        loop {
            let once = self.upload_once(&mut upload, digest, size, &source, progress).await;
            let Err((error, others)) = once else { return Ok(()) };
            let lost = is_lost(&error);
            if !lost {
                self.cancel_upload(&upload).await;
            }
            if !others.is_empty() {
                source = UploadSource::Urls(others);
            } else if !lost || restarts == RESTARTS {
                return Err(error);
            } else {
                restarts += 1;
                self.notify(Notice::UploadRestarted);
            }
            upload = self.start_upload(&upload.repository).await?;
        }
    }

    /// Ends an upload session; that it may be gone already does not matter.
    pub async fn cancel_upload(&self, upload: &Upload) {
        let mut call = self.upload_call(Method::Delete, upload, upload.location.clone());
        // The switch that ended the upload must not end this.
        call.cancel = Cancel::new();
        let _ = self.session().open(&call).await;
    }

    /// Lets `repository` have a blob of another repository of the same registry
    /// (distribution-spec, "Mounting a blob from another repository").
    pub async fn mount_blob(
        &self,
        repository: &Repository,
        digest: &Digest,
        from: &Repository,
    ) -> Result<Mount, Error> {
        let url = self
            .endpoint()
            .in_repository(repository, "blobs/uploads/")
            .with_param("mount", digest.as_str())
            .with_param("from", from.as_str());
        let scopes = vec![Scope::PullPush(repository.clone()), Scope::Pull(from.clone())];
        let mut call = self.call(Method::Post, url, scopes);
        call.body = Body::bytes([]);
        let response = self.send(&call, Retry::Never, MAX_REFUSAL).await?;
        match response.status {
            201 => Ok(Mount::Done),
            202 => Ok(Mount::Upload(Upload::started(self, repository, &call, &response)?)),
            // Registries that are strict about mounting say 400, 404 or 405; the upload that
            // follows tells if more than that is wrong.
            400..=499 if response.status != 429 => Ok(Mount::Unsupported),
            _ => Err(unexpected(&call, &response)),
        }
    }

    async fn start_upload(&self, repository: &Repository) -> Result<Upload, Error> {
        let url = self.endpoint().in_repository(repository, "blobs/uploads/");
        let mut call = self.call(Method::Post, url, vec![Scope::PullPush(repository.clone())]);
        call.body = Body::bytes([]);
        let response = self.send(&call, Retry::Safe, MAX_REFUSAL).await?;
        match response.status {
            202 => Upload::started(self, repository, &call, &response),
            _ => Err(unexpected(&call, &response)),
        }
    }

    /// Uploads in this session. What fails comes with the URLs that are left to try, where the ones
    /// before them have something else.
    async fn upload_once(
        &self,
        upload: &mut Upload,
        digest: &Digest,
        size: u64,
        source: &UploadSource,
        progress: &dyn Fn(u64),
    ) -> Result<(), (Error, Vec<String>)> {
        let supply = Supply::open(self, source, digest, size).await;
        let mut supply = supply.map_err(|error| (error, Vec::new()))?;
        progress(0);
        let sent = self.send_supply(upload, &mut supply, digest, source, progress).await;
        sent.map_err(|error| {
            let others = supply.others(&error);
            (error, others)
        })
    }

    async fn send_supply(
        &self,
        upload: &mut Upload,
        supply: &mut Supply,
        digest: &Digest,
        source: &UploadSource,
        progress: &dyn Fn(u64),
    ) -> Result<(), Error> {
        let size = supply.size;
        let at_once = !matches!(source, UploadSource::Blob { .. } | UploadSource::Urls(_))
            && size <= CHUNK.max(upload.min_chunk)
            && upload.offset == 0;
        let last = if at_once {
            supply.piece(0, size).await?.0
        } else {
            match self.send_pieces(upload, supply, size, progress).await {
                Ok(()) => Body::bytes([]),
                Err(error) if takes_no_pieces(&error) && size <= LARGEST_CHUNK => {
                    *supply = Supply::open(self, source, digest, size).await?;
                    let (whole, _) = supply.piece(0, size).await?;
                    supply.finish().await?;
                    whole
                }
                Err(error) => return Err(error),
            }
        };
        self.close(upload, digest, size, last).await?;
        progress(size);
        Ok(())
    }

    async fn send_pieces(
        &self,
        upload: &mut Upload,
        supply: &mut Supply,
        size: u64,
        progress: &dyn Fn(u64),
    ) -> Result<(), Error> {
        let chunk = CHUNK.max(upload.min_chunk).min(LARGEST_CHUNK);
        let mut failures = 0;
        while upload.offset < size {
            let (body, len) = supply.piece(upload.offset, chunk).await?;
            let mut call = self.upload_call(Method::Patch, upload, upload.location.clone());
            call.headers.push(("Content-Type", "application/octet-stream".into()));
            let range = format!("{}-{}", upload.offset, upload.offset + len - 1);
            call.headers.push(("Content-Range", range));
            call.body = body;
            call.deadline = Deadline::for_upload(len);
            let end = upload.offset + len;
            match self.send(&call, Retry::Never, MAX_REFUSAL).await {
                Ok(response) if response.status == 202 => {
                    upload.take_position(self, &call, &response, Some(end))?;
                    if upload.offset > end {
                        return Err(Error::UploadLost);
                    }
                    failures = 0;
                }
                Ok(response) if matches!(response.status, 408 | 416 | 429 | 502..=504) => {
                    failures += 1;
                    if failures == TRIES {
                        return Err(unexpected(&call, &response));
                    }
                    let http = self.session().http();
                    let wait =
                        wait_ms(response.headers.get("retry-after"), failures, http.now_ms());
                    let waited = http.sleep(wait, self.cancel()).await;
                    waited.map_err(|error| no_answer(&call, error))?;
                    self.synchronise(upload).await?;
                }
                Err(error) if error.is_silence() && failures + 1 < TRIES => {
                    failures += 1;
                    self.synchronise(upload).await?;
                }
                Ok(response) => return Err(unexpected(&call, &response)),
                Err(error) => return Err(error),
            }
            progress(upload.offset);
        }
        // The end of a stream is where its digest is judged.
        supply.finish().await
    }

    /// Asks the session how far it came.
    async fn synchronise(&self, upload: &mut Upload) -> Result<(), Error> {
        let call = self.upload_call(Method::Get, upload, upload.location.clone());
        let response = self.send(&call, Retry::Safe, MAX_REFUSAL).await?;
        match response.status {
            200 | 202 | 204 => upload.take_position(self, &call, &response, None),
            _ => Err(unexpected(&call, &response)),
        }
    }

    async fn close(
        &self,
        upload: &Upload,
        digest: &Digest,
        size: u64,
        body: Body,
    ) -> Result<(), Error> {
        let url = upload.location.clone().with_param("digest", digest.as_str());
        let mut call = self.upload_call(Method::Put, upload, url);
        call.headers.push(("Content-Type", "application/octet-stream".into()));
        // A registry may take minutes to put a large blob into its place.
        call.deadline = Deadline::for_upload(size);
        call.body = body;
        let error = match self.send(&call, Retry::Never, MAX_REFUSAL).await {
            Ok(response) if response.status == 201 => return Ok(()),
            Ok(response) => unexpected(&call, &response),
            Err(error) => error,
        };
        let undecided = error.is_silence()
            || matches!(&error, Error::Unconfirmed(_))
            || error.refusal().is_some_and(|refusal| matches!(refusal.status, 404 | 500..=599));
        if undecided {
            // The answer may have been lost after the blob was stored.
            return match self.blob_head(&upload.repository, digest).await {
                Ok(Presence::Present { size: found })
                    if found.is_none_or(|found| found == size) =>
                {
                    Ok(())
                }
                Ok(_) if error.is_silence() => Err(Error::UploadLost),
                _ => Err(error),
            };
        }
        Err(error)
    }

    fn upload_call(&self, method: Method, upload: &Upload, url: Url) -> Call {
        self.call(method, url, vec![Scope::PullPush(upload.repository.clone())])
    }
}

impl Upload {
    /// Reads the answer that opened a session.
    pub(super) fn started(
        client: &Client,
        repository: &Repository,
        call: &Call,
        response: &Response,
    ) -> Result<Self, Error> {
        let location = client.follow(response.headers.get("location"), &call.url)?;
        let min_chunk = response.headers.get("oci-chunk-min-length");
        let min_chunk = min_chunk.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        Ok(Self { repository: repository.clone(), location, min_chunk, offset: 0 })
    }

    /// Reads where the session is: `Location`, and `Range` as `0-<last byte>`. `0-0` also stands
    /// for an empty session. Where `Range` is hidden `expected` is believed.
    fn take_position(
        &mut self,
        client: &Client,
        call: &Call,
        response: &Response,
        expected: Option<u64>,
    ) -> Result<(), Error> {
        if let location @ Some(_) = response.headers.get("location") {
            self.location = client.follow(location, &call.url)?;
        }
        let range = response.headers.get("range").map(|text| text.trim_start_matches("bytes="));
        let last = range.and_then(|text| text.split_once('-')?.1.trim().parse::<u64>().ok());
        self.offset = match (last, expected) {
            (Some(0), Some(expected)) if expected <= 1 => expected,
            (Some(0), _) => 0,
            (Some(last), _) => last.saturating_add(1),
            (None, Some(expected)) => expected,
            (None, None) => return Err(Error::UploadLost),
        };
        Ok(())
    }
}

/// Pieces of a source, in order; a stream keeps the last one so that it can be sent again.
struct Supply {
    kind: SupplyKind,
    size: u64,
}

enum SupplyKind {
    Bytes(Arc<[u8]>),
    File(FileSlice),
    Stream { reader: BlobStream, rest: Vec<u8>, kept: Arc<[u8]>, kept_from: u64 },
}

impl Supply {
    async fn open(
        client: &Client,
        source: &UploadSource,
        digest: &Digest,
        size: u64,
    ) -> Result<Self, Error> {
        let stream = |reader| {
            let (rest, kept) = (Vec::new(), Arc::new([]));
            SupplyKind::Stream { reader, rest, kept, kept_from: 0 }
        };
        let kind = match source {
            UploadSource::Bytes(bytes) => SupplyKind::Bytes(Arc::clone(bytes)),
            UploadSource::File(slice) => SupplyKind::File(*slice),
            UploadSource::Blob { client, repository } => {
                stream(client.stream_blob(repository, digest, size, &[]).await?)
            }
            UploadSource::Urls(urls) => {
                let http = client.session().http();
                stream(BlobStream::of_urls(http, urls, digest, size, client.cancel()).await?)
            }
        };
        Ok(Self { kind, size })
    }

    /// The bytes from `offset` on, at most `max` of them, and how many they are.
    async fn piece(&mut self, offset: u64, max: u64) -> Result<(Body, u64), Error> {
        let len = (self.size - offset).min(max);
        match &mut self.kind {
            SupplyKind::Bytes(bytes) => {
                let part = part_of(bytes, offset, len).ok_or(Error::UploadLost)?;
                Ok((Body::bytes(part), len))
            }
            SupplyKind::File(slice) => {
                let slice = FileSlice { file: slice.file, start: slice.start + offset, len };
                Ok((Body::File(slice), len))
            }
            SupplyKind::Stream { reader, rest, kept, kept_from } => {
                let kept_end = *kept_from + kept.len() as u64;
                if offset == kept_end {
                    *kept = next_piece(reader, rest, max).await?;
                    *kept_from = offset;
                }
                let kept_end = *kept_from + kept.len() as u64;
                if offset < *kept_from || offset >= kept_end {
                    return Err(Error::UploadLost);
                }
                let len = kept_end - offset;
                if len == kept.len() as u64 {
                    return Ok((Body::Bytes(Arc::clone(kept)), len));
                }
                let part = part_of(kept, offset - *kept_from, len).ok_or(Error::UploadLost)?;
                Ok((Body::bytes(part), len))
            }
        }
    }

    /// The URLs that may have the blob all the same, where `error` says that what came is not it.
    fn others(&self, error: &Error) -> Vec<String> {
        match &self.kind {
            SupplyKind::Stream { reader, .. } => reader.others(error),
            _ => Vec::new(),
        }
    }

    /// Reads a stream to its end, where its digest is verified.
    async fn finish(&mut self) -> Result<(), Error> {
        if let SupplyKind::Stream { reader, .. } = &mut self.kind {
            while reader.next().await?.is_some() {}
        }
        Ok(())
    }
}

async fn next_piece(
    reader: &mut BlobStream,
    rest: &mut Vec<u8>,
    max: u64,
) -> Result<Arc<[u8]>, Error> {
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    let mut piece = std::mem::take(rest);
    while piece.len() < max {
        match reader.next().await? {
            Some(chunk) => piece.extend_from_slice(&chunk),
            None => break,
        }
    }
    if piece.len() > max {
        *rest = piece.split_off(max);
    }
    Ok(piece.into())
}

fn part_of(bytes: &[u8], offset: u64, len: u64) -> Option<Arc<[u8]>> {
    let start = usize::try_from(offset).ok()?;
    let end = usize::try_from(offset + len).ok()?;
    bytes.get(start..end).map(Arc::from)
}

/// Whether the registry, or a proxy before it, takes a blob in one `PUT` only.
fn takes_no_pieces(error: &Error) -> bool {
    error.refusal().is_some_and(|refusal| {
        matches!(refusal.status, 405 | 501)
            || refusal.entries.iter().any(|entry| entry.code == Code::Unsupported)
    })
}

/// Whether the session is gone, so that starting again can help.
fn is_lost(error: &Error) -> bool {
    let gone = |code: &Code| {
        matches!(
            code,
            Code::BlobUploadInvalid
                | Code::BlobUploadUnknown
                | Code::RangeInvalid
                | Code::SizeInvalid
        )
    };
    match error {
        Error::UploadLost => true,
        Error::Refused(refusal) => {
            matches!(refusal.status, 404 | 416)
                || refusal.entries.iter().any(|entry| gone(&entry.code))
        }
        _ => false,
    }
}
