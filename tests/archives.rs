//! What is exported, given to the tools that people use: `patch` and `skopeo` (Debian packages
//! `patch` and `skopeo`).

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)] // a test's helpers fail the test

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use layermark::export::{splices_between, unified_patch};

#[test]
fn patch_applies_the_unified_patch() {
    let dir = Dir::new("patch");
    let check = |old: &str, new: &str| {
        std::fs::write(dir.path("m.json"), old).unwrap();
        let splices = splices_between(old.as_bytes(), new.as_bytes());
        let patch = unified_patch("m.json", old.as_bytes(), &splices);
        std::fs::write(dir.path("m.patch"), patch).unwrap();
        run(dir.command("patch").args(["-p0", "-i", "m.patch"]));
        assert_eq!(std::fs::read_to_string(dir.path("m.json")).unwrap(), new);
    };
    let lines: Vec<String> = (0..40).map(|line| format!("  \"key{line}\": {line}")).collect();
    let old = format!("{{\n{}\n}}", lines.join(",\n"));
    check(
        &old,
        &old.replace("\"key3\": 3", "\"key3\": 4").replace("  \"key39\": 39\n", "  \"z\": 39\n"),
    );
    check(&old, &(old.clone() + "\n"));
    check(&(old.clone() + "\n"), &old);
    check(&old.replace('\n', "\r\n"), &old.replace("39", "40").replace('\n', "\r\n"));
    check(&old.replace('\n', "\r\n"), &old);
    check(&old.replace('\n', ""), &old.replace('\n', "").replace("key7", "ключ"));
    check(&old, &old.replace("{\n", "{\n  \"first\": 0,\n").replace("key20", "key21"));
}

/// A folder of this test run that goes away with the value.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("layermark-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(&self.0);
        command
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a command that must succeed.
fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    output
}
