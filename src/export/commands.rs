//! The commands that do by hand what the page does: fetch the raw bytes, push the edited
//! manifests, prove the result, verify URLs, sign again.
//!
//! Invariant: every value that comes from outside is quoted for a POSIX shell, and no command
//! holds a credential; the tools' own sign-in is used.

use super::shell::quote;
use crate::image::OrphanKind;
use crate::manifest::{Algorithm, Digest};
use crate::msg;
use crate::text::Message;

/// A command-line tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// crane, of go-containerregistry.
    Crane,
    /// regctl, of regclient.
    Regctl,
    /// oras.
    Oras,
    /// skopeo.
    Skopeo,
    /// curl.
    Curl,
}

/// A repository as commands name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Host, with its port if it has one; `docker.io` for Docker Hub.
    pub registry: String,
    /// Repository.
    pub repository: String,
    /// Whether the registry is reached over http.
    pub plain_http: bool,
}

/// A manifest that is pushed by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestFile {
    /// The file that holds the new bytes.
    pub file: String,
    /// The digest under which it was loaded.
    pub old: Digest,
    /// The digest of the new bytes.
    pub new: Digest,
    /// The media type, which is the `Content-Type` to send.
    pub media_type: String,
}

/// What is to be pushed, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Push {
    /// Where the image was loaded from; `None` for a pasted or opened one.
    pub source: Option<Place>,
    /// Where it goes.
    pub target: Place,
    /// The tag that the root gets; `None` leaves it to its digest.
    pub tag: Option<String>,
    /// The changed manifests with their children first, the root last.
    pub manifests: Vec<ManifestFile>,
    /// The file of the OCI layout archive, for tools that cannot push bare manifests.
    pub archive: String,
}

/// Some commands of one tool, in the order in which they are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The tool.
    pub tool: Tool,
    /// One command a line.
    pub lines: Vec<String>,
    /// What one should know first.
    pub note: Option<Message>,
}

/// The file name under which the manifest with this digest is saved.
pub fn manifest_file_name(digest: &Digest) -> String {
    format!("{}-{}.json", digest.algorithm().name(), digest.hex())
}

/// The command that fetches the raw bytes of the manifest `tag_or_digest` into `file`.
pub fn fetch_manifest(tool: Tool, place: &Place, tag_or_digest: &str, file: &str) -> String {
    let reference = place.reference(tag_or_digest);
    let flag = |text: &'static str| if place.plain_http { text } else { "" };
    let command = match tool {
        Tool::Crane => words(&["crane", "manifest", flag("--insecure"), &reference]),
        Tool::Regctl => words(&["regctl", "manifest", "get", "--format", "raw-body", &reference]),
        Tool::Oras => words(&["oras", "manifest", "fetch", flag("--plain-http"), &reference]),
        Tool::Skopeo => {
            let reference = format!("docker://{reference}");
            words(&["skopeo", "inspect", "--raw", flag("--tls-verify=false"), &reference])
        }
        Tool::Curl => {
            let url = place.manifest_url(tag_or_digest);
            words(&["curl", "-fsSL", "-H", &format!("Accept: {ACCEPT}"), &url])
        }
    };
    format!("{}{command} > {}", place.regctl_without_tls(tool), quote(file))
}

