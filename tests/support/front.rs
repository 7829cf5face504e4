//! nginx and Caddy in front of page and registries, with the very files of `deploy/`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use super::dir::Dir;
use super::port::Port;
use super::process::Process;
use super::program::program;
use super::server::root;

/// A running nginx or Caddy.
#[derive(Debug)]
pub struct Front {
    /// Where the page is, such as `http://127.0.0.1:40123/`.
    pub url: String,
    /// Host and port of the page.
    pub host: String,
    process: Process,
    port: Port,
    dir: Dir,
}

impl Front {
    /// `deploy/nginx.conf` with the files in `site`, the registry at `registry` (host and port)
    /// and a second one under a path.
    pub fn nginx(site: &Path, registry: &str, customers: &str) -> Self {
        let (dir, port) = (Dir::new("nginx"), Port::free());
        let text = fill(
            &deployed("nginx.conf"),
            &[
                ("listen 8080;", &format!("listen 127.0.0.1:{port};")),
                ("root /srv/layermark;", &format!("root {};", site.display())),
                ("http://127.0.0.1:5000;", &format!("http://{registry};")),
                ("http://127.0.0.1:5001/", &format!("http://{customers}/")),
            ],
        );
        let site = dir.write("site.conf", text);
        let shown = dir.path().display();
        let mut temporary = String::new();
        for name in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
            let _ = writeln!(temporary, "{name}_temp_path {shown}/{name};");
        }
        // One process, so that nothing is left when it is ended.
        let main = dir.write(
            "nginx.conf",
            format!(
                "daemon off;\nmaster_process off;\npid {shown}/pid;\nerror_log stderr warn;\n\
                 events {{}}\nhttp {{\ninclude /etc/nginx/mime.types;\naccess_log off;\n{temporary}\
                 include {};\n}}\n",
                site.display()
            ),
        );
        let mut command = program("nginx");
        command.arg("-p").arg(dir.path()).arg("-c").arg(main);
        Self::start(&mut command, dir, port)
    }

    /// `deploy/Caddyfile`, as [`Front::nginx`].
    pub fn caddy(site: &Path, registry: &str, customers: &str) -> Self {
        let (dir, port) = (Dir::new("caddy"), Port::free());
        let text = fill(
            &deployed("Caddyfile"),
            &[
                ("portal.example.com {", &format!("http://127.0.0.1:{port} {{")),
                ("/srv/layermark\n", &format!("{}\n", site.display())),
                ("127.0.0.1:5000 {", &format!("{registry} {{")),
                ("127.0.0.1:5001 {", &format!("{customers} {{")),
            ],
        );
        let file = dir.write("Caddyfile", format!("{{\n\tadmin off\n\tauto_https off\n}}\n{text}"));
        let mut command = program("caddy");
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file);
        for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
            command.env(name, dir.path());
        }
        Self::start(&mut command, dir, port)
    }

    fn start(command: &mut Command, dir: Dir, port: Port) -> Self {
        let mut process = Process::start(command);
        let host = format!("127.0.0.1:{port}");
        process.listening(&host);
        Self { url: format!("http://{host}/"), host, process, port, dir }
    }
}

/// A file of `deploy/`.
pub fn deployed(name: &str) -> String {
    std::fs::read_to_string(root().join("deploy").join(name)).unwrap()
}

/// `text` with addresses and folders of this test in place of the ones to change.
pub fn fill(text: &str, changes: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "“{from}” is not in the file any more");
        text = text.replace(from, to);
    }
    text
}
