//! Images to ask about.

use layermark::compatibility::{Blob, Situation, Subject, UrlFact, UrlState};
use layermark::image::{Image, ImageEdits, Rendered};
use layermark::manifest::{Algorithm, Digest, Document};

/// A URL that nobody asks.
pub(crate) const GOOD: &str = "https://cdn.example.com/a";

/// An image with one document, and what is known of its surroundings.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) image: Image,
    pub(crate) situation: Situation,
    layer: Digest,
}

impl World {
    /// An OCI image with one layer of this type.
    pub(crate) fn oci(media_type: &str, urls: &[&str]) -> Self {
        let layer = Digest::sha256(b"content");
        let urls = match urls {
            [] => String::new(),
            urls => format!(r#","urls":{}"#, serde_json::to_string(urls).unwrap()),
        };
        Self::new(
            &format!(
                r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":2}},"layers":[{{"mediaType":"{media_type}","digest":"{layer}","size":7{urls}}}]}}"#,
                Digest::sha256(b"{}"),
            ),
            layer,
        )
    }

    /// An image with this manifest; `layer` is the one that is asked about.
    pub(crate) fn new(manifest: &str, layer: Digest) -> Self {
        let bytes = manifest.as_bytes().to_vec();
        let document = Document::parse(bytes, None, Algorithm::Sha256).unwrap();
        Self { image: Image::new(document), situation: Situation::default(), layer }
    }

    pub(crate) fn blob(mut self, blob: Blob) -> Self {
        self.situation.blobs.insert(self.layer.clone(), blob);
        self
    }

    /// Sets what came of asking every URL of the layer.
    pub(crate) fn state(mut self, state: UrlState) -> Self {
        let root = self.image.document(self.image.root()).unwrap();
        let layers = root.layers().iter().filter(|layer| layer.digest == self.layer);
        let urls: Vec<String> = layers.filter_map(|layer| layer.urls.clone()).flatten().collect();
        let facts = self.situation.urls.entry(self.layer.clone()).or_default();
        for url in urls {
            facts.insert(url, UrlFact { state, ..UrlFact::default() });
        }
        self
    }

    pub(crate) fn ask<T>(&self, question: impl FnOnce(&Subject<'_>) -> T) -> T {
        let edits = ImageEdits::default();
        let rendered = self.image.render(&edits, &Rendered::default());
        let Self { image, situation, .. } = self;
        question(&Subject { image, edits: &edits, rendered: &rendered, situation })
    }
}