/// The commands that push the changed manifests of `push`.
pub fn push_manifests(tool: Tool, push: &Push) -> Script {
    let mut lines = Vec::new();
    let mut note = None;
    let flag = |text: &'static str| if push.target.plain_http { text } else { "" };
    lines.extend(non_empty(push.target.regctl_without_tls(tool).trim_end_matches(" && ")));
    if tool == Tool::Skopeo {
        let name = push.tag.clone().or_else(|| Some(push.manifests.last()?.new.to_string()));
        let target = format!("docker://{}", push.target.reference(&name.unwrap_or_default()));
        let archive = format!("oci-archive:{}", push.archive);
        let tls = flag("--dest-tls-verify=false");
        let all = ["skopeo", "copy", "--all", "--preserve-digests", tls, &archive, &target];
        return Script { tool, lines: vec![words(&all)], note: Some(msg!("commands.skopeo")) };
    }
    let elsewhere = push.source.as_ref().filter(|source| !source.same_repository(&push.target));
    if let (Some(source), Some(root)) = (elsewhere, push.manifests.last()) {
        lines.extend(copy_before(tool, source, &push.target, &root.old));
    }
    for (at, manifest) in push.manifests.iter().enumerate() {
        let is_root = at + 1 == push.manifests.len();
        let tag = push.tag.as_deref().filter(|_| is_root);
        let name = tag.unwrap_or(manifest.new.as_str());
        let target = push.target.reference(name);
        let file = quote(&manifest.file);
        let media_type = manifest.media_type.as_str();
        lines.push(match tool {
            Tool::Crane => {
                let old = push.target.reference(manifest.old.as_str());
                let parts = [
                    "crane",
                    "edit",
                    "manifest",
                    flag("--insecure"),
                    &old,
                    "-t",
                    &target,
                    "-m",
                    media_type,
                ];
                format!("{} < {file}", words(&parts))
            }
            Tool::Regctl => {
                let parts = ["regctl", "manifest", "put", "--content-type", media_type, &target];
                format!("{} < {file}", words(&parts))
            }
            Tool::Oras => {
                let parts = [
                    "oras",
                    "manifest",
                    "push",
                    flag("--plain-http"),
                    "--media-type",
                    media_type,
                    &target,
                ];
                format!("{} {file}", words(&parts))
            }
            Tool::Skopeo | Tool::Curl => {
                let header = format!("Content-Type: {media_type}");
                let data = format!("@{}", manifest.file);
                let url = push.target.manifest_url(name);
                words(&["curl", "-fsS", "-X", "PUT", "-H", &header, "--data-binary", &data, &url])
            }
        });
    }
    match tool {
        Tool::Crane => note = Some(msg!("commands.crane")),
        Tool::Curl => note = Some(msg!("commands.curl")),
        _ => {}
    }
    Script { tool, lines, note }
}

/// The command that prints the digest which the tag or digest `name` has at `place` now, computed
/// over what is served where the tool does not do so itself.
pub fn prove(tool: Tool, place: &Place, name: &str) -> String {
    let reference = place.reference(name);
    let flag = |text: &'static str| if place.plain_http { text } else { "" };
    match tool {
        Tool::Crane => words(&["crane", "digest", flag("--insecure"), &reference]),
        Tool::Regctl => words(&["regctl", "manifest", "head", &reference]),
        Tool::Oras => words(&["oras", "resolve", flag("--plain-http"), &reference]),
        Tool::Skopeo => {
            let reference = format!("docker://{reference}");
            let parts = ["skopeo", "inspect", "--raw", flag("--tls-verify=false"), &reference];
            format!("{} | sha256sum", words(&parts))
        }
        Tool::Curl => {
            let url = place.manifest_url(name);
            let parts = ["curl", "-fsSL", "-H", &format!("Accept: {ACCEPT}"), &url];
            format!("{} | sha256sum", words(&parts))
        }
    }
}

/// The command that downloads `url` and prints the digest of what comes; it should print the hex
/// digits of `digest`.
pub fn verify_url(url: &str, digest: &Digest) -> String {
    format!("{} | {}", words(&["curl", "-fsSL", "--", url]), digest_program(digest))
}

/// The command that prints the digest of the file `name`.
pub fn verify_file(name: &str, digest: &Digest) -> String {
    format!("{} < {}", digest_program(digest), quote(name))
}

/// The commands that make `kind` again for the image `digest` at `place`; none where only the
/// build can.
///
/// A file to attach is named `FILE`, for the person to fill in.
pub fn make_again(
    kind: OrphanKind,
    artifact_type: &str,
    place: &Place,
    digest: &Digest,
) -> Vec<String> {
    let reference = place.reference(digest.as_str());
    let flag = |text: &'static str| if place.plain_http { text } else { "" };
    let attest = |predicate_type: &str| {
        let http = flag("--allow-http-registry");
        words(&[
            "cosign",
            "attest",
            http,
            "--type",
            predicate_type,
            "--predicate",
            "FILE",
            &reference,
        ])
    };
    match kind {
        OrphanKind::NotationSignature => {
            vec![words(&["notation", "sign", flag("--insecure-registry"), &reference])]
        }
        OrphanKind::CosignSignature | OrphanKind::Bundle => {
            vec![words(&["cosign", "sign", flag("--allow-http-registry"), &reference])]
        }
        OrphanKind::Spdx => vec![attest("spdxjson")],
        OrphanKind::CycloneDx => vec![attest("cyclonedx")],
        OrphanKind::Attestation => vec![attest("custom")],
        OrphanKind::Sbom | OrphanKind::Other => {
            let artifact_type =
                if artifact_type.is_empty() { "application/octet-stream" } else { artifact_type };
            let http = flag("--plain-http");
            let parts =
                ["oras", "attach", http, "--artifact-type", artifact_type, &reference, "FILE"];
            vec![words(&parts)]
        }
        OrphanKind::BuildKitAttestation | OrphanKind::Tag => Vec::new(),
    }
}

