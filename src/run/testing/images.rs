//! Images in a registry in memory, with every blob that they name.

use std::collections::BTreeMap;

use crate::export::{TAR_END, tar_header, tar_padding};
use crate::manifest::Digest;
use crate::manifest::media_type::{OCI_CONFIG, OCI_INDEX, OCI_MANIFEST};
use crate::registry::test_store::Shared;

const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// Puts an image with these layers into `repository`, by its digest; its digest and size.
pub(crate) fn put_image(store: &Shared, repository: &str, layers: &[&str]) -> (Digest, usize) {
    let diff_ids: Vec<String> = layers.iter().map(|layer| format!("\"{}\"", of(layer))).collect();
    let config = format!(r#"{{"rootfs":{{"type":"layers","diff_ids":[{}]}}}}"#, diff_ids.join(","));
    for blob in layers.iter().copied().chain([config.as_str()]) {
        let path = format!("{repository}/blobs/{}", of(blob));
        store.borrow_mut().blobs.insert(path, blob.as_bytes().to_vec());
    }
    let layers: Vec<String> = layers.iter().map(|layer| descriptor(LAYER, layer)).collect();
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{},"layers":[{}]}}"#,
        descriptor(OCI_CONFIG, &config),
        layers.join(",")
    );
    put(store, repository, OCI_MANIFEST, &text)
}

/// Puts an index of two images into `repository`, by its digest; its digest.
pub(crate) fn put_index(store: &Shared, repository: &str) -> Digest {
    let entries: Vec<String> = ["amd64", "arm64"]
        .into_iter()
        .map(|architecture| {
            let (digest, size) = put_image(store, repository, &["rootfs", architecture]);
            format!(
                r#"{{"mediaType":"{OCI_MANIFEST}","digest":"{digest}","size":{size},"platform":{{"os":"linux","architecture":"{architecture}"}}}}"#
            )
        })
        .collect();
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{}]}}"#,
        entries.join(",")
    );
    put(store, repository, OCI_INDEX, &text).0
}

/// Lets `tag` name the manifest with this digest.
pub(crate) fn tag(store: &Shared, repository: &str, tag: &str, digest: &Digest) {
    let manifests = &mut store.borrow_mut().manifests;
    let manifest = manifests[&format!("{repository}/manifests/{digest}")].clone();
    manifests.insert(format!("{repository}/manifests/{tag}"), manifest);
}

/// An archive of all that `repository` has, from which each of `roots` can be opened.
pub(crate) fn layout(store: &Shared, repository: &str, roots: &[&Digest]) -> Vec<u8> {
    let all = store.borrow();
    let manifests = all.manifests.iter().map(|(name, (_, bytes))| (name, bytes));
    let mut files: BTreeMap<String, &[u8]> = BTreeMap::new();
    for (name, bytes) in manifests.chain(&all.blobs) {
        let hex = name.starts_with(repository).then(|| name.split_once("sha256:")).flatten();
        files.extend(hex.map(|(_, hex)| (format!("blobs/sha256/{hex}"), &bytes[..])));
    }
    let root = |root: &&Digest| {
        let (kind, bytes) = &all.manifests[&format!("{repository}/manifests/{root}")];
        format!(r#"{{"mediaType":"{kind}","digest":"{root}","size":{}}}"#, bytes.len())
    };
    let roots: Vec<String> = roots.iter().map(root).collect();
    let index = format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, roots.join(","));
    files.insert("oci-layout".to_owned(), br#"{"imageLayoutVersion":"1.0.0"}"#);
    files.insert("index.json".to_owned(), index.as_bytes());
    let mut out = Vec::new();
    for (name, bytes) in files {
        out.extend(tar_header(&name, bytes.len() as u64));
        out.extend(bytes);
        out.extend(tar_padding(bytes.len() as u64));
    }
    out.extend(TAR_END);
    out
}

fn put(store: &Shared, repository: &str, kind: &str, text: &str) -> (Digest, usize) {
    let digest = of(text);
    let manifest = (kind.to_owned(), text.as_bytes().to_vec());
    store.borrow_mut().manifests.insert(format!("{repository}/manifests/{digest}"), manifest);
    (digest, text.len())
}

fn descriptor(kind: &str, content: &str) -> String {
    let (digest, size) = (of(content), content.len());
    format!(r#"{{"mediaType":"{kind}","digest":"{digest}","size":{size}}}"#)
}

fn of(content: &str) -> Digest {
    Digest::sha256(content.as_bytes())
}
