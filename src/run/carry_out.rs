//! Which effect is done by which job.

use std::rc::Rc;

use super::files::hand_out;
use super::runner::Runner;
use super::task::Task;
use super::{
    archive, base, bring, browse, compare, deliver, export, health, load, push, referrers,
};
use crate::app::{Effect, Notice, NoticeKind, State, ViewAction};
use crate::registry::Endpoint;

impl Runner {
    /// Carries out `effect`, which the page asked for when it was in `state`.
    pub fn carry_out(&self, effect: Effect, state: &Rc<State>) {
        let state = state.clone();
        match effect {
            Effect::LoadReference(text) => {
                self.begin(Task::Load, |job| load::load(job, text));
            }
            Effect::CancelLoad => self.stop(&Task::Load),
            Effect::LoadChildren => {
                if let Some(opened) = state.opened.clone() {
                    self.begin(Task::Children, |job| load::load_children(job, opened));
                }
            }
            Effect::LoadBase(text) => self.begin(Task::Base, |job| base::load(job, text, state)),
            Effect::ListRepositories(registry) => {
                self.begin(Task::Repositories, |job| browse::repositories(job, registry));
            }
            Effect::ListTags { registry, repository } => {
                self.begin(Task::Tags, |job| browse::tags(job, registry, repository));
            }
            Effect::LookForOrphans => {
                self.begin(Task::Referrers, |job| referrers::look(job, state));
            }
            Effect::CheckHealth => self.begin(Task::Health, |job| health::check(job, state)),
            Effect::StopHealth => self.stop(&Task::Health),
            Effect::LoadToBring(text, wanted) => {
                self.begin(Task::Bring, |job| bring::look(job, text, wanted));
            }
            Effect::ReadToBring(id, wanted) => {
                self.begin(Task::Bring, |job| bring::read(job, id, wanted));
            }
            Effect::StopBringing => self.stop(&Task::Bring),
            Effect::LoadToCompare(text) => {
                self.begin(Task::Compare, |job| compare::load(job, text, state));
            }
            Effect::ReadToCompare(id) => {
                self.begin(Task::Compare, |job| compare::read(job, id, state));
            }
            Effect::StopComparing => self.stop(&Task::Compare),
            Effect::SaveComparison => {
                self.begin(Task::Report, |job| compare::save(job, state));
            }
            Effect::StopOrphans => self.stop(&Task::Referrers),
            Effect::PlanPush(request) => self.begin(Task::Plan, |job| push::plan(job, request)),
            Effect::ExecutePush(plan) => self.begin(Task::Push, |job| push::push(job, plan)),
            Effect::CancelPlan => self.stop(&Task::Plan),
            Effect::CancelPush => self.stop(&Task::Push),
            Effect::Deliver(request) => {
                self.begin(Task::Deliver, |job| deliver::deliver(job, request));
            }
            Effect::StopDelivery => self.stop(&Task::Deliver),
            Effect::SignOut(registry) => {
                if let Ok(endpoint) = Endpoint::parse(&registry) {
                    self.gateway().session(&endpoint).sign_out();
                }
            }
            Effect::ReadFile(id) => self.begin(Task::Load, |job| archive::open(job, id)),
            Effect::OpenRoot(index) => {
                if let Some(opened) = state.source.archive.clone() {
                    self.begin(Task::Load, |job| archive::open_root(job, opened, index));
                }
            }
            Effect::ReadBase(id) => {
                if let Some(opened) = &state.opened {
                    let root = opened.image.root().clone();
                    self.begin(Task::Base, |job| archive::read_base(job, id, root));
                }
            }
            Effect::ReadRecipe(id) => self.begin(Task::Recipe, |job| export::read_recipe(job, id)),
            Effect::SaveReport(form) => {
                self.begin(Task::Report, |job| export::report(job, form, state));
            }
            Effect::SaveHealth(form) => {
                self.begin(Task::Report, |job| health::save(job, form, state));
            }
            Effect::SaveArchive(blobs) => {
                if let Some(opened) = state.opened.clone() {
                    self.begin(Task::Archive, |job| export::archive_of(job, blobs, opened));
                }
            }
            Effect::StopArchive => self.stop(&Task::Archive),
            Effect::AskUrls(targets) => self.spawn(Box::pin(self.clone().ask_urls(targets))),
            Effect::StartVerify(target, size) => self.start_verify(target, size),
            Effect::PauseVerify(target, paused) => self.pause_verify(&target, paused),
            Effect::StopVerify(target) => self.stop_verify(&target),
            Effect::Download { name, media_type, bytes } => {
                if let Some(message) = hand_out(&*self.world().downloads, &name, media_type, &bytes)
                {
                    self.send(ViewAction::Notice(Notice { kind: NoticeKind::Failed, message }));
                }
            }
            _ => {}
        }
    }
}
