//! Archives of `docker save` before Docker 25, which hold configs and layers but no manifests.
//!
//! Form: `manifest.json` is a list of `{"Config": file, "RepoTags": names, "Layers": files}`
//! (moby `image/tarexport`). Docker and skopeo write unpacked layers, go-containerregistry and
//! others gzipped ones.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;

use super::archive_files::{Files, Progress, hash, read_small};
use super::{ArchiveError, Slice, Slices};
use crate::image::Config;
use crate::manifest::media_type::{
    DOCKER_CONFIG, DOCKER_MANIFEST, Family, Form, LayerType, Packing,
};
use crate::manifest::{Algorithm, Digest};

/// An image as `manifest.json` lists it, with where its files lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SavedImage {
    pub(super) names: Vec<String>,
    config: (String, Range<u64>),
    layers: Vec<(String, Range<u64>)>,
}

/// A manifest that was made here.
pub(super) struct Made {
    pub(super) manifest: Vec<u8>,
    pub(super) config_name: String,
    pub(super) config: Vec<u8>,
    pub(super) blobs: BTreeMap<Digest, Slice>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

/// Reads `manifest.json`.
pub(super) fn read_list(bytes: &[u8], files: &Files<'_>) -> Result<Vec<SavedImage>, ArchiveError> {
    let malformed = |_| ArchiveError::Malformed { name: "manifest.json".into() };
    let listed: Vec<Listed> = serde_json::from_slice(bytes).map_err(malformed)?;
    let find = |name: String| match files.find(&name) {
        Some(range) => Ok((name, range)),
        None => Err(ArchiveError::Missing { name }),
    };
    let saved = |listed: Listed| {
        Ok(SavedImage {
            names: listed.repo_tags.unwrap_or_default(),
            config: find(listed.config)?,
            layers: listed
                .layers
                .unwrap_or_default()
                .into_iter()
                .map(find)
                .collect::<Result<_, _>>()?,
        })
    };
    listed.into_iter().map(saved).collect()
}

/// Makes a Docker schema 2 manifest for `saved`, in the layout in which Docker writes its own.
///
/// The digests of the layers are computed by reading them; those of unpacked ones must be the
/// `diff_ids` of the config.
pub(super) async fn make_manifest<S: Slices>(
    file: &S,
    saved: &SavedImage,
    progress: &mut dyn FnMut(Progress),
) -> Result<Made, ArchiveError> {
    let (config_name, config_range) = saved.config.clone();
    let config = read_small(file, &config_name, config_range.clone()).await?;
    let malformed = || ArchiveError::Malformed { name: config_name.clone() };
    let diff_ids = Config::parse(&config).ok_or_else(malformed)?;
    let diff_ids = diff_ids.diff_ids();
    if diff_ids.len() != saved.layers.len() {
        let (config, archive) = (diff_ids.len(), saved.layers.len());
        return Err(ArchiveError::LayerCount { config, archive });
    }
    let config_digest = Digest::sha256(&config);
    let mut blobs = BTreeMap::from([(config_digest.clone(), Slice::of(&config_range))]);
    let mut known: BTreeMap<u64, (Digest, &'static str)> = BTreeMap::new();
    let mut layers = Vec::with_capacity(saved.layers.len());
    let total = saved.size();
    let mut before = 0;
    for ((name, range), diff_id) in saved.layers.iter().zip(diff_ids) {
        let size = range.end - range.start;
        let found = match known.get(&range.start) {
            Some(found) => found.clone(),
            None => {
                let packing = packing(file, range).await?;
                let digest = hash(file, Algorithm::Sha256, range.clone(), &mut |done| {
                    progress(Progress { done: before + done, total });
                })
                .await?;
                before += size;
                if packing == Packing::Tar && digest.as_str() != diff_id {
                    return Err(ArchiveError::Mismatch { name: name.clone() });
                }
                (digest, media_type(packing))
            }
        };
        blobs.insert(found.0.clone(), Slice::of(range));
        layers.push(descriptor(found.1, size, &found.0, "      "));
        known.insert(range.start, found);
    }
    let config_descriptor = descriptor(DOCKER_CONFIG, config.len() as u64, &config_digest, "   ");
    let layers = match layers.len() {
        0 => String::from("[]"),
        _ => format!("[\n      {}\n   ]", layers.join(",\n      ")),
    };
    let manifest = format!(
        "{{\n   \"schemaVersion\": 2,\n   \"mediaType\": \"{DOCKER_MANIFEST}\",\n   \"config\": {config_descriptor},\n   \"layers\": {layers}\n}}"
    );
    Ok(Made { manifest: manifest.into_bytes(), config_name, config, blobs })
}

impl SavedImage {
    /// How many bytes its layers have, a file that stands twice counted once.
    pub(super) fn size(&self) -> u64 {
        let distinct: BTreeMap<u64, u64> =
            self.layers.iter().map(|(_, range)| (range.start, range.end - range.start)).collect();
        distinct.values().sum()
    }
}

async fn packing<S: Slices>(file: &S, range: &Range<u64>) -> Result<Packing, ArchiveError> {
    let start = file.read(range.start..range.end.min(range.start + 4)).await?;
    Ok(match start.as_slice() {
        [0x1f, 0x8b, ..] => Packing::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd] => Packing::Zstd,
        _ => Packing::Tar,
    })
}

fn media_type(packing: Packing) -> &'static str {
    let layer = LayerType { family: Family::Docker, form: Form::Plain, packing, encrypted: false };
    layer.spelling().unwrap_or_default()
}

