//! `cargo xtask`: builds the project's own commands (the package `xtask`) and starts them.
//!
//! The first time, everything has to be compiled: the commands, and for those that try the page out
//! the editor, too. Each of both leaves a core idle half of the time, so they are built side by side.
//! The editor has a profile of its own, `trial`, because two builds of one profile wait for each other.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

const WASM: &str = "wasm32-unknown-unknown";

/// The argument by which this program is to build the editor alone.
const EDITOR: &str = "--editor";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    if arguments.first().is_some_and(|argument| argument == EDITOR) {
        return build_editor();
    }
    if is_first_time() && tries_the_page_out(&arguments) {
        eprintln!("The first time, this builds the commands and the editor: about three minutes.");
        // The commands build the editor, too, and find done what is done by then.
        let this = env::current_exe().map(|program| Command::new(program).arg(EDITOR).spawn());
        drop(this);
    }
    let mut command = cargo();
    hand_over(command.args(["run", "--package", "xtask", "--"]).args(arguments))
}

/// Becomes `command`, so that whoever ends this process ends that one.
#[cfg(unix)]
fn hand_over(command: &mut Command) -> ExitCode {
    use std::os::unix::process::CommandExt as _;
    let error = command.exec();
    eprintln!("error: cargo could not be started: {error}");
    ExitCode::FAILURE
}

#[cfg(not(unix))]
fn hand_over(command: &mut Command) -> ExitCode {
    let code = command.status().ok().and_then(|status| status.code());
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// Whether the commands were never built: they would lie beside this program.
fn is_first_time() -> bool {
    let program = env::current_exe().unwrap_or_default();
    !program.with_file_name(format!("xtask{}", env::consts::EXE_SUFFIX)).exists()
}

/// Whether a command builds the page for trying it out.
fn tries_the_page_out(arguments: &[OsString]) -> bool {
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let asks = has("--help") || has("-h");
    match arguments.first().and_then(|command| command.to_str()) {
        Some("serve") => !asks && !has("--release") && !has("--no-build"),
        Some("build") => !asks && has("--dev"),
        _ => false,
    }
}

/// Adds the target of the page, where it is missing, and compiles the editor. What goes wrong, the
/// commands will meet again and tell.
fn build_editor() -> ExitCode {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let library = Command::new(rustc).args(["--print", "target-libdir", "--target", WASM]).output();
    let library = library.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    if !library.is_ok_and(|path| PathBuf::from(path).is_dir()) {
        eprintln!("         …  rustup target add {WASM}");
        let added = Command::new("rustup").args(["target", "add", WASM]).status();
        if !added.is_ok_and(|status| status.success()) {
            return ExitCode::FAILURE;
        }
    }
    let mut command = cargo();
    command.args(["build", "--package", "layermark", "--bin", "layermark"]);
    command.args(["--profile", "trial", "--target", WASM]);
    // One bar is enough.
    let status = command.env("CARGO_TERM_PROGRESS_WHEN", "never").stdout(Stdio::null()).status();
    if status.is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Cargo, called as the commands call it (`xtask/src/workspace.rs`), so that the same is built.
fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.env_remove("RUSTFLAGS");
    command.env_remove("CARGO_ENCODED_RUSTFLAGS").env_remove("CARGO_BUILD_TARGET");
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_")) {
            command.env_remove(name);
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_try_the_page_out() {
        for (arguments, expected) in [
            ("serve", true),
            ("serve --watch --port 0", true),
            ("serve --release", false),
            ("serve --no-build", false),
            ("serve --help", false),
            ("build --dev", true),
            ("build", false),
            ("test native", false),
            ("", false),
        ] {
            let list: Vec<OsString> = arguments.split_whitespace().map(OsString::from).collect();
            assert_eq!(tries_the_page_out(&list), expected, "{arguments}");
        }
    }
}
