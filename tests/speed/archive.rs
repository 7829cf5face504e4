//! An archive of 4 GiB is opened without memory for it.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use layermark::manifest::{Algorithm, Digest, Hasher};

use crate::processes::{memory, whole_memory};
use crate::support::dir::Dir;
use crate::support::page::{Page, with_page};
use crate::support::server::Server;

const MIB: u64 = 1024 * 1024;
/// Size of the layer in MiB.
const LAYER: u64 = 4096;
/// By how much memory may grow meanwhile, in MiB.
const MOST: u64 = 128;

/// What `docker save` writes of an image with one layer of zeros, as a file with a hole.
fn saved(dir: &Dir) -> PathBuf {
    let mut hasher = Hasher::new(Algorithm::Sha256);
    let zeros = vec![0; 1 << 20];
    (0..LAYER).for_each(|_| hasher.update(&zeros));
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":["{}"]}}}}"#,
        hasher.finish()
    );
    let name = format!("{}.json", Digest::sha256(config.as_bytes()).hex());
    let list = format!(r#"[{{"Config":"{name}","RepoTags":["app:1"],"Layers":["0/layer.tar"]}}]"#);
    let path = dir.path().join("saved.tar");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(&path).unwrap();
    entry(&mut file, &name, config.len() as u64);
    content(&mut file, config.as_bytes());
    entry(&mut file, "manifest.json", list.len() as u64);
    content(&mut file, list.as_bytes());
    entry(&mut file, "0/layer.tar", LAYER * MIB);
    let end = file.stream_position().unwrap() + LAYER * MIB + 1024;
    file.set_len(end).unwrap();
    path
}

/// The header of a file (POSIX.1-1988 ustar).
fn entry(file: &mut File, name: &str, size: u64) {
    let mut header = [0; 512];
    let size = format!("{size:011o}");
    for (at, text) in [
        (0, name),
        (100, "0000644"),
        (124, &size),
        (136, "00000000000"),
        (148, "        "),
        (156, "0"),
        (257, "ustar\x0000"),
    ] {
        header[at..at + text.len()].copy_from_slice(text.as_bytes());
    }
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    file.write_all(&header).unwrap();
}

fn content(file: &mut File, bytes: &[u8]) {
    file.write_all(bytes).unwrap();
    let end = file.stream_position().unwrap().next_multiple_of(512);
    file.set_len(end).unwrap();
    file.seek(SeekFrom::Start(end)).unwrap();
}

/// The time until `done`, and the most memory meanwhile: of the largest renderer, and of all.
async fn watch(page: &Page, done: &str) -> (Duration, u64, u64) {
    let (began, mut renderer, mut all) = (Instant::now(), memory(), whole_memory());
    loop {
        let text = page.script("return document.body.innerText").await;
        (renderer, all) = (renderer.max(memory()), all.max(whole_memory()));
        if text.as_str().unwrap_or_default().contains(done) {
            return (began.elapsed(), renderer, all);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn an_archive_of_four_gibibytes() {
    let dir = Dir::new("large-archive");
    let file = saved(&dir);
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        page.script(
            "window.longest = 0; new PerformanceObserver(list => list.getEntries().forEach(entry => {
                window.longest = Math.max(window.longest, entry.duration) })).observe({ type: 'longtask' })",
        )
        .await;
        page.click("tab", "File").await;
        let (before, all_before) = (memory(), whole_memory());
        page.choose(&file).await;
        let (took, most, all) = watch(&page, "This archive has no manifest").await;
        let (renderer_grew, all_grew) = (most - before, all - all_before);
        let longest = page.script("return window.longest").await;
        println!("archive of {LAYER} MiB opened and hashed in {:.1} s", took.as_secs_f64());
        println!("renderer grew by {renderer_grew} MiB from {before} (budget {MOST})");
        println!("the whole browser grew by {all_grew} MiB from {all_before}");
        println!("longest task of the page: {longest} ms");
        assert!(renderer_grew <= MOST && all_grew <= 2 * MOST, "over budget");
    })
    .await;
}
