//! Edits of a document as values: what it should say, not how it got there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::media_type::{Family, Form, LayerType, NoTwin};
use super::{Descriptor, Digest, Document};

/// What a document should say where it differs from its bytes.
///
/// Declarative: equal edits render to equal bytes, whatever way led to them, and a mark that says
/// what the bytes already say is not kept ([`Edits::mark_layer`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    layers: BTreeMap<usize, Arc<LayerMark>>,
    family: Option<Family>,
    entries: BTreeMap<usize, EntryChoice>,
    annotations: BTreeMap<String, Option<String>>,
}

/// The two independent things that make a layer foreign for one tool or another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerMark {
    /// What the media type should say.
    pub form: Form,
    /// What `urls` should hold; `None` means no such member.
    pub urls: Option<Vec<String>>,
}

/// What becomes of an attestation entry of an index whose image gets a new digest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EntryChoice {
    /// Its annotation, and the `subject` of the attestation manifest where there is one, name the
    /// new digest; the signed statement inside still names the old one.
    #[default]
    Repoint,
    /// It stays as it is and names the old digest.
    Leave,
    /// The entry is taken out of the index.
    Drop,
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
    /// For the entries of an index, by their zero-based position.
    pub entries: BTreeMap<usize, EntryUpdate>,
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
            annotations: BTreeMap::new(),
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
            && self.annotations == before.annotations;
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

    /// What becomes of the attestation entry at `index`.
    pub fn entry_choice(&self, index: usize) -> EntryChoice {
        self.entries.get(&index).copied().unwrap_or_default()
    }

    /// Decides what becomes of the attestation entry at `index`.
    pub fn choose_entry(&mut self, index: usize, choice: EntryChoice) {
        if choice == EntryChoice::default() {
            self.entries.remove(&index);
        } else {
            self.entries.insert(index, choice);
        }
    }

    /// Annotations of the document that should differ: a new value, or `None` to take it out.
    pub fn annotations(&self) -> &BTreeMap<String, Option<String>> {
        &self.annotations
    }

    /// Sets or (with `None`) takes out the annotation `name`; what the bytes say is not kept.
    pub fn annotate(&mut self, document: &Document, name: &str, value: Option<String>) {
        let present = document.annotations().iter().find(|(known, _)| known == name);
        if present.map(|(_, value)| value) == value.as_ref() {
            self.annotations.remove(name);
        } else {
            self.annotations.insert(name.to_owned(), value);
        }
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
