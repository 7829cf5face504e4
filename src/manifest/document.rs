use std::sync::Arc;

use super::descriptor::{optional_string, wrong_type};
use super::media_type::{self, Family};
use super::{Algorithm, Descriptor, Digest, Refusal, RefusalReason, Totals};
use crate::json::{self, Node, Value};
use crate::limits;

/// The largest document that is opened, 4 MiB: what registries take and clients read.
pub const MAX_BYTES: usize = limits::DOCUMENT;

/// The four kinds of document that can be edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Docker image manifest, version 2 schema 2.
    DockerManifest,
    /// OCI image manifest.
    OciManifest,
    /// Docker manifest list.
    DockerList,
    /// OCI image index.
    OciIndex,
}

/// A manifest or index: its bytes, and what they say.
#[derive(Clone, Debug)]
pub struct Document {
    bytes: Arc<[u8]>,
    root: Node,
    /// Where among the members of `root` the layers or entries stand.
    list: usize,
    kind: Kind,
    media_type: Option<String>,
    config: Option<Descriptor>,
    layers: Vec<Descriptor>,
    entries: Vec<Descriptor>,
    subject: Option<Descriptor>,
    artifact_type: Option<String>,
    annotations: Vec<(String, String)>,
    digest: Digest,
    totals: Totals,
}

impl Document {
    /// Opens `bytes`, which came with the `Content-Type` header `content_type` if there was one
    /// (its parameters do not count).
    ///
    /// `algorithm` is the one of the digest that names the document; new digests use it too.
    pub fn parse(
        bytes: impl Into<Arc<[u8]>>,
        content_type: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Self, Refusal> {
        let bytes: Arc<[u8]> = bytes.into();
        if bytes.len() > MAX_BYTES {
            return Err(Refusal::whole(RefusalReason::TooBig(bytes.len())));
        }
        let root = json::parse(&bytes)?;
        let text: &[u8] = &bytes;
        if !matches!(root.value, Value::Object(_)) {
            let reason = RefusalReason::NotAnObject(root.type_name());
            return Err(Refusal::at(text, root.span.start, reason));
        }
        refuse_case_variants(&root, &KNOWN_NAMES, text)?;
        let media_type = optional_string(&root, "mediaType", text)?;
        let kind = read_kind(&root, media_type.as_deref(), content_type, text)?;
        let config = match root.get("config") {
            Some(node) if !kind.is_index() => Some(Descriptor::read(node, text)?),
            _ => None,
        };
        let subject = match root.get("subject") {
            Some(Node { value: Value::Null, .. }) | None => None,
            Some(node) => Some(Descriptor::read(node, text)?),
        };
        let list = if kind.is_index() { "manifests" } else { "layers" };
        let descriptors = read_list(&root, list, text)?;
        let (layers, entries) =
            if kind.is_index() { (Vec::new(), descriptors) } else { (descriptors, Vec::new()) };
        Ok(Self {
            totals: Totals::of(&layers),
            config,
            subject,
            layers,
            entries,
            artifact_type: optional_string(&root, "artifactType", text)?,
            annotations: read_annotations(&root, text)?,
            digest: Digest::of(algorithm, &bytes),
            list: root.members().iter().position(|member| member.name == list).unwrap_or_default(),
            media_type,
            kind,
            root,
            bytes,
        })
    }

    /// What the layers are together, as they were loaded.
    pub fn loaded_totals(&self) -> &Totals {
        &self.totals
    }

    /// The bytes that were loaded.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// The digest of [`Self::bytes`].
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// What kind of document it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The `mediaType` in the text; OCI documents may leave it out.
    pub fn declared_media_type(&self) -> Option<&str> {
        self.media_type.as_deref()
    }

    /// The config of an image manifest.
    pub fn config(&self) -> Option<&Descriptor> {
        self.config.as_ref()
    }

    /// The layers of an image manifest, base layer first; none for an index.
    pub fn layers(&self) -> &[Descriptor] {
        &self.layers
    }

    /// The entries of an index; none for an image manifest.
    pub fn entries(&self) -> &[Descriptor] {
        &self.entries
    }

    /// The manifest that this one refers to (image-spec `manifest.md`, `subject`).
    pub fn subject(&self) -> Option<&Descriptor> {
        self.subject.as_ref()
    }

    /// The `artifactType`, when there is one.
    pub fn artifact_type(&self) -> Option<&str> {
        self.artifact_type.as_deref()
    }

    /// The document's own annotations in the order of the text.
    pub fn annotations(&self) -> &[(String, String)] {
        &self.annotations
    }

    /// The value of the document's own annotation `name`.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The text as it was read, for views that point into it.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// The object of the layer at `index`.
    pub fn layer_node(&self, index: usize) -> Option<&Node> {
        if self.kind.is_index() { None } else { self.list_node()?.elements().get(index) }
    }

    /// The object of the index entry at `index`.
    pub fn entry_node(&self, index: usize) -> Option<&Node> {
        if self.kind.is_index() { self.list_node()?.elements().get(index) } else { None }
    }

    /// The array of the layers or entries.
    pub(super) fn list_node(&self) -> Option<&Node> {
        self.root.members().get(self.list).map(|member| &member.node)
    }
}

/// Equal bytes with an equal reading; the reading follows from bytes and kind.
impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.digest == other.digest
    }
}

