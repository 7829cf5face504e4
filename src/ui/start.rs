//! The start of the page: gathers what is around it, then mounts the editor in place of the shell.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use super::app::{App, Props};
use super::texts::Texts;
use crate::app::config::{Config, ConfigFault, ConfigProblem};
use crate::app::{DeepLink, Start, session};
use crate::browser::{keeper, portal, preferences, shell};
use crate::msg;
use crate::text::Language;

/// Mounts the editor into the element `app` of the page.
pub fn mount() {
    // The work is in the keeper's hands already when this is called.
    yew::set_custom_panic_hook(Box::new(|panic| keeper::stop(&panic.to_string())));
    set_stop_sentences(&Texts::english());
    spawn_local(async {
        let state = gather().await.state();
        let texts = Texts::load(state.language()).await.unwrap_or_else(Texts::english);
        keeper::set_offline(state.config.offline);
        shell::set_properties(&state.config.colours.properties());
        let root = shell::document().and_then(|document| document.get_element_by_id("app"));
        if let Some(root) = root {
            root.set_text_content(None);
            let props = Props { start: Rc::new(state), texts: Rc::new(texts) };
            yew::Renderer::<App>::with_root_and_props(root, props).render();
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

async fn gather() -> Start {
    let config = match keeper::settings().await {
        Ok(Some(text)) => Config::read(text.as_bytes()),
        Ok(None) => (Config::default(), Vec::new()),
        Err(reason) => {
            let fault = ConfigFault::Missing(reason);
            let problem = ConfigProblem { setting: String::new(), place: None, fault };
            (Config::default(), vec![problem])
        }
    };
    let tags = shell::languages();
    Start {
        config,
        origin: portal::origin(),
        chosen_language: preferences::language(),
        browser_language: Language::first_of(tags.iter().map(String::as_str)),
        theme: preferences::theme(),
        session: keeper::kept().and_then(|(image, edits)| session::restore(&image, &edits)),
        link: portal::fragment().and_then(|fragment| DeepLink::parse(&fragment)),
    }
}
