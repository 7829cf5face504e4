//! Files that come in and go out: archives, reports, recipes.

use super::*;
use crate::app::{ArchiveBlobs, Dialog, EditAction, ExportAction, FileId, ReportForm};
use crate::registry::testing::is;
use crate::run::testing::{layout, put_image, put_index, tag};

/// A page with this image open, by way of the registry.
fn opened(store: &Shared, fault: Fault, digest: &Digest) -> Page {
    tag(store, "app", "1", digest);
    let page = page(store, fault);
    load(&page, "r.example/app:1");
    assert_eq!(root(&page).as_ref(), Some(digest));
    page
}

/// The key of the notice that is shown.
fn notice(page: &Page) -> Option<&'static str> {
    page.state().view.notice.as_ref().map(|notice| notice.message.key)
}

#[test]
fn an_archive_with_layers_from_the_registry_opens_as_the_same_image() {
    let (store, fault) = empty();
    let index = put_index(&store, "app");
    let page = opened(&store, fault, &index);
    page.act(ExportAction::Archive(ArchiveBlobs::FromRegistry));
    assert!(!page.state().export.writing);
    let [(name, bytes)] = &page.disk.saved()[..] else { panic!("one archive") };
    assert_eq!(name.rsplit('.').next(), Some("tar"), "{name}");

    let again = super::page(&store, Box::new(|_, _| None));
    let id = again.disk.choose(name, bytes.clone());
    again.act(SourceAction::File(id));
    assert_eq!(root(&again), Some(index));
    let state = again.state();
    let image = &state.opened.as_ref().unwrap().image;
    assert!(image.wanted(state.opened.as_ref().unwrap().history.edits()).is_empty());
    assert_eq!(again.net.count(), 0, "nothing was asked of a registry");
}

#[test]
fn writing_an_archive_is_stopped_at_every_request() {
    let (store, _) = empty();
    let (image, _) = put_image(&store, "app", &["one", "two"]);
    for (kind, at_least) in [(ArchiveBlobs::FromRegistry, 2), (ArchiveBlobs::AtHand, 1)] {
        let requests = {
            let page = opened(&store, Box::new(|_, _| None), &image);
            page.act(EditAction::Mark(0));
            let before = page.net.count();
            page.act(ExportAction::Archive(kind));
            assert_eq!(page.disk.saved().len(), 1);
            page.net.count() - before
        };
        assert!(requests >= at_least, "the config, and a layer from the registry");
        for number in 0..requests {
            let page = opened(&store, Box::new(|_, _| None), &image);
            page.act(EditAction::Mark(0));
            page.net.hold_number(number);
            page.act(ExportAction::Archive(kind));
            assert!(page.state().export.writing);
            page.act(ExportAction::StopArchive);
            assert!(!page.state().export.writing, "{kind:?} at request {number}");
            page.release();
            assert!(page.disk.saved().is_empty(), "{kind:?} at request {number}");
            assert!(page.state().is_unsaved(), "{kind:?} at request {number}");
            page.act(ExportAction::Archive(kind));
            assert_eq!(page.disk.saved().len(), 1, "it can be written again");
        }
    }
}

#[test]
fn an_archive_that_cannot_be_written_leaves_nothing() {
    let (store, _) = empty();
    let (image, _) = put_image(&store, "app", &["layer"]);
    let wrong: Fault = Box::new(|_, seen| {
        let layer = Digest::sha256(b"layer");
        seen.url.path().ends_with(layer.as_str()).then(|| is(200, "other"))
    });
    let cases: [(Fault, Option<usize>, &str); 2] = [
        (wrong, None, "export.blob-failed"),
        (Box::new(|_, _| None), Some(1000), "export.not-written"),
    ];
    for (fault, room, key) in cases {
        let page = opened(&store, fault, &image);
        if let Some(room) = room {
            page.disk.has_room_for(room);
        }
        page.act(ExportAction::Archive(ArchiveBlobs::FromRegistry));
        let state = page.state();
        assert!(!state.export.writing, "{key}");
        assert_eq!(state.export.remarks[0].key, key);
        assert!(page.disk.saved().is_empty(), "{key}");
        assert!(!state.opened.as_ref().unwrap().is_edited());
    }
}

