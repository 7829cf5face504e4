//! The open image beside another one: loaded, signed in for, cancelled, taken over from.

use super::*;
use crate::app::{
    AccessAction, AskedAt, CompareAction, DeskAction, EditAction, HeldCall, PushAction,
};
use crate::image::{Comparison, PartEquality, Shape};
use crate::run::testing::{layout, put_image, put_index, tag};

/// `app:1` and `app:2` are indexes, and `app:3` is one of the images of the first; the page with
/// `app:1` open.
fn loaded(store: &Shared, fault: Fault) -> Page {
    let index = put_index(store, "app");
    tag(store, "app", "1", &index);
    let (image, _) = put_image(store, "app", &["rootfs", "arm64"]);
    tag(store, "app", "3", &image);
    put_second(store, |text| text.replace("]}", r#"],"annotations":{"note":"there"}}"#));
    let page = page(store, fault);
    load(&page, "r.example/app:1");
    page
}

/// `app:2` becomes what `change` makes of the text of the index.
fn put_second(store: &Shared, change: impl Fn(String) -> String) {
    let mut all = store.borrow_mut();
    let (kind, bytes) = all.manifests["app/manifests/1"].clone();
    let text = change(String::from_utf8(bytes).unwrap()).into_bytes();
    let digest = Digest::sha256(&text);
    for name in ["2", digest.as_str()] {
        all.manifests.insert(format!("app/manifests/{name}"), (kind.clone(), text.clone()));
    }
}

fn begin(page: &Page, with: &str) {
    page.act(CompareAction::Text(with.to_owned()));
    page.act(CompareAction::Start);
}

fn comparison(page: &Page) -> Option<Comparison> {
    let state = page.state();
    state.opened.as_ref()?.compared_with(state.desk.compare.found.as_ref()?)
}

fn says(page: &Page) -> String {
    let all = comparison(page).unwrap().sentences();
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn problem(page: &Page) -> Option<&'static str> {
    page.state().desk.compare.problem.as_ref().map(|message| message.key)
}

#[test]
fn another_tag_is_compared_and_an_annotation_taken_over_gives_its_digest() {
    let (store, fault) = empty();
    let page = loaded(&store, fault);
    assert_eq!(page.state().compare_text(), "r.example/app:1", "where it was loaded from");
    page.act(CompareAction::Start);
    assert!(says(&page).starts_with("Identical"));
    begin(&page, "r.example/app:2");
    assert_eq!(
        says(&page),
        "The images differ. 2 of 2 platforms are the same. 1 annotation differs."
    );
    let there = comparison(&page).unwrap().there;
    let difference = comparison(&page).unwrap().index.remove(0);
    let (place, name) = difference.annotation().unwrap();
    let (document, value) = (place.document.clone(), difference.there.clone());
    page.act(DeskAction::AnnotateDocument(document, name.to_owned(), value));
    assert!(says(&page).starts_with("Identical"), "it is compared as it becomes");
    assert_eq!(comparison(&page).unwrap().here, there);
    page.act(CompareAction::Save);
    let (name, text) = page.disk.saved().pop().unwrap();
    assert!(name.ends_with(".comparison.md"), "{name}");
    assert!(String::from_utf8(text).unwrap().contains("Identical"));
    page.act(EditAction::Undo);
    assert!(!page.state().opened.as_ref().unwrap().is_edited());
    page.act(CompareAction::Save);
    let text = String::from_utf8(page.disk.saved().pop().unwrap().1).unwrap();
    assert!(text.contains("| Annotation note | – | `there` |"), "{text}");
}

#[test]
fn a_platform_that_only_the_other_has_is_added_with_all_it_needs() {
    let (store, fault) = empty();
    let page = loaded(&store, fault);
    let (other, size) = put_image(&store, "app", &["rootfs", "riscv64"]);
    put_second(&store, |text| {
        let entry = format!(
            r#",{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{other}","size":{size},"platform":{{"os":"linux","architecture":"riscv64"}}}}]}}"#
        );
        text.replace("]}", &entry)
    });
    begin(&page, "r.example/app:2");
    let compared = comparison(&page).unwrap();
    assert_eq!((compared.parts[0].state, compared.parts.len()), (PartEquality::OnlyThere, 3));
    page.act(CompareAction::Add(other.clone()));
    assert_eq!(
        says(&page),
        "The images differ. 3 of 3 platforms are the same. 1 document says the same in other bytes.",
        "white space may differ, and that is said"
    );
    page.act(CompareAction::Add(other.clone()));
    assert_eq!(problem(&page), Some("entries.already-there"));
    page.act(PushAction::Review);
    page.act(PushAction::Push);
    let all = store.borrow();
    let pushed = String::from_utf8(all.manifests["app/manifests/1"].1.clone()).unwrap();
    assert!(pushed.contains(other.as_str()), "{pushed}");
}

#[test]
fn an_index_is_compared_with_one_image_of_it_and_an_archive_with_one_image() {
    let (store, fault) = empty();
    let page = loaded(&store, fault);
    begin(&page, "r.example/app:3");
    assert_eq!(comparison(&page).unwrap().shape, Shape::IndexHere);
    assert!(says(&page).ends_with("That image is the same."), "{}", says(&page));
    let index = put_index(&store, "other");
    let one = page.disk.choose("one.tar", layout(&store, "other", &[&index]));
    page.act(CompareAction::File(one));
    assert!(says(&page).starts_with("Identical"));
    let (second, _) = put_image(&store, "other", &["rootfs", "amd64"]);
    let two = page.disk.choose("two.tar", layout(&store, "other", &[&index, &second]));
    page.act(CompareAction::File(two));
    assert_eq!(problem(&page), Some("compare.several"));
    assert!(page.state().desk.compare.found.is_none());
}

#[test]
fn what_cannot_be_had_is_said_and_nothing_stays_loading() {
    let (store, fault) = empty();
    let page = loaded(&store, fault);
    for wrong in ["", "no reference!", "r.example/app:none"] {
        begin(&page, wrong);
        assert!(problem(&page).is_some(), "{wrong}");
        assert!(!page.state().desk.compare.loading);
        assert_eq!(comparison(&page), None);
    }
    begin(&page, "r.example/app:2");
    assert_eq!(problem(&page), None);
}

#[test]
fn it_goes_on_after_signing_in_or_ends_with_the_question() {
    let (store, _) = empty();
    let sign_in = with_sign_in();
    let asks: Fault = Box::new(move |store, seen| {
        let open = !seen.line.contains("closed.example");
        (!open).then(|| sign_in(store, seen)).flatten()
    });
    let page = loaded(&store, asks);
    begin(&page, "closed.example/app:2");
    let call = HeldCall::Compare("closed.example/app:2".into());
    assert_eq!(page.state().access.at(AskedAt::Compare).unwrap().call, call);
    assert!(!page.state().desk.compare.loading);
    page.act(AccessAction::Dismiss(AskedAt::Compare));
    assert_eq!(page.state().access.asked, []);

    page.act(CompareAction::Start);
    page.act(CompareAction::Text("r.example/app:3".into()));
    assert_eq!(page.state().access.asked, [], "another place is named");
    begin(&page, "closed.example/app:2");
    page.sign_in("anna", "right");
    assert!(says(&page).ends_with("1 annotation differs."), "{}", says(&page));
    assert_eq!((problem(&page), &page.state().access.asked[..]), (None, &[][..]));

    begin(&page, "closed.example/app:3");
    assert_eq!(page.state().access.asked, [], "somebody is signed in");
}

#[test]
fn it_is_cancelled_in_the_middle() {
    let (store, fault) = empty();
    let page = loaded(&store, fault);
    page.net.hold("app/manifests/2");
    begin(&page, "r.example/app:2");
    assert!(page.state().desk.compare.loading);
    page.act(CompareAction::Stop);
    assert!(!page.state().desk.compare.loading);
    page.release();
    let compare = page.state().desk.compare.clone();
    assert_eq!((compare.found, compare.problem), (None, None));
    page.act(CompareAction::Start);
    assert!(comparison(&page).is_some());
    // Typing ends what is on its way, too.
    page.net.hold("app/manifests/3");
    begin(&page, "r.example/app:3");
    page.act(CompareAction::Text("r.example/app:2".into()));
    page.release();
    let compare = page.state().desk.compare.clone();
    assert!(!compare.loading && compare.found.is_none());
}

#[test]
fn another_image_that_is_opened_meanwhile_ends_it() {
    let (store, _) = empty();
    let asks: Fault = Box::new(|_, seen| seen.line.contains("closed").then(|| with(401, &[], "")));
    let page = loaded(&store, asks);
    page.net.hold("app/manifests/2");
    begin(&page, "r.example/app:2");
    load(&page, "r.example/app:3");
    assert!(!page.state().desk.compare.loading);
    page.release();
    let compare = page.state().desk.compare.clone();
    assert_eq!((compare.found, compare.loading, compare.problem), (None, false, None));
    // A question about it ends, too.
    begin(&page, "closed.example/app:2");
    assert_eq!(page.state().access.asked.len(), 1);
    load(&page, "r.example/app:1");
    assert_eq!(page.state().access.asked, []);
    assert_eq!(page.state().compare_text(), "r.example/app:1");
}
