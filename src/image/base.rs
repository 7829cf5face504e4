//! Which layers an image has from its base image.

use std::collections::{BTreeMap, BTreeSet};

use super::manifests::image_manifests;
use super::{Image, ImageEdits};
use crate::manifest::{Digest, Document, Platform};

/// How far the layers of one manifest are those of the base image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseMatch {
    /// The manifest, by the digest under which it was loaded.
    pub manifest: Digest,
    /// The base image's manifest that fits it best.
    pub base: Digest,
    /// How many of the first layers are the base's.
    pub layers: usize,
    /// How many layers the base has; more than `layers` means that the image was built on another
    /// version of it.
    pub of: usize,
    /// How the layers were recognised.
    pub by: MatchedBy,
}

/// How layers were recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchedBy {
    /// By their digests: the very same bytes.
    Digest,
    /// Some only by their `diff_id`: the same content, packed otherwise.
    DiffId,
}

/// The base image that annotations name (image-spec `annotations.md`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedBase {
    /// `org.opencontainers.image.base.name`, a reference.
    pub name: Option<String>,
    /// `org.opencontainers.image.base.digest`, as it stands.
    pub digest: Option<String>,
}

/// Compares every image manifest of `image` with those of `base`: the longest common prefix of
/// layers, each equal by digest or by `diff_id`.
///
/// The manifest of `base` with the longest match counts, at a tie the one of the same platform.
/// Manifests that share no layer with the base are left out.
pub fn match_base(image: &Image, edits: &ImageEdits, base: &Image) -> Vec<BaseMatch> {
    let bases = image_manifests(base, &ImageEdits::default());
    let mut found = Vec::new();
    for (id, platform) in image_manifests(image, edits) {
        let Some(document) = image.base(edits, &id) else { continue };
        let diff_ids = diff_ids(image, &id, document);
        let best = bases
            .iter()
            .filter_map(|(base_id, base_platform)| {
                let other = base.document(base_id)?;
                let (layers, by) =
                    common(document, diff_ids, other, self::diff_ids(base, base_id, other));
                let (manifest, base, of) = (id.clone(), base_id.clone(), other.layers().len());
                let same_platform = same_platform(platform.as_ref(), base_platform.as_ref());
                let found = BaseMatch { manifest, base, layers, of, by };
                (layers > 0).then_some((layers, same_platform, found))
            })
            // The first of equals: `max_by_key` would take the last.
            .rev()
            .max_by_key(|(layers, same_platform, _)| (*layers, *same_platform));
        found.extend(best.map(|(.., found)| found));
    }
    found
}

/// Whether layers of `image` can be recognised by their digests only, because the config that tells
/// their `diff_ids` is not there or does not fit.
pub fn lacks_diff_ids(image: &Image, edits: &ImageEdits) -> bool {
    image_manifests(image, edits).iter().any(|(id, _)| {
        let document = image.base(edits, id);
        document.is_some_and(|it| !it.layers().is_empty() && diff_ids(image, id, it).is_empty())
    })
}

/// The base images that the root and the image manifests name, or the index entries above them: one of
/// each document.
pub fn named_bases(image: &Image, edits: &ImageEdits) -> Vec<NamedBase> {
    let manifests = image_manifests(image, edits).into_iter().map(|(id, _)| id);
    let asked: BTreeSet<Digest> = manifests.chain([image.root().clone()]).collect();
    let mut found = BTreeMap::new();
    // All in one go: a look through the tree for each of a hundred platforms is a look too many.
    for row in image.rows(edits).iter().filter(|row| asked.contains(&row.id)) {
        let own = image.base(edits, &row.id).and_then(|document| named_in(document.annotations()));
        let of_entry = || named_in(&row.descriptor.as_ref()?.annotations);
        if let Some(named) = own.or_else(of_entry) {
            found.entry(row.id.clone()).or_insert(named);
        }
    }
    found.into_values().collect()
}

