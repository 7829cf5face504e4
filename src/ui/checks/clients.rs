//! The region “Client behaviour”: what clients and the target registry will do with the marks, and
//! which form of them suits best.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::app::{ChecksAction, ChecksState, Opened, advised};
use crate::checks::Report;
use crate::compatibility::{
    Action, Advice, Cell, ClientVerdict, RegistryKind, RegistryVerdict, Reply, advise,
};
use crate::msg;
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
    let (common, others): (Vec<&ClientVerdict>, Vec<&ClientVerdict>) =
        verdicts.iter().partition(|verdict| verdict.client.is_common());
    html! {
        <section class="card behaviour" aria-labelledby="behaviour-title">
            <h3 id="behaviour-title" tabindex="-1">{ context.t(msg!("behaviour.title")) }</h3>
            <p class="body say">{ context.t(report.sentence()) }</p>
            if marked {
                { matrix(context, &common, checks) }
                if !others.is_empty() {
                    <details class="body">
                        <summary>{ context.t(msg!("behaviour.other-clients", count = others.len())) }</summary>
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
fn matrix(context: &Context, verdicts: &[&ClientVerdict], checks: &ChecksState) -> Html {
    html! {
        <div class="scroll" tabindex="0" role="group" aria-labelledby="behaviour-title">
            <table class="matrix">
                <thead>
                    <tr>
                        <th scope="col">{ context.t(msg!("behaviour.client")) }</th>
                        { for Action::ALL.iter().map(|action| html! {
                            <th scope="col">{ context.t(action.message()) }</th>
                        }) }
                    </tr>
                </thead>
                <tbody>
                    { for verdicts.iter().map(|verdict| row(context, verdict, checks)) }
                </tbody>
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
    html! {
        <tr key={id}>
            <th scope="row">
                <label class="check">
                    <input type="checkbox" checked={checks.clients.contains(id)} onchange={tick} />
                    <span>
                        { client.name }
                        <small>{ " " }{ client.variant }{ " " }{ context.t(client.versions.message()) }</small>
                    </span>
                </label>
            </th>
            { for verdict.cells.iter().zip(Action::ALL).map(|(each, action)| html! {
                <td data-label={context.t(action.message())}>{ cell(context, each) }</td>
            }) }
        </tr>
    }
}

fn cell(context: &Context, cell: &Cell) -> Html {
    html! {
        { for cell.parts.iter().map(|part| {
            let layers: Vec<String> = part.layers.iter().take(12).map(|layer| layer.index.to_string()).collect();
            html! {
                <details class="verdict">
                    <summary>
                        <span aria-hidden="true">{ part.outcome.effect().sign() }{ " " }</span>
                        { context.t(part.word()) }
                        if !part.way.is_empty() { <small>{ " " }{ part.way }</small> }
                    </summary>
                    <p>{ context.t(part.sentence()) }</p>
                    <p class="hint">
                        { context.t(msg!("behaviour.layers", layers = layers.join(", "), count = part.layers.len())) }
                        if let Some(evidence) = part.evidence {
                            { " " }{ context.t(evidence.strength.message()) }{ " " }{ evidence.program }{ " " }{ evidence.date }
                            if let Some(source) = evidence.sources.first() {
                                { " " }
                                <a href={*source} target="_blank" rel="noopener noreferrer">
                                    { context.t(msg!("behaviour.source")) }
                                </a>
                            }
                        }
                    </p>
                </details>
            }
        }) }
    }
}

/// What the target registry says, with the choice of which software it is.
fn registry(context: &Context, verdict: &RegistryVerdict, kind: RegistryKind) -> Html {
    let choose = context.on(|event: Event| {
        let chosen = event.target().and_then(|target| target.dyn_into::<HtmlSelectElement>().ok());
        let at = chosen.and_then(|select| usize::try_from(select.selected_index()).ok());
        ChecksAction::Kind(at.and_then(|at| RegistryKind::ALL.get(at)).copied().unwrap_or_default())
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

fn registry_name(context: &Context, kind: RegistryKind) -> AttrValue {
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
