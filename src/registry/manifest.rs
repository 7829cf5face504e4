use std::sync::Arc;

use super::client::{Client, is_web_page, not_a_registry, unexpected};
use super::error::Error;
use super::reference::{Repository, Selector};
use super::refusal::{Code, Refusal};
use super::retry::Retry;
use super::session::Call;
use super::token::Scope;
use super::transport::{Body, Method, Response};
use crate::manifest::media_type::{DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST};
use crate::manifest::{Digest, DigestError};
use crate::text::excerpt;

/// The most bytes of a manifest that are read: the limit of every registry.
pub const MAX_MANIFEST: u64 = crate::limits::DOCUMENT as u64;

/// A manifest as the registry sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The bytes, verified against the digest asked for and the one stated, where readable.
    pub bytes: Arc<[u8]>,
    /// `Content-Type` without parameters, when there is one.
    pub media_type: Option<String>,
    /// The digest of the bytes: the one asked for, else in the algorithm of the one stated.
    pub digest: Digest,
}

/// What a registry says about a manifest without sending it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its digest.
    pub digest: Digest,
    /// Its media type, when stated.
    pub media_type: Option<String>,
    /// Its size in bytes, when stated.
    pub size: Option<u64>,
}

/// What a registry said when it took a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// Whether it said 201, the only confirmation; any other success is to be read back.
    pub confirmed: bool,
    /// The status.
    pub status: u16,
    /// Whether the registry took note of the manifest's `subject` (`OCI-Subject`). `false` also
    /// when that is hidden.
    pub knows_subject: bool,
}

const OCI: [&str; 2] = [OCI_INDEX, OCI_MANIFEST];
const DOCKER: [&str; 2] = [DOCKER_LIST, DOCKER_MANIFEST];
const ALL: [&str; 4] = [OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST];

impl Client {
    /// Loads a manifest. `expected` is its media type where that is known, from an index.
    ///
    /// All four media types in `Accept` make 196 bytes, more than CORS lets pass without a
    /// preflight (128), which a registry that demands sign-in may refuse. So from another origin
    /// and without `Authorization` the types are asked for in pairs, OCI first; both pairs hold the
    /// index type, because registries answer a lone Docker manifest type with the linux/amd64 child
    /// of a list.
    pub async fn manifest(
        &self,
        repository: &Repository,
        selector: &Selector,
        expected: Option<&str>,
    ) -> Result<Fetched, Error> {
        let (call, response) =
            self.ask_manifest(Method::Get, repository, selector, expected).await?;
        if response.status != 200 {
            return Err(unexpected(&call, &response));
        }
        if is_web_page(&response.headers) {
            return Err(not_a_registry(&call, &response));
        }
        self.verify(selector, response)
    }

