//! The programs whose verdicts are confronted, each with a store or a daemon of its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use layermark::compatibility::Action;

use crate::folder::Folder;
use crate::program::program;

/// What a client is asked to do with an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Job {
    Pull,
    Push,
    Archive,
    Layout,
    Base,
}

impl Job {
    pub(crate) fn action(self) -> Action {
        match self {
            Self::Pull => Action::Pull,
            Self::Push => Action::Push,
            Self::Archive | Self::Layout => Action::Save,
            Self::Base => Action::Base,
        }
    }

    /// The way of the row that it stands for.
    pub(crate) fn way(self) -> &'static str {
        match self {
            Self::Archive => "docker-archive",
            Self::Layout => "OCI layout",
            _ => "",
        }
    }
}

pub(crate) trait Client {
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
pub(crate) struct Containers {
    name: &'static str,
    folder: Folder,
}

impl Containers {
    pub(crate) fn new(name: &'static str) -> Self {
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

/// A process that ends with this value.
struct Daemon(Child);

impl Daemon {
    /// Starts it and waits until `answers`; the last line of its log, or why it did not start, where it
    /// does not run here.
    fn start(
        name: &str,
        command: &mut Command,
        log: &Path,
        answers: impl Fn() -> bool,
    ) -> Result<Self, String> {
        let output = std::fs::File::create(log).unwrap();
        let process = command.stdout(Stdio::null()).stderr(output).spawn();
        let mut daemon =
            Self(process.map_err(|error| format!("{name} does not start here: {error}"))?);
        let start = Instant::now();
        while !answers() {
            let ended = daemon.0.try_wait().unwrap().is_some();
            if ended || start.elapsed() > Duration::from_mins(1) {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                let last = said.lines().last().unwrap_or_default();
                return Err(format!("{name} does not run here: {last}"));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(daemon)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `ctr` with a `containerd` of its own.
pub(crate) struct Ctr {
    _daemon: Daemon,
    folder: Folder,
}

impl Ctr {
    /// The reason where the daemon cannot run here.
    pub(crate) fn start() -> Result<Self, String> {
        let folder = Folder::new("containerd");
        let config = folder.sub("etc").join("config.toml");
        let at = |name: &str| folder.sub(name).display().to_string();
        let socket = socket(&folder).display().to_string();
        let text = format!(
            "version = 2\nroot = {:?}\nstate = {:?}\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n[grpc]\n  address = {socket:?}\n",
            at("root"),
            at("state"),
        );
        std::fs::write(&config, text).unwrap();
        let log = folder.sub("etc").join("log");
        let daemon = Daemon::start(
            "containerd",
            program("containerd").arg("--config").arg(&config),
            &log,
            || succeeds(program("ctr").arg("--address").arg(&socket).arg("version")),
        )?;
        Ok(Self { _daemon: daemon, folder })
    }

    fn call(&self, arguments: &[&str]) -> bool {
        succeeds(program("ctr").arg("--address").arg(socket(&self.folder)).args(arguments))
    }
}

/// Where a `containerd` of its own listens.
fn socket(folder: &Folder) -> PathBuf {
    folder.sub("state").join("containerd.sock")
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

/// `docker` with a `dockerd` of its own, which stores images without the containerd image store.
pub(crate) struct Docker {
    _daemon: Daemon,
    // Ended after the daemon that uses it.
    _containerd: Ctr,
    folder: Folder,
}

impl Docker {
    /// The reason where the daemon cannot run here.
    pub(crate) fn start() -> Result<Self, String> {
        let containerd = Ctr::start()?;
        let folder = Folder::new("docker");
        let mut command = program("dockerd");
        command
            .arg("--containerd")
            .arg(socket(&containerd.folder))
            .arg("--data-root")
            .arg(folder.sub("root"))
            .arg("--exec-root")
            .arg(folder.sub("run"))
            .arg("--pidfile")
            .arg(folder.sub("run").join("pid"))
            .arg("--host")
            .arg(host(&folder))
            // No container runs: neither mounts nor networks are asked for.
            .args(["--storage-driver", "vfs", "--bridge", "none"])
            .args(["--iptables=false", "--ip6tables=false", "--ip-forward=false"]);
        let log = folder.sub("run").join("log");
        let daemon = Daemon::start("dockerd", &mut command, &log, || {
            succeeds(program("docker").arg("--host").arg(host(&folder)).arg("version"))
        })?;
        Ok(Self { _daemon: daemon, _containerd: containerd, folder })
    }

    fn command(&self) -> Command {
        let mut command = program("docker");
        // The builder of the daemon: BuildKit is a row of its own.
        command.arg("--host").arg(host(&self.folder)).env("DOCKER_BUILDKIT", "0");
        command.env("DOCKER_CONFIG", self.folder.sub("config"));
        command
    }

    fn call(&self, arguments: &[&str]) -> bool {
        succeeds(self.command().args(arguments))
    }
}

/// Where a `dockerd` of its own listens.
fn host(folder: &Folder) -> String {
    format!("unix://{}", folder.sub("run").join("docker.sock").display())
}

impl Client for Docker {
    fn row(&self) -> &'static str {
        let version = output(self.command().args(["version", "--format", "{{.Server.Version}}"]));
        let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
        match major.unwrap_or_default() {
            ..23 => "docker-22-linux",
            23..28 => "docker-27-linux",
            28.. => "docker-28-linux",
        }
    }

    fn version(&self) -> String {
        output(self.command().args(["version", "--format", "dockerd {{.Server.Version}}"]))
    }

    fn jobs(&self) -> &'static [Job] {
        &[Job::Pull, Job::Push, Job::Archive, Job::Base]
    }

    fn run(&self, job: Job, source: &str, target: &str, file: &Path) -> bool {
        match job {
            Job::Pull => self.call(&["pull", source]),
            Job::Push => self.call(&["tag", source, target]) && self.call(&["push", target]),
            Job::Base => {
                let folder = self.folder.sub("build");
                std::fs::write(folder.join("Dockerfile"), format!("FROM {source}\nLABEL a=b\n"))
                    .unwrap();
                self.call(&["build", "--tag", target, &folder.display().to_string()])
                    && self.call(&["push", target])
            }
            _ => self.call(&["save", "--output", &file.display().to_string(), source]),
        }
    }

    fn forget(&self, _source: &str) {
        self.call(&["system", "prune", "--all", "--force"]);
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
