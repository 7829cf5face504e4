//! Every target, for a share of half a minute.

#![cfg(not(target_arch = "wasm32"))]

use std::fmt::Write as _;
use std::time::Duration;

use layermark_fuzz::{TARGETS, runner};

/// How long all targets together are run, in seconds.
const ALL_SECONDS: u64 = 30;

#[test]
fn no_input_breaks_a_target() {
    let share = Duration::from_secs(ALL_SECONDS) / u32::try_from(TARGETS.len()).unwrap_or(1);
    let mut report = String::new();
    for target in TARGETS {
        // The start value is fixed: a run that fails fails again.
        if let Err(crash) = runner::run(target, share, 0x9e37_79b9_7f4a_7c15) {
            let (file, what) = (crash.file.display(), crash.what);
            let _ = writeln!(report, "{} is broken by {file}: {what}", target.name);
        }
    }
    assert!(report.is_empty(), "{report}");
}
