//! Downloads that run while an image of ten thousand layers is open, each with a URL that waits for
//! its turn.

use std::time::Duration;

use layermark::manifest::Digest;
use serde_json::{Value, json};

use crate::processes::page_time;
use crate::support::image::OCI_FOREIGN;
use crate::support::layer_server::{How, LayerServer, Served};
use crate::support::page::{Page, with_page};
use crate::support::server::Server;

const LAYERS: u32 = 10_000;
/// How long two downloads are watched.
const WATCHED: Duration = Duration::from_secs(6);
/// How often the page hears of two downloads in that time: each tells five times a second.
const HEARD: f64 = 60.0;
/// What showing progress once may take of a processor, in milliseconds: on an idle machine that is how
/// long a task is, and a frame has no more.
const MOST: f64 = 16.0;

#[tokio::test]
async fn many() {
    let cdn = LayerServer::start(|_| Served::new(200, vec![0; 1 << 20]).how(How::Repeated(None)));
    let server = Server::start();
    with_page(|page| async move {
        page.allow(&cdn.url);
        page.open(&server.url).await;
        open(&page, &cdn.url).await;
        page.script(
            "window.tasks = []; new PerformanceObserver((list) => list.getEntries().forEach(
            ({ duration }) => tasks.push(Math.round(duration)))).observe({ type: 'longtask' })",
        )
        .await;
        page.press("Verify all URLs").await;
        page.until("a download", || async { (cdn.count("GET", "/") > 1).then_some(()) }).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let begun = tasks(&page).await;
        let before = page_time();
        tokio::time::sleep(WATCHED).await;
        let each = (page_time() - before) * 1000.0 / HEARD;
        let during = tasks(&page).await;
        page.press("Stop all").await;
        page.gone("button", "Stop all").await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        let stopped = tasks(&page).await;
        println!(
            "{LAYERS} URLs: showing progress takes {each:.1} ms of a processor (budget {MOST})"
        );
        println!(
            "long tasks in ms: {begun:?} at the start, {during:?} then, {stopped:?} when stopped"
        );
        assert!(each <= MOST, "over budget");
    })
    .await;
}

/// The long tasks since they were last asked for.
async fn tasks(page: &Page) -> Vec<f64> {
    let tasks = page.script("return tasks.splice(0)").await;
    tasks.as_array().unwrap().iter().filter_map(Value::as_f64).collect()
}

async fn open(page: &Page, cdn: &str) {
    let layers: Vec<Value> = (0..LAYERS)
        .map(|at| {
            let digest = Digest::sha256(&at.to_le_bytes());
            let url = format!("{cdn}/{}", digest.hex());
            json!({ "mediaType": OCI_FOREIGN, "digest": digest.as_str(), "size": 1_u64 << 40, "urls": [url] })
        })
        .collect();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": Digest::sha256(b"{}").as_str(), "size": 2 },
        "layers": layers,
    });
    page.click("tab", "Paste").await;
    let script = "const field = arguments[0]; const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value').set;
        const box = [...document.querySelectorAll('textarea')].at(-1); set.call(box, field); box.dispatchEvent(new Event('input', { bubbles: true }))";
    page.script_with(script, vec![json!(manifest.to_string())]).await;
    page.press("Open manifest").await;
    page.one("button", "Verify all URLs").await;
    tokio::time::sleep(Duration::from_secs(5)).await;
}
