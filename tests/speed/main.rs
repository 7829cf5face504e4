//! How fast, how frugal and how quiet the verification of a layer is, in real Chromium: `cargo xtask
//! bench`.
//!
//! Numbers are compared with work done in the same run by threads of the same kind, in their time on
//! a processor, so that other programs on the machine do not count.
#![cfg(not(target_arch = "wasm32"))]
// A measurement that cannot be made fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::cast_precision_loss)]

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use layermark::manifest::{Algorithm, Hasher};
use serde_json::{Value, json};

use support::image::OCI_FOREIGN;
use support::layer_server::{How, LayerServer, Served};
use support::page::{Page, with_page};
use support::server::Server;

/// Size of the layer in MiB.
const SIZE: u64 = 1024;
const MIB: u64 = 1024 * 1024;

/// How much of the speed of hashing and reading alone must be left.
const LEAST: f64 = 0.95;
/// By how much memory may grow while a layer is read, in MiB.
const MOST_MEMORY: u64 = 128;
/// The longest task of the page while it shows progress, in milliseconds.
const LONGEST_TASK: f64 = 50.0;

/// Reads a body and does nothing with it.
const READ: &str = "const code = `onmessage = async ({ data }) => {
    const reader = (await fetch(data)).body.getReader({ mode: 'byob' });
    let buffer = new ArrayBuffer(1 << 20);
    for (;;) {
        const { done, value } = await reader.read(new Uint8Array(buffer));
        if (done) break;
        buffer = value.buffer;
    }
    postMessage('done');
}`;
window.reader = new Worker(URL.createObjectURL(new Blob([code])));
window.result = null;
reader.onmessage = ({ data }) => { window.result = data };
reader.postMessage(arguments[0]);";

/// Starts a worker of the page.
const START: &str = "window.result = null;
window.worker = layermark.startWorker();
worker.onmessage = ({ data }) => { if (typeof data !== 'number' || arguments[0]) window.result = data };";

#[tokio::test]
async fn verification() {
    let block: Vec<u8> =
        (0..MIB).map(|at| (at.wrapping_mul(2_654_435_761) >> 24).to_le_bytes()[0]).collect();
    let mut hasher = Hasher::new(Algorithm::Sha256);
    for _ in 0..SIZE {
        hasher.update(&block);
    }
    let digest = hasher.finish();
    let cdn = LayerServer::start(move |path| match path {
        "/" => Served {
            headers: vec![("Content-Type", "text/html".to_owned())],
            ..Served::new(200, "<!doctype html><title>Reader</title>")
        },
        _ => Served::new(200, block.clone()).how(How::Repeated(Some(SIZE))),
    });
    let server = Server::start();
    with_page(|page| async move {
        let url = format!("{}/layer", cdn.url);
        page.allow(&url);

        page.go_to(&cdn.url).await;
        let (read, ..) =
            costs(&page, async { page.script_with(READ, vec![json!(url)]).await }).await;
        page.open(&server.url).await;
        page.script_with(START, vec![json!(true)]).await;
        ready(&page).await;
        let (hash, _, alone) = costs(&page, async {
            page.script(&format!("window.result = null; worker.postMessage({})", SIZE * MIB)).await
        })
        .await;
        page.script("worker.terminate()").await;
        page.script_with(START, vec![json!(false)]).await;
        ready(&page).await;
        let (whole, memory, taken) = costs(&page, async {
            let job = json!([url, digest.to_string(), SIZE * MIB]);
            page.script_with("window.result = null; worker.postMessage(arguments[0])", vec![job])
                .await
        })
        .await;
        let said = page.script("worker.terminate(); return window.result").await;
        assert!(said.as_str().unwrap().starts_with("verified"), "{said}");
        let (rest, of_all) = ((read + hash) / whole, hash / whole);
        let per_second = |seconds: f64| SIZE as f64 / seconds;
        println!("SHA-256 alone {:.0} MiB per second of a processor", per_second(hash));
        println!("reading alone {:.0} MiB", per_second(read));
        println!("verification {:.0} MiB", per_second(whole));
        println!("verification against hashing and reading alone: {rest:.2} (budget {LEAST})");
        println!("verification against hashing alone: {of_all:.2}");
        println!("by the clock: {:.2} of hashing alone", alone.as_secs_f64() / taken.as_secs_f64());
        println!("memory grew by {memory} MiB for {SIZE} MiB (budget {MOST_MEMORY})");
        let longest = longest_task(&page, &url, digest.as_str()).await;
        println!("longest task of the page: {longest:.0} ms (budget {LONGEST_TASK})");
        assert!(rest >= LEAST && memory <= MOST_MEMORY && longest <= LONGEST_TASK, "over budget");
    })
    .await;
}

async fn ready(page: &Page) {
    page.until("the worker", || async { result(page).await }).await;
}

async fn result(page: &Page) -> Option<Value> {
    Some(page.script("return window.result").await).filter(|result| !result.is_null())
}

/// How many seconds of a processor the worker took for what `start` begins, and by how many MiB the
/// largest renderer grew meanwhile; and the time by the clock.
async fn costs(page: &Page, start: impl Future<Output = Value>) -> (f64, u64, Duration) {
    let (before, memory, began) = (worker_times(), memory(), Instant::now());
    start.await;
    let mut most = memory;
    while result(page).await.is_none() {
        most = most.max(self::memory());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let by_the_clock = began.elapsed();
    let took = |(thread, time): (String, f64)| time - before.get(&thread).copied().unwrap_or(0.0);
    (worker_times().into_iter().map(took).fold(0.0, f64::max), most - memory, by_the_clock)
}

/// Verifies by the page itself, and says how many milliseconds its longest task had.
async fn longest_task(page: &Page, url: &str, digest: &str) -> f64 {
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": 2 },
        "layers": [{ "mediaType": OCI_FOREIGN, "digest": digest, "size": SIZE * MIB, "urls": [url] }],
    });
    page.click("tab", "Paste").await;
    page.fill("Manifest JSON", &manifest.to_string()).await;
    page.press("Open manifest").await;
    // So that nothing of the start counts.
    page.press("Ask all URLs").await;
    page.expect_text("its content was not read").await;
    page.script(
        "window.longest = 0; new PerformanceObserver(list => list.getEntries().forEach(entry => {
            window.longest = Math.max(window.longest, entry.duration) })).observe({ type: 'longtask' })",
    )
    .await;
    page.press("Verify all URLs").await;
    page.expect_text("verified: size and digest are right").await;
    page.script("return window.longest").await.as_f64().unwrap()
}

/// The seconds that each worker thread of a browser below this program had on a processor.
fn worker_times() -> BTreeMap<String, f64> {
    let mut times = BTreeMap::new();
    for process in renderers() {
        for thread in fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten()
        {
            let read = |name| fs::read_to_string(thread.path().join(name)).unwrap_or_default();
            if read("comm").starts_with("DedicatedWorker") {
                let time = read("schedstat").split(' ').next().and_then(|time| time.parse().ok());
                times.insert(thread.path().display().to_string(), time.unwrap_or(0.0) / 1e9);
            }
        }
    }
    times
}

/// The memory of the largest renderer, in MiB.
fn memory() -> u64 {
    let resident = |process: u32| {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok()
    };
    renderers().into_iter().filter_map(resident).max().unwrap_or(0) / 1024
}

fn renderers() -> Vec<u32> {
    let numbers = fs::read_dir("/proc").unwrap().flatten();
    let all: Vec<(u32, u32)> = numbers
        .filter_map(|entry| {
            let process = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
            Some((process, parent))
        })
        .collect();
    let mut below = vec![std::process::id()];
    let mut at = 0;
    while at < below.len() {
        let own = below[at];
        below.extend(all.iter().filter(|(_, parent)| *parent == own).map(|(process, _)| *process));
        at += 1;
    }
    let is_renderer = |process: &u32| {
        fs::read_to_string(format!("/proc/{process}/cmdline"))
            .is_ok_and(|line| line.contains("type=renderer"))
    };
    below.retain(is_renderer);
    below
}
