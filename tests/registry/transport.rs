//! The transport of native tests: blocking HTTP on loopback.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::rc::Rc;
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use layermark::registry::{
    Body, Chunks, Deadline, FileSlice, Headers, Http, Incoming, Pending, Redirect, Request,
    Transport, TransportError,
};
use ureq::config::RedirectAuthHeaders;
use ureq::http;

/// Blocking HTTP, which keeps a list of what it sent.
#[derive(Clone, Default)]
pub struct Native {
    files: Rc<RefCell<Vec<PathBuf>>>,
    sent: Rc<RefCell<Vec<String>>>,
    /// In a hurry nothing is waited for: sleeping moves the clock, and an answer has this many
    /// milliseconds.
    hurry: Option<u64>,
    slept: Rc<Cell<u64>>,
}

impl Native {
    /// One that waits for nothing.
    pub fn hurried() -> Self {
        Self { hurry: Some(700), ..Self::default() }
    }

    pub fn http(&self) -> Http {
        Http::new(self.clone())
    }

    /// Makes a file known, for [`FileSlice::file`].
    pub fn add_file(&self, path: PathBuf) -> u32 {
        let mut files = self.files.borrow_mut();
        files.push(path);
        u32::try_from(files.len() - 1).unwrap()
    }

    /// `METHOD path` of every request since the last call.
    pub fn take_sent(&self) -> Vec<String> {
        self.sent.take()
    }

    /// A request as any client could make it: status and headers of the answer.
    pub fn raw(method: &str, url: &str, headers: &[(&str, &str)]) -> (u16, Headers) {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let mut builder = http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let answer = agent.run(builder.body(()).unwrap()).unwrap();
        (answer.status().as_u16(), readable(answer.headers()))
    }

    fn send(&self, request: &Request) -> Result<Incoming, TransportError> {
        let line = format!("{} {}", request.method.name(), request.url.path());
        self.sent.borrow_mut().push(line);
        let (Deadline::Whole(ms) | Deadline::Stall(ms)) = request.deadline;
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .redirect_auth_headers(RedirectAuthHeaders::Never)
            .max_redirects(if request.redirect == Redirect::Follow { 10 } else { 0 })
            .max_redirects_will_error(false)
            .timeout_global(Some(Duration::from_millis(self.hurry.unwrap_or(ms))))
            .build()
            .new_agent();
        let mut builder =
            http::Request::builder().method(request.method.name()).uri(request.url.to_string());
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        let failed = |_| TransportError::Failed;
        let answer = match &request.body {
            Body::None => agent.run(builder.body(()).map_err(failed)?),
            Body::Bytes(bytes) => agent.run(builder.body(&bytes[..]).map_err(failed)?),
            Body::File(slice) => agent.run(builder.body(self.read_file(*slice)).map_err(failed)?),
        };
        let answer = answer.map_err(|error| match error {
            ureq::Error::Timeout(_) => TransportError::Timeout,
            _ => TransportError::Failed,
        })?;
        let status = answer.status().as_u16();
        if request.redirect != Redirect::Follow && (300..400).contains(&status) {
            return Err(TransportError::Failed);
        }
        let headers = readable(answer.headers());
        let body: Box<dyn Chunks> = Box::new(Reading(Box::new(answer.into_body().into_reader())));
        Ok(Incoming { status, headers, redirected_to: None, body })
    }

    fn read_file(&self, slice: FileSlice) -> Vec<u8> {
        let path = self.files.borrow()[slice.file as usize].clone();
        let mut file = File::open(path).unwrap();
        file.seek(SeekFrom::Start(slice.start)).unwrap();
        let mut bytes = vec![0; usize::try_from(slice.len).unwrap()];
        file.read_exact(&mut bytes).unwrap();
        bytes
    }
}

fn readable(map: &http::HeaderMap) -> Headers {
    let mut headers = Headers::new();
    for (name, value) in map {
        headers.add(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
    }
    headers
}

impl Transport for Native {
    fn open(&self, request: Request) -> Pending<'_, Result<Incoming, TransportError>> {
        let answer = if request.cancel.is_cancelled() {
            Err(TransportError::Cancelled)
        } else {
            self.send(&request)
        };
        Box::pin(async { answer })
    }

    fn sleep(&self, ms: u64) -> Pending<'_, ()> {
        self.slept.set(self.slept.get() + ms);
        if self.hurry.is_none() {
            sleep(Duration::from_millis(ms));
        }
        Box::pin(async {})
    }

    fn now_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let hurried = if self.hurry.is_some() { self.slept.get() } else { 0 };
        u64::try_from(since.as_millis()).unwrap() + hurried
    }
}

struct Reading(Box<dyn Read>);

impl Chunks for Reading {
    fn next(&mut self) -> Pending<'_, Result<Option<Vec<u8>>, TransportError>> {
        let mut chunk = vec![0; 64 * 1024];
        let piece = match self.0.read(&mut chunk) {
            Ok(0) => Ok(None),
            Ok(len) => {
                chunk.truncate(len);
                Ok(Some(chunk))
            }
            Err(_) => Err(TransportError::Failed),
        };
        Box::pin(async { piece })
    }
}
