//! The tabs above the image: where it comes from.

use wasm_bindgen::JsCast;
use web_sys::{DragEvent, HtmlInputElement, HtmlTextAreaElement};
use yew::prelude::*;

use super::access::Access;
use super::context::use_ctx;
use super::failure::FailureNote;
use super::refused::RefusedText;
use crate::app::{
    AccessAction, AccessState, AskedAt, BrowseAction, SourceAction, SourceState, Tab,
};
use crate::browser::files;
use crate::image::SAMPLES;
use crate::msg;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) source: SourceState,
    pub(crate) access: AccessState,
    /// Whether an image is open; the tabs then take less room.
    pub(crate) opened: bool,
}

#[component]
pub(crate) fn Source(props: &Props) -> Html {
    let context = use_ctx();
    let current = props.source.tab;
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
            let list =
                event.current_target().and_then(|list| list.dyn_into::<web_sys::Element>().ok());
            let tab = list.and_then(|list| list.children().item(u32::try_from(next).unwrap_or(0)));
            if let Some(tab) = tab.and_then(|tab| tab.dyn_into::<web_sys::HtmlElement>().ok()) {
                tab.focus().ok();
            }
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
        <section class={classes!("card", "source", props.opened.then_some("compact"))}
            aria-label={context.t(msg!("source.label"))}>
            <div class="tabs" role="tablist" aria-label={context.t(msg!("source.label"))} onkeydown={on_key}>
                { for tabs }
            </div>
            <div id="source-panel" role="tabpanel" aria-labelledby={format!("tab-{current:?}")}>
                { match current {
                    Tab::Registry => html! { <RegistryTab source={props.source.clone()} access={props.access.clone()} /> },
                    Tab::Paste => html! { <PasteTab source={props.source.clone()} /> },
                    Tab::File => html! { <FileTab loading={props.source.loading} /> },
                    Tab::Sample => html! { <SampleTab /> },
                } }
            </div>
            <div role="alert">
                if let Some(failure) = &props.source.failure {
                    <FailureNote failure={failure.clone()} />
                }
            </div>
            if let Some(refused) = &props.source.refused {
                <RefusedText refused={refused.clone()} />
            }
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct TabProps {
    source: SourceState,
}

#[derive(PartialEq, Properties)]
struct RegistryProps {
    source: SourceState,
    access: AccessState,
}

#[component]
fn RegistryTab(props: &RegistryProps) -> Html {
    let context = use_ctx();
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
                value={props.source.reference.clone()}
                oninput={context.on(|event: InputEvent| SourceAction::Reference(typed(&event)))} />
            <button class="primary" type="submit" disabled={props.source.loading}>
                { context.t(if props.source.loading { msg!("source.loading") } else { msg!("source.load") }) }
            </button>
            if !props.source.loading {
                <button type="button" onclick={context.on(|_| BrowseAction::Start)}>
                    { context.t(msg!("browse.open")) }
                </button>
            }
            if props.source.loading {
                <button type="button" onclick={context.on(|_| SourceAction::Cancel)}>
                    { context.t(msg!("source.cancel")) }
                </button>
            }
            { for props.access.signed_in.iter().map(|(registry, user)| {
                let (out, title) = (registry.clone(), registry.clone());
                html! {
                    <button type="button" class="quiet" {title}
                        onclick={context.on(move |_| AccessAction::SignOut(out.clone()))}>
                        { context.t(msg!("access.sign-out", user = user)) }
                    </button>
                }
            }) }
        </form>
        if let Some(progress) = props.source.progress.as_ref().filter(|_| props.source.loading) {
            <p class="hint" role="status">{ context.t(progress) }</p>
        }
        <Access access={props.access.clone()} at={AskedAt::Source} />
        </>
    }
}

#[component]
fn PasteTab(props: &TabProps) -> Html {
    let context = use_ctx();
    html! {
        <div class="stack">
            <textarea rows="10" spellcheck="false" autocomplete="off"
                aria-label={context.t(msg!("source.json"))}
                placeholder={context.t(msg!("source.json-hint"))}
                value={props.source.json.clone()}
                oninput={context.on(|event: InputEvent| SourceAction::Json(typed(&event)))} />
            <div class="row end">
                <button class="primary" onclick={context.on(|_| SourceAction::OpenJson)}>
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

#[component]
fn SampleTab() -> Html {
    let context = use_ctx();
    let samples = SAMPLES.iter().map(|sample| {
        let name = sample.name;
        html! {
            <button onclick={context.on(move |_| SourceAction::OpenSample(name))}>
                { context.t(sample.title()) }
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
