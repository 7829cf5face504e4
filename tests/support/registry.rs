//! Debian's `docker-registry` (distribution 2.8).

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::dir::Dir;
use super::http::{self, Answer};
use super::port::Port;
use super::process::Process;
use super::program::program;

/// The account of registries with [`Settings::password`].
pub const USER: &str = "alice";
/// The password of [`USER`].
pub const PASSWORD: &str = "opensesame";
/// [`USER`] and [`PASSWORD`] as an `Authorization` header.
pub const BASIC: &str = "Basic YWxpY2U6b3BlbnNlc2FtZQ==";

/// `htpasswd -nbB alice opensesame`, at the lowest cost that is allowed.
const HTPASSWD: &str = "alice:$2b$05$abcdefghijklmnopqrstuuQbLfdQZSxZ9gjhA5V9o8Tyc6aQRO0Qi\n";

/// How a registry is set up.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `validation.manifests.urls.allow`: regular expressions.
    pub allow_urls: Vec<String>,
    /// Whether one has to sign in, with [`USER`] and [`PASSWORD`].
    pub password: bool,
    /// `auth.token`.
    pub token: Option<Value>,
    /// Whether nothing can be pushed.
    pub read_only: bool,
    /// `http.headers`.
    pub headers: Option<Value>,
    /// Path in front of `v2`, such as `/registry/`.
    pub prefix: Option<String>,
}

/// A running registry.
#[derive(Debug)]
pub struct Registry {
    /// Its address, such as `http://127.0.0.1:5000`.
    pub url: String,
    /// Its host and port.
    pub host: String,
    config: String,
    // In the order in which they end.
    process: Option<Process>,
    port: Port,
    dir: Dir,
}

impl Registry {
    /// Without any setting: open to everybody, and no URLs in layers.
    pub fn start() -> Self {
        Self::with(&Settings::default())
    }

    /// Open to everybody, and any http(s) URL is allowed in layers.
    pub fn allowing_urls() -> Self {
        Self::with(&Settings { allow_urls: vec!["^https?://".into()], ..Settings::default() })
    }

    /// One where [`USER`] has to sign in with [`PASSWORD`].
    pub fn with_password() -> Self {
        Self::with(&Settings { password: true, ..Settings::default() })
    }

    /// With these settings.
    pub fn with(settings: &Settings) -> Self {
        let (dir, port) = (Dir::new("registry"), Port::free());
        let config = config(settings, &dir, &port);
        Self::run(dir, port, config)
    }

    /// With a configuration file; `{port}` and `{data}` in it are filled in.
    pub fn with_file(text: &str) -> Self {
        let (dir, port) = (Dir::new("registry"), Port::free());
        let data = dir.path().join("data");
        let text = text
            .replace("{port}", &port.to_string())
            .replace("{data}", &data.display().to_string());
        Self::run(dir, port, text)
    }

    /// Starts it again with these lines added to its configuration; what it stores stays.
    pub fn restart_with(&mut self, lines: &str) {
        self.restart_as(|config| format!("{config}{lines}"));
    }

    /// Starts it again with another configuration; what it stores stays.
    pub fn restart_as(&mut self, change: impl Fn(&str) -> String) {
        self.config = change(&self.config);
        self.restart();
    }

    /// The manifest under a tag or digest, or the refusal.
    pub fn manifest(&self, repository: &str, reference: &str) -> Answer {
        self.manifest_with(repository, reference, BASIC)
    }

    /// As [`Registry::manifest`], with this `Authorization`.
    pub fn manifest_with(&self, repository: &str, reference: &str, authorization: &str) -> Answer {
        let url = format!("{}/v2/{repository}/manifests/{reference}", self.url);
        let accept = [
            super::image::OCI_MANIFEST,
            super::image::OCI_INDEX,
            super::image::DOCKER_MANIFEST,
            "application/vnd.docker.distribution.manifest.list.v2+json",
        ];
        http::get(&url, &[("accept", &accept.join(", ")), ("authorization", authorization)])
    }

    /// Whether a repository has a blob.
    pub fn has_blob(&self, repository: &str, digest: &str) -> bool {
        let url = format!("{}/v2/{repository}/blobs/{digest}", self.url);
        http::send("HEAD", &url, &[("authorization", BASIC)], b"").status == 200
    }

    /// Changes a byte of a blob where it is stored; the registry serves it all the same.
    pub fn spoil(&self, digest: &str) {
        let (algorithm, hex) = digest.split_once(':').unwrap();
        let blobs = self.dir.path().join("data/docker/registry/v2/blobs").join(algorithm);
        let path = blobs.join(&hex[..2]).join(hex).join("data");
        let mut bytes = std::fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(path, bytes).unwrap();
    }

    /// What it logged: every request with its status.
    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::said).unwrap_or_default()
    }

    fn run(dir: Dir, port: Port, config: String) -> Self {
        let host = format!("127.0.0.1:{port}");
        let mut registry =
            Self { url: format!("http://{host}"), host, config, process: None, port, dir };
        registry.restart();
        registry
    }

    fn restart(&mut self) {
        self.process = None;
        let path = self.dir.write("config.yml", &self.config);
        let mut process = Process::start(program("docker-registry").arg("serve").arg(path));
        process.listening(&self.host);
        self.process = Some(process);
    }
}

/// The configuration, one line a member of a section; JSON is YAML as well.
fn config(settings: &Settings, dir: &Dir, port: &Port) -> String {
    let mut config = json!({
        "version": "0.1",
        "log": { "level": "info", "accesslog": { "disabled": false } },
        "storage": {
            "filesystem": { "rootdirectory": dir.path().join("data") },
            "delete": { "enabled": true },
        },
        "http": { "addr": format!("127.0.0.1:{port}") },
    });
    if !settings.allow_urls.is_empty() {
        config["validation"] = json!({ "manifests": { "urls": { "allow": settings.allow_urls } } });
    }
    if settings.read_only {
        config["storage"]["maintenance"] = json!({ "readonly": { "enabled": true } });
    }
    if settings.password {
        let path = dir.write("htpasswd", HTPASSWD);
        config["auth"] = json!({ "htpasswd": { "realm": "Registry", "path": path } });
    }
    if let Some(token) = &settings.token {
        config["auth"] = json!({ "token": token });
    }
    if let Some(headers) = &settings.headers {
        config["http"]["headers"] = headers.clone();
    }
    if let Some(prefix) = &settings.prefix {
        config["http"]["prefix"] = json!(prefix);
    }
    let mut text = String::new();
    for (name, section) in config.as_object().unwrap() {
        let Some(members) = section.as_object() else {
            let _ = writeln!(text, "{name}: {section}");
            continue;
        };
        let _ = writeln!(text, "{name}:");
        for (name, member) in members {
            let _ = writeln!(text, "  {name}: {member}");
        }
    }
    text
}
