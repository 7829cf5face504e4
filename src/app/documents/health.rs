//! The health of a tag: whether the registry has everything that the open image needs.

use std::rc::Rc;

use crate::app::{Effect, ReportForm, State};
use crate::image::{Part, PartRole, Row};
use crate::manifest::{Digest, EntryKey};
use crate::registry::PartState;

/// What a registry said of the parts of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Where it was asked: registry and repository as the person names them.
    pub place: String,
    /// What the image needs, as it was loaded.
    pub parts: Rc<[Part]>,
    /// What became of each, in their order; empty until all was asked.
    pub states: Vec<PartState>,
    /// How many were answered, while they are asked.
    pub progress: Option<usize>,
}

/// What happens to the check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealthAction {
    /// “Check every document and blob”.
    Check,
    /// “Cancel” of the check.
    Stop,
    /// This is what is asked for, for the image loaded under this digest.
    Parts(Digest, Rc<[Part]>),
    /// So many were answered, for the image loaded under this digest.
    Progress(Digest, usize),
    /// All are answered, for the image loaded under this digest.
    Done(Digest, Vec<PartState>),
    /// It needs a sign-in first, for the image loaded under this digest.
    Failed(Digest),
    /// Save the table in this form.
    Save(ReportForm),
}

impl Health {
    /// The parts with what became of them.
    pub fn rows(&self) -> impl Iterator<Item = (&Part, &PartState)> {
        self.parts.iter().zip(&self.states)
    }

    /// What the registry said of the part with this digest.
    pub fn of(&self, digest: &Digest) -> Option<&PartState> {
        self.rows().find(|(part, _)| part.digest == *digest).map(|(_, state)| state)
    }

    /// How many parts break a pull, and of how many it is not known whether all is there.
    pub fn counts(&self) -> (usize, usize) {
        let broken = self.states.iter().filter(|state| state.breaks()).count();
        let unknown = |state: &&PartState| {
            matches!(state, PartState::Unread(_) | PartState::Unknown(_) | PartState::NotAsked)
        };
        (broken, self.states.iter().filter(unknown).count())
    }
}

pub(in crate::app) fn update(state: &mut State, action: HealthAction, effects: &mut Vec<Effect>) {
    let is_open = |state: &State, root: &Digest| {
        state.opened.as_ref().is_some_and(|opened| opened.image.root() == root)
    };
    match action {
        HealthAction::Check => check(state, effects),
        HealthAction::Stop => effects.push(Effect::StopHealth),
        HealthAction::Parts(root, parts) => {
            if is_open(state, &root)
                && let Some(health) = running(state)
            {
                health.parts = parts;
            }
        }
        HealthAction::Progress(root, answered) => {
            if is_open(state, &root)
                && let Some(health) = running(state)
            {
                health.progress = Some(answered);
            }
        }
        HealthAction::Done(root, states) => {
            if is_open(state, &root)
                && let Some(health) = running(state)
                && states.len() == health.parts.len()
            {
                health.progress = None;
                health.states = states;
            }
        }
        HealthAction::Failed(root) => {
            if is_open(state, &root) && running(state).is_some() {
                state.desk.health = None;
            }
        }
        HealthAction::Save(form) => {
            if state.desk.health.as_ref().is_some_and(|health| !health.states.is_empty()) {
                effects.push(Effect::SaveHealth(form));
            }
        }
    }
}

/// The check that is under way.
fn running(state: &mut State) -> Option<&mut Health> {
    state.desk.health.as_ref().filter(|health| health.progress.is_some())?;
    state.desk.health.as_mut().map(Rc::make_mut)
}

/// Asks, unless nobody can be asked, or the answer is on its way.
pub(in crate::app) fn check(state: &mut State, effects: &mut Vec<Effect>) {
    let (Some(opened), Some(place)) = (&state.opened, state.old_place()) else { return };
    if state.desk.health.as_ref().is_some_and(|health| health.progress.is_some()) {
        return;
    }
    let registry = place.registry.as_ref().map(|registry| format!("{registry}/"));
    let health = Health {
        place: registry.unwrap_or_default() + place.repository.as_str(),
        parts: opened.image.parts().into(),
        states: Vec::new(),
        progress: Some(0),
    };
    state.desk.health = Some(Rc::new(health));
    effects.push(Effect::CheckHealth);
}

/// Whether a part is still needed by the image as it becomes, whose `rows` these are; and the entries
/// whose removal would end that, each with its index and what people call it.
pub fn entries_of(rows: &[Row], part: &Part) -> (bool, Vec<(Digest, EntryKey, String)>) {
    let needs = |id: &Digest| {
        *id == part.digest
            || part.role != PartRole::Document && part.used.iter().any(|used| used.document == *id)
    };
    let mut entries = Vec::new();
    let mut kept = false;
    for row in rows.iter().filter(|row| !row.removed && needs(&row.id)) {
        kept = true;
        if let (Some((index, key)), Some(entry)) = (&row.entry, &row.descriptor) {
            let platform = entry.platform.as_ref().map(ToString::to_string);
            let name = format!("{} {}", entry.digest.short(), platform.unwrap_or_default());
            entries.push((index.clone(), key.clone(), name.trim().to_owned()));
        }
    }
    (kept, entries)
}
