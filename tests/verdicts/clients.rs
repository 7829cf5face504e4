//! The verdicts on Debian's `buildah`, `podman` and `containerd` with `ctr` against these programs:
//! every type × mark × blob at the source × answer of the URL × action. With
//! `LAYERMARK_VERDICTS=FOLDER` the whole product runs, and the figures are kept there as data.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use layermark::compatibility::{
    Action, Blob, Outcome, RegistryKind, Reply, UrlAllowance, UrlState, client_verdicts,
    registry_verdict,
};
use layermark::manifest::Digest;
use serde_json::{Value, json};

use crate::cases::{CONFIG, Case, DOCKER, OCI, gzip, tar, zstd};
use crate::files::Files;
use crate::folder::Folder;
use crate::images::World;
use crate::program::program;
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

/// What a client is asked to do with an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    Pull,
    Push,
    Archive,
    Layout,
    Base,
}

impl Job {
    fn action(self) -> Action {
        match self {
            Self::Pull => Action::Pull,
            Self::Push => Action::Push,
            Self::Archive | Self::Layout => Action::Save,
            Self::Base => Action::Base,
        }
    }

    /// The way of the row that it stands for.
    fn way(self) -> &'static str {
        match self {
            Self::Archive => "docker-archive",
            Self::Layout => "OCI layout",
            _ => "",
        }
    }
}

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

trait Client {
    /// The row of the table.
    fn row(&self) -> &'static str;
    fn version(&self) -> String;
    fn jobs(&self) -> &'static [Job];
    /// Does the job with the image at `source`; what comes of it goes to the registry at `target`, or
    /// to `file`.
    fn run(&self, job: Job, source: &str, target: &str, file: &Path) -> bool;
    fn forget(&self, source: &str);
}

/// `buildah` or `podman`, with a store of its own.
struct Containers {
    name: &'static str,
    folder: Folder,
}

impl Containers {
    fn new(name: &'static str) -> Self {
        let folder = Folder::new(name);
        let policy = r#"{"default":[{"type":"insecureAcceptAnything"}]}"#;
        std::fs::write(folder.sub("home").join("policy.json"), policy).unwrap();
        Self { name, folder }
    }

    fn call(&self, program_name: &str, arguments: &[&str]) -> bool {
        let mut command = program(program_name);
        command
            .arg("--root")
            .arg(self.folder.sub("store"))
            .arg("--runroot")
            .arg(self.folder.sub("run"))
            .args(["--storage-driver", "vfs"])
            .args(arguments)
            .env("HOME", self.folder.sub("home"))
            .env("XDG_DATA_HOME", self.folder.sub("home"));
        succeeds(&mut command)
    }
}

impl Client for Containers {
    fn row(&self) -> &'static str {
        // Which library decides: Buildah 1.35 and 1.42, Podman 5.0 and 5.7 were the first with theirs.
        let version = self.version();
        let number = version.split(' ').nth(2).unwrap_or_default();
        let parts: Vec<u32> = number.split(['.', '-']).filter_map(|it| it.parse().ok()).collect();
        let borders = if self.name == "buildah" { [[1, 35], [1, 42]] } else { [[5, 0], [5, 7]] };
        match borders.map(|border| parts.as_slice() >= border.as_slice()) {
            [_, true] => "podman-5.7",
            [true, _] => "podman",
            _ => "podman-old",
        }
    }

    fn version(&self) -> String {
        output(program(self.name).arg("--version"))
    }

    fn jobs(&self) -> &'static [Job] {
        // Podman builds with Buildah's code.
        if self.name == "buildah" {
            &[Job::Pull, Job::Push, Job::Archive, Job::Layout, Job::Base]
        } else {
            &[Job::Pull, Job::Push, Job::Archive, Job::Layout]
        }
    }

    fn run(&self, job: Job, source: &str, target: &str, file: &Path) -> bool {
        let policy = self.folder.sub("home").join("policy.json").display().to_string();
        let rule = ["--signature-policy", &policy];
        let plain = "--tls-verify=false";
        let push =
            |goal: &str| self.call(self.name, &["push", rule[0], rule[1], plain, source, goal]);
        match job {
            Job::Pull => self
                .call(self.name, &["pull", rule[0], rule[1], plain, &format!("docker://{source}")]),
            Job::Push => push(&format!("docker://{target}")),
            Job::Archive => push(&format!("docker-archive:{}", file.display())),
            Job::Layout => push(&format!("oci:{}:1", file.display())),
            Job::Base => {
                let name = "base";
                let made = self.call(
                    "buildah",
                    &["from", rule[0], rule[1], "--pull-never", "--name", name, source],
                ) && self.call("buildah", &["config", "--label", "a=b", name])
                    && self.call(
                        "buildah",
                        &["commit", rule[0], rule[1], plain, name, &format!("docker://{target}")],
                    );
                self.call("buildah", &["rm", name]);
                made
            }
        }
    }

    fn forget(&self, source: &str) {
        self.call(self.name, &["rmi", "--force", source]);
        // What it remembers of blobs would be taken for what the registry has.
        let _ = std::fs::remove_file(
            self.folder.sub("home").join("containers/cache/blob-info-cache-v1.boltdb"),
        );
    }
}

