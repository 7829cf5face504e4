//! The embedded registry: `ferro-oci-server` in memory, with [`samples`] in it.
//!
//! Manifests and blobs are stored byte for byte and checked against the digest they are pushed
//! under; `HEAD`, upload sessions, chunks, tags and catalog pages, and referrers work. Where the
//! crate (1.0) falls short of what the page needs, this module wraps it:
//!
//! - It refuses manifests with a foreign layer whose blob it does not have. Real registries accept
//!   those, because the layer is fetched from its URLs: `Blobs`.
//! - It answers a blob mount with a fresh upload: `mount`.
//! - It lists no tags for a repository that does not exist, instead of refusing: `tags`.
//!
//! Left as it is: blobs belong to all repositories alike, `Accept` is ignored, blobs know no ranges,
//! manifests have sha256 digests only, and a `Link` may lead to a last, empty page.

use std::collections::HashSet;
use std::sync::Arc;

use anyhow::Result;
use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use ferro_blob_store::{BlobStore, Digest, InMemoryBlobStore};
use ferro_oci_server::{AppState, InMemoryRegistryMeta, MAX_BODY_BYTES, Reference};

use super::samples::{self, Sample};

tokio::task_local! {
    /// Layers that need no blob, of the manifest in the request at hand.
    static FOREIGN: HashSet<Digest>;
}

/// Serves `/v2/` with the samples.
pub async fn router() -> Result<Router> {
    let state = AppState::new(Arc::new(Blobs::default()), Arc::new(InMemoryRegistryMeta::new()));
    for sample in samples::all()? {
        seed(&state, sample).await?;
    }
    let inner = ferro_oci_server::router(Arc::clone(&state));
    Ok(inner
        .layer(middleware::from_fn_with_state(Arc::clone(&state), mount))
        .layer(middleware::from_fn_with_state(state, tags))
        .layer(middleware::from_fn(admit_foreign_layers)))
}

async fn seed(state: &AppState, sample: Sample) -> Result<()> {
    for blob in sample.blobs {
        state.store_blob_counted(&Digest::sha256_of(&blob), blob).await?;
    }
    let last = sample.manifests.len().saturating_sub(1);
    for (index, (media_type, manifest)) in sample.manifests.into_iter().enumerate() {
        let digest = Digest::sha256_of(&manifest);
        let reference = if index == last {
            Reference::Tag(sample.tag.to_owned())
        } else {
            Reference::Digest(digest.clone())
        };
        let registry = &state.registry;
        registry.put_manifest(sample.repository, &reference, &digest, media_type, manifest).await?;
    }
    Ok(())
}

/// The blob store, which also claims to contain the foreign layers of the manifest at hand.
#[derive(Default)]
struct Blobs(InMemoryBlobStore);

#[async_trait]
impl BlobStore for Blobs {
    async fn put(&self, digest: &Digest, bytes: Bytes) -> ferro_blob_store::Result<()> {
        self.0.put(digest, bytes).await
    }

    async fn get(&self, digest: &Digest) -> ferro_blob_store::Result<Bytes> {
        self.0.get(digest).await
    }

    async fn contains(&self, digest: &Digest) -> ferro_blob_store::Result<bool> {
        let foreign = FOREIGN.try_with(|foreign| foreign.contains(digest)).unwrap_or(false);
        Ok(foreign || self.0.contains(digest).await?)
    }

    async fn delete(&self, digest: &Digest) -> ferro_blob_store::Result<()> {
        self.0.delete(digest).await
    }

    async fn list(&self) -> ferro_blob_store::Result<Vec<Digest>> {
        self.0.list().await
    }
}

