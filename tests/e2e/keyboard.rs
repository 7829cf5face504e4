//! The whole job by keyboard alone: real keys, no click, and a focus that shows at every stop.

use serde_json::json;
use thirtyfour::Key;

use crate::paste::sha256sum;
use crate::support::http;
use crate::support::image::OCI_MANIFEST;
use crate::support::page::{Page, with_page};
use crate::support::server::Server;

/// What has the focus, as role or element, and name; or what is wrong with how it shows.
///
/// WCAG 2.4.7 (it is visible) and 2.4.11 (nothing covers all of it).
const FOCUS: &str = "
    const now = document.activeElement;
    if (now === null || now === document.body) return 'nothing';
    const name = now.getAttribute('aria-label')
        ?? document.getElementById(now.getAttribute('aria-labelledby'))?.textContent
        ?? now.labels?.[0]?.textContent ?? now.textContent;
    const what = `${now.getAttribute('role') ?? now.localName} “${name.trim().slice(0, 60)}”`;
    const ring = (element) => {
        const style = getComputedStyle(element);
        return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    };
    const shown = now.closest('label.button') ?? now;
    if (!ring(shown)) return `${what} has no ring`;
    const box = shown.getBoundingClientRect();
    const seen = [0.02, 0.25, 0.5, 0.75, 0.98].some(x => [0.02, 0.25, 0.5, 0.75, 0.98].some(y => {
        const at = document.elementFromPoint(box.left + x * box.width, box.top + y * box.height);
        return at !== null && (shown.contains(at) || at.contains(shown) && at.closest('.summary, footer') === null);
    }));
    return seen ? what : `${what} is covered`;";

/// What has the focus. It is never lost, and always shows.
async fn focus(page: &Page) -> String {
    let found = page.script(FOCUS).await.as_str().unwrap().to_owned();
    let wrong =
        found == "nothing" || found.ends_with("has no ring") || found.ends_with("is covered");
    assert!(!wrong, "the focus is at: {found}");
    found
}

/// Presses Tab until `wanted` has the focus.
async fn tab_to(page: &Page, wanted: &str) {
    let mut stops = Vec::new();
    for _ in 0..200 {
        page.key(Key::Tab).await;
        let now = focus(page).await;
        if now == wanted {
            return;
        }
        stops.push(now);
    }
    panic!("{wanted} is not among {stops:#?}");
}

