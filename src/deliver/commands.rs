//! The commands that fetch the marked layers and bring them to their URLs.
//!
//! Invariant: every value that comes from outside is quoted for a POSIX shell, and no command holds a
//! credential; the tools' own sign-in is used.

use super::plan::{Delivery, DeliveryFile, MarkedLayer};
use crate::export::quote;
use crate::manifest::Digest;

/// A program that fetches blobs from a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// crane, of go-containerregistry.
    Crane,
    /// oras.
    Oras,
    /// regctl, of regclient.
    Regctl,
    /// curl; `REGISTRY_AUTH` holds the value of `Authorization` where the registry wants one.
    Curl,
}

/// A program that copies files to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upload {
    /// The command line of Amazon S3 and what speaks like it.
    Aws,
    /// The command line of Google Cloud Storage.
    Gcloud,
    /// The command line of Azure Blob Storage.
    Azcopy,
    /// rclone, which knows most kinds of storage.
    Rclone,
    /// scp, to a web server's folder.
    Scp,
}

/// Where the blobs are.
#[derive(Clone, Copy, Debug)]
pub struct BlobHome<'a> {
    /// Host, with its port if it has one.
    pub registry: &'a str,
    /// Repository.
    pub repository: &'a str,
    /// Whether the registry is reached over http.
    pub plain_http: bool,
}

impl Fetch {
    /// Every program, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Crane, Self::Oras, Self::Regctl, Self::Curl];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crane => "crane",
            Self::Oras => "oras",
            Self::Regctl => "regctl",
            Self::Curl => "curl",
        }
    }
}

impl Upload {
    /// Every program, in the order in which they are offered.
    pub const ALL: [Self; 5] = [Self::Aws, Self::Gcloud, Self::Azcopy, Self::Rclone, Self::Scp];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Gcloud => "gcloud",
            Self::Azcopy => "azcopy",
            Self::Rclone => "rclone",
            Self::Scp => "scp",
        }
    }
}

/// The folder that the commands work in.
const FOLDER: &str = "layers";

/// The commands that fetch the files of `delivery` into the folder `layers` and check their sums.
pub fn fetch_commands(tool: Fetch, home: BlobHome<'_>, delivery: &Delivery) -> Vec<String> {
    let mut lines = Vec::new();
    if tool == Fetch::Regctl && home.plain_http {
        lines.push(format!("regctl registry set --tls disabled {}", quote(home.registry)));
    }
    let mut folders: Vec<String> = delivery
        .files
        .iter()
        .map(|file| {
            let path = in_folder(delivery, file);
            path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned())
        })
        .collect();
    folders.dedup();
    lines.extend(folders.iter().map(|folder| format!("mkdir -p {}", quote(folder))));
    // First under another name: what breaks off never stands under its final one.
    for file in &delivery.files {
        let path = in_folder(delivery, file);
        let part = quote(&format!("{path}.part"));
        let fetch = fetch(tool, home, file, &part);
        lines.push(format!("{fetch} && mv {part} {}", quote(&path)));
    }
    for (name, sums) in delivery.sums() {
        let program = if name == "SHA256SUMS" { "sha256sum" } else { "sha512sum" };
        let text = sums.trim_end_matches('\n');
        lines.push(format!("printf '%s\\n' {} > {FOLDER}/{name}", quote_lines(text)));
        lines.push(format!("(cd {FOLDER} && {program} --check {name})"));
    }
    lines
}

/// Each line as a word of its own.
fn quote_lines(text: &str) -> String {
    text.lines().map(quote).collect::<Vec<_>>().join(" ")
}

fn in_folder(delivery: &Delivery, file: &DeliveryFile) -> String {
    format!("{FOLDER}/{}", delivery.path_in_folder(file))
}

fn fetch(tool: Fetch, home: BlobHome<'_>, file: &DeliveryFile, part: &str) -> String {
    let blob = format!("{}/{}@{}", home.registry, home.repository, file.digest);
    let flag = |text: &'static str| if home.plain_http { text } else { "" };
    match tool {
        Fetch::Crane => format!("crane blob {}{} > {part}", flag("--insecure "), quote(&blob)),
        Fetch::Oras => {
            format!("oras blob fetch {}--output {part} {}", flag("--plain-http "), quote(&blob))
        }
        Fetch::Regctl => {
            let repository = format!("{}/{}", home.registry, home.repository);
            let (repository, digest) = (quote(&repository), quote(file.digest.as_str()));
            format!("regctl blob get {repository} {digest} > {part}")
        }
        Fetch::Curl => {
            format!("curl -fsSL {AUTH} -o {part} {}", quote(&blob_url(home, &file.digest)))
        }
    }
}

/// How curl signs in: with what `REGISTRY_AUTH` holds, where it holds anything.
const AUTH: &str = "${REGISTRY_AUTH:+-H \"Authorization: $REGISTRY_AUTH\"}";

fn blob_url(home: BlobHome<'_>, digest: &Digest) -> String {
    let scheme = if home.plain_http { "http" } else { "https" };
    format!("{scheme}://{}/v2/{}/blobs/{digest}", home.registry, home.repository)
}

