//! Comparing two images: indexes entry by entry, manifests by layers, annotations and configs.
//!
//! Invariant: what is compared is what the bytes say as they become; what is not loaded is told as
//! such and never counts as the same.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};

use super::compare_manifest::{of_contents, of_documents, of_entries};
use super::difference::{
    AnnotationPlace, Aspect, ComparedPart, Comparison, Difference, PartEquality, Shape,
};
use super::{Config, EntryKind, Image, ImageEdits, Rendered};
use crate::manifest::{Descriptor, Digest, Document, EntryKey, Platform};

/// An image as it becomes.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The image.
    pub image: &'a Image,
    /// The edits made to it.
    pub edits: &'a ImageEdits,
    /// What it becomes with them.
    pub rendered: &'a Rendered,
}

/// A document on one side.
#[derive(Clone, Debug)]
struct Named {
    /// The digest under which it was loaded.
    id: Digest,
    /// The digest that it gets.
    digest: Digest,
    what: EntryKind,
    platform: Option<Platform>,
    /// The entry that names it, as it becomes; its index and which one it is.
    entry: Option<(Digest, EntryKey, Descriptor)>,
}

/// What entries of two indexes have in common that belong together: what they are, their artifact
/// type, and the platform without its features.
type Key = (&'static str, String, Option<[String; 4]>);

/// A document here and the one there that it is compared with.
type Pair = (Option<Named>, Option<Named>);

/// Compares the image `here` with the one `there`.
pub fn compare(here: Side<'_>, there: Side<'_>) -> Comparison {
    let (own, other) = (here.root(), there.root());
    let (is_index, other_is_index) = (here.is_index(), there.is_index());
    let mut reordered = false;
    let (shape, pairs) = match (is_index, other_is_index) {
        (false, false) => (Shape::Images, vec![(Some(own.clone()), Some(other.clone()))]),
        (true, true) => {
            let (pairs, moved) = pairs(here.entries(), there.entries());
            reordered = moved;
            (Shape::Indexes, pairs)
        }
        (true, false) => {
            let found = fitting(here.entries(), &other).map(|own| (Some(own), Some(other.clone())));
            (Shape::IndexHere, found.into_iter().collect())
        }
        (false, true) => {
            let found =
                fitting(there.entries(), &own).map(|other| (Some(own.clone()), Some(other)));
            (Shape::IndexThere, found.into_iter().collect())
        }
    };
    let mut parts: Vec<ComparedPart> =
        pairs.into_iter().filter_map(|pair| part(here, there, pair)).collect();
    parts.sort_by_key(|part| part.state);
    let mut index = Vec::new();
    if shape == Shape::Indexes && own.digest != other.digest {
        if let (Some(one), Some(two)) = (here.becomes(&own.id), there.becomes(&other.id)) {
            index = of_documents(&one, &two, &own.id);
        }
        if reordered {
            index.push(Difference::new(Aspect::EntryOrder, None, None));
        }
        if index.is_empty() && parts.iter().all(|part| part.state == PartEquality::Same) {
            index.push(Difference::new(Aspect::Written, None, None));
        }
    }
    Comparison { here: own.digest, there: other.digest, shape, index, parts }
}

/// Puts together what belongs together, in the order of the entries here, then of those there: first
/// the same documents, then in the order of the entries. And whether those on both sides stand in
/// another order.
fn pairs(here: Vec<Named>, there: Vec<Named>) -> (Vec<Pair>, bool) {
    let mut partner: Vec<Option<usize>> = vec![None; here.len()];
    let mut taken = vec![false; there.len()];
    for exact in [true, false] {
        let key = |named: &Named| (named.key(), exact.then(|| named.digest.clone()));
        let mut free: BTreeMap<_, VecDeque<usize>> = BTreeMap::new();
        for (at, named) in there.iter().enumerate().filter(|(at, _)| !taken[*at]) {
            free.entry(key(named)).or_default().push_back(at);
        }
        for (named, partner) in here.iter().zip(&mut partner).filter(|(_, it)| it.is_none()) {
            *partner = free.get_mut(&key(named)).and_then(VecDeque::pop_front);
            if let Some(at) = *partner {
                taken[at] = true;
            }
        }
    }
    let moved = !partner.iter().flatten().is_sorted();
    let mut there: Vec<Option<Named>> = there.into_iter().map(Some).collect();
    let mut all: Vec<Pair> = here
        .into_iter()
        .zip(partner)
        .map(|(named, partner)| (Some(named), partner.and_then(|at| there[at].take())))
        .collect();
    all.extend(there.into_iter().flatten().map(|named| (None, Some(named))));
    (all, moved)
}

/// The entry to compare an image with: the one with its digest, or else the first for its platform.
fn fitting(entries: Vec<Named>, image: &Named) -> Option<Named> {
    let same = entries.iter().position(|entry| entry.digest == image.digest);
    let fits = |entry: &Named| {
        entry.what == EntryKind::Image && image.platform.is_some() && entry.key() == image.key()
    };
    let at = same.or_else(|| entries.iter().position(fits))?;
    entries.into_iter().nth(at)
}

/// What became of a document that stands on both sides or on one.
fn part(here: Side<'_>, there: Side<'_>, (own, other): Pair) -> Option<ComparedPart> {
    let named = own.as_ref().or(other.as_ref())?;
    let platform = |named: &Option<Named>| named.as_ref()?.platform.clone();
    let mut part = ComparedPart {
        what: named.what.clone(),
        platform: platform(&own).or_else(|| platform(&other)),
        state: PartEquality::Same,
        here: own.as_ref().map(|named| named.digest.clone()),
        there: other.as_ref().map(|named| named.digest.clone()),
        entry: other.as_ref().and_then(|it| it.entry.as_ref()).map(|(_, _, it)| it.clone()),
        differences: Vec::new(),
        same_layers: 0,
    };
    let (Some(own), Some(other)) = (own, other) else {
        part.state =
            if part.here.is_some() { PartEquality::OnlyHere } else { PartEquality::OnlyThere };
        return Some(part);
    };
    if let (Some((index, key, one)), Some((_, _, two))) = (&own.entry, &other.entry) {
        let place = AnnotationPlace { document: index.clone(), entry: Some(key.clone()) };
        part.differences = of_entries(one, two, &place);
    }
    if own.digest != other.digest {
        let (mut found, same) = documents(here, there, &own.id, &other.id);
        if found.is_empty() {
            found.push(Difference::new(Aspect::Written, None, None));
        }
        part.differences.extend(found);
        part.same_layers = same;
    }
    if !part.differences.is_empty() {
        part.state = PartEquality::Differs;
    }
    Some(part)
}

/// What differs in two documents, and how many layers are the same.
fn documents(
    here: Side<'_>,
    there: Side<'_>,
    own: &Digest,
    other: &Digest,
) -> (Vec<Difference>, usize) {
    let (one, two) = (here.becomes(own), there.becomes(other));
    let (Some(one), Some(two)) = (&one, &two) else {
        let not_loaded = Aspect::NotLoaded(one.is_none(), two.is_none());
        return (vec![Difference::new(not_loaded, None, None)], 0);
    };
    let mut found = of_documents(one, two, own);
    let (more, same) = of_contents((one, here.config(one)), (two, there.config(two)));
    found.extend(more);
    // The entries of an index below another one are not compared one by one.
    let digests = |document: &Document| -> Vec<String> {
        document.entries().iter().map(|entry| entry.digest.to_string()).collect()
    };
    let (one, two) = (digests(one), digests(two));
    if one != two {
        let manifests = Aspect::Member("manifests".to_owned());
        found.push(Difference::new(manifests, Some(one.join(" ")), Some(two.join(" "))));
    }
    (found, same)
}

impl Named {
    fn key(&self) -> Key {
        let of = match &self.what {
            EntryKind::Artifact(of) => of.clone(),
            _ => String::new(),
        };
        let platform = self.platform.clone();
        let platform = platform.map(|it| [it.os, it.architecture, it.variant, it.os_version]);
        (self.what.name(), of, platform)
    }
}

impl<'a> Side<'a> {
    /// The document loaded as `id`, as it becomes.
    fn becomes(self, id: &Digest) -> Option<Cow<'a, Document>> {
        let node = self.rendered.node(id)?;
        if node.splices.is_empty() {
            return Some(Cow::Borrowed(&*node.base));
        }
        let read =
            Document::parse(node.bytes.clone(), Some(node.media_type), node.digest.algorithm());
        read.ok().map(Cow::Owned)
    }

    /// The digest that the document loaded as `id` gets.
    fn digest(self, id: &Digest) -> Digest {
        self.rendered.digest(id).unwrap_or(id).clone()
    }

    fn config(self, document: &Document) -> Option<&'a Config> {
        self.image.config(&document.config()?.digest).map(|config| &**config)
    }

    fn is_index(self) -> bool {
        let base = self.image.base(self.edits, self.image.root());
        base.is_some_and(|base| base.kind().is_index())
    }

    fn root(self) -> Named {
        let id = self.image.root().clone();
        Named {
            platform: self.platform_of(&id),
            digest: self.digest(&id),
            what: EntryKind::Image,
            entry: None,
            id,
        }
    }

    /// The platform that the config of a manifest states.
    fn platform_of(self, id: &Digest) -> Option<Platform> {
        let base = self.image.base(self.edits, id)?;
        self.config(base).map(Config::platform).filter(|it| *it != Platform::default())
    }

    /// The entries of the root as they become, in their order.
    fn entries(self) -> Vec<Named> {
        let root = self.image.root();
        let rows = self.image.entry_rows(self.edits, root).into_iter().filter(|row| row.kept);
        let becomes = self.becomes(root);
        let written = becomes.as_ref().map(|it| it.entries()).unwrap_or_default();
        rows.enumerate()
            .map(|(at, row)| {
                let digest = self.digest(&row.descriptor.digest);
                // What follows another digest stands in the text only.
                let said = written.get(at).filter(|said| said.digest == digest);
                let id = row.descriptor.digest.clone();
                let entry = said.cloned().unwrap_or(row.descriptor);
                let platform = match &row.what {
                    EntryKind::Attestation { platform, .. } => platform.clone(),
                    _ => entry.platform.clone().or_else(|| self.platform_of(&id)),
                };
                let entry = Some((root.clone(), row.key, entry));
                Named { id, digest, what: row.what, platform, entry }
            })
            .collect()
    }
}
