//! The largest images that there are.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::dir::Dir;
use super::image::{OCI_INDEX, OCI_LAYER, OCI_MANIFEST, sha256};
use super::process::run;
use super::program::program;

/// An OCI layout archive, without layers, of `platforms` manifests with as many layers each, of which
/// `shared` are the same ones everywhere.
pub fn large(dir: &Dir, platforms: usize, shared: usize) -> PathBuf {
    let blobs = dir.path().join("layout/blobs/sha256");
    std::fs::create_dir_all(&blobs).unwrap();
    let put = |text: &str| {
        let digest = sha256(text.as_bytes());
        std::fs::write(blobs.join(&digest[7..]), text).unwrap();
        digest
    };
    let mut entries = Vec::new();
    for platform in 0..platforms {
        let layers: Vec<String> = (0..platforms)
            .map(|layer| {
                let owner = if layer < shared { 0 } else { platform };
                let digest = sha256(format!("{owner} {layer}").as_bytes());
                format!(r#"{{"mediaType":"{OCI_LAYER}","digest":"{digest}","size":1000}}"#)
            })
            .collect();
        let config = sha256(format!("config {platform}").as_bytes());
        let text = format!(
            r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{config}","size":2}},"layers":[{}]}}"#,
            layers.join(",")
        );
        entries.push(format!(
            r#"{{"mediaType":"{OCI_MANIFEST}","digest":"{}","size":{},"platform":{{"os":"linux","architecture":"cpu{platform}"}}}}"#,
            put(&text),
            text.len()
        ));
    }
    let index = format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{}]}}"#,
        entries.join(",")
    );
    let mut root = format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{{"#);
    let _ = write!(
        root,
        r#""mediaType":"{OCI_INDEX}","digest":"{}","size":{}}}]}}"#,
        put(&index),
        index.len()
    );
    dir.write("layout/index.json", root);
    dir.write("layout/oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#);
    let file = dir.path().join("large.tar");
    let folder = dir.path().join("layout");
    run(program("tar").arg("-C").arg(folder).arg("-cf").arg(&file).arg("."));
    file
}
