//! What a push plan comes to, what stands open, how far it is, and what is left to do after it.

use yew::prelude::*;

use crate::app::{
    ExportAction, NextStep, PushAction, ReportForm, RunningPush, ViewAction, tag_line,
};
use crate::checks::{Report, Severity};
use crate::compatibility::{Details, Effect, OutcomePart, Summary};
use crate::msg;
use crate::registry::push::{Amount, Proof, PushPlan};
use crate::text::{Arg, Message};
use crate::ui::common::context::Context;
use crate::ui::common::failure::snippet;

/// What stands open before a push.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Open {
    /// Errors and warnings among the checks.
    pub(super) errors: usize,
    pub(super) warnings: usize,
    /// What is not known of the URLs, or is wrong with them.
    urls: Option<Message>,
    /// That all URLs serve their layers.
    verified: Option<Message>,
}

impl Open {
    pub(super) fn of(report: &Report) -> Self {
        let count = |severity: Severity| {
            report.findings.iter().filter(|found| found.rule.severity == severity).count()
        };
        let line = report.summary.as_ref().map(Summary::line).unwrap_or_default();
        let of_urls = line.into_iter().filter(|part| part.details == Details::Urls);
        let (good, urls): (Vec<_>, Vec<_>) =
            of_urls.partition(|part| matches!(part.effect, Effect::Gets | Effect::KeepsBack));
        let first = |parts: Vec<OutcomePart>| parts.into_iter().next().map(|part| part.text);
        Self {
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            urls: first(urls),
            verified: first(good),
        }
    }
}

/// The plan in a few lines: where to, what is sent, what the tag becomes, and what stands open.
pub(super) fn summary(context: &Context, plan: &PushPlan, open: Option<&Open>) -> Html {
    let sum = plan.summary();
    let some = |amount: Amount, message: fn(usize, Arg) -> Message| {
        (amount.count > 0).then(|| message(amount.count, Arg::Bytes(amount.size)))
    };
    let parts = [
        some(sum.there, |count, size| msg!("push.sum-there", count = count, size = size)),
        some(sum.sent, |count, size| msg!("push.sum-sent", count = count, size = size)),
        some(sum.mounted, |count, size| msg!("push.sum-mounted", count = count, size = size)),
        some(sum.away, |count, size| msg!("push.sum-away", count = count, size = size)),
        some(sum.unknown, |count, size| msg!("push.sum-unknown", count = count, size = size)),
        (sum.stored > 0).then(|| msg!("push.sum-stored", count = sum.stored)),
        (sum.known > 0).then(|| msg!("push.sum-known", count = sum.known)),
        open.and_then(|open| open.verified.clone()),
    ];
    let target = &plan.input.target;
    let warn = |text: AttrValue, to: Option<&'static str>, bad: bool| {
        let link = to.map(|id| {
            let context = context.clone();
            let show = Callback::from(move |event: MouseEvent| {
                event.prevent_default();
                context.send(ViewAction::Focus(id.to_owned()));
            });
            html! { <a href={format!("#{id}")} onclick={show}>{ text.clone() }</a> }
        });
        html! {
            <li class={if bad { "bad" } else { "warn" }}>
                <span aria-hidden="true">{ if bad { "✕ " } else { "! " } }</span>
                { link.unwrap_or_else(|| text.into()) }
            </li>
        }
    };
    let held = (sum.held.count > 0).then(|| {
        let (count, size) = (sum.held.count, Arg::Bytes(sum.held.size));
        warn(context.t(msg!("push.sum-held", count = count, size = size)), None, false)
    });
    let open = open.map(|open| {
        let errors = (open.errors > 0).then(|| {
            warn(
                context.t(msg!("push.open-errors", count = open.errors)),
                Some("checks-title"),
                true,
            )
        });
        let warnings = (open.warnings > 0).then(|| {
            let said = msg!("push.open-warnings", count = open.warnings);
            warn(context.t(said), Some("checks-title"), false)
        });
        let urls =
            open.urls.as_ref().map(|said| warn(context.t(said), Some("layers-title"), false));
        html! { <>{ for errors }{ for warnings }{ for urls }</> }
    });
    html! {
        <div class="plan-summary">
            <p class="to">
                { context.t(msg!("push.to")) }{ " " }
                <strong>{ target.endpoint.origin().authority() }</strong>
                { " · " }{ target.repository.to_string() }
            </p>
            if plan.moved.is_none() {
                { for tag_line(plan).iter().map(|said| html! { <p>{ context.t(said) }</p> }) }
            }
            <p class="parts">
                { for parts.into_iter().flatten().map(|part| html! { <span>{ context.t(part) }</span> }) }
            </p>
            <ul class="open">{ for held }{ for open }</ul>
        </div>
    }
}

/// How far a push is: a bar, the step, the bytes and the time that is left.
pub(super) fn progress(context: &Context, running: &RunningPush) -> Html {
    let so_far = running.push.plan.progress();
    // Without anything to send the steps are what there is to count.
    let (value, max) = match so_far.size {
        0 => (so_far.done as u64, so_far.steps as u64),
        size => (so_far.sent, size),
    };
    let at = so_far.at.and_then(|at| running.push.plan.steps.get(at));
    html! {
        <div class="progress">
            <progress max={max.max(1).to_string()} value={value.to_string()}
                aria-label={context.t(msg!("push.progress"))}></progress>
            <span>{ context.t(running.progress_line()) }</span>
            if let Some(step) = at {
                <span class="hint">{ context.t(running.push.plan.message(step)) }</span>
            }
            if let Some(said) = &running.progress {
                <span class="hint" role="status">{ context.t(said) }</span>
            }
        </div>
    }
}

/// What was proved, and what is left to do.
pub(super) fn proved(
    context: &Context,
    plan: &PushPlan,
    proof: &Proof,
    said: &[Message],
    next: &[NextStep],
) -> Html {
    let digest = proof.digest.to_string();
    let copy = format!("{}@{digest}", plan.input.target.repository);
    // To undo an undoing is to push again.
    let restorable = plan.input.tag.is_some()
        && !plan.input.put_back
        && proof.before.as_ref().is_some_and(|old| *old != proof.digest);
    html! {
        <>
        <div class="success">
            { for said.iter().map(|said| html! { <p><strong>{ context.t(said) }</strong></p> }) }
            <p class="mono digest-whole">{ digest }</p>
            <div class="row">
                <button onclick={context.on(move |_| ViewAction::Copy(copy.clone()))}>
                    { context.t(msg!("push.copy-reference")) }
                </button>
                if restorable {
                    <button onclick={context.on(|_| PushAction::Restore)}>
                        { context.t(msg!("push.restore")) }
                    </button>
                }
            </div>
        </div>
        if !next.is_empty() {
            <div class="next">
                <h4>{ context.t(msg!("push.next")) }</h4>
                <ol>
                    { for next.iter().map(|step| html! {
                        <li>
                            <p>{ context.t(&step.what) }</p>
                            if let Some(unknown) = &step.unknown {
                                <p class="hint">{ context.t(unknown) }</p>
                            }
                            if !step.commands.is_empty() {
                                { snippet(context, &step.commands.join("\n")) }
                            }
                        </li>
                    }) }
                    <li>
                        <p>{ context.t(msg!("push.next-report")) }</p>
                        <div class="row">
                            <button class="small" onclick={context.on(|_| ExportAction::Report(ReportForm::Markdown))}>
                                { context.t(msg!("push.save-report")) }
                            </button>
                        </div>
                    </li>
                </ol>
            </div>
        }
        </>
    }
}
