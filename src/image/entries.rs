//! The entries of the image's indexes for people: what each is, for which platform, about what; and
//! edits that could name what is above them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Image, ImageEdits, PlatformPattern};
use crate::manifest::{
    Descriptor, Digest, EntryChoice, EntryKey, Kind, OwnSubject, Platform, SubjectEdit, media_type,
};
use crate::msg;
use crate::text::Message;

/// BuildKit's annotation by which an attestation names its image.
const OF_IMAGE: &str = "vnd.docker.reference.digest";

/// An entry of an index, as a line of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    /// Which entry it is.
    pub key: EntryKey,
    /// What it says with the edits made to it; its digest is the one under which the document was
    /// loaded.
    pub descriptor: Descriptor,
    /// What it is.
    pub what: EntryKind,
    /// Whether it is in the index as it becomes.
    pub kept: bool,
    /// Whether it says something else than it did, apart from the digest.
    pub edited: bool,
    /// The position among the entries that are kept, from zero.
    pub position: Option<usize>,
}

/// What an entry of an index is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// An image, or something that says nothing else.
    Image,
    /// An attestation of BuildKit about the image with this digest, for this platform where one of
    /// the entries is that image.
    Attestation {
        /// The image, as the annotation names it.
        of: Option<String>,
        /// Its platform.
        platform: Option<Platform>,
    },
    /// An artifact of this type.
    Artifact(String),
    /// Another index.
    Index,
}

impl EntryKind {
    /// The stable name, as recipes write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Attestation { .. } => "attestation",
            Self::Artifact(_) => "artifact",
            Self::Index => "index",
        }
    }
}

/// Why an entry can't be added, or a subject not be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamingProblem {
    /// The document is no index, so it has no entries.
    NotAnIndex(Digest),
    /// The index names this digest already.
    AlreadyThere(Digest),
    /// An index names this digest more than once.
    MoreThanOnce(Digest),
    /// The document is above the one that should name it: no digest can contain itself.
    Above(Digest),
}

impl Image {
    /// The entries of the index loaded as `index`, in the order in which they will stand.
    pub fn entry_rows(&self, edits: &ImageEdits, index: &Digest) -> Vec<EntryRow> {
        let Some(base) = self.base(edits, index) else { return Vec::new() };
        let own = edits.of(index);
        let entries = self.entries(edits, index);
        let platforms: BTreeMap<&str, &Platform> = entries
            .iter()
            .filter_map(|entry| {
                Some((entry.descriptor.digest.as_str(), entry.descriptor.platform.as_ref()?))
            })
            .collect();
        let mut position = 0;
        let mut row = |entry: &super::Entry<'_>| {
            let at = entry.kept.then_some(position);
            position += usize::from(entry.kept);
            let loaded = match entry.key {
                EntryKey::Loaded(at) => base.entries().get(at),
                EntryKey::Added(_) => None,
            };
            EntryRow {
                what: self.kind_of(&entry.descriptor, &platforms),
                edited: loaded != Some(&*entry.descriptor),
                descriptor: entry.descriptor.clone().into_owned(),
                key: entry.key.clone(),
                kept: own.keeps_entry(&entry.key),
                position: at,
            }
        };
        entries.iter().map(&mut row).collect()
    }

    fn kind_of(&self, entry: &Descriptor, platforms: &BTreeMap<&str, &Platform>) -> EntryKind {
        if entry.is_attestation() {
            let of = entry.annotation(OF_IMAGE);
            return EntryKind::Attestation {
                platform: of.and_then(|of| platforms.get(of)).map(|platform| (*platform).clone()),
                of: of.map(str::to_owned),
            };
        }
        if Kind::from_media_type(&entry.media_type).is_some_and(Kind::is_index) {
            return EntryKind::Index;
        }
        let document = self.document(&entry.digest);
        let stated = entry.artifact_type.as_deref();
        let stated = stated.or_else(|| document.and_then(|document| document.artifact_type()));
        let config = document.and_then(|document| document.config());
        // image-spec `manifest.md`: without `artifactType`, the config's media type says what it is.
        let by_config = config.map(|config| config.media_type.as_str()).filter(|found| {
            ![media_type::OCI_CONFIG, media_type::DOCKER_CONFIG, ""].contains(found)
        });
        match stated.filter(|stated| !stated.is_empty()).or(by_config) {
            Some(artifact_type) => EntryKind::Artifact(artifact_type.to_owned()),
            None => EntryKind::Image,
        }
    }

    /// Whether the document `from` names the document `to`, through however many others.
    fn names(&self, edits: &ImageEdits, from: &Digest, to: &Digest) -> bool {
        let mut seen = BTreeSet::new();
        let mut stack = vec![from.clone()];
        while let Some(id) = stack.pop() {
            if id == *to {
                return true;
            }
            if !seen.insert(id.clone()) {
                continue;
            }
            let entries = self.entries(edits, &id).into_iter();
            stack.extend(entries.map(|entry| entry.descriptor.digest.clone()));
            let Some(base) = self.base(edits, &id) else { continue };
            stack.extend(match edits.of(&id).subject() {
                Some(SubjectEdit::Set(subject)) => Some(subject.digest.clone()),
                Some(SubjectEdit::Remove) => None,
                _ => base.subject().map(|subject| subject.digest.clone()),
            });
        }
        false
    }
}

