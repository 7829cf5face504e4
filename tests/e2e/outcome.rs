//! The line that says what the marks do.

use serde_json::json;

use crate::support::dir::Dir;
use crate::support::page::{Page, with_page};
use crate::support::server::Server;
use crate::support::vendor::vendor_image;

/// Gives the window this size.
async fn window(page: &Page, width: u32, height: u32) {
    let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    page.cdp("Emulation.setDeviceMetricsOverride", size).await;
}

/// What the line says, once it is of the present edits.
async fn outcome(page: &Page, part: &str) -> String {
    page.until(&format!("the outcome to say “{part}”"), || async {
        let line = page.one("status", "Outcome").await;
        let settled = line.attr("aria-busy").await.unwrap().as_deref() == Some("false");
        let said = line.text().await.unwrap();
        (settled && said.contains(part)).then_some(said)
    })
    .await
}

#[tokio::test]
async fn the_outcome_is_read_without_scrolling() {
    let dir = Dir::new("outcome");
    let file = vendor_image(&dir);
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        page.click("tab", "File").await;
        page.choose(&file).await;
        page.press("One platform").await;
        outcome(&page, "No layer is marked").await;
        page.switch("Mark layer 3 as foreign", true).await;
        outcome(&page, "Skopeo").await;
        page.fill("URLs for layer 3", "https://cdn.example.com/solver").await;
        let said = outcome(&page, "URLs: 0 of 1 verified").await;
        assert!(said.contains("61.0"), "{said}");
        for (width, height) in [(1366, 850), (390, 844), (1920, 1080)] {
            window(&page, width, height).await;
            for scroll in ["0", "document.body.scrollHeight"] {
                page.script(&format!("scrollTo(0, {scroll})")).await;
                let inside =
                    "const bar = document.querySelector('.actions').getBoundingClientRect();
                    const box = document.querySelector('.outcome').getBoundingClientRect();
                    const foot = bar.height > 0 ? Math.min(innerHeight, bar.top) : innerHeight;
                    return box.top >= 0 && box.bottom <= foot && box.right <= innerWidth";
                assert_eq!(page.script(inside).await, true, "{width} × {height}, at {scroll}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn each_part_of_the_outcome_leads_to_its_region() {
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        crate::support::steps::sample(&page, "Linux image (OCI)").await;
        let address = page.script("return location.href").await;
        crate::support::steps::mark(&page, 0, "https://cdn.example.com/base").await;
        outcome(&page, "URLs: 0 of 1 verified").await;
        for (part, region) in [("Skopeo", "behaviour-title"), ("URLs:", "layers-title")] {
            page.click_starting("link", part).await;
            page.until("the region to have the focus", || async {
                let id = page.script("return document.activeElement.id").await;
                (id == region).then_some(())
            })
            .await;
        }
        assert_eq!(page.script("return location.href").await, address);
    })
    .await;
}

#[tokio::test]
async fn the_head_of_the_page_is_one_line_on_a_phone() {
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        window(&page, 390, 844).await;
        let one_line = "const middles = [...document.querySelector('header.app').children]
            .map(each => each.getBoundingClientRect()).filter(box => box.height > 0)
            .map(box => box.top + box.height / 2);
            return Math.max(...middles) - Math.min(...middles) < 4";
        assert_eq!(page.script(one_line).await, true);
    })
    .await;
}
