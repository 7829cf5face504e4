//! Opening an archive: an OCI layout, or what `docker save` writes.
//!
//! Invariants: the file is read by slices, and only headers and documents are kept; every document
//! is accepted only if it hashes to the digest that names it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::archive_files::{Files, Progress, hash, read_small};
use super::docker_save::{self, SavedImage};
use super::tar::{Entry, EntryKind, entries};
use super::{ArchiveError, Slice, Slices};
use crate::image::{Config, Image, ImageEdits, Slot};
use crate::manifest::{Algorithm, Descriptor, Digest, Document};
use crate::msg;
use crate::text::Message;

/// An archive whose contents are known.
#[derive(Clone, Debug, PartialEq)]
pub struct Archive {
    /// What kind of archive it is.
    pub form: ArchiveForm,
    /// The images in it, to choose from.
    pub roots: Vec<ArchiveRoot>,
    /// Where the blobs lie. Whether they hash to these digests is checked when they are used.
    pub blobs: BTreeMap<Digest, Slice>,
}

/// What kind of archive it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveForm {
    /// An OCI layout, which is also what `docker save` writes since Docker 25.
    OciLayout,
    /// `docker save` before Docker 25, and tools that imitate it: there are no manifests.
    DockerSave,
}

/// An image in an archive.
#[derive(Clone, Debug, PartialEq)]
pub struct ArchiveRoot {
    /// What it is called there; may be empty.
    pub names: Vec<String>,
    /// Its platform, when the archive says it.
    pub platform: Option<String>,
    /// The size of what it names in bytes, as far as it is known without opening it.
    pub size: u64,
    source: RootSource,
}

#[derive(Clone, Debug, PartialEq)]
enum RootSource {
    Descriptor(Box<Descriptor>),
    Saved(SavedImage),
}

/// An image that was opened from an archive.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedImage {
    /// The image, with all documents and configs that the archive has.
    pub image: Image,
    /// Where its blobs lie.
    pub blobs: BTreeMap<Digest, Slice>,
    /// Whether the manifest was made here, because the archive has none: it is then not the one
    /// that a registry has, and its layers are not packed.
    pub manifest_made_here: bool,
}

/// Whether a file that starts with these bytes is a tar archive, or compressed as one may be, rather
/// than a manifest; the first 512 bytes decide.
pub fn is_archive(start: &[u8]) -> bool {
    // POSIX.1-1988 puts the word here; every program that writes images does.
    start.get(257..262) == Some(b"ustar")
        || COMPRESSED.iter().any(|(magic, _)| start.starts_with(magic))
}

/// Reads what is in the archive `file`.
pub async fn open_archive<S: Slices>(file: &S) -> Result<Archive, ArchiveError> {
    refuse_compressed(file).await?;
    let entries = entries(file).await?;
    let files = Files::of(&entries);
    if let (Some(index), Some(_)) = (files.find("index.json"), files.find("oci-layout")) {
        let blobs = blobs_of_layout(&entries);
        let document = read_document(file, "index.json", index).await?;
        let roots = document.entries().iter().map(ArchiveRoot::of_descriptor).collect();
        return Archive { form: ArchiveForm::OciLayout, roots, blobs }.not_empty();
    }
    if let Some(list) = files.find("manifest.json") {
        let bytes = read_small(file, "manifest.json", list).await?;
        let saved = docker_save::read_list(&bytes, &files)?;
        let roots = saved.into_iter().map(ArchiveRoot::of_saved).collect();
        let blobs = BTreeMap::new();
        return Archive { form: ArchiveForm::DockerSave, roots, blobs }.not_empty();
    }
    Err(ArchiveError::NoImage)
}

