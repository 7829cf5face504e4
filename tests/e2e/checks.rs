//! What is said of the marks, and what a person makes of it: findings, verdicts, advice.

use crate::support::image::{TestImage, gzip};
use crate::support::layer_server::{LayerServer, Served};
use crate::support::page::{Page, with_page};
use crate::support::server::Server;
use crate::support::steps::{complete, paste};

/// Opens an image whose first layer is marked with these URLs.
async fn open(page: &Page, urls: &str) {
    let image = TestImage::of_layers(vec![gzip(b"base"), gzip(b"app")]);
    paste(page, &image.text()).await;
    page.switch("Mark layer 0 as foreign", true).await;
    page.fill("URLs for layer 0", urls).await;
    complete(page).await;
}

/// What the finding or region that `selector` selects says, once it has `text` in it.
async fn expect(page: &Page, selector: &str, text: &str) {
    let script =
        "return [...document.querySelectorAll(arguments[0])].map((it) => it.innerText).join(' ')";
    page.until(&format!("{selector} to say “{text}”"), || async {
        let said = page.script_with(script, vec![selector.into()]).await;
        said.as_str().is_some_and(|said| said.contains(text)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_finding_is_settled_in_one_step() {
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        let url = "https://cdn.example.com/base";
        let twice = format!("{url}\n{url}");
        open(&page, &twice).await;
        expect(&page, ".finding", "the same URL twice").await;
        let before = page.output("New digest").await;
        page.press("Keep each URL once").await;
        page.output_other_than("New digest", &before).await;
        assert_eq!(page.field("URLs for layer 0").await, url);
        page.gone("button", "Keep each URL once").await;
        page.press("Undo").await;
        page.expect_output("New digest", &before).await;
        assert_eq!(page.field("URLs for layer 0").await, twice);
    })
    .await;
}

#[tokio::test]
async fn the_advised_form_is_taken_in_one_step() {
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        open(&page, "https://cdn.example.com/base").await;
        expect(&page, ".behaviour .say", "With these marks, ").await;
        let rows = page.script("return document.querySelectorAll('.matrix tbody tr').length").await;
        assert!(rows.as_u64() >= Some(12), "{rows} clients");
        expect(&page, ".matrix td", "keeps back").await;

        // Each registry has its own word.
        let choose = "const select = document.querySelector('.registry-verdict select');
            select.selectedIndex = [...select.options].findIndex((it) => it.text === arguments[0]);
            select.dispatchEvent(new Event('change', { bubbles: true }));";
        for (registry, says) in [
            ("docker-registry 3", "depends on its settings"),
            ("Harbor", "It takes 1 layer as it is"),
        ] {
            page.script_with(choose, vec![registry.into()]).await;
            expect(&page, ".registry-verdict p", says).await;
        }

        let before = page.output("New digest").await;
        page.script("document.querySelectorAll('.advice details').forEach((it) => it.open = true)").await;
        let apply = "const button = document.querySelector('.advice button'); button?.click(); return !!button";
        page.until("a form to take", || async {
            (page.script(apply).await == true).then_some(())
        })
        .await;
        page.output_other_than("New digest", &before).await;
        page.press("Undo").await;
        page.expect_output("New digest", &before).await;
    })
    .await;
}

#[tokio::test]
async fn what_the_browser_cannot_check_a_command_can() {
    let server = Server::start();
    let cdn = LayerServer::start(|_| Served { headers: Vec::new(), ..Served::new(200, "base") });
    with_page(|page| async move {
        page.excuse("CORS policy");
        page.excuse("net::ERR_");
        page.open(&server.url).await;
        page.allow(&cdn.url);
        let url = format!("{}/base", cdn.url);
        open(&page, &url).await;
        page.press("Verify all URLs").await;
        page.press(&format!("Copy a command that checks it: {url}")).await;
        let command = format!("curl -fsSL -- {url} | sha256sum");
        page.clipboard("Manifest JSON", |text| text == command).await;
    })
    .await;
}
