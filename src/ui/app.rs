//! The page as a whole.

use std::rc::Rc;

use yew::prelude::*;

use super::actions::ActionBar;
use super::annotations::Annotations;
use super::behaviour::Behaviour;
use super::changes::Changes;
use super::checks::Checks;
use super::context::{Context, Store};
use super::convert::Convert;
use super::dialog::Dialogs;
use super::document::DocumentText;
use super::effects::use_effects;
use super::header::Header;
use super::keyboard::use_shortcuts;
use super::layers::Layers;
use super::notices::{DigestAnnouncer, Notices};
use super::page_notices::PageNotices;
use super::platforms::Platforms;
use super::push::Push;
use super::source::Source;
use super::summary::Summary;
use super::surroundings::{use_keeper, use_language, use_portal, use_theme};
use super::texts::Texts;
use super::tour::Tour;
use super::welcome::Welcome;
use crate::app::{
    AccessAction, Dialog, GuideAction, Notice, NoticeKind, State, ViewAction, push_by_hand,
};
use crate::browser::gateway::{Gateway, Settings};
use crate::browser::{guide, transport};
use crate::msg;

/// What the editor starts with.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Props {
    /// The state at the start.
    pub(crate) start: Rc<State>,
    /// The sentences at the start.
    pub(crate) texts: Rc<Texts>,
}

/// The editor.
#[component]
pub(crate) fn App(props: &Props) -> Html {
    let store = use_reducer(|| Store(props.start.clone()));
    let texts = use_state(|| props.texts.clone());
    let state = store.0.clone();
    let context = Context::new(store.dispatcher(), (*texts).clone(), state.config.clone());
    let gateway = (*use_memo((), |()| configured(&state))).clone();
    use_effects(&state, &context, &gateway);
    use_idle_sign_out(&context, &gateway);
    use_theme(state.view.theme);
    use_shortcuts(&state, &context);
    use_guide(&context);
    // Findings are only asked for while a push is being looked at.
    let needs_reason = state.push.shown
        && state.opened.as_ref().is_some_and(|opened| state.checks.needs_reason(opened));
    let by_hand =
        if state.view.dialog == Some(Dialog::Export) { push_by_hand(&state) } else { None };
    use_language(&state, &texts, &context);
    use_portal(&state, &context);
    use_keeper(&state);
    html! {
        <ContextProvider<Context> context={context.clone()}>
        <ContextProvider<Gateway> context={gateway}>
            <Header theme={state.view.theme} language={texts.language()} />
            <main class="wrap">
                <PageNotices page={state.page.clone()} />
                <Source source={state.source.clone()} access={state.access.clone()} opened={state.opened.is_some()} />
                if let Some(opened) = &state.opened {
                    <Summary opened={opened.clone()} />
                    <DigestAnnouncer opened={opened.clone()} />
                    <div class="main">
                        <Platforms opened={opened.clone()} />
                        <Layers opened={opened.clone()} verify={state.verify.clone()} />
                    </div>
                    <Convert opened={opened.clone()} />
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
                if state.opened.is_none() {
                    <Welcome offer={state.guide.offer} />
                }
                <Notices notice={state.view.notice.clone()} />
            </main>
            if let Some(opened) = &state.opened {
                <ActionBar opened={opened.clone()} />
            }
            <Dialogs dialog={state.view.dialog} browse={state.browse.clone()} access={state.access.clone()}
                single_keys={state.guide.single_keys}
                export={state.export.clone()} push={by_hand} />
            if let Some(step) = state.guide.tour {
                <Tour {step} />
            }
        </ContextProvider<Gateway>>
        </ContextProvider<Context>>
    }
}

/// The gateway with the portal's settings.
fn configured(state: &State) -> Gateway {
    let gateway = Gateway::default();
    gateway.configure(Settings {
        endpoints: state.config.endpoints(state.page.origin.as_ref()),
        cookies: state.config.cookies,
    });
    gateway
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

/// Takes over what this browser remembers of the tour and the keyboard.
#[hook]
fn use_guide(context: &Context) {
    let context = context.clone();
    use_effect_with((), move |()| {
        let (offer, single_keys) = guide::kept();
        context.send(GuideAction::Recall(offer, single_keys));
    });
}