/// Opens the image `root` of `archive`.
///
/// For an archive without manifests this reads all its layers once, to know their digests;
/// `progress` is told after every few megabytes.
pub async fn open_image<S: Slices>(
    file: &S,
    archive: &Archive,
    root: &ArchiveRoot,
    progress: &mut dyn FnMut(Progress),
) -> Result<OpenedImage, ArchiveError> {
    match &root.source {
        RootSource::Descriptor(descriptor) => {
            let image = load_tree(file, &archive.blobs, descriptor).await?;
            Ok(OpenedImage { image, blobs: archive.blobs.clone(), manifest_made_here: false })
        }
        RootSource::Saved(saved) => {
            let made = docker_save::make_manifest(file, saved, progress).await?;
            let document = Document::parse(made.manifest, None, Algorithm::Sha256)
                .map_err(|refusal| ArchiveError::Refused { name: made.config_name, refusal })?;
            let mut image = Image::new(document);
            if let Some(config) = Config::parse(&made.config) {
                image.insert_config(Digest::sha256(&made.config), config);
            }
            Ok(OpenedImage { image, blobs: made.blobs, manifest_made_here: true })
        }
    }
}

/// Checks that the blob `digest` at `slice` is what its digest says.
pub async fn verify_blob<S: Slices>(
    file: &S,
    digest: &Digest,
    slice: Slice,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), ArchiveError> {
    let found = hash(file, digest.algorithm(), slice.range(), &mut |done| {
        progress(Progress { done, total: slice.length });
    })
    .await?;
    if found == *digest { Ok(()) } else { Err(ArchiveError::Mismatch { name: digest.to_string() }) }
}

impl OpenedImage {
    /// What one should know of it first.
    pub fn note(&self) -> Option<Message> {
        self.manifest_made_here.then(|| msg!("archive.made-here"))
    }
}

impl Slice {
    /// The bytes from the first to behind the last.
    pub fn range(self) -> Range<u64> {
        self.offset..self.offset + self.length
    }

    pub(super) fn of(range: &Range<u64>) -> Self {
        Self { offset: range.start, length: range.end - range.start }
    }
}

/// First bytes of compressed files: gzip, zstd, xz, bzip2, zip.
const COMPRESSED: [(&[u8], &str); 5] = [
    (b"\x1f\x8b", "gzip -d"),
    (b"\x28\xb5\x2f\xfd", "zstd -d"),
    (b"\xfd7zXZ", "xz -d"),
    (b"BZh", "bzip2 -d"),
    (b"PK\x03\x04", "unzip"),
];

async fn refuse_compressed<S: Slices>(file: &S) -> Result<(), ArchiveError> {
    let start = file.read(0..file.size().min(8)).await?;
    match COMPRESSED.iter().find(|(magic, _)| start.starts_with(magic)) {
        Some((_, command)) => Err(ArchiveError::Compressed { command }),
        None => Ok(()),
    }
}

async fn read_document<S: Slices>(
    file: &S,
    name: &str,
    range: Range<u64>,
) -> Result<Document, ArchiveError> {
    let bytes = read_small(file, name, range).await?;
    Document::parse(bytes, None, Algorithm::Sha256)
        .map_err(|refusal| ArchiveError::Refused { name: name.to_owned(), refusal })
}

fn blobs_of_layout(entries: &[Entry]) -> BTreeMap<Digest, Slice> {
    let blob = |entry: &Entry| {
        let (algorithm, hex) = entry.name.strip_prefix("blobs/")?.split_once('/')?;
        let digest = Digest::parse(&format!("{algorithm}:{hex}")).ok()?;
        (entry.kind == EntryKind::File).then(|| (digest, Slice::of(&entry.content)))
    };
    entries.iter().filter_map(blob).collect()
}

/// Loads the document that `root` names and everything below it.
async fn load_tree<S: Slices>(
    file: &S,
    blobs: &BTreeMap<Digest, Slice>,
    root: &Descriptor,
) -> Result<Image, ArchiveError> {
    let mut image = Image::new(load(file, blobs, root).await?);
    let edits = ImageEdits::default();
    loop {
        let wanted = image.wanted(&edits);
        if wanted.is_empty() {
            break;
        }
        for child in wanted {
            let slot = match load(file, blobs, &child).await {
                Ok(document) => Slot::Loaded(document.into()),
                Err(error) => Slot::Missing(error.message()),
            };
            image.insert(child.digest, slot);
        }
    }
    let configs: Vec<Descriptor> =
        image.documents().filter_map(|(_, document)| document.config().cloned()).collect();
    for config in configs {
        // An artifact's config need not be one of an image, and one that is not there costs only
        // its history lines.
        if let Ok(bytes) = load_bytes(file, blobs, &config).await
            && let Some(read) = Config::parse(&bytes)
        {
            image.insert_config(config.digest, read);
        }
    }
    Ok(image)
}

