//! What is delivered: for each marked layer the files that make its URLs true.

use std::collections::BTreeMap;

use super::path::{PathError, RULES, SUMS, path_of};
use crate::manifest::{Descriptor, Digest, UrlParts};
use crate::msg;
use crate::text::{Message, visible};

/// A layer that is marked, with its URLs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedLayer {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Its URLs, as they stand in the descriptor.
    pub urls: Vec<String>,
    /// Whether it had these URLs when it was loaded: nobody here chose them.
    pub as_loaded: bool,
}

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryFile {
    /// The host (with its port) that the file belongs to.
    pub host: String,
    /// The path below that host's web root, without a slash at its start; `/` between its parts.
    pub path: String,
    /// The digest of its content.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// The URL that it makes true.
    pub url: String,
}

/// Why a URL is not delivered as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryProblem {
    /// The URL, or the layer's digest where there is none.
    pub at: String,
    /// Why.
    pub kind: ProblemKind,
}

/// The kinds of [`DeliveryProblem`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The layer has no URL.
    NoUrl,
    /// The URL has no path that a file can have.
    Path(PathError),
    /// Another content has the same path.
    SamePath {
        /// The digest of the other content.
        other: Digest,
    },
    /// Another path differs from this one only in the case of its letters.
    OnlyCase {
        /// The other path.
        other: String,
    },
    /// A file of this path stands where another path needs a folder.
    FileAndFolder {
        /// The longer path.
        other: String,
    },
    /// The path is in the way of what goes along: the list of sums, or the server's rules.
    Reserved,
}

/// The files of a delivery, sorted by host and path, and what cannot be delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// The files; none of them is in the way of another.
    pub files: Vec<DeliveryFile>,
    /// What has to be put right first.
    pub problems: Vec<DeliveryProblem>,
    /// Whether the files belong to several hosts.
    several_hosts: bool,
}

impl MarkedLayer {
    /// The layer as URL templates want it: of its descriptor only digest and size count there.
    pub(super) fn descriptor(&self) -> Descriptor {
        Descriptor {
            media_type: String::new(),
            digest: self.digest.clone(),
            size: self.size,
            urls: None,
            platform: None,
            annotations: Vec::new(),
            artifact_type: None,
            data: None,
        }
    }
}

impl Delivery {
    /// The files that make every URL of `layers` true.
    pub fn new(layers: &[MarkedLayer]) -> Self {
        let mut delivery = Self::default();
        // By host and folded path: the first file there, which later ones are held against.
        let mut taken: BTreeMap<(String, String), usize> = BTreeMap::new();
        for layer in layers {
            if layer.urls.is_empty() {
                let at = layer.digest.to_string();
                delivery.problems.push(DeliveryProblem { at, kind: ProblemKind::NoUrl });
            }
            for url in &layer.urls {
                if let Err(kind) = delivery.add(layer, url, &mut taken) {
                    delivery.problems.push(DeliveryProblem { at: url.clone(), kind });
                }
            }
        }
        delivery.refuse_files_as_folders();
        delivery.refuse_reserved_names();
        delivery.files.sort_by(|a, b| (&a.host, &a.path).cmp(&(&b.host, &b.path)));
        delivery.several_hosts = delivery.hosts().len() > 1;
        delivery
    }

    fn add(
        &mut self,
        layer: &MarkedLayer,
        url: &str,
        taken: &mut BTreeMap<(String, String), usize>,
    ) -> Result<(), ProblemKind> {
        let path = path_of(url).map_err(ProblemKind::Path)?;
        let host = host_of(url);
        let key = (host.clone(), path.to_lowercase());
        if let Some(&at) = taken.get(&key) {
            let other = &self.files[at];
            if other.path != path {
                return Err(ProblemKind::OnlyCase { other: other.path.clone() });
            }
            if other.digest != layer.digest {
                return Err(ProblemKind::SamePath { other: other.digest.clone() });
            }
            // The same layer on another platform, or the URL twice.
            return Ok(());
        }
        taken.insert(key, self.files.len());
        let (digest, size, url) = (layer.digest.clone(), layer.size, url.to_owned());
        self.files.push(DeliveryFile { host, path, digest, size, url });
        Ok(())
    }

    /// Takes out files whose path is a folder of another file's path.
    fn refuse_files_as_folders(&mut self) {
        let folders: BTreeMap<(String, String), String> = self
            .files
            .iter()
            .flat_map(|file| {
                let ends = file.path.match_indices('/').map(|(at, _)| at);
                ends.map(|at| {
                    ((file.host.clone(), file.path[..at].to_lowercase()), file.path.clone())
                })
            })
            .collect();
        let problems = &mut self.problems;
        self.files.retain(|file| {
            let Some(other) = folders.get(&(file.host.clone(), file.path.to_lowercase())) else {
                return true;
            };
            let kind = ProblemKind::FileAndFolder { other: other.clone() };
            problems.push(DeliveryProblem { at: file.url.clone(), kind });
            false
        });
    }

    /// Takes out files in the way of those that go along, where the paths begin with no host.
    fn refuse_reserved_names(&mut self) {
        let first = self.files.first().map(|file| file.host.clone());
        if !self.files.iter().all(|file| Some(&file.host) == first.as_ref()) {
            return;
        }
        let problems = &mut self.problems;
        self.files.retain(|file| {
            let first = file.path.split('/').next().unwrap_or_default();
            let taken = SUMS.iter().chain([&RULES]).any(|name| name.eq_ignore_ascii_case(first));
            if taken {
                let kind = ProblemKind::Reserved;
                problems.push(DeliveryProblem { at: file.url.clone(), kind });
            }
            !taken
        });
    }

