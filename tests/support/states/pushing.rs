//! A push from its plan to its proof, and what stops it.

use std::sync::Arc;

use super::{URL, held};
use crate::support::dir::Dir;
use crate::support::fault_proxy::FaultProxy;
use crate::support::gate::Gate;
use crate::support::image::{
    OCI_FOREIGN, OCI_LAYER, OCI_MANIFEST, TestImage, cosign_signature, push_blob, push_manifest,
    sha256, signature,
};
use crate::support::page::Page;
use crate::support::registry::Registry;
use crate::support::server::Server;
use crate::support::steps::{complete, load, mark, review};

/// A push from plan to proof.
pub async fn pushing(page: &Page, see: &impl AsyncFn(&str)) {
    page.excuse("status of 404");
    let registry = Registry::allowing_urls();
    TestImage::oci(&["base", "app"]).push(&registry.url, "team/app", "1.4", &[]);
    let proxy = FaultProxy::start(Some(registry.host.clone()));
    let server = Server::in_front_of(&proxy.base());
    page.open(&server.url).await;
    load(page, "team/app:1.4").await;
    mark(page, 0, URL).await;
    review(page, "team/app:1.4").await;
    see("push-plan").await;
    let gate = Arc::new(Gate::default());
    proxy.set(held("PUT", "/manifests/", &gate));
    page.press("Push").await;
    page.until("a step on its way", || async {
        let running = "return document.querySelector('.push .progress') !== null";
        (page.script(running).await == true).then_some(())
    })
    .await;
    see("push-running").await;
    gate.open();
    page.expect_text("Pushed sha256:").await;
    see("pushed").await;
}

/// A tag that moved, and an error that wants a reason.
pub async fn moved(page: &Page, see: &impl AsyncFn(&str)) {
    page.excuse("status of 404");
    let registry = Registry::allowing_urls();
    TestImage::oci(&["base", "app"]).push(&registry.url, "team/app", "1.4", &[]);
    let server = Server::in_front_of(&registry.url);
    page.open(&server.url).await;
    load(page, "team/app:1.4").await;
    mark(page, 0, URL).await;
    TestImage::oci(&["base", "fixed app"]).push(&registry.url, "team/app", "1.4", &[]);
    review(page, "team/app:1.4").await;
    page.expect_alert("The tag has moved since").await;
    see("push-moved").await;
}

/// A layer that is foreign no longer: fetched from its URL, or taken from a file.
pub async fn ordinary(page: &Page, see: &impl AsyncFn(&str)) {
    page.excuse("status of 404");
    let registry = Registry::allowing_urls();
    let image = TestImage::oci(&["base", "app"]);
    for index in [0, 2] {
        push_blob(&registry.url, "team/app", &image.blobs[index], &[]);
    }
    let size = format!("\"size\": {}\n", image.blobs[1].len());
    let with_urls = format!("{},\n      \"urls\": [\"{URL}\"]\n", size.trim_end());
    let text = image.text().replacen(OCI_LAYER, OCI_FOREIGN, 1).replacen(&size, &with_urls, 1);
    push_manifest(&registry.url, "team/app", "1.4", OCI_MANIFEST, text.as_bytes(), &[]);
    let server = Server::in_front_of(&registry.url);
    page.open(&server.url).await;
    load(page, "team/app:1.4").await;
    page.output("Original digest").await;
    page.switch("Mark layer 0 as foreign", false).await;
    review(page, "team/app:1.4").await;
    page.expect_text("verify it and upload it").await;
    see("push-fetch").await;
    let dir = Dir::new("layer");
    let field = ".steps input[type=file]";
    page.choose_at(field, &dir.write("other.tar.gz", "something else")).await;
    page.expect_text("so nothing of it is uploaded").await;
    see("push-file-differs").await;
    page.choose_at(field, &dir.write("base.tar.gz", &image.blobs[1])).await;
    page.expect_text("is the layer: size and digest are right").await;
    see("push-file").await;
}

/// What names the old digest and stays as it is.
pub async fn orphans(page: &Page, see: &impl AsyncFn(&str)) {
    page.excuse("status of 404");
    let server = Server::start();
    let registry = server.url.trim_end_matches('/');
    let image = TestImage::oci(&["base", "app"]);
    for tag in ["1.4", "stable"] {
        image.push(registry, "team/app", tag, &[]);
    }
    let signature = signature(registry, "team/app", &image);
    let digest = sha256(signature.as_bytes());
    push_manifest(registry, "team/app", &digest, OCI_MANIFEST, signature.as_bytes(), &[]);
    let cosign = cosign_signature(registry, "team/app");
    let tag = format!("{}.sig", image.digest().replace(':', "-"));
    push_manifest(registry, "team/app", &tag, OCI_MANIFEST, cosign.as_bytes(), &[]);
    page.open(&server.url).await;
    load(page, "team/app:1.4").await;
    mark(page, 0, URL).await;
    page.one("region", "What stays with the old digests").await;
    complete(page).await;
    see("orphans-unknown").await;
    page.press("Look in team/app").await;
    page.expect_text("Notation signature").await;
    see("orphans").await;
}
