//! The tabs above the image: where it comes from.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DragEvent, HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

use crate::app::{
    AccessAction, AskedAt, BrowseAction, OpenAction, SourceAction, State, Tab, ViewAction,
};
use crate::browser::files;
use crate::image::{SAMPLE_NAMES, sample_title};
use crate::msg;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::common::failure::{is_explained, note};
use crate::ui::load::refused::RefusedText;
use crate::ui::parts::{Panel, Part};

pub(crate) fn source(context: &Context, state: &Rc<State>) -> Html {
    let current = state.source.tab;
    let config = context.config().clone();
    let name = |tab: Tab| match tab {
        Tab::Registry => msg!("source.registry"),
        Tab::Paste => msg!("source.paste"),
        Tab::File => msg!("source.file"),
        Tab::Sample => msg!("source.sample"),
    };
    let on_key = {
        let (context, tabs) = (context.clone(), config.tabs.clone());
        Callback::from(move |event: KeyboardEvent| {
            let at = tabs.iter().position(|tab| *tab == current).unwrap_or(0);
            let next = match event.key().as_str() {
                "ArrowRight" => (at + 1) % tabs.len(),
                "ArrowLeft" => (at + tabs.len() - 1) % tabs.len(),
                "Home" => 0,
                "End" => tabs.len() - 1,
                _ => return,
            };
            event.prevent_default();
            context.send(SourceAction::Show(tabs[next]));
            context.send(ViewAction::Focus(format!("tab-{:?}", tabs[next])));
        })
    };
    let tabs = config.tabs.iter().map(|&tab| {
        let selected = tab == current;
        html! {
            <button role="tab" id={format!("tab-{tab:?}")} aria-selected={selected.to_string()}
                aria-controls="source-panel" tabindex={if selected { "0" } else { "-1" }}
                onclick={context.on(move |_| SourceAction::Show(tab))}>
                { context.t(name(tab)) }
            </button>
        }
    });
    html! {
        <section class={classes!("card", "source", state.opened.as_ref().map(|_| "compact"))}
            aria-label={context.t(msg!("source.label"))}>
            <div class="tabs" role="tablist" aria-label={context.t(msg!("source.label"))} onkeydown={on_key}>
                { for tabs }
            </div>
            <div id="source-panel" role="tabpanel" aria-labelledby={format!("tab-{current:?}")}>
                { match current {
                    Tab::Registry => registry_tab(context, state),
                    Tab::Paste => html! { <PasteTab json={state.source.json.clone()} /> },
                    Tab::File => html! {
                        <>
                        <FileTab loading={state.source.loading} />
                        if let Some(progress) = state.source.progress.as_ref().filter(|_| state.source.loading) {
                            <p class="hint" role="status">{ context.t(progress) }</p>
                        }
                        </>
                    },
                    Tab::Sample => sample_tab(context),
                } }
                if state.access.at(AskedAt::Source).is_some() {
                    <Part panel={Panel::Access} state={state.clone()} />
                }
            </div>
            <div role="alert">
                if let Some(failure) = &state.source.failure {
                    { note(context, failure) }
                    if is_explained(failure) {
                        <Part panel={Panel::Failure} state={state.clone()} />
                    }
                }
            </div>
            if let Some(refused) = &state.source.refused {
                <RefusedText refused={refused.clone()} />
            }
        </section>
    }
}

/// Text of several lines, and JSON, is taken as a whole: the field would run its lines together.
fn paste(context: &Context) -> Callback<Event> {
    let context = context.clone();
    Callback::from(move |event: Event| {
        let pasted = event.dyn_ref::<ClipboardEvent>().and_then(ClipboardEvent::clipboard_data);
        let text = pasted.and_then(|data| data.get_data("text/plain").ok()).unwrap_or_default();
        if text.trim().contains('\n') || text.trim_start().starts_with(['{', '[', '`']) {
            event.prevent_default();
            context.send(SourceAction::Anything(text));
        }
    })
}

