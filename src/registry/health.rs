//! Whether a repository has everything that an image needs: each document is read, and each blob asked
//! for.

use std::cell::Cell;

use super::blob::Presence;
use super::client::Client;
use super::error::Error;
use super::parallel::in_parallel;
use super::reference::{Repository, Selector};
use super::transport::TransportError;
use crate::image::{Part, PartRole};
use crate::manifest::Digest;
use crate::msg;
use crate::text::{Arg, Message, excerpt};

/// How many requests go out at once.
pub const HEALTH_PARALLEL: usize = 8;

/// What the registry says of a part of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartState {
    /// It is there, as its descriptor says, as far as the registry states it.
    There,
    /// It is not there.
    Missing,
    /// It is not there, but clients may take it from its URLs, which were not asked.
    Elsewhere,
    /// It has another size in bytes.
    OtherSize(u64),
    /// It has another media type.
    OtherMediaType(String),
    /// What is stored under its digest has this one.
    OtherBytes(Digest),
    /// It is there, but was not read, so that what it names was not asked for: the reason.
    Unread(Message),
    /// The registry gave no answer that says: the reason.
    Unknown(Message),
    /// It was not asked: the check was cancelled before.
    NotAsked,
}

impl Client {
    /// Asks the repository for each of `parts`, [`HEALTH_PARALLEL`] at a time, and says what became
    /// of each in their order. `progress` hears how many were answered after each answer. The
    /// client's cancel switch ends it; what was not asked by then is [`PartState::NotAsked`].
    pub async fn health(
        &self,
        repository: &Repository,
        parts: &[Part],
        progress: &dyn Fn(usize),
    ) -> Vec<PartState> {
        let answered = Cell::new(0);
        let ask = |part| {
            let answered = &answered;
            async move {
                if self.cancel().is_cancelled() {
                    return PartState::NotAsked;
                }
                let state = match (self.part_state(repository, part).await, &part.unread) {
                    (PartState::There, Some(reason)) => PartState::Unread(reason.clone()),
                    (state, _) => state,
                };
                answered.set(answered.get() + 1);
                progress(answered.get());
                state
            }
        };
        in_parallel(parts, HEALTH_PARALLEL, ask).await
    }

    async fn part_state(&self, repository: &Repository, part: &Part) -> PartState {
        match &part.role {
            PartRole::Document => {
                let selector = Selector::Digest(part.digest.clone());
                match self.manifest_if_there(repository, &selector).await {
                    Ok(None) => PartState::Missing,
                    Ok(Some(fetched)) => {
                        let size = fetched.bytes.len() as u64;
                        let other = fetched.media_type.filter(|found| {
                            !part.media_type.is_empty() && *found != part.media_type
                        });
                        match other {
                            _ if size != part.size => PartState::OtherSize(size),
                            Some(found) => PartState::OtherMediaType(excerpt(&found, 100)),
                            None => PartState::There,
                        }
                    }
                    Err(error) => failed(&error),
                }
            }
            PartRole::Config | PartRole::Layer(_) => {
                match self.blob_head(repository, &part.digest).await {
                    Ok(Presence::Present { size: Some(size) }) if size != part.size => {
                        PartState::OtherSize(size)
                    }
                    Ok(Presence::Present { .. }) => PartState::There,
                    Ok(Presence::Absent) => match &part.role {
                        PartRole::Layer(urls) if urls.iter().any(|url| !url.is_empty()) => {
                            PartState::Elsewhere
                        }
                        _ => PartState::Missing,
                    },
                    Err(error) => failed(&error),
                }
            }
        }
    }
}

fn failed(error: &Error) -> PartState {
    match error {
        Error::Mismatch { found, .. } => PartState::OtherBytes(found.clone()),
        Error::NoAnswer { error: TransportError::Cancelled, .. } => PartState::NotAsked,
        error => PartState::Unknown(error.message()),
    }
}

