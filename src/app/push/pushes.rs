//! Pushes that were begun. Each belongs to the image that is pushed, and stays here until it ends,
//! whatever is opened meanwhile.

use std::rc::Rc;

use crate::app::load::access;
use crate::app::load::open::Offer;

use crate::app::push::request::{self, PlanRequest, TagSet};
use crate::app::{AskedAt, Effect, Failure, Opened, State};
use crate::compatibility::omitted;
use crate::msg;
use crate::registry::push::{Amount, Proof, PushPlan, StepState};
use crate::text::{Arg, Message};

/// How far a push is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PushPhase {
    /// Nothing is planned.
    #[default]
    Idle,
    /// The target is being asked what it has.
    Planning(Rc<PlanRequest>),
    /// The plan is there; nothing was sent yet, or it stopped and can go on.
    Planned(Rc<PushPlan>),
    /// The plan is carried out: [`Pushes::running`](crate::app::Pushes::running).
    Running,
    /// It was carried out and proved.
    Done(Rc<PushPlan>, Proof),
}

impl PushPhase {
    /// The plan that is shown; [`State::push_plan`] knows the one that is carried out, too.
    pub(in crate::app) fn plan(&self) -> Option<&Rc<PushPlan>> {
        match self {
            Self::Idle | Self::Planning(_) | Self::Running => None,
            Self::Planned(plan) | Self::Done(plan, _) => Some(plan),
        }
    }

    /// Whether requests are under way.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Planning(_) | Self::Running)
    }
}

/// The pushes of this page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pushes {
    /// The one that is carried out: one at a time.
    pub running: Option<RunningPush>,
    /// Those that ended, in order, of all images.
    pub ended: Rc<Vec<EndedPush>>,
}

/// A push: what goes where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BegunPush {
    /// The image that is pushed, with its edits, as it was when the push began.
    pub opened: Rc<Opened>,
    /// The target as the person typed it.
    pub reference: String,
    /// The plan, with what became of every step so far.
    pub plan: Rc<PushPlan>,
}

/// A push that is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningPush {
    /// What goes where.
    pub push: BegunPush,
    /// What is going on, such as waiting for a busy registry.
    pub progress: Option<Message>,
    /// The first news and the newest: the time in milliseconds since 1970, and the bytes that were
    /// sent by then.
    clock: Option<((u64, u64), (u64, u64))>,
}

/// A push that came to an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedPush {
    /// What went where.
    pub push: BegunPush,
    /// The proof, or why it stopped.
    pub result: Result<Proof, Failure>,
    /// When it ended, in milliseconds since 1970.
    pub at_ms: u64,
    /// What Skopeo leaves out of a copy of what was pushed.
    pub left_out: Amount,
    /// Whether the person knows: it ended while its image was open, or the news were dismissed.
    pub seen: bool,
}

/// What happens to a push that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunningPushAction {
    /// A step of the plan got another state; time in milliseconds since 1970.
    Step(usize, StepState, u64),
    /// Something to tell meanwhile.
    Progress(Message),
    /// The plan was carried out up to the failure, or whole.
    ///
    /// With the time, in milliseconds since 1970.
    Ended(Rc<PushPlan>, Result<Proof, Failure>, u64),
    /// “Cancel”.
    Cancel,
    /// “Go on” with the push at this zero-based position of those that ended.
    GoOn(usize),
    /// Open the image that is pushed, or whose push at this zero-based position of those that ended
    /// is news, with the edits that were pushed.
    Open(Option<usize>),
    /// The news of the push at this zero-based position of those that ended were read.
    Dismiss(usize),
}

impl RunningPush {
    /// How long it takes until all is sent, in seconds, at the speed so far; `None` where nothing can
    /// be said of that yet, or all is sent.
    pub fn seconds_left(&self) -> Option<u64> {
        let ((began_ms, before), (now_ms, sent)) = self.clock?;
        let left = self.push.plan.progress().size.saturating_sub(sent);
        let (elapsed, sent) = (now_ms.saturating_sub(began_ms), sent.saturating_sub(before));
        let known = elapsed >= 1000 && left > 0;
        known.then(|| left.saturating_mul(elapsed).checked_div(sent.saturating_mul(1000)))?
    }