/// The command that copies the image `digest` at `place` into a folder, as a customer's tool would.
/// skopeo leaves layers out that have URLs.
pub fn copy_out(place: &Place, digest: &str) -> String {
    let flag = if place.plain_http { "--src-tls-verify=false" } else { "" };
    let from = format!("docker://{}", place.reference(digest));
    words(&["skopeo", "copy", "--all", flag, &from, "oci:proof"])
}

/// The command that deletes the manifest `digest` at `place`.
pub fn delete(place: &Place, digest: &str) -> String {
    let flag = if place.plain_http { "--tls-verify=false" } else { "" };
    words(&["skopeo", "delete", flag, &format!("docker://{}", place.reference(digest))])
}

const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

/// The words quoted and joined; empty ones are left out.
fn words(words: &[&str]) -> String {
    let quoted: Vec<String> =
        words.iter().filter(|word| !word.is_empty()).map(|word| quote(word)).collect();
    quoted.join(" ")
}

fn non_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn digest_program(digest: &Digest) -> &'static str {
    match digest.algorithm() {
        Algorithm::Sha256 => "sha256sum",
        Algorithm::Sha512 => "sha512sum",
    }
}

/// Brings the blobs, and the unchanged manifests, to another repository before the changed
/// manifests go there.
fn copy_before(tool: Tool, source: &Place, target: &Place, root: &Digest) -> Option<String> {
    let (from, to) = (source.reference(root.as_str()), target.reference(root.as_str()));
    let insecure = if source.plain_http || target.plain_http { "--insecure" } else { "" };
    Some(match tool {
        Tool::Crane => words(&["crane", "copy", insecure, &from, &to]),
        Tool::Regctl => words(&["regctl", "image", "copy", &from, &to]),
        Tool::Oras => {
            let from_http = if source.plain_http { "--from-plain-http" } else { "" };
            let to_http = if target.plain_http { "--to-plain-http" } else { "" };
            words(&["oras", "cp", from_http, to_http, &from, &target.name()])
        }
        Tool::Curl => {
            let parts = ["skopeo", "copy", "--all", "--preserve-digests"];
            let from_http = if source.plain_http { "--src-tls-verify=false" } else { "" };
            let to_http = if target.plain_http { "--dest-tls-verify=false" } else { "" };
            let (from, to) = (format!("docker://{from}"), format!("docker://{to}"));
            format!("{} {}", words(&parts), words(&[from_http, to_http, &from, &to]))
        }
        Tool::Skopeo => return None,
    })
}

impl Tool {
    /// All tools, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Crane, Self::Regctl, Self::Oras, Self::Skopeo, Self::Curl];

    /// Whether its commands read the files of the manifests; skopeo reads the archive.
    pub fn reads_manifests(self) -> bool {
        self != Self::Skopeo
    }

    /// The program's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crane => "crane",
            Self::Regctl => "regctl",
            Self::Oras => "oras",
            Self::Skopeo => "skopeo",
            Self::Curl => "curl",
        }
    }
}

impl Place {
    /// `registry/repository`
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// The reference to a tag, or to a digest when the text is one.
    pub fn reference(&self, tag_or_digest: &str) -> String {
        let sign = if Digest::parse(tag_or_digest).is_ok() { '@' } else { ':' };
        format!("{}{sign}{tag_or_digest}", self.name())
    }

    fn manifest_url(&self, tag_or_digest: &str) -> String {
        let scheme = if self.plain_http { "http" } else { "https" };
        let host = match self.registry.as_str() {
            "docker.io" | "index.docker.io" => "registry-1.docker.io",
            other => other,
        };
        format!("{scheme}://{host}/v2/{}/manifests/{tag_or_digest}", self.repository)
    }

