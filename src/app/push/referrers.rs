//! What the change leaves behind: signatures, attestations, SBOMs and tags that name an old digest.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::app::export::dialog::place;
use crate::app::{Effect, Opened, Origin, State};
use crate::export::make_again;
use crate::image::{ChangedDigest, Orphan, OrphanKind, changed_digests, orphaned_entries};
use crate::manifest::Digest;
use crate::registry::{LeftBehind, Reference, ShortNames};

/// What was asked of a registry about the old digests of the open image, and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrphanSearch {
    /// Where it was looked for: registry and repository as the person names them.
    pub place: String,
    /// The digests that were asked for.
    pub asked: BTreeSet<Digest>,
    /// How many requests are done, and of how many, while they are under way.
    pub progress: Option<(usize, usize)>,
    /// What was found.
    pub found: LeftBehind,
}

/// A digest that changes, with what stays with the old one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stays {
    /// The old digest and the new one.
    pub digest: ChangedDigest,
    /// What refers to the old one.
    pub orphans: Vec<Orphan>,
    /// The commands that sign or attach again; empty where there are none, or no place to push to.
    pub commands: Vec<String>,
}

/// What happens to the search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrphansAction {
    /// “Look in …”.
    Look,
    /// “Cancel” of the search.
    Stop,
    /// So many of so many requests are done, for the image loaded under this digest.
    Progress(Digest, usize, usize),
    /// All answers are there, for the image loaded under this digest.
    Found(Digest, Rc<LeftBehind>),
}

impl State {
    /// Where the old digests are: the repository from which the image was loaded, else the target.
    pub fn old_place(&self) -> Option<Reference> {
        let named = match &self.opened.as_ref()?.origin {
            Origin::Registry { reference, .. } => reference,
            _ => &self.push.target,
        };
        Reference::parse(named, ShortNames::OfDefaultRegistry).ok()
    }

    /// The digests that change and have something that stays with the old one, the root first.
    pub fn left_behind(&self) -> Vec<Stays> {
        let Some(opened) = &self.opened else { return Vec::new() };
        let target = self.target();
        let pushed = target.as_ref().filter(|target| self.is_old_place(target));
        let pushed = pushed.map(|target| target.tag.as_ref().map_or("latest", |tag| tag.as_str()));
        let mut by_digest: BTreeMap<&Digest, Vec<Orphan>> = BTreeMap::new();
        let edits = opened.history.edits();
        let entries = orphaned_entries(&opened.image, edits, &opened.rendered);
        let found = self.push.orphans.as_ref().map(|search| &search.found.found[..]);
        for (old, orphan) in entries.iter().chain(found.unwrap_or_default()) {
            // The tag that is about to be set does not stay.
            let is_pushed = orphan.tag().is_some_and(|tag| Some(tag) == pushed);
            if !(orphan.kind == OrphanKind::Tag && is_pushed) {
                by_digest.entry(old).or_default().push(orphan.clone());
            }
        }
        let place = target.as_ref().map(|target| place(self, target));
        let stays = |digest: ChangedDigest| {
            let orphans = by_digest.remove(&digest.old)?;
            let mut commands: Vec<String> = Vec::new();
            for orphan in &orphans {
                let Some(place) = &place else { break };
                let again = make_again(orphan.kind, &orphan.artifact_type, place, &digest.new);
                commands.extend(
                    again.into_iter().filter(|line| !commands.contains(line)).collect::<Vec<_>>(),
                );
            }
            Some(Stays { digest, orphans, commands })
        };
        let changed = changed_digests(&opened.rendered);
        changed.into_iter().rev().filter_map(stays).collect()
    }

    /// Whether digests have changed for which nobody asked.
    pub fn has_unasked_digests(&self) -> bool {
        let (Some(opened), Some(search)) = (&self.opened, &self.push.orphans) else { return true };
        changed_digests(&opened.rendered).iter().any(|one| !search.asked.contains(&one.old))
    }

    fn target(&self) -> Option<Reference> {
        let opened = self.opened.as_ref()?;
        let text = match self.push.target.trim() {
            "" => crate::app::push::request::default_target(opened, &self.config),
            typed => typed.to_owned(),
        };
        Reference::parse(&text, ShortNames::OfDefaultRegistry).ok()
    }

