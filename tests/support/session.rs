//! A WebDriver session with a browser, which ends with it.

use std::process::Command;
use std::sync::{Condvar, Mutex};

use thirtyfour::prelude::*;

use super::http;
use super::process::Process;

/// Browsers that may run at the same time: what two cores can drive.
const SEATS: usize = 2;

static TAKEN: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// A browser and its driver.
#[derive(Debug)]
pub struct Session {
    /// The client of the session.
    pub driver: WebDriver,
    /// Where the driver answers for this session.
    pub url: String,
    id: Option<u64>,
    // In the order in which they end.
    process: Process,
    seat: Seat,
}

impl Session {
    /// Starts a driver, which says its port in a line of which `port` makes it, and by it a browser.
    pub async fn start(
        driver: &mut Command,
        port: impl Fn(&str) -> Option<u16>,
        browser: impl Into<Capabilities>,
    ) -> Self {
        let seat = Seat::take();
        let mut process = Process::start(driver);
        let server = format!("http://127.0.0.1:{}", process.line(port));
        let driver = WebDriver::new(&server, browser).await.unwrap_or_else(|error| {
            panic!("the browser did not start: {error}\n{}", process.said())
        });
        let url = format!("{server}/session/{}", driver.session_id());
        let started = serde_json::to_value(driver.capabilities()).unwrap();
        let id = ["goog:processID", "moz:processID"].map(|name| started[name].as_u64());
        Self { driver, url, id: id.into_iter().flatten().next(), process, seat }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The driver ends the browser with the session. Nothing can be awaited here, and the
        // session's own end on drop would wait for a runtime that is gone.
        self.driver.clone().leak().ok();
        let url = self.url.clone();
        let ended = std::panic::catch_unwind(move || http::send("DELETE", &url, &[], b""));
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
