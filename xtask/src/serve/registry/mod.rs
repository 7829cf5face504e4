//! The embedded registry: an OCI registry in memory, with [`samples`] in it.
//!
//! Manifests and blobs are stored byte for byte and checked against the digest they are pushed under.
//! As `registry` 2.8 and 3.x do, it refuses a manifest with a blob or child that it does not have,
//! except foreign layers with URLs, which are fetched from there. The sections in the comments are
//! those of the distribution-spec 1.1.
//!
//! What it leaves out: blobs belong to all repositories alike, `Accept` is ignored, and nobody has
//! to sign in.

use std::collections::{BTreeMap, HashMap};
use std::io::Read as _;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Value, json};

use super::samples;
use crate::assets::{sha256, sha512};
use crate::http::{Body, Handler, Request, Response, answer, set};

mod target;

use target::{Query, Target};

/// What is taken in one request. It lies in memory.
const MAX_BODY: u64 = 2 << 30;

/// What registries take as a manifest (section "Pushing Manifests").
const MAX_MANIFEST: usize = 4 << 20;

const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Answers below `/v2/`, with the samples.
pub fn handler() -> Result<Handler> {
    let mut store = Store::default();
    // What manifests without a config name (image-spec 1.1, "Guidance for an Empty Descriptor");
    // clients rarely push it.
    store.blobs.insert(format!("sha256:{}", sha256(b"{}")), Bytes::from_static(b"{}"));
    for sample in samples::all()? {
        for blob in sample.blobs {
            store.blobs.insert(format!("sha256:{}", sha256(&blob)), blob);
        }
        let repository = store.repositories.entry(sample.repository.to_owned()).or_default();
        for (media_type, bytes) in sample.manifests {
            let digest = format!("sha256:{}", sha256(&bytes));
            let manifest = Manifest { media_type: media_type.to_owned(), bytes };
            repository.manifests.insert(digest.clone(), manifest);
            // The last one keeps it.
            repository.tags.insert(sample.tag.to_owned(), digest);
        }
    }
    let store = Mutex::new(store);
    Ok(Box::new(move |request| respond(&store, request)))
}

fn respond(store: &Mutex<Store>, request: Request<'_>) -> Response {
    let (parts, body) = request.into_parts();
    let mut bytes = Vec::new();
    if body.take(MAX_BODY + 1).read_to_end(&mut bytes).is_err() {
        return Refusal::new(400, "SIZE_INVALID", "the body broke off").into_response();
    }
    if bytes.len() as u64 > MAX_BODY {
        return Refusal::new(413, "SIZE_INVALID", "the body is too large").into_response();
    }
    let body = Bytes::from(bytes);
    let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
    store.answer(&parts, body).unwrap_or_else(Refusal::into_response)
}

/// Everything that was pushed.
#[derive(Default)]
struct Store {
    blobs: HashMap<String, Bytes>,
    repositories: BTreeMap<String, Repository>,
    uploads: HashMap<String, Vec<u8>>,
    started_uploads: u64,
}

#[derive(Default)]
struct Repository {
    /// By digest.
    manifests: BTreeMap<String, Manifest>,
    tags: BTreeMap<String, String>,
}

struct Manifest {
    media_type: String,
    bytes: Bytes,
}

/// An error as the specification has it (section "Error Codes").
#[derive(Debug)]
struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
}

type Answer = Result<Response, Refusal>;

impl Refusal {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    fn into_response(self) -> Response {
        let body = json!({ "errors": [{ "code": self.code, "message": self.message }] });
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        answer(status, &[("content-type", "application/json")], body.to_string())
    }
}

