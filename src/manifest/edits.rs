//! Edits of a document as values: what it should say, not how it got there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::entry_edits::{Change, EntryEdit, EntryKey, set_difference, with_differences};
use super::media_type::{Family, Form, LayerType, NoTwin};
use super::{Descriptor, Digest, Document};
use crate::limits;
use crate::msg;
use crate::text::Message;

/// What a document should say where it differs from its bytes.
///
/// Declarative: equal edits render to equal bytes, whatever way led to them, and a mark that says
/// what the bytes already say is not kept ([`Edits::mark_layer`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    layers: BTreeMap<usize, Arc<LayerMark>>,
    family: Option<Family>,
    pub(super) entries: BTreeMap<usize, Arc<EntryEdit>>,
    pub(super) added: BTreeMap<Digest, Arc<Descriptor>>,
    /// All entries in their order; empty for the usual one.
    pub(super) order: Vec<EntryKey>,
    annotations: BTreeMap<String, Option<String>>,
    artifact_type: Option<Change<String>>,
    subject: Option<SubjectEdit>,
}

/// What becomes of the `subject` of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectEdit {
    /// It names what the document that it names becomes.
    Follow,
    /// It is taken out.
    Remove,
    /// It names this document, or what that becomes if it is in the image.
    Set(Arc<Descriptor>),
}

/// The document would be its own subject, which no digest can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnSubject;

/// The two independent things that make a layer foreign for one tool or another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerMark {
    /// What the media type should say.
    pub form: Form,
    /// What `urls` should hold; `None` means no such member.
    pub urls: Option<Vec<String>>,
}

/// What a descriptor must say after the manifest that it names was rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryUpdate {
    /// The manifest's new digest.
    pub digest: Digest,
    /// Its new size in bytes.
    pub size: u64,
    /// Its new media type, when it changed.
    pub media_type: Option<&'static str>,
    /// Its new bytes as base64, when the descriptor embeds them.
    pub data: Option<String>,
}

/// What a document must say of the manifests that it names, after those were rendered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Updates {
    /// For the entries of an index.
    pub entries: BTreeMap<EntryKey, EntryUpdate>,
    /// For the `subject`.
    pub subject: Option<EntryUpdate>,
}

impl Updates {
    /// Whether everything that the document names is as it was.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.subject.is_none()
    }
}

