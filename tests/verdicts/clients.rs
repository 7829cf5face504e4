//! The verdicts on Debian's `buildah`, `podman`, `docker` and `ctr` against these programs:
//! every type × mark × blob at the source × answer of the URL × action. With
//! `LAYERMARK_VERDICTS=FOLDER` the whole product runs, and the figures are kept there as data.

use layermark::compatibility::{
    Blob, Order, Outcome, RegistryKind, Reply, UrlAllowance, UrlState, client_verdicts, clients,
    registry_verdict,
};
use layermark::manifest::Digest;
use serde_json::{Value, json};

use crate::cases::{Case, DOCKER, OCI, gzip, tar, zstd};
use crate::data::{is_asked_for, keep};
use crate::files::Files;
use crate::folder::Folder;
use crate::images::World;
use crate::programs::{Client, Containers, Ctr, Docker, Job};
use crate::registry::Registry;

const NOBODY: &str = "http://127.0.0.1:9";

/// A type of layer: its name, the manifest's type, the ordinary and the foreign type, its bytes.
type Form = (&'static str, &'static str, &'static str, &'static str, fn(u32) -> Vec<u8>);

const FORMS: [Form; 5] = [
    (
        "Docker gzip",
        DOCKER,
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        gzip,
    ),
    (
        "Docker tar",
        DOCKER,
        "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
        tar,
    ),
    (
        "OCI gzip",
        OCI,
        "application/vnd.oci.image.layer.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        gzip,
    ),
    (
        "OCI tar",
        OCI,
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        tar,
    ),
    (
        "OCI zstd",
        OCI,
        "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
        zstd,
    ),
];

const ANSWERS: [UrlState; 5] = [
    UrlState::Verified,
    UrlState::Missing,
    UrlState::ServerError,
    UrlState::WrongContent,
    UrlState::Unreachable,
];

/// What can be seen of a job's result.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    succeeds: bool,
    /// Whether a URL was asked; of a pull only, and not where nobody is there to notice.
    asks_url: Option<bool>,
    /// What the result says of the layer, where it is there to be read.
    layer: Option<Layer>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Layer {
    media_type: String,
    has_urls: bool,
    /// Whether its bytes are there.
    is_there: bool,
    /// Whether it has the digest that it had.
    same_digest: bool,
}

/// One image of the product.
struct Trial {
    case: Case,
    present: bool,
    answer: Option<UrlState>,
}

fn trials(files: &Files) -> Vec<Trial> {
    let mut all: Vec<Trial> = Vec::new();
    for (name, manifest_type, plain, foreign, bytes) in FORMS {
        // All of it where the figures are asked for; else what tells the rules apart.
        let whole = is_asked_for();
        let answers = if whole { ANSWERS.as_slice() } else { &ANSWERS[..3] };
        let with_urls = answers.iter().flat_map(|&it| [(plain, Some(it)), (foreign, Some(it))]);
        for (layer_type, answer) in with_urls.chain([(foreign, None)]) {
            let presences: &[bool] = if whole { &[true, false] } else { &[true] };
            for &present in presences {
                let mark = u32::try_from(all.len()).unwrap();
                let layer = bytes(mark);
                let file = format!("layer-{mark}");
                let url = answer.map(|state| match state {
                    UrlState::Unreachable => format!("{NOBODY}/{file}"),
                    _ => {
                        match state {
                            UrlState::Verified => files.add(&file, Ok(&layer)),
                            UrlState::WrongContent => files.add(&file, Ok(b"something else")),
                            UrlState::Missing => files.add(&file, Err(404)),
                            _ => files.add(&file, Err(500)),
                        }
                        files.url(&file)
                    }
                });
                let urls = url.into_iter().collect();
                let case = Case { name: name.into(), manifest_type, layer_type, urls, layer };
                all.push(Trial { case, present, answer });
            }
        }
    }
    all
}

impl Trial {
    fn world(&self) -> World {
        World::new(&self.case.manifest(), self.case.digest())
            .blob(if self.present { Blob::Present { size: None } } else { Blob::Absent })
            .state(self.answer.unwrap_or_default())
    }

    fn outcome(&self, row: &str, job: Job) -> Outcome {
        let verdicts = self.world().ask(client_verdicts);
        let verdict = verdicts.iter().find(|verdict| verdict.client.id == row).unwrap();
        let parts = &verdict.cells[job.action() as usize].parts;
        let part = parts.iter().find(|part| part.way == job.way()).or(parts.first());
        part.unwrap().outcome
    }