    /// The hosts that files belong to, each once.
    pub fn hosts(&self) -> Vec<&str> {
        let mut hosts: Vec<&str> = self.files.iter().map(|file| file.host.as_str()).collect();
        hosts.dedup();
        hosts
    }

    /// The path of `file` in what is written: below a folder of its host where there are several.
    pub fn path_in_folder(&self, file: &DeliveryFile) -> String {
        if self.several_hosts {
            // A port cannot stand in the name of a folder everywhere.
            format!("{}/{}", file.host.replace(':', "_"), file.path)
        } else {
            file.path.clone()
        }
    }

    /// Whether a browser can write the files into a folder: Chromium refuses names with signs that
    /// Windows does not take, on every system, and `sha256:…` has one. An archive has no such rule.
    pub fn fits_a_folder(&self) -> bool {
        !self.files.iter().any(|file| file.path.contains(['"', '*', ':', '<', '>', '?', '|']))
    }

    /// The size of everything in bytes.
    pub fn size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// The list of sums, as `sha256sum --check` and `sha512sum --check` read it; one text for each
    /// algorithm in use, with the name of its file.
    pub fn sums(&self) -> Vec<(&'static str, String)> {
        SUMS.into_iter()
            .zip(["sha256", "sha512"])
            .filter_map(|(name, algorithm)| {
                let own =
                    self.files.iter().filter(|file| file.digest.algorithm().name() == algorithm);
                let lines = own.fold(String::new(), |lines, file| {
                    lines + file.digest.hex() + "  " + self.path_in_folder(file).as_str() + "\n"
                });
                (!lines.is_empty()).then_some((name, lines))
            })
            .collect()
    }
}

impl DeliveryProblem {
    /// What is wrong and what to do, for a person.
    pub fn message(&self) -> Message {
        let at = visible(&self.at);
        match &self.kind {
            ProblemKind::NoUrl => msg!("deliver.no-url", digest = at),
            ProblemKind::Path(error) => msg!("deliver.path", url = at, reason = error.message()),
            ProblemKind::SamePath { other } => {
                msg!("deliver.same-path", url = at, other = other.short())
            }
            ProblemKind::OnlyCase { other } => {
                msg!("deliver.only-case", url = at, other = visible(other))
            }
            ProblemKind::FileAndFolder { other } => {
                msg!("deliver.file-and-folder", url = at, other = visible(other))
            }
            ProblemKind::Reserved => msg!("deliver.reserved", url = at),
        }
    }
}

/// Host and port of a URL, in lower case.
fn host_of(url: &str) -> String {
    UrlParts::of(url).map(|parts| parts.authority.to_ascii_lowercase()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(content: &str, urls: &[&str]) -> MarkedLayer {
        let digest = Digest::sha256(content.as_bytes());
        let urls = urls.iter().map(|url| (*url).to_owned()).collect();
        MarkedLayer { digest, size: content.len() as u64, urls, as_loaded: false }
    }

    fn paths(delivery: &Delivery) -> Vec<String> {
        delivery.files.iter().map(|file| delivery.path_in_folder(file)).collect()
    }

    #[test]
    fn every_url_gets_the_file_that_makes_it_true() {
        let layers = [
            layer("a", &["https://cdn.example/b/a", "https://eu.example:8443/a"]),
            layer("b", &["https://cdn.example/b/b"]),
            // Another platform with the same layer.
            layer("a", &["https://cdn.example/b/a"]),
        ];
        let delivery = Delivery::new(&layers);
        assert_eq!(delivery.problems, []);
        assert_eq!(paths(&delivery), ["cdn.example/b/a", "cdn.example/b/b", "eu.example_8443/a"]);
        assert_eq!(delivery.size(), 3);
        let one = Delivery::new(&layers[1..2]);
        assert_eq!(paths(&one), ["b/b"]);
        let expected = format!("{}  b/b\n", Digest::sha256(b"b").hex());
        assert_eq!(one.sums(), [("SHA256SUMS", expected)]);
    }

    #[test]
    fn files_that_are_in_each_others_way_are_named() {
        let other = || Digest::sha256(b"a");
        for (second, expected) in [
            ("https://cdn.example/x/a", ProblemKind::SamePath { other: other() }),
            ("https://cdn.example/x/A", ProblemKind::OnlyCase { other: "x/a".into() }),
            ("https://cdn.example/x", ProblemKind::FileAndFolder { other: "x/a".into() }),
            ("https://cdn.example/../a", ProblemKind::Path(PathError::Dots)),
            ("https://cdn.example/sha256sums", ProblemKind::Reserved),
            ("https://cdn.example/server-rules/nginx.conf", ProblemKind::Reserved),
        ] {
            let delivery =
                Delivery::new(&[layer("a", &["https://cdn.example/x/a"]), layer("b", &[second])]);
            let kinds: Vec<ProblemKind> =
                delivery.problems.iter().map(|problem| problem.kind.clone()).collect();
            assert_eq!(kinds, [expected], "{second}");
            assert_eq!(paths(&delivery), ["x/a"], "{second}");
        }
        assert_eq!(Delivery::new(&[layer("a", &[])]).problems[0].kind, ProblemKind::NoUrl);
    }

    #[test]
    fn a_folder_takes_no_names_that_browsers_refuse() {
        let with = |url| Delivery::new(&[layer("a", &[url])]).fits_a_folder();
        assert!(with("https://cdn.example/blobs/00ff"));
        assert!(!with("https://cdn.example/blobs/sha256:00ff"));
    }
}
