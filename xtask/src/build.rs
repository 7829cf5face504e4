//! `cargo xtask build`: the page as static files, for trying it out or, in `release`, as it
//! is deployed.
//!
//! `dist/` can be served from any path by any server: URLs are relative, names carry hashes,
//! scripts and wasm carry integrity values, and the policy stands in the page. `index.html` and `static/` are the sources; [`crate::assets`] tells of the
//! placeholders in them.

use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, anyhow, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::assets::{Asset, Naming, PORTAL_SETTINGS, Published, publish};
use crate::csp;
use crate::needs::{self, Need};
#[cfg(not(feature = "full"))]
use crate::workspace::{self, run as run_command};
use crate::workspace::{WASM, cargo, long_step, root, step};

/// Options of `cargo xtask build`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Options {
    /// Build fast, for trying it out: in one file, hardly optimised, not compressed
    #[arg(long)]
    pub dev: bool,
    /// Where to write the page [default: dist/, with --dev target/xtask/trial/]
    #[arg(long, value_name = "DIR")]
    pub dist: Option<PathBuf>,
}

/// The script that loads parts, as the first wasm file calls it.
pub(crate) const LOADER: &str = "parts.js";

/// Files of `static/` that others look for by name, although they end in `.js`.
const KEPT_SCRIPTS: [&str; 1] = ["sw.js"];

impl Options {
    /// The folder that is written.
    pub fn dist(&self) -> PathBuf {
        // Nobody should find in dist/ what is not for hosting.
        let usual = if self.dev { "target/xtask/trial" } else { "dist" };
        self.dist.clone().unwrap_or_else(|| root().join(usual))
    }
}

/// Builds the page.
pub fn run(options: &Options) -> Result<()> {
    needs::ensure(&[Need::WasmTarget])?;
    if options.dev { trial(&options.dist()) } else { release(&options.dist()) }
}

/// The page for trying it out: quickly built, in one wasm file, without compressed files.
fn trial(dist: &Path) -> Result<()> {
    // Cargo says what it compiles.
    let wasm =
        long_step("build the editor", || compile(cargo_build().args(["--profile", "trial"])))?;
    publish_page(&wasm, Vec::new(), dist).map(drop)
}

#[cfg(feature = "full")]
use crate::release_build::run as release;

/// Has the page built by this program with all its features.
#[cfg(not(feature = "full"))]
fn release(dist: &Path) -> Result<()> {
    run_command(workspace::full().args(["build", "--dist"]).arg(dist))
}

/// The command that builds the app.
pub(crate) fn cargo_build() -> Command {
    let mut command = cargo();
    command.args(["build", "--package", "layermark", "--bin", "layermark", "--target", WASM]);
    command.arg("--message-format=json-render-diagnostics");
    command
}

/// Compiles the app and returns the path of its wasm file.
pub(crate) fn compile(build: &mut Command) -> Result<PathBuf> {
    let output = build.stderr(Stdio::inherit()).output().context("cargo could not be started")?;
    if !output.status.success() {
        bail!("the app does not compile");
    }
    wasm_path(&String::from_utf8_lossy(&output.stdout))
        .ok_or_else(|| anyhow!("cargo built no wasm file"))
}

/// Makes the files of the page from `wasm` and its `parts`, and writes them into `dist`.
pub(crate) fn publish_page(wasm: &Path, parts: Vec<Asset>, dist: &Path) -> Result<Vec<Published>> {
    let bindings = root().join("target/xtask/bindgen");
    step("wasm-bindgen", || bind(wasm, &bindings))?;
    let files = step("assets", || assemble(&bindings, parts))?;
    step("write", || write(&files, dist))?;
    Ok(files)
}

/// The wasm file in cargo's messages, one JSON object per line.
fn wasm_path(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter(|message| message["target"]["name"] == "layermark")
        .flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default())
        .filter_map(|name| name.as_str().map(PathBuf::from))
        .find(|path| path.extension().is_some_and(|ending| ending == "wasm"))
}

/// Writes the JavaScript side of `wasm`, and `wasm` without its names, into `folder`.
fn bind(wasm: &Path, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(wasm)
        .web(true)?
        .out_name("layermark")
        .typescript(false)
        // The default URL would miss the hash in the name; `static/boot.js` gives the right one.
        .omit_default_module_path(true)
        // The parts share memory and function table with the first file.
        .keep_lld_exports(true)
        // The names are half of the file. The section `target_features` must stay.
        .remove_name_section(true)
        .remove_producers_section(true);
    bindgen.generate(folder)?;
    if folder.join("snippets").exists() {
        bail!("a dependency brings JavaScript of its own; the page has no place for it");
    }
    Ok(())
}

