//! The region “Client behaviour”: what clients and the target registry will do with the marks, and
//! which form of them suits best.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::app::{ChecksAction, ChecksState, Opened, advised};
use crate::checks::Report;
use crate::compatibility::{
    Action, Advice, Cell, Client, ClientGroup, ClientVerdict, Part, RegistryKind, RegistryVerdict,
    Reply, advise, client_groups,
};
use crate::msg;
use crate::ui::checks::outcome::tone;
use crate::ui::common::choice::chosen_line;
use crate::ui::common::context::Context;

pub(in crate::ui) fn view(
    context: &Context,
    opened: &Rc<Opened>,
    checks: &ChecksState,
    report: &Report,
    advice: &[Advice],
) -> Html {
    let verdicts = &report.clients;
    let marked =
        verdicts.iter().any(|verdict| verdict.cells.iter().any(|cell| !cell.parts.is_empty()));
    let [shown, others] = client_groups(verdicts);
    let count = others.iter().map(|group| group.verdicts.len()).sum::<usize>();
    html! {
        <section class="card behaviour" aria-labelledby="behaviour-title">
            <h3 id="behaviour-title" tabindex="-1">{ context.t(msg!("behaviour.title")) }</h3>
            <p class="body say">{ context.t(report.sentence()) }</p>
            if marked {
                { matrix(context, &shown, checks) }
                if count > 0 {
                    <details class="more-clients">
                        <summary>{ context.t(msg!("behaviour.other-clients", count = count)) }</summary>
                        { matrix(context, &others, checks) }
                    </details>
                }
                { registry(context, &report.registry, checks.situation.kind) }
                { forms(context, opened, checks, advice) }
            }
        </section>
    }
}

/// A table of clients: what each action of theirs comes to.
fn matrix(context: &Context, groups: &[ClientGroup<'_>], checks: &ChecksState) -> Html {
    html! {
        <div class="scroll">
            <table class="matrix" data-arrows="">
                <thead>
                    <tr>
                        <th scope="col">{ context.t(msg!("behaviour.client")) }</th>
                        { for Action::ALL.iter().map(|action| html! {
                            <th scope="col">{ context.t(action.message()) }</th>
                        }) }
                    </tr>
                </thead>
                { for groups.iter().map(|group| html! {
                    <tbody key={group.name}>
                        if group.verdicts.len() > 1 {
                            <tr class="group"><th scope="rowgroup" colspan="5">{ group.name }</th></tr>
                        }
                        { for group.verdicts.iter().map(|verdict| row(context, verdict, checks)) }
                    </tbody>
                }) }
            </table>
        </div>
    }
}

fn row(context: &Context, verdict: &ClientVerdict, checks: &ChecksState) -> Html {
    let client = verdict.client;
    let id = client.id;
    let tick = context.on(move |event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        ChecksAction::Client(id, input.checked())
    });
    let open = checks.details.contains(&id);
    let details = format!("details-{id}");
    let show = context.on(move |_: MouseEvent| ChecksAction::Details(id, !open));
    let versions = context.t(client.versions.message());
    let name = client_name(context, client);
    html! {
        <>
            <tr key={id} class={verdict.breaks_silently().then_some("breaks")}>
                <th scope="row">
                    <div class="client">
                        <input type="checkbox" id={format!("client-{id}")} checked={checks.clients.contains(id)} onchange={tick} />
                        <label for={format!("client-{id}")}>
                            { client.name }
                            <small>{ " " }{ client.variant }{ " " }{ versions.clone() }</small>
                        </label>
                        <button class="quiet small disclose" aria-expanded={open.to_string()} aria-controls={details.clone()}
                            aria-label={context.t(msg!("behaviour.details-of", client = name))} onclick={show}>
                            <span aria-hidden="true">{ if open { "▾" } else { "▸" } }</span>
                        </button>
                    </div>
                </th>
                { for verdict.cells.iter().zip(Action::ALL).map(|(each, action)| html! {
                    <td data-label={context.t(action.message())}>{ cell(context, each) }</td>
                }) }
            </tr>
            if open {
                <tr key={details.clone()} id={details} class="details"><td colspan="5">
                    { for verdict.cells.iter().zip(Action::ALL).map(|(cell, action)| html! {
                        { for cell.parts.iter().map(|part| explained(context, action, part)) }
                    }) }
                </td></tr>
            }
        </>
    }
}

/// What an action amounts to: a sign, a word, a colour.
fn cell(context: &Context, cell: &Cell) -> Html {
    let ways = cell.ways().into_iter().map(|(way, effect)| {
        html! {
            <div class={tone(effect)}>
                <span aria-hidden="true">{ effect.sign() }{ " " }</span>
                { context.t(effect.word()) }
                if !way.is_empty() { <small>{ " " }{ way }</small> }
            </div>
        }
    });
    html! { <>{ for ways }</> }
}

