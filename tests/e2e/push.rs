//! The main job with a registry: load, mark, review, push, and what other clients then see.

use crate::paste::{download, sha256sum};
use crate::support::dir::Dir;
use crate::support::image::{OCI_FOREIGN, OCI_INDEX, TestImage, push_manifest, sha256};
use crate::support::page::{Page, is_available, with_page};
use crate::support::process::run;
use crate::support::program::program;
use crate::support::registry::Registry;
use crate::support::server::Server;
use crate::support::skopeo;
use crate::support::steps::{load, mark, push, review};

/// Load, mark, push; `skopeo` gets the very bytes, and leaves the marked layer out of a copy.
async fn the_whole_job(page: &Page, server: &Server, image: &str) {
    // Browsers log every 404, and most HEAD requests before a push have that answer.
    page.excuse("status of 404");
    page.open(&server.url).await;
    load(page, image).await;
    let original = page.output("Original digest").await;
    assert_eq!(sha256sum(&skopeo::inspect_raw(&format!("{}/{image}", server.host))), original);
    assert_eq!(sha256sum(&download(page).await), original);

    let digest = mark(page, 0, "https://cdn.example.com/layers/base").await;
    let bytes = download(page).await;
    assert_eq!(sha256sum(&bytes), digest);

    // The plan comes first, and nothing is sent before it is agreed to.
    review(page, image).await;
    let sent: Vec<_> = page.requests().await;
    assert!(sent.iter().all(|request| matches!(&*request.method, "GET" | "HEAD")), "{sent:?}");
    page.press("Push").await;
    page.expect_text("Pushed sha256:").await;
    assert_eq!(skopeo::inspect_raw(&format!("{}/{image}", server.host)), bytes);

    // What is left to do is said with commands that run as they stand.
    let command = page.script("return document.querySelector('.next pre').innerText").await;
    let dir = Dir::new("proof");
    run(program("bash").arg("-c").arg(command.as_str().unwrap()).current_dir(dir.path()));
    let layers: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    for (index, layer) in layers["layers"].as_array().unwrap().iter().enumerate() {
        let blob = layer["digest"].as_str().unwrap().replace(':', "/");
        let there = dir.path().join("proof/blobs").join(blob).exists();
        assert_eq!(there, index != 0, "layer {index}");
    }

    let elsewhere = Registry::allowing_urls();
    skopeo::copy(&format!("{}/{image}", server.host), &format!("{}/copied:1", elsewhere.host));
    assert_eq!(elsewhere.manifest("copied", "1").body, bytes);
    for (index, layer) in layers["layers"].as_array().unwrap().iter().enumerate() {
        let there = elsewhere.has_blob("copied", layer["digest"].as_str().unwrap());
        assert_eq!(there, index != 0, "layer {index}");
    }

    // The old content is one click away.
    page.press("Put the old digest back").await;
    page.press("Put back").await;
    page.until("the old digest", || async {
        let now = sha256sum(&skopeo::inspect_raw(&format!("{}/{image}", server.host)));
        (now == original).then_some(())
    })
    .await;
    page.expect_text("back at").await;
}

#[tokio::test]
async fn the_whole_job_with_the_embedded_registry() {
    let server = Server::start();
    with_page(|page| async move {
        the_whole_job(&page, &server, "samples/linux:1.0").await;
    })
    .await;
}

#[tokio::test]
async fn the_whole_job_with_docker_registry_behind_the_page() {
    let registry = Registry::allowing_urls();
    let image = TestImage::oci(&["base", "libraries", "app"]);
    image.push(&registry.url, "team/app", "1.4", &[]);
    let server = Server::in_front_of(&registry.url);
    with_page(|page| async move {
        the_whole_job(&page, &server, "team/app:1.4").await;
        assert_eq!(registry.manifest("team/app", "1.4").body, image.manifest);
    })
    .await;
}

