//! The card “Index and annotations”: the entries of the indexes, and annotations in many documents.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::app::{DeskAction, IndexTable, Opened};
use crate::image::{AnnotatedPlace, AnnotationTargets, AnnotationWish, EntryKind, EntryRow};
use crate::manifest::{EntryKey, KNOWN_KEYS, KnownKey};
use crate::msg;
use crate::text::{Arg, visible};
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::load::source::typed;

/// How many places of an annotation are told one by one.
const SHOWN: usize = 12;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
}

/// The card. What is in it is made when it is opened: an index may have a thousand entries.
#[component]
pub(crate) fn Desk(props: &Props) -> Html {
    let context = use_ctx();
    let (is_open, ontoggle) = use_toggled();
    html! {
        <details class="card desk" {ontoggle}>
            <summary><h3>{ context.t(msg!("desk.title")) }</h3></summary>
            if is_open {
                <div class="body stack">
                    { attestations(&context, &props.opened) }
                    <Annotate opened={props.opened.clone()} />
                    { for props.opened.index_tables().iter().map(|table| index(&context, table)) }
                </div>
            }
        </details>
    }
}

/// Whether a `details` element is open, and what to do when that changes.
#[hook]
pub(crate) fn use_toggled() -> (bool, Callback<Event>) {
    let is_open = use_state_eq(|| false);
    let ontoggle = {
        let is_open = is_open.clone();
        Callback::from(move |event: Event| {
            let details = event.target_dyn_into::<web_sys::Element>();
            is_open.set(details.is_some_and(|details| details.has_attribute("open")));
        })
    };
    (*is_open, ontoggle)
}

fn attestations(context: &Context, opened: &Opened) -> Html {
    let count = opened.kept_attestations();
    if count == 0 {
        return Html::default();
    }
    html! {
        <div class="row wrapping">
            <button onclick={context.on(|_| DeskAction::RemoveAttestations)}
                aria-describedby="desk-attestations">
                { context.t(msg!("desk.remove-attestations", count = count)) }
            </button>
            <span id="desk-attestations" class="hint">{ context.t(msg!("desk.attestations-lost")) }</span>
        </div>
    }
}

fn index(context: &Context, table: &IndexTable) -> Html {
    let head = ["desk.platform", "desk.what", "desk.digest", "desk.size", "desk.state"];
    let title = context.t(msg!("desk.entries", index = table.id.short()));
    let last = table.rows.iter().filter(|row| row.kept).count().saturating_sub(1);
    html! {
        <div key={table.id.to_string()}>
            <h4>{ title.clone() }</h4>
            { for table.twice.iter().map(|platform| html! {
                <p class="hint error">
                    { context.t(msg!("desk.twice", platform = platform.to_string())) }
                </p>
            }) }
            if table.rows.iter().all(|row| !row.kept) {
                <p class="hint error">{ context.t(msg!("desk.empty")) }</p>
            }
            <div class="scroll">
                <table class="entries" aria-label={title}>
                    <thead>
                        <tr>
                            { for head.iter().map(|key| html! { <th scope="col">{ column(context, key) }</th> }) }
                            <th scope="col">{ context.t(msg!("desk.actions")) }</th>
                        </tr>
                    </thead>
                    <tbody>{ for table.rows.iter().map(|row| entry(context, table, row, last)) }</tbody>
                </table>
            </div>
        </div>
    }
}

fn column(context: &Context, key: &str) -> AttrValue {
    context.t(match key {
        "desk.platform" => msg!("desk.platform"),
        "desk.what" => msg!("desk.what"),
        "desk.digest" => msg!("desk.digest"),
        "desk.size" => msg!("desk.size"),
        _ => msg!("desk.state"),
    })
}

