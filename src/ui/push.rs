//! The region “Push plan”: where to, what will be done, what was done, and the proof.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::access::Access;
use super::context::{Context, use_ctx};
use super::failure::{Found, note};
use super::source::typed;
use crate::app::{
    AccessState, AskedAt, ChecksState, Opened, PushAction, PushPhase, PushState, State, ViewAction,
};
use crate::msg;
use crate::registry::push::{Proof, PushPlan, Step, StepState};
use crate::text::{Arg, Message};

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) push: PushState,
    pub(crate) access: AccessState,
    pub(crate) opened: Option<Rc<Opened>>,
    pub(crate) checks: ChecksState,
}

pub(crate) fn view(state: &Rc<State>) -> Html {
    let (push, access) = (state.push.clone(), state.access.clone());
    html! { <Push {push} {access} opened={state.opened.clone()} checks={state.checks.clone()} /> }
}

/// “Review push”.
pub(crate) fn begin(context: &Context) {
    context.send(PushAction::Review);
}

#[component]
fn Push(props: &Props) -> Html {
    let context = use_ctx();
    let push = &props.push;
    let busy = push.phase.is_busy();
    let asked = props.access.asked.as_ref().is_some_and(|asked| asked.place() == AskedAt::Push);
    let (opened, checks) = (&props.opened, &props.checks);
    let about = opened.as_ref().map(|opened| opened.rendered.clone());
    // An error stands among the checks and no reason was given.
    let needs_reason = use_memo((about, checks.situation.clone(), checks.reason.clone()), |_| {
        opened.as_ref().is_some_and(|opened| checks.needs_reason(opened))
    });
    let section = use_node_ref();
    // The plan appears below the fold: eyes and keyboard follow whenever one is made.
    use_effect_with(matches!(push.phase, PushPhase::Planning(_)), {
        let section = section.clone();
        move |_| {
            if let Some(section) = section.cast::<web_sys::HtmlElement>() {
                section.focus().ok();
                section.scroll_into_view();
            }
        }
    });
    // So they do to what came of it.
    let ended = matches!(push.phase, PushPhase::Done(..)) || push.failure.is_some();
    use_effect_with(ended, {
        let section = section.clone();
        move |&ended| {
            let Some(section) = section.cast::<web_sys::Element>().filter(|_| ended) else {
                return;
            };
            if let Ok(Some(outcome)) =
                section.query_selector(".success, :scope > .body > [role=alert]")
            {
                outcome.scroll_into_view_with_bool(false);
            }
        }
    });
    let onsubmit = {
        let context = context.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            context.send(PushAction::Review);
        })
    };
    let backup = context.on(|event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        PushAction::Backup(input.checked())
    });
    if !push.shown {
        return Html::default();
    }
    html! {
        <section class="card push" ref={section} aria-labelledby="push-title" tabindex="-1">
            <h3><span id="push-title">{ context.t(msg!("push.title")) }</span>
                <span class="spacer"></span>
                <button class="quiet small" disabled={busy} onclick={context.on(|_| PushAction::Show(false))}>
                    { context.t(msg!("dialog.close")) }
                </button>
            </h3>
            <div class="body stack">
                <form class="row fields" {onsubmit}>
                    <label>
                        <span>{ context.t(msg!("push.target")) }</span>
                        <input type="text" spellcheck="false" autocomplete="off" autocapitalize="off"
                            placeholder="registry.example.com/team/app:1.4" disabled={busy}
                            value={push.target.clone()}
                            oninput={context.on(|event: InputEvent| PushAction::Target(typed(&event)))} />
                    </label>
                    <button type="submit" disabled={busy}>{ context.t(msg!("push.plan-again")) }</button>
                </form>
                <label class="check">
                    <input type="checkbox" checked={push.backup} onchange={backup} disabled={busy} />
                    { context.t(msg!("push.backup")) }
                </label>
                <Access access={props.access.clone()} at={AskedAt::Push} />
                <p class="visually-hidden" role="status">{ spoken(push).map(|said| context.t(said)).unwrap_or_default() }</p>
                { phase(&context, push, *needs_reason) }
                <div role="alert">
                    if let Some(failure) = push.failure.as_ref().filter(|_| !asked) {
                        { note(&context, failure) }
                        <Found failure={failure.clone()} heading="h4" />
                    }
                </div>
            </div>
        </section>
    }
}

