//! The manifests of an image that are images, with their platforms.

use std::collections::BTreeSet;

use super::{Image, ImageEdits};
use crate::manifest::{Descriptor, Digest, Platform};

/// A manifest whose layers are in the table of all platforms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformManifest {
    /// The digest under which it was loaded.
    pub id: Digest,
    /// Its platform, when it is known.
    pub platform: Option<Platform>,
}

/// The image manifests of `image` with their platforms, each once, in reading order; attestation
/// manifests are left out.
///
/// The platform is the one of the index entry, and else the one of the config.
pub fn image_manifests(image: &Image, edits: &ImageEdits) -> Vec<(Digest, Option<Platform>)> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for row in image.rows(edits) {
        let attestation = row.descriptor.as_ref().is_some_and(Descriptor::is_attestation);
        let is_manifest = image.base(edits, &row.id).is_some_and(|found| !found.kind().is_index());
        if attestation || !is_manifest || !seen.insert(row.id.clone()) {
            continue;
        }
        let platform = row
            .descriptor
            .and_then(|descriptor| descriptor.platform)
            .or_else(|| image.config_of(&row.id).map(|config| config.platform()))
            .filter(|platform| *platform != Platform::default());
        found.push((row.id, platform));
    }
    found
}