/// Waits until `wanted` has the focus, which may take a moment after a step.
async fn expect_focus(page: &Page, wanted: &str) {
    page.until(&format!("the focus at {wanted}"), || async {
        let now = page.script(FOCUS).await;
        (now == wanted).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_whole_job() {
    let server = Server::start();
    let manifest = format!("{}v2/samples/linux/manifests/", server.url);
    let original = http::get(&format!("{manifest}1.0"), &[("accept", OCI_MANIFEST)]).body;
    with_page(|page| async move {
        page.excuse("status of 404");
        page.open(&server.url).await;

        // From the tabs to the field, and the manifest into it as Ctrl+V does.
        tab_to(&page, "tab “Registry”").await;
        page.key(Key::Right).await;
        expect_focus(&page, "tab “Paste”").await;
        tab_to(&page, "textarea “Manifest JSON”").await;
        let text = json!({ "text": String::from_utf8(original.clone()).unwrap() });
        page.cdp("Input.insertText", text).await;
        tab_to(&page, "button “Open manifest”").await;
        page.key(Key::Enter).await;
        page.expect_output("Original digest", &sha256sum(&original)).await;
        focus(&page).await;

        // To a layer, its mark and its URL.
        page.key("j").await;
        expect_focus(&page, "input “Select layer 0”").await;
        page.key("j").await;
        expect_focus(&page, "input “Select layer 1”").await;
        page.key("m").await;
        let marked = page.output_other_than("New digest", &sha256sum(&original)).await;
        focus(&page).await;
        page.key("u").await;
        expect_focus(&page, "textarea “URLs for layer 1”").await;
        page.key("https://cdn.example.com/layer").await;
        page.until("the URL", || async {
            let url = page.field("URLs for layer 1").await;
            (url == "https://cdn.example.com/layer").then_some(())
        })
        .await;
        let digest = page.output_other_than("New digest", &marked).await;

        // Back and forth again, once the field is left.
        page.key(Key::Tab).await;
        focus(&page).await;
        page.chord(&[Key::Control], 'z').await;
        page.output_other_than("New digest", &digest).await;
        page.chord(&[Key::Control, Key::Shift], 'Z').await;
        page.expect_output("New digest", &digest).await;
        focus(&page).await;

        // The plan, and its execution.
        tab_to(&page, "button “Review push”").await;
        page.key(Key::Enter).await;
        expect_focus(&page, "section “Push plan”").await;
        tab_to(&page, "input “Target reference”").await;
        page.key("samples/linux:keyboard").await;
        page.key(Key::Enter).await;
        page.one("button", "Push").await;
        tab_to(&page, "button “Push”").await;
        page.key(Key::Enter).await;
        page.expect_text("Pushed sha256:").await;
        expect_focus(&page, "section “Push plan”").await;
        let stored = http::get(&format!("{manifest}keyboard"), &[("accept", OCI_MANIFEST)]).body;
        assert_eq!(sha256sum(&stored), digest);
    })
    .await;
}

#[tokio::test]
async fn every_stop_of_a_full_page_shows() {
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        tab_to(&page, "tab “Registry”").await;
        page.key(Key::End).await;
        tab_to(&page, "button “Three platforms with an attestation (OCI index)”").await;
        page.key(Key::Enter).await;
        page.one("region", "Changes").await;
        tab_to(&page, "button “One platform”").await;
        page.key(Key::Enter).await;
        page.key("j").await;
        expect_focus(&page, "input “Select layer 0”").await;
        page.key("m").await;
        page.one("textbox", "URLs for layer 0").await;
        tab_to(&page, "button “Show source”").await;
        page.key(Key::Enter).await;
        page.one("group", "Text of the document").await;

        // Once around: behind the last stop comes the browser, and then the first one.
        tab_to(&page, "button “Review push”").await;
        page.key(Key::Tab).await;
        assert_eq!(page.script(FOCUS).await, "nothing", "behind the last stop comes the browser");
        let mut stops = vec![];
        page.key(Key::Tab).await;
        while stops.last().is_none_or(|stop| stop != "button “Review push”") {
            stops.push(focus(&page).await);
            assert!(stops.len() < 200, "the focus goes in a circle: {stops:#?}");
            page.key(Key::Tab).await;
        }
        assert!(stops.len() > 60, "{stops:#?}");
    })
    .await;
}

#[tokio::test]
async fn a_table_is_one_stop_with_arrows_inside() {
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        page.click("tab", "Sample").await;
        page.click("button", "Three platforms with an attestation (OCI index)").await;
        page.click("button", "One platform").await;
        page.one("region", "Changes").await;
        page.switch("Mark layer 0 as foreign", true).await;
        for (table, key, leaves) in [("table.matrix", Key::Down, Key::Right), ("table.entries", Key::Down, Key::Right)] {
            page.until(table, || async {
                // The card of the entries is folded.
                let first = format!(
                    "const it = document.querySelector('{table} button');
                     if (!it) document.querySelector('.desk:not([open]) > summary')?.click();
                     it?.focus(); return document.activeElement === it"
                );
                (page.script(&first).await == true).then_some(())
            })
            .await;
            let row = "const row = document.activeElement.closest('tr'); return [...row.closest('table').rows].indexOf(row)";
            let before = page.script(row).await.as_u64().unwrap();
            page.key(key).await;
            focus(&page).await;
            assert!(page.script(row).await.as_u64().unwrap() > before, "{table}: a row further");
            let now = focus(&page).await;
            page.key(leaves).await;
            assert_ne!(focus(&page).await, now, "{table}: a control further");
            page.key(Key::Tab).await;
            let inside = format!("return document.activeElement.closest('{table}') !== null");
            assert_eq!(page.script(&inside).await, false, "{table}: Tab leaves it");
        }
    })
    .await;
}

#[tokio::test]
async fn dialogs_keep_the_focus_and_give_it_back() {
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        tab_to(&page, "button “Help”").await;
        page.key(Key::Enter).await;
        page.one("dialog", "Foreign layers").await;
        page.until("the focus in the dialog", || async {
            let inside = "return document.activeElement.closest('dialog') !== null";
            (page.script(inside).await == true).then_some(())
        })
        .await;
        focus(&page).await;
        page.key(Key::Escape).await;
        page.gone("dialog", "Foreign layers").await;
        expect_focus(&page, "button “Help”").await;
        page.key("?").await;
        page.one("dialog", "Keyboard shortcuts").await;
        page.key(Key::Escape).await;
        page.gone("dialog", "Keyboard shortcuts").await;
        expect_focus(&page, "button “Help”").await;
    })
    .await;
}
