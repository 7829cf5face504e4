//! Links into the page, and the portal that embeds it.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{DeepLink, PortalAction, PortalReport, PortalRequest, State};
use crate::browser::portal;
use crate::ui::common::context::use_ctx;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) state: Rc<State>,
}

/// Follows links and requests of the portal, and tells the portal what happens. Shows nothing.
#[component]
pub(crate) fn Links(props: &Props) -> Html {
    let context = use_ctx();
    use_effect_with((), move |()| {
        let on_link = context.clone();
        let follow = move |fragment: String| {
            if let Some(link) = DeepLink::parse(&fragment) {
                on_link.send(PortalAction::Follow(link));
            }
        };
        follow(portal::fragment().unwrap_or_default());
        portal::on_fragment(follow);
        portal::on_portal(move |message| {
            if let Some(request) = PortalRequest::parse(&message) {
                context.send(PortalAction::Asked(request));
            }
        });
        portal::tell_portal(&PortalReport::Ready.to_json());
    });
    let told = use_mut_ref(|| Rc::new(State::default()));
    use_effect_with(props.state.clone(), move |state| {
        let before = told.replace(state.clone());
        for report in PortalReport::between(&before, state) {
            portal::tell_portal(&report.to_json());
        }
    });
    Html::default()
}
