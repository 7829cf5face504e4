//! The bar at the foot of the page: undo and redo, and what becomes of the result.

use std::rc::Rc;

use yew::prelude::*;

use super::context::use_ctx;
use super::history::HistoryList;
use crate::app::{EditAction, ExportAction, Opened, PushAction, ViewAction};
use crate::msg;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
}

#[component]
pub(crate) fn ActionBar(props: &Props) -> Html {
    let context = use_ctx();
    let history = &props.opened.history;
    let last = history.can_undo().then(|| context.t(&history.steps()[history.present()].name));
    html! {
        <footer class="actions" aria-label={context.t(msg!("actions.label"))}>
            <div class="wrap">
                <button disabled={!history.can_undo()} onclick={context.on(|_| EditAction::Undo)}>
                    { context.t(msg!("actions.undo")) }
                </button>
                <button disabled={!history.can_redo()} onclick={context.on(|_| EditAction::Redo)}>
                    { context.t(msg!("actions.redo")) }
                </button>
                <HistoryList opened={props.opened.clone()} />
                <span class="hint last">{ last.unwrap_or_default() }</span>
                <span class="spacer"></span>
                <button onclick={context.on(|_| ViewAction::CopyManifest)}>
                    { context.t(msg!("actions.copy-manifest")) }
                </button>
                <button onclick={context.on(|_| ViewAction::DownloadManifest)}>
                    { context.t(msg!("actions.download-manifest")) }
                </button>
                <button aria-haspopup="dialog" onclick={context.on(|_| ExportAction::Open)}>
                    { context.t(msg!("export.open")) }
                </button>
                <button class="primary" onclick={context.on(|_| PushAction::Review)}>
                    { context.t(msg!("push.review")) }
                </button>
            </div>
        </footer>
    }
}