    /// A manifest, `None` when it is not there. That is said without a body; that it is there counts only
    /// with its bytes: some registries answer `HEAD` for what they have lost.
    pub async fn manifest_if_there(
        &self,
        repository: &Repository,
        selector: &Selector,
    ) -> Result<Option<Fetched>, Error> {
        if self.manifest_head(repository, selector).await?.is_none() {
            return Ok(None);
        }
        match self.manifest(repository, selector, None).await {
            Ok(fetched) => Ok(Some(fetched)),
            Err(Error::Refused(refusal)) if refusal.status == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The digest and media type of a manifest, `None` when it is not there. Loads the manifest
    /// where the registry does not answer `HEAD` or its digest is hidden.
    pub async fn manifest_head(
        &self,
        repository: &Repository,
        selector: &Selector,
    ) -> Result<Option<Head>, Error> {
        let (call, response) = self.ask_manifest(Method::Head, repository, selector, None).await?;
        match response.status {
            404 => return Ok(None),
            200 if is_web_page(&response.headers) => return Err(not_a_registry(&call, &response)),
            200 | 405 | 501 => {}
            _ => return Err(unexpected(&call, &response)),
        }
        if response.status == 200 {
            let media_type = response.headers.media_type();
            let digest = match (selector, stated_digest(&response)?) {
                (Selector::Digest(asked), Some(stated))
                    if asked.algorithm() == stated.algorithm() =>
                {
                    if *asked != stated {
                        return Err(Error::Mismatch { expected: asked.clone(), found: stated });
                    }
                    Some(stated)
                }
                (Selector::Digest(asked), _) => Some(asked.clone()),
                (Selector::Tag(_), stated) => stated,
            };
            if let Some(digest) = digest {
                let size = response.headers.content_length();
                return Ok(Some(Head { digest, media_type, size }));
            }
        }
        match self.manifest(repository, selector, None).await {
            Ok(Fetched { digest, media_type, bytes }) => {
                Ok(Some(Head { digest, media_type, size: Some(bytes.len() as u64) }))
            }
            Err(Error::Refused(refusal)) if refusal.status == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Stores a manifest under a digest or a tag. Only a `PUT` by digest is sent again by itself
    /// after a temporary refusal.
    pub async fn put_manifest(
        &self,
        repository: &Repository,
        selector: &Selector,
        media_type: &str,
        bytes: Arc<[u8]>,
    ) -> Result<Put, Error> {
        let url = self.endpoint().in_repository(repository, &format!("manifests/{selector}"));
        let mut call = self.call(Method::Put, url, vec![Scope::PullPush(repository.clone())]);
        call.headers.push(("Content-Type", media_type.to_owned()));
        let retry = match selector {
            // Above the limit a 502 is how a proxy tells that the registry closed the connection.
            Selector::Digest(_) if bytes.len() as u64 <= MAX_MANIFEST => Retry::Safe,
            _ => Retry::Never,
        };
        let digest = match selector {
            Selector::Digest(digest) => digest.clone(),
            Selector::Tag(_) => Digest::sha256(&bytes),
        };
        call.body = Body::Bytes(bytes);
        let response = self.send(&call, retry, MAX_MANIFEST).await?;
        if !(200..300).contains(&response.status) {
            return Err(unexpected(&call, &response));
        }
        if let Some(stated) = stated_digest(&response)?
            && stated.algorithm() == digest.algorithm()
            && stated != digest
        {
            return Err(Error::Mismatch { expected: digest, found: stated });
        }
        let confirmed = response.status == 201 && !is_web_page(&response.headers);
        let knows_subject = response.headers.get("oci-subject").is_some();
        Ok(Put { confirmed, status: response.status, knows_subject })
    }

    /// Asks with the `Accept` of the situation; from pair to pair until one fits.
    async fn ask_manifest(
        &self,
        method: Method,
        repository: &Repository,
        selector: &Selector,
        expected: Option<&str>,
    ) -> Result<(Call, Response), Error> {
        let accepts: &[&[&str]] = if self.session().same_origin() || !self.session().is_plain() {
            &[&ALL]
        } else if expected.is_some_and(|kind| DOCKER.contains(&kind)) {
            &[&DOCKER, &OCI]
        } else {
            &[&OCI, &DOCKER]
        };
        let mut first: Option<(Call, Response)> = None;
        for accept in accepts {
            let path = format!("manifests/{selector}");
            let mut call = self.read_call(method, repository, &path);
            call.headers.push(("Accept", accept.join(",")));
            let response = self.send(&call, Retry::Safe, MAX_MANIFEST).await?;
            let fits = match response.status {
                200 => {
                    // distribution converts a Docker list to something older when only OCI types
                    // are accepted: an answer of a type not asked for is not the manifest.
                    let kind = response.headers.media_type();
                    kind.is_none_or(|kind| {
                        accept.contains(&kind.as_str()) || !ALL_KINDS.contains(&kind.as_str())
                    })
                }
                400 | 404 | 406 => !may_be_other_kind(method, &response),
                _ => true,
            };
            if fits {
                return Ok((call, response));
            }
            // The registry's words on the first pair tell more than those on the second.
            if first.is_none() || response.status == 200 {
                first = Some((call, response));
            }
        }
        first.ok_or(Error::Unreadable)
    }

    fn verify(&self, selector: &Selector, response: Response) -> Result<Fetched, Error> {
        let stated = stated_digest(&response)?;
        let media_type = response.headers.media_type();
        let bytes: Arc<[u8]> = response.body.into();
        let check = |expected: &Digest| {
            let found = Digest::of(expected.algorithm(), &bytes);
            if found == *expected { Ok(()) } else { Err(Error::of_bytes(expected, found, &bytes)) }
        };
        if let Some(stated) = &stated {
            check(stated)?;
        } else {
            self.notify(super::Notice::DigestNotStated);
        }
        let digest = match (selector, stated) {
            (Selector::Digest(asked), _) => {
                check(asked)?;
                asked.clone()
            }
            (Selector::Tag(_), Some(stated)) => stated,
            (Selector::Tag(_), None) => Digest::sha256(&bytes),
        };
        Ok(Fetched { bytes, media_type, digest })
    }
}

const ALL_KINDS: [&str; 6] = [
    OCI_INDEX,
    OCI_MANIFEST,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    crate::manifest::media_type::SCHEMA_1[0],
    crate::manifest::media_type::SCHEMA_1[1],
];

/// Whether a 400, 404 or 406 may mean that the manifest is there in a type that was not accepted.
/// distribution 2.8 answers 400 `MANIFEST_INVALID` when it fails to convert a Docker list to schema
/// 1.
fn may_be_other_kind(method: Method, response: &Response) -> bool {
    let refusal = Refusal::read(response);
    method == Method::Head
        || response.status == 406
        || refusal.has(&Code::ManifestUnknown)
        || refusal.has(&Code::ManifestInvalid)
        || refusal.entries.is_empty()
}

/// `Docker-Content-Digest`, when it is readable and of an algorithm that is known here.
fn stated_digest(response: &Response) -> Result<Option<Digest>, Error> {
    let Some(text) = response.headers.get("docker-content-digest") else {
        return Ok(None);
    };
    match Digest::parse(text.trim()) {
        Ok(digest) => Ok(Some(digest)),
        Err(DigestError::UnknownAlgorithm(_)) => Ok(None),
        Err(_) => Err(Error::StatedDigest(excerpt(text, 200))),
    }
}
