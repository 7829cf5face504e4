//! The notices of the page around the editor, which stay until they are answered.

use yew::prelude::*;

use crate::app::{BringAction, EditAction, PageAction, PageNotice, PageState, RewriteAction};
use crate::msg;
use crate::text::Arg;
use crate::ui::common::context::Context;

pub(crate) fn page_notices(context: &Context, page: &PageState) -> Html {
    let closed = context.config().unread;
    let what = if closed { msg!("config.unread") } else { msg!("config.broken") };
    let dismiss = |notice: PageNotice| {
        html! {
            <button class="quiet" onclick={context.on(move |_| PageAction::Dismiss(notice))}>
                { context.t(msg!("page.dismiss")) }
            </button>
        }
    };
    let discard = {
        let context = context.clone();
        Callback::from(move |_: MouseEvent| {
            context.send(RewriteAction::Discard);
            context.send(EditAction::GoTo(0));
            context.send(BringAction::Forget);
        })
    };
    html! {
        <div class="page-notices" role="status">
            if page.update_ready {
                <div class="page-notice">
                    <p>{ context.t(msg!("page.update")) }</p>
                    <button onclick={context.on(|_| PageAction::Update)}>
                        { context.t(msg!("page.update-reload")) }
                    </button>
                    { dismiss(PageNotice::Update) }
                </div>
            }
            if let Some(at) = page.restored {
                <div class="page-notice">
                    <p>{ context.t(msg!("page.restored", time = Arg::Time(at))) }</p>
                    <button onclick={discard}>
                        { context.t(msg!("page.restored-discard")) }
                    </button>
                    { dismiss(PageNotice::Restored) }
                </div>
            }
            if let Some(registry) = &page.unfollowed {
                <div class="page-notice warn">
                    <p>{ context.t(msg!("page.unfollowed", registry = registry)) }</p>
                    { dismiss(PageNotice::Unfollowed) }
                </div>
            }
            if !page.problems.is_empty() {
                <div class="page-notice bad">
                    <div>
                        <p><strong>{ context.t(msg!("page.settings-title")) }</strong></p>
                        <p>{ context.t(what) }</p>
                        <ul>{ for page.problems.iter().map(|problem| html! {
                            <li>{ context.t(problem.message()) }</li>
                        }) }</ul>
                    </div>
                    { dismiss(PageNotice::Settings) }
                </div>
            }
        </div>
    }
}
