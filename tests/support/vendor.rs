//! An image as software vendors release them: two platforms of eight layers, with their build steps.

use std::path::PathBuf;

use super::dir::Dir;
use super::image::{OCI_INDEX, OCI_LAYER, OCI_MANIFEST, sha256};
use super::process::run;
use super::program::program;

/// The build steps, with the size in bytes of the layer that each made on amd64.
pub const STEPS: [(&str, u64); 8] = [
    ("ADD alpine-minirootfs-3.22.0-x86_64.tar.gz / # buildkit", 3_800_000),
    ("RUN /bin/sh -c apk add --no-cache ca-certificates libstdc++ tzdata # buildkit", 9_400_000),
    ("COPY --chown=0:0 third-party/ /opt/third-party/ # buildkit", 8_200_000),
    ("COPY vendor/solver/ /opt/acme/solver/ # buildkit", 61_000_000),
    ("RUN /bin/sh -c /opt/acme/solver/install.sh --accept-license # buildkit", 4_100_000),
    ("COPY bin/server /usr/local/bin/server # buildkit", 22_000_000),
    ("COPY etc/ /etc/acme/ # buildkit", 18_000),
    ("WORKDIR /var/lib/acme", 93),
];
/// Its platforms.
pub const ARCHITECTURES: [&str; 2] = ["amd64", "arm64"];

/// The image as an OCI layout archive without its layers.
pub fn vendor_image(dir: &Dir) -> PathBuf {
    let blobs = dir.path().join("layout/blobs/sha256");
    std::fs::create_dir_all(&blobs).unwrap();
    let put = |text: &str| {
        let digest = sha256(text.as_bytes());
        std::fs::write(blobs.join(&digest[7..]), text).unwrap();
        format!(r#""digest":"{digest}","size":{}"#, text.len())
    };
    let manifests = ARCHITECTURES.map(|architecture| {
        let of = |what: &str, at: usize| sha256(format!("{architecture} {what} {at}").as_bytes());
        let history: Vec<String> =
            STEPS.iter().map(|(command, _)| format!(r#"{{"created_by":"{command}"}}"#)).collect();
        let ids: Vec<String> = (0..STEPS.len()).map(|at| format!("{:?}", of("tar", at))).collect();
        let config = put(&format!(
            r#"{{"architecture":"{architecture}","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":[{}]}},"history":[{}]}}"#,
            ids.join(","),
            history.join(",")
        ));
        let layers = STEPS.iter().enumerate().map(|(at, (_, size))| {
            let size = if architecture == "amd64" { *size } else { size - size / 12 };
            format!(r#"{{"mediaType":"{OCI_LAYER}","digest":"{}","size":{size}}}"#, of("layer", at))
        });
        let manifest = put(&format!(
            r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{{"mediaType":"application/vnd.oci.image.config.v1+json",{config}}},"layers":[{}]}}"#,
            layers.collect::<Vec<_>>().join(",")
        ));
        format!(
            r#"{{"mediaType":"{OCI_MANIFEST}",{manifest},"platform":{{"os":"linux","architecture":"{architecture}"}}}}"#
        )
    });
    let index = |entries: &str| {
        format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","manifests":[{entries}]}}"#)
    };
    let root = put(&index(&manifests.join(",")));
    dir.write("layout/index.json", index(&format!(r#"{{"mediaType":"{OCI_INDEX}",{root}}}"#)));
    dir.write("layout/oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#);
    let file = dir.path().join("vendor.tar");
    let folder = dir.path().join("layout");
    run(program("tar").arg("-C").arg(folder).arg("-cf").arg(&file).arg("."));
    file
}
