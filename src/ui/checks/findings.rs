//! The region “Checks”: what is questionable about the image, errors first.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{Area, ChecksAction, ChecksState, Opened, State};
use crate::checks::{Finding, Report, Severity};
use crate::image::image_manifests;
use crate::manifest::{Digest, Platform};
use crate::msg;
use crate::ui::checks::clients;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::load::source::typed;

#[derive(Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
    pub(crate) checks: Area<ChecksState>,
    /// What is said of them.
    pub(crate) report: Rc<Option<Report>>,
}

/// A report is made anew where it may say something else.
impl PartialEq for Props {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.report, &other.report)
            && self.opened == other.opened
            && self.checks == other.checks
    }
}

/// The regions “Checks” and “Client behaviour”, which say parts of one report.
pub(crate) fn view(state: &Rc<State>, report: &Rc<Option<Report>>) -> Html {
    let Some(opened) = &state.opened else { return Html::default() };
    html! {
        <Verdicts opened={opened.clone()} checks={state.checks.clone()} report={report.clone()} />
    }
}

#[component]
fn Verdicts(props: &Props) -> Html {
    let context = use_ctx();
    let (opened, checks) = (&props.opened, &props.checks);
    let about = (Rc::as_ptr(&props.report), checks.clients.clone());
    let advice = use_memo(about, |_| clients::advice(opened, checks));
    let Some(report) = &*props.report else { return Html::default() };
    // Where there are several manifests, a layer's number alone does not tell which one is meant.
    let mut platforms = image_manifests(&opened.image, opened.history.edits());
    if platforms.len() < 2 {
        platforms.clear();
    }
    html! {
        <div class="pair">
            { findings(&context, &report.findings, &checks.reason, &platforms) }
            { clients::view(&context, opened, checks, report, &advice) }
        </div>
    }
}

/// How many layers of a finding are offered to jump to.
const JUMPS: usize = 24;
/// Up to how many of them are not folded away.
const UNFOLDED: usize = 2;

/// Manifests with their platforms.
type Platforms = [(Digest, Option<Platform>)];

fn findings(context: &Context, findings: &[Finding], reason: &str, platforms: &Platforms) -> Html {
    let count = |severity: Severity| {
        findings.iter().filter(|found| found.rule.severity == severity).count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let general: Vec<&Finding> = findings.iter().filter(|found| found.rule.is_general).collect();
    let image = findings.iter().filter(|found| !found.rule.is_general);
    html! {
        <section class="card checks" aria-labelledby="checks-title">
            <h3 id="checks-title" tabindex="-1">
                { context.t(msg!("checks.title")) }
                if errors > 0 {
                    <span class="chip bad">{ context.t(msg!("checks.errors", count = errors)) }</span>
                }
                if warnings > 0 {
                    <span class="chip warn">{ context.t(msg!("checks.warnings", count = warnings)) }</span>
                }
            </h3>
            if findings.len() == general.len() {
                <p class="body hint">{ context.t(msg!("checks.none")) }</p>
            }
            <ul class="findings">{ for image.map(|found| line(context, found, platforms)) }</ul>
            if !general.is_empty() {
                <details class="general">
                    <summary>{ context.t(msg!("checks.general", count = general.len())) }</summary>
                    <ul class="findings">
                        { for general.iter().map(|found| line(context, found, platforms)) }
                    </ul>
                </details>
            }
            if errors > 0 {
                <label class="body reason">
                    <span>{ context.t(msg!("checks.reason")) }</span>
                    <input type="text" value={reason.to_owned()}
                        oninput={context.on(|event: InputEvent| ChecksAction::Reason(typed(&event)))} />
                </label>
            }
        </section>
    }
}

fn line(context: &Context, found: &Finding, platforms: &Platforms) -> Html {
    let class = match found.rule.severity {
        Severity::Error => "bad",
        Severity::Warning => "warn",
        Severity::Note => "note",
    };
    let fix = found.fix.clone().map(|fix| {
        let label = context.t(fix.label());
        html! {
            <button class="small" onclick={context.on(move |_| ChecksAction::Fix(fix.clone()))}>{ label }</button>
        }
    });
    let jumps = found.layers.iter().take(JUMPS).map(|layer| {
        let (layer, index) = (layer.clone(), layer.index);
        let label = match platforms.iter().find(|(id, _)| *id == layer.node) {
            Some((id, platform)) => {
                let name = platform.as_ref().map_or_else(|| id.short(), Platform::to_string);
                msg!("checks.layer-of", platform = name, index = index)
            }
            None => msg!("checks.layer", index = index),
        };
        html! {
            <button class="quiet small" onclick={context.on(move |_| ChecksAction::Show(layer.clone()))}>
                { context.t(label) }
            </button>
        }
    });
    let show = {
        let layers = found.layers.clone();
        context.on(move |_| ChecksAction::ShowPlaces(layers.clone()))
    };
    let more = found.layers.len().saturating_sub(JUMPS);
    let jumps = html! {
        <>
            { for jumps }
            if more > 0 {
                <span class="hint">{ context.t(msg!("checks.more", count = more)) }</span>
            }
        </>
    };
    let folded = found.layers.len() > UNFOLDED;
    html! {
        <li class="finding" key={found.rule.id}>
            <span class={classes!("chip", class)}>{ context.t(found.rule.severity.message()) }</span>
            <p class="what">{ context.t(found.what()) }</p>
            <p class="hint">{ context.t(found.advice()) }</p>
            <div class="row wrap-row">
                { for fix }
                if folded {
                    <details class="jumps">
                        <summary>{ context.t(msg!("checks.layers", count = found.layers.len())) }</summary>
                        <div class="row wrap-row">{ jumps }</div>
                    </details>
                } else {
                    { jumps }
                }
                if !found.layers.is_empty() {
                    <button class="quiet small" onclick={show}
                        aria-label={context.t(msg!("checks.show-place-of", id = found.rule.id))}>
                        { context.t(msg!("checks.show-place")) }
                    </button>
                }
                <a class="hint" href={found.rule.source} target="_blank" rel="noopener noreferrer">
                    { context.t(msg!("checks.source", id = found.rule.id)) }
                </a>
            </div>
        </li>
    }
}
