//! Names and references of the published files: content hashes in names, integrity values, and the
//! placeholders that stand for both in the sources.
//!
//! Invariant: a hashed name changes with every byte of the file, the names it refers to included,
//! so such a file may be cached for ever.
//!
//! Placeholders, in `.html`, `.js`, `.css` and `.webmanifest` files:
//!
//! | placeholder | becomes |
//! | --- | --- |
//! | `{{asset:NAME}}` | the published name of NAME, relative to the page, such as `boot.<hash>.js` |
//! | `{{integrity:NAME}}` | its integrity value, `sha384-…` |
//! | `{{csp}}` | the policy for `<meta>` |
//! | `{{version}}` | the version of the package |
//! | `{{files}}` | a JSON array of the names of the build's files, for the service worker |
//! | `{{build}}` | one hash over all files of the build |
//!
//! The last two may only stand in files that keep their name. A file counts in the hash as it is
//! before these two are filled in. Not in the list: files that hold it themselves, and
//! `config.json`, which belongs to the portal.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use base64::Engine as _;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// The portal's own settings: copied, never counted as a part of the build.
pub const PORTAL_SETTINGS: &str = "config.json";

/// A file to publish.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its name in the sources, with `/` between folders; what placeholders call it.
    pub name: String,
    /// Its content, placeholders included.
    pub bytes: Vec<u8>,
    /// What its published name is.
    pub naming: Naming,
}

/// What the published name of a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// The name itself: for files that others must find.
    Kept,
    /// The name with the hash of the content before its ending.
    Hashed,
}

/// A file as it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Where it lies below `dist/`.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why the files cannot be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssetError {
    /// A placeholder names a file that is not there.
    UnknownAsset {
        /// The file with the placeholder.
        file: String,
        /// The name in it.
        name: String,
    },
    /// A placeholder of no known kind.
    UnknownPlaceholder {
        /// The file with the placeholder.
        file: String,
        /// The text between the braces.
        placeholder: String,
    },
    /// Hashed files refer to each other in a circle.
    Circle(Vec<String>),
    /// A placeholder of the whole build in a file that is a part of it.
    BuildInHashed(String),
}

/// Replaces all placeholders and gives every file its name.
///
/// `values` are the placeholders without an argument, such as `("csp", …)`. The result is sorted by
/// path.
pub fn publish(
    assets: Vec<Asset>,
    values: &[(&str, String)],
) -> Result<Vec<Published>, AssetError> {
    let mut publisher = Publisher {
        assets: assets.into_iter().map(|asset| (asset.name.clone(), asset)).collect(),
        values: values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        done: BTreeMap::new(),
    };
    let names: Vec<String> = publisher.assets.keys().cloned().collect();
    let (last, first): (Vec<_>, Vec<_>) =
        names.into_iter().partition(|name| publisher.speaks_of_the_build(name));
    for name in &first {
        publisher.resolve(name, &mut Vec::new())?;
    }

    // The files of the build as they are before they name it.
    for name in ["files", "build"] {
        publisher.values.insert(name.to_owned(), format!("{{{{{name}}}}}"));
    }
    for name in &last {
        if publisher.assets.get(name).is_some_and(|asset| asset.naming == Naming::Hashed) {
            return Err(AssetError::BuildInHashed(name.clone()));
        }
        publisher.resolve(name, &mut Vec::new())?;
    }
    let (files, build) = list(publisher.done.values());
    publisher.values.insert("files".to_owned(), files);
    publisher.values.insert("build".to_owned(), build);
    for name in &last {
        publisher.done.remove(name);
    }
    for name in &last {
        publisher.resolve(name, &mut Vec::new())?;
    }

    let mut published: Vec<Published> = publisher.done.into_values().collect();
    published.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(published)
}

/// The list of the build's files as a JSON array, and the hash over all of them.
fn list<'a>(files: impl Iterator<Item = &'a Published>) -> (String, String) {
    let mut files: Vec<&Published> = files.filter(|file| file.path != PORTAL_SETTINGS).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut build = Sha256::new();
    let mut names = Vec::new();
    for file in files {
        build.update(file.path.as_bytes());
        build.update([0]);
        build.update(Sha256::digest(&file.bytes));
        let lists_itself = file.bytes.windows(9).any(|text| text == b"{{files}}");
        if !lists_itself {
            names.push(serde_json::Value::from(file.path.as_str()).to_string());
        }
    }
    (format!("[{}]", names.join(",")), hex(&build.finalize())[..16].to_owned())
}

/// Whether `path` carries the hash of its content and may be cached for ever.
pub fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut parts = name.rsplit('.');
    let _ending = parts.next();
    let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    parts.next().is_some_and(|hash| hash.len() == 16 && hash.bytes().all(lower_hex))
        && parts.next().is_some()
}

