//! The five edits of published images that people ask for most, each against a registry and checked
//! by an independent client; every byte that nobody touched is compared.

use crate::support::http;
use crate::support::image::{OCI_INDEX, OCI_MANIFEST, TestImage, push_blob, push_manifest, sha256};
use crate::support::page::{Page, with_page};
use crate::support::registry::Registry;
use crate::support::server::Server;
use crate::support::skopeo;
use crate::support::steps::{load, push};

const DESCRIPTION: &str = "org.opencontainers.image.description";
const ATTESTATION: &str = r#",
      {"mediaType":"application/vnd.oci.image.manifest.v1+json", "digest":"DIGEST", "size": SIZE,
       "annotations":{"vnd.docker.reference.digest":"IMAGE","vnd.docker.reference.type":"attestation-manifest"},
       "platform":{"architecture":"unknown","os":"unknown"}}"#;

/// A registry with an index in it, and the page in front of it.
struct Desk {
    registry: Registry,
    server: Server,
    /// The text of the index.
    index: String,
    /// The manifests of its images.
    images: Vec<TestImage>,
}

/// An image with a layer of its own, so that each has its own digest.
fn image(name: &str) -> TestImage {
    TestImage::oci(&["base", name])
}

/// The entry of an image, as one person writes it.
fn entry(image: &TestImage, platform: &str) -> String {
    format!(
        "      {{ \"digest\": \"{}\", \"size\": {},\n        \"platform\": {{ {platform} }}, \"mediaType\": \"{OCI_MANIFEST}\", \"x-kept\": [1,2] }}",
        image.digest(),
        image.manifest.len()
    )
}

/// An index of these entries, in no tool's order and indentation.
fn index(entries: &[String]) -> String {
    format!(
        "{{\n   \"mediaType\": \"{OCI_INDEX}\",\n   \"x-unknown\": 1.50,\n   \"manifests\": [\n{}\n   ],\n   \"schemaVersion\": 2\n}}\n",
        entries.join(",\n")
    )
}

const AMD64: &str = r#""architecture": "amd64", "os": "linux""#;
const ARM: &str = r#""os": "linux", "architecture": "arm", "variant": "v6", "x-board": true"#;

impl Desk {
    /// `team/app:1` is an index of two images; what `more` makes of the second entry follows it.
    fn start(more: impl Fn(&Registry, &[TestImage]) -> String) -> Self {
        let registry = Registry::start();
        let images = vec![image("amd64"), image("arm")];
        for image in &images {
            image.push(&registry.url, "team/app", &image.digest(), &[]);
        }
        let mut entries = vec![entry(&images[0], AMD64), entry(&images[1], ARM)];
        let more = more(&registry, &images);
        entries[1].push_str(&more);
        let index = index(&entries);
        push_manifest(&registry.url, "team/app", "1", OCI_INDEX, index.as_bytes(), &[]);
        let server = Server::in_front_of(&registry.url);
        Self { registry, server, index, images }
    }

    async fn open(&self, page: &Page) {
        page.open(&self.server.url).await;
        load(page, "team/app:1").await;
        page.output("Original digest").await;
        page.expect_text("linux/arm/v6").await;
    }

    /// What the tag names now, as another client reads it.
    fn now(&self) -> String {
        let raw = skopeo::inspect_raw(&format!("{}/team/app:1", self.registry.host));
        String::from_utf8(raw).unwrap()
    }

    /// The manifest of an entry of the index as it is now.
    fn child(&self, digest: &str) -> String {
        let raw = skopeo::inspect_raw(&format!("{}/team/app@{digest}", self.registry.host));
        String::from_utf8(raw).unwrap()
    }

    /// Whether another client copies it with all of its platforms, to the same digest.
    fn can_be_copied(&self) {
        let host = &self.registry.host;
        skopeo::copy(&format!("{host}/team/app:1"), &format!("{host}/copied/app:1"));
        let copied = skopeo::inspect_raw(&format!("{host}/copied/app:1"));
        assert_eq!(String::from_utf8(copied).unwrap(), self.now());
    }
}

