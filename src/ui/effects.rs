//! Does what the state asks of the outside world, and tells it what came of it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::context::Context;
use super::layer_rows::GROUP;
use super::parts::{Missing, second};
use super::verifying::Workers;
use crate::app::{
    Effect, Failure, FileId, Notice, NoticeKind, OpenAction, Shell, SourceAction, State, ViewAction,
};
use crate::browser::gateway::{Gateway, Settings};
use crate::browser::{clipboard, files, focus, guide, keeper, page, preferences};
use crate::export::is_archive;
use crate::manifest::MAX_BYTES;
use crate::msg;
use crate::registry::{Cancel, Endpoint};
use crate::text::Message;

/// What effects need beside the state: it lives as long as the page.
#[derive(Clone)]
pub(crate) struct Runner {
    pub(crate) context: Context,
    gateway: Gateway,
    /// The page's own origin.
    origin: String,
    /// Stops what is being loaded.
    pub(crate) cancel: Rc<RefCell<Cancel>>,
    /// Stops making the plan of a push.
    pub(crate) plan_cancel: Rc<RefCell<Cancel>>,
    /// Stops pushing.
    pub(crate) push_cancel: Rc<RefCell<Cancel>>,
    /// Whether somebody already looks after sessions that are idle.
    pub(crate) idle_watched: Rc<Cell<bool>>,
    /// The workers that verify URLs.
    pub(crate) workers: Workers,
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

impl Runner {
    /// A runner for a page of this origin.
    pub(crate) fn new(context: &Context, gateway: &Gateway, origin: &str) -> Self {
        Self {
            context: context.clone(),
            gateway: gateway.clone(),
            origin: origin.to_owned(),
            cancel: Rc::default(),
            plan_cancel: Rc::default(),
            push_cancel: Rc::default(),
            idle_watched: Rc::default(),
            workers: Workers::default(),
        }
    }

    /// The same with the sentences that are shown now.
    pub(crate) fn with(&self, context: &Context) -> Self {
        Self { context: context.clone(), ..self.clone() }
    }

    fn run(&self, effect: Effect, state: &Rc<State>) {
        let context = self.context.clone();
        match effect {
            Effect::Download { name, media_type, bytes } => {
                if files::download(&name, media_type, &bytes).is_none() {
                    self.tell(NoticeKind::Failed, msg!("notice.download-failed"));
                }
            }
            Effect::Focus(id) => spawn_local(async move { focus::on(&id).await }),
            Effect::KeepPreferences => {
                preferences::keep(state.view.theme, state.page.chosen_language);
            }
            Effect::TakeUpdate => keeper::take_update(),
            Effect::KeepGuide => guide::keep(state.guide.offer, state.guide.single_keys),
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
        if files::start(id, 512).await.is_some_and(|start| is_archive(&start)) {
            return self.run_in_second(Effect::ReadFile(id), state).await;
        }
        match files::read(id, MAX_BYTES).await {
            Ok((name, bytes)) => self.context.send(OpenAction::File { name, bytes }),
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

    /// The sessions with registries, as the portal settled where they are.
    pub(crate) fn gateway(&self) -> &Gateway {
        let config = self.context.config();
        self.gateway.configure(|| Settings {
            endpoints: config.endpoints(Endpoint::parse(&self.origin).ok().as_ref()),
            cookies: config.cookies,
        });
        &self.gateway
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
