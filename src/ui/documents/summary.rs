//! The image's name, and its digest before and after.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{Opened, ViewAction};
use crate::manifest::{Digest, Kind};
use crate::msg;
use crate::text::{Arg, Message};
use crate::ui::common::context::{Context, use_ctx};

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
}

#[component]
pub(crate) fn Summary(props: &Props) -> Html {
    let context = use_ctx();
    let opened = &props.opened;
    let root = opened.image.root();
    let new = opened.rendered.digest(root).unwrap_or(root);
    let changed = new != root;
    html! {
        <section class="summary card" aria-label={context.t(msg!("summary.label"))}>
            <div class="what">
                <h2>{ context.t(opened.origin.title()) }</h2>
                <p class="kind">{ context.t(kind_line(opened)) } { marked_chip(&context, opened) }</p>
                if let Some(note) = opened.held.as_ref().and_then(|held| held.note.as_ref()) {
                    <p class="hint">{ context.t(note) }</p>
                }
            </div>
            <dl class="digests">
                <DigestLine name={context.t(msg!("summary.original"))} digest={root.clone()} />
                <DigestLine name={context.t(msg!("summary.new"))} digest={new.clone()} changed={changed} live={true}
                    unapplied={opened.unapplied().is_some()} />
            </dl>
        </section>
    }
}

#[derive(PartialEq, Properties)]
struct DigestProps {
    name: AttrValue,
    digest: Digest,
    #[prop_or_default]
    changed: bool,
    #[prop_or_default]
    live: bool,
    /// Whether text was typed that the digest is without.
    #[prop_or_default]
    unapplied: bool,
}

#[component]
fn DigestLine(props: &DigestProps) -> Html {
    let context = use_ctx();
    let text = props.digest.to_string();
    let copy = text.clone();
    let (start, end) = text.split_at(text.len() - 6);
    let unchanged = props.live && !props.changed && !props.unapplied;
    html! {
        <>
            <dt>{ props.name.clone() }</dt>
            <dd>
                <output class={classes!("mono", "digest", props.changed.then_some("new"))}
                    aria-label={props.name.clone()} aria-live="off">
                    <span class="start">{ start.to_owned() }</span>{ end.to_owned() }
                </output>
                if unchanged {
                    <span class="chip">{ context.t(msg!("summary.unchanged")) }</span>
                }
                if props.unapplied {
                    <span class="chip warn">{ context.t(msg!("summary.unapplied")) }</span>
                }
                <button class="quiet small"
                    aria-label={context.t(msg!("summary.copy-what", what = props.name.to_string()))}
                    onclick={context.on(move |_| ViewAction::Copy(copy.clone()))}>
                    { context.t(msg!("summary.copy")) }
                </button>
            </dd>
        </>
    }
}

fn marked_chip(context: &Context, opened: &Opened) -> Html {
    let (count, bytes) = opened.marked();
    if count == 0 {
        return Html::default();
    }
    html! {
        <span class="chip foreign">
            { context.t(msg!("summary.marked", count = count, size = Arg::Bytes(bytes))) }
        </span>
    }
}

fn kind_line(opened: &Opened) -> Message {
    let Some(document) = opened.image.document(opened.image.root()) else {
        return msg!("kind.unknown");
    };
    let kind = kind_name(document.kind());
    if document.kind().is_index() {
        let (platforms, attestations) = opened.entries();
        msg!("summary.index", kind = kind, platforms = platforms, attestations = attestations)
    } else {
        let bytes = u64::try_from(document.loaded_totals().bytes).unwrap_or(u64::MAX);
        msg!(
            "summary.manifest",
            kind = kind,
            layers = document.layers().len(),
            size = Arg::Bytes(bytes)
        )
    }
}

pub(crate) fn kind_name(kind: Kind) -> Message {
    match kind {
        Kind::DockerManifest => msg!("kind.docker-manifest"),
        Kind::OciManifest => msg!("kind.oci-manifest"),
        Kind::DockerList => msg!("kind.docker-list"),
        Kind::OciIndex => msg!("kind.oci-index"),
    }
}
