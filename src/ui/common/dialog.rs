//! Dialogs, on the browser's own `<dialog>`: it keeps the focus inside and gives it back.

use std::rc::Rc;

use web_sys::HtmlDialogElement;
use yew::prelude::*;

use crate::app::{Dialog, State};
use crate::ui::page::editor::ReplaceEdits;
use crate::ui::parts::{Panel, Part};

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

/// The dialog that is open.
pub(crate) fn dialogs(state: &Rc<State>) -> Html {
    let Some(dialog) = state.view.dialog else { return Html::default() };
    let part = |panel: Panel| html! { <Part key={panel as usize} {panel} state={state.clone()} /> };
    match dialog {
        Dialog::ReplaceEdits => html! { <ReplaceEdits /> },
        Dialog::LeavePush => part(Panel::LeavePush),
        Dialog::Archive => part(Panel::Archive),
        Dialog::Bring => part(Panel::Bring),
        Dialog::Browse => part(Panel::Browse),
        Dialog::Export => part(Panel::Export),
        Dialog::Help => crate::ui::page::help::view(state),
        Dialog::Shortcuts => crate::ui::page::shortcuts::view(state),
    }
}
