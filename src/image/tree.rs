use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Config, ImageEdits};
use crate::limits;
use crate::manifest::{Descriptor, Digest, Document, EntryKey};
use crate::msg;
use crate::text::{Arg, Message};

/// A loaded image: the root document, and what is there of its children and configs.
///
/// Documents are known by the digest under which they were loaded; one that several parents name
/// is there once.
#[derive(Clone, Debug)]
pub struct Image {
    root: Digest,
    nodes: BTreeMap<Digest, Slot>,
    configs: BTreeMap<Digest, Arc<Config>>,
}

/// What is there of a document that the tree names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slot {
    /// It was loaded.
    Loaded(Arc<Document>),
    /// It could not be: the reason.
    Missing(Message),
}

/// A line of the tree, parents before their children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The document.
    pub id: Digest,
    /// How deep it stands; the root is 0.
    pub depth: usize,
    /// The index that names it and which entry there; `None` for the root.
    pub entry: Option<(Digest, EntryKey)>,
    /// The descriptor by which its parent names it, with the edits made to it; the digest is the
    /// one under which the document was loaded.
    pub descriptor: Option<Descriptor>,
    /// Whether this entry, or one above it, is taken out.
    pub removed: bool,
}

/// An entry of an index, with the edits made to it.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Which one it is.
    pub key: EntryKey,
    /// What it says; its digest is the one under which the document was loaded.
    pub descriptor: Cow<'a, Descriptor>,
    /// Whether it is in the index as it becomes.
    pub kept: bool,
}

impl Image {
    /// An image of which only the root is there.
    pub fn new(root: Document) -> Self {
        let id = root.digest().clone();
        let nodes = BTreeMap::from([(id.clone(), Slot::Loaded(Arc::new(root)))]);
        Self { root: id, nodes, configs: BTreeMap::new() }
    }

    /// The digest of the root as it was loaded.
    pub fn root(&self) -> &Digest {
        &self.root
    }

    /// The document loaded as `id`, as it was loaded.
    pub fn document(&self, id: &Digest) -> Option<&Arc<Document>> {
        match self.nodes.get(id) {
            Some(Slot::Loaded(document)) => Some(document),
            _ => None,
        }
    }

    /// The document that edits are made to: the text as the person rewrote it, or as loaded.
    pub fn base<'a>(&'a self, edits: &'a ImageEdits, id: &Digest) -> Option<&'a Arc<Document>> {
        edits.get(id).and_then(|node| node.text.as_ref()).or_else(|| self.document(id))
    }

    /// What is there of the document `id`; `None` while nothing is known of it.
    pub fn slot(&self, id: &Digest) -> Option<&Slot> {
        self.nodes.get(id)
    }

    /// The documents that are there.
    pub fn documents(&self) -> impl Iterator<Item = (&Digest, &Arc<Document>)> {
        self.nodes.iter().filter_map(|(id, slot)| match slot {
            Slot::Loaded(document) => Some((id, document)),
            Slot::Missing(_) => None,
        })
    }

    /// The config `digest`, when it is there.
    pub fn config(&self, digest: &Digest) -> Option<&Arc<Config>> {
        self.configs.get(digest)
    }

    /// The config of the manifest loaded as `id`, when it is there.
    pub fn config_of(&self, id: &Digest) -> Option<&Arc<Config>> {
        self.config(&self.document(id)?.config()?.digest)
    }

    /// The entries of the index loaded as `id`, with those that were added, in the order in which
    /// they will stand; those that are taken out are among them.
    pub fn entries<'a>(&'a self, edits: &'a ImageEdits, id: &Digest) -> Vec<Entry<'a>> {
        let Some(base) = self.base(edits, id) else { return Vec::new() };
        let own = edits.of(id);
        let entry = |key: EntryKey| {
            let descriptor = own.entry(base, &key)?;
            Some(Entry { descriptor, kept: own.keeps_entry(&key), key })
        };
        own.entry_order(base).into_iter().filter_map(entry).collect()
    }

