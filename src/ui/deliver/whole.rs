//! The whole image for a network without internet, and the way back to ordinary layers.

use yew::prelude::*;

use crate::app::{Complete, DeliverAction, DeliverResult, DeliverState, Opened, ViewAction};
use crate::msg;
use crate::text::Arg;
use crate::ui::common::context::Context;

pub(super) fn complete(
    context: &Context,
    deliver: &DeliverState,
    complete: Option<&Complete>,
    busy: bool,
) -> Html {
    let Some(complete) = complete else { return Html::default() };
    let keep = context.on(|event: Event| {
        let input: web_sys::HtmlInputElement = event.target_unchecked_into();
        DeliverAction::KeepMarks(input.checked())
    });
    let saved = deliver.ended.as_ref().and_then(|ended| match &ended.result {
        DeliverResult::Saved(sum) => Some(sum),
        _ => None,
    });
    let archive = &complete.archive;
    html! {
        <section class="stack">
            <h4>{ context.t(msg!("deliver.complete")) }</h4>
            <p class="hint">{ context.t(msg!("deliver.complete-hint")) }</p>
            <label class="check">
                <input type="checkbox" checked={deliver.keep_marks} onchange={keep} disabled={busy} />
                { context.t(msg!("deliver.keep-marks")) }
            </label>
            <p>
                { context.t(msg!("deliver.complete-digest", size = Arg::Bytes(archive.size))) }{ " " }
                <output class="mono" aria-label={context.t(msg!("deliver.complete-label"))}>
                    { archive.root.to_string() }
                </output>
            </p>
            if complete.missing > 0 {
                <p class="failure">{ context.t(msg!("deliver.complete-missing", count = complete.missing)) }</p>
            }
            <div class="row wrapping">
                <button disabled={busy || complete.missing > 0} onclick={context.on(|_| DeliverAction::SaveComplete)}>
                    { context.t(msg!("deliver.save-complete")) }
                </button>
                if saved.is_some() {
                    <button onclick={context.on(|_| DeliverAction::SaveInstructions)}>
                        { context.t(msg!("deliver.save-instructions")) }
                    </button>
                }
            </div>
        </section>
    }
}

/// What the registry keeps, and what takes it away.
pub(super) fn kept(context: &Context, deletion: Option<&str>) -> Html {
    let Some(text) = deletion.map(str::to_owned) else { return Html::default() };
    let copied = text.clone();
    html! {
        <section class="stack">
            <h4>{ context.t(msg!("deliver.kept")) }</h4>
            <p class="hint">{ context.t(msg!("deliver.kept-hint")) }</p>
            <details>
                <summary>{ context.t(msg!("deliver.kept-commands")) }</summary>
                <div class="stack">
                    <pre class="commands" tabindex="0" aria-label={context.t(msg!("deliver.kept-commands"))}>{ text }</pre>
                    <div class="row">
                        <button onclick={context.on(move |_| ViewAction::Copy(copied.clone()))}>
                            { context.t(msg!("deliver.copy-deletion")) }
                        </button>
                    </div>
                </div>
            </details>
        </section>
    }
}

pub(super) fn home_again(context: &Context, opened: &Opened) -> Html {
    html! {
        <section class="stack">
            <h4>{ context.t(msg!("deliver.home")) }</h4>
            <p class="hint">{ context.t(msg!("deliver.home-hint")) }</p>
            <div class="row wrapping">
                <button disabled={opened.unapplied().is_some()} onclick={context.on(|_| DeliverAction::MakeOrdinary)}>
                    { context.t(msg!("deliver.make-ordinary")) }
                </button>
            </div>
        </section>
    }
}
