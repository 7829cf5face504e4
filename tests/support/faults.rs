//! A registry that misbehaves on demand: a proxy that injects faults, and keeps what it was sent.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A running proxy.
#[derive(Debug)]
pub struct FaultyRegistry {
    /// Its address, such as `http://127.0.0.1:5000`.
    pub url: String,
    /// Its host and port.
    pub host: String,
    seen: Arc<Mutex<Vec<Request>>>,
    ended: Arc<AtomicBool>,
}

/// What a client sent.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method.
    pub method: String,
    /// Path and query.
    pub target: String,
    headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// How many requests of this method and path, without the query, came before.
    pub before: usize,
}

/// What a client gets.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers; the length of the body is added.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// How long the body is said to be, if that is not how long it is.
    pub claimed: Option<usize>,
    /// Whether the length is not told, and the end of the connection ends the body.
    pub unframed: bool,
}

/// What becomes of a request.
pub enum Fault {
    /// It goes on to the registry, and the answer comes back.
    Forward,
    /// So it does, but the answer is changed.
    Change(Box<dyn FnOnce(&mut Answer)>),
    /// It is answered here.
    Answer(Answer),
    /// The registry gets it, but the connection is cut before its answer.
    StoreAndCut,
    /// The connection is cut at once.
    Cut,
    /// Nothing comes until the client gives up.
    Hang,
    /// The answer begins and then stops.
    Stall(Answer),
}

impl FaultyRegistry {
    /// A proxy in front of `upstream` (such as `http://127.0.0.1:5000`); `script` says what becomes
    /// of each request.
    pub fn start(
        upstream: &str,
        script: impl Fn(&Request) -> Fault + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let (seen, ended) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let upstream = upstream.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let context = Arc::new(Context {
            upstream,
            script: Box::new(script),
            seen: Arc::clone(&seen),
            counts: Mutex::default(),
        });
        let end = Arc::clone(&ended);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if end.load(Ordering::Relaxed) {
                    return;
                }
                let context = Arc::clone(&context);
                thread::spawn(move || context.serve(stream));
            }
        });
        Self { url: format!("http://{host}"), host, seen, ended }
    }

    /// A server of somebody else, who answers everything with 200 and keeps what was sent.
    pub fn stranger() -> Self {
        Self::start("127.0.0.1:9", |_| {
            Fault::Answer(Answer::new(200).with("access-control-allow-origin", "*").json("{}"))
        })
    }

    /// All requests so far.
    pub fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// How many requests of this method had `part` in their path and query.
    pub fn count(&self, method: &str, part: &str) -> usize {
        self.seen().iter().filter(|request| request.is(method, part)).count()
    }

    /// Fails if a credential came here: in a header, in the address or in a body.
    pub fn saw_no_credential(&self, secrets: &[&str]) {
        for request in self.seen() {
            assert_eq!(request.header("authorization"), None, "{request:?}");
            let body = String::from_utf8_lossy(&request.body).into_owned();
            for secret in secrets {
                assert!(!request.target.contains(secret), "{request:?}");
                assert!(!body.contains(secret), "{request:?}");
            }
        }
    }
}

impl Drop for FaultyRegistry {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // So that the listener takes note of it.
        TcpStream::connect(&self.host).ok();
    }
}

impl Request {
    /// Whether it has this method and `part` in its path and query.
    pub fn is(&self, method: &str, part: &str) -> bool {
        self.method == method && self.target.contains(part)
    }

