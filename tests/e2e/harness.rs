//! Servers and browsers of a test, ended with it.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use thirtyfour::prelude::*;

/// How long anything may take: a start of a browser on a busy machine, mostly.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A process that is ended with this value.
pub(crate) struct Process(Child);

/// The page's server, on a port of its own.
pub(crate) struct Server {
    /// Where the page is, such as `http://127.0.0.1:40123/`.
    pub(crate) url: String,
    _process: Process,
}

/// A browser with its driver.
pub(crate) struct Browser {
    /// The WebDriver session.
    pub(crate) driver: WebDriver,
    session: String,
    _process: Process,
}

/// A value that the tests are told by `cargo xtask test e2e`.
pub(crate) fn told(name: &str) -> PathBuf {
    let value = env::var_os(name);
    value.unwrap_or_else(|| panic!("{name} is not set; run: cargo xtask test e2e")).into()
}

impl Process {
    /// Starts `command` and returns it with what `find` makes of the first fitting line of its
    /// output.
    pub(crate) fn start<T: Send + 'static>(
        command: &mut Command,
        find: impl Fn(&str) -> Option<T> + Send + 'static,
    ) -> (Self, T) {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
        let output = child.stdout.take().expect("stdout is piped");
        let process = Self(child);
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            // Reads to the end, so that the process never waits for its output to be taken.
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some(found) = find(&line) {
                    sender.send(found).ok();
                }
            }
        });
        let found = receiver.recv_timeout(PATIENCE);
        (process, found.unwrap_or_else(|_| panic!("{name} did not start")))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Server {
    /// Serves the built page with the embedded registry.
    pub(crate) fn start() -> Self {
        Self::serve(&told("LAYERMARK_DIST"), &[])
    }

    /// Serves the page in `dist`; `options` are further ones of `cargo xtask serve`.
    pub(crate) fn serve(dist: &Path, options: &[&str]) -> Self {
        let mut command = Command::new(told("LAYERMARK_XTASK"));
        command.args(["serve", "--no-build", "--port", "0", "--dist"]).arg(dist).args(options);
        let (process, url) = Process::start(command.stderr(Stdio::null()), |line| {
            line.strip_prefix("Serving ").map(str::to_owned)
        });
        Self { url, _process: process }
    }
}

impl Browser {
    /// Starts a headless Chromium with a profile of its own.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a headless Chromium with further flags.
    pub(crate) async fn start_with(flags: &[&str]) -> Self {
        let port = free_port();
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}")).stderr(Stdio::null());
        let (process, ()) = Process::start(&mut command, |line| {
            line.contains("started successfully").then_some(())
        });
        let mut options = DesiredCapabilities::chrome();
        let standard = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--window-size=1280,900",
            "--lang=en-US",
        ];
        for flag in standard.iter().chain(flags) {
            options.add_arg(flag).expect("flags are strings");
        }
        let logs = serde_json::json!({ "browser": "ALL" });
        options.set("goog:loggingPrefs", logs).expect("it is JSON");
        let address = format!("http://127.0.0.1:{port}");
        let driver = WebDriver::new(&address, options).await.expect("chromedriver gives a session");
        // Left to itself, the session would be ended by a request that waits for this very thread
        // when a test fails.
        driver.clone().leak().expect("the session is new");
        let session = format!("{address}/session/{}", driver.session_id());
        Self { driver, session, _process: process }
    }

    /// Errors and warnings that the browser's console has got since the last call.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let entries = self.driver.browser_log().await.expect("the browser keeps a log");
        entries
            .into_iter()
            .filter(|entry| matches!(entry.level.as_str(), "SEVERE" | "WARNING"))
            .map(|entry| entry.message)
            .collect()
    }

    /// Waits until `script` (the body of a function) returns something true, and returns it.
    pub(crate) async fn until(&self, script: &str) -> serde_json::Value {
        let start = Instant::now();
        loop {
            let value = self.driver.execute(script, Vec::new()).await.expect("the script runs");
            let value = value.json().clone();
            if !matches!(value, serde_json::Value::Null | serde_json::Value::Bool(false)) {
                return value;
            }
            assert!(start.elapsed() < PATIENCE, "waited in vain for: {script}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser would stay if only its driver ended.
        ureq::delete(&self.session).call().ok();
    }
}

/// A port of 127.0.0.1 that nothing listens on.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("there are free ports");
    listener.local_addr().expect("it is bound").port()
}