/// `ctr` with a `containerd` of its own.
struct Ctr {
    folder: Folder,
    daemon: Child,
}

impl Ctr {
    /// The reason where the daemon cannot run here.
    fn start() -> Result<Self, String> {
        let folder = Folder::new("containerd");
        let config = folder.sub("etc").join("config.toml");
        let at = |name: &str| folder.sub(name).display().to_string();
        let text = format!(
            "version = 2\nroot = {:?}\nstate = {:?}\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n[grpc]\n  address = {:?}\n",
            at("root"),
            at("state"),
            folder.sub("state").join("containerd.sock").display().to_string()
        );
        std::fs::write(&config, text).unwrap();
        let log = folder.sub("etc").join("log");
        let daemon = program("containerd")
            .arg("--config")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .map_err(|error| format!("containerd does not start: {error}"))?;
        let mut ctr = Self { folder, daemon };
        let start = Instant::now();
        while !ctr.call(&["version"]) {
            let ended = ctr.daemon.try_wait().unwrap().is_some();
            if ended || start.elapsed() > Duration::from_mins(1) {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                let last = said.lines().last().unwrap_or_default().to_owned();
                return Err(format!("containerd does not run here: {last}"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(ctr)
    }

    fn call(&self, arguments: &[&str]) -> bool {
        let socket = self.folder.sub("state").join("containerd.sock");
        succeeds(program("ctr").arg("--address").arg(socket).args(arguments))
    }
}

impl Drop for Ctr {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

impl Client for Ctr {
    fn row(&self) -> &'static str {
        // Since version 2, it is `ctr --local` that fetches and pushes by itself.
        "ctr-local"
    }

    fn version(&self) -> String {
        output(program("ctr").arg("--version"))
    }

    fn jobs(&self) -> &'static [Job] {
        &[Job::Pull, Job::Push, Job::Archive]
    }

    fn run(&self, job: Job, source: &str, target: &str, file: &Path) -> bool {
        match job {
            // The same as a pull, but for unpacking.
            Job::Pull => self.call(&["content", "fetch", "--plain-http", source]),
            Job::Push => self.call(&["images", "push", "--plain-http", target, source]),
            _ => self.call(&["images", "export", &file.display().to_string(), source]),
        }
    }

    fn forget(&self, source: &str) {
        self.call(&["images", "rm", "--sync", source]);
    }
}

fn succeeds(command: &mut Command) -> bool {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.unwrap().success()
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
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
        let whole = std::env::var_os("LAYERMARK_VERDICTS").is_some();
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
            // A registry that serves after 404 was asked second.
            let asks =
                at_url || (outcome == Outcome::Registry && self.answer == Some(UrlState::Missing));
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
        source.add_blob(&repository, CONFIG);
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
    let data = json!({
        "program": client.version(), "row": client.row(), "cells": all, "agree": agreed, "all": cells,
    });
    keep(client.row(), &client.version(), &data);
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
}

/// Keeps the figures as data where `LAYERMARK_VERDICTS` names a folder for them.
fn keep(row: &str, version: &str, data: &Value) {
    let Some(folder) = std::env::var_os("LAYERMARK_VERDICTS") else { return };
    let program = version.split(' ').next().unwrap_or_default();
    let path = PathBuf::from(folder).join(format!("{program}-{row}.json"));
    std::fs::write(path, serde_json::to_vec_pretty(data).unwrap()).unwrap();
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

#[test]
fn ctr() {
    // A machine that cannot run the daemon fails, so that nothing looks confronted that was not.
    let ctr =
        Ctr::start().unwrap_or_else(|reason| panic!("containerd does not run here: {reason}"));
    confront(&ctr);
}
