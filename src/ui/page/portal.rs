//! What goes on between the editor and the page around it: versions, links, language and theme.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::app::{Notice, NoticeKind, PageAction, State, Theme, ViewAction};
use crate::browser::texts::Texts;
use crate::browser::{keeper, portal, shell};
use crate::msg;
use crate::text::Language;
use crate::ui::common::context::Context;

/// Hears of newer versions of the page, and of links into it; whether there was a link, or is a
/// portal that has wishes.
#[hook]
pub(crate) fn use_outside(context: &Context) -> bool {
    let linked = use_state(portal::is_linked);
    let (context, set) = (context.clone(), linked.setter());
    use_effect_with((), move |()| {
        portal::on_fragment(move |_| set.set(true));
        keeper::on_update(move || context.send(PageAction::UpdateReady));
    });
    *linked
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

/// Gives the keeper its sentences: when it needs them, nobody can be asked.
pub(crate) fn set_stop_sentences(texts: &Texts) {
    let messages = [
        msg!("stop.title"),
        msg!("stop.work"),
        msg!("stop.no-work"),
        msg!("stop.files"),
        msg!("stop.download"),
        msg!("stop.edits"),
        msg!("stop.reload"),
        msg!("stop.start-again"),
        msg!("stop.details"),
        msg!("stop.details-hint"),
        msg!("stop.copy"),
        msg!("stop.copied"),
    ];
    let sentences: Vec<(&str, String)> =
        messages.iter().map(|message| (message.key, texts.render(message))).collect();
    keeper::set_sentences(&sentences);
}
