//! A proxy in front of a registry that spoils requests and answers on demand, and keeps what it was
//! sent.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::gate::Gate;

/// A running proxy; it ends with the process.
pub struct FaultProxy {
    port: u16,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    rule: Rule,
    seen: Vec<Asked>,
}

/// What happens to a request.
pub type Rule = Box<dyn FnMut(&Asked) -> Fault + Send>;

/// A request.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Its number since the rule was set, from 1, among those with the same method and path that
    /// are signed in, or not, as it is.
    pub nth: usize,
}

pub enum Fault {
    /// The registry answers.
    None,
    /// This is answered, and the registry hears nothing.
    Instead(Reply),
    /// The registry's answer is changed.
    Change(Box<dyn FnOnce(&mut Reply) + Send>),
    /// The registry hears nothing and nothing is answered.
    Lost,
    /// The registry answers, and the answer is lost.
    AnswerLost,
    /// The answer breaks off before its last bytes.
    BreaksOff,
    /// Nothing is answered as long as the client waits.
    Hangs,
    /// The registry hears of it once the gate is open.
    Held(Arc<Gate>),
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl FaultProxy {
    /// A proxy in front of `upstream` (`host:port`); without one everything is answered with 404.
    pub fn start(upstream: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Mutex::new(Shared { rule: Box::new(|_| Fault::None), seen: vec![] }));
        let own = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (shared, upstream) = (Arc::clone(&own), upstream.clone());
                // A client that went away is not an error of the test.
                thread::spawn(move || serve(&mut stream.unwrap(), upstream.as_deref(), &shared));
            }
        });
        Self { port, shared }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.host())
    }

    /// Its host and port.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Sets the rule and forgets what was seen.
    pub fn set(&self, rule: Rule) {
        *self.shared.lock().unwrap() = Shared { rule, seen: vec![] };
    }

    /// What was seen since the rule was set.
    pub fn seen(&self) -> Vec<Asked> {
        self.shared.lock().unwrap().seen.clone()
    }
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// Whether it carries credentials.
    pub fn is_signed_in(&self) -> bool {
        !self.header("authorization").is_empty()
    }

    /// Whether it is this method and a path that contains `part`.
    pub fn is(&self, method: &str, part: &str) -> bool {
        self.method == method && self.path.contains(part)
    }
}

impl Reply {
    pub fn new(status: u16, body: impl AsRef<[u8]>) -> Self {
        Self { status, headers: vec![], body: body.as_ref().to_vec() }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_lowercase(), value.to_owned()));
        self
    }

    pub fn header(&self, name: &str) -> String {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or(String::new(), |(_, value)| value.clone())
    }

    /// Replaces a header, or takes it away.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        self.headers.retain(|(known, _)| known != name);
        self.headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    }
}

fn serve(
    stream: &mut TcpStream,
    upstream: Option<&str>,
    shared: &Mutex<Shared>,
) -> std::io::Result<()> {
    let Some((mut asked, head)) = read_request(stream)? else { return Ok(()) };
    let fault = {
        let mut shared = shared.lock().unwrap();
        let same = |one: &&Asked| {
            one.method == asked.method
                && place(&one.path) == place(&asked.path)
                && one.is_signed_in() == asked.is_signed_in()
        };
        asked.nth = shared.seen.iter().filter(same).count() + 1;
        shared.seen.push(asked.clone());
        (shared.rule)(&asked)
    };
    let forward = || match upstream {
        Some(upstream) => send_on(upstream, &head, &asked),
        None => Ok(Reply::new(404, "")),
    };
    let cut = matches!(fault, Fault::BreaksOff);
    let reply = match fault {
        Fault::None | Fault::BreaksOff => forward()?,
        Fault::Instead(reply) => reply,
        Fault::Change(change) => {
            let mut reply = forward()?;
            change(&mut reply);
            reply
        }
        Fault::Lost => return Ok(()),
        Fault::AnswerLost => return forward().map(drop),
        Fault::Hangs => return stream.read(&mut [0; 16]).map(drop),
        Fault::Held(gate) => {
            gate.wait();
            forward()?
        }
    };
    write!(stream, "HTTP/1.1 {} X\r\nconnection: close\r\n", reply.status)?;
    let stated = reply.headers.iter().any(|(name, _)| name == "content-length");
    // What HEAD states is the length of what is not sent.
    let keeps_length = asked.method == "HEAD" && stated;
    for (name, value) in &reply.headers {
        if name != "connection" && (name != "content-length" || keeps_length) {
            write!(stream, "{name}: {value}\r\n")?;
        }
    }
    if asked.method != "HEAD" && reply.status != 204 {
        write!(stream, "content-length: {}\r\n\r\n", reply.body.len())?;
        let end = reply.body.len() - if cut { 2.min(reply.body.len()) } else { 0 };
        stream.write_all(&reply.body[..end])
    } else {
        write!(stream, "\r\n")
    }
}

/// The path without the query and without the name of an upload session.
fn place(path: &str) -> &str {
    let path = path.split('?').next().unwrap_or_default();
    path.find("/blobs/uploads/").map_or(path, |at| &path[..at])
}

fn read_request(stream: &mut TcpStream) -> std::io::Result<Option<(Asked, Vec<u8>)>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let mut lines = text.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    let (method, path) = (word(), word());
    let headers: Vec<(String, String)> = read_headers(lines);
    let mut asked = Asked { method, path, headers, body: vec![], nth: 0 };
    let len = asked.header("content-length").parse().unwrap_or(0);
    asked.body = vec![0; len];
    stream.read_exact(&mut asked.body)?;
    Ok(Some((asked, head)))
}

fn read_headers<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
    let pairs = lines.filter_map(|line| line.split_once(':'));
    pairs.map(|(name, value)| (name.to_lowercase(), value.trim().to_owned())).collect()
}

/// Sends the request on as HTTP/1.0, so that the answer comes in one piece.
fn send_on(upstream: &str, head: &[u8], asked: &Asked) -> std::io::Result<Reply> {
    let mut stream = TcpStream::connect(upstream)?;
    let head = String::from_utf8_lossy(head).replacen("HTTP/1.1", "HTTP/1.0", 1);
    // Browsers keep connections, whose end is not the end of an answer.
    let kept = |line: &&str| !line.to_ascii_lowercase().starts_with("connection:");
    let head: Vec<&str> = head.lines().filter(kept).collect();
    stream.write_all(head.join("\r\n").as_bytes())?;
    stream.write_all(b"\r\n")?;
    stream.write_all(&asked.body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(answer.len());
    let text = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = text.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or(502);
    let body = answer.get(end + 4..).unwrap_or_default().to_vec();
    Ok(Reply { status, headers: read_headers(lines), body })
}
