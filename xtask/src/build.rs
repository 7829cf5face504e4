//! `cargo xtask build`: the page as static files.
//!
//! `dist/` can be served from any path by any server: URLs are relative, names carry hashes,
//! scripts and wasm carry integrity values, the policy stands in the page, and `.br` and `.gz` lie
//! beside each file. `index.html` and `static/` are the sources; [`crate::assets`] tells of the
//! placeholders in them.

use std::fs;
use std::io::Write as _;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, Result, anyhow, bail};

use crate::assets::{Asset, Naming, PORTAL_SETTINGS, Published, publish};
use crate::csp;
use crate::needs::{self, Need};
use crate::split::{LOADER, split};
use crate::workspace::{WASM, cargo, root, step};

/// Options of `cargo xtask build`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Options {
    /// Build fast: without optimisation and without compressed files
    #[arg(long)]
    pub dev: bool,
    /// Where to write the page [default: dist/]
    #[arg(long, value_name = "DIR")]
    pub dist: Option<PathBuf>,
}

/// Files of `static/` that others look for by name, although they end in `.js`.
const KEPT_SCRIPTS: [&str; 1] = ["sw.js"];

impl Options {
    /// The folder that is written.
    pub fn dist(&self) -> PathBuf {
        self.dist.clone().unwrap_or_else(|| root().join("dist"))
    }
}

/// Builds the page.
pub fn run(options: &Options) -> Result<()> {
    needs::ensure(&[Need::WasmTarget])?;
    let wasm = step("cargo build", || compile(options.dev))?;
    let bindings = root().join("target/xtask/bindgen");
    // Nobody waits for transfers while developing.
    let (wasm, parts) = if options.dev {
        (wasm, Vec::new())
    } else {
        let split = step("split", || split(&wasm, &root().join("target/xtask/split")))?;
        (split.first, split.assets)
    };
    step("wasm-bindgen", || bind(&wasm, &bindings))?;
    let files = step("assets", || assemble(&bindings, parts))?;
    let dist = options.dist();
    step("write", || write(&files, &dist))?;
    if !options.dev {
        step("compress", || compress(&files, &dist))?;
    }
    Ok(())
}

/// Compiles the app and returns the path of its wasm file.
fn compile(dev: bool) -> Result<PathBuf> {
    let mut command = cargo();
    command.args(["build", "--package", "layermark", "--bin", "layermark", "--target", WASM]);
    command.arg("--message-format=json-render-diagnostics");
    if !dev {
        command.args(["--release", "--features", "split"]);
        // Panic messages name source files: without this the build would tell where it was made,
        // and differ from machine to machine.
        command
            .arg("--config")
            .arg(format!("target.{WASM}.rustflags={}", serde_json::Value::from(remap_flags()?)));
    }
    let output = command.stderr(Stdio::inherit()).output().context("cargo could not be started")?;
    if !output.status.success() {
        bail!("the app does not compile");
    }
    wasm_path(&String::from_utf8_lossy(&output.stdout))
        .ok_or_else(|| anyhow!("cargo built no wasm file"))
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

/// `--remap-path-prefix` for the checkout and for the sources of dependencies.
fn remap_flags() -> Result<Vec<String>> {
    let mut flags = vec![
        format!("--remap-path-prefix={}=.", root().display()),
        // What refers to what, for the step that splits the file.
        "-Clink-arg=--emit-relocs".to_owned(),
    ];
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
        .ok_or_else(|| anyhow!("neither CARGO_HOME nor a home folder is known"))?;
    // Each registry has a folder of its own, named after its host.
    for folder in fs::read_dir(home.join("registry/src")).into_iter().flatten() {
        flags.push(format!("--remap-path-prefix={}=crates", folder?.path().display()));
    }
    Ok(flags)
}

/// Writes the JavaScript side of `wasm`, and `wasm` without its names, into `folder`.
fn bind(wasm: &Path, folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let arguments = [
        "wasm-bindgen".as_ref(),
        wasm.as_os_str(),
        "--target=web".as_ref(),
        "--out-name=layermark".as_ref(),
        "--no-typescript".as_ref(),
        // The default URL would miss the hash in the name; `static/boot.js` gives the right one.
        "--omit-default-module-path".as_ref(),
        // The parts share memory and function table with the first file.
        "--keep-lld-exports".as_ref(),
        // The names are half of the file. The section `target_features` must stay.
        "--remove-name-section".as_ref(),
        "--remove-producers-section".as_ref(),
        "--out-dir".as_ref(),
        folder.as_os_str(),
    ];
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(arguments)?;
    if folder.join("snippets").exists() {
        bail!("a dependency brings JavaScript of its own; the page has no place for it");
    }
    Ok(())
}

/// Collects all files of the page and gives them their names.
fn assemble(bindings: &Path, parts: Vec<Asset>) -> Result<Vec<Published>> {
    let mut assets = vec![
        read(&root().join("index.html"), "index.html", Naming::Kept)?,
        glue(&bindings.join("layermark.js"))?,
        read(&bindings.join("layermark_bg.wasm"), "layermark.wasm", Naming::Hashed)?,
    ];
    assets.extend(parts);
    for language in ["de", "en"] {
        let bytes = texts(&root().join("texts").join(language))?;
        let name = format!("texts/{language}.txt");
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

/// Writes `.br` and `.gz` beside each file that a portal does not change.
fn compress(files: &[Published], dist: &Path) -> Result<()> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = files
            .iter()
            .filter(|file| file.path != PORTAL_SETTINGS)
            .map(|file| {
                scope.spawn(move || -> Result<()> {
                    fs::write(dist.join(format!("{}.br", file.path)), brotli(&file.bytes)?)?;
                    fs::write(dist.join(format!("{}.gz", file.path)), gzip(&file.bytes)?)?;
                    Ok(())
                })
            })
            .collect();
        for thread in threads {
            thread.join().map_err(|_| anyhow!("compression failed"))??;
        }
        Ok(())
    })
}

/// `bytes` in brotli at its highest level.
pub fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: bytes.len(),
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters)?;
    Ok(out)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
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

    #[test]
    fn compressed_bytes_come_back() {
        let bytes = b"abc".repeat(1000);
        let packed = brotli(&bytes).unwrap();
        assert!(packed.len() < 100);
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut &packed[..], &mut back).unwrap();
        assert_eq!(back, bytes);
    }
}
