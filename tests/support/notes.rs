//! What the browser noted of a page: its console and the requests that it sent.

use std::collections::BTreeSet;

use serde_json::Value;

use super::page::Page;

/// What the browser noted, and what of it was announced by the test.
#[derive(Debug, Default)]
pub struct Seen {
    console: Vec<String>,
    requests: Vec<Request>,
    /// The origins that may be asked.
    pub origins: BTreeSet<String>,
    /// What the console may say.
    pub excused: Vec<String>,
}

/// A request that the browser sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Its method.
    pub method: String,
    /// Where it went.
    pub url: String,
    /// The header `Authorization`, if it was sent.
    pub authorization: Option<String>,
    id: String,
}

impl Request {
    /// Scheme, host and port.
    pub fn origin(&self) -> &str {
        origin(&self.url)
    }

    /// The part after the origin.
    pub fn path(&self) -> &str {
        &self.url[self.origin().len()..]
    }
}

impl Page {
    /// Every request so far, in the order in which they were sent.
    pub async fn requests(&self) -> Vec<Request> {
        self.take_notes().await;
        self.seen.lock().unwrap().requests.clone()
    }

    /// The console's errors and warnings so far, without those that are excused.
    pub async fn complaints(&self) -> Vec<String> {
        self.take_notes().await;
        let seen = self.seen.lock().unwrap();
        let excused = |line: &String| !seen.excused.iter().any(|text| line.contains(text));
        seen.console.iter().filter(|line| excused(line)).cloned().collect()
    }

    /// Fails where the console complains, or something was asked that is not allowed.
    pub async fn check(&self) {
        let complaints = self.complaints().await;
        assert!(complaints.is_empty(), "the console says: {complaints:#?}");
        let requests = self.requests().await;
        let seen = self.seen.lock().unwrap();
        for request in requests {
            let allowed = seen.origins.contains(request.origin());
            assert!(allowed, "a request that was not expected: {request:?}");
        }
    }

    /// Takes over what the browser logged since the last time.
    async fn take_notes(&self) {
        let console = self.browser.driver().get_log("browser").await.unwrap();
        let network = self.browser.driver().get_log("performance").await.unwrap();
        let mut seen = self.seen.lock().unwrap();
        for entry in console {
            if matches!(entry.level.as_str(), "SEVERE" | "WARNING") {
                seen.console.push(entry.message);
            }
        }
        for entry in network {
            let event: Value = serde_json::from_str(&entry.message).unwrap();
            note(&mut seen.requests, &event["message"]);
        }
    }
}

/// Notes what an event of the protocol's domain `Network` tells of requests.
fn note(requests: &mut Vec<Request>, event: &Value) {
    let parameters = &event["params"];
    let id = parameters["requestId"].as_str().unwrap_or_default();
    let header = |headers: &Value| {
        let headers = headers.as_object()?;
        let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
        found.1.as_str().map(str::to_owned)
    };
    match event["method"].as_str() {
        Some("Network.requestWillBeSent") => {
            let request = &parameters["request"];
            let url = request["url"].as_str().unwrap_or_default();
            if url.starts_with("http") {
                requests.push(Request {
                    method: request["method"].as_str().unwrap_or_default().to_owned(),
                    url: url.to_owned(),
                    authorization: header(&request["headers"]),
                    id: id.to_owned(),
                });
            }
        }
        // What really went over the wire.
        Some("Network.requestWillBeSentExtraInfo") => {
            let sent = header(&parameters["headers"]);
            if let Some(request) = requests.iter_mut().rev().find(|request| request.id == id) {
                request.authorization = sent.or(request.authorization.take());
            }
        }
        _ => {}
    }
}

/// Scheme, host and port of a URL.
pub fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find(['/', '?', '#']).map_or(url.len(), |at| host + at);
    &url[..end]
}
