//! Annotations set or removed in many documents of an image at once.

use std::collections::BTreeSet;

use super::{EntryKind, Image, ImageEdits, PlatformPattern, image_manifests};
use crate::manifest::{Digest, EntryKey, Platform};

/// One annotation as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnotationWish {
    /// The key.
    pub name: String,
    /// The value; `None` takes the annotation out.
    pub value: Option<String>,
}

/// Where annotations should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnnotationTargets {
    /// On every index itself.
    pub index: bool,
    /// On the entries of the indexes: the descriptors that name the images.
    pub entries: bool,
    /// On the image manifests.
    pub manifests: bool,
    /// The images that are meant, for entries and manifests.
    pub platforms: ChosenPlatforms,
}

/// Which images of an index are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ChosenPlatforms {
    /// All.
    #[default]
    All,
    /// Those for one of these platforms.
    Matching(Vec<PlatformPattern>),
    /// All but the manifests loaded under these digests.
    Except(BTreeSet<Digest>),
}

/// A place where an annotation changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnotatedPlace {
    /// The document in which it stands.
    pub document: Digest,
    /// The entry on which it stands; `None` for the document itself.
    pub entry: Option<EntryKey>,
    /// The platform of the image.
    pub platform: Option<Platform>,
    /// How many annotations change there.
    pub changes: usize,
}

impl ChosenPlatforms {
    fn takes(&self, id: &Digest, platform: Option<&Platform>) -> bool {
        match self {
            Self::All => true,
            Self::Except(left_out) => !left_out.contains(id),
            Self::Matching(patterns) => platform
                .is_some_and(|platform| patterns.iter().any(|pattern| pattern.fits(platform))),
        }
    }
}

impl ImageEdits {
    /// Sets and removes annotations, and says where that changes something. Attestations have no
    /// part in it. An image without an index has its manifest alone.
    pub fn annotate(
        &mut self,
        image: &Image,
        wishes: &[AnnotationWish],
        targets: &AnnotationTargets,
    ) -> Vec<AnnotatedPlace> {
        let mut places = Vec::new();
        let manifests = image_manifests(image, self);
        for index in image.indexes(self) {
            if targets.index {
                self.annotate_document(image, &index, None, wishes, &mut places);
            }
            if targets.entries {
                self.annotate_entries(image, &index, wishes, &targets.platforms, &mut places);
            }
        }
        let meant = |(id, platform): &&(Digest, Option<Platform>)| {
            targets.platforms.takes(id, platform.as_ref())
        };
        if targets.manifests {
            for (id, platform) in manifests.iter().filter(meant) {
                self.annotate_document(image, id, platform.clone(), wishes, &mut places);
            }
        }
        places
    }

    fn annotate_document(
        &mut self,
        image: &Image,
        id: &Digest,
        platform: Option<Platform>,
        wishes: &[AnnotationWish],
        places: &mut Vec<AnnotatedPlace>,
    ) {
        let Some(base) = image.base(self, id).cloned() else { return };
        let mut changes = 0;
        self.change(id, |node| {
            for wish in wishes {
                let present = match node.edits.annotations().get(&wish.name) {
                    Some(edited) => edited.as_deref(),
                    None => base.annotation(&wish.name),
                };
                changes += usize::from(present != wish.value.as_deref());
                node.edits.annotate(&base, &wish.name, wish.value.clone());
            }
        });
        if changes > 0 {
            places.push(AnnotatedPlace { document: id.clone(), entry: None, platform, changes });
        }
    }

    fn annotate_entries(
        &mut self,
        image: &Image,
        index: &Digest,
        wishes: &[AnnotationWish],
        platforms: &ChosenPlatforms,
        places: &mut Vec<AnnotatedPlace>,
    ) {
        let Some(base) = image.base(self, index).cloned() else { return };
        for row in image.entry_rows(self, index) {
            let entry = &row.descriptor;
            let attestation = matches!(row.what, EntryKind::Attestation { .. });
            if attestation || !row.kept || !platforms.takes(&entry.digest, entry.platform.as_ref())
            {
                continue;
            }
            let differs =
                |wish: &&AnnotationWish| entry.annotation(&wish.name) != wish.value.as_deref();
            let changes = wishes.iter().filter(differs).count();
            self.change(index, |node| {
                for wish in wishes {
                    node.edits.annotate_entry(&base, &row.key, &wish.name, wish.value.clone());
                }
            });
            if changes > 0 {
                places.push(AnnotatedPlace {
                    document: index.clone(),
                    entry: Some(row.key),
                    platform: entry.platform.clone(),
                    changes,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::fixtures::two_platforms;

    #[test]
    fn annotations_go_where_they_should() {
        let sample = two_platforms();
        let wishes = [AnnotationWish { name: "a".into(), value: Some("b".into()) }];
        let check = |targets: AnnotationTargets, expected: &[&str]| {
            let mut edits = ImageEdits::default();
            let places = edits.annotate(&sample.image, &wishes, &targets);
            let said: Vec<String> = places
                .iter()
                .map(|place| {
                    let platform = place.platform.as_ref().map(ToString::to_string);
                    let what = match place.entry {
                        Some(_) => "entry",
                        None if place.document == *sample.image.root() => "index",
                        None => "manifest",
                    };
                    format!("{what} {}", platform.unwrap_or_default()).trim().to_owned()
                })
                .collect();
            assert_eq!(said, expected);
            assert_eq!(edits.annotate(&sample.image, &wishes, &targets), [], "it is so already");
            let gone = [AnnotationWish { name: "a".into(), value: None }];
            edits.annotate(&sample.image, &gone, &targets);
            assert!(edits.is_empty());
        };
        let all = ChosenPlatforms::All;
        let on = |index, entries, manifests, platforms: &ChosenPlatforms| AnnotationTargets {
            index,
            entries,
            manifests,
            platforms: platforms.clone(),
        };
        check(on(true, false, false, &all), &["index"]);
        let everywhere = [
            "index",
            "entry linux/amd64",
            "entry linux/arm64",
            "manifest linux/amd64",
            "manifest linux/arm64",
        ];
        check(on(true, true, true, &all), &everywhere);
        let some = ChosenPlatforms::Matching(vec![PlatformPattern::parse("*/arm64").unwrap()]);
        check(on(false, true, true, &some), &["entry linux/arm64", "manifest linux/arm64"]);
        let some = ChosenPlatforms::Except(BTreeSet::from([sample.arm64.clone()]));
        check(on(true, false, true, &some), &["index", "manifest linux/amd64"]);
        check(on(false, false, false, &all), &[]);
    }
}
