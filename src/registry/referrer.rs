use serde::Deserialize;

use super::client::{Client, is_unreadable, unexpected};
use super::error::Error;
use super::manifest::MAX_MANIFEST;
use super::reference::{Repository, Selector, Tag};
use super::retry::Retry;
use super::transport::Method;
use crate::manifest::Digest;
use crate::manifest::media_type::OCI_INDEX;
use crate::text::excerpt;

/// What refers to a manifest: signatures, attestations, SBOMs. None of them follows a new digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrers {
    /// What the registry or its tag schema lists, at most 1000.
    pub entries: Vec<Referrer>,
    /// Where that came from.
    pub source: ReferrerSource,
    /// Tags by which cosign names what belongs to the digest, those that exist.
    pub cosign_tags: Vec<Tag>,
}

/// One entry of a referrers list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// Its digest, as text of the registry.
    pub digest: String,
    /// What it is: the artifact type, else the media type.
    pub kind: String,
}

/// Where a list of referrers came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferrerSource {
    /// The referrers API.
    Api,
    /// The tag `sha256-…`, because the registry has no such API.
    Tag,
    /// Neither is there.
    Nothing,
}

const MAX_REFERRERS: usize = 1000;
const COSIGN: [&str; 3] = [".sig", ".att", ".sbom"];

#[derive(Deserialize)]
struct Index {
    manifests: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    digest: String,
    media_type: Option<String>,
    artifact_type: Option<String>,
}

impl Client {
    /// What refers to `digest` (distribution-spec, "Listing Referrers", and its tag schema).
    ///
    /// A registry without the API answers 404, and from another origin that answer lacks the CORS
    /// headers and cannot be read: silence means “not supported” here.
    pub async fn referrers(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<Referrers, Error> {
        let call = self.read_call(Method::Get, repository, &format!("referrers/{digest}"));
        let listed = match self.send(&call, Retry::Safe, MAX_MANIFEST).await {
            Ok(response) if response.status == 200 => read_index(&response.body),
            Ok(response) if response.status < 500 => None,
            Ok(response) => return Err(unexpected(&call, &response)),
            Err(error) if is_unreadable(&error) => None,
            Err(error) => return Err(error),
        };
        let (entries, source) = match listed {
            Some(entries) => (entries, ReferrerSource::Api),
            None => self.tagged_referrers(repository, digest).await?,
        };
        let mut cosign_tags = Vec::new();
        for suffix in COSIGN {
            let tag = Tag::of_referrers(digest, suffix);
            if self.manifest_head(repository, &Selector::Tag(tag.clone())).await?.is_some() {
                cosign_tags.push(tag);
            }
        }
        Ok(Referrers { entries, source, cosign_tags })
    }

    async fn tagged_referrers(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<(Vec<Referrer>, ReferrerSource), Error> {
        let tag = Selector::Tag(Tag::of_referrers(digest, ""));
        match self.manifest(repository, &tag, Some(OCI_INDEX)).await {
            Ok(fetched) => {
                Ok((read_index(&fetched.bytes).unwrap_or_default(), ReferrerSource::Tag))
            }
            Err(Error::Refused(refusal)) if refusal.status == 404 => {
                Ok((Vec::new(), ReferrerSource::Nothing))
            }
            Err(error) => Err(error),
        }
    }
}

fn read_index(bytes: &[u8]) -> Option<Vec<Referrer>> {
    let index: Index = serde_json::from_slice(bytes).ok()?;
    let entries = index.manifests?.into_iter().take(MAX_REFERRERS).map(|entry| Referrer {
        digest: excerpt(&entry.digest, 200),
        kind: excerpt(&entry.artifact_type.or(entry.media_type).unwrap_or_default(), 200),
    });
    Some(entries.collect())
}
