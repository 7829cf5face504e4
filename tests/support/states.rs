//! Every state of the page, reached as people reach it, to be looked at by programs and by people.
//!
//! Each journey goes through some of them and calls `see` in each with a name that is the same in
//! every run.

use thirtyfour::Key;

use super::image::TestImage;
use super::page::Page;
use super::portal::Portal;
use super::registry::{BASIC, PASSWORD, Registry, Settings, USER};
use super::server::Server;
use super::steps::{complete, load, mark, paste, review, sample, sign_in};
use super::token_server::TokenServer;

/// The journeys, for one test each: `journeys!(macro)` calls `macro! { name … }`.
#[allow(unused_macros)] // most test programs look at nothing
macro_rules! journeys {
    ($each:ident) => {
        $each! {
            start, refused, marks, source, index, dialogs, tour, german, pushing, moved, failures,
            asking, notices, stopped
        }
    };
}
#[allow(unused_imports)]
pub(crate) use journeys;

const URL: &str = "https://cdn.example.com/base";
const LINUX: &str = "Linux image (OCI)";
const WINDOWS: &str = "Windows image with two foreign layers (Docker)";
const PLATFORMS: &str = "Three platforms with an attestation (OCI index)";

/// Opens what a `<details>` that fits the selector hides.
async fn unfold(page: &Page, selector: &str) {
    let script = format!("document.querySelector('{selector}').open = true");
    page.script(&script).await;
}

/// Before anything is open.
pub async fn start(page: &Page, see: &impl AsyncFn(&str)) {
    let server = Server::start();
    page.open(&server.url).await;
    see("start").await;
    page.press("Skip").await;
    page.one("button", "Try a sample").await;
    for tab in ["Registry", "Paste", "File", "Sample"] {
        page.click("tab", tab).await;
        see(&format!("start-{}", tab.to_lowercase())).await;
    }
}

/// A text that is not opened.
pub async fn refused(page: &Page, see: &impl AsyncFn(&str)) {
    let server = Server::start();
    page.open(&server.url).await;
    let text = TestImage::oci(&["base", "app"]).text();
    paste(page, &text.replace("\"size\": ", "\"size\": -")).await;
    page.expect_alert("The size -").await;
    complete(page).await;
    see("refused").await;
    page.press("Look at the text").await;
    page.one("group", "Refused text").await;
    see("refused-text").await;
    paste(page, &format!("\u{feff}{text}")).await;
    page.expect_alert("byte-order mark").await;
    see("refused-repair").await;
}

/// An open image, without marks and with them.
pub async fn marks(page: &Page, see: &impl AsyncFn(&str)) {
    let server = Server::start();
    page.open(&server.url).await;
    sample(page, WINDOWS).await;
    see("opened-foreign").await;
    sample(page, LINUX).await;
    see("opened").await;

    let original = page.output("Original digest").await;
    page.switch("Mark layer 0 as foreign", true).await;
    page.output_other_than("New digest", &original).await;
    see("marked-without-url").await;
    page.fill("URLs for layer 0", "http//cdn.example.com/base").await;
    page.until("what is wrong with the URL", || async {
        page.description("URLs for layer 0").await.contains("URL 1").then_some(())
    })
    .await;
    see("marked-url-error").await;
    page.fill("URLs for layer 0", URL).await;
    page.expect_text("cdn.example.com/base").await;
    see("marked").await;

    unfold(page, "details.base").await;
    see("base-image").await;
    page.press("Unified").await;
    see("changes-unified").await;
    page.press("Whole text").await;
    see("changes-whole").await;
    page.press("Side by side").await;
    see("changes-whole-side-by-side").await;
    page.click("checkbox", "Select layer 1").await;
    page.fill("URL template", "https://cdn.example.com/{digst}").await;
    page.press("Apply to selected").await;
    page.until("what is wrong with the template", || async {
        page.description("URL template").await.contains("{digst}").then_some(())
    })
    .await;
    see("template-error").await;
    page.press("Undo").await;
    page.press("History").await;
    page.one("dialog", "History").await;
    see("history").await;
    page.key(Key::Escape).await;
    page.press("Copy New digest").await;
    page.expect_text("Copied").await;
    see("notice").await;
}