impl Eq for Document {}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 4] =
        [Self::DockerManifest, Self::OciManifest, Self::DockerList, Self::OciIndex];

    /// Reads a manifest media type.
    pub fn from_media_type(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.media_type() == media_type)
    }

    /// The media type of this kind, which is the `Content-Type` to send.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::DockerManifest => media_type::DOCKER_MANIFEST,
            Self::OciManifest => media_type::OCI_MANIFEST,
            Self::DockerList => media_type::DOCKER_LIST,
            Self::OciIndex => media_type::OCI_INDEX,
        }
    }

    /// Docker or OCI.
    pub fn family(self) -> Family {
        match self {
            Self::DockerManifest | Self::DockerList => Family::Docker,
            Self::OciManifest | Self::OciIndex => Family::Oci,
        }
    }

    /// The same kind of document in `family`.
    #[must_use]
    pub fn in_family(self, family: Family) -> Self {
        match (self.is_index(), family) {
            (false, Family::Docker) => Self::DockerManifest,
            (false, Family::Oci) => Self::OciManifest,
            (true, Family::Docker) => Self::DockerList,
            (true, Family::Oci) => Self::OciIndex,
        }
    }

    /// Whether it lists manifests rather than layers.
    pub fn is_index(self) -> bool {
        matches!(self, Self::DockerList | Self::OciIndex)
    }
}

/// Names at the top of a document that Go's decoder would take in any case.
const KNOWN_NAMES: [&str; 9] = [
    "schemaVersion",
    "mediaType",
    "config",
    "layers",
    "manifests",
    "subject",
    "annotations",
    "artifactType",
    "fsLayers",
];

fn read_kind(
    root: &Node,
    declared: Option<&str>,
    content_type: Option<&str>,
    text: &[u8],
) -> Result<Kind, Refusal> {
    let at = |name: &str| {
        root.members()
            .iter()
            .find(|member| member.name == name)
            .map_or(root.span.start, |member| member.name_span.start)
    };
    let refuse = |name: &str, reason| Err(Refusal::at(text, at(name), reason));
    let version = root.get("schemaVersion").map(|node| &node.value);
    let is_number = |wanted: &str| matches!(version, Some(Value::Number(found)) if found == wanted);
    let old = declared.is_some_and(|found| media_type::SCHEMA_1.contains(&found));
    if old || is_number("1") || root.get("fsLayers").is_some() {
        return refuse("schemaVersion", RefusalReason::Schema1);
    }
    let has_layers = root.get("layers").is_some();
    let has_manifests = root.get("manifests").is_some();
    if has_manifests && (has_layers || root.get("config").is_some()) {
        return refuse("manifests", RefusalReason::LayersAndManifests);
    }
    if !has_layers && !has_manifests && root.get("rootfs").is_some() {
        return refuse("rootfs", RefusalReason::ImageConfig);
    }
    let sent = content_type.and_then(specific_media_type);
    if let (Some(declared), Some(sent)) = (declared, sent.as_deref())
        && declared != sent
    {
        let reason = RefusalReason::MediaTypeMismatch(declared.to_owned(), sent.to_owned());
        return refuse("mediaType", reason);
    }
    let kind = match (declared.or(sent.as_deref()), has_layers, has_manifests) {
        (Some(named), ..) => match Kind::from_media_type(named) {
            Some(kind) => kind,
            None => return refuse("mediaType", RefusalReason::UnknownKind(named.to_owned())),
        },
        (None, true, _) => Kind::OciManifest,
        (None, _, true) => Kind::OciIndex,
        (None, false, false) => return refuse("", RefusalReason::NoKind),
    };
    let members_fit = if kind.is_index() { has_manifests } else { has_layers };
    if !members_fit {
        let reason = RefusalReason::MembersMismatch(kind.media_type().to_owned());
        return refuse("mediaType", reason);
    }
    if !is_number("2") {
        return refuse("schemaVersion", RefusalReason::SchemaVersion);
    }
    Ok(kind)
}

