//! `skopeo`, an independent client of registries.

use std::process::Command;

use super::process::run;

/// The raw bytes of the manifest that `reference` names.
pub fn inspect_raw(reference: &str) -> Vec<u8> {
    run(Command::new("skopeo")
        .args(["inspect", "--raw", "--tls-verify=false"])
        .arg(docker(reference)))
}

/// Copies an image, all of its platforms, without changing a byte of it.
pub fn copy(from: &str, to: &str) {
    let args = [
        "copy",
        "--all",
        "--preserve-digests",
        "--insecure-policy",
        "--src-tls-verify=false",
        "--dest-tls-verify=false",
    ];
    run(Command::new("skopeo").args(args).args([docker(from), docker(to)]));
}

fn docker(reference: &str) -> String {
    format!("docker://{reference}")
}
