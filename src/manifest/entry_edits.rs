//! Edits of the entries of an index: which are there, in which order, and what they say beside the
//! digest.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Descriptor, Digest, Document, Edits, Platform};

/// An entry of an index as it becomes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKey {
    /// The entry that was loaded at this zero-based position.
    Loaded(usize),
    /// The entry that was added for the document loaded under this digest.
    Added(Digest),
}

/// What becomes of an entry of an index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EntryChoice {
    /// It names what its document becomes. For an attestation: its annotation, and the `subject` of
    /// the attestation manifest where there is one, name the image's new digest; the signed
    /// statement inside still names the old one.
    #[default]
    Repoint,
    /// An attestation stays as it is and names the old digest of its image.
    Leave,
    /// The entry is taken out of the index.
    Drop,
}

/// What should become of a member that may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<T> {
    /// It says this.
    Set(T),
    /// It is taken out.
    Remove,
}

impl<T> Change<T> {
    /// The change that leads to `wanted`, where `None` means no such member.
    pub fn to(wanted: Option<T>) -> Self {
        wanted.map_or(Self::Remove, Self::Set)
    }

    /// What it should say; `None` means no such member.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Remove => None,
        }
    }
}

/// What an entry that was loaded should say where it differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct EntryEdit {
    pub(super) choice: EntryChoice,
    pub(super) platform: Option<Change<Platform>>,
    /// New values of annotations; `None` takes one out.
    pub(super) annotations: BTreeMap<String, Option<String>>,
    pub(super) artifact_type: Option<Change<String>>,
}

impl Edits {
    /// What becomes of the loaded entry at `index`.
    pub fn entry_choice(&self, index: usize) -> EntryChoice {
        self.entries.get(&index).map(|edit| edit.choice).unwrap_or_default()
    }

    /// Decides what becomes of the loaded entry at `index`.
    pub fn choose_entry(&mut self, index: usize, choice: EntryChoice) {
        self.change_entry(index, |edit| edit.choice = choice);
    }

    /// Whether the entry is in the index as it becomes.
    pub fn keeps_entry(&self, key: &EntryKey) -> bool {
        match key {
            EntryKey::Loaded(index) => self.entry_choice(*index) != EntryChoice::Drop,
            EntryKey::Added(digest) => self.added.contains_key(digest),
        }
    }

    /// Sets the platform of an entry, or (with `None`) takes it out. What the bytes say is not kept.
    pub fn set_platform(&mut self, document: &Document, key: &EntryKey, wanted: Option<Platform>) {
        match key {
            EntryKey::Loaded(index) => {
                let Some(entry) = document.entries().get(*index) else { return };
                let present = entry.platform.as_ref();
                // A platform that says nothing is none, unless it stands there.
                let wanted = wanted
                    .filter(|wanted| present == Some(wanted) || *wanted != Platform::default());
                let edit = (entry.platform != wanted).then(|| Change::to(wanted));
                self.change_entry(*index, |entry| entry.platform = edit);
            }
            EntryKey::Added(digest) => self.change_added(digest, |entry| entry.platform = wanted),
        }
    }

    /// Sets the `artifactType` of an entry, or (with `None`) takes it out.
    pub fn set_entry_artifact_type(
        &mut self,
        document: &Document,
        key: &EntryKey,
        wanted: Option<String>,
    ) {
        match key {
            EntryKey::Loaded(index) => {
                let Some(entry) = document.entries().get(*index) else { return };
                let edit = (entry.artifact_type != wanted).then(|| Change::to(wanted));
                self.change_entry(*index, |entry| entry.artifact_type = edit);
            }
            EntryKey::Added(digest) => {
                self.change_added(digest, |entry| entry.artifact_type = wanted);
            }
        }
    }

    /// Sets or (with `None`) takes out the annotation `name` of an entry's descriptor.
    pub fn annotate_entry(
        &mut self,
        document: &Document,
        key: &EntryKey,
        name: &str,
        value: Option<String>,
    ) {
        match key {
            EntryKey::Loaded(index) => {
                let Some(entry) = document.entries().get(*index) else { return };
                self.change_entry(*index, |edit| {
                    set_difference(&mut edit.annotations, &entry.annotations, name, value);
                });
            }
            EntryKey::Added(digest) => self.change_added(digest, |entry| {
                let at = entry.annotations.iter().position(|(known, _)| known == name);
                match (at, value) {
                    (Some(at), Some(value)) => entry.annotations[at].1 = value,
                    (Some(at), None) => drop(entry.annotations.remove(at)),
                    (None, Some(value)) => entry.annotations.push((name.to_owned(), value)),
                    (None, None) => {}
                }
            }),
        }
    }

    /// Adds an entry, which is known by the digest that it names from then on; an entry that was
    /// added for that digest before is replaced.
    pub fn add_entry(&mut self, entry: Descriptor) {
        let key = EntryKey::Added(entry.digest.clone());
        if !self.order.is_empty() && !self.order.contains(&key) {
            self.order.push(key);
        }
        self.added.insert(entry.digest.clone(), Arc::new(entry));
    }

    /// Takes an entry out: one that was added is forgotten, one that was loaded is dropped.
    pub fn remove_entry(&mut self, document: &Document, key: &EntryKey) {
        match key {
            EntryKey::Loaded(index) => self.choose_entry(*index, EntryChoice::Drop),
            EntryKey::Added(digest) => {
                self.added.remove(digest);
                let order = std::mem::take(&mut self.order);
                self.arrange(document, order);
            }
        }
    }

