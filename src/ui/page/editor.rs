//! Everything around an open image: what it is, its layers, and what the edits make of it.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use crate::app::{ExportAction, OpenAction, State};
use crate::msg;
use crate::ui::checks::outcome::outcome;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::common::debounced::{use_debounced, with_rested_image};
use crate::ui::common::dialog::Modal;
use crate::ui::documents::changes::Changes;
use crate::ui::documents::platforms::Platforms;
use crate::ui::documents::summary::Summary;
use crate::ui::layers::base::Base;
use crate::ui::layers::table::Layers;
use crate::ui::page::autosave::use_autosave;
use crate::ui::parts::{Panel, Part};

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) state: Rc<State>,
}

/// The image.
#[component]
pub(crate) fn Editor(props: &Props) -> Html {
    let context = use_ctx();
    let state = &props.state;
    let rested = use_debounced(state);
    use_autosave(state, &rested);
    // One report, made anew when what it is about changes: everything that is said of the marks comes
    // from it.
    let about = |state: &State| {
        let opened = state.opened.as_ref()?;
        Some((opened.rendered.clone(), state.checks.situation.clone()))
    };
    let report = use_memo(about(&rested), |_| {
        rested.opened.as_ref().map(|opened| rested.checks.report(opened))
    });
    let Some(opened) = &state.opened else { return Html::default() };
    let stale = match (about(state), about(&rested)) {
        (Some(now), Some(then)) => !Rc::ptr_eq(&now.0, &then.0) || !Rc::ptr_eq(&now.1, &then.1),
        _ => true,
    };
    html! {
        <div class="columns">
            <div class="head-bar">
                <Summary opened={opened.clone()} />
                { outcome(&context, (*report).as_ref(), stale) }
            </div>
            { recipes(&context, state, &rested) }
            <div class="main">
                <Platforms opened={opened.clone()} />
                if opened.whole.shown {
                    { crate::ui::layers::all_platforms::view(state) }
                } else {
                    <Layers opened={opened.clone()} verify={state.verify.clone()} />
                }
            </div>
            { crate::ui::checks::findings::view(&rested, &report) }
            <div class="rest">
                <Base opened={opened.clone()} />
                { crate::ui::documents::desk::view(state, &rested) }
                { crate::ui::documents::convert::view(&rested) }
                { crate::ui::push::referrers::view(state) }
                if let Some(opened) = &rested.opened {
                    <Changes opened={opened.clone()} view={state.view.changes} />
                }
                { crate::ui::documents::source::view(&rested) }
                if state.deliver.shown {
                    // The image as it rested, for much is made of it; what is under way as it is.
                    <Part panel={Panel::Deliver} state={Rc::new(State {
                        opened: rested.opened.clone(), ..State::clone(state)
                    })} />
                }
                if state.push.shown {
                    if opened.unapplied().is_some() {
                        <p class="card body" role="alert">{ context.t(msg!("push.unapplied")) }</p>
                    }
                    <Part panel={Panel::Push} state={state.clone()} />
                }
            </div>
        </div>
    }
}

/// Recipes, folded away until somebody wants one or a link brings one.
fn recipes(context: &Context, state: &Rc<State>, rested: &State) -> Html {
    let shown = state.export.recipes_shown;
    let ontoggle = {
        let context = context.clone();
        Callback::from(move |event: Event| {
            let open = event.target().and_then(|it| it.dyn_into::<Element>().ok());
            let open = open.is_some_and(|details| details.has_attribute("open"));
            if open != shown {
                context.send(ExportAction::ShowRecipes(open));
            }
        })
    };
    html! {
        <details class="card recipes" open={shown} {ontoggle}>
            <summary><h3 id="recipes-title">{ context.t(msg!("export.recipe")) }</h3>
                <span class="hint">{ context.t(msg!("export.recipe-hint")) }</span>
            </summary>
            if shown {
                <Part panel={Panel::Recipe} state={with_rested_image(state, rested)} />
            }
        </details>
    }
}

/// The question before edits are replaced.
#[component]
pub(crate) fn ReplaceEdits() -> Html {
    let context = use_ctx();
    html! {
        <Modal title={context.t(msg!("replace.title"))} onclose={context.on(|()| OpenAction::DeclineOffer)}>
            <p>{ context.t(msg!("replace.text")) }</p>
            <div class="row end">
                <button onclick={context.on(|_| OpenAction::DeclineOffer)}>
                    { context.t(msg!("replace.keep")) }
                </button>
                <button class="primary" onclick={context.on(|_| OpenAction::AcceptOffer)}>
                    { context.t(msg!("replace.replace")) }
                </button>
            </div>
        </Modal>
    }
}
