//! The list of steps, to jump in.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{EditAction, Opened};
use crate::msg;
use crate::ui::common::context::use_ctx;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
}

/// The button “History” and the list that it opens, on the browser's own popover: it closes on
/// Escape and on a click elsewhere, and gives the focus back.
#[component]
pub(crate) fn HistoryList(props: &Props) -> Html {
    let context = use_ctx();
    let history = &props.opened.history;
    let present = history.present();
    let steps = history.steps().iter().enumerate().map(|(position, step)| {
        let is_present = position == present;
        html! {
            <li key={position}>
                <button class={classes!((position > present).then_some("undone"))}
                    aria-current={is_present.then_some("step")}
                    onclick={context.on(move |_| EditAction::GoTo(position))}>
                    <span>{ context.t(&step.name) }</span>
                    if is_present {
                        <small>{ context.t(msg!("history.now")) }</small>
                    } else if position > present {
                        <small>{ context.t(msg!("history.undone")) }</small>
                    }
                </button>
            </li>
        }
    });
    html! {
        <>
            <button popovertarget="history" aria-haspopup="dialog">{ context.t(msg!("history.open")) }</button>
            <div id="history" class="history card" popover="auto" role="dialog" aria-labelledby="history-title">
                <h3 id="history-title">{ context.t(msg!("history.title")) }</h3>
                if history.steps().len() == 1 {
                    <p class="body hint">{ context.t(msg!("history.empty")) }</p>
                } else {
                    <ol>{ for steps }</ol>
                    <div class="foot">
                        <button class="small" disabled={present == 0} onclick={context.on(|_| EditAction::GoTo(0))}>
                            { context.t(msg!("history.back")) }
                        </button>
                    </div>
                }
            </div>
        </>
    }
}
