//! Everything around an open image: what it is, its layers, and what the edits make of it.

use std::rc::Rc;

use yew::prelude::*;

use super::announcer::DigestAnnouncer;
use super::base::Base;
use super::changes::Changes;
use super::context::use_ctx;
use super::dialog::Modal;
use super::keeping::use_keeper;
use super::layers::Layers;
use super::parts::{Panel, Part};
use super::platforms::Platforms;
use super::rested::use_rested;
use super::summary::Summary;
use crate::app::{OpenAction, State};
use crate::msg;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) state: Rc<State>,
}

/// The image.
#[component]
pub(crate) fn Editor(props: &Props) -> Html {
    let context = use_ctx();
    let state = &props.state;
    let rested = use_rested(state);
    use_keeper(state, &rested);
    let Some(opened) = &state.opened else { return Html::default() };
    html! {
        <>
            <Summary opened={opened.clone()} />
            <DigestAnnouncer opened={opened.clone()} />
            <div class="main">
                <Platforms opened={opened.clone()} />
                if opened.whole.shown {
                    { super::whole::view(state) }
                } else {
                    <Layers opened={opened.clone()} verify={state.verify.clone()} />
                }
            </div>
            <Base opened={opened.clone()} />
            { super::convert::view(&rested) }
            { super::orphans::view(state) }
            if let Some(opened) = &rested.opened {
                <Changes opened={opened.clone()} view={state.view.changes} />
            }
            { super::checks::view(&rested) }
            { super::document::view(&rested) }
            if state.push.shown {
                if opened.unapplied().is_some() {
                    <p class="card body" role="alert">{ context.t(msg!("push.unapplied")) }</p>
                }
                <Part panel={Panel::Push} state={state.clone()} />
            }
        </>
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
