//! The manifest desk: what a registry lost is found and brought from elsewhere, an entry is added.

use super::*;
use crate::app::{
    ArchiveBlobs, AskedAt, BringAction, DeliverAction, DeliverResult, Dialog, EditAction,
    ExportAction, HealthAction, PushAction, PushPhase, Wanted,
};
use crate::image::{Part, PartRole};
use crate::manifest::{Document, EntryKey};
use crate::registry::PartState;
use crate::run::testing::{layout, put_image, put_index, tag};

/// Loads an index of two platforms, of which the registry lost `lost` (a part of the names of what it
/// stores); the page.
fn loaded(store: &Shared, lost: &str) -> Page {
    let index = put_index(store, "app");
    tag(store, "app", "1", &index);
    let mut all = store.borrow_mut();
    all.manifests.retain(|name, _| lost.is_empty() || !name.contains(lost));
    all.blobs.retain(|name, _| lost.is_empty() || !name.contains(lost));
    drop(all);
    let page = page(store, Box::new(|_, _| None));
    load(&page, "r.example/app:1");
    page
}

/// What is broken, once the registry was asked.
fn broken(page: &Page) -> Vec<(Part, PartState)> {
    page.act(HealthAction::Check);
    let health = page.state().desk.health.clone().unwrap();
    assert_eq!(health.progress, None);
    let rows = health.rows().filter(|(_, state)| **state != PartState::There);
    rows.map(|(part, state)| (part.clone(), state.clone())).collect()
}

/// Where the second entry of the index leads, as the root is read from the store.
fn entries(store: &Shared, name: &str) -> Vec<Digest> {
    let (_, bytes) = store.borrow().manifests[&format!("app/manifests/{name}")].clone();
    let index = Document::parse(bytes, None, crate::manifest::Algorithm::Sha256).unwrap();
    index.entries().iter().map(|entry| entry.digest.clone()).collect()
}

fn bring(page: &Page, wanted: Wanted, from: &str) {
    page.act(BringAction::Begin(wanted));
    page.act(BringAction::Text(from.to_owned()));
    page.act(BringAction::Look);
}

fn push(page: &Page) {
    page.act(PushAction::Review);
    page.act(PushAction::Push);
    let push = page.state().push.clone();
    assert!(matches!(push.phase, PushPhase::Done(..)), "{:?} {:?}", push.phase, push.failure);
}

/// The digest of the second image of [`put_index`].
fn second() -> Digest {
    let (store, _) = empty();
    put_index(&store, "app");
    let (image, _) = put_image(&store, "app", &["rootfs", "arm64"]);
    image
}

#[test]
fn a_lost_child_is_found_and_comes_back_from_another_repository_byte_for_byte() {
    let (store, _) = empty();
    let child = second();
    let page = loaded(&store, child.as_str());
    put_index(&store, "backup");
    // Its blobs are gone, too.
    let lost = Digest::sha256(b"arm64");
    store.borrow_mut().blobs.remove(&format!("app/blobs/{lost}"));
    let found = broken(&page);
    assert_eq!(found.len(), 1, "of what is lost nothing below is known");
    assert_eq!((&found[0].0.digest, &found[0].1), (&child, &PartState::Missing));

    let root = root(&page);
    bring(&page, Wanted::Document(child.clone()), "r.example/backup:none");
    let state = page.state();
    assert!(state.desk.bring.is_none(), "{:?}", state.desk.bring);
    assert!(state.opened.as_ref().unwrap().image.document(&child).is_some());
    push(&page);
    assert_eq!(super::root(&page), root, "not a byte of the index changed");
    let all = store.borrow();
    assert_eq!(all.manifests[&format!("app/manifests/{child}")].1.len() as u64, found[0].0.size);
    assert!(all.blobs.contains_key(&format!("app/blobs/{lost}")), "{:?}", all.log);
    assert!(all.log.iter().all(|line| !line.starts_with("PATCH")), "mounted: {:?}", all.log);
    drop(all);
    let state = page.state();
    assert_eq!(state.desk.health, None, "it was about what is repaired now");
    assert!(state.opened.as_ref().unwrap().brought.is_empty(), "nothing is left to bring");
    load(&page, "r.example/app:1");
    assert_eq!(broken(&page), []);
}