impl ImageEdits {
    /// Adds an entry to the index loaded as `index`. The document that it names takes part in the
    /// tree when `image` has it ([`Image::insert`]).
    ///
    /// # Errors
    /// What is no index; a digest that the index names already; a document above the index.
    pub fn add_entry(
        &mut self,
        image: &Image,
        index: &Digest,
        entry: Descriptor,
    ) -> Result<(), NamingProblem> {
        if !image.base(self, index).is_some_and(|base| base.kind().is_index()) {
            return Err(NamingProblem::NotAnIndex(index.clone()));
        }
        let same = |each: &super::Entry<'_>| each.kept && each.descriptor.digest == entry.digest;
        if image.entries(self, index).iter().any(same) {
            return Err(NamingProblem::AlreadyThere(entry.digest));
        }
        if image.names(self, &entry.digest, index) {
            return Err(NamingProblem::Above(entry.digest));
        }
        self.change(index, |node| node.edits.add_entry(entry));
        Ok(())
    }

    /// Decides what becomes of the subject of the document loaded as `id`.
    ///
    /// # Errors
    /// A subject that is the document itself or one above it.
    pub fn set_subject(
        &mut self,
        image: &Image,
        id: &Digest,
        wanted: Option<SubjectEdit>,
    ) -> Result<(), NamingProblem> {
        let Some(base) = image.base(self, id).cloned() else { return Ok(()) };
        let subject = match &wanted {
            Some(SubjectEdit::Set(subject)) => Some(&subject.digest),
            Some(SubjectEdit::Follow) => base.subject().map(|subject| &subject.digest),
            _ => None,
        };
        if let Some(subject) = subject.filter(|subject| image.names(self, subject, id)) {
            return Err(NamingProblem::Above(subject.clone()));
        }
        let mut refused = None;
        self.change(id, |node| refused = node.edits.set_subject(&base, id, wanted).err());
        match refused {
            Some(OwnSubject) => Err(NamingProblem::Above(id.clone())),
            None => Ok(()),
        }
    }

    /// Takes attestation entries out of every index of `image`: all of them, or those of images for
    /// `platforms`. Says how many.
    pub fn remove_attestations(
        &mut self,
        image: &Image,
        platforms: Option<&[PlatformPattern]>,
    ) -> usize {
        let meant = |row: &EntryRow| match (&row.what, platforms) {
            (EntryKind::Attestation { .. }, None) => true,
            (EntryKind::Attestation { platform: Some(platform), .. }, Some(platforms)) => {
                platforms.iter().any(|pattern| pattern.fits(platform))
            }
            _ => false,
        };
        self.remove_entries(image, meant)
    }

    /// Takes the entries that are meant out of every index of `image`, those added included. Says how
    /// many were there.
    pub fn remove_entries(&mut self, image: &Image, meant: impl Fn(&EntryRow) -> bool) -> usize {
        let mut count = 0;
        for index in image.indexes(self) {
            let Some(base) = image.base(self, &index).cloned() else { continue };
            let rows = image.entry_rows(self, &index);
            let gone: Vec<EntryKey> =
                rows.into_iter().filter(|row| row.kept && meant(row)).map(|row| row.key).collect();
            count += gone.len();
            for key in gone {
                self.change(&index, |node| node.edits.remove_entry(&base, &key));
            }
        }
        count
    }

