//! What a plan of a push is asked for: the documents, where they come from and where they go.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::app::page::config::BackupTag;
use crate::app::{BlobFrom, Config, Opened, Origin, VerifyState};
use crate::image::RenderedNode;
use crate::manifest::{Algorithm, Descriptor, Digest, Document};
use crate::registry::push::{
    BackupName, LocalBlob, Needed, Place, Proof, PushDocument, PushInput, PushPlan, Role,
};
use crate::registry::{Endpoint, Reference, ShortNames, Tag};

/// What a plan is asked for. The answer counts as long as this is what is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanRequest {
    /// To push the open image.
    Push(Box<PushRequest>),
    /// To set the tag of a push that was carried out back to what it was.
    Restore {
        /// The push.
        done: Rc<PushPlan>,
        /// What it has shown.
        proof: Proof,
        /// Where the tag pointed before it.
        before: Digest,
    },
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
    /// Blobs that another repository has, with its reference.
    pub elsewhere: Vec<(Digest, Reference)>,
    /// Blobs that are brought even where the target has the documents that need them.
    pub wanted: BTreeSet<Digest>,
    /// Those of them that must be there, although a layer with URLs may stay away.
    pub required: BTreeSet<Digest>,
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
        let mut local = self.local;
        for (blob, reference) in &self.elsewhere {
            // A file that the person chose is nearer.
            match local.get(blob) {
                None | Some(LocalBlob::Urls(_)) => {
                    local.insert(blob.clone(), LocalBlob::In(place(reference)));
                }
                Some(_) => {}
            }
        }
        PushInput {
            documents: self.documents,
            source,
            local,
            wanted: self.wanted,
            required: self.required,
            target,
            backup: tag.as_ref().filter(|_| self.backup).map(|tag| {
                let named = self.backup_name.map(|name| name.name(tag, now_ms));
                let usable =
                    |name: &BackupName| root.as_ref().is_some_and(|it| name.tag(it).is_some());
                named.filter(usable).unwrap_or_else(|| BackupName::of(tag))
            }),
            reference: self.target,
            put_back: false,
            pinned,
            tag,
            loaded,
        }
    }
}

/// Where the image was loaded from, when that was a registry.
pub(in crate::app) fn source(opened: &Opened) -> Option<Reference> {
    let Origin::Registry { reference, .. } = &opened.origin else { return None };
    Reference::parse(reference, ShortNames::OfDefaultRegistry).ok()
}

/// What a push of the open image to `target` takes.
pub(in crate::app) fn request(opened: &Opened, target: Reference, backup: bool) -> PushRequest {
    let source = source(opened);
    let ids: Vec<(&Digest, &Arc<RenderedNode>)> = opened.rendered.children_first().collect();
    let nodes: Vec<&Arc<RenderedNode>> = ids.iter().map(|(_, node)| *node).collect();
    let rows = opened.image.rows(opened.history.edits());
    let platform = |id: &Digest| {
        let row = rows.iter().find(|row| row.id == *id)?;
        row.descriptor.as_ref()?.platform.as_ref().map(ToString::to_string)
    };
    let documents: Vec<PushDocument> = ids
        .iter()
        .filter_map(|(id, node)| {
            Some(PushDocument { platform: platform(id), ..document(node, &nodes)? })
        })
        .collect();
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
    let (mut elsewhere, mut wanted, mut required) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for need in documents.iter().flat_map(|document| &document.needs) {
        let Some(from) = opened.brought.of(&need.digest) else { continue };
        if opened.brought.is_required(&need.digest) {
            required.insert(need.digest.clone());
        }
        if wanted.insert(need.digest.clone()) {
            match from {
                BlobFrom::Here(blob) => drop(local.insert(need.digest.clone(), blob.clone())),
                BlobFrom::Repository(place) => elsewhere.push((need.digest.clone(), place.clone())),
            }
        }
    }
    PushRequest {
        documents,
        source,
        local,
        elsewhere,
        wanted,
        required,
        target,
        loaded,
        set: None,
        backup,
        backup_name: None,
    }
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
    let with_urls = crate::app::export::dialog::layer_urls(opened).into_iter();
    with_urls.filter(|(digest, _)| needed.contains(digest)).collect()
}

/// Layers that only URLs have come from files of the person, where these were found to be the layers.
pub(in crate::app) fn take_files(request: &mut PushRequest, verify: &VerifyState) {
    for need in request.documents.iter().flat_map(|document| &document.needs) {
        let known = request.local.get(&need.digest);
        if matches!(known, None | Some(LocalBlob::Urls(_)))
            && let Some(file) = verify.whole_file_of(&need.digest)
        {
            request.local.insert(need.digest.clone(), LocalBlob::File(file));
        }
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
        platform: None,
        media_type: node.media_type.to_owned(),
        is_index: result.kind().is_index(),
        bytes: node.bytes.clone(),
        needs,
        urls,
        has_subject: result.subject().is_some(),
    })
}

/// Whether `plan` is for what the image has become, or puts back what was there before.
pub(in crate::app) fn is_for(plan: &PushPlan, opened: &Opened) -> bool {
    plan.input.put_back || plan.input.root().map(|root| &root.digest) == result(opened)
}

/// The digest of what the image becomes.
pub(in crate::app) fn result(opened: &Opened) -> Option<&Digest> {
    opened.rendered.digest(opened.image.root())
}

/// Where an image is pushed unless the person says otherwise: where it came from, or the portal's
/// repository.
pub(in crate::app) fn default_target(opened: &Opened, config: &Config) -> String {
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