    /// The entries that were added, in the order of the digests that they name.
    pub fn added(&self) -> impl Iterator<Item = &Descriptor> {
        self.added.values().map(Arc::as_ref)
    }

    /// All entries in the order in which they stand, those that are taken out at their old place.
    pub fn entry_order(&self, document: &Document) -> Vec<EntryKey> {
        if self.order.is_empty() { self.usual_order(document) } else { self.order.clone() }
    }

    /// Whether the entries stand in another order than the loaded one with the added ones behind.
    pub fn is_rearranged(&self) -> bool {
        !self.order.is_empty()
    }

    /// Puts the entries into this order. What is no entry is left out, and entries that are not
    /// named follow in their usual order.
    pub fn arrange(&mut self, document: &Document, order: Vec<EntryKey>) {
        let usual = self.usual_order(document);
        let mut left: BTreeSet<EntryKey> = usual.iter().cloned().collect();
        let mut arranged: Vec<EntryKey> =
            order.into_iter().filter(|key| left.remove(key)).collect();
        arranged.extend(usual.iter().filter(|key| left.contains(key)).cloned());
        self.order = if arranged == usual { Vec::new() } else { arranged };
    }

    /// Moves an entry past its neighbour above or below; entries that are taken out do not count.
    /// Says whether there was one.
    pub fn move_entry(&mut self, document: &Document, key: &EntryKey, up: bool) -> bool {
        let mut order = self.entry_order(document);
        let Some(from) = order.iter().position(|each| each == key) else { return false };
        let neighbour = if up {
            order[..from].iter().rposition(|each| self.keeps_entry(each))
        } else {
            let below = order[from + 1..].iter().position(|each| self.keeps_entry(each));
            below.map(|at| from + 1 + at)
        };
        let Some(to) = neighbour else { return false };
        let moved = order.remove(from);
        order.insert(to, moved);
        self.arrange(document, order);
        true
    }

    /// The descriptor of an entry with its own edits; the digest is the one under which its
    /// document was loaded. `None` where there is no such entry.
    pub fn entry<'a>(
        &'a self,
        document: &'a Document,
        key: &EntryKey,
    ) -> Option<Cow<'a, Descriptor>> {
        let index = match key {
            EntryKey::Loaded(index) => index,
            EntryKey::Added(digest) => {
                return self.added.get(digest).map(|entry| Cow::Borrowed(&**entry));
            }
        };
        let loaded = document.entries().get(*index)?;
        let Some(edit) = self.entries.get(index) else { return Some(Cow::Borrowed(loaded)) };
        let mut entry = loaded.clone();
        if let Some(platform) = &edit.platform {
            entry.platform = platform.value().cloned();
        }
        if let Some(artifact_type) = &edit.artifact_type {
            entry.artifact_type = artifact_type.value().cloned();
        }
        entry.annotations = with_differences(&entry.annotations, &edit.annotations);
        Some(Cow::Owned(entry))
    }

    /// The annotations of a loaded entry that should differ.
    pub fn entry_annotations(&self, index: usize) -> impl Iterator<Item = (&str, Option<&str>)> {
        let edit = self.entries.get(&index);
        edit.into_iter()
            .flat_map(|edit| &edit.annotations)
            .map(|(name, value)| (name.as_str(), value.as_deref()))
    }

    /// The platform that a loaded entry should have instead of its own, if it should.
    pub fn entry_platform(&self, index: usize) -> Option<&Change<Platform>> {
        self.entries.get(&index)?.platform.as_ref()
    }

    /// The `artifactType` that a loaded entry should have instead of its own, if it should.
    pub fn entry_artifact_type(&self, index: usize) -> Option<&Change<String>> {
        self.entries.get(&index)?.artifact_type.as_ref()
    }

    fn usual_order(&self, document: &Document) -> Vec<EntryKey> {
        let loaded = (0..document.entries().len()).map(EntryKey::Loaded);
        loaded.chain(self.added.keys().cloned().map(EntryKey::Added)).collect()
    }

    fn change_entry(&mut self, index: usize, change: impl FnOnce(&mut EntryEdit)) {
        let mut edit = self.entries.remove(&index).unwrap_or_default();
        change(Arc::make_mut(&mut edit));
        if *edit != EntryEdit::default() {
            self.entries.insert(index, edit);
        }
    }

    fn change_added(&mut self, digest: &Digest, change: impl FnOnce(&mut Descriptor)) {
        if let Some(entry) = self.added.get_mut(digest) {
            change(Arc::make_mut(entry));
        }
    }
}

/// Notes that `name` should say `value`, unless the annotations that were loaded do.
pub(super) fn set_difference(
    differences: &mut BTreeMap<String, Option<String>>,
    loaded: &[(String, String)],
    name: &str,
    value: Option<String>,
) {
    let present = loaded.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    if present == value.as_ref() {
        differences.remove(name);
    } else {
        differences.insert(name.to_owned(), value);
    }
}

/// The annotations with their differences: those that stay in the order of the text, then those
/// that are new.
pub(super) fn with_differences(
    loaded: &[(String, String)],
    differences: &BTreeMap<String, Option<String>>,
) -> Vec<(String, String)> {
    if differences.is_empty() {
        return loaded.to_vec();
    }
    let mut fresh = differences.clone();
    let mut all = Vec::with_capacity(loaded.len());
    for (name, value) in loaded {
        match fresh.remove(name) {
            None => all.push((name.clone(), value.clone())),
            Some(Some(value)) => all.push((name.clone(), value)),
            Some(None) => {}
        }
    }
    all.extend(fresh.into_iter().filter_map(|(name, value)| Some((name, value?))));
    all
}
