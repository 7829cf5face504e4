//! The cards of the manifest desk: folded until they are opened, and made only then.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{Origin, State};
use crate::msg;
use crate::ui::common::context::use_ctx;
use crate::ui::common::debounced::with_rested_image;
use crate::ui::parts::{Panel, Part};

#[derive(PartialEq, Properties)]
struct Props {
    class: &'static str,
    panel: Panel,
    state: Rc<State>,
}

/// The cards. `rested` is the state when editing last rested: an index may have a thousand entries, and
/// a tag ten thousand parts.
pub(crate) fn view(state: &Rc<State>, rested: &Rc<State>) -> Html {
    let of_registry = state
        .opened
        .as_ref()
        .is_some_and(|opened| matches!(opened.origin, Origin::Registry { .. }));
    let has_config = rested
        .opened
        .as_ref()
        .is_some_and(|opened| opened.image.config_of(&opened.current).is_some());
    // What registries say is shown as it comes, beside the image as it rested.
    let live = with_rested_image(state, rested);
    html! {
        <>
            <Card class="desk" panel={Panel::Entries} state={rested.clone()} />
            if of_registry {
                <Card class="health" panel={Panel::Health} state={live.clone()} />
            }
            <Card class="compare" panel={Panel::Compare} state={live} />
            if has_config {
                <Card class="config-facts" panel={Panel::Config} state={rested.clone()} />
            }
        </>
    }
}

/// A card. What is in it is made when it is opened.
#[component]
fn Card(props: &Props) -> Html {
    let context = use_ctx();
    let (is_open, ontoggle) = use_toggled();
    let title = match props.panel {
        Panel::Health => msg!("health.title"),
        Panel::Compare => msg!("compare.title"),
        Panel::Config => msg!("config-facts.title"),
        _ => msg!("desk.title"),
    };
    html! {
        <details class={classes!("card", props.class)} {ontoggle}>
            <summary><h3>{ context.t(title) }</h3></summary>
            if is_open {
                <div class="body stack"><Part panel={props.panel} state={props.state.clone()} /></div>
            }
        </details>
    }
}

/// Whether a `details` element is open, and what to do when that changes.
#[hook]
pub(crate) fn use_toggled() -> (bool, Callback<Event>) {
    let is_open = use_state_eq(|| false);
    let ontoggle = {
        let is_open = is_open.clone();
        Callback::from(move |event: Event| {
            let details = event.target_dyn_into::<web_sys::Element>();
            is_open.set(details.is_some_and(|details| details.has_attribute("open")));
        })
    };
    (*is_open, ontoggle)
}
