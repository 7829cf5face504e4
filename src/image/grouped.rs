//! The layers of all platforms in one table: each digest once, with the manifests that use it.

use std::collections::BTreeMap;

use super::manifests::image_manifests;
use super::{Image, ImageEdits, LayerPlace};
use crate::manifest::{Digest, LayerMark, Platform};

/// The layers of an image, each digest once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayerGroups {
    /// The image manifests in reading order, attestations left out.
    pub manifests: Vec<PlatformManifest>,
    /// The layers in the order in which they first appear.
    pub groups: Vec<LayerGroup>,
}

/// A manifest whose layers are in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformManifest {
    /// The digest under which it was loaded.
    pub id: Digest,
    /// Its platform, when it is known.
    pub platform: Option<Platform>,
}

/// A layer with every place where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerGroup {
    /// The digest.
    pub digest: Digest,
    /// The size in bytes that the first place names.
    pub size: u64,
    /// Where it stands: the position in [`LayerGroups::manifests`] and the zero-based layer there.
    pub uses: Vec<(usize, usize)>,
    /// In how many of these places it is marked as foreign.
    pub foreign: usize,
    /// What all places say of it; `None` when they differ.
    pub mark: Option<LayerMark>,
}

/// In how many of its places a layer is marked as foreign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupState {
    /// In none.
    Nowhere,
    /// In some only.
    Somewhere,
    /// In all.
    Everywhere,
}

impl LayerGroups {
    /// Groups the layers of `image` as they are with `edits`.
    pub fn new(image: &Image, edits: &ImageEdits) -> Self {
        Self::of_manifests(image, edits, |_| true)
    }

    /// The same of those manifests only that are `wanted`, by the digest under which they were
    /// loaded.
    pub fn of_manifests(
        image: &Image,
        edits: &ImageEdits,
        wanted: impl Fn(&Digest) -> bool,
    ) -> Self {
        let mut all = Self::default();
        let mut known: BTreeMap<&Digest, usize> = BTreeMap::new();
        let mut manifests = image_manifests(image, edits);
        manifests.retain(|(id, _)| wanted(id));
        for (at, (id, _)) in manifests.iter().enumerate() {
            let Some(document) = image.base(edits, id) else { continue };
            let own = edits.get(id).map(|node| &node.edits);
            for (index, layer) in document.layers().iter().enumerate() {
                let mark = own.and_then(|own| own.layer_mark(document, index));
                let mark = mark.unwrap_or_else(|| LayerMark::of(layer));
                let slot = *known.entry(&layer.digest).or_insert_with(|| {
                    all.groups.push(LayerGroup {
                        digest: layer.digest.clone(),
                        size: layer.size,
                        uses: Vec::new(),
                        foreign: 0,
                        mark: Some(mark.clone()),
                    });
                    all.groups.len() - 1
                });
                let group = &mut all.groups[slot];
                group.uses.push((at, index));
                group.foreign += usize::from(mark.is_foreign());
                if group.mark.as_ref() != Some(&mark) {
                    group.mark = None;
                }
            }
        }
        let manifest = |(id, platform)| PlatformManifest { id, platform };
        all.manifests = manifests.into_iter().map(manifest).collect();
        all
    }

    /// The places of `group` as they are asked for elsewhere.
    pub fn places(&self, group: &LayerGroup) -> Vec<LayerPlace> {
        let place = |&(manifest, layer): &(usize, usize)| {
            let manifest = self.manifests.get(manifest)?.id.clone();
            Some(LayerPlace { manifest, layer })
        };
        group.uses.iter().filter_map(place).collect()
    }
}

impl LayerGroup {
    /// In how many of its places the layer is marked.
    pub fn state(&self) -> GroupState {
        match self.foreign {
            0 => GroupState::Nowhere,
            all if all == self.uses.len() => GroupState::Everywhere,
            _ => GroupState::Somewhere,
        }
    }
}

impl ImageEdits {
    /// Sets what the layers at `places` should say; a layer that cannot say it keeps what it says
    /// ([`crate::manifest::Edits::mark_layer`]).
    pub fn mark_layers(&mut self, image: &Image, places: &[LayerPlace], mark: &LayerMark) {
        for place in places {
            let Some(document) = image.base(self, &place.manifest).cloned() else { continue };
            self.change(&place.manifest, |node| {
                node.edits.mark_layer(&document, place.layer, mark.clone());
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Slot;
    use crate::image::fixtures::{Layer, index_of, manifest_of, two_platforms};

    #[test]
    fn a_shared_layer_stands_once() {
        let sample = two_platforms();
        let mut edits = ImageEdits::default();
        let groups = LayerGroups::new(&sample.image, &edits);
        let platforms: Vec<String> = groups
            .manifests
            .iter()
            .filter_map(|found| found.platform.as_ref().map(ToString::to_string))
            .collect();
        assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
        let uses: Vec<_> = groups.groups.iter().map(|group| group.uses.clone()).collect();
        assert_eq!(uses, [vec![(0, 0), (1, 0)], vec![(0, 1)], vec![(1, 1)]]);
        let state = |edits: &ImageEdits| {
            let shared = LayerGroups::new(&sample.image, edits).groups.swap_remove(0);
            (shared.state(), shared.mark)
        };
        assert_eq!(state(&edits), (GroupState::Nowhere, Some(LayerMark::plain())));
        let foreign = LayerMark::foreign(vec!["https://cdn.example/x".into()]);
        let places = groups.places(&groups.groups[0]);
        edits.mark_layers(&sample.image, &places[..1], &foreign);
        assert_eq!(state(&edits), (GroupState::Somewhere, None));
        edits.mark_layers(&sample.image, &places, &foreign);
        assert_eq!(state(&edits), (GroupState::Everywhere, Some(foreign)));
        edits.mark_layers(&sample.image, &places, &LayerMark::plain());
        assert!(edits.is_empty());
    }

    #[test]
    fn a_hundred_platforms_of_a_hundred_layers() {
        let documents: Vec<_> = (0..100)
            .map(|platform| {
                let layers: Vec<Layer> = (0..100)
                    .map(|layer| {
                        let owner = if layer < 50 { 0 } else { platform };
                        Layer::new(&format!("{owner} {layer}"))
                    })
                    .collect();
                manifest_of(&layers, "").0
            })
            .collect();
        let children: Vec<_> = documents.iter().map(|document| (document, "")).collect();
        let mut image = Image::new(index_of(&children));
        for document in documents {
            image.insert(document.digest().clone(), Slot::Loaded(document.into()));
        }
        let groups = LayerGroups::new(&image, &ImageEdits::default());
        assert_eq!(groups.manifests.len(), 100);
        assert_eq!(groups.groups.len(), 50 + 100 * 50);
        assert_eq!(groups.groups[0].uses.len(), 100);
    }
}
