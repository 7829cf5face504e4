//! A text that was refused, to be looked at with the place of the reason marked.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{Link, OpenAction, Reading, Refused};
use crate::msg;
use crate::ui::common::context::use_ctx;
use crate::ui::common::text_view::TextView;
use crate::ui::documents::source::external;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) refused: Rc<Refused>,
}

#[component]
pub(crate) fn RefusedText(props: &Props) -> Html {
    let context = use_ctx();
    let refused = &props.refused;
    let shown = use_state(|| false);
    let toggle = {
        let shown = shown.clone();
        Callback::from(move |_: MouseEvent| shown.set(!*shown))
    };
    html! {
        <div class="refused">
            <div class="row wrapping">
                <span class="hint">{ context.t(msg!("refused.hint")) }</span>
                <button class="small" aria-expanded={shown.to_string()} onclick={toggle}>
                    { context.t(if *shown { msg!("refused.hide") } else { msg!("refused.look") }) }
                </button>
                if let Some(repair) = refused.repair {
                    <button class="small" onclick={context.on(|_| OpenAction::Repair)}>
                        { context.t(repair.message()) }
                    </button>
                }
            </div>
            if *shown {
                <Text refused={refused.clone()} />
            }
        </div>
    }
}

#[component]
fn Text(props: &Props) -> Html {
    let context = use_ctx();
    let refused = &props.refused;
    let reading = use_memo(refused.clone(), |refused| Reading::new(refused.text.clone()));
    let link = Callback::from(|(target, text)| match target {
        Link::Url(url) => external(&url, text),
        Link::Digest(_) | Link::MediaType(_) => text,
    });
    html! { <TextView label={context.t(msg!("refused.title"))} {reading} place={refused.place} {link} /> }
}
