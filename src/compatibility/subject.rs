use std::collections::BTreeMap;

use super::RegistryKind;
use crate::image::{Image, ImageEdits, Rendered};
use crate::manifest::Digest;
use crate::registry::UrlHost;

/// What is checked: an image with its edits rendered, and what is known of its surroundings.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The image as it was loaded.
    pub image: &'a Image,
    /// What the person changed.
    pub edits: &'a ImageEdits,
    /// The image with `edits`, from [`Image::render`].
    pub rendered: &'a Rendered,
    /// What is known beyond the documents.
    pub situation: &'a Situation,
}

/// A layer of an image: the document that names it, by the digest under which it was loaded, and
/// its zero-based index there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LayerRef {
    /// The manifest.
    pub node: Digest,
    /// The layer's index.
    pub index: u32,
}

/// What is known beyond the documents. The default is that nothing is, and whatever follows from
/// something unknown is reported as unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Situation {
    /// Where the image was loaded from.
    pub source: Option<Place>,
    /// Where it is going.
    pub target: Option<Place>,
    /// Which registry software answers at the target.
    pub kind: RegistryKind,
    /// What the target's registry does with URLs in manifests, where that is a matter of its
    /// configuration.
    pub url_allowance: UrlAllowance,
    /// The hosts that URLs may name, where the portal settles that.
    pub url_hosts: Option<Vec<UrlHost>>,
    /// What is known of blobs at the target.
    pub blobs: BTreeMap<Digest, Blob>,
    /// What came of asking a layer's URLs: by the layer's digest, then by the URL's exact text.
    pub urls: BTreeMap<Digest, BTreeMap<String, UrlFact>>,
    /// Signatures, attestations and other referrers that name documents of this image as they were
    /// loaded: their tags or digests. `None` when nobody looked.
    pub referrers: Option<Vec<String>>,
    /// Whether the target's tag is immutable; `None` when not known.
    pub immutable_tag: Option<bool>,
}

/// A repository, with the tag that is meant in it if there is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The registry's host, with its port if it has one.
    pub host: String,
    /// The repository's name.
    pub repository: String,
    /// The tag.
    pub tag: Option<String>,
}

/// What is known of a blob at the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blob {
    /// Nobody asked, or the answer could not be read.
    #[default]
    Unknown,
    /// The registry has it.
    Present {
        /// Its size in bytes, where the registry said so.
        size: Option<u64>,
    },
    /// The registry has it not.
    Absent,
}

/// What the target's registry does with URLs in manifests (distribution:
/// `validation.manifests.urls`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UrlAllowance {
    /// Not known.
    #[default]
    Unknown,
    /// It lets the URLs of this image pass: an allow list matches, or validation is disabled.
    Allows,
    /// It refuses them; distribution's default.
    Refuses,
}

/// What came of asking one URL for one layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UrlFact {
    /// The outcome.
    pub state: UrlState,
    /// The final URL after redirects, when there were any and it could be seen.
    pub redirect: Option<String>,
    /// Whether ranges are served, when that is known.
    pub ranges: Option<bool>,
}

/// The outcome of asking a URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum UrlState {
    /// Not asked yet.
    #[default]
    Unchecked,
    /// The whole content was read; its size and digest are the layer's.
    Verified,
    /// The content has another digest.
    WrongContent,
    /// The content is shorter or longer than the layer.
    WrongSize,
    /// The server states a `Content-Encoding`, and undone, which most clients do, the content is not
    /// the layer.
    Encoded,
    /// The server states a `Content-Encoding`; undone, the content is the layer or was not read.
    Compressed,
    /// Status 404 or 410.
    Missing,
    /// Status 401 or 403.
    NeedsAuthentication,
    /// Any other status that is no success.
    ServerError,
    /// The browser was not allowed to see the answer (CORS, mixed content): nothing is known.
    Blocked,
    /// No answer at all.
    Unreachable,
}