#[tokio::test]
async fn an_index_is_pushed_children_first() {
    let registry = Registry::allowing_urls();
    let first = TestImage::oci(&["base", "amd64"]);
    let second = TestImage::oci(&["base", "arm64"]);
    for image in [&first, &second] {
        image.push(&registry.url, "team/app", &image.digest(), &[]);
    }
    let entry = |image: &TestImage, architecture: &str| {
        format!(
            "{{\"mediaType\":\"{}\",\"digest\":\"{}\",\"size\":{},\"platform\":{{\"architecture\":\"{architecture}\",\"os\":\"linux\"}}}}",
            image.media_type,
            image.digest(),
            image.manifest.len()
        )
    };
    let index = format!(
        "{{\"schemaVersion\":2,\"mediaType\":\"{OCI_INDEX}\",\"manifests\":[{},{}]}}",
        entry(&first, "amd64"),
        entry(&second, "arm64")
    );
    push_manifest(&registry.url, "team/app", "1.4", OCI_INDEX, index.as_bytes(), &[]);
    let server = Server::in_front_of(&registry.url);
    with_page(|page| async move {
        page.excuse("status of 404");
        page.open(&server.url).await;
        load(&page, "team/app:1.4").await;
        page.expect_output("Original digest", &sha256(index.as_bytes())).await;
        page.click_starting("button", "linux/arm64").await;
        page.until("the layers of linux/arm64", || async {
            page.text().await.contains(&second.layer(1)[7..19]).then_some(())
        })
        .await;
        let digest = mark(&page, 1, "https://cdn.example.com/arm64").await;
        push(&page, "team/app:1.4").await;

        let stored = registry.manifest("team/app", "1.4");
        assert_eq!(sha256sum(&stored.body), digest);
        assert_eq!(stored.header("content-type"), Some(OCI_INDEX));
        let stored = stored.text();
        assert!(stored.contains(&first.digest()) && !stored.contains(&second.digest()), "{stored}");
        let child = stored.split("\"digest\":\"").nth(2).unwrap()[..71].to_owned();
        let child = registry.manifest("team/app", &child).text();
        assert!(child.contains(OCI_FOREIGN) && child.contains("cdn.example.com/arm64"), "{child}");
        let puts: Vec<String> = page
            .requests()
            .await
            .iter()
            .filter(|request| request.method == "PUT")
            .map(|request| request.path().to_owned())
            .collect();
        assert_eq!(puts.len(), 4, "the old index is kept under a backup tag: {puts:?}");
        assert!(puts[2].contains("/manifests/1.4-was-"), "{puts:?}");
        assert!(puts[3].ends_with("/manifests/1.4"), "the tag comes last: {puts:?}");
    })
    .await;
}

#[tokio::test]
async fn an_image_goes_to_another_repository_by_mount() {
    let source = Registry::allowing_urls();
    let image = TestImage::oci(&["base", "libraries", "app"]);
    image.push(&source.url, "team/app", "1.4", &[]);
    let server = Server::in_front_of(&source.url);
    with_page(|page| async move {
        page.excuse("status of 404");
        page.open(&server.url).await;
        load(&page, "team/app:1.4").await;
        let digest = mark(&page, 0, "https://cdn.example.com/base").await;

        push(&page, "customers/app:1.4").await;
        assert_eq!(sha256sum(&source.manifest("customers/app", "1.4").body), digest);
        assert!(source.has_blob("customers/app", &image.layer(2)));
        assert!(!source.has_blob("customers/app", &image.layer(0)), "a marked layer stays away");
        let posts = |requests: &[crate::support::notes::Request], part: &str| {
            requests.iter().filter(|r| r.method == "POST" && r.url.contains(part)).count()
        };
        let sent = page.requests().await;
        assert_eq!(posts(&sent, "mount="), posts(&sent, "/uploads/"), "{sent:?}");
    })
    .await;
}

/// The part of an image's digest that sentences name.
fn short(image: &TestImage) -> String {
    image.digest()[..19].to_owned()
}

/// The button that lets the push overwrite a tag that has moved to `image`.
fn allow_overwriting(image: &TestImage) -> String {
    let digest = image.digest();
    format!("Allow overwriting {}…{}", short(image), &digest[digest.len() - 5..])
}

