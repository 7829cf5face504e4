//! The start of the page: gathers what is around it, then mounts the editor in place of the shell.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::DedicatedWorkerGlobalScope;

use crate::app::config::Config;
use crate::app::{Start, session};
use crate::browser::texts::Texts;
use crate::browser::{guide, keeper, portal, preferences, shell};
use crate::text::Language;
use crate::ui::page::app::{App, Props};
use crate::ui::parts::{Missing, second};

/// Starts the page, or serves the worker that this runs in.
pub fn start() {
    if js_sys::global().is_instance_of::<DedicatedWorkerGlobalScope>() {
        spawn_local(async {
            match second().await {
                Ok(second) => (second.serve)(),
                Err(Missing) => keeper::fail("worker"),
            }
        });
    } else {
        mount();
    }
}

/// Mounts the editor into the element `app` of the page.
fn mount() {
    // The work is in the keeper's hands already when this is called.
    yew::set_custom_panic_hook(Box::new(|panic| keeper::stop(&panic.to_string())));
    spawn_local(async {
        let state = gather().await.state();
        let texts = match Texts::load(state.language()).await {
            Some(texts) => Some(texts),
            None => Texts::load(Language::English).await,
        };
        let Some(texts) = texts else { return keeper::fail("texts") };
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

async fn gather() -> Start {
    let config = match keeper::settings().await {
        Ok(Some(text)) => Config::read(text.as_bytes()),
        Ok(None) => (Config::default(), Vec::new()),
        Err(reason) => Config::missing(reason),
    };
    let tags = shell::languages();
    Start {
        config,
        origin: portal::origin(),
        address: portal::address(),
        chosen_language: preferences::language(),
        browser_language: Language::first_of(tags.iter().map(String::as_str)),
        theme: preferences::theme(),
        guide: guide::kept(),
        session: keeper::kept().and_then(|(image, edits)| session::restore(&image, &edits)),
    }
}
