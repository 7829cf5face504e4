//! The choice between the layers of one platform and those of all.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{Opened, ViewAction, WholeAction};
use crate::msg;
use crate::ui::common::choice::Choice;
use crate::ui::common::context::use_ctx;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) opened: Rc<Opened>,
}

/// Between one platform and all of them; nothing for an image of one manifest.
#[component]
pub(crate) fn Scope(props: &Props) -> Html {
    let context = use_ctx();
    let opened = &props.opened;
    if opened.image.rows(opened.history.edits()).len() < 3 {
        return Html::default();
    }
    let label = context.t(msg!("whole.scope"));
    let choices = vec![
        (false, context.t(msg!("whole.one-platform"))),
        (true, context.t(msg!("whole.all-platforms"))),
    ];
    // The table around the buttons is another one then: the focus stays on the choice.
    let onchoose = Callback::from(move |whole: bool| {
        context.send(WholeAction::Show(whole));
        context.send(ViewAction::Focus(format!("scope-{}", usize::from(whole))));
    });
    html! {
        <Choice<bool> {label} chosen={opened.whole.shown} {choices}
            id="scope" {onchoose} />
    }
}