    /// The value of a header, named in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl Answer {
    /// An empty one.
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), claimed: None, unframed: false }
    }

    /// With another header, named in lower case.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a body of this type.
    #[must_use]
    pub fn body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.with("content-type", media_type)
    }

    /// With JSON as body.
    #[must_use]
    pub fn json(self, body: &str) -> Self {
        self.body("application/json", body)
    }

    /// With a page as body.
    #[must_use]
    pub fn html(self) -> Self {
        self.body("text/html", "<!doctype html><title>Sign in to the portal</title>")
    }

    /// A registry's refusal with one error.
    pub fn refusal(status: u16, code: &str, message: &str) -> Self {
        Self::new(status).json(&format!(
            r#"{{"errors":[{{"code":"{code}","message":"{message}","detail":null}}]}}"#
        ))
    }

    /// The value of a header, named in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Sets a header, named in lower case, or takes it away.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        self.headers.retain(|(key, _)| key != name);
        if let Some(value) = value {
            self.headers.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Takes away what lets pages of other origins read it.
    pub fn without_cors(&mut self) {
        self.headers.retain(|(name, _)| !name.starts_with("access-control-"));
    }

    fn write(&self, stream: &mut TcpStream, head_only: bool) -> std::io::Result<()> {
        let mut head = format!("HTTP/1.1 {} Injected\r\nconnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        // What HEAD would have got is what its answer tells.
        let told = head_only && self.header("content-length").is_some();
        if !self.unframed && !told {
            let length = self.claimed.unwrap_or(self.body.len());
            let _ = write!(head, "content-length: {length}\r\n");
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes())?;
        if !head_only {
            stream.write_all(&self.body)?;
        }
        stream.flush()
    }
}

struct Context {
    upstream: String,
    script: Box<dyn Fn(&Request) -> Fault + Send + Sync>,
    seen: Arc<Mutex<Vec<Request>>>,
    counts: Mutex<BTreeMap<String, usize>>,
}

impl Context {
    fn serve(&self, mut stream: TcpStream) {
        // A client that went away is no matter here.
        self.exchange(&mut stream).ok();
    }

    fn exchange(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        let Some(mut request) = read_request(stream)? else { return Ok(()) };
        let path = request.target.split('?').next().unwrap_or_default();
        let key = format!("{} {path}", request.method);
        request.before = {
            let mut counts = self.counts.lock().unwrap();
            let count = counts.entry(key).or_default();
            *count += 1;
            *count - 1
        };
        self.seen.lock().unwrap().push(request.clone());
        let head_only = request.method == "HEAD";
        match (self.script)(&request) {
            Fault::Forward => self.forward(&request)?.write(stream, head_only),
            Fault::Change(change) => {
                let mut answer = self.forward(&request)?;
                change(&mut answer);
                answer.write(stream, head_only)
            }
            Fault::Answer(answer) => answer.write(stream, head_only),
            Fault::StoreAndCut => self.forward(&request).map(drop),
            Fault::Cut => Ok(()),
            Fault::Hang => wait_for_the_end(stream),
            Fault::Stall(answer) => {
                answer.write(stream, head_only)?;
                wait_for_the_end(stream)
            }
        }
    }

    fn forward(&self, request: &Request) -> std::io::Result<Answer> {
        let mut upstream = TcpStream::connect(&self.upstream)?;
        let mut head = format!("{} {} HTTP/1.1\r\n", request.method, request.target);
        for (name, value) in &request.headers {
            if !matches!(name.as_str(), "connection" | "content-length" | "transfer-encoding") {
                let _ = write!(head, "{name}: {value}\r\n");
            }
        }
        let _ = write!(head, "connection: close\r\ncontent-length: {}\r\n\r\n", request.body.len());
        upstream.write_all(head.as_bytes())?;
        upstream.write_all(&request.body)?;
        read_answer(upstream, request.method == "HEAD")
    }
}

/// Waits until the client closes the connection.
fn wait_for_the_end(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    let mut rest = [0; 1024];
    while stream.read(&mut rest)? > 0 {}
    Ok(())
}

fn read_request(stream: &mut TcpStream) -> std::io::Result<Option<Request>> {
    let mut reader = BufReader::new(stream);
    let Some((first, headers)) = read_head(&mut reader)? else { return Ok(None) };
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (method, target) = (method.to_owned(), target.to_owned());
    let body = read_body(&mut reader, &headers, false)?;
    Ok(Some(Request { method, target, headers, body, before: 0 }))
}

fn read_answer(stream: TcpStream, head_only: bool) -> std::io::Result<Answer> {
    let mut reader = BufReader::new(stream);
    let (first, mut headers) = read_head(&mut reader)?.unwrap_or_default();
    let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(502);
    let body = if head_only { Vec::new() } else { read_body(&mut reader, &headers, true)? };
    // The length is told anew; for HEAD it is that of a body that does not come.
    headers.retain(|(name, _)| {
        !matches!(name.as_str(), "connection" | "transfer-encoding")
            && (head_only || name != "content-length")
    });
    Ok(Answer { status, headers, body, claimed: None, unframed: false })
}

type Head = (String, Vec<(String, String)>);

fn read_head(reader: &mut impl std::io::BufRead) -> std::io::Result<Option<Head>> {
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Ok(Some((first.trim_end().to_owned(), headers)))
}

fn read_body(
    reader: &mut impl std::io::BufRead,
    headers: &[(String, String)],
    until_end: bool,
) -> std::io::Result<Vec<u8>> {
    let header = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let mut body = Vec::new();
    if header("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let size = usize::from_str_radix(line.trim(), 16).unwrap_or(0);
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk)?;
            if size == 0 {
                return Ok(body);
            }
            body.extend_from_slice(&chunk[..size]);
        }
    }
    match header("content-length").and_then(|value| value.parse().ok()) {
        Some(length) => {
            body.resize(length, 0);
            reader.read_exact(&mut body)?;
        }
        None if until_end => {
            reader.read_to_end(&mut body)?;
        }
        None => {}
    }
    Ok(body)
}
