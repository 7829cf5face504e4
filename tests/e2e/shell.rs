//! How the page starts, and what it says when it cannot.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::page::{Page, with_page};
use crate::support::server::{Server, dist};
use crate::support::site::Site;

#[tokio::test]
async fn the_editor_starts_under_its_policy() {
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        // Each file once: what is preloaded is also what is used.
        let loaded = page
            .script("return performance.getEntriesByType('resource').map(entry => entry.name)")
            .await;
        let mut names: Vec<String> = serde_json::from_value(loaded).unwrap();
        // The picture is asked for as that of the tab and as that of an app to install.
        names.retain(|name| !name.ends_with("/icon.svg"));
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all, "{names:?}");
        assert!(names.iter().any(|name| name.contains(".wasm")), "{names:?}");
    })
    .await;
}

/// The first visit in the last entry of `docs/size.txt`, in bytes of brotli: what `cargo xtask size`
/// adds up of the built files. It holds that against its budget; here a browser shows that nothing else
/// is fetched.
fn recorded_first_visit() -> u64 {
    let history = include_str!("../../docs/size.txt");
    let last = history.lines().rfind(|line| !line.starts_with('#') && !line.is_empty());
    let first = last.and_then(|line| line.split('\t').next()).unwrap();
    first.parse().unwrap()
}

#[tokio::test]
async fn a_first_visit_transfers_no_more_than_is_recorded() {
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        page.one("tab", "Paste").await;
        // With what the service worker keeps, which is fetched beside the page.
        let kept = page
            .script(
                "return navigator.serviceWorker.ready.then(() => caches.keys())
                 .then(names => Promise.all(names.map(async name =>
                     (await (await caches.open(name)).keys()).map(file => file.url))))
                 .then(lists => lists.flat())",
            )
            .await;
        let kept: Vec<String> = serde_json::from_value(kept).unwrap();
        let sent = page.requests().await.into_iter().map(|request| request.url);
        let files: BTreeSet<String> = sent
            .chain(kept)
            .map(|url| url.strip_prefix(&server.url).expect("a file of the page").to_owned())
            .filter(|name| name != "config.json")
            .collect();
        let mut total = 0;
        for name in &files {
            let name = if name.is_empty() { "index.html" } else { name };
            assert!(!name.starts_with("parts/"), "nothing was asked for, and {name} came");
            total += fs::metadata(dist().join(format!("{name}.br"))).unwrap().len();
        }
        // The worker's own script shows in neither list.
        total += fs::metadata(dist().join("sw.js.br")).unwrap().len();
        assert!(files.len() > 8 && total > 100_000, "{files:?}");
        // The service worker keeps the other language, too, and the picture of the page.
        let others: u64 = files
            .iter()
            .filter(|name| name.starts_with("texts/") || name.contains("icon"))
            .map(|name| fs::metadata(dist().join(format!("{name}.br"))).unwrap().len())
            .sum();
        let most = recorded_first_visit() + others;
        assert!(total <= most, "{total} of {most} bytes: {files:?}");
    })
    .await;
}

#[tokio::test]
async fn the_policy_holds() {
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        // Each of these is noted in the console, which is what they are here for.
        page.excuse("Content Security ");
        page.excuse("This document requires 'Trusted");
        for (what, script) in [
            ("eval", "try { return eval('1') && 'ran' } catch { return 'refused' }"),
            (
                "HTML from text",
                "try { document.createElement('p').innerHTML = '<b>x</b>'; return 'ran' }
                 catch { return 'refused' }",
            ),
            (
                "a worker from text",
                "try { new Worker('/icon.svg'); return 'ran' } catch { return 'refused' }",
            ),
            (
                "a second policy",
                "try { trustedTypes.createPolicy('other', {}); return 'ran' }
                 catch { return 'refused' }",
            ),
            (
                "a style attribute",
                "const p = document.createElement('p'); p.setAttribute('style', 'color: red');
                 return p.style.color === 'red' ? 'ran' : 'refused'",
            ),
        ] {
            assert_eq!(page.script_under_policy(script).await, "refused", "{what}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_that_cannot_start_says_why() {
    with_page(|page| async move {
        page.excuse_failed_start();
        for (ending, expected) in
            [(".wasm", "not the file that belongs to this page"), (".js", "could not be loaded")]
        {
            for spoil in [remove, change] {
                let site = Site::copy();
                spoil(&site.file("layermark.", ending));
                check_failure(&page, &site, expected).await;
            }
        }
        let site = Site::copy();
        site.replace("index.html", " 'wasm-unsafe-eval'", "");
        check_failure(&page, &site, "'wasm-unsafe-eval'").await;
    })
    .await;
}

async fn check_failure(page: &Page, site: &Site, expected: &str) {
    let server = site.serve();
    page.go_to(&server.url).await;
    page.expect_alert(expected).await;
}

fn remove(file: &Path) {
    fs::remove_file(file).unwrap();
}

fn change(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    bytes.push(b' ');
    fs::write(file, bytes).unwrap();
}
