//! A server of a few files on loopback, which remembers what it was asked for.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A running server; its thread ends with the process.
pub(crate) struct Files {
    host: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    files: BTreeMap<String, Result<Vec<u8>, u16>>,
    asked: BTreeMap<String, usize>,
}

impl Files {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let state = Arc::<Mutex<State>>::default();
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                // A client that leaves early is no failure of the server.
                std::thread::spawn(move || serve(stream, &shared).ok());
            }
        });
        Self { host, state }
    }

    /// The URL of `name`, which is not found until it is added.
    pub(crate) fn url(&self, name: &str) -> String {
        format!("http://{}/{name}", self.host)
    }

    /// Serves these bytes as `name`, or answers with this status.
    pub(crate) fn add(&self, name: &str, file: Result<&[u8], u16>) {
        let file = file.map(<[u8]>::to_owned);
        self.state.lock().unwrap().files.insert(format!("/{name}"), file);
    }

    /// How often `name` was asked for.
    pub(crate) fn asked(&self, name: &str) -> usize {
        self.state.lock().unwrap().asked.get(&format!("/{name}")).copied().unwrap_or(0)
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let body = {
        let mut state = state.lock().unwrap();
        *state.asked.entry(path.clone()).or_default() += 1;
        state.files.get(&path).cloned()
    };
    let (status, body) = match body.unwrap_or(Err(404)) {
        Ok(body) => (200, body),
        Err(status) => (status, Vec::new()),
    };
    let mut stream = reader.into_inner();
    write!(
        stream,
        "HTTP/1.1 {status} Answer\r\nContent-Length: {}\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}