    fn is_old_place(&self, target: &Reference) -> bool {
        self.old_place().is_some_and(|old| {
            old.registry == target.registry && old.repository == target.repository
        })
    }
}

pub(in crate::app) fn update(state: &mut State, action: OrphansAction, effects: &mut Vec<Effect>) {
    let current = |opened: &Rc<Opened>, root: &Digest| opened.image.root() == root;
    match action {
        OrphansAction::Look => look(state, effects),
        OrphansAction::Stop => {
            effects.push(Effect::StopOrphans);
        }
        OrphansAction::Progress(root, done, total) => {
            if state.opened.as_ref().is_some_and(|opened| current(opened, &root))
                && let Some(search) = &mut state.push.orphans
                && search.progress.is_some()
            {
                Rc::make_mut(search).progress = Some((done, total));
            }
        }
        OrphansAction::Found(root, found) => {
            if state.opened.as_ref().is_some_and(|opened| current(opened, &root))
                && let Some(search) = &mut state.push.orphans
                && search.progress.is_some()
            {
                let search = Rc::make_mut(search);
                search.progress = None;
                search.found = (*found).clone();
                learn(state, &found);
            }
        }
    }
}

/// Tells the checks who names the old digests, unless that is not known.
fn learn(state: &mut State, found: &LeftBehind) {
    let signed = found.found.iter().filter(|(_, orphan)| orphan.kind != OrphanKind::Tag);
    let name = |(_, orphan): &(Digest, Orphan)| match (orphan.tag(), &orphan.digest) {
        (Some(tag), _) => tag.to_owned(),
        (None, digest) => digest.as_ref().map(Digest::short).unwrap_or_default(),
    };
    let names: Vec<String> = signed.map(name).collect();
    if !names.is_empty() || found.unknown.is_empty() {
        Rc::make_mut(&mut state.checks.situation).referrers = Some(names);
    }
}

/// How a search calls the repository of `place`.
fn searched(place: &Reference) -> String {
    let registry = place.registry.as_ref().map(|registry| format!("{registry}/"));
    registry.unwrap_or_default() + place.repository.as_str()
}

impl OrphanSearch {
    /// The tags of the repository of `place` that point at one of `digests`; `None` where that is
    /// not known of all.
    pub(in crate::app) fn tags_of(
        &self,
        place: &Reference,
        digests: &[&Digest],
    ) -> Option<BTreeSet<&str>> {
        let is_known = self.progress.is_none()
            && self.found.all_tags
            && self.place == searched(place)
            && digests.iter().all(|digest| self.asked.contains(digest));
        let found = self.found.found.iter();
        let of_digests = found.filter(|(digest, _)| digests.contains(&digest));
        let tags = of_digests.filter(|(_, it)| it.kind == OrphanKind::Tag);
        is_known.then(|| tags.filter_map(|(_, orphan)| orphan.tag()).collect())
    }
}

