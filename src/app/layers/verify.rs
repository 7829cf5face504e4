use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use crate::app::{Effect, FileId, Opened, State};
use crate::compatibility::{UrlFact, UrlState};
use crate::manifest::{Digest, check_url};
use crate::registry::push::PushPlan;
use crate::registry::{FileSlice, Undone, Verdict, Verification};

/// Checking whether URLs serve their layers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyState {
    /// What is known or under way, by layer and URL. How far a download is stands in `running`.
    pub(in crate::app) checks: Rc<BTreeMap<Target, UrlCheck>>,
    /// Apart, because it changes many times a second, and there may be thousands of checks.
    running: BTreeMap<Target, Progress>,
    queue: Rc<VecDeque<(Target, u64)>>,
}

/// What is compared with a layer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The layer's digest.
    pub layer: Digest,
    /// The URL, or the file's name.
    pub url: String,
    /// The file of this computer, where it is no URL.
    pub file: Option<FileId>,
}

/// How far a check is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UrlCheck {
    /// Waiting for others to end.
    Queued,
    /// Being downloaded.
    Running(Progress),
    /// Done.
    Done(Rc<Verification>, u64),
}

/// How far a download is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read.
    pub read: u64,
    /// Bytes of the layer.
    pub size: u64,
    /// When it began, in milliseconds since 1970.
    pub began_ms: u64,
    /// When this was told, in milliseconds since 1970.
    pub now_ms: u64,
    /// Whether it is held.
    pub paused: bool,
}

/// What happens to checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerifyAction {
    /// Ask every URL of the image by `HEAD`.
    AskAll,
    /// Download and hash what every URL of the image serves.
    VerifyAll,
    /// Download and hash what one URL serves; the layer's size in bytes.
    Verify(Target, u64),
    /// Hash a file of this computer, in the place of another one for this layer; the layer's size in
    /// bytes.
    VerifyFile(Target, u64),
    /// Hold a download, or let it go on.
    Pause(Target, bool),
    /// Stop a download, or take it from the queue.
    Cancel(Target),
    /// Stop all.
    CancelAll,
    /// A download began or went on; time in milliseconds since 1970.
    Progress(Target, u64, u64),
    /// A URL was asked by `HEAD`; time in milliseconds since 1970.
    Asked(Target, Verification, u64),
    /// A check ended; time in milliseconds since 1970.
    Done(Target, Verification, u64),
}

/// How many downloads run at the same time.
const PARALLEL: usize = 2;

impl VerifyState {
    /// The checks, to change them: a copy of their own for the state that is being made.
    fn checks_mut(&mut self) -> &mut BTreeMap<Target, UrlCheck> {
        Rc::make_mut(&mut self.checks)
    }

    fn queue_mut(&mut self) -> &mut VecDeque<(Target, u64)> {
        Rc::make_mut(&mut self.queue)
    }

    /// Every check in the order of layers and URLs, as far as it is.
    pub fn all(&self) -> impl Iterator<Item = (&Target, UrlCheck)> {
        self.checks.iter().map(|(target, check)| (target, self.as_of_now(target, check)))
    }

    fn as_of_now(&self, target: &Target, check: &UrlCheck) -> UrlCheck {
        match self.running.get(target) {
            Some(progress) => UrlCheck::Running(progress.clone()),
            None => check.clone(),
        }
    }

    /// What is known of these URLs of a layer, in their order.
    pub fn of(&self, layer: &Digest, urls: Option<&[String]>) -> Rc<[Option<UrlCheck>]> {
        let known = |url: &String| {
            let target = Target { layer: layer.clone(), url: url.clone(), file: None };
            self.checks.get(&target).map(|check| self.as_of_now(&target, check))
        };
        urls.unwrap_or_default().iter().map(known).collect()
    }

    /// The file that was chosen for a layer, and how far it is.
    pub fn file_of(&self, layer: &Digest) -> Option<(Target, UrlCheck)> {
        let first = Target { layer: layer.clone(), url: String::new(), file: None };
        let mut of_layer =
            self.checks.range(first..).take_while(|(target, _)| target.layer == *layer);
        let (target, check) = of_layer.find(|(target, _)| target.file.is_some())?;
        Some((target.clone(), self.as_of_now(target, check)))
    }

