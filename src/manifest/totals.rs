//! What the layers of a document are together.

use super::media_type::Form;
use super::{Descriptor, Document, Edits};

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
            if is_foreign(layer) {
                totals.foreign += 1;
                totals.foreign_bytes += u128::from(layer.size);
            }
            totals.with_urls += usize::from(layer.urls.is_some());
        }
        totals
    }
}

impl Document {
    /// The totals with `edits`. Only edited layers are looked at: this is asked for with every edit.
    pub fn totals(&self, edits: &Edits) -> Totals {
        let mut totals = *self.loaded_totals();
        for (&index, mark) in edits.layers() {
            let Some(layer) = self.layers().get(index) else { continue };
            match (is_foreign(layer), mark.is_foreign()) {
                (false, true) => {
                    totals.foreign += 1;
                    totals.foreign_bytes += u128::from(layer.size);
                }
                (true, false) => {
                    totals.foreign -= 1;
                    totals.foreign_bytes -= u128::from(layer.size);
                }
                _ => {}
            }
            totals.with_urls += usize::from(mark.urls.is_some());
            totals.with_urls -= usize::from(layer.urls.is_some());
        }
        totals
    }
}

fn is_foreign(layer: &Descriptor) -> bool {
    layer.layer_type().is_some_and(|known| known.form == Form::NonDistributable)
}
