//! What a media type or a config says, on request.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{Opened, explain_media_type};
use crate::msg;
use crate::ui::common::context::use_ctx;
use crate::ui::common::dialog::Modal;

/// Something in the text that explains itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Explained {
    MediaType(String),
    Config,
}

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
    pub(crate) what: Explained,
    pub(crate) onclose: Callback<()>,
}

#[component]
pub(crate) fn Explain(props: &Props) -> Html {
    let context = use_ctx();
    let (title, body) = match &props.what {
        Explained::MediaType(name) => {
            let said = explain_media_type(name);
            let body = html! {<>
                <p><code>{ crate::text::visible(name) }</code></p>
                { for said.iter().map(|each| html! { <p>{ context.t(each) }</p> }) }
            </>};
            (context.t(msg!("explain.title")), body)
        }
        Explained::Config => {
            (context.t(msg!("explain.config-title")), config(&context, &props.opened))
        }
    };
    let onclick = {
        let onclose = props.onclose.clone();
        Callback::from(move |_: MouseEvent| onclose.emit(()))
    };
    html! {
        <Modal {title} onclose={props.onclose.clone()}>
            { body }
            <div class="row end">
                <button class="primary" {onclick}>{ context.t(msg!("dialog.close")) }</button>
            </div>
        </Modal>
    }
}

fn config(context: &crate::ui::common::context::Context, opened: &Opened) -> Html {
    let Some(config) = opened.image.config_of(&opened.current) else {
        return html! { <p>{ context.t(msg!("explain.config-missing")) }</p> };
    };
    let steps = config.history.iter().map(|step| {
        let class = step.empty_layer.then_some("empty");
        html! { <li {class}><code>{ crate::text::visible(&step.created_by) }</code></li> }
    });
    html! {<>
        <p>{ context.t(msg!("explain.config-platform", platform = config.platform().to_string())) }</p>
        <p class="hint">{ context.t(msg!("explain.config-history", count = config.history.len())) }</p>
        <ol class="making" tabindex="0">{ for steps }</ol>
    </>}
}
