//! Does what the state asks of the outside world, and tells it what came of it.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::context::Context;
use super::verifying::{self, Workers};
use super::{exporting, loading, pushing};
use crate::app::{
    Effect, ExportAction, Failure, Notice, NoticeKind, SourceAction, State, ViewAction,
};
use crate::browser::gateway::Gateway;
use crate::browser::{clipboard, files, focus, guide, keeper, page, preferences, transport};
use crate::manifest::MAX_BYTES;
use crate::msg;
use crate::registry::{Cancel, Endpoint};
use crate::text::Message;

/// What effects need beside the state: it lives as long as the page.
#[derive(Clone)]
pub(crate) struct Runner {
    pub(crate) context: Context,
    pub(crate) gateway: Gateway,
    /// Stops what is being loaded.
    pub(crate) cancel: Rc<RefCell<Cancel>>,
    /// Stops planning or pushing.
    pub(crate) push_cancel: Rc<RefCell<Cancel>>,
    /// The workers that verify URLs.
    pub(crate) workers: Workers,
}

/// Runs each effect of the outbox once.
#[hook]
pub(crate) fn use_effects(state: &Rc<State>, context: &Context, gateway: &Gateway) {
    let seen = use_mut_ref(|| 0);
    let cancel = use_mut_ref(Cancel::new);
    let push_cancel = use_mut_ref(Cancel::new);
    let workers: Workers = use_mut_ref(std::collections::BTreeMap::new);
    let runner =
        Runner { context: context.clone(), gateway: gateway.clone(), cancel, push_cancel, workers };
    let state = state.clone();
    use_effect_with(state.outbox.last(), move |last| {
        let before = seen.replace(*last);
        for (_, effect) in state.outbox.after(before) {
            runner.run(effect.clone(), &state);
        }
    });
}

impl Runner {
    fn run(&self, effect: Effect, state: &State) {
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
            Effect::ReadFile(id) => spawn_local(async move {
                match files::read(id, MAX_BYTES).await {
                    Ok((name, bytes)) => context.send(SourceAction::FileRead { name, bytes }),
                    Err(failure) => context.send(SourceAction::Failed(failure)),
                }
            }),
            Effect::SaveReport(form) => exporting::report(self, form, state),
            Effect::SaveArchive => {
                if let Some(opened) = state.opened.clone() {
                    spawn_local(exporting::save_archive(self.clone(), opened));
                }
            }
            Effect::ReadRecipe(id) => {
                let runner = self.clone();
                spawn_local(async move {
                    match files::read(id, MAX_BYTES).await {
                        Ok((name, bytes)) => context.send(ExportAction::RecipeRead { name, bytes }),
                        Err(failure) => runner.tell(NoticeKind::Failed, failure.message),
                    }
                });
            }
            Effect::LoadReference(text) => {
                self.cancel.replace(Cancel::new()).cancel();
                spawn_local(loading::load(self.clone(), text));
            }
            Effect::LoadChildren => {
                if let Some(opened) = state.opened.clone() {
                    spawn_local(loading::load_children(self.clone(), opened));
                }
            }
            Effect::ListRepositories(registry) => {
                spawn_local(loading::list_repositories(self.clone(), registry));
            }
            Effect::ListTags { registry, repository } => {
                spawn_local(loading::list_tags(self.clone(), registry, repository));
            }
            Effect::PlanPush(request) => {
                self.push_cancel.replace(Cancel::new());
                spawn_local(pushing::plan(self.clone(), *request));
            }
            Effect::PlanRestore { plan, before } => {
                self.push_cancel.replace(Cancel::new());
                spawn_local(pushing::plan_restore(self.clone(), plan, before));
            }
            Effect::ExecutePush(plan) => {
                self.push_cancel.replace(Cancel::new());
                spawn_local(pushing::push(self.clone(), plan));
            }
            Effect::ShowLayer(index) => spawn_local(async move {
                // After the table of the other document was drawn.
                transport::sleep(50).await;
                page::show_layer(index);
            }),
            Effect::AskUrls(targets) => spawn_local(verifying::ask_all(self.clone(), targets)),
            Effect::StartVerify(target, size) => verifying::start(self, target, size),
            Effect::PauseVerify(target, paused) => {
                if let Some(running) = self.workers.borrow().get(&target) {
                    running.pause(paused);
                }
            }
            Effect::StopVerify(target) => drop(self.workers.borrow_mut().remove(&target)),
            Effect::CancelPush => self.push_cancel.borrow().cancel(),
            Effect::CancelLoad => self.cancel.borrow().cancel(),
            Effect::SignOut(registry) => {
                if let Ok(endpoint) = Endpoint::parse(&registry) {
                    self.gateway.session(&endpoint).sign_out();
                }
            }
        }
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