fn descriptor(media_type: &str, size: u64, digest: &Digest, indent: &str) -> String {
    format!(
        "{{\n{indent}   \"mediaType\": \"{media_type}\",\n{indent}   \"size\": {size},\n{indent}   \"digest\": \"{digest}\"\n{indent}}}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::tar::tests::{archive_of, now};
    use crate::export::{open_archive, open_image};

    fn config(layers: &[&[u8]]) -> String {
        let ids: Vec<String> =
            layers.iter().map(|layer| format!("\"{}\"", Digest::sha256(layer))).collect();
        format!(
            r#"{{"os":"linux","architecture":"amd64","rootfs":{{"type":"layers","diff_ids":[{}]}}}}"#,
            ids.join(",")
        )
    }

    #[test]
    fn a_manifest_is_made() {
        let (one, two) = ([1; 700].as_slice(), b"\x1f\x8bpacked".as_slice());
        let config = config(&[one, two, one]);
        let list = br#"[{"Config":"c.json","RepoTags":["app:1"],"Layers":["1/layer.tar","2.tar.gz","1/layer.tar"]},
            {"Config":"c.json","RepoTags":null,"Layers":[]}]"#;
        let archive = archive_of(&[
            ("manifest.json", list),
            ("c.json", config.as_bytes()),
            ("1/layer.tar", one),
            ("2.tar.gz", two),
        ]);
        let opened = now(open_archive(&archive)).unwrap();
        assert_eq!(opened.roots[0].names, ["app:1"]);
        assert_eq!(opened.roots[0].size, 700 + 8);
        let mut told = Vec::new();
        let tell = &mut |progress: Progress| told.push((progress.done, progress.total));
        let image = now(open_image(&archive, &opened, &opened.roots[0], tell)).unwrap();
        assert_eq!(told, [(700, 708), (708, 708)]);
        assert!(image.manifest_made_here);
        let document = image.image.document(image.image.root()).unwrap();
        let layers: Vec<_> = document
            .layers()
            .iter()
            .map(|layer| (layer.media_type.rsplit('.').next().unwrap(), &layer.digest, layer.size))
            .collect();
        let (one, two) = (Digest::sha256(one), Digest::sha256(two));
        assert_eq!(layers, [("tar", &one, 700), ("gzip", &two, 8), ("tar", &one, 700)]);
        assert_eq!(image.blobs[&two].length, 8);
        let config = image.image.config_of(image.image.root()).unwrap();
        assert_eq!(config.platform().to_string(), "linux/amd64");
        assert!(document.bytes().starts_with(b"{\n   \"schemaVersion\": 2,\n   \"mediaType\""));
        let error = now(open_image(&archive, &opened, &opened.roots[1], &mut |_| {}));
        assert_eq!(error, Err(ArchiveError::LayerCount { config: 3, archive: 0 }));
    }

    #[test]
    fn layers_that_are_not_what_the_config_says() {
        let config = config(&[b"expected"]);
        let list = br#"[{"Config":"c.json","RepoTags":[],"Layers":["l.tar"]}]"#;
        let files: [(&str, &[u8]); 3] =
            [("manifest.json", list), ("c.json", config.as_bytes()), ("l.tar", b"something else")];
        let archive = archive_of(&files);
        let opened = now(open_archive(&archive)).unwrap();
        let error = now(open_image(&archive, &opened, &opened.roots[0], &mut |_| {}));
        assert_eq!(error, Err(ArchiveError::Mismatch { name: "l.tar".into() }));
        let missing = now(open_archive(&archive_of(&files[..2])));
        assert_eq!(missing, Err(ArchiveError::Missing { name: "l.tar".into() }));
        let malformed = now(open_archive(&archive_of(&[("manifest.json", b"{}")])));
        assert_eq!(malformed, Err(ArchiveError::Malformed { name: "manifest.json".into() }));
    }
}
