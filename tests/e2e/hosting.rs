//! The page as portals host it, with the very files of `deploy/`.

use std::path::Path;

use crate::paste::{download, sha256sum};
use crate::support::front::{Front, deployed, fill};
use crate::support::http;
use crate::support::image::{TestImage, gzip};
use crate::support::layer_server::{LayerServer, Served};
use crate::support::page::{Page, with_page};
use crate::support::registry::Registry;
use crate::support::server::{Server, dist};
use crate::support::site::Site;
use crate::support::skopeo;
use crate::support::steps::{load, mark, push};

/// `deploy/docker-registry-cors.yml` for a page at `origin`.
pub(crate) fn registry_with_cors(origin: &str) -> Registry {
    Registry::with_file(&fill(
        &deployed("docker-registry-cors.yml"),
        &[
            ("addr: :5000", "addr: 127.0.0.1:{port}"),
            ("/var/lib/docker-registry", "{data}"),
            ("https://portal.example.com", origin.trim_end_matches('/')),
        ],
    ))
}

/// Loads `from`, marks a layer, pushes to `to` and compares with what `skopeo` gets from `seen`.
async fn from_one_to_another(page: &Page, from: &str, to: &str, seen: &str) {
    page.excuse("status of 404");
    // To another origin docker-registry hides that it has no referrers API, which browsers log.
    page.excuse("/referrers/");
    load(page, from).await;
    let digest = mark(page, 0, "https://cdn.example.com/base").await;
    let bytes = download(page).await;
    push(page, to).await;
    let stored = skopeo::inspect_raw(seen);
    assert_eq!(sha256sum(&stored), digest);
    assert_eq!(stored, bytes);
}

#[tokio::test]
async fn a_registry_at_another_origin_with_cors() {
    let server = Server::start();
    let registry = registry_with_cors(&server.url);
    let image = TestImage::oci(&["base", "libraries", "app"]);
    image.push(&registry.url, "team/app", "1.4", &[]);
    with_page(|page| async move {
        page.open(&server.url).await;
        page.allow(&registry.url);
        let name = format!("{}/team/app:1.4", registry.host);
        from_one_to_another(&page, &name, &name, &name).await;
    })
    .await;
}

#[tokio::test]
async fn layers_are_uploaded_from_one_registry_to_another() {
    let server = Server::start();
    let registry = registry_with_cors(&server.url);
    with_page(|page| async move {
        page.open(&server.url).await;
        page.allow(&registry.url);
        let to = format!("{}/copied:1", registry.host);
        from_one_to_another(&page, "samples/linux:1.0", &to, &to).await;
        let stored: serde_json::Value =
            serde_json::from_slice(&registry.manifest("copied", "1").body).unwrap();
        for (index, layer) in stored["layers"].as_array().unwrap().iter().enumerate() {
            let there = registry.has_blob("copied", layer["digest"].as_str().unwrap());
            assert_eq!(there, index != 0, "layer {index}");
        }
        assert!(registry.has_blob("copied", stored["config"]["digest"].as_str().unwrap()));
    })
    .await;
}

