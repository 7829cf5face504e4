//! The region “Deliver”: the marked layers on their way to their URLs.
//!
//! Invariant: presigned URLs and headers, which may hold signatures, are shown by no `Debug`, and are
//! forgotten when they are used up, when the region is closed and when another image is opened.

mod complete;
mod request;
mod send;
mod typed;

pub use complete::Complete;
pub use request::{BlobHomes, DeliverRequest, DeliverWay};
pub use typed::Typed;

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::app::export::dialog::place;
use crate::app::layers::all_platforms::{How, mark};
use crate::app::layers::verify;
use crate::app::{Effect, Opened, Origin, State, Target, VerifyAction};
use crate::compatibility::{Question, Scenario};
use crate::deliver::{Delivery, Fetch, MarkedLayer, PutJob, Upload};
use crate::export::Place;
use crate::image::LayerPlace;
use crate::manifest::{Descriptor, Digest, LayerMark};
use crate::msg;
use crate::registry::{Reference, ShortNames};
use crate::text::Message;

/// What the region “Deliver” shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliverState {
    /// Whether it is shown.
    pub shown: bool,
    /// The id of what takes the focus there, once it is drawn, and for the how manieth time.
    pub led_to: Option<(&'static str, u32)>,
    /// The program whose commands fetch the layers.
    pub fetch: Fetch,
    /// The program whose commands bring them to the server.
    pub upload: Upload,
    /// Presigned URLs, one a line, or a template that makes them.
    pub presigned: Typed,
    /// Headers that go along, one a line.
    pub headers: Typed,
    /// Whether layers are sent, too, that had their URLs when they were loaded.
    pub also_loaded: bool,
    /// Why what was typed cannot be used.
    pub problem: Option<Message>,
    /// The customer's pull that is played through.
    pub pull: Scenario,
    /// Whether the complete archive keeps the marks.
    pub keep_marks: bool,
    /// What is under way, of whatever image.
    pub running: Option<Rc<Delivering>>,
    /// How the last one ended.
    pub ended: Option<Rc<Delivered>>,
}

/// A delivery that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivering {
    /// What is done.
    pub request: Rc<DeliverRequest>,
    /// Bytes done.
    pub done: u64,
    /// Bytes in all.
    pub total: u64,
    /// What is being done, where it is known.
    pub step: Option<Message>,
    /// The uploads, in the order of the request.
    pub sent: Vec<SentState>,
}

/// How far an upload is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SentState {
    /// It waits for those before it.
    Waiting,
    /// The layer is fetched and verified.
    Fetching,
    /// It is sent. No browser says how much of it has gone out.
    Sending,
    /// The server said that it has it.
    Sent,
    /// It was not sent, for this reason.
    Failed(Message),
}

/// A delivery that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// What was to be done.
    pub request: Rc<DeliverRequest>,
    /// The uploads, in the order of the request.
    pub sent: Vec<SentState>,
    /// How it ended.
    pub result: DeliverResult,
    /// Whether what the URLs serve is being verified: only of an image that is open.
    pub verifying: bool,
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliverResult {
    /// Everything was written or sent.
    Done,
    /// The whole image was written into an archive with this SHA-256.
    Saved(Digest),
    /// The person stopped it; nothing is left under a final name that is not whole.
    Stopped,
    /// It failed, for this reason.
    Failed(Message),
    /// Some uploads failed; each says why.
    Partly,
}

/// What happens in the region “Deliver”.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliverAction {
    /// Show it, or close it.
    Show(bool),
    /// Show it at the customer's pull.
    ShowPull,
    /// Show the commands of this program.
    Fetch(Fetch),
    /// Show the commands of this program.
    Upload(Upload),
    /// The text of the presigned URLs changed.
    Presigned(String),
    /// The text of the headers changed.
    Headers(String),
    /// Play this pull through.
    Pull(Scenario),
    /// “Save as archive”.
    SaveArchive,
    /// “Write into a folder”.
    WriteFolder,
    /// Whether layers are sent, too, that had their URLs when they were loaded.
    AlsoLoaded(bool),
    /// “Send to the server”: all, or those that failed before.
    Send {
        /// Only what was not sent.
        again: bool,
    },
    /// Whether the complete archive keeps the marks.
    KeepMarks(bool),
    /// “Save complete”.
    SaveComplete,
    /// “Save instructions for the customer”.
    SaveInstructions,
    /// “Take all marks off”.
    MakeOrdinary,
    /// “Cancel”.
    Stop,
    /// So many bytes of so many are done; what is being done.
    Progress(u64, u64, Option<Message>),
    /// The upload at this zero-based position is so far.
    Sent(usize, SentState),
    /// It ended.
    Ended(DeliverResult),
}

