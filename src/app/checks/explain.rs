use crate::manifest::Digest;
use crate::manifest::media_type::{
    DOCKER_CONFIG, DOCKER_LIST, DOCKER_MANIFEST, Family, LayerType, OCI_CONFIG, OCI_INDEX,
    OCI_MANIFEST, Packing, Standing,
};
use crate::msg;
use crate::text::Message;

use crate::app::Opened;

/// What a digest in the text of an image names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// A document that is there, by the digest under which it was loaded.
    Document(Digest),
    /// The layer of the current document at this zero-based position.
    Layer(usize),
    /// The config of the current document.
    Config,
    /// Something else: a base image, a subject, a child that is not loaded.
    Other,
}

impl Opened {
    /// What `digest` names in the current document as it becomes.
    pub fn named(&self, digest: &Digest) -> Named {
        // A child has a new digest once it is edited.
        let child = self.rendered.children_first().find(|(_, node)| node.digest == *digest);
        if let Some(id) = child.map(|(id, _)| id).or(self.image.document(digest).map(|_| digest)) {
            return Named::Document(id.clone());
        }
        let Some(document) = self.base() else { return Named::Other };
        if document.config().is_some_and(|config| config.digest == *digest) {
            return Named::Config;
        }
        let layer = document.layers().iter().position(|layer| layer.digest == *digest);
        layer.map_or(Named::Other, Named::Layer)
    }
}

/// What a media type says, in a few sentences.
pub fn explain_media_type(media_type: &str) -> Vec<Message> {
    if let Some(layer) = LayerType::parse(media_type) {
        return explain_layer(layer);
    }
    vec![match media_type {
        DOCKER_MANIFEST => msg!("explain.docker-manifest"),
        DOCKER_LIST => msg!("explain.docker-list"),
        OCI_MANIFEST => msg!("explain.oci-manifest"),
        OCI_INDEX => msg!("explain.oci-index"),
        DOCKER_CONFIG | OCI_CONFIG => msg!("explain.config"),
        "application/vnd.oci.empty.v1+json" => msg!("explain.empty"),
        "application/vnd.in-toto+json" => msg!("explain.in-toto"),
        _ => msg!("explain.unknown"),
    }]
}

fn explain_layer(layer: LayerType) -> Vec<Message> {
    let mut said = vec![match (layer.family, layer.is_foreign()) {
        (Family::Docker, false) => msg!("explain.docker-layer"),
        (Family::Docker, true) => msg!("explain.docker-foreign-layer"),
        (Family::Oci, false) => msg!("explain.oci-layer"),
        (Family::Oci, true) => msg!("explain.oci-foreign-layer"),
    }];
    said.push(match layer.packing {
        Packing::Tar => msg!("explain.tar"),
        Packing::Gzip => msg!("explain.gzip"),
        Packing::Zstd => msg!("explain.zstd"),
    });
    if layer.encrypted {
        said.push(msg!("explain.encrypted"));
    }
    if layer.is_foreign() {
        match layer.standing() {
            Ok(Standing::Specified) => {}
            Ok(Standing::Optional) => said.push(msg!("explain.standing-optional")),
            Ok(Standing::CodeOnly) => said.push(msg!("explain.standing-code-only")),
            Ok(Standing::OutsideSpecification) => said.push(msg!("explain.standing-outside")),
            Err(reason) => said.push(reason.message()),
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_type_is_explained() {
        let check = |media_type: &str, first: &str, count: usize| {
            let said = explain_media_type(media_type);
            assert_eq!((said[0].key, said.len()), (first, count), "{media_type}");
            assert!(said.iter().all(|each| each.to_string() != each.key), "{media_type}");
        };
        check(OCI_MANIFEST, "explain.oci-manifest", 1);
        check("text/plain", "explain.unknown", 1);
        let foreign_zstd = "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd";
        check(foreign_zstd, "explain.oci-foreign-layer", 3);
        for layer in LayerType::all() {
            let expected = match (layer.family, layer.is_foreign()) {
                (Family::Docker, false) => "explain.docker-layer",
                (Family::Docker, true) => "explain.docker-foreign-layer",
                (Family::Oci, false) => "explain.oci-layer",
                (Family::Oci, true) => "explain.oci-foreign-layer",
            };
            assert_eq!(explain_layer(layer)[0].key, expected);
        }
    }
}
