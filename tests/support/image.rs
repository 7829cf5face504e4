//! Images made up by tests: real gzipped layers, a config with history, a manifest as tools write
//! it.

use std::io::Write as _;
use std::process::Stdio;

use layermark::manifest::Digest;

use super::http;
use super::program::program;

/// `mediaType` of an OCI image manifest.
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// `mediaType` of an OCI index.
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// `mediaType` of a plain OCI layer.
pub const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// `mediaType` of a non-distributable OCI layer.
pub const OCI_FOREIGN: &str = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
/// `mediaType` of a Docker manifest.
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// `mediaType` of a plain Docker layer.
pub const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
/// `mediaType` of a foreign Docker layer.
pub const DOCKER_FOREIGN: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// An image with all that it consists of.
#[derive(Clone, Debug)]
pub struct TestImage {
    /// `Content-Type` of the manifest.
    pub media_type: &'static str,
    /// The manifest.
    pub manifest: Vec<u8>,
    /// Config and layers; the config comes first.
    pub blobs: Vec<Vec<u8>>,
}

impl TestImage {
    /// An OCI image with one layer for each of `layers`, indented by two spaces.
    pub fn oci(layers: &[&str]) -> Self {
        Self::of_layers(layers.iter().map(|text| gzip(text.as_bytes())).collect())
    }

    /// An OCI image of these very layers, indented by two spaces.
    pub fn of_layers(layers: Vec<Vec<u8>>) -> Self {
        let history: Vec<String> = (0..layers.len())
            .map(|index| format!(r#"{{"created_by":"RUN step {index}"}}"#))
            .collect();
        let diff_ids: Vec<String> =
            layers.iter().map(|layer| format!("{:?}", sha256(layer))).collect();
        let config = format!(
            r#"{{"architecture":"amd64","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":[{}]}},"history":[{}]}}"#,
            diff_ids.join(","),
            history.join(",")
        )
        .into_bytes();
        let descriptors: Vec<String> =
            layers.iter().map(|layer| descriptor(OCI_LAYER, layer, "    ")).collect();
        let manifest = format!(
            "{{\n  \"schemaVersion\": 2,\n  \"mediaType\": \"{OCI_MANIFEST}\",\n  \"config\": {},\n  \"layers\": [\n    {}\n  ]\n}}",
            descriptor(OCI_CONFIG, &config, "  "),
            descriptors.join(",\n    ")
        );
        let mut blobs = vec![config];
        blobs.extend(layers);
        Self { media_type: OCI_MANIFEST, manifest: manifest.into_bytes(), blobs }
    }

    /// The digest of the manifest.
    pub fn digest(&self) -> String {
        sha256(&self.manifest)
    }

    /// The manifest as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.manifest.clone()).unwrap()
    }

    /// The digest of a layer, counted from zero.
    pub fn layer(&self, index: usize) -> String {
        sha256(&self.blobs[index + 1])
    }

    /// Puts the image into the registry at `base` (such as `http://127.0.0.1:5000`).
    pub fn push(&self, base: &str, repository: &str, tag: &str, headers: &[(&str, &str)]) {
        for blob in &self.blobs {
            push_blob(base, repository, blob, headers);
        }
        push_manifest(base, repository, tag, self.media_type, &self.manifest, headers);
    }
}

/// Uploads a blob.
pub fn push_blob(base: &str, repository: &str, blob: &[u8], headers: &[(&str, &str)]) {
    let start = http::send("POST", &format!("{base}/v2/{repository}/blobs/uploads/"), headers, b"");
    assert_eq!(start.status, 202, "{}", start.text());
    let location = start.header("location").unwrap();
    let location =
        if location.starts_with('/') { format!("{base}{location}") } else { location.to_owned() };
    let joint = if location.contains('?') { '&' } else { '?' };
    let url = format!("{location}{joint}digest={}", sha256(blob));
    let mut headers = headers.to_vec();
    headers.push(("content-type", "application/octet-stream"));
    let stored = http::send("PUT", &url, &headers, blob);
    assert_eq!(stored.status, 201, "{}", stored.text());
}

/// Stores a manifest under a tag or digest.
pub fn push_manifest(
    base: &str,
    repository: &str,
    reference: &str,
    media_type: &str,
    manifest: &[u8],
    headers: &[(&str, &str)],
) {
    let mut headers = headers.to_vec();
    headers.push(("content-type", media_type));
    let url = format!("{base}/v2/{repository}/manifests/{reference}");
    let stored = http::send("PUT", &url, &headers, manifest);
    assert_eq!(stored.status, 201, "{}", stored.text());
}

/// The `artifactType` of a Notation signature.
pub const NOTATION: &str = "application/vnd.cncf.notary.signature";

/// A Notation signature of `image`, as a manifest that is not stored yet; its empty config is put
/// into the repository.
pub fn signature(base: &str, repository: &str, image: &TestImage) -> String {
    push_blob(base, repository, b"{}", &[]);
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","artifactType":"{NOTATION}","config":{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{empty}","size":2}},"layers":[{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{empty}","size":2}}],"subject":{{"mediaType":"{OCI_MANIFEST}","digest":"{}","size":{}}}}}"#,
        image.digest(),
        image.manifest.len(),
        empty = sha256(b"{}"),
    )
}

/// The sha256 digest of `bytes`.
pub fn sha256(bytes: &[u8]) -> String {
    Digest::sha256(bytes).to_string()
}

fn descriptor(media_type: &str, bytes: &[u8], indent: &str) -> String {
    format!(
        "{{\n{indent}  \"mediaType\": \"{media_type}\",\n{indent}  \"digest\": \"{}\",\n{indent}  \"size\": {}\n{indent}}}",
        sha256(bytes),
        bytes.len()
    )
}

/// `bytes` as `gzip` packs them.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip =
        program("gzip").arg("-nc").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = gzip.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || input.write_all(&bytes).unwrap());
    let output = gzip.wait_with_output().unwrap();
    writer.join().unwrap();
    output.stdout
}

/// What cosign keeps under its tag: a signature.
pub fn cosign_signature(base: &str, repository: &str) -> String {
    push_blob(base, repository, b"{}", &[]);
    let (kind, digest) = ("application/vnd.dev.cosign.simplesigning.v1+json", sha256(b"{}"));
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{digest}","size":2}},"layers":[{{"mediaType":"{kind}","digest":"{digest}","size":2,"annotations":{{"dev.cosignproject.cosign/signature":"MEQ="}}}}]}}"#
    )
}