    /// Adds what became of the child `id`. Its bytes must have been checked against `id`.
    ///
    /// A document beyond the [limits](crate::limits) of an image does not count as loaded.
    pub fn insert(&mut self, id: Digest, slot: Slot) {
        let slot = match slot {
            Slot::Loaded(document) => self.within_limits(&id, document),
            missing @ Slot::Missing(_) => missing,
        };
        self.nodes.insert(id, slot);
    }

    fn within_limits(&self, id: &Digest, document: Arc<Document>) -> Slot {
        let others = || self.documents().filter(|(other, _)| *other != id).map(|(_, it)| it);
        let bytes = others().map(|it| it.bytes().len()).sum::<usize>() + document.bytes().len();
        if bytes > limits::IMAGE {
            let most = Arg::Bytes(limits::IMAGE as u64);
            return Slot::Missing(msg!("image.too-large", most = most));
        }
        // An index below another one adds its entries to the tree, whether they are loaded or not.
        let entries = others().map(|it| it.entries().len()).sum::<usize>();
        if entries + document.entries().len() >= limits::DOCUMENTS {
            return Slot::Missing(msg!("image.too-many-documents", most = limits::DOCUMENTS));
        }
        Slot::Loaded(document)
    }

    /// Adds a config. Its bytes must have been checked against `digest`. Beyond the
    /// [limit](limits::CONFIGS) of an image its text is not kept.
    pub fn insert_config(&mut self, digest: Digest, mut config: Config) {
        let length = |config: &Config| config.text.as_ref().map_or(0, |text| text.len());
        let others = self.configs.iter().filter(|(other, _)| **other != digest);
        let kept: usize = others.map(|(_, config)| length(config)).sum();
        if kept + length(&config) > limits::CONFIGS {
            config.text = None;
        }
        self.configs.insert(digest, Arc::new(config));
    }

    /// The tree in reading order: each document at each place where it is named, except below
    /// itself (a cycle ends there) and below its first place (a document shown twice has its
    /// children shown once).
    pub fn rows(&self, edits: &ImageEdits) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut seen = BTreeSet::new();
        let id = self.root.clone();
        let root = Row { id, depth: 0, entry: None, descriptor: None, removed: false };
        let mut stack = vec![root];
        while let Some(row) = stack.pop() {
            let first = seen.insert(row.id.clone());
            if first {
                let children = self.entries(edits, &row.id).into_iter().rev();
                stack.extend(children.map(|entry| Row {
                    id: entry.descriptor.digest.clone(),
                    depth: row.depth + 1,
                    removed: row.removed || !entry.kept,
                    entry: Some((row.id.clone(), entry.key)),
                    descriptor: Some(entry.descriptor.into_owned()),
                }));
            }
            rows.push(row);
        }
        rows
    }

    /// What is more in a document with `edits` than is opened for editing, as a sentence; only what
    /// differs from the edits `before` is looked at.
    pub fn too_much(&self, edits: &ImageEdits, before: &ImageEdits) -> Option<Message> {
        let is_same = |id: &Digest| match (edits.shared(id), before.shared(id)) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            _ => false,
        };
        edits.iter().filter(|(id, _)| !is_same(id)).find_map(|(id, node)| {
            let (name, found, most) = node.edits.too_many(self.base(edits, id)?)?;
            Some(msg!("manifest.too-many", name = name, found = found, most = most))
        })
    }

    /// The documents that the tree names but that are not there, each once, in reading order.
    pub fn wanted(&self, edits: &ImageEdits) -> Vec<Descriptor> {
        let mut seen = BTreeSet::new();
        self.rows(edits)
            .into_iter()
            .filter(|row| self.slot(&row.id).is_none() && seen.insert(row.id.clone()))
            .filter_map(|row| row.descriptor)
            .collect()
    }
}

/// Equal roots with the same things loaded.
impl PartialEq for Image {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root && self.nodes == other.nodes && self.configs == other.configs
    }
}

impl Eq for Image {}
