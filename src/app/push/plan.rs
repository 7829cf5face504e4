use std::rc::Rc;

use crate::app::load::access;
use crate::app::page::config::Disallowed;
use crate::app::push::request::{self, PlanRequest, TagSet, default_target, is_for, result};
use crate::app::{
    AskedAt, BegunPush, BlobFrom, Config, Effect, Failure, Opened, OrphanSearch, PushPhase, State,
};
use crate::manifest::Digest;
use crate::registry::push::{PushPlan, TagFact};
use crate::registry::{Reference, ShortNames};
use crate::text::Message;

/// Pushing the open image: where to, the plan, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushState {
    /// The text of “Target reference”.
    pub target: String,
    /// Whether the old content of the tag is kept under another one, once the person said so. Without
    /// that it is kept wherever there is any.
    pub backup: Option<bool>,
    /// Whether the panel is open.
    pub shown: bool,
    /// How far the push is.
    pub phase: PushPhase,
    /// Why the last step of the way failed.
    pub failure: Option<Failure>,
    /// What is going on while the plan is made, such as waiting for a busy registry.
    pub progress: Option<Message>,
    /// The tag that this page set last, for the open image.
    pub set: Option<TagSet>,
    /// What refers to the digests that change, once somebody wanted to know.
    pub orphans: Option<Rc<OrphanSearch>>,
}

/// What happens to a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushAction {
    /// Open the panel, or close it.
    Show(bool),
    /// The text of “Target reference” changed.
    Target(String),
    /// Keep the old content of the tag, or do not.
    Backup(bool),
    /// “Review push”.
    Review,
    /// The plan that was asked for is there.
    Planned(Rc<PlanRequest>, Rc<PushPlan>),
    /// “Push”, and “Go on” after a failure.
    Push,
    /// The tag moved; the person overwrites it all the same.
    OverwriteMoved,
    /// Making the plan that was asked for failed.
    Failed(Rc<PlanRequest>, Failure),
    /// Something to tell while the plan is made.
    Progress(Message),
    /// “Cancel” while the plan is made.
    Cancel,
    /// “Put the old digest back”.
    Restore,
}

pub(in crate::app) fn update(state: &mut State, action: PushAction, effects: &mut Vec<Effect>) {
    let mut planned = false;
    let push = &mut state.push;
    match action {
        PushAction::Show(shown) => {
            push.shown = shown;
            if !shown {
                forget_question(state);
                return;
            }
            if push.target.is_empty() {
                let opened = state.opened.as_deref();
                push.target =
                    opened.map(|opened| default_target(opened, &state.config)).unwrap_or_default();
            }
        }
        PushAction::Target(text) => aim(state, text, effects),
        PushAction::Backup(backup) => keep_old(state, backup, effects),
        PushAction::Review => review(state, effects),
        PushAction::Planned(request, plan) => {
            // The answer may be to a question that was taken back.
            if push.phase == PushPhase::Planning(request) {
                push.progress = None;
                push.phase = PushPhase::Planned(plan);
                planned = true;
            }
        }
        PushAction::Push => {
            // Nothing is pushed without a text that was typed, nor past an error without a reason.
            let excused = |opened: &Rc<Opened>| {
                opened.unapplied().is_none() && !state.checks.needs_reason(opened)
            };
            if let PushPhase::Planned(plan) = &push.phase
                && push.aims_at(plan)
                && state.opened.as_ref().is_some_and(|opened| is_for(plan, opened))
                && plan.is_ready()
                && !state.verify.reads_file_for(plan)
                && state.opened.as_ref().is_none_or(excused)
            {
                let plan = plan.clone();
                begin(state, plan, effects);
            }
        }
        PushAction::OverwriteMoved => {
            if let PushPhase::Planned(plan) = &mut push.phase {
                Rc::make_mut(plan).accept_moved_tag();
                push.failure = None;
            }
        }
        PushAction::Failed(request, failure) => {
            if push.phase == PushPhase::Planning(request.clone()) {
                push.progress = None;
                push.failure = Some(failure);
                push.phase = match &*request {
                    PlanRequest::Push(_) => PushPhase::Idle,
                    PlanRequest::Restore { done, proof, .. } => {
                        PushPhase::Done(done.clone(), proof.clone())
                    }
                };
            }
        }
        PushAction::Progress(message) => push.progress = Some(message),
        PushAction::Cancel => {
            effects.push(Effect::CancelPlan);
        }
        PushAction::Restore => restore(state, effects),
    }
    if planned && state.has_unasked_digests() {
        crate::app::push::referrers::look(state, effects);
    }
}

/// Carries out the plan that is shown.
fn begin(state: &mut State, plan: Rc<PushPlan>, effects: &mut Vec<Effect>) {
    let Some(opened) = state.opened.clone() else { return };
    let reference = state.push.target.trim().to_owned();
    let push = BegunPush { opened, reference, plan };
    crate::app::push::pushes::begin(state, push, effects);
}

/// Another image was opened: it does not go where the one before it went.
pub(in crate::app) fn opened(state: &mut State, effects: &mut Vec<Effect>) {
    if state.push.orphans.as_ref().is_some_and(|search| search.progress.is_some()) {
        effects.push(Effect::StopOrphans);
    }
    *state.push = PushState::default();
    access::forget(&mut state.access, AskedAt::Push);
    access::forget_base(&mut state.access);
}

/// Keeps the push in step with the open image, which was `before` the action: a plan for bytes that
/// changed, or whose layers come from elsewhere now, is dropped.
pub(in crate::app) fn result_changed(state: &mut State, before: Option<&Opened>) {
    let planned = matches!(state.push.phase, PushPhase::Planning(_) | PushPhase::Planned(_));
    let brought = |opened: &Opened| Rc::as_ptr(&opened.brought);
    let now = state.opened.as_deref();
    let is_same =
        before.and_then(result) == now.and_then(result) && before.map(brought) == now.map(brought);
    if planned && !is_same {
        state.push.phase = PushPhase::Idle;
        state.push.failure = None;
        forget_question(state);
    }
}

