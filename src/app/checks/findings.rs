use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use crate::app::layers::all_platforms::{How, mark};
use crate::app::{Config, Effect, Opened, Origin, State};
use crate::checks::{Finding, Fix, FixKind, Report, Severity, check, report};
use crate::compatibility::{Advice, LayerRef, Place, RegistryKind, Situation, Subject, UrlFact};
use crate::image::{ImageEdits, LayerPlace};
use crate::manifest::Digest;
use crate::msg;
use crate::text::Message;

/// What is known of the image's surroundings, and what the person said about the findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChecksState {
    /// What is known beyond the documents.
    pub situation: Rc<Situation>,
    /// The clients (by their ids) that must cope with the image.
    pub clients: BTreeSet<&'static str>,
    /// The clients (by their ids) of which the details are shown.
    pub details: BTreeSet<&'static str>,
    /// Why the image is pushed although an error stands.
    pub reason: String,
    /// The places that a finding led to.
    pub places: Option<Rc<Places>>,
}

/// The layers of a finding, whose places in the texts are gone through one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    layers: Arc<[LayerRef]>,
    /// The position of the one that is shown.
    at: usize,
    /// The digest of the text that it stands in: another text has the place elsewhere.
    text: Digest,
}

/// The place of a finding that is shown in the text of the current document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownPlace {
    /// Its byte offset in the text as it becomes.
    pub offset: usize,
    /// The layer's zero-based index in its manifest.
    pub layer: u32,
    /// Its position among the places of the finding, from zero.
    pub at: usize,
    /// How many places the finding has.
    pub count: usize,
}

