//! The dialog “Browse”: repositories where the registry tells them, and the tags of one.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{
    AccessState, Area, AskedAt, BrowseAction, BrowseState, Failure, Names, Order, Remote, State,
    ViewAction,
};
use crate::msg;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::common::dialog::Modal;
use crate::ui::common::failure::{Found, note};
use crate::ui::load::access::Access;
use crate::ui::load::source::typed;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) browse: Area<BrowseState>,
    pub(crate) access: Area<AccessState>,
}

pub(crate) fn view(state: &Rc<State>) -> Html {
    html! { <Browse browse={state.browse.clone()} access={state.access.clone()} /> }
}

#[component]
fn Browse(props: &Props) -> Html {
    let context = use_ctx();
    let browse = &props.browse;
    let submit = |action: BrowseAction| {
        let context = context.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            context.send(action.clone());
        })
    };
    html! {
        <Modal title={context.t(msg!("browse.title"))} onclose={context.on(|()| ViewAction::Close)}>
            <form class="row fields" onsubmit={submit(BrowseAction::ListRepositories)}>
                <label>
                    <span>{ context.t(msg!("browse.registry")) }</span>
                    <input type="text" spellcheck="false" autocapitalize="off" value={browse.registry.clone()}
                        placeholder={context.t(msg!("browse.registry-hint"))}
                        oninput={context.on(|event: InputEvent| BrowseAction::Registry(typed(&event)))} />
                </label>
                <button type="submit">{ context.t(msg!("browse.list-repositories")) }</button>
            </form>
            <Access access={props.access.clone()} at={AskedAt::Browse} />
            { repositories(&context, browse) }
            <form class="row fields" onsubmit={submit(BrowseAction::ListTags(browse.repository.trim().to_owned()))}>
                <label>
                    <span>{ context.t(msg!("browse.repository")) }</span>
                    <input type="text" spellcheck="false" autocapitalize="off" value={browse.repository.clone()}
                        placeholder="team/app"
                        oninput={context.on(|event: InputEvent| BrowseAction::Repository(typed(&event)))} />
                </label>
                <button type="submit" disabled={browse.repository.trim().is_empty()}>
                    { context.t(msg!("browse.list-tags")) }
                </button>
            </form>
            { tags(&context, browse) }
            <div class="row end">
                <button onclick={context.on(|_| ViewAction::Close)}>{ context.t(msg!("dialog.close")) }</button>
            </div>
        </Modal>
    }
}

fn repositories(context: &Context, browse: &BrowseState) -> Html {
    match &browse.repositories {
        Remote::Idle => Html::default(),
        Remote::Loading => waiting(context),
        Remote::Failed(failure) => failed(context, failure),
        Remote::Ready(None) => html! { <p class="hint">{ context.t(msg!("browse.closed")) }</p> },
        Remote::Ready(Some(found)) => html! {
            <ul class="names" aria-label={context.t(msg!("browse.repositories"))}>
                { for found.names.iter().map(|name| {
                    let chosen = *name == browse.repository;
                    let list = name.clone();
                    html! {
                        <li key={name.clone()}>
                            <button class="quiet small" aria-pressed={chosen.to_string()}
                                onclick={context.on(move |_| BrowseAction::ListTags(list.clone()))}>
                                { name }
                            </button>
                        </li>
                    }
                }) }
                { empty(context, found) }
            </ul>
        },
    }
}

fn tags(context: &Context, browse: &BrowseState) -> Html {
    let all = match &browse.tags {
        Remote::Idle => return Html::default(),
        Remote::Loading => return waiting(context),
        Remote::Failed(failure) => return failed(context, failure),
        Remote::Ready(all) => all,
    };
    let matching = browse.matching();
    let more = matching.len().saturating_sub(browse.shown);
    let orders = [
        (Order::Descending, context.t(msg!("browse.descending"))),
        (Order::Ascending, context.t(msg!("browse.ascending"))),
        (Order::Registry, context.t(msg!("browse.as-listed"))),
    ];
    html! {
        <>
            <div class="row fields">
                <label>
                    <span>{ context.t(msg!("browse.filter")) }</span>
                    <input type="text" spellcheck="false" value={browse.filter.clone()}
                        oninput={context.on(|event: InputEvent| BrowseAction::Filter(typed(&event)))} />
                </label>
                <div class="row" role="group" aria-label={context.t(msg!("browse.order"))}>
                    { for orders.into_iter().map(|(order, name)| html! {
                        <button class="quiet small" aria-pressed={(browse.order == order).to_string()}
                            onclick={context.on(move |_| BrowseAction::Sort(order))}>
                            { name }
                        </button>
                    }) }
                </div>
            </div>
            <p class="hint" role="status">
                { context.t(msg!("browse.found", found = matching.len(), all = all.names.len())) }
                if !all.complete {
                    { " " }{ context.t(msg!("browse.incomplete")) }
                }
            </p>
            <ul class="names" aria-label={context.t(msg!("browse.tags"))}>
                { for matching.iter().take(browse.shown).map(|tag| {
                    let choose = (*tag).to_owned();
                    html! {
                        <li key={*tag}>
                            <button class="small" onclick={context.on(move |_| BrowseAction::Choose(choose.clone()))}>
                                { *tag }
                            </button>
                        </li>
                    }
                }) }
                { empty(context, all) }
            </ul>
            if more > 0 {
                <button class="quiet small" onclick={context.on(|_| BrowseAction::More)}>
                    { context.t(msg!("browse.more", count = more)) }
                </button>
            }
        </>
    }
}

fn empty(context: &Context, names: &Names) -> Html {
    if names.names.is_empty() {
        html! { <li class="hint">{ context.t(msg!("browse.none")) }</li> }
    } else {
        Html::default()
    }
}

fn waiting(context: &Context) -> Html {
    html! { <p class="hint" role="status">{ context.t(msg!("source.loading")) }</p> }
}

fn failed(context: &Context, failure: &Failure) -> Html {
    html! { <div role="alert">{ note(context, failure) }<Found failure={failure.clone()} heading="h3" /></div> }
}
