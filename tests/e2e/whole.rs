//! The table of all platforms, with the largest images that there are.

use crate::support::dir::Dir;
use crate::support::image::{OCI_FOREIGN, sha256};
use crate::support::large::large;
use crate::support::page::{Page, with_page};
use crate::support::server::Server;

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
async fn one_layer_of_a_hundred_platforms_is_marked_at_once() {
    let dir = Dir::new("whole");
    let file = large(&dir, 100, 50);
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        page.click("tab", "File").await;
        page.choose(&file).await;
        let original = page.output("Original digest").await;
        page.press("All platforms").await;
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
        let layer = sha256(b"0 0");
        let short = format!("{}…{}", &layer[..19], &layer[66..]);
        let name = format!("URLs for layer {short} on all platforms");
        page.fill(&name, "https://cdn.example.com/x").await;
        let marked = page.output("New digest").await;
        page.click("tab", "Paste").await;
        page.output_other_than("New digest", &marked).await;
        page.click_starting("button", "linux/cpu99 1 marked").await;
        assert_eq!(page.field("URLs for layer 0").await, "https://cdn.example.com/x");
        page.expect_text(OCI_FOREIGN).await;
    })
    .await;
}
