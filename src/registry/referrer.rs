use super::client::{Client, is_unreadable, is_web_page, not_a_registry, unexpected};
use super::error::Error;
use super::manifest::MAX_MANIFEST;
use super::page::next_link;
use super::reference::{Repository, Selector, Tag};
use super::retry::Retry;
use super::transport::Method;
use crate::image::{Orphan, orphans_of_referrers};
use crate::manifest::media_type::OCI_INDEX;
use crate::manifest::{Algorithm, Digest, Document};

/// What refers to a manifest: signatures, attestations, SBOMs. None of them follows a new digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrers {
    /// What the registry or its tag schema lists.
    pub entries: Vec<Orphan>,
    /// Where that came from.
    pub source: ReferrerSource,
    /// Whether this is all; `false` when the list has more pages than are read.
    pub complete: bool,
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
    /// The API gave no answer that can be read, and the tag is not there: what refers to the
    /// manifest is not known.
    Silent,
}

const MAX_PAGES: usize = 10;

/// What the referrers API says.
enum Api {
    Lists(Vec<Orphan>, bool),
    Missing,
    Silent,
}

impl Client {
    /// What refers to `digest` (distribution-spec, "Listing Referrers", and its tag schema).
    ///
    /// A registry without the API answers 404, and from another origin that answer lacks the CORS
    /// headers and cannot be read: after silence the tag decides, and where there is none, nothing
    /// is known.
    pub async fn referrers(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<Referrers, Error> {
        let missing = match self.listed_referrers(repository, digest).await? {
            Api::Lists(entries, complete) => {
                return Ok(Referrers { entries, source: ReferrerSource::Api, complete });
            }
            Api::Missing => ReferrerSource::Nothing,
            Api::Silent => ReferrerSource::Silent,
        };
        let tag = Selector::Tag(Tag::of_referrers(digest, ""));
        match self.manifest(repository, &tag, Some(OCI_INDEX)).await {
            Ok(fetched) => {
                let (source, complete) = (ReferrerSource::Tag, true);
                Ok(Referrers { entries: read_index(&fetched.bytes)?, source, complete })
            }
            Err(Error::Refused(refusal)) if refusal.status == 404 => {
                Ok(Referrers { entries: Vec::new(), source: missing, complete: true })
            }
            Err(error) => Err(error),
        }
    }

    async fn listed_referrers(
        &self,
        repository: &Repository,
        digest: &Digest,
    ) -> Result<Api, Error> {
        let mut call = self.read_call(Method::Get, repository, &format!("referrers/{digest}"));
        let mut entries = Vec::new();
        for page in 0..MAX_PAGES {
            let response = match self.send(&call, Retry::Safe, MAX_MANIFEST).await {
                Ok(response) if response.status == 200 => response,
                Ok(response) if response.status < 500 && page == 0 => return Ok(Api::Missing),
                Ok(response) => return Err(unexpected(&call, &response)),
                Err(error) if is_unreadable(&error) && page == 0 => return Ok(Api::Silent),
                Err(error) => return Err(error),
            };
            if is_web_page(&response.headers) {
                return Err(not_a_registry(&call, &response));
            }
            entries.extend(read_index(&response.body)?);
            let Some(next) = next_link(&response.headers) else {
                return Ok(Api::Lists(entries, true));
            };
            call.url = self.follow(Some(&next), &call.url)?;
        }
        Ok(Api::Lists(entries, false))
    }
}

fn read_index(bytes: &[u8]) -> Result<Vec<Orphan>, Error> {
    let index = Document::parse(bytes.to_vec(), Some(OCI_INDEX), Algorithm::Sha256);
    index.map(|index| orphans_of_referrers(&index)).map_err(|_| Error::Unreadable)
}