impl Edits {
    /// No edits.
    pub fn none() -> &'static Self {
        static NONE: Edits = Edits {
            layers: BTreeMap::new(),
            family: None,
            entries: BTreeMap::new(),
            added: BTreeMap::new(),
            order: Vec::new(),
            annotations: BTreeMap::new(),
            artifact_type: None,
            subject: None,
        };
        &NONE
    }

    /// Whether nothing differs from the bytes.
    pub fn is_empty(&self) -> bool {
        self == Self::none()
    }

    /// The marks of layers, by zero-based index.
    pub fn layers(&self) -> &BTreeMap<usize, Arc<LayerMark>> {
        &self.layers
    }

    /// The layers whose marks are other ones than in `before`; `None` when more than marks differ.
    pub fn marks_since(&self, before: &Self) -> Option<Vec<usize>> {
        let only_marks = self.family == before.family
            && self.entries == before.entries
            && self.added == before.added
            && self.order == before.order
            && self.annotations == before.annotations
            && self.artifact_type == before.artifact_type
            && self.subject == before.subject;
        if !only_marks {
            return None;
        }
        let mut since = Vec::new();
        let (mut own, mut other) = (self.layers.iter().peekable(), before.layers.iter().peekable());
        while let Some(index) = own.peek().into_iter().chain(other.peek()).map(|mark| mark.0).min()
        {
            let present = own.next_if(|mark| mark.0 == index);
            let past = other.next_if(|mark| mark.0 == index);
            if present != past {
                since.push(*index);
            }
        }
        Some(since)
    }

    /// The list that becomes longer in `document` than is [opened](crate::limits) for editing: its name,
    /// how many it has, and the most that are taken.
    pub fn too_many(&self, document: &Document) -> Option<(&'static str, usize, usize)> {
        let over = |name, found: usize, most| (found > most).then_some((name, found, most));
        let urls = self.layers.values().filter_map(|mark| Some(mark.urls.as_ref()?.len())).max();
        over("urls", urls.unwrap_or_default(), limits::URLS)
            .or_else(|| {
                let own = (!self.annotations.is_empty()).then(|| self.all_annotations(document));
                over("annotations", own.map_or(0, |own| own.len()), limits::ANNOTATIONS)
            })
            .or_else(|| {
                let loaded = self.entries.keys().map(|at| EntryKey::Loaded(*at));
                let keys = loaded.chain(self.added.keys().cloned().map(EntryKey::Added));
                let count = |key| Some(self.entry(document, &key)?.annotations.len());
                let most = keys.filter_map(count).max().unwrap_or_default();
                over("annotations", most, limits::ANNOTATIONS)
            })
            .or_else(|| {
                let order =
                    if self.added.is_empty() { Vec::new() } else { self.entry_order(document) };
                let kept = order.iter().filter(|key| self.keeps_entry(key)).count();
                over("manifests", kept, limits::ENTRIES)
            })
    }

    /// Sets what the layer at `index` should say. A mark equal to what `document` says is dropped;
    /// a mark on a layer without a twin that asks for another form is not taken. An empty list of
    /// URLs means no `urls`, unless the list was empty already: none is ever written.
    pub fn mark_layer(&mut self, document: &Document, index: usize, mut mark: LayerMark) {
        let Some(layer) = document.layers().get(index) else { return };
        if mark.urls.as_ref().is_some_and(Vec::is_empty) && mark.urls != layer.urls {
            mark.urls = None;
        }
        if mark == LayerMark::of(layer) {
            self.layers.remove(&index);
        } else if can_say(layer, self.family, mark.form) {
            self.layers.insert(index, Arc::new(mark));
        }
    }

    /// What the layer at `index` says with these edits.
    pub fn layer_mark(&self, document: &Document, index: usize) -> Option<LayerMark> {
        let layer = document.layers().get(index)?;
        let mark = self.layers.get(&index).map(|mark| LayerMark::clone(mark));
        Some(mark.unwrap_or_else(|| LayerMark::of(layer)))
    }

    /// The family to convert to, when the person asked for a conversion.
    pub fn family(&self) -> Option<Family> {
        self.family
    }

    /// Asks for `family`; the document's own family takes the request back.
    pub fn set_family(&mut self, document: &Document, family: Family) {
        self.family = (document.kind().family() != family).then_some(family);
        // A Docker zstd layer has a foreign form only as OCI: without the conversion its mark goes.
        let family = self.family;
        self.layers.retain(|index, mark| {
            document.layers().get(*index).is_some_and(|layer| can_say(layer, family, mark.form))
        });
    }

    /// The layers whose mark [`Self::set_family`] to `family` would take away, because the type that
    /// they get there has no such form.
    pub fn marks_lost_in(&self, document: &Document, family: Family) -> Vec<usize> {
        let lost = |(index, mark): (&usize, &Arc<LayerMark>)| {
            let layer = document.layers().get(*index)?;
            let convertible = layer.layer_type()?.with_family(family).is_some();
            (convertible && !can_say(layer, Some(family), mark.form)).then_some(*index)
        };
        self.layers.iter().filter_map(lost).collect()
    }

    /// Annotations of the document that should differ: a new value, or `None` to take it out.
    pub fn annotations(&self) -> &BTreeMap<String, Option<String>> {
        &self.annotations
    }

    /// Sets or (with `None`) takes out the annotation `name`; what the bytes say is not kept.
    pub fn annotate(&mut self, document: &Document, name: &str, value: Option<String>) {
        set_difference(&mut self.annotations, document.annotations(), name, value);
    }

    /// The annotations of the document as they become, those that stay in the order of the text.
    pub fn all_annotations(&self, document: &Document) -> Vec<(String, String)> {
        with_differences(document.annotations(), &self.annotations)
    }

    /// The `artifactType` that the document should have instead of its own, if it should.
    pub fn artifact_type(&self) -> Option<&Change<String>> {
        self.artifact_type.as_ref()
    }

    /// Sets the `artifactType` of the document, or (with `None`) takes it out.
    pub fn set_artifact_type(&mut self, document: &Document, wanted: Option<String>) {
        let differs = document.artifact_type() != wanted.as_deref();
        self.artifact_type = differs.then(|| Change::to(wanted));
    }

    /// What becomes of the `subject`; `None` leaves it, except that the subject of an attestation
    /// that is re-pointed follows its image.
    pub fn subject(&self) -> Option<&SubjectEdit> {
        self.subject.as_ref()
    }

    /// Decides what becomes of the `subject` of `document`, which was loaded as `id`; what asks for
    /// nothing is not kept.
    ///
    /// # Errors
    /// A document that should be its own subject.
    pub fn set_subject(
        &mut self,
        document: &Document,
        id: &Digest,
        wanted: Option<SubjectEdit>,
    ) -> Result<(), OwnSubject> {
        let present = document.subject();
        self.subject = match wanted {
            Some(SubjectEdit::Set(subject)) if subject.digest == *id => return Err(OwnSubject),
            Some(SubjectEdit::Set(subject)) if present == Some(&*subject) => None,
            Some(SubjectEdit::Follow | SubjectEdit::Remove) if present.is_none() => None,
            wanted => wanted,
        };
        Ok(())
    }
}

