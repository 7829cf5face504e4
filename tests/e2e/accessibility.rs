//! What axe-core and a few measurements say of every state of the page, however it is looked at.

use std::env;
use std::fs;

use serde_json::{Value, json};

use crate::support::looks::Look;
use crate::support::page::{Page, with_page};
use crate::support::server::root;
use crate::support::states::{self, journeys};
use crate::support::steps::{speak, speaks};

/// WCAG 2.2, levels A and AA, and what axe's makers recommend beyond.
const TAGS: [&str; 7] =
    ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"];

/// One test for each journey.
macro_rules! tests {
    ($($journey:ident),*) => {
        $(
            #[tokio::test]
            async fn $journey() {
                with_page(|page| async move {
                    let findings = std::cell::RefCell::new(Vec::new());
                    states::$journey(&page, &async |state: &str| {
                        let found = examine(&page, state).await;
                        findings.borrow_mut().extend(found);
                    })
                    .await;
                    let findings = findings.into_inner();
                    assert!(findings.is_empty(), "{}", findings.join("\n"));
                })
                .await;
            }
        )*
    };
}
journeys!(tests);

/// What is wrong with the page as it is now, in every look; and narrow in German, whose words are
/// the longest.
async fn examine(page: &Page, state: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for look in Look::ALL {
        look.put_on(page).await;
        let found = look_at(page, look).await;
        findings.extend(found.map(|what| format!("{state}, {}: {what}", look.name())));
    }
    if speaks(page).await == "en" {
        speak(page, "de").await;
        Look::Narrow.put_on(page).await;
        let found = look_at(page, Look::Narrow).await;
        findings.extend(found.map(|what| format!("{state}, narrow in German: {what}")));
        speak(page, "en").await;
    }
    Look::take_off(page).await;
    findings
}

async fn look_at(page: &Page, look: Look) -> impl Iterator<Item = String> {
    let moving = if look == Look::Forced { motion(page).await } else { vec![] };
    axe(page).await.into_iter().chain(overflow(page).await).chain(moving)
}

/// What axe-core finds in the page and in its frames.
async fn axe(page: &Page) -> Vec<String> {
    let tree = page.cdp("Page.getFrameTree", json!({})).await;
    let mut frames = vec![&tree["frameTree"]];
    let mut found = Vec::new();
    while let Some(frame) = frames.pop() {
        frames.extend(frame["childFrames"].as_array().into_iter().flatten());
        found.extend(axe_in(page, &frame["frame"]["id"]).await);
    }
    found
}

/// What axe-core finds in a frame.
async fn axe_in(page: &Page, frame: &Value) -> Vec<String> {
    // A world of its own: the policy of the page says nothing about scripts in it.
    let world = json!({ "frameId": frame, "worldName": "axe" });
    let world = page.cdp("Page.createIsolatedWorld", world).await;
    let run = async |expression: &str| {
        let run = json!({
            "expression": expression, "contextId": world["executionContextId"],
            "awaitPromise": true, "returnByValue": true,
        });
        page.cdp("Runtime.evaluate", run).await
    };
    if run("typeof axe === 'undefined'").await["result"]["value"] == true {
        run(&script()).await;
    }
    let options = json!({
        "runOnly": { "type": "tag", "values": TAGS }, "resultTypes": ["violations"],
        "preload": false, "iframes": false,
    });
    // The bars that stay where they are while the page scrolls hide parts of what is under them,
    // for axe as if for good.
    let answer = run(&format!(
        "(async () => {{
            const bars = [...document.querySelectorAll('.head-bar, .outcome, .actions, .actions .primary')];
            for (const bar of bars) bar.style.position = 'static';
            const {{ violations }} = await axe.run(document, {options});
            for (const bar of bars) bar.style.position = '';
            return violations.map(({{ id, help, nodes }}) => `${{id}}, ${{help}}: `
                + nodes.map(node => `${{node.target}} ${{node.failureSummary}}`).join('; '));
        }})()"
    ))
    .await;
    let found = &answer["result"]["value"];
    assert!(found.is_array(), "axe-core failed: {answer}");
    sentences(found)
}

/// The script of axe-core.
fn script() -> String {
    let usual = || root().join("target/npm/node_modules/axe-core/axe.min.js").into_os_string();
    let file = env::var_os("LAYERMARK_AXE").unwrap_or_else(usual);
    fs::read_to_string(file).expect("axe-core is there; run: cargo xtask test e2e")
}

/// What is wider than the page or a dialog (WCAG 1.4.10).
async fn overflow(page: &Page) -> Vec<String> {
    let script = "
        const frames = [...document.querySelectorAll('iframe')].map(frame => frame.contentDocument);
        return [document, ...frames]
            .flatMap(at => [at.documentElement, ...at.querySelectorAll('dialog[open], [popover]:popover-open')])
            .filter(box => box.scrollWidth > box.clientWidth)
            .map(box => {
                const edge = box.getBoundingClientRect().left + box.clientWidth;
                const hides = (each) => each !== box && (getComputedStyle(each).overflowX !== 'visible' || hides(each.parentElement));
                // A text without a break is wider than its own element.
                const wide = [...box.querySelectorAll('*')].findLast(each => {
                    const { left, right } = each.getBoundingClientRect();
                    return right > edge && !hides(each.parentElement) || left + each.scrollWidth > edge && !hides(each);
                });
                return `${box.localName} is ${box.clientWidth} wide, its content ${box.scrollWidth}: ${wide?.outerHTML.slice(0, 200)}`;
            })";
    sentences(&page.script(script).await)
}

/// What moves although the person asked for less motion.
async fn motion(page: &Page) -> Vec<String> {
    let script = "
        const moves = (style) => [style.transitionDuration, style.animationDuration]
            .some(times => times.split(', ').some(time => parseFloat(time) > 0));
        return [...document.querySelectorAll('*')].flatMap(each => ['', '::before', '::after']
            .filter(part => moves(getComputedStyle(each, part)))
            .map(part => `${each.outerHTML.slice(0, 100)} ${part} moves`))";
    sentences(&page.script(script).await)
}

fn sentences(found: &Value) -> Vec<String> {
    found
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|each| each.as_str().map(str::to_owned))
        .collect()
}
