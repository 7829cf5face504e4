//! What every component needs: a way to send actions, and the sentences in the person's language.

use std::rc::Rc;

use yew::prelude::*;

use super::texts::Texts;
use crate::app::{self, Action, Config, State};
use crate::text::Message;

/// The state as Yew's reducer holds it.
#[derive(Clone, PartialEq)]
pub(crate) struct Store(pub(crate) Rc<State>);

impl Reducible for Store {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        let next = app::reduce(&self.0, action);
        if Rc::ptr_eq(&next, &self.0) { self } else { Rc::new(Self(next)) }
    }
}

/// The context of all components.
#[derive(Clone, PartialEq)]
pub(crate) struct Context {
    dispatcher: UseReducerDispatcher<Store>,
    texts: Rc<Texts>,
    config: Rc<Config>,
}

impl Context {
    pub(crate) fn new(
        dispatcher: UseReducerDispatcher<Store>,
        texts: Rc<Texts>,
        config: Rc<Config>,
    ) -> Self {
        Self { dispatcher, texts, config }
    }

    /// What the portal settled.
    pub(crate) fn config(&self) -> &Rc<Config> {
        &self.config
    }

    /// The sentences.
    pub(crate) fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The sentence of `message`.
    pub(crate) fn t(&self, message: impl AsRef<Message>) -> AttrValue {
        AttrValue::from(self.texts.render(message.as_ref()))
    }

    /// Sends an action.
    pub(crate) fn send(&self, action: impl Into<Action>) {
        self.dispatcher.dispatch(action.into());
    }

    /// A callback that sends what `action` makes of the event.
    pub(crate) fn on<E, A: Into<Action>>(&self, action: impl Fn(E) -> A + 'static) -> Callback<E> {
        let dispatcher = self.dispatcher.clone();
        Callback::from(move |event| dispatcher.dispatch(action(event).into()))
    }
}

/// The context of this place in the tree.
#[hook]
pub(crate) fn use_ctx() -> Context {
    let context = use_context::<Context>();
    // `App` provides it around everything; without it there is nothing that could be shown.
    match context {
        Some(context) => context,
        None => unreachable!("every component stands inside `App`"),
    }
}
