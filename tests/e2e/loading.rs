//! What a visitor sees while the page loads: the shell at once, and nothing that moves.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::gate::Gate;
use crate::support::page::{Page, with_page};
use crate::support::portal::Portal;
use crate::support::server::Server;
use crate::support::steps::{complete, mark, sample};

/// Widths of windows in points: a desktop, a phone.
const WIDTHS: [u32; 2] = [1280, 360];

/// A connection that brings each file some frames after the other, and no file from before.
async fn slow_down(page: &Page) {
    let conditions = json!({
        "offline": false,
        "latency": 60,
        "downloadThroughput": 800_000,
        "uploadThroughput": 800_000,
    });
    page.cdp("Network.emulateNetworkConditions", conditions).await;
    page.cdp("Network.setCacheDisabled", json!({ "cacheDisabled": true })).await;
    page.cdp("Network.setBypassServiceWorker", json!({ "bypass": true })).await;
}

async fn widen(page: &Page, width: u32) {
    let window = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
    page.cdp("Emulation.setDeviceMetricsOverride", window).await;
}

/// Every layout shift since the document began, as score and what moved.
async fn shifts(page: &Page) -> Vec<Value> {
    let script = "
        const found = [];
        const note = (list) => list.getEntries().forEach(shift => found.push({
            score: shift.value,
            moved: shift.sources.map(({ node, previousRect: was, currentRect: is }) =>
                `${(node?.outerHTML ?? node?.textContent ?? 'gone').slice(0, 80)}: ${was.x} ${was.y} → ${is.x} ${is.y}`),
        }));
        new PerformanceObserver(note).observe({ type: 'layout-shift', buffered: true });
        const frame = () => new Promise(requestAnimationFrame);
        return (async () => {
            // What is drawn in this frame is noted with the next; the noted come as a task.
            for (let at = 0; at < 4; at += 1) await frame();
            await new Promise(done => setTimeout(done));
            return found;
        })()";
    page.script(script).await.as_array().unwrap().clone()
}

/// Waits until all that the page shows by itself is there.
async fn loaded(page: &Page) {
    complete(page).await;
    page.until("all pictures", || async {
        let there = "return document.readyState === 'complete'
            && [...document.images].every(image => image.complete)";
        (page.script(there).await == true).then_some(())
    })
    .await;
}

async fn nothing_moved(page: &Page, what: &str) {
    loaded(page).await;
    let found = shifts(page).await;
    assert!(found.is_empty(), "{what}: {found:#?}");
}

#[tokio::test]
async fn nothing_moves_while_the_page_loads() {
    let portal = Portal::start(
        r##"{ "title": "Example images", "logo": "logo.svg",
        "colours": { "accent": { "light": "#7a1fa2", "dark": "#d9a6f0" } }, "language": "de",
        "helpLink": "https://portal.example.com/help" }"##,
    );
    let server = Server::start();
    with_page(|page| async move {
        page.go_to(&server.url).await;
        slow_down(&page).await;
        for width in WIDTHS {
            widen(&page, width).await;
            for (what, url) in [("first visit", &server.url), ("portal", &portal.page())] {
                page.open(url).await;
                nothing_moved(&page, &format!("{what}, {width} points wide")).await;
            }
        }

        // What browsers note when a page that nobody touched since a reload wants to ask.
        page.excuse("'beforeunload'");
        // Nor when a reload finds the work again, which brings the whole editor.
        page.open(&server.url).await;
        sample(&page, "Linux image (OCI)").await;
        mark(&page, 0, "https://cdn.example.com/base").await;
        for width in WIDTHS {
            widen(&page, width).await;
            page.open(&server.url).await;
            page.expect_text("are back after a reload of the page").await;
            nothing_moved(&page, &format!("work found again, {width} points wide")).await;
        }

        // What does move is noticed.
        page.script("document.querySelector('main').style.marginTop = '40px'").await;
        assert!(!shifts(&page).await.is_empty(), "a shift was not noticed");
    })
    .await;
}

#[tokio::test]
async fn the_shell_is_painted_before_the_editor_has_arrived() {
    let server = Server::start();
    let proxy = FaultProxy::start(Some(server.host.clone()));
    let gate = Arc::new(Gate::default());
    let held = Arc::clone(&gate);
    proxy.set(Box::new(move |asked| {
        if asked.is("GET", ".wasm") { Fault::Held(Arc::clone(&held)) } else { Fault::None }
    }));
    with_page(|page| async move {
        // In a window of its own: drivers wait for all files of the one that they drive.
        page.excuse("favicon.ico");
        page.go_to(&format!("{}/icon.svg", proxy.base())).await;
        page.script("window.opened = window.open('/')").await;
        page.until("the first paint", || async {
            let painted = "return opened.performance.getEntriesByName('first-contentful-paint').length";
            (page.script(painted).await == 1).then_some(())
        })
        .await;
        let shown = "
            const seen = (selector) => {
                const element = opened.document.querySelector(selector);
                const box = element.getBoundingClientRect();
                const at = opened.document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                return box.height > 0 && element.contains(at) ? element.innerText : null;
            };
            return [opened.document.title, seen('header'), seen('main [role=status]')]";
        let expected = json!(["Layermark", "Layermark", "Starting the editor…"]);
        assert_eq!(page.script(shown).await, expected);
        let arrived = "return opened.performance.getEntriesByType('resource')
            .filter(file => file.name.endsWith('.wasm') && file.responseEnd > 0).length";
        assert_eq!(page.script(arrived).await, json!(0), "the editor was there before the paint");

        gate.open();
        page.until("the editor", || async {
            let started = "return opened.document.querySelector('[role=tablist]') !== null";
            (page.script(started).await == true).then_some(())
        })
        .await;
    })
    .await;
}
