//! The card “Base image”: by annotation, by reference and by file; the match comes before the marks.

use crate::support::dir::Dir;
use crate::support::image::{OCI_MANIFEST, TestImage, push_blob, push_manifest, sha256};
use crate::support::page::{Page, with_page};
use crate::support::registry::Registry;
use crate::support::server::Server;
use crate::support::steps::load;

async fn open_card(page: &Page) {
    page.until("the card", || async {
        let script = "const card = document.querySelector('details.base');
            card?.querySelector('summary').click(); return card !== null";
        page.script(script).await.as_bool().filter(|there| *there)
    })
    .await;
}

#[tokio::test]
async fn the_layers_of_the_base_image_are_shown_and_then_marked() {
    let registry = Registry::allowing_urls();
    let base = TestImage::oci(&["base", "libraries"]);
    base.push(&registry.url, "team/base", "1", &[]);
    let other = TestImage::oci(&["base", "newer libraries", "more"]);
    let image = TestImage::oci(&["base", "libraries", "app"]);
    for blob in &image.blobs {
        push_blob(&registry.url, "team/app", blob, &[]);
    }
    let annotated = image.text().replacen(
        "{\n",
        "{\n  \"annotations\": { \"org.opencontainers.image.base.name\": \"team/base:1\" },\n",
        1,
    );
    push_manifest(&registry.url, "team/app", "1.4", OCI_MANIFEST, annotated.as_bytes(), &[]);
    let dir = Dir::new("base");
    let file = dir.write("other.json", &other.manifest);
    let server = Server::in_front_of(&registry.url);
    with_page(|page| async move {
        page.open(&server.url).await;
        load(&page, "team/app:1.4").await;
        page.expect_output("Original digest", &sha256(annotated.as_bytes())).await;
        open_card(&page).await;

        // Another version of it, from a file.
        page.choose(&file).await;
        page.expect_text("the first 1 of 3 layers, by digest").await;
        page.expect_text("The base image has 3 layers").await;
        page.expect_text("The base image came without its config").await;

        page.press("Compare with team/base:1").await;
        page.expect_text("the first 2 of 3 layers, by digest").await;
        page.expect_output("New digest", &sha256(annotated.as_bytes())).await;
        page.press("Mark these layers").await;
        page.output_other_than("New digest", &sha256(annotated.as_bytes())).await;
        for (layer, on) in [(0, true), (1, true), (2, false)] {
            assert_eq!(page.is_on(&format!("Mark layer {layer} as foreign")).await, on);
        }
        page.press("Undo").await;
        page.expect_output("New digest", &sha256(annotated.as_bytes())).await;
        page.press("Select these layers").await;
        page.expect_text("2 layers selected").await;
    })
    .await;
}
