//! The File tab: chosen and dropped files.

use crate::support::dir::Dir;
use crate::support::image::TestImage;
use crate::support::page::with_page;
use crate::support::server::Server;

#[tokio::test]
async fn a_file_is_chosen_or_dropped() {
    let server = Server::start();
    with_page(|page| async move {
        let dir = Dir::new("files");
        let (first, second) = (TestImage::oci(&["one"]), TestImage::oci(&["one", "two"]));
        let chosen = dir.write("chosen.json", &first.manifest);
        let dropped = dir.write("dropped.json", &second.manifest);
        page.open(&server.url).await;
        page.click("tab", "File").await;
        page.choose(&chosen).await;
        page.expect_output("Original digest", &first.digest()).await;
        page.expect_text("chosen.json").await;

        page.drop_file(".drop", &dropped).await;
        page.expect_output("Original digest", &second.digest()).await;
        page.expect_text("dropped.json").await;
        page.press("Download manifest").await;
        assert_eq!(page.downloaded().await, ("dropped.json".to_owned(), second.manifest));
    })
    .await;
}
