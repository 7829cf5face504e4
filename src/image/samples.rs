use std::sync::Arc;

use super::{Config, Image, Slot};
use crate::manifest::{Algorithm, Digest, Document, Refusal};
use crate::msg;
use crate::text::Message;

/// An image that comes with the editor, so that it can be tried without a registry.
///
/// Its documents and configs are complete and name each other truly; its layers exist nowhere.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// A short name, fit for a file name or an address.
    pub name: &'static str,
    /// The documents as builders wrote them, the root first.
    pub documents: &'static [&'static str],
    /// The configs that are there.
    pub configs: &'static [&'static str],
}

const LINUX_CONFIG: &str = include_str!("../../samples/linux.config.json");

/// The names of the samples, in the order to offer them.
pub const SAMPLE_NAMES: [&str; 3] = ["windows", "linux", "platforms"];

/// What the sample of this name is, in a few words.
pub fn sample_title(name: &str) -> Message {
    match name {
        "windows" => msg!("image.sample.windows"),
        "linux" => msg!("image.sample.linux"),
        _ => msg!("image.sample.platforms"),
    }
}

/// The samples, in that order.
pub const SAMPLES: [Sample; 3] = [
    Sample {
        name: "windows",
        documents: &[include_str!("../../samples/golang-windows-amd64.json")],
        configs: &[],
    },
    Sample {
        name: "linux",
        documents: &[include_str!("../../samples/linux.json")],
        configs: &[LINUX_CONFIG],
    },
    Sample {
        name: "platforms",
        documents: &[
            include_str!("../../samples/platforms/index.json"),
            include_str!("../../samples/platforms/linux-amd64.json"),
            include_str!("../../samples/platforms/linux-arm64.json"),
            include_str!("../../samples/platforms/windows-amd64.json"),
            include_str!("../../samples/platforms/attestation.json"),
        ],
        configs: &[
            LINUX_CONFIG,
            include_str!("../../samples/platforms/linux-arm64.config.json"),
            include_str!("../../samples/platforms/windows-amd64.config.json"),
        ],
    },
];

impl Sample {
    /// The sample called `name`.
    pub fn named(name: &str) -> Option<Self> {
        SAMPLES.into_iter().find(|sample| sample.name == name)
    }

    /// The sample as a loaded image with everything that is there. A test opens each, so that a
    /// refusal would be a mistake in the sample.
    pub fn open(&self) -> Result<Image, Refusal> {
        let parse = |text: &str| Document::parse(text.as_bytes(), None, Algorithm::Sha256);
        let (root, children) = self.documents.split_first().unwrap_or((&"", &[]));
        let mut image = Image::new(parse(root)?);
        for child in children {
            let child = parse(child)?;
            image.insert(child.digest().clone(), Slot::Loaded(Arc::new(child)));
        }
        for config in self.configs {
            let digest = Digest::sha256(config.as_bytes());
            if let Some(config) = Config::parse(config.as_bytes()) {
                image.insert_config(digest, config);
            }
        }
        Ok(image)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{ImageEdits, Rendered};

    #[test]
    fn samples_are_complete_and_name_each_other_truly() {
        for sample in SAMPLES {
            let image = sample.open().unwrap();
            assert_eq!(image.documents().count(), sample.documents.len(), "{}", sample.name);
            let edits = ImageEdits::default();
            assert_eq!(image.wanted(&edits), [], "{}", sample.name);
            for row in image.rows(&edits) {
                let document = image.document(&row.id).unwrap();
                assert_eq!(*document.digest(), row.id);
                if let Some(descriptor) = row.descriptor {
                    assert_eq!(descriptor.size, document.bytes().len() as u64);
                    assert_eq!(descriptor.media_type, document.kind().media_type());
                }
                let sized = sample.configs.iter().find(|config| {
                    let named = document.config().map(|config| &config.digest);
                    Some(&Digest::sha256(config.as_bytes())) == named
                });
                if let Some(config) = sized {
                    assert_eq!(document.config().unwrap().size, config.len() as u64);
                    let origins =
                        image.config_of(&row.id).unwrap().origins(document.layers().len());
                    assert!(
                        origins.iter().all(|at| at.made_by.is_some() && at.diff_id.is_some()),
                        "{origins:?}"
                    );
                }
            }
            let rendered = image.render(&edits, &Rendered::default());
            assert!(rendered.children_first().all(|(id, _)| !rendered.is_changed(id)));
            let title = sample_title(sample.name);
            assert_ne!(title.to_string(), title.key);
            assert_eq!(Sample::named(sample.name).unwrap().documents, sample.documents);
        }
    }

    #[test]
    fn the_index_has_an_attestation_that_refers_to_its_image() {
        let image = Sample::named("platforms").unwrap().open().unwrap();
        let root = image.document(image.root()).unwrap();
        let attestations: Vec<_> =
            root.entries().iter().filter(|entry| entry.is_attestation()).collect();
        assert_eq!(attestations.len(), 1);
        let subject = image.document(&attestations[0].digest).unwrap().subject().unwrap();
        assert_eq!(subject.digest, root.entries()[0].digest);
        assert_eq!(subject.size, root.entries()[0].size);
        let platforms: Vec<String> = root
            .entries()
            .iter()
            .filter_map(|entry| entry.platform.as_ref().map(ToString::to_string))
            .collect();
        assert_eq!(
            platforms,
            ["linux/amd64", "linux/arm64/v8", "windows/amd64 10.0.20348.4171", "unknown/unknown"]
        );
    }
}
