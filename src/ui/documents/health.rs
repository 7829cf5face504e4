//! The card “Health of this tag”: what the registry lacks of the image, and what to do about it.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{
    AskedAt, BringAction, DeskAction, Health, HealthAction, Opened, ReportForm, State, Wanted,
    entries_of,
};
use crate::export::{part_places, part_title};
use crate::image::{Part, PartRole, Row};
use crate::msg;
use crate::registry::PartState;
use crate::text::Arg;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::load::access::Access;

/// How many parts are told one by one; the table that is saved has all.
const SHOWN: usize = 200;

#[derive(PartialEq, Properties)]
struct Props {
    state: Rc<State>,
}

pub(crate) fn view(state: &Rc<State>) -> Html {
    html! { <HealthOfTag state={state.clone()} /> }
}

#[component]
fn HealthOfTag(props: &Props) -> Html {
    let context = use_ctx();
    let state = &props.state;
    let (Some(opened), Some(place)) = (&state.opened, state.old_place()) else {
        return Html::default();
    };
    let health = state.desk.health.as_deref();
    let busy = health.is_some_and(|health| health.progress.is_some());
    let label = if health.is_some_and(|health| !busy && !health.states.is_empty()) {
        msg!("health.check-again")
    } else {
        msg!("health.check")
    };
    html! {
        <>
            <p class="hint">{ context.t(msg!("health.hint", place = place.repository.to_string())) }</p>
            <div class="row">
                <button disabled={busy} onclick={context.on(|_| HealthAction::Check)}>{ context.t(label) }</button>
                if busy {
                    <button onclick={context.on(|_| HealthAction::Stop)}>{ context.t(msg!("source.cancel")) }</button>
                }
            </div>
            <Access access={state.access.clone()} at={AskedAt::Health} />
            <div class="stack" role="status">{ for health.map(|health| summary(&context, health)) }</div>
            { for health.filter(|health| !health.states.is_empty()).map(|health| table(&context, opened, health)) }
        </>
    }
}

fn summary(context: &Context, health: &Health) -> Html {
    let total = health.parts.len();
    if let Some(done) = health.progress {
        return html! { <p>{ context.t(msg!("health.asking", done = done, total = total)) }</p> };
    }
    let place = &health.place;
    let (broken, unknown) = health.counts();
    let odd = health.states.iter().filter(|state| **state != PartState::There).count();
    let says = match (broken, odd) {
        (0, 0) => msg!("health.fine", place = place, count = total),
        (0, odd) => msg!("health.not-broken", count = odd, total = total),
        (broken, _) => msg!("health.broken", count = broken, total = total),
    };
    html! {
        <>
            <p class={(broken > 0).then_some("error")}>{ context.t(says) }</p>
            if unknown > 0 {
                <p>{ context.t(msg!("health.unknown-count", count = unknown)) }</p>
            }
        </>
    }
}

fn table(context: &Context, opened: &Opened, health: &Health) -> Html {
    let all = opened.image.rows(opened.history.edits());
    let mut odd = health.rows().filter(|(_, state)| **state != PartState::There);
    let rows: Vec<Html> = odd
        .by_ref()
        .take(SHOWN)
        .map(|(part, state)| line(context, opened, &all, part, state))
        .collect();
    let rest = odd.count();
    let head = [
        msg!("health.part"),
        msg!("desk.digest"),
        msg!("desk.size"),
        msg!("desk.state"),
        msg!("health.advice"),
    ];
    html! {
        <>
            if !rows.is_empty() {
                <div class="scroll">
                    <table class="entries" aria-label={context.t(msg!("health.table"))}>
                        <thead><tr>{ for head.iter().map(|key| html! { <th scope="col">{ context.t(key) }</th> }) }</tr></thead>
                        <tbody>{ for rows }</tbody>
                    </table>
                </div>
                if rest > 0 {
                    <p class="hint">{ context.t(msg!("whole.and-more", count = rest)) }</p>
                }
                <p class="hint">{ context.t(msg!("health.then-push")) }</p>
            }
            <div class="row wrapping">
                <button class="small" onclick={context.on(|_| HealthAction::Save(ReportForm::Markdown))}>
                    { context.t(msg!("health.save-markdown")) }
                </button>
                <button class="small" onclick={context.on(|_| HealthAction::Save(ReportForm::Json))}>
                    { context.t(msg!("health.save-json")) }
                </button>
            </div>
        </>
    }
}

fn line(context: &Context, opened: &Opened, rows: &[Row], part: &Part, state: &PartState) -> Html {
    let title = context.t(part_title(part));
    html! {
        <tr key={part.digest.to_string()}>
            <td>{ title.clone() }{ " " }
                { for part_places(part).map(|more| html! { <span class="hint">{ context.t(more) }</span> }) }
            </td>
            <td class="mono" title={part.digest.to_string()}>{ part.digest.short() }</td>
            <td>{ context.t(msg!("desk.bytes", size = Arg::Bytes(part.size))) }</td>
            <td><span class={state.breaks().then_some("error")}>{ context.t(state.message()) }</span></td>
            <td>
                { for state.advice(part).map(|advice| html! { <p class="hint">{ context.t(advice) }</p> }) }
                { repairs(context, opened, rows, part, state, &title) }
            </td>
        </tr>
    }
}

/// What can be done here about a part that is missing.
fn repairs(
    context: &Context,
    opened: &Opened,
    rows: &[Row],
    part: &Part,
    state: &PartState,
    title: &AttrValue,
) -> Html {
    if !state.breaks() && *state != PartState::Elsewhere {
        return Html::default();
    }
    let digest = part.digest.clone();
    if opened.brought.of(&digest).is_some() {
        return html! { <span class="chip">{ context.t(msg!("health.brought")) }</span> };
    }
    let wanted = match &part.role {
        PartRole::Document => {
            if opened.image.document(&digest).is_some() {
                return html! { <span class="chip">{ context.t(msg!("health.brought")) }</span> };
            }
            Wanted::Document(digest.clone())
        }
        _ => Wanted::Blob(digest.clone(), part.size),
    };
    let (kept, entries) = entries_of(rows, part);
    if !kept {
        return html! { <span class="chip">{ context.t(msg!("health.taken-out")) }</span> };
    }
    let urls = match &part.role {
        PartRole::Layer(urls) if urls.iter().any(|url| !url.is_empty()) => Some(urls.clone()),
        _ => None,
    };
    html! {
        <div class="row wrapping">
            { for entries.into_iter().map(|(index, key, name)| html! {
                <button class="quiet small" onclick={context.on(move |_| DeskAction::Remove(index.clone(), key.clone()))}
                    aria-label={context.t(msg!("health.take-out-of", entry = name))}>
                    { context.t(msg!("health.take-out")) }
                </button>
            }) }
            <button class="quiet small" onclick={context.on(move |_| BringAction::Begin(wanted.clone()))}
                aria-label={context.t(msg!("health.bring-of", entry = title.as_str()))}>
                { context.t(msg!("health.bring")) }
            </button>
            { for urls.map(|urls| html! {
                <button class="quiet small"
                    onclick={context.on(move |_| BringAction::FromUrls(digest.clone(), urls.clone()))}
                    aria-label={context.t(msg!("health.bring-urls-of", entry = title.as_str()))}>
                    { context.t(msg!("health.bring-urls")) }
                </button>
            }) }
        </div>
    }
}
