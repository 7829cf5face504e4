//! Images for the tests of this folder and of what stands above it.

use std::sync::Arc;

use super::{Config, Image, Slot};
use crate::manifest::{Algorithm, Digest, Document, media_type};

/// A layer by the name of its content.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub(crate) digest: Digest,
    pub(crate) diff_id: String,
    pub(crate) media_type: &'static str,
    pub(crate) size: u64,
    pub(crate) made_by: String,
}

/// An index of linux/amd64 and linux/arm64, which share their first layer, with an attestation.
pub(crate) struct TwoPlatforms {
    pub(crate) image: Image,
    pub(crate) amd64: Digest,
    pub(crate) arm64: Digest,
    pub(crate) attestation: Digest,
    pub(crate) shared_layer: Digest,
}

impl Layer {
    /// A gzipped layer.
    pub(crate) fn new(content: &str) -> Self {
        Self::packed(content, "gzip")
    }

    /// The same content packed in a way of its own.
    pub(crate) fn packed(content: &str, packing: &str) -> Self {
        Self {
            digest: Digest::sha256(format!("{content} {packing}").as_bytes()),
            diff_id: Digest::sha256(content.as_bytes()).to_string(),
            media_type: "application/vnd.oci.image.layer.v1.tar+gzip",
            size: 10,
            made_by: format!("RUN make {content}"),
        }
    }
}

/// An image manifest of `layers` and its config.
pub(crate) fn manifest_of(layers: &[Layer], more: &str) -> (Document, Digest, Config) {
    let quoted = |texts: Vec<String>| texts.join(",");
    let history = layers.iter().map(|layer| format!(r#"{{"created_by":"{}"}}"#, layer.made_by));
    let diff_ids = layers.iter().map(|layer| format!(r#""{}""#, layer.diff_id));
    let config = format!(
        r#"{{"history":[{}],"rootfs":{{"type":"layers","diff_ids":[{}]}}}}"#,
        quoted(history.collect()),
        quoted(diff_ids.collect())
    );
    let config_digest = Digest::sha256(config.as_bytes());
    let layers = layers.iter().map(|layer| {
        format!(
            r#"{{"mediaType":"{}","digest":"{}","size":{}}}"#,
            layer.media_type, layer.digest, layer.size
        )
    });
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","config":{{"mediaType":"{}","digest":"{config_digest}","size":{}}},"layers":[{}]{more}}}"#,
        media_type::OCI_MANIFEST,
        media_type::OCI_CONFIG,
        config.len(),
        quoted(layers.collect())
    );
    let config = Config::parse(config.as_bytes()).unwrap();
    let document = Document::parse(text.into_bytes(), None, Algorithm::Sha256).unwrap();
    (document, config_digest, config)
}

/// An image of one manifest.
pub(crate) fn image_of(layers: &[Layer]) -> Image {
    let (document, config_digest, config) = manifest_of(layers, "");
    let mut image = Image::new(document);
    image.insert_config(config_digest, config);
    image
}

/// An index of `children`, each with what else its entry says.
pub(crate) fn index_of(children: &[(&Document, &str)]) -> Document {
    let entries: Vec<String> = children
        .iter()
        .map(|(child, more)| {
            format!(
                r#"{{"mediaType":"{}","digest":"{}","size":{}{more}}}"#,
                child.kind().media_type(),
                child.digest(),
                child.bytes().len()
            )
        })
        .collect();
    let text = format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.join(","));
    Document::parse(text.into_bytes(), None, Algorithm::Sha256).unwrap()
}

/// See [`TwoPlatforms`].
pub(crate) fn two_platforms() -> TwoPlatforms {
    let mut shared = Layer::new("rootfs");
    shared.size = 1000;
    shared.made_by = "ADD rootfs.tar /".into();
    let base =
        r#","annotations":{"org.opencontainers.image.base.name":"registry.example.com/base:1"}"#;
    let (amd64, amd64_config, one) = manifest_of(&[shared.clone(), Layer::new("amd64")], base);
    let (arm64, arm64_config, two) = manifest_of(&[shared.clone(), Layer::new("arm64")], "");
    let (attestation, ..) = manifest_of(&[Layer::new("provenance")], "");
    let platform = |architecture: &str| {
        format!(r#","platform":{{"os":"linux","architecture":"{architecture}"}}"#)
    };
    let about = format!(
        r#","platform":{{"os":"unknown","architecture":"unknown"}},"annotations":{{"vnd.docker.reference.type":"attestation-manifest","vnd.docker.reference.digest":"{}"}}"#,
        amd64.digest()
    );
    let root = index_of(&[
        (&amd64, &platform("amd64")),
        (&arm64, &platform("arm64")),
        (&attestation, &about),
    ]);
    let mut image = Image::new(root);
    image.insert_config(amd64_config, one);
    image.insert_config(arm64_config, two);
    let ids = [&amd64, &arm64, &attestation].map(|document| document.digest().clone());
    for document in [amd64, arm64, attestation] {
        image.insert(document.digest().clone(), Slot::Loaded(Arc::new(document)));
    }
    let [amd64, arm64, attestation] = ids;
    TwoPlatforms { image, amd64, arm64, attestation, shared_layer: shared.digest }
}
