//! The page as a whole.

use std::rc::Rc;

use yew::prelude::*;

use super::actions::ActionBar;
use super::annotations::Annotations;
use super::behaviour::Behaviour;
use super::changes::Changes;
use super::checks::Checks;
use super::context::{Context, Store};
use super::dialog::Dialogs;
use super::document::DocumentText;
use super::effects::use_effects;
use super::icons;
use super::layers::Layers;
use super::platforms::Platforms;
use super::push::Push;
use super::source::Source;
use super::summary::Summary;
use super::texts::Texts;
use crate::app::{AccessAction, Dialog, Notice, NoticeKind, Theme, ViewAction};
use crate::browser::gateway::Gateway;
use crate::browser::transport;
use crate::msg;

/// Mounts the editor into the element `app` of the page, in place of the shell.
pub fn mount() {
    let document = page();
    let Some(root) = document.and_then(|document| document.get_element_by_id("app")) else {
        return;
    };
    root.set_text_content(None);
    yew::Renderer::<App>::with_root(root).render();
}

fn page() -> Option<web_sys::Document> {
    web_sys::window()?.document()
}

/// The editor.
#[component]
fn App() -> Html {
    let store = use_reducer(Store::default);
    let texts = use_state(|| Rc::new(Texts::english()));
    let state = store.0.clone();
    let context = Context::new(store.dispatcher(), (*texts).clone());
    let gateway = (*use_memo((), |()| Gateway::default())).clone();
    use_effects(&state, &context, &gateway);
    use_idle_sign_out(&context, &gateway);
    use_theme(state.view.theme);
    // Findings are only asked for while a push is being looked at.
    let needs_reason = state.push.shown
        && state.opened.as_ref().is_some_and(|opened| state.checks.needs_reason(opened));
    let notice = state.view.notice.as_ref().map(|notice| {
        let class = match notice.kind {
            NoticeKind::Done => "notice ok",
            NoticeKind::Failed => "notice bad",
        };
        html! { <p class={class}>{ context.t(&notice.message) }</p> }
    });
    html! {
        <ContextProvider<Context> context={context.clone()}>
        <ContextProvider<Gateway> context={gateway}>
            <Header theme={state.view.theme} />
            <main class="wrap">
                <Source source={state.source.clone()} access={state.access.clone()} opened={state.opened.is_some()} />
                if let Some(opened) = &state.opened {
                    <Summary opened={opened.clone()} />
                    <div class="main">
                        <Platforms opened={opened.clone()} />
                        <Layers opened={opened.clone()} />
                    </div>
                    <Changes opened={opened.clone()} view={state.view.changes} />
                    <div class="pair">
                        <Checks opened={opened.clone()} checks={state.checks.clone()} />
                        <Behaviour opened={opened.clone()} checks={state.checks.clone()} />
                    </div>
                    <DocumentText opened={opened.clone()} />
                    <Annotations opened={opened.clone()} />
                }
                if state.opened.is_some() {
                    <Push push={state.push.clone()} access={state.access.clone()} needs_reason={needs_reason} />
                }
                <div class="notices" role="status">{ for notice }</div>
            </main>
            if let Some(opened) = &state.opened {
                <ActionBar opened={opened.clone()} />
            }
            <Dialogs dialog={state.view.dialog} browse={state.browse.clone()} access={state.access.clone()} />
        </ContextProvider<Gateway>>
        </ContextProvider<Context>>
    }
}

#[derive(PartialEq, Properties)]
struct HeaderProps {
    theme: Theme,
}

#[component]
fn Header(props: &HeaderProps) -> Html {
    let context = super::context::use_ctx();
    let next = match props.theme {
        Theme::System => Theme::Light,
        Theme::Light => Theme::Dark,
        Theme::Dark => Theme::System,
    };
    let shown = match props.theme {
        Theme::System => msg!("theme.system"),
        Theme::Light => msg!("theme.light"),
        Theme::Dark => msg!("theme.dark"),
    };
    html! {
        <header class="app wrap">
            { icons::logo() }
            <h1 class="product">{ "Layermark" }</h1>
            <span class="spacer"></span>
            <button class="quiet" onclick={context.on(|_| ViewAction::Open(Dialog::Help))}>
                { context.t(msg!("header.help")) }
            </button>
            <button class="quiet" aria-label={context.t(msg!("header.theme"))} title={context.t(&shown)}
                onclick={context.on(move |_| ViewAction::Theme(next))}>
                { icons::theme(props.theme) }
                <span>{ context.t(shown) }</span>
            </button>
        </header>
    }
}

/// How long nothing may be asked of a registry before the person is signed out.
const IDLE_MS: u64 = 15 * 60 * 1000;

/// Signs out where nothing was asked for [`IDLE_MS`].
#[hook]
fn use_idle_sign_out(context: &Context, gateway: &Gateway) {
    let (context, gateway) = (context.clone(), gateway.clone());
    use_effect_with((), move |()| {
        wasm_bindgen_futures::spawn_local(async move {
            loop {
                transport::sleep(60_000).await;
                for endpoint in gateway.sign_out_idle(IDLE_MS) {
                    let registry = endpoint.to_string();
                    let message = msg!("notice.signed-out", registry = &registry);
                    context.send(AccessAction::SignedOut(registry));
                    context.send(ViewAction::Notice(Notice { kind: NoticeKind::Done, message }));
                }
            }
        });
    });
}

/// Puts the theme on the root element, where the style sheet looks for it.
#[hook]
fn use_theme(theme: Theme) {
    use_effect_with(theme, |theme| {
        let name = match theme {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        };
        let root = page().and_then(|document| document.document_element());
        if let Some(root) = root {
            root.set_attribute("data-theme", name).ok();
        }
    });
}