/// Drops the question that was asked while the open image was planned or pushed: it was about
/// something else than what is on the screen now.
fn forget_question(state: &mut State) {
    access::forget(&mut state.access, AskedAt::Push);
    if state.last_is_own() {
        access::forget(&mut state.access, AskedAt::RunningPush);
    }
}

impl PushState {
    /// Whether what the tag points at is kept, as far as is known: of a tag that does not exist there is
    /// nothing to keep.
    pub fn keeps_old(&self, plan: Option<&PushPlan>) -> bool {
        self.backup.unwrap_or_else(|| plan.is_none_or(|plan| plan.found != TagFact::Absent))
    }

    /// Whether `plan` is for the target that is typed: only then it may be carried out.
    fn aims_at(&self, plan: &PushPlan) -> bool {
        Reference::parse(&self.target, ShortNames::OfDefaultRegistry)
            .is_ok_and(|target| target == plan.input.reference)
    }
}

/// Another target: a plan for the one before counts no more, nor does what that one asked.
fn aim(state: &mut State, text: String, effects: &mut Vec<Effect>) {
    let push = &mut state.push;
    match push.phase {
        PushPhase::Running => return,
        PushPhase::Planning(_) => effects.push(Effect::CancelPlan),
        _ => {}
    }
    push.target = text;
    push.failure = None;
    push.progress = None;
    push.phase = PushPhase::Idle;
    forget_question(state);
}

/// Keeps the old content of the tag, or does not: a plan is made anew.
fn keep_old(state: &mut State, backup: bool, effects: &mut Vec<Effect>) {
    if state.push.phase == PushPhase::Running {
        return;
    }
    state.push.backup = Some(backup);
    forget_question(state);
    let planned = match &state.push.phase {
        PushPhase::Planned(plan) => !plan.input.put_back,
        PushPhase::Planning(request) => matches!(**request, PlanRequest::Push(_)),
        _ => false,
    };
    if planned {
        review(state, effects);
    }
}

/// Asks for the plan to set the tag back to what the push replaced.
fn restore(state: &mut State, effects: &mut Vec<Effect>) {
    if let PushPhase::Done(done, proof) = &state.push.phase
        && let Some(before) = proof.before.clone()
    {
        let (done, proof) = (done.clone(), proof.clone());
        ask_for_plan(state, PlanRequest::Restore { done, proof, before }, effects);
    }
}

fn ask_for_plan(state: &mut State, request: PlanRequest, effects: &mut Vec<Effect>) {
    let request = Rc::new(request);
    state.push.phase = PushPhase::Planning(request.clone());
    state.push.failure = None;
    effects.push(Effect::PlanPush(request));
}

/// Makes the plan again that a question held up, from what the page says now.
pub(in crate::app) fn plan_again(state: &mut State, held: &PlanRequest, effects: &mut Vec<Effect>) {
    match held {
        PlanRequest::Push(_) => review(state, effects),
        PlanRequest::Restore { .. } => restore(state, effects),
    }
}

/// Asks for a plan, when the target is one. A push that is under way is only shown.
fn review(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(opened) = state.opened.clone() else { return };
    state.push.shown = true;
    if state.push.phase == PushPhase::Running {
        return;
    }
    forget_question(state);
    let push = &mut state.push;
    if push.target.trim().is_empty() {
        push.target = default_target(&opened, &state.config);
    }
    push.failure = None;
    match Reference::parse(&push.target, ShortNames::OfDefaultRegistry) {
        Ok(target) => {
            if let Err(refused) = check_portal(&state.config, &opened, &target) {
                push.phase = PushPhase::Idle;
                push.failure = Some(Failure::plain(refused.message()));
                return;
            }
            let mut request = request::request(&opened, target, push.backup.unwrap_or(true));
            request.set.clone_from(&push.set);
            request.backup_name.clone_from(&state.config.backup_tag);
            request::take_files(&mut request, &state.verify);
            ask_for_plan(state, PlanRequest::Push(Box::new(request)), effects);
        }
        Err(error) => {
            push.phase = PushPhase::Idle;
            push.failure = Some(Failure::plain(error.message()));
        }
    }
}

/// Whether the portal allows this image at this target: the registry, those that its blobs are copied
/// from, and the host of every URL. The image may be from a time when it allowed others.
fn check_portal(config: &Config, opened: &Opened, target: &Reference) -> Result<(), Disallowed> {
    config.check_registry(target)?;
    if let Some(source) = request::source(opened) {
        config.check_registry(&source)?;
    }
    for (_, from) in opened.brought.iter() {
        if let BlobFrom::Repository(place) = from {
            config.check_registry(place)?;
        }
    }
    for (id, node) in opened.rendered.children_first() {
        let edits = opened.history.edits().of(id);
        for index in 0..node.base.layers().len() {
            let mark = edits.layer_mark(&node.base, index);
            for url in mark.and_then(|mark| mark.urls).unwrap_or_default() {
                config.check_url(&url)?;
            }
        }
    }
    Ok(())
}

/// Takes a layer that the plan lacks from a file that was found to be the layer.
pub(in crate::app) fn provide(state: &mut State, layer: &Digest) {
    let file = state.verify.whole_file_of(layer);
    if let (Some(file), PushPhase::Planned(plan)) = (file, &mut state.push.phase)
        && plan.lacks(layer)
    {
        Rc::make_mut(plan).provide(layer, file);
        state.push.failure = None;
    }
}
