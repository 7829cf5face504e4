//! The card “Whole image”: its attestations, and its family of media types.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{Attestation, ConvertAction, Opened, State};
use crate::manifest::EntryChoice;
use crate::manifest::media_type::Family;
use crate::msg;
use crate::ui::common::choice::Choice;
use crate::ui::common::context::{Context, use_ctx};

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
}

/// How many blockers are told one by one.
const SHOWN: usize = 8;

pub(crate) fn view(state: &Rc<State>) -> Html {
    let opened = state.opened.as_ref();
    let cards = opened.map(|opened| {
        html! { <Convert opened={opened.clone()} /> }
    });
    cards.unwrap_or_default()
}

#[component]
fn Convert(props: &Props) -> Html {
    let context = use_ctx();
    let opened = &props.opened;
    let attestations = opened.attestations();
    html! {
        <details class="card convert">
            <summary><h3>{ context.t(msg!("convert.title")) }</h3></summary>
            <div class="body stack">
                { families(&context, opened) }
                if !attestations.is_empty() {
                    <h4>{ context.t(msg!("convert.attestations")) }</h4>
                    <p class="hint">{ context.t(msg!("convert.statement")) }</p>
                    <ul class="plain-list">
                        { for attestations.iter().map(|each| attestation(&context, each)) }
                    </ul>
                }
            </div>
        </details>
    }
}

fn families(context: &Context, opened: &Opened) -> Html {
    let Some(family) = opened.family() else { return Html::default() };
    let other = match family {
        Family::Oci => Family::Docker,
        Family::Docker => Family::Oci,
    };
    let blockers = opened.blockers(other);
    let label = match other {
        Family::Oci => msg!("convert.to-oci"),
        Family::Docker => msg!("convert.to-docker"),
    };
    let present = match family {
        Family::Oci => msg!("convert.is-oci"),
        Family::Docker => msg!("convert.is-docker"),
    };
    let shown = blockers.iter().take(SHOWN);
    let rest = blockers.len().saturating_sub(SHOWN);
    html! {
        <>
            <div class="row wrapping">
                <span>{ context.t(present) }</span>
                <button disabled={!blockers.is_empty()} aria-describedby="convert-blockers"
                    onclick={context.on(move |_| ConvertAction::Family(other))}>
                    { context.t(label) }
                </button>
            </div>
            <div id="convert-blockers">
                if !blockers.is_empty() {
                    <p class="hint">{ context.t(msg!("convert.blocked")) }</p>
                    <ul class="plain-list">
                        { for shown.map(|blocker| html! { <li>{ context.t(blocker.message()) }</li> }) }
                        if rest > 0 {
                            <li>{ context.t(msg!("whole.and-more", count = rest)) }</li>
                        }
                    </ul>
                }
            </div>
        </>
    }
}

fn attestation(context: &Context, found: &Attestation) -> Html {
    let of = found.of.clone().unwrap_or_else(|| found.digest.short());
    let choices = vec![
        (EntryChoice::Repoint, context.t(msg!("convert.repoint"))),
        (EntryChoice::Leave, context.t(msg!("convert.leave"))),
        (EntryChoice::Drop, context.t(msg!("convert.drop"))),
    ];
    let (index, at) = (found.index.clone(), found.at);
    let onchoose = context.on(move |choice| ConvertAction::Attestation(index.clone(), at, choice));
    html! {
        <li class="row wrapping">
            <span>{ context.t(msg!("convert.attestation", of = &of)) }</span>
            <span class="mono" title={found.digest.to_string()}>{ found.digest.short() }</span>
            <Choice<EntryChoice> label={context.t(msg!("convert.choice", of = &of))} chosen={found.choice}
                {choices} {onchoose} />
            if found.concerned && found.choice != EntryChoice::Drop {
                <span class="chip warn">{ context.t(msg!("convert.names-old")) }</span>
            }
        </li>
    }
}
