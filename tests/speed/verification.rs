//! A layer of 4 GiB is verified as a person has it verified, between two measurements of hashing
//! alone in the same browser.
//!
//! What is compared is the time on a processor of the threads that hash, so that other programs on the
//! machine do not count. By the clock it depends on what is left of the machine: beside the thread that
//! hashes, one reads, and the browser and the server have theirs.

use std::time::{Duration, Instant};

use layermark::manifest::{Algorithm, Hasher};
use serde_json::{Value, json};

use crate::processes::{memory, worker_times};
use crate::support::image::OCI_FOREIGN;
use crate::support::layer_server::{How, LayerServer, Served};
use crate::support::page::{Page, with_page};
use crate::support::server::Server;

/// Size of the layer in MiB.
const SIZE: u64 = 4096;
/// How many MiB are hashed alone.
const ALONE: u64 = 1024;
/// How long a slow machine may take.
const PATIENCE: Duration = Duration::from_mins(3);
const MIB: u64 = 1024 * 1024;

/// How much of the speed of hashing alone must be left.
const LEAST: f64 = 0.95;
/// By how much memory may grow while the layer is read, in MiB.
const MOST_MEMORY: u64 = 128;
/// The longest task of the page while it shows progress, in milliseconds.
const LONGEST_TASK: f64 = 50.0;

/// Has a worker of the page hash so many bytes that lie ready.
const HASH_ALONE: &str = "window.alone = null;
    const worker = layermark.startWorker();
    worker.onmessage = ({ data }) => {
        if (data === 'ready') worker.postMessage(arguments[0]);
        else { window.alone = data; setTimeout(() => worker.terminate(), 2000) }
    }";

/// Notes the page's long tasks, and lets workers that have ended live until they were looked at.
const WATCH: &str = "window.tasks = [];
    new PerformanceObserver((list) => list.getEntries().forEach(({ startTime, duration }) =>
        tasks.push(Math.round(duration)))).observe({ type: 'longtask' });
    const end = Worker.prototype.terminate;
    Worker.prototype.terminate = function () { setTimeout(() => end.call(this), 2000) }";

#[tokio::test]
async fn verification() {
    let block: Vec<u8> =
        (0..MIB).map(|at| (at.wrapping_mul(2_654_435_761) >> 24).to_le_bytes()[0]).collect();
    let mut hasher = Hasher::new(Algorithm::Sha256);
    for _ in 0..SIZE {
        hasher.update(&block);
    }
    let digest = hasher.finish();
    let cdn =
        LayerServer::start(move |_| Served::new(200, block.clone()).how(How::Repeated(Some(SIZE))));
    let server = Server::start();
    with_page(|page| async move {
        let url = format!("{}/layer", cdn.url);
        page.allow(&url);
        page.open(&server.url).await;
        page.script(WATCH).await;
        open(&page, &url, digest.as_str()).await;
        let before = hash_alone(&page).await;

        let (threads, start) = (worker_times(), memory());
        let (began, mut samples) = (Instant::now(), vec![start]);
        page.script("window.tasks.length = 0").await;
        page.press("Verify all URLs").await;
        while !is_verified(&page).await {
            assert!(began.elapsed() < PATIENCE, "not verified in {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
            if began.elapsed().as_secs() >= samples.len() as u64 {
                samples.push(memory());
            }
        }
        let clock = SIZE as f64 / began.elapsed().as_secs_f64();
        let took = |(thread, time): (String, f64)| time - threads.get(&thread).copied().unwrap_or(0.0);
        let busiest = worker_times().into_iter().map(took).fold(0.0, f64::max);
        let hashing = SIZE as f64 / busiest;
        let tasks = page.script("return window.tasks").await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        let end = memory();

        let after = hash_alone(&page).await;
        let alone = f64::midpoint(before.0, after.0);
        let alone_by_clock = f64::midpoint(before.1, after.1);
        let most = samples.iter().copied().max().unwrap();
        println!("SHA-256 alone: {alone:.0} MiB per second of a processor, {alone_by_clock:.0} by the clock");
        println!("verification of {SIZE} MiB: {hashing:.0} MiB per second of the thread that hashes, {clock:.0} by the clock");
        println!("against hashing alone: {:.3} of a processor (budget {LEAST}), {:.2} by the clock", hashing / alone, clock / alone_by_clock);
        println!("memory of the renderer in MiB: {start} at the start, {most} at most (budget {MOST_MEMORY} more), {end} at the end; each second {samples:?}");
        println!("long tasks of the page in ms: {tasks} (budget {LONGEST_TASK})");
        let longest = tasks.as_array().unwrap().iter().filter_map(Value::as_f64).fold(0.0, f64::max);
        let flat = most - start <= MOST_MEMORY;
        assert!(hashing / alone >= LEAST && flat && longest <= LONGEST_TASK, "over budget");
    })
    .await;
}

/// Opens an image with one layer, which the server says it has, and waits until nothing of the start
/// counts any more.
async fn open(page: &Page, url: &str, digest: &str) {
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": 2 },
        "layers": [{ "mediaType": OCI_FOREIGN, "digest": digest, "size": SIZE * MIB, "urls": [url] }],
    });
    page.click("tab", "Paste").await;
    page.fill("Manifest JSON", &manifest.to_string()).await;
    page.press("Open manifest").await;
    page.press("Ask all URLs").await;
    page.expect_text("its content was not read").await;
}

/// Asked as lightly as can be, because the page answers while its tasks are watched.
async fn is_verified(page: &Page) -> bool {
    let said = "return document.querySelector('.url-checks .chip')?.textContent ?? ''";
    let said = page.script(said).await;
    said.as_str().is_some_and(|said| said.contains("verified: size and digest are right"))
}

/// How many MiB a worker of the page hashes in a second of a processor, and by the clock.
pub(crate) async fn hash_alone(page: &Page) -> (f64, f64) {
    let before = worker_times();
    page.script_with(HASH_ALONE, vec![json!(ALONE * MIB)]).await;
    let done =
        page.until("hashing", || async { page.script("return window.alone").await.as_f64() });
    let by_clock = ALONE as f64 * 1000.0 / done.await;
    let took = |(thread, time): (String, f64)| time - before.get(&thread).copied().unwrap_or(0.0);
    let busiest = worker_times().into_iter().map(took).fold(0.0, f64::max);
    (ALONE as f64 / busiest, by_clock)
}
