use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use super::config::{BackupTag, Disallowed};
use super::{
    Asked, AskedAt, BegunPush, Config, Effect, Failure, Opened, Origin, OrphanSearch, State,
    VerifyState,
};
use crate::image::RenderedNode;
use crate::manifest::{Algorithm, Descriptor, Digest, Document};
use crate::registry::push::{
    BackupName, LocalBlob, Needed, Place, Proof, PushDocument, PushInput, PushPlan, Role,
};
use crate::registry::{Endpoint, Reference, ShortNames, Tag};
use crate::text::Message;

/// Pushing the open image: where to, the plan, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PushState {
    /// The text of “Target reference”.
    pub target: String,
    /// Whether the old content of the tag is kept under another one.
    pub backup: bool,
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

/// A tag that this page has set, so that its having moved is no surprise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagSet {
    /// Where.
    pub place: Place,
    /// The tag.
    pub tag: Tag,
    /// What it was set to.
    pub digest: Digest,
}

/// How far a push is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PushPhase {
    /// Nothing is planned.
    #[default]
    Idle,
    /// The target is being asked what it has, for a plan whose root has this digest.
    Planning(Digest),
    /// The plan is there; nothing was sent yet, or it stopped and can go on.
    Planned(Rc<PushPlan>),
    /// The plan is carried out: [`Pushes::running`](super::Pushes::running).
    Running,
    /// It was carried out and proved.
    Done(Rc<PushPlan>, Proof),
}

/// What the plan is made from, where the page must still look up the endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushRequest {
    /// The documents, children first.
    pub documents: Vec<PushDocument>,
    /// Where the image was loaded from.
    pub source: Option<Reference>,
    /// Layers and configs that are in a file of the person.
    pub local: BTreeMap<Digest, LocalBlob>,
    /// Where to.
    pub target: Reference,
    /// The digest of the root as it was loaded, when it was loaded from this tag, or by its digest
    /// under the name of this tag.
    pub loaded: Option<Digest>,
    /// The tag that this page set last.
    pub set: Option<TagSet>,
    /// Whether a tag keeps the old content.
    pub backup: bool,
    /// How the portal calls such tags.
    pub backup_name: Option<BackupTag>,
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
    /// The plan is there.
    Planned(Rc<PushPlan>),
    /// “Push”, and “Go on” after a failure.
    Push,
    /// The tag moved; the person overwrites it all the same.
    OverwriteMoved,
    /// Making the plan failed.
    Failed(Failure),
    /// Something to tell while the plan is made.
    Progress(Message),
    /// “Cancel” while the plan is made.
    Cancel,
    /// “Put the old digest back”.
    Restore,
}

