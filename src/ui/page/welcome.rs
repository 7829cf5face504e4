//! What stands below the tabs while no image is open.

use yew::prelude::*;

use crate::app::{GuideAction, SourceAction, Tab, TourOffer};
use crate::msg;
use crate::ui::common::context::Context;
use crate::ui::common::icons;

pub(crate) fn welcome(context: &Context, offer: TourOffer) -> Html {
    let points = [
        (icons::mark(), msg!("welcome.mark")),
        (icons::exact(), msg!("welcome.exact")),
        (icons::publish(), msg!("welcome.publish")),
    ];
    let points = points.map(|(icon, text)| {
        html! { <li>{ icon }<p>{ context.t(text) }</p></li> }
    });
    html! {
        <section class="welcome" aria-labelledby="welcome-title">
            <h2 id="welcome-title">{ context.t(msg!("welcome.title")) }</h2>
            <ul>{ for points }</ul>
            if offer == TourOffer::Open {
                <p class="first">
                    <span>{ context.t(msg!("welcome.tour")) }</span>
                    <button onclick={context.on(|_| GuideAction::StartTour)}>
                        { context.t(msg!("welcome.take-tour")) }
                    </button>
                    <button class="quiet" onclick={context.on(|_| GuideAction::EndTour)}>
                        { context.t(msg!("welcome.skip-tour")) }
                    </button>
                </p>
            } else {
                <p class="first">
                    <span>{ context.t(msg!("welcome.try")) }</span>
                    <button onclick={context.on(|_| SourceAction::Show(Tab::Sample))}>
                        { context.t(msg!("welcome.sample")) }
                    </button>
                </p>
            }
        </section>
    }
}
