use std::collections::BTreeMap;

use super::RegistryKind;
use crate::image::{Image, ImageEdits, Rendered};
use crate::manifest::Digest;

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
    /// The server compresses the response (`Content-Encoding`), which clients undo.
    Encoded,
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
    /// What is known of the blob `digest` at the target.
    pub fn blob(&self, digest: &Digest) -> Blob {
        self.blobs.get(digest).copied().unwrap_or_default()
    }

    /// What came of asking `url` for the layer `digest`.
    pub fn url(&self, digest: &Digest, url: &str) -> Option<&UrlFact> {
        self.urls.get(digest)?.get(url)
    }
}

impl UrlState {
    /// Whether the URL is known not to serve the layer.
    pub fn fails(self) -> bool {
        !matches!(self, Self::Unchecked | Self::Verified | Self::Blocked)
    }
}