async fn admit_foreign_layers(request: Request, next: Next) -> Response {
    if request.method() != Method::PUT || !request.uri().path().contains("/manifests/") {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_BODY_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let foreign = foreign_layers(&bytes);
    let request = Request::from_parts(parts, Body::from(bytes));
    FOREIGN.scope(foreign, next.run(request)).await
}

/// The layers of `manifest` that are to be fetched from their URLs: a non-distributable media type
/// and at least one http(s) URL, as `registry` 2.8 and 3.x have it.
fn foreign_layers(manifest: &[u8]) -> HashSet<Digest> {
    let manifest: serde_json::Value = serde_json::from_slice(manifest).unwrap_or_default();
    let layers = manifest["layers"].as_array().map(Vec::as_slice).unwrap_or_default();
    layers
        .iter()
        .filter(|layer| {
            let media_type = layer["mediaType"].as_str().unwrap_or_default();
            media_type == "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
                || media_type.starts_with("application/vnd.oci.image.layer.nondistributable.v1.tar")
        })
        .filter(|layer| {
            let urls = layer["urls"].as_array().map(Vec::as_slice).unwrap_or_default();
            let is_web = |url: &serde_json::Value| {
                url.as_str()
                    .is_some_and(|url| url.starts_with("https://") || url.starts_with("http://"))
            };
            !urls.is_empty() && urls.iter().all(is_web)
        })
        .filter_map(|layer| layer["digest"].as_str()?.parse().ok())
        .collect()
}

/// Mounts a blob that is here (distribution-spec, "Mounting a blob from another repository").
async fn mount(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let uploads = request.uri().path().strip_suffix('/').unwrap_or(request.uri().path());
    let repository =
        uploads.strip_prefix("/v2/").and_then(|path| path.strip_suffix("/blobs/uploads"));
    let digest = request.uri().query().and_then(mounted_digest);
    if let (&Method::POST, Some(repository), Some(digest)) = (request.method(), repository, digest)
        && state.blob_store.contains(&digest).await.unwrap_or(false)
    {
        let headers = [
            (header::LOCATION.as_str(), format!("/v2/{repository}/blobs/{digest}")),
            ("docker-content-digest", digest.to_string()),
        ];
        return (StatusCode::CREATED, headers).into_response();
    }
    next.run(request).await
}

fn mounted_digest(query: &str) -> Option<Digest> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix("mount="))?;
    value.replace("%3A", ":").replace("%3a", ":").parse().ok()
}

/// Refuses to list the tags of a repository that does not exist (distribution-spec, "Content
/// discovery": 404 with `NAME_UNKNOWN`).
async fn tags(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if let Some(name) = path.strip_prefix("/v2/").and_then(|path| path.strip_suffix("/tags/list")) {
        let known = state.registry.list_repositories(None, None).await.unwrap_or_default();
        if !known.iter().any(|repository| repository == name) {
            let body = serde_json::json!({
                "errors": [{
                    "code": "NAME_UNKNOWN",
                    "message": "repository name not known to registry",
                    "detail": { "name": name },
                }]
            });
            let headers = [(header::CONTENT_TYPE, "application/json")];
            return (StatusCode::NOT_FOUND, headers, body.to_string()).into_response();
        }
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_layers_have_a_type_and_urls() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let check = |media_type: &str, urls: &str, expected: usize| {
            let manifest = format!(
                r#"{{"layers":[{{"mediaType":"{media_type}","digest":"{digest}","urls":{urls}}}]}}"#
            );
            assert_eq!(foreign_layers(manifest.as_bytes()).len(), expected, "{manifest}");
        };
        let docker = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
        check(docker, r#"["https://a.example/x"]"#, 1);
        check(docker, "[]", 0);
        check(docker, r#"[""]"#, 0);
        check(docker, r#"["ftp://a.example/x"]"#, 0);
        let oci = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
        check(oci, r#"["http://a.example/x"]"#, 1);
        check("application/vnd.oci.image.layer.v1.tar+gzip", r#"["https://a.example/x"]"#, 0);
        assert!(foreign_layers(b"no json").is_empty());
    }

    #[test]
    fn mounted_digests() {
        let hex = "a".repeat(64);
        for query in [format!("mount=sha256:{hex}&from=a"), format!("from=a&mount=sha256%3A{hex}")]
        {
            assert_eq!(mounted_digest(&query).unwrap().to_string(), format!("sha256:{hex}"));
        }
        assert!(mounted_digest("from=a").is_none());
    }
}