/// Opens a card by its title: one action of a person.
async fn open_card(page: &Page, title: &str) {
    let script = "
        const summary = [...document.querySelectorAll('summary')]
            .find(summary => summary.innerText.trim() === arguments[0]);
        summary?.click();
        return summary !== undefined";
    page.until(&format!("the card “{title}”"), || async {
        let found = page.script_with(script, vec![title.into()]).await;
        (found == true).then_some(())
    })
    .await;
}

/// The digests of the entries of an index.
fn digests(index: &str) -> Vec<String> {
    let index: serde_json::Value = serde_json::from_str(index).unwrap();
    let entries = index["manifests"].as_array().unwrap().iter();
    entries.map(|entry| entry["digest"].as_str().unwrap().to_owned()).collect()
}

/// `text` with each piece, which it must hold once, put in the place of the other.
fn put_back(text: &str, pieces: &[(String, String)]) -> String {
    pieces.iter().fold(text.to_owned(), |text, (new, old)| {
        assert_eq!(text.matches(new.as_str()).count(), 1, "{new} in {text}");
        text.replace(new, old)
    })
}

/// Takes the one annotation out that was inserted into a document without any.
fn without_annotation(text: &str, key: &str) -> String {
    let at = text.find("\"annotations\"").unwrap();
    let end = at + text[at..].find('}').unwrap() + 1;
    assert!(text[at..end].contains(key), "{text}");
    let before = text[..at].trim_end();
    let before = before.strip_suffix(',').unwrap_or(before);
    let rest = &text[end..];
    match rest.strip_prefix(',') {
        // It stands first or in the middle: its own comma goes with it.
        Some(rest) => format!("{}{}", &text[..at], rest.trim_start()),
        None => format!("{before}{rest}"),
    }
}

#[tokio::test]
async fn a_description_on_the_index_and_all_children_takes_four_actions() {
    let desk = Desk::start(|_, _| String::new());
    with_page(|page| async move {
        page.excuse("status of 404");
        desk.open(&page).await;
        open_card(&page, "Index and annotations").await;
        page.fill_as("combobox", "Annotation key", DESCRIPTION).await;
        page.fill("Annotation value", "A desk for manifests").await;
        page.expect_text("3 places change").await;
        page.press("Set annotation").await;
        push(&page, "team/app:1").await;
        let now = desk.now();
        let mut pieces = Vec::new();
        for (image, new) in desk.images.iter().zip(digests(&now)) {
            assert_ne!(new, image.digest());
            let child = desk.child(&new);
            let read: serde_json::Value = serde_json::from_str(&child).unwrap();
            assert_eq!(read["annotations"][DESCRIPTION], "A desk for manifests");
            assert_eq!(without_annotation(&child, DESCRIPTION), image.text());
            pieces.push((
                format!("\"digest\": \"{new}\", \"size\": {}", child.len()),
                format!("\"digest\": \"{}\", \"size\": {}", image.digest(), image.manifest.len()),
            ));
        }
        let read: serde_json::Value = serde_json::from_str(&now).unwrap();
        assert_eq!(read["annotations"][DESCRIPTION], "A desk for manifests");
        let now = without_annotation(&put_back(&now, &pieces), DESCRIPTION);
        assert_eq!(now, desk.index);
        desk.can_be_copied();
    })
    .await;
}