#[test]
fn a_lost_child_gives_way_to_that_of_another_tag() {
    let (store, _) = empty();
    let child = second();
    let page = loaded(&store, child.as_str());
    let (other, _) = put_image(&store, "app", &["rootfs", "newer"]);
    tag(&store, "app", "2", &other);
    bring(&page, Wanted::Document(child.clone()), "r.example/app:2");
    let state = page.state();
    let opened = state.opened.as_ref().unwrap();
    let bringing = state.desk.bring.as_ref().unwrap();
    assert_eq!(bringing.problem, None);
    let candidates = bringing.candidates(opened);
    assert_eq!(candidates.len(), 1);
    page.act(BringAction::Take(0));
    assert!(page.state().desk.bring.is_none());
    push(&page);
    let now = entries(&store, "1");
    assert_eq!((now.len(), &now[1]), (2, &other), "at its place");
    page.act(EditAction::Undo);
    assert!(!page.state().opened.as_ref().unwrap().is_edited());
}

#[test]
fn a_lost_child_that_is_named_twice_is_not_replaced_by_half() {
    let (store, fault) = empty();
    let child = second();
    let index = put_index(&store, "app");
    let (kind, bytes) = store.borrow().manifests[&format!("app/manifests/{index}")].clone();
    let text = String::from_utf8(bytes).unwrap();
    let (before, entry) = text.split_at(text.rfind("{\"mediaType\"").unwrap());
    let entry = entry.trim_end_matches("]}");
    let text = format!("{before}{entry},{}]}}", entry.replace("arm64", "ppc64le"));
    {
        let all = &mut store.borrow_mut().manifests;
        let digest = Digest::sha256(text.as_bytes());
        for name in ["1", digest.as_str()] {
            let bytes = text.clone().into_bytes();
            all.insert(format!("app/manifests/{name}"), (kind.clone(), bytes));
        }
        all.remove(&format!("app/manifests/{child}"));
    }
    let page = page(&store, fault);
    load(&page, "r.example/app:1");
    let root = root(&page).unwrap();
    let (other, _) = put_image(&store, "app", &["rootfs", "newer"]);
    tag(&store, "app", "2", &other);
    bring(&page, Wanted::Document(child.clone()), "r.example/app:2");
    page.act(BringAction::Take(0));
    let problem = page.state().desk.bring.as_ref().unwrap().problem.clone();
    assert_eq!(problem.unwrap().key, "entries.more-than-once");
    assert!(!page.state().opened.as_ref().unwrap().is_edited());
    page.act(crate::app::DeskAction::Remove(root, EntryKey::Loaded(2)));
    page.act(BringAction::Take(0));
    assert!(page.state().desk.bring.is_none());
    push(&page);
    assert_eq!(entries(&store, "1").len(), 2);
    assert!(!entries(&store, "1").contains(&child));
}