fn named_in(annotations: &[(String, String)]) -> Option<NamedBase> {
    let value = |wanted: &str| {
        let found = annotations.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
    };
    let name = value("org.opencontainers.image.base.name");
    let digest = value("org.opencontainers.image.base.digest");
    (name.is_some() || digest.is_some()).then_some(NamedBase { name, digest })
}

/// The uncompressed digests of a manifest's layers; none when the config is not there or does not
/// fit.
fn diff_ids<'a>(image: &'a Image, id: &Digest, document: &Document) -> &'a [String] {
    let known = image.config_of(id).map(|config| config.diff_ids()).unwrap_or_default();
    if known.len() == document.layers().len() { known } else { &[] }
}

fn common(
    own: &Document,
    own_diff_ids: &[String],
    base: &Document,
    base_diff_ids: &[String],
) -> (usize, MatchedBy) {
    let mut by = MatchedBy::Digest;
    let pairs = own.layers().iter().zip(base.layers()).enumerate();
    let mut count = 0;
    for (index, (layer, other)) in pairs {
        if layer.digest != other.digest {
            match (own_diff_ids.get(index), base_diff_ids.get(index)) {
                (Some(one), Some(other)) if one == other => by = MatchedBy::DiffId,
                _ => break,
            }
        }
        count += 1;
    }
    (count, by)
}

fn same_platform(one: Option<&Platform>, other: Option<&Platform>) -> bool {
    matches!((one, other), (Some(one), Some(other))
        if one.os == other.os && one.architecture == other.architecture && one.variant == other.variant)
}

#[cfg(test)]
impl BaseMatch {
    /// A match of the first `layers` layers, for tests of what uses it.
    pub(super) fn for_test(manifest: &Digest, layers: usize) -> Self {
        let (manifest, base) = (manifest.clone(), manifest.clone());
        Self { manifest, base, layers, of: layers, by: MatchedBy::Digest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::fixtures::{Layer, image_of, two_platforms};

    fn layers(names: &[&str]) -> Vec<Layer> {
        names.iter().map(|name| Layer::new(name)).collect()
    }

    #[test]
    fn the_longest_common_prefix_counts() {
        let check =
            |image: &[Layer], base: &[Layer], expected: Option<(usize, usize, MatchedBy)>| {
                let (image, base) = (image_of(image), image_of(base));
                let found = match_base(&image, &ImageEdits::default(), &base);
                let found = found.first().map(|found| (found.layers, found.of, found.by));
                assert_eq!(found, expected);
            };
        let by_digest = |layers, of| Some((layers, of, MatchedBy::Digest));
        check(&layers(&["a", "b", "c"]), &layers(&["a", "b"]), by_digest(2, 2));
        check(&layers(&["a", "b"]), &layers(&["a", "b"]), by_digest(2, 2));
        check(&layers(&["a", "x", "c"]), &layers(&["a", "b", "c"]), by_digest(1, 3));
        check(&layers(&["a"]), &layers(&["b"]), None);
        check(&layers(&["a"]), &[], None);
        // The same content packed otherwise.
        let packed = [Layer::packed("a", "zstd"), Layer::new("b")];
        check(&packed, &layers(&["a", "b", "c"]), Some((2, 3, MatchedBy::DiffId)));
    }

    #[test]
    fn each_platform_has_its_own_match() {
        let sample = two_platforms();
        let edits = ImageEdits::default();
        let found = match_base(&sample.image, &edits, &sample.image);
        let pairs: Vec<_> = found.iter().map(|found| (&found.manifest, &found.base)).collect();
        assert_eq!(pairs, [(&sample.amd64, &sample.amd64), (&sample.arm64, &sample.arm64)]);
    }

    #[test]
    fn annotations_name_a_base() {
        let sample = two_platforms();
        let edits = ImageEdits::default();
        let named = NamedBase { name: Some("registry.example.com/base:1".into()), digest: None };
        assert_eq!(named_bases(&sample.image, &edits), [named]);
    }
}
