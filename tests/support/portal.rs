//! A portal that embeds the page: a folder with a page of its own, settings, and a logo.

use super::dir::Dir;
use super::server::Server;

/// The page of the portal: a frame, and the messages that came out of it.
const PAGE: &str = r#"<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Portal</title><link rel="icon" href="layermark/logo.svg"></head>
  <body>
    <h1>Example portal</h1>
    <iframe id="frame" title="Layermark" src="layermark/" width="1200" height="800" allow="clipboard-write"></iframe>
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
