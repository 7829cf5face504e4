//! The bytes of a blob as they come from a registry or from URLs, verified on the way.

use super::blob::BlobReader;
use super::cancel::Cancel;
use super::client::Client;
use super::error::Error;
use super::reference::Repository;
use super::transport::Http;
use super::url_blob::UrlReader;
use super::verify::Verdict;
use crate::manifest::Digest;

/// A blob that is being read.
///
/// Invariant: the end comes only when the bytes have the size and the digest of the blob.
pub struct BlobStream(Source);

enum Source {
    Registry(Box<BlobReader>),
    Urls(Box<UrlReader>),
}

impl Client {
    /// Starts reading a blob of `size` bytes from `repository`, or from `urls` where the repository
    /// does not have it.
    pub async fn stream_blob(
        &self,
        repository: &Repository,
        digest: &Digest,
        size: u64,
        urls: &[String],
    ) -> Result<BlobStream, Error> {
        match self.open_blob(repository, digest, size).await {
            Ok(reader) => Ok(BlobStream(Source::Registry(Box::new(reader)))),
            Err(Error::Refused(refusal)) if refusal.status == 404 && !urls.is_empty() => {
                let http = self.session().http();
                BlobStream::of_urls(http, urls, digest, size, self.cancel()).await
            }
            Err(error) => Err(error),
        }
    }
}

impl BlobStream {
    /// Starts reading from the first of `urls` that has the blob.
    pub async fn of_urls(
        http: &Http,
        urls: &[String],
        digest: &Digest,
        size: u64,
        cancel: &Cancel,
    ) -> Result<Self, Error> {
        let reader = UrlReader::open(http, urls, digest, size, cancel).await?;
        Ok(Self(Source::Urls(Box::new(reader))))
    }

    /// The next bytes; `None` after the last, once the digest was found right.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        match &mut self.0 {
            Source::Registry(reader) => reader.next().await,
            Source::Urls(reader) => reader.next().await,
        }
    }

    /// The URLs that may have the blob all the same, where `error` says that what came is not it.
    pub(super) fn others(&self, error: &Error) -> Vec<String> {
        let Error::LayerUrl { verdict, .. } = error else { return Vec::new() };
        let is_other = matches!(verdict, Verdict::WrongContent(_) | Verdict::WrongSize { .. });
        match &self.0 {
            Source::Urls(reader) if is_other => reader.others().to_vec(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::testing::{Answer, Script, block_on, is};

    #[test]
    fn the_registry_goes_before_the_urls() {
        let digest = Digest::sha256(b"layer");
        let in_registry = format!("GET https://r.example/v2/app/blobs/{digest}");
        let check = |lines: Vec<(&str, Answer)>, expected: Option<&str>| {
            let script = Script::lines(lines);
            let client = script.client("https://r.example");
            let urls = ["https://cdn.example/layer".to_owned()];
            let repository = Repository::parse("app").unwrap();
            let read = block_on(async {
                let mut stream = client.stream_blob(&repository, &digest, 5, &urls).await?;
                let mut bytes = Vec::new();
                while let Some(piece) = stream.next().await? {
                    bytes.extend(piece);
                }
                Ok::<_, Error>(String::from_utf8(bytes).unwrap())
            });
            script.assert_played();
            assert_eq!(read.ok().as_deref(), expected);
        };
        let url = "GET https://cdn.example/layer";
        check(vec![(&in_registry, is(200, "layer"))], Some("layer"));
        check(vec![(&in_registry, is(404, "")), (url, is(200, "layer"))], Some("layer"));
        check(vec![(&in_registry, is(404, "")), (url, is(200, "other"))], None);
        check(vec![(&in_registry, is(200, "other"))], None);
        check(vec![(&in_registry, is(403, ""))], None);
    }
}
