//! Foreign layers made ordinary again: fetched from their URLs or taken from a file, verified, and
//! put into the target.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::dir::Dir;
use crate::support::image::{
    OCI_FOREIGN, OCI_LAYER, OCI_MANIFEST, TestImage, push_blob, push_manifest,
};
use crate::support::layer_server::{How, LayerServer, Served};
use crate::support::page::{Page, with_page};
use crate::support::registry::Registry;
use crate::support::server::Server;
use crate::support::skopeo;
use crate::support::steps::{load, push, review};

/// An image whose first layer is foreign and only at `url`; what it was before.
fn foreign(registry: &Registry, url: &str) -> TestImage {
    let image = TestImage::oci(&["base", "app"]);
    for (index, blob) in image.blobs.iter().enumerate() {
        if index != 1 {
            push_blob(&registry.url, "team/app", blob, &[]);
        }
    }
    let text = image.text();
    let (head, tail) = text.split_once(OCI_LAYER).unwrap();
    let size = format!("\"size\": {}\n", image.blobs[1].len());
    let with_urls = format!("\"size\": {},\n      \"urls\": [\"{url}\"]\n", image.blobs[1].len());
    let text = format!("{head}{OCI_FOREIGN}{}", tail.replacen(&size, &with_urls, 1));
    assert!(text.contains(url));
    push_manifest(&registry.url, "team/app", "1.4", OCI_MANIFEST, text.as_bytes(), &[]);
    image
}

/// Opens the image, whose URLs are at `cdn`, and makes its first layer plain.
async fn make_plain(page: &Page, server: &Server, cdn: &LayerServer) {
    page.excuse("status of 404");
    page.allow(&cdn.url);
    page.open(&server.url).await;
    load(page, "team/app:1.4").await;
    page.output("Original digest").await;
    page.switch("Mark layer 0 as foreign", false).await;
}

#[tokio::test]
async fn a_foreign_layer_is_fetched_verified_and_pushed_as_an_ordinary_one() {
    let registry = Registry::allowing_urls();
    let layer = TestImage::oci(&["base"]).blobs[1].clone();
    let cdn = LayerServer::start(move |_| Served::new(200, layer.clone()));
    let image = foreign(&registry, &format!("{}/base", cdn.url));
    let server = Server::in_front_of(&registry.url);
    with_page(|page| async move {
        make_plain(&page, &server, &cdn).await;
        review(&page, "team/app:1.4").await;
        page.expect_text("verify it and upload it").await;
        assert_eq!(cdn.count("GET", "/base"), 0, "nothing is fetched before it is agreed to");
        push(&page, "team/app:1.4").await;
        cdn.saw_nobody();
        let stored = registry.manifest("team/app", "1.4").text();
        assert!(!stored.contains(OCI_FOREIGN) && !stored.contains("urls"), "{stored}");
        assert!(registry.has_blob("team/app", &image.layer(0)));
        // Other tools get the whole image now.
        let elsewhere = Registry::start();
        skopeo::copy(
            &format!("{}/team/app:1.4", server.host),
            &format!("{}/copied:1", elsewhere.host),
        );
        assert!(elsewhere.has_blob("copied", &image.layer(0)));
    })
    .await;
}

#[tokio::test]
async fn what_is_not_the_layer_is_not_pushed() {
    let registry = Registry::allowing_urls();
    let mut layer = TestImage::oci(&["base"]).blobs[1].clone();
    *layer.last_mut().unwrap() ^= 1;
    let cdn = LayerServer::start(move |_| Served::new(200, layer.clone()));
    let image = foreign(&registry, &format!("{}/base", cdn.url));
    let before = registry.manifest("team/app", "1.4").body;
    let server = Server::in_front_of(&registry.url);
    with_page(|page| async move {
        make_plain(&page, &server, &cdn).await;
        review(&page, "team/app:1.4").await;
        page.press("Push").await;
        page.expect_alert("The layer cannot be had: ").await;
        assert!(!registry.has_blob("team/app", &image.layer(0)));
        assert_eq!(registry.manifest("team/app", "1.4").body, before);
    })
    .await;
}

#[tokio::test]
async fn a_download_that_breaks_off_goes_on() {
    let registry = Registry::allowing_urls();
    let layer = TestImage::oci(&["base"]).blobs[1].clone();
    let asked = AtomicUsize::new(0);
    let cdn = LayerServer::start(move |_| match asked.fetch_add(1, Ordering::Relaxed) {
        0 => Served::new(200, layer.clone()).how(How::CutBy(3)),
        // The page may not read which part this is; and it is a simple request, without a preflight.
        _ => Served::new(200, layer.clone()).how(How::Ranged),
    });
    let image = foreign(&registry, &format!("{}/base", cdn.url));
    let server = Server::in_front_of(&registry.url);
    with_page(|page| async move {
        page.excuse("ERR_CONTENT_LENGTH_MISMATCH");
        make_plain(&page, &server, &cdn).await;
        push(&page, "team/app:1.4").await;
        assert_eq!((cdn.count("GET", "/base"), cdn.count("OPTIONS", "/base")), (2, 0));
        assert!(registry.has_blob("team/app", &image.layer(0)));
    })
    .await;
}

#[tokio::test]
async fn a_layer_whose_urls_serve_nothing_is_taken_from_a_file() {
    let registry = Registry::allowing_urls();
    let cdn = LayerServer::start(|_| Served::new(404, ""));
    let image = foreign(&registry, &format!("{}/base", cdn.url));
    let dir = Dir::new("layers");
    let right = dir.write("base.tar.gz", &image.blobs[1]);
    let mut other = image.blobs[1].clone();
    *other.last_mut().unwrap() ^= 1;
    let wrong = dir.write("other.tar.gz", &other);
    let server = Server::in_front_of(&registry.url);
    with_page(|page| async move {
        make_plain(&page, &server, &cdn).await;
        review(&page, "team/app:1.4").await;
        page.choose_at(".steps input[type=file]", &wrong).await;
        page.expect_text("“other.tar.gz” is not this blob, so nothing of it is uploaded").await;
        page.expect_text("verify it and upload it").await;
        page.choose_at(".steps input[type=file]", &right).await;
        page.expect_text("is the layer: size and digest are right").await;
        page.press("Push").await;
        page.expect_text("Pushed sha256:").await;
        assert_eq!(cdn.count("GET", "/base"), 0, "the file is there");
        let stored = registry.manifest("team/app", "1.4").text();
        assert!(!stored.contains(OCI_FOREIGN) && !stored.contains("urls"), "{stored}");
        assert!(registry.has_blob("team/app", &image.layer(0)));
    })
    .await;
}
