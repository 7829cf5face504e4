//! Pictures of every state of the page, for people to look at: `cargo xtask screenshots`.
//!
//! They go into `target/screenshots`, one for each state and look. The pictures of the documentation are of the same states, at the size of a
//! window.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use serde_json::json;
use support::looks::Look;
use support::page::{Page, with_page};
use support::server::root;
use support::states::{self, journeys};

/// The pictures of the documentation: state, look, what is at their end, file.
const DOCUMENTED: [(&str, Look, &str, &str); 9] = [
    ("platform-marked", Look::Light, "header", "marked-light.png"),
    ("platform-marked", Look::Dark, "header", "marked-dark.png"),
    ("pushed", Look::Light, ".success", "pushed.png"),
    ("all-platforms-marked", Look::Light, "table.layers", "all-platforms.png"),
    ("index", Look::Light, ".diff", "index-changes.png"),
    ("orphans", Look::Light, ".orphans", "orphans.png"),
    ("desk-annotation", Look::Light, ".desk form", "annotate.png"),
    ("desk-health", Look::Light, ".health table", "health.png"),
    ("push-file", Look::Light, ".steps", "push-file.png"),
];

/// One test for each journey.
macro_rules! tests {
    ($($journey:ident),*) => {
        $(
            #[tokio::test]
            async fn $journey() {
                with_page(|page| async move {
                    states::$journey(&page, &async |state: &str| picture(&page, state).await).await;
                })
                .await;
            }
        )*
    };
}
journeys!(tests);

async fn picture(page: &Page, state: &str) {
    page.cdp("Emulation.setScrollbarsHidden", json!({ "hidden": true })).await;
    let folder = root().join("target/screenshots");
    for look in [Look::Light, Look::Dark, Look::Narrow] {
        let in_front = "return document.querySelector('dialog[open], [role=dialog]:not([popover]), :popover-open') !== null";
        if page.script(in_front).await == true {
            look.put_on(page).await;
        } else {
            look.put_on_whole(page).await;
        }
        page.keep_picture(&folder.join(format!("{state}-{}.png", look.name()))).await;
        for (_, _, end, file) in DOCUMENTED.iter().filter(|of| (of.0, of.1) == (state, look)) {
            look.put_on(page).await;
            let scroll = format!("document.querySelector('{end}').scrollIntoView(false)");
            page.script(&scroll).await;
            page.keep_picture(&folder.join("docs").join(file)).await;
        }
    }
    Look::take_off(page).await;
    page.cdp("Emulation.setScrollbarsHidden", json!({ "hidden": false })).await;
}
