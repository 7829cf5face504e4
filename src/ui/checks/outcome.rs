//! The status “Outcome”: what the marks do, in one line that stays in view.

use yew::prelude::*;

use crate::app::{Action, DeliverAction, ViewAction};
use crate::checks::Report;
use crate::compatibility::{Details, Effect, OutcomePart, Summary};
use crate::msg;
use crate::ui::common::context::Context;

/// The outcome as `report` has it. A `stale` one is of older edits: it is shown as such, and screen
/// readers wait for the next.
pub(crate) fn outcome(context: &Context, report: Option<&Report>, stale: bool) -> Html {
    let parts = report.and_then(|report| report.summary.as_ref()).map(Summary::line);
    let part = |part: &OutcomePart| {
        let (id, action): (_, Action) = match part.details {
            Details::Clients => at("behaviour-title"),
            Details::Pull => ("pull-title", DeliverAction::ShowPull.into()),
            Details::Urls => at("layers-title"),
        };
        let show = {
            let context = context.clone();
            Callback::from(move |event: MouseEvent| {
                // The address of the page stays what it is.
                event.prevent_default();
                context.send(action.clone());
            })
        };
        html! {
            <span class={classes!("part", tone(part.effect))}>
                <span aria-hidden="true">{ part.effect.sign() }{ " " }</span>
                <a href={format!("#{id}")} onclick={show}>{ context.t(&part.text) }</a>
            </span>
        }
    };
    html! {
        <div class={classes!("outcome", stale.then_some("stale"))} role="status" aria-atomic="false"
            aria-busy={stale.to_string()} aria-label={context.t(msg!("outcome.label"))}>
            { match parts {
                Some(parts) => parts.iter().map(part).collect::<Html>(),
                None => html! { <span>{ context.t(msg!("summary.nothing")) }</span> },
            } }
        </div>
    }
}

/// The id of a title, and the way to it.
fn at(id: &'static str) -> (&'static str, Action) {
    (id, ViewAction::Focus(id.to_owned()).into())
}

/// The class that gives an effect its colour.
pub(crate) fn tone(effect: Effect) -> &'static str {
    match effect {
        Effect::KeepsBack | Effect::Gets => "tone-ok",
        Effect::PassesOn => "tone-warn",
        Effect::Fails | Effect::BreaksSilently | Effect::Refused => "tone-bad",
        Effect::NotKnown | Effect::NotOffered => "tone-none",
    }
}