#[test]
fn a_lost_layer_comes_from_another_repository_or_from_its_urls() {
    let lost = Digest::sha256(b"amd64");
    let (store, _) = empty();
    let page = loaded(&store, lost.as_str());
    let found = broken(&page);
    assert_eq!(found.len(), 1);
    assert!(matches!(found[0].0.role, PartRole::Layer(_)) && found[0].0.digest == lost);
    let wanted = || Wanted::Blob(lost.clone(), 5);
    bring(&page, wanted(), "r.example/backup:1");
    let problem = page.state().desk.bring.as_ref().unwrap().problem.clone();
    assert_eq!(problem.unwrap().key, "bring.not-there");
    put_index(&store, "backup");
    bring(&page, wanted(), "r.example/backup:1");
    assert!(page.state().desk.bring.is_none());
    push(&page);
    assert!(store.borrow().blobs.contains_key(&format!("app/blobs/{lost}")));
    assert_eq!(broken(&page), []);

    // A layer that is marked may stay away, but what is brought shall be there.
    let (store, _) = empty();
    let page = loaded(&store, lost.as_str());
    put_index(&store, "backup");
    page.act(EditAction::Template("https://cdn.example/{digest}".to_owned()));
    page.act(crate::app::WholeAction::Mark(lost.clone(), true));
    bring(&page, wanted(), "r.example/backup:1");
    page.act(crate::app::ChecksAction::Reason("it shall be there".into()));
    push(&page);
    assert!(store.borrow().blobs.contains_key(&format!("app/blobs/{lost}")));

    // From its URLs: what a layer that may stay away needs, when it shall be there.
    let (store, _) = empty();
    let page = loaded(&store, lost.as_str());
    let served: Fault = Box::new(|_, seen| {
        seen.line.ends_with("cdn.example/layer").then(|| with(200, &[], b"amd64"))
    });
    let page = {
        drop(page);
        let page = super::page(&store, served);
        load(&page, "r.example/app:1");
        page
    };
    page.act(BringAction::FromUrls(lost.clone(), vec!["https://cdn.example/layer".into()]));
    push(&page);
    assert!(store.borrow().blobs.contains_key(&format!("app/blobs/{lost}")));
}

#[test]
fn what_is_brought_from_elsewhere_is_in_every_archive() {
    let lost = Digest::sha256(b"amd64");
    for from_urls in [false, true] {
        let (store, _) = empty();
        drop(loaded(&store, lost.as_str()));
        put_index(&store, "backup");
        let served: Fault = Box::new(|_, seen| {
            seen.line.ends_with("cdn.example/layer").then(|| with(200, &[], b"amd64"))
        });
        let page = page(&store, served);
        load(&page, "r.example/app:1");
        if from_urls {
            let urls = vec!["https://cdn.example/layer".into()];
            page.act(BringAction::FromUrls(lost.clone(), urls));
        } else {
            bring(&page, Wanted::Blob(lost.clone(), 5), "r.example/backup:1");
        }
        page.act(ExportAction::Archive(ArchiveBlobs::FromRegistry));
        page.act(DeliverAction::SaveComplete);
        let ended = page.state().deliver.ended.clone().unwrap();
        assert!(matches!(ended.result, DeliverResult::Saved(_)), "{:?}", ended.result);
        let saved = page.disk.saved();
        assert_eq!(saved.len(), 2, "{:?}", page.state().export.remarks);
        for (name, archive) in saved {
            assert!(archive.windows(5).any(|bytes| bytes == b"amd64"), "{name} {from_urls}");
        }
    }
}

#[test]
fn an_entry_of_another_repository_is_added_with_the_platform_of_its_config_and_all_it_needs() {
    let (store, _) = empty();
    let page = loaded(&store, "");
    let (other, _) = put_image(&store, "other", &["rootfs", "riscv64"]);
    tag(&store, "other", "1", &other);
    let index = root(&page).unwrap();
    bring(&page, Wanted::Entry(index.clone()), "r.example/other:1");
    page.act(BringAction::Take(0));
    push(&page);
    let now = entries(&store, "1");
    assert_eq!((now.len(), &now[2]), (3, &other));
    let all = store.borrow();
    for layer in ["rootfs", "riscv64"] {
        let name = format!("app/blobs/{}", Digest::sha256(layer.as_bytes()));
        assert!(all.blobs.contains_key(&name), "{layer}");
    }
    drop(all);
    // The same once more is refused with a sentence.
    bring(&page, Wanted::Entry(index.clone()), "r.example/other:1");
    page.act(BringAction::Take(0));
    let problem = page.state().desk.bring.as_ref().unwrap().problem.clone();
    assert_eq!(problem.unwrap().key, "entries.already-there");
    // Taken out again, nothing is left of it.
    page.act(crate::app::DeskAction::Remove(index, EntryKey::Added(other)));
    assert!(!page.state().opened.as_ref().unwrap().is_edited());
}