    /// How far it is, in words: the step, the bytes, the time that is left.
    pub fn progress_line(&self) -> Message {
        let progress = self.push.plan.progress();
        let (step, count) = (progress.step(), progress.steps);
        if progress.size == 0 {
            return msg!("push.step", step = step, count = count);
        }
        let (sent, size) = (Arg::Bytes(progress.sent), Arg::Bytes(progress.size));
        match self.seconds_left() {
            None => msg!("push.step-bytes", step = step, count = count, sent = sent, size = size),
            Some(left) => msg!(
                "push.step-left",
                step = step,
                count = count,
                sent = sent,
                size = size,
                left = left
            ),
        }
    }
}

impl Pushes {
    /// The pushes of `image` that ended.
    pub fn of<'a>(&'a self, image: &'a Opened) -> impl Iterator<Item = &'a EndedPush> {
        self.ended.iter().filter(move |ended| ended.push.opened.is_same(image))
    }

    /// The pushes whose end the person has not seen, with their positions in `ended`.
    pub fn news(&self) -> impl Iterator<Item = (usize, &EndedPush)> {
        self.ended.iter().enumerate().filter(|(_, ended)| !ended.seen)
    }

    /// Remembers a push that came to an end; one that goes on with the one before takes its place.
    fn remember(&mut self, new: EndedPush) {
        let ended = Rc::make_mut(&mut self.ended);
        let goes_on = |last: &EndedPush| {
            !last.push.plan.is_done() && last.push.plan.input == new.push.plan.input
        };
        if ended.last().is_some_and(goes_on) {
            ended.pop();
        }
        ended.push(new);
    }
}

impl State {
    /// The push that is carried out, when it is of the image that is open.
    pub fn own_push(&self) -> Option<&RunningPush> {
        let opened = self.opened.as_ref()?;
        self.pushes.running.as_ref().filter(|running| running.push.opened.is_same(opened))
    }

    /// Whether the push that ended last was one of the open image.
    pub(in crate::app) fn last_is_own(&self) -> bool {
        let last = self.pushes.ended.last();
        last.zip(self.opened.as_ref()).is_some_and(|(last, open)| last.push.opened.is_same(open))
    }

    /// The push that is carried out and is not in the region “Push plan”: it is of another image,
    /// or the region is closed.
    pub fn push_elsewhere(&self) -> Option<&RunningPush> {
        let in_plan = self.push.shown && self.own_push().is_some();
        self.pushes.running.as_ref().filter(|_| !in_plan)
    }

    /// The plan of the open image: the one that is shown, or carried out.
    pub fn push_plan(&self) -> Option<&Rc<PushPlan>> {
        self.own_push().map(|running| &running.push.plan).or_else(|| self.push.phase.plan())
    }
}

/// Begins to push, unless another push is under way.
pub(in crate::app) fn begin(state: &mut State, push: BegunPush, effects: &mut Vec<Effect>) {
    if state.pushes.running.is_some() {
        return;
    }
    access::forget(&mut state.access, AskedAt::RunningPush);
    effects.push(Effect::ExecutePush(push.plan.clone()));
    state.pushes.running = Some(RunningPush { push, progress: None, clock: None });
    if state.own_push().is_some() {
        state.push.phase = PushPhase::Running;
        state.push.failure = None;
    }
}

/// What held up the push that ended last was answered. It goes on when the person presses the button.
pub(in crate::app) fn answered(state: &mut State) {
    if state.last_is_own() && matches!(state.push.phase, PushPhase::Planned(_)) {
        state.push.failure = None;
    }
}

fn go_on(state: &mut State, at: usize, effects: &mut Vec<Effect>) {
    let Some(ended) = state.pushes.ended.get(at) else { return };
    if ended.result.is_err() && ended.push.plan.is_ready() && state.pushes.running.is_none() {
        let push = ended.push.clone();
        dismiss(state, at);
        begin(state, push, effects);
    }
}

fn dismiss(state: &mut State, at: usize) {
    if let Some(ended) = Rc::make_mut(&mut state.pushes.ended).get_mut(at) {
        ended.seen = true;
    }
}

