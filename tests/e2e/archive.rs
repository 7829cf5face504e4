//! Archives on the File tab: opened by slices, pushed from, and written again.

use std::process::Command;

use crate::paste::{download, sha256sum};
use crate::support::dir::Dir;
use crate::support::image::{OCI_FOREIGN, TestImage};
use crate::support::page::with_page;
use crate::support::process::run;
use crate::support::registry::Registry;
use crate::support::server::Server;
use crate::support::steps::{mark, push};

/// Copies an image with skopeo, between the transports that it knows.
fn copy(from: &str, to: &str) {
    let args =
        ["copy", "--all", "--insecure-policy", "--src-tls-verify=false", "--dest-tls-verify=false"];
    run(Command::new("skopeo").args(args).args([from, to]));
}

#[tokio::test]
async fn an_oci_layout_is_opened_marked_written_and_pushed_with_its_blobs() {
    let source = Registry::start();
    let image = TestImage::oci(&["base", "libraries", "app"]);
    image.push(&source.url, "team/app", "1.4", &[]);
    let dir = Dir::new("archive");
    let file = dir.path().join("app.tar");
    let name = format!("oci-archive:{}:1.4", file.display());
    copy(&format!("docker://{}/team/app:1.4", source.host), &name);
    drop(source);
    let target = Registry::allowing_urls();
    let server = Server::in_front_of(&target.url);
    with_page(|page| async move {
        page.excuse("status of 404");
        page.open(&server.url).await;
        page.click("tab", "File").await;
        page.choose(&file).await;
        page.expect_output("Original digest", &image.digest()).await;
        page.expect_text("RUN step 1").await;
        let digest = mark(&page, 0, "https://cdn.example.com/base").await;

        // The archive that comes out holds every blob, and other tools read it.
        page.press("Export").await;
        page.press("Save OCI layout archive").await;
        let (_, written) = page.downloaded().await;
        page.press("Close").await;
        let again = dir.write("again.tar", &written);
        let again = format!("oci-archive:{}:1.4", again.display());
        let manifest = run(Command::new("skopeo").args(["inspect", "--raw", &again]));
        assert_eq!(sha256sum(&manifest), digest);
        let elsewhere = Registry::allowing_urls();
        copy(&again, &format!("docker://{}/copied:1", elsewhere.host));
        assert_eq!(elsewhere.manifest("copied", "1").body, manifest);
        assert!(elsewhere.has_blob("copied", &image.layer(1)));

        // The blobs that the target has not got come from the file; a marked one stays away.
        push(&page, "team/app:1.4").await;
        let stored = target.manifest("team/app", "1.4");
        assert_eq!(sha256sum(&stored.body), digest);
        assert!(stored.text().contains(OCI_FOREIGN));
        for layer in [1, 2] {
            assert!(target.has_blob("team/app", &image.layer(layer)), "layer {layer}");
        }
        assert!(!target.has_blob("team/app", &image.layer(0)));
    })
    .await;
}

#[tokio::test]
async fn what_docker_save_writes_is_opened_and_pushed() {
    let source = Registry::start();
    TestImage::of_layers(vec![tar("base"), tar("app")]).push(&source.url, "team/app", "1.4", &[]);
    let dir = Dir::new("archive");
    let file = dir.path().join("saved.tar");
    let name = format!("docker-archive:{}:team/app:1.4", file.display());
    copy(&format!("docker://{}/team/app:1.4", source.host), &name);
    let target = Registry::allowing_urls();
    let server = Server::in_front_of(&target.url);
    with_page(|page| async move {
        page.excuse("status of 404");
        page.open(&server.url).await;
        page.click("tab", "File").await;
        page.choose(&file).await;
        page.expect_text("This archive has no manifest").await;
        let bytes = download(&page).await;
        assert_eq!(sha256sum(&bytes), page.output("Original digest").await);
        push(&page, "team/app:1.4").await;
        assert_eq!(target.manifest("team/app", "1.4").body, bytes);
        let again = format!("oci-archive:{}", dir.path().join("again.tar").display());
        copy(&format!("docker://{}/team/app:1.4", target.host), &again);
    })
    .await;
}

#[tokio::test]
async fn of_several_images_one_is_chosen_and_of_what_is_none_the_reason_is_told() {
    let source = Registry::start();
    let images = [TestImage::oci(&["one"]), TestImage::oci(&["one", "two"])];
    let dir = Dir::new("archive");
    let layout = dir.path().join("layout");
    for (image, tag) in images.iter().zip(["1.0", "2.0"]) {
        image.push(&source.url, "app", tag, &[]);
        let to = format!("oci:{}:{tag}", layout.display());
        copy(&format!("docker://{}/app:{tag}", source.host), &to);
    }
    let file = dir.path().join("both.tar");
    run(Command::new("tar").arg("-C").arg(&layout).arg("-cf").arg(&file).arg("."));
    let empty = dir.write("empty.txt", "text");
    let other = dir.path().join("other.tar");
    run(Command::new("tar").arg("-C").arg(dir.path()).arg("-cf").arg(&other).arg("empty.txt"));
    run(Command::new("gzip").arg("-k").arg(&other));
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        page.click("tab", "File").await;
        page.choose(&file).await;
        page.press("Open 2.0").await;
        page.expect_output("Original digest", &images[1].digest()).await;
        for (file, said) in [
            (other.clone(), "There is no image in this archive"),
            (dir.path().join("other.tar.gz"), "gzip -d"),
        ] {
            page.choose(&file).await;
            page.expect_text(said).await;
        }
        drop(empty);
        // The image that was open stays.
        page.expect_output("Original digest", &images[1].digest()).await;
    })
    .await;
}

/// A tar archive with one file; its digest is its `diff_id` as well.
fn tar(text: &str) -> Vec<u8> {
    let dir = Dir::new("layer");
    dir.write("file", text);
    run(Command::new("tar").arg("-C").arg(dir.path()).args(["-cf", "-", "file"]))
}
