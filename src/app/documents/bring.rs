//! Documents and blobs from elsewhere: an entry that is added to an index, and what a registry lost
//! and another place still has.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::app::load::access;
use crate::app::{AskedAt, BlobFrom, Dialog, Effect, FileId, Opened, State, loadable};
use crate::export::Slice;
use crate::image::{EntryKind, Image, ImageEdits, NamingProblem, Slot};
use crate::manifest::{Descriptor, Digest, EntryKey, Platform};
use crate::msg;
use crate::registry::push::LocalBlob;
use crate::registry::{FileSlice, Reference};
use crate::text::Message;

/// The search for something that is to be brought from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bring {
    /// What is looked for.
    pub wanted: Wanted,
    /// The reference, as typed.
    pub text: String,
    /// Whether the answer is on its way.
    pub loading: bool,
    /// Why it could not be had.
    pub problem: Option<Message>,
    /// What was found there and could be taken.
    pub found: Option<Rc<Found>>,
}

/// What is looked for elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// An entry for the index loaded under this digest.
    Entry(Digest),
    /// The document with this digest, or another one in its place.
    Document(Digest),
    /// The blob with this digest, and its size in bytes.
    Blob(Digest, u64),
}

/// What another place has.
#[derive(Clone, Debug)]
pub struct Found {
    /// What the place is called: a reference or the name of a file.
    pub name: String,
    /// Where it is.
    pub place: FoundIn,
    /// The images there, with their documents and configs.
    pub images: Vec<Image>,
}

/// A place that something was found in.
#[derive(Clone, Debug)]
pub enum FoundIn {
    /// A repository.
    Repository(Reference),
    /// A file of the person, and where its blobs lie.
    File(FileId, BTreeMap<Digest, Slice>),
}

/// A document that could become an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The entry as it would be; its platform is the one that the config of the image states, where
    /// it states one.
    pub entry: Descriptor,
    /// What it is.
    pub what: EntryKind,
    /// Which of the images that were found has it.
    pub image: usize,
    /// Whether it is for the platform of what is looked for.
    pub fits: bool,
}

/// What happens to the search.
#[derive(Clone, Debug)]
pub enum BringAction {
    /// “Add an entry”, “Bring it from …”.
    Begin(Wanted),
    /// The text of the reference changed.
    Text(String),
    /// “Look”.
    Look,
    /// A file was chosen to look in.
    File(FileId),
    /// This was found of what is looked for.
    Found(Wanted, Rc<Found>),
    /// What is looked for cannot be had.
    Failed(Wanted, Message),
    /// Take this one of the candidates.
    Take(usize),
    /// Bring the foreign layer with this digest from these URLs at the next push.
    FromUrls(Digest, Vec<String>),
    /// “Cancel”.
    Close,
    /// “Back to the original”: nothing comes from elsewhere any more.
    Forget,
}

