//! The work as it is kept outside of the editor, in case the page is reloaded or the editor stops.

use std::rc::Rc;
use std::sync::Arc;

use crate::app::{Opened, session};
use crate::image::{Image, Rendered};

/// Keeps the work outside of the editor's memory, as texts and files.
pub trait Storage {
    /// Keeps what was loaded, as text; `None` when it is too much to be kept.
    fn hold_image(&self, text: Option<&str>);

    /// Keeps the edits, as text.
    fn hold_edits(&self, text: &str);

    /// Keeps what the document with this `identity` becomes, as a file of this name.
    fn hold_file(&self, identity: &str, name: &str, bytes: &[u8]);

    /// Forgets what a document becomes.
    fn drop_file(&self, identity: &str);

    /// Forgets everything that was held.
    fn release(&self);
}

/// What the storage has. It is told only what differs from that.
#[derive(Default)]
pub struct Autosave {
    image: Option<Rc<Image>>,
    whole: bool,
    rendered: Rc<Rendered>,
}

impl Autosave {
    /// Has `storage` keep the open image, if there is work in it that can be lost, at this time in milliseconds.
    pub fn follow(&mut self, storage: &dyn Storage, opened: Option<&Opened>, now_ms: u64) {
        match opened {
            Some(opened) if opened.has_work() => self.keep(storage, opened, now_ms),
            _ if self.image.is_some() => {
                *self = Self::default();
                storage.release();
            }
            _ => {}
        }
    }

    fn keep(&mut self, storage: &dyn Storage, opened: &Opened, now_ms: u64) {
        let known = self.image.as_ref().is_some_and(|image| Rc::ptr_eq(image, &opened.image));
        if !known {
            // The documents of another image, or of this one with more of it there.
            storage.release();
            self.rendered = Rc::default();
        }
        // Of an image too big to be kept whole, what is kept depends on the edits.
        if !known || !self.whole {
            let text = session::image_text(opened);
            self.whole = text.as_ref().is_some_and(|text| text.whole);
            storage.hold_image(text.as_ref().map(|text| text.text.as_str()));
            self.image = Some(opened.image.clone());
        }
        storage.hold_edits(&session::edits_text(opened, now_ms));
        for (id, node) in opened.rendered.children_first() {
            let before = self.rendered.node(id);
            if !opened.rendered.is_changed(id) {
                storage.drop_file(id.as_str());
            } else if !before.is_some_and(|before| Arc::ptr_eq(before, node)) {
                let name = if id == opened.image.root() {
                    format!("{}.json", opened.file_stem())
                } else {
                    format!("{}-{}.json", opened.file_stem(), &id.hex()[..12])
                };
                storage.hold_file(id.as_str(), &name, &node.bytes);
            }
        }
        self.rendered = opened.rendered.clone();
    }
}