#[test]
fn a_file_that_vanished_is_named() {
    let (store, fault) = empty();
    let (image, _) = put_image(&store, "app", &["layer"]);
    let page = opened(&store, fault, &image);
    let id = page.disk.choose("manifest.json", *b"{}");
    page.disk.lose(id);
    page.act(SourceAction::File(id));
    let state = page.state();
    assert_eq!(key(state.source.failure.as_ref()), Some("file.gone"));
    assert!(!state.source.loading);
    page.act(ExportAction::OpenRecipe(FileId(7)));
    assert_eq!(notice(&page), Some("file.gone"));
}

#[test]
fn an_archive_that_was_given_up_opens_nothing_and_asks_nothing() {
    let (store, fault) = empty();
    let (one, _) = put_image(&store, "app", &["one"]);
    let (two, _) = put_image(&store, "app", &["two"]);
    let page = page(&store, fault);
    let id = page.disk.choose("both.tar", layout(&store, "app", &[&one, &two]));
    page.disk.hold();
    page.act(SourceAction::File(id));
    page.act(SourceAction::Cancel);
    assert_eq!(key(page.state().source.failure.as_ref()), Some("transport.cancelled"));
    page.release();
    assert_eq!((page.state().view.dialog, root(&page)), (None, None));
    page.act(SourceAction::File(id));
    assert_eq!(page.state().view.dialog, Some(Dialog::Archive));
}

#[test]
fn a_file_wins_over_the_image_that_was_loading() {
    let (store, fault) = empty();
    let (loading, _) = put_image(&store, "app", &["slow"]);
    tag(&store, "app", "1", &loading);
    let (other, _) = put_image(&store, "other", &["quick"]);
    let text = store.borrow().manifests[&format!("other/manifests/{other}")].1.clone();
    let page = page(&store, fault);
    page.net.hold("manifests/1");
    load(&page, "r.example/app:1");
    let id = page.disk.choose("manifest.json", text);
    page.act(SourceAction::File(id));
    assert_eq!(root(&page), Some(other.clone()));
    page.release();
    assert_eq!(root(&page), Some(other), "the late one is not heard");
    assert_eq!(page.state().source.failure, None);
}

#[test]
fn a_report_and_a_recipe_come_out_of_the_page_and_the_recipe_in_again() {
    let (store, fault) = empty();
    let (image, _) = put_image(&store, "app", &["layer"]);
    let page = opened(&store, fault, &image);
    page.act(EditAction::Mark(0));
    page.act(EditAction::Urls(0, "https://cdn.example/layer".to_owned()));
    let new = page.state().opened.as_ref().unwrap().rendered.digest(&image).unwrap().clone();
    page.act(ExportAction::Report(ReportForm::Markdown));
    page.act(ExportAction::Report(ReportForm::Json));
    page.act(ExportAction::SaveRecipe);
    let saved = page.disk.saved();
    let names: Vec<&str> = saved.iter().map(|(name, _)| name.as_str()).collect();
    let [markdown, json] = &names[..2] else { panic!("{names:?}") };
    assert!(markdown.ends_with(".report.md") && json.ends_with(".report.json"), "{names:?}");
    for (name, bytes) in &saved[..2] {
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains(new.as_str()), "{name} names the new digest");
    }
    let _: serde_json::Value = serde_json::from_slice(&saved[1].1).unwrap();
    assert_eq!(notice(&page), None);

    let other = super::page(&store, Box::new(|_, _| None));
    load(&other, "r.example/app:1");
    let (name, recipe) = saved[2].clone();
    let id = other.disk.choose(&name, recipe);
    other.act(ExportAction::OpenRecipe(id));
    let state = other.state();
    let read = state.export.recipe.as_ref().unwrap();
    assert!(read.outcome(state.opened.as_ref().unwrap()).changes);
    other.act(ExportAction::ApplyRecipe);
    assert_eq!(other.state().opened.as_ref().unwrap().rendered.digest(&image), Some(&new));
}