impl PushPhase {
    /// The plan that is shown; [`State::push_plan`] knows the one that is carried out, too.
    pub(super) fn plan(&self) -> Option<&Rc<PushPlan>> {
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

impl PushRequest {
    /// The input of the plan, with what the references stand for. `now_ms` is the time in
    /// milliseconds since 1970.
    pub fn input(self, endpoint: impl Fn(&Reference) -> Endpoint, now_ms: u64) -> PushInput {
        let place = |reference: &Reference| Place {
            endpoint: endpoint(reference),
            repository: reference.repository.clone(),
        };
        let tag = match (&self.target.tag, &self.target.digest) {
            (None, None) => Some(Tag::latest()),
            (tag, _) => tag.clone(),
        };
        let target = place(&self.target);
        let source = self.source.as_ref().map(&place);
        let by_us = self.set.filter(|set| set.place == target && Some(&set.tag) == tag.as_ref());
        let pinned =
            by_us.is_none() && self.source.as_ref().is_some_and(|source| source.digest.is_some());
        let root = self.documents.last().map(|root| root.digest.clone());
        let loaded = match by_us {
            Some(set) => Some(set.digest),
            None => self.loaded.filter(|_| source.as_ref() == Some(&target)),
        };
        PushInput {
            documents: self.documents,
            source,
            local: self.local,
            target,
            backup: tag.as_ref().filter(|_| self.backup).map(|tag| {
                let named = self.backup_name.map(|name| name.name(tag, now_ms));
                let usable =
                    |name: &BackupName| root.as_ref().is_some_and(|it| name.tag(it).is_some());
                named.filter(usable).unwrap_or_else(|| BackupName::of(tag))
            }),
            typed: self.target.digest,
            put_back: false,
            pinned,
            tag,
            loaded,
        }
    }
}

pub(super) fn update(state: &mut State, action: PushAction, effects: &mut Vec<Effect>) {
    let mut planned = false;
    let push = &mut state.push;
    match action {
        PushAction::Show(shown) => {
            push.shown = shown;
            if shown && push.target.is_empty() {
                let opened = state.opened.as_deref();
                push.target =
                    opened.map(|opened| default_target(opened, &state.config)).unwrap_or_default();
            }
        }
        PushAction::Target(text) => {
            push.target = text;
            push.failure = None;
            if !push.phase.is_busy() {
                push.phase = PushPhase::Idle;
            }
        }
        PushAction::Backup(backup) => {
            push.backup = backup;
            if matches!(&push.phase, PushPhase::Planned(plan) if !plan.input.put_back) {
                review(state, effects);
            }
        }
        PushAction::Review => review(state, effects),
        PushAction::Planned(plan) => {
            // The answer may be to a question that was taken back.
            if let PushPhase::Planning(asked) = &push.phase
                && plan.input.root().is_some_and(|root| root.digest == *asked)
            {
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
        PushAction::Failed(failure) => {
            push.progress = None;
            push.failure = Some(failure);
            push.phase = PushPhase::Idle;
        }
        PushAction::Progress(message) => push.progress = Some(message),
        PushAction::Cancel => {
            effects.push(Effect::CancelPlan);
        }
        PushAction::Restore => {
            if let PushPhase::Done(plan, proof) = &push.phase
                && let Some(before) = proof.before.clone()
            {
                let plan = plan.clone();
                push.phase = PushPhase::Planning(before.clone());
                push.failure = None;
                effects.push(Effect::PlanRestore { plan, before });
            }
        }
    }
    if planned && state.has_unasked_digests() {
        super::orphans::look(state, effects);
    }
}

/// Carries out the plan that is shown.
fn begin(state: &mut State, plan: Rc<PushPlan>, effects: &mut Vec<Effect>) {
    let Some(opened) = state.opened.clone() else { return };
    let reference = state.push.target.trim().to_owned();
    let push = BegunPush { opened, reference, plan };
    super::pushes::begin(state, push, effects);
}

/// Another image was opened: it does not go where the one before it went.
pub(super) fn opened(state: &mut State) {
    *state.push = PushState { backup: state.push.backup, ..PushState::default() };
    forget_question(state);
}

/// Keeps the push in step with the open image, which was `before` the action: a plan for bytes that
/// changed is dropped.
pub(super) fn result_changed(state: &mut State, before: Option<&Opened>) {
    let planned = matches!(state.push.phase, PushPhase::Planning(_) | PushPhase::Planned(_));
    if planned && before.and_then(result) != state.opened.as_deref().and_then(result) {
        state.push.phase = PushPhase::Idle;
        state.push.failure = None;
        forget_question(state);
    }
}

/// Drops a question that was asked for the plan that is shown, so that answering it does not set an
/// old plan going again.
fn forget_question(state: &mut State) {
    let asked = |asked: &Asked| asked.place() == AskedAt::Push;
    if state.access.asked.as_ref().is_some_and(asked) {
        state.access.asked = None;
    }
}

/// The digest of what the image becomes.
fn result(opened: &Opened) -> Option<&Digest> {
    opened.rendered.digest(opened.image.root())
}

/// Asks for a plan, when the target is one.
fn review(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(opened) = state.opened.clone() else { return };
    let push = &mut state.push;
    push.shown = true;
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
            let Some(root) = result(&opened) else { return };
            push.phase = PushPhase::Planning(root.clone());
            let mut request = request(&opened, target, push.backup);
            request.set.clone_from(&push.set);
            request.backup_name.clone_from(&state.config.backup_tag);
            take_files(&mut request, &state.verify);
            effects.push(Effect::PlanPush(Box::new(request)));
        }
        Err(error) => {
            push.phase = PushPhase::Idle;
            push.failure = Some(Failure::plain(error.message()));
        }
    }
}

/// Whether the portal allows this image at this target: the registry, and the host of every URL.
fn check_portal(config: &Config, opened: &Opened, target: &Reference) -> Result<(), Disallowed> {
    config.check_registry(target)?;
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

/// Where an image is pushed unless the person says otherwise: where it came from, or the portal's
/// repository.
pub(super) fn default_target(opened: &Opened, config: &Config) -> String {
    match &opened.origin {
        Origin::Registry { reference, .. } => {
            reference.split('@').next().unwrap_or_default().to_owned()
        }
        _ => {
            let named = opened.held.as_ref().and_then(|held| held.target());
            named.unwrap_or_else(|| config.first_reference())
        }
    }
}

fn request(opened: &Opened, target: Reference, backup: bool) -> PushRequest {
    let source = match &opened.origin {
        Origin::Registry { reference, .. } => {
            Reference::parse(reference, ShortNames::OfDefaultRegistry).ok()
        }
        _ => None,
    };
    let nodes: Vec<&Arc<RenderedNode>> =
        opened.rendered.children_first().map(|(_, node)| node).collect();
    let documents: Vec<PushDocument> =
        nodes.iter().filter_map(|node| document(node, &nodes)).collect();
    let same_tag = |source: &Reference| {
        source.tag.as_ref().map_or("latest", Tag::as_str)
            == target.tag.as_ref().map_or("latest", Tag::as_str)
            && source.registry == target.registry
            && source.repository == target.repository
    };
    let loaded =
        source.as_ref().filter(|source| same_tag(source)).map(|_| opened.image.root().clone());
    let local = opened.held.as_ref().map(|held| {
        let needed = documents.iter().flat_map(|document| &document.needs);
        held.local(needed.map(|need| &need.digest))
    });
    let mut local = local.unwrap_or_default();
    for (digest, urls) in no_longer_foreign(opened, &documents) {
        local.entry(digest).or_insert(LocalBlob::Urls(urls));
    }
    PushRequest { documents, source, local, target, loaded, set: None, backup, backup_name: None }
}

/// The layers that were foreign when they were loaded and are not any more, with the URLs that they
/// had: a target may have no other way to them.
fn no_longer_foreign(opened: &Opened, documents: &[PushDocument]) -> Vec<(Digest, Vec<String>)> {
    let needed: BTreeSet<&Digest> = documents
        .iter()
        .flat_map(|document| &document.needs)
        .filter(|need| !need.may_stay_away && !need.is_manifest())
        .map(|need| &need.digest)
        .collect();
    let with_urls = super::export::layer_urls(opened).into_iter();
    with_urls.filter(|(digest, _)| needed.contains(digest)).collect()
}

/// Layers that only URLs have come from files of the person, where these were found to be the layers.
fn take_files(request: &mut PushRequest, verify: &VerifyState) {
    for need in request.documents.iter().flat_map(|document| &document.needs) {
        let known = request.local.get(&need.digest);
        if matches!(known, None | Some(LocalBlob::Urls(_)))
            && let Some(file) = verify.whole_file_of(&need.digest)
        {
            request.local.insert(need.digest.clone(), LocalBlob::File(file));
        }
    }
}

/// Takes a layer that the plan lacks from a file that was found to be the layer.
pub(super) fn provide(state: &mut State, layer: &Digest) {
    let file = state.verify.whole_file_of(layer);
    if let (Some(file), PushPhase::Planned(plan)) = (file, &mut state.push.phase)
        && plan.lacks(layer)
    {
        Rc::make_mut(plan).provide(layer, file);
        state.push.failure = None;
    }
}

/// What is pushed of one document; what it needs is read from the very bytes that are sent.
fn document(node: &RenderedNode, all: &[&Arc<RenderedNode>]) -> Option<PushDocument> {
    let algorithm: Algorithm = node.digest.algorithm();
    let result = Document::parse(node.bytes.clone(), Some(node.media_type), algorithm).ok()?;
    let blob = |descriptor: &Descriptor, role, may_stay_away| Needed {
        digest: descriptor.digest.clone(),
        size: descriptor.size,
        may_stay_away,
        role,
    };
    let config = result.config().map(|config| blob(config, Role::Config, false));
    // Without a URL even a foreign layer must be in the registry: nothing else says where it is.
    let layers = result.layers().iter().map(|layer| {
        let foreign = crate::manifest::LayerMark::of(layer).is_foreign();
        let role = if foreign && !layer.has_urls() { Role::ForeignWithoutUrl } else { Role::Layer };
        blob(layer, role, foreign && layer.has_urls())
    });
    let pushed_along = |entry: &&Descriptor| !all.iter().any(|node| node.digest == entry.digest);
    let children = result
        .entries()
        .iter()
        .filter(pushed_along)
        .map(|entry| blob(entry, Role::Manifest, false));
    let needs = config.into_iter().chain(layers).chain(children).collect();
    let urls = result.layers().iter().filter_map(|layer| layer.urls.clone()).flatten().collect();
    Some(PushDocument {
        digest: node.digest.clone(),
        media_type: node.media_type.to_owned(),
        bytes: node.bytes.clone(),
        needs,
        urls,
        has_subject: result.subject().is_some(),
    })
}
