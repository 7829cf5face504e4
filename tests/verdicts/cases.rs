//! The ways of saying that a layer is foreign, as manifests with real layers.

use layermark::manifest::Digest;

/// What an empty tar is unpacked: the SHA-256 of 1,024 zero bytes.
const EMPTY: &str = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

/// A manifest with one layer.
pub(crate) struct Case {
    /// What it is, for the table.
    pub(crate) name: String,
    pub(crate) manifest_type: &'static str,
    pub(crate) layer_type: &'static str,
    pub(crate) urls: Vec<String>,
    /// The layer's bytes, different for every case.
    pub(crate) layer: Vec<u8>,
}

pub(crate) const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub(crate) const OCI: &str = "application/vnd.oci.image.manifest.v1+json";

impl Case {
    pub(crate) fn digest(&self) -> Digest {
        Digest::sha256(&self.layer)
    }

    /// The bytes of the config, with the digest of the unpacked layer.
    pub(crate) fn config(&self) -> Vec<u8> {
        let own = self.digest();
        let unpacked = if self.layer_type.ends_with("tar") { own.as_str() } else { EMPTY };
        format!(
            r#"{{"architecture":"amd64","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":["{unpacked}"]}}}}"#
        )
        .into_bytes()
    }

    pub(crate) fn manifest(&self) -> String {
        let bytes = self.config();
        let config = if self.manifest_type == DOCKER {
            "application/vnd.docker.container.image.v1+json"
        } else {
            "application/vnd.oci.image.config.v1+json"
        };
        let urls = match self.urls.as_slice() {
            [] => String::new(),
            urls => format!(r#","urls":{}"#, serde_json::to_string(urls).unwrap()),
        };
        format!(
            r#"{{"schemaVersion":2,"mediaType":"{}","config":{{"mediaType":"{config}","digest":"{}","size":{}}},"layers":[{{"mediaType":"{}","digest":"{}","size":{}{urls}}}]}}"#,
            self.manifest_type,
            Digest::sha256(&bytes),
            bytes.len(),
            self.layer_type,
            self.digest(),
            self.layer.len()
        )
    }
}

/// An empty tar as gzip; `mark` makes it different from others.
pub(crate) fn gzip(mark: u32) -> Vec<u8> {
    let mut out = vec![0x1F, 0x8B, 8, 0];
    // The time of modification.
    out.extend(mark.to_le_bytes());
    out.extend([0, 0xFF]);
    // One stored block of the 1024 zero bytes that end a tar, their CRC-32 and their number.
    out.extend([1, 0x00, 0x04, 0xFF, 0xFB]);
    out.extend([0; 1024]);
    out.extend(0xEFB5_AF2E_u32.to_le_bytes());
    out.extend(1024_u32.to_le_bytes());
    out
}

/// A tar with an empty file whose time makes it different from others; `mark` is that time.
pub(crate) fn tar(mark: u32) -> Vec<u8> {
    let mut out = vec![0; 512 + 1024];
    out[0] = b'a';
    out[100..107].copy_from_slice(b"0000644");
    out[108..115].copy_from_slice(b"0000000");
    out[116..123].copy_from_slice(b"0000000");
    out[124..135].copy_from_slice(b"00000000000");
    out[136..147].copy_from_slice(format!("{mark:011o}").as_bytes());
    out[156] = b'0';
    out[257..263].copy_from_slice(b"ustar\0");
    out[263..265].copy_from_slice(b"00");
    out[148..156].fill(b' ');
    let sum: u32 = out.iter().map(|&byte| u32::from(byte)).sum();
    out[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    out
}

/// An empty tar as zstd; `mark` makes it different from others.
pub(crate) fn zstd(mark: u32) -> Vec<u8> {
    // A frame of 1024 bytes in one run-length block of zeros (RFC 8878, sections 3.1.1 and 3.1.2),
    // and a frame to be skipped.
    let mut out = vec![0x28, 0xB5, 0x2F, 0xFD, 0x60, 0x00, 0x03, 0x03, 0x20, 0x00, 0x00];
    out.extend([0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0]);
    out.extend(mark.to_le_bytes());
    out
}
