//! What stands below the tabs while no image is open: what this is for, and which tool helps against what.

use yew::prelude::*;

use crate::app::{GuideAction, SourceAction, Tab};
use crate::msg;
use crate::text::Message;
use crate::ui::common::context::Context;
use crate::ui::common::failure::snippet;

pub(crate) fn welcome(context: &Context) -> Html {
    html! {
        <section class="welcome" aria-labelledby="welcome-title">
            <h2 id="welcome-title">{ context.t(msg!("welcome.title")) }</h2>
            <p>{ context.t(msg!("welcome.what")) }</p>
            <p>{ context.t(msg!("welcome.limits")) }</p>
            <p class="first">
                <button class="primary" onclick={context.on(|_| GuideAction::ShowMark)}>
                    { context.t(msg!("welcome.show-mark")) }
                </button>
                <button onclick={context.on(|_| SourceAction::Show(Tab::Sample))}>
                    { context.t(msg!("welcome.sample")) }
                </button>
            </p>
            <h3>{ context.t(msg!("guide.title")) }</h3>
            { guide(context) }
        </section>
    }
}

/// What helps against what, with texts that can be taken as they are.
fn guide(context: &Context) -> Html {
    let branch = |title: Message, said: Message, texts: &[(Message, &str)]| {
        html! {
            <details class="card">
                <summary><h4>{ context.t(title) }</h4></summary>
                <div class="body stack">
                    <p>{ context.t(said) }</p>
                    { for texts.iter().map(|(what, text)| html! {
                        <>
                            <p class="hint">{ context.t(what) }</p>
                            { snippet(context, text) }
                        </>
                    }) }
                </div>
            </details>
        }
    };
    let licence = context.t(msg!("guide.pass-on-licence"));
    html! {
        <div class="guide">
            { branch(msg!("guide.get"), msg!("guide.get-text"), &[
                (msg!("guide.get-login"), "docker login registry.example.com --username CUSTOMER --password-stdin"),
            ]) }
            { branch(msg!("guide.pass-on"), msg!("guide.pass-on-text"), &[
                (msg!("guide.pass-on-hint"), &licence),
            ]) }
            { branch(msg!("guide.told"), msg!("guide.told-text"), &[
                (msg!("guide.told-label"), "LABEL org.opencontainers.image.licenses=\"LicenseRef-Proprietary\""),
                (msg!("guide.told-annotation"), "org.opencontainers.image.licenses=LicenseRef-Proprietary"),
            ]) }
            { branch(msg!("guide.accident"), msg!("guide.accident-text"), &[]) }
        </div>
    }
}
