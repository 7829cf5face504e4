//! What is known of the URLs of a layer, and the bar that checks all of them.

use std::rc::Rc;

use yew::prelude::*;

use super::context::{Context, use_ctx};
use crate::app::{Progress, Target, UrlCheck, VerifyAction, VerifyState, ViewAction};
use crate::export;
use crate::manifest::{Digest, check_url};
use crate::msg;
use crate::registry::Verification;
use crate::text::Arg;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) layer: Digest,
    pub(crate) size: u64,
    pub(crate) urls: Rc<[String]>,
    /// What is known of them, in their order.
    pub(crate) checks: Rc<[Option<UrlCheck>]>,
}

/// One line for each URL of a layer.
#[component]
pub(crate) fn UrlChecks(props: &Props) -> Html {
    let context = use_ctx();
    let lines =
        props.urls.iter().zip(props.checks.iter()).filter(|(url, _)| check_url(url).is_ok());
    html! {
        <ul class="url-checks">
            { for lines.map(|(url, check)| {
                let target = Target { layer: props.layer.clone(), url: url.clone() };
                line(&context, &target, props.size, check.as_ref())
            }) }
        </ul>
    }
}

fn line(context: &Context, target: &Target, size: u64, check: Option<&UrlCheck>) -> Html {
    let host = target.url.split('/').nth(2).unwrap_or_default().to_owned();
    let verify = {
        let target = target.clone();
        context.on(move |_: MouseEvent| VerifyAction::Verify(target.clone(), size))
    };
    let cancel = {
        let target = target.clone();
        context.on(move |_: MouseEvent| VerifyAction::Cancel(target.clone()))
    };
    let again = |name| {
        html! {
            <button class="quiet small" title={target.url.clone()} onclick={verify.clone()}>{ context.t(name) }</button>
        }
    };
    let stop = html! {
        <button class="quiet small" onclick={cancel}>{ context.t(msg!("source.cancel")) }</button>
    };
    let state = match check {
        None => again(msg!("urls.verify")),
        Some(UrlCheck::Queued) => html! {
            <><span class="chip">{ context.t(msg!("urls.queued")) }</span>{ stop }</>
        },
        Some(UrlCheck::Running(progress)) => html! {
            <>{ running(context, target, progress) }{ stop }</>
        },
        Some(UrlCheck::Done(result, _)) => html! {
            <>{ done(context, target, result) }{ again(msg!("urls.again")) }</>
        },
    };
    html! { <li key={target.url.clone()}><span class="host">{ host }</span>{ state }</li> }
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
    html! {
        <>
            <progress max={size.max(1).to_string()} value={read.to_string()}
                aria-label={context.t(msg!("urls.progress-of", url = &target.url))}></progress>
            <span class="hint">{ context.t(line) }</span>
            <button class="quiet small" onclick={hold}>
                { context.t(if progress.paused { msg!("urls.go-on") } else { msg!("urls.pause") }) }
            </button>
        </>
    }
}

fn done(context: &Context, target: &Target, result: &Verification) -> Html {
    let verdict = &result.verdict;
    let (class, sign) = match verdict {
        verdict if verdict.is_good() => ("ok", "✓ "),
        verdict if verdict.is_unknown() => ("warn", "? "),
        _ => ("bad", "✕ "),
    };
    let command = export::verify_url(&target.url, &target.layer);
    html! {
        <>
            <span class={classes!("chip", class)}>{ sign }{ context.t(verdict.message()) }</span>
            if let Some(redirect) = &result.redirected_to {
                <span class="hint">{ context.t(msg!("urls.redirected", to = redirect)) }</span>
            }
            if !verdict.is_good() {
                <button class="quiet small" title={command.clone()}
                    onclick={context.on(move |_: MouseEvent| ViewAction::Copy(command.clone()))}>
                    { context.t(msg!("urls.copy-command")) }
                </button>
            }
        </>
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct BarProps {
    pub(crate) verify: VerifyState,
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
            if pending > 0 {
                <span class="hint" role="status">
                    { context.t(msg!("urls.pending", count = pending, read = Arg::Bytes(read), size = Arg::Bytes(size))) }
                </span>
                <button class="quiet small" onclick={context.on(|_| VerifyAction::CancelAll)}>
                    { context.t(msg!("urls.cancel-all")) }
                </button>
            }
        </div>
    }
}