pub(in crate::app) fn update(
    state: &mut State,
    action: RunningPushAction,
    effects: &mut Vec<Effect>,
) {
    match action {
        RunningPushAction::Step(index, step, now_ms) => {
            if let Some(running) = &mut state.pushes.running
                && let Some(found) = Rc::make_mut(&mut running.push.plan).steps.get_mut(index)
            {
                found.state = step;
                let now = (now_ms, running.push.plan.progress().sent);
                running.clock = Some((running.clock.map_or(now, |(first, _)| first), now));
            }
        }
        RunningPushAction::Progress(message) => {
            if let Some(running) = &mut state.pushes.running {
                running.progress = Some(message);
            }
        }
        RunningPushAction::Ended(plan, result, at_ms) => end(state, plan, result, at_ms),
        RunningPushAction::Cancel => {
            effects.push(Effect::CancelPush);
        }
        RunningPushAction::GoOn(at) => go_on(state, at, effects),
        RunningPushAction::Open(at) => open(state, at, effects),
        RunningPushAction::Dismiss(at) => {
            dismiss(state, at);
            access::forget(&mut state.access, AskedAt::RunningPush);
        }
    }
}

/// Opens the image of a push again, as it was pushed.
fn open(state: &mut State, at: Option<usize>, effects: &mut Vec<Effect>) {
    let push = match at {
        Some(at) => state.pushes.ended.get(at).map(|ended| &ended.push),
        None => state.pushes.running.as_ref().map(|running| &running.push),
    };
    if let Some(push) = push {
        let opened = push.opened.clone();
        crate::app::load::open::offer(state, Offer::new(opened), effects);
    }
}

/// Shows the push of the image that was just opened: one that is under way, or how one ended that
/// the person has not seen.
pub(in crate::app) fn show(state: &mut State) {
    let Some(opened) = state.opened.clone() else { return };
    let running = state.own_push().map(|running| running.push.clone());
    let news = state
        .pushes
        .ended
        .iter()
        .rposition(|ended| !ended.seen && ended.push.opened.is_same(&opened));
    if let Some(push) = running {
        state.push.target = push.reference;
        state.push.shown = true;
        state.push.phase = PushPhase::Running;
    } else if let Some(at) = news {
        let EndedPush { push, result, .. } = state.pushes.ended[at].clone();
        dismiss(state, at);
        state.push.target.clone_from(&push.reference);
        state.push.shown = true;
        show_end(state, &push, result);
    }
}

fn end(state: &mut State, plan: Rc<PushPlan>, result: Result<Proof, Failure>, at_ms: u64) {
    let own = state.own_push().is_some();
    let Some(running) = state.pushes.running.take() else { return };
    let push = BegunPush { plan, ..running.push };
    if own {
        show_end(state, &push, result.clone());
    }
    let (count, size) = match &result {
        Ok(_) => omitted(&state.checks.subject(&push.opened), "skopeo"),
        Err(_) => (0, 0),
    };
    let left_out = Amount { count, size };
    state.pushes.remember(EndedPush { push, result, at_ms, left_out, seen: own });
}

/// What the place of the image lacked is there now: nothing is brought to it any more, and what was said
/// of its health is over.
fn forget_repair(state: &mut State, pushed: &BegunPush) {
    let input = &pushed.plan.input;
    if input.source.as_ref() != Some(&input.target) {
        return;
    }
    state.desk.health = None;
    if let Some(opened) = &mut state.opened
        && opened.brought == pushed.opened.brought
        && !opened.brought.is_empty()
    {
        Rc::make_mut(opened).brought = Rc::default();
    }
}

/// Shows in the form of the open image how its push ended.
fn show_end(state: &mut State, pushed: &BegunPush, result: Result<Proof, Failure>) {
    let is_planned =
        state.opened.as_deref().is_some_and(|opened| request::is_for(&pushed.plan, opened));
    let (push, plan) = (&mut state.push, &pushed.plan);
    match result {
        Ok(proof) => {
            push.set = plan.input.tag.clone().map(|tag| TagSet {
                place: plan.input.target.clone(),
                tag,
                digest: proof.digest.clone(),
            });
            push.phase = PushPhase::Done(plan.clone(), proof);
            // What is put back is not what was edited.
            if !plan.input.put_back {
                state.mark_pushed(&pushed.opened);
                forget_repair(state, pushed);
            }
        }
        Err(failure) => {
            push.failure = Some(failure);
            // It can go on for the bytes that were planned, and the image may have been edited since.
            push.phase =
                if is_planned { PushPhase::Planned(plan.clone()) } else { PushPhase::Idle };
        }
    }
}
