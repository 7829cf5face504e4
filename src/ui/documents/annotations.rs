//! The annotations of the current document as small forms.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{Annotation, EditAction, Opened};
use crate::msg;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::documents::desk::use_toggled;
use crate::ui::load::source::typed;

/// How many annotations have a form of their own; a document may have tens of thousands.
const SHOWN: usize = 500;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
}

#[component]
pub(crate) fn Annotations(props: &Props) -> Html {
    let context = use_ctx();
    let (is_open, ontoggle) = use_toggled();
    let rows = props.opened.annotations();
    let rest = rows.len().saturating_sub(SHOWN);
    html! {
        <details class="card annotations" {ontoggle}>
            <summary>
                <h3>{ context.t(msg!("annotations.title")) }</h3>
                <span class="chip">{ rows.len() }</span>
            </summary>
            if is_open {
                <div class="body">
                    <p class="hint">{ context.t(msg!("annotations.hint")) }</p>
                    if rows.is_empty() {
                        <p class="hint">{ context.t(msg!("annotations.none")) }</p>
                    }
                    <ul>{ for rows.iter().take(SHOWN).map(|row| line(&context, row)) }</ul>
                    if rest > 0 {
                        <p class="hint">{ context.t(msg!("annotations.rest", count = rest)) }</p>
                    }
                    <New taken={rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>()} />
                </div>
            }
        </details>
    }
}

fn line(context: &Context, row: &Annotation) -> Html {
    let name = row.name.clone();
    let shown = crate::text::visible(&name);
    let oninput = context.on({
        let name = name.clone();
        move |event: InputEvent| EditAction::Annotate(name.clone(), Some(typed(&event)))
    });
    let changed = row.value != row.loaded;
    let onclick = {
        let to = if row.value.is_none() { row.loaded.clone() } else { None };
        context.on(move |_: MouseEvent| EditAction::Annotate(name.clone(), to.clone()))
    };
    html! {
        <li key={row.name.clone()}>
            <span class="mono name">
                { shown.clone() }
                if changed {
                    { " " }<span class="chip edited">{ context.t(msg!("layer.edited")) }</span>
                }
            </span>
            if let Some(value) = &row.value {
                <input type="text" spellcheck="false" autocomplete="off" value={value.clone()} {oninput}
                    aria-label={context.t(msg!("annotations.value-of", name = &shown))} />
                <button class="quiet small" {onclick} aria-label={context.t(msg!("annotations.remove-what", name = &shown))}>
                    { context.t(msg!("annotations.remove")) }
                </button>
            } else {
                <span class="hint">{ context.t(msg!("annotations.removed")) }</span>
                <button class="quiet small" {onclick} aria-label={context.t(msg!("annotations.restore-what", name = &shown))}>
                    { context.t(msg!("annotations.restore")) }
                </button>
            }
        </li>
    }
}

#[derive(PartialEq, Properties)]
struct NewProps {
    taken: Vec<String>,
}

/// The form for one more.
#[component]
fn New(props: &NewProps) -> Html {
    let context = use_ctx();
    let (name, value) = (use_state(String::new), use_state(String::new));
    let exists = props.taken.contains(&*name);
    let set = |field: &UseStateHandle<String>| {
        let field = field.clone();
        Callback::from(move |event: InputEvent| field.set(typed(&event)))
    };
    let onsubmit = {
        let (context, name, value) = (context.clone(), name.clone(), value.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if name.is_empty() || exists {
                return;
            }
            context.send(EditAction::Annotate((*name).clone(), Some((*value).clone())));
            name.set(String::new());
            value.set(String::new());
        })
    };
    html! {
        <form {onsubmit} aria-label={context.t(msg!("annotations.new-name"))}>
            <input type="text" spellcheck="false" autocomplete="off" value={(*name).clone()} oninput={set(&name)}
                aria-label={context.t(msg!("annotations.name"))} placeholder={context.t(msg!("annotations.name"))}
                aria-invalid={exists.then_some("true")} aria-describedby="annotation-problem" />
            <input type="text" spellcheck="false" autocomplete="off" value={(*value).clone()} oninput={set(&value)}
                aria-label={context.t(msg!("annotations.value"))} placeholder={context.t(msg!("annotations.value"))} />
            <button class="small" type="submit" disabled={name.is_empty() || exists}>
                { context.t(msg!("annotations.add")) }
            </button>
            <p id="annotation-problem" class="hint error">
                if exists {
                    { context.t(msg!("annotations.exists", name = &*name)) }
                }
            </p>
        </form>
    }
}
