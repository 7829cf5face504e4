//! Whether the tour was seen and how the keyboard is used, kept in this browser.

use crate::app::{GuideState, SingleKeys, TourOffer};

const TOUR: &str = "layermark.tour";
const SINGLE_KEYS: &str = "layermark.single-keys";

/// Keeps both.
pub fn keep(offer: TourOffer, single_keys: SingleKeys) {
    let Some(storage) = storage() else { return };
    if offer == TourOffer::Settled {
        storage.set_item(TOUR, "seen").ok();
    }
    match single_keys {
        SingleKeys::On => storage.remove_item(SINGLE_KEYS).ok(),
        SingleKeys::Off => storage.set_item(SINGLE_KEYS, "off").ok(),
    };
}

/// What was kept. Where nothing can be, the tour is not offered at each visit.
pub fn kept() -> GuideState {
    let Some(storage) = storage() else { return GuideState::default() };
    let get = |name: &str| storage.get_item(name).ok().flatten();
    let offer = if get(TOUR).is_some() { TourOffer::Settled } else { TourOffer::Open };
    let single_keys = if get(SINGLE_KEYS).is_some() { SingleKeys::Off } else { SingleKeys::On };
    GuideState { tour: None, offer, single_keys }
}

fn storage() -> Option<web_sys::Storage> {
    // Throws in a sandboxed frame: then nothing is kept.
    web_sys::window()?.local_storage().ok()?
}
