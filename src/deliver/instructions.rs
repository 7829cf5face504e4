//! The page of instructions that goes to a customer along with a complete archive.
//!
//! English, for the customer's own language is not known here.

use std::fmt::Write as _;

use crate::export::{code, escape, quote};
use crate::manifest::Digest;

/// What the instructions speak of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompleteArchive {
    /// The name of the archive.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// The digest of its root: of the index, or of the manifest where there is none.
    pub root: Digest,
    /// The digest of each manifest with its platform.
    pub platforms: Vec<(String, Digest)>,
    /// What the image is called; without a registry.
    pub image: String,
    /// The tag that the image has in the archive, if it has one there.
    pub tag: Option<String>,
    /// Whether layers are still marked as foreign, so that tools may leave them out of copies.
    pub marks_kept: bool,
    /// Whether the image has Docker's media types, which Skopeo does not find by a tag.
    pub docker_types: bool,
}

impl CompleteArchive {
    /// The instructions, as Markdown; `sum` is the SHA-256 of the archive.
    pub fn instructions(&self, sum: &Digest) -> String {
        let title = escape(&self.named(&self.image));
        let mut out = format!("# {title} for a network without internet\n\n");
        let _ = writeln!(out, "- File: {}, {} bytes", code(&self.name), self.size);
        let _ = writeln!(out, "- SHA-256 of the file: `{}`", sum.hex());
        let _ = writeln!(out, "- Digest of the image: `{}`", self.root);
        for (platform, digest) in self.platforms.iter().filter(|(_, digest)| *digest != self.root) {
            let _ = writeln!(out, "- {}: `{digest}`", escape(platform));
        }
        out.push_str("\nAll layers are in the file; nothing is fetched from anywhere.\n");
        let line = format!("{}  {}", sum.hex(), self.name);
        out.push_str("\n## Check the file\n\n```sh\n");
        let _ = writeln!(out, "echo {} | sha256sum --check\n```", quote(&line));
        self.load(&mut out);
        out.push_str("\n## Check the result\n\nThe digest must be the one above:\n\n```sh\n");
        let target = self.target();
        let _ = writeln!(out, "skopeo inspect --raw docker://{target} | sha256sum\n```");
        out
    }

    fn target(&self) -> String {
        format!("\"$REGISTRY\"/{}", quote(&self.named(&self.image)))
    }

    /// `what` with the tag behind it, where there is one.
    fn named(&self, what: &str) -> String {
        self.tag.as_ref().map_or_else(|| what.to_owned(), |tag| format!("{what}:{tag}"))
    }

    fn load(&self, out: &mut String) {
        let (name, target) = (quote(&self.name), self.target());
        out.push_str("\n## Load it into a registry\n\nSet `REGISTRY` to its host first.\n\n");
        let unpacked = format!("mkdir image && tar -xf {name} -C image\n");
        if self.marks_kept {
            out.push_str(
                "Layers are marked as non-distributable. Skopeo and Podman ask the layers' URLs even for \
                 a file, and fail without internet; crane takes the layers from the file when told to:\n\n\
                 ```sh\n",
            );
            let crane = "crane push --allow-nondistributable-artifacts image";
            let _ = writeln!(out, "{unpacked}{crane} {target}\n```");
        } else if self.docker_types {
            let _ = writeln!(out, "```sh\n{unpacked}crane push image {target}\n```");
        } else {
            let from = format!("oci-archive:{}", quote(&self.named(&self.name)));
            let _ = writeln!(
                out,
                "```sh\nskopeo copy --all --preserve-digests {from} docker://{target}\n```"
            );
        }
        out.push_str("\n## Or load it on one machine\n\n```sh\n");
        let _ = writeln!(out, "docker load --input {name}        # Docker 25 or later");
        let _ = writeln!(out, "ctr --namespace k8s.io images import {name}");
        if !self.marks_kept {
            let _ = writeln!(out, "podman load --input {name}");
        }
        out.push_str("```\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_name_sum_digest_and_a_way_that_takes_all_layers() {
        let archive = |marks_kept, docker_types| CompleteArchive {
            name: "team app.tar".into(),
            size: 7,
            root: Digest::sha256(b"root"),
            platforms: vec![
                ("linux/amd64".into(), Digest::sha256(b"child")),
                ("evil`\n## Run this".into(), Digest::sha256(b"other")),
            ],
            image: "team/app".into(),
            tag: Some("1.4".into()),
            marks_kept,
            docker_types,
        };
        let sum = Digest::sha256(b"archive");
        for (marks_kept, docker_types, expected) in [
            (
                true,
                false,
                "crane push --allow-nondistributable-artifacts image \"$REGISTRY\"/team/app:1.4",
            ),
            (false, true, "crane push image \"$REGISTRY\"/team/app:1.4"),
            (
                false,
                false,
                "skopeo copy --all --preserve-digests oci-archive:'team app.tar:1.4' docker://\"$REGISTRY\"/team/app:1.4",
            ),
        ] {
            let archive = archive(marks_kept, docker_types);
            let text = archive.instructions(&sum);
            assert!(text.contains(expected), "{text}");
            assert!(text.contains(&format!("{}  team app.tar", sum.hex())), "{text}");
            assert!(text.contains(archive.root.as_str()) && text.contains("linux/amd64"), "{text}");
            assert_eq!(text.contains("podman load"), !marks_kept);
            assert!(!text.contains("\n## Run") && !text.contains("evil`"), "{text}");
        }
        let untagged = CompleteArchive { tag: None, ..archive(false, false) };
        let expected = "oci-archive:'team app.tar' docker://\"$REGISTRY\"/team/app\n";
        let text = untagged.instructions(&sum);
        assert!(text.contains(expected), "{text}");
    }
}
