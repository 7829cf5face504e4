//! The page as a person sees and uses it: elements by role and name, real keys and clicks. What is
//! set in it is in `controls.rs`, what the browser noted meanwhile in `notes.rs`.
//!
//! Invariant: nothing sleeps for a fixed time; every wait is for a condition.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::{Value, json};
use thirtyfour::prelude::*;
use thirtyfour::session::scriptret::ScriptRet;
use tokio::task::LocalSet;

use super::browser::Browser;
use super::notes::{Seen, origin};
use super::process::{INTERVAL, PATIENCE};
use super::server::root;

/// A browser window, and what the test allows in it. Clones are the same window.
#[derive(Clone, Debug)]
pub struct Page {
    pub(super) browser: Arc<Browser>,
    pub(super) seen: Arc<Mutex<Seen>>,
}

/// Runs `test` in a fresh browser. Afterwards the console must be free of errors and warnings, and
/// no request may have gone anywhere but to the origins that were allowed. If something fails, a
/// picture of the page, its text and the console are kept in `target/e2e/`.
pub async fn with_page<F: Future<Output = ()> + 'static>(test: impl FnOnce(Page) -> F) {
    with_page_and_flags(&[], test).await;
}

/// As [`with_page`], with further flags of Chromium.
pub async fn with_page_and_flags<F: Future<Output = ()> + 'static>(
    flags: &[String],
    test: impl FnOnce(Page) -> F,
) {
    let name = std::thread::current().name().unwrap_or("test").replace("::", "-");
    let page = Page { browser: Arc::new(Browser::start_with(flags).await), seen: Arc::default() };
    let local = LocalSet::new();
    let body = test(page.clone());
    let checked = page.clone();
    let run = local.spawn_local(async move {
        body.await;
        checked.check().await;
    });
    let outcome = local.run_until(run).await;
    if let Err(error) = outcome {
        let evidence = page.keep_evidence(&name).await;
        let panic = error.into_panic();
        let message = panic
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_default();
        panic!("{message}\nThe page at that moment: {}", evidence.display());
    }
}

impl Page {
    /// Goes to `url`, whose origin is allowed from then on, and waits for the editor.
    pub async fn open(&self, url: &str) {
        self.go_to(url).await;
        self.until("the editor", || async {
            self.script("return document.querySelector('#app > main.boot') === null && document.querySelector('main') !== null")
                .await
                .as_bool()
                .filter(|started| *started)
        })
        .await;
    }

    /// Goes to `url`, whose origin is allowed from then on.
    pub async fn go_to(&self, url: &str) {
        self.allow(url);
        self.browser.driver().goto(url).await.unwrap();
    }

    /// Allows requests to the origin of `url`.
    pub fn allow(&self, url: &str) {
        self.seen.lock().unwrap().origins.insert(origin(url).to_owned());
    }

    /// Excuses console messages that contain `text`, such as `status of 404`: browsers log every
    /// unsuccessful answer.
    pub fn excuse(&self, text: &str) {
        assert!(!text.is_empty(), "this would excuse everything");
        self.seen.lock().unwrap().excused.push(text.to_owned());
    }

    /// Excuses what the console says of an editor that a test makes stop, by an error with `cause`.
    pub fn excuse_stop(&self, cause: &str) {
        // The error itself, the panic that it causes in the editor, and the end of WebAssembly.
        for text in [cause, "panicked at", "unreachable"] {
            self.excuse(text);
        }
    }

    /// Excuses what the console says of a page that cannot start: a file is missing or is another
    /// one, or WebAssembly is not allowed; and what the page says of it itself.
    pub fn excuse_failed_start(&self) {
        for text in [
            "status of 404",
            "'integrity' attribute",
            "integrity checks failed",
            "Content Security Policy",
            "/boot.",
        ] {
            self.excuse(text);
        }
    }

    /// From now on, what is looked for and what scripts see is in the page's first frame.
    pub async fn enter_frame(&self) {
        self.browser.driver().enter_frame(0).await.unwrap();
    }

    /// The result of a script, the body of a function.
    pub async fn script(&self, script: &str) -> Value {
        self.script_with(script, vec![]).await
    }

