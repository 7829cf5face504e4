//! Small images to push, and the calls that every test makes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::future::Future;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use layermark::manifest::media_type::{DOCKER_CONFIG, DOCKER_MANIFEST, OCI_CONFIG, OCI_MANIFEST};
use layermark::manifest::{Algorithm, Digest, Hasher};
use layermark::registry::push::{
    LocalBlob, Needed, Place, Proof, PushDocument, PushError, PushInput, PushPlan, Role, execute,
    gather,
};
use layermark::registry::{
    Client, CookieMode, Endpoint, Reference, Repository, Selector, Session, ShortNames, Tag,
};

use crate::transport::Native;

/// An image with one layer; the layer is foreign when it has URLs.
pub struct Sample {
    pub config: Vec<u8>,
    pub layer: Vec<u8>,
    pub urls: Vec<String>,
    docker: bool,
}

impl Sample {
    /// An OCI image.
    pub fn new(name: &str, urls: &[&str]) -> Self {
        Self {
            config: format!(r#"{{"architecture":"amd64","os":"linux","name":"{name}"}}"#).into(),
            layer: format!("the layer of {name}").into(),
            urls: urls.iter().map(|url| (*url).to_owned()).collect(),
            docker: false,
        }
    }

    /// A Docker image.
    pub fn docker(name: &str) -> Self {
        Self { docker: true, ..Self::new(name, &[]) }
    }

    pub fn manifest(&self) -> Vec<u8> {
        let (kind, config, layer) = if self.docker {
            (DOCKER_MANIFEST, DOCKER_CONFIG, "application/vnd.docker.image.rootfs.diff.tar.gzip")
        } else if self.urls.is_empty() {
            (OCI_MANIFEST, OCI_CONFIG, "application/vnd.oci.image.layer.v1.tar+gzip")
        } else {
            let kind = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
            (OCI_MANIFEST, OCI_CONFIG, kind)
        };
        let urls: Vec<String> = self.urls.iter().map(|url| format!("\"{url}\"")).collect();
        let urls = if urls.is_empty() {
            String::new()
        } else {
            format!(r#","urls":[{}]"#, urls.join(","))
        };
        format!(
            r#"{{"schemaVersion":2,"mediaType":"{kind}","config":{{"mediaType":"{config}","digest":"{}","size":{}}},"layers":[{{"mediaType":"{layer}","digest":"{}","size":{}{urls}}}]}}"#,
            self.config_digest(),
            self.config.len(),
            self.layer_digest(),
            self.layer.len()
        )
        .into_bytes()
    }

    pub fn digest(&self) -> Digest {
        Digest::sha256(&self.manifest())
    }

    pub fn config_digest(&self) -> Digest {
        Digest::sha256(&self.config)
    }

    pub fn config_size(&self) -> u64 {
        self.config.len() as u64
    }

    pub fn layer_digest(&self) -> Digest {
        Digest::sha256(&self.layer)
    }

    /// What it takes to push it to a tag; config and layer are here.
    pub fn input(&self, base: &str, repository: &str, tag: &str) -> PushInput {
        let need = |bytes: &[u8], may_stay_away| Needed {
            digest: Digest::sha256(bytes),
            size: bytes.len() as u64,
            may_stay_away,
            role: Role::Layer,
        };
        let local = [&self.config, &self.layer]
            .map(|bytes| (Digest::sha256(bytes), LocalBlob::Bytes(bytes.as_slice().into())));
        let document = PushDocument {
            digest: self.digest(),
            platform: None,
            media_type: if self.docker { DOCKER_MANIFEST } else { OCI_MANIFEST }.to_owned(),
            is_index: false,
            bytes: self.manifest().into(),
            needs: vec![need(&self.config, false), need(&self.layer, !self.urls.is_empty())],
            urls: self.urls.clone(),
            has_subject: false,
        };
        PushInput {
            documents: vec![document],
            source: None,
            wanted: std::collections::BTreeSet::new(),
            required: std::collections::BTreeSet::new(),
            local: BTreeMap::from(local),
            reference: Reference::parse(
                &format!("r.example/{repository}:{tag}"),
                ShortNames::OfDefaultRegistry,
            )
            .unwrap(),
            target: place(base, repository),
            tag: Some(tag_of(tag)),
            loaded: None,
            pinned: false,
            backup: None,
            put_back: false,
        }
    }
}

pub fn place(base: &str, name: &str) -> Place {
    Place { endpoint: Endpoint::parse(base).unwrap(), repository: repository(name) }
}

pub fn repository(name: &str) -> Repository {
    Repository::parse(name).unwrap()
}

pub fn tag_of(name: &str) -> Tag {
    Tag::parse(name).unwrap()
}

pub fn tag(name: &str) -> Selector {
    Selector::Tag(tag_of(name))
}

/// A client as a page of another origin would have it.
pub fn client(native: &Native, base: &str) -> Client {
    let endpoint = Endpoint::parse(base).unwrap();
    Client::new(Session::new(native.http(), endpoint, None, CookieMode::Omit))
}

/// Plans and executes a push.
pub fn push(client: &Client, input: PushInput) -> Result<Proof, PushError> {
    let facts = block_on(gather(client, &input))?;
    let plan = PushPlan::new(input, &facts);
    assert!(plan.is_ready(), "{:?} {:?}", plan.problems, plan.moved);
    let (_, result) = block_on(execute(plan, client, &|_| client.clone(), &|_, _| {}));
    result.map_err(|stop| stop.error)
}

/// Runs a future of the blocking transport.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the blocking transport leaves nothing to wait for"),
    }
}

/// Writes a file of `size` bytes that do not repeat soon, and returns its digest.
pub fn write_layer(folder: &Path, size: u64) -> (PathBuf, Digest) {
    let path = folder.join("layer");
    let mut file = File::create(&path).unwrap();
    let mut hasher = Hasher::new(Algorithm::Sha256);
    let mut state = 1_u64;
    let mut left = size;
    while left > 0 {
        let mut chunk = Vec::with_capacity(1 << 20);
        while chunk.len() < 1 << 20 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            chunk.extend(state.to_le_bytes());
        }
        chunk.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        hasher.update(&chunk);
        file.write_all(&chunk).unwrap();
        left -= chunk.len() as u64;
    }
    (path, hasher.finish())
}

/// The most memory that this process has had at once, in bytes.
pub fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}
