//! The Sample tab: the whole job without a network.

use crate::paste::{download, sha256sum};
use crate::support::page::with_page;
use crate::support::server::Server;

#[tokio::test]
async fn every_sample_can_be_marked() {
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        let before = page.requests().await.len();
        for (sample, layer) in [
            ("Windows image with two foreign layers (Docker)", 2),
            ("Linux image (OCI)", 0),
            ("Three platforms with an attestation (OCI index)", 0),
        ] {
            page.click("tab", "Sample").await;
            page.press(sample).await;
            if page.has("dialog", "Replace the edited image?").await {
                page.press("Discard the edits").await;
            }
            let original = page.output("Original digest").await;
            page.expect_output("New digest", &original).await;
            if sample.contains("index") {
                page.press("One platform").await;
            }
            page.switch(&format!("Mark layer {layer} as foreign"), true).await;
            page.fill(&format!("URLs for layer {layer}"), "https://cdn.example.com/layer").await;
            let digest = page.output_other_than("New digest", &original).await;
            let root = download(&page).await;
            assert_eq!(sha256sum(&root), digest, "{sample}");
            if sample.contains("index") {
                // The platform on screen is a document of its own, which the index names.
                page.press("Download this document").await;
                let (_, platform) = page.downloaded().await;
                let named = String::from_utf8(root).unwrap().contains(&sha256sum(&platform));
                assert!(named, "{}", String::from_utf8_lossy(&platform));
            }
        }
        let sent = page.requests().await.split_off(before);
        let beyond: Vec<_> =
            sent.iter().filter(|request| !request.path().starts_with("/parts/")).collect();
        assert!(beyond.is_empty(), "a sample needs nothing but the page: {beyond:?}");
    })
    .await;
}

#[tokio::test]
async fn the_report_says_what_was_done_in_sentences() {
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        page.click("tab", "Sample").await;
        page.press("Linux image (OCI)").await;
        page.switch("Mark layer 0 as foreign", true).await;
        page.press("Export").await;
        for (button, ending) in
            [("Save report as JSON", ".json"), ("Save report as Markdown", ".md")]
        {
            page.press(button).await;
            let (name, bytes) = page.downloaded().await;
            assert!(name.ends_with(ending), "{name}");
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains("Linux image (OCI)"), "{text}");
            // A sentence that is not at hand would show as its key.
            for key in ["image.sample.", "checks.", "rule.", "history."] {
                assert!(!text.contains(key), "{key} stands in {text}");
            }
        }
    })
    .await;
}