fn phase(context: &Context, push: &PushState, needs_reason: bool) -> Html {
    // The alert below the steps says why one failed.
    let told = push.failure.is_some();
    let progress = push.progress.as_ref().map(|message| {
        html! {
            <p class="hint" role="status">{ context.t(message) }</p>
        }
    });
    let cancel = html! {
        <button onclick={context.on(|_| PushAction::Cancel)}>{ context.t(msg!("source.cancel")) }</button>
    };
    match &push.phase {
        PushPhase::Idle => Html::default(),
        PushPhase::Planning(_) => html! {
            <>
                <p>{ context.t(msg!("push.planning")) }</p>
                { progress }
                <div class="row end">{ cancel }</div>
            </>
        },
        PushPhase::Planned(plan) => html! { <Planned plan={plan.clone()} {needs_reason} {told} /> },
        PushPhase::Running(plan) => html! {
            <>
                { steps(context, plan, told) }
                { progress }
                <div class="row end">{ cancel }</div>
            </>
        },
        PushPhase::Done(plan, proof) => html! {
            <>
                { steps(context, plan, told) }
                { proved(context, plan, proof) }
            </>
        },
    }
}

#[derive(PartialEq, Properties)]
struct PlannedProps {
    plan: Rc<PushPlan>,
    needs_reason: bool,
    /// Why a step failed is said elsewhere.
    told: bool,
}

#[component]
fn Planned(props: &PlannedProps) -> Html {
    let context = use_ctx();
    let plan = &props.plan;
    let begun = plan.steps.iter().any(|step| matches!(step.state, StepState::Failed(_)));
    let upload = plan.upload_size();
    html! {
        <>
            <p>{ context.t(tag_line(plan)) }
                if upload > 0 {
                    { " " }{ context.t(msg!("push.upload", size = Arg::Bytes(upload))) }
                }
            </p>
            { for plan.problems.iter().map(|problem| html! {
                <p class="failure">{ context.t(problem.message()) }</p>
            }) }
            if let Some(moved) = &plan.moved {
                <div class="failure" role="alert">
                    <p>{ context.t(moved.message()) }</p>
                    <div class="row">
                        <button onclick={context.on(|_| PushAction::OverwriteMoved)}>
                            { context.t(msg!("push.overwrite-moved")) }
                        </button>
                    </div>
                </div>
            }
            { steps(&context, plan, props.told) }
            if props.needs_reason {
                <p class="hint error">{ context.t(msg!("push.needs-reason")) }</p>
            }
            <div class="row end">
                <button class="primary" disabled={!plan.is_ready() || props.needs_reason} onclick={context.on(|_| PushAction::Push)}>
                    { context.t(if begun { msg!("push.go-on") } else { msg!("push.push") }) }
                </button>
            </div>
        </>
    }
}

/// What screen readers are told: their live regions have to be there before they say something.
fn spoken(push: &PushState) -> Option<Message> {
    match &push.phase {
        PushPhase::Idle | PushPhase::Running(_) => None,
        PushPhase::Planning(_) => Some(msg!("push.planning")),
        PushPhase::Planned(plan) => Some(tag_line(plan)),
        PushPhase::Done(..) => Some(msg!("push.pushed")),
    }
}

/// What happens to the tag, in one sentence.
fn tag_line(plan: &PushPlan) -> Message {
    let target = plan.input.target.repository.to_string();
    match (&plan.input.tag, &plan.expected) {
        (None, _) => msg!("push.by-digest", repository = target),
        (Some(tag), None) => msg!("push.new-tag", tag = tag.as_str(), repository = target),
        (Some(tag), Some(old)) => {
            msg!("push.replaces", tag = tag.as_str(), repository = target, old = old.short())
        }
    }
}

fn steps(context: &Context, plan: &PushPlan, told: bool) -> Html {
    html! {
        <ol class="steps">
            { for plan.steps.iter().map(|step| line(context, step, told)) }
        </ol>
    }
}

fn line(context: &Context, step: &Step, told: bool) -> Html {
    let (class, name, remark) = match &step.state {
        StepState::Pending => ("", msg!("push.pending"), None),
        StepState::Running(0) => ("running", msg!("push.running"), None),
        StepState::Running(bytes) => {
            ("running", msg!("push.running-bytes", bytes = Arg::Bytes(*bytes)), None)
        }
        StepState::Done(remark) => ("ok", msg!("push.done"), remark.as_ref()),
        StepState::Skipped(reason) => ("skipped", msg!("push.skipped"), Some(reason)),
        StepState::Failed(reason) => ("bad", msg!("push.failed"), (!told).then_some(reason)),
    };
    html! {
        <li class={class}>
            <span>{ context.t(step.action.message()) }</span>
            <span class={classes!("chip", class)}>{ context.t(name) }</span>
            if let Some(remark) = remark {
                <p class="hint">{ context.t(remark) }</p>
            }
        </li>
    }
}

fn proved(context: &Context, plan: &PushPlan, proof: &Proof) -> Html {
    let digest = proof.digest.to_string();
    let copy = format!("{}@{digest}", plan.input.target.repository);
    let restorable =
        plan.input.tag.is_some() && proof.before.as_ref().is_some_and(|old| *old != proof.digest);
    html! {
        <div class="success">
            <p><strong>{ context.t(msg!("push.pushed")) }</strong></p>
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
    }
}
