//! The region “What stays with the old digests”.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{OrphanSearch, OrphansAction, State, Stays, ViewAction};
use crate::image::{FoundIn, Orphan, OrphanKind, changed_digests};
use crate::msg;
use crate::ui::common::context::{Context, use_ctx};

#[derive(PartialEq, Properties)]
struct Props {
    stays: Vec<Stays>,
    /// How many digests change.
    changing: usize,
    /// The repository that can be asked.
    place: Option<String>,
    search: Option<Rc<OrphanSearch>>,
    /// Something was found at the registry.
    found: bool,
    /// Digests have changed since it was asked.
    unasked: bool,
}

/// The region, where anything changes.
pub(crate) fn view(state: &Rc<State>) -> Html {
    let Some(opened) = &state.opened else { return Html::default() };
    let changing = changed_digests(&opened.rendered).len();
    if changing == 0 {
        return Html::default();
    }
    let place = state.old_place().map(|place| place.repository.to_string());
    let stays = state.left_behind();
    let mut orphans = stays.iter().flat_map(|stays| &stays.orphans);
    let found = orphans.any(|orphan| !matches!(orphan.found, FoundIn::Entry(..)));
    html! {
        <Orphans {stays} {found} {changing} {place} search={state.push.orphans.clone()}
            unasked={state.has_unasked_digests()} />
    }
}

#[component]
fn Orphans(props: &Props) -> Html {
    let context = use_ctx();
    html! {
        <section class="card orphans" aria-labelledby="orphans-title">
            <h3 id="orphans-title">{ context.t(msg!("orphans.title")) }</h3>
            <div class="body stack">
                <p class="hint">{ context.t(msg!("orphans.changing", count = props.changing)) }</p>
                { for props.stays.iter().map(|stays| changed(&context, stays)) }
                <div class="stack" role="status">{ search(&context, props) }</div>
                { ask(&context, props) }
            </div>
        </section>
    }
}

/// What is known from the registry.
fn search(context: &Context, props: &Props) -> Html {
    let Some(search) = &props.search else { return Html::default() };
    if let Some((done, total)) = search.progress {
        let message = msg!("orphans.looking", done = done, total = total);
        return html! { <p>{ context.t(message) }</p> };
    }
    let unknown = &search.found.unknown;
    let nothing = match (!props.found, unknown.is_empty()) {
        (true, true) => Some(msg!("orphans.none", repository = &search.place)),
        (true, false) => Some(msg!("orphans.none-partly", repository = &search.place)),
        (false, _) => None,
    };
    html! {
        <>
            { for nothing.map(|nothing| html! { <p>{ context.t(nothing) }</p> }) }
            if !unknown.is_empty() {
                <div>
                    <p>{ context.t(msg!("orphans.unknown")) }</p>
                    <ul class="plain-list hint">
                        { for unknown.iter().map(|reason| html! { <li>{ context.t(reason) }</li> }) }
                    </ul>
                </div>
            }
            if props.unasked {
                <p class="hint">{ context.t(msg!("orphans.not-asked")) }</p>
            }
        </>
    }
}

fn ask(context: &Context, props: &Props) -> Html {
    let Some(repository) = &props.place else {
        return html! { <p class="hint">{ context.t(msg!("orphans.nowhere")) }</p> };
    };
    let busy = props.search.as_ref().is_some_and(|search| search.progress.is_some());
    let label = match &props.search {
        None => msg!("orphans.look", repository = repository),
        Some(_) => msg!("orphans.look-again", repository = repository),
    };
    html! {
        <div class="row">
            <button disabled={busy} onclick={context.on(|_| OrphansAction::Look)}>{ context.t(label) }</button>
            if busy {
                <button onclick={context.on(|_| OrphansAction::Stop)}>{ context.t(msg!("source.cancel")) }</button>
            }
        </div>
    }
}

fn changed(context: &Context, stays: &Stays) -> Html {
    let (old, new) = (stays.digest.old.short(), stays.digest.new.short());
    let text = stays.commands.join("\n");
    let copied = text.clone();
    html! {
        <div class="stack">
            <h4 class="mono" title={stays.digest.old.to_string()}>
                { context.t(msg!("orphans.for", old = &old, new = &new)) }
            </h4>
            <ul class="plain-list">
                { for stays.orphans.iter().map(|found| orphan(context, found)) }
            </ul>
            if !text.is_empty() {
                <p class="hint">{ context.t(msg!("orphans.commands")) }</p>
                <pre class="commands" tabindex="0" aria-label={context.t(msg!("orphans.commands-of", digest = &new))}>{ text }</pre>
                <div class="row">
                    <button onclick={context.on(move |_| ViewAction::Copy(copied.clone()))}>
                        { context.t(msg!("export.copy-commands")) }
                    </button>
                </div>
            }
        </div>
    }
}

fn orphan(context: &Context, found: &Orphan) -> Html {
    let place = match &found.found {
        FoundIn::Tag(tag) if found.kind == OrphanKind::Tag => Html::from(tag.clone()),
        FoundIn::Referrers => context.t(msg!("orphans.in-referrers")).into(),
        FoundIn::Tag(tag) => context.t(msg!("orphans.in-tag", tag = tag)).into(),
        FoundIn::Entry(_, at) => context.t(msg!("orphans.in-index", at = *at)).into(),
    };
    let remark = match (found.kind, &found.creator) {
        (OrphanKind::Tag, _) => msg!("orphans.tag-stays"),
        (OrphanKind::BuildKitAttestation, _) => msg!("orphans.rebuild"),
        (_, None) => msg!("orphans.no-creator"),
        (_, Some(creator)) => msg!("orphans.by", creator = creator),
    };
    html! {
        <li class="row wrapping">
            <span class="chip warn">{ context.t(found.kind.message()) }</span>
            <span>{ place }</span>
            if !found.artifact_type.is_empty() {
                <span class="mono hint">{ &found.artifact_type }</span>
            }
            if let Some(digest) = &found.digest {
                <span class="mono hint" title={digest.to_string()}>{ digest.short() }</span>
            }
            <span class="hint">{ context.t(remark) }</span>
            if let Some(created) = &found.created {
                <span class="hint">{ created }</span>
            }
        </li>
    }
}
