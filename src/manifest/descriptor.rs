//! Descriptors: media type, digest and size of something, and what else stands beside them.

use super::{Digest, Refusal, RefusalReason, media_type::LayerType};
use crate::json::{Node, Value};

/// A descriptor as it was read (image-spec `descriptor.md`).
///
/// What it says is kept even where it is questionable; only what would make editing ambiguous is
/// refused. Where it stands in the text is known by the document, by its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// The media type's text; empty when the member is missing.
    pub media_type: String,
    /// The digest of what is described.
    pub digest: Digest,
    /// The size in bytes of what is described.
    pub size: u64,
    /// The download URLs as they stand, even empty ones; `None` without the member or with `null`.
    pub urls: Option<Vec<String>>,
    /// The platform of an index entry.
    pub platform: Option<Platform>,
    /// Annotations in the order of the text.
    pub annotations: Vec<(String, String)>,
    /// The `artifactType` of an index entry.
    pub artifact_type: Option<String>,
    /// The embedded content, base64 as it stands.
    pub data: Option<String>,
}

/// The platform of an index entry (image-spec `image-index.md`).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Platform {
    /// `os`, such as `linux`.
    pub os: String,
    /// `architecture`, such as `amd64`.
    pub architecture: String,
    /// `variant`, such as `v8`; empty when absent.
    pub variant: String,
    /// `os.version`, such as `10.0.17763.7136`; empty when absent.
    pub os_version: String,
    /// `os.features`, such as `win32k`; empty when absent.
    pub os_features: Vec<String>,
}

impl Descriptor {
    /// The layer type, when the media type is a known one.
    pub fn layer_type(&self) -> Option<LayerType> {
        LayerType::parse(&self.media_type)
    }

    /// The value of the annotation `name`.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether this index entry is a BuildKit attestation manifest
    /// (buildkit `attestation-storage.md`).
    pub fn is_attestation(&self) -> bool {
        self.annotation("vnd.docker.reference.type") == Some("attestation-manifest")
    }

    /// Whether the layer carries at least one URL that is not empty.
    pub fn has_urls(&self) -> bool {
        self.urls.iter().flatten().any(|url| !url.is_empty())
    }

    /// Reads the object `node`, which stands in `text`.
    ///
    /// # Errors
    /// What would make it ambiguous, and where.
    pub fn read(node: &Node, text: &[u8]) -> Result<Self, Refusal> {
        let refuse = |at: &Node, reason| Err(Refusal::at(text, at.span.start, reason));
        let Value::Object(_) = node.value else {
            return refuse(node, RefusalReason::NotADescriptor(node.type_name()));
        };
        super::document::refuse_case_variants(node, &KNOWN_NAMES, text)?;
        let digest = match node.get("digest") {
            None => return refuse(node, RefusalReason::MissingMember("digest")),
            Some(found) => match found.as_str().map(Digest::parse) {
                Some(Ok(digest)) => digest,
                Some(Err(error)) => return refuse(found, RefusalReason::Digest(error)),
                None => return refuse(found, wrong_type("digest", "string", found)),
            },
        };
        let size = match node.get("size") {
            None => return refuse(node, RefusalReason::MissingMember("size")),
            Some(found) => read_size(found, text)?,
        };
        let urls = match node.get("urls") {
            None | Some(Node { value: Value::Null, .. }) => None,
            Some(found) => {
                let count = found.elements().len();
                super::document::refuse_too_many(found, "urls", count, crate::limits::URLS, text)?;
                Some(strings(found, "urls", text)?)
            }
        };
        Ok(Self {
            media_type: optional_string(node, "mediaType", text)?.unwrap_or_default(),
            digest,
            size,
            urls,
            platform: match node.get("platform") {
                None | Some(Node { value: Value::Null, .. }) => None,
                Some(found) => Some(Platform::read(found, text)?),
            },
            annotations: super::document::read_annotations(node, text)?,
            artifact_type: optional_string(node, "artifactType", text)?,
            data: optional_string(node, "data", text)?,
        })
    }
}