impl Default for DeliverState {
    fn default() -> Self {
        Self {
            shown: false,
            led_to: None,
            fetch: Fetch::Crane,
            upload: Upload::Scp,
            presigned: Typed::default(),
            headers: Typed::default(),
            also_loaded: false,
            problem: None,
            pull: Question::WithInternet.scenario("kubernetes-containerd"),
            keep_marks: false,
            running: None,
            ended: None,
        }
    }
}

impl Opened {
    /// Every layer that is marked as it becomes, foreign or with URLs, where it stands; with its
    /// descriptor and its mark.
    fn each_marked(&self) -> Vec<(LayerPlace, &Descriptor, LayerMark)> {
        let mut marked = Vec::new();
        for (id, node) in self.rendered.children_first() {
            let edits = self.history.edits().of(id);
            for (layer, loaded) in node.base.layers().iter().enumerate() {
                let mark = edits.layer_mark(&node.base, layer);
                let mark = mark.unwrap_or_else(|| LayerMark::of(loaded));
                if mark.is_foreign() || mark.urls.as_ref().is_some_and(|urls| !urls.is_empty()) {
                    marked.push((LayerPlace { manifest: id.clone(), layer }, loaded, mark));
                }
            }
        }
        marked
    }

    /// Where the marked layers stand.
    fn marked_places(&self) -> Vec<LayerPlace> {
        self.each_marked().into_iter().map(|(place, ..)| place).collect()
    }

    /// The marked layers of all platforms, each once for the same URLs.
    pub fn marked_layers(&self) -> Vec<MarkedLayer> {
        let (mut layers, mut known) = (Vec::<MarkedLayer>::new(), BTreeMap::new());
        for (_, layer, mark) in self.each_marked() {
            let urls = mark.urls.unwrap_or_default();
            let as_loaded = !urls.is_empty() && Some(&urls) == layer.urls.as_ref();
            let (digest, size) = (layer.digest.clone(), layer.size);
            let at = *known.entry((digest.clone(), urls.clone())).or_insert(layers.len());
            match layers.get_mut(at) {
                Some(known) => known.as_loaded &= as_loaded,
                None => layers.push(MarkedLayer { digest, size, urls, as_loaded }),
            }
        }
        layers
    }

    /// The files that make the URLs of the marked layers true.
    pub fn delivery(&self) -> Delivery {
        Delivery::new(&self.marked_layers())
    }
}

impl State {
    /// The repository that commands fetch the layers from.
    pub fn blob_home(&self) -> Option<Place> {
        let Origin::Registry { reference, .. } = &self.opened.as_ref()?.origin else { return None };
        let reference = Reference::parse(reference, ShortNames::OfDefaultRegistry).ok()?;
        Some(place(self, &reference))
    }
}

impl DeliverState {
    /// Whether what ended last belongs to the image with this root.
    pub fn ended_for(&self, root: &Digest) -> Option<&Rc<Delivered>> {
        self.ended.as_ref().filter(|ended| ended.request.of == *root)
    }

    /// Shows it, with the focus on what has this id.
    fn lead_to(&mut self, id: &'static str) {
        self.shown = true;
        self.led_to = Some((id, self.led_to.map_or(0, |(_, times)| times + 1)));
    }

    fn forget_typed(&mut self) {
        self.presigned = Typed::default();
        self.headers = Typed::default();
        self.also_loaded = false;
        self.problem = None;
    }
}

impl Delivered {
    /// How many uploads were not done.
    pub fn unsent(&self) -> usize {
        self.sent.iter().filter(|state| **state != SentState::Sent).count()
    }
}

/// Another image was opened: what was typed for the one before is forgotten. What is under way goes
/// on and stays in sight.
pub(super) fn opened(state: &mut State) {
    let deliver = &mut *state.deliver;
    deliver.forget_typed();
    deliver.ended = None;
    deliver.shown = deliver.running.is_some();
    deliver.led_to = None;
}