    /// The file that was chosen for a layer, once it was found to be the layer.
    pub(in crate::app) fn whole_file_of(&self, layer: &Digest) -> Option<FileSlice> {
        let (target, check) = self.file_of(layer)?;
        match check {
            UrlCheck::Done(found, _) if found.verdict == Verdict::Verified => {
                Some(FileSlice { file: target.file?.0, start: 0, len: found.read })
            }
            _ => None,
        }
    }

    /// The files that were chosen, by their layers, and how far they are.
    pub fn files(&self) -> BTreeMap<Digest, (Target, UrlCheck)> {
        let of_files = self.all().filter(|(target, _)| target.file.is_some());
        of_files.map(|(target, check)| (target.layer.clone(), (target.clone(), check))).collect()
    }

    /// Whether a file that `plan` may take a layer from is still being compared with the layer.
    pub fn reads_file_for(&self, plan: &PushPlan) -> bool {
        self.checks.iter().any(|(target, check)| {
            target.file.is_some()
                && !matches!(check, UrlCheck::Done(..))
                && plan.lacks(&target.layer)
        })
    }

    /// How many checks run or wait. Asked for many times a second, so nothing is gone through.
    pub fn pending(&self) -> usize {
        self.running.len() + self.queue.len()
    }

    /// Bytes read and bytes in all of what runs.
    pub fn total(&self) -> (u64, u64) {
        self.running
            .values()
            .fold((0, 0), |(read, size), progress| (read + progress.read, size + progress.size))
    }
}

impl Progress {
    /// Bytes per second so far; `None` at the beginning.
    pub fn speed(&self) -> Option<u64> {
        let elapsed = self.now_ms.saturating_sub(self.began_ms);
        (elapsed >= 500).then(|| self.read.saturating_mul(1000) / elapsed)
    }

    /// Seconds left at this speed.
    pub fn seconds_left(&self) -> Option<u64> {
        self.size.saturating_sub(self.read).checked_div(self.speed()?)
    }
}

pub(in crate::app) fn update(state: &mut State, action: VerifyAction, effects: &mut Vec<Effect>) {
    match action {
        VerifyAction::AskAll => {
            let targets: Vec<(Target, u64)> = targets(state);
            if !targets.is_empty() {
                effects.push(Effect::AskUrls(targets));
            }
        }
        VerifyAction::VerifyAll => {
            for (target, size) in targets(state) {
                enqueue(state, target, size);
            }
            start(state, effects);
        }
        VerifyAction::Verify(target, size) => {
            enqueue(state, target, size);
            start(state, effects);
        }
        VerifyAction::VerifyFile(target, size) => {
            while let Some((former, _)) = state.verify.file_of(&target.layer) {
                update(state, VerifyAction::Cancel(former), effects);
            }
            enqueue(state, target, size);
            start(state, effects);
        }
        VerifyAction::Pause(target, paused) => {
            if let Some(progress) = state.verify.running.get_mut(&target) {
                progress.paused = paused;
                effects.push(Effect::PauseVerify(target, paused));
            }
        }
        VerifyAction::Cancel(target) => {
            state.verify.queue_mut().retain(|(queued, _)| *queued != target);
            state.verify.checks_mut().remove(&target);
            if state.verify.running.remove(&target).is_some() {
                effects.push(Effect::StopVerify(target));
            }
            start(state, effects);
        }
        VerifyAction::CancelAll => {
            state.verify.queue = Rc::default();
            state.verify.checks_mut().retain(|_, check| matches!(check, UrlCheck::Done(..)));
            for target in std::mem::take(&mut state.verify.running).into_keys() {
                effects.push(Effect::StopVerify(target));
            }
        }
        VerifyAction::Progress(target, read, now) => {
            if let Some(progress) = state.verify.running.get_mut(&target) {
                if progress.began_ms == 0 {
                    progress.began_ms = now;
                }
                progress.read = read;
                progress.now_ms = now;
            }
        }
        VerifyAction::Asked(target, verification, now) => {
            let says_more = match state.verify.checks.get(&target) {
                Some(UrlCheck::Done(known, _)) => !known.is_outdated_by(&verification),
                Some(UrlCheck::Queued | UrlCheck::Running(_)) => true,
                None => false,
            };
            if !says_more {
                end(state, target, verification, now);
            }
        }
        VerifyAction::Done(target, verification, now) => {
            let layer = target.file.map(|_| target.layer.clone());
            end(state, target, verification, now);
            if let Some(layer) = layer {
                crate::app::push::plan::provide(state, &layer);
            }
            start(state, effects);
        }
    }
}

