//! The archive for a network without internet: the whole image with its marked layers.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{BlobHomes, DeliverRequest, DeliverWay};
use crate::app::export::dialog::{lay_out, layout_name};
use crate::app::{Opened, archive_name};
use crate::deliver::CompleteArchive;
use crate::export::{BlobSource, ForeignBlobs, Layout};
use crate::image::{ImageEdits, LayerPlace, Rendered, image_manifests};
use crate::manifest::LayerMark;
use crate::registry::{Reference, ShortNames};

/// A complete archive that can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complete {
    /// What the instructions say of it.
    pub archive: CompleteArchive,
    /// What is in it.
    pub layout: Rc<Layout>,
    /// Blobs that cannot be had from anywhere.
    pub missing: usize,
}

impl Opened {
    /// The present edits with every layer ordinary and without URLs.
    fn without_marks(&self) -> ImageEdits {
        let mut edits = (**self.history.edits()).clone();
        for LayerPlace { manifest, layer } in self.marked_places() {
            if let Some(document) = self.image.base(&edits, &manifest).cloned() {
                edits.change(&manifest, |node| {
                    node.edits.mark_layer(&document, layer, LayerMark::plain());
                });
            }
        }
        edits
    }

    /// What the repository of the image can be called, wherever it is put.
    fn repository_name(&self) -> String {
        let held = self.held.as_ref().and_then(|held| held.target());
        let held = held.and_then(|it| Reference::parse(&it, ShortNames::OfDefaultRegistry).ok());
        let named = self.facts().repository.or_else(|| Some(held?.repository.to_string()));
        // Repositories are written in small letters.
        named.unwrap_or_else(|| self.file_stem().to_lowercase())
    }

    /// The complete archive, with the marks or without them.
    pub fn complete(&self, marks_kept: bool) -> Option<Complete> {
        let (edits, rendered) = if marks_kept {
            ((**self.history.edits()).clone(), (*self.rendered).clone())
        } else {
            let edits = self.without_marks();
            let rendered = self.image.render(&edits, &Rendered::default());
            (edits, rendered)
        };
        let root = rendered.digest(self.image.root())?.clone();
        let homes = BlobHomes::of(self).with_all_urls(self);
        let mut blobs = BTreeMap::new();
        for (_, node) in rendered.children_first() {
            for blob in node.base.config().into_iter().chain(node.base.layers()) {
                if homes.may_have(&blob.digest) {
                    blobs.insert(blob.digest.clone(), BlobSource::Fetch);
                }
            }
        }
        let layout = lay_out(self, &edits, &rendered, &blobs, ForeignBlobs::Include)?;
        let missing = layout.left_out.len();
        let rows = self.image.rows(&edits).into_iter();
        let kept: BTreeSet<_> = rows.filter(|row| !row.removed).map(|row| row.id).collect();
        let manifests = image_manifests(&self.image, &edits).into_iter();
        let platforms =
            manifests.filter(|(id, _)| kept.contains(id)).filter_map(|(id, platform)| {
                Some((platform?.to_string(), rendered.digest(&id)?.clone()))
            });
        let archive = CompleteArchive {
            name: archive_name(self).replace(".tar", ".complete.tar"),
            size: layout.size,
            root,
            platforms: platforms.collect(),
            image: self.repository_name(),
            tag: layout_name(self).tag,
            marks_kept: marks_kept && !self.marked_places().is_empty(),
            docker_types: layout.docker_types,
        };
        Some(Complete { archive, layout: Rc::new(layout), missing })
    }
}

impl DeliverRequest {
    /// Writing the complete archive.
    pub(super) fn of_complete(opened: &Opened, complete: &Complete) -> Self {
        let (archive, layout) = (complete.archive.clone(), complete.layout.clone());
        let mut request = Self::new(opened, DeliverWay::Complete { archive, layout });
        request.homes = request.homes.with_all_urls(opened);
        request
    }
}
