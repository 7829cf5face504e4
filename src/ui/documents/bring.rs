//! The dialog in which something is looked for elsewhere: an entry to add, or what a registry lost.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::app::{AskedAt, Bring, BringAction, Candidate, State, Wanted};
use crate::browser::files;
use crate::msg;
use crate::text::{Arg, visible};
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::common::dialog::Modal;
use crate::ui::documents::entries::what;
use crate::ui::load::access::Access;
use crate::ui::load::source::typed;

/// How many candidates are shown; nobody chooses among more by eye.
const SHOWN: usize = 200;

#[derive(PartialEq, Properties)]
struct Props {
    state: Rc<State>,
}

pub(crate) fn view(state: &Rc<State>) -> Html {
    html! { <Dialog state={state.clone()} /> }
}

#[component]
fn Dialog(props: &Props) -> Html {
    let context = use_ctx();
    let Some(bring) = &props.state.desk.bring else { return Html::default() };
    let (title, hint) = match &bring.wanted {
        Wanted::Entry(index) => {
            (msg!("bring.entry-to", index = index.short()), msg!("bring.entry-hint"))
        }
        Wanted::Document(digest) => {
            (msg!("bring.document", digest = digest.short()), msg!("bring.document-hint"))
        }
        Wanted::Blob(digest, _) => {
            (msg!("bring.document", digest = digest.short()), msg!("bring.blob-hint"))
        }
    };
    let onsubmit = {
        let context = context.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            context.send(BringAction::Look);
        })
    };
    let onchange = {
        let context = context.clone();
        Callback::from(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            if let Some(file) = input.files().and_then(|files| files.item(0)) {
                context.send(BringAction::File(files::keep(file)));
            }
            input.set_value("");
        })
    };
    html! {
        <Modal title={context.t(title)} onclose={context.on(|()| BringAction::Close)}>
            <p class="hint">{ context.t(hint) }</p>
            <form class="row fields" {onsubmit}>
                <label>
                    <span>{ context.t(msg!("bring.reference")) }</span>
                    <input type="text" spellcheck="false" autocomplete="off" autocapitalize="off"
                        placeholder="registry.example.com/team/app:1" value={bring.text.clone()}
                        oninput={context.on(|event: InputEvent| BringAction::Text(typed(&event)))} />
                </label>
                <button type="submit" disabled={bring.loading || bring.text.trim().is_empty()}>
                    { context.t(msg!("bring.look")) }
                </button>
            </form>
            <div class="row">
                <label class="button">
                    <input type="file" class="visually-hidden" {onchange} disabled={bring.loading} />
                    { context.t(msg!("bring.file")) }
                </label>
            </div>
            <Access access={props.state.access.clone()} at={AskedAt::Bring} />
            <div class="stack" role="status">
                if bring.loading {
                    <p>{ context.t(msg!("bring.looking")) }</p>
                }
                if let Some(problem) = &bring.problem {
                    <p class="error">{ context.t(problem) }</p>
                }
                { found(&context, &props.state, bring) }
            </div>
            <div class="row end">
                <button onclick={context.on(|_| BringAction::Close)}>{ context.t(msg!("source.cancel")) }</button>
            </div>
        </Modal>
    }
}

fn found(context: &Context, state: &State, bring: &Bring) -> Html {
    let (Some(found), Some(opened)) = (&bring.found, &state.opened) else {
        return Html::default();
    };
    let candidates = bring.candidates(opened);
    if candidates.is_empty() {
        return html! { <p>{ context.t(msg!("bring.nothing", place = &found.name)) }</p> };
    }
    let replaces = matches!(bring.wanted, Wanted::Document(_));
    let rest = candidates.len().saturating_sub(SHOWN);
    html! {
        <>
            <p>{ context.t(msg!("bring.found", place = &found.name)) }</p>
            if replaces {
                <p class="hint">{ context.t(msg!("bring.other-image")) }</p>
            }
            <ul class="plain-list">
                { for candidates.iter().take(SHOWN).enumerate().map(|(at, each)| candidate(context, at, each, replaces)) }
                if rest > 0 {
                    <li>{ context.t(msg!("whole.and-more", count = rest)) }</li>
                }
            </ul>
        </>
    }
}

fn candidate(context: &Context, at: usize, candidate: &Candidate, replaces: bool) -> Html {
    let entry = &candidate.entry;
    let platform = entry.platform.as_ref().map(ToString::to_string).unwrap_or_default();
    let name = format!("{} {}", entry.digest.short(), visible(&platform));
    let label = if replaces {
        msg!("bring.replace", entry = name.trim())
    } else {
        msg!("bring.add", entry = name.trim())
    };
    html! {
        <li class="row wrapping">
            <button class={classes!("small", candidate.fits.then_some("primary"))}
                onclick={context.on(move |_| BringAction::Take(at))}>{ context.t(label) }</button>
            <span>{ what(context, &candidate.what) }</span>
            <span class="hint">{ context.t(msg!("desk.bytes", size = Arg::Bytes(entry.size))) }</span>
        </li>
    }
}