impl Store {
    fn answer(&mut self, request: &Parts, body: Bytes) -> Answer {
        let path = request.uri.path().strip_prefix("/v2/").unwrap_or_default();
        let query = Query(request.uri.query().unwrap_or_default());
        let method = match request.method {
            Method::HEAD => "GET",
            ref other => other.as_str(),
        };
        match path {
            "" => {
                let mut response = json_response("application/json", &json!({}));
                set(&mut response, "docker-distribution-api-version", "registry/2.0");
                return Ok(response);
            }
            "_catalog" => {
                let names = self.repositories.keys().map(String::as_str);
                return Ok(page("/v2/_catalog", "repositories", names, &query, json!({})));
            }
            _ => {}
        }
        let target = Target::of(path)
            .ok_or_else(|| Refusal::new(404, "NAME_INVALID", format!("there is no /v2/{path}")))?;
        match (method, target) {
            ("GET", Target::Tags(name)) => self.tags(name, &query),
            ("GET", Target::Referrers(name, digest)) => Ok(self.referrers(name, digest, &query)),
            ("GET", Target::Manifest(name, reference)) => self.manifest(name, reference),
            ("PUT", Target::Manifest(name, reference)) => {
                self.put_manifest(name, reference, &request.headers, body)
            }
            ("DELETE", Target::Manifest(name, reference)) => self.delete_manifest(name, reference),
            ("GET", Target::Blob(digest)) => self.blob(digest, &request.headers),
            ("DELETE", Target::Blob(digest)) => {
                let removed = self.blobs.remove(digest);
                removed.map(|_| bare(StatusCode::ACCEPTED)).ok_or(no_blob(digest))
            }
            ("POST", Target::NewUpload(name)) => self.start_upload(name, &query, body),
            ("GET", Target::Upload(name, id)) => {
                let bytes = self.uploads.get(id).ok_or_else(no_upload)?;
                Ok(upload_state(StatusCode::NO_CONTENT, name, id, bytes.len()))
            }
            ("PATCH", Target::Upload(name, id)) => {
                self.continue_upload(name, id, &request.headers, &body)
            }
            ("PUT", Target::Upload(name, id)) => self.end_upload(name, id, &query, &body),
            ("DELETE", Target::Upload(_, id)) => {
                let removed = self.uploads.remove(id);
                removed.map(|_| bare(StatusCode::NO_CONTENT)).ok_or_else(no_upload)
            }
            _ => Err(Refusal::new(405, "UNSUPPORTED", format!("no {method} at /v2/{path}"))),
        }
    }

    /// Section "Listing Tags". There is no tag in a repository that does not exist.
    fn tags(&self, name: &str, query: &Query<'_>) -> Answer {
        let repository = self.repositories.get(name).ok_or_else(|| {
            Refusal::new(404, "NAME_UNKNOWN", "repository name not known to registry")
        })?;
        let path = format!("/v2/{name}/tags/list");
        let tags = repository.tags.keys().map(String::as_str);
        Ok(page(&path, "tags", tags, query, json!({ "name": name })))
    }

