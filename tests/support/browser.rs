//! Headless Chromium, driven through `chromedriver`.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::dir::Dir;
use super::program::program;
use super::session::Session;

/// A browser with a profile of its own.
#[derive(Debug)]
pub struct Browser {
    /// Where downloads go.
    pub downloads: Dir,
    // In the order in which they end.
    session: Session,
    profile: Dir,
}

impl Browser {
    /// Starts headless Chromium.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts headless Chromium with further flags.
    pub async fn start_with(flags: &[String]) -> Self {
        let (profile, downloads) = (Dir::new("profile"), Dir::new("downloads"));
        let mut options = DesiredCapabilities::chrome();
        let standard = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--lang=en-US",
            "--window-size=1280,1000",
        ];
        for flag in standard {
            options.add_arg(flag).unwrap();
        }
        options.add_arg(&format!("--user-data-dir={}", profile.path().display())).unwrap();
        for flag in flags {
            options.add_arg(flag).unwrap();
        }
        let preferences = json!({ "download.default_directory": downloads.path() });
        options.add_experimental_option("prefs", preferences).unwrap();
        // The console, and every request with its headers.
        options
            .set("goog:loggingPrefs", json!({ "browser": "ALL", "performance": "ALL" }))
            .unwrap();
        let port = |line: &str| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        };
        let mut driver = program("chromedriver");
        let session = Session::start(driver.arg("--port=0"), port, options).await;
        Self { downloads, session, profile }
    }

    /// The client of the WebDriver session.
    pub fn driver(&self) -> &WebDriver {
        &self.session.driver
    }

    /// Sends a command of the Chrome DevTools Protocol.
    pub async fn cdp(&self, method: &str, parameters: Value) -> Value {
        let answer = self.driver().cdp().send_raw(method, parameters).await;
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }
}
