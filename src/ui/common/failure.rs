//! Something that did not work: what happened, what it means, what to do, and what was found out.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{Failure, State, ViewAction};
use crate::msg;
use crate::registry::diagnose::{Diagnosis, Remedy};
use crate::ui::common::context::{Context, use_ctx};

/// What happened, what it means and what to do.
pub(crate) fn note(context: &Context, failure: &Failure) -> Html {
    html! {
        <div class="failure">
            <p>{ context.t(&failure.message) }</p>
            if let Some(hint) = &failure.hint {
                <p class="what-to-do">{ context.t(hint) }</p>
            }
        </div>
    }
}

/// What was found out about why the source could not be loaded.
pub(crate) fn view(state: &Rc<State>) -> Html {
    let failure = state.source.failure.as_ref();
    failure
        .map(|failure| html! { <Found failure={failure.clone()} heading="h2" /> })
        .unwrap_or_default()
}

/// Whether anything was found out beyond the sentences.
pub(crate) fn is_explained(failure: &Failure) -> bool {
    failure.details.is_some() || failure.diagnosis.is_some()
}

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) failure: Failure,
    /// The element of its heading, which depends on where it stands.
    pub(crate) heading: &'static str,
}

/// What was found out, to be read and to be copied.
#[component]
pub(crate) fn Found(props: &Props) -> Html {
    let context = use_ctx();
    let failure = &props.failure;
    if !is_explained(failure) {
        return Html::default();
    }
    html! {
        <div class="failure found">
            if let Some(details) = &failure.details {
                { snippet(&context, details) }
            }
            if let Some(diagnosis) = &failure.diagnosis {
                <Why diagnosis={(**diagnosis).clone()} heading={props.heading} />
            }
        </div>
    }
}

/// A heading whose element depends on where it stands.
#[allow(clippy::ignored_unit_patterns)] // what `html!` makes of an element of any name
pub(crate) fn heading(element: &'static str, id: impl Into<AttrValue>, text: AttrValue) -> Html {
    let id: AttrValue = id.into();
    html! { <@{element} {id}>{ text }</@> }
}

#[derive(PartialEq, Properties)]
struct WhyProps {
    diagnosis: Diagnosis,
    heading: &'static str,
}

#[component]
fn Why(props: &WhyProps) -> Html {
    let context = use_ctx();
    let diagnosis = &props.diagnosis;
    html! {
        <section class="why" aria-labelledby="why-title">
            { heading(props.heading, "why-title", context.t(msg!("why.title"))) }
            <p><strong>{ context.t(diagnosis.verdict.title()) }</strong></p>
            <p>{ context.t(diagnosis.verdict.meaning()) }</p>
            if !diagnosis.observed.is_empty() {
                <details>
                    <summary>{ context.t(msg!("why.observed")) }</summary>
                    <ul>{ for diagnosis.observed.iter().map(|each| html! { <li>{ context.t(each) }</li> }) }</ul>
                </details>
            }
            { for diagnosis.remedies.iter().enumerate().map(|(at, remedy)| html! {
                <RemedyNote remedy={remedy.clone()} first={at == 0} />
            }) }
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct RemedyProps {
    remedy: Remedy,
    first: bool,
}

#[component]
fn RemedyNote(props: &RemedyProps) -> Html {
    let context = use_ctx();
    html! {
        <details open={props.first}>
            <summary>{ context.t(props.remedy.kind.message()) }</summary>
            { snippet(&context, &props.remedy.text) }
        </details>
    }
}

/// A text to be copied somewhere else.
pub(crate) fn snippet(context: &Context, text: &str) -> Html {
    let copied = text.to_owned();
    html! {
        <div class="snippet">
            <pre tabindex="0">{ text.to_owned() }</pre>
            <button class="small" onclick={context.on(move |_| ViewAction::Copy(copied.clone()))}>
                { context.t(msg!("summary.copy")) }
            </button>
        </div>
    }
}
