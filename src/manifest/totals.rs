//! What the layers of a document are together.

use super::{Descriptor, Document, Edits, LayerMark};

/// Counts and sums over the layers of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The bytes of all layers, by their descriptors.
    pub bytes: u128,
    /// How many are non-distributable by their media type.
    pub foreign: usize,
    /// The bytes of those.
    pub foreign_bytes: u128,
    /// How many have `urls`.
    pub with_urls: usize,
}

impl Totals {
    pub(super) fn of(layers: &[Descriptor]) -> Self {
        let mut totals = Self::default();
        for layer in layers {
            totals.bytes += u128::from(layer.size);
            totals.add(layer, &LayerMark::of(layer));
        }
        totals
    }

    fn add(&mut self, layer: &Descriptor, mark: &LayerMark) {
        if mark.is_foreign() {
            self.foreign += 1;
            self.foreign_bytes += u128::from(layer.size);
        }
        self.with_urls += usize::from(mark.urls.is_some());
    }

    fn subtract(&mut self, layer: &Descriptor, mark: &LayerMark) {
        if mark.is_foreign() {
            self.foreign -= 1;
            self.foreign_bytes -= u128::from(layer.size);
        }
        self.with_urls -= usize::from(mark.urls.is_some());
    }
}

impl Document {
    /// The totals with `edits`. Only edited layers are looked at: this is asked for with every edit.
    pub fn totals(&self, edits: &Edits) -> Totals {
        let mut totals = *self.loaded_totals();
        for (&index, mark) in edits.layers() {
            let Some(layer) = self.layers().get(index) else { continue };
            totals.subtract(layer, &LayerMark::of(layer));
            totals.add(layer, mark);
        }
        totals
    }
}
