//! `skopeo`, an independent client of registries.

use std::process::Command;

use super::process::run;
use super::program::program;

/// The raw bytes of the manifest that `reference` names.
pub fn inspect_raw(reference: &str) -> Vec<u8> {
    run(program("skopeo").args(["inspect", "--raw", "--tls-verify=false"]).arg(docker(reference)))
}

/// Copies an image, all of its platforms, without changing a byte of it.
pub fn copy(from: &str, to: &str) {
    run(copying().arg("--preserve-digests").args([docker(from), docker(to)]));
}

/// Copies an image between the transports that it knows, such as `oci-archive:…`.
pub fn transfer(from: &str, to: &str) {
    run(copying().args([from, to]));
}

fn copying() -> Command {
    let mut command = program("skopeo");
    let secure = ["--insecure-policy", "--src-tls-verify=false", "--dest-tls-verify=false"];
    command.args(["copy", "--all"]).args(secure);
    command
}

fn docker(reference: &str) -> String {
    format!("docker://{reference}")
}
