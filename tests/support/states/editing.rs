//! An open image, what is said of it, and what is done with it.

use std::sync::Arc;

use thirtyfour::Key;

use super::{LINUX, PLATFORMS, URL, WINDOWS, unfold};
use crate::support::dir::Dir;
use crate::support::gate::Gate;
use crate::support::image::{OCI_MANIFEST, TestImage, gzip, push_blob, push_manifest};
use crate::support::layer_server::{How, LayerServer, Served};
use crate::support::page::Page;
use crate::support::registry::Registry;
use crate::support::server::Server;
use crate::support::steps::{complete, load, mark, paste, sample};

/// An open image, without marks and with them.
pub async fn marks(page: &Page, see: &impl AsyncFn(&str)) {
    let server = Server::start();
    page.open(&server.url).await;
    sample(page, WINDOWS).await;
    see("opened-foreign").await;
    sample(page, LINUX).await;
    see("opened").await;

    let original = page.output("Original digest").await;
    page.switch("Mark layer 0 as foreign", true).await;
    page.output_other_than("New digest", &original).await;
    see("marked-without-url").await;
    page.fill("URLs for layer 0", "http//cdn.example.com/base").await;
    page.until("what is wrong with the URL", || async {
        page.description("URLs for layer 0").await.contains("URL 1").then_some(())
    })
    .await;
    see("marked-url-error").await;
    page.fill("URLs for layer 0", URL).await;
    page.expect_text("cdn.example.com/base").await;
    see("marked").await;

    unfold(page, "details.base").await;
    see("base-image").await;
    page.press("Unified").await;
    see("changes-unified").await;
    page.press("Whole text").await;
    see("changes-whole").await;
    page.press("Side by side").await;
    see("changes-whole-side-by-side").await;
    page.click("checkbox", "Select layer 1").await;
    page.fill("URL template", "https://cdn.example.com/{digst}").await;
    page.press("Apply to selected").await;
    page.until("what is wrong with the template", || async {
        page.description("URL template").await.contains("{digst}").then_some(())
    })
    .await;
    see("template-error").await;
    page.press("Undo").await;
    page.press("History").await;
    page.one("dialog", "History").await;
    see("history").await;
    page.key(Key::Escape).await;
    page.press("Copy New digest").await;
    page.expect_text("Copied").await;
    see("notice").await;
}

/// The text of a document.
pub async fn source(page: &Page, see: &impl AsyncFn(&str)) {
    let server = Server::start();
    page.open(&server.url).await;
    sample(page, LINUX).await;
    for layer in [0, 1] {
        mark(page, layer, URL).await;
    }
    page.press("Show source").await;
    page.one("group", "Text of the document").await;
    see("source").await;
    page.script("document.querySelector('.text-view a.inner').click()").await;
    page.one("dialog", "Media type").await;
    see("source-explained").await;
    page.press("Close").await;
    page.press("Hide source").await;
    page.press("Show in the source, LM602").await;
    page.until("the place in the source", || async {
        let marked = "return document.activeElement.querySelector('.marked')?.textContent.includes('mediaType')";
        (page.script(marked).await == true).then_some(())
    })
    .await;
    see("source-place").await;
    page.press("Next place").await;
    page.expect_text("Place 2 of 2: layer 1").await;
    let stayed = "return document.activeElement.textContent";
    assert_eq!(page.script(stayed).await, "Next place", "the focus went elsewhere");
    see("source-next-place").await;
    page.press("Edit text").await;
    page.one("textbox", "Document text").await;
    see("source-editing").await;
    let text = page.field("Document text").await;
    page.fill("Document text", &text.replace("\"layers\"", "\"layers\",")).await;
    page.one("button", "Go to the place").await;
    see("source-editing-error").await;
    page.press("Discard").await;
    unfold(page, "details.annotations").await;
    page.fill("Name", "org.opencontainers.image.vendor").await;
    page.fill("Value", "Example").await;
    page.press("Add").await;
    page.one("textbox", "Value of org.opencontainers.image.vendor").await;
    see("annotations").await;
}

