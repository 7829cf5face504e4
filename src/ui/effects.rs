//! Does what the state asks of the outside world, and tells it what came of it.

use std::cell::OnceCell;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::app::{
    Action, Effect, Failure, FileId, Notice, NoticeKind, OpenAction, Shell, SourceAction, State,
    ViewAction,
};
use crate::browser::sink::ToDisk;
use crate::browser::{self, clipboard, files, focus, guide, keeper, page, preferences};
use crate::msg;
use crate::run::{self, Content};
use crate::text::Message;
use crate::ui::common::context::Context;
use crate::ui::layers::rows::GROUP;
use crate::ui::parts::{Missing, second};

/// What effects need beside the state: it lives as long as the page.
#[derive(Clone)]
pub(crate) struct Runner {
    pub(crate) context: Context,
    below: Below,
    start: Rc<State>,
}

/// The page as the core knows it.
pub(crate) struct Page {
    /// Draws the state.
    pub(crate) shown: UseStateSetter<Rc<State>>,
    /// Runs effects.
    pub(crate) runner: Runner,
}

impl Shell for Page {
    fn show(&self, state: &Rc<State>) {
        self.shown.set(state.clone());
    }

    fn run(&self, effect: Effect, state: &Rc<State>) {
        self.runner.run(effect, state);
    }
}

/// Who carries out what has no page of its own: made when it is first needed, because its code comes
/// with a part of the page.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Below(Rc<OnceCell<run::Runner>>);

impl Below {
    /// The runner, once something was asked of a registry.
    pub(crate) fn runner(&self) -> Option<&run::Runner> {
        self.0.get()
    }
}

impl Runner {
    /// A runner for a page that starts in this state.
    pub(crate) fn new(context: &Context, below: &Below, start: &Rc<State>) -> Self {
        let (context, below, start) = (context.clone(), below.clone(), start.clone());
        Self { context, below, start }
    }

    /// The same with the sentences that are shown now.
    pub(crate) fn with(&self, context: &Context) -> Self {
        Self { context: context.clone(), ..self.clone() }
    }

    fn run(&self, effect: Effect, state: &Rc<State>) {
        let context = self.context.clone();
        match effect {
            Effect::Download { name, media_type, bytes } => {
                if let Some(failed) = run::hand_out(&ToDisk, &name, media_type, &bytes) {
                    self.tell(NoticeKind::Failed, failed);
                }
            }
            Effect::Focus(id) => spawn_local(async move { focus::on(&id).await }),
            Effect::KeepPreferences => {
                preferences::keep(state.view.theme, state.page.chosen_language);
            }
            Effect::TakeUpdate => keeper::take_update(),
            Effect::KeepGuide => guide::keep(state.guide.single_keys),
            Effect::Copy(text) => spawn_local(async move {
                let (kind, message) = if clipboard::copy(&text).await.is_some() {
                    (NoticeKind::Done, msg!("notice.copied"))
                } else {
                    (NoticeKind::Failed, msg!("notice.copy-failed"))
                };
                context.send(ViewAction::Notice(Notice { kind, message }));
            }),
            Effect::ShowLayer(index) => spawn_local(page::show_layer(index, GROUP)),
            Effect::ReadFile(id) => {
                let (runner, state) = (self.clone(), state.clone());
                spawn_local(async move { runner.read_file(id, state).await });
            }
            effect => {
                let (runner, state) = (self.clone(), state.clone());
                spawn_local(async move { runner.run_in_second(effect, state).await });
            }
        }
    }

    /// Opens a manifest's file; an archive is opened by the second wasm file.
    async fn read_file(self, id: FileId, state: Rc<State>) {
        match run::content(&files::KeptFiles, id).await {
            Ok(Content::Archive) => self.run_in_second(Effect::ReadFile(id), state).await,
            Ok(Content::Text(name, bytes)) => self.context.send(OpenAction::File { name, bytes }),
            Err(failure) => self.fail(failure),
        }
    }

    /// Has the second wasm file run `effect`.
    async fn run_in_second(self, effect: Effect, state: Rc<State>) {
        match second().await {
            Ok(second) => (second.run)(&self, effect, &state),
            Err(Missing) => self.fail(Failure::plain(msg!("part.missing"))),
        }
    }

    /// Who carries out what has no page of its own.
    pub(crate) fn below(&self) -> &run::Runner {
        self.below.0.get_or_init(|| {
            let context = self.context.clone();
            let send = Rc::new(move |action: Action| context.send(action));
            run::Runner::new(browser::world(), send, &self.start)
        })
    }

    /// Tells the person how something ended.
    pub(crate) fn tell(&self, kind: NoticeKind, message: Message) {
        self.context.send(ViewAction::Notice(Notice { kind, message }));
    }

    /// Tells the person why loading failed.
    pub(crate) fn fail(&self, failure: Failure) {
        self.context.send(SourceAction::Failed(failure));
    }
}