    /// The result of a script with arguments.
    pub async fn script_with(&self, script: &str, arguments: Vec<Value>) -> Value {
        let result = self.browser.driver().execute(script, arguments).await;
        result.unwrap_or_else(|error| panic!("{script}: {error}")).json().clone()
    }

    /// The result of a script that may do no more than one of the page; drivers lift the ban on
    /// `eval` for others.
    pub async fn script_under_policy(&self, script: &str) -> Value {
        let parameters = json!({
            "expression": format!("(() => {{ {script} }})()"),
            "allowUnsafeEvalBlockedByCSP": false,
        });
        self.cdp("Runtime.evaluate", parameters).await["result"]["value"].clone()
    }

    /// Sends a command of the Chrome DevTools Protocol.
    pub async fn cdp(&self, method: &str, parameters: Value) -> Value {
        self.browser.cdp(method, parameters).await
    }

    /// Waits until `look` finds something.
    pub async fn until<T, F: Future<Output = Option<T>>>(
        &self,
        what: &str,
        look: impl Fn() -> F,
    ) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = look().await {
                return found;
            }
            assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// The elements with this role and accessible name, in the order of the page. Hidden ones have
    /// no role.
    pub async fn all(&self, role: &str, name: &str) -> Vec<WebElement> {
        self.find(json!({ "role": role, "accessibleName": name }), |_| true).await
    }

    async fn find(&self, mut query: Value, fits: impl Fn(&str) -> bool) -> Vec<WebElement> {
        let document = self.cdp("Runtime.evaluate", json!({ "expression": "document" })).await;
        query["objectId"] = document["result"]["objectId"].clone();
        let found = self.cdp("Accessibility.queryAXTree", query).await;
        let mut elements = Vec::new();
        for node in found["nodes"].as_array().into_iter().flatten() {
            let name = node["name"]["value"].as_str().unwrap_or_default();
            if node["ignored"] == true || !fits(name) {
                continue;
            }
            // What was drawn anew meanwhile is not there any more.
            let id = json!({ "backendNodeId": node["backendDOMNodeId"] });
            let Ok(object) = self.browser.driver().cdp().send_raw("DOM.resolveNode", id).await
            else {
                continue;
            };
            let keep = json!({
                "objectId": object["object"]["objectId"],
                "functionDeclaration": "function() { window.foundByTest = this }",
            });
            self.cdp("Runtime.callFunctionOn", keep).await;
            let element = self.browser.driver().execute("return window.foundByTest", vec![]).await;
            elements.extend(element.and_then(ScriptRet::element).ok());
        }
        elements
    }

    /// Clicks the one element with this role whose name starts with `start`.
    pub async fn click_starting(&self, role: &str, start: &str) {
        self.until(&format!("the {role} “{start}…” to be clickable"), || async {
            let found = self.find(json!({ "role": role }), |name| name.starts_with(start)).await;
            assert!(found.len() < 2, "{} times the {role} “{start}…”", found.len());
            self.click_element(found.first()?).await
        })
        .await;
    }

    /// Whether there is such an element now.
    pub async fn has(&self, role: &str, name: &str) -> bool {
        !self.all(role, name).await.is_empty()
    }

    /// Waits for the one element with this role and name.
    pub async fn one(&self, role: &str, name: &str) -> WebElement {
        self.until(&format!("the {role} “{name}”"), || async {
            let mut found = self.all(role, name).await;
            assert!(found.len() < 2, "{} times the {role} “{name}”", found.len());
            found.pop()
        })
        .await
    }

    /// Waits until there is no such element.
    pub async fn gone(&self, role: &str, name: &str) {
        self.until(&format!("the end of the {role} “{name}”"), || async {
            self.all(role, name).await.is_empty().then_some(())
        })
        .await;
    }

    /// Clicks the element with this role and name, once it is there and enabled.
    pub async fn click(&self, role: &str, name: &str) {
        self.until(&format!("the {role} “{name}” to be clickable"), || async {
            let element = self.one(role, name).await;
            if !is_available(&element).await {
                return None;
            }
            self.click_element(&element).await
        })
        .await;
    }

    /// Clicks as a person does, who scrolls what is covered into the open. What is being drawn anew
    /// can be clicked a moment later.
    async fn click_element(&self, element: &WebElement) -> Option<()> {
        let scroll = "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })";
        let element_json = element.to_json().unwrap();
        self.browser.driver().execute(scroll, vec![element_json]).await.ok()?;
        element.click().await.ok()
    }

