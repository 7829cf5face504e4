//! How the keyboard is used, kept in this browser.

use crate::app::{GuideState, SingleKeys};

const SINGLE_KEYS: &str = "layermark.single-keys";

/// Keeps it.
pub fn keep(single_keys: SingleKeys) {
    let Some(storage) = storage() else { return };
    match single_keys {
        SingleKeys::On => storage.remove_item(SINGLE_KEYS).ok(),
        SingleKeys::Off => storage.set_item(SINGLE_KEYS, "off").ok(),
    };
}

/// What was kept.
pub fn kept() -> GuideState {
    let off = storage().and_then(|it| it.get_item(SINGLE_KEYS).ok().flatten()).is_some();
    GuideState { single_keys: if off { SingleKeys::Off } else { SingleKeys::On } }
}

fn storage() -> Option<web_sys::Storage> {
    // Throws in a sandboxed frame: then nothing is kept.
    web_sys::window()?.local_storage().ok()?
}