#[tokio::test]
async fn a_tag_that_moved_stops_the_push_until_the_person_decides() {
    let registry = Registry::allowing_urls();
    let image = TestImage::oci(&["base", "app"]);
    image.push(&registry.url, "team/app", "1.4", &[]);
    let server = Server::in_front_of(&registry.url);
    with_page(|page| async move {
        page.excuse("status of 404");
        page.open(&server.url).await;
        load(&page, "team/app:1.4").await;
        let digest = mark(&page, 0, "https://cdn.example.com/base").await;

        // Between loading and reviewing.
        let other = TestImage::oci(&["base", "fixed app"]);
        other.push(&registry.url, "team/app", "1.4", &[]);
        review(&page, "team/app:1.4").await;
        let said = page.expect_alert("The tag has moved since").await;
        assert!(said.contains(&short(&other)) && said.contains(&short(&image)), "{said}");
        assert!(!is_available(&page.one("button", "Push").await).await);
        page.press(&allow_overwriting(&other)).await;
        page.until("the button", || async {
            is_available(&page.one("button", "Push").await).await.then_some(())
        })
        .await;

        // Between reviewing and pushing.
        let third = TestImage::oci(&["base", "third app"]);
        third.push(&registry.url, "team/app", "1.4", &[]);
        page.press("Push").await;
        let said = page.expect_alert(&short(&third)).await;
        assert!(said.contains("The tag has moved since"), "{said}");
        assert_eq!(registry.manifest("team/app", "1.4").body, third.manifest);
        assert!(!page.text().await.contains("Pushed sha256:"));
        // What was stored by digest stays stored, and the person may still decide.
        assert_eq!(registry.manifest("team/app", &digest).status, 200);
        page.press(&allow_overwriting(&third)).await;
        page.press("Go on").await;
        page.expect_text("Pushed sha256:").await;
        assert_eq!(sha256sum(&registry.manifest("team/app", "1.4").body), digest);
    })
    .await;
}

#[tokio::test]
async fn a_second_push_after_more_edits_is_no_alarm() {
    let registry = Registry::allowing_urls();
    TestImage::oci(&["base", "app"]).push(&registry.url, "team/app", "1.4", &[]);
    let server = Server::in_front_of(&registry.url);
    with_page(|page| async move {
        page.excuse("status of 404");
        page.open(&server.url).await;
        load(&page, "team/app:1.4").await;
        mark(&page, 0, "https://cdn.example.com/base").await;
        push(&page, "team/app:1.4").await;
        page.fill("URLs for layer 0", "https://mirror.example.com/base").await;
        review(&page, "team/app:1.4").await;
        assert!(!page.text().await.contains("has moved"), "the page itself set the tag");
        page.press("Push").await;
        page.expect_text("Pushed sha256:").await;
        let stored = registry.manifest("team/app", "1.4").text();
        assert!(stored.contains("mirror.example.com"), "{stored}");
    })
    .await;
}

#[tokio::test]
async fn following_the_explained_refusal_of_layer_urls_to_the_letter_helps() {
    let mut registry = Registry::start();
    TestImage::oci(&["base", "app"]).push(&registry.url, "team/app", "1.4", &[]);
    let server = Server::in_front_of(&registry.url);
    with_page(|page| async move {
        page.excuse("status of 404");
        page.excuse("status of 500");
        page.open(&server.url).await;
        load(&page, "team/app:1.4").await;
        let digest = mark(&page, 0, "https://cdn.example.com:8443/base?x=(1)").await;
        review(&page, "team/app:1.4").await;
        page.press("Push").await;
        page.expect_alert("validation.manifests.urls.allow").await;
        let setting =
            page.script("return document.querySelector('.push [role=alert] pre').innerText");
        let setting = setting.await.as_str().unwrap().to_owned();
        assert_eq!(registry.manifest("team/app", &digest).status, 404, "nothing was stored");

        // The administrator adds the lines as they stand.
        registry.restart_with(&setting);
        page.press("Go on").await;
        page.expect_text("Pushed sha256:").await;
        let stored = skopeo::inspect_raw(&format!("{}/team/app:1.4", registry.host));
        assert_eq!(sha256sum(&stored), digest);
    })
    .await;
}
