use std::sync::Arc;

use serde::{Deserialize, Deserializer};

use crate::json::string;
use crate::manifest::Platform;

/// What the editor reads of an image config (image-spec `config.md`).
///
/// Read leniently: a config is never edited here, so an odd one costs its history lines, not the
/// image. A `null` counts as absent, as Go's encoder writes it for empty lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Config {
    /// `os`
    #[serde(deserialize_with = "or_default")]
    pub os: String,
    /// `architecture`
    #[serde(deserialize_with = "or_default")]
    pub architecture: String,
    /// `variant`
    #[serde(deserialize_with = "or_default")]
    pub variant: String,
    /// `os.version`
    #[serde(rename = "os.version", deserialize_with = "or_default")]
    pub os_version: String,
    /// `os.features`
    #[serde(rename = "os.features", deserialize_with = "or_default")]
    pub os_features: Vec<String>,
    /// The steps that made the image, first step first; some made no layer.
    #[serde(deserialize_with = "or_default")]
    pub history: Vec<History>,
    #[serde(deserialize_with = "or_default")]
    rootfs: RootFs,
    /// The text itself, where it is kept.
    #[serde(skip)]
    pub text: Option<Arc<str>>,
}

/// One step of an image's history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct History {
    /// The command, as the builder wrote it.
    #[serde(deserialize_with = "or_default")]
    pub created_by: String,
    /// A comment of the builder.
    #[serde(deserialize_with = "or_default")]
    pub comment: String,
    /// Whether the step made no layer.
    #[serde(deserialize_with = "or_default")]
    pub empty_layer: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct RootFs {
    #[serde(deserialize_with = "or_default")]
    diff_ids: Vec<String>,
}

/// What the config says of one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerOrigin<'a> {
    /// The command that made the layer, when the history has a line for it.
    pub made_by: Option<&'a str>,
    /// The digest of the layer's unpacked tar, as it stands.
    pub diff_id: Option<&'a str>,
}

impl Config {
    /// Reads a config's bytes; `None` when they are no JSON object of this form.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let read: Self = serde_json::from_str(text).ok()?;
        Some(Self { text: Some(text.into()), ..read })
    }

    /// A text from which [`Self::parse`] reads the same of it, without what is only shown.
    pub fn short_text(&self) -> String {
        let list =
            |texts: &[String]| texts.iter().map(|text| string(text)).collect::<Vec<_>>().join(",");
        let step = |step: &History| {
            format!(
                r#"{{"created_by":{},"comment":{},"empty_layer":{}}}"#,
                string(&step.created_by),
                string(&step.comment),
                step.empty_layer
            )
        };
        let steps: Vec<String> = self.history.iter().map(step).collect();
        format!(
            r#"{{"os":{},"architecture":{},"variant":{},"os.version":{},"os.features":[{}],"history":[{}],"rootfs":{{"diff_ids":[{}]}}}}"#,
            string(&self.os),
            string(&self.architecture),
            string(&self.variant),
            string(&self.os_version),
            list(&self.os_features),
            steps.join(","),
            list(self.diff_ids())
        )
    }

    /// The uncompressed digests of the layers, base layer first.
    pub fn diff_ids(&self) -> &[String] {
        &self.rootfs.diff_ids
    }

    /// The platform the image is for.
    pub fn platform(&self) -> Platform {
        Platform {
            os: self.os.clone(),
            architecture: self.architecture.clone(),
            variant: self.variant.clone(),
            os_version: self.os_version.clone(),
            os_features: self.os_features.clone(),
        }
    }

    /// What is known of each of `count` layers, base layer first.
    ///
    /// History lines count only when exactly as many of them made a layer as there are layers:
    /// any other match would put commands beside layers that they did not make.
    pub fn origins(&self, count: usize) -> Vec<LayerOrigin<'_>> {
        let made: Vec<&History> = self.history.iter().filter(|step| !step.empty_layer).collect();
        let trusted = made.len() == count;
        (0..count)
            .map(|index| LayerOrigin {
                made_by: trusted
                    .then(|| made[index].created_by.as_str())
                    .filter(|text| !text.is_empty()),
                diff_id: self.rootfs.diff_ids.get(index).map(String::as_str),
            })
            .collect()
    }
}

/// The value, or its default for `null`.
fn or_default<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_steps_are_skipped() {
        let config = Config::parse(
            br#"{"os":"linux","architecture":"arm64","variant":"v8","unknown":[1],
                "history":[{"created_by":"ADD a"},{"created_by":"ENV x","empty_layer":true},{"created_by":"RUN b"}],
                "rootfs":{"type":"layers","diff_ids":["sha256:1","sha256:2"]}}"#,
        )
        .unwrap();
        assert_eq!(config.platform().to_string(), "linux/arm64/v8");
        let lines = |count| -> Vec<Option<&str>> {
            config.origins(count).iter().map(|origin| origin.made_by).collect()
        };
        assert_eq!(lines(2), [Some("ADD a"), Some("RUN b")]);
        assert_eq!(lines(3), [None, None, None]);
        assert_eq!(config.origins(3)[2].diff_id, None);
        assert_eq!(config.origins(3)[1].diff_id, Some("sha256:2"));
    }

    #[test]
    fn odd_configs_cost_nothing_else() {
        assert_eq!(Config::parse(b"7"), None);
        assert_eq!(Config::parse(b"{").map(|_| ()), None);
        for text in ["{}", r#"{"os":null,"history":null,"rootfs":{"diff_ids":null}}"#] {
            let empty = Config { text: Some(text.into()), ..Config::default() };
            assert_eq!(Config::parse(text.as_bytes()), Some(empty));
        }
    }

    #[test]
    fn the_short_text_says_the_same() {
        let text = r#"{"os":"a\"","architecture":"b","variant":"c","os.version":"d","os.features":["e","f"],
            "history":[{"created_by":"g\n","comment":"h"},{"empty_layer":true}],"x":[1],
            "rootfs":{"diff_ids":["i","j"]}}"#;
        let config = Config::parse(text.as_bytes()).unwrap();
        let short = config.short_text();
        let again = Config::parse(short.as_bytes()).unwrap();
        assert_eq!(Config { text: None, ..again }, Config { text: None, ..config });
    }
}
