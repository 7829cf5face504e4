//! Images from archive files: which of them is opened, and where its blobs lie.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::app::{Dialog, Effect, FileId, Opened, Origin, State};
use crate::export::{Archive, LayoutName, OpenedImage, Slice};
use crate::manifest::Digest;
use crate::registry::FileSlice;
use crate::registry::push::LocalBlob;
use crate::text::Message;

/// An archive that the person chose and whose contents are known.
#[derive(Clone, Debug)]
pub struct OpenArchive {
    /// The file.
    pub file: FileId,
    /// Its name.
    pub name: String,
    /// What is in it.
    pub archive: Archive,
}

/// The blobs of an image that are in a file of the person.
#[derive(Clone, Debug)]
pub struct Held {
    /// The file.
    pub file: FileId,
    /// Where each lies in it.
    pub blobs: BTreeMap<Digest, Slice>,
    /// What the image is called there: a reference or a bare tag.
    pub name: Option<String>,
    /// What one should know of it first.
    pub note: Option<Message>,
}

/// What happens to an archive.
#[derive(Clone, Debug)]
pub enum ArchiveAction {
    /// It holds several images: the person chooses.
    Choose(Rc<OpenArchive>),
    /// Open the image at this zero-based position.
    Open(usize),
    /// “Cancel” of the choice.
    Close,
}

/// Two are equal when they are the same one: comparing their contents would cost more than drawing
/// anew.
impl PartialEq for OpenArchive {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for OpenArchive {}

/// Two are equal when they are the same one, as with [`OpenArchive`].
impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Held {}

impl OpenArchive {
    /// The image that was opened from here, where `index` is its position.
    pub fn opened(&self, index: usize, found: OpenedImage) -> Opened {
        let note = found.note();
        let names = self.archive.roots.get(index).map(|root| root.names.clone());
        let name = names.unwrap_or_default().into_iter().next();
        let mut opened = Opened::new(found.image, Origin::File { name: self.name.clone() });
        opened.held = Some(Rc::new(Held { file: self.file, blobs: found.blobs, name, note }));
        opened
    }
}

impl Held {
    /// The reference that the archive gives the image, when it gives one and not a bare tag.
    pub fn reference(&self) -> Option<&str> {
        self.name.as_deref().filter(|name| name.contains(['/', ':']))
    }

    /// Where the image is pushed unless the person says otherwise. `docker.io` is what tools write
    /// where no registry was named, so it names none here.
    pub(in crate::app) fn target(&self) -> Option<String> {
        let name = self.reference()?;
        let name = name.strip_prefix("docker.io/").unwrap_or(name);
        Some(name.strip_prefix("library/").unwrap_or(name).to_owned())
    }

    /// What the image is called in an archive that is made of it.
    pub(in crate::app) fn layout_name(&self) -> LayoutName {
        let reference = self.reference();
        let tag = match reference {
            Some(reference) => {
                let last = reference.rsplit('/').next().unwrap_or_default();
                // Behind `@` stands a digest, which is no tag.
                let last = last.split('@').next().unwrap_or_default();
                last.split_once(':').map(|(_, tag)| tag.to_owned())
            }
            None => self.name.clone(),
        };
        LayoutName { tag, reference: reference.map(str::to_owned) }
    }

    /// The blobs among `wanted` as a push takes them.
    pub(in crate::app) fn local<'a>(
        &self,
        wanted: impl Iterator<Item = &'a Digest>,
    ) -> BTreeMap<Digest, LocalBlob> {
        let file = self.file.0;
        let local = |digest: &Digest| {
            let slice = self.blobs.get(digest)?;
            let slice = FileSlice { file, start: slice.offset, len: slice.length };
            Some((digest.clone(), LocalBlob::File(slice)))
        };
        wanted.filter_map(local).collect()
    }
}

pub(in crate::app) fn update(state: &mut State, action: ArchiveAction, effects: &mut Vec<Effect>) {
    match action {
        ArchiveAction::Choose(archive) => {
            state.source.loading = false;
            state.source.progress = None;
            state.source.archive = Some(archive);
            state.view.dialog = Some(Dialog::Archive);
        }
        ArchiveAction::Open(index) => {
            state.view.dialog = None;
            state.source.loading = true;
            effects.push(Effect::OpenRoot(index));
        }
        ArchiveAction::Close => {
            state.view.dialog = None;
            state.source.archive = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{asked, send};
    use crate::app::{EditAction, OpenAction, PlanRequest, PushAction};
    use crate::image::fixtures::{Layer, image_of};

    fn held(name: &str, blobs: &[(&Digest, u64)]) -> Held {
        let slice = |length| Slice { offset: 512, length };
        let blobs = blobs.iter().map(|(digest, size)| ((*digest).clone(), slice(*size))).collect();
        Held { file: FileId(7), blobs, name: Some(name.into()), note: None }
    }

    #[test]
    fn names_in_archives() {
        for (name, tag, target) in [
            ("r.example:5000/team/app:1.4", Some("1.4"), Some("r.example:5000/team/app:1.4")),
            ("app:1.4", Some("1.4"), Some("app:1.4")),
            ("docker.io/library/app:1.4", Some("1.4"), Some("app:1.4")),
            ("r.example:5000/app", None, Some("r.example:5000/app")),
            ("1.4", Some("1.4"), None),
        ] {
            let held = held(name, &[]);
            let found = held.layout_name();
            assert_eq!((found.tag.as_deref(), held.target().as_deref()), (tag, target));
            assert_eq!(found.reference.as_deref(), target.map(|_| name));
        }
    }

    #[test]
    fn what_is_in_the_file_is_pushed_from_there() {
        let image = image_of(&[Layer::new("a"), Layer::new("b")]);
        let layers = image.document(image.root()).unwrap().layers().to_vec();
        let mut opened = Opened::new(image, Origin::File { name: "app.tar".into() });
        let first = &layers[0];
        opened.held = Some(Rc::new(held("r.example/app:1", &[(&first.digest, first.size)])));
        let state = send(&Rc::default(), OpenAction::Loaded(Rc::new(opened)));
        let state = send(&state, EditAction::Mark(1));
        assert_eq!(send(&state, PushAction::Review).push.target, "r.example/app:1");
        let last = asked(&state, PushAction::Review).pop();
        let Some(Effect::PlanPush(request)) = last else { panic!("{last:?}") };
        let PlanRequest::Push(request) = &*request else { panic!("{request:?}") };
        let slice = FileSlice { file: 7, start: 512, len: first.size };
        let expected = BTreeMap::from([(first.digest.clone(), LocalBlob::File(slice))]);
        assert_eq!(request.local, expected);
    }

    #[test]
    fn the_choice_among_several_images() {
        let archive = Archive {
            form: crate::export::ArchiveForm::OciLayout,
            roots: Vec::new(),
            blobs: BTreeMap::new(),
        };
        let archive = Rc::new(OpenArchive { file: FileId(0), name: "x.tar".into(), archive });
        let state = send(&Rc::default(), ArchiveAction::Choose(archive));
        assert_eq!(state.view.dialog, Some(Dialog::Archive));
        let chosen = send(&state, ArchiveAction::Open(1));
        assert_eq!(chosen.view.dialog, None);
        assert_eq!(asked(&state, ArchiveAction::Open(1)), [Effect::OpenRoot(1)]);
        let closed = send(&state, ArchiveAction::Close);
        assert!(closed.source.archive.is_none() && closed.view.dialog.is_none());
    }
}
