use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::app::layers::all_platforms::KeptSteps;
use crate::app::{
    Brought, Dialog, Effect, Failure, Held, History, Notice, NoticeKind, Rewrite, State, WholeView,
};
use crate::image::{Config, Image, Rendered, Row, Sample, Slot, sample_title};
use crate::manifest::{Algorithm, Descriptor, Digest, Document, Facts, TemplateError, Totals};
use crate::msg;
use crate::text::Message;

/// An open image: what was loaded, what is edited, what it becomes, and what of it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Where it came from.
    pub origin: Origin,
    /// What was loaded.
    pub image: Rc<Image>,
    /// The edits, present and past.
    pub history: History,
    /// What the image becomes with the present edits. Derived; kept so that unchanged documents
    /// are not computed again.
    pub rendered: Rc<Rendered>,
    /// The document that the table shows.
    pub current: Digest,
    /// Whether the person chose the document that is shown.
    shown_by_hand: bool,
    /// The zero-based layers of the current document that are selected.
    pub selected: BTreeSet<usize>,
    /// The layer from which Shift selects a range.
    pub anchor: Option<usize>,
    /// How the layers of all platforms are looked at.
    pub whole: WholeView,
    /// The text of “URL template”.
    pub template: String,
    /// Why the template made no URLs when it was last applied.
    pub template_error: Option<TemplateError>,
    /// URL fields as they are being typed, blank lines and all, by document and layer.
    pub drafts: BTreeMap<(Digest, usize), String>,
    /// The text of a document that is being rewritten by hand.
    pub rewrite: Option<Rewrite>,
    /// The blobs that are in the file from which the image was opened.
    pub held: Option<Rc<Held>>,
    /// Where blobs come from that the image's own place does not have.
    pub brought: Rc<Brought>,
    pub(in crate::app) steps: KeptSteps,
}

/// Where an image came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A registry.
    Registry {
        /// The reference as the person typed it.
        reference: String,
        /// The values for URL templates.
        facts: Facts,
    },
    /// The Paste tab.
    Paste,
    /// A file.
    File {
        /// Its name.
        name: String,
    },
    /// A built-in sample.
    Sample {
        /// What it is called.
        title: Message,
    },
}

/// An image that would come in the place of one with edits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) struct Offer {
    opened: Rc<Opened>,
}

/// An image comes in or goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenAction {
    /// “Open manifest”: the text of the Paste tab.
    Json,
    /// A built-in sample, by its name.
    Sample(&'static str),
    /// A manifest file was read.
    File {
        /// The file's name.
        name: String,
        /// Its bytes.
        bytes: Rc<[u8]>,
    },
    /// An image was loaded.
    Loaded(Rc<Opened>),
    /// Open the refused text as its repair makes it.
    Repair,
    /// The person agreed that the offered image takes the place of the edited one.
    AcceptOffer,
    /// The person keeps the edited image.
    DeclineOffer,
    /// Something the tree names was fetched, or could not be.
    Child {
        /// The root of the image it belongs to.
        root: Digest,
        /// Its digest.
        id: Digest,
        /// What became of it.
        slot: Slot,
    },
    /// A config was fetched.
    Config {
        /// The root of the image it belongs to.
        root: Digest,
        /// Its digest.
        digest: Digest,
        /// The config.
        config: Config,
    },
    /// Show this document in the table.
    Show(Digest),
}

impl Offer {
    pub(in crate::app) fn new(opened: Rc<Opened>) -> Self {
        Self { opened }
    }
}

impl Origin {
    /// What an image from here is called.
    pub fn title(&self) -> Message {
        match self {
            Self::Registry { reference, .. } => msg!("open.title", name = reference),
            Self::Paste => msg!("open.title-paste"),
            Self::File { name } => msg!("open.title", name = name),
            Self::Sample { title } => title.clone(),
        }
    }
}

impl Opened {
    /// An image as it was loaded, without edits; an index of several platforms is shown by build step,
    /// of another one the first manifest.
    pub fn new(image: Image, origin: Origin) -> Self {
        let history = History::default();
        let rendered = Rc::new(image.render(history.edits(), &Rendered::default()));
        let mut opened = Self {
            origin,
            current: image.root().clone(),
            shown_by_hand: false,
            image: Rc::new(image),
            history,
            rendered,
            selected: BTreeSet::new(),
            whole: WholeView::default(),
            anchor: None,
            template: String::new(),
            template_error: None,
            drafts: BTreeMap::new(),
            rewrite: None,
            held: None,
            brought: Rc::default(),
            steps: KeptSteps::default(),
        };
        opened.show_first_platform();
        opened.whole.shown = opened.has_platforms(opened.image.root());
        opened
    }

