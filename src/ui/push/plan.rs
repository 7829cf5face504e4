//! The region “Push plan”: where to, what will be done, what was done, and the proof.

use std::collections::BTreeMap;
use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::app::{
    AccessState, Area, Asked, AskedAt, ChecksState, Opened, PushAction, PushPhase, PushState,
    RunningPush, RunningPushAction, State, Target, UrlCheck, VerifyAction, ViewAction, outcome,
    tag_line,
};
use crate::browser::files;
use crate::manifest::Digest;
use crate::msg;
use crate::registry::push::{Action, Proof, PushPlan, Step, StepState};
use crate::text::{Arg, Message};
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::common::failure::{Found, note};
use crate::ui::layers::url_checks;
use crate::ui::load::access::Access;
use crate::ui::load::source::typed;

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
}

/// Files of the person, by the layers that they are to be.
type Files = Rc<BTreeMap<Digest, (Target, UrlCheck)>>;

pub(crate) fn view(state: &Rc<State>) -> Html {
    let (push, access) = (state.push.clone(), state.access.clone());
    let running = state.own_push().cloned();
    let files = Rc::new(state.verify.files());
    html! {
        <Push {push} plan={state.push_plan().cloned()} {running} {access} {files} opened={state.opened.clone()} checks={state.checks.clone()} />
    }
}

#[component]
fn Push(props: &Props) -> Html {
    let context = use_ctx();
    let push = &props.push;
    let busy = push.phase.is_busy();
    let asked = props.access.asked.as_ref().map(Asked::place);
    let asked = matches!(asked, Some(AskedAt::Push | AskedAt::RunningPush));
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
                        <input type="checkbox" checked={push.backup} onchange={backup} disabled={busy} />
                        { context.t(msg!("push.backup")) }
                    </label>
                }
                <Access access={props.access.clone()} at={AskedAt::Push} />
                if props.plan.is_some() {
                    <Access access={props.access.clone()} at={AskedAt::RunningPush} />
                }
                <p class="visually-hidden" role="status">{ say(&context, &spoken(push, opened.as_deref())) }</p>
                { phase(&context, props, *needs_reason) }
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

fn phase(context: &Context, props: &Props, needs_reason: bool) -> Html {
    let (push, files) = (&props.push, &props.files);
    let unapplied = props.opened.as_ref().is_some_and(|opened| opened.unapplied().is_some());
    // The alert below the steps says why one failed.
    let told = push.failure.is_some();
    let progress = |progress: Option<&Message>| {
        let said = progress.map(|message| context.t(message));
        html! { <>{ for said.map(|said| html! { <p class="hint" role="status">{ said }</p> }) }</> }
    };
    match &push.phase {
        PushPhase::Idle => Html::default(),
        PushPhase::Planning(_) => html! {
            <>
                <p>{ context.t(msg!("push.planning")) }</p>
                { progress(push.progress.as_ref()) }
                <div class="row end">
                    <button onclick={context.on(|_| PushAction::Cancel)}>
                        { context.t(msg!("source.cancel")) }
                    </button>
                </div>
            </>
        },
        PushPhase::Planned(plan) => html! {
            <Planned plan={plan.clone()} files={files.clone()} {needs_reason} {unapplied} {told} />
        },
        PushPhase::Running => props
            .running
            .as_ref()
            .map(|running| {
                html! {
                    <>
                        { steps(context, &running.push.plan, None, told) }
                        { progress(running.progress.as_ref()) }
                        <div class="row end">
                    <button onclick={context.on(|_| RunningPushAction::Cancel)}>
                        { context.t(msg!("source.cancel")) }
                    </button>
                </div>
                    </>
                }
            })
            .unwrap_or_default(),
        PushPhase::Done(plan, proof) => html! {
            <>
                { steps(context, plan, None, told) }
                { proved(context, plan, proof, &outcome(push, props.opened.as_deref())) }
            </>
        },
    }
}