    /// What the verdict says will be seen.
    fn expected(&self, row: &str, outcome: Outcome, job: Job) -> Seen {
        let failed = Seen { succeeds: false, asks_url: None, layer: None };
        let asked = self.answer.is_some_and(|it| it != UrlState::Unreachable);
        if job == Job::Pull {
            let at_url =
                matches!(outcome, Outcome::Url | Outcome::FailsAtUrl | Outcome::FailsEverywhere);
            // A registry that serves after 404 was asked second by a client that asks URLs first.
            let pull = &clients().iter().find(|client| client.id == row).unwrap().pull;
            let second = pull.order == Order::UrlsFirst && self.answer == Some(UrlState::Missing);
            let asks = at_url || (outcome == Outcome::Registry && second);
            return Seen {
                succeeds: !outcome.fails(),
                asks_url: asked.then_some(asks),
                layer: None,
            };
        }
        if outcome.fails() {
            return failed;
        }
        let layer = |media_type: &str, has_urls, is_there, same_digest| {
            let media_type = media_type.to_owned();
            Some(Layer { media_type, has_urls, is_there, same_digest })
        };
        let own = self.case.layer_type;
        let urls = !self.case.urls.is_empty();
        let layer = match outcome {
            Outcome::UploadsDockerWithoutUrls | Outcome::CompressesDockerForeign => return failed,
            Outcome::Uploads | Outcome::Skips | Outcome::SkipsPlain | Outcome::SkipsUnnamed => {
                let there = outcome == Outcome::Uploads;
                let blob = if there { Blob::Present { size: None } } else { Blob::Absent };
                let mut copy = self.world().blob(blob);
                copy.situation.url_allowance = UrlAllowance::Allows;
                let reply =
                    copy.ask(|it| registry_verdict(it, RegistryKind::Distribution2)).reply();
                if reply != Reply::Accepts {
                    return failed;
                }
                // A store of unpacked layers packs them anew.
                layer(own, urls, there, !row.starts_with("podman"))
            }
            // Docker's graph drivers push what they unpacked as a Docker manifest.
            Outcome::UploadsPlain if row.starts_with("docker") => {
                layer("application/vnd.docker.image.rootfs.diff.tar.gzip", false, true, false)
            }
            Outcome::UploadsPlain => {
                layer("application/vnd.oci.image.layer.v1.tar+gzip", false, true, false)
            }
            Outcome::Compresses => {
                let of = own.strip_suffix("+zstd").unwrap_or(own);
                let join = if of.contains("docker") { '.' } else { '+' };
                layer(&format!("{of}{join}gzip"), false, true, false)
            }
            Outcome::UploadsWithoutUrls => layer(own, false, true, false),
            _ => None,
        };
        Seen { succeeds: true, asks_url: None, layer }
    }
}

/// A test of one client: how many cells agree, and those that do not in full.
fn confront(client: &dyn Client) {
    let folder = Folder::new("clients");
    let files = Files::start();
    let allow = "validation: {manifests: {urls: {allow: ['^http://127\\.0\\.0\\.1:']}}}\n";
    let source = Registry::start(&folder.sub("source"), allow);
    let target = Registry::start(&folder.sub("target"), allow);
    let (mut all, mut agreed) = (0, 0);
    let mut cells: Vec<Value> = Vec::new();
    let mut disagreements = Vec::new();
    for (number, trial) in trials(&files).iter().enumerate() {
        let repository = format!("case-{number}");
        source.add_blob(&repository, &trial.case.config());
        if trial.present {
            source.add_blob(&repository, &trial.case.layer);
        }
        source.add_manifest(&repository, trial.case.manifest().as_bytes());
        let from = format!("{}/{repository}:1", source.host);
        for &job in client.jobs() {
            let outcome = trial.outcome(client.row(), job);
            let expected = trial.expected(client.row(), outcome, job);
            let result = format!("{repository}-{job:?}").to_lowercase();
            let to = format!("{}/{result}:1", target.host);
            let file = folder.sub("files").join(&result);
            let succeeds = client.run(job, &from, &to, &file);
            let name = trial.case.urls.first().and_then(|url| url.rsplit('/').next());
            let asks_url = expected.asks_url.and(name).map(|name| files.asked(name) > 0);
            let layer = expected.layer.as_ref().and_then(|expected| {
                let found = pushed(&target, &result, &trial.case.digest())?;
                // Whether bytes are the same after a way through a store is not said.
                let same_digest = if expected.same_digest { found.same_digest } else { false };
                Some(Layer { same_digest, ..found })
            });
            let seen = Seen { succeeds, asks_url, layer };
            let agrees = seen == expected;
            all += 1;
            agreed += usize::from(agrees);
            let told = json!({
                "layer": trial.case.layer_type,
                "url": trial.answer.map(|answer| format!("{answer:?}")),
                "blob": trial.present,
                "job": format!("{job:?}"),
                "verdict": format!("{outcome:?}"),
                "seen": format!("{seen:?}"),
                "agrees": agrees,
            });
            if !agrees {
                disagreements.push(format!("{told}\n   expected {expected:?}"));
            }
            cells.push(told);
        }
        client.forget(&from);
    }
    println!("{}: row {}, {agreed} of {all} agree", client.version(), client.row());
    keep(client.row(), &client.version(), &cells);
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
}

/// What the registry has of a pushed image.
fn pushed(registry: &Registry, repository: &str, before: &Digest) -> Option<Layer> {
    let manifest = registry.manifest(repository)?;
    let layer = &manifest["layers"][0];
    let digest = Digest::parse(layer["digest"].as_str()?).ok()?;
    Some(Layer {
        media_type: layer["mediaType"].as_str()?.to_owned(),
        has_urls: layer["urls"].as_array().is_some_and(|urls| !urls.is_empty()),
        is_there: registry.has_blob(repository, &digest),
        same_digest: digest == *before,
    })
}

#[test]
fn buildah() {
    confront(&Containers::new("buildah"));
}

#[test]
fn podman() {
    confront(&Containers::new("podman"));
}

// A machine that cannot run a daemon fails, so that nothing looks confronted that was not.

#[test]
fn ctr() {
    confront(&Ctr::start().unwrap_or_else(|reason| panic!("{reason}")));
}

#[test]
fn docker() {
    confront(&Docker::start().unwrap_or_else(|reason| panic!("{reason}")));
}