    /// Whether the document is an index of several platforms, whose layers are shown by build step.
    fn has_platforms(&self, id: &Digest) -> bool {
        let entries = self.image.entries(self.history.edits(), id);
        entries.iter().filter(|entry| !entry.descriptor.is_attestation()).nth(1).is_some()
    }

    /// Whether anything differs from what was loaded, a text that is being rewritten included.
    pub fn is_edited(&self) -> bool {
        !self.history.edits().is_empty() || self.unapplied().is_some()
    }

    /// Whether there is work that can be lost: edits, or what was brought from elsewhere.
    pub fn has_work(&self) -> bool {
        self.is_edited() || self.brings()
    }

    /// What the layers of the document `id` are together, as they become.
    pub fn totals(&self, id: &Digest) -> Totals {
        self.rendered.node(id).map(|node| node.totals).unwrap_or_default()
    }

    /// How many layers of all documents are foreign as they become, and their bytes.
    pub fn marked(&self) -> (usize, u64) {
        let (mut count, mut bytes) = (0, 0_u128);
        for (id, _) in self.image.documents() {
            let totals = self.totals(id);
            count += totals.foreign;
            bytes += totals.foreign_bytes;
        }
        (count, u64::try_from(bytes).unwrap_or(u64::MAX))
    }

    /// How many platforms and how many attestations the root names as it becomes.
    pub fn entries(&self) -> (usize, usize) {
        let root = self.image.root();
        let Some(base) = self.image.base(self.history.edits(), root) else { return (0, 0) };
        let edits = self.history.edits().of(root);
        let order = edits.entry_order(base);
        let kept = order.iter().filter(|key| edits.keeps_entry(key));
        let kept: Vec<_> = kept.filter_map(|key| edits.entry(base, key)).collect();
        let attestations = kept.iter().filter(|entry| entry.is_attestation()).count();
        (kept.len() - attestations, attestations)
    }

    /// The text that edits of the current document are made to.
    pub fn base(&self) -> Option<&std::sync::Arc<Document>> {
        self.image.base(self.history.edits(), &self.current)
    }

    /// Whether `other` is the same image, with whatever edits.
    pub fn is_same(&self, other: &Self) -> bool {
        self.image.root() == other.image.root() && self.origin == other.origin
    }

    /// What URL templates know of the image's place.
    pub fn facts(&self) -> Facts {
        match &self.origin {
            Origin::Registry { facts, .. } => facts.clone(),
            _ => Facts::default(),
        }
    }

    /// A name for downloaded files, from our own data and safe on every system.
    pub fn file_stem(&self) -> String {
        let named = match &self.origin {
            Origin::Registry { reference, .. } => reference.as_str(),
            Origin::File { name } => name.trim_end_matches(".json").trim_end_matches(".tar"),
            Origin::Paste | Origin::Sample { .. } => "manifest",
        };
        let safe =
            |c: char| if c.is_ascii_alphanumeric() || c == '.' || c == '-' { c } else { '-' };
        let stem: String = named.chars().map(safe).take(80).collect();
        let stem = stem.trim_matches(['-', '.']);
        if stem.is_empty() { "manifest".to_owned() } else { stem.to_owned() }
    }

    /// Computes what the image becomes, after the edits or the image changed.
    pub(in crate::app) fn refresh(&mut self) {
        self.rendered = Rc::new(self.image.render(self.history.edits(), &self.rendered));
    }

    /// Shows the first image of an index, in the order of the index. While it is on its way nothing is
    /// shown in its place, so that it does not depend on the network which one it is.
    fn show_first_platform(&mut self) {
        let is_index = self.base().is_some_and(|document| document.kind().is_index());
        if !is_index || self.shown_by_hand {
            return;
        }
        let rows = self.image.rows(self.history.edits());
        let may_be_first = |row: &&Row| {
            let attestation = row.descriptor.as_ref().is_some_and(Descriptor::is_attestation);
            !attestation
                && match self.image.slot(&row.id) {
                    Some(Slot::Loaded(document)) => !document.layers().is_empty(),
                    Some(Slot::Missing(_)) => false,
                    None => true,
                }
        };
        let first = rows.iter().find(may_be_first);
        if let Some(row) = first.filter(|row| self.image.document(&row.id).is_some()) {
            self.current = row.id.clone();
        }
    }
}