    /// Clicks a button.
    pub async fn press(&self, name: &str) {
        self.click("button", name).await;
    }

    /// What an `<output>` such as “New digest” says.
    pub async fn output(&self, name: &str) -> String {
        self.one("status", name).await.text().await.unwrap()
    }

    /// Waits until an `<output>` says something else than `before`, and returns it.
    pub async fn output_other_than(&self, name: &str, before: &str) -> String {
        self.until(&format!("“{name}” to change"), || async {
            Some(self.output(name).await).filter(|text| text != before && !text.is_empty())
        })
        .await
    }

    /// Waits until an `<output>` says `expected`.
    pub async fn expect_output(&self, name: &str, expected: &str) {
        self.until(&format!("“{name}” to be {expected}"), || async {
            (self.output(name).await == expected).then_some(())
        })
        .await;
    }

    /// All text of the page.
    pub async fn text(&self) -> String {
        let text = self.script("return document.body.innerText").await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page shows `text`.
    pub async fn expect_text(&self, text: &str) {
        self.until(&format!("the text “{text}”"), || async {
            self.text().await.contains(text).then_some(())
        })
        .await;
    }

    /// Waits until an alert says something with `text` in it, and returns all that alerts say.
    pub async fn expect_alert(&self, text: &str) -> String {
        self.until(&format!("an alert with “{text}”"), || async {
            Some(self.alerts().await).filter(|said| said.contains(text))
        })
        .await
    }

    /// What the alerts of the page say.
    pub async fn alerts(&self) -> String {
        let script = "return [...document.querySelectorAll('[role=alert]')].map(a => a.innerText).join('\\n')";
        self.script(script).await.as_str().unwrap_or_default().to_owned()
    }

    /// Presses keys one after the other with the focus where it is, such as `Key::Escape`.
    pub async fn key(&self, keys: impl Into<TypingData>) {
        self.browser.driver().action_chain().send_keys(keys).perform().await.unwrap();
    }

    /// Presses a key while others are held.
    pub async fn chord(&self, held: &[Key], key: char) {
        let mut chain = self.browser.driver().action_chain();
        for each in held {
            chain = chain.key_down(each.clone());
        }
        chain = chain.key_down(key).key_up(key);
        for each in held {
            chain = chain.key_up(each.clone());
        }
        chain.perform().await.unwrap();
    }

    /// Writes a picture of the window to `file`.
    pub async fn keep_picture(&self, file: &Path) {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let png = self.browser.driver().screenshot_as_png().await.unwrap();
        std::fs::write(file, png).unwrap();
    }

    async fn keep_evidence(&self, name: &str) -> PathBuf {
        let folder = root().join("target/e2e");
        std::fs::create_dir_all(&folder).ok();
        if let Ok(png) = self.browser.driver().screenshot_as_png().await {
            std::fs::write(folder.join(format!("{name}.png")), png).ok();
        }
        let mut report = String::new();
        if let Ok(url) = self.browser.driver().current_url().await {
            let _ = writeln!(report, "# Address\n{url}");
        }
        let text = self.browser.driver().execute("return document.body.innerText", vec![]).await;
        if let Ok(text) = text {
            let _ = writeln!(report, "\n# Text\n{}", text.json().as_str().unwrap_or_default());
        }
        // The session may be the very thing that broke.
        if self.browser.driver().title().await.is_ok() {
            let mut complaints = self.complaints().await;
            complaints.dedup();
            let _ = writeln!(report, "\n# Console\n{}", complaints.join("\n"));
            let _ = writeln!(report, "\n# Requests");
            for request in self.requests().await {
                let _ = writeln!(report, "{} {}", request.method, request.url);
            }
        }
        let file = folder.join(format!("{name}.txt"));
        std::fs::write(&file, report).ok();
        file
    }
}

/// Whether a control can be used now: what cannot says so, and keeps the focus.
pub async fn is_available(element: &WebElement) -> bool {
    let said = element.attr("aria-disabled").await.ok().flatten();
    said.as_deref() != Some("true") && element.is_enabled().await.unwrap_or(false)
}
