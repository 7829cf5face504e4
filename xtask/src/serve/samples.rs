//! The images in the embedded registry: real gzipped tars, configs with history, manifests in the
//! styles of the tools that write such images.

use std::io::Write as _;

use anyhow::Result;
use bytes::Bytes;
use flate2::{Compression, GzBuilder};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::assets;

/// An image with all that it consists of.
pub struct Sample {
    /// The repository.
    pub repository: &'static str,
    /// The tag.
    pub tag: &'static str,
    /// Configs and layers.
    pub blobs: Vec<Bytes>,
    /// Media types and bytes of manifests, children first; the last one gets the tag.
    pub manifests: Vec<(&'static str, Bytes)>,
}

/// What to type to load each sample, without the registry in front.
pub const REFERENCES: [&str; 3] = ["samples/linux:1.0", "samples/windows:ltsc", "samples/app:1.4"];

const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const DOCKER_FOREIGN_LAYER: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
const IN_TOTO: &str = "application/vnd.in-toto+json";

const CREATED: &str = "2026-03-02T09:14:07Z";

/// All samples; the same bytes at every start.
pub fn all() -> Result<Vec<Sample>> {
    let base = linux_steps("amd64")?;
    Ok(vec![linux(&base)?, windows()?, app(base)?])
}

/// One line of an image's history, with the layer that it made.
#[derive(Clone)]
struct Step {
    created_by: String,
    layer: Option<Layer>,
}

#[derive(Clone)]
struct Layer {
    media_type: &'static str,
    digest: String,
    size: usize,
    diff_id: String,
    urls: Vec<String>,
    /// None for a foreign layer: its blob is elsewhere.
    blob: Option<Bytes>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u8,
    media_type: &'static str,
    config: Descriptor,
    layers: Vec<Descriptor>,
    #[serde(skip_serializing_if = "Value::is_null")]
    annotations: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    schema_version: u8,
    media_type: &'static str,
    manifests: Vec<Descriptor>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: &'static str,
    digest: String,
    size: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    urls: Vec<String>,
    #[serde(skip_serializing_if = "Value::is_null")]
    annotations: Value,
    #[serde(skip_serializing_if = "Value::is_null")]
    platform: Value,
}

/// What a config says besides its history.
struct About {
    platform: Value,
    config: Value,
}

fn linux(steps: &[Step]) -> Result<Sample> {
    let about = About {
        platform: json!({ "architecture": "amd64", "os": "linux" }),
        config: json!({ "Cmd": ["sh"], "Env": [PATH] }),
    };
    let mut sample = Sample::new("samples/linux", "1.0");
    sample.image(steps, &about, Value::Null)?;
    Ok(sample)
}

fn windows() -> Result<Sample> {
    // The two base layers of a real Windows image; they are served by their vendor.
    let foreign = |hex: &str, size: usize| {
        let digest = format!("sha256:{hex}");
        Some(Layer {
            media_type: DOCKER_FOREIGN_LAYER,
            size,
            diff_id: sha256(digest.as_bytes()),
            urls: vec![format!("https://mcr.microsoft.com/v2/windows/servercore/blobs/{digest}")],
            digest,
            blob: None,
        })
    };
    let files = |path: &str, size: usize| layer(DOCKER_LAYER, &[(path, size)]).map(Some);
    let steps = [
        Step::new(
            "Apply image 10.0.20348.2113",
            foreign(
                "4612f6d0b889cad0ed0292fae3a0b0c8a9e49aff6dea8eb049b2386d9b07986f",
                1_718_332_879,
            ),
        ),
        Step::new(
            "Install update 10.0.20348.2227",
            foreign(
                "db4edcf0861ff3fdc41851a5a218965ecb2ab6cf4ec9448fb80cc4b6792fd46c",
                720_933_935,
            ),
        ),
        Step::new("cmd /S /C #(nop) LABEL maintainer=Example Corp", None),
        Step::new("powershell -Command Set-TimeZone -Id UTC", files("Hives/System_Delta", 1100)?),
        Step::new(
            "cmd /S /C #(nop) COPY dir:5c3e9a in C:\\server",
            files("Files/server/server.exe", 412_000)?,
        ),
        Step::new("cmd /S /C #(nop) WORKDIR C:\\server", files("Files/server/.keep", 1)?),
        Step::new("cmd /S /C #(nop) ENTRYPOINT [\"server.exe\"]", None),
    ];
    let about = About {
        platform: json!({
            "architecture": "amd64", "os": "windows", "os.version": "10.0.20348.2227"
        }),
        config: json!({ "Entrypoint": ["server.exe"], "WorkingDir": "C:\\server" }),
    };
    let config = config(&steps, &about)?;
    let manifest = Manifest {
        schema_version: 2,
        media_type: DOCKER_MANIFEST,
        config: descriptor(DOCKER_CONFIG, &config),
        layers: layers(&steps),
        annotations: Value::Null,
    };
    let mut sample = Sample::new("samples/windows", "ltsc");
    sample.blobs = steps.iter().filter_map(|step| step.layer.as_ref()?.blob.clone()).collect();
    sample.blobs.push(config);
    sample.manifests.push((DOCKER_MANIFEST, indented(&manifest, b"   ")?));
    Ok(sample)
}

/// A multi-platform image on top of `samples/linux`, as `BuildKit` pushes it.
fn app(base: Vec<Step>) -> Result<Sample> {
    let mut sample = Sample::new("samples/app", "1.4");
    let web = layer(
        OCI_LAYER,
        &[("opt/server/web/app.js", 184_000), ("opt/server/web/app.css", 21_000)],
    )?;
    let on_top = |mut steps: Vec<Step>, arch: &str| -> Result<Vec<Step>> {
        let program = layer(OCI_LAYER, &[(&format!("opt/server/bin/{arch}/server"), 1_240_000)])?;
        steps.extend([
            Step::new(
                "RUN /bin/sh -c useradd --system app # buildkit",
                Some(layer(OCI_LAYER, &[(&format!("etc/{arch}/passwd"), 940)])?),
            ),
            Step::new("COPY web /opt/server/web # buildkit", Some(web.clone())),
            Step::new("COPY server /opt/server/bin # buildkit", Some(program)),
            Step::new("USER app", None),
            Step::new("ENTRYPOINT [\"/opt/server/bin/server\"]", None),
        ]);
        Ok(steps)
    };
    let nano = [
        Step::new(
            "Apply image 10.0.20348.2227",
            Some(layer(OCI_LAYER, &[("Files/Windows/System32/nano.dll", 1_900_000)])?),
        ),
        Step::new("COPY web C:/server/web # buildkit", Some(web.clone())),
        Step::new(
            "COPY server.exe C:/server # buildkit",
            Some(layer(OCI_LAYER, &[("Files/server/server.exe", 1_310_000)])?),
        ),
        Step::new("ENTRYPOINT [\"C:/server/server.exe\"]", None),
    ];
    let platforms = [
        (json!({ "architecture": "amd64", "os": "linux" }), on_top(base, "amd64")?),
        (
            json!({ "architecture": "arm64", "os": "linux", "variant": "v8" }),
            on_top(linux_steps("arm64")?, "arm64")?,
        ),
        (
            json!({ "architecture": "amd64", "os": "windows", "os.version": "10.0.20348.2227" }),
            nano.to_vec(),
        ),
    ];
    let config = json!({ "Entrypoint": ["/opt/server/bin/server"], "Env": [PATH], "User": "app" });
    let annotations = json!({
        "org.opencontainers.image.title": "Example Server",
        "org.opencontainers.image.version": "1.4",
    });
    let mut children = Vec::new();
    for (platform, steps) in platforms {
        let about = About { platform: platform.clone(), config: config.clone() };
        let manifest = sample.image(&steps, &about, annotations.clone())?;
        children.push(Descriptor { platform, ..descriptor(OCI_MANIFEST, &manifest) });
    }
    // BuildKit attests what it built for linux; the children stand at the end.
    for child in 0..2 {
        let attested = children[child].digest.clone();
        let manifest = sample.attestation(&attested)?;
        children.push(Descriptor {
            annotations: json!({
                "vnd.docker.reference.digest": attested,
                "vnd.docker.reference.type": "attestation-manifest",
            }),
            platform: json!({ "architecture": "unknown", "os": "unknown" }),
            ..descriptor(OCI_MANIFEST, &manifest)
        });
    }
    let index = Index { schema_version: 2, media_type: OCI_INDEX, manifests: children };
    sample.manifests.push((OCI_INDEX, indented(&index, b"  ")?));
    Ok(sample)
}

const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The base image; its third layer is the same on every platform.
fn linux_steps(arch: &str) -> Result<Vec<Step>> {
    let file = |path: &str, size: usize| layer(OCI_LAYER, &[(path, size)]).map(Some);
    Ok(vec![
        Step::new(
            &format!("ADD example-rootfs-12-{arch}.tar.xz / # buildkit"),
            Some(layer(
                OCI_LAYER,
                &[
                    (&format!("usr/lib/{arch}/libc.so.6"), 1_650_000),
                    ("bin/busybox", 790_000),
                    ("etc/os-release", 267),
                ],
            )?),
        ),
        Step::new("CMD [\"sh\"]", None),
        Step::new(
            "RUN /bin/sh -c apt-get update && apt-get install -y tzdata # buildkit",
            file(&format!("var/lib/{arch}/dpkg/status"), 318_000)?,
        ),
        Step::new(
            "COPY certificates/ /usr/share/ca-certificates/ # buildkit",
            file("usr/share/ca-certificates/ca.pem", 201_000)?,
        ),
        Step::new("WORKDIR /srv", file("srv/.keep", 0)?),
        Step::new(&format!("ENV {PATH}"), None),
    ])
}

impl Sample {
    fn new(repository: &'static str, tag: &'static str) -> Self {
        Self { repository, tag, blobs: Vec::new(), manifests: Vec::new() }
    }