/// The text of a document.
pub async fn source(page: &Page, see: &impl AsyncFn(&str)) {
    let server = Server::start();
    page.open(&server.url).await;
    sample(page, LINUX).await;
    mark(page, 0, URL).await;
    page.press("Show source").await;
    page.one("group", "Text of the document").await;
    see("source").await;
    page.script("document.querySelector('.text-view a.inner').click()").await;
    page.one("dialog", "Media type").await;
    see("source-explained").await;
    page.press("Close").await;
    page.press("Hide source").await;
    page.press("Show in the source, LM602").await;
    page.until("the place in the source", || async {
        let marked = "return document.activeElement.querySelector('.marked')?.textContent.includes('mediaType')";
        (page.script(marked).await == true).then_some(())
    })
    .await;
    see("source-place").await;
    page.press("Edit text").await;
    page.one("textbox", "Document text").await;
    see("source-editing").await;
    let text = page.field("Document text").await;
    page.fill("Document text", &text.replace("\"layers\"", "\"layers\",")).await;
    page.one("button", "Go to the place").await;
    see("source-editing-error").await;
    page.press("Discard").await;
    unfold(page, "details.annotations").await;
    page.fill("Name", "org.opencontainers.image.vendor").await;
    page.fill("Value", "Example").await;
    page.press("Add").await;
    page.one("textbox", "Value of org.opencontainers.image.vendor").await;
    see("annotations").await;
}

/// An index with its platforms, and what is said of the marks.
pub async fn index(page: &Page, see: &impl AsyncFn(&str)) {
    let server = Server::start();
    page.open(&server.url).await;
    sample(page, PLATFORMS).await;
    see("platform").await;
    page.fill("URL template", "https://cdn.example.com/team/app/blobs/{digest}").await;
    for layer in [0, 1] {
        page.switch(&format!("Mark layer {layer} as foreign"), true).await;
    }
    page.expect_text("2 layers marked").await;
    see("platform-marked").await;
    page.click_starting("button", "OCI image index").await;
    page.expect_text("An index has no layers of its own").await;
    see("index").await;
    page.press("All platforms").await;
    page.one("group", "Platforms that are marked along").await;
    complete(page).await;
    see("all-platforms").await;
    page.fill("URL template", "https://cdn.example.com/{digest}").await;
    let layer = page.script("return document.querySelector('[role=switch]').ariaLabel").await;
    page.switch(layer.as_str().unwrap(), true).await;
    see("all-platforms-marked").await;
    page.fill("Condition", "10 parsecs").await;
    page.script("document.querySelector('form.boxes select').selectedIndex = 2").await;
    page.script("document.querySelector('form.boxes select').dispatchEvent(new Event('change', { bubbles: true }))").await;
    page.press("Select").await;
    page.expect_text("is not a size").await;
    see("all-platforms-condition").await;
    unfold(page, "details.convert").await;
    see("convert").await;
    unfold(page, "details.verdict").await;
    unfold(page, ".advice details").await;
    see("behaviour").await;
}

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

/// The tour from its first step to its last.
pub async fn tour(page: &Page, see: &impl AsyncFn(&str)) {
    let server = Server::start();
    page.open(&server.url).await;
    page.press("Take the tour").await;
    for (at, title) in [
        "Open an image",
        "Before and after",
        "Mark layers",
        "See what changes",
        "Take it back, get it out",
    ]
    .into_iter()
    .enumerate()
    {
        page.one("dialog", title).await;
        complete(page).await;
        see(&format!("tour-{}", at + 1)).await;
        if page.has("button", "Next").await {
            page.press("Next").await;
        }
    }
}

