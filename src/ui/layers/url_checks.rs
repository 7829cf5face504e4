//! What is known of the URLs of a layer, and the bar that checks all of them.

use std::rc::Rc;

use web_sys::{FileList, HtmlInputElement};
use yew::prelude::*;

use crate::app::{Area, Progress, Target, UrlCheck, VerifyAction, VerifyState, ViewAction};
use crate::browser::files;
use crate::compatibility::host_of;
use crate::export;
use crate::manifest::{Digest, check_url};
use crate::msg;
use crate::registry::{Verdict, Verification};
use crate::text::{Arg, Message};
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::deliver::offer;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) layer: Digest,
    pub(crate) size: u64,
    pub(crate) urls: Rc<[String]>,
    /// What is known of them, in their order.
    pub(crate) checks: Rc<[Option<UrlCheck>]>,
    /// A file of this computer that was chosen for the layer.
    pub(crate) file: Option<(Target, UrlCheck)>,
}

/// One line for each URL of a layer, and one for a file to compare with it: dropped here, or chosen.
#[component]
pub(crate) fn UrlChecks(props: &Props) -> Html {
    let context = use_ctx();
    let over = use_state(|| false);
    let take = {
        let (context, layer, size) = (context.clone(), props.layer.clone(), props.size);
        move |list: Option<FileList>| {
            if let Some(file) = list.and_then(|list| list.item(0)) {
                let (layer, url) = (layer.clone(), file.name());
                let target = Target { layer, url, file: Some(files::keep(file)) };
                context.send(VerifyAction::VerifyFile(target, size));
            }
        }
    };
    let onchange = {
        let take = take.clone();
        move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            take(input.files());
            // The same file again is a new choice.
            input.set_value("");
        }
    };
    let ondrop = {
        let over = over.setter();
        move |event: DragEvent| {
            event.prevent_default();
            over.set(false);
            take(event.data_transfer().and_then(|transfer| transfer.files()));
        }
    };
    let drag = |entered: bool| {
        let over = over.setter();
        move |event: DragEvent| {
            event.prevent_default();
            over.set(entered);
        }
    };
    let lines =
        props.urls.iter().zip(props.checks.iter()).filter(|(url, _)| check_url(url).is_ok());
    html! {
        <ul class={classes!("url-checks", over.then_some("over"))} {ondrop} ondragover={drag(true)} ondragleave={drag(false)}>
            { for lines.map(|(url, check)| {
                let target = Target { layer: props.layer.clone(), url: url.clone(), file: None };
                line(&context, &target, place(url, &props.urls), props.size, check.as_ref())
            }) }
            if let Some((target, check)) = &props.file {
                { line(&context, target, target.url.clone(), props.size, Some(check)) }
            }
            <li>
                <label class="button quiet small" title={context.t(msg!("urls.file-help"))}>
                    <input type="file" class="visually-hidden" {onchange} />
                    { context.t(msg!("urls.file")) }
                </label>
            </li>
        </ul>
    }
}

/// Where a URL leads, as short as it can be told from the others.
fn place(url: &str, all: &[String]) -> String {
    let Some(host) = host_of(url) else { return url.to_owned() };
    if all.iter().filter(|other| host_of(other) == Some(host)).count() < 2 {
        return host.to_owned();
    }
    url.split_once("://").map_or(url, |(_, rest)| rest).to_owned()
}

/// What a button with `words` does, for people who hear it without its line.
fn label(context: &Context, words: Message, target: &Target) -> AttrValue {
    context.t(msg!("urls.button", what = words, url = &target.url))
}

/// How far the check of a URL or file is, with what can be done about it.
pub(in crate::ui) fn line(
    context: &Context,
    target: &Target,
    place: String,
    size: u64,
    check: Option<&UrlCheck>,
) -> Html {
    let verify = {
        let target = target.clone();
        context.on(move |_: MouseEvent| VerifyAction::Verify(target.clone(), size))
    };
    let cancel = {
        let target = target.clone();
        context.on(move |_: MouseEvent| VerifyAction::Cancel(target.clone()))
    };
    let again = |words: Message| {
        html! {
            <button class="quiet small" aria-label={label(context, words.clone(), target)} onclick={verify.clone()}>
                { context.t(words) }
            </button>
        }
    };
    let stop = html! {
        <button class="quiet small" aria-label={label(context, msg!("source.cancel"), target)} onclick={cancel}>
            { context.t(msg!("source.cancel")) }
        </button>
    };
    let state = match check {
        None => again(msg!("urls.verify")),
        Some(UrlCheck::Queued) => html! {
            <><span class="chip">{ context.t(msg!("urls.queued")) }</span>{ stop }</>
        },
        Some(UrlCheck::Running(progress)) => html! {
            <>{ running(context, target, progress) }{ stop }</>
        },
        Some(UrlCheck::Done(result, when)) => html! {
            <>{ done(context, target, result, *when) }{ again(msg!("urls.again")) }</>
        },
    };
    html! { <li key={target.url.clone()}><span class="host" title={target.url.clone()}>{ place }</span>{ state }</li> }
}