    /// Adds an OCI image and returns its manifest.
    fn image(&mut self, steps: &[Step], about: &About, annotations: Value) -> Result<Bytes> {
        let config = config(steps, about)?;
        let manifest = Manifest {
            schema_version: 2,
            media_type: OCI_MANIFEST,
            config: descriptor(OCI_CONFIG, &config),
            layers: layers(steps),
            annotations,
        };
        let manifest = indented(&manifest, b"  ")?;
        self.blobs.extend(steps.iter().filter_map(|step| step.layer.as_ref()?.blob.clone()));
        self.blobs.push(config);
        self.manifests.push((OCI_MANIFEST, manifest.clone()));
        Ok(manifest)
    }

    /// Adds the attestation of the image with the digest `attested` and returns its manifest.
    fn attestation(&mut self, attested: &str) -> Result<Bytes> {
        let hex = attested.trim_start_matches("sha256:");
        let statement = Bytes::from(serde_json::to_vec(&json!({
            "_type": "https://in-toto.io/Statement/v0.1",
            "predicateType": "https://slsa.dev/provenance/v0.2",
            "subject": [{ "name": "pkg:docker/samples/app@1.4", "digest": { "sha256": hex } }],
            "predicate": { "buildType": "https://mobyproject.org/buildkit@v1" },
        }))?);
        let config = Bytes::from(serde_json::to_vec(&json!({
            "architecture": "unknown",
            "os": "unknown",
            "config": {},
            "rootfs": { "type": "layers", "diff_ids": [sha256(&statement)] },
        }))?);
        let predicate = json!({ "in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2" });
        let manifest = Manifest {
            schema_version: 2,
            media_type: OCI_MANIFEST,
            config: descriptor(OCI_CONFIG, &config),
            layers: vec![Descriptor { annotations: predicate, ..descriptor(IN_TOTO, &statement) }],
            annotations: Value::Null,
        };
        let manifest = indented(&manifest, b"  ")?;
        self.blobs.extend([statement, config]);
        self.manifests.push((OCI_MANIFEST, manifest.clone()));
        Ok(manifest)
    }
}

impl Step {
    fn new(created_by: &str, layer: Option<Layer>) -> Self {
        Self { created_by: created_by.to_owned(), layer }
    }
}

/// A layer with these files (paths and sizes), their content made up.
fn layer(media_type: &'static str, files: &[(&str, usize)]) -> Result<Layer> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, size) in files {
        let mut head = tar::Header::new_ustar();
        head.set_mode(0o644);
        head.set_mtime(1_772_442_847);
        head.set_size(*size as u64);
        tar.append_data(&mut head, path, &content(path, *size)[..])?;
    }
    let tar = tar.into_inner()?;
    let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::fast());
    gzip.write_all(&tar)?;
    let blob = Bytes::from(gzip.finish()?);
    Ok(Layer {
        media_type,
        digest: sha256(&blob),
        size: blob.len(),
        diff_id: sha256(&tar),
        urls: Vec::new(),
        blob: Some(blob),
    })
}

