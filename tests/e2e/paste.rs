//! The Paste tab: from JSON to a new digest, and back; and what is refused.

use thirtyfour::Key;

use crate::support::dir::Dir;
use crate::support::image::{
    DOCKER_FOREIGN, DOCKER_LAYER, DOCKER_MANIFEST, OCI_FOREIGN, TestImage,
};
use crate::support::page::{Page, is_available, with_page};
use crate::support::process::run;
use crate::support::program::program;
use crate::support::server::Server;
use crate::support::steps::paste;

/// What `sha256sum` says of `bytes`, as a digest.
pub(crate) fn sha256sum(bytes: &[u8]) -> String {
    let dir = Dir::new("sum");
    let file = dir.write("bytes", bytes);
    let line = String::from_utf8(run(program("sha256sum").arg(file))).unwrap();
    format!("sha256:{}", line.split_whitespace().next().unwrap())
}

/// Presses “Download manifest” and returns the file.
pub(crate) async fn download(page: &Page) -> Vec<u8> {
    page.press("Download manifest").await;
    page.downloaded().await.1
}

#[tokio::test]
async fn a_marked_layer_gives_the_digest_of_the_downloaded_file() {
    let server = Server::start();
    with_page(|page| async move {
        let image = TestImage::oci(&["base", "app"]);
        page.open(&server.url).await;
        paste(&page, &image.text()).await;
        page.expect_output("Original digest", &image.digest()).await;
        page.expect_output("New digest", &image.digest()).await;

        page.switch("Mark layer 0 as foreign", true).await;
        page.fill("URLs for layer 0", "https://cdn.example.com/base").await;
        let first = page.output_other_than("New digest", &image.digest()).await;
        page.fill(
            "URLs for layer 0",
            "https://cdn.example.com/base\nhttps://mirror.example.com/base",
        )
        .await;
        let second = page.output_other_than("New digest", &first).await;

        page.press("Download manifest").await;
        let (name, bytes) = page.downloaded().await;
        assert_eq!(name, "manifest.json");
        assert_eq!(sha256sum(&bytes), second);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains(OCI_FOREIGN) && text.contains("mirror.example.com"), "{text}");
        page.expect_output("Original digest", &image.digest()).await;

        // Everything is taken back, and what is downloaded is what was pasted.
        while is_available(&page.one("button", "Undo").await).await {
            page.press("Undo").await;
        }
        page.expect_output("New digest", &image.digest()).await;
        assert_eq!(download(&page).await, image.manifest);

        while is_available(&page.one("button", "Redo").await).await {
            page.press("Redo").await;
        }
        page.expect_output("New digest", &second).await;

        // The switch takes the layer back, too.
        page.switch("Mark layer 0 as foreign", false).await;
        page.expect_output("New digest", &image.digest()).await;
        assert_eq!(download(&page).await, image.manifest);
    })
    .await;
}

#[tokio::test]
async fn the_manifest_and_its_digest_are_copied() {
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        let image = TestImage::oci(&["base"]);
        paste(&page, &image.text()).await;
        page.switch("Mark layer 0 as foreign", true).await;
        let digest = page.output_other_than("New digest", &image.digest()).await;
        page.press("Copy manifest").await;
        let text = page.clipboard("Manifest JSON", |text| text.starts_with('{')).await;
        assert_eq!(sha256sum(text.as_bytes()), digest);
        assert_eq!(text.as_bytes(), download(&page).await);
        page.press("Copy New digest").await;
        page.clipboard("Manifest JSON", |text| text == digest).await;
    })
    .await;
}

