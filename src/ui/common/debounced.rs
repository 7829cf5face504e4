//! Debounced copy of the state for slow views (diff, checks).

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::app::{Area, State};
use crate::browser::transport::sleep;

/// How long an edit rests before the rest of the page follows, in milliseconds.
const REST_MS: u64 = 30;
/// The same for documents that take long to look at.
const LONG_REST_MS: u64 = 400;
/// From how many bytes on a document takes long to look at.
const LARGE: usize = 256 * 1024;

/// The state as it is, with the image as it was when editing last rested.
pub(crate) fn with_rested_image(state: &State, rested: &State) -> Rc<State> {
    Rc::new(State { opened: rested.opened.clone(), ..state.clone() })
}

/// The state as it was when editing last rested. Downloads that go on are no editing: they would keep
/// it from resting.
#[hook]
pub(crate) fn use_debounced(state: &Rc<State>) -> Rc<State> {
    let rested = use_state(|| state.clone());
    let latest = use_mut_ref(|| state.clone());
    latest.replace(state.clone());
    let edited = State { verify: Area::default(), ..State::clone(state) };
    let turn = use_mut_ref(|| 0_u32);
    use_effect_with(edited, {
        let rested = rested.clone();
        move |edited| {
            let ms = if is_large(edited) { LONG_REST_MS } else { REST_MS };
            let begun = {
                let mut turn = turn.borrow_mut();
                *turn = turn.wrapping_add(1);
                *turn
            };
            spawn_local(async move {
                sleep(ms).await;
                if *turn.borrow() == begun {
                    rested.set(latest.borrow().clone());
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
