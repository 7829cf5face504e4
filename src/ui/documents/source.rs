//! The region “Source”: the current document as text, for reading and for rewriting.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{
    ChecksAction, Link, Named, OpenAction, Opened, Reading, RewriteAction, ShownPlace, State,
    TakeAction, ViewAction,
};
use crate::msg;
use crate::text::Arg;
use crate::ui::checks::explain::{Explain, Explained};
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::common::text_view::TextView;
use crate::ui::documents::annotations::Annotations;
use crate::ui::documents::text_editor::TextEditor;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
    /// The place of a finding to show.
    pub(crate) place: Option<ShownPlace>,
}

/// The regions “Source” and “Annotations”.
pub(crate) fn view(state: &Rc<State>) -> Html {
    let Some(opened) = &state.opened else { return Html::default() };
    html! {
        <>
            <DocumentText opened={opened.clone()} place={state.checks.place(opened)} />
            <Annotations opened={opened.clone()} />
        </>
    }
}

#[component]
fn DocumentText(props: &Props) -> Html {
    let context = use_ctx();
    let opened = &props.opened;
    let shown = use_state(|| false);
    let explained = use_state(|| None::<Explained>);
    use_effect_with(props.place.clone(), {
        let shown = shown.setter();
        move |place| {
            if place.is_some() {
                shown.set(true);
            }
        }
    });
    let Some(node) = opened.rendered.node(&opened.current) else { return Html::default() };
    let rewrite = opened.rewrite.as_ref().filter(|rewrite| rewrite.of == opened.current);
    let toggle = {
        let shown = shown.clone();
        Callback::from(move |_: MouseEvent| shown.set(!*shown))
    };
    let link = {
        let (context, opened, explained) = (context.clone(), opened.clone(), explained.clone());
        Callback::from(move |(target, text): (Link, Html)| {
            let explained = explained.clone();
            let explain = Callback::from(move |what| explained.set(Some(what)));
            link(&context, &opened, &explain, target, text)
        })
    };
    let close = {
        let explained = explained.clone();
        Callback::from(move |()| explained.set(None))
    };
    let shown_document = opened.current.clone();
    let save =
        context.on(move |_: MouseEvent| TakeAction::DownloadDocument(shown_document.clone()));
    let now = Arg::Bytes(node.bytes.len() as u64);
    let loaded = opened.image.document(&opened.current).map(|loaded| loaded.bytes().len());
    let size = match loaded.filter(|&loaded| loaded != node.bytes.len()) {
        Some(before) => {
            msg!("document.size-changed", size = now, before = Arg::Bytes(before as u64))
        }
        None => msg!("document.size", size = now),
    };
    html! {
        <section class="card document" aria-labelledby="document-title">
            <div class="head">
                <h3 id="document-title">{ context.t(msg!("document.title")) }</h3>
                <p class="hint">{ context.t(size) }</p>
                <span class="spacer"></span>
                if opened.current != *opened.image.root() {
                    // “Download manifest” gives the index; this, one of its manifests.
                    <button class="quiet small" disabled={opened.unapplied().is_some()} onclick={save}>{ context.t(msg!("document.download")) }</button>
                }
                if rewrite.is_none() {
                    <button class="quiet small" aria-expanded={shown.to_string()} onclick={toggle}>
                        { context.t(if *shown { msg!("document.hide") } else { msg!("document.show") }) }
                    </button>
                    <button class="quiet small" onclick={context.on(|_| RewriteAction::Start)}>
                        { context.t(msg!("document.edit")) }
                    </button>
                }
            </div>
            if let Some(rewrite) = rewrite {
                <TextEditor rewrite={rewrite.clone()} />
            } else if *shown {
                if let Some(place) = props.place.as_ref().filter(|place| place.count > 1) {
                    { places(&context, place) }
                }
                <Text opened={opened.clone()} place={props.place.as_ref().map(|place| place.offset)} {link} />
            }
            if let Some(what) = &*explained {
                <Explain opened={opened.clone()} what={what.clone()} onclose={close} />
            }
        </section>
    }
}

/// Goes through the places of a finding.
fn places(context: &Context, place: &ShownPlace) -> Html {
    let said = msg!("document.place", at = place.at + 1, count = place.count, layer = place.layer);
    html! {
        <div class="head places">
            <span role="status">{ context.t(said) }</span>
            <button class="small" onclick={context.on(|_| ChecksAction::PreviousPlace)}>
                { context.t(msg!("document.previous-place")) }
            </button>
            <button class="small" onclick={context.on(|_| ChecksAction::NextPlace)}>
                { context.t(msg!("document.next-place")) }
            </button>
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct TextProps {
    opened: Rc<Opened>,
    place: Option<usize>,
    link: Callback<(Link, Html), Html>,
}

/// The text as it becomes.
#[component]
fn Text(props: &TextProps) -> Html {
    let context = use_ctx();
    let opened = &props.opened;
    let node = opened.rendered.node(&opened.current).cloned();
    let read = use_memo(node, |node| {
        let node = node.as_ref()?;
        let spans = opened.changes().map(|changes| changes.spans()).unwrap_or_default();
        Some((Rc::new(Reading::new(node.bytes.clone())), Rc::new(spans)))
    });
    let Some((reading, changed)) = &*read else { return Html::default() };
    html! {
        <TextView label={context.t(msg!("document.text"))} reading={reading.clone()}
            changed={changed.clone()} place={props.place} takes_focus={true} link={props.link.clone()} />
    }
}

fn link(
    context: &Context,
    opened: &Opened,
    explain: &Callback<Explained>,
    target: Link,
    text: Html,
) -> Html {
    let onclick: Callback<MouseEvent> = match target {
        Link::Url(url) => return external(&url, text),
        Link::MediaType(name) => {
            let explain = explain.clone();
            Callback::from(move |_| explain.emit(Explained::MediaType(name.clone())))
        }
        Link::Digest(digest) => match opened.named(&digest) {
            Named::Document(id) if id != opened.current => {
                context.on(move |_| OpenAction::Show(id.clone()))
            }
            Named::Layer(index) => context.on(move |_| ViewAction::ShowLayer(index)),
            Named::Config => {
                let explain = explain.clone();
                Callback::from(move |_| explain.emit(Explained::Config))
            }
            Named::Document(_) | Named::Other => return text,
        },
    };
    // An anchor, because a button would not break within a line of text.
    let onclick = Callback::from(move |event: MouseEvent| {
        event.prevent_default();
        onclick.emit(event);
    });
    html! { <a class="inner" href="#" {onclick}>{ text }</a> }
}

/// A link out of the page, which learns nothing of where it was followed from.
pub(crate) fn external(url: &str, text: Html) -> Html {
    html! {
        <a href={url.to_owned()} target="_blank" rel="noopener noreferrer" referrerpolicy="no-referrer">{ text }</a>
    }
}