/// The media type in a `Content-Type` header, without its parameters and in lower case (RFC 9110,
/// section 8.3.1); `None` for general ones such as `application/json`, which say nothing of a
/// manifest.
fn specific_media_type(header: &str) -> Option<String> {
    let media_type = header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type.starts_with("application/vnd.").then_some(media_type)
}

fn read_list(root: &Node, name: &'static str, text: &[u8]) -> Result<Vec<Descriptor>, Refusal> {
    match root.get(name) {
        Some(found @ Node { value: Value::Array(elements), .. }) => {
            let most = if name == "layers" { limits::LAYERS } else { limits::ENTRIES };
            refuse_too_many(found, name, elements.len(), most, text)?;
            elements.iter().map(|element| Descriptor::read(element, text)).collect()
        }
        Some(Node { value: Value::Null, .. }) | None => Ok(Vec::new()),
        Some(found) => Err(Refusal::at(text, found.span.start, wrong_type(name, "array", found))),
    }
}

/// The annotations of a document or descriptor.
pub(super) fn read_annotations(node: &Node, text: &[u8]) -> Result<Vec<(String, String)>, Refusal> {
    let Some(found) = node.get("annotations") else { return Ok(Vec::new()) };
    if !matches!(found.value, Value::Object(_) | Value::Null) {
        let reason = wrong_type("annotations", "object", found);
        return Err(Refusal::at(text, found.span.start, reason));
    }
    refuse_too_many(found, "annotations", found.members().len(), limits::ANNOTATIONS, text)?;
    let pair = |member: &json::Member| match member.node.as_str() {
        Some(value) => Ok((member.name.clone(), value.to_owned())),
        None => {
            let reason = wrong_type("annotations", "object of strings", &member.node);
            Err(Refusal::at(text, member.node.span.start, reason))
        }
    };
    found.members().iter().map(pair).collect()
}

/// Refuses a list that is longer than any real one: it would only stop the page.
pub(super) fn refuse_too_many(
    node: &Node,
    name: &'static str,
    found: usize,
    most: usize,
    text: &[u8],
) -> Result<(), Refusal> {
    if found <= most {
        return Ok(());
    }
    Err(Refusal::at(text, node.span.start, RefusalReason::TooMany { name, found, most }))
}

/// Refuses a name that is not one of `known` but would be taken for it by Go's `encoding/json`,
/// which compares names under simple case folding (so `ſ` counts as `s` and `K` as `k`).
pub(super) fn refuse_case_variants(
    node: &Node,
    known: &[&'static str],
    text: &[u8],
) -> Result<(), Refusal> {
    fn folded(name: &str) -> impl Iterator<Item = char> {
        name.chars().map(|c| match c {
            'ſ' => 's',
            '\u{212A}' => 'k',
            _ => c.to_ascii_lowercase(),
        })
    }
    for member in node.members() {
        if known.contains(&member.name.as_str()) {
            continue;
        }
        if let Some(name) = known.iter().find(|name| folded(name).eq(folded(&member.name))) {
            let reason = RefusalReason::CaseVariant(member.name.clone(), name);
            return Err(Refusal::at(text, member.name_span.start, reason));
        }
    }
    Ok(())
}
