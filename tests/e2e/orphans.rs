//! What stays with the old digests: signatures, referrers and other tags, and the commands that
//! make them again.

use crate::support::image::{
    NOTATION, OCI_INDEX, OCI_MANIFEST, TestImage, cosign_signature, push_manifest, sha256,
    signature,
};
use crate::support::page::{Page, with_page};
use crate::support::registry::Registry;
use crate::support::server::Server;
use crate::support::steps::{load, mark, push, review};

/// The region, once it says `text`.
async fn expect(page: &Page, text: &str) -> String {
    page.until(&format!("the region to say “{text}”"), || async {
        let script = "return document.querySelector('.orphans')?.innerText ?? ''";
        let said = page.script(script).await.as_str().unwrap_or_default().to_owned();
        said.contains(text).then_some(said)
    })
    .await
}

#[tokio::test]
async fn what_names_the_old_digest_is_listed_with_the_commands_to_make_it_again() {
    let registry = Registry::allowing_urls();
    let image = TestImage::oci(&["base", "app"]);
    for tag in ["1.4", "stable"] {
        image.push(&registry.url, "team/app", tag, &[]);
    }
    // docker-registry has no referrers API: the tag stands in for it.
    let signature = signature(&registry.url, "team/app", &image);
    let schema = image.digest().replace(':', "-");
    let cosign = cosign_signature(&registry.url, "team/app");
    let put = |tag: &str, kind: &str, text: &str| {
        push_manifest(&registry.url, "team/app", tag, kind, text.as_bytes(), &[]);
    };
    put(&format!("{schema}.sig"), OCI_MANIFEST, &cosign);
    put("signed", OCI_MANIFEST, &signature);
    let referrers = format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{{"mediaType":"{OCI_MANIFEST}","digest":"{}","size":{},"artifactType":"{NOTATION}","annotations":{{"org.opencontainers.image.vendor":"ACME Signing"}}}}]}}"#,
        sha256(signature.as_bytes()),
        signature.len()
    );
    put(&schema, OCI_INDEX, &referrers);
    let server = Server::in_front_of(&registry.url);
    with_page(|page| async move {
        page.excuse("status of 404");
        page.open(&server.url).await;
        load(&page, "team/app:1.4").await;
        page.output("Original digest").await;
        assert!(!page.has("region", "What stays with the old digests").await, "nothing changes");
        let digest = mark(&page, 0, "https://cdn.example.com/base").await;
        let before = page.requests().await.len();
        page.one("region", "What stays with the old digests").await;
        assert_eq!(page.requests().await.len(), before, "nobody is asked unbidden");

        page.press("Look in team/app").await;
        let said = expect(&page, "stable").await;
        for part in ["Notation signature", "by ACME Signing", "cosign signature"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(
            said.contains(&format!("notation sign --insecure-registry {}", server.host)),
            "{said}"
        );
        assert!(said.contains(&format!("/team/app@{digest}")), "{said}");
        assert!(!said.contains("established"), "{said}");
        // The tag that is about to be set is no tag that stays.
        let chips = "return [...document.querySelectorAll('.orphans li')].map(li => li.innerText)";
        let lines = page.script(chips).await;
        let tags = lines
            .as_array()
            .unwrap()
            .iter()
            .filter(|line| line.as_str().unwrap().contains("keeps getting the old image"));
        assert_eq!(tags.count(), 1, "{lines}");
        push(&page, "team/app:1.4").await;
    })
    .await;
}

#[tokio::test]
async fn a_review_asks_by_itself_and_the_referrers_api_answers() {
    let server = Server::start();
    let registry = format!("http://{}", server.host);
    let image = TestImage::oci(&["base", "app"]);
    image.push(&registry, "team/app", "1.4", &[]);
    let signature = signature(&registry, "team/app", &image);
    let digest = sha256(signature.as_bytes());
    push_manifest(&registry, "team/app", &digest, OCI_MANIFEST, signature.as_bytes(), &[]);
    with_page(|page| async move {
        page.excuse("status of 404");
        page.open(&server.url).await;
        load(&page, "team/app:1.4").await;
        mark(&page, 0, "https://cdn.example.com/base").await;
        review(&page, "team/app:1.4").await;
        let said = expect(&page, "Notation signature").await;
        assert!(said.contains("list of referrers"), "{said}");
    })
    .await;
}