fn end(state: &mut State, target: Target, verification: Verification, now: u64) {
    if target.file.is_none() {
        let situation = Rc::make_mut(&mut state.checks.situation);
        let urls = situation.urls.entry(target.layer.clone()).or_default();
        urls.insert(target.url.clone(), fact(&verification));
    }
    state.verify.running.remove(&target);
    state.verify.checks_mut().insert(target, UrlCheck::Done(Rc::new(verification), now));
}

fn enqueue(state: &mut State, target: Target, size: u64) {
    let busy =
        matches!(state.verify.checks.get(&target), Some(UrlCheck::Queued | UrlCheck::Running(_)));
    if !busy {
        state.verify.checks_mut().insert(target.clone(), UrlCheck::Queued);
        state.verify.queue_mut().push_back((target, size));
    }
}

/// Begins as many waiting downloads as may run.
fn start(state: &mut State, effects: &mut Vec<Effect>) {
    while state.verify.running.len() < PARALLEL
        && let Some((target, size)) = state.verify.queue_mut().pop_front()
    {
        let progress = Progress { read: 0, size, began_ms: 0, now_ms: 0, paused: false };
        let begun = UrlCheck::Running(progress.clone());
        state.verify.checks_mut().insert(target.clone(), begun);
        state.verify.running.insert(target.clone(), progress);
        effects.push(Effect::StartVerify(target, size));
    }
}

/// Every URL of every layer of the image as edited, each once.
fn targets(state: &State) -> Vec<(Target, u64)> {
    let Some(opened) = &state.opened else { return Vec::new() };
    let mut found = BTreeMap::new();
    for (layer, size, url) in urls(opened) {
        found.insert(Target { layer, url, file: None }, size);
    }
    found.into_iter().collect()
}

fn urls(opened: &Opened) -> impl Iterator<Item = (Digest, u64, String)> {
    let edits = opened.history.edits();
    opened.image.documents().flat_map(move |(id, _)| {
        let of = edits.of(id);
        let base = opened.image.base(edits, id);
        let layers = base.into_iter().flat_map(move |document| {
            let of = of.clone();
            document.layers().iter().enumerate().flat_map(move |(index, layer)| {
                let urls = of.layer_mark(document, index).and_then(|mark| mark.urls);
                let urls = urls.unwrap_or_default().into_iter();
                urls.filter(|url| check_url(url).is_ok())
                    .map(|url| (layer.digest.clone(), layer.size, url))
            })
        });
        layers.collect::<Vec<_>>()
    })
}

/// What the checks take from a verification.
fn fact(verification: &Verification) -> UrlFact {
    let state = match &verification.verdict {
        Verdict::Verified => UrlState::Verified,
        Verdict::WrongContent(_) => UrlState::WrongContent,
        Verdict::WrongSize { .. } => UrlState::WrongSize,
        Verdict::Encoded(Undone::Other) => UrlState::Encoded,
        Verdict::Encoded(Undone::Unread | Undone::Layer) => UrlState::Compressed,
        Verdict::Missing(_) => UrlState::Missing,
        Verdict::NeedsAuthentication(_) => UrlState::NeedsAuthentication,
        Verdict::Refused(_) => UrlState::ServerError,
        Verdict::Blocked => UrlState::Blocked,
        Verdict::Unreachable | Verdict::BrokeOff { .. } => UrlState::Unreachable,
        Verdict::Answers { .. }
        | Verdict::SizeUnclear { .. }
        | Verdict::Timeout
        | Verdict::Cancelled
        | Verdict::NotAUrl => UrlState::Unchecked,
    };
    UrlFact { state, redirect: verification.redirected_to.clone(), ranges: None }
}
