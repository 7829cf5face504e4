//! A registry in memory that a script of faults can spoil.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::manifest::Digest;
use crate::manifest::media_type::OCI_MANIFEST;
use crate::registry::Method;
use crate::registry::testing::{Answer, Script, Seen, code, is, with};

pub(crate) const R: &str = "https://r.example";

/// A registry with one namespace: manifests and tags by repository, blobs by repository.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) manifests: BTreeMap<String, (String, Vec<u8>)>,
    pub(crate) blobs: BTreeMap<String, Vec<u8>>,
    upload: Vec<u8>,
    pub(crate) log: Vec<String>,
    pub(crate) mounts: bool,
}

pub(crate) type Shared = Rc<RefCell<Store>>;
pub(crate) type Fault = Box<dyn Fn(&mut Store, &Seen) -> Option<Answer>>;

pub(crate) fn registry(store: &Shared, fault: Fault) -> Script {
    let store = Rc::clone(store);
    Script::by(move |seen| {
        let mut store = store.borrow_mut();
        let path = seen.url.path().trim_start_matches("/v2/").to_owned();
        if !matches!(seen.request.method, Method::Get | Method::Head) {
            store.log.push(format!("{} {path}", seen.request.method.name()));
        }
        fault(&mut store, seen).unwrap_or_else(|| store.answer(seen, &path))
    })
}

impl Store {
    fn answer(&mut self, seen: &Seen, path: &str) -> Answer {
        match seen.request.method {
            Method::Post => {
                let query = seen.url.query().unwrap_or_default();
                if let Some(mount) = query.strip_prefix("mount=sha256%3A") {
                    let (hex, from) = mount.split_once("&from=").unwrap();
                    let blob = self.blobs.get(&format!("{from}/blobs/sha256:{hex}")).cloned();
                    if let Some(blob) = blob.filter(|_| self.mounts) {
                        let repository = path.strip_suffix("/blobs/uploads/").unwrap();
                        self.blobs.insert(format!("{repository}/blobs/sha256:{hex}"), blob);
                        return is(201, "");
                    }
                }
                self.upload.clear();
                with(202, &[("Location", &format!("/v2/{path}id"))], "")
            }
            Method::Put if path.contains("/blobs/uploads/") => {
                self.upload.extend(seen.body());
                let digest = Digest::sha256(&self.upload);
                let repository = path.split("/blobs/").next().unwrap();
                self.blobs.insert(format!("{repository}/blobs/{digest}"), self.upload.clone());
                is(201, "")
            }
            Method::Patch => {
                self.upload.extend(seen.body());
                with(202, &[("Location", &format!("/v2/{path}"))], "")
            }
            Method::Put => {
                self.put(path, seen);
                is(201, "")
            }
            Method::Get | Method::Head => {
                if let Some((kind, bytes)) = self.manifests.get(path) {
                    let digest = Digest::sha256(bytes);
                    let headers = [
                        ("Content-Type", kind.as_str()),
                        ("Docker-Content-Digest", digest.as_str()),
                    ];
                    return with(200, &headers, bytes);
                }
                match self.blobs.get(path) {
                    Some(bytes) => {
                        let body =
                            if seen.request.method == Method::Head { &[] } else { &bytes[..] };
                        with(200, &[("Content-Length", &bytes.len().to_string())], body)
                    }
                    None => code(404, "MANIFEST_UNKNOWN"),
                }
            }
            Method::Delete => is(202, ""),
        }
    }

    pub(crate) fn put(&mut self, path: &str, seen: &Seen) {
        let body = seen.body();
        let kind = seen.header("Content-Type").to_owned();
        let repository = path.split("/manifests/").next().unwrap();
        let by_digest = format!("{repository}/manifests/{}", Digest::sha256(&body));
        self.manifests.insert(by_digest, (kind.clone(), body.clone()));
        self.manifests.insert(path.to_owned(), (kind, body));
    }

    pub(crate) fn tag(&self, tag: &str) -> Option<Digest> {
        self.manifests.get(&format!("app/manifests/{tag}")).map(|(_, bytes)| Digest::sha256(bytes))
    }
}

pub(crate) fn store(blobs: &[&str]) -> Shared {
    let mut store = Store { mounts: true, ..Store::default() };
    for blob in blobs {
        let (repository, text) = blob.split_once('/').unwrap();
        let digest = Digest::sha256(text.as_bytes());
        store.blobs.insert(format!("{repository}/blobs/{digest}"), text.as_bytes().to_vec());
    }
    Rc::new(RefCell::new(store))
}

pub(crate) fn set_tag(store: &Shared, tag: &str, text: &str) -> Digest {
    let digest = Digest::sha256(text.as_bytes());
    let manifests = &mut store.borrow_mut().manifests;
    for name in [tag, digest.as_str()] {
        let value = (OCI_MANIFEST.to_owned(), text.as_bytes().to_vec());
        manifests.insert(format!("app/manifests/{name}"), value);
    }
    digest
}
