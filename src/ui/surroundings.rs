//! What goes on between the editor and the page around it: links, the portal, the keeper, language
//! and theme.

use std::rc::Rc;
use std::sync::Arc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::context::Context;
use super::start::set_stop_sentences;
use super::texts::Texts;
use crate::app::{
    DeepLink, Notice, NoticeKind, Opened, PageAction, PortalReport, PortalRequest, State, Theme,
    ViewAction, session,
};
use crate::browser::{keeper, portal, shell, transport::now_ms};
use crate::image::{Image, Rendered};
use crate::msg;
use crate::text::Language;

/// Follows links and requests of the portal, and tells the portal what happens.
#[hook]
pub(crate) fn use_portal(state: &Rc<State>, context: &Context) {
    let context = context.clone();
    use_effect_with((), move |()| {
        let on_link = context.clone();
        portal::on_fragment(move |fragment| {
            if let Some(link) = DeepLink::parse(&fragment) {
                on_link.send(PageAction::Follow(link));
            }
        });
        let on_update = context.clone();
        keeper::on_update(move || on_update.send(PageAction::UpdateReady));
        portal::on_portal(move |message| {
            if let Some(request) = PortalRequest::parse(&message) {
                context.send(PageAction::Asked(request));
            }
        });
        portal::tell_portal(&PortalReport::Ready.to_json());
    });
    let told = use_mut_ref(|| Rc::new(State::default()));
    use_effect_with(state.clone(), move |state| {
        let before = told.replace(state.clone());
        for report in PortalReport::between(&before, state) {
            portal::tell_portal(&report.to_json());
        }
    });
}

/// What the keeper has.
#[derive(Default)]
struct Held {
    image: Option<Rc<Image>>,
    whole: bool,
    rendered: Rc<Rendered>,
}

/// Hands the work to the keeper after each change.
#[hook]
pub(crate) fn use_keeper(state: &Rc<State>) {
    let held = use_mut_ref(Held::default);
    let unsaved = state.is_unsaved();
    use_effect_with(unsaved, |unsaved| keeper::set_unsaved(*unsaved));
    use_effect_with(state.opened.clone(), move |opened| {
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

/// Changes the sentences when another language is chosen, and says so to the page.
#[hook]
pub(crate) fn use_language(state: &State, texts: &UseStateHandle<Rc<Texts>>, context: &Context) {
    let wanted = state.language();
    let setter = texts.setter();
    let shown = texts.language();
    let context = context.clone();
    use_effect_with(wanted, move |&wanted| {
        if wanted == shown {
            return;
        }
        spawn_local(async move {
            match Texts::load(wanted).await {
                Some(texts) => setter.set(Rc::new(texts)),
                None => {
                    let message = msg!("page.language-missing");
                    context.send(ViewAction::Notice(Notice { kind: NoticeKind::Failed, message }));
                }
            }
        });
    });
    let title = state.config.title.clone().unwrap_or_else(|| "Layermark".to_owned());
    let texts = (**texts).clone();
    use_effect_with((shown, title), move |(shown, title): &(Language, String)| {
        set_stop_sentences(&texts);
        shell::describe(title, shown.tag());
    });
}

/// Puts the theme on the root element, where the style sheet looks for it.
#[hook]
pub(crate) fn use_theme(theme: Theme) {
    use_effect_with(theme, |theme| {
        let name = match theme {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        };
        let root = shell::document().and_then(|document| document.document_element());
        if let Some(root) = root {
            root.set_attribute("data-theme", name).ok();
        }
    });
}