/// The folders that lie in `folder`, by name.
fn folders_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Collects all files of the page and gives them their names.
fn assemble(bindings: &Path, parts: Vec<Asset>) -> Result<Vec<Published>> {
    let mut assets = vec![
        read(&root().join("index.html"), "index.html", Naming::Kept)?,
        glue(&bindings.join("layermark.js"))?,
        read(&bindings.join("layermark_bg.wasm"), "layermark.wasm", Naming::Hashed)?,
    ];
    assets.extend(parts);
    for language in folders_of(&root().join("texts"))? {
        let bytes = texts(&language)?;
        let tag = language.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("texts/{tag}.txt");
        assets.push(Asset { name, bytes, naming: Naming::Hashed });
    }
    let sources = root().join("static");
    for path in files_below(&sources)? {
        let name = path
            .strip_prefix(&sources)?
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect::<Vec<_>>()
            .join("/");
        let naming = naming(&name);
        let mut asset = read(&path, &name, naming)?;
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("js") => asset.bytes = without_comments(&asset.bytes),
            Some("css") => asset.bytes = plain_style(&String::from_utf8(asset.bytes)?).into_bytes(),
            _ => {}
        }
        assets.push(asset);
    }
    let values =
        [("csp", csp::policy(csp::Delivery::Meta)), ("version", env!("CARGO_PKG_VERSION").into())];
    Ok(publish(assets, &values)?)
}

/// The JavaScript side of the first wasm file, which names the loader of the parts.
fn glue(path: &Path) -> Result<Asset> {
    let mut asset = read(path, "layermark.js", Naming::Hashed)?;
    let text = String::from_utf8(asset.bytes).context("the JavaScript side is no text")?;
    // Only where it is imported: the wasm file itself knows it by its plain name.
    let import = |name: &str| format!("from \"./{name}\"");
    let placeholder = import(&format!("{{{{asset:{LOADER}}}}}"));
    asset.bytes = text.replace(&import(LOADER), &placeholder).into_bytes();
    Ok(asset)
}

/// A script without the lines that are nothing but comment: a visitor need not wait for them.
fn without_comments(script: &[u8]) -> Vec<u8> {
    let lines = script.split_inclusive(|&byte| byte == b'\n');
    lines.filter(|line| !line.trim_ascii_start().starts_with(b"//")).flatten().copied().collect()
}

/// A style sheet without comments and indentation. No string in it holds `/*`.
fn plain_style(style: &str) -> String {
    let mut parts = style.split("/*");
    let first = parts.next().unwrap_or_default();
    let rest = parts.filter_map(|part| part.split_once("*/")).map(|(_, after)| after);
    let code: String = iter::once(first).chain(rest).collect();
    let lines = code.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// How a file of `static/` is named: scripts and styles by their hash, all else as it is.
fn naming(name: &str) -> Naming {
    let is_code = matches!(name.rsplit('.').next(), Some("js" | "css"));
    if is_code && !KEPT_SCRIPTS.contains(&name) { Naming::Hashed } else { Naming::Kept }
}

fn read(path: &Path, name: &str, naming: Naming) -> Result<Asset> {
    let bytes = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(Asset { name: name.to_owned(), bytes, naming })
}

/// The sentences of a language.
fn texts(folder: &Path) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    for path in files_below(folder)? {
        all.extend(fs::read(path)?);
        all.push(b'\n');
    }
    Ok(all)
}

/// All files below `folder`, sorted.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Replaces the content of `dist` by `files`.
fn write(files: &[Published], dist: &Path) -> Result<()> {
    // Only a folder that looks like an earlier build is emptied.
    if dist.join("index.html").exists() {
        for path in files_below(dist)? {
            // The portal's own settings are no part of a build.
            if path != dist.join(PORTAL_SETTINGS) {
                fs::remove_file(path)?;
            }
        }
    } else if dist.exists() && fs::read_dir(dist)?.next().is_some() {
        bail!("{} is not empty and holds no earlier build; choose another folder", dist.display());
    }
    for file in files {
        let path = dist.join(&file.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, &file.bytes)
            .with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, expected) in [
            ("boot.js", Naming::Hashed),
            ("app.css", Naming::Hashed),
            ("worker.js", Naming::Hashed),
            ("sw.js", Naming::Kept),
            ("config.json", Naming::Kept),
            ("icon.svg", Naming::Kept),
        ] {
            assert_eq!(naming(name), expected, "{name}");
        }
    }

    #[test]
    fn comments_stay_at_home() {
        let script = b"// Why.\nconst a = 1; // one\n  // here\n  const url = 'https://x';\n";
        let expected = b"const a = 1; // one\n  const url = 'https://x';\n";
        assert_eq!(without_comments(script), expected);

        let style = "/* One\n two. */\na { b: c; } /* d */\n@media x {\n  e { f: g; }\n}\n";
        assert_eq!(plain_style(style), "a { b: c; }\n@media x {\ne { f: g; }\n}\n");
    }

    #[test]
    fn the_wasm_file_is_found_in_cargos_messages() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"dep"},"filenames":["/t/dep.wasm"]}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"layermark"},"filenames":["/t/l.rlib"]}"#,
            "\nnoise\n",
            r#"{"reason":"compiler-artifact","target":{"name":"layermark"},"filenames":["/t/l.wasm"]}"#,
        );
        assert_eq!(wasm_path(messages), Some(PathBuf::from("/t/l.wasm")));
        assert_eq!(wasm_path(""), None);
    }
}
