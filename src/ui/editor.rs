//! Everything around an open image: what it is, its layers, and what the edits make of it.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::actions::ActionBar;
use super::announcer::DigestAnnouncer;
use super::base::Base;
use super::changes::Changes;
use super::context::{Context, use_ctx};
use super::dialog::Modal;
use super::effects::Runner;
use super::keeping::use_keeper;
use super::layers::Layers;
use super::parts::{Part, Place, Work};
use super::platforms::Platforms;
use super::refused::RefusedText;
use super::rested::use_rested;
use super::summary::Summary;
use crate::app::{EditAction, Effect, OpenAction, RewriteAction, SourceAction, State};
use crate::browser::files;
use crate::export::is_archive;
use crate::manifest::MAX_BYTES;
use crate::msg;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) state: Rc<State>,
}

/// The image.
pub(crate) fn view(state: &Rc<State>) -> Html {
    html! { <Editor state={state.clone()} /> }
}

/// The bar at the foot of the page.
pub(crate) fn actions(state: &Rc<State>) -> Html {
    let opened = state.opened.as_ref();
    opened.map(|opened| html! { <ActionBar opened={opened.clone()} /> }).unwrap_or_default()
}

/// The text that was refused.
pub(crate) fn refused(state: &Rc<State>) -> Html {
    let refused = state.source.refused.as_ref();
    refused.map(|refused| html! { <RefusedText refused={refused.clone()} /> }).unwrap_or_default()
}

/// The question before edits are replaced.
pub(crate) fn replace(_: &Rc<State>) -> Html {
    html! { <ReplaceEdits /> }
}

/// Opens what is at hand without a registry.
pub(crate) fn run(runner: &Runner, effect: &Effect, state: &Rc<State>) {
    let (runner, state) = (runner.clone(), state.clone());
    let context = runner.context.clone();
    match *effect {
        Effect::ReadFile(id) => spawn_local(async move {
            if files::start(id, 512).await.is_some_and(|start| is_archive(&start)) {
                return runner.have_done(Work::Archive, Effect::ReadFile(id), &state);
            }
            match files::read(id, MAX_BYTES).await {
                Ok((name, bytes)) => context.send(OpenAction::File { name, bytes }),
                Err(failure) => context.send(SourceAction::Failed(failure)),
            }
        }),
        _ => {}
    }
}

/// “Undo”.
pub(crate) fn undo(context: &Context) {
    context.send(EditAction::Undo);
}

/// “Redo”.
pub(crate) fn redo(context: &Context) {
    context.send(EditAction::Redo);
}

/// “Back to the original”.
pub(crate) fn discard(context: &Context) {
    context.send(RewriteAction::Discard);
    context.send(EditAction::GoTo(0));
}

#[component]
fn Editor(props: &Props) -> Html {
    let context = use_ctx();
    let state = &props.state;
    let rested = use_rested(state);
    use_keeper(state, &rested);
    let part = |place: Place| html! { <Part {place} state={rested.clone()} /> };
    let Some(opened) = &state.opened else { return Html::default() };
    html! {
        <>
            <Summary opened={opened.clone()} />
            <DigestAnnouncer opened={opened.clone()} />
            <div class="main">
                <Platforms opened={opened.clone()} />
                if opened.whole.shown {
                    <Part place={Place::Whole} state={state.clone()} />
                } else {
                    <Layers opened={opened.clone()} verify={state.verify.clone()} />
                }
            </div>
            <Base opened={opened.clone()} />
            { part(Place::Convert) }
            { super::orphans::view(state) }
            if let Some(opened) = &rested.opened {
                <Changes opened={opened.clone()} view={state.view.changes} />
            }
            { part(Place::Checks) }
            { part(Place::Document) }
            if state.push.shown {
                if opened.unapplied().is_some() {
                    <p class="card body" role="alert">{ context.t(msg!("push.unapplied")) }</p>
                }
                <Part place={Place::Push} state={state.clone()} />
            }
        </>
    }
}

#[component]
fn ReplaceEdits() -> Html {
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