#[tokio::test]
async fn unknown_platforms_are_gone_after_two_actions() {
    let attestation = |registry: &Registry, images: &[TestImage]| {
        push_blob(&registry.url, "team/app", b"{}", &[]);
        let mut all = String::new();
        for image in images {
            let empty = sha256(b"{}");
            let text = format!(
                r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{empty}","size":2}},"layers":[{{"mediaType":"application/vnd.in-toto+json","digest":"{empty}","size":2,"annotations":{{"of":"{}"}}}}]}}"#,
                image.digest()
            );
            let digest = sha256(text.as_bytes());
            let url = &registry.url;
            push_manifest(url, "team/app", &digest, OCI_MANIFEST, text.as_bytes(), &[]);
            all += &ATTESTATION
                .replace("DIGEST", &digest)
                .replace("SIZE", &text.len().to_string())
                .replace("IMAGE", &image.digest());
        }
        all
    };
    let desk = Desk::start(attestation);
    with_page(|page| async move {
        page.excuse("status of 404");
        desk.open(&page).await;
        open_card(&page, "Index and annotations").await;
        page.press("Remove 2 attestations").await;
        push(&page, "team/app:1").await;
        let plain = index(&[entry(&desk.images[0], AMD64), entry(&desk.images[1], ARM)]);
        assert_eq!(desk.now(), plain);
        desk.can_be_copied();
    })
    .await;
}

#[tokio::test]
async fn a_deleted_child_is_found_and_replaced_by_that_of_another_tag_or_brought_back_as_it_was() {
    let desk = Desk::start(|_, _| String::new());
    let lost = desk.images[1].digest();
    // The same image is kept elsewhere, and another tag has a newer one for the platform.
    desk.images[1].push(&desk.registry.url, "backup/app", "old", &[]);
    let newer = [image("amd64-newer"), image("arm-newer")];
    for image in &newer {
        image.push(&desk.registry.url, "team/app", &image.digest(), &[]);
    }
    let next = index(&[entry(&newer[0], AMD64), entry(&newer[1], ARM)]);
    push_manifest(&desk.registry.url, "team/app", "2", OCI_INDEX, next.as_bytes(), &[]);
    let url = format!("{}/v2/team/app/manifests/{lost}", desk.registry.url);
    assert_eq!(http::send("DELETE", &url, &[], b"").status, 202);
    with_page(|page| async move {
        page.excuse("status of 404");
        desk.open(&page).await;
        open_card(&page, "Health of this tag").await;
        page.press("Check every document and blob").await;
        page.expect_text("1 of 6 parts is not as the image needs it").await;
        page.expect_text("Missing in the registry").await;
        let bring = "Bring it from …: Document for linux/arm/v6";
        page.press(bring).await;
        page.fill("Reference to look at", "team/app:2").await;
        page.press("Look there").await;
        page.expect_text("These are other images").await;
        page.one("button", &format!("Take {} in its place", named(&newer[0], "linux/amd64"))).await;
        page.press("Cancel").await;
        page.press(bring).await;
        page.fill("Reference to look at", "backup/app:old").await;
        page.press("Look there").await;
        page.expect_text("Comes along with the next push").await;
        push(&page, "team/app:1").await;
        assert_eq!(desk.now(), desk.index, "not a byte of the index changed");
        desk.can_be_copied();
        // What was said before the push is over.
        page.press("Check every document and blob").await;
        page.expect_text("has all 8 parts of the image").await;

        // Gone once more: the newer image of another tag takes its place.
        assert_eq!(http::send("DELETE", &url, &[], b"").status, 202);
        desk.open(&page).await;
        open_card(&page, "Health of this tag").await;
        page.press("Check every document and blob").await;
        page.press(bring).await;
        page.fill("Reference to look at", "team/app:2").await;
        page.press("Look there").await;
        // The config of these test images says `linux/amd64` for all: people choose by the digest.
        page.click_starting("button", &format!("Take {}", short(&newer[1].digest()))).await;
        push(&page, "team/app:1").await;
        let now = desk.now();
        assert_eq!(digests(&now), [desk.images[0].digest(), newer[1].digest()]);
        assert!(now.contains(&entry(&desk.images[0], AMD64)), "{now}");
        desk.can_be_copied();
    })
    .await;
}

fn short(digest: &str) -> String {
    layermark::manifest::Digest::parse(digest).unwrap().short()
}

