//! What every component needs: a way to send actions, and the sentences in the person's language.

use std::rc::Rc;

use yew::prelude::*;

use crate::app::{Action, Config, Core};
use crate::browser::texts::Texts;
use crate::text::Message;

/// The context of all components.
#[derive(Clone)]
pub(crate) struct Context {
    core: Rc<Core>,
    texts: Rc<Texts>,
    config: Rc<Config>,
}

/// There is one core; what is shown differs by the sentences and the settings.
impl PartialEq for Context {
    fn eq(&self, other: &Self) -> bool {
        self.texts == other.texts && Rc::ptr_eq(&self.config, &other.config)
    }
}

impl Context {
    pub(crate) fn new(core: Rc<Core>, texts: Rc<Texts>, config: Rc<Config>) -> Self {
        Self { core, texts, config }
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
        self.core.send(action.into());
    }

    /// A callback that sends what `action` makes of the event.
    pub(crate) fn on<E, A: Into<Action>>(&self, action: impl Fn(E) -> A + 'static) -> Callback<E> {
        let core = self.core.clone();
        Callback::from(move |event| core.send(action(event).into()))
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
