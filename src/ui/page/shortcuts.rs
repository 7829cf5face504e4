//! The list of keyboard shortcuts, and the switch for those of a single key.

use std::rc::Rc;

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::app::{GuideAction, SHORTCUTS, SingleKeys, State, ViewAction};
use crate::msg;
use crate::ui::common::context::use_ctx;
use crate::ui::common::dialog::Modal;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) single_keys: SingleKeys,
}

pub(crate) fn view(state: &Rc<State>) -> Html {
    html! { <Shortcuts single_keys={state.guide.single_keys} /> }
}

#[component]
fn Shortcuts(props: &Props) -> Html {
    let context = use_ctx();
    let on = props.single_keys == SingleKeys::On;
    let rows = SHORTCUTS.iter().map(|(keys, shortcut)| {
        let off = shortcut.is_single_key() && !on;
        let keys = keys.split(' ').map(|keys| html! { <><kbd>{ keys }</kbd>{ " " }</> });
        html! {
            <tr class={off.then_some("off")}>
                <td>{ for keys }</td>
                <td>{ context.t(shortcut.message()) }</td>
            </tr>
        }
    });
    let onchange = context.on(|event: Event| {
        let input: HtmlInputElement = event.target_unchecked_into();
        GuideAction::SingleKeys(if input.checked() { SingleKeys::On } else { SingleKeys::Off })
    });
    html! {
        <Modal title={context.t(msg!("shortcuts.title"))} onclose={context.on(|()| ViewAction::Close)}>
            <table class="shortcuts">
                <thead class="visually-hidden">
                    <tr>
                        <th scope="col">{ context.t(msg!("shortcuts.key")) }</th>
                        <th scope="col">{ context.t(msg!("shortcuts.does")) }</th>
                    </tr>
                </thead>
                <tbody>{ for rows }</tbody>
            </table>
            <p class="hint">{ context.t(msg!("shortcuts.select")) }</p>
            <p class="hint">{ context.t(msg!("shortcuts.arrows")) }</p>
            <p class="hint">{ context.t(msg!("shortcuts.undo-hint")) }</p>
            <label class="check">
                <input type="checkbox" role="switch" class="switch" checked={on} {onchange}
                    aria-describedby="single-keys-hint" />
                { context.t(msg!("shortcuts.single-keys")) }
            </label>
            <p class="hint" id="single-keys-hint">{ context.t(msg!("shortcuts.single-keys-hint")) }</p>
            <div class="row end">
                <button class="primary" onclick={context.on(|_| ViewAction::Close)}>
                    { context.t(msg!("dialog.close")) }
                </button>
            </div>
        </Modal>
    }
}
