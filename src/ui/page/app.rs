//! The page as a whole.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{Core, PageAction, State, ViewAction};
use crate::browser::texts::Texts;
use crate::msg;
use crate::text::Message;
use crate::ui::common::context::Context;
use crate::ui::common::dialog::dialogs;
use crate::ui::common::notices::Notices;
use crate::ui::effects::{Below, Page, Runner};
use crate::ui::load::source::source;
use crate::ui::page::actions::ActionBar;
use crate::ui::page::editor::Editor;
use crate::ui::page::header::header;
use crate::ui::page::keyboard::use_shortcuts;
use crate::ui::page::links::Links;
use crate::ui::page::page_notices::page_notices;
use crate::ui::page::portal::{use_language, use_outside, use_theme};
use crate::ui::page::welcome::welcome;
use crate::ui::parts::{Panel, Part};

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
    let below = (*use_memo((), |()| Below::default())).clone();
    let runner = (*use_memo((), |()| Runner::new(&context, &below, &state))).clone();
    core.attach(Rc::new(Page { shown: shown.setter(), runner: runner.with(&context) }));
    let started = context.clone();
    use_effect_with((), move |()| started.send(PageAction::Started));
    use_theme(state.view.theme);
    use_shortcuts(&state, &context);
    use_language(&state, &texts, &context);
    let linked = use_outside(&context);
    html! {
        <ContextProvider<Context> context={context.clone()}>
        <ContextProvider<Below> context={below}>
            if state.opened.is_some() {
                { skip_links(&context) }
            }
            { header(&context, state.view.theme) }
            <main class="wrap">
                { page_notices(&context, &state.page) }
                { source(&context, &state) }
                if state.opened.is_some() {
                    <Editor state={state.clone()} />
                }
                if state.opened.is_none() {
                    { welcome(&context) }
                }
                if state.push_elsewhere().is_some() || state.pushes.news().next().is_some() {
                    <Part panel={Panel::Pushes} state={state.clone()} />
                }
                <Notices notice={state.view.notice.clone()} />
            </main>
            if let Some(opened) = &state.opened {
                <ActionBar opened={opened.clone()} />
            }
            { dialogs(&state) }
            if linked {
                <Links state={state.clone()} />
            }
        </ContextProvider<Below>>
        </ContextProvider<Context>>
    }
}

/// Links that lead the keyboard past what is above; in sight while they have the focus.
fn skip_links(context: &Context) -> Html {
    let link = |id: &'static str, name: Message| {
        let context_of_link = context.clone();
        let onclick = Callback::from(move |event: MouseEvent| {
            // The address of the page stays what it is.
            event.prevent_default();
            context_of_link.send(ViewAction::Focus(id.to_owned()));
        });
        html! { <a href={format!("#{id}")} {onclick}>{ context.t(name) }</a> }
    };
    html! {
        <nav class="skip" aria-label={context.t(msg!("skip.label"))}>
            { link("layers-title", msg!("skip.layers")) }
            { link("checks-title", msg!("skip.checks")) }
            { link("review-push", msg!("skip.push")) }
        </nav>
    }
}