/// What happens to which layers, in a sentence, and what that is known from.
fn explained(context: &Context, action: Action, part: &Part) -> Html {
    let layers: Vec<String> =
        part.layers.iter().take(12).map(|layer| layer.index.to_string()).collect();
    html! {
        <p>
            <strong>{ context.t(action.message()) }</strong>
            if !part.way.is_empty() { <small>{ " " }{ part.way }</small> }
            { ": " }{ context.t(part.sentence()) }{ " " }
            <span class="hint">
                { context.t(msg!("behaviour.layers", layers = layers.join(", "), count = part.layers.len())) }
                { evidence(context, part) }
            </span>
        </p>
    }
}

/// How this is known, and from where.
pub(in crate::ui) fn evidence(context: &Context, part: &Part) -> Html {
    let Some(evidence) = part.evidence else { return Html::default() };
    html! {
        <>
            { " " }{ context.t(evidence.strength.message()) }{ " " }{ evidence.program }{ " " }{ evidence.date }
            if let Some(source) = evidence.sources.first() {
                { " " }
                <a href={*source} target="_blank" rel="noopener noreferrer">
                    { context.t(msg!("behaviour.source")) }
                </a>
            }
        </>
    }
}

/// The name of a client with its way of running and its versions.
pub(in crate::ui) fn client_name(context: &Context, client: &Client) -> String {
    let versions = context.t(client.versions.message());
    let parts = [client.name, client.variant, &versions].into_iter();
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What the target registry says, with the choice of which software it is.
fn registry(context: &Context, verdict: &RegistryVerdict, kind: RegistryKind) -> Html {
    let choose = context.on(|event: Event| {
        let kind = chosen_line(&event).and_then(|at| RegistryKind::ALL.get(at));
        ChecksAction::Kind(kind.copied().unwrap_or_default())
    });
    html! {
        <div class="body registry-verdict">
            <label class="check">
                <span>{ context.t(msg!("behaviour.registry")) }</span>
                <select onchange={choose}>
                    { for RegistryKind::ALL.iter().map(|each| html! {
                        <option selected={*each == kind}>{ registry_name(context, *each) }</option>
                    }) }
                </select>
            </label>
            { for verdict.parts.iter().map(|part| {
                let class = match part.reply {
                    Reply::Refuses(..) | Reply::RefusesAnyhow(..) => "bad",
                    Reply::Unknown(_) => "warn",
                    Reply::Accepts => "ok",
                };
                html! {
                    <p><span class={classes!("chip", class)}>{ context.t(part.reply.word()) }</span>
                        { " " }{ context.t(part.sentence()) }</p>
                }
            }) }
        </div>
    }
}

/// The name of a registry software.
pub(in crate::ui) fn registry_name(context: &Context, kind: RegistryKind) -> AttrValue {
    match kind.name() {
        "" => context.t(msg!("behaviour.registry-unknown")),
        name => AttrValue::Static(name),
    }
}

/// The forms of the marks, best first, for the registry and the ticked clients.
pub(in crate::ui) fn advice(opened: &Opened, checks: &ChecksState) -> Vec<Advice> {
    let ids: Vec<&str> = checks.clients.iter().copied().collect();
    advise(&checks.subject(opened), checks.situation.kind, &ids)
}

fn forms(context: &Context, opened: &Rc<Opened>, checks: &ChecksState, found: &[Advice]) -> Html {
    let Some(best) = found.first() else { return Html::default() };
    html! {
        <div class="body advice">
            <h4>{ context.t(msg!("behaviour.advice")) }</h4>
            <p class="hint">
                if checks.clients.is_empty() {
                    { context.t(msg!("behaviour.advice-for-registry")) }
                } else {
                    { context.t(msg!("behaviour.advice-for", count = checks.clients.len())) }
                }
            </p>
            { one(context, opened, best, true) }
            if found.len() > 1 {
                <details>
                    <summary>{ context.t(msg!("behaviour.other-forms", count = found.len() - 1)) }</summary>
                    { for found.iter().skip(1).map(|each| one(context, opened, each, false)) }
                </details>
            }
        </div>
    }
}

fn one(context: &Context, opened: &Rc<Opened>, advice: &Advice, best: bool) -> Html {
    let apply = {
        let (advice, opened) = (advice.clone(), opened.clone());
        context.on(move |_: MouseEvent| advised(&advice, &opened))
    };
    html! {
        <div class={classes!("form", best.then_some("best"))}>
            <p><strong>{ context.t(advice.what()) }</strong>
                if advice.is_current {
                    { " " }<span class="chip">{ context.t(msg!("behaviour.current")) }</span>
                }
            </p>
            { for advice.costs().into_iter().map(|cost| html! { <p class="hint">{ context.t(cost) }</p> }) }
            if !advice.is_current {
                <button class="small" onclick={apply}>{ context.t(msg!("behaviour.apply")) }</button>
            }
        </div>
    }
}
