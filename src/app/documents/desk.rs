//! Edits of the documents as a whole: entries of indexes, annotations in many documents,
//! attestations.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::app::documents::{bring, compare};
use crate::app::load::access;
use crate::app::{Area, Bring, Compare, Effect, Health, Opened, State};
use crate::image::{
    AnnotatedPlace, AnnotationTargets, AnnotationWish, EntryKind, EntryRow, PlatformPattern, Slot,
    platforms_twice,
};
use crate::manifest::{Digest, EntryChoice, EntryKey, Platform};
use crate::msg;
use crate::text::Message;

/// What the manifest desk looks for outside of the image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeskState {
    /// What a registry said of the parts of the open image, once it was asked.
    pub health: Option<Rc<Health>>,
    /// The search for something that is to be brought from elsewhere.
    pub bring: Option<Bring>,
    /// The image that the open one is compared with.
    pub compare: Compare,
    /// The entry whose annotations are shown: its index and which one it is.
    pub entry: Option<(Digest, EntryKey)>,
}

/// An edit of an index, or of many documents at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskAction {
    /// Take the entry out of this index.
    Remove(Digest, EntryKey),
    /// Put a loaded entry back.
    Restore(Digest, usize),
    /// Move the entry past its neighbour: up (`true`) or down.
    Move(Digest, EntryKey, bool),
    /// The platform of an entry as typed: `os/architecture[/variant]`, or nothing for none.
    Platform(Digest, EntryKey, String),
    /// The value of an annotation of an entry, or `None` to take it out.
    AnnotateEntry(Digest, EntryKey, String, Option<String>),
    /// The value of an annotation of this document, or `None` to take it out.
    AnnotateDocument(Digest, String, Option<String>),
    /// Set or remove annotations in many documents.
    Annotate(Vec<AnnotationWish>, AnnotationTargets),
    /// Take out the attestations, all of them or those of the images for this platform.
    RemoveAttestations(Option<Platform>),
    /// Show the annotations of an entry, or hide them.
    ShowEntry(Digest, EntryKey),
}

/// An index of the image as a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexTable {
    /// The index, by the digest under which it was loaded.
    pub id: Digest,
    /// Its entries in the order in which they will stand.
    pub rows: Vec<EntryRow>,
    /// Why the documents of entries are not there, by their digests.
    pub missing: BTreeMap<Digest, Message>,
    /// Platforms for which it names more than one image: clients take the first.
    pub twice: Vec<Platform>,
}

impl Opened {
    /// The indexes of the image, the outermost first.
    pub fn index_tables(&self) -> Vec<IndexTable> {
        let edits = self.history.edits();
        let table = |id: Digest| {
            let rows = self.image.entry_rows(edits, &id);
            let missing = |row: &EntryRow| match self.image.slot(&row.descriptor.digest)? {
                Slot::Missing(reason) => Some((row.descriptor.digest.clone(), reason.clone())),
                Slot::Loaded(_) => None,
            };
            IndexTable {
                missing: rows.iter().filter_map(missing).collect(),
                twice: platforms_twice(&rows),
                id,
                rows,
            }
        };
        self.image.indexes(edits).into_iter().map(table).collect()
    }

    /// Where these annotations would change something.
    pub fn annotation_preview(
        &self,
        wishes: &[AnnotationWish],
        targets: &AnnotationTargets,
    ) -> Vec<AnnotatedPlace> {
        (**self.history.edits()).clone().annotate(&self.image, wishes, targets)
    }

    /// How many attestations the image has that are not taken out, and the platforms of the images
    /// that they are of.
    pub fn kept_attestations(&self) -> (usize, Vec<Platform>) {
        let (mut count, mut platforms) = (0, Vec::new());
        for row in self.index_tables().iter().flat_map(|table| &table.rows) {
            let EntryKind::Attestation { platform, .. } = &row.what else { continue };
            if row.kept {
                count += 1;
                platforms.extend(platform.clone().filter(|it| !platforms.contains(it)));
            }
        }
        (count, platforms)
    }
}

/// Another image is opened: what was asked about the one before is not waited for any more.
pub(in crate::app) fn leave(state: &mut State, effects: &mut Vec<Effect>) {
    bring::end(state, effects);
    if state.desk.health.as_ref().is_some_and(|health| health.progress.is_some()) {
        effects.push(Effect::StopHealth);
    }
    compare::stop(state, effects);
    state.desk = Area::default();
    access::forget_desk(&mut state.access);
}