/// The whole job through a front; a layer of 3 MiB is uploaded through it.
async fn through(page: &Page, front: &Front, registry: &Registry) {
    let source = registry_with_cors(&front.url);
    // As it is: nothing makes it smaller.
    let large: Vec<u8> =
        (0..3_u32 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let image = TestImage::of_layers(vec![gzip(b"base"), large]);
    image.push(&source.url, "team/app", "1.4", &[]);
    image.push(&registry.url, "team/app", "1.4", &[]);
    page.open(&front.url).await;
    page.allow(&source.url);
    let seen = |name: &str| format!("{}/{name}", registry.host);
    from_one_to_another(page, "team/app:1.4", "team/app:1.5", &seen("team/app:1.5")).await;
    let from = format!("{}/team/app:1.4", source.host);
    load(page, &from).await;
    // The title; until then the image before is on the page.
    page.expect_text(&from).await;
    from_one_to_another(page, &from, "copied/app:1.4", &seen("copied/app:1.4")).await;
    assert!(registry.has_blob("copied/app", &image.layer(1)));
    // Nothing else than the page's origin and the source was asked: “Location” led back here.
    let headers = http::get(&front.url, &[]);
    for name in ["content-security-policy", "x-content-type-options", "referrer-policy"] {
        assert!(headers.header(name).is_some(), "{name}");
    }
}

#[tokio::test]
async fn a_registry_at_the_origin_of_the_page_through_nginx() {
    let registry = Registry::allowing_urls();
    let front = Front::nginx(&dist(), &registry.host, &registry.host);
    with_page(|page| async move { through(&page, &front, &registry).await }).await;
}

#[tokio::test]
async fn a_registry_at_the_origin_of_the_page_through_caddy() {
    let registry = Registry::allowing_urls();
    let front = Front::caddy(&dist(), &registry.host, &registry.host);
    with_page(|page| async move { through(&page, &front, &registry).await }).await;
}

/// The whole job at a registry under a path of the page's origin, which the portal's settings name.
async fn under_a_path(front: impl FnOnce(&Path, &str) -> Front) {
    let registry = Registry::allowing_urls();
    let image = TestImage::oci(&["base", "app"]);
    image.push(&registry.url, "team/app", "1.4", &[]);
    let site = Site::copy();
    site.write("config.json", r#"{ "pathPrefix": "/registries/customers" }"#);
    let front = front(site.path(), &registry.host);
    with_page(|page| async move {
        page.excuse("status of 404");
        page.open(&front.url).await;
        let seen = format!("{}/team/app:1.4", registry.host);
        from_one_to_another(&page, "team/app:1.4", "team/app:1.4", &seen).await;
        let origin = front.url.trim_end_matches('/');
        for request in page.requests().await {
            let path = request.path();
            let known = !path.contains("/v2/") || path.starts_with("/registries/customers/v2/");
            assert!(request.origin() == origin && known, "{request:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_registry_under_a_path_through_nginx() {
    under_a_path(|site, registry| Front::nginx(site, "127.0.0.1:9", registry)).await;
}

#[tokio::test]
async fn a_registry_under_a_path_through_caddy() {
    under_a_path(|site, registry| Front::caddy(site, "127.0.0.1:9", registry)).await;
}

/// The page's files as a server sends them that knows no `frame-ancestors`.
fn without_policy() -> LayerServer {
    LayerServer::start(|path| {
        let name = path.trim_start_matches('/');
        let name = if name.is_empty() { "index.html" } else { name };
        let kind = match name.rsplit('.').next() {
            Some("html") => "text/html",
            Some("js") => "text/javascript",
            Some("css") => "text/css",
            Some("svg") => "image/svg+xml",
            Some("wasm") => "application/wasm",
            _ => "text/plain",
        };
        match std::fs::read(dist().join(name)) {
            Ok(bytes) => {
                let headers = vec![("Content-Type", kind.to_owned())];
                Served { headers, ..Served::new(200, bytes) }
            }
            Err(_) => Served::new(404, ""),
        }
    })
}

#[tokio::test]
async fn a_frame_of_another_origin_starts_nothing() {
    let site = without_policy();
    let around =
        format!("<!doctype html><title>Around</title><iframe src=\"{}\"></iframe>", site.url);
    let other = LayerServer::start(move |_| Served {
        headers: vec![("Content-Type", "text/html".to_owned())],
        ..Served::new(200, around.clone())
    });
    with_page(|page| async move {
        page.excuse("status of 404");
        page.excuse("/boot.");
        page.allow(&site.url);
        // By itself it starts from there.
        page.open(&site.url).await;
        page.go_to(&other.url).await;
        page.enter_frame().await;
        let said = page.expect_alert("A page of another site shows this one").await;
        assert!(said.contains(&site.url), "{said}");
        let controls =
            page.script("return document.querySelectorAll('button, input, select').length");
        assert_eq!(controls.await, 0);
    })
    .await;
}
