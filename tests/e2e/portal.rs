//! The page in a portal: settings, links, and the messages of a page that embeds it.

use serde_json::json;

use crate::support::page::with_page;
use crate::support::portal::{Portal, click, fill, in_frame, named, told};
use crate::support::server::Server;
use crate::support::steps::PROPOSAL;

const SETTINGS: &str = r##"{
  "title": "Example images",
  "logo": "logo.svg",
  "colours": {
    "accent": { "light": "#7a1fa2", "dark": "#d9a6f0" },
    "accentText": { "light": "#ffffff", "dark": "#2b0a38" }
  },
  "tabs": ["paste", "registry"],
  "urlTemplates": [{ "name": "Europe", "url": "https://eu.cdn.example.com/{digest}" }],
  "allowedUrlHosts": ["*.cdn.example.com"],
  "allowedRegistries": ["registry.example.com"]
}"##;

#[tokio::test]
async fn a_portal_drives_the_page_in_its_frame() {
    let portal = Portal::start(SETTINGS);
    with_page(|page| async move {
        // What is to be pushed is not there yet.
        page.excuse("status of 404");
        page.go_to(&portal.server.url).await;
        told(&page, "ready").await;

        // The portal's settings are there.
        assert_eq!(
            in_frame(&page, "return document.querySelector('h1')?.textContent").await,
            json!("Example images")
        );
        in_frame(&page, "return document.querySelector('header img.logo')?.naturalWidth > 0").await;
        let accent = "return window.getComputedStyle(document.querySelector('button.primary')).backgroundColor";
        assert_eq!(in_frame(&page, accent).await, json!("rgb(122, 31, 162)"));
        let tabs = "return [...document.querySelectorAll('[role=tab]')].map(tab => tab.textContent)";
        assert_eq!(in_frame(&page, tabs).await, json!(["Paste", "Registry"]));

        // What is no request is ignored, the rest is done.
        page.script(
            "ask('load'); ask({ layermark: 2, type: 'load', reference: 'a:1' }); ask(null);
             const circle = { layermark: 1, type: 'load' }; circle.self = circle; ask(circle);
             ask({ layermark: 1, type: 'load', reference: 'samples/app:1.4', platform: 'linux/arm64' });",
        )
        .await;
        let opened = told(&page, "opened").await;
        let reference = page
            .script("return fetch('/v2/samples/app/manifests/1.4').then(r => r.headers.get('docker-content-digest'))")
            .await;
        assert_eq!(opened["digest"], reference);
        let current = "return document.querySelector('[aria-current=true]')?.textContent.includes('linux/arm64')";
        in_frame(&page, current).await;

        // A mark with the portal's template, then a URL that the portal does not allow.
        let switch = named("[role=switch]", "Mark layer 0 as foreign");
        click(&page, &switch).await;
        let changed = told(&page, "changed").await;
        assert_eq!(changed["original"], opened["digest"]);
        assert_ne!(changed["new"], opened["digest"]);
        let urls = named("textarea", "URLs for layer 0");
        let made = in_frame(&page, &format!("return {urls}?.value")).await;
        assert!(made.as_str().unwrap().starts_with("https://eu.cdn.example.com/sha256:"), "{made}");
        fill(&page, &urls, "https://evil.example/x").await;
        let refused = "URLs at evil.example are not allowed here";
        in_frame(&page, &format!("return document.body.innerText.includes('{refused}')")).await;
        click(&page, &named("footer button", "Review push")).await;
        let alert = "[...document.querySelectorAll('.push [role=alert]')].map(it => it.innerText).join()";
        in_frame(&page, &format!("return {alert}.includes('{refused}')")).await;
        fill(&page, &urls, "https://us.cdn.example.com/x").await;

        // Pushed under another tag, the portal learns the digests.
        fill(&page, "document.querySelector('.push input[type=text]')", "samples/app:marked").await;
        click(&page, &named(".push button", "Update the plan")).await;
        click(&page, &named(".push button", "Push")).await;
        let pushed = told(&page, "pushed").await;
        // With the registry that it was pushed to, which the page's own origin stands for here.
        let reference = pushed["reference"].as_str().unwrap();
        let (registry, rest) = reference.split_once('/').unwrap();
        assert!(registry.starts_with("127.0.0.1:"), "{reference}");
        assert_eq!(rest, "samples/app:marked");
        let there = page
            .script("return fetch('/v2/samples/app/manifests/marked').then(r => r.headers.get('docker-content-digest'))")
            .await;
        assert_eq!(pushed["digests"][0], there);
        assert_eq!(told(&page, "changed").await["new"], there);
    })
    .await;
}

#[tokio::test]
async fn links_lead_to_images() {
    let portal = Portal::start("{}");
    with_page(|page| async move {
        page.open(&format!("{}#ref=samples/linux:1.0", portal.page())).await;
        page.expect_text("samples/linux:1.0").await;
        let linux = page.output_other_than("Original digest", "").await;

        // Following another link on the page.
        page.script("location.hash = '#ref=samples/app:1.4&platform=linux/arm64'").await;
        let app = page.output_other_than("Original digest", &linux).await;
        assert_ne!(app, linux);

        // A registry that nobody knows is not asked.
        page.script("location.hash = '#ref=registry.example.net/team/app:1'").await;
        page.expect_text("A link named an image at registry.example.net").await;
        assert_eq!(page.field("Image reference").await, "registry.example.net/team/app:1");
        page.expect_output("Original digest", &app).await;
    })
    .await;
}

#[tokio::test]
async fn a_link_proposes_what_to_do_and_the_person_applies_it() {
    let server = Server::start();
    with_page(|page| async move {
        page.open(&format!("{}#{PROPOSAL}", server.url)).await;
        page.expect_text("has not been applied yet").await;
        let original = page.output_other_than("Original digest", "").await;
        page.expect_output("New digest", &original).await;

        // The proposal stays when the dialog is opened meanwhile.
        page.press("Export").await;
        page.one("dialog", "Export").await;
        page.key(thirtyfour::Key::Escape).await;
        page.press("Apply recipe").await;
        let applied = page.output_other_than("New digest", &original).await;
        page.expect_text("was applied. Undo takes it back").await;
        page.gone("button", "Apply recipe").await;

        page.press("Undo").await;
        page.expect_output("New digest", &original).await;
        page.press("Apply recipe").await;
        page.expect_output("New digest", &applied).await;
    })
    .await;
}

#[tokio::test]
async fn broken_settings_are_named_and_the_page_works() {
    let portal = Portal::start("{\n  \"titel\": \"x\",\n  \"language\": \"de\"\n}");
    with_page(|page| async move {
        page.open(&portal.page()).await;
        page.expect_text("config.json, Zeile 2, „titel“").await;
        page.press("Ausblenden").await;
        page.gone("button", "Ausblenden").await;

        // What is answered in place of a policy is no permission.
        for (text, said) in [
            ("<!doctype html><title>Sign in</title>", "config.json was answered with a web page"),
            ("{ \"allowedRegistries\": [", "config.json cannot be read"),
        ] {
            let portal = Portal::start(text);
            page.open(&portal.page()).await;
            page.expect_text(said).await;
            page.fill("Image reference", "samples/linux:1.0").await;
            page.press("Load").await;
            page.expect_text("so no registry is used until the page has been loaded again").await;
            page.click("tab", "Sample").await;
        }
    })
    .await;
}
