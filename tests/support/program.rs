//! Programs of this machine that tests start, each a line of `tests/programs.txt`.

use std::env;
use std::path::PathBuf;
use std::process::Command;

const TABLE: &str = include_str!("../programs.txt");

/// Where servers are on Debian, besides `PATH`.
const SERVERS: &str = "/usr/sbin";

/// A command that starts the program `name`.
///
/// Fails the test where the program is missing, with the way to get it, and where the running step of
/// `cargo xtask test` does not declare it (`LAYERMARK_PROGRAMS`): a machine without it would fail there.
pub fn program(name: &str) -> Command {
    let folders = env::var_os("PATH").unwrap_or_default();
    let path = found(name, env::split_paths(&folders).chain([PathBuf::from(SERVERS)]));
    let declared = env::var("LAYERMARK_PROGRAMS").ok();
    if let Some(declared) = declared
        && !declared.split(' ').any(|one| one == name)
    {
        panic!("{name} is started here, but this step of xtask/src/test.rs does not declare it");
    }
    Command::new(path.unwrap_or_else(|missing| panic!("{missing}")))
}

/// The file of a program, or one line that says how to get it.
fn found(name: &str, mut folders: impl Iterator<Item = PathBuf>) -> Result<PathBuf, String> {
    let mut rows = TABLE.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = rows.find(|row| row.first() == Some(&name)).unwrap_or_default();
    let [_, package, place] = row[..] else {
        return Err(format!("{name} has no line in tests/programs.txt"));
    };
    let file = folders.find_map(|folder| Some(folder.join(name)).filter(|file| file.is_file()));
    file.ok_or_else(|| {
        format!("{name} is missing: sudo apt-get install {package}, or get it from {place}")
    })
}

#[test]
fn a_missing_program_is_named_with_the_way_to_get_it() {
    let nowhere = || [PathBuf::from("/nowhere")].into_iter();
    assert_eq!(
        found("skopeo", nowhere()).unwrap_err(),
        "skopeo is missing: sudo apt-get install skopeo, or get it from \
         https://github.com/containers/skopeo/blob/main/install.md"
    );
    assert_eq!(found("x", nowhere()).unwrap_err(), "x has no line in tests/programs.txt");
}
