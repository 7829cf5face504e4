//! `cargo xtask serve`: the built page with a registry at the same origin.
//!
//! - [`site`]: the files of `dist/` with the headers that a portal should send.
//! - [`registry`]: the embedded registry, in memory, with [`samples`] in it.
//! - [`proxy`]: a real registry behind the page's origin instead.
//! - [`watch`]: rebuilding on change and reloading the page.
//!
//! Invariant: only programs of this machine are served. The server listens on the loopback address
//! and refuses requests that name another host, so no foreign page can reach it by a DNS name of
//! its own that points here.

use std::env;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use http::{StatusCode, header};

use crate::build;
use crate::http::{Handler, answer, server};
use crate::workspace::{self, run as run_command};

pub mod proxy;
pub mod registry;
pub mod samples;
pub mod site;
pub mod watch;

/// Options of `cargo xtask serve`.
#[derive(Clone, Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools)] // each is a flag of the command line
pub struct Options {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Put this registry behind /v2/, in place of the embedded one
    #[arg(long, value_name = "URL")]
    pub registry: Option<proxy::Upstream>,
    /// Rebuild when a source changes, and reload the page
    #[arg(long, conflicts_with = "no_build")]
    pub watch: bool,
    /// Open the page in the browser
    #[arg(long)]
    pub open: bool,
    /// Serve the page as it is deployed: optimised and compressed, which takes minutes to build
    #[arg(long, conflicts_with = "no_build")]
    pub release: bool,
    /// Serve what `cargo xtask build` has built
    #[arg(long)]
    pub no_build: bool,
    /// Where the built page is [default: target/xtask/trial/, dist/ with --release or --no-build]
    #[arg(long, value_name = "DIR")]
    pub dist: Option<PathBuf>,
    /// Serve this folder at / as a portal, and the page inside it at /layermark/
    #[arg(long, value_name = "DIR")]
    pub portal: Option<PathBuf>,
}

impl Options {
    fn build(&self) -> build::Options {
        build::Options { dev: !self.release && !self.no_build, dist: self.dist.clone() }
    }
}

/// Builds the page and serves it until the process is ended.
pub fn run(options: &Options) -> Result<()> {
    if !cfg!(feature = "full")
        && options.registry.as_ref().is_some_and(proxy::Upstream::may_use_tls)
    {
        return run_command(workspace::full().args(env::args_os().skip(1)));
    }
    // The port comes first: a taken one should not be told after a minute of building.
    let listener = bind(options.port)?;
    if !options.no_build {
        match build::run(&options.build()) {
            Err(error) if options.watch => eprintln!("error: {error:#}; waiting for a change"),
            built => built?,
        }
    } else if !options.build().dist().join("index.html").exists() {
        bail!("{} holds no built page; leave out --no-build", options.build().dist().display());
    }
    serve(options, &listener)
}

/// A registry and a page behind one origin; `reload` also serves the events of [`watch`].
pub fn handler(
    site: site::Site,
    registry: Option<Handler>,
    reload: Option<watch::Reload>,
) -> Handler {
    Box::new(move |request| {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        if !host.is_some_and(is_loopback) {
            let text = "This server only answers to 127.0.0.1 and localhost.\n";
            return answer(StatusCode::MISDIRECTED_REQUEST, &[], text);
        }
        let path = request.uri().path();
        let below = |top: &str| path.strip_prefix(top).is_some_and(|rest| rest.starts_with('/'));
        if let Some(registry) = &registry
            && (path == "/v2" || below("/v2") || below(proxy::REALM))
        {
            return registry(request);
        }
        let script = reload.as_ref().and_then(|reload| watch::respond(reload, path));
        script.unwrap_or_else(|| site.respond(&request))
    })
}

fn serve(options: &Options, listener: &TcpListener) -> Result<()> {
    let address = listener.local_addr()?;
    let registry = match &options.registry {
        Some(upstream) => proxy::handler(upstream.clone())?,
        None => registry::handler()?,
    };
    let reload = options.watch.then(|| watch::start(options.build()));
    let site = site::Site::new(options.build().dist(), reload.is_some());
    let handler = handler(site.in_portal(options.portal.clone()), Some(registry), reload);

    // Other programs read this line to learn the port.
    println!("Serving http://127.0.0.1:{}/", address.port());
    if let Some(upstream) = &options.registry {
        eprintln!("The registry at /v2/ is {upstream}.");
    } else {
        eprintln!("The registry at /v2/ is in memory, with these images:");
        for name in samples::REFERENCES {
            eprintln!("  127.0.0.1:{}/{name}", address.port());
        }
    }
    if options.open {
        open(address);
    }
    server::serve(listener, handler);
    Ok(())
}

fn bind(port: u16) -> Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => bail!(
            "port {port} of 127.0.0.1 is taken by another program; \
             choose another one with --port {}, or any free one with --port 0",
            port.checked_add(1).unwrap_or(8080)
        ),
        Err(error) => {
            Err(error).with_context(|| format!("port {port} of 127.0.0.1 cannot be used"))
        }
    }
}

/// Whether the value of a `Host` header names this machine's loopback address.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "127.0.0.1" | "localhost" | "[::1]") || name.ends_with(".localhost")
}

fn open(address: std::net::SocketAddr) {
    let url = format!("http://127.0.0.1:{}/", address.port());
    let (program, arguments): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("cmd", &["/c", "start"])
    } else {
        ("xdg-open", &[])
    };
    let started = Command::new(program)
        .args(arguments)
        .arg(&url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if started.is_err() {
        eprintln!("No browser could be opened ({program} is missing); open {url} yourself.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_hosts() {
        for (host, expected) in [
            ("127.0.0.1:8080", true),
            ("127.0.0.1", true),
            ("localhost:0", true),
            ("app.localhost:8080", true),
            ("[::1]:8080", true),
            ("[::1]", true),
            ("example.com", false),
            ("localhost.example.com:80", false),
            ("127.0.0.1.example.com", false),
            ("", false),
        ] {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }

    #[test]
    fn a_taken_port_is_named() {
        let first = bind(0).unwrap();
        let port = first.local_addr().unwrap().port();
        let error = bind(port).unwrap_err().to_string();
        assert!(error.contains(&format!("port {port} ")) && error.contains("--port"), "{error}");
    }
}
