//! nginx and Caddy in front of a registry, with the very texts that a diagnosis offers.

use std::process::Command;

use crate::support::dir::Dir;
use crate::support::port::Port;
use crate::support::process::Process;
use crate::support::program::program;

/// A running proxy. Dropping it ends the process.
pub struct Proxy {
    port: Port,
    _process: Process,
    _dir: Dir,
}

impl Proxy {
    /// nginx with `http` added to its `http` block and `server` to its only server.
    pub fn nginx(http: &str, server: &str) -> Self {
        let (dir, port) = (Dir::new("nginx"), Port::free());
        let shown = dir.path().display();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {shown}/{name};\n"))
            .concat();
        let config = format!(
            "daemon off;\nmaster_process off;\npid {shown}/pid;\nerror_log stderr;\nevents {{}}\n\
             http {{\naccess_log off;\n{temporary}{http}\n\
             server {{\nlisten 127.0.0.1:{port};\n{server}\n}}\n}}\n"
        );
        let path = dir.write("nginx.conf", config);
        let mut command = program("nginx");
        command.arg("-p").arg(dir.path()).arg("-c").arg(path);
        Self::start(&mut command, dir, port)
    }

    /// Caddy with `site` in its only site.
    pub fn caddy(site: &str) -> Self {
        let (dir, port) = (Dir::new("caddy"), Port::free());
        let config =
            format!("{{\nadmin off\nauto_https off\n}}\nhttp://127.0.0.1:{port} {{\n{site}\n}}\n");
        let path = dir.write("Caddyfile", config);
        let mut command = program("caddy");
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(path);
        for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
            command.env(name, dir.path());
        }
        Self::start(&mut command, dir, port)
    }

    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn start(command: &mut Command, dir: Dir, port: Port) -> Self {
        let mut process = Process::start(command);
        process.listening(&format!("127.0.0.1:{port}"));
        Self { port, _process: process, _dir: dir }
    }
}
