use std::collections::BTreeMap;

use super::PushInput;
use crate::manifest::Digest;
use crate::registry::blob::Presence;
use crate::registry::client::Client;
use crate::registry::error::Error;
use crate::registry::parallel::in_parallel;
use crate::registry::reference::{Repository, Selector};
use crate::text::Message;

/// What the target has, as far as it could be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushFacts {
    /// The documents by digest: whether the target has them already, for which their bytes were read.
    pub manifests: BTreeMap<Digest, bool>,
    /// The blobs that documents not yet there need.
    pub blobs: BTreeMap<Digest, BlobFact>,
    /// Where the target's tag points.
    pub tag: TagFact,
}

/// Whether the target has a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobFact {
    /// It does, with this size where that is stated.
    Present(Option<u64>),
    /// It does not.
    Absent,
    /// That could not be found out.
    Unknown(Message),
}

/// Where a tag points, as far as that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TagFact {
    /// There is no such tag, or none was asked for.
    #[default]
    Absent,
    /// At this digest.
    At(Digest),
    /// That could not be found out.
    Unknown(Message),
}

/// Requests under way at the same time.
const PARALLEL: usize = 6;

/// Asks the target for all that the plan needs to know, and changes nothing there.
///
/// A manifest counts as there only if the target gave its bytes: some answer `HEAD` for what they have
/// lost, and an index that names such a child cannot be pulled. What cannot be read becomes *unknown*; only what the person must decide or repair first, such as
/// signing in, is an error.
pub async fn gather(target: &Client, input: &PushInput) -> Result<PushFacts, Error> {
    let repository = &input.target.repository;
    let mut facts = PushFacts::default();
    // One call goes ahead: it fetches the token that the others then share.
    if let Some(tag) = &input.tag {
        let head = target.manifest_head(repository, &Selector::Tag(tag.clone())).await;
        facts.tag = match head {
            Ok(None) => TagFact::Absent,
            Ok(Some(head)) => TagFact::At(head.digest),
            Err(error) => TagFact::Unknown(unknown(error)?),
        };
    }
    let digests: Vec<&Digest> = input.documents.iter().map(|document| &document.digest).collect();
    let there =
        in_parallel(digests.iter().copied(), PARALLEL, |digest| has(target, repository, digest));
    for (digest, there) in digests.iter().copied().zip(there.await) {
        let present = match there {
            Ok(there) => there,
            Err(error) => {
                unknown(error)?;
                false
            }
        };
        facts.manifests.insert(digest.clone(), present);
    }
    let mut needed: BTreeMap<&Digest, bool> = BTreeMap::new();
    for document in &input.documents {
        let is_there = facts.manifests.get(&document.digest) == Some(&true);
        let asked =
            document.needs.iter().filter(|need| !is_there || input.wanted.contains(&need.digest));
        needed.extend(asked.map(|need| (&need.digest, need.is_manifest())));
    }
    let found = in_parallel(needed.iter(), PARALLEL, |(digest, is_manifest)| async move {
        if *is_manifest {
            let there = has(target, repository, digest).await?;
            return Ok(if there { BlobFact::Present(None) } else { BlobFact::Absent });
        }
        match target.blob_head(repository, digest).await? {
            Presence::Present { size } => Ok(BlobFact::Present(size)),
            Presence::Absent => Ok(BlobFact::Absent),
        }
    });
    let found = found.await;
    for (digest, fact) in needed.keys().zip(found) {
        let fact = match fact {
            Ok(fact) => fact,
            Err(error) => BlobFact::Unknown(unknown(error)?),
        };
        facts.blobs.insert((*digest).clone(), fact);
    }
    Ok(facts)
}

/// Whether the target has a manifest: it gives the bytes of this digest.
async fn has(target: &Client, repository: &Repository, digest: &Digest) -> Result<bool, Error> {
    let selector = Selector::Digest(digest.clone());
    Ok(target.manifest_if_there(repository, &selector).await?.is_some())
}

/// The reason why something is not known; an error again when the person can do something about it
/// at once.
fn unknown(error: Error) -> Result<Message, Error> {
    match error {
        Error::SignIn(_) | Error::Challenge(_) | Error::Realm(_) | Error::Token(_) => Err(error),
        error if error.is_cancelled() => Err(error),
        error => Ok(error.message()),
    }
}
