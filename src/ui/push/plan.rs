//! The region “Push plan”: where to, what will be done, what was done, and the proof.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::app::{
    AccessState, Area, AskedAt, ChecksState, NextStep, Opened, PushAction, PushPhase, PushState,
    RunningPush, RunningPushAction, State, UrlCheck, next_steps, outcome, tag_line,
};
use crate::msg;
use crate::registry::push::PushPlan;
use crate::text::Message;
use crate::ui::common::button::told;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::common::failure::{Found, note};
use crate::ui::load::access::Access;
use crate::ui::load::source::typed;
use crate::ui::push::steps::{Files, steps};
use crate::ui::push::summary::{Open, progress, proved, summary};

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) push: Area<PushState>,
    /// The plan that is shown.
    pub(crate) plan: Option<Rc<PushPlan>>,
    /// The push of the open image that is under way.
    pub(crate) running: Option<RunningPush>,
    pub(crate) access: Area<AccessState>,
    pub(crate) opened: Option<Rc<Opened>>,
    pub(crate) checks: Area<ChecksState>,
    /// Files that were chosen for layers.
    pub(crate) files: Files,
    /// What to do after the push.
    pub(crate) next: Vec<NextStep>,
}

pub(crate) fn view(state: &Rc<State>) -> Html {
    let (push, access) = (state.push.clone(), state.access.clone());
    let running = state.own_push().cloned();
    let files = Rc::new(state.verify.files());
    let next = next_steps(state);
    html! {
        <Push {next} {push} plan={state.push_plan().cloned()} {running} {access} {files} opened={state.opened.clone()} checks={state.checks.clone()} />
    }
}

