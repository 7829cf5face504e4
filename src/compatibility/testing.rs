//! Small images for the tests of this module.

use super::{Blob, Situation, Subject, UrlFact, UrlState};
use crate::image::{Config, Image, ImageEdits, Rendered, Slot};
use crate::manifest::media_type::{DOCKER_CONFIG, DOCKER_MANIFEST, OCI_CONFIG, OCI_MANIFEST};
use crate::manifest::{Algorithm, Digest, Document};

/// An image with edits and a situation, owned.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) image: Image,
    pub(crate) edits: ImageEdits,
    pub(crate) situation: Situation,
}

pub(crate) const GOOD: &str = "https://cdn.example.com/a";
pub(crate) const ALSO_GOOD: &str = "https://mirror.example.net/a";

/// A layer's JSON. `media_type` is short: `d:` stands for Docker's prefix, `o:` for OCI's.
pub(crate) fn layer(media_type: &str, urls: &[&str]) -> String {
    layer_of(media_type, urls, "content", "")
}

/// Same, for a layer with this content, and with more members.
pub(crate) fn layer_of(media_type: &str, urls: &[&str], content: &str, more: &str) -> String {
    let digest = Digest::sha256(content.as_bytes());
    let media_type = full_type(media_type);
    let urls = match urls {
        [] => String::new(),
        urls => format!(r#","urls":{}"#, serde_json::to_string(urls).unwrap()),
    };
    format!(
        r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{}{urls}{more}}}"#,
        content.len()
    )
}

pub(crate) fn full_type(short: &str) -> String {
    match short.split_once(':') {
        Some(("d", rest)) => format!("application/vnd.docker.image.rootfs.{rest}"),
        Some(("o", rest)) => format!("application/vnd.oci.image.layer.{rest}"),
        _ => short.to_owned(),
    }
}

pub(crate) fn manifest(media_type: &str, layers: &[String]) -> Document {
    let config = if media_type == DOCKER_MANIFEST { DOCKER_CONFIG } else { OCI_CONFIG };
    let digest = Digest::sha256(b"{}");
    parse(&format!(
        r#"{{"schemaVersion":2,"mediaType":"{media_type}","config":{{"mediaType":"{config}","digest":"{digest}","size":2}},"layers":[{}]}}"#,
        layers.join(",")
    ))
}

pub(crate) fn parse(text: &str) -> Document {
    Document::parse(text.as_bytes().to_vec(), None, Algorithm::Sha256).unwrap()
}

/// An entry of an index for `child`.
pub(crate) fn entry(child: &Document, more: &str) -> String {
    format!(
        r#"{{"mediaType":"{}","digest":"{}","size":{}{more}}}"#,
        child.kind().media_type(),
        child.digest(),
        child.bytes().len()
    )
}

/// The annotations of an attestation entry that names `subject`.
pub(crate) fn attests(subject: &Digest) -> String {
    format!(
        r#","annotations":{{"vnd.docker.reference.type":"attestation-manifest","vnd.docker.reference.digest":"{subject}"}}"#
    )
}

impl World {
    pub(crate) fn oci(layers: &[String]) -> Self {
        Self::of(manifest(OCI_MANIFEST, layers), &[])
    }

    pub(crate) fn docker(layers: &[String]) -> Self {
        Self::of(manifest(DOCKER_MANIFEST, layers), &[])
    }

    /// An OCI index over these entries; only `children` are loaded.
    pub(crate) fn index(entries: &[String], children: &[&Document]) -> Self {
        let text = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{}]}}"#,
            entries.join(",")
        );
        Self::of(parse(&text), children)
    }

    pub(crate) fn of(root: Document, children: &[&Document]) -> Self {
        let mut image = Image::new(root);
        for child in children {
            image.insert(child.digest().clone(), Slot::Loaded((*child).clone().into()));
        }
        Self { image, edits: ImageEdits::default(), situation: Situation::default() }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Situation)) -> Self {
        change(&mut self.situation);
        self
    }

    pub(crate) fn edit(mut self, change: impl FnOnce(&Image, &mut ImageEdits)) -> Self {
        change(&self.image, &mut self.edits);
        self
    }

    /// Marks layer 0 of the root with the URL [`GOOD`].
    pub(crate) fn marked(self) -> Self {
        self.edit(|image, edits| {
            let root = image.root().clone();
            let document = image.document(&root).unwrap().clone();
            edits.change(&root, |node| {
                let mark = crate::manifest::LayerMark::foreign(vec![GOOD.into()]);
                node.edits.mark_layer(&document, 0, mark);
            });
        })
    }

    /// Rewrites the text of the root by hand.
    pub(crate) fn rewritten(self, from: &str, to: &str) -> Self {
        self.edit(|image, edits| {
            let root = image.root().clone();
            let text = String::from_utf8(image.document(&root).unwrap().bytes().to_vec()).unwrap();
            assert!(text.contains(from), "{from} in {text}");
            let text = parse(&text.replace(from, to));
            edits.change(&root, |node| node.text = Some(text.into()));
        })
    }

    pub(crate) fn config(mut self, diff_ids: usize) -> Self {
        let ids = vec!["\"sha256:1\""; diff_ids].join(",");
        let config = Config::parse(format!(r#"{{"rootfs":{{"diff_ids":[{ids}]}}}}"#).as_bytes());
        self.image.insert_config(Digest::sha256(b"{}"), config.unwrap());
        self
    }

    /// Sets what is known of the blob of layers made by [`layer`].
    pub(crate) fn blob(self, blob: Blob) -> Self {
        self.with(|situation| {
            situation.blobs.insert(Digest::sha256(b"content"), blob);
        })
    }

    /// Sets what is known of a URL of layers made by [`layer`].
    pub(crate) fn fact(self, url: &str, fact: UrlFact) -> Self {
        self.with(|situation| {
            let urls = situation.urls.entry(Digest::sha256(b"content")).or_default();
            urls.insert(url.to_owned(), fact);
        })
    }

    pub(crate) fn state(self, url: &str, state: UrlState) -> Self {
        self.fact(url, UrlFact { state, ..UrlFact::default() })
    }

    pub(crate) fn rendered(&self) -> Rendered {
        self.image.render(&self.edits, &Rendered::default())
    }

    pub(crate) fn ask<T>(&self, question: impl FnOnce(&Subject<'_>) -> T) -> T {
        let rendered = self.rendered();
        question(&Subject {
            image: &self.image,
            edits: &self.edits,
            rendered: &rendered,
            situation: &self.situation,
        })
    }
}
