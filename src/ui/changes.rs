//! The region “Changes”: the bytes before and after, line by line.

use std::rc::Rc;

use yew::prelude::*;

use super::context::use_ctx;
use crate::app::Opened;
use crate::msg;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
}

#[component]
pub(crate) fn Changes(props: &Props) -> Html {
    let context = use_ctx();
    let opened = &props.opened;
    let changed = opened.rendered.is_changed(&opened.current);
    html! {
        <section class="card changes" aria-labelledby="changes-title">
            <h3 id="changes-title">{ context.t(msg!("changes.title")) }</h3>
            if !changed {
                <p class="body hint">{ context.t(msg!("changes.none")) }</p>
            }
        </section>
    }
}