/// The integrity value of `bytes` (Subresource Integrity, section 3.1).
pub fn integrity(bytes: &[u8]) -> String {
    let hash = Sha384::digest(bytes);
    format!("sha384-{}", base64::engine::general_purpose::STANDARD.encode(hash))
}

/// The SHA-256 of `bytes` in hex digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The SHA-512 of `bytes` in hex digits.
pub fn sha512(bytes: &[u8]) -> String {
    hex(&Sha512::digest(bytes))
}

struct Publisher {
    assets: BTreeMap<String, Asset>,
    values: BTreeMap<String, String>,
    done: BTreeMap<String, Published>,
}

impl Publisher {
    fn speaks_of_the_build(&self, name: &str) -> bool {
        self.assets.get(name).and_then(text).is_some_and(|text| {
            placeholders(text).any(|(_, inner)| inner == "files" || inner == "build")
        })
    }

    /// Publishes `name` after all that it refers to; `path` are the files on the way here.
    fn resolve(&mut self, name: &str, path: &mut Vec<String>) -> Result<(), AssetError> {
        if self.done.contains_key(name) {
            return Ok(());
        }
        if path.iter().any(|known| known == name) {
            path.push(name.to_owned());
            return Err(AssetError::Circle(path.clone()));
        }
        let Some(asset) = self.assets.get(name).cloned() else {
            return Err(AssetError::UnknownAsset {
                file: path.last().cloned().unwrap_or_default(),
                name: name.to_owned(),
            });
        };
        path.push(name.to_owned());
        let bytes = match text(&asset) {
            Some(text) => self.replace(name, text, path)?.into_bytes(),
            None => asset.bytes,
        };
        path.pop();
        let published = match asset.naming {
            Naming::Kept => name.to_owned(),
            Naming::Hashed => hashed_name(name, &sha256(&bytes)[..16]),
        };
        self.done.insert(name.to_owned(), Published { path: published, bytes });
        Ok(())
    }

    fn replace(
        &mut self,
        file: &str,
        text: &str,
        path: &mut Vec<String>,
    ) -> Result<String, AssetError> {
        let mut out = String::with_capacity(text.len());
        let mut end = 0;
        for (start, inner) in placeholders(text) {
            out.push_str(&text[end..start]);
            end = start + inner.len() + 4;
            match inner.split_once(':') {
                Some(("asset", name))
                    if self.assets.get(name).is_some_and(|asset| asset.naming == Naming::Kept) =>
                {
                    out.push_str(name);
                }
                Some((kind @ ("asset" | "integrity"), name)) => {
                    self.resolve(name, path)?;
                    if let Some(published) = self.done.get(name) {
                        if kind == "asset" {
                            out.push_str(&published.path);
                        } else {
                            out.push_str(&integrity(&published.bytes));
                        }
                    }
                }
                _ => match self.values.get(inner) {
                    Some(value) => out.push_str(value),
                    None => {
                        return Err(AssetError::UnknownPlaceholder {
                            file: file.to_owned(),
                            placeholder: inner.to_owned(),
                        });
                    }
                },
            }
        }
        out.push_str(&text[end..]);
        Ok(out)
    }
}

/// The content of a file that may hold placeholders.
fn text(asset: &Asset) -> Option<&str> {
    let (_, ending) = asset.name.rsplit_once('.')?;
    if !matches!(ending, "html" | "js" | "css" | "webmanifest") {
        return None;
    }
    std::str::from_utf8(&asset.bytes).ok()
}

/// All `{{word}}` and `{{word:name}}` in `text`: where they start and what is between the braces.
fn placeholders(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices("{{").filter_map(|(start, _)| {
        let rest = &text[start + 2..];
        let inner = &rest[..rest.find("}}")?];
        let (word, name) = inner.split_once(':').unwrap_or((inner, "x"));
        let is_word = !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b"._-/".contains(&b);
        (is_word && name.bytes().all(is_name)).then_some((start, inner))
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        write!(hex, "{byte:02x}").ok();
        hex
    })
}

fn hashed_name(name: &str, hash: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}.{hash}.{ending}"),
        None => format!("{name}.{hash}"),
    }
}

impl fmt::Display for AssetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownAsset { file, name } => {
                write!(f, "{file} refers to {name}, which is no file of the page")
            }
            Self::UnknownPlaceholder { file, placeholder } => {
                write!(f, "{file} has the unknown placeholder {{{{{placeholder}}}}}")
            }
            Self::Circle(names) => {
                write!(f, "these files refer to each other in a circle: {}", names.join(" → "))
            }
            Self::BuildInHashed(name) => {
                write!(f, "{name} has {{{{files}}}} or {{{{build}}}}, but is a part of the build")
            }
        }
    }
}

