//! What a registry asks before it goes on: the sign-in form, and the question about a foreign realm.

use std::rc::Rc;

use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

use crate::app::{AccessAction, AccessState, Area, Ask, Asked, AskedAt, State};
use crate::msg;
use crate::text::Message;
use crate::ui::common::context::{Context, use_ctx};
use crate::ui::common::failure::heading;
use crate::ui::effects::Below;
use crate::ui::load::source::typed;

#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    pub(crate) access: Area<AccessState>,
    /// Where this stands; a question is asked in one place only.
    pub(crate) at: AskedAt,
}

/// The question under the tabs.
pub(crate) fn view(state: &Rc<State>) -> Html {
    html! { <Access access={state.access.clone()} at={AskedAt::Source} /> }
}

#[component]
pub(crate) fn Access(props: &Props) -> Html {
    let Some(asked) = props.access.at(props.at) else { return Html::default() };
    // What was typed for one registry is never there for another one.
    let key = asked.registry.clone();
    let alone = props.access.asked.len() == 1;
    match &asked.what {
        Ask::Credentials => {
            let tried = props.access.tried.get(&asked.registry).cloned();
            html! { <SignIn {key} asked={asked.clone()} {alone} {tried} /> }
        }
        Ask::Realm(realm) => {
            html! { <Realm {key} asked={asked.clone()} {alone} realm={realm.clone()} /> }
        }
    }
}

/// The name of an element that belongs to the question at `at`: several may be open.
fn id(at: AskedAt, name: &str) -> String {
    format!("{name}-{at:?}")
}

/// That others may read what is typed here.
fn in_the_clear(context: &Context, asked: &Asked) -> Html {
    if !asked.is_in_the_clear() {
        return Html::default();
    }
    html! { <p class="hint error">{ context.t(msg!("access.in-the-clear")) }</p> }
}

/// The element of a heading at this place.
fn level(at: AskedAt) -> &'static str {
    match at {
        AskedAt::Source => "h2",
        AskedAt::Browse | AskedAt::Bring => "h3",
        AskedAt::Compare | AskedAt::Health | AskedAt::Push | AskedAt::RunningPush => "h4",
    }
}

#[derive(PartialEq, Properties)]
struct SignInProps {
    asked: Asked,
    /// Whether no other question is open, at which the person may be typing.
    alone: bool,
    /// The user name with which signing in did not work, empty for a token.
    tried: Option<String>,
}

/// A real form, so that password managers know it. What is typed lives in this component and in
/// the session, nowhere else.
#[component]
fn SignIn(props: &SignInProps) -> Html {
    let context = use_ctx();
    let below = use_context::<Below>();
    let user = use_state(|| props.tried.clone().unwrap_or_default());
    let secret = use_state(String::new);
    let problem = use_state(|| None::<Message>);
    let registry = props.asked.registry.clone();
    // The form answers what the person just asked for. A name that is known is not typed again.
    let (first, second) = (use_node_ref(), use_node_ref());
    let knows_name = props.tried.as_ref().is_some_and(|user| !user.is_empty());
    use_effect_with((), {
        let field = if knows_name { second.clone() } else { first.clone() };
        let alone = props.alone;
        move |()| {
            if let Some(field) = field.cast::<HtmlInputElement>().filter(|_| alone) {
                field.focus().ok();
            }
        }
    });
    let onsubmit = {
        let (user, secret) = (user.clone(), secret.clone());
        let (registry, problem) = (registry.clone(), problem.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let Some(runner) = below.as_ref().and_then(Below::runner) else { return };
            match runner.sign_in(&registry, &user, &secret) {
                Ok(()) => secret.set(String::new()),
                Err(message) => problem.set(Some(message)),
            }
        })
    };
    let type_into = |field: &UseStateHandle<String>| {
        let field = field.clone();
        Callback::from(move |event: InputEvent| field.set(typed(&event)))
    };
    // Why what was sent is not accepted, or cannot be sent, stands at the fields.
    let reason = &props.asked.reason;
    let error = (*problem).as_ref().or_else(|| props.tried.as_ref().map(|_| reason));
    let invalid = error.map(|_| "true");
    let at = props.asked.place();
    let (title, error_id) = (id(at, "sign-in-title"), id(at, "sign-in-error"));
    let described = error.map(|_| error_id.clone());
    html! {
        <form class="ask" aria-labelledby={title.clone()} {onsubmit}>
            { heading(level(at), title, context.t(msg!("access.title", registry = registry))) }
            if props.tried.is_none() {
                <p class="hint">{ context.t(reason) }</p>
            }
            <div class="row fields">
                <label>
                    <span>{ context.t(msg!("access.user")) }</span>
                    <input ref={first} type="text" autocomplete="username" spellcheck="false" autocapitalize="off"
                        aria-invalid={invalid} aria-describedby={described.clone()}
                        value={(*user).clone()} oninput={type_into(&user)} />
                </label>
                <label>
                    <span>{ context.t(msg!("access.secret")) }</span>
                    <input ref={second} type="password" autocomplete="current-password" value={(*secret).clone()}
                        aria-invalid={invalid} aria-describedby={described}
                        oninput={type_into(&secret)} />
                </label>
                <button class="primary" type="submit">{ context.t(msg!("access.sign-in")) }</button>
                <button type="button" class="quiet" onclick={context.on(move |_| AccessAction::Dismiss(at))}>
                    { context.t(msg!("access.cancel")) }
                </button>
            </div>
            <div role="alert">
                if let Some(error) = error {
                    <p id={error_id} class="hint error">{ context.t(error) }</p>
                }
            </div>
            { in_the_clear(&context, &props.asked) }
            <p class="hint">{ context.t(msg!("access.privacy")) }</p>
        </form>
    }
}

#[derive(PartialEq, Properties)]
struct RealmProps {
    asked: Asked,
    alone: bool,
    realm: String,
}

#[component]
fn Realm(props: &RealmProps) -> Html {
    let context = use_ctx();
    let below = use_context::<Below>();
    let (registry, realm) = (props.asked.registry.clone(), props.realm.clone());
    let section = use_node_ref();
    use_effect_with((), {
        let (section, alone) = (section.clone(), props.alone);
        move |()| {
            if let Some(section) = section.cast::<HtmlElement>().filter(|_| alone) {
                section.focus().ok();
            }
        }
    });
    let accept = {
        let (registry, realm) = (registry.clone(), realm.clone());
        Callback::from(move |_| {
            if let Some(runner) = below.as_ref().and_then(Below::runner) {
                runner.accept_realm(&registry, &realm);
            }
        })
    };
    let at = props.asked.place();
    let title = id(at, "realm-title");
    html! {
        <section ref={section} class="ask" aria-labelledby={title.clone()} tabindex="-1">
            { heading(level(at), title, context.t(msg!("access.realm-title", realm = realm.clone()))) }
            <p>{ context.t(msg!("access.realm-text", registry = registry, realm = realm)) }</p>
            { in_the_clear(&context, &props.asked) }
            <div class="row end">
                <button onclick={context.on(move |_| AccessAction::Dismiss(at))}>
                    { context.t(msg!("access.realm-refuse")) }
                </button>
                <button class="primary" onclick={accept}>{ context.t(msg!("access.realm-accept")) }</button>
            </div>
        </section>
    }
}
