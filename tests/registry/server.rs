//! Real registries for tests: Debian's `docker-registry`, one process per test, on a port of its
//! own choice, ended by its process id.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

/// A running registry. Dropping it ends the process and removes its storage.
pub struct Server {
    child: Child,
    folder: PathBuf,
    port: u16,
    extra: String,
}

/// `user` with the password `secret`, in bcrypt.
const HTPASSWD: &str = "user:$2y$04$Z010B0wvuN2MvvhY8oVPKekXpLRhjN1erZ6TjTg7JUl3rKKp3seiu\n";

impl Server {
    /// Starts a registry; `extra` is added to its configuration. In it `{folder}` is the
    /// registry's folder.
    pub fn start(extra: &str) -> Self {
        let folder = new_folder("registry");
        fs::write(folder.join("htpasswd"), HTPASSWD).unwrap();
        let (child, port) = spawn(&folder, &config(&folder, extra, 0));
        Self { child, folder, port, extra: extra.to_owned() }
    }

    /// A registry that asks for `user` and `secret`.
    pub fn with_password() -> Self {
        Self::start("auth:\n  htpasswd:\n    realm: test\n    path: {folder}/htpasswd\n")
    }

    /// Starts it again with more configuration, on the same port and storage.
    pub fn restart_with(&mut self, more: &str) {
        self.extra.push_str(more);
        self.restart_as(str::to_owned);
    }

    /// Starts it again with another configuration, on the same port and storage.
    pub fn restart_as(&mut self, change: impl Fn(&str) -> String) {
        self.end();
        let config = change(&config(&self.folder, &self.extra, self.port));
        (self.child, self.port) = spawn(&self.folder, &config);
    }

    /// `http://127.0.0.1:port`
    pub fn base(&self) -> String {
        format!("http://{}", self.authority())
    }

    /// `127.0.0.1:port`
    pub fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn end(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A new empty folder for this process.
pub fn new_folder(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let folder =
        std::env::temp_dir().join(format!("layermark-{name}-{}-{count}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn config(folder: &Path, extra: &str, port: u16) -> String {
    let shown = folder.display().to_string();
    format!(
        "version: 0.1\nlog:\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    \
         rootdirectory: {shown}/data\nhttp:\n  addr: 127.0.0.1:{port}\n{}",
        extra.replace("{folder}", &shown)
    )
}

fn spawn(folder: &Path, config: &str) -> (Child, u16) {
    let path = folder.join("config.yml");
    fs::write(&path, config).unwrap();
    let mut child = Command::new("docker-registry")
        .arg("serve")
        .arg(&path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("install the Debian package docker-registry");
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    loop {
        let from = said.len();
        assert!(log.read_line(&mut said).unwrap() > 0, "{config}\n{said}");
        if let Some((_, rest)) = said[from..].split_once("listening on 127.0.0.1:") {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            // The pipe must not fill up.
            thread::spawn(move || log.lines().for_each(drop));
            return (child, digits.parse().unwrap());
        }
    }
}
