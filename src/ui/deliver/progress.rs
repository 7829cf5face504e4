//! What is under way in the region “Deliver”, and how the last delivery ended.

use yew::prelude::*;

use crate::app::{
    DeliverAction, DeliverRequest, DeliverResult, DeliverState, Delivered, Opened, SentState,
};
use crate::msg;
use crate::text::{Arg, Message};
use crate::ui::common::context::Context;

pub(super) fn view(context: &Context, deliver: &DeliverState, opened: &Opened) -> Html {
    let ended = deliver.ended.as_ref();
    let said = match (&deliver.running, ended) {
        (Some(running), _) => Some(match &running.step {
            Some(step) => step.clone(),
            None => msg!("deliver.begins"),
        }),
        (None, Some(ended)) => Some(match &ended.result {
            DeliverResult::Done => done(ended),
            DeliverResult::Saved(sum) => msg!("deliver.saved", sum = sum.hex()),
            DeliverResult::Stopped if ended.sent.is_empty() => msg!("deliver.stopped"),
            DeliverResult::Stopped => msg!("deliver.stopped-sending"),
            DeliverResult::Partly => {
                msg!("deliver.partly", count = ended.unsent(), all = ended.sent.len())
            }
            DeliverResult::Failed(_) => msg!("deliver.failed"),
        }),
        (None, None) => None,
    };
    let of = deliver.running.as_ref().map(|running| &running.request);
    let of = of.or(ended.map(|ended| &ended.request));
    let other = of.filter(|request| request.of != *opened.image.root());
    let failed = ended.and_then(|ended| match &ended.result {
        DeliverResult::Failed(reason) => Some(reason),
        _ => None,
    });
    html! {
        <>
            <div class="stack" role="status">
                { for other.map(|request| html! {
                    <p>{ context.t(msg!("deliver.of", image = request.title.clone())) }</p>
                }) }
                { for said.map(|said| html! { <p>{ context.t(said) }</p> }) }
            </div>
            if let Some(running) = &deliver.running {
                <div class="row">
                    <progress max={running.total.max(1).to_string()} value={running.done.to_string()}
                        aria-label={context.t(msg!("deliver.progress-label"))}></progress>
                    <span class="hint">
                        { context.t(msg!("urls.progress-start", read = Arg::Bytes(running.done), size = Arg::Bytes(running.total))) }
                    </span>
                    <button class="small" onclick={context.on(|_| DeliverAction::Stop)}>
                        { context.t(msg!("source.cancel")) }
                    </button>
                </div>
                { sent(context, &running.request, &running.sent) }
            }
            <div role="alert">
                { for failed.map(|reason| html! { <p class="failure">{ context.t(reason) }</p> }) }
            </div>
            if let Some(ended) = ended {
                { sent(context, &ended.request, &ended.sent) }
            }
        </>
    }
}

/// What to do next.
fn done(ended: &Delivered) -> Message {
    match ended.sent.len() {
        0 => msg!("deliver.written"),
        count if ended.verifying => msg!("deliver.sent", count = count),
        count => msg!("deliver.sent-unverified", count = count),
    }
}

/// The uploads, each with how far it is.
fn sent(context: &Context, request: &DeliverRequest, states: &[SentState]) -> Html {
    if states.is_empty() {
        return Html::default();
    }
    html! {
        <ol class="steps">
            { for request.jobs().iter().zip(states).map(|(job, state)| {
                let (class, name, reason) = match state {
                    SentState::Waiting => ("", msg!("push.pending"), None),
                    SentState::Fetching => ("running", msg!("deliver.state-fetching"), None),
                    SentState::Sending => ("running", msg!("deliver.state-sending"), None),
                    SentState::Sent => ("ok", msg!("deliver.state-sent"), None),
                    SentState::Failed(reason) => ("bad", msg!("push.failed"), Some(reason)),
                };
                html! {
                    <li class={class}>
                        <span>{ context.t(msg!("deliver.upload", digest = job.digest.short(), size = Arg::Bytes(job.size), to = job.shown())) }</span>
                        <span class={classes!("chip", class)}>{ context.t(name) }</span>
                        { for reason.map(|reason| html! { <p class="hint">{ context.t(reason) }</p> }) }
                    </li>
                }
            }) }
        </ol>
    }
}