#[tokio::test]
async fn one_template_gives_many_layers_their_urls() {
    let server = Server::start();
    with_page(|page| async move {
        let image = TestImage::oci(&["base", "libraries", "app"]);
        page.open(&server.url).await;
        paste(&page, &image.text()).await;
        for index in [0, 2] {
            page.click("checkbox", &format!("Select layer {index}")).await;
        }

        // What is wrong with a template is said at its field, and nothing changes.
        for (template, expected) in [
            ("", "Type a URL template"),
            ("https://cdn.example.com/{digst}", "{digst}"),
            ("https://cdn.example.com/{digest", "brace"),
            ("https://cdn.example.com/{repository}/{digest}", "{repository}"),
            ("ftp://cdn.example.com/{digest}", "https://"),
            ("https://me:secret@cdn.example.com/{digest}", "password"),
            ("https://cdn.example.com/{digest}#x", "#"),
            ("https://cdn.example.com/{digest}\nnot a url", "Line 2"),
        ] {
            page.fill("URL template", template).await;
            page.press("Apply to selected").await;
            let template = template.to_owned();
            page.until(&format!("{expected} at the field, for “{template}”"), || async {
                page.description("URL template").await.contains(expected).then_some(())
            })
            .await;
            assert_eq!(page.field("URL template").await, template);
            assert_eq!(page.output("New digest").await, image.digest(), "{template}");
        }

        page.fill(
            "URL template",
            "https://cdn.example.com/{algorithm}/{hex}?layer={index}&size={size}\nhttps://mirror.example.com/{digest}",
        )
        .await;
        page.press("Apply to selected").await;
        let digest = page.output_other_than("New digest", &image.digest()).await;
        let bytes = download(&page).await;
        assert_eq!(sha256sum(&bytes), digest);
        let mut expected = image.text();
        for index in [0, 2] {
            let layer = image.layer(index);
            let size = image.blobs[index + 1].len();
            let hex = layer.trim_start_matches("sha256:");
            let plain = format!("\"digest\": \"{layer}\",\n      \"size\": {size}\n    }}");
            let marked = format!(
                "\"digest\": \"{layer}\",\n      \"size\": {size},\n      \"urls\": [\n        \
                 \"https://cdn.example.com/sha256/{hex}?layer={index}&size={size}\",\n        \
                 \"https://mirror.example.com/{layer}\"\n      ]\n    }}"
            );
            assert!(expected.contains(&plain), "{expected}");
            expected = expected.replace(&plain, &marked);
        }
        let parts: Vec<&str> = expected.split("image.layer.v1.tar+gzip").collect();
        let foreign = "image.layer.nondistributable.v1.tar+gzip";
        let plain = "image.layer.v1.tar+gzip";
        let expected = [parts[0], foreign, parts[1], plain, parts[2], foreign, parts[3]].concat();
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);

        page.press("Unmark selected").await;
        page.expect_output("New digest", &image.digest()).await;
    })
    .await;
}

