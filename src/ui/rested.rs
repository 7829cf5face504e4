//! What may follow an edit a moment later, so that the new digest never waits for it.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::app::State;
use crate::browser::transport::sleep;

/// How long an edit rests before the rest of the page follows, in milliseconds.
const REST_MS: u64 = 30;
/// The same for documents that take long to look at.
const LONG_REST_MS: u64 = 400;
/// From how many bytes on a document takes long to look at.
const LARGE: usize = 256 * 1024;

/// The state as it was when editing last rested.
#[hook]
pub(crate) fn use_rested(state: &Rc<State>) -> Rc<State> {
    let rested = use_state(|| state.clone());
    let latest = use_mut_ref(|| state.clone());
    use_effect_with(state.clone(), {
        let rested = rested.clone();
        move |state| {
            latest.replace(state.clone());
            let state = state.clone();
            spawn_local(async move {
                sleep(if is_large(&state) { LONG_REST_MS } else { REST_MS }).await;
                if Rc::ptr_eq(&latest.borrow(), &state) {
                    rested.set(state);
                }
            });
        }
    });
    // Another image, or another document of it, is shown as a whole at once.
    let shown = |state: &State| {
        let opened = state.opened.as_ref();
        opened.map(|opened| (opened.image.root().clone(), opened.current.clone()))
    };
    if shown(state) == shown(&rested) { (*rested).clone() } else { state.clone() }
}

fn is_large(state: &State) -> bool {
    state.opened.as_ref().is_some_and(|opened| {
        let document = opened.image.document(&opened.current);
        document.is_some_and(|document| document.bytes().len() > LARGE)
    })
}