/// An index with its platforms, and what is said of the marks.
pub async fn index(page: &Page, see: &impl AsyncFn(&str)) {
    let server = Server::start();
    page.open(&server.url).await;
    sample(page, PLATFORMS).await;
    page.press("One platform").await;
    see("platform").await;
    page.fill("URL template", "https://cdn.example.com/team/app/blobs/{digest}").await;
    for layer in [0, 1] {
        page.switch(&format!("Mark layer {layer} as foreign"), true).await;
    }
    page.expect_text("2 layers marked").await;
    see("platform-marked").await;
    page.click_starting("button", "OCI image index").await;
    page.one("group", "Platforms that are marked along").await;
    see("index").await;
    unfold(page, "details.desk").await;
    page.expect_text("Entries of the index").await;
    see("index-entries").await;
    see("all-platforms").await;
    page.fill("URL template", "https://cdn.example.com/{digest}").await;
    let layer = page.script("return document.querySelector('[role=switch]').ariaLabel").await;
    page.switch(layer.as_str().unwrap(), true).await;
    see("all-platforms-marked").await;
    page.fill("Condition", "10 parsecs").await;
    page.script("document.querySelector('form.boxes select').selectedIndex = 2").await;
    page.script("document.querySelector('form.boxes select').dispatchEvent(new Event('change', { bubbles: true }))").await;
    page.press("Select").await;
    page.expect_text("is not a size").await;
    see("all-platforms-condition").await;
    unfold(page, "details.convert").await;
    see("convert").await;
    page.script("document.querySelector('.disclose').click()").await;
    unfold(page, ".advice details").await;
    see("behaviour").await;
}

/// The image under an image, found by its annotation.
pub async fn base(page: &Page, see: &impl AsyncFn(&str)) {
    let registry = Registry::start();
    TestImage::oci(&["base", "libraries"]).push(&registry.url, "team/base", "1", &[]);
    let image = TestImage::oci(&["base", "libraries", "app"]);
    for blob in &image.blobs {
        push_blob(&registry.url, "team/app", blob, &[]);
    }
    let name =
        "{\n  \"annotations\": { \"org.opencontainers.image.base.name\": \"team/base:1\" },\n";
    let text = image.text().replacen("{\n", name, 1);
    push_manifest(&registry.url, "team/app", "1.4", OCI_MANIFEST, text.as_bytes(), &[]);
    let server = Server::in_front_of(&registry.url);
    page.open(&server.url).await;
    load(page, "team/app:1.4").await;
    page.one("region", "Changes").await;
    complete(page).await;
    unfold(page, "details.base").await;
    see("base-image-named").await;
    page.press("Compare with team/base:1").await;
    page.expect_text("the first 2 of 3 layers, by digest").await;
    see("base-image-found").await;
}

/// URLs and a file that are compared with their layer: on the way, and at the end.
pub async fn verifying(page: &Page, see: &impl AsyncFn(&str)) {
    for text in ["status of 404", "CORS policy", "net::ERR_"] {
        page.excuse(text);
    }
    let layer = gzip(b"the layer that is served");
    let gate = Arc::new(Gate::default());
    let (served, opened) = (layer.clone(), Arc::clone(&gate));
    let cdn = LayerServer::start(move |path| {
        let right = Served::new(200, served.clone());
        match path {
            "/held" => right.how(How::Held(Arc::clone(&opened))),
            "/hidden" => Served { headers: Vec::new(), ..right },
            "/missing" => Served::new(404, ""),
            _ => right,
        }
    });
    let server = Server::start();
    page.open(&server.url).await;
    page.allow(&cdn.url);
    paste(page, &TestImage::of_layers(vec![layer, gzip(b"app")]).text()).await;
    page.switch("Mark layer 0 as foreign", true).await;
    let urls = ["held", "right", "missing", "hidden"].map(|path| format!("{}/{path}", cdn.url));
    page.fill("URLs for layer 0", &urls.join("\n")).await;
    page.press("Verify all URLs").await;
    page.one("progressbar", &format!("Download of {}", urls[0])).await;
    page.expect_text("is not there").await;
    see("verifying").await;
    gate.open();
    page.gone("button", "Stop all").await;
    let dir = Dir::new("layer");
    let file = dir.write("layer.tar.gz", "something else");
    page.choose(&file).await;
    page.expect_text("the layer has").await;
    see("verified").await;
}
