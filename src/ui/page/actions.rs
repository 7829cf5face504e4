//! The bar at the foot of the page: undo and redo, and what becomes of the result.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{Action, DeliverAction, EditAction, ExportAction, Opened, PushAction, TakeAction};
use crate::msg;
use crate::ui::common::button::{button, told};
use crate::ui::common::context::use_ctx;
use crate::ui::documents::text_editor;
use crate::ui::page::history::HistoryList;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
}

#[component]
pub(crate) fn ActionBar(props: &Props) -> Html {
    let context = use_ctx();
    let history = &props.opened.history;
    let last = history.can_undo().then(|| context.t(&history.steps()[history.present()].name));
    // What is done with the result waits for text that was typed and not applied.
    let unapplied = props.opened.unapplied();
    let waits = unapplied.is_some();
    let show = unapplied.map(|rewrite| {
        let (context, of) = (context.clone(), rewrite.of.clone());
        Callback::from(move |_: MouseEvent| text_editor::show(&context, &of))
    });
    let (unavailable, why) = (waits.then_some("true"), waits.then_some("unapplied"));
    let waiting = |action: Action| {
        context.on(
            move |_: MouseEvent| {
                if waits { told(msg!("actions.unapplied")) } else { action.clone() }
            },
        )
    };
    let no_undo = (!history.can_undo()).then(|| msg!("actions.no-undo"));
    let no_redo = (!history.can_redo()).then(|| msg!("actions.no-redo"));
    let (rendered, root) = (&props.opened.rendered, props.opened.image.root());
    let changed =
        rendered.children_first().filter(|(id, _)| *id != root && rendered.is_changed(id));
    let needed = changed.count();
    html! {
        <footer class="actions" aria-label={context.t(msg!("actions.label"))}>
            <div class="wrap">
                { button(&context, "", msg!("actions.undo"), no_undo, EditAction::Undo) }
                { button(&context, "", msg!("actions.redo"), no_redo, EditAction::Redo) }
                <HistoryList opened={props.opened.clone()} />
                <span class="hint last">{ last.unwrap_or_default() }</span>
                <span class="spacer"></span>
                <span id="unapplied" class="unapplied" role="status">
                    if waits { { context.t(msg!("actions.unapplied")) } }
                </span>
                if let Some(show) = show {
                    <button onclick={show}>{ context.t(msg!("actions.show-text")) }</button>
                }
                <button aria-disabled={unavailable} aria-describedby={why} onclick={waiting(TakeAction::Copy.into())}>
                    { context.t(msg!("actions.copy-manifest")) }
                </button>
                <button aria-disabled={unavailable} onclick={waiting(TakeAction::Download.into())}
                    aria-describedby={why.or((needed > 0).then_some("download-needs"))}>
                    { context.t(msg!("actions.download-manifest")) }
                </button>
                if needed > 0 {
                    <span id="download-needs" class="hint needed">
                        { context.t(msg!("actions.manifests-needed", count = needed)) }
                    </span>
                }
                <button aria-disabled={unavailable} aria-describedby={why}
                    onclick={waiting(DeliverAction::Show(true).into())}>
                    { context.t(msg!("deliver.title")) }
                </button>
                <button aria-disabled={unavailable} aria-describedby={why} aria-haspopup="dialog"
                    onclick={waiting(ExportAction::Open.into())}>
                    { context.t(msg!("export.open")) }
                </button>
                <button id="review-push" class="primary" aria-disabled={unavailable} aria-describedby={why}
                    onclick={waiting(PushAction::Review.into())}>
                    { context.t(msg!("push.review")) }
                </button>
            </div>
        </footer>
    }
}
