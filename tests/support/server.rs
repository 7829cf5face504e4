//! The page's own server, `cargo xtask serve`.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use super::process::Process;

/// Serves the built page with a registry at its origin.
#[derive(Debug)]
pub struct Server {
    /// Where the page is, such as `http://127.0.0.1:40123/`.
    pub url: String,
    /// Host and port of the page.
    pub host: String,
    process: Process,
}

impl Server {
    /// With the embedded registry.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// With this registry behind the page's origin.
    pub fn in_front_of(registry: &str) -> Self {
        Self::start_with(&["--registry", registry])
    }

    /// With further options of `cargo xtask serve`.
    pub fn start_with(options: &[&str]) -> Self {
        let mut command = Command::new(xtask());
        command.args(["serve", "--no-build", "--port", "0"]);
        if !options.contains(&"--dist") {
            command.arg("--dist").arg(dist());
        }
        let mut process = Process::start(command.args(options));
        let url = process.line(|line| line.strip_prefix("Serving ").map(str::to_owned));
        let host = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        Self { url, host, process }
    }
}

/// The built page: where `LAYERMARK_DIST` says, or in its usual place.
pub fn dist() -> PathBuf {
    let dist = env::var_os("LAYERMARK_DIST").map_or_else(|| root().join("dist"), PathBuf::from);
    assert!(dist.join("index.html").exists(), "no built page; run: cargo xtask test e2e");
    dist
}

/// The top folder of the project.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The program that serves the page: what `LAYERMARK_XTASK` names, or the one beside this test.
fn xtask() -> PathBuf {
    let beside = || env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("xtask");
    let xtask = env::var_os("LAYERMARK_XTASK").map_or_else(beside, PathBuf::from);
    assert!(xtask.exists(), "no program to serve the page; run: cargo xtask test e2e");
    xtask
}
