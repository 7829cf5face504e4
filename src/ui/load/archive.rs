//! The choice among several images in an archive.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{ArchiveAction, OpenArchive, State};
use crate::msg;
use crate::text::Arg;
use crate::ui::common::context::use_ctx;
use crate::ui::common::dialog::Modal;

#[derive(PartialEq, Properties)]
struct Props {
    archive: Rc<OpenArchive>,
}

/// The choice among several images.
pub(crate) fn view(state: &Rc<State>) -> Html {
    let archive = state.source.archive.as_ref();
    archive.map(|archive| html! { <Roots archive={archive.clone()} /> }).unwrap_or_default()
}

#[component]
fn Roots(props: &Props) -> Html {
    let context = use_ctx();
    let archive = &props.archive;
    let root = |(index, root): (usize, &crate::export::ArchiveRoot)| {
        let name = match root.names.first() {
            Some(name) => context.t(msg!("archive.named", name = name)),
            None => context.t(msg!("archive.unnamed", number = index + 1)),
        };
        html! {
            <li class="row wrapping">
                <button onclick={context.on(move |_| ArchiveAction::Open(index))}>{ name }</button>
                if let Some(platform) = &root.platform {
                    <span class="chip">{ platform }</span>
                }
                if root.needs_hashing() {
                    <span class="hint">{ context.t(msg!("archive.layers", size = Arg::Bytes(root.size))) }</span>
                }
            </li>
        }
    };
    html! {
        <Modal title={context.t(msg!("archive.choose", name = &archive.name))}
            onclose={context.on(|()| ArchiveAction::Close)}>
            <ul class="plain-list">{ for archive.archive.roots.iter().enumerate().map(root) }</ul>
            <div class="row end">
                <button onclick={context.on(|_| ArchiveAction::Close)}>{ context.t(msg!("source.cancel")) }</button>
            </div>
        </Modal>
    }
}
