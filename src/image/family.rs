use std::collections::BTreeSet;

use super::{Image, ImageEdits};
use crate::manifest::media_type::{Family, LayerType};
use crate::manifest::{Descriptor, Digest, Document, conversion_blockers};
use crate::msg;
use crate::text::{Message, excerpt};

/// One thing in an image that has no counterpart in another family, so that converting the image
/// would leave it mixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversionBlocker {
    /// The document, by the digest under which it was loaded or is named.
    pub id: Digest,
    /// What of it.
    pub what: BlockedBy,
}

/// What blocks a conversion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockedBy {
    /// The document is not there, so nothing in it can be converted.
    NotLoaded,
    /// The config's media type.
    Config(String),
    /// The media type of the layer at this zero-based position.
    Layer(usize, String),
    /// The layer at this zero-based position, of this media type, is marked as foreign, which the
    /// type that it would get cannot say.
    Mark(usize, String),
}

impl Image {
    /// Everything in the tree that has no counterpart in `family`; entries that are taken out do not
    /// count. Empty means that [`ImageEdits::set_family`] converts the whole image.
    pub fn conversion_blockers(
        &self,
        edits: &ImageEdits,
        family: Family,
    ) -> Vec<ConversionBlocker> {
        let mut found = Vec::new();
        for id in self.kept(edits) {
            let mut block = |what| found.push(ConversionBlocker { id: id.clone(), what });
            match self.base(edits, &id) {
                None => block(BlockedBy::NotLoaded),
                Some(base) => {
                    for (layer, media_type) in conversion_blockers(base, family) {
                        match layer {
                            None => block(BlockedBy::Config(media_type)),
                            // The mark takes away what has no counterpart.
                            Some(at) if marked_into(edits, &id, base, at, family) => {}
                            Some(at) => block(BlockedBy::Layer(at, media_type)),
                        }
                    }
                    let marks = edits.get(&id).map(|node| node.edits.marks_lost_in(base, family));
                    for at in marks.unwrap_or_default() {
                        block(BlockedBy::Mark(at, base.layers()[at].media_type.clone()));
                    }
                }
            }
        }
        found
    }

    /// The documents that the tree names by entries that are not taken out, in reading order.
    fn kept(&self, edits: &ImageEdits) -> Vec<Digest> {
        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        let mut stack = vec![self.root().clone()];
        while let Some(id) = stack.pop() {
            if !seen.insert(id.clone()) {
                continue;
            }
            let entries = self.entries(edits, &id).into_iter().rev();
            let kept = entries.filter(|entry| entry.kept);
            stack.extend(kept.map(|entry| entry.descriptor.digest.clone()));
            order.push(id);
        }
        order
    }
}

/// Whether the layer has a mark whose form has a type in `family`.
fn marked_into(
    edits: &ImageEdits,
    id: &Digest,
    base: &Document,
    at: usize,
    family: Family,
) -> bool {
    let mark = edits.get(id).and_then(|node| node.edits.layers().get(&at));
    let known = base.layers().get(at).and_then(Descriptor::layer_type);
    mark.zip(known).is_some_and(|(mark, known)| {
        LayerType { family, form: mark.form, ..known }.spelling().is_some()
    })
}

impl ImageEdits {
    /// Asks for `family` in every document of `image` that is there; the family in which a document
    /// was loaded takes the request back.
    pub fn set_family(&mut self, image: &Image, family: Family) {
        for id in image.kept(self) {
            if let Some(base) = image.base(self, &id).cloned() {
                self.change(&id, |node| node.edits.set_family(&base, family));
            }
        }
    }
}

