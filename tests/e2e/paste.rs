//! The Paste tab: from JSON to a new digest, and back.

use std::process::Command;

use crate::support::dir::Dir;
use crate::support::image::{OCI_FOREIGN, TestImage};
use crate::support::page::{Page, with_page};
use crate::support::process::run;
use crate::support::server::Server;

/// Pastes `json` and opens it.
pub(crate) async fn paste(page: &Page, json: &str) {
    page.click("tab", "Paste").await;
    page.fill("Manifest JSON", json).await;
    page.press("Open manifest").await;
}

/// What `sha256sum` says of `bytes`, as a digest.
pub(crate) fn sha256sum(bytes: &[u8]) -> String {
    let dir = Dir::new("sum");
    let file = dir.write("bytes", bytes);
    let line = String::from_utf8(run(Command::new("sha256sum").arg(file))).unwrap();
    format!("sha256:{}", line.split_whitespace().next().unwrap())
}

#[tokio::test]
async fn a_marked_layer_gives_the_digest_of_the_downloaded_file() {
    let server = Server::start();
    with_page(|page| async move {
        let image = TestImage::oci(&["base", "app"]);
        page.open(&server.url).await;
        paste(&page, std::str::from_utf8(&image.manifest).unwrap()).await;
        page.expect_output("Original digest", &image.digest()).await;
        page.expect_output("New digest", &image.digest()).await;

        page.switch("Mark layer 0 as foreign", true).await;
        page.fill("URLs for layer 0", "https://cdn.example.com/base").await;
        let first = page.output_other_than("New digest", &image.digest()).await;
        page.fill(
            "URLs for layer 0",
            "https://cdn.example.com/base\nhttps://mirror.example.com/base",
        )
        .await;
        let second = page.output_other_than("New digest", &first).await;

        page.press("Download manifest").await;
        let (name, bytes) = page.downloaded().await;
        assert!(name.ends_with(".json"), "{name}");
        assert_eq!(sha256sum(&bytes), second);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(OCI_FOREIGN) && text.contains("mirror.example.com"), "{text}");
        page.expect_output("Original digest", &image.digest()).await;

        // Everything is taken back, and what is downloaded is what was pasted.
        while page.one("button", "Undo").await.is_enabled().await.unwrap() {
            page.press("Undo").await;
        }
        page.expect_output("New digest", &image.digest()).await;
        page.press("Download manifest").await;
        assert_eq!(page.downloaded().await.1, image.manifest);

        while page.one("button", "Redo").await.is_enabled().await.unwrap() {
            page.press("Redo").await;
        }
        page.expect_output("New digest", &second).await;
    })
    .await;
}
