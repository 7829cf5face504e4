//! nginx and Caddy in front of a registry, with the very texts that a diagnosis offers.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::server::new_folder;

/// A running proxy. Dropping it ends the process.
pub struct Proxy {
    child: Child,
    folder: PathBuf,
    port: u16,
}

impl Proxy {
    /// nginx with `http` added to its `http` block and `server` to its only server.
    pub fn nginx(http: &str, server: &str) -> Self {
        let (folder, port) = (new_folder("nginx"), free_port());
        let shown = folder.display();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|name| format!("{name}_temp_path {shown}/{name};\n"))
            .collect();
        let config = format!(
            "daemon off;\nmaster_process off;\npid {shown}/pid;\nerror_log stderr;\nevents {{}}\n\
             http {{\naccess_log off;\n{temporary}{http}\n\
             server {{\nlisten 127.0.0.1:{port};\n{server}\n}}\n}}\n"
        );
        let path = folder.join("nginx.conf");
        fs::write(&path, config).unwrap();
        let mut command = Command::new("nginx");
        command.arg("-p").arg(&folder).arg("-c").arg(&path);
        Self::start(&mut command, folder, port)
    }

    /// Caddy with `site` in its only site.
    pub fn caddy(site: &str) -> Self {
        let (folder, port) = (new_folder("caddy"), free_port());
        let config = format!(
            "{{\nadmin off\nauto_https off\n}}\n\
             http://127.0.0.1:{port} {{\n{site}\n}}\n"
        );
        let path = folder.join("Caddyfile");
        fs::write(&path, config).unwrap();
        let mut command = Command::new("caddy");
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(&path);
        command.env("HOME", &folder).env("XDG_DATA_HOME", &folder).env("XDG_CONFIG_HOME", &folder);
        Self::start(&mut command, folder, port)
    }

    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn start(command: &mut Command, folder: PathBuf, port: u16) -> Self {
        let log = fs::File::create(folder.join("log")).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().unwrap_or_else(|_| panic!("install the Debian package {name}"));
        let mut proxy = Self { child, folder, port };
        let until = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = proxy.child.try_wait().unwrap().is_some();
            let log = fs::read_to_string(proxy.folder.join("log")).unwrap();
            assert!(!ended && Instant::now() < until, "{log}");
            thread::yield_now();
        }
        proxy
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