#[tokio::test]
async fn a_layer_that_came_in_as_foreign_is_made_plain_with_or_without_its_urls() {
    let server = Server::start();
    with_page(|page| async move {
        let image = TestImage::oci(&["windows", "app"]);
        let url = "https://mcr.example.com/layer";
        let foreign = |media_type: &str, urls: &str| {
            format!(
                "{{\"schemaVersion\":2,\"mediaType\":\"{DOCKER_MANIFEST}\",\"config\":{{\"mediaType\":\"application/vnd.docker.container.image.v1+json\",\"digest\":\"{}\",\"size\":2}},\"layers\":[{{\"mediaType\":\"{media_type}\",\"size\":7,\"digest\":\"{}\"{urls}}}]}}",
                image.layer(1),
                image.layer(0),
            )
        };
        let with_urls = format!(",\"urls\":[\"{url}\"]");
        let original = foreign(DOCKER_FOREIGN, &with_urls);
        page.open(&server.url).await;
        paste(&page, &original).await;
        let before = page.output("Original digest").await;
        assert!(page.is_on("Mark layer 0 as foreign").await);
        assert_eq!(page.field("URLs for layer 0").await, url);

        page.switch("Mark layer 0 as foreign", false).await;
        let without = page.output_other_than("New digest", &before).await;
        assert_eq!(download(&page).await, foreign(DOCKER_LAYER, "").as_bytes());

        page.press("Keep the URLs it had").await;
        let kept = page.output_other_than("New digest", &without).await;
        assert_eq!(download(&page).await, foreign(DOCKER_LAYER, &with_urls).as_bytes());

        page.press("Remove the URLs").await;
        page.output_other_than("New digest", &kept).await;
        page.expect_output("New digest", &without).await;

        page.switch("Mark layer 0 as foreign", true).await;
        page.fill("URLs for layer 0", url).await;
        page.expect_output("New digest", &before).await;
        assert_eq!(download(&page).await, original.as_bytes());
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_edited_is_refused_with_place_and_remedy() {
    let server = Server::start();
    with_page(|page| async move {
        let digest = format!("sha256:{}", "a".repeat(64));
        let layer = |size: &str| {
            format!(
                "{{\"schemaVersion\":2,\n\"layers\":[{{\"mediaType\":\"x\",\"digest\":\"{digest}\",\n\"size\":{size}}}]}}"
            )
        };
        let deep = format!(
            "{{\"schemaVersion\":2,\"layers\":[],\n\"x\":{}{}}}",
            "[".repeat(200),
            "]".repeat(200)
        );
        let cases = [
            (String::new(), "Paste a manifest as JSON"),
            ("<script>alert(1)</script>".into(), "Line 1, column 1"),
            ("{\"schemaVersion\":2,\n\"layers\":[".into(), "the text ends in the middle"),
            ("{\"schemaVersion\":2,\n\"layers\":[],}".into(), "a name in quotation marks should stand here"),
            ("{\"schemaVersion\":2,\n\"layers\":[],\n\"layers\":[]}".into(), "Line 3, column 1"),
            ("{\"schemaVersion\":2,\n\"layers\":[],\n\"Layers\":[]}".into(), "only in case"),
            ("\u{feff}{}".into(), "byte-order mark"),
            ("{\"schemaVersion\":2,\"layers\":[]}\n{}".into(), "Line 2, column 1"),
            ("{\"schemaVersion\":2,\"layers\":[],\"manifests\":[]}".into(), "CVE-2021-41190"),
            ("{\"schemaVersion\":1,\"fsLayers\":[]}".into(), "schema 1"),
            ("{\"architecture\":\"amd64\",\"rootfs\":{\"diff_ids\":[]}}".into(), "config of an image"),
            ("{\"schemaVersion\":2,\"layers\":[],\"x\":\"\\ud800\"}".into(), "lone surrogate"),
            (deep, "nested more than"),
            (layer("-1"), "The size -1"),
            (layer("1.5"), "The size 1.5"),
            (layer("1e3"), "The size 1e3"),
            (layer("9007199254740993"), "The size 9007199254740993"),
            (layer("\"7\""), "should be"),
            ("[1]".into(), "this is an array"),
            ("{\"schemaVersion\":2}".into(), "neither “layers” nor “manifests”"),
        ];
        page.open(&server.url).await;
        for (text, expected) in cases {
            paste(&page, &text).await;
            let said = page.expect_alert(expected).await;
            // A remedy is more than one sentence.
            assert!(said.contains(". "), "{text}: {said}");
            assert_eq!(page.field("Manifest JSON").await, text);
            assert!(!page.has("status", "New digest").await, "{text} was opened");
        }
    })
    .await;
}

#[tokio::test]
async fn an_edited_image_is_never_replaced_without_asking() {
    let server = Server::start();
    with_page(|page| async move {
        let (first, second) = (TestImage::oci(&["one"]), TestImage::oci(&["one", "two"]));
        let dir = Dir::new("files");
        let bad = dir.write("bad.json", "{\"schemaVersion\":2,\n\"layers\":[");
        let good = dir.write("good.json", &second.manifest);
        page.open(&server.url).await;
        paste(&page, &first.text()).await;
        page.switch("Mark layer 0 as foreign", true).await;
        let edited = page.output_other_than("New digest", &first.digest()).await;

        paste(&page, "{").await;
        page.expect_alert("ends in the middle").await;
        page.expect_output("New digest", &edited).await;

        page.click("tab", "File").await;
        page.choose(&bad).await;
        page.expect_alert("ends in the middle").await;
        page.expect_output("New digest", &edited).await;

        page.choose(&good).await;
        page.one("dialog", "Replace the edited image?").await;
        page.press("Keep editing").await;
        page.gone("dialog", "Replace the edited image?").await;
        page.expect_output("New digest", &edited).await;

        page.choose(&good).await;
        page.one("dialog", "Replace the edited image?").await;
        page.key(Key::Escape).await;
        page.gone("dialog", "Replace the edited image?").await;
        page.expect_output("New digest", &edited).await;

        page.choose(&good).await;
        page.press("Discard the edits").await;
        page.expect_output("Original digest", &second.digest()).await;
        page.expect_output("New digest", &second.digest()).await;
    })
    .await;
}

#[tokio::test]
async fn the_field_takes_whatever_is_pasted() {
    with_page(|page| async move {
        let server = Server::start();
        page.open(&server.url).await;
        let paste = "
            const data = new DataTransfer();
            data.setData('text/plain', arguments[0]);
            const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
            document.getElementById('reference').dispatchEvent(event);";
        page.script_with(paste, vec!["FROM alpine:3\nRUN true\n".into()]).await;
        page.expect_alert("This is a Dockerfile").await;
        let digest = format!("sha256:{}", "0".repeat(64));
        let summary = format!("{{\n\"Name\": \"r.example/a\", \"Digest\": \"{digest}\", \"Layers\": []}}");
        page.script_with(paste, vec![summary.into()]).await;
        page.expect_alert("skopeo inspect").await;
        assert_eq!(page.field("Image reference").await, format!("r.example/a@{digest}"));
        let manifest = TestImage::oci(&["base", "app"]);
        page.script_with(paste, vec![format!("```json\n{}\n```", manifest.text()).into()]).await;
        page.one("region", "Changes").await;
        assert!(page.requests().await.iter().all(|request| !request.url.contains("/v2/")));
    })
    .await;
}
