//! Headless Firefox, driven through `geckodriver`: no more than a way through the page takes.
//!
//! Elements are found by the role and name that Firefox itself computes for assistive technology.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use serde_json::Value;
use thirtyfour::common::capabilities::firefox::FirefoxPreferences;
use thirtyfour::prelude::*;

use super::dir::Dir;
use super::http;
use super::process::{INTERVAL, PATIENCE};
use super::server::root;
use super::session::Session;

/// A browser with a profile of its own.
#[derive(Debug)]
pub struct Firefox {
    // In the order in which they end.
    session: Session,
    downloads: Dir,
    profiles: Dir,
}

impl Firefox {
    /// Starts headless Firefox.
    pub async fn start() -> Self {
        let (profiles, downloads) = (Dir::new("profiles"), Dir::new("downloads"));
        let mut options = DesiredCapabilities::firefox();
        options.set_headless().unwrap();
        let mut preferences = FirefoxPreferences::new();
        preferences.set("intl.accept_languages", "en-US").unwrap();
        preferences.set("browser.download.folderList", 2).unwrap();
        let folder = downloads.path().to_str().unwrap();
        preferences.set("browser.download.dir", folder).unwrap();
        options.set_preferences(preferences).unwrap();
        let port = |line: &str| line.split_once("Listening on 127.0.0.1:")?.1.trim().parse().ok();
        let mut driver = Command::new(geckodriver());
        driver.args(["--port", "0", "--websocket-port", "0", "--profile-root"]);
        let session = Session::start(driver.arg(profiles.path()), port, options).await;
        Self { session, downloads, profiles }
    }

    /// Goes to `url`.
    pub async fn go_to(&self, url: &str) {
        self.session.driver.goto(url).await.unwrap();
    }

    /// Clicks the element with this role and name, once it is there and enabled.
    pub async fn click(&self, role: &str, name: &str) {
        self.until(&format!("the {role} “{name}” to be clickable"), || async {
            let element = self.find(role, name).await?;
            let enabled = super::page::is_available(&element).await;
            if enabled { element.click().await.ok() } else { None }
        })
        .await;
    }

    /// Replaces the text of the field with this name, by typing.
    pub async fn fill(&self, name: &str, text: &str) {
        self.until(&format!("the field “{name}”"), || async {
            let field = self.find("textbox", name).await?;
            field.clear().await.ok()?;
            field.send_keys(text).await.ok()
        })
        .await;
    }

    /// What an `<output>` such as “New digest” says, once it says something else than `before`.
    pub async fn output_other_than(&self, name: &str, before: &str) -> String {
        self.until(&format!("“{name}” to change"), || async {
            let text = self.find("status", name).await?.text().await.ok()?;
            (text != before && !text.is_empty()).then_some(text)
        })
        .await
    }

    /// Waits until an `<output>` says `expected`.
    pub async fn expect_output(&self, name: &str, expected: &str) {
        self.until(&format!("“{name}” to be {expected}"), || async {
            let text = self.find("status", name).await?.text().await.ok()?;
            (text == expected).then_some(())
        })
        .await;
    }

    /// Waits until the page shows `text`.
    pub async fn expect_text(&self, text: &str) {
        self.until(&format!("the text “{text}”"), || async {
            self.text().await.contains(text).then_some(())
        })
        .await;
    }

    /// Waits for a download to end, and returns its bytes.
    pub async fn downloaded(&self) -> Vec<u8> {
        self.until("a download", || async {
            let files = std::fs::read_dir(self.downloads.path()).unwrap();
            let files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
            // While it arrives there is a second one, with “.part” at its end.
            let [file] = &files[..] else { return None };
            let bytes = std::fs::read(file).unwrap();
            (!bytes.is_empty()).then_some(bytes)
        })
        .await
    }

    async fn text(&self) -> String {
        let text = self.session.driver.execute("return document.body.innerText", vec![]).await;
        text.ok().and_then(|text| text.json().as_str().map(str::to_owned)).unwrap_or_default()
    }

    async fn find(&self, role: &str, name: &str) -> Option<WebElement> {
        let selector = match role {
            "button" => "button",
            "status" => "output",
            "tab" => "[role=tab]",
            "switch" => "[role=switch]",
            "textbox" => "input[type=text], input[type=password], textarea",
            other => panic!("where would a {other} be?"),
        };
        let candidates = self.session.driver.find_all(By::Css(selector)).await.ok()?;
        candidates.into_iter().find(|element| {
            let computed = |what: &str| {
                let url = format!("{}/element/{}/{what}", self.session.url, element.element_id());
                let answer: Option<Value> = serde_json::from_slice(&http::get(&url, &[]).body).ok();
                answer.and_then(|answer| answer["value"].as_str().map(str::to_owned))
            };
            computed("computedlabel").as_deref() == Some(name)
                && computed("computedrole").as_deref() == Some(role)
        })
    }

    async fn until<T, F: Future<Output = Option<T>>>(&self, what: &str, look: impl Fn() -> F) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = look().await {
                return found;
            }
            let late = start.elapsed() > PATIENCE;
            assert!(
                !late,
                "Firefox waited in vain for {what}; the page says:\n{}",
                self.text().await
            );
            tokio::time::sleep(INTERVAL).await;
        }
    }
}

/// The driver: what `LAYERMARK_GECKODRIVER` names, or where `cargo xtask test e2e` puts it.
fn geckodriver() -> PathBuf {
    let usual = || root().join("target/tools/bin/geckodriver");
    let file = env::var_os("LAYERMARK_GECKODRIVER").map_or_else(usual, PathBuf::from);
    assert!(file.exists(), "no geckodriver; run: cargo xtask test e2e");
    file
}