    /// Puts every entry back as it was loaded, except for what it says beside its digest.
    pub fn restore_entry(&mut self, index: &Digest, at: usize) {
        self.change(index, |node| node.edits.choose_entry(at, EntryChoice::default()));
    }
}

impl Image {
    /// The indexes of the tree, each once, in reading order.
    pub fn indexes(&self, edits: &ImageEdits) -> Vec<Digest> {
        let mut seen = BTreeSet::new();
        let is_index =
            |id: &Digest| self.base(edits, id).is_some_and(|base| base.kind().is_index());
        let rows = self.rows(edits).into_iter().map(|row| row.id);
        rows.filter(|id| is_index(id) && seen.insert(id.clone())).collect()
    }

    /// A descriptor for an entry that names `document`, for `platform`.
    pub fn descriptor_of(
        document: &crate::manifest::Document,
        id: &Digest,
        platform: Option<Platform>,
    ) -> Descriptor {
        Descriptor {
            media_type: document.kind().media_type().to_owned(),
            digest: id.clone(),
            size: document.bytes().len() as u64,
            urls: None,
            platform: platform.filter(|platform| *platform != Platform::default()),
            annotations: Vec::new(),
            artifact_type: document.artifact_type().map(str::to_owned),
            data: None,
        }
    }
}

impl NamingProblem {
    /// What is wrong and what to do, as a sentence.
    pub fn message(&self) -> Message {
        match self {
            Self::NotAnIndex(id) => msg!("entries.not-an-index", document = id.short()),
            Self::AlreadyThere(digest) => msg!("entries.already-there", digest = digest.short()),
            Self::MoreThanOnce(digest) => msg!("entries.more-than-once", digest = digest.short()),
            Self::Above(digest) => msg!("entries.above", digest = digest.short()),
        }
    }
}

