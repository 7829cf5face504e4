//! Signing in: by password and by token, and where the password goes.

use crate::paste::sha256sum;
use crate::support::front::Front;
use crate::support::image::TestImage;
use crate::support::page::{Page, with_page};
use crate::support::registry::{BASIC, PASSWORD, Registry, Settings, USER};
use crate::support::server::{Server, dist};
use crate::support::steps::{load, mark, push, review, sign_in};
use crate::support::token_server::TokenServer;

/// A registry that asks for a password, with an image in `team/app:1.4`.
fn registry_with_password() -> Registry {
    let registry = Registry::with(&Settings {
        password: true,
        allow_urls: vec!["^https://".into()],
        ..Settings::default()
    });
    let image = TestImage::oci(&["base", "app"]);
    image.push(&registry.url, "team/app", "1.4", &[("authorization", BASIC)]);
    registry
}

/// The password or a token went to `registry` and to `others` alone.
async fn credentials_went_only_to(page: &Page, origins: &[&str]) {
    for request in page.requests().await {
        if request.authorization.is_some() {
            let origin = request.origin();
            assert!(
                origins.iter().any(|known| known.trim_end_matches('/') == origin),
                "{request:?}"
            );
        }
    }
}

async fn with_a_password(page: &Page, url: &str, registry: &Registry) {
    // What browsers log about 401 and 404.
    page.excuse("status of 401");
    page.excuse("status of 404");
    page.open(url).await;
    load(page, "team/app:1.4").await;
    sign_in(page, USER, "wrong").await;
    page.expect_text("does not accept").await;
    sign_in(page, USER, PASSWORD).await;
    let digest = mark(page, 0, "https://cdn.example.com/base").await;
    push(page, "team/app:1.4").await;
    assert_eq!(sha256sum(&registry.manifest("team/app", "1.4").body), digest);
    credentials_went_only_to(page, &[url]).await;
    let text = page.script("return document.documentElement.outerHTML").await.to_string();
    assert!(!text.contains(PASSWORD), "the password stands in the page");
    let kept = page
        .script("return JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])");
    assert!(!kept.await.to_string().contains(PASSWORD));

    page.press(&format!("Sign out {USER}")).await;
    load(page, "team/app:1.4").await;
    page.one("textbox", "User name").await;
}

#[tokio::test]
async fn with_a_password_through_nginx() {
    let registry = registry_with_password();
    let front = Front::nginx(&dist(), &registry.host, &registry.host);
    with_page(|page| async move { with_a_password(&page, &front.url, &registry).await }).await;
}

#[tokio::test]
async fn with_a_password_through_the_own_server() {
    let registry = registry_with_password();
    let server = Server::in_front_of(&registry.url);
    with_page(|page| async move { with_a_password(&page, &server.url, &registry).await }).await;
}

#[tokio::test]
async fn with_tokens_of_a_service_at_another_origin() {
    let (tokens, registry, image) = TokenServer::with_registry();
    let server = Server::in_front_of(&registry.url);
    with_page(|page| async move {
        page.excuse("status of 401");
        page.excuse("status of 404");
        page.open(&server.url).await;
        page.allow(&tokens.url);
        // What anybody may read needs no password, only a token.
        load(&page, "public/app:1.4").await;
        page.expect_output("Original digest", &image.digest()).await;
        assert!(
            tokens
                .asked()
                .iter()
                .all(|asked| !asked.with_password && !asked.query.contains("push"))
        );

        let digest = mark(&page, 0, "https://cdn.example.com/base").await;
        review(&page, "public/app:1.4").await;
        page.press("Push").await;
        // Whoever signs in has not pressed “Push”.
        sign_in(&page, USER, PASSWORD).await;
        page.press("Go on").await;
        // The service is at another origin: the person agrees before a password goes there.
        let question = format!("Send the password to {}?", tokens.url);
        page.one("region", &question).await;
        assert!(
            tokens.asked().iter().all(|asked| !asked.with_password),
            "asked before it was sent"
        );
        page.press("Send it there").await;
        page.press("Go on").await;
        page.expect_text("Pushed sha256:").await;
        let stored = registry.manifest_with(
            "public/app",
            "1.4",
            &tokens.bearer("repository:public/app:pull"),
        );
        assert_eq!(sha256sum(&stored.body), digest);
        credentials_went_only_to(&page, &[&server.url, &tokens.url]).await;
    })
    .await;
}
