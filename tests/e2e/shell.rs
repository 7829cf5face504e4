//! How the page starts, and what it says when it cannot.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::{Browser, Server, told};

const EDITOR: &str = "return document.querySelector('#app > main.boot') === null";
const FAILURE: &str = "return document.querySelector('#app [role=alert]')?.textContent";

#[tokio::test]
async fn the_editor_starts_under_its_policy() {
    let server = Server::start();
    let browser = Browser::start().await;
    browser.driver.goto(&server.url).await.unwrap();
    browser.until(EDITOR).await;
    assert_eq!(browser.complaints().await, Vec::<String>::new());

    // Each file once: what is preloaded is also what is used.
    let loaded = browser
        .until("return performance.getEntriesByType('resource').map(entry => entry.name)")
        .await;
    let mut names: Vec<String> = serde_json::from_value(loaded).unwrap();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "{names:?}");
    assert!(names.iter().all(|name| name.starts_with(&server.url)), "{names:?}");
}

#[tokio::test]
async fn the_policy_holds() {
    let server = Server::start();
    let browser = Browser::start().await;
    browser.driver.goto(&server.url).await.unwrap();
    browser.until(EDITOR).await;
    for (what, script) in [
        ("eval", "try { return eval('1') && 'ran' } catch { return 'refused' }"),
        (
            "HTML from text",
            "try { document.createElement('p').innerHTML = '<b>x</b>'; return 'ran' }
             catch { return 'refused' }",
        ),
        (
            "a worker from text",
            "try { new Worker('/icon.svg'); return 'ran' } catch { return 'refused' }",
        ),
        (
            "a second policy",
            "try { trustedTypes.createPolicy('other', {}); return 'ran' }
             catch { return 'refused' }",
        ),
        (
            "a style attribute",
            "const p = document.createElement('p'); p.setAttribute('style', 'color: red');
             return p.style.color === 'red' ? 'ran' : 'refused'",
        ),
    ] {
        // A task of the page's own: what WebDriver itself runs is exempt from the policy.
        let task = format!(
            "verdict = null; setTimeout(() => {{ verdict = (() => {{ {script} }})(); }}); return 1"
        );
        browser.until(&task).await;
        assert_eq!(browser.until("return verdict").await, "refused", "{what}");
    }
}

#[tokio::test]
async fn a_page_that_cannot_start_says_why() {
    let browser = Browser::start().await;
    for (what, ending, spoil) in [
        ("no wasm file", ".wasm", remove as fn(&Path)),
        ("another wasm file", ".wasm", change),
        ("no script", ".js", remove),
        ("another script", ".js", change),
    ] {
        let dist = copy_of_the_page(what);
        spoil(&file(&dist, "layermark.", ending));
        check_failure(&browser, &dist, "could not be loaded, or is not the file").await;
    }
    let dist = copy_of_the_page("a policy without wasm");
    let page = dist.join("index.html");
    let html = fs::read_to_string(&page).unwrap();
    fs::write(&page, html.replacen(" 'wasm-unsafe-eval'", "", 1)).unwrap();
    check_failure(&browser, &dist, "'wasm-unsafe-eval'").await;
}

async fn check_failure(browser: &Browser, dist: &Path, expected: &str) {
    let server = Server::serve(dist, &[]);
    browser.driver.goto(&server.url).await.unwrap();
    let text = browser.until(FAILURE).await;
    assert!(text.as_str().is_some_and(|text| text.contains(expected)), "{expected}: {text}");
    fs::remove_dir_all(dist).unwrap();
}

fn remove(file: &Path) {
    fs::remove_file(file).unwrap();
}

fn change(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    bytes.push(b' ');
    fs::write(file, bytes).unwrap();
}

/// The built page without its compressed files, to be spoiled.
fn copy_of_the_page(name: &str) -> PathBuf {
    let copy = std::env::temp_dir().join(format!("layermark-{}-{name}", std::process::id()));
    copy_folder(&told("LAYERMARK_DIST"), &copy);
    copy
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &target);
        } else if !path.extension().is_some_and(|ending| ending == "br" || ending == "gz") {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn file(dist: &Path, start: &str, end: &str) -> PathBuf {
    let found = fs::read_dir(dist).unwrap().map(|entry| entry.unwrap().path()).find(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with(start) && name.ends_with(end)
    });
    found.unwrap()
}
