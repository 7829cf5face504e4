//! A layer that is fetched from its URLs, verified as it comes.
//!
//! Invariant: no credential is sent to a layer's URL; no more bytes are read than the layer has, and
//! the end comes only when they hash to its digest.

use super::cancel::Cancel;
use super::error::Error;
use super::transport::{Chunks, Deadline, Http, Method, Request, TransportError};
use super::url::Url;
use super::verify::{Verdict, of_status, silent};
use crate::manifest::{Digest, Hasher};

/// Nothing may come for this long, in milliseconds.
const STALL_MS: u64 = 30_000;

/// A layer that is being read from a URL.
pub(super) struct UrlReader {
    url: String,
    digest: Digest,
    size: u64,
    hasher: Option<Hasher>,
    read: u64,
    body: Box<dyn Chunks>,
}

impl UrlReader {
    /// Starts reading from the first of `urls` that answers with success, and with the right size
    /// where it states one; the error of the last one else.
    pub(super) async fn open(
        http: &Http,
        urls: &[String],
        digest: &Digest,
        size: u64,
        cancel: &Cancel,
    ) -> Result<Self, Error> {
        let mut last = Error::LayerUrl { url: String::new(), verdict: Verdict::NotAUrl };
        for text in urls {
            let Ok(url) = Url::parse(text) else {
                last = Error::LayerUrl { url: text.clone(), verdict: Verdict::NotAUrl };
                continue;
            };
            let shown = url.without_query();
            let mut request = Request::new(Method::Get, url);
            request.deadline = Deadline::Stall(STALL_MS);
            request.cancel = cancel.clone();
            let verdict = match http.open(request).await {
                Err(error) => silent(&error),
                Ok(incoming) => {
                    match (of_status(incoming.status), incoming.headers.content_length()) {
                        (Some(verdict), _) => verdict,
                        // Of an encoded answer the length is another one: the digest decides.
                        (None, Some(found))
                            if found != size
                                && incoming.headers.get("content-encoding").is_none() =>
                        {
                            Verdict::WrongSize { found, expected: size }
                        }
                        (None, _) => {
                            let hasher = Some(Hasher::new(digest.algorithm()));
                            let (digest, body) = (digest.clone(), incoming.body);
                            return Ok(Self { url: shown, digest, size, hasher, read: 0, body });
                        }
                    }
                }
            };
            let cancelled = verdict == Verdict::Cancelled;
            last = Error::LayerUrl { url: shown, verdict };
            if cancelled {
                break;
            }
        }
        Err(last)
    }

    /// The next bytes; `None` after the last, once the digest was found right.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let failed = |verdict| Error::LayerUrl { url: self.url.clone(), verdict };
        match self.body.next().await {
            Ok(Some(chunk)) => {
                self.read += chunk.len() as u64;
                if self.read > self.size {
                    let verdict = Verdict::WrongSize { found: self.read, expected: self.size };
                    return Err(failed(verdict));
                }
                if let Some(hasher) = &mut self.hasher {
                    hasher.update(&chunk);
                }
                Ok(Some(chunk))
            }
            Ok(None) if self.read < self.size => {
                Err(failed(Verdict::WrongSize { found: self.read, expected: self.size }))
            }
            Ok(None) => match self.hasher.take().map(Hasher::finish) {
                Some(found) if found != self.digest => Err(failed(Verdict::WrongContent(found))),
                _ => Ok(None),
            },
            Err(TransportError::Failed) => Err(failed(Verdict::BrokeOff { read: self.read })),
            Err(error) => Err(failed(silent(&error))),
        }
    }
}
