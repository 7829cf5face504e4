//! The edited image as an OCI layout archive (image-spec `image-layout.md`).
//!
//! What comes out is a list of parts to be written one after the other; a blob that lies in another
//! file is named by its place there, so that an archive of 4 GiB is never in memory. Equal images
//! make equal archives.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::tar::{END, header, padding};
use crate::image::{Image, ImageEdits, Rendered};
use crate::json;
use crate::manifest::media_type::{self, Family};
use crate::manifest::{Descriptor, Digest, EntryKey, Kind, LayerMark};
use crate::msg;
use crate::text::{Arg, Message};

/// A part of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArchivePart {
    /// These bytes.
    Bytes(Arc<[u8]>),
    /// Bytes of the archive from which the image was opened.
    Slice(Slice),
    /// A blob that is fetched while the archive is written.
    Fetched {
        /// Its digest.
        digest: Digest,
        /// Its size in bytes.
        size: u64,
    },
}

/// A range of bytes in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Where it starts, from zero.
    pub offset: u64,
    /// How many bytes.
    pub length: u64,
}

/// Where the bytes of a blob can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobSource {
    /// Here.
    Bytes(Arc<[u8]>),
    /// In the archive from which the image was opened.
    Slice(Slice),
    /// From a registry or URL, while the archive is written.
    Fetch,
}

/// What becomes of the blobs of foreign layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForeignBlobs {
    /// They stay out, as other tools do it.
    #[default]
    LeaveOut,
    /// They are put in where they can be had.
    Include,
}

/// What the image in the archive is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayoutName {
    /// The tag, for `org.opencontainers.image.ref.name`.
    pub tag: Option<String>,
    /// The whole reference, for `io.containerd.image.name`, which `docker load` and `ctr import` read.
    pub reference: Option<String>,
}

/// An archive to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// What to write, in this order.
    pub parts: Vec<ArchivePart>,
    /// The size of it all in bytes.
    pub size: u64,
    /// The blobs that are not in it.
    pub left_out: Vec<LeftOut>,
    /// Whether the image has Docker's media types; see [`Layout::note`].
    pub docker_types: bool,
}

/// A blob that is named in the image but not in the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes, as its descriptor says.
    pub size: u64,
    /// Why.
    pub why: WhyLeftOut,
}

/// Why a blob is not in the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyLeftOut {
    /// It belongs to a foreign layer, wherever it stands.
    Foreign,
    /// It cannot be had here.
    NotAtHand,
}

