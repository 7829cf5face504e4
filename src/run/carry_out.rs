//! Which effect is done by which job.

use std::rc::Rc;

use super::runner::Runner;
use super::task::Task;
use super::{base, browse, load, push, referrers};
use crate::app::{Effect, State};
use crate::registry::Endpoint;

impl Runner {
    /// Carries out `effect`, which the page asked for when it was in `state`.
    pub fn carry_out(&self, effect: Effect, state: &Rc<State>) {
        let state = state.clone();
        match effect {
            Effect::LoadReference(text) => {
                self.begin(Task::Load, |job| load::load(job, text, state.config.clone()));
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
            Effect::StopOrphans => self.stop(&Task::Referrers),
            Effect::PlanPush(request) => self.begin(Task::Plan, |job| push::plan(job, request)),
            Effect::ExecutePush(plan) => self.begin(Task::Push, |job| push::push(job, plan)),
            Effect::CancelPlan => self.stop(&Task::Plan),
            Effect::CancelPush => self.stop(&Task::Push),
            Effect::SignOut(registry) => {
                if let Ok(endpoint) = Endpoint::parse(&registry) {
                    self.gateway().session(&endpoint).sign_out();
                }
            }
            _ => {}
        }
    }
}
