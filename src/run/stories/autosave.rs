//! The work is kept outside of the editor, and comes back.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::*;
use crate::app::{BringAction, EditAction, Wanted, session};
use crate::run::testing::{put_index, tag};
use crate::run::{Autosave, Storage};

/// What is kept.
#[derive(Default)]
struct Kept {
    image: RefCell<Option<String>>,
    edits: RefCell<Option<String>>,
    files: RefCell<BTreeMap<String, (String, Vec<u8>)>>,
}

impl Storage for Kept {
    fn hold_image(&self, text: Option<&str>) {
        self.image.replace(text.map(str::to_owned));
    }

    fn hold_edits(&self, text: &str) {
        self.edits.replace(Some(text.to_owned()));
    }

    fn hold_file(&self, identity: &str, name: &str, bytes: &[u8]) {
        let file = (name.to_owned(), bytes.to_vec());
        self.files.borrow_mut().insert(identity.to_owned(), file);
    }

    fn drop_file(&self, identity: &str) {
        self.files.borrow_mut().remove(identity);
    }

    fn release(&self) {
        self.image.take();
        self.edits.take();
        self.files.take();
    }
}

#[test]
fn edits_are_kept_restored_and_forgotten_when_undone() {
    let (store, fault) = empty();
    let index = put_index(&store, "app");
    tag(&store, "app", "1", &index);
    let page = page(&store, fault);
    load(&page, "r.example/app:1");
    let (kept, mut autosave) = (Kept::default(), Autosave::default());
    let mut follow = |page: &Page| autosave.follow(&kept, page.state().opened.as_deref(), 7);
    follow(&page);
    assert!(kept.image.borrow().is_none(), "nothing is edited");

    page.act(EditAction::Mark(0));
    page.act(EditAction::Urls(0, "https://cdn.example/rootfs".to_owned()));
    follow(&page);
    let state = page.state();
    let new = state.opened.as_ref().unwrap().rendered.digest(&index).unwrap();
    let files = kept.files.borrow().clone();
    let kept_new = files.values().any(|(_, bytes)| Digest::sha256(bytes) == *new);
    assert!(kept_new && files.len() == 2, "the index and its child, ready to be saved");
    let (image, edits) = (kept.image.borrow().clone(), kept.edits.borrow().clone());
    let (again, at_ms) = session::restore(&image.unwrap(), &edits.unwrap()).unwrap();
    assert_eq!((again.rendered.digest(&index), at_ms), (Some(new), 7));

    while page.state().opened.as_ref().unwrap().is_edited() {
        page.act(EditAction::Undo);
    }
    follow(&page);
    assert!(kept.image.borrow().is_none() && kept.files.borrow().is_empty());
}

#[test]
fn what_is_brought_is_kept_without_an_edit() {
    let (store, fault) = empty();
    let index = put_index(&store, "app");
    tag(&store, "app", "1", &index);
    put_index(&store, "backup");
    let child = Digest::parse(&{
        let all = store.borrow();
        let mut names = all.manifests.keys().filter_map(|name| name.strip_prefix("app/manifests/"));
        names.rfind(|name| *name != index.as_str()).unwrap().to_owned()
    });
    let child = child.unwrap();
    store.borrow_mut().manifests.remove(&format!("app/manifests/{child}"));
    let page = page(&store, fault);
    load(&page, "r.example/app:1");
    page.act(BringAction::Begin(Wanted::Document(child.clone())));
    page.act(BringAction::Text("r.example/backup:1".to_owned()));
    page.act(BringAction::Look);
    let opened = page.state().opened.clone().unwrap();
    assert!(!opened.is_edited() && opened.brings());
    let (kept, mut autosave) = (Kept::default(), Autosave::default());
    autosave.follow(&kept, Some(&opened), 7);
    let (image, edits) = (kept.image.borrow().clone(), kept.edits.borrow().clone());
    let (again, _) = session::restore(&image.unwrap(), &edits.unwrap()).unwrap();
    assert!(again.image.document(&child).is_some());
    assert_eq!(again.brought, opened.brought);

    page.act(BringAction::Forget);
    autosave.follow(&kept, page.state().opened.as_deref(), 8);
    assert!(kept.edits.borrow().is_none(), "back to the original");
}