impl OwnSubject {
    /// What is wrong and what to do, as a sentence.
    pub fn message(self) -> Message {
        msg!("edits.own-subject")
    }
}

impl LayerMark {
    /// What `layer` says as it was loaded. An unknown media type counts as plain.
    pub fn of(layer: &Descriptor) -> Self {
        Self {
            form: layer.layer_type().map_or(Form::Plain, |known| known.form),
            urls: layer.urls.clone(),
        }
    }

    /// Plain and without `urls`.
    pub fn plain() -> Self {
        Self { form: Form::Plain, urls: None }
    }

    /// Non-distributable with `urls`.
    pub fn foreign(urls: Vec<String>) -> Self {
        Self { form: Form::NonDistributable, urls: Some(urls) }
    }

    /// The media type that `layer` has with this mark, in a document that is converted to `family` if
    /// that is asked for.
    pub fn media_type(&self, layer: &Descriptor, family: Option<Family>) -> String {
        let becomes = layer.layer_type().and_then(|known| {
            let family = family.unwrap_or(known.family);
            LayerType { form: self.form, family, ..known }.spelling()
        });
        becomes.map_or_else(|| layer.media_type.clone(), str::to_owned)
    }

    /// Whether the type says non-distributable.
    pub fn is_foreign(&self) -> bool {
        self.form == Form::NonDistributable
    }
}

/// Whether the type of `layer`, converted to `family` if that is asked for, has the form `form`.
fn can_say(layer: &Descriptor, family: Option<Family>, form: Form) -> bool {
    match layer.layer_type() {
        None => form == Form::Plain,
        Some(known) => {
            let target = LayerType { family: family.unwrap_or(known.family), ..known };
            target.with_form(form).is_some() || (target.spelling().is_none() && form == known.form)
        }
    }
}

/// Why the layer's form cannot be changed, when it cannot.
///
/// `family` is the one the document is converted to, if it is: Docker zstd gains a twin that way.
pub fn no_twin(layer: &Descriptor, family: Option<Family>) -> Option<NoTwin> {
    let Some(known) = layer.layer_type() else {
        let unnamed = layer.media_type.is_empty();
        return Some(if unnamed { NoTwin::NoMediaType } else { NoTwin::NotAnImageLayer });
    };
    let target = family.and_then(|family| known.with_family(family)).unwrap_or(known);
    match target.with_form(Form::NonDistributable).and_then(LayerType::spelling) {
        Some(_) => None,
        None => target.standing().err(),
    }
}
