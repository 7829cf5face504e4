//! Headless Chromium, driven through `chromedriver`.

use std::process::Command;
use std::sync::{Condvar, Mutex};

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use super::dir::Dir;
use super::http;
use super::process::Process;

/// Browsers that may run at the same time: what two cores can drive.
const SEATS: usize = 2;

static TAKEN: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// A browser with a profile of its own.
#[derive(Debug)]
pub struct Browser {
    /// The WebDriver session.
    pub driver: WebDriver,
    /// Where downloads go.
    pub downloads: Dir,
    session: String,
    id: Option<u64>,
    // In the order in which they end.
    process: Process,
    profile: Dir,
    seat: Seat,
}

impl Browser {
    /// Starts headless Chromium.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts headless Chromium with further flags.
    pub async fn start_with(flags: &[String]) -> Self {
        let seat = Seat::take();
        let (profile, downloads) = (Dir::new("profile"), Dir::new("downloads"));
        let mut process = Process::start(Command::new("chromedriver").arg("--port=0"));
        let port = process.line(|line| {
            line.split_once("started successfully on port ")
                .and_then(|(_, port)| port.trim_end_matches('.').parse::<u16>().ok())
        });
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
        let server = format!("http://127.0.0.1:{port}");
        let driver = WebDriver::new(&server, options).await.unwrap_or_else(|error| {
            panic!("Chromium did not start (Debian package chromium): {error}\n{}", process.said())
        });
        let session = format!("{server}/session/{}", driver.session_id());
        let capabilities = driver.capabilities();
        let id = serde_json::to_value(capabilities)
            .ok()
            .and_then(|all| all.get("goog:processID").and_then(Value::as_u64));
        Self { driver, downloads, session, id, process, profile, seat }
    }

    /// Sends a command of the Chrome DevTools Protocol.
    pub async fn cdp(&self, method: &str, parameters: Value) -> Value {
        let answer = self.driver.cdp().send_raw(method, parameters).await;
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends the browser with the session. Nothing can be awaited here, and the
        // session's own end on drop would wait for a runtime that is gone.
        self.driver.clone().leak().ok();
        let session = self.session.clone();
        let ended = std::panic::catch_unwind(move || http::send("DELETE", &session, &[], b""));
        if ended.is_err()
            && let Some(id) = self.id
        {
            Command::new("kill").arg("-KILL").arg(id.to_string()).status().ok();
        }
    }
}

/// The right to run one browser.
#[derive(Debug)]
struct Seat;

impl Seat {
    fn take() -> Self {
        let (taken, freed) = &TAKEN;
        let mut taken = freed.wait_while(taken.lock().unwrap(), |taken| *taken >= SEATS).unwrap();
        *taken += 1;
        Self
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let (taken, freed) = &TAKEN;
        *taken.lock().unwrap() -= 1;
        freed.notify_one();
    }
}
