//! The layers of all platforms at once: which are meant, and what is done to them in one step.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use crate::app::{BaseView, Opened, State};
use crate::image::{HalfMarked, ImageEdits, LayerPlace, Positions, Selection, Steps};
use crate::manifest::media_type::Form;
use crate::manifest::{Digest, Document, LayerMark, TemplateError, Templates, no_twin};
use crate::msg;
use crate::text::Message;

/// How the layers of all platforms are looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WholeView {
    /// Whether all platforms are shown instead of one document.
    pub shown: bool,
    /// The manifests that are left out, by the digest under which they were loaded.
    pub left_out: BTreeSet<Digest>,
    /// The layers that are selected, by their digests.
    pub selected: BTreeSet<Digest>,
    /// By what layers are selected.
    pub criterion: Criterion,
    /// What is asked of them, as typed.
    pub text: String,
    /// Why the text selects nothing.
    pub problem: Option<Message>,
    /// The base image that the layers are compared with.
    pub base: Option<Rc<BaseView>>,
}

/// The steps as they were when they were last asked for. They follow from the rest of the state, and so
/// make no difference to it.
#[derive(Clone, Debug, Default)]
pub(in crate::app) struct KeptSteps(RefCell<Arc<Steps>>);

impl PartialEq for KeptSteps {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for KeptSteps {}

/// By what layers are selected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Criterion {
    /// The command that made the layer contains the text.
    #[default]
    History,
    /// It has at least this size.
    AtLeast,
    /// It has at most this size.
    AtMost,
    /// It stands at these positions.
    Position,
    /// It is from the base image that the image was compared with.
    FromBase,
    /// It is foreign somewhere, as things stand.
    Foreign,
}

/// What happens to the layers of all platforms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WholeAction {
    /// Show all platforms, or one document.
    Show(bool),
    /// Take a platform's manifest in, or leave it out.
    Platform(Digest, bool),
    /// The switch of a layer.
    Mark(Digest, bool),
    /// The switch of a build step with this number: these layers, on whatever platforms.
    MarkStep(usize, Rc<[LayerPlace]>, bool),
    /// The URLs of a marked layer, one a line, on all platforms that are not left out.
    Urls(Digest, String),
    /// Select the layers of a build step, or take them out of the selection.
    SelectStep(Rc<[Digest]>, bool),
    /// Select all layers or none.
    SelectAll(bool),
    /// Select by this.
    Criterion(Criterion),
    /// The text of the condition changed.
    Text(String),
    /// “Select”: the layers that meet the condition are selected, and no others.
    Choose,
    /// “Add”: those that meet the condition are selected as well.
    Add,
    /// “Apply to selected”.
    ApplyTemplate,
    /// “Make selected ordinary”.
    UnmarkSelected,
}

impl Opened {
    /// The layers of the platforms that are not left out, by build step.
    pub fn steps(&self) -> Arc<Steps> {
        let wanted = |id: &Digest| !self.whole.left_out.contains(id);
        let mut kept = self.steps.0.borrow_mut();
        *kept = Steps::of_manifests(&self.image, self.history.edits(), wanted, &kept);
        kept.clone()
    }

    /// The steps that are marked on some platforms only; see [`Steps::half_marked`].
    pub fn half_marked(&self) -> Vec<HalfMarked> {
        Steps::half_marked(&self.image, self.history.edits())
    }

    /// Those of them that the table has: with a layer of the current document, or of platforms that are
    /// not left out.
    pub fn half_marked_in_table(&self) -> Vec<HalfMarked> {
        let mut found = self.half_marked();
        if self.whole.shown {
            for half in &mut found {
                half.unmarked.retain(|place| !self.whole.left_out.contains(&place.manifest));
            }
            found.retain(|half| !half.unmarked.is_empty());
        } else {
            let here = |place: &LayerPlace| place.manifest == self.current;
            found.retain(|half| half.marked.iter().any(here));
        }
        found
    }
}

