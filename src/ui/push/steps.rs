//! The steps of a push plan, and the files that a person gives for blobs that it lacks.

use std::collections::BTreeMap;
use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::app::{Target, UrlCheck, VerifyAction};
use crate::browser::files;
use crate::manifest::Digest;
use crate::msg;
use crate::registry::push::{Action, PushPlan, Step, StepState};
use crate::text::Arg;
use crate::ui::common::context::Context;
use crate::ui::layers::url_checks;

/// Files of the person, by the layers that they are to be.
pub(super) type Files = Rc<BTreeMap<Digest, (Target, UrlCheck)>>;

/// The steps: those that failed or wait for the person in sight, all others to be unfolded. Files can be
/// given for what is lacking, where `files` are those given so far.
pub(super) fn steps(context: &Context, plan: &PushPlan, files: Option<&Files>, told: bool) -> Html {
    let wants = |step: &&Step| {
        matches!(step.state, StepState::Failed(_))
            || (files.is_some() && takes_file(plan, step, files))
    };
    let list = |steps: &mut dyn Iterator<Item = &Step>| {
        html! {
            <ol class="steps">{ for steps.map(|step| line(context, plan, step, files, told)) }</ol>
        }
    };
    let (count, open) = (plan.steps.len(), plan.steps.iter().any(|step| wants(&step)));
    html! {
        <>
            if open { { list(&mut plan.steps.iter().filter(wants)) } }
            <details class="all-steps">
                <summary>{ context.t(msg!("push.all-steps", count = count)) }</summary>
                { list(&mut plan.steps.iter().filter(|step| !wants(step))) }
            </details>
        </>
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
        StepState::Done(remark) => ("ok", msg!("push.done"), remark.clone()),
        StepState::Skipped(reason) => ("skipped", msg!("push.skipped"), Some(reason.message())),
        StepState::Failed(reason) => ("bad", msg!("push.failed"), (!told).then(|| reason.clone())),
    };
    html! {
        <li class={class}>
            <span>{ context.t(plan.message(step)) }</span>
            <span class={classes!("chip", class)}>{ context.t(name) }</span>
            if let Some(remark) = remark {
                <p class="hint">{ context.t(remark) }</p>
            }
            { for files.map(|files| file(context, plan, step, files)) }
        </li>
    }
}

/// The blob that `step` is about, when a file can be given for it: its digest and its size in bytes.
fn blob_to_give(step: &Step) -> Option<(&Digest, u64)> {
    match &step.action {
        Action::FetchBlob { digest, size, .. } | Action::UploadBlob { digest, size, .. } => {
            Some((digest, *size))
        }
        Action::CheckBlob { digest, size } if matches!(step.state, StepState::Failed(_)) => {
            Some((digest, *size))
        }
        _ => None,
    }
}

fn takes_file(plan: &PushPlan, step: &Step, files: Option<&Files>) -> bool {
    blob_to_give(step).is_some_and(|(digest, _)| {
        plan.lacks(digest) || files.is_some_and(|files| files.contains_key(digest))
    })
}

/// Where a file can be given for the blob that `step` is about, and what is known of the one given.
fn file(context: &Context, plan: &PushPlan, step: &Step, files: &Files) -> Html {
    let Some((digest, size)) = blob_to_give(step) else { return Html::default() };
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