/// Opens the offered image; asks first where the open one is being pushed, or edits would be lost that
/// were not saved.
pub(in crate::app) fn offer(state: &mut State, offer: Offer, effects: &mut Vec<Effect>) {
    if state.own_push().is_some() || state.has_unsaved_edits() {
        let pushes = state.own_push().is_some();
        state.view.offer = Some(offer);
        state.view.dialog = Some(if pushes { Dialog::LeavePush } else { Dialog::ReplaceEdits });
    } else {
        take(state, offer.opened, effects);
    }
}

/// Opens `opened`; what it names but has not got is fetched where it came from.
fn take(state: &mut State, mut opened: Rc<Opened>, effects: &mut Vec<Effect>) {
    // The template is for the person's server, not for one image.
    if let Some(before) = state.opened.as_ref().filter(|_| opened.template.is_empty())
        && !before.template.is_empty()
    {
        Rc::make_mut(&mut opened).template.clone_from(&before.template);
    }
    let from_registry = matches!(opened.origin, Origin::Registry { .. });
    if from_registry && !opened.image.wanted(opened.history.edits()).is_empty() {
        effects.push(Effect::LoadChildren);
    }
    *state.checks = crate::app::checks::findings::of_origin(&opened.origin, &state.config);
    state.opened = Some(opened);
    crate::app::documents::desk::leave(state, effects);
    crate::app::push::plan::opened(state, effects);
    crate::app::deliver::opened(state);
    crate::app::page::notices::opened(state);
    crate::app::push::pushes::show(state);
}

pub(in crate::app) fn update(state: &mut State, action: OpenAction, effects: &mut Vec<Effect>) {
    match action {
        OpenAction::Json => {
            let text = state.source.json.clone();
            open_bytes(state, text.as_bytes(), Origin::Paste, effects);
        }
        OpenAction::Sample(name) => {
            let Some(sample) = Sample::named(name) else { return };
            match sample.open() {
                Ok(image) => {
                    state.source.failure = None;
                    let origin = Origin::Sample { title: sample_title(name) };
                    let opened = Rc::new(Opened::new(image, origin));
                    offer(state, Offer::new(opened), effects);
                }
                Err(refusal) => state.source.failure = Some(Failure::plain(refusal.message())),
            }
        }
        OpenAction::File { name, bytes } => {
            state.source.loading = false;
            open_bytes(state, &bytes, Origin::File { name }, effects);
        }
        OpenAction::Loaded(opened) => {
            state.source.loading = false;
            state.source.progress = None;
            state.source.failure = None;
            state.source.archive = None;
            offer(state, Offer::new(opened), effects);
        }
        OpenAction::Repair => repair(state, effects),
        OpenAction::AcceptOffer => {
            state.view.dialog = None;
            if let Some(offer) = state.view.offer.take() {
                take(state, offer.opened, effects);
            }
        }
        OpenAction::DeclineOffer => {
            if state.view.offer.is_some() {
                state.view.dialog = None;
                state.view.offer = None;
                crate::app::page::notices::forget_wanted(state);
            }
        }
        OpenAction::Child { root, id, slot } => with_image(state, &root, |opened| {
            Rc::make_mut(&mut opened.image).insert(id, slot);
            opened.refresh();
            if opened.current == *opened.image.root() {
                opened.show_first_platform();
            }
        }),
        OpenAction::Config { root, digest, config } => with_image(state, &root, |opened| {
            Rc::make_mut(&mut opened.image).insert_config(digest, config);
        }),
        OpenAction::Show(id) => show(state, id),
    }
    crate::app::load::source::forget_refused(state);
}

/// Shows this document in the table.
pub(in crate::app) fn show(state: &mut State, id: Digest) {
    if let Some(opened) = &mut state.opened
        && (opened.current != id || opened.whole.shown || !opened.shown_by_hand)
    {
        let opened = Rc::make_mut(opened);
        opened.whole.shown = opened.has_platforms(&id);
        opened.current = id;
        opened.shown_by_hand = true;
        opened.selected.clear();
        opened.anchor = None;
        opened.template_error = None;
    }
}

