//! Debian's `docker-registry`, one process per test, on a port of its own choice.

use std::process::Command;

use crate::dir::Dir;
use crate::process::Process;

/// A running registry. Dropping it ends the process and removes its storage.
pub struct Server {
    process: Option<Process>,
    dir: Dir,
    port: u16,
    extra: String,
}

/// `user` with the password `secret`, in bcrypt.
const HTPASSWD: &str = "user:$2y$04$Z010B0wvuN2MvvhY8oVPKekXpLRhjN1erZ6TjTg7JUl3rKKp3seiu\n";

impl Server {
    /// Starts a registry; `extra` is added to its configuration. In it `{folder}` is the
    /// registry's folder.
    pub fn start(extra: &str) -> Self {
        let dir = Dir::new("registry");
        dir.write("htpasswd", HTPASSWD);
        let mut server = Self { process: None, dir, port: 0, extra: extra.to_owned() };
        server.restart_as(str::to_owned);
        server
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
        self.process = None;
        let path = self.dir.write("config.yml", change(&self.config()));
        let mut process = Process::start(Command::new("docker-registry").arg("serve").arg(path));
        self.port = process.line(|line| {
            let (_, rest) = line.split_once("listening on 127.0.0.1:")?;
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().ok()
        });
        self.process = Some(process);
    }

    /// `http://127.0.0.1:port`
    pub fn base(&self) -> String {
        format!("http://{}", self.authority())
    }

    /// `127.0.0.1:port`
    pub fn authority(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    fn config(&self) -> String {
        let folder = self.dir.path().display().to_string();
        format!(
            "version: 0.1\nlog:\n  accesslog:\n    disabled: true\nstorage:\n  filesystem:\n    \
             rootdirectory: {folder}/data\nhttp:\n  addr: 127.0.0.1:{}\n{}",
            self.port,
            self.extra.replace("{folder}", &folder)
        )
    }
}