impl PartState {
    /// The stable name, as tables and reports write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::There => "there",
            Self::Missing => "missing",
            Self::Elsewhere => "elsewhere",
            Self::OtherSize(_) => "other-size",
            Self::OtherMediaType(_) => "other-media-type",
            Self::OtherBytes(_) => "other-bytes",
            Self::Unread(_) => "unread",
            Self::Unknown(_) => "unknown",
            Self::NotAsked => "not-asked",
        }
    }

    /// Whether a pull of the image fails because of it.
    pub fn breaks(&self) -> bool {
        matches!(self, Self::Missing | Self::OtherSize(_) | Self::OtherBytes(_))
    }

    /// What was found, as a sentence.
    pub fn message(&self) -> Message {
        match self {
            Self::There => msg!("health.there"),
            Self::Missing => msg!("health.missing"),
            Self::Elsewhere => msg!("health.elsewhere"),
            Self::OtherSize(size) => msg!("health.other-size", size = Arg::Bytes(*size)),
            Self::OtherMediaType(found) => msg!("health.other-media-type", found = found),
            Self::OtherBytes(found) => msg!("health.other-bytes", found = found.short()),
            Self::Unread(reason) => msg!("health.unread", reason = reason.clone()),
            Self::Unknown(reason) => msg!("health.unknown", reason = reason.clone()),
            Self::NotAsked => msg!("health.not-asked"),
        }
    }

    /// What to do about `part`, as a sentence; nothing where it is well.
    pub fn advice(&self, part: &Part) -> Option<Message> {
        match (self, &part.role) {
            (Self::There | Self::NotAsked, _) => None,
            (Self::Unread(_), _) => Some(msg!("health.advice.unread")),
            (Self::Unknown(_), _) => Some(msg!("health.advice.unknown")),
            (Self::OtherMediaType(_), _) => Some(msg!("health.advice.media-type")),
            (Self::Elsewhere, _) => Some(msg!("health.advice.elsewhere")),
            (_, PartRole::Document) => Some(msg!("health.advice.document")),
            (_, PartRole::Layer(urls)) if !urls.is_empty() => Some(msg!("health.advice.urls")),
            (_, _) => Some(msg!("health.advice.blob")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::image::Image;
    use crate::image::fixtures::two_platforms;
    use crate::registry::Cancel;
    use crate::registry::testing::{Script, block_on, is, with};

    fn repository() -> Repository {
        Repository::parse("team/app").unwrap()
    }

    /// The documents of an image, by digest.
    fn bytes_of(image: &Image) -> Vec<(String, Vec<u8>)> {
        let documents = image.documents();
        documents.map(|(id, document)| (id.to_string(), document.bytes().to_vec())).collect()
    }

    /// The document that a request names; empty for a blob.
    fn asked_for<'a>(documents: &'a [(String, Vec<u8>)], line: &str) -> &'a [u8] {
        let found = documents.iter().find(|(digest, _)| line.ends_with(digest));
        found.map(|(_, bytes)| &bytes[..]).unwrap_or_default()
    }

    #[test]
    fn states_by_what_the_registry_says() {
        let sample = two_platforms();
        let parts = sample.image.parts();
        let (gone, shared) = (sample.arm64.clone(), sample.shared_layer.clone());
        let (odd, attestation) = (sample.amd64.clone(), sample.attestation.clone());
        let sizes: Vec<(String, u64)> =
            parts.iter().map(|part| (part.digest.to_string(), part.size)).collect();
        let documents = bytes_of(&sample.image);
        let forgotten = sample.image.root().clone();
        let script = Script::by(move |seen| {
            let bytes = asked_for(&documents, &seen.line);
            let of = sizes.iter().find(|(digest, _)| seen.line.ends_with(digest)).unwrap();
            let size = of.1.to_string();
            match of.0.as_str() {
                digest if digest == gone.as_str() => is(404, ""),
                // The answer to `HEAD` is what is left of it.
                digest if digest == forgotten.as_str() && seen.line.starts_with("GET") => {
                    is(404, "")
                }
                digest if digest == shared.as_str() => with(200, &[("content-length", "7")], ""),
                digest if digest == odd.as_str() => with(
                    200,
                    &[("content-length", &size), ("content-type", "application/x")],
                    bytes,
                ),
                digest if digest == attestation.as_str() => {
                    with(200, &[("docker-content-digest", shared.as_str())], "")
                }
                _ => with(200, &[("content-length", &size)], bytes),
            }
        });
        let heard = Cell::new(0);
        let client = script.client("https://registry.example.com");
        let states = block_on(client.health(&repository(), &parts, &|count| heard.set(count)));
        assert_eq!(heard.get(), parts.len());
        // A document that is missing is asked for under both families of media types, as is the one that
        // cannot be read; the one that is another is not read.
        let reads = script.seen().iter().filter(|seen| seen.line.starts_with("GET")).count();
        assert_eq!((reads, script.seen().len()), (3, parts.len() + 1 + reads));
        for (part, state) in parts.iter().zip(&states) {
            let expected = match &part.digest {
                digest if *digest == sample.arm64 => PartState::Missing,
                digest if digest == sample.image.root() => PartState::Missing,
                digest if *digest == sample.shared_layer => PartState::OtherSize(7),
                digest if *digest == sample.amd64 => {
                    PartState::OtherMediaType("application/x".into())
                }
                digest if *digest == sample.attestation => {
                    PartState::OtherBytes(sample.shared_layer.clone())
                }
                _ => PartState::There,
            };
            assert_eq!(*state, expected, "{part:?}");
            assert_eq!(state.advice(part).is_none(), *state == PartState::There);
        }
    }

    #[test]
    fn a_document_that_was_not_read_is_never_all_there() {
        let sample = two_platforms();
        let mut image = sample.image.clone();
        let reason = msg!("image.too-many-documents", most = 7_u64);
        image.insert(sample.arm64.clone(), crate::image::Slot::Missing(reason.clone()));
        let parts = image.parts();
        let documents = bytes_of(&sample.image);
        let script = Script::by(move |seen| with(200, &[], asked_for(&documents, &seen.line)));
        let client = script.client("https://registry.example.com");
        let states = block_on(client.health(&repository(), &parts, &|_| {}));
        for (part, state) in parts.iter().zip(&states) {
            let unread = part.digest == sample.arm64;
            let expected =
                if unread { PartState::Unread(reason.clone()) } else { PartState::There };
            assert_eq!(*state, expected);
            assert_eq!(state.advice(part).is_some(), unread);
        }
    }

    #[test]
    fn a_cancelled_check_says_what_was_not_asked() {
        let parts = two_platforms().image.parts();
        let cancel = Cancel::new();
        let script = Script::by(|_| is(404, ""));
        let client = script.client("https://registry.example.com").with_cancel(cancel.clone());
        let stop = Rc::new(cancel);
        let states = block_on(client.health(&repository(), &parts, &|count| {
            if count == 2 {
                stop.cancel();
            }
        }));
        assert_eq!(states.len(), parts.len());
        let asked = states.iter().filter(|state| **state == PartState::Missing).count();
        assert!((2..=HEALTH_PARALLEL).contains(&asked), "{asked}");
        assert_eq!(states.last(), Some(&PartState::NotAsked));
    }
}
