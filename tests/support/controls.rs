//! Fields, switches and files of a page, as a person sets them.

use std::path::Path;

use serde_json::json;
use thirtyfour::prelude::*;

use super::page::{Page, is_available};

impl Page {
    /// Turns a switch to `on`.
    pub async fn switch(&self, name: &str, on: bool) {
        self.expect_switch_settable(name).await;
        if self.is_on(name).await != on {
            self.click("switch", name).await;
        }
        self.until(&format!("“{name}” to be {on}"), || async {
            (self.is_on(name).await == on).then_some(())
        })
        .await;
    }

    /// Whether a switch or checkbox is on.
    pub async fn is_on(&self, name: &str) -> bool {
        self.one("switch", name).await.is_selected().await.unwrap()
    }

    async fn expect_switch_settable(&self, name: &str) {
        assert!(is_available(&self.one("switch", name).await).await, "“{name}” is disabled");
    }

    /// Replaces the text of a field, as pasting does.
    pub async fn fill(&self, name: &str, text: &str) {
        self.fill_as("textbox", name, text).await;
    }

    /// Replaces the text of a field with this role, as pasting does; one with suggestions is a
    /// `combobox`.
    pub async fn fill_as(&self, role: &str, name: &str, text: &str) {
        let field = self.one(role, name).await;
        self.browser
            .driver()
            .execute(
                "arguments[0].scrollIntoView({block: 'center'}); arguments[0].focus(); arguments[0].select()",
                vec![field.to_json().unwrap()],
            )
            .await
            .unwrap();
        if text.is_empty() {
            field.send_keys(Key::Delete + "").await.unwrap();
        } else {
            self.cdp("Input.insertText", json!({ "text": text })).await;
        }
    }

    /// The text of a field.
    pub async fn field(&self, name: &str) -> String {
        let field = self.one("textbox", name).await;
        field.prop("value").await.unwrap().unwrap_or_default()
    }

    /// What describes a field: its help, or what is wrong with it.
    pub async fn description(&self, name: &str) -> String {
        let field = self.one("textbox", name).await;
        let script = "return (arguments[0].getAttribute('aria-describedby') ?? '').split(' ')
            .map(id => document.getElementById(id)?.innerText ?? '').join(' ')";
        let text = self.script_with(script, vec![field.to_json().unwrap()]).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Chooses a file in the only file field of the page.
    pub async fn choose(&self, file: &Path) {
        self.choose_at("input[type=file]", file).await;
    }

    /// Chooses a file in the first field that fits the CSS `selector`.
    pub async fn choose_at(&self, selector: &str, file: &Path) {
        let field = self.until("a file field", || async {
            self.browser.driver().find(By::Css(selector)).await.ok()
        });
        field.await.send_keys(file.to_str().unwrap()).await.unwrap();
    }

    /// Drops a file on the first element that fits the CSS `selector`.
    pub async fn drop_file(&self, selector: &str, file: &Path) {
        let place = self
            .until(&format!("the place to drop at, {selector}"), || async {
                let script = "const e = document.querySelector(arguments[0]); if (!e) return null;
                    e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();
                    return [r.x + r.width / 2, r.y + r.height / 2]";
                let place = self.script_with(script, vec![json!(selector)]).await;
                (!place.is_null()).then_some(place)
            })
            .await;
        let data = json!({ "items": [], "files": [file], "dragOperationsMask": 1 });
        for kind in ["dragEnter", "dragOver", "drop"] {
            let event = json!({ "type": kind, "x": place[0], "y": place[1], "data": data });
            self.cdp("Input.dispatchDragEvent", event).await;
        }
    }

    /// Waits for a download to end, takes the file away and returns its name and bytes.
    pub async fn downloaded(&self) -> (String, Vec<u8>) {
        let folder = self.browser.downloads.path().to_owned();
        let file = self
            .until("a download", || async {
                std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).find(
                    |path| {
                        let name = path.file_name().unwrap().to_string_lossy().into_owned();
                        !name.starts_with('.')
                            && !name.ends_with(".crdownload")
                            && !folder.join(format!("{name}.crdownload")).exists()
                    },
                )
            })
            .await;
        let bytes = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        (file.file_name().unwrap().to_string_lossy().into_owned(), bytes)
    }

    /// What the clipboard holds once it `fits`, read as people do: by pasting it into the field
    /// `name`.
    pub async fn clipboard(&self, name: &str, fits: impl Fn(&str) -> bool) -> String {
        self.until("the clipboard", || async {
            self.fill(name, "").await;
            let field = self.one("textbox", name).await;
            field.send_keys(Key::Control + "v").await.unwrap();
            Some(self.field(name).await).filter(|text| fits(text))
        })
        .await
    }
}