fn registry_tab(context: &Context, state: &Rc<State>) -> Html {
    let State { source, access, .. } = &**state;
    let browse = context.on(|_: MouseEvent| BrowseAction::Start);
    let onsubmit = {
        let context = context.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            context.send(SourceAction::Load);
        })
    };
    html! {
        <>
        <form class="row" {onsubmit}>
            <input type="text" id="reference" name="reference" spellcheck="false" autocomplete="off" autocapitalize="off"
                aria-label={context.t(msg!("source.reference"))}
                placeholder="registry.example.com/team/app:1.4"
                value={source.reference.clone()} onpaste={paste(context)}
                oninput={context.on(|event: InputEvent| SourceAction::Reference(typed(&event)))} />
            <button class="primary" type="submit" disabled={source.loading}>
                { context.t(if source.loading { msg!("source.loading") } else { msg!("source.load") }) }
            </button>
            if !source.loading {
                <button type="button" onclick={browse}>
                    { context.t(msg!("browse.open")) }
                </button>
            }
            if source.loading {
                <button type="button" onclick={context.on(|_| SourceAction::Cancel)}>
                    { context.t(msg!("source.cancel")) }
                </button>
            }
            { for access.signed_in.iter().map(|(registry, user)| {
                let (out, title) = (registry.clone(), registry.clone());
                html! {
                    <button type="button" class="quiet" {title}
                        onclick={context.on(move |_| AccessAction::SignOut(out.clone()))}>
                        { context.t(msg!("access.sign-out", user = user)) }
                    </button>
                }
            }) }
        </form>
        if let Some(progress) = source.progress.as_ref().filter(|_| source.loading) {
            <p class="hint" role="status">{ context.t(progress) }</p>
        }
        </>
    }
}

#[derive(PartialEq, Properties)]
struct PasteProps {
    json: Rc<String>,
}

/// The text is only the field's first one: with `value`, megabytes would be compared with the field
/// after every key press anywhere on the page.
#[component]
fn PasteTab(props: &PasteProps) -> Html {
    let context = use_ctx();
    html! {
        <div class="stack">
            <textarea rows="10" spellcheck="false" autocomplete="off"
                aria-label={context.t(msg!("source.json"))}
                placeholder={context.t(msg!("source.json-hint"))}
                defaultvalue={String::clone(&props.json)}
                oninput={context.on(|event: InputEvent| SourceAction::Json(typed(&event)))} />
            <div class="row end">
                <button class="primary" onclick={context.on(|_| OpenAction::Json)}>
                    { context.t(msg!("source.open-json")) }
                </button>
            </div>
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct FileProps {
    loading: bool,
}

#[component]
fn FileTab(props: &FileProps) -> Html {
    let context = use_ctx();
    let over = use_state(|| false);
    let onchange = {
        let context = context.clone();
        Callback::from(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            if let Some(file) = input.files().and_then(|files| files.item(0)) {
                context.send(SourceAction::File(files::keep(file)));
            }
            // The same file again is a new choice.
            input.set_value("");
        })
    };
    let ondrop = {
        let (context, over) = (context.clone(), over.clone());
        Callback::from(move |event: DragEvent| {
            event.prevent_default();
            over.set(false);
            let files = event.data_transfer().and_then(|transfer| transfer.files());
            if let Some(file) = files.and_then(|files| files.item(0)) {
                context.send(SourceAction::File(files::keep(file)));
            }
        })
    };
    let drag = |entered: bool| {
        let over = over.clone();
        Callback::from(move |event: DragEvent| {
            event.prevent_default();
            over.set(entered);
        })
    };
    html! {
        <div class={classes!("drop", over.then_some("over"))} {ondrop} ondragover={drag(true)} ondragleave={drag(false)}>
            <p>{ context.t(msg!("source.drop")) }</p>
            <label class="button">
                <input type="file" class="visually-hidden" {onchange} disabled={props.loading} />
                { context.t(if props.loading { msg!("source.loading") } else { msg!("source.choose") }) }
            </label>
        </div>
    }
}

fn sample_tab(context: &Context) -> Html {
    let samples = SAMPLE_NAMES.iter().map(|&name| {
        html! {
            <button onclick={context.on(move |_| OpenAction::Sample(name))}>
                { context.t(sample_title(name)) }
            </button>
        }
    });
    html! {
        <div class="stack">
            <p class="hint">{ context.t(msg!("source.sample-hint")) }</p>
            <div class="samples">{ for samples }</div>
        </div>
    }
}

/// The text of the field that was typed in.
pub(crate) fn typed(event: &InputEvent) -> String {
    let target = event.target();
    let area = target.as_ref().and_then(|target| target.dyn_ref::<HtmlTextAreaElement>());
    let input = target.as_ref().and_then(|target| target.dyn_ref::<HtmlInputElement>());
    area.map(HtmlTextAreaElement::value)
        .or_else(|| input.map(HtmlInputElement::value))
        .unwrap_or_default()
}