impl Criterion {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 6] =
        [Self::History, Self::AtLeast, Self::AtMost, Self::Position, Self::FromBase, Self::Foreign];

    /// Whether there is something to say about it.
    pub fn takes_text(self) -> bool {
        !matches!(self, Self::FromBase | Self::Foreign)
    }

    /// The condition that `text` spells.
    pub fn read(self, text: &str) -> Result<Selection, Message> {
        let text = text.trim();
        if text.is_empty() && self.takes_text() {
            return Err(msg!("whole.empty"));
        }
        let mut selection = Selection::default();
        match self {
            Self::History => selection.history = Some(text.to_owned()),
            Self::AtLeast => selection.min_size = Some(size(text)?),
            Self::AtMost => selection.max_size = Some(size(text)?),
            Self::Position => selection.positions = Some(positions(text)?),
            Self::FromBase => selection.from_base = Some(true),
            // The marks say it; see `choose`.
            Self::Foreign => {}
        }
        Ok(selection)
    }
}

/// Reads `500`, `20 kB`, `10MB`: whole numbers with a decimal unit.
fn size(text: &str) -> Result<u64, Message> {
    let wrong = || msg!("whole.size-wrong", text = text);
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
    let unit = match text[digits.len()..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" | "k" => 1000,
        "mb" | "m" => 1_000_000,
        "gb" | "g" => 1_000_000_000,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    number.checked_mul(unit).ok_or_else(wrong)
}

/// Reads `0, 2..4, 6-7, -1`: positions from zero, ranges with their last, from the end with a minus.
pub(in crate::app) fn positions(text: &str) -> Result<Vec<Positions>, Message> {
    let read = |part: &str| {
        let wrong = || msg!("whole.position-wrong", text = part);
        let number = |text: &str| text.trim().parse::<i64>().map_err(|_| wrong());
        match part.split_once("..").or_else(|| split_at_dash(part)) {
            Some((first, last)) => Ok(Positions { first: number(first)?, last: number(last)? }),
            None => number(part).map(|at| Positions { first: at, last: at }),
        }
    };
    text.split(',').map(|part| read(part.trim())).collect()
}

/// The two ends of `2-3`. A minus that nothing stands before belongs to a number.
fn split_at_dash(part: &str) -> Option<(&str, &str)> {
    let is_dash = |c: char| matches!(c, '-' | '–');
    let (at, dash) = part.char_indices().skip(1).find(|&(_, c)| is_dash(c))?;
    Some((&part[..at], &part[at + dash.len_utf8()..]))
}

pub(in crate::app) fn update(state: &mut State, action: WholeAction) {
    let Some(opened) = &mut state.opened else { return };
    let before = opened.history.edits().clone();
    let opened = Rc::make_mut(opened);
    match action {
        WholeAction::Show(shown) => opened.whole.shown = shown,
        WholeAction::Platform(id, true) => drop(opened.whole.left_out.remove(&id)),
        WholeAction::Platform(id, false) => drop(opened.whole.left_out.insert(id)),
        WholeAction::Mark(digest, foreign) => {
            let (places, platforms) = places(opened, &BTreeSet::from([digest.clone()]));
            let layer = digest.short();
            let name = if foreign {
                msg!("history.mark-group", layer = layer, platforms = platforms)
            } else {
                msg!("history.unmark-group", layer = layer, platforms = platforms)
            };
            let how = if foreign { How::ForeignIfPossible } else { How::Plain };
            mark(opened, name, &places, how);
        }
        WholeAction::MarkStep(number, places, foreign) => {
            mark_step(opened, number, &places, foreign);
        }
        WholeAction::Urls(digest, text) => set_urls(opened, &digest, &text),
        WholeAction::SelectStep(layers, true) => {
            opened.whole.selected.extend(layers.iter().cloned());
        }
        WholeAction::SelectStep(layers, false) => {
            opened.whole.selected.retain(|layer| !layers.contains(layer));
        }
        WholeAction::SelectAll(all) => {
            opened.whole.selected.clear();
            if all {
                let steps = opened.steps();
                opened.whole.selected = steps.layers().map(|it| it.digest.clone()).collect();
            }
        }
        WholeAction::Criterion(criterion) => {
            opened.whole.criterion = criterion;
            opened.whole.problem = None;
        }
        WholeAction::Text(text) => {
            opened.whole.text = text;
            opened.whole.problem = None;
        }
        WholeAction::Choose => choose(opened, false),
        WholeAction::Add => choose(opened, true),
        WholeAction::ApplyTemplate => {
            let (places, platforms) = places(opened, &opened.whole.selected);
            let layers = opened.whole.selected.len();
            let name = if all_foreign(opened, &places) {
                msg!("history.urls-groups", layers = layers, platforms = platforms)
            } else {
                msg!("history.mark-groups", layers = layers, platforms = platforms)
            };
            mark(opened, name, &places, How::Foreign);
        }
        WholeAction::UnmarkSelected => {
            let (places, platforms) = places(opened, &opened.whole.selected);
            let layers = opened.whole.selected.len();
            let name = msg!("history.unmark-groups", layers = layers, platforms = platforms);
            mark(opened, name, &places, How::Plain);
        }
    }
    if *opened.history.edits() != before {
        opened.refresh();
    }
}

/// Marks the layers of a build step, or makes them plain.
pub(in crate::app) fn mark_step(
    opened: &mut Opened,
    number: usize,
    places: &[LayerPlace],
    foreign: bool,
) {
    let platforms: BTreeSet<&Digest> = places.iter().map(|place| &place.manifest).collect();
    let name = if foreign {
        msg!("history.mark-step", index = number, platforms = platforms.len())
    } else {
        msg!("history.unmark-step", index = number, platforms = platforms.len())
    };
    mark(opened, name, places, if foreign { How::ForeignIfPossible } else { How::Plain });
}

/// Whether all these layers are foreign already, so that only their URLs change.
fn all_foreign(opened: &Opened, places: &[LayerPlace]) -> bool {
    let foreign = |place: &LayerPlace| {
        let edits = opened.history.edits();
        let document = opened.image.base(edits, &place.manifest)?;
        edits.of(&place.manifest).layer_mark(document, place.layer).map(|mark| mark.is_foreign())
    };
    !places.is_empty() && places.iter().all(|place| foreign(place) == Some(true))
}

/// Selects the layers that meet the condition; with `add` those that were selected stay so. A condition
/// that cannot be read, or that nothing meets, changes no selection.
fn choose(opened: &mut Opened, add: bool) {
    if opened.whole.criterion == Criterion::FromBase && opened.base_matches().is_empty() {
        opened.whole.problem = Some(msg!("whole.no-base"));
        return;
    }
    let selection = match opened.whole.criterion.read(&opened.whole.text) {
        Ok(selection) => selection,
        Err(problem) => {
            opened.whole.problem = Some(problem);
            return;
        }
    };
    if opened.whole.criterion == Criterion::Foreign {
        let foreign = foreign(opened);
        return take(opened, foreign, add);
    }
    let edits = opened.history.edits();
    let found = selection.select(&opened.image, edits, opened.base_matches());
    let found: BTreeSet<Digest> = found
        .iter()
        .filter(|place| !opened.whole.left_out.contains(&place.manifest))
        .filter_map(|place| {
            let document = opened.image.base(edits, &place.manifest)?;
            Some(document.layers().get(place.layer)?.digest.clone())
        })
        .collect();
    take(opened, found, add);
}

fn take(opened: &mut Opened, found: BTreeSet<Digest>, add: bool) {
    opened.whole.problem = found.is_empty().then(|| msg!("whole.no-match"));
    if !found.is_empty() && !add {
        opened.whole.selected.clear();
    }
    opened.whole.selected.extend(found);
}

/// The layers that are foreign on any platform.
fn foreign(opened: &Opened) -> BTreeSet<Digest> {
    let steps = opened.steps();
    let marks = steps.marks(opened.history.edits());
    let of_step = steps.steps.iter().flat_map(|step| step.layers.iter().zip(marks.of(step)));
    let foreign = of_step.filter(|(_, marks)| !marks.foreign.is_empty());
    foreign.map(|(layer, _)| layer.digest.clone()).collect()
}

fn set_urls(opened: &mut Opened, digest: &Digest, text: &str) {
    let (places, _) = places(opened, &BTreeSet::from([digest.clone()]));
    let mut edits: ImageEdits = (**opened.history.edits()).clone();
    let mut present = places.iter().map(|place| {
        let document = opened.image.base(&edits, &place.manifest)?;
        edits.of(&place.manifest).layer_mark(document, place.layer)
    });
    let Some(Some(mark)) = present.next() else { return };
    // Where the platforms differ there is no one form to keep.
    if present.any(|other| other.as_ref() != Some(&mark)) {
        return;
    }
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let urls: Vec<String> = lines.map(str::to_owned).collect();
    let mark = LayerMark { form: mark.form, urls: (!urls.is_empty()).then_some(urls) };
    edits.mark_layers(&opened.image, &places, &mark);
    let places = places.into_iter().map(|place| (place.manifest, place.layer));
    for (at, place) in places.enumerate() {
        // The first place keeps what is being typed, blank lines and all.
        if at == 0 {
            opened.drafts.insert(place, text.to_owned());
        } else {
            opened.drafts.remove(&place);
        }
    }
    let name = msg!("history.urls-group", layer = digest.short());
    opened.history.push(name, edits, Some(format!("urls {digest}")));
}

/// Where these layers stand, and on how many platforms.
fn places(opened: &Opened, layers: &BTreeSet<Digest>) -> (Vec<LayerPlace>, usize) {
    let places = opened.steps().places_of(layers);
    let platforms: BTreeSet<&Digest> = places.iter().map(|place| &place.manifest).collect();
    let count = platforms.len();
    (places, count)
}

/// What a mark becomes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::app) enum How {
    /// Foreign with the URLs of the template, or not at all.
    Foreign,
    /// Foreign; without a usable template the URLs stay as they are.
    ForeignIfPossible,
    /// Plain without URLs.
    Plain,
}

