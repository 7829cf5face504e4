//! What is worth telling and needs no answer, said to eyes and to screen readers.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::app::{Notice, NoticeKind, ViewAction};
use crate::browser::transport::sleep;
use crate::msg;
use crate::ui::common::context::use_ctx;
use crate::ui::common::icons;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) notice: Option<Notice>,
}

/// How long good news and reasons stay. Bad news stays until it is dismissed.
const GOOD_NEWS_MS: u64 = 8000;

#[component]
pub(crate) fn Notices(props: &Props) -> Html {
    let context = use_ctx();
    let latest = use_mut_ref(|| 0_u32);
    use_effect_with(props.notice.clone(), {
        let context = context.clone();
        move |notice| {
            let number = *latest.borrow() + 1;
            latest.replace(number);
            if notice.as_ref().is_some_and(|notice| notice.kind != NoticeKind::Failed) {
                spawn_local(async move {
                    sleep(GOOD_NEWS_MS).await;
                    if *latest.borrow() == number {
                        context.send(ViewAction::Dismiss);
                    }
                });
            }
        }
    });
    let notice = props.notice.as_ref().map(|notice| {
        let (class, icon) = match notice.kind {
            NoticeKind::Done => ("notice ok", icons::done()),
            NoticeKind::Failed => ("notice bad", icons::failed()),
            NoticeKind::Reason => ("notice", Html::default()),
        };
        html! {
            <div {class}>
                { icon }
                <p>{ context.t(&notice.message) }</p>
                <button class="quiet small" onclick={context.on(|_| ViewAction::Dismiss)}>
                    { context.t(msg!("notice.dismiss")) }
                </button>
            </div>
        }
    });
    html! { <div class="notices" role="status">{ for notice }</div> }
}
