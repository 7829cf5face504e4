//! A server of layers that answers well, wrongly, slowly, without end or not at all.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::gate::Gate;

/// A running server; it ends with the test program.
#[derive(Debug)]
pub struct LayerServer {
    /// Its origin, such as `http://127.0.0.1:5000`.
    pub url: String,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    /// The heads of all requests.
    heads: Vec<String>,
    /// How many bytes of body went out for a path, once that is over.
    sent: BTreeMap<String, u64>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Served {
    /// Status code.
    pub status: u16,
    /// Headers; the length of the body is added.
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// How it goes out.
    pub how: How,
}

/// How a body goes out.
#[derive(Clone, Debug)]
pub enum How {
    /// Whole.
    Whole,
    /// From the byte that the request asks for, if it does.
    Ranged,
    /// Without its end, of which it is said that it will come.
    CutBy(usize),
    /// Its first half; then nothing more comes.
    Stalls,
    /// Its first half, and the second when the gate opens.
    Held(Arc<Gate>),
    /// Again and again: so many times, or as long as somebody listens.
    Repeated(Option<u64>),
    /// The connection is cut before any answer.
    NotAtAll,
}

impl LayerServer {
    /// Starts a server that answers what `answer` says for a path.
    pub fn start(answer: impl Fn(&str) -> Served + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (seen, answer) = (Arc::default(), Arc::new(answer));
        let noted = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&noted), Arc::clone(&answer));
                // A client that went away is no matter here.
                thread::spawn(move || serve(stream, &*answer, &seen).ok());
            }
        });
        Self { url, seen }
    }

    /// How many requests of this method there were for paths that start so.
    pub fn count(&self, method: &str, path: &str) -> usize {
        let start = format!("{method} {path}");
        self.seen.lock().unwrap().heads.iter().filter(|head| head.starts_with(&start)).count()
    }

    /// How many bytes of body went out for `path`; `None` while they still do.
    pub fn sent(&self, path: &str) -> Option<u64> {
        self.seen.lock().unwrap().sent.get(path).copied()
    }

    /// Fails if a request said who asks.
    pub fn saw_nobody(&self) {
        for head in &self.seen.lock().unwrap().heads {
            let head = head.to_ascii_lowercase();
            for name in ["authorization:", "cookie:", "referer:"] {
                assert!(!head.contains(&format!("\n{name}")), "{head}");
            }
        }
    }
}

impl Served {
    /// An answer that pages of every origin may read.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![
            ("Access-Control-Allow-Origin", "*".to_owned()),
            ("Content-Type", "application/octet-stream".to_owned()),
        ];
        Self { status, headers, body: body.into(), how: How::Whole }
    }

    /// With another header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Going out so.
    #[must_use]
    pub fn how(mut self, how: How) -> Self {
        self.how = how;
        self
    }

    /// The length that is stated, if one is.
    fn length(&self) -> Option<u64> {
        match self.how {
            How::Repeated(times) => times.map(|times| times * self.body.len() as u64),
            _ => Some(self.body.len() as u64),
        }
    }
}

fn serve(
    mut stream: TcpStream,
    answer: &dyn Fn(&str) -> Served,
    seen: &Mutex<Seen>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut words = head.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if path.is_empty() {
        return Ok(()); // Browsers open connections that they may need.
    }
    seen.lock().unwrap().heads.push(head.clone());
    let mut served = answer(path);
    if matches!(served.how, How::Ranged)
        && let Some(start) = range_start(&head)
    {
        served.status = 206;
        served.body.drain(..start);
    }
    if matches!(served.how, How::NotAtAll) {
        return Ok(());
    }
    let mut first = format!("HTTP/1.1 {} Served\r\nConnection: close\r\n", served.status);
    for (name, value) in &served.headers {
        let _ = write!(first, "{name}: {value}\r\n");
    }
    if let Some(length) = served.length() {
        let _ = write!(first, "Content-Length: {length}\r\n");
    }
    stream.write_all(format!("{first}\r\n").as_bytes())?;
    if method == "HEAD" {
        return Ok(());
    }
    let sent = send(&mut stream, &served);
    seen.lock().unwrap().sent.insert(path.to_owned(), sent);
    Ok(())
}

/// The first byte that a request asks for.
fn range_start(head: &str) -> Option<usize> {
    let head = head.to_ascii_lowercase();
    let (_, range) = head.split_once("\nrange: bytes=")?;
    range.split('-').next()?.parse().ok()
}

/// Sends the body as far as somebody takes it.
fn send(stream: &mut TcpStream, served: &Served) -> u64 {
    let body = &served.body;
    let (first, second) = body.split_at(body.len() / 2);
    let mut sent = 0;
    let mut write = |stream: &mut TcpStream, bytes: &[u8]| {
        let taken = stream.write_all(bytes).is_ok();
        sent += if taken { bytes.len() as u64 } else { 0 };
        taken
    };
    match &served.how {
        How::Whole | How::Ranged => {
            write(stream, body);
        }
        How::CutBy(bytes) => {
            write(stream, &body[..body.len() - bytes]);
        }
        How::Stalls => {
            write(stream, first);
            // Until the client ends it, one way or the other.
            stream.read_exact(&mut [0]).ok();
        }
        How::Held(gate) => {
            write(stream, first);
            gate.wait();
            write(stream, second);
        }
        How::Repeated(times) => {
            let mut left = times.unwrap_or(u64::MAX);
            while left > 0 && write(stream, body) {
                left -= 1;
            }
        }
        How::NotAtAll => {}
    }
    sent
}
