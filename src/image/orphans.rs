//! What refers to a document by its digest, and so does not follow it to a new one: signatures,
//! attestations, SBOMs, other tags.
//!
//! Nothing here asks a registry: this says what to look for, and what an answer means.

use super::{Image, ImageEdits, Rendered};
use crate::manifest::{Algorithm, Descriptor, Digest, Document};
use crate::msg;
use crate::text::Message;

/// A place in a repository where something may refer to a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trace {
    /// The referrers API of distribution-spec 1.1: `GET /v2/<repository>/referrers/<digest>`.
    Referrers(Digest),
    /// The tag that stands in for that API (distribution-spec, "Referrers Tag Schema"); its
    /// manifest is an index of the referrers.
    FallbackTag(String),
    /// A tag by which cosign before version 3 finds what it attached.
    CosignTag(CosignTag, String),
}

/// What cosign keeps under a tag (cosign `pkg/oci/remote`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CosignTag {
    /// `sha256-<hex>.sig`
    Signature,
    /// `sha256-<hex>.att`
    Attestation,
    /// `sha256-<hex>.sbom`
    Sbom,
}

/// A document that gets a new digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedDigest {
    /// The digest under which it was loaded.
    pub old: Digest,
    /// The digest that it gets.
    pub new: Digest,
}

/// What was found of one digest at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// What refers to the digest; possibly nothing.
    Established(Vec<Orphan>),
    /// The registry does not show it: the reason.
    Unknown(Message),
}

/// Something that stays with the old digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// What it is.
    pub kind: OrphanKind,
    /// Where it was found.
    pub found: FoundIn,
    /// Its own digest, when it is known.
    pub digest: Option<Digest>,
    /// The artifact type or media type, as it stands; may be empty.
    pub artifact_type: String,
    /// Who or what made it, in the words of an annotation: nobody has verified that.
    pub creator: Option<String>,
    /// When it was made, as its annotations say.
    pub created: Option<String>,
}

/// Where something was found that refers to a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundIn {
    /// The list of referrers, by API or fallback tag.
    Referrers,
    /// The manifest of this tag.
    Tag(String),
    /// The entry at this zero-based position of the index loaded under this digest, in the order in
    /// which the entries will stand.
    Entry(Digest, usize),
}

/// What kind of thing refers to a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OrphanKind {
    /// A signature of Notation.
    NotationSignature,
    /// A signature of cosign.
    CosignSignature,
    /// An SBOM in the form of SPDX.
    Spdx,
    /// An SBOM in the form of CycloneDX.
    CycloneDx,
    /// An SBOM in another form.
    Sbom,
    /// A signed statement about the image, such as provenance.
    Attestation,
    /// An attestation that BuildKit put beside the image in its index.
    BuildKitAttestation,
    /// A sigstore bundle, which may be a signature or an attestation.
    Bundle,
    /// Another tag of the repository that points at the old digest.
    Tag,
    /// Something else.
    Other,
}

/// The documents of `rendered` that get a new digest, children before parents.
pub fn changed_digests(rendered: &Rendered) -> Vec<ChangedDigest> {
    rendered
        .children_first()
        .filter(|(old, node)| node.digest != **old)
        .map(|(old, node)| ChangedDigest { old: old.clone(), new: node.digest.clone() })
        .collect()
}

/// Where to look for what refers to `digest`.
pub fn traces(digest: &Digest) -> Vec<Trace> {
    use CosignTag::{Attestation, Sbom, Signature};
    // distribution-spec: `<alg>-<ref>`, of which the hex digits are cut to 64.
    let hex = digest.hex().get(..64).unwrap_or_default();
    let tag = format!("{}-{hex}", digest.algorithm().name());
    let mut all = vec![Trace::Referrers(digest.clone()), Trace::FallbackTag(tag.clone())];
    // cosign's library knows only SHA-256 (go-containerregistry `pkg/v1/hash.go`).
    if digest.algorithm() == Algorithm::Sha256 {
        let cosign = [(Signature, "sig"), (Attestation, "att"), (Sbom, "sbom")];
        all.extend(cosign.map(|(kind, end)| Trace::CosignTag(kind, format!("{tag}.{end}"))));
    }
    all
}

/// What the list of referrers `answer` (an index) holds.
pub fn orphans_of_referrers(answer: &Document) -> Vec<Orphan> {
    let entries = answer.entries().iter();
    entries.map(|entry| Orphan::of_entry(entry, FoundIn::Referrers)).collect()
}

/// What it means that the cosign tag `tag` exists and points at `digest`.
pub fn orphan_of_cosign_tag(kind: CosignTag, tag: &str, digest: Option<Digest>) -> Orphan {
    let kind = match kind {
        CosignTag::Signature => OrphanKind::CosignSignature,
        CosignTag::Attestation => OrphanKind::Attestation,
        CosignTag::Sbom => OrphanKind::Sbom,
    };
    of_tag(kind, tag, digest)
}

