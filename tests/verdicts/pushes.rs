//! Verdicts on `docker-registry` against `docker-registry`: every combination is pushed.

use std::fmt::Write as _;

use layermark::compatibility::{Blob, RegistryKind, Reply, UrlAllowance, registry_verdict};
use serde_json::json;

use crate::cases::{Case, DOCKER, OCI, gzip};
use crate::data::keep;
use crate::folder::Folder;
use crate::images::World;
use crate::registry::Registry;

/// What the registry is set to, and what is then known of its settings.
const SETTINGS: [(&str, &str, UrlAllowance); 4] = [
    ("default", "", UrlAllowance::Refuses),
    (
        "allow",
        "validation: {manifests: {urls: {allow: ['^(https|ftp)://cdn\\.example\\.com/']}}}\n",
        UrlAllowance::Allows,
    ),
    (
        "other allow",
        "validation: {manifests: {urls: {allow: ['^https://other\\.example\\.com/']}}}\n",
        UrlAllowance::Refuses,
    ),
    ("disabled", "validation: {disabled: true}\n", UrlAllowance::Allows),
];

const URLS: [(&str, &[&str]); 4] = [
    ("none", &[]),
    ("good", &["https://cdn.example.com/a"]),
    ("fragment", &["https://cdn.example.com/a#b"]),
    ("ftp beside", &["https://cdn.example.com/a", "ftp://cdn.example.com/a"]),
];

/// Layer types by family, and one of each in a manifest of the other family.
const TYPES: [(&str, &str, &str); 13] = [
    ("Docker gzip", DOCKER, "application/vnd.docker.image.rootfs.diff.tar.gzip"),
    ("Docker gzip foreign", DOCKER, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
    ("Docker tar foreign", DOCKER, "application/vnd.docker.image.rootfs.foreign.diff.tar"),
    ("Docker zstd", DOCKER, "application/vnd.docker.image.rootfs.diff.tar.zstd"),
    ("OCI tar", OCI, "application/vnd.oci.image.layer.v1.tar"),
    ("OCI tar nd", OCI, "application/vnd.oci.image.layer.nondistributable.v1.tar"),
    ("OCI gzip", OCI, "application/vnd.oci.image.layer.v1.tar+gzip"),
    ("OCI gzip nd", OCI, "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"),
    ("OCI zstd", OCI, "application/vnd.oci.image.layer.v1.tar+zstd"),
    ("OCI zstd nd", OCI, "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd"),
    (
        "OCI encrypted nd",
        OCI,
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip+encrypted",
    ),
    ("Docker in OCI", OCI, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
    ("OCI in Docker", DOCKER, "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"),
];

#[test]
fn verdicts_agree_with_docker_registry() {
    let folder = Folder::new("pushes");
    let (mut table, mut count, mut agreed) = (String::new(), 0, 0);
    let mut cells = Vec::new();
    for (setting, validation, allowance) in SETTINGS {
        let registry = Registry::start(&folder.sub(setting), validation);
        for (name, manifest_type, layer_type) in TYPES {
            for (urls_name, urls) in URLS {
                // A layer without any mark is no matter of these verdicts.
                if urls.is_empty()
                    && !layer_type.contains("foreign")
                    && !layer_type.contains("nondist")
                {
                    continue;
                }
                for present in [true, false] {
                    count += 1;
                    let repository = format!("case-{count}");
                    let case = Case {
                        name: format!("{setting:11} | {name:19} | {urls_name:10}"),
                        manifest_type,
                        layer_type,
                        urls: urls.iter().map(|url| (*url).to_owned()).collect(),
                        layer: gzip(count),
                    };
                    registry.add_blob(&repository, &case.config());
                    if present {
                        registry.add_blob(&repository, &case.layer);
                    }
                    let reply = expected(&case, present, allowance);
                    let (status, code) =
                        registry.push(&repository, manifest_type, case.manifest().as_bytes());
                    let agrees = match reply {
                        Reply::Accepts => status == 201,
                        Reply::Refuses(_, said, named) => {
                            status == said && code.as_deref() == Some(named)
                        }
                        Reply::RefusesAnyhow(..) | Reply::Unknown(_) => false,
                    };
                    agreed += u32::from(agrees);
                    cells.push(json!({
                        "case": case.name,
                        "layer": layer_type,
                        "blob": present,
                        "verdict": format!("{reply:?}"),
                        "seen": { "status": status, "code": code },
                        "agrees": agrees,
                    }));
                    writeln!(
                        table,
                        "{} | {:7} | {:45} | {status} {} {}",
                        case.name,
                        if present { "present" } else { "absent" },
                        format!("{reply:?}"),
                        code.unwrap_or_default(),
                        if agrees { "" } else { "DISAGREES" }
                    )
                    .unwrap();
                }
            }
        }
    }
    keep("distribution-2", "docker-registry", &cells);
    println!("docker-registry: verdict and answer");
    println!(
        "setting     | layer               | URLs       | blob    | {:45} | answer",
        "verdict"
    );
    println!("{table}{agreed} of {count} agree");
    assert_eq!(agreed, count);
}

fn expected(case: &Case, present: bool, allowance: UrlAllowance) -> Reply {
    let blob = if present { Blob::Present { size: None } } else { Blob::Absent };
    let mut world = World::new(&case.manifest(), case.digest()).blob(blob);
    world.situation.url_allowance = allowance;
    world.ask(|subject| registry_verdict(subject, RegistryKind::Distribution2)).reply()
}
