//! Archives on the File tab: opened by slices, pushed from, and written again.

use crate::paste::{download, sha256sum};
use crate::support::dir::Dir;
use crate::support::image::{OCI_FOREIGN, TestImage};
use crate::support::page::{Page, with_page};
use crate::support::process::run;
use crate::support::program::program;
use crate::support::registry::Registry;
use crate::support::server::Server;
use crate::support::skopeo::transfer;
use crate::support::steps::{load, mark, push};

#[tokio::test]
async fn an_oci_layout_is_opened_marked_written_and_pushed_with_its_blobs() {
    let source = Registry::start();
    let image = TestImage::oci(&["base", "libraries", "app"]);
    image.push(&source.url, "team/app", "1.4", &[]);
    let dir = Dir::new("archive");
    let file = dir.path().join("app.tar");
    let name = format!("oci-archive:{}:1.4", file.display());
    transfer(&format!("docker://{}/team/app:1.4", source.host), &name);
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
        let manifest = run(program("skopeo").args(["inspect", "--raw", &again]));
        assert_eq!(sha256sum(&manifest), digest);
        let elsewhere = Registry::allowing_urls();
        transfer(&again, &format!("docker://{}/copied:1", elsewhere.host));
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

/// Reads the image of an archive as other tools do, and copies it to another registry.
fn other_tools_read(archive: &str, digest: &str, image: &TestImage) {
    let manifest = run(program("skopeo").args(["inspect", "--raw", archive]));
    assert_eq!(sha256sum(&manifest), digest);
    let elsewhere = Registry::allowing_urls();
    transfer(archive, &format!("docker://{}/copied:1", elsewhere.host));
    assert_eq!(elsewhere.manifest("copied", "1").body, manifest);
    for layer in [1, 2] {
        assert!(elsewhere.has_blob("copied", &image.layer(layer)), "layer {layer}");
    }
}

#[tokio::test]
async fn an_image_from_a_registry_is_written_with_its_layers() {
    let registry = Registry::allowing_urls();
    let image = TestImage::oci(&["base", "libraries", "app"]);
    image.push(&registry.url, "team/app", "1.4", &[]);
    let dir = Dir::new("archive");
    let server = Server::in_front_of(&registry.url);
    with_page(|page| async move {
        page.open(&server.url).await;
        load(&page, "team/app:1.4").await;
        let digest = mark(&page, 0, "https://cdn.example.com/base").await;
        page.press("Export").await;
        page.expect_text("1 foreign layer is left out").await;

        // By way of the browser's storage.
        page.script("window.showSaveFilePicker = undefined").await;
        save_with_layers(&page).await;
        let (name, written) = page.downloaded().await;
        assert_eq!(name, "team-app-1.4.tar");
        page.expect_text("with 3 blobs from the registry, each verified").await;
        page.expect_text("because its layer is foreign").await;
        let archive = dir.write("stored.tar", &written);
        other_tools_read(&format!("oci-archive:{}:1.4", archive.display()), &digest, &image);

        // To where the person wants it.
        page.script(
            "window.showSaveFilePicker = async ({ suggestedName }) =>
                (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true })",
        )
        .await;
        save_with_layers(&page).await;
        assert_eq!(page.until("the file", || chosen(&page)).await, written);

        // In memory.
        page.script("window.showSaveFilePicker = navigator.storage.getDirectory = undefined").await;
        save_with_layers(&page).await;
        assert_eq!(page.downloaded().await.1, written);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_the_layer_is_not_written() {
    let registry = Registry::allowing_urls();
    let image = TestImage::oci(&["base", "libraries", "app"]);
    image.push(&registry.url, "team/app", "1.4", &[]);
    registry.spoil(&image.layer(2));
    let server = Server::in_front_of(&registry.url);
    with_page(|page| async move {
        page.open(&server.url).await;
        load(&page, "team/app:1.4").await;
        page.output("Original digest").await;
        page.press("Export").await;
        page.script(
            "window.showSaveFilePicker = async ({ suggestedName }) =>
                (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true })",
        )
        .await;
        save_with_layers(&page).await;
        page.expect_text("Nothing was saved, because the blob").await;
        page.until("the file to go away", || async {
            let names = "return (async () => {
                const names = [];
                for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
                return names.length;
            })()";
            (page.script(names).await == 0).then_some(())
        })
        .await;
    })
    .await;
}

/// Presses the button whose name ends in the size.
async fn save_with_layers(page: &Page) {
    let names = "return [...document.querySelectorAll('button')].map(button => button.textContent)";
    let names: Vec<String> = serde_json::from_value(page.script(names).await).unwrap();
    let name = names.iter().find(|name| name.starts_with("Save with the layers")).unwrap();
    page.press(name).await;
}

/// The file that the page wrote to where the person wanted it.
async fn chosen(page: &Page) -> Option<Vec<u8>> {
    let read = "return (async () => {
        const folder = await navigator.storage.getDirectory();
        const handle = await folder.getFileHandle('team-app-1.4.tar').catch(() => null);
        if (handle === null) return [];
        const file = await handle.getFile();
        return [...new Uint8Array(await file.arrayBuffer())];
    })()";
    let bytes: Vec<u8> = serde_json::from_value(page.script(read).await).unwrap();
    (!bytes.is_empty()).then_some(bytes)
}

#[tokio::test]
async fn what_docker_save_writes_is_opened_and_pushed() {
    let source = Registry::start();
    TestImage::of_layers(vec![tar("base"), tar("app")]).push(&source.url, "team/app", "1.4", &[]);
    let dir = Dir::new("archive");
    let file = dir.path().join("saved.tar");
    let name = format!("docker-archive:{}:team/app:1.4", file.display());
    transfer(&format!("docker://{}/team/app:1.4", source.host), &name);
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
        transfer(&format!("docker://{}/team/app:1.4", target.host), &again);
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
        transfer(&format!("docker://{}/app:{tag}", source.host), &to);
    }
    let file = dir.path().join("both.tar");
    run(program("tar").arg("-C").arg(&layout).arg("-cf").arg(&file).arg("."));
    let empty = dir.write("empty.txt", "text");
    let other = dir.path().join("other.tar");
    run(program("tar").arg("-C").arg(dir.path()).arg("-cf").arg(&other).arg("empty.txt"));
    run(program("gzip").arg("-k").arg(&other));
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
    run(program("tar").arg("-C").arg(dir.path()).args(["-cf", "-", "file"]))
}
