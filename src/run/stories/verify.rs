//! Checking URLs: asked, downloaded by workers, held, stopped.

use super::*;
use crate::app::{EditAction, FileId, Target, UrlCheck, VerifyAction};
use crate::manifest::Digest;
use crate::registry::testing::{Script, is, with};
use crate::registry::{Verdict, Verification};
use crate::run::{Told, VerifySource};

/// A page with a manifest of one layer of 5 bytes, marked with these URLs.
fn marked(urls: &str) -> (Page, Digest) {
    let page = Page::new(Script::by(|seen| match seen.url.path() {
        "/there" => with(200, &[("Content-Length", "5")], ""),
        _ => is(404, ""),
    }));
    let layer = Digest::sha256(b"layer");
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":2}},"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{layer}","size":5}}]}}"#,
        Digest::sha256(b"{}")
    );
    page.act(SourceAction::Json(text));
    page.act(OpenAction::Json);
    page.act(EditAction::Mark(0));
    page.act(EditAction::Urls(0, urls.to_owned()));
    (page, layer)
}

fn target(layer: &Digest, url: &str, file: Option<FileId>) -> Target {
    Target { layer: layer.clone(), url: url.to_owned(), file }
}

/// What is known of each URL, in order.
fn verdicts(page: &Page) -> Vec<(String, Option<Verdict>)> {
    let state = page.state();
    let verdict = |check| match check {
        UrlCheck::Done(done, _) => Some(done.verdict.clone()),
        UrlCheck::Queued | UrlCheck::Running(_) => None,
    };
    state.verify.all().map(|(target, check)| (target.url.clone(), verdict(check))).collect()
}

#[test]
fn every_url_is_asked() {
    let (page, _) = marked("https://a.example/there\nhttps://a.example/gone");
    page.act(VerifyAction::AskAll);
    let found = verdicts(&page);
    let [(_, Some(gone)), (_, Some(there))] = &found[..] else { panic!("{found:?}") };
    assert_eq!(*gone, Verdict::Missing(404));
    assert_eq!(*there, Verdict::Answers { size: Some(5) });
}

#[test]
fn a_download_is_held_goes_on_and_ends_with_its_worker() {
    let (page, layer) = marked("https://a.example/there");
    let url = target(&layer, "https://a.example/there", None);
    page.act(VerifyAction::Verify(url.clone(), 5));
    let [(job, false)] = &page.disk.running()[..] else { panic!("one worker") };
    assert_eq!((&job.source, job.size), (&VerifySource::Url(url.url.clone()), 5));
    page.disk.tell(Told::Progress(3));
    page.settle();
    let state = page.state();
    assert!(matches!(state.verify.all().next(), Some((_, UrlCheck::Running(it))) if it.read == 3));
    page.act(VerifyAction::Pause(url.clone(), true));
    assert!(page.disk.running()[0].1);
    page.act(VerifyAction::Pause(url, false));
    assert!(!page.disk.running()[0].1);
    let good = Verification { verdict: Verdict::Verified, redirected_to: None, read: 5 };
    page.disk.tell(Told::Done(good));
    page.settle();
    assert!(page.disk.running().is_empty(), "the worker is ended");
    assert_eq!(verdicts(&page)[0].1, Some(Verdict::Verified));
}

#[test]
fn a_download_that_is_stopped_ends_its_worker() {
    let (page, layer) = marked("https://a.example/there");
    let url = target(&layer, "https://a.example/there", None);
    page.act(VerifyAction::Verify(url.clone(), 5));
    page.act(VerifyAction::Cancel(url));
    assert!(page.disk.running().is_empty());
}

#[test]
fn a_file_that_vanished_is_not_verified() {
    let (page, layer) = marked("https://a.example/there");
    let id = page.disk.choose("layer.tar.gz", *b"layer");
    let file = target(&layer, "layer.tar.gz", Some(id));
    page.act(VerifyAction::VerifyFile(file.clone(), 5));
    assert_eq!(page.disk.running()[0].0.source, VerifySource::File(id));
    page.act(VerifyAction::Cancel(file.clone()));
    page.disk.lose(id);
    page.act(VerifyAction::VerifyFile(file, 5));
    assert!(page.disk.running().is_empty());
    let last = verdicts(&page).into_iter().find(|(url, _)| url == "layer.tar.gz");
    assert_eq!(last.unwrap().1, Some(Verdict::Cancelled));
}
