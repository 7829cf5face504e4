//! Programs that a test starts and that end with it.

use std::io::{BufRead as _, BufReader, Read};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take: mostly a start of a browser on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often a condition is looked at.
pub const INTERVAL: Duration = Duration::from_millis(15);

/// A running program.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Process {
    /// Starts `command`; what it writes is kept.
    pub fn start(command: &mut Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
        let said = Arc::default();
        keep(child.stdout.take(), &said);
        keep(child.stderr.take(), &said);
        Self { name, child, said }
    }

    /// Waits for a line of output of which `find` makes something.
    pub fn line<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> T {
        self.wait("the line that says it is ready", |process| {
            process.said().lines().find_map(&find)
        })
    }

    /// Waits until something listens at `host`, an address with a port.
    pub fn listening(&mut self, host: &str) {
        self.wait("its port", |_| TcpStream::connect(host).ok());
    }

    /// Everything it wrote so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    fn wait<T>(&mut self, what: &str, look: impl Fn(&Self) -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            let ended = self.child.try_wait().unwrap();
            let late = start.elapsed() > PATIENCE;
            if ended.is_some() || late {
                // What it wrote last may still be on its way here.
                thread::sleep(INTERVAL);
                panic!("{}: {what} did not come (ended: {ended:?}):\n{}", self.name, self.said());
            }
            thread::sleep(INTERVAL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Runs a command that must succeed, and returns what it wrote to its standard output.
pub fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    output.stdout
}

/// Reads to the end, so that the program never waits for its output to be taken.
fn keep(stream: Option<impl Read + Send + 'static>, said: &Arc<Mutex<String>>) {
    let (Some(stream), said) = (stream, said.clone()) else { return };
    thread::spawn(move || {
        let mut lines = BufReader::new(stream);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
            said.lock().unwrap().push_str(&String::from_utf8_lossy(&line));
            line.clear();
        }
    });
}
