use std::collections::BTreeMap;
use std::sync::Arc;

use crate::manifest::{Digest, Document, Edits};

/// The edits of a whole image, by the digest under which each document was loaded.
///
/// A value: undo keeps old ones, which share what did not change. Documents without edits have no
/// entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageEdits(BTreeMap<Digest, Arc<NodeEdits>>);

/// The edits of one document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeEdits {
    /// The text as the person rewrote it by hand; the other edits are then made to this one.
    pub text: Option<Arc<Document>>,
    /// What should differ from the text.
    pub edits: Edits,
}

impl ImageEdits {
    /// Whether nothing is edited.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The edits of the document loaded as `id`.
    pub fn get(&self, id: &Digest) -> Option<&NodeEdits> {
        self.shared(id).map(Arc::as_ref)
    }

    /// The same, to be kept; equal ones from one history are mostly the same ones.
    pub(super) fn shared(&self, id: &Digest) -> Option<&Arc<NodeEdits>> {
        self.0.get(id)
    }

    /// The declarative edits of the document loaded as `id`; empty ones where there are none.
    pub fn of(&self, id: &Digest) -> &Edits {
        self.0.get(id).map_or(Edits::none(), |node| &node.edits)
    }

    /// The documents that have edits.
    pub fn iter(&self) -> impl Iterator<Item = (&Digest, &NodeEdits)> {
        self.0.iter().map(|(id, node)| (id, node.as_ref()))
    }

    /// Changes the edits of the document loaded as `id`; empty ones are not kept.
    pub fn change(&mut self, id: &Digest, change: impl FnOnce(&mut NodeEdits)) {
        // Shared with older edits, it is copied once; a second change in a row costs no copy.
        let mut node = self.0.remove(id).unwrap_or_default();
        change(Arc::make_mut(&mut node));
        if *node != NodeEdits::default() {
            self.0.insert(id.clone(), node);
        }
    }
}
