//! Delivering: into a folder, into an archive, to a server; and all that goes wrong on the way.

use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::app::{DeliverAction, DeliverResult, EditAction, SentState, State, UrlCheck};
use crate::deliver::{Content, WrittenFile, archive_size};
use crate::export::ArchivePart;
use crate::registry::testing::{Answer, is};
use crate::registry::{Body, Method, Redirect, TransportError};
use crate::run::testing::{FakeFolders, put_image, tag};

/// The images’ layers.
const LAYERS: [&str; 2] = ["rootfs", "libapp"];

fn blob(layer: &str) -> Digest {
    Digest::sha256(layer.as_bytes())
}

/// A page with an open image of two layers, both marked with URLs made by `template`.
fn marked(fault: Fault, template: &str) -> (Shared, Page) {
    let (store, _) = empty();
    let (digest, _) = put_image(&store, "app", &LAYERS);
    tag(&store, "app", "1", &digest);
    let mut state = State::default();
    state.page.origin = "https://portal.example".to_owned();
    let page = Page::starting(registry(&store, fault), state);
    load(&page, "r.example/app:1");
    page.act(EditAction::Template(template.to_owned()));
    page.act(EditAction::Mark(0));
    page.act(EditAction::Mark(1));
    page.act(DeliverAction::Show(true));
    (store, page)
}

const HEX: &str = "https://cdn.example/blobs/{hex}";

fn nothing_special() -> Fault {
    Box::new(|_, _| None)
}

fn result(page: &Page) -> Option<DeliverResult> {
    page.state().deliver.ended.as_ref().map(|ended| ended.result.clone())
}

/// The key of the sentence that says why it failed, and that of the reason in it.
fn failure(page: &Page) -> Option<(&'static str, &'static str)> {
    let Some(DeliverResult::Failed(message)) = result(page) else { return None };
    let reason = message.args.iter().find_map(|(_, arg)| match arg {
        crate::text::Arg::Message(reason) => Some(reason.key),
        _ => None,
    });
    Some((message.key, reason.unwrap_or_default()))
}

#[test]
fn a_folder_gets_the_layers_where_their_urls_want_them() {
    let (_, page) = marked(nothing_special(), HEX);
    page.act(DeliverAction::WriteFolder);
    assert_eq!(result(&page), Some(DeliverResult::Done));
    let files = page.folders.files();
    let mut sums: Vec<String> = Vec::new();
    for layer in LAYERS {
        let path = format!("blobs/{}", blob(layer).hex());
        assert_eq!(files.get(&path).map(Vec::as_slice), Some(layer.as_bytes()), "{path}");
        sums.push(format!("{}  {path}\n", blob(layer).hex()));
    }
    sums.sort();
    assert_eq!(String::from_utf8(files["SHA256SUMS"].clone()).unwrap(), sums.concat());
    assert!(files.contains_key("server-rules/nginx.conf"));
    assert!(page.folders.is_tidy());
}

#[test]
fn an_archive_holds_the_same() {
    let (_, page) = marked(nothing_special(), "https://cdn.example/{digest}");
    page.act(DeliverAction::SaveArchive);
    assert_eq!(result(&page), Some(DeliverResult::Done));
    let files = page.disk.saved();
    let ended = page.state().deliver.ended.clone().unwrap();
    let wanted: &[WrittenFile] = ended.request.files();
    let (name, archive) = &files[0];
    assert_eq!(name, "r.example-app-1.layers.tar");
    assert_eq!(archive.len() as u64, archive_size(wanted));
    // Each header begins with the path, and its content follows.
    let mut at = 0;
    for file in wanted {
        assert!(archive[at..].starts_with(file.path.as_bytes()), "{}", file.path);
        let size = usize::try_from(file.size()).unwrap();
        if file.path.starts_with("sha256:") {
            let content = &archive[at + 512..at + 512 + size];
            assert!(LAYERS.iter().any(|layer| layer.as_bytes() == content), "{}", file.path);
        }
        at += 512 + size.next_multiple_of(512);
    }
}

