//! Work that is not lost: over a reload, without a network, and when the editor stops.

use serde_json::{Value, json};

use crate::paste::sha256sum;
use crate::support::image::TestImage;
use crate::support::page::{Page, with_page};
use crate::support::portal::Portal;
use crate::support::server::Server;
use crate::support::site::Site;
use crate::support::steps::{paste, speak};

/// Opens an image by pasting it and marks its first layer; the new digest.
async fn mark(page: &Page) -> String {
    let image = TestImage::oci(&["base", "app"]);
    paste(page, std::str::from_utf8(&image.manifest).unwrap()).await;
    page.expect_output("New digest", &image.digest()).await;
    page.switch("Mark layer 0 as foreign", true).await;
    let marked = page.output_other_than("New digest", &image.digest()).await;
    page.fill("URLs for layer 0", "https://cdn.example.com/base").await;
    page.output_other_than("New digest", &marked).await;
    page.expect_text("https://cdn.example.com/base").await;
    page.output("New digest").await
}

#[tokio::test]
async fn a_reload_finds_the_work_again() {
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        let marked = mark(&page).await;

        page.open(&server.url).await;
        page.expect_output("New digest", &marked).await;
        page.expect_text("are back after a reload of the page").await;
        assert_eq!(page.field("URLs for layer 0").await, "https://cdn.example.com/base");

        page.press("Back to the original").await;
        page.until("the original", || async {
            (page.output("New digest").await == page.output("Original digest").await).then_some(())
        })
        .await;
        page.open(&server.url).await;
        page.gone("switch", "Mark layer 0 as foreign").await;
    })
    .await;
}

#[tokio::test]
async fn leaving_asks_only_while_there_is_something_to_lose() {
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        let asks = "const event = new Event('beforeunload', { cancelable: true });
            return !window.dispatchEvent(event)";
        assert_eq!(page.script(asks).await, json!(false));
        mark(&page).await;
        assert_eq!(page.script(asks).await, json!(true));
        page.press("Download manifest").await;
        page.downloaded().await;
        assert_eq!(page.script(asks).await, json!(false));
    })
    .await;
}

#[tokio::test]
async fn an_editor_that_stops_still_has_the_work() {
    let server = Server::start();
    with_page(|page| async move {
        page.excuse_stop("broken by a test");
        page.open(&server.url).await;
        let marked = mark(&page).await;
        // What the editor cannot put on the page makes it panic.
        page.script("Node.prototype.insertBefore = () => { throw new Error('broken by a test') }")
            .await;
        page.script("document.querySelectorAll('[role=switch]')[1].click()").await;
        page.one("heading", "The editor has stopped").await;
        page.expect_text("Your edits are safe").await;
        page.expect_text("panicked at").await;
        assert!(!page.text().await.contains("/.cargo/"), "a path of a machine is shown");

        let file = page.script("return document.querySelector('.stopped li button').textContent");
        let name = file.await.as_str().unwrap().replace("Download ", "");
        page.press(&format!("Download {name}")).await;
        let (saved, bytes) = page.downloaded().await;
        assert_eq!(saved, name);
        assert_eq!(sha256sum(&bytes), marked);
        page.press("Download the edits as JSON").await;
        let edits: Value = serde_json::from_slice(&page.downloaded().await.1).unwrap();
        assert_eq!(edits["edits"][0]["layers"][0]["urls"], json!(["https://cdn.example.com/base"]));

        page.press("Reload and go on").await;
        page.expect_output("New digest", &marked).await;
    })
    .await;
}

#[tokio::test]
async fn the_page_starts_without_a_network() {
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        kept(&page).await;
        let hindrances = page.cdp("Page.getInstallabilityErrors", json!({})).await;
        assert_eq!(hindrances["installabilityErrors"], json!([]), "the page can be installed");
        let url = server.url.clone();
        drop(server);

        page.open(&url).await;
        let marked = mark(&page).await;
        page.press("Download manifest").await;
        assert_eq!(sha256sum(&page.downloaded().await.1), marked);

        // The German texts were kept, too.
        speak(&page, "de").await;
        page.expect_output("Neuer Digest", &marked).await;
        assert_eq!(page.script("return document.documentElement.lang").await, json!("de"));

        // What a registry answers is not kept.
        page.excuse("net::ERR_CONNECTION_REFUSED");
        let registry = "return fetch('/v2/').then(() => 'answered', () => 'no answer')";
        assert_eq!(page.script(registry).await, json!("no answer"));
    })
    .await;
}

/// Does something on the page, and waits until all of it is kept for use without a network.
async fn kept(page: &Page) {
    page.click("tab", "Paste").await;
    page.until("the page to be kept", || async {
        let script = r#"
            if (navigator.serviceWorker.controller === null) return false;
            return fetch("sw.js").then(file => file.text()).then(text => {
                const names = JSON.parse(/FILES = new Set\((\[.*?\])\)/.exec(text)[1]);
                return Promise.all(names.map(name => caches.match(new URL(name, document.baseURI))));
            }).then(kept => kept.every(file => file !== undefined))"#;
        (page.script(script).await == json!(true)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_new_version_is_offered_and_takes_the_work_along() {
    let site = Site::copy();
    let server = site.serve();
    with_page(|page| async move {
        let build = "return document.querySelector('meta[name=layermark-build]').content";
        page.open(&server.url).await;
        kept(&page).await;
        let old = page.script(build).await.as_str().unwrap().to_owned();
        let marked = mark(&page).await;

        let new = site.update();
        page.script("navigator.serviceWorker.getRegistration().then(it => it.update())").await;
        page.expect_text("A new version of this page is ready").await;
        assert_eq!(page.script(build).await, json!(old));
        page.press("Reload").await;
        page.until("the new version", || async {
            (page.script(build).await == json!(new)).then_some(())
        })
        .await;
        page.expect_output("New digest", &marked).await;
        page.gone("button", "Reload").await;
        let caches = page.script("return caches.keys()").await;
        assert_eq!(caches, json!([format!("layermark:/:{new}")]));
    })
    .await;
}

#[tokio::test]
async fn a_portal_can_turn_off_that_the_page_is_kept() {
    let portal = Portal::start("{}");
    with_page(|page| async move {
        page.open(&portal.page()).await;
        kept(&page).await;
        portal.configure(r#"{ "offline": false }"#);
        page.open(&portal.page()).await;
        page.until("the end of what was kept", || async {
            let left =
                "return Promise.all([caches.keys(), navigator.serviceWorker.getRegistrations()])
                .then(lists => lists.flat().length)";
            (page.script(left).await == json!(0)).then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_page_does_not_take_the_place_of_the_kept_policies() {
    let portal = Portal::start(r#"{ "title": "Kept", "allowedRegistries": ["r.example"] }"#);
    with_page(|page| async move {
        page.open(&portal.page()).await;
        kept(&page).await;
        for instead in ["<!doctype html><title>Sign in</title>", "{ \"title\":"] {
            portal.configure(instead);
            page.open(&portal.page()).await;
            page.until("the kept settings", || async {
                (page.script("return document.title").await == json!("Kept")).then_some(())
            })
            .await;
            page.fill("Image reference", "other.example/a:1").await;
            page.press("Load").await;
            page.expect_text("This page does not work with other.example").await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_language_that_was_chosen_stays() {
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        page.one("button", "Load").await;
        speak(&page, "de").await;
        page.one("button", "Laden").await;
        page.open(&server.url).await;
        page.one("button", "Laden").await;
        assert_eq!(page.script("return document.documentElement.lang").await, json!("de"));
    })
    .await;
}