/// Bytes that look like a program: half noise, so that gzip takes off about as much as usual.
fn content(path: &str, size: usize) -> Vec<u8> {
    let mut seed = Sha256::digest(path.as_bytes());
    let mut bytes = Vec::with_capacity(size + 64);
    while bytes.len() < size {
        bytes.extend_from_slice(&seed);
        bytes.extend_from_slice(&[0; 32]);
        seed = Sha256::digest(seed);
    }
    bytes.truncate(size);
    bytes
}

/// The config blob of an image. Empty steps have no entry in `rootfs` (image-spec `config.md`,
/// `history`).
fn config(steps: &[Step], about: &About) -> Result<Bytes> {
    let history: Vec<Value> = steps
        .iter()
        .map(|step| {
            let mut entry = json!({ "created": CREATED, "created_by": step.created_by });
            if step.layer.is_none() {
                entry["empty_layer"] = Value::Bool(true);
            }
            entry
        })
        .collect();
    let diff_ids: Vec<&str> =
        steps.iter().filter_map(|step| Some(step.layer.as_ref()?.diff_id.as_str())).collect();
    let mut config = about.platform.clone();
    config["created"] = CREATED.into();
    config["config"] = about.config.clone();
    config["rootfs"] = json!({ "type": "layers", "diff_ids": diff_ids });
    config["history"] = history.into();
    Ok(Bytes::from(serde_json::to_vec(&config)?))
}

