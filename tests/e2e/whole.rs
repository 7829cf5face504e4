//! The table of all platforms, with the largest images that there are.

use crate::support::dir::Dir;
use crate::support::image::OCI_FOREIGN;
use crate::support::large::large;
use crate::support::page::{Page, with_page};
use crate::support::server::Server;
use crate::support::vendor::{STEPS, vendor_image};

/// Clicks the first switch of the table and waits for the new digest; the milliseconds in between.
async fn toggle(page: &Page) -> f64 {
    let digest = "document.querySelectorAll('.summary output')[1].textContent";
    page.script(&format!(
        "const before = {digest}; const start = performance.now(); window.took = null;
        const look = () => {{ if ({digest} !== before) window.took = performance.now() - start;
            else setTimeout(look, 0) }};
        document.querySelector('table.whole input[role=switch]').click(); look()"
    ))
    .await;
    page.until("the new digest", || async { page.script("return window.took").await.as_f64() })
        .await
}

#[tokio::test]
async fn an_index_opens_with_a_row_for_each_build_step() {
    let dir = Dir::new("steps");
    let file = vendor_image(&dir);
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        page.click("tab", "File").await;
        page.choose(&file).await;
        let original = page.output("Original digest").await;
        // No digest is shared: the step is what both platforms have in common.
        let rows = page.script("return document.querySelectorAll('tr.layer').length").await;
        assert_eq!(rows, STEPS.len());
        page.switch("Mark layer 3 as foreign", true).await;
        page.output_other_than("New digest", &original).await;
        for platform in ["linux/amd64", "linux/arm64"] {
            assert!(page.is_on(&format!("Mark layer 3 as foreign ({platform})")).await);
            let url = format!("https://cdn.example.com/{platform}");
            page.fill(&format!("URLs for layer 3 ({platform})"), &url).await;
        }
        page.one("button", "Verify: https://cdn.example.com/linux/arm64").await;
        page.expect_text("URLs: 0 of 2 verified").await;
        page.switch("Mark layer 3 as foreign", false).await;
        page.expect_output("New digest", &original).await;
    })
    .await;
}

#[tokio::test]
async fn a_step_that_was_forgotten_on_the_other_platform_is_noticed() {
    let dir = Dir::new("forgotten");
    let file = vendor_image(&dir);
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        page.click("tab", "File").await;
        page.choose(&file).await;
        page.fill("URL template", "https://cdn.example.com/{digest}").await;
        page.press("One platform").await;
        page.switch("Mark layer 3 as foreign", true).await;
        page.expect_text("The same step on linux/arm64 is not marked.").await;
        page.expect_text("although the same build step is marked").await;
        page.press("Mark it too: layer 3 on linux/arm64").await;
        page.gone("button", "Mark it too: layer 3 on linux/arm64").await;
        page.click_starting("button", "linux/arm64 1 marked").await;
        assert!(page.is_on("Mark layer 3 as foreign").await);
        assert!(
            page.field("URLs for layer 3").await.starts_with("https://cdn.example.com/sha256:")
        );
        // The finding has the same answer.
        page.switch("Mark layer 3 as foreign", false).await;
        page.press("Mark it too").await;
        page.until("the mark", || async {
            page.is_on("Mark layer 3 as foreign").await.then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn one_layer_of_a_hundred_platforms_is_marked_at_once() {
    let dir = Dir::new("whole");
    let file = large(&dir, 100, 50);
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        page.click("tab", "File").await;
        page.choose(&file).await;
        let original = page.output("Original digest").await;
        page.expect_text("and 94 more").await;
        let mut times = Vec::new();
        for _ in 0..6 {
            times.push(toggle(&page).await);
        }
        times.sort_by(f64::total_cmp);
        println!("100 platforms × 100 layers, one layer everywhere: {times:.1?} ms");
        // The mark stands on every platform; its URLs are set for all of them in one field.
        page.expect_output("New digest", &original).await;
        toggle(&page).await;
        let marked = page.output("New digest").await;
        page.fill("URLs for layer 0", "https://cdn.example.com/x").await;
        page.output_other_than("New digest", &marked).await;
        page.click_starting("button", "linux/cpu99 1 marked").await;
        assert_eq!(page.field("URLs for layer 0").await, "https://cdn.example.com/x");
        page.expect_text(OCI_FOREIGN).await;
    })
    .await;
}