/// The commands that delete the layers' blobs from the registry (distribution-spec, “Deleting blobs”).
pub fn delete_commands(home: BlobHome<'_>, layers: &[MarkedLayer]) -> Vec<String> {
    let mut digests: Vec<&Digest> = layers.iter().map(|layer| &layer.digest).collect();
    digests.sort();
    digests.dedup();
    let delete =
        |digest: &Digest| format!("curl -fsS -X DELETE {AUTH} {}", quote(&blob_url(home, digest)));
    digests.into_iter().map(delete).collect()
}

/// The commands that copy the folder `layers` to where the URLs are. What cannot be known stands as
/// a variable of the shell that the person sets: `BUCKET`, `ACCOUNT`, `CONTAINER`, `REMOTE`, `SERVER`
/// and `WEB_ROOT`.
pub fn upload_commands(tool: Upload, delivery: &Delivery) -> Vec<String> {
    let hosts = delivery.hosts();
    let from = |host: &str| {
        if hosts.len() > 1 {
            format!("{FOLDER}/{}", host.replace(':', "_"))
        } else {
            FOLDER.to_owned()
        }
    };
    hosts
        .iter()
        .map(|host| {
            let from = quote(&format!("{}/", from(host)));
            let caching = "public, max-age=31536000, immutable";
            match tool {
                Upload::Aws => format!(
                    "aws s3 cp --recursive --exclude 'SHA*SUMS' --content-type application/octet-stream --cache-control '{caching}' {from} \"s3://$BUCKET/\""
                ),
                Upload::Gcloud => format!(
                    "gcloud storage cp --recursive --content-type=application/octet-stream --cache-control='{caching}' {from}* \"gs://$BUCKET/\""
                ),
                Upload::Azcopy => format!(
                    "azcopy copy {from}* \"https://$ACCOUNT.blob.core.windows.net/$CONTAINER\" --recursive --content-type application/octet-stream --cache-control '{caching}'"
                ),
                Upload::Rclone => format!(
                    "rclone copy --exclude 'SHA*SUMS' --header-upload 'Content-Type: application/octet-stream' --header-upload 'Cache-Control: {caching}' {from} \"$REMOTE:$BUCKET\""
                ),
                Upload::Scp => format!("scp -r {from}* \"$SERVER:$WEB_ROOT/\""),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(urls: &[&str]) -> Delivery {
        let layer = |url: &&str| MarkedLayer {
            digest: Digest::sha256(url.as_bytes()),
            size: 1,
            urls: vec![(*url).to_owned()],
            as_loaded: false,
        };
        Delivery::new(&urls.iter().map(layer).collect::<Vec<_>>())
    }

    const HOME: BlobHome<'_> =
        BlobHome { registry: "r.example:5000", repository: "team/app", plain_http: false };

    #[test]
    fn each_program_fetches_under_another_name_first() {
        let url = "https://cdn.example/a b/1";
        let digest = Digest::sha256(url.as_bytes());
        let delivery = delivery(&[url]);
        let part = "'layers/a b/1.part'";
        for (tool, http, expected) in [
            (Fetch::Crane, false, format!("crane blob r.example:5000/team/app@{digest} > {part}")),
            (
                Fetch::Oras,
                true,
                format!(
                    "oras blob fetch --plain-http --output {part} r.example:5000/team/app@{digest}"
                ),
            ),
            (
                Fetch::Regctl,
                false,
                format!("regctl blob get r.example:5000/team/app {digest} > {part}"),
            ),
        ] {
            let home = BlobHome { plain_http: http, ..HOME };
            let lines = fetch_commands(tool, home, &delivery);
            assert_eq!(lines[0], "mkdir -p 'layers/a b'");
            assert_eq!(lines[1], format!("{expected} && mv {part} 'layers/a b/1'"));
            assert_eq!(
                lines.last().map(String::as_str),
                Some("(cd layers && sha256sum --check SHA256SUMS)")
            );
        }
    }

    #[test]
    fn every_marked_layer_is_deleted_also_where_it_has_no_url() {
        let digest = Digest::sha256(b"layer");
        let layer = MarkedLayer { digest: digest.clone(), size: 5, urls: vec![], as_loaded: false };
        let lines = delete_commands(HOME, &[layer.clone(), layer]);
        assert_eq!(lines.len(), 1);
        let url = format!("https://r.example:5000/v2/team/app/blobs/{digest}");
        assert!(lines[0].ends_with(&url), "{lines:?}");
    }

    #[test]
    fn several_hosts_are_copied_one_by_one() {
        let delivery = delivery(&["https://a.example/x/1", "https://b.example:8443/2"]);
        let lines = upload_commands(Upload::Scp, &delivery);
        assert_eq!(
            lines,
            [
                "scp -r layers/a.example/* \"$SERVER:$WEB_ROOT/\"",
                "scp -r layers/b.example_8443/* \"$SERVER:$WEB_ROOT/\"",
            ]
        );
    }
}