async fn load<S: Slices>(
    file: &S,
    blobs: &BTreeMap<Digest, Slice>,
    descriptor: &Descriptor,
) -> Result<Document, ArchiveError> {
    let bytes = load_bytes(file, blobs, descriptor).await?;
    let media_type = Some(descriptor.media_type.as_str()).filter(|found| !found.is_empty());
    Document::parse(bytes, media_type, descriptor.digest.algorithm())
        .map_err(|refusal| ArchiveError::Refused { name: descriptor.digest.to_string(), refusal })
}

async fn load_bytes<S: Slices>(
    file: &S,
    blobs: &BTreeMap<Digest, Slice>,
    descriptor: &Descriptor,
) -> Result<Vec<u8>, ArchiveError> {
    let name = descriptor.digest.to_string();
    let Some(slice) = blobs.get(&descriptor.digest) else {
        return Err(ArchiveError::Missing { name });
    };
    let bytes = read_small(file, &name, slice.range()).await?;
    if descriptor.digest.matches(&bytes) { Ok(bytes) } else { Err(ArchiveError::Mismatch { name }) }
}

impl Archive {
    fn not_empty(self) -> Result<Self, ArchiveError> {
        if self.roots.is_empty() { Err(ArchiveError::NoImage) } else { Ok(self) }
    }
}

impl ArchiveRoot {
    /// Whether opening it reads all its layers, because there is no manifest.
    pub fn needs_hashing(&self) -> bool {
        matches!(self.source, RootSource::Saved(_))
    }

