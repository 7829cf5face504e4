//! The entries of the indexes as tables, what is done to each, and annotations in many documents.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::app::{BringAction, DeskAction, Health, IndexTable, State, ViewAction, Wanted};
use crate::image::{EntryKind, EntryRow};
use crate::manifest::EntryKey;
use crate::msg;
use crate::registry::PartState;
use crate::text::{Arg, visible};
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::documents::annotate::Annotate;
use crate::ui::documents::entry_form::EntryForm;

#[derive(PartialEq, Properties)]
struct Props {
    state: Rc<State>,
}

pub(crate) fn view(state: &Rc<State>) -> Html {
    html! { <Entries state={state.clone()} /> }
}

#[component]
fn Entries(props: &Props) -> Html {
    let context = use_ctx();
    let Some(opened) = &props.state.opened else { return Html::default() };
    let tables = opened.index_tables();
    html! {
        <>
            { attestations(&context, &props.state) }
            <Annotate opened={opened.clone()} />
            { for tables.iter().map(|table| index(&context, &props.state, table)) }
        </>
    }
}

/// The button that takes attestations out, all of them or those of one platform.
fn attestations(context: &Context, state: &State) -> Html {
    let Some(opened) = &state.opened else { return Html::default() };
    let (count, platforms) = opened.kept_attestations();
    if count == 0 {
        return Html::default();
    }
    let of = |platform: crate::manifest::Platform| {
        let label = msg!("desk.remove-attestations-of", platform = platform.to_string());
        html! {
            <button class="small" onclick={context.on(move |_| DeskAction::RemoveAttestations(Some(platform.clone())))}
                aria-describedby="desk-attestations">{ context.t(label) }</button>
        }
    };
    html! {
        <div class="row wrapping">
            <button onclick={context.on(|_| DeskAction::RemoveAttestations(None))}
                aria-describedby="desk-attestations">
                { context.t(msg!("desk.remove-attestations", count = count)) }
            </button>
            if platforms.len() > 1 {
                { for platforms.into_iter().map(of) }
            }
            <span id="desk-attestations" class="hint">{ context.t(msg!("desk.attestations-lost")) }</span>
        </div>
    }
}

fn index(context: &Context, state: &State, table: &IndexTable) -> Html {
    let head = ["desk.platform", "desk.what", "desk.digest", "desk.size", "desk.state"];
    let title = context.t(msg!("desk.entries", index = table.id.short()));
    let wanted = Wanted::Entry(table.id.clone());
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
                <table class="entries" aria-label={title} data-arrows="">
                    <thead>
                        <tr>
                            { for head.iter().map(|key| html! { <th scope="col">{ column(context, key) }</th> }) }
                            <th scope="col">{ context.t(msg!("desk.actions")) }</th>
                        </tr>
                    </thead>
                    <tbody>{ for table.rows.iter().map(|row| entry(context, state, table, row, last)) }</tbody>
                </table>
            </div>
            <div class="row">
                <button onclick={context.on(move |_| BringAction::Begin(wanted.clone()))}
                    aria-label={context.t(msg!("bring.entry-to", index = table.id.short()))}>
                    { context.t(msg!("bring.entry")) }
                </button>
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

fn entry(
    context: &Context,
    state: &State,
    table: &IndexTable,
    row: &EntryRow,
    last: usize,
) -> Html {
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
    let shown = state.desk.entry.as_ref().is_some_and(|(of, it)| *of == id && *it == key);
    let show = {
        let (id, key) = (id.clone(), key.clone());
        context.on(move |_: MouseEvent| DeskAction::ShowEntry(id.clone(), key.clone()))
    };
    let copy = {
        let digest = row.descriptor.digest.to_string();
        context.on(move |_: MouseEvent| ViewAction::Copy(digest.clone()))
    };
    let form = shown.then(|| {
        html! {
            <tr><td colspan="6"><EntryForm index={id.clone()} row={row.clone()} /></td></tr>
        }
    });
    html! {
        <>
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
            <td class="mono" title={row.descriptor.digest.to_string()}>
                { row.descriptor.digest.short() }
                <button class="quiet small" onclick={copy}
                    aria-label={context.t(msg!("desk.copy", entry = &name))}>{ context.t(msg!("summary.copy")) }</button>
            </td>
            <td>{ context.t(msg!("desk.bytes", size = Arg::Bytes(row.descriptor.size))) }</td>
            <td>{ condition(context, state.desk.health.as_deref(), table, row) }</td>
            <td><div class="row">
                if row.kept {
                    <button class="quiet small" onclick={moved(true)} disabled={row.position == Some(0)}
                        aria-label={context.t(msg!("desk.move-up", entry = &name))}>{ "↑" }</button>
                    <button class="quiet small" onclick={moved(false)} disabled={row.position == Some(last)}
                        aria-label={context.t(msg!("desk.move-down", entry = &name))}>{ "↓" }</button>
                    <button class="quiet small" onclick={show} aria-expanded={shown.to_string()}
                        aria-label={context.t(msg!("desk.annotations-of", entry = &name, count = count))}>
                        { context.t(msg!("desk.annotations", count = count)) }
                    </button>
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
        { form }
        </>
    }
}

pub(crate) fn what(context: &Context, what: &EntryKind) -> AttrValue {
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

/// What is known of the document: whether the registry has it, and whether the entry is edited.
fn condition(
    context: &Context,
    health: Option<&Health>,
    table: &IndexTable,
    row: &EntryRow,
) -> Html {
    if !row.kept {
        return context.t(msg!("desk.removed")).into();
    }
    let digest = &row.descriptor.digest;
    let asked = health.and_then(|health| health.of(digest));
    let wrong = asked.filter(|asked| !matches!(asked, PartState::There | PartState::NotAsked));
    if let Some(wrong) = wrong {
        return html! { <span class="error">{ context.t(wrong.message()) }</span> };
    }
    if let Some(reason) = table.missing.get(digest) {
        return html! { <span class="error">{ context.t(reason) }</span> };
    }
    if row.edited {
        return context.t(msg!("layer.edited")).into();
    }
    asked.map(|asked| context.t(asked.message()).into()).unwrap_or_default()
}
