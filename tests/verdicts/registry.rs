//! A `docker-registry` of its own on loopback, filled by writing its storage, so that it can serve
//! what it would not take.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use layermark::manifest::Digest;

use crate::port::Port;
use crate::program::program;

/// A running registry; it ends with this value.
pub(crate) struct Registry {
    /// `127.0.0.1:port`.
    pub(crate) host: String,
    root: PathBuf,
    process: Child,
    _port: Port,
}

impl Registry {
    /// Starts one below `folder` with this text as its `validation` setting.
    pub(crate) fn start(folder: &Path, validation: &str) -> Self {
        let root = folder.join("storage");
        fs::create_dir_all(&root).unwrap();
        let port = Port::free();
        let host = format!("127.0.0.1:{port}");
        let config = folder.join("config.yml");
        fs::write(
            &config,
            format!(
                "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: {host}}}\n{validation}",
                root.display()
            ),
        )
        .unwrap();
        let process = program("docker-registry")
            .arg("serve")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut registry = Self { host, root, process, _port: port };
        let start = Instant::now();
        while ureq::get(registry.url("/v2/")).call().is_err() {
            assert!(registry.process.try_wait().unwrap().is_none(), "docker-registry ended");
            assert!(start.elapsed() < Duration::from_secs(20), "docker-registry does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        registry
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    /// Puts a blob into the repository.
    pub(crate) fn add_blob(&self, repository: &str, bytes: &[u8]) -> Digest {
        let digest = self.add_data(bytes);
        self.link(repository, &format!("_layers/sha256/{}", digest.hex()), &digest);
        digest
    }

    /// Puts a manifest into the repository, as it is, under the tag `1`.
    pub(crate) fn add_manifest(&self, repository: &str, bytes: &[u8]) -> Digest {
        let digest = self.add_data(bytes);
        let hex = digest.hex();
        self.link(repository, &format!("_manifests/revisions/sha256/{hex}"), &digest);
        self.link(repository, "_manifests/tags/1/current", &digest);
        self.link(repository, &format!("_manifests/tags/1/index/sha256/{hex}"), &digest);
        digest
    }

    /// Whether the repository has the blob.
    pub(crate) fn has_blob(&self, repository: &str, digest: &Digest) -> bool {
        ureq::head(self.url(&format!("/v2/{repository}/blobs/{digest}"))).call().is_ok()
    }

    /// Pushes a manifest: the status, and the first error code of a refusal.
    pub(crate) fn push(
        &self,
        repository: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> (u16, Option<String>) {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut response = agent
            .put(self.url(&format!("/v2/{repository}/manifests/1")))
            .header("Content-Type", media_type)
            .send(bytes)
            .unwrap();
        let body = response.body_mut().read_to_string().unwrap();
        let body: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        let code = body["errors"][0]["code"].as_str().map(str::to_owned);
        (response.status().as_u16(), code)
    }

    /// The manifest under the tag `1`, if there is one.
    pub(crate) fn manifest(&self, repository: &str) -> Option<serde_json::Value> {
        let accept = "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json";
        let url = self.url(&format!("/v2/{repository}/manifests/1"));
        let body = ureq::get(url).header("Accept", accept).call().ok()?.body_mut().read_to_string();
        serde_json::from_str(&body.ok()?).ok()
    }

    fn add_data(&self, bytes: &[u8]) -> Digest {
        let digest = Digest::sha256(bytes);
        let hex = digest.hex();
        let folder = self.root.join(format!("docker/registry/v2/blobs/sha256/{}/{hex}", &hex[..2]));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("data"), bytes).unwrap();
        digest
    }

    fn link(&self, repository: &str, path: &str, digest: &Digest) {
        let folder = self.root.join(format!("docker/registry/v2/repositories/{repository}/{path}"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("link"), digest.as_str()).unwrap();
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
