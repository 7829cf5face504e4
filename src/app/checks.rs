use std::collections::BTreeSet;
use std::rc::Rc;

use super::{Config, Effect, Opened, Origin, State};
use crate::checks::{
    Advice, Finding, Fix, LayerRef, Place, RegistryKind, Report, Severity, Situation, Subject,
    UrlFact, check, report,
};
use crate::image::ImageEdits;
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
    /// Why the image is pushed although an error stands.
    pub reason: String,
    /// The layer whose place a finding led to, and the digest of the text that it stands in: another
    /// text has the place elsewhere.
    pub place: Option<(LayerRef, Digest)>,
}

/// What happens around the checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChecksAction {
    /// The target is this registry software.
    Kind(RegistryKind),
    /// A client must cope with the image, or need not.
    Client(&'static str, bool),
    /// Apply a fix.
    Fix(Fix),
    /// Apply a piece of advice: these edits, under this name.
    Apply(Rc<ImageEdits>),
    /// Show this layer in the table.
    Show(LayerRef),
    /// Show this layer in the text of its manifest.
    ShowPlace(LayerRef),
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

    /// The place that a finding led to, as a byte offset in the current document as it becomes;
    /// `None` where that text is not the one any more.
    pub fn place(&self, opened: &Opened) -> Option<usize> {
        let (layer, digest) = self.place.as_ref()?;
        let node = opened.rendered.node(&opened.current)?;
        if layer.node != opened.current || node.digest != *digest {
            return None;
        }
        node.place_of_layer(layer.index as usize)
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
pub(super) fn of_origin(origin: &Origin, config: &Config) -> ChecksState {
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

pub(super) fn reduce(state: &mut State, action: ChecksAction) {
    match action {
        ChecksAction::Kind(kind) => change(state, |situation| situation.kind = kind),
        ChecksAction::Client(id, ticked) => {
            if ticked {
                state.checks.clients.insert(id);
            } else {
                state.checks.clients.remove(id);
            }
        }
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
            state.outbox.ask(Effect::ShowLayer(layer.index as usize));
        }
        ChecksAction::ShowPlace(layer) => {
            if let Some(opened) = &mut state.opened
                && let Some(digest) = opened.rendered.digest(&layer.node).cloned()
            {
                Rc::make_mut(opened).current = layer.node.clone();
                state.checks.place = Some((layer, digest));
            }
        }
        ChecksAction::Reason(text) => state.checks.reason = text,
        ChecksAction::Learned(learned) => {
            change(state, |situation| situation.learn(&learned));
        }
        ChecksAction::Url(layer, url, fact) => change(state, |situation| {
            situation.urls.entry(layer).or_default().insert(url, fact);
        }),
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