fn entry(context: &Context, table: &IndexTable, row: &EntryRow, last: usize) -> Html {
    let (id, key) = (table.id.clone(), row.key.clone());
    let platform = row.descriptor.platform.as_ref();
    let written = platform.map(ToString::to_string).unwrap_or_default();
    // The version of Windows is not edited here: it is shown beside the field, and stays as it is.
    let (typed_platform, os_version) = written.split_once(' ').unwrap_or((&written, ""));
    let typed_platform = typed_platform.to_owned();
    let name = format!("{} {}", row.descriptor.digest.short(), visible(&written));
    let onchange = {
        let (id, key) = (id.clone(), key.clone());
        context.on(move |event: Event| {
            let field = event.target_dyn_into::<HtmlInputElement>();
            let text = field.map(|field| field.value()).unwrap_or_default();
            DeskAction::Platform(id.clone(), key.clone(), text)
        })
    };
    let moved = |up: bool| {
        let (id, key) = (id.clone(), key.clone());
        context.on(move |_: MouseEvent| DeskAction::Move(id.clone(), key.clone(), up))
    };
    let remove = {
        let (id, key) = (id.clone(), key.clone());
        context.on(move |_: MouseEvent| DeskAction::Remove(id.clone(), key.clone()))
    };
    let restore = match row.key {
        EntryKey::Loaded(at) => {
            let id = id.clone();
            context.on(move |_: MouseEvent| DeskAction::Restore(id.clone(), at))
        }
        EntryKey::Added(_) => Callback::noop(),
    };
    let count = row.descriptor.annotations.len();
    html! {
        <tr key={format!("{key:?}")} class={classes!((!row.kept).then_some("gone"))}>
            <td>
                if row.kept {
                    <input type="text" class="mono" value={typed_platform} {onchange} autocomplete="off" spellcheck="false"
                        aria-label={context.t(msg!("desk.platform-of", entry = &name))} />
                    { " " }<small class="hint">{ visible(os_version) }</small>
                } else {
                    { visible(&written) }
                }
            </td>
            <td>{ what(context, &row.what) }</td>
            <td class="mono" title={row.descriptor.digest.to_string()}>{ row.descriptor.digest.short() }</td>
            <td>{ context.t(msg!("desk.bytes", size = Arg::Bytes(row.descriptor.size))) }</td>
            <td>{ state(context, table, row) }
                if count > 0 {
                    <span class="hint">{ " " }{ context.t(msg!("desk.annotations", count = count)) }</span>
                }
            </td>
            <td><div class="row">
                if row.kept {
                    <button class="quiet small" onclick={moved(true)} disabled={row.position == Some(0)}
                        aria-label={context.t(msg!("desk.move-up", entry = &name))}>{ "↑" }</button>
                    <button class="quiet small" onclick={moved(false)} disabled={row.position == Some(last)}
                        aria-label={context.t(msg!("desk.move-down", entry = &name))}>{ "↓" }</button>
                    <button class="quiet small" onclick={remove}
                        aria-label={context.t(msg!("desk.remove-entry", entry = &name))}>
                        { context.t(msg!("desk.remove")) }
                    </button>
                } else {
                    <button class="quiet small" onclick={restore}
                        aria-label={context.t(msg!("desk.restore-entry", entry = &name))}>
                        { context.t(msg!("desk.restore")) }
                    </button>
                }
            </div></td>
        </tr>
    }
}

fn what(context: &Context, what: &EntryKind) -> AttrValue {
    context.t(match what {
        EntryKind::Image => msg!("desk.image"),
        EntryKind::Index => msg!("desk.index"),
        EntryKind::Artifact(of) => msg!("desk.artifact", of = visible(of)),
        EntryKind::Attestation { platform: Some(platform), .. } => {
            msg!("desk.attestation", of = visible(&platform.to_string()))
        }
        EntryKind::Attestation { of, .. } => {
            msg!("desk.attestation", of = visible(of.as_deref().unwrap_or_default()))
        }
    })
}

fn state(context: &Context, table: &IndexTable, row: &EntryRow) -> Html {
    if !row.kept {
        return context.t(msg!("desk.removed")).into();
    }
    if let Some(reason) = table.missing.get(&row.descriptor.digest) {
        return html! { <span class="error">{ context.t(reason) }</span> };
    }
    if row.edited { context.t(msg!("layer.edited")).into() } else { Html::default() }
}

/// What is typed into the form.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Form {
    name: String,
    value: String,
    remove: bool,
    targets: AnnotationTargets,
}

