//! Pushes that are not in the region “Push plan”, because another image is open: under way, or ended
//! and not seen yet. And the question before an image is left that is being pushed.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{AskedAt, BegunPush, EndedPush, OpenAction, RunningPushAction, State};
use crate::msg;
use crate::text::Message;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::common::dialog::Modal;
use crate::ui::common::failure::{Found, note};
use crate::ui::load::access::Access;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) state: Rc<State>,
}

/// The region “Pushes in progress”.
pub(crate) fn view(state: &Rc<State>) -> Html {
    html! { <Pushes state={state.clone()} /> }
}

/// The question before an image is left that is being pushed.
pub(crate) fn leave(state: &Rc<State>) -> Html {
    html! { <LeavePush state={state.clone()} /> }
}

/// “Cancel the push”.
fn cancel(context: &Context) -> Html {
    html! {
        <button onclick={context.on(|_| RunningPushAction::Cancel)}>
            { context.t(msg!("push.elsewhere-cancel")) }
        </button>
    }
}

#[component]
fn Pushes(props: &Props) -> Html {
    let context = use_ctx();
    let state = &props.state;
    let image = |push: &BegunPush| context.t(push.opened.origin.title()).to_string();
    let open = |at: Option<usize>, push: &BegunPush| {
        html! {
            <button class="quiet" onclick={context.on(move |_| RunningPushAction::Open(at))}>
                { context.t(msg!("push.elsewhere-open", image = image(push))) }
            </button>
        }
    };
    let running = state.push_elsewhere().map(|running| {
        let push = &running.push;
        let said = msg!(
            "push.elsewhere-of",
            image = image(push),
            reference = &push.reference,
            progress = running.progress_line()
        );
        html! {
            <div>
                <p><span>{ context.t(said) }</span>
                    if let Some(progress) = &running.progress {
                        { " " }<span class="hint" role="status">{ context.t(progress) }</span>
                    }
                </p>
                { open(None, push) }
                { cancel(&context) }
            </div>
        }
    });
    let news = state.pushes.news().map(|(at, ended)| {
        let is_last = at + 1 == state.pushes.ended.len();
        let asked = is_last && state.access.at(AskedAt::RunningPush).is_some();
        let goes_on = ended.push.plan.is_ready() && state.pushes.running.is_none() && !asked;
        html! {
            <div key={at}>
                <p role="status"><strong>{ context.t(said(ended, image(&ended.push))) }</strong></p>
                { open(Some(at), &ended.push) }
                if let Err(failure) = &ended.result {
                    if !asked {
                        { note(&context, failure) }
                        <Found failure={failure.clone()} heading="h3" />
                    }
                    if goes_on {
                        <button onclick={context.on(move |_| RunningPushAction::GoOn(at))}>
                            { context.t(msg!("push.go-on")) }
                        </button>
                    }
                }
                <button class="quiet" onclick={context.on(move |_| RunningPushAction::Dismiss(at))}>
                    { context.t(msg!("notice.dismiss")) }
                </button>
                if asked {
                    <Access access={state.access.clone()} at={AskedAt::RunningPush} />
                }
            </div>
        }
    });
    html! {
        <section class="card pushes" aria-label={context.t(msg!("push.elsewhere"))}>
            { for running }
            { for news }
        </section>
    }
}

/// How a push ended, in one sentence. A failure says more beside it.
fn said(ended: &EndedPush, image: String) -> Message {
    let (plan, reference) = (&ended.push.plan, &ended.push.reference);
    match &ended.result {
        Ok(proof) if plan.input.put_back => {
            let digest = proof.digest.short();
            msg!("push.elsewhere-back", image = image, digest = digest, reference = reference)
        }
        Ok(proof) => {
            let digest = proof.digest.short();
            msg!("push.elsewhere-done", image = image, digest = digest, reference = reference)
        }
        Err(_) => msg!(
            "push.elsewhere-failed",
            image = image,
            reference = reference,
            step = plan.progress().step(),
            count = plan.steps.len()
        ),
    }
}

#[component]
fn LeavePush(props: &Props) -> Html {
    let context = use_ctx();
    let state = &props.state;
    // The push may end while the question stands.
    let begun = use_memo((), |()| state.own_push().map(|running| running.push.clone()));
    let runs = state.own_push().is_some();
    let said = begun.as_ref().as_ref().map(|push| {
        let image = context.t(push.opened.origin.title()).to_string();
        if runs {
            msg!("leave-push.text", image = image, reference = &push.reference)
        } else {
            msg!("leave-push.ended", image = image, reference = &push.reference)
        }
    });
    html! {
        <Modal title={context.t(msg!("leave-push.title"))} onclose={context.on(|()| OpenAction::DeclineOffer)}>
            <p role="status">{ for said.map(|said| context.t(said)) }</p>
            if state.has_unsaved_edits() {
                <p>{ context.t(msg!("leave-push.edits")) }</p>
            }
            <div class="row end">
                <button onclick={context.on(|_| OpenAction::DeclineOffer)}>
                    { context.t(msg!("leave-push.stay")) }
                </button>
                if runs {
                    { cancel(&context) }
                }
                <button class="primary" onclick={context.on(|_| OpenAction::AcceptOffer)}>
                    { context.t(msg!("leave-push.open")) }
                </button>
            </div>
        </Modal>
    }
}