/// The same in German, whose words are longer.
pub async fn german(page: &Page, see: &impl AsyncFn(&str)) {
    let server = Server::start();
    page.open(&server.url).await;
    sample(page, PLATFORMS).await;
    mark(page, 0, URL).await;
    page.script(
        "const select = document.querySelector('header select'); select.value = 'de';
         select.dispatchEvent(new Event('change', { bubbles: true }))",
    )
    .await;
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

/// A push from plan to proof.
pub async fn pushing(page: &Page, see: &impl AsyncFn(&str)) {
    page.excuse("status of 404");
    let server = Server::start();
    page.open(&server.url).await;
    load(page, "samples/linux:1.0").await;
    mark(page, 0, URL).await;
    review(page, "samples/linux:1.0").await;
    see("push-plan").await;
    page.press("Push").await;
    page.expect_text("Pushed.").await;
    see("pushed").await;
}

/// A tag that moved, and an error that wants a reason.
pub async fn moved(page: &Page, see: &impl AsyncFn(&str)) {
    page.excuse("status of 404");
    let registry = Registry::allowing_urls();
    TestImage::oci(&["base", "app"]).push(&registry.url, "team/app", "1.4", &[]);
    let server = Server::in_front_of(&registry.url);
    page.open(&server.url).await;
    load(page, "team/app:1.4").await;
    mark(page, 0, URL).await;
    TestImage::oci(&["base", "fixed app"]).push(&registry.url, "team/app", "1.4", &[]);
    review(page, "team/app:1.4").await;
    page.expect_alert("The tag has moved since").await;
    see("push-moved").await;
}

/// What registries refuse and what browsers hide, explained.
pub async fn failures(page: &Page, see: &impl AsyncFn(&str)) {
    for text in ["status of 404", "status of 500", "CORS policy", "net::ERR_FAILED"] {
        page.excuse(text);
    }
    let registry = Registry::start();
    TestImage::oci(&["base", "app"]).push(&registry.url, "team/app", "1.4", &[]);
    let server = Server::in_front_of(&registry.url);
    page.open(&server.url).await;
    page.allow(&registry.url);
    load(page, &format!("{}/team/app:1.4", registry.host)).await;
    page.one("region", "Why did this fail?").await;
    see("load-failed").await;
    load(page, "team/none:1.4").await;
    page.gone("region", "Why did this fail?").await;
    page.one("button", "Load").await;
    see("load-not-found").await;
    load(page, "team/app:1.4").await;
    page.one("region", "Changes").await;
    mark(page, 0, URL).await;
    review(page, "team/app:1.4").await;
    page.press("Push").await;
    page.expect_alert("validation.manifests.urls.allow").await;
    see("push-refused").await;
}

/// What a registry asks: a name and a password, and whether they may go to another host.
pub async fn asking(page: &Page, see: &impl AsyncFn(&str)) {
    page.excuse("status of 401");
    page.excuse("status of 404");
    let tokens = TokenServer::start();
    let registry = Registry::with(&Settings {
        token: Some(tokens.settings()),
        allow_urls: vec!["^https://".into()],
        ..Settings::default()
    });
    let image = TestImage::oci(&["base", "app"]);
    let bearer = tokens.bearer("repository:public/app:pull,push");
    image.push(&registry.url, "public/app", "1.4", &[("authorization", &bearer)]);
    let server = Server::in_front_of(&registry.url);
    page.open(&server.url).await;
    page.allow(&tokens.url);
    load(page, "public/app:1.4").await;
    mark(page, 0, URL).await;
    page.press("Review push").await;
    page.one("button", "Push").await;
    page.press("Push").await;
    page.one("textbox", "User name").await;
    see("sign-in-to-push").await;
    sign_in(page, USER, PASSWORD).await;
    page.one("region", &format!("Send the password to {}?", tokens.url)).await;
    see("realm").await;

    let registry = Registry::with(&Settings { password: true, ..Settings::default() });
    image.push(&registry.url, "team/app", "1.4", &[("authorization", BASIC)]);
    let server = Server::in_front_of(&registry.url);
    page.open(&server.url).await;
    load(page, "team/app:1.4").await;
    page.one("textbox", "User name").await;
    see("sign-in").await;
    sign_in(page, USER, "wrong").await;
    page.expect_text("does not accept").await;
    see("sign-in-again").await;
    sign_in(page, USER, PASSWORD).await;
    page.one("region", "Changes").await;
    complete(page).await;
    see("signed-in").await;
}

/// What the page itself has to say.
pub async fn notices(page: &Page, see: &impl AsyncFn(&str)) {
    let portal = Portal::start(r#"{ "colors": {}, "tabs": ["Nowhere"] }"#);
    page.open(&portal.page()).await;
    page.expect_text("The settings of this page have errors").await;
    see("settings-errors").await;
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
    // The browser notes what this does to the page.
    page.excuse("");
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
