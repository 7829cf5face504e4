//! Every state of the page, reached as people reach it, to be looked at by programs and by people.
//!
//! Each journey goes through some of them and calls `see` in each with a name that is the same in
//! every run.

use std::sync::Arc;

use super::fault_proxy::{Fault, Rule};
use super::gate::Gate;
use super::page::Page;

mod around;
mod delivering;
mod desk;
mod editing;
mod opening;
mod pushing;

// Most test programs look at nothing.
#[allow(unused_imports)]
pub use around::{dialogs, embedded, german, mark_shown, notices, stopped, unstarted, updated};
#[allow(unused_imports)]
pub use delivering::deliver;
#[allow(unused_imports)]
pub use desk::{compare, desk};
#[allow(unused_imports)]
pub use editing::{base, index, marks, source, verifying};
#[allow(unused_imports)]
pub use opening::{archive, asking, failures, loading, refused, start};
#[allow(unused_imports)]
pub use pushing::{moved, ordinary, orphans, pushing};

/// The journeys, for one test each: `journeys!(macro)` calls `macro! { name … }`.
#[allow(unused_macros)]
macro_rules! journeys {
    ($each:ident) => {
        $each! {
            start, refused, loading, archive, failures, asking,
            marks, source, index, desk, compare, base, verifying, deliver,
            pushing, moved, ordinary, orphans,
            dialogs, mark_shown, german, notices, embedded, updated, unstarted, stopped
        }
    };
}
#[allow(unused_imports)]
pub(crate) use journeys;

const URL: &str = "https://cdn.example.com/base";
const LINUX: &str = "Linux image (OCI)";
const WINDOWS: &str = "Windows image with two foreign layers (Docker)";
const PLATFORMS: &str = "Three platforms with an attestation (OCI index)";

/// Opens what a `<details>` that fits the selector hides.
async fn unfold(page: &Page, selector: &str) {
    let script = format!("document.querySelector('{selector}').open = true");
    page.script(&script).await;
}

/// Holds such requests back until the gate is open.
fn held(method: &'static str, part: &'static str, gate: &Arc<Gate>) -> Rule {
    let gate = Arc::clone(gate);
    Box::new(
        move |asked| {
            if asked.is(method, part) { Fault::Held(Arc::clone(&gate)) } else { Fault::None }
        },
    )
}