fn layers(steps: &[Step]) -> Vec<Descriptor> {
    steps
        .iter()
        .filter_map(|step| step.layer.as_ref())
        .map(|layer| Descriptor {
            media_type: layer.media_type,
            digest: layer.digest.clone(),
            size: layer.size,
            urls: layer.urls.clone(),
            ..Descriptor::default()
        })
        .collect()
}

fn descriptor(media_type: &'static str, bytes: &[u8]) -> Descriptor {
    Descriptor { media_type, digest: sha256(bytes), size: bytes.len(), ..Descriptor::default() }
}

fn indented(value: &impl Serialize, indent: &[u8]) -> Result<Bytes> {
    let mut out = Vec::new();
    let style = serde_json::ser::PrettyFormatter::with_indent(indent);
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, style))?;
    Ok(Bytes::from(out))
}

/// The digest of `bytes`.
fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", assets::sha256(bytes))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn everything_referred_to_is_there_except_foreign_layers() {
        for sample in all().unwrap() {
            let mut known: BTreeSet<String> =
                sample.blobs.iter().map(|blob| sha256(blob)).collect();
            for (media_type, bytes) in &sample.manifests {
                let manifest: Value = serde_json::from_slice(bytes).unwrap();
                assert_eq!(manifest["mediaType"], *media_type);
                let none = Vec::new();
                let list = |name: &str| manifest[name].as_array().unwrap_or(&none).clone();
                let children = [list("layers"), list("manifests")].concat();
                for child in children.iter().chain(manifest.get("config")) {
                    let digest = child["digest"].as_str().unwrap();
                    let foreign = child["mediaType"] == DOCKER_FOREIGN_LAYER;
                    assert_ne!(
                        known.contains(digest),
                        foreign,
                        "{digest} of {}",
                        sample.repository
                    );
                }
                known.insert(sha256(bytes));
            }
        }
    }

    #[test]
    fn history_and_layers_agree() {
        let sample = &all().unwrap()[0];
        let (_, manifest) = &sample.manifests[0];
        let manifest: Value = serde_json::from_slice(manifest).unwrap();
        let config = sample.blobs.last().unwrap();
        assert_eq!(manifest["config"]["digest"], sha256(config));
        let config: Value = serde_json::from_slice(config).unwrap();
        let history = config["history"].as_array().unwrap();
        let made = history.iter().filter(|entry| entry.get("empty_layer").is_none()).count();
        assert_eq!(made, 4);
        assert_eq!(history.len(), 6);
        assert_eq!(manifest["layers"].as_array().unwrap().len(), made);
        assert_eq!(config["rootfs"]["diff_ids"].as_array().unwrap().len(), made);
    }

    #[test]
    fn the_app_stands_on_the_linux_sample() {
        let samples = all().unwrap();
        let layers = |sample: usize, manifest: usize| -> Vec<String> {
            let (_, bytes) = &samples[sample].manifests[manifest];
            let manifest: Value = serde_json::from_slice(bytes).unwrap();
            let layers = manifest["layers"].as_array().unwrap();
            layers.iter().map(|layer| layer["digest"].to_string()).collect()
        };
        let (linux, amd64, arm64, nano) = (layers(0, 0), layers(2, 0), layers(2, 1), layers(2, 2));
        assert_eq!(amd64[..4], linux);
        let shared =
            |a: &[String], b: &[String]| a.iter().filter(|layer| b.contains(layer)).count();
        assert_eq!((shared(&amd64, &arm64), shared(&amd64, &nano)), (3, 1));
    }
}