impl ConversionBlocker {
    /// What blocks the conversion and what to do, as a sentence.
    pub fn message(&self) -> Message {
        let document = self.id.short();
        match &self.what {
            BlockedBy::NotLoaded => msg!("image.family.not-loaded", document = document),
            BlockedBy::Config(media_type) => msg!(
                "image.family.config",
                document = document,
                media_type = excerpt(media_type, 100)
            ),
            BlockedBy::Mark(layer, media_type) => msg!(
                "image.family.mark",
                document = document,
                layer = layer.to_string(),
                media_type = excerpt(media_type, 100)
            ),
            BlockedBy::Layer(layer, media_type) => msg!(
                "image.family.layer",
                document = document,
                layer = layer.to_string(),
                media_type = excerpt(media_type, 100)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::image::{Rendered, Slot};
    use crate::manifest::{Algorithm, EntryChoice, LayerMark, media_type};

    const ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
    const FOREIGN_ZSTD: &str = "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd";
    const GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

    fn parse(text: String) -> Document {
        Document::parse(text.into_bytes(), None, Algorithm::Sha256).unwrap()
    }

    fn manifest(layer: &str) -> Document {
        let digest = Digest::sha256(b"{}");
        parse(format!(
            r#"{{"schemaVersion":2,"config":{{"mediaType":"{}","digest":"{digest}","size":2}},"layers":[{{"mediaType":"{layer}","digest":"{digest}","size":2}}]}}"#,
            media_type::OCI_CONFIG,
        ))
    }

    fn index(children: &[&Document]) -> Document {
        let entry = |child: &&Document| {
            let (digest, size) = (child.digest(), child.bytes().len());
            format!(
                r#"{{"mediaType":"{}","digest":"{digest}","size":{size}}}"#,
                media_type::OCI_MANIFEST
            )
        };
        let entries: Vec<String> = children.iter().map(entry).collect();
        parse(format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.join(",")))
    }

    #[test]
    fn a_whole_tree_is_converted_and_back() {
        let child = manifest(GZIP);
        let root = index(&[&child]);
        let mut image = Image::new(root.clone());
        let mut edits = ImageEdits::default();
        assert_eq!(
            image.conversion_blockers(&edits, Family::Docker),
            [ConversionBlocker { id: child.digest().clone(), what: BlockedBy::NotLoaded }]
        );
        image.insert(child.digest().clone(), Slot::Loaded(Arc::new(child.clone())));
        assert_eq!(image.conversion_blockers(&edits, Family::Docker), []);
        edits.set_family(&image, Family::Docker);
        let rendered = image.render(&edits, &Rendered::default());
        let text = |id: &Digest| {
            let bytes = rendered.node(id).unwrap().bytes.to_vec();
            String::from_utf8(bytes).unwrap()
        };
        let start = |media_type| format!(r#"{{"schemaVersion":2,"mediaType":"{media_type}","#);
        assert!(text(child.digest()).starts_with(&start(media_type::DOCKER_MANIFEST)));
        assert!(text(root.digest()).starts_with(&start(media_type::DOCKER_LIST)));
        for id in [child.digest(), root.digest()] {
            assert!(!text(id).contains("vnd.oci."), "{}", text(id));
        }
        edits.set_family(&image, Family::Oci);
        assert!(edits.is_empty());
    }

    #[test]
    fn what_has_no_counterpart_blocks_unless_it_is_taken_out() {
        let (odd, even) = (manifest(FOREIGN_ZSTD), manifest(GZIP));
        let root = index(&[&even, &odd]);
        let mut image = Image::new(root.clone());
        for child in [&odd, &even] {
            image.insert(child.digest().clone(), Slot::Loaded(Arc::new(child.clone())));
        }
        let mut edits = ImageEdits::default();
        let blocked = image.conversion_blockers(&edits, Family::Docker);
        let what = BlockedBy::Layer(0, FOREIGN_ZSTD.into());
        assert_eq!(blocked, [ConversionBlocker { id: odd.digest().clone(), what }]);
        let sentence = blocked[0].message().to_string();
        assert!(sentence.contains(FOREIGN_ZSTD) && sentence.contains("Layer 0"), "{sentence}");
        let mut plain = edits.clone();
        plain.change(odd.digest(), |node| node.edits.mark_layer(&odd, 0, LayerMark::plain()));
        assert_eq!(image.conversion_blockers(&plain, Family::Docker), []);
        edits.change(root.digest(), |node| node.edits.choose_entry(1, EntryChoice::Drop));
        assert_eq!(image.conversion_blockers(&edits, Family::Docker), []);
    }

    #[test]
    fn a_mark_that_would_be_lost_blocks() {
        let document = manifest(ZSTD);
        let image = Image::new(document.clone());
        let mut edits = ImageEdits::default();
        let mark = LayerMark::foreign(vec!["https://cdn.example/x".into()]);
        edits.change(document.digest(), |node| node.edits.mark_layer(&document, 0, mark));
        let blocked = image.conversion_blockers(&edits, Family::Docker);
        assert_eq!(blocked.len(), 1);
        assert_eq!(blocked[0].what, BlockedBy::Mark(0, ZSTD.into()));
        assert!(blocked[0].message().to_string().contains("Layer 0"));
    }
}
