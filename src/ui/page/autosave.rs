//! What the keeper has of the work, in case the page is reloaded or the editor stops.

use std::rc::Rc;
use std::sync::Arc;

use yew::prelude::*;

use crate::app::{Opened, State, session};
use crate::browser::{keeper, transport::now_ms};
use crate::image::{Image, Rendered};

/// What the keeper has.
#[derive(Default)]
struct Held {
    image: Option<Rc<Image>>,
    whole: bool,
    rendered: Rc<Rendered>,
}

/// Tells the keeper at once whether leaving loses something, and hands it the work when editing
/// `rested`.
#[hook]
pub(crate) fn use_keeper(state: &State, rested: &State) {
    let held = use_mut_ref(Held::default);
    let unsaved = state.is_unsaved();
    use_effect_with(unsaved, |unsaved| keeper::set_unsaved(*unsaved));
    use_effect_with(rested.opened.clone(), move |opened| {
        let mut held = held.borrow_mut();
        match opened {
            Some(opened) if opened.is_edited() => held.take(opened),
            _ if held.image.is_some() => {
                *held = Held::default();
                keeper::release();
            }
            _ => {}
        }
    });
}

impl Held {
    fn take(&mut self, opened: &Opened) {
        let known = self.image.as_ref().is_some_and(|image| Rc::ptr_eq(image, &opened.image));
        if !known {
            // The documents of another image, or of this one with more of it there.
            keeper::release();
            self.rendered = Rc::default();
        }
        // Of an image too big to be kept whole, what is kept depends on the edits.
        if !known || !self.whole {
            let text = session::image_text(opened);
            self.whole = text.as_ref().is_some_and(|text| text.whole);
            keeper::hold_image(text.as_ref().map(|text| text.text.as_str()));
            self.image = Some(opened.image.clone());
        }
        keeper::hold_edits(&session::edits_text(opened, now_ms()));
        for (id, node) in opened.rendered.children_first() {
            let before = self.rendered.node(id);
            if !opened.rendered.is_changed(id) {
                keeper::drop_file(id.as_str());
            } else if !before.is_some_and(|before| Arc::ptr_eq(before, node)) {
                let name = if id == opened.image.root() {
                    format!("{}.json", opened.file_stem())
                } else {
                    format!("{}-{}.json", opened.file_stem(), &id.hex()[..12])
                };
                keeper::hold_file(id.as_str(), &name, &node.bytes);
            }
        }
        self.rendered = opened.rendered.clone();
    }
}
