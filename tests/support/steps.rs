//! The steps of a person's work that many tests take.

use super::page::Page;

/// Pastes `json` and opens it.
pub async fn paste(page: &Page, json: &str) {
    page.click("tab", "Paste").await;
    page.fill("Manifest JSON", json).await;
    page.press("Open manifest").await;
}

/// Loads `reference` on the Registry tab.
pub async fn load(page: &Page, reference: &str) {
    page.click("tab", "Registry").await;
    page.fill("Image reference", reference).await;
    page.press("Load").await;
}

/// What stands behind `#` in a link to the seeded image `samples/linux:1.0` that proposes to mark all of
/// its layers.
pub const PROPOSAL: &str = "ref=samples/linux:1.0&recipe=%7B%22layermarkRecipe%22:1,%22rules%22:%5B%7B%22layers%22:%7B%7D,%22form%22:%22foreign%22,%22urls%22:%5B%22https://cdn.example.com/%7Bdigest%7D%22%5D%7D%5D%7D";

/// Opens a built-in sample by its name.
pub async fn sample(page: &Page, name: &str) {
    page.click("tab", "Sample").await;
    page.press(name).await;
    page.one("region", "Changes").await;
    complete(page).await;
}

/// Waits until all parts of the page are there.
pub async fn complete(page: &Page) {
    page.until("all parts of the page", || async {
        let found = page.script("return document.querySelectorAll('.part-loading').length").await;
        (found == 0).then_some(())
    })
    .await;
}

/// The language in which the page can be told to speak another one; empty where nobody can choose.
pub async fn speaks(page: &Page) -> String {
    let script = "
        const at = document.querySelector('iframe')?.contentDocument ?? document;
        return at.querySelector('header select') ? at.documentElement.lang : ''";
    page.script(script).await.as_str().unwrap_or_default().to_owned()
}

/// Chooses another language, by its tag; in the frame where the page is in one.
pub async fn speak(page: &Page, language: &str) {
    let script = "
        const at = document.querySelector('iframe')?.contentDocument ?? document;
        const select = at.querySelector('header select');
        if (select?.value !== arguments[0]) {
            select.value = arguments[0];
            select.dispatchEvent(new Event('change', { bubbles: true }));
        }
        return at.documentElement.lang === arguments[0]";
    page.until("the language", || async {
        let spoken = page.script_with(script, vec![language.into()]).await;
        (spoken == true).then_some(())
    })
    .await;
}

/// Marks a layer with one URL and returns the new digest.
pub async fn mark(page: &Page, layer: usize, url: &str) -> String {
    let original = page.output("Original digest").await;
    page.switch(&format!("Mark layer {layer} as foreign"), true).await;
    let marked = page.output_other_than("New digest", &original).await;
    page.fill(&format!("URLs for layer {layer}"), url).await;
    page.output_other_than("New digest", &marked).await
}

/// Reviews the plan for `target` and carries it out.
pub async fn push(page: &Page, target: &str) {
    review(page, target).await;
    page.press("Push").await;
    page.expect_text("Pushed sha256:").await;
}

/// Makes the plan for `target`.
pub async fn review(page: &Page, target: &str) {
    page.press("Review push").await;
    page.one("region", "Push plan").await;
    if page.field("Target reference").await != target {
        page.fill("Target reference", target).await;
        page.press("Update the plan").await;
    }
    page.one("button", "Push").await;
}

/// Fills in the form that the page shows.
pub async fn sign_in(page: &Page, user: &str, password: &str) {
    page.fill("User name", user).await;
    page.fill("Password or token", password).await;
    page.press("Sign in").await;
}