#[component]
fn Annotate(props: &Props) -> Html {
    let context = use_ctx();
    let form = use_state_eq(|| Form {
        name: String::new(),
        value: String::new(),
        remove: false,
        targets: AnnotationTargets { index: true, manifests: true, ..AnnotationTargets::default() },
    });
    let change = |with: fn(&mut Form, String)| {
        let form = form.clone();
        Callback::from(move |event: InputEvent| {
            let mut next = (*form).clone();
            with(&mut next, typed(&event));
            form.set(next);
        })
    };
    let check = |label: AttrValue, checked: bool, with: fn(&mut Form)| {
        let form = form.clone();
        let onchange = Callback::from(move |_: Event| {
            let mut next = (*form).clone();
            with(&mut next);
            form.set(next);
        });
        html! { <label class="row"><input type="checkbox" {checked} {onchange} />{ label }</label> }
    };
    let known = KnownKey::named(&form.name);
    let problem = known.filter(|_| !form.remove && !form.value.is_empty());
    let problem = problem.and_then(|known| known.check(&form.value).err());
    let wish = AnnotationWish {
        name: form.name.clone(),
        value: (!form.remove).then(|| form.value.clone()),
    };
    let places = if form.name.is_empty() {
        Vec::new()
    } else {
        props.opened.annotation_preview(std::slice::from_ref(&wish), &form.targets)
    };
    let onsubmit = {
        let (context, targets, nothing) =
            (context.clone(), form.targets.clone(), places.is_empty());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if !nothing {
                context.send(DeskAction::Annotate(vec![wish.clone()], targets.clone()));
            }
        })
    };
    let label =
        if form.remove { msg!("desk.remove-annotation") } else { msg!("desk.set-annotation") };
    let targets = &form.targets;
    html! {
        <form class="stack" {onsubmit} aria-label={context.t(msg!("desk.annotate"))}>
            <h4>{ context.t(msg!("desk.annotate")) }</h4>
            <div class="row wrapping">
                <input type="text" list="annotation-keys" autocomplete="off" spellcheck="false" value={form.name.clone()}
                    oninput={change(|form, text| form.name = text)}
                    aria-label={context.t(msg!("desk.key"))} placeholder={context.t(msg!("desk.key"))}
                    aria-describedby="annotation-key-hint" />
                <datalist id="annotation-keys">
                    { for KNOWN_KEYS.iter().map(|known| html! { <option value={known.name} /> }) }
                </datalist>
                if !form.remove {
                    <input type="text" autocomplete="off" value={form.value.clone()}
                        oninput={change(|form, text| form.value = text)}
                        aria-label={context.t(msg!("desk.value"))} placeholder={context.t(msg!("desk.value"))}
                        aria-describedby="annotation-value-hint" />
                }
                { check(context.t(msg!("desk.take-out")), form.remove, |form| form.remove = !form.remove) }
            </div>
            <p id="annotation-key-hint" class="hint">
                { for known.map(|known| context.t(known.explanation())) }
            </p>
            <p id="annotation-value-hint" class="hint error" role="status">
                { for problem.map(|problem| context.t(problem.message())) }
            </p>
            <fieldset class="row wrapping">
                <legend>{ context.t(msg!("desk.where")) }</legend>
                { check(context.t(msg!("desk.on-index")), targets.index,
                    |form| form.targets.index = !form.targets.index) }
                { check(context.t(msg!("desk.on-entries")), targets.entries,
                    |form| form.targets.entries = !form.targets.entries) }
                { check(context.t(msg!("desk.on-manifests")), targets.manifests,
                    |form| form.targets.manifests = !form.targets.manifests) }
            </fieldset>
            { preview(&context, &places) }
            <div class="row">
                <button type="submit" disabled={places.is_empty()}>{ context.t(label) }</button>
            </div>
        </form>
    }
}

fn preview(context: &Context, places: &[AnnotatedPlace]) -> Html {
    if places.is_empty() {
        return Html::default();
    }
    let place = |place: &AnnotatedPlace| {
        let platform = place.platform.as_ref().map(ToString::to_string).unwrap_or_default();
        let (platform, digest) = (visible(&platform), place.document.short());
        let says = match (&place.entry, platform.is_empty()) {
            (Some(_), _) => msg!("desk.changes-entry", platform = platform, digest = digest),
            (None, true) => msg!("desk.changes-document", digest = digest),
            (None, false) => msg!("desk.changes-manifest", platform = platform, digest = digest),
        };
        html! { <li>{ context.t(says) }</li> }
    };
    let rest = places.len().saturating_sub(SHOWN);
    html! {
        <div>
            <p>{ context.t(msg!("desk.changes", count = places.len())) }</p>
            <ul class="plain-list hint">
                { for places.iter().take(SHOWN).map(place) }
                if rest > 0 {
                    <li>{ context.t(msg!("whole.and-more", count = rest)) }</li>
                }
            </ul>
        </div>
    }
}
