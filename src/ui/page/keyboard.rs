//! The keyboard shortcuts of the page.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{Document, Element, HtmlElement, KeyboardEvent};
use yew::prelude::*;

use crate::app::{
    Dialog, EditAction, Focus, Key, Shortcut, SingleKeys, SourceAction, State, Tab, TakeAction,
    ViewAction,
};
use crate::ui::common::context::Context;

/// Listens to the page's keys as long as the editor is there.
#[hook]
pub(crate) fn use_shortcuts(state: &Rc<State>, context: &Context) {
    let single_keys = state.guide.single_keys;
    let selects_all = state.opened.as_ref().is_some_and(|opened| opened.selected.is_empty());
    let context = context.clone();
    use_effect_with((single_keys, selects_all), move |&(single_keys, selects_all)| {
        let document = web_sys::window().and_then(|window| window.document());
        let listener = document.clone().map(|document| {
            Closure::<dyn FnMut(KeyboardEvent)>::new(move |event: KeyboardEvent| {
                let Some(shortcut) = shortcut_of(&document, &event, single_keys) else { return };
                if run(shortcut, &document, &context, selects_all).is_some() {
                    event.prevent_default();
                }
            })
        });
        if let (Some(document), Some(listener)) = (&document, &listener) {
            let function = listener.as_ref().unchecked_ref();
            document.add_event_listener_with_callback("keydown", function).ok();
        }
        move || {
            if let (Some(document), Some(listener)) = (&document, &listener) {
                let function = listener.as_ref().unchecked_ref();
                document.remove_event_listener_with_callback("keydown", function).ok();
            }
        }
    });
}

fn shortcut_of(document: &Document, event: &KeyboardEvent, single: SingleKeys) -> Option<Shortcut> {
    // A dialog has the keyboard for itself, and so has an input method that composes a character.
    let dialog = document.query_selector("dialog[open]").ok().flatten();
    if dialog.is_some() || event.default_prevented() || event.is_composing() {
        return None;
    }
    let name = event.key();
    let key = Key {
        name: &name,
        control: event.ctrl_key() || event.meta_key(),
        shift: event.shift_key(),
        alt: event.alt_key(),
    };
    Shortcut::of(key, focus(document), single)
}

fn focus(document: &Document) -> Focus {
    let Some(active) = document.active_element() else { return Focus::Page };
    let fields =
        "textarea, select, input:not([type=checkbox]):not([type=radio]):not([type=button])";
    if active.matches(fields).unwrap_or(false) {
        Focus::Text
    } else if row_of(&active).is_some() {
        Focus::Layers
    } else {
        Focus::Page
    }
}

fn row_of(element: &Element) -> Option<Element> {
    element.closest("tr.layer").ok()?
}

/// Does what the key asks for; `None` when there is nothing to do it to.
fn run(
    shortcut: Shortcut,
    document: &Document,
    context: &Context,
    selects_all: bool,
) -> Option<()> {
    let row = || row_of(&document.active_element()?);
    match shortcut {
        Shortcut::Undo => context.send(EditAction::Undo),
        Shortcut::Redo => context.send(EditAction::Redo),
        Shortcut::Download => {
            document.query_selector("footer.actions").ok()??;
            context.send(TakeAction::Download);
        }
        Shortcut::Push => {
            // The button knows whether it may be pressed.
            control(&document.query_selector("footer.actions").ok()??, "#review-push:enabled")?
                .click();
        }
        Shortcut::Shortcuts => context.send(ViewAction::Open(Dialog::Shortcuts)),
        Shortcut::Reference => {
            context.send(SourceAction::Show(Tab::Registry));
            context.send(ViewAction::Focus("reference".into()));
        }
        Shortcut::NextLayer | Shortcut::PreviousLayer => {
            let next = match (row(), shortcut) {
                (Some(row), Shortcut::NextLayer) => row.next_element_sibling().or_else(|| {
                    row.parent_element()?.next_element_sibling()?.first_element_child()
                }),
                (Some(row), _) => row.previous_element_sibling().or_else(|| {
                    row.parent_element()?.previous_element_sibling()?.last_element_child()
                }),
                (None, _) => document.query_selector("tr.layer").ok()?,
            };
            control(&next?, "input.pick")?.focus().ok()?;
        }
        Shortcut::Mark => control(&row()?, "input.switch:enabled")?.click(),
        Shortcut::Urls => match control(&row()?, "textarea") {
            Some(field) => field.focus().ok()?,
            None => control(&row()?, "button.add-urls")?.click(),
        },
        Shortcut::SelectAll => {
            document.query_selector("table.layers:not(.whole)").ok()??;
            context.send(EditAction::SelectAll(selects_all));
        }
    }
    Some(())
}

fn control(row: &Element, selector: &str) -> Option<HtmlElement> {
    row.query_selector(selector).ok()??.dyn_into().ok()
}
