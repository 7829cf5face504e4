//! The manifest desk: annotations everywhere, entries, the health of a tag, the config.

use super::unfold;
use crate::support::http;
use crate::support::image::{OCI_INDEX, OCI_MANIFEST, TestImage, push_manifest};
use crate::support::page::Page;
use crate::support::registry::Registry;
use crate::support::server::Server;
use crate::support::steps::{complete, load};

/// An index of which a clean-up has deleted a child, as people find it and repair it.
pub async fn desk(page: &Page, see: &impl AsyncFn(&str)) {
    let registry = Registry::start();
    let images = ["amd64", "arm64"].map(|name| TestImage::oci(&["base", name]));
    let entries = images.each_ref().map(|image| {
        image.push(&registry.url, "team/app", &image.digest(), &[]);
        let (digest, size) = (image.digest(), image.manifest.len());
        format!(r#"{{"mediaType":"{OCI_MANIFEST}","digest":"{digest}","size":{size}"#)
    });
    let index = format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{},"platform":{{"os":"linux","architecture":"amd64"}}}},{},"platform":{{"os":"linux","architecture":"arm64"}}}}]}}"#,
        entries[0], entries[1]
    );
    push_manifest(&registry.url, "team/app", "1.4", OCI_INDEX, index.as_bytes(), &[]);
    images[1].push(&registry.url, "team/mirror", "1.4", &[]);
    let lost = format!("{}/v2/team/app/manifests/{}", registry.url, images[1].digest());
    assert_eq!(http::send("DELETE", &lost, &[], b"").status, 202);
    let server = Server::in_front_of(&registry.url);
    page.excuse("status of 404");
    page.open(&server.url).await;
    load(page, "team/app:1.4").await;
    page.output("Original digest").await;
    unfold(page, "details.desk").await;
    complete(page).await;
    page.fill_as("combobox", "Annotation key", "org.opencontainers.image.description").await;
    page.fill("Annotation value", "The application of the team").await;
    page.expect_text("2 places change").await;
    let first =
        page.script("return document.querySelector('.desk tbody button[aria-expanded]').click()");
    first.await;
    see("desk-annotation").await;
    unfold(page, "details.config-facts").await;
    page.one("searchbox", "Search the config").await;
    see("desk-config").await;
    unfold(page, "details.health").await;
    page.press("Check every document and blob").await;
    page.expect_text("Missing in the registry").await;
    see("desk-health").await;
    page.press("Bring it from …: Document for linux/arm64").await;
    page.fill("Reference to look at", "team/app:1.4").await;
    see("desk-bring").await;
    page.fill("Reference to look at", "team/mirror:1.4").await;
    page.press("Look there").await;
    page.expect_text("Comes along with the next push").await;
    page.click_starting("button", "Add an entry to the index").await;
    page.fill("Reference to look at", "team/mirror:1.4").await;
    page.press("Look there").await;
    page.expect_text("team/mirror:1.4 has:").await;
    see("desk-add").await;
}

/// A tag beside the next one: layers, annotations and the config differ, a platform is only there.
pub async fn compare(page: &Page, see: &impl AsyncFn(&str)) {
    let registry = Registry::start();
    let entry = |image: &TestImage, architecture: &str, note: &str| {
        image.push(&registry.url, "team/app", &image.digest(), &[]);
        let (digest, size) = (image.digest(), image.manifest.len());
        format!(
            r#"{{"mediaType":"{OCI_MANIFEST}","digest":"{digest}","size":{size},"platform":{{"os":"linux","architecture":"{architecture}"}}{note}}}"#
        )
    };
    let put = |tag: &str, entries: &[String], version: &str| {
        let entries = entries.join(",");
        let text = format!(
            r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{entries}],"annotations":{{"org.opencontainers.image.version":"{version}"}}}}"#
        );
        push_manifest(&registry.url, "team/app", tag, OCI_INDEX, text.as_bytes(), &[]);
    };
    let arm = entry(&TestImage::oci(&["base", "arm64"]), "arm64", "");
    let amd = entry(&TestImage::oci(&["base", "tools", "old"]), "amd64", "");
    put("1.4", &[amd, arm.clone()], "1.4");
    let note = r#","annotations":{"org.opencontainers.image.licenses":"Apache-2.0"}"#;
    let amd = entry(&TestImage::oci(&["base", "new", "tools"]), "amd64", note);
    let riscv = entry(&TestImage::oci(&["base", "riscv64"]), "riscv64", "");
    put("1.5", &[amd, arm, riscv], "1.5");
    let server = Server::in_front_of(&registry.url);
    page.excuse("status of 404");
    page.open(&server.url).await;
    load(page, "team/app:1.4").await;
    page.output("Original digest").await;
    unfold(page, "details.compare").await;
    complete(page).await;
    page.fill("Compare with", "team/app:1.5").await;
    page.press("Compare").await;
    page.expect_text("The images differ.").await;
    unfold(page, "details.compared-part:nth-of-type(1)").await;
    unfold(page, "details.compared-part:nth-of-type(2)").await;
    page.expect_text("Annotation org.opencontainers.image.licenses of the entry").await;
    see("compare").await;
}