/// Two are equal when they are the same one: each is made once.
impl PartialEq for Found {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Found {}

impl Found {
    /// Where a blob of this place is had from; `None` where it has none such.
    fn blob(&self, digest: &Digest) -> Option<BlobFrom> {
        Some(match &self.place {
            FoundIn::Repository(reference) => BlobFrom::Repository(reference.clone()),
            FoundIn::File(file, blobs) => {
                let slice = blobs.get(digest)?;
                let slice = FileSlice { file: file.0, start: slice.offset, len: slice.length };
                BlobFrom::Here(LocalBlob::File(slice))
            }
        })
    }
}

impl Bring {
    /// What could be taken; those for the wanted platform first.
    pub fn candidates(&self, opened: &Opened) -> Vec<Candidate> {
        let Some(found) = &self.found else { return Vec::new() };
        let wanted = match &self.wanted {
            Wanted::Document(digest) => platform_of(opened, digest),
            _ => None,
        };
        let mut all = Vec::new();
        for (at, image) in found.images.iter().enumerate() {
            all.extend(candidates(image).into_iter().map(|(entry, what)| Candidate {
                fits: wanted.is_some() && entry.platform == wanted,
                entry,
                what,
                image: at,
            }));
        }
        all.sort_by_key(|candidate| !candidate.fits);
        all
    }
}

/// The platform under which the document is named.
fn platform_of(opened: &Opened, id: &Digest) -> Option<Platform> {
    let rows = opened.image.rows(opened.history.edits()).into_iter();
    rows.filter(|row| row.id == *id).find_map(|row| row.descriptor?.platform)
}

/// The documents of an image that could be entries of another index.
fn candidates(image: &Image) -> Vec<(Descriptor, EntryKind)> {
    let none = ImageEdits::default();
    let Some(root) = image.document(image.root()) else { return Vec::new() };
    let config = |id: &Digest| {
        let platform = image.config_of(id)?.platform();
        (!platform.os.is_empty() && !platform.architecture.is_empty()).then_some(platform)
    };
    if root.kind().is_index() {
        let rows = image.entry_rows(&none, image.root()).into_iter();
        return rows
            .filter(|row| image.document(&row.descriptor.digest).is_some())
            .map(|row| {
                let mut entry = row.descriptor;
                if row.what == EntryKind::Image {
                    entry.platform = config(&entry.digest).or(entry.platform);
                }
                (entry, row.what)
            })
            .collect();
    }
    let entry = Image::descriptor_of(root, image.root(), config(image.root()));
    let what = entry.artifact_type.clone().map_or(EntryKind::Image, EntryKind::Artifact);
    vec![(entry, what)]
}

impl Opened {
    /// This image with one more entry of the index loaded as `index`, whose document is taken over from
    /// a place that has it.
    ///
    /// # Errors
    /// What cannot be added to this index.
    pub(in crate::app) fn with_entry(
        &self,
        found: &Found,
        from: &Image,
        index: &Digest,
        entry: Descriptor,
    ) -> Result<Self, NamingProblem> {
        let mut next = self.clone();
        next.take_documents(found, from, &entry.digest);
        let mut edits = (**next.history.edits()).clone();
        let name = msg!("history.entry-added", entry = entry.digest.short());
        edits.add_entry(&next.image, index, entry)?;
        next.history.push(name, edits, None);
        next.refresh();
        Ok(next)
    }

    /// This image with `entry` in the place of the document `old`, taken over from a place that has it.
    fn with_another(
        &self,
        found: &Found,
        from: &Image,
        old: &Digest,
        entry: &Descriptor,
    ) -> Result<Self, NamingProblem> {
        let mut next = self.clone();
        next.take_documents(found, from, &entry.digest);
        let mut edits = (**next.history.edits()).clone();
        replace(&mut edits, &next.image, old, entry)?;
        let (entry, by) = (old.short(), entry.digest.short());
        next.history.push(msg!("history.entry-replaced", entry = entry, by = by), edits, None);
        next.refresh();
        Ok(next)
    }

