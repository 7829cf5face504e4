//! Has the work kept, in case the page is reloaded or the editor stops.

use yew::prelude::*;

use crate::app::State;
use crate::browser::keeper::{self, BrowserStorage};
use crate::browser::transport::now_ms;
use crate::run::Autosave;

/// Tells the browser at once whether leaving loses something, and has the work kept when editing
/// `rested`.
#[hook]
pub(crate) fn use_autosave(state: &State, rested: &State) {
    let autosave = use_mut_ref(Autosave::default);
    let unsaved = state.is_unsaved();
    use_effect_with(unsaved, |unsaved| keeper::set_unsaved(*unsaved));
    use_effect_with(rested.opened.clone(), move |opened| {
        autosave.borrow_mut().follow(&BrowserStorage, opened.as_deref(), now_ms());
    });
}
