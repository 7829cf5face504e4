//! The main job in Firefox: a sample, and an image from a registry and back into it.

use layermark::image::Sample;
use layermark::manifest::{Algorithm, Digest, Document, Edits, LayerMark, Updates};

use crate::support::firefox::Firefox;
use crate::support::image::TestImage;
use crate::support::registry::Registry;
use crate::support::server::Server;
use crate::support::skopeo;

const URL: &str = "https://cdn.example.com/base";

/// `manifest` with its first layer marked as foreign, as it comes out natively.
fn marked(manifest: &[u8]) -> Vec<u8> {
    let document = Document::parse(manifest, None, Algorithm::Sha256).unwrap();
    let mut edits = Edits::default();
    edits.mark_layer(&document, 0, LayerMark::foreign(vec![URL.to_owned()]));
    document.render(&edits, &Updates::default())
}

async fn mark(firefox: &Firefox) {
    firefox.click("switch", "Mark layer 0 as foreign").await;
    firefox.fill("URLs for layer 0", URL).await;
}

#[tokio::test]
async fn firefox_marks_a_sample() {
    let server = Server::start();
    let firefox = Firefox::start().await;
    firefox.go_to(&server.url).await;
    firefox.click("tab", "Sample").await;
    firefox.click("button", "Linux image (OCI)").await;
    let manifest = Sample::named("linux").unwrap().documents[0].as_bytes();
    firefox.expect_output("Original digest", &Digest::sha256(manifest).to_string()).await;
    mark(&firefox).await;
    let expected = marked(manifest);
    firefox.expect_output("New digest", &Digest::sha256(&expected).to_string()).await;
    firefox.click("button", "Download manifest").await;
    assert_eq!(firefox.downloaded().await, expected);
}

#[tokio::test]
async fn firefox_takes_an_image_from_a_registry_and_pushes_it_marked() {
    let registry = Registry::allowing_urls();
    let image = TestImage::oci(&["base", "libraries", "app"]);
    image.push(&registry.url, "team/app", "1.4", &[]);
    let server = Server::in_front_of(&registry.url);
    let firefox = Firefox::start().await;
    firefox.go_to(&server.url).await;
    firefox.click("tab", "Registry").await;
    firefox.fill("Image reference", "team/app:1.4").await;
    firefox.click("button", "Load").await;
    firefox.expect_output("Original digest", &image.digest()).await;
    mark(&firefox).await;
    let expected = marked(&image.manifest);
    firefox.expect_output("New digest", &Digest::sha256(&expected).to_string()).await;
    firefox.click("button", "Review push").await;
    firefox.click("button", "Push").await;
    firefox.expect_text("Pushed sha256:").await;
    assert_eq!(skopeo::inspect_raw(&format!("{}/team/app:1.4", registry.host)), expected);
}