impl Situation {
    /// What is known of an image that was loaded from `place` and would go back there.
    pub fn of_place(place: Option<Place>) -> Self {
        let kind = place.as_ref().map(|place| RegistryKind::of_host(&place.host));
        let kind = kind.unwrap_or_default();
        Self { source: place.clone(), target: place, kind, ..Self::default() }
    }

    /// The registries that are dealt with.
    pub(crate) fn places(&self) -> Vec<&Place> {
        self.source.iter().chain(&self.target).collect()
    }

    /// Adds what was learned by asking the target. What was known of another target is forgotten:
    /// it would be taken for what holds at this one.
    pub fn learn(&mut self, learned: &Self) {
        if let Some(target) = &learned.target {
            let (host, repository) = match &self.target {
                Some(old) => (old.host == target.host, old.repository == target.repository),
                None => (false, false),
            };
            if !host {
                self.kind = RegistryKind::of_host(&target.host);
                self.url_allowance = UrlAllowance::Unknown;
            }
            if !(host && repository) {
                self.blobs.clear();
            }
            if self.target.as_ref() != Some(target) {
                self.immutable_tag = None;
            }
            self.target = Some(target.clone());
        }
        if learned.kind != RegistryKind::Unknown {
            self.kind = learned.kind;
        }
        if learned.url_allowance != UrlAllowance::Unknown {
            self.url_allowance = learned.url_allowance;
        }
        self.blobs.extend(learned.blobs.iter().map(|(digest, blob)| (digest.clone(), *blob)));
        for (layer, facts) in &learned.urls {
            self.urls.entry(layer.clone()).or_default().extend(facts.clone());
        }
        self.immutable_tag = learned.immutable_tag.or(self.immutable_tag);
        if learned.referrers.is_some() {
            self.referrers.clone_from(&learned.referrers);
        }
    }

    /// What is known of the blob `digest` at the target.
    pub fn blob(&self, digest: &Digest) -> Blob {
        self.blobs.get(digest).copied().unwrap_or_default()
    }
}

impl UrlState {
    /// Whether the URL is known not to serve the layer.
    pub fn fails(self) -> bool {
        !matches!(self, Self::Unchecked | Self::Verified | Self::Compressed | Self::Blocked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_target_is_another_story() {
        let place = |host: &str, repository: &str, tag: &str| Place {
            host: host.into(),
            repository: repository.into(),
            tag: Some(tag.into()),
        };
        let digest = Digest::sha256(b"a");
        let known = || {
            let mut known = Situation::of_place(Some(place("r.example", "app", "1")));
            known.learn(&Situation {
                kind: RegistryKind::Zot,
                url_allowance: UrlAllowance::Allows,
                blobs: BTreeMap::from([(digest.clone(), Blob::Absent)]),
                immutable_tag: Some(true),
                ..Situation::default()
            });
            known
        };
        for (target, kind, allowance, blob, immutable) in [
            (
                place("r.example", "app", "1"),
                RegistryKind::Zot,
                UrlAllowance::Allows,
                Blob::Absent,
                Some(true),
            ),
            (
                place("r.example", "app", "2"),
                RegistryKind::Zot,
                UrlAllowance::Allows,
                Blob::Absent,
                None,
            ),
            (
                place("r.example", "other", "1"),
                RegistryKind::Zot,
                UrlAllowance::Allows,
                Blob::Unknown,
                None,
            ),
            (
                place("docker.io", "app", "1"),
                RegistryKind::DockerHub,
                UrlAllowance::Unknown,
                Blob::Unknown,
                None,
            ),
        ] {
            let mut situation = known();
            situation.learn(&Situation { target: Some(target.clone()), ..Situation::default() });
            assert_eq!(situation.kind, kind, "{target:?}");
            assert_eq!(situation.url_allowance, allowance, "{target:?}");
            assert_eq!(situation.blob(&digest), blob, "{target:?}");
            assert_eq!(situation.immutable_tag, immutable, "{target:?}");
            assert_eq!(situation.source, known().source, "{target:?}");
        }
    }
}
