//! The page as a whole.

use std::rc::Rc;

use yew::prelude::*;

use super::context::Context;
use super::dialog::dialogs;
use super::effects::{Page, Runner};
use super::header::header;
use super::keyboard::use_shortcuts;
use super::notices::Notices;
use super::page_notices::page_notices;
use super::parts::{Part, Place};
use super::source::source;
use super::surroundings::{use_language, use_outside, use_theme};
use super::texts::Texts;
use super::welcome::welcome;
use crate::app::{Core, PageAction, State};
use crate::browser::gateway::Gateway;

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
    let core = use_memo((), |()| Core::new(props.start.clone()));
    let shown = use_state(|| props.start.clone());
    let texts = use_state(|| props.texts.clone());
    let state = (*shown).clone();
    let context = Context::new(core.clone(), (*texts).clone(), state.config.clone());
    let gateway = (*use_memo((), |()| Gateway::default())).clone();
    let runner = (*use_memo((), |()| Runner::new(&context, &gateway, &state.page.origin))).clone();
    core.attach(Rc::new(Page { shown: shown.setter(), runner: runner.with(&context) }));
    let started = context.clone();
    use_effect_with((), move |()| started.send(PageAction::Started));
    use_theme(state.view.theme);
    use_shortcuts(&state, &context);
    use_language(&state, &texts, &context);
    let linked = use_outside(&context);
    let part = |place: Place| html! { <Part {place} state={state.clone()} /> };
    html! {
        <ContextProvider<Context> context={context.clone()}>
        <ContextProvider<Gateway> context={gateway}>
            { header(&context, state.view.theme) }
            <main class="wrap">
                { page_notices(&context, &state.page) }
                { source(&context, &state) }
                if state.opened.is_some() {
                    { part(Place::Editor) }
                }
                if state.opened.is_none() {
                    { welcome(&context, state.guide.offer) }
                }
                if state.push_elsewhere().is_some() || state.pushes.news().next().is_some() {
                    { part(Place::Pushes) }
                }
                <Notices notice={state.view.notice.clone()} />
            </main>
            if state.opened.is_some() {
                { part(Place::Actions) }
            }
            { dialogs(&state) }
            if linked {
                { part(Place::Links) }
            }
            if state.guide.tour.is_some() {
                { part(Place::Tour) }
            }
        </ContextProvider<Gateway>>
        </ContextProvider<Context>>
    }
}
