//! Splices for the entries of an index, and for the members that documents and entries have in
//! common: annotations, platform, `artifactType`, `subject`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::edits::{Edits, EntryUpdate, SubjectEdit, Updates};
use super::entry_edits::{EntryChoice, EntryKey};
use super::render::{Draft, whole};
use super::{Descriptor, Digest, Document, Platform};
use crate::json::{
    self, Node, Splice, Splices, Written, set_members, written_array, written_element,
};

/// The annotation by which an index entry names the manifest that an attestation is about
/// (buildkit `attestation-storage.md`).
const REFERENCE_DIGEST: &str = "vnd.docker.reference.digest";

/// Members of an object that are to be set (or, with `None`, taken out).
type Members<'a> = Vec<(&'a str, Option<Written>)>;

impl Document {
    /// What the document says of itself: annotations, `artifactType`, `subject`.
    pub(super) fn own_splices(&self, edits: &Edits, updates: &Updates, out: &mut Draft<'_>) {
        let root = self.root();
        let mut members = Members::new();
        out.annotations(root, edits.annotations(), &mut members);
        if let Some(wanted) = edits.artifact_type() {
            members.push(("artifactType", wanted.value().map(Written::text)));
        }
        match (edits.subject(), &updates.subject) {
            (Some(SubjectEdit::Remove), _) => members.push(("subject", None)),
            (Some(SubjectEdit::Set(subject)), update) => {
                members.push(("subject", Some(subject.written(update.as_ref()))));
            }
            (_, Some(update)) => {
                if let Some(node) = root.get("subject") {
                    out.set_entry(node, update);
                }
            }
            (_, None) => {}
        }
        out.found.extend(set_members(self.bytes(), root, &members));
    }

    /// The entries: each as it should be, at the place where it should stand. A place keeps what
    /// stands between it and its neighbours.
    pub(super) fn entry_splices(&self, edits: &Edits, updates: &Updates, out: &mut Draft<'_>) {
        let renamed: BTreeMap<&str, &Digest> = updates
            .entries
            .iter()
            .filter_map(|(key, update)| match key {
                EntryKey::Loaded(at) => Some((self.entries().get(*at)?.digest.as_str(), update)),
                EntryKey::Added(digest) => Some((digest.as_str(), update)),
            })
            .map(|(old, update)| (old, &update.digest))
            .collect();
        let changes = Changes { document: self, edits, updates, renamed };
        let count = self.entries().len();
        let keeps = |at: &usize| edits.entry_choice(*at) != EntryChoice::Drop;
        if edits.added.is_empty() && !edits.is_rearranged() && (0..count).all(|at| keeps(&at)) {
            out.found.extend((0..count).flat_map(|at| changes.of_entry(at)));
            return;
        }
        let Some(list) = self.list_node() else { return };
        let mut order = edits.entry_order(self);
        order.retain(|key| edits.keeps_entry(key));
        // Where nothing stays, the first entries give their places to the added ones.
        let none_stays = !(0..count).any(|at| keeps(&at));
        let (places, gone): (Vec<usize>, Vec<usize>) =
            (0..count).partition(|at| if none_stays { *at < order.len() } else { keeps(at) });
        if count == 0 {
            if !order.is_empty() {
                let items: Vec<String> = order.iter().map(|key| changes.text_of(key)).collect();
                let written = written_array(self.bytes(), self.root(), &items);
                out.found.push(Splice::new(list.span.clone(), written));
            }
            return;
        }
        out.found.extend(json::remove_elements(list, &gone));
        for (place, key) in places.iter().zip(&order) {
            match (key, self.entry_node(*place)) {
                (EntryKey::Loaded(at), _) if at == place => {
                    out.found.extend(changes.of_entry(*at));
                }
                (_, Some(node)) => {
                    out.found.push(Splice::new(node.span.clone(), changes.text_of(key)));
                }
                (_, None) => {}
            }
        }
        let behind = order.get(places.len()..).unwrap_or_default();
        if !behind.is_empty() {
            let items: Vec<String> = behind.iter().map(|key| changes.text_of(key)).collect();
            out.found.push(json::append_elements(self.bytes(), list, &items));
        }
    }
}

/// What changes inside the entries of an index.
struct Changes<'a> {
    document: &'a Document,
    edits: &'a Edits,
    updates: &'a Updates,
    /// New digests of documents by their old ones.
    renamed: BTreeMap<&'a str, &'a Digest>,
}