fn named(image: &TestImage, platform: &str) -> String {
    format!("{} {platform}", short(&image.digest()))
}

#[tokio::test]
async fn a_wrong_variant_is_corrected_in_place() {
    let desk = Desk::start(|_, _| String::new());
    with_page(|page| async move {
        page.excuse("status of 404");
        desk.open(&page).await;
        open_card(&page, "Index and annotations").await;
        let field = format!("Platform of {}", named(&desk.images[1], "linux/arm/v6"));
        let original = page.output("Original digest").await;
        page.fill(&field, "linux/arm/v7").await;
        page.key(thirtyfour::Key::Tab + "").await;
        page.output_other_than("New digest", &original).await;
        push(&page, "team/app:1").await;
        let (old, new) = ("\"variant\": \"v6\"".to_owned(), "\"variant\": \"v7\"".to_owned());
        assert_eq!(put_back(&desk.now(), &[(new, old)]), desk.index);
        desk.can_be_copied();
    })
    .await;
}

#[tokio::test]
async fn a_licence_stands_on_index_entries_and_manifests() {
    let desk = Desk::start(|_, _| String::new());
    with_page(|page| async move {
        page.excuse("status of 404");
        desk.open(&page).await;
        open_card(&page, "Index and annotations").await;
        page.fill_as("combobox", "Annotation key", "org.opencontainers.image.licenses").await;
        page.fill("Annotation value", "not a licence").await;
        page.expect_text("This is no SPDX licence expression").await;
        page.fill("Annotation value", "Apache-2.0").await;
        page.click("checkbox", "on its entries").await;
        page.expect_text("5 places change").await;
        page.press("Set annotation").await;
        push(&page, "team/app:1").await;
        let now: serde_json::Value = serde_json::from_str(&desk.now()).unwrap();
        let licence = |of: &serde_json::Value| {
            assert_eq!(of["annotations"]["org.opencontainers.image.licenses"], "Apache-2.0");
        };
        licence(&now);
        for entry in now["manifests"].as_array().unwrap() {
            licence(entry);
            assert_eq!(entry["x-kept"], serde_json::json!([1, 2]));
            let child = desk.child(entry["digest"].as_str().unwrap());
            licence(&serde_json::from_str(&child).unwrap());
        }
        desk.can_be_copied();
    })
    .await;
}

#[tokio::test]
async fn another_tag_is_compared_and_its_annotation_taken_over() {
    let desk = Desk::start(|_, _| String::new());
    let noted = |value: &str| {
        let at = "\"schemaVersion\": 2";
        let note = format!("\"annotations\": {{ \"{DESCRIPTION}\": \"{value}\" }},\n   {at}");
        desk.index.replace(at, &note)
    };
    let put = |tag: &str, text: &str| {
        push_manifest(&desk.registry.url, "team/app", tag, OCI_INDEX, text.as_bytes(), &[]);
    };
    let next = noted("for the next release");
    put("1", &noted("for this release"));
    put("2", &next);
    with_page(|page| async move {
        page.excuse("status of 404");
        desk.open(&page).await;
        open_card(&page, "Compare").await;
        assert_eq!(page.field("Compare with").await, "team/app:1");
        page.press("Compare").await;
        page.expect_text("Identical: both are sha256:").await;
        page.fill("Compare with", "team/app:none").await;
        page.press("Compare").await;
        page.expect_text("404").await;
        page.fill("Compare with", "team/app:2").await;
        page.press("Compare").await;
        page.expect_text("The images differ. 2 of 2 platforms are the same. 1 annotation differs.")
            .await;
        page.one("table", "Differences of The index itself").await;
        page.expect_text("for the next release").await;
        page.press(&format!("Take over from there: Annotation {DESCRIPTION}")).await;
        page.expect_text("Identical: both are sha256:").await;
        assert_eq!(page.output("New digest").await, sha256(next.as_bytes()));
        push(&page, "team/app:1").await;
        assert_eq!(desk.now(), next);
    })
    .await;
}