/// Lays the image out as it is `rendered`.
///
/// Only what the new root names is put in. `blobs` says where configs and layers can be had; the
/// manifests are there anyway.
pub fn oci_layout(
    image: &Image,
    edits: &ImageEdits,
    rendered: &Rendered,
    name: &LayoutName,
    blobs: &BTreeMap<Digest, BlobSource>,
    foreign: ForeignBlobs,
) -> Option<Layout> {
    let root = rendered.node(image.root())?;
    let mut wanted: BTreeMap<Digest, (u64, Option<BlobSource>)> = BTreeMap::new();
    let mut only_foreign: BTreeMap<Digest, bool> = BTreeMap::new();
    for (id, node) in rendered.children_first() {
        let bytes = BlobSource::Bytes(node.bytes.clone());
        wanted.insert(node.digest.clone(), (node.bytes.len() as u64, Some(bytes)));
        let own = edits.get(id).map(|node| &node.edits);
        let mut name_blob = |descriptor: &Descriptor, is_foreign: bool| {
            let source = blobs.get(&descriptor.digest).cloned();
            wanted.entry(descriptor.digest.clone()).or_insert((descriptor.size, source));
            let all = only_foreign.entry(descriptor.digest.clone()).or_insert(true);
            *all &= is_foreign;
        };
        if let Some(config) = node.base.config() {
            name_blob(config, false);
        }
        for (index, layer) in node.base.layers().iter().enumerate() {
            let mark = own.and_then(|own| own.layer_mark(&node.base, index));
            let mark = mark.unwrap_or_else(|| LayerMark::of(layer));
            name_blob(layer, mark.is_foreign());
        }
    }
    let missing = missing_children(image, edits, rendered);
    for entry in &missing {
        let source = blobs.get(&entry.digest).cloned();
        wanted.entry(entry.digest.clone()).or_insert((entry.size, source));
    }
    let mut writer = Writer::default();
    writer.file("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#.as_slice().into());
    let index = index_json(root.media_type, &root.digest, root.bytes.len(), name);
    writer.file("index.json", index.into_bytes().into());
    writer.header("blobs/", 0);
    let algorithms: BTreeSet<&str> =
        wanted.keys().map(|digest| digest.algorithm().name()).collect();
    for algorithm in algorithms {
        writer.header(&format!("blobs/{algorithm}/"), 0);
    }
    let mut left_out = Vec::new();
    for (digest, (size, source)) in wanted {
        let is_foreign = only_foreign.get(&digest).copied().unwrap_or(false);
        let (why, source) = match source {
            Some(_) if is_foreign && foreign == ForeignBlobs::LeaveOut => {
                (WhyLeftOut::Foreign, None)
            }
            None if is_foreign => (WhyLeftOut::Foreign, None),
            source => (WhyLeftOut::NotAtHand, source),
        };
        match source {
            Some(source) => writer.blob(&digest, size, source),
            None => left_out.push(LeftOut { digest, size, why }),
        }
    }
    let (parts, size) = writer.finish();
    let docker_types =
        Kind::from_media_type(root.media_type).is_some_and(|kind| kind.family() == Family::Docker);
    Some(Layout { parts, size, left_out, docker_types })
}

impl Layout {
    /// What the archive is without: how much for which reason, and then each blob.
    pub fn missing(&self) -> Vec<Message> {
        let mut said = Vec::new();
        for why in [WhyLeftOut::NotAtHand, WhyLeftOut::Foreign] {
            let blobs = || self.left_out.iter().filter(|blob| blob.why == why);
            let size = blobs().fold(0_u64, |sum, blob| sum.saturating_add(blob.size));
            let (count, size) = (blobs().count(), Arg::Bytes(size));
            match why {
                _ if count == 0 => {}
                WhyLeftOut::NotAtHand => {
                    said.push(msg!("export.without", count = count, size = size));
                }
                WhyLeftOut::Foreign => {
                    said.push(msg!("export.without-foreign", count = count, size = size));
                }
            }
        }
        said.extend(self.left_out.iter().map(|blob| {
            msg!(
                "export.without-blob",
                digest = blob.digest.to_string(),
                size = Arg::Bytes(blob.size)
            )
        }));
        said
    }

    /// What one should know before using the archive: Skopeo and its relatives look for a tag only
    /// among manifests of OCI types (containers/image `oci/layout/oci_transport.go`).
    pub fn note(&self) -> Option<Message> {
        self.docker_types.then(|| msg!("layout.docker-types"))
    }
}

/// The entries of the image's indexes that are not loaded, as they will stand.
fn missing_children(image: &Image, edits: &ImageEdits, rendered: &Rendered) -> Vec<Descriptor> {
    let kept: BTreeSet<&Digest> = rendered.children_first().map(|(id, _)| id).collect();
    let stands = |(index, key): &(Digest, EntryKey)| {
        kept.contains(index) && edits.of(index).keeps_entry(key)
    };
    image
        .rows(edits)
        .into_iter()
        .filter(|row| row.entry.as_ref().is_some_and(stands))
        .filter(|row| image.base(edits, &row.id).is_none())
        .filter_map(|row| row.descriptor)
        .collect()
}

fn index_json(media_type: &str, digest: &Digest, size: usize, name: &LayoutName) -> String {
    let named = [
        ("io.containerd.image.name", &name.reference),
        ("org.opencontainers.image.ref.name", &name.tag),
    ];
    let annotations: Vec<String> = named
        .iter()
        .filter_map(|(key, value)| {
            Some(format!("{}:{}", json::string(key), json::string(value.as_deref()?)))
        })
        .collect();
    let annotations = if annotations.is_empty() {
        String::new()
    } else {
        format!(r#","annotations":{{{}}}"#, annotations.join(","))
    };
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","manifests":[{{"mediaType":"{media_type}","digest":"{digest}","size":{size}{annotations}}}]}}"#,
        media_type::OCI_INDEX
    )
}

/// Collects parts; neighbouring bytes become one.
#[derive(Default)]
struct Writer {
    parts: Vec<ArchivePart>,
    pending: Vec<u8>,
    size: u64,
}

impl Writer {
    fn header(&mut self, name: &str, size: u64) {
        self.pending.extend(header(name, size));
    }

    fn file(&mut self, name: &str, bytes: Arc<[u8]>) {
        let size = bytes.len() as u64;
        self.header(name, size);
        self.content(ArchivePart::Bytes(bytes), size);
    }

    fn blob(&mut self, digest: &Digest, size: u64, source: BlobSource) {
        let (part, size) = match source {
            BlobSource::Bytes(bytes) => {
                let size = bytes.len() as u64;
                (ArchivePart::Bytes(bytes), size)
            }
            BlobSource::Slice(slice) => (ArchivePart::Slice(slice), slice.length),
            BlobSource::Fetch => (ArchivePart::Fetched { digest: digest.clone(), size }, size),
        };
        self.header(&format!("blobs/{}/{}", digest.algorithm().name(), digest.hex()), size);
        self.content(part, size);
    }

    fn content(&mut self, part: ArchivePart, size: u64) {
        self.flush();
        self.parts.push(part);
        self.size += size;
        self.pending.extend(padding(size));
    }

    fn flush(&mut self) {
        if !self.pending.is_empty() {
            self.size += self.pending.len() as u64;
            self.parts.push(ArchivePart::Bytes(std::mem::take(&mut self.pending).into()));
        }
    }

    fn finish(mut self) -> (Vec<ArchivePart>, u64) {
        self.pending.extend(END);
        self.flush();
        (self.parts, self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tar::tests::now;
    use crate::export::tar::{BLOCK, entries};
    use crate::image::LayerPlace;
    use crate::image::fixtures::two_platforms;

    fn written(layout: &Layout, source: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        for part in &layout.parts {
            match part {
                ArchivePart::Bytes(bytes) => out.extend(bytes.iter()),
                ArchivePart::Slice(slice) => {
                    let start = usize::try_from(slice.offset).unwrap();
                    out.extend(&source[start..start + usize::try_from(slice.length).unwrap()]);
                }
                ArchivePart::Fetched { size, .. } => {
                    out.extend(vec![b'f'; usize::try_from(*size).unwrap()]);
                }
            }
        }
        out
    }

    #[test]
    fn only_what_the_new_root_names_is_in_it() {
        let sample = two_platforms();
        let mut edits = ImageEdits::default();
        let everywhere: Vec<LayerPlace> = [&sample.amd64, &sample.arm64]
            .map(|id| LayerPlace { manifest: id.clone(), layer: 0 })
            .into();
        let mark = LayerMark::foreign(vec!["https://cdn.example/x".into()]);
        edits.mark_layers(&sample.image, &everywhere, &mark);
        let rendered = sample.image.render(&edits, &Rendered::default());
        let amd64 = sample.image.document(&sample.amd64).unwrap();
        let own_layer = amd64.layers()[1].digest.clone();
        let config = amd64.config().unwrap().digest.clone();
        let slice = Slice { offset: 3, length: 10 };
        let blobs = BTreeMap::from([
            (own_layer.clone(), BlobSource::Slice(slice)),
            (config.clone(), BlobSource::Fetch),
            (sample.shared_layer.clone(), BlobSource::Bytes([1; 1000].as_slice().into())),
            (Digest::sha256(b"unused"), BlobSource::Fetch),
        ]);
        let name = LayoutName { tag: Some("1.4".into()), reference: None };
        let lay =
            |foreign| oci_layout(&sample.image, &edits, &rendered, &name, &blobs, foreign).unwrap();
        let layout = lay(ForeignBlobs::LeaveOut);
        let archive = written(&layout, b"___0123456789");
        assert_eq!(archive.len() as u64, layout.size);
        assert_eq!(layout.size % BLOCK, 0);
        let found = now(entries(&archive)).unwrap();
        let content = |name: &str| {
            let entry = found.iter().find(|entry| entry.name == name).unwrap();
            let at = |place: u64| usize::try_from(place).unwrap();
            &archive[at(entry.content.start)..at(entry.content.end)]
        };
        let blob = |digest: &Digest| content(&format!("blobs/sha256/{}", digest.hex())).to_vec();
        for (_, node) in rendered.children_first() {
            assert_eq!(blob(&node.digest), node.bytes.to_vec());
        }
        assert_eq!(blob(&own_layer), b"0123456789");
        assert!(blob(&config).starts_with(b"fff"));
        let index = String::from_utf8(content("index.json").to_vec()).unwrap();
        assert!(index.contains(r#""org.opencontainers.image.ref.name":"1.4""#), "{index}");
        assert!(index.contains(rendered.digest(sample.image.root()).unwrap().as_str()));
        let foreign: Vec<&LeftOut> =
            layout.left_out.iter().filter(|out| out.why == WhyLeftOut::Foreign).collect();
        assert_eq!(foreign.len(), 1);
        assert_eq!((&foreign[0].digest, foreign[0].size), (&sample.shared_layer, 1000));
        // 4 manifests, one config, one layer, oci-layout, index.json, two folders.
        assert_eq!(found.len(), 10);
        assert_eq!(lay(ForeignBlobs::Include).size, layout.size + 512 + 1024);
        assert_eq!(layout, lay(ForeignBlobs::LeaveOut));
        assert_eq!(layout.note(), None);
    }
}
