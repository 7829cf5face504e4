//! How long a key press in a URL field takes to become a digest on the screen.

use serde_json::{Value, json};

use crate::support::page::{Page, with_page};
use crate::support::server::Server;
use crate::support::steps;
use crate::verification::hash_alone;

/// The size of the manifest, just below the limit.
const SIZE: usize = 4 * 1024 * 1024 - 1024;
/// How many keys are pressed.
const KEYS: usize = 31;
/// How long a frame lasts, in milliseconds.
const FRAME: f64 = 1000.0 / 60.0;

/// Types as many times, and says for each how many milliseconds passed until the digest stood on the
/// page and until it was painted.
const TYPE: &str = "
const [output, keys] = [document.querySelectorAll('output')[1], arguments[0]];
const after = () => new Promise(done => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = done;
    requestAnimationFrame(() => port2.postMessage(0));
});
window.result = null;
(async () => {
    while (!document.querySelector('.urls textarea')) await after();
    const times = [];
    for (let key = 0; key < keys; key += 1) {
        await new Promise(done => setTimeout(done, 100));
        await after();
        let shown = null;
        const observer = new MutationObserver(() => { shown ??= performance.now() });
        observer.observe(output, { childList: true, characterData: true, subtree: true });
        const start = performance.now();
        const field = document.querySelector('.urls textarea');
        field.value = 'https://cdn.example.com/layer-' + key;
        field.dispatchEvent(new InputEvent('input', { bubbles: true }));
        while (shown === null) await after();
        times.push([shown - start, performance.now() - start]);
        observer.disconnect();
    }
    window.result = times;
})()";

#[tokio::test]
async fn key_press() {
    let layers = |count: usize| {
        let layer = |at: usize| {
            json!({
                "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip",
                "digest": format!("sha256:{at:064x}"),
                "size": at + 1,
            })
        };
        let layers: Vec<Value> = (0..count).map(layer).collect();
        let config = json!({
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": format!("sha256:{:064x}", 0),
            "size": 2,
        });
        json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": config,
            "layers": layers,
        })
        .to_string()
    };
    let each = layers(1001).len() - layers(1000).len();
    let manifest = layers((SIZE - 1024) / (each + 2));
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        steps::paste(&page, &manifest).await;
        page.one("region", "Changes").await;
        // Not by its role: to look through thousands of layers for it takes a minute.
        page.script("document.querySelector('input.switch').click()").await;
        page.script_with(TYPE, vec![json!(KEYS)]).await;
        let times = page.until("the keys", || async { result(&page).await }).await;

        let (hashed, _) = hash_alone(&page).await;
        let pass = 1000.0 * manifest.len() as f64 / (1024.0 * 1024.0) / hashed;

        let budget = pass + FRAME;
        let [shown, painted] = [0, 1].map(|which| median(&times, which));
        println!("one SHA-256 pass over {} bytes {pass:.1} ms", manifest.len());
        println!("a key press is a digest on the page after {shown:.1} ms, painted by a frame after {painted:.1} ms (budget {budget:.1})");
        assert!(shown <= budget, "over budget");
    })
    .await;
}

async fn result(page: &Page) -> Option<Value> {
    Some(page.script("return window.result").await).filter(|result| !result.is_null())
}

fn median(times: &Value, which: usize) -> f64 {
    let mut times: Vec<f64> =
        times.as_array().unwrap().iter().map(|time| time[which].as_f64().unwrap()).collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
