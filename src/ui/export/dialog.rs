//! The dialog “Export”: report, archive, recipe, and the commands that do the same by hand.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{
    ArchiveBlobs, Area, ExportAction, ExportState, Opened, ReportForm, State, ViewAction,
    archive_offer, push_by_hand, script,
};
use crate::browser::sink;
use crate::export::{Push, Tool};
use crate::msg;
use crate::run::MOST_IN_MEMORY;
use crate::text::{Arg, Message};
use crate::ui::common::choice::Choice;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::common::dialog::Modal;
use crate::ui::load::source::typed;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) export: Area<ExportState>,
    /// The image, whose archive may be written.
    pub(crate) opened: Option<Rc<Opened>>,
    /// What the commands push; `None` while there is nothing to push or no place for it.
    pub(crate) push: Option<Push>,
}

pub(crate) fn view(state: &Rc<State>) -> Html {
    html! {
        <Export export={state.export.clone()} opened={state.opened.clone()} push={push_by_hand(state)} />
    }
}

#[component]
fn Export(props: &Props) -> Html {
    let context = use_ctx();
    let export = &props.export;
    html! {
        <Modal title={context.t(msg!("export.title"))} onclose={context.on(|()| ViewAction::Close)}>
            <div class="stack exports">
                <section class="stack">
                    <h3>{ context.t(msg!("export.report")) }</h3>
                    <p class="hint">{ context.t(msg!("export.report-hint")) }</p>
                    <label>
                        <span>{ context.t(msg!("export.who")) }</span>
                        <input type="text" autocomplete="name" value={export.who.clone()}
                            oninput={context.on(|event: InputEvent| ExportAction::Who(typed(&event)))} />
                    </label>
                    <div class="row wrapping">
                        { button(&context, msg!("export.markdown"), ExportAction::Report(ReportForm::Markdown)) }
                        { button(&context, msg!("export.json"), ExportAction::Report(ReportForm::Json)) }
                    </div>
                </section>
                <Archive export={export.clone()} opened={props.opened.clone()} />
                <div role="status">
                    <ul class="plain-list">
                        { for remarks(&context, export, |is_blob| !is_blob) }
                    </ul>
                </div>
                if export.remarks.iter().any(is_blob) {
                    <details>
                        <summary>{ context.t(msg!("export.without-list")) }</summary>
                        <ul class="plain-list">{ for remarks(&context, export, |is_blob| is_blob) }</ul>
                    </details>
                }
                <Commands export={export.clone()} push={props.push.clone()} />
                <div class="row end">
                    <button class="primary" onclick={context.on(|_| ViewAction::Close)}>
                        { context.t(msg!("dialog.close")) }
                    </button>
                </div>
            </div>
        </Modal>
    }
}

/// Whether a remark names one of the blobs that the archive is without; they may be many.
fn is_blob(remark: &Message) -> bool {
    remark.key == "export.without-blob"
}

fn remarks(context: &Context, export: &ExportState, wanted: fn(bool) -> bool) -> Vec<Html> {
    let remarks = export.remarks.iter().filter(|remark| wanted(is_blob(remark)));
    remarks.map(|remark| html! { <li>{ context.t(remark) }</li> }).collect()
}

fn button(context: &Context, label: Message, action: ExportAction) -> Html {
    html! {
        <button onclick={context.on(move |_| action.clone())}>{ context.t(label) }</button>
    }
}

#[derive(PartialEq, Properties)]
struct CommandsProps {
    export: Area<ExportState>,
    push: Option<Push>,
}

#[derive(PartialEq, Properties)]
struct ArchiveProps {
    export: Area<ExportState>,
    opened: Option<Rc<Opened>>,
}

#[component]
fn Archive(props: &ArchiveProps) -> Html {
    let context = use_ctx();
    let writing = props.export.writing;
    let offer = use_memo(props.opened.clone(), |opened| opened.as_deref().and_then(archive_offer));
    let save = |label: Message, blobs: ArchiveBlobs| {
        let onclick = context.on(move |_| ExportAction::Archive(blobs));
        html! { <button disabled={writing} {onclick}>{ context.t(label) }</button> }
    };
    let too_large = offer.filter(|offer| offer.size > MOST_IN_MEMORY && !sink::streams());
    html! {
        <section class="stack">
            <h3>{ context.t(msg!("export.archive")) }</h3>
            <p class="hint">{ context.t(msg!("export.archive-hint")) }</p>
            if let Some(offer) = *offer {
                <p class="hint">
                    { context.t(msg!("export.layers-hint")) }
                    if offer.foreign > 0 {
                        { " " }{ context.t(msg!("export.layers-foreign", count = offer.foreign)) }
                    }
                    if offer.not_loaded > 0 {
                        { " " }{ context.t(msg!("export.layers-not-loaded", count = offer.not_loaded)) }
                    }
                </p>
            }
            if too_large.is_some() {
                <p class="hint">{ context.t(msg!("deliver.write-too-large", max = Arg::Bytes(MOST_IN_MEMORY))) }</p>
            }
            <div class="row wrapping">
                { save(msg!("export.save-archive"), ArchiveBlobs::AtHand) }
                if let Some(offer) = offer.filter(|_| too_large.is_none()) {
                    { save(msg!("export.save-layers", size = Arg::Bytes(offer.size)), ArchiveBlobs::FromRegistry) }
                }
                if writing {
                    <button onclick={context.on(|_| ExportAction::StopArchive)}>
                        { context.t(msg!("source.cancel")) }
                    </button>
                }
            </div>
        </section>
    }
}

#[component]
fn Commands(props: &CommandsProps) -> Html {
    let context = use_ctx();
    let export = &props.export;
    let tools: Vec<_> =
        Tool::ALL.into_iter().map(|tool| (tool, AttrValue::from(tool.name()))).collect();
    let found = props.push.as_ref().map(|push| {
        let script = script(push, export.tool);
        let text = script.lines.join("\n");
        let copied = text.clone();
        let files = push.manifests.iter().map(|manifest| {
            let old = manifest.old.clone();
            let label = context.t(msg!("export.save-manifest", name = &manifest.file));
            html! {
                <li><button class="small" onclick={context.on(move |_| ExportAction::Manifest(old.clone()))}>
                    { label }
                </button></li>
            }
        });
        html! {
            <>
                if let Some(note) = script.note {
                    <p class="hint">{ context.t(note) }</p>
                }
                <pre class="commands" tabindex="0">{ text }</pre>
                <div class="row wrapping">
                    <button onclick={context.on(move |_| ViewAction::Copy(copied.clone()))}>
                        { context.t(msg!("export.copy-commands")) }
                    </button>
                </div>
                if export.tool.reads_manifests() {
                    <p class="hint">{ context.t(msg!("export.files-hint")) }</p>
                    <ul class="plain-list">{ for files }</ul>
                }
            </>
        }
    });
    html! {
        <section class="stack">
            <h3>{ context.t(msg!("export.commands")) }</h3>
            <label>
                <span>{ context.t(msg!("export.target")) }</span>
                <input type="text" spellcheck="false" autocomplete="off" autocapitalize="off"
                    placeholder="registry.example.com/team/app:1.4" value={export.target.clone()}
                    oninput={context.on(|event: InputEvent| ExportAction::Target(typed(&event)))} />
            </label>
            <Choice<Tool> label={context.t(msg!("export.tool"))} chosen={export.tool} choices={tools}
                onchoose={context.on(ExportAction::Tool)} />
            { found.unwrap_or_else(|| html! {
                <p class="hint">{ context.t(msg!("export.no-commands")) }</p>
            }) }
        </section>
    }
}
