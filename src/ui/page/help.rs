//! The dialog “Help”: what foreign layers are, what they do and what they don't.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{Dialog, GuideAction, State, ViewAction};
use crate::msg;
use crate::text::Message;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::common::dialog::Modal;
use crate::ui::documents::source::external;

pub(crate) fn view(_: &Rc<State>) -> Html {
    html! { <Help /> }
}

#[component]
fn Help() -> Html {
    let context = use_ctx();
    let not = [
        msg!("help.not-protection"),
        msg!("help.not-revoking"),
        msg!("help.not-offline"),
        msg!("help.not-new"),
        msg!("help.not-signed"),
    ];
    let how = [msg!("help.how-load"), msg!("help.how-check"), msg!("help.how-push")];
    let pages = [msg!("help.page-github"), msg!("help.page-hub"), msg!("help.page-quay")];
    let sources = [
        (
            "https://docs.github.com/en/packages/working-with-a-github-packages-registry/working-with-the-container-registry",
            msg!("help.source-github"),
        ),
        ("https://docs.docker.com/docker-hub/repos/manage/information/", msg!("help.source-hub")),
        (
            "https://docs.redhat.com/en/documentation/red_hat_quay/3.14/html/use_red_hat_quay/image-tags-overview",
            msg!("help.source-quay"),
        ),
        (
            "https://github.com/opencontainers/image-spec/blob/main/layer.md#non-distributable-layers",
            msg!("help.source-layers"),
        ),
        (
            "https://github.com/opencontainers/image-spec/blob/main/descriptor.md#properties",
            msg!("help.source-descriptor"),
        ),
        ("https://docs.docker.com/engine/deprecated/", msg!("help.source-docker")),
        (
            "https://distribution.github.io/distribution/about/configuration/#validation",
            msg!("help.source-registry"),
        ),
    ];
    let sources = sources.map(|(url, name)| {
        html! { <li>{ external(url, html! { { context.t(name) } }) }</li> }
    });
    html! {
        <Modal title={context.t(msg!("help.title"))} onclose={context.on(|()| ViewAction::Close)}>
            <div class="prose">
                <h3>{ context.t(msg!("help.what")) }</h3>
                <p>{ context.t(msg!("help.what-text")) }</p>
                <p>{ context.t(msg!("help.tools-text")) }</p>
                <h3>{ context.t(msg!("help.not")) }</h3>
                <ul>{ points(&context, &not) }</ul>
                <h3>{ context.t(msg!("help.how")) }</h3>
                <ul>{ points(&context, &how) }</ul>
                <p>{ context.t(msg!("help.private")) }</p>
                <h3>{ context.t(msg!("help.pages")) }</h3>
                <ul>{ points(&context, &pages) }</ul>
                <h3>{ context.t(msg!("help.sources")) }</h3>
                <ul>{ for sources }</ul>
                <p>{ concat!("Layermark ", env!("CARGO_PKG_VERSION")) }</p>
            </div>
            <div class="row end wrapping">
                <button onclick={context.on(|_| GuideAction::ShowMark)}>{ context.t(msg!("welcome.show-mark")) }</button>
                <button onclick={context.on(|_| ViewAction::Open(Dialog::Shortcuts))}>
                    { context.t(msg!("help.shortcuts")) }
                </button>
                <button class="primary" onclick={context.on(|_| ViewAction::Close)}>
                    { context.t(msg!("dialog.close")) }
                </button>
            </div>
        </Modal>
    }
}

fn points(context: &Context, messages: &[Message]) -> Html {
    messages.iter().map(|message| html! { <li>{ context.t(message) }</li> }).collect()
}