/// Names that Go's decoder would take in any case; a variant of one is refused.
const KNOWN_NAMES: [&str; 8] =
    ["mediaType", "digest", "size", "urls", "platform", "annotations", "artifactType", "data"];

/// Names of a platform's members, of which a variant is refused in the same way.
const PLATFORM_NAMES: [&str; 6] =
    ["os", "architecture", "variant", "os.version", "os.features", "features"];

/// The largest size that every JSON reader keeps exactly: 2⁵³.
const MAX_SIZE: u64 = 1 << 53;

fn read_size(node: &Node, text: &[u8]) -> Result<u64, Refusal> {
    let refuse = |reason| Err(Refusal::at(text, node.span.start, reason));
    let Value::Number(spelled) = &node.value else {
        return refuse(wrong_type("size", "number", node));
    };
    if spelled.starts_with('-') {
        return refuse(RefusalReason::Size(spelled.clone()));
    }
    match spelled.parse::<u64>() {
        Ok(size) if size <= MAX_SIZE => Ok(size),
        _ => refuse(RefusalReason::Size(spelled.clone())),
    }
}

pub(super) fn optional_string(
    node: &Node,
    name: &'static str,
    text: &[u8],
) -> Result<Option<String>, Refusal> {
    match node.get(name) {
        None | Some(Node { value: Value::Null, .. }) => Ok(None),
        Some(found) => match found.as_str() {
            Some(value) => Ok(Some(value.to_owned())),
            None => Err(Refusal::at(text, found.span.start, wrong_type(name, "string", found))),
        },
    }
}

fn strings(found: &Node, name: &'static str, text: &[u8]) -> Result<Vec<String>, Refusal> {
    let texts = match &found.value {
        Value::Array(elements) => {
            elements.iter().map(|each| each.as_str().map(str::to_owned)).collect()
        }
        _ => None,
    };
    let reason = || wrong_type(name, "array of strings", found);
    texts.ok_or_else(|| Refusal::at(text, found.span.start, reason()))
}

pub(super) fn wrong_type(name: &'static str, wanted: &'static str, found: &Node) -> RefusalReason {
    RefusalReason::WrongType { name, wanted, found: found.type_name() }
}

impl Platform {
    /// Reads `os/architecture[/variant]`; `None` when a part is empty or there are more.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        if parts.iter().any(|part| part.trim().is_empty()) {
            return None;
        }
        let (os, architecture, variant) = match parts[..] {
            [os, architecture] => (os, architecture, ""),
            [os, architecture, variant] => (os, architecture, variant),
            _ => return None,
        };
        Some(Self {
            os: os.to_owned(),
            architecture: architecture.to_owned(),
            variant: variant.to_owned(),
            ..Self::default()
        })
    }

    /// Reads the object `node`, which stands in `text`.
    ///
    /// # Errors
    /// Members of another type, or spelled in another case.
    pub fn read(node: &Node, text: &[u8]) -> Result<Self, Refusal> {
        if !matches!(node.value, Value::Object(_)) {
            let reason = wrong_type("platform", "object", node);
            return Err(Refusal::at(text, node.span.start, reason));
        }
        super::document::refuse_case_variants(node, &PLATFORM_NAMES, text)?;
        let member = |name| optional_string(node, name, text).map(Option::unwrap_or_default);
        Ok(Self {
            os: member("os")?,
            architecture: member("architecture")?,
            variant: member("variant")?,
            os_version: member("os.version")?,
            os_features: match node.get("os.features") {
                None | Some(Node { value: Value::Null, .. }) => Vec::new(),
                Some(found) => strings(found, "os.features", text)?,
            },
        })
    }
}

impl std::fmt::Display for Platform {
    /// `os/architecture[/variant]`, with the version of Windows behind it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if !self.variant.is_empty() {
            write!(f, "/{}", self.variant)?;
        }
        if !self.os_version.is_empty() {
            write!(f, " {}", self.os_version)?;
        }
        Ok(())
    }
}