#[component]
fn Push(props: &Props) -> Html {
    let context = use_ctx();
    let push = &props.push;
    let busy = push.phase.is_busy();
    let asked = |place| props.access.at(place).is_some();
    let asked = asked(AskedAt::Push) || asked(AskedAt::RunningPush);
    let (opened, checks) = (&props.opened, &props.checks);
    let about = opened.as_ref().map(|opened| opened.rendered.clone());
    let open = use_memo((about, checks.situation.clone()), |_| {
        opened.as_ref().map(|opened| Open::of(&checks.report(opened))).unwrap_or_default()
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
    // So they do to what came of it, unless something else is being read.
    let ended = matches!(push.phase, PushPhase::Done(..)) || push.failure.is_some();
    use_effect_with(ended, {
        let section = section.clone();
        move |&ended| {
            let Some(section) = section.cast::<web_sys::HtmlElement>().filter(|_| ended) else {
                return;
            };
            let outcome = section.query_selector(".success, :scope > .body > [role=alert]");
            if let Ok(Some(outcome)) = outcome
                && is_in_view(&section)
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
    let puts_back = props.plan.as_ref().is_some_and(|plan| plan.input.put_back);
    let title = if puts_back { msg!("push.title-back") } else { msg!("push.title") };
    html! {
        <section class="card push" ref={section} aria-labelledby="push-title" tabindex="-1">
            <h3><span id="push-title">{ context.t(title) }</span>
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
                if !puts_back {
                    <label class="check">
                        <input type="checkbox" checked={push.keeps_old(props.plan.as_deref())} onchange={backup} disabled={busy} />
                        { context.t(msg!("push.backup")) }
                    </label>
                }
                <Access access={props.access.clone()} at={AskedAt::Push} />
                if props.plan.is_some() {
                    <Access access={props.access.clone()} at={AskedAt::RunningPush} />
                }
                <p class="visually-hidden" role="status">{ say(&context, &spoken(push, opened.as_deref())) }</p>
                { phase(&context, props, &open) }
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

/// Whether the person has at least a part of `section` before the eyes. It stands in the page itself.
fn is_in_view(section: &web_sys::HtmlElement) -> bool {
    let number = |value: Option<f64>| value.unwrap_or_default();
    let Some(window) = web_sys::window() else { return false };
    let scrolled = number(window.scroll_y().ok());
    let height = number(window.inner_height().ok().and_then(|height| height.as_f64()));
    let top = f64::from(section.offset_top()) - scrolled;
    top < height && top + f64::from(section.offset_height()) > 0.0
}

/// Sentences one after the other.
fn say(context: &Context, sentences: &[Message]) -> String {
    let said: Vec<String> = sentences.iter().map(|said| context.t(said).to_string()).collect();
    said.join(" ")
}

fn phase(context: &Context, props: &Props, open: &Rc<Open>) -> Html {
    let (push, files) = (&props.push, &props.files);
    let unapplied = props.opened.as_ref().is_some_and(|opened| opened.unapplied().is_some());
    // The alert below the steps says why one failed.
    let told = push.failure.is_some();
    // An error stands among the checks and no reason was given.
    let needs_reason = open.errors > 0 && props.checks.reason.trim().is_empty();
    match &push.phase {
        PushPhase::Idle => Html::default(),
        PushPhase::Planning(_) => html! {
            <>
                <p>{ context.t(msg!("push.planning")) }</p>
                if let Some(said) = &push.progress {
                    <p class="hint" role="status">{ context.t(said) }</p>
                }
                <div class="row end">
                    <button onclick={context.on(|_| PushAction::Cancel)}>
                        { context.t(msg!("source.cancel")) }
                    </button>
                </div>
            </>
        },
        PushPhase::Planned(plan) => html! {
            <Planned plan={plan.clone()} files={files.clone()} open={open.clone()} {needs_reason} {unapplied} {told} />
        },
        PushPhase::Running => props
            .running
            .as_ref()
            .map(|running| {
                html! {
                    <>
                        { summary(context, &running.push.plan, None) }
                        <div class="row wrapping">
                            { progress(context, running) }
                            <span class="spacer"></span>
                            <button onclick={context.on(|_| RunningPushAction::Cancel)}>
                                { context.t(msg!("source.cancel")) }
                            </button>
                        </div>
                        { steps(context, &running.push.plan, None, told) }
                    </>
                }
            })
            .unwrap_or_default(),
        PushPhase::Done(plan, proof) => html! {
            <>
                { proved(context, plan, proof, &outcome(push, props.opened.as_deref()), &props.next) }
                { steps(context, plan, None, told) }
            </>
        },
    }
}

#[derive(PartialEq, Properties)]
struct PlannedProps {
    plan: Rc<PushPlan>,
    files: Files,
    open: Rc<Open>,
    needs_reason: bool,
    /// A text was typed and not applied, which is said above the plan.
    unapplied: bool,
    /// Why a step failed is said elsewhere.
    told: bool,
}

#[component]
fn Planned(props: &PlannedProps) -> Html {
    let context = use_ctx();
    let plan = &props.plan;
    // Whoever has allowed the overwriting goes on from there.
    let go_on = use_node_ref();
    let was_moved = use_mut_ref(|| false);
    use_effect_with(plan.moved.is_some(), {
        let go_on = go_on.clone();
        move |&moved| {
            if was_moved.replace(moved)
                && !moved
                && let Some(button) = go_on.cast::<web_sys::HtmlElement>()
            {
                button.focus().ok();
            }
        }
    });
    let button = match (plan.has_begun(), plan.input.put_back) {
        (true, _) => msg!("push.go-on"),
        (false, true) => msg!("push.put-back"),
        (false, false) => msg!("push.push"),
    };
    let reading = props
        .files
        .values()
        .any(|(target, check)| !matches!(check, UrlCheck::Done(..)) && plan.lacks(&target.layer));
    let why_not = match () {
        () if !plan.is_ready() => Some(msg!("push.not-ready")),
        () if props.needs_reason => Some(msg!("push.needs-reason")),
        () if props.unapplied => Some(msg!("push.unapplied")),
        () if reading => Some(msg!("push.reads-file")),
        () => None,
    };
    html! {
        <>
            { summary(&context, plan, Some(&props.open)) }
            { for plan.problems.iter().map(|problem| html! {
                <p class="failure">{ context.t(problem.message()) }</p>
            }) }
            if let Some(moved) = &plan.moved {
                <div class="failure" role="alert">
                    <p>{ context.t(moved.message()) }</p>
                    <div class="row">
                        <button onclick={context.on(|_| PushAction::OverwriteMoved)}>
                            { context.t(match &moved.found {
                                Some(found) => msg!("push.overwrite-moved", digest = found.short()),
                                None => msg!("push.set-again"),
                            }) }
                        </button>
                    </div>
                </div>
            }
            if props.needs_reason {
                <p class="hint error">{ context.t(msg!("push.needs-reason")) }</p>
            }
            <div class="row end">
                <button class="primary" ref={go_on} aria-disabled={why_not.is_some().then_some("true")}
                    title={why_not.as_ref().map(|why| context.t(why))}
                    onclick={context.on(move |_| why_not.clone().map_or(PushAction::Push.into(), told))}>
                    { context.t(button) }
                </button>
            </div>
            { steps(&context, plan, Some(&props.files), props.told) }
        </>
    }
}

/// What screen readers are told: their live regions have to be there before they say something.
fn spoken(push: &PushState, opened: Option<&Opened>) -> Vec<Message> {
    match &push.phase {
        PushPhase::Idle | PushPhase::Running => Vec::new(),
        PushPhase::Planning(_) => vec![msg!("push.planning")],
        PushPhase::Planned(plan) => tag_line(plan),
        PushPhase::Done(..) => outcome(push, opened),
    }
}
