//! The annotations of the descriptor by which an index names a document.

use yew::prelude::*;

use crate::app::DeskAction;
use crate::image::EntryRow;
use crate::manifest::Digest;
use crate::msg;
use crate::text::visible;
use crate::ui::common::context::use_ctx;
use crate::ui::load::source::typed;

/// How many annotations have a field of their own; a descriptor may have tens of thousands.
const SHOWN: usize = 200;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) index: Digest,
    pub(crate) row: EntryRow,
}

#[component]
pub(crate) fn EntryForm(props: &Props) -> Html {
    let context = use_ctx();
    let fresh = use_state_eq(String::new);
    let change = |name: &str, value: Option<String>| {
        let (index, key) = (props.index.clone(), props.row.key.clone());
        DeskAction::AnnotateEntry(index, key, name.to_owned(), value)
    };
    let all = &props.row.descriptor.annotations;
    let line = |(name, value): &(String, String)| {
        let oninput = {
            let (context, action) = (context.clone(), change(name, None));
            Callback::from(move |event: InputEvent| {
                let mut action = action.clone();
                if let DeskAction::AnnotateEntry(_, _, _, value) = &mut action {
                    *value = Some(typed(&event));
                }
                context.send(action);
            })
        };
        let remove = {
            let action = change(name, None);
            context.on(move |_: MouseEvent| action.clone())
        };
        let shown = visible(name);
        html! {
            <li key={name.clone()} class="row wrapping">
                <span class="mono">{ shown.clone() }</span>
                <input type="text" autocomplete="off" value={value.clone()} {oninput}
                    aria-label={context.t(msg!("desk.entry-value", name = &shown))} />
                <button class="quiet small" onclick={remove}
                    aria-label={context.t(msg!("desk.remove-entry-annotation", name = &shown))}>
                    { context.t(msg!("desk.remove")) }
                </button>
            </li>
        }
    };
    let rest = all.len().saturating_sub(SHOWN);
    let is_new = !fresh.is_empty() && !all.iter().any(|(name, _)| *name == *fresh);
    let onsubmit = {
        let (context, fresh) = (context.clone(), fresh.clone());
        let action = is_new.then(|| change(&fresh, Some(String::new())));
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(action) = &action {
                context.send(action.clone());
                fresh.set(String::new());
            }
        })
    };
    let oninput = {
        let fresh = fresh.setter();
        Callback::from(move |event: InputEvent| fresh.set(typed(&event)))
    };
    html! {
        <div class="stack">
            <p class="hint">{ context.t(msg!("desk.entry-annotations")) }</p>
            <ul class="plain-list">{ for all.iter().take(SHOWN).map(line) }</ul>
            if rest > 0 {
                <p class="hint">{ context.t(msg!("annotations.rest", count = rest)) }</p>
            }
            <form class="row wrapping" {onsubmit}>
                <input type="text" class="mono" list="annotation-keys" autocomplete="off" spellcheck="false"
                    value={(*fresh).clone()} {oninput} aria-label={context.t(msg!("desk.entry-key"))}
                    placeholder={context.t(msg!("desk.key"))} />
                <button class="small" type="submit" disabled={!is_new}>{ context.t(msg!("desk.entry-add")) }</button>
            </form>
        </div>
    }
}