/// What it means that the tag `tag`, other than the one that is pushed, points at the old `digest`:
/// whoever uses that tag keeps getting the old image.
pub fn orphan_of_tag(tag: &str, digest: Digest) -> Orphan {
    of_tag(OrphanKind::Tag, tag, Some(digest))
}

fn of_tag(kind: OrphanKind, tag: &str, digest: Option<Digest>) -> Orphan {
    Orphan {
        kind,
        found: FoundIn::Tag(tag.to_owned()),
        digest,
        artifact_type: String::new(),
        creator: None,
        created: None,
    }
}

/// The attestation entries in the image's own indexes that are about a document whose digest
/// changes, with that document's old digest. Entries that are taken out are left out.
pub fn orphaned_entries(
    image: &Image,
    edits: &ImageEdits,
    rendered: &Rendered,
) -> Vec<(Digest, Orphan)> {
    let mut found = Vec::new();
    for (id, _) in rendered.children_first() {
        let entries = image.entries(edits, id).into_iter().filter(|entry| entry.kept);
        for (at, entry) in entries.enumerate() {
            let entry = &*entry.descriptor;
            if !entry.is_attestation() {
                continue;
            }
            let about = entry.annotation("vnd.docker.reference.digest");
            let about = about.and_then(|digest| Digest::parse(digest).ok());
            if let Some(about) = about.filter(|digest| rendered.is_changed(digest)) {
                let mut orphan = Orphan::of_entry(entry, FoundIn::Entry(id.clone(), at));
                orphan.kind = OrphanKind::BuildKitAttestation;
                found.push((about, orphan));
            }
        }
    }
    found
}

impl Orphan {
    /// The tag under which it was found.
    pub fn tag(&self) -> Option<&str> {
        match &self.found {
            FoundIn::Tag(tag) => Some(tag),
            FoundIn::Referrers | FoundIn::Entry(..) => None,
        }
    }

    fn of_entry(entry: &Descriptor, found: FoundIn) -> Self {
        let annotation = |names: &[&str]| {
            let value = names.iter().find_map(|name| entry.annotation(name));
            value.filter(|value| !value.is_empty()).map(str::to_owned)
        };
        let artifact_type = entry.artifact_type.clone().filter(|found| !found.is_empty());
        let artifact_type = artifact_type.unwrap_or_else(|| entry.media_type.clone());
        let predicate =
            annotation(&["dev.sigstore.bundle.predicateType", "in-toto.io/predicate-type"]);
        Self {
            kind: OrphanKind::of(&artifact_type, predicate.as_deref()),
            found,
            digest: Some(entry.digest.clone()),
            artifact_type,
            creator: annotation(&[
                "org.opencontainers.image.authors",
                "org.opencontainers.image.vendor",
                "org.opencontainers.artifact.authors",
            ]),
            created: annotation(&[
                "org.opencontainers.image.created",
                "org.opencontainers.artifact.created",
                "dev.sigstore.bundle.created",
            ]),
        }
    }
}

impl OrphanKind {
    /// What an artifact type means; `predicate` is the in-toto predicate type where one is named.
    ///
    /// Sources: notaryproject `signature-specification.md`; cosign `specs/` and its bundles as
    /// referrers; in-toto `attestation`; the registered media types of SPDX and CycloneDX.
    pub fn of(artifact_type: &str, predicate: Option<&str>) -> Self {
        let has = |text: &str, part: &str| text.to_ascii_lowercase().contains(part);
        if let Some(predicate) = predicate {
            return match predicate {
                _ if has(predicate, "sigstore.dev/cosign/sign") => Self::CosignSignature,
                _ if has(predicate, "spdx") => Self::Spdx,
                _ if has(predicate, "cyclonedx") => Self::CycloneDx,
                _ => Self::Attestation,
            };
        }
        match artifact_type {
            "application/vnd.cncf.notary.signature" => Self::NotationSignature,
            "application/vnd.dev.cosign.simplesigning.v1+json" => Self::CosignSignature,
            _ if has(artifact_type, "cosign.artifact.sig") => Self::CosignSignature,
            _ if has(artifact_type, "sigstore.bundle") => Self::Bundle,
            _ if has(artifact_type, "spdx") => Self::Spdx,
            _ if has(artifact_type, "cyclonedx") => Self::CycloneDx,
            _ if has(artifact_type, "sbom") || has(artifact_type, "syft") => Self::Sbom,
            _ if has(artifact_type, "in-toto")
                || has(artifact_type, "dsse")
                || has(artifact_type, "attestation") =>
            {
                Self::Attestation
            }
            _ => Self::Other,
        }
    }