/// Documents of an index that stand for one platform more than once, with that platform: clients take
/// the first.
pub fn platforms_twice(rows: &[EntryRow]) -> Vec<Platform> {
    let mut seen = BTreeSet::new();
    let mut twice: Vec<Platform> = rows
        .iter()
        .filter(|row| row.kept && matches!(row.what, EntryKind::Image))
        .filter_map(|row| row.descriptor.platform.clone())
        .filter(|platform| !seen.insert(platform.clone()))
        .collect();
    twice.dedup();
    twice
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::image::fixtures::{Layer, image_of, index_of, two_platforms};
    use crate::image::{Rendered, Slot};
    use crate::manifest::{Algorithm, Document};

    #[test]
    fn rows_say_what_entries_are() {
        let sample = two_platforms();
        let mut edits = ImageEdits::default();
        let root = sample.image.root().clone();
        let says = |edits: &ImageEdits| -> Vec<String> {
            let rows = sample.image.entry_rows(edits, &root);
            rows.iter()
                .map(|row| {
                    let platform = row.descriptor.platform.as_ref();
                    let of = match &row.what {
                        EntryKind::Attestation { platform: Some(of), .. } => format!(" of {of}"),
                        _ => String::new(),
                    };
                    let gone = if row.kept { "" } else { " gone" };
                    let edited = if row.edited { " edited" } else { "" };
                    let platform = platform.map(ToString::to_string).unwrap_or_default();
                    format!("{platform} {}{of}{gone}{edited}", row.what.name())
                })
                .collect()
        };
        assert_eq!(
            says(&edits),
            [
                "linux/amd64 image",
                "linux/arm64 image",
                "unknown/unknown attestation of linux/amd64"
            ]
        );
        let pattern = |text| [PlatformPattern::parse(text).unwrap()];
        assert_eq!(edits.remove_attestations(&sample.image, Some(&pattern("linux/arm64"))), 0);
        assert_eq!(edits.remove_attestations(&sample.image, Some(&pattern("linux/amd64"))), 1);
        assert_eq!(edits.remove_attestations(&sample.image, None), 0, "it is gone already");
        let base = sample.image.document(&root).unwrap().clone();
        let platform = Platform {
            os: "linux".into(),
            architecture: "arm64".into(),
            variant: "v8".into(),
            ..Platform::default()
        };
        edits.change(&root, |node| {
            node.edits.set_platform(&base, &EntryKey::Loaded(1), Some(platform.clone()));
            node.edits.set_platform(&base, &EntryKey::Loaded(0), Some(platform.clone()));
        });
        assert_eq!(says(&edits)[1], "linux/arm64/v8 image edited");
        assert_eq!(says(&edits)[2], "unknown/unknown attestation of linux/arm64/v8 gone");
        assert_eq!(platforms_twice(&sample.image.entry_rows(&edits, &root)), [platform]);
        edits.restore_entry(&root, 2);
        assert!(!says(&edits)[2].contains("gone"));
    }

    #[test]
    fn what_is_added_takes_part_in_the_tree() {
        let sample = two_platforms();
        let mut image = sample.image.clone();
        let more = image_of(&[Layer::new("riscv")]);
        let added = more.document(more.root()).unwrap().clone();
        image.insert(more.root().clone(), Slot::Loaded(added.clone()));
        let root = image.root().clone();
        let mut edits = ImageEdits::default();
        let entry = Image::descriptor_of(&added, more.root(), None);
        edits.add_entry(&image, &root, entry.clone()).unwrap();
        assert_eq!(
            edits.add_entry(&image, &root, entry.clone()),
            Err(NamingProblem::AlreadyThere(more.root().clone()))
        );
        assert_eq!(
            edits.add_entry(&image, &sample.amd64, entry),
            Err(NamingProblem::NotAnIndex(sample.amd64.clone()))
        );
        let rendered = image.render(&edits, &Rendered::default());
        assert_eq!(rendered.children_first().count(), 5);
        // An edit of the added document reaches the entry.
        edits.change(more.root(), |node| node.edits.annotate(&added, "a", Some("b".into())));
        let rendered = image.render(&edits, &rendered);
        let bytes = rendered.node(&root).unwrap().bytes.clone();
        let read = Document::parse(bytes, None, Algorithm::Sha256).unwrap();
        assert_eq!(Some(&read.entries()[3].digest), rendered.digest(more.root()));
        assert_ne!(&read.entries()[3].digest, more.root());
        // Taken out again, it is no part of the push, whatever its own edits.
        let base = image.document(&root).unwrap().clone();
        let key = EntryKey::Added(more.root().clone());
        edits.change(&root, |node| node.edits.remove_entry(&base, &key));
        let rendered = image.render(&edits, &rendered);
        assert_eq!(rendered.digest(&root), Some(&root));
        assert_eq!(rendered.children_first().count(), 4);
    }

    #[test]
    fn nothing_names_what_is_above_it() {
        let sample = two_platforms();
        let inner = sample.image.document(sample.image.root()).unwrap().clone();
        let outer = index_of(&[(&inner, "")]);
        let mut image = Image::new(outer.clone());
        image.insert(inner.digest().clone(), Slot::Loaded(inner.clone()));
        for (id, document) in sample.image.documents() {
            image.insert(id.clone(), Slot::Loaded(document.clone()));
        }
        let mut edits = ImageEdits::default();
        let entry = Image::descriptor_of(&outer, outer.digest(), None);
        let above = Err(NamingProblem::Above(outer.digest().clone()));
        assert_eq!(edits.add_entry(&image, inner.digest(), entry.clone()), above);
        assert_eq!(edits.add_entry(&image, outer.digest(), entry.clone()), above);
        let subject = Some(SubjectEdit::Set(Arc::new(entry)));
        assert_eq!(edits.set_subject(&image, &sample.amd64, subject), above);
        let own = image.document(&sample.arm64).unwrap().clone();
        let own = Image::descriptor_of(&own, &sample.arm64, None);
        let set = |edits: &mut ImageEdits, id| {
            edits.set_subject(&image, id, Some(SubjectEdit::Set(Arc::new(own.clone()))))
        };
        assert!(set(&mut edits, &sample.arm64).is_err());
        assert!(edits.is_empty());
        set(&mut edits, &sample.attestation).unwrap();
        // What is set follows what its document becomes.
        let arm64 = image.document(&sample.arm64).unwrap().clone();
        edits.change(&sample.arm64, |node| node.edits.annotate(&arm64, "a", Some("b".into())));
        let rendered = image.render(&edits, &Rendered::default());
        let bytes = rendered.node(&sample.attestation).unwrap().bytes.clone();
        let read = Document::parse(bytes, None, Algorithm::Sha256).unwrap();
        assert_eq!(Some(&read.subject().unwrap().digest), rendered.digest(&sample.arm64));
        assert!(rendered.is_changed(&sample.arm64));
    }
}