impl Changes<'_> {
    /// The entry that was loaded at `at`, in offsets of the document.
    fn of_entry(&self, at: usize) -> Vec<Splice> {
        let Some(node) = self.document.entry_node(at) else { return Vec::new() };
        let mut out = Draft { text: self.document.bytes(), found: Vec::new() };
        if let Some(update) = self.updates.entries.get(&EntryKey::Loaded(at)) {
            out.set_entry(node, update);
        }
        let edit = self.edits.entries.get(&at);
        let mut annotations =
            edit.map_or(Cow::Owned(BTreeMap::new()), |edit| Cow::Borrowed(&edit.annotations));
        if let Some(digest) =
            self.repointed(at).filter(|_| !annotations.contains_key(REFERENCE_DIGEST))
        {
            annotations.to_mut().insert(REFERENCE_DIGEST.to_owned(), Some(digest.to_string()));
        }
        let mut members = Members::new();
        out.annotations(node, &annotations, &mut members);
        if let Some(edit) = edit {
            if let Some(wanted) = &edit.platform {
                out.platform(node, wanted.value(), &mut members);
            }
            if let Some(wanted) = &edit.artifact_type {
                members.push(("artifactType", wanted.value().map(Written::text)));
            }
        }
        out.found.extend(set_members(out.text, node, &members));
        out.found
    }

    /// The new digest of the image that the attestation at `at` is about, when it is to name that.
    fn repointed(&self, at: usize) -> Option<&Digest> {
        if self.renamed.is_empty() || self.edits.entry_choice(at) != EntryChoice::Repoint {
            return None;
        }
        let named = self.document.entries().get(at)?.annotation(REFERENCE_DIGEST)?;
        self.renamed.get(named).copied()
    }

    /// The whole text of an entry that stands at a place which was not its own.
    fn text_of(&self, key: &EntryKey) -> String {
        let text = self.document.bytes();
        match key {
            EntryKey::Loaded(at) => {
                let Some(node) = self.document.entry_node(*at) else { return String::new() };
                let start = node.span.start;
                let own = self.of_entry(*at).into_iter().map(|splice| Splice {
                    range: splice.range.start - start..splice.range.end - start,
                    ..splice
                });
                let own = whole(Splices::new(own.collect()));
                let written = json::apply(&text[node.span.clone()], &own);
                // A document is UTF-8, and so is what is spliced into it.
                String::from_utf8(written).unwrap_or_default()
            }
            EntryKey::Added(digest) => {
                let Some(entry) = self.edits.added.get(digest) else { return String::new() };
                let mut entry = Cow::Borrowed(&**entry);
                let named = entry.annotation(REFERENCE_DIGEST);
                if let Some(image) = named.and_then(|named| self.renamed.get(named)) {
                    for (name, value) in &mut entry.to_mut().annotations {
                        if name == REFERENCE_DIGEST {
                            *value = image.to_string();
                        }
                    }
                }
                let written = entry.written(self.updates.entries.get(key));
                match self.document.list_node() {
                    Some(list) => written_element(text, self.document.root(), list, &written),
                    None => String::new(),
                }
            }
        }
    }
}

impl Draft<'_> {
    /// Makes the annotations of `parent`, a document or an entry, say what is wanted: inside the
    /// object that is there, or as a member to set.
    fn annotations(
        &mut self,
        parent: &Node,
        wanted: &BTreeMap<String, Option<String>>,
        members: &mut Members<'_>,
    ) {
        if wanted.is_empty() {
            return;
        }
        if let Some(object) = parent.get("annotations").filter(|node| !node.members().is_empty()) {
            let wanted: Members<'_> = wanted
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_ref().map(Written::text)))
                .collect();
            self.found.extend(set_members(self.text, object, &wanted));
            return;
        }
        let added: Vec<(&str, &str)> = wanted
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?)))
            .collect();
        if !added.is_empty() {
            members.push(("annotations", Some(Written::pairs(added))));
        }
    }

    /// Makes the platform of `entry` say what is wanted; members that nobody here knows stay.
    fn platform(&mut self, entry: &Node, wanted: Option<&Platform>, members: &mut Members<'_>) {
        let Some(wanted) = wanted else { return members.push(("platform", None)) };
        match entry.get("platform").filter(|node| !node.members().is_empty()) {
            Some(object) => {
                // What says nothing may stay as it is, in whatever form.
                let own = platform_members(wanted).into_iter();
                let own: Members<'_> = own
                    .filter(|(name, value)| value.is_some() || object.get(name).is_some_and(says))
                    .collect();
                self.found.extend(set_members(self.text, object, &own));
            }
            None => members.push(("platform", Some(wanted.written()))),
        }
    }
}

/// Whether a member of a platform says something.
fn says(node: &Node) -> bool {
    match &node.value {
        json::Value::Null => false,
        json::Value::String(text) => !text.is_empty(),
        json::Value::Array(elements) => !elements.is_empty(),
        _ => true,
    }
}

/// The members of a platform in the order of image-spec's Go type.
fn platform_members(platform: &Platform) -> Members<'static> {
    let text = |text: &String| (!text.is_empty()).then(|| Written::text(text));
    let features = &platform.os_features;
    vec![
        ("architecture", text(&platform.architecture)),
        ("os", text(&platform.os)),
        ("os.version", text(&platform.os_version)),
        ("os.features", (!features.is_empty()).then(|| Written::Texts(features.clone()))),
        ("variant", text(&platform.variant)),
    ]
}

impl Descriptor {
    /// The descriptor as a new value, with what its document became in `update`; in the order of
    /// image-spec's Go type.
    pub fn written(&self, update: Option<&EntryUpdate>) -> Written {
        let entry = self;
        let media_type = update.and_then(|update| update.media_type).unwrap_or(&entry.media_type);
        let digest = update.map_or(&entry.digest, |update| &update.digest);
        let size = update.map_or(entry.size, |update| update.size);
        let data = update.and_then(|update| update.data.as_ref()).or(entry.data.as_ref());
        let annotations =
            entry.annotations.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let platform = entry.platform.as_ref().map(Platform::written);
        let members = [
            ("mediaType", (!media_type.is_empty()).then(|| Written::text(media_type))),
            ("digest", Some(Written::text(digest.as_str()))),
            ("size", Some(Written::Number(size))),
            ("urls", entry.urls.clone().map(Written::Texts)),
            ("annotations", (!entry.annotations.is_empty()).then(|| Written::pairs(annotations))),
            ("data", data.map(Written::text)),
            ("platform", platform),
            ("artifactType", entry.artifact_type.as_ref().map(Written::text)),
        ];
        let members = members.into_iter();
        Written::Object(
            members.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect(),
        )
    }
}

impl Platform {
    /// The platform as a new value; empty members are left out.
    pub fn written(&self) -> Written {
        let members = platform_members(self).into_iter();
        let members = members.filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Written::Object(members.collect())
    }
}