/// Asks, unless nothing changed, nobody can be asked, or the answer is on its way.
pub(in crate::app) fn look(state: &mut State, effects: &mut Vec<Effect>) {
    let (Some(opened), Some(place)) = (&state.opened, state.old_place()) else { return };
    let changed = changed_digests(&opened.rendered);
    let busy = state.push.orphans.as_ref().is_some_and(|search| search.progress.is_some());
    if changed.is_empty() || busy {
        return;
    }
    state.push.orphans = Some(Rc::new(OrphanSearch {
        place: searched(&place),
        asked: changed.into_iter().map(|one| one.old).collect(),
        progress: Some((0, 0)),
        found: LeftBehind::default(),
    }));
    effects.push(Effect::LookForOrphans);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{asked, send};
    use crate::app::{EditAction, OpenAction, PushAction, WholeAction};
    use crate::image::{CosignTag, StepLayer, orphan_of_cosign_tag, orphan_of_tag};
    use crate::manifest::Facts;
    use crate::msg;

    /// A sample as if it had been loaded by `reference`, with its first layer marked everywhere.
    fn marked(reference: &str) -> Rc<State> {
        let image = crate::image::Sample::named("platforms").unwrap().open().unwrap();
        let origin = Origin::Registry { reference: reference.into(), facts: Facts::default() };
        let opened = Rc::new(Opened::new(image, origin));
        let state = send(&Rc::default(), OpenAction::Loaded(opened));
        let steps = state.opened.as_ref().unwrap().steps();
        let mark =
            |state, layer: &StepLayer| send(&state, WholeAction::Mark(layer.digest.clone(), true));
        steps.layers().fold(state, mark)
    }

    fn root(state: &State) -> Digest {
        state.opened.as_ref().unwrap().image.root().clone()
    }

    #[test]
    fn attestations_in_the_index_are_known_without_asking() {
        let state = marked("r.example/team/app:1.4");
        let found = state.left_behind();
        let kinds: Vec<_> =
            found.iter().flat_map(|stays| &stays.orphans).map(|orphan| orphan.kind).collect();
        assert_eq!(kinds, [OrphanKind::BuildKitAttestation]);
        assert!(found[0].commands.is_empty());
        let undone = send(&state, EditAction::GoTo(0));
        assert_eq!(undone.left_behind(), []);
        assert_eq!(asked(&undone, OrphansAction::Look), [], "nothing changes");
    }

    #[test]
    fn what_the_registry_has_is_listed_with_commands() {
        let state = marked("r.example/team/app:1.4");
        assert_eq!(asked(&state, OrphansAction::Look), [Effect::LookForOrphans]);
        let state = send(&state, OrphansAction::Look);
        assert_eq!(state.push.orphans.as_ref().unwrap().place, "r.example/team/app");
        assert_eq!(asked(&state, OrphansAction::Look), [], "one search at a time");
        let root = root(&state);
        let tag = |name: &str| (root.clone(), orphan_of_tag(name, root.clone()));
        let signature = orphan_of_cosign_tag(CosignTag::Signature, "sha256-x.sig", None);
        let found = LeftBehind {
            found: vec![(root.clone(), signature), tag("1.4"), tag("latest")],
            unknown: vec![msg!("orphans.silent")],
            all_tags: true,
        };
        let state = send(&state, OrphansAction::Found(root.clone(), Rc::new(found)));
        let stays = state.left_behind();
        assert_eq!(stays[0].digest.old, root);
        let kinds = |state: &State| -> Vec<_> {
            let stays = state.left_behind();
            stays[0].orphans.iter().map(|orphan| orphan.tag().unwrap().to_owned()).collect()
        };
        // The tag that is pushed does not stay; under another name it does.
        assert_eq!(kinds(&state), ["sha256-x.sig", "latest"]);
        let elsewhere = send(&state, PushAction::Target("r.example/team/app:1.4-foreign".into()));
        assert_eq!(kinds(&elsewhere), ["sha256-x.sig", "1.4", "latest"]);
        let new = &stays[0].digest.new;
        assert_eq!(stays[0].commands, [format!("cosign sign r.example/team/app@{new}")]);
        assert_eq!(
            state.checks.situation.referrers.as_deref(),
            Some(&["sha256-x.sig".to_owned()][..])
        );
        assert!(!state.has_unasked_digests());
        let again = send(&state, OrphansAction::Look);
        assert_eq!(asked(&again, OrphansAction::Stop), [Effect::StopOrphans]);
        let other = Digest::sha256(b"other");
        assert_eq!(send(&state, OrphansAction::Progress(other, 1, 2)), state);
    }

    #[test]
    fn without_a_registry_there_is_nobody_to_ask() {
        let state = send(&Rc::default(), OpenAction::Sample("platforms"));
        let layer = state.opened.as_ref().unwrap().steps().steps[0].layers[0].clone();
        let state = send(&state, WholeAction::Mark(layer.digest, true));
        assert_eq!(asked(&state, OrphansAction::Look), []);
        let state = send(&state, PushAction::Target("r.example/app:1".into()));
        assert_eq!(asked(&state, OrphansAction::Look), [Effect::LookForOrphans]);
    }
}