/// Opens a manifest's bytes, or says why they are refused; the person's text stays where it is.
pub(in crate::app) fn open_bytes(
    state: &mut State,
    bytes: &[u8],
    origin: Origin,
    effects: &mut Vec<Effect>,
) {
    match Document::parse(bytes, None, Algorithm::Sha256) {
        Ok(document) => {
            state.source.failure = None;
            let opened = Opened::new(Image::new(document), origin);
            offer(state, Offer::new(Rc::new(opened)), effects);
        }
        Err(refusal) => crate::app::load::refused::keep(state, bytes, origin, &refusal),
    }
}

/// Opens the refused text as its repair makes it, and says that it is another text now.
fn repair(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(refused) = state.source.refused.clone() else { return };
    let (Some(text), Some(repair)) = (refused.repaired(), refused.repair) else { return };
    open_bytes(state, text, refused.origin.clone(), effects);
    if state.source.failure.is_none() {
        state.view.notice = Some(Notice { kind: NoticeKind::Done, message: repair.done() });
    }
}

/// Changes the open image if it is still the one with this root.
fn with_image(state: &mut State, root: &Digest, change: impl FnOnce(&mut Opened)) {
    if let Some(opened) = &mut state.opened
        && opened.image.root() == root
    {
        change(Rc::make_mut(opened));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{opened, send};

    /// The documents of the sample with several platforms: the root, and the others in its order.
    fn documents() -> (Image, Vec<(Digest, Slot)>) {
        let whole = Sample::named("platforms").unwrap().open().unwrap();
        let root = whole.document(whole.root()).unwrap();
        let children = root.entries().iter().map(|entry| {
            let slot = whole.slot(&entry.digest).unwrap().clone();
            (entry.digest.clone(), slot)
        });
        (Image::new((**root).clone()), children.collect())
    }

    /// Which document is shown after the children have arrived in this order.
    fn shown_after(order: &[usize], missing: Option<usize>) -> Option<usize> {
        let (image, children) = documents();
        let root = image.root().clone();
        let origin =
            Origin::Registry { reference: "r.example/a:1".into(), facts: Facts::default() };
        let mut state =
            send(&Rc::default(), OpenAction::Loaded(Rc::new(Opened::new(image, origin))));
        for &at in order {
            let (id, mut slot) = children[at].clone();
            if missing == Some(at) {
                slot = Slot::Missing(msg!("push.not-ready"));
            }
            state = send(&state, OpenAction::Child { root: root.clone(), id, slot });
        }
        children.iter().position(|(id, _)| *id == opened(&state).current)
    }

    #[test]
    fn the_first_image_of_an_index_is_shown_in_whatever_order_they_arrive() {
        let (_, children) = documents();
        let forward: Vec<usize> = (0..children.len()).collect();
        let backward: Vec<usize> = forward.iter().rev().copied().collect();
        assert_eq!(shown_after(&forward, None), Some(0));
        assert_eq!(shown_after(&backward, None), Some(0));
        assert_eq!(shown_after(&[1], None), None, "the first is on its way");
        assert_eq!(shown_after(&backward, Some(0)), Some(1), "the first cannot be had");
        assert_eq!(shown_after(&forward, Some(0)), Some(1));
    }

    #[test]
    fn the_template_survives_the_next_image() {
        let template = "https://cdn.example.com/{digest}";
        let state = send(&Rc::default(), OpenAction::Sample("linux"));
        let state = send(&state, crate::app::EditAction::Template(template.into()));
        let state = send(&state, OpenAction::Sample("windows"));
        assert_eq!(opened(&state).template, template);
    }

    #[test]
    fn what_the_person_shows_stays_when_images_arrive() {
        let (image, children) = documents();
        let root = image.root().clone();
        let state =
            send(&Rc::default(), OpenAction::Loaded(Rc::new(Opened::new(image, Origin::Paste))));
        let state = send(&state, OpenAction::Show(root.clone()));
        let (id, slot) = children[0].clone();
        let state = send(&state, OpenAction::Child { root: root.clone(), id, slot });
        assert_eq!(opened(&state).current, root);
    }
}
