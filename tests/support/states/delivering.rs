//! The region “Deliver”: files, commands, a server, the customer's pull, the complete archive.

use super::unfold;
use crate::support::image::TestImage;
use crate::support::page::Page;
use crate::support::registry::Registry;
use crate::support::server::Server;
use crate::support::steps::load;

/// A server that nothing answers at.
const NOWHERE: &str = "http://127.0.0.1:1";

/// Layers on their way to their URLs, as far as that comes.
pub async fn deliver(page: &Page, see: &impl AsyncFn(&str)) {
    let registry = Registry::allowing_urls();
    let image = TestImage::oci(&["base", "libraries", "app"]);
    image.push(&registry.url, "team/app", "1.4", &[]);
    let server = Server::in_front_of(&registry.url);
    for text in ["status of 404", "net::ERR_"] {
        page.excuse(text);
    }
    page.allow(NOWHERE);
    page.open(&server.url).await;
    load(page, "team/app:1.4").await;
    page.output("Original digest").await;
    page.fill("URL template", "https://cdn.example.com/blobs/{hex}").await;
    for layer in [0, 1] {
        page.switch(&format!("Mark layer {layer} as foreign"), true).await;
    }
    page.press("Deliver").await;
    page.one("region", "Deliver").await;
    page.expect_text("0 of 2 URLs verified").await;
    page.expect_text("https://cdn.example.com: 2 layers").await;
    see("deliver").await;
    unfold(page, ".deliver details.verdict").await;
    see("deliver-pull").await;
    page.fill("Headers, one a line", "no colon").await;
    page.press("Send layers to the server").await;
    page.expect_alert("is not of the form").await;
    see("deliver-refused").await;
    page.fill("Headers, one a line", "").await;
    let presigned = "Presigned URLs, one a line, or a template; empty for the URLs themselves";
    page.fill(presigned, &format!("{NOWHERE}/{{hex}}")).await;
    page.press("Send layers to the server").await;
    page.expect_text("2 of 2 layers were not sent").await;
    see("deliver-not-sent").await;
    page.script("window.showSaveFilePicker = undefined").await;
    page.press("Save complete archive").await;
    page.downloaded().await;
    page.expect_text("The complete archive was written").await;
    see("deliver-complete").await;
}