fn running(context: &Context, target: &Target, progress: &Progress) -> Html {
    let (read, size) = (progress.read, progress.size);
    let hold = {
        let (target, paused) = (target.clone(), progress.paused);
        context.on(move |_: MouseEvent| VerifyAction::Pause(target.clone(), !paused))
    };
    let line = match (progress.speed(), progress.seconds_left()) {
        (Some(speed), Some(left)) if !progress.paused => msg!(
            "urls.progress",
            read = Arg::Bytes(read),
            size = Arg::Bytes(size),
            speed = Arg::Bytes(speed),
            left = left
        ),
        _ => msg!("urls.progress-start", read = Arg::Bytes(read), size = Arg::Bytes(size)),
    };
    let words = if progress.paused { msg!("urls.go-on") } else { msg!("urls.pause") };
    html! {
        <>
            <progress max={size.max(1).to_string()} value={read.to_string()}
                aria-label={context.t(msg!("urls.progress-of", url = &target.url))}></progress>
            <span class="hint">{ context.t(line) }</span>
            <button class="quiet small" aria-label={label(context, words.clone(), target)} onclick={hold}>
                { context.t(words) }
            </button>
        </>
    }
}

fn done(context: &Context, target: &Target, result: &Verification, when: u64) -> Html {
    let verdict = &result.verdict;
    let (class, sign) = match verdict {
        // Nothing was compared, so it is no tick.
        Verdict::Answers { .. } => ("", "• "),
        verdict if verdict.is_good() => ("ok", "✓ "),
        verdict if verdict.is_unknown() => ("warn", "? "),
        _ => ("bad", "✕ "),
    };
    let words = match target.file {
        Some(_) => verdict.message_of_file(),
        None => verdict.message(),
    };
    let command = export::verify_url(&target.url, &target.layer);
    let copy = msg!("urls.copy-command");
    html! {
        <>
            <span class={classes!("chip", class)}>{ sign }{ context.t(words) }</span>
            <span class="hint">{ context.t(msg!("urls.when", when = Arg::Time(when))) }</span>
            if let Some(redirect) = &result.redirected_to {
                <span class="hint">{ context.t(msg!("urls.redirected", to = redirect)) }</span>
            }
            if matches!(verdict, Verdict::Missing(_)) && target.file.is_none() {
                { offer(context, target) }
            }
            if !verdict.is_good() && target.file.is_none() {
                <button class="quiet small" title={command.clone()} aria-label={label(context, copy.clone(), target)}
                    onclick={context.on(move |_: MouseEvent| ViewAction::Copy(command.clone()))}>
                    { context.t(copy) }
                </button>
            }
        </>
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct BarProps {
    pub(crate) verify: Area<VerifyState>,
}

/// Checks all URLs of the image at once.
#[component]
pub(crate) fn VerifyBar(props: &BarProps) -> Html {
    let context = use_ctx();
    let pending = props.verify.pending();
    let (read, size) = props.verify.total();
    html! {
        <div class="row verify-bar">
            <button class="small" onclick={context.on(|_| VerifyAction::AskAll)}>
                { context.t(msg!("urls.ask-all")) }
            </button>
            <button class="small" onclick={context.on(|_| VerifyAction::VerifyAll)}>
                { context.t(msg!("urls.verify-all")) }
            </button>
            // How many are left is spoken; how far they are is only shown.
            <span class="hint" role="status">
                if pending > 0 { { context.t(msg!("urls.pending", count = pending)) } }
            </span>
            if pending > 0 {
                <span class="hint">
                    { context.t(msg!("urls.progress-start", read = Arg::Bytes(read), size = Arg::Bytes(size))) }
                </span>
                <button class="quiet small" onclick={context.on(|_| VerifyAction::CancelAll)}>
                    { context.t(msg!("urls.cancel-all")) }
                </button>
            }
        </div>
    }
}