    fn same_repository(&self, other: &Self) -> bool {
        self.registry == other.registry && self.repository == other.repository
    }

    /// regctl has no flag for plain http, but a setting for a host.
    fn regctl_without_tls(&self, tool: Tool) -> String {
        if tool == Tool::Regctl && self.plain_http {
            words(&["regctl", "registry", "set", "--tls", "disabled", &self.registry]) + " && "
        } else {
            String::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(repository: &str) -> Place {
        Place {
            registry: "r.example:5000".into(),
            repository: repository.into(),
            plain_http: false,
        }
    }

    fn push(source: Option<Place>, target: Place) -> Push {
        let [old, new] = [&b"old"[..], b"new"].map(Digest::sha256);
        let file = "image's manifest.json".into();
        let media_type = "application/vnd.oci.image.manifest.v1+json".into();
        let manifests = vec![ManifestFile { file, old, new, media_type }];
        Push { source, target, tag: Some("1.4".into()), manifests, archive: "app.tar".into() }
    }

    #[test]
    fn pushes() {
        let same = push(Some(place("team/app")), place("team/app"));
        let check = |tool, push: &Push, expected: &[&str]| {
            let script = push_manifests(tool, push);
            let [old, new] = [&b"old"[..], b"new"].map(|bytes| Digest::sha256(bytes).to_string());
            let lines: Vec<String> = script
                .lines
                .iter()
                .map(|line| line.replace(&old, "OLD").replace(&new, "NEW"))
                .collect();
            assert_eq!(lines, expected);
        };
        let file = r"'image'\''s manifest.json'";
        let oci = "application/vnd.oci.image.manifest.v1+json";
        check(
            Tool::Crane,
            &same,
            &[&format!(
                "crane edit manifest r.example:5000/team/app@OLD -t r.example:5000/team/app:1.4 -m {oci} < {file}"
            )],
        );
        check(
            Tool::Oras,
            &same,
            &[&format!("oras manifest push --media-type {oci} r.example:5000/team/app:1.4 {file}")],
        );
        check(
            Tool::Skopeo,
            &same,
            &[
                "skopeo copy --all --preserve-digests oci-archive:app.tar docker://r.example:5000/team/app:1.4",
            ],
        );
        let mut elsewhere = push(Some(place("team/app")), place("team/other"));
        elsewhere.tag = None;
        elsewhere.target.plain_http = true;
        check(
            Tool::Regctl,
            &elsewhere,
            &[
                "regctl registry set --tls disabled r.example:5000",
                "regctl image copy r.example:5000/team/app@OLD r.example:5000/team/other@OLD",
                &format!(
                    "regctl manifest put --content-type {oci} r.example:5000/team/other@NEW < {file}"
                ),
            ],
        );
        check(
            Tool::Curl,
            &push(None, place("team/app")),
            &[&format!(
                r"curl -fsS -X PUT -H 'Content-Type: {oci}' --data-binary '@image'\''s manifest.json' https://r.example:5000/v2/team/app/manifests/1.4"
            )],
        );
    }

    #[test]
    fn fetches_and_proofs() {
        let hub = Place {
            registry: "docker.io".into(),
            repository: "library/alpine".into(),
            plain_http: false,
        };
        assert_eq!(
            fetch_manifest(Tool::Skopeo, &hub, "3", "m.json"),
            "skopeo inspect --raw docker://docker.io/library/alpine:3 > m.json"
        );
        assert!(
            fetch_manifest(Tool::Curl, &hub, "3", "m")
                .contains("https://registry-1.docker.io/v2/library/alpine/manifests/3")
        );
        assert_eq!(prove(Tool::Crane, &hub, "3"), "crane digest docker.io/library/alpine:3");
        let digest = Digest::sha256(b"");
        assert_eq!(
            verify_url("https://a/b?c=d&e", &digest),
            "curl -fsSL -- 'https://a/b?c=d&e' | sha256sum"
        );
        assert_eq!(verify_file("l.tar", &Digest::of(Algorithm::Sha512, b"")), "sha512sum < l.tar");
        assert_eq!(
            make_again(OrphanKind::CosignSignature, "", &hub, &digest),
            [format!("cosign sign docker.io/library/alpine@{digest}")]
        );
        assert_eq!(
            make_again(OrphanKind::BuildKitAttestation, "", &hub, &digest),
            Vec::<String>::new()
        );
    }
}