    /// Section "Listing Referrers".
    fn referrers(&self, name: &str, digest: &str, query: &Query<'_>) -> Response {
        let wanted = query.get("artifactType");
        let manifests = self.repositories.get(name).map(|found| &found.manifests);
        let mut entries = Vec::new();
        for (own, manifest) in manifests.into_iter().flatten() {
            let value: Value = serde_json::from_slice(&manifest.bytes).unwrap_or_default();
            let kind = [&value["artifactType"], &value["config"]["mediaType"]];
            let kind = kind.into_iter().find_map(Value::as_str).unwrap_or_default();
            if value["subject"]["digest"] != digest || wanted.as_ref().is_some_and(|w| w != kind) {
                continue;
            }
            let mut entry = json!({
                "mediaType": manifest.media_type, "digest": own, "size": manifest.bytes.len(),
                "artifactType": kind,
            });
            if value["annotations"].is_object() {
                entry["annotations"] = value["annotations"].clone();
            }
            entries.push(entry);
        }
        let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries });
        let mut response = json_response(OCI_INDEX, &index);
        if wanted.is_some() {
            set(&mut response, "oci-filters-applied", "artifactType");
        }
        response
    }

    /// Section "Pulling manifests".
    fn manifest(&self, name: &str, reference: &str) -> Answer {
        let unknown = || Refusal::new(404, "MANIFEST_UNKNOWN", format!("no {reference} in {name}"));
        let repository = self.repositories.get(name).ok_or_else(unknown)?;
        let digest = repository.tags.get(reference).map_or(reference, String::as_str);
        let manifest = repository.manifests.get(digest).ok_or_else(unknown)?;
        let mut response = Response::new(Body::from(manifest.bytes.clone()));
        set(&mut response, "content-type", &manifest.media_type);
        set(&mut response, "docker-content-digest", digest);
        Ok(response)
    }

    /// Section "Pushing Manifests".
    fn put_manifest(
        &mut self,
        name: &str,
        reference: &str,
        headers: &HeaderMap,
        bytes: Bytes,
    ) -> Answer {
        if bytes.len() > MAX_MANIFEST {
            return Err(Refusal::new(413, "MANIFEST_INVALID", "larger than 4 MiB"));
        }
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|error| Refusal::new(400, "MANIFEST_INVALID", error.to_string()))?;
        let is_digest = reference.contains(':');
        let digest = if is_digest {
            check_digest(reference, &bytes)?;
            reference.to_owned()
        } else {
            format!("sha256:{}", sha256(&bytes))
        };
        let list = |name: &str| value[name].as_array().cloned().unwrap_or_default();
        let kept = self.repositories.get(name).map(|repository| &repository.manifests);
        let own_blobs = list("layers").into_iter().filter(|layer| !is_foreign(layer));
        let blobs = own_blobs.chain(value.get("config").cloned());
        for blob in blobs {
            let digest = blob["digest"].as_str().unwrap_or_default();
            if !self.blobs.contains_key(digest) {
                return Err(Refusal::new(404, "MANIFEST_BLOB_UNKNOWN", format!("no {digest}")));
            }
        }
        for child in list("manifests") {
            let digest = child["digest"].as_str().unwrap_or_default();
            if !kept.is_some_and(|kept| kept.contains_key(digest)) {
                return Err(Refusal::new(404, "MANIFEST_BLOB_UNKNOWN", format!("no {digest}")));
            }
        }
        let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.or(value["mediaType"].as_str()).unwrap_or_default().to_owned();
        let repository = self.repositories.entry(name.to_owned()).or_default();
        repository.manifests.insert(digest.clone(), Manifest { media_type, bytes });
        if !is_digest {
            repository.tags.insert(reference.to_owned(), digest.clone());
        }
        let mut response = created(&format!("/v2/{name}/manifests/{digest}"), &digest);
        if let Some(subject) = value["subject"]["digest"].as_str() {
            set(&mut response, "oci-subject", subject);
        }
        Ok(response)
    }

    /// Section "Content Management": a tag goes alone, a digest with its tags.
    fn delete_manifest(&mut self, name: &str, reference: &str) -> Answer {
        let repository = self.repositories.get_mut(name);
        let removed = repository.is_some_and(|repository| {
            let tags = repository.tags.len();
            repository.tags.retain(|tag, digest| tag != reference && digest != reference);
            repository.manifests.remove(reference).is_some() || repository.tags.len() < tags
        });
        if !removed {
            let message = format!("no {reference} in {name}");
            return Err(Refusal::new(404, "MANIFEST_UNKNOWN", message));
        }
        Ok(bare(StatusCode::ACCEPTED))
    }

    /// Section "Pulling blobs", with a range (RFC 9110, section 14.2) of which both ends or the first
    /// is given.
    fn blob(&self, digest: &str, headers: &HeaderMap) -> Answer {
        let bytes = self.blobs.get(digest).ok_or_else(|| no_blob(digest))?;
        let total = bytes.len();
        let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
        let range = range.and_then(|value| value.strip_prefix("bytes=")?.split_once('-'));
        let mut response = match range.and_then(|(from, to)| Some((from.parse().ok()?, to))) {
            Some((from, to)) => {
                let end = to.parse().map_or(total, |to: usize| to.saturating_add(1).min(total));
                if from >= end {
                    let range = format!("bytes */{total}");
                    let headers = [("content-range", range.as_str())];
                    return Ok(answer(StatusCode::RANGE_NOT_SATISFIABLE, &headers, ""));
                }
                let mut part = Response::new(Body::from(bytes.slice(from..end)));
                *part.status_mut() = StatusCode::PARTIAL_CONTENT;
                set(&mut part, "content-range", &format!("bytes {from}-{}/{total}", end - 1));
                part
            }
            None => Response::new(Body::from(bytes.clone())),
        };
        set(&mut response, "accept-ranges", "bytes");
        set(&mut response, "content-type", "application/octet-stream");
        set(&mut response, "docker-content-digest", digest);
        Ok(response)
    }

    /// Sections "Pushing blobs" and "Mounting a blob from another repository".
    fn start_upload(&mut self, name: &str, query: &Query<'_>, body: Bytes) -> Answer {
        if let Some(digest) = query.get("mount").filter(|digest| self.blobs.contains_key(digest)) {
            return Ok(created(&format!("/v2/{name}/blobs/{digest}"), &digest));
        }
        if let Some(digest) = query.get("digest") {
            check_digest(&digest, &body)?;
            self.blobs.insert(digest.clone(), body);
            return Ok(created(&format!("/v2/{name}/blobs/{digest}"), &digest));
        }
        self.started_uploads += 1;
        let id = self.started_uploads.to_string();
        self.uploads.insert(id.clone(), Vec::new());
        Ok(upload_state(StatusCode::ACCEPTED, name, &id, 0))
    }

    /// Section "Pushing a blob in chunks": they come in order.
    fn continue_upload(
        &mut self,
        name: &str,
        id: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Answer {
        let bytes = self.uploads.get_mut(id).ok_or_else(no_upload)?;
        let range = headers.get(header::CONTENT_RANGE).and_then(|value| value.to_str().ok());
        let from = range.and_then(|range| range.split('-').next()?.parse::<usize>().ok());
        if from.is_some_and(|from| from != bytes.len()) {
            return Ok(upload_state(StatusCode::RANGE_NOT_SATISFIABLE, name, id, bytes.len()));
        }
        bytes.extend_from_slice(body);
        Ok(upload_state(StatusCode::ACCEPTED, name, id, bytes.len()))
    }

    fn end_upload(&mut self, name: &str, id: &str, query: &Query<'_>, body: &[u8]) -> Answer {
        let digest = query.get("digest").unwrap_or_default();
        let bytes = self.uploads.get_mut(id).ok_or_else(no_upload)?;
        let before = bytes.len();
        bytes.extend_from_slice(body);
        if let Err(refusal) = check_digest(&digest, bytes) {
            bytes.truncate(before);
            return Err(refusal);
        }
        let bytes = self.uploads.remove(id).unwrap_or_default();
        self.blobs.insert(digest.clone(), Bytes::from(bytes));
        Ok(created(&format!("/v2/{name}/blobs/{digest}"), &digest))
    }
}

