//! A vendor's web server for layers: nginx over TLS with HTTP/2 and a folder, with the very rules
//! that the page hands out.

use std::path::{Path, PathBuf};

use super::dir::Dir;
use super::port::Port;
use super::process::{Process, run};
use super::program::program;

/// A running server. Its certificate is signed by itself, for 127.0.0.1.
#[derive(Debug)]
pub struct WebRoot {
    /// Its origin, such as `https://127.0.0.1:20443`.
    pub url: String,
    process: Process,
    port: Port,
    dir: Dir,
}

impl WebRoot {
    /// Serves an empty folder; `rules` makes the text inside `server { }` of the folder in which the
    /// rules of the page expect the files.
    pub fn start(rules: impl Fn(&str) -> String) -> Self {
        let (dir, port) = (Dir::new("web-root"), Port::free());
        let shown = dir.path().display().to_string();
        std::fs::create_dir(dir.path().join("layers")).unwrap();
        let mut openssl = program("openssl");
        openssl.current_dir(dir.path()).args(["req", "-x509", "-newkey", "rsa:2048", "-nodes"]);
        openssl.args(["-keyout", "key.pem", "-out", "cert.pem", "-days", "2"]);
        run(openssl.args(["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]));
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {shown}/{name};\n"))
            .concat();
        let rules = rules(&format!("{shown}/layers"));
        let config = format!(
            "daemon off;\nmaster_process off;\npid {shown}/pid;\nerror_log stderr;\nevents {{}}\n\
             http {{\naccess_log {shown}/log;\n{temporary}\
             server {{\nlisten 127.0.0.1:{port} ssl http2;\n\
             ssl_certificate {shown}/cert.pem;\nssl_certificate_key {shown}/key.pem;\n{rules}\n}}\n}}\n"
        );
        let path = dir.write("nginx.conf", config);
        let mut command = program("nginx");
        let mut process = Process::start(command.arg("-p").arg(dir.path()).arg("-c").arg(path));
        process.listening(&format!("127.0.0.1:{port}"));
        Self { url: format!("https://127.0.0.1:{port}"), process, port, dir }
    }

    /// The folder that is served.
    pub fn folder(&self) -> PathBuf {
        self.dir.path().join("layers")
    }

    /// The certificate, for clients that are to trust it.
    pub fn certificate(&self) -> PathBuf {
        self.dir.path().join("cert.pem")
    }

    /// The lines of requests so far, such as `"PUT /blobs/1 HTTP/2.0" 201`.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }
}

/// The files below `folder` with their contents, by their paths.
pub fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            found.push((name, std::fs::read(path).unwrap()));
        }
    }
    found.sort();
    found
}