#[derive(PartialEq, Properties)]
struct PlannedProps {
    plan: Rc<PushPlan>,
    files: Files,
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
    let upload = plan.upload_size();
    let reading = props
        .files
        .values()
        .any(|(target, check)| !matches!(check, UrlCheck::Done(..)) && plan.lacks(&target.layer));
    html! {
        <>
            <p>
                if plan.moved.is_none() {
                    { say(&context, &tag_line(plan)) }
                }
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
                            { context.t(match &moved.found {
                                Some(found) => msg!("push.overwrite-moved", digest = found.short()),
                                None => msg!("push.set-again"),
                            }) }
                        </button>
                    </div>
                </div>
            }
            { steps(&context, plan, Some(&props.files), props.told) }
            if props.needs_reason {
                <p class="hint error">{ context.t(msg!("push.needs-reason")) }</p>
            }
            <div class="row end">
                <button class="primary" ref={go_on} disabled={!plan.is_ready() || props.needs_reason || props.unapplied || reading} onclick={context.on(|_| PushAction::Push)}>
                    { context.t(button) }
                </button>
            </div>
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

/// The steps. Files can be given for what is lacking, where `files` are those given so far.
fn steps(context: &Context, plan: &PushPlan, files: Option<&Files>, told: bool) -> Html {
    html! {
        <ol class="steps">
            { for plan.steps.iter().map(|step| line(context, plan, step, files, told)) }
        </ol>
    }
}

fn line(
    context: &Context,
    plan: &PushPlan,
    step: &Step,
    files: Option<&Files>,
    told: bool,
) -> Html {
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
            { for files.map(|files| file(context, plan, step, files)) }
        </li>
    }
}

/// Where a file can be given for the blob that `step` is about, and what is known of the one given.
fn file(context: &Context, plan: &PushPlan, step: &Step, files: &Files) -> Html {
    let (digest, size) = match &step.action {
        Action::FetchBlob { digest, size, .. } | Action::UploadBlob { digest, size } => {
            (digest, *size)
        }
        Action::CheckBlob { digest, size } if matches!(step.state, StepState::Failed(_)) => {
            (digest, *size)
        }
        _ => return Html::default(),
    };
    let (given, lacks) = (files.get(digest), plan.lacks(digest));
    if given.is_none() && !lacks {
        return Html::default();
    }
    let onchange = {
        let (context, layer) = (context.clone(), digest.clone());
        move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            if let Some(file) = input.files().and_then(|list| list.item(0)) {
                let (layer, url) = (layer.clone(), file.name());
                let target = Target { layer, url, file: Some(files::keep(file)) };
                context.send(VerifyAction::VerifyFile(target, size));
            }
            // The same file again is a new choice.
            input.set_value("");
        }
    };
    let differs = given
        .filter(|(_, check)| matches!(check, UrlCheck::Done(found, _) if !found.verdict.is_good()));
    html! {
        <ul class="url-checks">
            { for given.map(|(target, check)| {
                url_checks::line(context, target, target.url.clone(), size, Some(check))
            }) }
            { for differs.map(|(target, _)| html! {
                <li class="hint">{ context.t(msg!("push.file-differs", name = &target.url)) }</li>
            }) }
            if lacks {
                <li>
                    <label class="button quiet small" title={context.t(msg!("push.take-file-help"))}>
                        <input type="file" class="visually-hidden" {onchange} />
                        { context.t(msg!("push.take-file", digest = digest.short())) }
                    </label>
                </li>
            }
        </ul>
    }
}

fn proved(context: &Context, plan: &PushPlan, proof: &Proof, said: &[Message]) -> Html {
    let digest = proof.digest.to_string();
    let copy = format!("{}@{digest}", plan.input.target.repository);
    // To undo an undoing is to push again.
    let restorable = plan.input.tag.is_some()
        && !plan.input.put_back
        && proof.before.as_ref().is_some_and(|old| *old != proof.digest);
    html! {
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
    }
}