    /// Its name for a person.
    pub fn message(self) -> Message {
        match self {
            Self::NotationSignature => msg!("orphan.notation"),
            Self::CosignSignature => msg!("orphan.cosign"),
            Self::Spdx => msg!("orphan.spdx"),
            Self::CycloneDx => msg!("orphan.cyclonedx"),
            Self::Sbom => msg!("orphan.sbom"),
            Self::Attestation => msg!("orphan.attestation"),
            Self::BuildKitAttestation => msg!("orphan.buildkit"),
            Self::Bundle => msg!("orphan.bundle"),
            Self::Tag => msg!("orphan.tag"),
            Self::Other => msg!("orphan.other"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::LayerPlace;
    use crate::image::fixtures::two_platforms;
    use crate::manifest::{EntryChoice, LayerMark};

    #[test]
    fn names_to_look_for() {
        let digest = Digest::sha256(b"");
        let tag = digest.as_str().replace(':', "-");
        let names: Vec<String> = traces(&digest)
            .into_iter()
            .map(|trace| match trace {
                Trace::Referrers(digest) => digest.to_string(),
                Trace::FallbackTag(tag) | Trace::CosignTag(_, tag) => tag,
            })
            .collect();
        let expected = [
            digest.to_string(),
            tag.clone(),
            tag.clone() + ".sig",
            tag.clone() + ".att",
            tag + ".sbom",
        ];
        assert_eq!(names, expected);
        let long = Digest::of(Algorithm::Sha512, b"");
        assert!(matches!(&traces(&long)[..], [_, Trace::FallbackTag(tag)] if tag.len() == 7 + 64));
    }

    #[test]
    fn kinds() {
        use OrphanKind as Kind;
        for (artifact_type, predicate, expected) in [
            ("application/vnd.cncf.notary.signature", None, Kind::NotationSignature),
            ("application/vnd.dev.cosign.artifact.sig.v1+json", None, Kind::CosignSignature),
            ("application/vnd.dev.sigstore.bundle.v0.3+json", None, Kind::Bundle),
            (
                "application/vnd.dev.sigstore.bundle.v0.3+json",
                Some("https://sigstore.dev/cosign/sign/v1"),
                Kind::CosignSignature,
            ),
            (
                "application/vnd.dev.sigstore.bundle.v0.3+json",
                Some("https://slsa.dev/provenance/v1"),
                Kind::Attestation,
            ),
            ("application/vnd.in-toto+json", Some("https://spdx.dev/Document"), Kind::Spdx),
            ("application/spdx+json", None, Kind::Spdx),
            ("application/vnd.cyclonedx+json", None, Kind::CycloneDx),
            ("application/vnd.syft+json", None, Kind::Sbom),
            ("application/vnd.in-toto+json", None, Kind::Attestation),
            ("application/vnd.example", None, Kind::Other),
            ("", None, Kind::Other),
        ] {
            assert_eq!(Kind::of(artifact_type, predicate), expected, "{artifact_type}");
        }
    }

    #[test]
    fn referrers_are_read() {
        let subject = Digest::sha256(b"x");
        let text = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{{"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.cncf.notary.signature","digest":"{subject}","size":1,"annotations":{{"org.opencontainers.image.created":"2026-01-01T00:00:00Z","org.opencontainers.image.vendor":"ACME"}}}}]}}"#
        );
        let answer = Document::parse(text.into_bytes(), None, Algorithm::Sha256).unwrap();
        let found = orphans_of_referrers(&answer);
        assert_eq!(found[0].kind, OrphanKind::NotationSignature);
        assert_eq!(found[0].creator.as_deref(), Some("ACME"));
        assert_eq!(found[0].created.as_deref(), Some("2026-01-01T00:00:00Z"));
    }

    #[test]
    fn attestations_beside_a_changed_image() {
        let sample = two_platforms();
        let mut edits = ImageEdits::default();
        let orphans = |edits: &ImageEdits| {
            let rendered = sample.image.render(edits, &Rendered::default());
            let changed = changed_digests(&rendered).len();
            (changed, orphaned_entries(&sample.image, edits, &rendered))
        };
        assert_eq!(orphans(&edits), (0, Vec::new()));
        let foreign = LayerMark::foreign(vec!["https://cdn.example/x".into()]);
        let place = |id: &Digest| vec![LayerPlace { manifest: id.clone(), layer: 0 }];
        edits.mark_layers(&sample.image, &place(&sample.arm64), &foreign);
        assert_eq!(orphans(&edits), (2, Vec::new()));
        edits.mark_layers(&sample.image, &place(&sample.amd64), &foreign);
        let (changed, found) = orphans(&edits);
        assert_eq!(changed, 3);
        let [(about, orphan)] = &found[..] else { panic!("{found:?}") };
        assert_eq!(about, &sample.amd64);
        assert_eq!(orphan.digest.as_ref(), Some(&sample.attestation));
        assert_eq!(orphan.found, FoundIn::Entry(sample.image.root().clone(), 2));
        edits.change(sample.image.root(), |node| node.edits.choose_entry(2, EntryChoice::Drop));
        assert_eq!(orphans(&edits).1, Vec::new());
    }
}
