//! What is around the editor: dialogs, notices, the portal, and the page that cannot go on.

use thirtyfour::Key;

use super::{LINUX, PLATFORMS, URL, WINDOWS};
use crate::support::page::Page;
use crate::support::portal::{Portal, click, named, told};
use crate::support::server::Server;
use crate::support::site::Site;
use crate::support::steps::{PROPOSAL, complete, mark, sample, speak};

/// What opens in front of the page.
pub async fn dialogs(page: &Page, see: &impl AsyncFn(&str)) {
    let server = Server::start();
    page.open(&server.url).await;
    page.press("Help").await;
    page.one("dialog", "Foreign layers").await;
    see("help").await;
    page.press("Keyboard shortcuts").await;
    page.one("dialog", "Keyboard shortcuts").await;
    see("shortcuts").await;
    page.key(Key::Escape).await;
    page.gone("dialog", "Keyboard shortcuts").await;

    page.press("Browse").await;
    page.one("dialog", "Browse a registry").await;
    page.press("List repositories").await;
    page.press("samples/linux").await;
    page.one("button", "1.0").await;
    see("browse").await;
    page.press("1.0").await;
    page.gone("dialog", "Browse a registry").await;
    page.one("region", "Changes").await;
    mark(page, 0, URL).await;

    page.press("Export").await;
    page.one("dialog", "Export").await;
    page.fill("Target of the commands", "registry.example.com/team/app:1.4").await;
    page.one("button", "Copy commands").await;
    see("export").await;
    page.press("Close").await;
    page.click("tab", "Sample").await;
    page.press(WINDOWS).await;
    page.one("dialog", "Replace the edited image?").await;
    see("replace").await;
}

/// What the first screen shows of a mark.
pub async fn mark_shown(page: &Page, see: &impl AsyncFn(&str)) {
    let server = Server::start();
    page.open(&server.url).await;
    page.press("Show a marked layer on a sample").await;
    page.one("region", "Changes").await;
    complete(page).await;
    see("mark-shown").await;
}

/// The same in German, whose words are longer.
pub async fn german(page: &Page, see: &impl AsyncFn(&str)) {
    let server = Server::start();
    page.open(&server.url).await;
    sample(page, PLATFORMS).await;
    page.press("One platform").await;
    mark(page, 0, URL).await;
    speak(page, "de").await;
    page.one("status", "Neuer Digest").await;
    complete(page).await;
    see("german").await;
    page.press("Alle Plattformen").await;
    complete(page).await;
    see("german-all-platforms").await;
    page.press("Hilfe").await;
    page.until("the help", || async { page.text().await.contains("Quellen").then_some(()) }).await;
    see("german-help").await;
}

/// What the page itself has to say.
pub async fn notices(page: &Page, see: &impl AsyncFn(&str)) {
    let portal = Portal::start(r#"{ "colors": {}, "tabs": ["Nowhere"] }"#);
    page.open(&portal.page()).await;
    page.expect_text("The settings of this page have errors").await;
    see("settings-errors").await;
    page.script("location.hash = '#ref=registry.example.net/team/app:1'").await;
    page.expect_text("A link named an image at registry.example.net").await;
    see("link").await;
    page.script(&format!("location.hash = '#{PROPOSAL}'")).await;
    page.expect_text("has not been applied yet").await;
    complete(page).await;
    see("recipe").await;
    portal.configure(
        r##"{ "title": "Example images", "logo": "logo.svg", "helpLink": "https://portal.example.com/help",
              "colours": { "accent": { "light": "#7a1fa2", "dark": "#d9a6f0" },
                           "accentText": { "light": "#ffffff", "dark": "#2b0a38" } },
              "urlTemplates": [{ "name": "Europe", "url": "https://eu.cdn.example.com/{digest}" }],
              "allowedUrlHosts": ["*.cdn.example.com"] }"##,
    );
    page.open(&portal.page()).await;
    page.expect_text("Example images").await;
    see("portal").await;
    sample(page, LINUX).await;
    mark(page, 0, URL).await;
    see("portal-marked").await;
    page.open(&portal.page()).await;
    page.expect_text("are back after a reload of the page").await;
    complete(page).await;
    see("restored").await;
}

/// The editor after an error of its own.
pub async fn stopped(page: &Page, see: &impl AsyncFn(&str)) {
    page.excuse_stop("broken by a test");
    let server = Server::start();
    page.open(&server.url).await;
    sample(page, LINUX).await;
    mark(page, 0, URL).await;
    page.script("Node.prototype.insertBefore = () => { throw new Error('broken by a test') }")
        .await;
    page.script("document.querySelectorAll('[role=switch]')[1].click()").await;
    page.one("heading", "The editor has stopped").await;
    see("stopped").await;
}

/// The page in a frame of a portal.
pub async fn embedded(page: &Page, see: &impl AsyncFn(&str)) {
    let portal = Portal::start(r#"{ "title": "Example images", "tabs": ["registry"] }"#);
    page.go_to(&portal.server.url).await;
    told(page, "ready").await;
    see("embedded").await;
    page.script("ask({ layermark: 1, type: 'load', reference: 'samples/linux:1.0' })").await;
    told(page, "opened").await;
    click(page, &named("[role=switch]", "Mark layer 0 as foreign")).await;
    told(page, "changed").await;
    see("embedded-marked").await;
}

/// A newer version of the page.
pub async fn updated(page: &Page, see: &impl AsyncFn(&str)) {
    let site = Site::copy();
    let server = site.serve();
    page.open(&server.url).await;
    page.script("return navigator.serviceWorker.ready.then(() => true)").await;
    site.update();
    page.script("navigator.serviceWorker.getRegistration().then(it => it.update())").await;
    page.expect_text("A new version of this page is ready").await;
    see("update-offered").await;
}

/// The page before the editor, and the page of an editor that cannot start.
pub async fn unstarted(page: &Page, see: &impl AsyncFn(&str)) {
    page.excuse_failed_start();
    let site = Site::copy();
    std::fs::remove_file(site.file("layermark.", ".wasm")).unwrap();
    let server = site.serve();
    page.go_to(&server.url).await;
    page.expect_alert("not the file that belongs to this page").await;
    see("not-started").await;
}
