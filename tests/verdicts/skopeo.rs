//! Verdicts on Skopeo against Skopeo, over real registries: for every way of marking a layer, with
//! and without the blob at the source, with a URL that serves and one that does not.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;

use layermark::compatibility::{
    Action, Blob, Outcome, RegistryKind, Reply, UrlAllowance, UrlState, client_verdicts,
    registry_verdict,
};
use serde_json::json;

use crate::cases::{Case, DOCKER, OCI, gzip, zstd};
use crate::data::keep;
use crate::files::Files;
use crate::folder::Folder;
use crate::images::World;
use crate::program::program;
use crate::registry::Registry;

/// Where the image goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    Registry,
    Layout,
    Dir,
}

/// One copy.
struct Trial {
    case: Case,
    present: bool,
    /// What the URL answers, if there is one.
    answer: Option<UrlState>,
    goal: Goal,
}

/// What came of a copy, or should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Result {
    succeeds: bool,
    has_layer: bool,
    asks_url: bool,
}

/// Where nobody listens: the discard service, on a port that needs rights to be taken.
const NOBODY: &str = "http://127.0.0.1:9";

const ANSWERS: [Option<UrlState>; 4] = [
    Some(UrlState::Verified),
    Some(UrlState::Missing),
    Some(UrlState::ServerError),
    Some(UrlState::Unreachable),
];

const TYPES: [(&str, &str, &str, &str); 3] = [
    (
        "Docker gzip",
        DOCKER,
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    ),
    (
        "OCI gzip",
        OCI,
        "application/vnd.oci.image.layer.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    ),
    (
        "OCI zstd",
        OCI,
        "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
    ),
];

fn trials(files: &Files) -> Vec<Trial> {
    let mut all: Vec<Trial> = Vec::new();
    for (name, manifest_type, plain, foreign) in TYPES {
        for (form, layer_type, answers) in [
            ("marked + URL", foreign, ANSWERS.as_slice()),
            ("marked", foreign, &[None]),
            ("plain + URL", plain, ANSWERS.as_slice()),
        ] {
            for goal in [Goal::Registry, Goal::Layout, Goal::Dir] {
                for (&answer, present) in
                    answers.iter().flat_map(|answer| [(answer, true), (answer, false)])
                {
                    // Each image has a layer of its own: Skopeo remembers where it saw blobs.
                    let mark = u32::try_from(all.len()).unwrap();
                    let layer = if name == "OCI zstd" { zstd(mark) } else { gzip(mark) };
                    let file = format!("layer-{mark}");
                    let url = match answer {
                        None => None,
                        Some(UrlState::Unreachable) => Some(format!("{NOBODY}/{file}")),
                        Some(state) => {
                            let status = if state == UrlState::Missing { 404 } else { 500 };
                            let serves = state == UrlState::Verified;
                            files.add(&file, if serves { Ok(&layer) } else { Err(status) });
                            Some(files.url(&file))
                        }
                    };
                    let urls = url.into_iter().collect();
                    let name = format!("{name:11} | {form:12}");
                    let case = Case { name, manifest_type, layer_type, urls, layer };
                    all.push(Trial { case, present, answer, goal });
                }
            }
        }
    }
    all
}

#[test]
fn verdicts_agree_with_skopeo() {
    let version = program("skopeo").arg("--version").output().unwrap();
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    let folder = Folder::new("skopeo");
    let files = Files::start();
    let allow = "validation: {manifests: {urls: {allow: ['^http://127\\.0\\.0\\.1:']}}}\n";
    let source = Registry::start(&folder.sub("source"), allow);
    let target = Registry::start(&folder.sub("target"), allow);
    let trials = trials(&files);
    let mut table = String::new();
    let mut agreed = 0;
    let mut cells = Vec::new();
    for (number, trial) in trials.iter().enumerate() {
        let repository = format!("case-{number}");
        source.add_blob(&repository, &trial.case.config());
        if trial.present {
            source.add_blob(&repository, &trial.case.layer);
        }
        source.add_manifest(&repository, trial.case.manifest().as_bytes());
        let (outcome, expected) = trial.expected(client(&version));
        let seen = trial.observe([&source, &target], &repository, &folder, &files);
        let agrees = expected == seen;
        agreed += usize::from(agrees);
        cells.push(json!({
            "layer": trial.case.layer_type,
            "url": trial.answer.map(|answer| format!("{answer:?}")),
            "blob": trial.present,
            "goal": format!("{:?}", trial.goal),
            "verdict": format!("{outcome:?}"),
            "seen": seen.told(),
            "agrees": agrees,
        }));
        writeln!(
            table,
            "{} | {:7} | {:11} | {:8} | {:16} | {} {}",
            trial.case.name,
            if trial.present { "present" } else { "absent" },
            trial.answer.map_or("–".to_owned(), |answer| format!("{answer:?}")),
            format!("{:?}", trial.goal),
            format!("{outcome:?}"),
            seen.told(),
            if agrees { String::new() } else { format!("DISAGREES with {}", expected.told()) },
        )
        .unwrap();
    }
    keep(client(&version), &version.replace(" version", ""), &cells);
    println!("{version}: verdict and observation");
    println!(
        "type        | mark         | blob    | URL         | goal     | verdict          | copy"
    );
    println!("{table}{agreed} of {} agree", trials.len());
    assert_eq!(agreed, trials.len());
}

/// Which row of the table the installed Skopeo is: 1.15 was the first with containers/image 5.30.
fn client(version: &str) -> &'static str {
    let number = version.rsplit(' ').next().unwrap_or_default();
    let parts: Vec<u32> = number.split('.').filter_map(|part| part.parse().ok()).collect();
    if parts.as_slice() < [1, 15].as_slice() { "skopeo-old" } else { "skopeo" }
}

