//! Buttons that may be unavailable: they keep their place in the order of the keyboard and say why.

use yew::prelude::*;

use crate::app::{Action, Notice, NoticeKind, ViewAction};
use crate::text::Message;
use crate::ui::common::context::Context;

/// A button that sends `action`. One that is unavailable stays focusable; its reason is its
/// description, and is told when it is pressed all the same.
pub(crate) fn button(
    context: &Context,
    class: &'static str,
    label: Message,
    why_not: Option<Message>,
    action: impl Into<Action>,
) -> Html {
    let reason = why_not.as_ref().map(|why| context.t(why));
    let action = why_not.map_or(action.into(), told);
    html! {
        <button {class} aria-disabled={reason.is_some().then_some("true")} title={reason}
            onclick={context.on(move |_: MouseEvent| action.clone())}>
            { context.t(label) }
        </button>
    }
}

/// Tells why something is unavailable.
pub(crate) fn told(why: Message) -> Action {
    ViewAction::Notice(Notice { kind: NoticeKind::Reason, message: why }).into()
}
