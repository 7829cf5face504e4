//! What a tag needs at the registry, document by document and blob by blob, and where each is used.

use std::collections::BTreeMap;

use super::{Image, ImageEdits, Slot};
use crate::manifest::{Digest, Platform};
use crate::msg;
use crate::text::Message;

/// Something that must be there for the image to be pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes, as its descriptor says.
    pub size: u64,
    /// Its media type, as its descriptor says; empty where it does not.
    pub media_type: String,
    /// What it is.
    pub role: PartRole,
    /// Where it is used, in reading order.
    pub used: Vec<PartUse>,
    /// Of a document: why it was not read, so that what it names is not among the parts.
    pub unread: Option<Message>,
}

/// What a part of an image is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartRole {
    /// A manifest or index.
    Document,
    /// The config of an image.
    Config,
    /// A layer, with the URLs that it can be had from.
    Layer(Vec<String>),
}

/// A place where a part is used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartUse {
    /// The platform of the image.
    pub platform: Option<Platform>,
    /// The document that names it; its own digest for the root.
    pub document: Digest,
    /// The zero-based position of a layer.
    pub layer: Option<usize>,
}

impl Image {
    /// Everything that the image needs as it was loaded, documents before what they name, each once.
    /// What a document names that could not be loaded is not known, and its part says so.
    pub fn parts(&self) -> Vec<Part> {
        let none = ImageEdits::default();
        let mut parts: Vec<Part> = Vec::new();
        let mut at: BTreeMap<Digest, usize> = BTreeMap::new();
        let mut add = |part: Part| match at.get(&part.digest) {
            // The same entry may stand in an index twice; a document names each of its blobs at another
            // position, and there may be as many as layers.
            Some(at)
                if part.role == PartRole::Document && parts[*at].used.contains(&part.used[0]) => {}
            Some(at) => parts[*at].used.extend(part.used),
            None => {
                at.insert(part.digest.clone(), parts.len());
                parts.push(part);
            }
        };
        let mut blobs = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for row in self.rows(&none) {
            let document = self.document(&row.id);
            let named = row.descriptor.as_ref();
            let platform = named.and_then(|named| named.platform.clone());
            let above = row.entry.as_ref().map_or(&row.id, |(index, _)| index);
            let size = document.map(|document| document.bytes().len() as u64);
            let stated = document.map(|document| document.kind().media_type().to_owned());
            add(Part {
                digest: row.id.clone(),
                size: named.map(|named| named.size).or(size).unwrap_or_default(),
                media_type: named
                    .map(|named| named.media_type.clone())
                    .or(stated)
                    .unwrap_or_default(),
                role: PartRole::Document,
                used: vec![PartUse {
                    platform: platform.clone(),
                    document: above.clone(),
                    layer: None,
                }],
                unread: match self.slot(&row.id) {
                    Some(Slot::Loaded(_)) => None,
                    Some(Slot::Missing(reason)) => Some(reason.clone()),
                    None => Some(msg!("health.not-loaded")),
                },
            });
            let Some(document) = document.filter(|_| seen.insert(row.id.clone())) else { continue };
            let used = |layer| {
                vec![PartUse { platform: platform.clone(), document: row.id.clone(), layer }]
            };
            blobs.extend(document.config().map(|config| Part {
                digest: config.digest.clone(),
                size: config.size,
                media_type: config.media_type.clone(),
                role: PartRole::Config,
                used: used(None),
                unread: None,
            }));
            blobs.extend(document.layers().iter().enumerate().map(|(at, layer)| Part {
                digest: layer.digest.clone(),
                size: layer.size,
                media_type: layer.media_type.clone(),
                role: PartRole::Layer(layer.urls.clone().unwrap_or_default()),
                used: used(Some(at)),
                unread: None,
            }));
        }
        blobs.into_iter().for_each(&mut add);
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::fixtures::two_platforms;

    #[test]
    fn each_part_is_there_once() {
        let sample = two_platforms();
        let parts = sample.image.parts();
        let count =
            |role: fn(&PartRole) -> bool| parts.iter().filter(|part| role(&part.role)).count();
        assert_eq!(count(|role| *role == PartRole::Document), 4);
        assert_eq!(count(|role| *role == PartRole::Config), 3);
        assert_eq!(count(|role| matches!(role, PartRole::Layer(_))), 4);
        assert_eq!(&parts[0].digest, sample.image.root());
        let shared = parts.iter().find(|part| part.digest == sample.shared_layer).unwrap();
        let used: Vec<String> = shared
            .used
            .iter()
            .map(|each| format!("{} {:?}", each.platform.as_ref().unwrap(), each.layer))
            .collect();
        assert_eq!(used, ["linux/amd64 Some(0)", "linux/arm64 Some(0)"]);
    }
}