    fn of_descriptor(entry: &Descriptor) -> Self {
        // The whole name that Docker and containerd write comes before the bare tag.
        let names = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];
        let name = names.iter().find_map(|name| entry.annotation(name));
        Self {
            names: name.filter(|name| !name.is_empty()).map(str::to_owned).into_iter().collect(),
            platform: entry.platform.as_ref().map(ToString::to_string),
            size: entry.size,
            source: RootSource::Descriptor(Box::new(entry.clone())),
        }
    }

    fn of_saved(saved: SavedImage) -> Self {
        Self {
            names: saved.names.clone(),
            platform: None,
            size: saved.size(),
            source: RootSource::Saved(saved),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tar::tests::{archive_of, now};
    use crate::image::fixtures::{Layer, index_of, manifest_of};

    fn path(bytes: &[u8]) -> String {
        format!("blobs/sha256/{}", Digest::sha256(bytes).hex())
    }

    #[test]
    fn archives_are_told_from_manifests() {
        assert!(is_archive(&archive_of(&[("oci-layout", b"{}")])));
        assert!(is_archive(b"\x1f\x8b\x08"));
        for manifest in [&b""[..], b"{", &[b' '; 600]] {
            assert!(!is_archive(manifest));
        }
    }

    #[test]
    fn an_oci_layout_opens() {
        let (document, ..) = manifest_of(&[Layer::new("a")], "");
        let other = manifest_of(&[Layer::new("b")], "").0;
        let inner = index_of(&[(&document, ""), (&other, "")]);
        let index = index_of(&[
            (&inner, r#","annotations":{"org.opencontainers.image.ref.name":"1.4"}"#),
            (&document, r#","platform":{"os":"linux","architecture":"amd64"}"#),
        ]);
        let archive = archive_of(&[
            ("./oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#),
            ("./index.json", index.bytes()),
            (&path(inner.bytes()), inner.bytes()),
            (&path(document.bytes()), document.bytes()),
            (&path(other.bytes()), b"other bytes"),
        ]);
        let opened = now(open_archive(&archive)).unwrap();
        assert_eq!(opened.form, ArchiveForm::OciLayout);
        let names: Vec<_> = opened.roots.iter().map(|root| root.names.join(",")).collect();
        assert_eq!(names, ["1.4", ""]);
        assert_eq!(opened.roots[1].platform.as_deref(), Some("linux/amd64"));
        assert!(!opened.roots[0].needs_hashing());
        let image =
            now(open_image(&archive, &opened, &opened.roots[0], &mut |_| {})).unwrap().image;
        assert_eq!(image.root(), inner.digest());
        assert!(image.document(document.digest()).is_some());
        let Some(Slot::Missing(reason)) = image.slot(other.digest()) else { panic!() };
        let name = other.digest().to_string();
        assert_eq!(*reason, ArchiveError::Mismatch { name: name.clone() }.message());
        let slice = opened.blobs[other.digest()];
        let verified = now(verify_blob(&archive, other.digest(), slice, &mut |_| {}));
        assert_eq!(verified, Err(ArchiveError::Mismatch { name }));
        let slice = opened.blobs[inner.digest()];
        assert_eq!(now(verify_blob(&archive, inner.digest(), slice, &mut |_| {})), Ok(()));
    }

    #[test]
    fn refusals() {
        let check = |archive: Vec<u8>, expected: ArchiveError| {
            assert_eq!(now(open_archive(&archive)), Err(expected));
        };
        check(b"\x1f\x8b\x08etc".to_vec(), ArchiveError::Compressed { command: "gzip -d" });
        check(b"PK\x03\x04etc".to_vec(), ArchiveError::Compressed { command: "unzip" });
        check(b"\x28\xb5\x2f\xfd".to_vec(), ArchiveError::Compressed { command: "zstd -d" });
        check(Vec::new(), ArchiveError::NotAnArchive);
        check(archive_of(&[("readme", b"x")]), ArchiveError::NoImage);
        check(archive_of(&[("index.json", b"{}")]), ArchiveError::NoImage);
        let empty = br#"{"schemaVersion":2,"manifests":[]}"#;
        check(archive_of(&[("oci-layout", b""), ("index.json", empty)]), ArchiveError::NoImage);
        let big = vec![b' '; crate::manifest::MAX_BYTES + 1];
        let size = big.len() as u64;
        let name = "index.json".into();
        check(
            archive_of(&[("oci-layout", b""), ("index.json", &big)]),
            ArchiveError::TooBig { name, size },
        );
    }

    #[test]
    fn links_are_followed_but_not_for_ever() {
        let link = |name: &str, target: &str| Entry {
            name: name.into(),
            kind: EntryKind::Link(target.into()),
            content: 0..0,
        };
        let file = Entry { name: "c/layer.tar".into(), kind: EntryKind::File, content: 7..9 };
        let entries = [link("a/layer.tar", "../c/layer.tar"), link("x", "y"), link("y", "x"), file];
        let files = Files::of(&entries);
        assert_eq!(files.find("a/layer.tar"), Some(7..9));
        assert_eq!(files.find("x"), None);
    }

    /// A file of 5 GiB of which nothing exists but the start.
    struct Huge {
        start: Vec<u8>,
        read: std::cell::Cell<u64>,
    }

    impl Slices for Huge {
        fn size(&self) -> u64 {
            5 << 30
        }

        async fn read(&self, range: Range<u64>) -> Result<Vec<u8>, ArchiveError> {
            self.read.set(self.read.get() + (range.end - range.start));
            let byte =
                |at: u64| usize::try_from(at).ok().and_then(|at| self.start.get(at)).copied();
            Ok(range.map(|at| byte(at).unwrap_or(0)).collect())
        }
    }

    #[test]
    fn opening_reads_headers_and_documents_only() {
        let layer = Layer::new("a");
        let (document, ..) = manifest_of(std::slice::from_ref(&layer), "");
        let index = index_of(&[(&document, "")]);
        let mut start = archive_of(&[
            ("oci-layout", b"{}"),
            ("index.json", index.bytes()),
            (&path(document.bytes()), document.bytes()),
        ]);
        start.truncate(start.len() - 1024);
        let size = (5 << 30) - start.len() as u64 - 512 - 1024;
        start.extend(crate::export::tar::header(
            &format!("blobs/sha256/{}", layer.digest.hex()),
            size,
        ));
        let file = Huge { start, read: 0.into() };
        let opened = now(open_archive(&file)).unwrap();
        let image = now(open_image(&file, &opened, &opened.roots[0], &mut |_| {})).unwrap();
        assert_eq!(image.image.root(), document.digest());
        assert_eq!(image.blobs[&layer.digest].length, size);
        assert!(file.read.get() < 300_000, "{} bytes read", file.read.get());
    }
}
