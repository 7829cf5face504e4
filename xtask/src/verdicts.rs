//! `cargo xtask verdicts`: what is said of clients, confronted with the clients of this machine over
//! the whole product of types, marks, blobs, answers of URLs and actions.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail, ensure};
use clap::ValueEnum;

use crate::needs;
use crate::workspace::{cargo, root, run as run_command};

/// Options of `cargo xtask verdicts`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Options {
    /// The clients [default: all that this machine has]
    #[arg(value_name = "CLIENT")]
    pub clients: Vec<Client>,
    /// Where to write the cells as JSON, one file for each client [default: target/verdicts/]
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
}

/// A client that the tests can confront.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Client {
    /// Buildah
    Buildah,
    /// `ctr` with containerd
    Ctr,
    /// Docker without the containerd image store
    Docker,
    /// Podman
    Podman,
    /// `docker-registry`, as what answers a push
    DockerRegistry,
    /// Skopeo
    Skopeo,
}

impl Client {
    /// Its name, the test that confronts it, and the programs that it takes besides `docker-registry`.
    fn parts(self) -> (&'static str, &'static str, &'static [&'static str]) {
        match self {
            Self::Buildah => ("buildah", "clients::buildah", &["buildah"]),
            Self::Ctr => ("ctr", "clients::ctr", &["containerd", "ctr"]),
            Self::Docker => {
                ("docker", "clients::docker", &["containerd", "ctr", "docker", "dockerd"])
            }
            Self::Podman => ("podman", "clients::podman", &["buildah", "podman"]),
            Self::DockerRegistry => ("docker-registry", "pushes::", &[]),
            Self::Skopeo => ("skopeo", "skopeo::", &["skopeo"]),
        }
    }
}

/// Confronts the clients and prints how many cells of each agree; fails where one does not.
pub fn run(options: &Options) -> Result<()> {
    let registry = "docker-registry";
    ensure!(
        needs::find(registry).is_some(),
        "{registry} is missing: the clients copy from one to another"
    );
    let all = options.clients.is_empty();
    let clients = if all { Client::value_variants() } else { &options.clients };
    let out = options.out.clone().unwrap_or_else(|| root().join("target/verdicts"));
    fs::create_dir_all(&out).with_context(|| out.display().to_string())?;
    let out = out.canonicalize()?;
    let mut table = Vec::new();
    let mut failed = 0;
    for client in clients {
        let (name, test, programs) = client.parts();
        let missing: Vec<_> = programs.iter().filter(|name| needs::find(name).is_none()).collect();
        if !missing.is_empty() {
            let missing = missing.into_iter().copied().collect::<Vec<_>>().join(", ");
            // What was asked for by name and is not confronted is a failure.
            failed += usize::from(!all);
            table.push(format!("{name:<16} not confronted: {missing} not on this machine"));
            continue;
        }
        let mut command = cargo();
        command
            .args(["test", "--quiet", "--package", "layermark", "--test", "verdicts", "--", test])
            .args(["--nocapture", "--test-threads=1"])
            .env("LAYERMARK_VERDICTS", &out)
            .env("RUST_BACKTRACE", "0");
        let agrees = run_command(&mut command).is_ok();
        failed += usize::from(!agrees);
        table
            .push(format!("{name:<16} {}", if agrees { "agrees" } else { "DISAGREES, see above" }));
    }
    println!("\n{}\nThe cells are in {}.", table.join("\n"), out.display());
    if failed > 0 {
        bail!("{failed} of {} clients disagree or are missing", clients.len());
    }
    Ok(())
}