    /// Takes the document `id` and what it names over from a place that has it.
    fn take_documents(&mut self, found: &Found, from: &Image, id: &Digest) {
        let image = Rc::make_mut(&mut self.image);
        let mut brought = Vec::new();
        let mut stack = vec![id.clone()];
        let mut seen = BTreeSet::new();
        while let Some(id) = stack.pop() {
            let Some(document) = from.document(&id).filter(|_| seen.insert(id.clone())) else {
                continue;
            };
            if image.document(&id).is_none() {
                image.insert(id.clone(), Slot::Loaded(document.clone()));
                brought.extend(found.blob(&id).map(|from| (id.clone(), from)));
            }
            let config = document.config();
            if let (Some(config), Some(read)) = (config, from.config_of(&id)) {
                image.insert_config(config.digest.clone(), (**read).clone());
            }
            for blob in config.into_iter().chain(document.layers()) {
                let from = found.blob(&blob.digest);
                brought.extend(from.map(|from| (blob.digest.clone(), from)));
            }
            stack.extend(document.entries().iter().map(|entry| entry.digest.clone()));
        }
        Rc::make_mut(&mut self.brought).extend(brought);
        self.refresh();
    }
}

pub(in crate::app) fn update(state: &mut State, action: BringAction, effects: &mut Vec<Effect>) {
    match action {
        BringAction::Begin(wanted) => {
            if state.opened.is_none() {
                return;
            }
            end(state, effects);
            state.desk.bring = Some(Bring {
                wanted,
                text: String::new(),
                loading: false,
                problem: None,
                found: None,
            });
            state.view.dialog = Some(Dialog::Bring);
        }
        BringAction::Close => end(state, effects),
        BringAction::Text(text) => {
            forget(state, effects);
            change(state, |bring| {
                bring.text = text;
                bring.problem = None;
            });
        }
        BringAction::Look => look(state, effects),
        BringAction::File(id) => {
            forget(state, effects);
            change(state, begin);
            if let Some(bring) = &state.desk.bring {
                effects.push(Effect::ReadToBring(id, bring.wanted.clone()));
            }
        }
        BringAction::Failed(wanted, message) => {
            if is_awaited(state, &wanted) {
                change(state, |bring| {
                    bring.loading = false;
                    bring.problem = Some(message);
                });
            }
        }
        BringAction::Found(wanted, found) => {
            if is_awaited(state, &wanted) {
                take_found(state, &found, effects);
            }
        }
        BringAction::Forget => {
            if let Some(opened) = state.opened.as_mut().filter(|it| !it.brought.is_empty()) {
                Rc::make_mut(opened).brought = Rc::default();
            }
        }
        BringAction::Take(at) => take(state, at, effects),
        BringAction::FromUrls(digest, urls) => {
            let Some(opened) = &mut state.opened else { return };
            let opened = Rc::make_mut(opened);
            let from = BlobFrom::Here(LocalBlob::Urls(urls));
            Rc::make_mut(&mut opened.brought).require(digest, from);
        }
    }
}

fn change(state: &mut State, change: impl FnOnce(&mut Bring)) {
    // What is not there is not written to.
    if state.desk.bring.is_some()
        && let Some(bring) = &mut state.desk.bring
    {
        change(bring);
    }
}

/// Whether an answer is waited for, about this.
fn is_awaited(state: &State, wanted: &Wanted) -> bool {
    state.desk.bring.as_ref().is_some_and(|bring| bring.loading && bring.wanted == *wanted)
}

/// Another place is named: what the one before answers or asks counts no more.
fn forget(state: &mut State, effects: &mut Vec<Effect>) {
    access::forget(&mut state.access, AskedAt::Bring);
    if state.desk.bring.as_ref().is_some_and(|bring| bring.loading) {
        change(state, |bring| bring.loading = false);
        effects.push(Effect::StopBringing);
    }
}

/// Ends the search, if there is one: its dialog is closed, and nothing that it asked for is waited for.
pub(in crate::app) fn end(state: &mut State, effects: &mut Vec<Effect>) {
    if state.desk.bring.is_none() {
        return;
    }
    state.desk.bring = None;
    if state.view.dialog == Some(Dialog::Bring) {
        state.view.dialog = None;
    }
    access::forget(&mut state.access, AskedAt::Bring);
    effects.push(Effect::StopBringing);
}

fn begin(bring: &mut Bring) {
    bring.loading = true;
    bring.problem = None;
    bring.found = None;
}

/// Looks at the place that is typed.
pub(in crate::app) fn look(state: &mut State, effects: &mut Vec<Effect>) {
    let Some(bring) = &state.desk.bring else { return };
    let (text, wanted) = (bring.text.trim().to_owned(), bring.wanted.clone());
    forget(state, effects);
    match loadable(&state.config, &text) {
        Ok(_) => {
            change(state, begin);
            effects.push(Effect::LoadToBring(text, wanted));
        }
        Err(message) => change(state, |bring| bring.problem = Some(message)),
    }
}

/// Takes over at once what was looked for, where the place has exactly that; otherwise shows what it
/// has instead.
fn take_found(state: &mut State, found: &Rc<Found>, effects: &mut Vec<Effect>) {
    let (Some(opened), Some(bring)) = (&mut state.opened, &state.desk.bring) else { return };
    match &bring.wanted {
        Wanted::Blob(digest, _) => {
            let Some(from) = found.blob(digest) else {
                let (digest, place) = (digest.short(), found.name.clone());
                let message = msg!("bring.not-there", digest = digest, place = place);
                return change(state, |bring| {
                    bring.loading = false;
                    bring.problem = Some(message);
                });
            };
            let digest = digest.clone();
            let opened = Rc::make_mut(opened);
            Rc::make_mut(&mut opened.brought).require(digest, from);
            end(state, effects);
        }
        Wanted::Document(digest) => {
            let exact = found.images.iter().find(|image| image.document(digest).is_some());
            if let Some(image) = exact {
                let digest = digest.clone();
                Rc::make_mut(opened).take_documents(found, image, &digest);
                end(state, effects);
            } else {
                show(state, found);
            }
        }
        Wanted::Entry(_) => show(state, found),
    }
}

fn show(state: &mut State, found: &Rc<Found>) {
    let found = found.clone();
    change(state, |bring| {
        bring.loading = false;
        bring.found = Some(found);
    });
}

/// Makes a candidate an entry: of the index that one is added to, or in the place of one that
/// cannot be had.
fn take(state: &mut State, at: usize, effects: &mut Vec<Effect>) {
    let (Some(opened), Some(bring)) = (&mut state.opened, &state.desk.bring) else { return };
    let candidates = bring.candidates(opened);
    let (Some(candidate), Some(found)) = (candidates.get(at).cloned(), bring.found.clone()) else {
        return;
    };
    let image = &found.images[candidate.image];
    let result = match bring.wanted.clone() {
        Wanted::Entry(index) => opened.with_entry(&found, image, &index, candidate.entry),
        Wanted::Document(old) => opened.with_another(&found, image, &old, &candidate.entry),
        Wanted::Blob(..) => return,
    };
    match result {
        Ok(next) => {
            *opened = Rc::new(next);
            end(state, effects);
        }
        Err(problem) => change(state, |bring| bring.problem = Some(problem.message())),
    }
}

/// Puts `entry` into the place of the entry of each index that names `old`, whose platform stays.
///
/// # Errors
/// What can't be added; an index that names `old` more than once, as it can name `entry` only once.
fn replace(
    edits: &mut ImageEdits,
    image: &Image,
    old: &Digest,
    entry: &Descriptor,
) -> Result<(), NamingProblem> {
    for index in image.indexes(edits) {
        let rows = image.entry_rows(edits, &index).into_iter();
        let mut rows = rows.filter(|row| row.kept && row.descriptor.digest == *old);
        let Some(row) = rows.next() else { continue };
        if rows.next().is_some() {
            return Err(NamingProblem::MoreThanOnce(old.clone()));
        }
        let mut entry = entry.clone();
        if row.descriptor.platform.is_some() {
            entry.platform.clone_from(&row.descriptor.platform);
        }
        let added = EntryKey::Added(entry.digest.clone());
        edits.add_entry(image, &index, entry)?;
        let Some(base) = image.base(edits, &index).cloned() else { continue };
        edits.change(&index, |node| {
            let mut order = node.edits.entry_order(&base);
            order.retain(|key| *key != added);
            let at = order.iter().position(|key| *key == row.key).map_or(order.len(), |at| at + 1);
            order.insert(at, added);
            node.edits.arrange(&base, order);
            node.edits.remove_entry(&base, &row.key);
        });
    }
    Ok(())
}
