//! Images on their way into the page, and what may be in their way.

use std::sync::Arc;

use super::{URL, held};
use crate::support::dir::Dir;
use crate::support::fault_proxy::FaultProxy;
use crate::support::gate::Gate;
use crate::support::image::TestImage;
use crate::support::page::Page;
use crate::support::process::run;
use crate::support::program::program;
use crate::support::registry::{BASIC, PASSWORD, Registry, Settings, USER};
use crate::support::server::Server;
use crate::support::skopeo;
use crate::support::steps::{complete, load, mark, paste, review, sign_in};
use crate::support::token_server::TokenServer;

/// Before anything is open.
pub async fn start(page: &Page, see: &impl AsyncFn(&str)) {
    let server = Server::start();
    page.open(&server.url).await;
    see("start").await;
    page.script("for (const it of document.querySelectorAll('.guide details')) it.open = true")
        .await;
    see("guide").await;
    for tab in ["Registry", "Paste", "File", "Sample"] {
        page.click("tab", tab).await;
        see(&format!("start-{}", tab.to_lowercase())).await;
    }
}

/// A text that is not opened.
pub async fn refused(page: &Page, see: &impl AsyncFn(&str)) {
    let server = Server::start();
    page.open(&server.url).await;
    let text = TestImage::oci(&["base", "app"]).text();
    paste(page, &text.replace("\"size\": ", "\"size\": -")).await;
    page.expect_alert("The size -").await;
    complete(page).await;
    see("refused").await;
    page.press("Look at the text").await;
    page.one("group", "Refused text").await;
    see("refused-text").await;
    paste(page, &format!("\u{feff}{text}")).await;
    page.expect_alert("byte-order mark").await;
    see("refused-repair").await;
}

/// What registries refuse and what browsers hide, explained.
pub async fn failures(page: &Page, see: &impl AsyncFn(&str)) {
    for text in ["status of 404", "status of 500", "CORS policy", "net::ERR_FAILED"] {
        page.excuse(text);
    }
    let registry = Registry::start();
    TestImage::oci(&["base", "app"]).push(&registry.url, "team/app", "1.4", &[]);
    let server = Server::in_front_of(&registry.url);
    page.open(&server.url).await;
    page.allow(&registry.url);
    load(page, &format!("{}/team/app:1.4", registry.host)).await;
    page.one("region", "Why did this fail?").await;
    see("load-failed").await;
    load(page, "team/none:1.4").await;
    page.gone("region", "Why did this fail?").await;
    page.one("button", "Load").await;
    see("load-not-found").await;
    load(page, "team/app:1.4").await;
    page.one("region", "Changes").await;
    mark(page, 0, URL).await;
    review(page, "team/app:1.4").await;
    page.press("Push").await;
    page.expect_alert("validation.manifests.urls.allow").await;
    see("push-refused").await;
}

/// What a registry asks: a name and a password, and whether they may go to another host.
pub async fn asking(page: &Page, see: &impl AsyncFn(&str)) {
    page.excuse("status of 401");
    page.excuse("status of 404");
    let (tokens, registry, image) = TokenServer::with_registry();
    let server = Server::in_front_of(&registry.url);
    page.open(&server.url).await;
    page.allow(&tokens.url);
    load(page, "public/app:1.4").await;
    mark(page, 0, URL).await;
    page.press("Review push").await;
    page.one("button", "Push").await;
    page.press("Push").await;
    page.one("textbox", "User name").await;
    see("sign-in-to-push").await;
    sign_in(page, USER, PASSWORD).await;
    page.press("Go on").await;
    page.one("region", &format!("Send the password to {}?", tokens.url)).await;
    see("realm").await;

    let registry = Registry::with(&Settings { password: true, ..Settings::default() });
    image.push(&registry.url, "team/app", "1.4", &[("authorization", BASIC)]);
    let server = Server::in_front_of(&registry.url);
    page.open(&server.url).await;
    load(page, "team/app:1.4").await;
    page.one("textbox", "User name").await;
    see("sign-in").await;
    sign_in(page, USER, "wrong").await;
    page.expect_text("does not accept").await;
    see("sign-in-again").await;
    sign_in(page, USER, PASSWORD).await;
    page.one("region", "Changes").await;
    complete(page).await;
    see("signed-in").await;
}

/// An image that is being loaded.
pub async fn loading(page: &Page, see: &impl AsyncFn(&str)) {
    page.excuse("status of 404");
    let registry = Registry::start();
    TestImage::oci(&["base", "app"]).push(&registry.url, "team/app", "1.4", &[]);
    let proxy = FaultProxy::start(Some(registry.host.clone()));
    let gate = Arc::new(Gate::default());
    proxy.set(held("GET", "/manifests/", &gate));
    let server = Server::in_front_of(&proxy.base());
    page.open(&server.url).await;
    load(page, "team/app:1.4").await;
    page.one("button", "Cancel").await;
    see("loading").await;
    gate.open();
    page.one("region", "Changes").await;
}

/// An archive with two images.
pub async fn archive(page: &Page, see: &impl AsyncFn(&str)) {
    let registry = Registry::start();
    let dir = Dir::new("archive");
    let layout = dir.path().join("layout");
    for (tag, layers) in [("1.0", &["base"][..]), ("2.0", &["base", "app"])] {
        TestImage::oci(layers).push(&registry.url, "app", tag, &[]);
        let to = format!("oci:{}:{tag}", layout.display());
        skopeo::transfer(&format!("docker://{}/app:{tag}", registry.host), &to);
    }
    let file = dir.path().join("images.tar");
    run(program("tar").arg("-C").arg(&layout).arg("-cf").arg(&file).arg("."));
    let server = Server::start();
    page.open(&server.url).await;
    page.click("tab", "File").await;
    page.choose(&file).await;
    page.one("button", "Open 2.0").await;
    see("archive").await;
    page.press("Open 2.0").await;
    page.one("region", "Changes").await;
    complete(page).await;
    see("archive-opened").await;
    let other = dir.write("other.tar", "no archive at all");
    page.choose(&other).await;
    page.until("the refusal", || async { (!page.alerts().await.is_empty()).then_some(()) }).await;
    see("archive-refused").await;
}