/// A layer that is to be fetched from its URLs: a non-distributable media type and at least one
/// http(s) URL, as `registry` 2.8 and 3.x have it.
fn is_foreign(layer: &Value) -> bool {
    let media_type = layer["mediaType"].as_str().unwrap_or_default();
    let foreign = media_type == "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
        || media_type.starts_with("application/vnd.oci.image.layer.nondistributable.v1.tar");
    let urls = layer["urls"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_web = |url: &Value| {
        url.as_str().is_some_and(|url| url.starts_with("https://") || url.starts_with("http://"))
    };
    foreign && !urls.is_empty() && urls.iter().all(is_web)
}

fn check_digest(digest: &str, bytes: &[u8]) -> Result<(), Refusal> {
    let found = match digest.split_once(':') {
        Some(("sha256", _)) => format!("sha256:{}", sha256(bytes)),
        Some(("sha512", _)) => format!("sha512:{}", sha512(bytes)),
        _ => return Err(Refusal::new(400, "DIGEST_INVALID", format!("“{digest}” is no digest"))),
    };
    if found != digest {
        let message = format!("the content has the digest {found}, not {digest}");
        return Err(Refusal::new(400, "DIGEST_INVALID", message));
    }
    Ok(())
}

fn no_blob(digest: &str) -> Refusal {
    Refusal::new(404, "BLOB_UNKNOWN", format!("no {digest}"))
}

fn no_upload() -> Refusal {
    Refusal::new(404, "BLOB_UPLOAD_UNKNOWN", "no such upload")
}

/// `n` names after `last`, and a link to the next ones if there are more.
fn page<'a>(
    path: &str,
    member: &str,
    names: impl Iterator<Item = &'a str>,
    query: &Query<'_>,
    mut body: Value,
) -> Response {
    let last = query.get("last").unwrap_or_default();
    let mut names: Vec<&str> = names.filter(|name| *name > last.as_str()).collect();
    let count = query.get("n").and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
    let more = names.len() > count;
    names.truncate(count);
    body[member] = json!(names);
    let mut response = json_response("application/json", &body);
    if let (true, Some(last)) = (more, names.last()) {
        set(&mut response, "link", &format!("<{path}?n={count}&last={last}>; rel=\"next\""));
    }
    response
}

fn json_response(media_type: &str, body: &Value) -> Response {
    answer(StatusCode::OK, &[("content-type", media_type)], body.to_string())
}

fn created(location: &str, digest: &str) -> Response {
    let headers = [("location", location), ("docker-content-digest", digest)];
    answer(StatusCode::CREATED, &headers, "")
}

fn upload_state(status: StatusCode, name: &str, id: &str, length: usize) -> Response {
    let mut response = bare(status);
    set(&mut response, "location", &format!("/v2/{name}/blobs/uploads/{id}"));
    set(&mut response, "range", &format!("0-{}", length.saturating_sub(1)));
    set(&mut response, "docker-upload-uuid", id);
    response
}

fn bare(status: StatusCode) -> Response {
    answer(status, &[], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_layers_have_a_type_and_urls() {
        let check = |media_type: &str, urls: Value, expected: bool| {
            let layer = json!({ "mediaType": media_type, "urls": urls });
            assert_eq!(is_foreign(&layer), expected, "{layer}");
        };
        let docker = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
        check(docker, json!(["https://a.example/x"]), true);
        check(docker, json!([]), false);
        check(docker, json!([""]), false);
        check(docker, json!(["ftp://a.example/x"]), false);
        let oci = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
        check(oci, json!(["http://a.example/x"]), true);
        check("application/vnd.oci.image.layer.v1.tar+gzip", json!(["https://a.example/x"]), false);
        assert!(!is_foreign(&Value::Null));
    }
}