/// One step of the history that marks all these layers, those that cannot be left as they are.
pub(in crate::app) fn mark(opened: &mut Opened, name: Message, places: &[LayerPlace], how: How) {
    let facts = opened.facts();
    let templates = Templates::parse(&opened.template);
    let urls = |document: &Document, index: usize| -> Result<Vec<String>, TemplateError> {
        let layer = document.layers().get(index).ok_or(TemplateError::Empty)?;
        templates.as_ref().map_err(Clone::clone)?.urls(&facts, index, layer)
    };
    let mut edits: ImageEdits = (**opened.history.edits()).clone();
    let blank = opened.template.trim().is_empty();
    let mut failed = None;
    for place in places {
        let Some(document) = opened.image.base(&edits, &place.manifest).cloned() else { continue };
        let Some(layer) = document.layers().get(place.layer) else { continue };
        let own = edits.get(&place.manifest).map(|node| &node.edits);
        let family = own.and_then(crate::manifest::Edits::family);
        if how != How::Plain && no_twin(layer, family).is_some() {
            continue;
        }
        let mark = match (how, urls(&document, place.layer)) {
            (How::Plain, _) => LayerMark::plain(),
            (_, Ok(urls)) => LayerMark::foreign(urls),
            (How::ForeignIfPossible, Err(error)) => {
                failed = failed.or((!blank).then_some(error));
                let present = own.and_then(|own| own.layer_mark(&document, place.layer));
                let urls = present.map_or_else(|| layer.urls.clone(), |mark| mark.urls);
                LayerMark { form: Form::NonDistributable, urls }
            }
            (How::Foreign, Err(error)) => {
                opened.template_error = Some(error);
                return;
            }
        };
        opened.drafts.remove(&(place.manifest.clone(), place.layer));
        edits.change(&place.manifest, |node| {
            node.edits.mark_layer(&document, place.layer, mark);
        });
    }
    opened.template_error = failed;
    opened.history.push(name, edits, None);
}
