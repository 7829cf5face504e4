//! The tree from index to platforms.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{OpenAction, Opened};
use crate::image::{Row, Slot};
use crate::msg;
use crate::text::Message;
use crate::ui::common::button::told;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::documents::summary::kind_name;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
}

#[component]
pub(crate) fn Platforms(props: &Props) -> Html {
    let context = use_ctx();
    let opened = &props.opened;
    let rows = opened.image.rows(opened.history.edits());
    if rows.len() < 2 {
        return Html::default();
    }
    html! {
        <nav class="card platforms" aria-label={context.t(msg!("platforms.title"))}>
            <h3>{ context.t(msg!("platforms.title")) }</h3>
            <ul class="tree" aria-label={context.t(msg!("platforms.title"))}>
                { for rows.iter().map(|row| line(&context, opened, row)) }
            </ul>
        </nav>
    }
}

fn line(context: &Context, opened: &Opened, row: &Row) -> Html {
    let id = row.id.clone();
    // The table of all platforms is the index's.
    let shown = if opened.whole.shown { opened.image.root() } else { &opened.current };
    let current = *shown == id;
    let slot = opened.image.slot(&id);
    let status = match slot {
        None => Some(msg!("platforms.not-loaded")),
        Some(Slot::Missing(_)) => Some(msg!("platforms.missing")),
        Some(Slot::Loaded(_)) => status(opened, row),
    };
    let reason = match slot {
        Some(Slot::Missing(reason)) => Some(context.t(reason)),
        _ => None,
    };
    // What is not there cannot be shown; that it is not, and why, stands beside it.
    let loaded = matches!(slot, Some(Slot::Loaded(_)));
    let why = status.clone().filter(|_| !loaded);
    let onclick = context.on(move |_: MouseEvent| match &why {
        Some(why) => told(why.clone()),
        None => OpenAction::Show(id.clone()).into(),
    });
    html! {
        <li key={format!("{:?} {}", row.entry, row.id)} class={format!("depth-{}", row.depth.min(4))}>
            <button aria-disabled={(!loaded).then_some("true")} aria-current={current.then_some("true")} {onclick}>
                <span>{ context.t(name(opened, row)) }</span>
                if let Some(status) = status {
                    <small>{ context.t(status) }</small>
                }
            </button>
            if let Some(reason) = reason {
                <p class="hint">{ reason }</p>
            }
        </li>
    }
}

fn name(opened: &Opened, row: &Row) -> Message {
    let Some(descriptor) = &row.descriptor else {
        let kind = opened.image.document(&row.id).map(|document| kind_name(document.kind()));
        return kind.unwrap_or_else(|| msg!("kind.unknown"));
    };
    if descriptor.is_attestation() {
        return msg!("platforms.attestation");
    }
    match &descriptor.platform {
        Some(platform) if !platform.os.is_empty() => {
            msg!("platforms.platform", name = platform.to_string())
        }
        _ => match &descriptor.artifact_type {
            Some(artifact) => msg!("platforms.artifact", name = artifact),
            None => msg!("platforms.platform", name = descriptor.digest.short()),
        },
    }
}

fn status(opened: &Opened, row: &Row) -> Option<Message> {
    let marked = opened.totals(&row.id).foreign;
    if marked > 0 {
        return Some(msg!("platforms.marked", count = marked));
    }
    opened.rendered.is_changed(&row.id).then(|| msg!("platforms.changed"))
}