#[test]
fn a_check_waits_for_the_platforms_that_are_on_their_way() {
    let (store, fault) = empty();
    let index = put_index(&store, "app");
    tag(&store, "app", "1", &index);
    let page = page(&store, fault);
    page.net.hold("manifests/sha256");
    load(&page, "r.example/app:1");
    page.act(HealthAction::Check);
    assert_eq!(page.state().desk.health.as_ref().unwrap().parts.len(), 3, "as far as known");
    page.release();
    let health = page.state().desk.health.clone().unwrap();
    assert_eq!((health.parts.len(), health.states.len(), health.counts()), (8, 8, (0, 0)));
}

#[test]
fn another_image_ends_the_check_and_the_search() {
    let (store, _) = empty();
    let index = put_index(&store, "app");
    tag(&store, "app", "1", &index);
    let (other, _) = put_image(&store, "app", &["other"]);
    tag(&store, "app", "2", &other);
    let asks: Fault = Box::new(|_, seen| seen.line.starts_with("HEAD").then(|| with(401, &[], "")));
    let page = page(&store, asks);
    load(&page, "r.example/app:1");
    page.net.hold("HEAD");
    page.act(HealthAction::Check);
    load(&page, "r.example/app:2");
    assert_eq!(root(&page), Some(other.clone()));
    let requests = page.net.count();
    page.release();
    assert_eq!((page.net.count(), &page.state().access.asked[..]), (requests, &[][..]));

    let page = super::page(&store, Box::new(|_, _| None));
    load(&page, "r.example/app:1");
    page.net.hold("app/manifests/2");
    load(&page, "r.example/app:2");
    page.net.hold("backup");
    bring(&page, Wanted::Entry(index), "r.example/backup:1");
    assert!(page.state().desk.bring.as_ref().unwrap().loading);
    page.release();
    let state = page.state();
    assert_eq!((root(&page), state.view.dialog), (Some(other), None));
    assert_eq!(state.desk.bring, None);
}

#[test]
fn a_question_that_takes_the_dialog_ends_the_search_and_stays() {
    let (store, _) = empty();
    let page = loaded(&store, "");
    let (other, _) = put_image(&store, "app", &["other"]);
    tag(&store, "app", "2", &other);
    page.act(EditAction::Mark(0));
    page.net.hold("app/manifests/2");
    load(&page, "r.example/app:2");
    put_index(&store, "backup");
    let index = root(&page).unwrap();
    page.net.hold("backup");
    bring(&page, Wanted::Entry(index), "r.example/backup:1");
    page.release();
    let state = page.state();
    assert_eq!((state.view.dialog, &state.desk.bring), (Some(Dialog::ReplaceEdits), &None));
    page.act(BringAction::Close);
    page.act(OpenAction::AcceptOffer);
    assert_eq!(root(&page), Some(other));
}

#[test]
fn what_was_looked_for_before_is_not_heard() {
    let (first, second) = (Digest::sha256(b"amd64"), Digest::sha256(b"arm64"));
    let (store, _) = empty();
    let page = loaded(&store, "");
    let backup = put_index(&store, "backup");
    let archive = page.disk.choose("backup.tar", layout(&store, "backup", &[&backup]));
    let begin = |wanted: &Digest| page.act(BringAction::Begin(Wanted::Blob(wanted.clone(), 5)));
    let brought = || page.state().opened.as_ref().unwrap().brought.iter().count();

    page.disk.hold();
    begin(&first);
    page.act(BringAction::File(archive));
    page.act(BringAction::Close);
    begin(&second);
    page.release();
    assert_eq!((page.state().desk.bring.is_some(), brought()), (true, 0), "cancelled");

    // Another place is typed while the first is asked.
    page.net.hold("HEAD");
    for text in ["r.example/backup:1", "r.example/other:1"] {
        page.act(BringAction::Text(text.to_owned()));
        page.act(BringAction::Look);
    }
    page.act(BringAction::Text("r.example/third:1".to_owned()));
    page.release();
    let bring = page.state().desk.bring.clone().unwrap();
    assert_eq!((bring.loading, bring.problem, brought()), (false, None, 0));

    page.act(BringAction::File(archive));
    assert_eq!((page.state().desk.bring.is_some(), brought()), (false, 1));
}