/// What happens around the checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChecksAction {
    /// The target is this registry software.
    Kind(RegistryKind),
    /// A client must cope with the image, or need not.
    Client(&'static str, bool),
    /// Show the details of a client, or hide them.
    Details(&'static str, bool),
    /// Apply a fix.
    Fix(Fix),
    /// Apply a piece of advice: these edits, under this name.
    Apply(Rc<ImageEdits>),
    /// Show this layer in the table.
    Show(LayerRef),
    /// Show the first of these layers in the text of its manifest.
    ShowPlaces(Arc<[LayerRef]>),
    /// Show the next of them; after the last one comes the first.
    NextPlace,
    /// Show the one before.
    PreviousPlace,
    /// The text of the reason changed.
    Reason(String),
    /// What the target was found to have.
    Learned(Rc<Situation>),
    /// What came of asking a URL for a layer.
    Url(Digest, String, UrlFact),
}

impl ChecksState {
    /// What the checks look at.
    pub fn subject<'a>(&'a self, opened: &'a Opened) -> Subject<'a> {
        Subject {
            image: &opened.image,
            edits: opened.history.edits(),
            rendered: &opened.rendered,
            situation: &self.situation,
        }
    }

    /// The place that a finding led to; `None` where the text is not the one any more.
    pub fn place(&self, opened: &Opened) -> Option<ShownPlace> {
        let Places { layers, at, text } = self.places.as_deref()?;
        let layer = layers.get(*at)?;
        let node = opened.rendered.node(&opened.current)?;
        if layer.node != opened.current || node.digest != *text {
            return None;
        }
        let offset = node.place_of_layer(layer.index as usize)?;
        Some(ShownPlace { offset, layer: layer.index, at: *at, count: layers.len() })
    }

    /// Everything that is said of the image.
    pub fn report(&self, opened: &Opened) -> Report {
        report(&self.subject(opened))
    }

    /// The findings, errors first.
    pub fn findings(&self, opened: &Opened) -> Vec<Finding> {
        check(&self.subject(opened))
    }

    /// Whether a push still needs a reason: an error stands and none is given.
    pub fn needs_reason(&self, opened: &Opened) -> bool {
        self.reason.trim().is_empty()
            && self.findings(opened).iter().any(|found| found.rule.severity == Severity::Error)
    }
}

/// What is known of an image's surroundings when it is opened: where it came from, and that it
/// would go back there; and what the portal settles.
pub(in crate::app) fn of_origin(origin: &Origin, config: &Config) -> ChecksState {
    let place = match origin {
        Origin::Registry { facts, .. } => facts.repository.clone().map(|repository| Place {
            host: facts.registry.clone().unwrap_or_default(),
            repository,
            tag: facts.tag.clone(),
        }),
        _ => None,
    };
    let url_hosts = config.allowed_url_hosts.clone();
    let situation = Situation { url_hosts, ..Situation::of_place(place) };
    ChecksState { situation: Rc::new(situation), ..ChecksState::default() }
}

pub(in crate::app) fn update(state: &mut State, action: ChecksAction, effects: &mut Vec<Effect>) {
    match action {
        ChecksAction::Kind(kind) => change(state, |situation| situation.kind = kind),
        ChecksAction::Client(id, ticked) => put(&mut state.checks.clients, id, ticked),
        ChecksAction::Details(id, shown) => put(&mut state.checks.details, id, shown),
        // As at the switch: with the URLs of the template.
        ChecksAction::Fix(fix) if fix.kind == FixKind::MarkStep => mark_step(state, &fix),
        ChecksAction::Fix(fix) => {
            let name = fix.label();
            edit(state, name, |opened| fix.apply(&opened.image, opened.history.edits()));
        }
        ChecksAction::Apply(edits) => {
            edit(state, msg!("history.advice"), |_| (*edits).clone());
        }
        ChecksAction::Show(layer) => {
            if let Some(opened) = &mut state.opened {
                let opened = Rc::make_mut(opened);
                opened.current = layer.node.clone();
                opened.whole.shown = false;
            }
            effects.push(Effect::ShowLayer(layer.index as usize));
        }
        ChecksAction::ShowPlaces(layers) => show_place(state, layers, 0),
        ChecksAction::NextPlace => step(state, |at, count| (at + 1) % count),
        ChecksAction::PreviousPlace => step(state, |at, count| (at + count - 1) % count),
        ChecksAction::Reason(text) => state.checks.reason = text,
        ChecksAction::Learned(learned) => {
            change(state, |situation| situation.learn(&learned));
        }
        ChecksAction::Url(layer, url, fact) => change(state, |situation| {
            situation.urls.entry(layer).or_default().insert(url, fact);
        }),
    }
}

fn put(ids: &mut BTreeSet<&'static str>, id: &'static str, in_it: bool) {
    if in_it {
        ids.insert(id);
    } else {
        ids.remove(id);
    }
}

fn mark_step(state: &mut State, fix: &Fix) {
    let Some(opened) = &mut state.opened else { return };
    let opened = Rc::make_mut(opened);
    let place =
        |layer: &LayerRef| LayerPlace { manifest: layer.node.clone(), layer: layer.index as usize };
    let places: Vec<LayerPlace> = fix.layers.iter().map(place).collect();
    mark(opened, fix.label(), &places, How::ForeignIfPossible);
    opened.refresh();
}

fn step(state: &mut State, to: impl FnOnce(usize, usize) -> usize) {
    if let Some(places) = state.checks.places.as_deref().cloned() {
        let at = to(places.at, places.layers.len());
        show_place(state, places.layers, at);
    }
}

fn show_place(state: &mut State, layers: Arc<[LayerRef]>, at: usize) {
    if let (Some(opened), Some(layer)) = (&mut state.opened, layers.get(at))
        && let Some(text) = opened.rendered.digest(&layer.node).cloned()
    {
        Rc::make_mut(opened).current = layer.node.clone();
        state.checks.places = Some(Rc::new(Places { layers, at, text }));
    }
}

fn change(state: &mut State, change: impl FnOnce(&mut Situation)) {
    change(Rc::make_mut(&mut state.checks.situation));
}

fn edit(state: &mut State, name: Message, edits: impl FnOnce(&Opened) -> ImageEdits) {
    if let Some(opened) = &mut state.opened {
        let opened = Rc::make_mut(opened);
        let edits = edits(opened);
        opened.history.push(name, edits, None);
        opened.drafts.clear();
        opened.refresh();
    }
}

/// The edits of a piece of advice, ready for [`ChecksAction::Apply`].
pub fn advised(advice: &Advice, opened: &Opened) -> ChecksAction {
    ChecksAction::Apply(Rc::new(advice.apply(&opened.image, opened.history.edits())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, EditAction, OpenAction, WholeAction, reduce as step_of};
    use crate::image::{BuildStep, Sample};

    #[test]
    fn the_places_of_a_finding_are_gone_through_in_a_circle() {
        let opened = Opened::new(
            Sample::named("platforms").unwrap().open().unwrap(),
            Origin::Sample { title: msg!("image.sample.platforms") },
        );
        let nodes: Vec<Digest> = opened.image.documents().map(|(id, _)| id.clone()).collect();
        let with_layers = nodes.into_iter().filter(|id| {
            opened.image.document(id).is_some_and(|document| !document.layers().is_empty())
        });
        let layers: Arc<[LayerRef]> = with_layers.map(|node| LayerRef { node, index: 0 }).collect();
        let mut state = Rc::new(State { opened: Some(Rc::new(opened)), ..State::default() });
        let mut check = |action: ChecksAction, expected: usize| {
            state = step_of(&state, Action::from(action));
            let opened = state.opened.as_ref().unwrap();
            let place = state.checks.place(opened).unwrap();
            assert_eq!((place.at, place.count), (expected, layers.len()));
            assert_eq!(opened.current, layers[expected].node);
            let text = &opened.rendered.node(&opened.current).unwrap().bytes;
            assert!(text[place.offset..].starts_with(b"\"mediaType\""));
        };
        check(ChecksAction::ShowPlaces(Arc::clone(&layers)), 0);
        for at in 1..layers.len() {
            check(ChecksAction::NextPlace, at);
        }
        check(ChecksAction::NextPlace, 0);
        check(ChecksAction::PreviousPlace, layers.len() - 1);
    }

    #[test]
    fn the_fix_of_a_half_marked_step_marks_as_the_switch_does() {
        let state = step_of(&Rc::default(), OpenAction::Sample("platforms").into());
        let steps = state.opened.as_ref().unwrap().steps();
        let alone = |it: &&BuildStep| it.layers.len() == 2;
        let step = steps.steps.iter().find(alone).unwrap();
        let first: Rc<[LayerPlace]> = steps.places(step)[..1].into();
        let template = EditAction::Template("https://cdn.example/{digest}".into());
        let state = step_of(&state, template.into());
        let state = step_of(&state, WholeAction::MarkStep(step.number, first, true).into());
        let half = |state: &State| {
            let found = state.checks.findings(state.opened.as_ref().unwrap());
            found.into_iter().find(|found| found.rule.id == "LM115")
        };
        let fix = half(&state).unwrap().fix.unwrap();
        let state = step_of(&state, ChecksAction::Fix(fix).into());
        assert_eq!(half(&state), None);
        let opened = state.opened.as_ref().unwrap();
        for marks in steps.marks(opened.history.edits()).of(step) {
            let urls = marks.mark.unwrap().urls.unwrap();
            assert!(urls[0].starts_with("https://cdn.example/sha256:"), "{urls:?}");
        }
    }
}
