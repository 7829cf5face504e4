//! The text of a document in a field, with a strict reading of it as one types.

use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use crate::app::{OpenAction, Rewrite, RewriteAction, place_of};
use crate::json::Layout;
use crate::manifest::Digest;
use crate::msg;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::documents::summary::kind_name;
use crate::ui::load::source::typed;

/// The `id` of the field.
const FIELD: &str = "rewrite";

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) rewrite: Rewrite,
}

#[component]
pub(crate) fn TextEditor(props: &Props) -> Html {
    let context = use_ctx();
    let node = use_node_ref();
    let rewrite = &props.rewrite;
    use_effect_with((), {
        let node = node.clone();
        move |()| {
            if let Some(field) = node.cast::<HtmlTextAreaElement>() {
                field.focus().ok();
                field.set_selection_range(0, 0).ok();
                field.set_scroll_top(0);
            }
        }
    });
    // The field knows no carriage returns; given some, it would be set again at each key.
    let value: AttrValue = if rewrite.text.contains('\r') {
        rewrite.text.replace("\r\n", "\n").replace('\r', "\n").into()
    } else {
        rewrite.text.clone().into()
    };
    let (verdict, place) = match &rewrite.verdict {
        Ok(document) => {
            let kind = kind_name(document.kind());
            let said = if document.kind().is_index() {
                msg!("rewrite.good", kind = kind, count = document.entries().len())
            } else {
                msg!("rewrite.good-manifest", kind = kind, count = document.layers().len())
            };
            (context.t(said), None)
        }
        Err(refusal) => (context.t(refusal.message()), place_of(refusal)),
    };
    let good = rewrite.verdict.is_ok();
    let is_index = rewrite.verdict.as_ref().is_ok_and(|document| document.kind().is_index());
    let go_to = place.map(|place| {
        let (node, text) = (node.clone(), rewrite.text.clone());
        Callback::from(move |_: MouseEvent| {
            if let Some(field) = node.cast::<HtmlTextAreaElement>() {
                let at = field_offset(&text, place.offset);
                field.set_selection_range(at, at + 1).ok();
                field.focus().ok();
            }
        })
    });
    html! {
        <div class="editor">
            <textarea ref={node} id={FIELD} rows="20" spellcheck="false" autocomplete="off" autocapitalize="off" wrap="off"
                aria-label={context.t(msg!("rewrite.label"))} aria-describedby="rewrite-verdict"
                aria-invalid={(!good).then_some("true")} {value}
                oninput={context.on(|event: InputEvent| RewriteAction::Type(typed(&event)))} />
            <div class="typed-verdict">
                <p id="rewrite-verdict" role="status" class={if good { "good" } else { "error" }}>{ verdict }</p>
                if let Some(go_to) = go_to {
                    <button class="small" onclick={go_to}>{ context.t(msg!("rewrite.go-to")) }</button>
                }
            </div>
            if is_index {
                <p class="hint">{ context.t(msg!("rewrite.index-hint")) }</p>
            }
            <div class="row wrapping">
                <span class="hint">{ context.t(msg!("rewrite.layout")) }</span>
                <button class="small" disabled={!good} onclick={context.on(|_| RewriteAction::LayOut(Layout::Indented(2)))}>
                    { context.t(msg!("rewrite.indented", width = 2_usize)) }
                </button>
                <button class="small" disabled={!good} onclick={context.on(|_| RewriteAction::LayOut(Layout::Indented(3)))}>
                    { context.t(msg!("rewrite.indented", width = 3_usize)) }
                </button>
                <button class="small" disabled={!good} onclick={context.on(|_| RewriteAction::LayOut(Layout::Compact))}>
                    { context.t(msg!("rewrite.compact")) }
                </button>
                <button class="small" onclick={context.on(|_| RewriteAction::Loaded)}>
                    { context.t(msg!("rewrite.loaded")) }
                </button>
                <span class="hint">{ context.t(msg!("rewrite.layout-hint")) }</span>
            </div>
            <div class="row wrapping">
                <span class="hint">{ context.t(msg!("rewrite.hint")) }</span>
                <span class="spacer"></span>
                <button onclick={context.on(|_| RewriteAction::Discard)}>{ context.t(msg!("rewrite.discard")) }</button>
                <button class="primary" disabled={!good || !rewrite.is_changed()}
                    onclick={context.on(|_| RewriteAction::Apply)}>
                    { context.t(msg!("rewrite.apply")) }
                </button>
            </div>
        </div>
    }
}

/// “Show text”: goes to the field with the text of the document `of`.
pub(crate) fn show(context: &Context, of: &Digest) {
    context.send(OpenAction::Show(of.clone()));
    // One that is still to be shown takes the focus by itself.
    let document = web_sys::window().and_then(|window| window.document());
    let field = document.and_then(|document| document.get_element_by_id(FIELD));
    if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlTextAreaElement>().ok()) {
        field.focus().ok();
    }
}

/// The offset of the byte `at` of `text` in the field, which counts UTF-16 units and one unit for
/// every line end.
fn field_offset(text: &str, at: usize) -> u32 {
    let before = String::from_utf8_lossy(&text.as_bytes()[..at.min(text.len())]);
    let units = before.replace("\r\n", "\n").encode_utf16().count();
    u32::try_from(units).unwrap_or(u32::MAX)
}
