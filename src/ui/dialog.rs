//! Dialogs, on the browser's own `<dialog>`: it keeps the focus inside and gives it back.

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use super::browse::Browse;
use super::context::use_ctx;
use super::export::Export;
use super::help::Help;
use super::shortcuts::Shortcuts;
use crate::app::{AccessState, BrowseState, Dialog, ExportState, OpenAction, SingleKeys};
use crate::export::Push;
use crate::msg;

#[derive(PartialEq, Properties)]
pub(crate) struct ModalProps {
    pub(crate) title: AttrValue,
    pub(crate) children: Html,
    /// Escape, or the close button.
    pub(crate) onclose: Callback<()>,
}

/// A modal dialog that is open as long as it is rendered.
#[component]
pub(crate) fn Modal(props: &ModalProps) -> Html {
    let node = use_node_ref();
    use_effect_with((), {
        let node = node.clone();
        move |()| {
            let dialog = node.cast::<HtmlDialogElement>();
            if let Some(dialog) = &dialog {
                dialog.show_modal().ok();
            }
            move || {
                if let Some(dialog) = dialog {
                    dialog.close();
                }
            }
        }
    });
    let oncancel = {
        let onclose = props.onclose.clone();
        Callback::from(move |event: Event| {
            event.prevent_default();
            onclose.emit(());
        })
    };
    html! {
        <dialog ref={node} aria-labelledby="dialog-title" {oncancel}>
            <h2 id="dialog-title">{ props.title.clone() }</h2>
            { props.children.clone() }
        </dialog>
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) dialog: Option<Dialog>,
    pub(crate) browse: BrowseState,
    pub(crate) access: AccessState,
    pub(crate) single_keys: SingleKeys,
    pub(crate) export: ExportState,
    /// What the commands of the dialog “Export” push.
    pub(crate) push: Option<Push>,
}

#[component]
pub(crate) fn Dialogs(props: &Props) -> Html {
    let context = use_ctx();
    let Some(dialog) = props.dialog else { return Html::default() };
    match dialog {
        Dialog::ReplaceEdits => html! {
            <Modal title={context.t(msg!("replace.title"))} onclose={context.on(|()| OpenAction::DeclineOffer)}>
                <p>{ context.t(msg!("replace.text")) }</p>
                <div class="row end">
                    <button onclick={context.on(|_| OpenAction::DeclineOffer)}>
                        { context.t(msg!("replace.keep")) }
                    </button>
                    <button class="primary" onclick={context.on(|_| OpenAction::AcceptOffer)}>
                        { context.t(msg!("replace.replace")) }
                    </button>
                </div>
            </Modal>
        },
        Dialog::Browse => {
            html! { <Browse browse={props.browse.clone()} access={props.access.clone()} /> }
        }
        Dialog::Export => {
            html! { <Export export={props.export.clone()} push={props.push.clone()} /> }
        }
        Dialog::Help => html! { <Help /> },
        Dialog::Shortcuts => html! { <Shortcuts single_keys={props.single_keys} /> },
    }
}
