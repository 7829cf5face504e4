//! A portal that embeds the page: a folder with a page of its own, settings, and a logo.

use serde_json::Value;

use super::dir::Dir;
use super::page::Page;
use super::server::Server;

/// The page of the portal: a frame, and the messages that came out of it.
const PAGE: &str = r#"<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Portal</title><link rel="icon" href="layermark/logo.svg"></head>
  <body>
    <main>
    <h1>Example portal</h1>
    <iframe id="frame" title="Layermark" src="layermark/" width="100%" height="800" allow="clipboard-write"></iframe>
    </main>
    <script src="portal.js"></script>
  </body>
</html>
"#;

const SCRIPT: &str = r"
globalThis.told = [];
const frame = document.getElementById('frame');
addEventListener('message', (event) => {
  if (event.origin === location.origin && event.source === frame.contentWindow) told.push(event.data);
});
globalThis.ask = (message) => frame.contentWindow.postMessage(message, location.origin);
";

const LOGO: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="10" fill="#7a1fa2"/></svg>"##;

/// A served portal.
#[derive(Debug)]
pub struct Portal {
    /// The server; the portal is at its root, the page at `layermark/`.
    pub server: Server,
    folder: Dir,
}

impl Portal {
    /// Serves a portal with these settings.
    pub fn start(config: &str) -> Self {
        let folder = Dir::new("portal");
        std::fs::create_dir(folder.path().join("layermark")).unwrap();
        folder.write("index.html", PAGE);
        folder.write("portal.js", SCRIPT);
        folder.write("layermark/logo.svg", LOGO);
        folder.write("layermark/config.json", config);
        let server = Server::start_with(&["--portal", folder.path().to_str().unwrap()]);
        Self { server, folder }
    }

    /// The address of the page itself.
    pub fn page(&self) -> String {
        format!("{}layermark/", self.server.url)
    }

    /// Changes the settings.
    pub fn configure(&self, config: &str) {
        self.folder.write("layermark/config.json", config);
    }
}

/// What the frame has told its portal, with this type.
pub async fn told(page: &Page, kind: &str) -> Value {
    page.until(&format!("the message “{kind}”"), || async {
        let told = page.script("return told").await;
        let found = told.as_array()?.iter().rev().find(|message| message["type"] == kind)?.clone();
        Some(found)
    })
    .await
}

/// A script in the frame, the body of a function, until it returns something true.
pub async fn in_frame(page: &Page, script: &str) -> Value {
    let script = format!(
        "const document = frame.contentDocument; const window = frame.contentWindow; {script}"
    );
    page.until(&script, || async {
        let value = page.script(&script).await;
        (!matches!(value, Value::Null | Value::Bool(false))).then_some(value)
    })
    .await
}

/// The element of the frame that fits `selector` and has this name, as JavaScript.
pub fn named(selector: &str, name: &str) -> String {
    format!(
        "[...document.querySelectorAll('{selector}')].find(element => \
         (element.getAttribute('aria-label') ?? element.textContent.trim()) === '{name}')"
    )
}

/// Clicks an element of the frame, once it is there and enabled.
pub async fn click(page: &Page, element: &str) {
    let script = "if (!it || it.disabled || it.ariaDisabled === 'true') return false; it.click(); return true";
    in_frame(page, &format!("const it = {element}; {script}")).await;
}

/// Types into a field of the frame, once it is there and enabled.
pub async fn fill(page: &Page, field: &str, text: &str) {
    let script = "if (!it || it.disabled) return false;
        it.dispatchEvent(new window.InputEvent('input', { bubbles: true })); return true";
    let set = format!("if (it) it.value = '{text}'");
    in_frame(page, &format!("const it = {field}; {set}; {script}")).await;
}