impl Trial {
    /// What the verdicts say will be seen.
    fn expected(&self, client: &str) -> (Outcome, Result) {
        let world = World::new(&self.case.manifest(), self.case.digest())
            .blob(if self.present { Blob::Present { size: None } } else { Blob::Absent })
            .state(self.answer.unwrap_or_default());
        let verdicts = world.ask(client_verdicts);
        let verdict = verdicts.iter().find(|verdict| verdict.client.id == client).unwrap();
        let of = |action: Action| verdict.cells[action as usize].parts[0].outcome;
        let pull = of(Action::Pull);
        let outcome = match self.goal {
            Goal::Registry => of(Action::Push),
            Goal::Layout => of(Action::Save),
            Goal::Dir => pull,
        };
        let gets = !outcome.fails() && !outcome.skips();
        // Where the client looks is the verdict on the pull; what it leaves out it looks for nowhere.
        let at_url = matches!(pull, Outcome::Url | Outcome::FailsAtUrl | Outcome::FailsEverywhere);
        let accepted = self.goal != Goal::Registry || {
            let blob = if gets { Blob::Present { size: None } } else { Blob::Absent };
            let mut there = world.clone().blob(blob);
            there.situation.url_allowance = UrlAllowance::Allows;
            let verdict = there.ask(|it| registry_verdict(it, RegistryKind::Distribution2));
            verdict.reply() == Reply::Accepts
        };
        let result = Result {
            succeeds: !outcome.fails() && accepted,
            has_layer: gets,
            // That nobody was there leaves no trace.
            asks_url: !outcome.skips() && at_url && self.answer != Some(UrlState::Unreachable),
        };
        (outcome, result)
    }

    fn observe(
        &self,
        [source, target]: [&Registry; 2],
        repository: &str,
        folder: &Folder,
        files: &Files,
    ) -> Result {
        let digest = self.case.digest();
        let at = folder.sub(repository);
        let goal = match self.goal {
            Goal::Registry => format!("docker://{}/{repository}:1", target.host),
            Goal::Layout => format!("oci:{}:1", at.display()),
            Goal::Dir => format!("dir:{}", at.display()),
        };
        let status = program("skopeo")
            .args(["--insecure-policy", "--command-timeout", "60s", "copy", "--quiet"])
            .args(["--src-tls-verify=false", "--dest-tls-verify=false"])
            .arg(format!("docker://{}/{repository}:1", source.host))
            .arg(goal)
            // Its memory of blobs belongs to the test, not to the machine.
            .env("HOME", folder.sub("home"))
            .env("XDG_DATA_HOME", folder.sub("home"))
            .env("_CONTAINERS_ROOTLESS_UID", "1000")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        let has = |path: &Path| path.exists();
        let asked = self
            .case
            .urls
            .iter()
            .any(|url| files.asked(url.rsplit('/').next().unwrap_or_default()) > 0);
        Result {
            succeeds: status.success(),
            has_layer: match self.goal {
                Goal::Registry => target.has_blob(repository, &digest),
                Goal::Layout => has(&at.join("blobs/sha256").join(digest.hex())),
                Goal::Dir => has(&at.join(digest.hex())),
            },
            asks_url: asked,
        }
    }
}

impl Result {
    fn told(self) -> String {
        let copy = if self.succeeds { "succeeds" } else { "fails" };
        let layer = if self.has_layer { "with the layer" } else { "without the layer" };
        let url = if self.asks_url { ", asks the URL" } else { "" };
        format!("{copy} {layer}{url}")
    }
}