impl std::error::Error for AssetError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset(name: &str, content: &str) -> Asset {
        let naming = if name == "index.html" || name == "sw.js" || name == PORTAL_SETTINGS {
            Naming::Kept
        } else {
            Naming::Hashed
        };
        Asset { name: name.into(), bytes: content.into(), naming }
    }

    fn published(files: &[(&str, &str)]) -> Result<Vec<Published>, AssetError> {
        let assets = files.iter().map(|(name, content)| asset(name, content)).collect();
        publish(assets, &[("version", "1.2.3".into())])
    }

    fn content(files: &[Published], prefix: &str) -> String {
        let file = files.iter().find(|file| file.path.starts_with(prefix)).unwrap();
        String::from_utf8(file.bytes.clone()).unwrap()
    }

    #[test]
    fn references_are_replaced() {
        let files = published(&[
            (
                "index.html",
                "{{asset:a.js}} {{integrity:a.js}} v{{version}} {{ no }} {{asset:sw.js}}",
            ),
            ("a.js", "import './{{asset:b.js}}'; x = {{}};"),
            ("b.js", "abc"),
            ("sw.js", ""),
        ])
        .unwrap();
        // sha256("abc") starts with ba7816bf8f01cfea.
        assert_eq!(content(&files, "a."), "import './b.ba7816bf8f01cfea.js'; x = {{}};");
        let a = files.iter().find(|file| file.path.starts_with("a.")).unwrap();
        assert_eq!(
            content(&files, "index"),
            format!("{} {} v1.2.3 {{{{ no }}}} sw.js", a.path, integrity(&a.bytes))
        );
    }

    #[test]
    fn a_name_changes_with_what_it_refers_to() {
        let path = |b: &str| {
            let files = published(&[("a.js", "{{asset:b.js}}"), ("b.js", b)]).unwrap();
            files[0].path.clone()
        };
        assert_ne!(path("1"), path("2"));
        assert_eq!(path("1"), path("1"));
    }

    #[test]
    fn the_service_worker_lists_all_but_itself_and_the_portal() {
        let build_with = |page: &str, settings: &str, worker: &str| {
            let files = published(&[
                ("index.html", &format!("{page} {{{{build}}}}")),
                ("b.js", "abc"),
                ("config.json", settings),
                ("sw.js", &format!("{{{{build}}}} {{{{files}}}} {worker}")),
            ])
            .unwrap();
            let sw = content(&files, "sw.js");
            let (build, rest) = sw.split_once(' ').unwrap();
            assert!(rest.starts_with(r#"["b.ba7816bf8f01cfea.js","index.html"]"#), "{rest}");
            assert_eq!(build.len(), 16);
            assert!(content(&files, "index.html").ends_with(build));
            build.to_owned()
        };
        let build = build_with("page", "{}", "worker");
        assert_eq!(
            build_with("page", "{ }", "worker"),
            build,
            "the portal's settings do not count"
        );
        assert_ne!(build_with("page 2", "{}", "worker"), build);
        assert_ne!(build_with("page", "{}", "worker 2"), build);
    }

    #[test]
    fn refused() {
        let check = |files: &[(&str, &str)], expected: AssetError| {
            assert_eq!(published(files), Err(expected));
        };
        check(
            &[("a.js", "{{asset:none.js}}")],
            AssetError::UnknownAsset { file: "a.js".into(), name: "none.js".into() },
        );
        check(
            &[("a.js", "{{nothing}}")],
            AssetError::UnknownPlaceholder { file: "a.js".into(), placeholder: "nothing".into() },
        );
        check(
            &[("a.js", "{{asset:b.js}}"), ("b.js", "{{integrity:a.js}}")],
            AssetError::Circle(vec!["a.js".into(), "b.js".into(), "a.js".into()]),
        );
        check(&[("a.js", "{{build}}")], AssetError::BuildInHashed("a.js".into()));
    }

    #[test]
    fn hashed_paths() {
        for (path, expected) in [
            ("boot.ba7816bf8f01cfea.js", true),
            ("texts/de.ba7816bf8f01cfea.txt", true),
            ("index.html", false),
            ("ba7816bf8f01cfea.js", false),
            ("a.BA7816BF8F01CFEA.js", false),
            ("a.ba7816bf.js", false),
        ] {
            assert_eq!(is_hashed(path), expected, "{path}");
        }
    }

    #[test]
    fn known_integrity() {
        assert_eq!(
            integrity(b"abc"),
            "sha384-ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn"
        );
    }
}