pub(super) fn update(state: &mut State, action: DeliverAction, effects: &mut Vec<Effect>) {
    match action {
        DeliverAction::Show(shown) => {
            if shown {
                state.deliver.lead_to("deliver");
            } else {
                state.deliver.shown = false;
                state.deliver.led_to = None;
                state.deliver.forget_typed();
            }
        }
        DeliverAction::ShowPull => state.deliver.lead_to("pull-title"),
        DeliverAction::Fetch(tool) => state.deliver.fetch = tool,
        DeliverAction::Upload(tool) => state.deliver.upload = tool,
        DeliverAction::Presigned(text) => {
            state.deliver.presigned = Typed::new(text);
            state.deliver.problem = None;
        }
        DeliverAction::Headers(text) => {
            state.deliver.headers = Typed::new(text);
            state.deliver.problem = None;
        }
        DeliverAction::Pull(pull) => state.deliver.pull = pull,
        DeliverAction::SaveArchive => write(state, false, effects),
        DeliverAction::WriteFolder => write(state, true, effects),
        DeliverAction::Send { again } => send::send(state, again, effects),
        DeliverAction::AlsoLoaded(also) => state.deliver.also_loaded = also,
        DeliverAction::KeepMarks(keep) => state.deliver.keep_marks = keep,
        DeliverAction::SaveComplete => {
            let Some(opened) = state.opened.clone() else { return };
            if let Some(complete) = opened.complete(state.deliver.keep_marks)
                && complete.missing == 0
            {
                begin(state, DeliverRequest::of_complete(&opened, &complete), effects);
            }
        }
        DeliverAction::SaveInstructions => effects.extend(instructions(state)),
        DeliverAction::MakeOrdinary => make_ordinary(state),
        DeliverAction::Stop => {
            if state.deliver.running.is_some() {
                effects.push(Effect::StopDelivery);
            }
        }
        DeliverAction::Progress(done, total, step) => {
            if let Some(running) = &mut state.deliver.running {
                let running = Rc::make_mut(running);
                (running.done, running.total, running.step) = (done, total, step);
            }
        }
        DeliverAction::Sent(at, sent) => {
            if let Some(running) = &mut state.deliver.running
                && let Some(line) = Rc::make_mut(running).sent.get_mut(at)
            {
                *line = sent;
            }
        }
        DeliverAction::Ended(result) => ended(state, result, effects),
    }
}

/// Begins to write everything into an archive or a folder.
fn write(state: &mut State, folder: bool, effects: &mut Vec<Effect>) {
    let Some(opened) = state.opened.clone() else { return };
    let delivery = opened.delivery();
    if delivery.files.is_empty() || !delivery.problems.is_empty() {
        return;
    }
    let files = delivery.contents(&state.page.origin);
    let way = if folder {
        DeliverWay::Folder(files)
    } else {
        DeliverWay::Archive { name: format!("{}.layers.tar", opened.file_stem()), files }
    };
    begin(state, DeliverRequest::new(&opened, way), effects);
}

/// The instructions for the archive that was written last.
fn instructions(state: &State) -> Option<Effect> {
    let ended = state.deliver.ended.as_ref()?;
    let (DeliverWay::Complete { archive, .. }, DeliverResult::Saved(sum)) =
        (&ended.request.way, &ended.result)
    else {
        return None;
    };
    let name = String::from(archive.name.trim_end_matches(".tar")) + ".md";
    let bytes = archive.instructions(sum).into_bytes().into();
    Some(Effect::Download { name, media_type: "text/markdown", bytes })
}

/// One step of the history: every foreign layer becomes ordinary.
fn make_ordinary(state: &mut State) {
    let Some(opened) = &mut state.opened else { return };
    let places = opened.marked_places();
    if places.is_empty() {
        return;
    }
    let opened = Rc::make_mut(opened);
    mark(opened, msg!("history.all-ordinary", layers = places.len()), &places, How::Plain);
    opened.refresh();
}

/// One delivery at a time.
fn begin(state: &mut State, request: DeliverRequest, effects: &mut Vec<Effect>) {
    let deliver = &mut *state.deliver;
    if deliver.running.is_some() {
        return;
    }
    let request = Rc::new(request);
    let begun = |job: &PutJob| if job.done { SentState::Sent } else { SentState::Waiting };
    let sent = request.jobs().iter().map(begun).collect();
    let total = request.size();
    deliver.problem = None;
    deliver.ended = None;
    deliver.running =
        Some(Rc::new(Delivering { request: request.clone(), done: 0, total, step: None, sent }));
    effects.push(Effect::Deliver(request));
}

/// Keeps how it ended, and asks what the URLs serve that were sent to.
fn ended(state: &mut State, result: DeliverResult, effects: &mut Vec<Effect>) {
    let Some(running) = state.deliver.running.take() else { return };
    let Delivering { request, sent, .. } = (*running).clone();
    let is_open = state.opened.as_ref().is_some_and(|opened| *opened.image.root() == request.of);
    if is_open && result == DeliverResult::Done && !request.jobs().is_empty() {
        state.deliver.forget_typed();
    }
    let sent_now = request.jobs().iter().zip(&sent).filter(|(job, state)| {
        // What was sent before was verified then.
        !job.done && **state == SentState::Sent
    });
    if is_open {
        for (job, _) in sent_now {
            let (layer, url) = (job.digest.clone(), job.makes_true.clone());
            let target = Target { layer, url, file: None };
            verify::update(state, VerifyAction::Verify(target, job.size), effects);
        }
    }
    let request = request.without_secrets();
    state.deliver.ended = Some(Rc::new(Delivered { request, sent, result, verifying: is_open }));
}
