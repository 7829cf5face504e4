//! `cargo xtask wasm-test-runner`: what cargo calls to run a wasm test file, see
//! `.cargo/config.toml`. The browser's flags are in `webdriver.json`.

use std::ffi::OsString;

use anyhow::Result;

/// Runs the tests of the wasm file that `arguments` starts with.
pub fn run(arguments: Vec<OsString>) -> Result<()> {
    // `cargo test --quiet` hands its flag on, and the runner refuses flags that it does not know.
    let known = arguments.into_iter().filter(|argument| argument != "--quiet");
    let program = OsString::from("wasm-bindgen-test-runner");
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(
        std::iter::once(program).chain(known),
    )
}