pub(in crate::app) fn update(state: &mut State, action: DeskAction) {
    if let DeskAction::ShowEntry(index, key) = action {
        let shown = Some((index, key));
        state.desk.entry = if state.desk.entry == shown { None } else { shown };
        return;
    }
    let Some(opened) = &mut state.opened else { return };
    let mut edits = (**opened.history.edits()).clone();
    let image = &opened.image;
    let of = |index: &Digest, key: &EntryKey| {
        let base = image.base(opened.history.edits(), index).cloned();
        let entry = base.as_ref().and_then(|base| {
            opened.history.edits().of(index).entry(base, key).map(std::borrow::Cow::into_owned)
        });
        base.zip(entry)
    };
    let mut merge = None;
    let name = match action {
        DeskAction::Remove(index, key) => {
            let Some((base, entry)) = of(&index, &key) else { return };
            edits.change(&index, |node| node.edits.remove_entry(&base, &key));
            msg!("history.entry-removed", entry = entry.digest.short())
        }
        DeskAction::Restore(index, at) => {
            let Some((_, entry)) = of(&index, &EntryKey::Loaded(at)) else { return };
            edits.change(&index, |node| node.edits.choose_entry(at, EntryChoice::default()));
            msg!("history.entry-restored", entry = entry.digest.short())
        }
        DeskAction::Move(index, key, up) => {
            let Some((base, entry)) = of(&index, &key) else { return };
            edits.change(&index, |node| {
                node.edits.move_entry(&base, &key, up);
            });
            msg!("history.entry-moved", entry = entry.digest.short())
        }
        DeskAction::Platform(index, key, text) => {
            let Some((base, entry)) = of(&index, &key) else { return };
            let text = text.trim();
            let before = entry.platform.unwrap_or_default();
            let wanted = if text.is_empty() {
                None
            } else {
                let Some(parsed) = Platform::parse(text) else { return };
                let Platform { os, architecture, variant, .. } = parsed;
                Some(Platform { os, architecture, variant, ..before })
            };
            edits.change(&index, |node| node.edits.set_platform(&base, &key, wanted));
            msg!("history.entry-platform", entry = entry.digest.short())
        }
        DeskAction::AnnotateEntry(index, key, name, value) => {
            let Some((base, entry)) = of(&index, &key) else { return };
            merge = Some(format!("entry annotation {index} {key:?} {name}"));
            edits.change(&index, |node| node.edits.annotate_entry(&base, &key, &name, value));
            msg!("history.entry-annotated", entry = entry.digest.short(), name = name)
        }
        DeskAction::AnnotateDocument(id, name, value) => {
            let Some(base) = image.base(opened.history.edits(), &id).cloned() else { return };
            edits.change(&id, |node| node.edits.annotate(&base, &name, value));
            msg!("history.annotation-taken", name = name)
        }
        DeskAction::Annotate(wishes, targets) => {
            let places = edits.annotate(image, &wishes, &targets).len();
            msg!("history.annotated", count = places)
        }
        DeskAction::ShowEntry(..) => return,
        DeskAction::RemoveAttestations(of) => {
            let of = of.as_ref().and_then(PlatformPattern::of);
            let count = edits.remove_attestations(image, of.as_ref().map(std::slice::from_ref));
            msg!("history.attestations-removed", count = count)
        }
    };
    if edits == **opened.history.edits() {
        return;
    }
    let opened = Rc::make_mut(opened);
    opened.history.push(name, edits, merge);
    opened.refresh();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::EditAction;
    use crate::app::testing::{opened, platforms, send};

    fn read(state: &Rc<State>) -> crate::manifest::Document {
        let opened = opened(state);
        let node = opened.rendered.node(opened.image.root()).unwrap();
        let algorithm = crate::manifest::Algorithm::Sha256;
        crate::manifest::Document::parse(node.bytes.clone(), None, algorithm).unwrap()
    }

    #[test]
    fn attestations_go_in_one_step_and_come_back() {
        let state = platforms();
        let before = read(&state);
        assert!(opened(&state).kept_attestations().0 > 0);
        let state = send(&state, DeskAction::RemoveAttestations(None));
        assert_eq!(opened(&state).kept_attestations(), (0, Vec::new()));
        assert!(read(&state).entries().iter().all(|entry| !entry.is_attestation()));
        assert_eq!(opened(&state).history.steps().len(), 2);
        let again = send(&state, DeskAction::RemoveAttestations(None));
        assert!(Rc::ptr_eq(&again, &state), "nothing changed");
        let state = send(&state, EditAction::Undo);
        assert_eq!(read(&state).bytes(), before.bytes());
    }

    #[test]
    fn one_annotation_everywhere_is_one_step() {
        let state = platforms();
        let wishes = vec![AnnotationWish { name: "a".into(), value: Some("b".into()) }];
        let targets = AnnotationTargets { index: true, manifests: true, ..Default::default() };
        let places = opened(&state).annotation_preview(&wishes, &targets);
        assert!(places.len() > 2 && !opened(&state).is_edited());
        let changed = send(&state, DeskAction::Annotate(wishes, targets));
        assert_eq!(opened(&changed).history.steps().len(), 2);
        for place in places {
            let edits = opened(&changed).history.edits();
            assert_eq!(edits.of(&place.document).annotations()["a"], Some("b".to_owned()));
        }
        assert_eq!(read(&changed).annotation("a"), Some("b"));
    }

    #[test]
    fn an_entry_is_moved_given_a_platform_and_removed() {
        let state = platforms();
        let root = opened(&state).image.root().clone();
        let loaded = read(&state);
        let key = EntryKey::Loaded(1);
        let typed = |text: &str| DeskAction::Platform(root.clone(), key.clone(), text.into());
        let fixed = send(&state, typed(" linux/arm/v7 "));
        let platform = read(&fixed).entries()[1].platform.clone().unwrap();
        assert_eq!((platform.architecture.as_str(), platform.variant.as_str()), ("arm", "v7"));
        for wrong in ["linux", "linux/", "a/b/c/d"] {
            assert!(Rc::ptr_eq(&send(&fixed, typed(wrong)), &fixed), "{wrong}");
        }
        let moved = send(&fixed, DeskAction::Move(root.clone(), key.clone(), true));
        assert_eq!(read(&moved).entries()[0].digest, loaded.entries()[1].digest);
        let removed = send(&moved, DeskAction::Remove(root.clone(), key.clone()));
        assert_eq!(read(&removed).entries().len(), loaded.entries().len() - 1);
        let rows = &opened(&removed).index_tables()[0].rows;
        assert!(rows.iter().any(|row| row.key == key && !row.kept));
        let restored = send(&removed, DeskAction::Restore(root.clone(), 1));
        assert_eq!(read(&restored).bytes(), read(&moved).bytes());
        let value = Some("x".to_owned());
        let noted = DeskAction::AnnotateEntry(root.clone(), key, "note".into(), value);
        let noted = send(&restored, noted);
        assert_eq!(read(&noted).entries()[0].annotation("note"), Some("x"));
        let back = send(&noted, EditAction::GoTo(0));
        assert_eq!(read(&back).bytes(), loaded.bytes());
    }

    #[test]
    fn what_could_not_be_opened_again_is_refused_with_the_sentence_of_the_limit() {
        use crate::limits;
        let check = |most: usize, edit: &dyn Fn(usize) -> crate::app::Action| {
            let state = platforms();
            let full = send(&state, edit(most));
            assert!(opened(&full).is_edited() && full.view.notice.is_none(), "{most}");
            let over = send(&full, edit(most + 1));
            assert_eq!(over.opened, full.opened);
            let notice = over.view.notice.as_ref().unwrap();
            assert_eq!(notice.message.key, "manifest.too-many");
            let said = notice.message.to_string().replace(',', "");
            assert!(said.contains(&(most + 1).to_string()), "{said}");
            // Another edit is no matter of that.
            assert!(opened(&send(&over, EditAction::Undo)).history.edits().is_empty());
        };
        let urls = |count: usize| vec!["https://cdn.example/x"; count].join("\n");
        check(limits::URLS, &|count| EditAction::Urls(0, urls(count)).into());
        let wishes = |count: usize| -> Vec<AnnotationWish> {
            let name = |at| AnnotationWish { name: format!("a{at}"), value: Some("b".into()) };
            (0..count).map(name).collect()
        };
        let loaded = platforms();
        let own = read(&loaded).annotations().len();
        let index = AnnotationTargets { index: true, ..Default::default() };
        check(limits::ANNOTATIONS, &|count| {
            DeskAction::Annotate(wishes(count - own), index.clone()).into()
        });
        let first = read(&loaded).entries()[0].annotations.len();
        let entries = AnnotationTargets { entries: true, ..Default::default() };
        check(limits::ANNOTATIONS, &|count| {
            DeskAction::Annotate(wishes(count - first), entries.clone()).into()
        });
    }
}