#[test]
fn what_goes_wrong_leaves_no_half_file() {
    let other: fn() -> Fault = || {
        Box::new(|_, seen: &Seen| {
            (seen.line.contains("/blobs/") && seen.line.starts_with("GET"))
                .then(|| is(200, "other!"))
        })
    };
    let gone: fn() -> Fault = || {
        Box::new(|_, seen: &Seen| {
            (seen.line.contains("/blobs/") && seen.line.starts_with("GET")).then(|| is(404, ""))
        })
    };
    let full = |page: &Page| {
        let files =
            page.state().opened.as_ref().unwrap().delivery().contents(&page.state().page.origin);
        let texts = files.iter().filter(|file| matches!(file.content, Content::Text(_)));
        page.folders.leave_room(texts.map(|file| usize::try_from(file.size()).unwrap()).sum());
    };
    let nothing = |_: &Page| {};
    type Case = (&'static str, Fault, fn(&Page), (&'static str, &'static str));
    let cases: [Case; 3] = [
        ("wrong bytes", other(), nothing, ("deliver.no-bytes", "registry.mismatch")),
        ("gone", gone(), nothing, ("deliver.no-bytes", "answer.empty")),
        ("disk full", nothing_special(), full, ("deliver.not-written", "deliver.write-full")),
    ];
    for (name, fault, prepare, expected) in cases {
        let (_, page) = marked(fault, HEX);
        prepare(&page);
        page.act(DeliverAction::WriteFolder);
        assert_eq!(failure(&page), Some(expected), "{name}");
        let layers = page.folders.files().into_keys().filter(|path| path.starts_with("blobs/"));
        assert_eq!(layers.count(), 0, "{name}");
        assert!(page.folders.is_tidy(), "{name}");
    }
}

#[test]
fn it_is_stopped_at_every_request() {
    for number in 0.. {
        let (_, page) = marked(nothing_special(), HEX);
        page.net.hold_number(number);
        page.act(DeliverAction::WriteFolder);
        if result(&page) == Some(DeliverResult::Done) {
            assert!(number >= 2, "one for each layer");
            return;
        }
        assert!(page.state().deliver.running.is_some());
        page.act(DeliverAction::Stop);
        page.release();
        assert_eq!(result(&page), Some(DeliverResult::Stopped), "at request {number}");
        assert!(page.folders.is_tidy());
        page.act(DeliverAction::WriteFolder);
        assert_eq!(result(&page), Some(DeliverResult::Done), "from the start again");
    }
}

#[test]
fn paths_that_cannot_be_are_refused_before_anything_is_written() {
    for (template, key) in [
        ("https://cdn.example/all", "deliver.same-path"),
        ("https://cdn.example/../{hex}", "deliver.path"),
        ("https://cdn.example/a%2f{hex}", "deliver.path"),
        ("https://cdn.example/{hex}?signature=1", "deliver.path"),
        ("https://cdn.example/C:/{hex}", "deliver.path"),
        ("https://cdn.example/%00{hex}", "deliver.path"),
        ("https://cdn.example/SHA256SUMS/{hex}", "deliver.reserved"),
    ] {
        let (_, page) = marked(nothing_special(), template);
        let asked = page.net.count();
        let problems = page.state().opened.as_ref().unwrap().delivery().problems;
        assert_eq!(problems.first().map(|it| it.message().key), Some(key), "{template}");
        for action in [DeliverAction::WriteFolder, DeliverAction::SaveArchive] {
            page.act(action);
            assert_eq!((result(&page), page.net.count()), (None, asked), "{template}");
        }
        assert!(page.folders.files().is_empty());
    }
}

#[test]
fn a_place_that_is_not_chosen_is_no_failure() {
    let (_, page) = marked(nothing_special(), HEX);
    page.folders.dismiss();
    page.act(DeliverAction::WriteFolder);
    assert_eq!(result(&page), Some(DeliverResult::Stopped));
}

/// What a server got: where, with which headers, and which bytes.
type Got = Rc<RefCell<Vec<(String, Vec<(String, String)>, Vec<u8>)>>>;

/// A server beside the registry that answers `PUT` by `answer`.
fn with_server(
    disk: &Rc<RefCell<Option<FakeFolders>>>,
    got: &Got,
    answer: impl Fn(usize) -> Answer + 'static,
) -> Fault {
    let (disk, got) = (disk.clone(), got.clone());
    Box::new(move |_, seen: &Seen| {
        let is_put = seen.request.method == Method::Put && !seen.url.to_string().contains("/v2/");
        is_put.then(|| {
            let Body::File(file) = seen.request.body else { panic!("{:?}", seen.request.body) };
            let bytes = disk.borrow().as_ref().unwrap().kept(file.file);
            assert_eq!(seen.request.redirect, Redirect::Tell, "nothing goes to another place");
            let place = seen.url.to_string();
            let headers = seen.request.typed_headers.clone();
            got.borrow_mut().push((place, headers, bytes));
            answer(got.borrow().len() - 1)
        })
    })
}

/// A page whose marked layers go to such a server.
fn sending(answer: impl Fn(usize) -> Answer + 'static) -> (Page, Got) {
    let (disk, got) = (Rc::new(RefCell::new(None)), Got::default());
    let fault = with_server(&disk, &got, answer);
    let (_, page) = marked(fault, HEX);
    disk.replace(Some(page.folders.clone()));
    (page, got)
}

const SIGNED: &str = "https://bucket.example/{hex}?X-Amz-Signature=s3cr3t";

#[test]
fn layers_are_sent_verified_and_then_asked_for() {
    let (page, got) = sending(|_| is(201, ""));
    page.act(DeliverAction::Presigned(SIGNED.into()));
    page.act(DeliverAction::Headers("x-ms-blob-type: BlockBlob\nX-Key: h1dden".into()));
    page.act(DeliverAction::Send { again: false });
    assert_eq!(result(&page), Some(DeliverResult::Done));
    for ((place, headers, bytes), layer) in got.borrow().iter().zip(LAYERS) {
        let hex = blob(layer).hex().to_owned();
        assert_eq!(*place, format!("https://bucket.example/{hex}?X-Amz-Signature=s3cr3t"));
        let named = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(*headers, [named("x-ms-blob-type", "BlockBlob"), named("X-Key", "h1dden")]);
        assert_eq!(bytes, layer.as_bytes());
    }
    assert!(page.folders.is_tidy());
    let state = page.state();
    // A server's word is no proof: what the URLs serve is downloaded.
    let checked: Vec<&str> = state
        .verify
        .all()
        .map(|(target, check)| {
            assert!(matches!(check, UrlCheck::Running(_) | UrlCheck::Queued));
            target.url.as_str()
        })
        .collect();
    assert_eq!(checked.len(), 2);
    assert!(checked.iter().all(|url| url.starts_with("https://cdn.example/blobs/")));
    let told = format!("{:?}", state.deliver);
    assert!(!told.contains("s3cr3t") && !told.contains("h1dden"), "{told}");
    assert_eq!(state.deliver.presigned.text(), "", "used up");
}

#[test]
fn what_was_not_sent_is_sent_again_and_nothing_else() {
    let (page, got) = sending(|at| {
        if at == 1 || at == 2 {
            is(403, "<Error><Code>AccessDenied</Code></Error>")
        } else {
            is(200, "")
        }
    });
    page.act(DeliverAction::Presigned(SIGNED.into()));
    page.act(DeliverAction::Send { again: false });
    assert_eq!(result(&page), Some(DeliverResult::Partly));
    let ended = page.state().deliver.ended.clone().unwrap();
    let SentState::Failed(message) = &ended.sent[1] else { panic!("{:?}", ended.sent) };
    assert_eq!((message.key, ended.unsent()), ("deliver.answer", 1));
    assert!(!format!("{:?}", page.state().deliver).contains("s3cr3t"));
    page.act(DeliverAction::Send { again: true });
    let ended = page.state().deliver.ended.clone().unwrap();
    assert_eq!((&ended.result, ended.unsent()), (&DeliverResult::Partly, 1));
    assert_eq!(ended.sent[0], SentState::Sent, "the first one stays sent");
    page.act(DeliverAction::Send { again: true });
    assert_eq!(result(&page), Some(DeliverResult::Done));
    assert_eq!(got.borrow().len(), 4);
    let first =
        got.borrow().iter().filter(|(place, ..)| place.contains(blob(LAYERS[0]).hex())).count();
    assert_eq!(first, 1);
    assert!(page.state().verify.pending() >= 2);
}

#[test]
fn nothing_wrong_is_ever_sent() {
    let (disk, got) = (Rc::new(RefCell::new(None)), Got::default());
    let server = with_server(&disk, &got, |_| is(201, ""));
    let fault: Fault = Box::new(move |store, seen| {
        let spoiled = seen.line.contains(&blob("libapp").to_string());
        if spoiled { Some(is(200, "libbad")) } else { server(store, seen) }
    });
    let (_, page) = marked(fault, HEX);
    disk.replace(Some(page.folders.clone()));
    page.act(DeliverAction::Send { again: false });
    assert_eq!(result(&page), Some(DeliverResult::Partly));
    assert_eq!(got.borrow().len(), 1, "the layer that is right");
    assert!(page.folders.is_tidy());
}

#[test]
fn an_upload_is_stopped_and_what_has_no_answer_says_so() {
    let (page, _) = sending(|_| is(201, ""));
    page.net.hold("PUT https://cdn.example");
    page.act(DeliverAction::Send { again: false });
    assert_eq!(page.state().deliver.running.as_ref().unwrap().sent[0], SentState::Sending);
    page.act(DeliverAction::Stop);
    page.release();
    assert_eq!(result(&page), Some(DeliverResult::Stopped));
    assert!(page.folders.is_tidy());
    assert_eq!(page.state().verify.pending(), 0, "nothing to verify");

    for (error, key) in [
        (TransportError::Failed, "deliver.put-no-answer"),
        (TransportError::Timeout, "deliver.put-timeout"),
        (TransportError::Redirected, "deliver.put-moved"),
    ] {
        let (page, _) = sending(move |_| Answer::Fails(error.clone()));
        page.act(DeliverAction::Send { again: false });
        let ended = page.state().deliver.ended.clone().unwrap();
        let SentState::Failed(message) = &ended.sent[0] else { panic!("{:?}", ended.sent) };
        assert_eq!(message.key, key);
    }
}

#[test]
fn what_cannot_be_sent_is_said_before() {
    for (presigned, headers, key) in [
        ("https://bucket.example/other?sig=1", "", "deliver.no-presigned"),
        ("", "Host: x", "deliver.forbidden-header"),
        ("", "no colon", "deliver.not-a-header"),
        ("ftp://x/{hex}", "", "deliver.no-presigned"),
        ("https://portal.example/layers/{hex}", "", "deliver.to-page"),
        ("https://cdn{index}.example/x", "X-Key: h1dden", "deliver.headers-for-several"),
    ] {
        let (page, got) = sending(|_| is(201, ""));
        page.act(DeliverAction::Presigned(presigned.into()));
        page.act(DeliverAction::Headers(headers.into()));
        page.act(DeliverAction::Send { again: false });
        let problem = page.state().deliver.problem.as_ref().map(|it| it.key);
        assert_eq!((problem, got.borrow().len()), (Some(key), 0), "{presigned} {headers}");
    }
}

#[test]
fn layers_go_to_no_place_that_only_the_image_names() {
    let (page, got) = sending(|_| is(201, ""));
    // The image as it is released, opened again: both layers have their URLs from the start.
    let marked = page.state().opened.clone().unwrap();
    let released = marked.rendered.node(marked.image.root()).unwrap().bytes.clone();
    let released = page.disk.choose("released.json", released.to_vec());
    page.act(SourceAction::File(released));
    page.act(OpenAction::AcceptOffer);
    let layers = page.state().opened.as_ref().unwrap().marked_layers();
    assert!(layers.len() == 2 && layers.iter().all(|layer| layer.as_loaded));
    page.act(DeliverAction::Headers("Authorization: Bearer token".into()));
    page.act(DeliverAction::Send { again: false });
    assert_eq!((result(&page), got.borrow().len()), (None, 0));
    page.act(DeliverAction::AlsoLoaded(true));
    page.act(DeliverAction::Send { again: false });
    assert!(result(&page).is_some());
    // Who chooses a URL, chose it.
    page.act(EditAction::Urls(0, "https://cdn.example/mine".to_owned()));
    let layers = page.state().opened.as_ref().unwrap().marked_layers();
    assert_eq!(layers.iter().map(|it| it.as_loaded).collect::<Vec<_>>(), [false, true]);
}

/// Opens another image than the one whose layers are on their way.
fn open_another(store: &Shared, page: &Page) {
    let (other, _) = put_image(store, "app", &["other"]);
    tag(store, "app", "2", &other);
    page.act(SourceAction::Reference("r.example/app:2".to_owned()));
    page.act(SourceAction::Load);
    page.act(OpenAction::AcceptOffer);
    assert_eq!(root(page), Some(other));
    assert!(page.state().deliver.running.is_some());
    assert!(page.state().is_unsaved(), "leaving would end it");
}

#[test]
fn a_delivery_goes_on_while_another_image_is_opened() {
    let (store, page) = marked(nothing_special(), HEX);
    page.net.hold(blob(LAYERS[0]).as_str());
    page.act(DeliverAction::WriteFolder);
    open_another(&store, &page);
    page.release();
    assert_eq!(result(&page), Some(DeliverResult::Done));
    assert!(!page.state().is_unsaved());
    assert_eq!(page.folders.files().keys().filter(|path| path.starts_with("blobs/")).count(), 2);
}

#[test]
fn what_is_sent_of_another_image_is_not_said_to_be_verified() {
    let (disk, got) = (Rc::new(RefCell::new(None)), Got::default());
    let (store, page) = marked(with_server(&disk, &got, |_| is(201, "")), HEX);
    disk.replace(Some(page.folders.clone()));
    page.net.hold("PUT https://cdn.example");
    page.act(DeliverAction::Send { again: false });
    open_another(&store, &page);
    page.act(DeliverAction::Headers("X-Key: of the other".into()));
    page.release();
    let state = page.state();
    let ended = state.deliver.ended.as_ref().unwrap();
    assert_eq!((&ended.result, ended.verifying), (&DeliverResult::Done, false));
    assert_eq!(state.verify.pending(), 0);
    assert_eq!(state.deliver.headers.text(), "X-Key: of the other", "typed for the open image");
}

#[test]
fn the_instructions_name_the_image_as_the_archive_does() {
    let (store, page) = marked(nothing_special(), HEX);
    page.act(EditAction::Undo);
    page.act(EditAction::Undo);
    let digest = root(&page).unwrap();
    let complete = |page: &Page| page.state().opened.as_ref().unwrap().complete(false).unwrap();
    let tagged = complete(&page);
    page.act(DeliverAction::SaveComplete);
    let (name, archive) = page.disk.saved().remove(0);
    let held = super::page(&store, nothing_special());
    held.act(SourceAction::File(held.disk.choose(&name, archive)));
    let by_digest = super::page(&store, nothing_special());
    load(&by_digest, &format!("r.example/app@{digest}"));
    for (found, tag) in
        [(tagged, Some("1")), (complete(&held), Some("1")), (complete(&by_digest), None)]
    {
        assert_eq!((found.archive.tag.as_deref(), found.archive.image.as_str()), (tag, "app"));
        let named = found.layout.parts.iter().find_map(|part| match part {
            ArchivePart::Bytes(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                let (_, rest) = text.split_once(r#""org.opencontainers.image.ref.name":""#)?;
                Some(rest.split('"').next()?.to_owned())
            }
            _ => None,
        });
        assert_eq!(named.as_deref(), tag);
    }
}

#[test]
fn a_complete_archive_has_every_layer_and_its_sum() {
    for keep in [true, false] {
        let (_, page) = marked(nothing_special(), HEX);
        page.act(DeliverAction::KeepMarks(keep));
        page.act(DeliverAction::SaveComplete);
        let files = page.disk.saved();
        let (name, archive) = &files[0];
        assert_eq!(name, "r.example-app-1.complete.tar");
        assert_eq!(result(&page), Some(DeliverResult::Saved(Digest::sha256(archive))));
        for layer in LAYERS {
            let path = format!("blobs/sha256/{}", blob(layer).hex());
            let found = archive.windows(path.len()).any(|window| window == path.as_bytes());
            assert!(found, "{path}");
        }
        // Whose digest it has depends on the marks.
        let state = page.state();
        let opened = state.opened.as_ref().unwrap();
        let loaded = opened.image.root();
        let expected = if keep { opened.rendered.digest(loaded).unwrap() } else { loaded };
        let named = archive.windows(71).any(|window| window == expected.as_str().as_bytes());
        assert!(named, "{keep}");
    }
}

#[test]
fn all_marks_are_taken_off_in_one_step() {
    let (_, page) = marked(nothing_special(), HEX);
    let loaded = root(&page).unwrap();
    let new = |page: &Page| {
        page.state().opened.as_ref().unwrap().rendered.digest(&loaded).cloned().unwrap()
    };
    let marked = new(&page);
    assert_ne!(marked, loaded);
    page.act(DeliverAction::MakeOrdinary);
    assert_eq!(new(&page), loaded);
    page.act(EditAction::Undo);
    assert_eq!(new(&page), marked);
}