#[test]
fn what_is_brought_is_work_until_a_push_proved_it() {
    let lost = Digest::sha256(b"amd64");
    let (store, _) = empty();
    let page = loaded(&store, lost.as_str());
    put_index(&store, "backup");
    let (other, _) = put_image(&store, "app", &["other"]);
    tag(&store, "app", "2", &other);
    let opened = root(&page);
    let from_urls = BringAction::FromUrls(lost.clone(), vec!["https://cdn.example/x".into()]);
    for repair in [from_urls, BringAction::Begin(Wanted::Blob(lost, 5))] {
        page.act(repair);
        page.act(BringAction::Text("r.example/backup:1".to_owned()));
        page.act(BringAction::Look);
        assert!(page.state().is_unsaved());
        page.act(crate::app::TakeAction::Download);
        load(&page, "r.example/app:2");
        assert_eq!((&root(&page), page.state().view.dialog), (&opened, Some(Dialog::ReplaceEdits)));
        page.act(OpenAction::DeclineOffer);
    }
    push(&page);
    assert!(!page.state().is_unsaved());
    load(&page, "r.example/app:2");
    assert_eq!(root(&page), Some(other));
}

#[test]
fn a_question_about_one_place_sends_nothing_to_another() {
    let (store, _) = empty();
    let asks: Fault = Box::new(|_, seen| seen.line.contains("backup").then(|| with(401, &[], "")));
    let index = put_index(&store, "app");
    tag(&store, "app", "1", &index);
    let page = page(&store, asks);
    load(&page, "r.example/app:1");
    let other = put_index(&store, "other");
    let archive = page.disk.choose("other.tar", layout(&store, "other", &[&other]));
    bring(&page, Wanted::Entry(index), "r.example/backup:1");
    assert!(page.state().access.at(AskedAt::Bring).is_some());
    page.act(BringAction::Text("r.example/elsewhere:1".to_owned()));
    assert_eq!(page.state().access.asked, []);
    page.act(BringAction::Text("r.example/backup:1".to_owned()));
    page.act(BringAction::Look);
    assert!(page.state().access.at(AskedAt::Bring).is_some());
    page.act(BringAction::File(archive));
    assert_eq!(page.state().access.asked, []);
}

#[test]
fn a_check_is_stopped_or_waits_for_a_sign_in() {
    let (store, _) = empty();
    let page = loaded(&store, "");
    page.net.hold("HEAD");
    page.act(HealthAction::Check);
    page.act(HealthAction::Check);
    assert_eq!(page.state().desk.health.as_ref().unwrap().progress, Some(0));
    page.act(HealthAction::Stop);
    let health = page.state().desk.health.clone().unwrap();
    assert_eq!((health.progress, health.counts()), (None, (0, health.parts.len())));
    page.release();
    assert_eq!(broken(&page), []);

    // The registry asks who is there from now on.
    let asks: Fault = {
        let asks = with_sign_in();
        Box::new(
            move |store, seen| {
                if seen.line.starts_with("HEAD") { asks(store, seen) } else { None }
            },
        )
    };
    let page = super::page(&store, asks);
    load(&page, "r.example/app:1");
    page.act(HealthAction::Check);
    let state = page.state();
    assert!(state.access.at(AskedAt::Health).is_some() && state.desk.health.is_none());
    page.sign_in("anna", "right");
    let health = page.state().desk.health.clone().unwrap();
    assert_eq!((health.progress, health.counts()), (None, (0, 0)));
}
