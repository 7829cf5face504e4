//! The card “Base image”: what it is compared with, the match, and what is done to its layers.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::app::{BaseAction, Compared, Opened};
use crate::browser::files;
use crate::image::{BaseMatch, MatchedBy, PlatformManifest};
use crate::msg;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::load::source::typed;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
}

#[component]
pub(crate) fn Base(props: &Props) -> Html {
    let context = use_ctx();
    let opened = &props.opened;
    let base = opened.whole.base.as_deref().cloned().unwrap_or_default();
    let onsubmit = {
        let context = context.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            context.send(BaseAction::Look);
        })
    };
    let onchange = {
        let context = context.clone();
        Callback::from(move |event: Event| {
            let input: HtmlInputElement = event.target_unchecked_into();
            if let Some(file) = input.files().and_then(|files| files.item(0)) {
                context.send(BaseAction::File(files::keep(file)));
            }
            input.set_value("");
        })
    };
    let named = opened.named_bases().into_iter().map(|name| {
        let label = context.t(msg!("base.named", name = &name));
        html! {
            <button disabled={base.loading} onclick={context.on(move |_| BaseAction::Named(name.clone()))}>
                { label }
            </button>
        }
    });
    html! {
        <details class="card base">
            <summary><h3>{ context.t(msg!("base.title")) }</h3></summary>
            <div class="body stack">
                <p class="hint">{ context.t(msg!("base.hint")) }</p>
                <form class="row fields" {onsubmit}>
                    <label>
                        <span>{ context.t(msg!("base.reference")) }</span>
                        <input type="text" spellcheck="false" autocomplete="off" autocapitalize="off"
                            placeholder="registry.example.com/base:1" disabled={base.loading} value={base.text.clone()}
                            oninput={context.on(|event: InputEvent| BaseAction::Text(typed(&event)))} />
                    </label>
                    <button type="submit" disabled={base.loading || base.text.trim().is_empty()}>
                        { context.t(msg!("base.compare")) }
                    </button>
                </form>
                <div class="row wrapping">
                    <label class="button">
                        <input type="file" class="visually-hidden" {onchange} disabled={base.loading} />
                        { context.t(msg!("base.file")) }
                    </label>
                    { for named }
                </div>
                <div class="stack" role="status">
                    if base.loading {
                        <p>{ context.t(msg!("base.loading")) }</p>
                    }
                    if let Some(problem) = &base.problem {
                        <p class="error">{ context.t(problem) }</p>
                    }
                    { for base.compared.as_ref().map(|compared| result(&context, opened, compared)) }
                </div>
            </div>
        </details>
    }
}

fn result(context: &Context, opened: &Opened, compared: &Compared) -> Html {
    let limit = compared.limit.as_ref().map(|limit| {
        html! { <p class="hint">{ context.t(limit) }</p> }
    });
    if compared.matches.is_empty() {
        return html! { <><p>{ context.t(msg!("base.none", name = &compared.name)) }</p>{ limit }</> };
    }
    let platforms = opened.platforms();
    html! {
        <>
            <p>{ context.t(msg!("base.found", name = &compared.name)) }</p>
            <ul class="plain-list">
                { for platforms.iter().map(|manifest| line(context, opened, manifest, &compared.matches)) }
            </ul>
            { limit }
            <div class="row wrapping">
                <button onclick={context.on(|_| BaseAction::Select)}>{ context.t(msg!("base.select")) }</button>
                <button class="primary" onclick={context.on(|_| BaseAction::Mark)}>{ context.t(msg!("base.mark")) }</button>
            </div>
            <p class="hint">{ context.t(msg!("base.mark-hint")) }</p>
        </>
    }
}

fn line(
    context: &Context,
    opened: &Opened,
    manifest: &PlatformManifest,
    matches: &[BaseMatch],
) -> Html {
    let name = match &manifest.platform {
        Some(platform) => platform.to_string(),
        None => manifest.id.short(),
    };
    let document = opened.image.base(opened.history.edits(), &manifest.id);
    let all = document.map_or(0, |document| document.layers().len());
    let message = match matches.iter().find(|found| found.manifest == manifest.id) {
        None => msg!("base.no-layers"),
        Some(BaseMatch { layers, by: MatchedBy::Digest, .. }) => {
            msg!("base.by-digest", layers = *layers, all = all)
        }
        Some(BaseMatch { layers, by: MatchedBy::DiffId, .. }) => {
            msg!("base.by-diff-id", layers = *layers, all = all)
        }
    };
    let other = matches.iter().find(|found| found.manifest == manifest.id);
    let other = other.filter(|found| found.layers < found.of);
    html! {
        <li class="row wrapping">
            <span class="chip">{ name }</span>
            <span>{ context.t(message) }</span>
            if let Some(found) = other {
                <span class="hint">{ context.t(msg!("base.other-version", of = found.of)) }</span>
            }
        </li>
    }
}
