//! The software bill of materials: the crates that are compiled into the page, with their licences.
//!
//! Code that only runs while the page is built (procedural macros, build scripts) is not listed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::workspace::{WASM, cargo, root};

/// A crate in the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crate {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence as an SPDX expression.
    pub license: String,
    /// SHA-256 of its archive, in hex; a crate of this project has none.
    pub checksum: Option<String>,
    folder: PathBuf,
}

/// The crates in the page, by name.
pub fn crates() -> Result<Vec<Crate>> {
    let mut metadata = cargo();
    metadata.args(["metadata", "--format-version=1", "--locked", "--features", "layermark/split"]);
    let output = metadata.args(["--filter-platform", WASM]).output()?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let lock =
        fs::read_to_string(root().join("Cargo.lock")).context("Cargo.lock cannot be read")?;
    listed(&serde_json::from_slice(&output.stdout)?, &lock)
}

/// The crates that `layermark` reaches in what `cargo metadata` says.
fn listed(metadata: &Value, lock: &str) -> Result<Vec<Crate>> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages: BTreeMap<String, Value> =
        list(&metadata["packages"]).into_iter().map(|it| (text(&it["id"]), it)).collect();
    let nodes: BTreeMap<String, Value> =
        list(&metadata["resolve"]["nodes"]).into_iter().map(|it| (text(&it["id"]), it)).collect();
    let runs = |id: &str| {
        let targets = packages.get(id).map(|package| list(&package["targets"])).unwrap_or_default();
        !targets.iter().any(|target| list(&target["kind"]).contains(&json!("proc-macro")))
    };
    let first = packages.iter().find(|(_, package)| package["name"] == "layermark");
    let mut open = vec![first.context("cargo knows no layermark")?.0.clone()];
    let mut reached = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !runs(&id) || !reached.insert(id.clone()) {
            continue;
        }
        for dependency in nodes.get(&id).map(|node| list(&node["deps"])).unwrap_or_default() {
            if list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()) {
                open.push(text(&dependency["pkg"]));
            }
        }
    }
    let checksums = checksums(lock);
    let mut crates: Vec<Crate> = reached
        .iter()
        .filter_map(|id| packages.get(id))
        .map(|package| {
            let (name, version) = (text(&package["name"]), text(&package["version"]));
            let manifest = PathBuf::from(text(&package["manifest_path"]));
            Crate {
                checksum: checksums
                    .get(&(name.as_str(), version.as_str()))
                    .map(|&it| it.to_owned()),
                // The older spelling of “or”.
                license: text(&package["license"]).replace('/', " OR "),
                folder: manifest.parent().map(Path::to_owned).unwrap_or_default(),
                name,
                version,
            }
        })
        .collect();
    crates.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    Ok(crates)
}

/// The checksums in a `Cargo.lock`, by name and version.
fn checksums(lock: &str) -> BTreeMap<(&str, &str), &str> {
    let blocks = lock.split("[[package]]");
    let entries = blocks.filter_map(|block| {
        let value = |key: &str| {
            let mut lines = block.lines();
            lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"'))
        };
        Some(((value("name")?, value("version")?), value("checksum")?))
    });
    entries.collect()
}

/// The list as a CycloneDX 1.5 document. It holds no time and no random number: the same sources give
/// the same bytes.
pub fn cyclone_dx(crates: &[Crate], version: &str) -> String {
    let components: Vec<Value> = crates
        .iter()
        .filter(|it| it.name != "layermark")
        .map(|it| {
            let mut component = json!({
                "type": "library",
                "name": it.name,
                "version": it.version,
                "licenses": [{ "expression": it.license }],
            });
            // A crate of this project may bear the name of a published one, which it is not.
            if let Some(checksum) = &it.checksum {
                component["purl"] = json!(format!("pkg:cargo/{}@{}", it.name, it.version));
                component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
            }
            component
        })
        .collect();
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": {
            "type": "application",
            "name": "layermark",
            "version": version,
            "licenses": [{ "expression": "MIT OR Apache-2.0" }],
        } },
        "components": components,
    });
    format!("{document:#}\n")
}

/// The licences' texts as their crates bring them, each once, with the crates under it. For a crate
/// that brings none and may be used under Apache 2.0, that text stands, which names no holder.
///
/// # Errors
/// When a crate brings no text and is under other licences only.
pub fn licenses(crates: &[Crate]) -> Result<String> {
    const APACHE: &str = include_str!("../../LICENSE-APACHE");
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut out = "Layermark and the crates that are compiled into it.\n\n".to_owned();
    for it in crates {
        let name = format!("{} {}", it.name, it.version);
        writeln!(out, "{name}: {}", it.license)?;
        let mut add = |text: &str| {
            texts.entry(text.trim_end().to_owned()).or_default().push(name.clone());
        };
        let files = license_files(&it.folder)?;
        for path in &files {
            add(&String::from_utf8_lossy(&fs::read(path)?).replace("\r\n", "\n"));
        }
        if files.is_empty() {
            if !it.license.contains("Apache-2.0") || it.license.contains(" AND ") {
                bail!("{name} brings no text of its licence, {}", it.license);
            }
            add(APACHE);
        }
    }
    let mut texts: Vec<(String, Vec<String>)> = texts.into_iter().collect();
    texts.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
    for (text, names) in texts {
        writeln!(out, "\n{}\n{}:\n\n{text}", "=".repeat(80), names.join(", "))?;
    }
    Ok(out)
}

fn license_files(folder: &Path) -> Result<Vec<PathBuf>> {
    const BEGINNINGS: [&str; 5] = ["license", "licence", "copying", "notice", "unlicense"];
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
        let code = Path::new(&name).extension().is_some_and(|ending| ending == "rs");
        if entry.path().is_file() && !code && BEGINNINGS.iter().any(|it| name.starts_with(it)) {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.0.0\"\n\
        source = \"registry\"\nchecksum = \"00ff\"\n\n[[package]]\nname = \"layermark\"\nversion = \"2.0.0\"\n";

    fn package(name: &str, kind: &str) -> Value {
        json!({
            "id": name, "name": name, "version": "1.0.0", "license": "MIT/Apache-2.0",
            "manifest_path": format!("/x/{name}/Cargo.toml"), "targets": [{ "kind": [kind] }],
        })
    }

    #[test]
    fn only_what_runs_in_the_page_is_listed() {
        let needs =
            |name: &str, kind: Value| json!({ "pkg": name, "dep_kinds": [{ "kind": kind }] });
        let metadata = json!({
            "packages": [
                package("layermark", "lib"), package("a", "lib"), package("macro", "proc-macro"),
                package("behind", "lib"), package("tested", "lib"), package("other", "lib"),
            ],
            "resolve": { "nodes": [
                { "id": "layermark", "deps": [
                    needs("a", Value::Null), needs("macro", Value::Null), needs("tested", json!("dev")),
                ] },
                { "id": "macro", "deps": [needs("behind", Value::Null)] },
                { "id": "a", "deps": [needs("layermark", json!("build"))] },
            ] },
        });
        let crates = listed(&metadata, LOCK).unwrap();
        let names: Vec<&str> = crates.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["a", "layermark"]);
        assert_eq!(crates[0].license, "MIT OR Apache-2.0");
        assert_eq!(crates[0].checksum.as_deref(), Some("00ff"));
        let document: Value = serde_json::from_str(&cyclone_dx(&crates, "2.0.0")).unwrap();
        assert_eq!(document["components"].as_array().unwrap().len(), 1);
        assert_eq!(document["components"][0]["hashes"][0]["content"], "00ff");
        assert_eq!(document["components"][0]["purl"], "pkg:cargo/a@1.0.0");
        let mut own = crates[0].clone();
        own.checksum = None;
        let document: Value = serde_json::from_str(&cyclone_dx(&[own], "2.0.0")).unwrap();
        assert!(document["components"][0]["purl"].is_null());
    }

    /// `deny.toml` is the one list of licences; `cargo deny` reads it, too.
    #[test]
    fn every_licence_in_the_page_is_an_allowed_one() {
        const DENY: &str = include_str!("../../deny.toml");
        let list = DENY.split("allow = [").nth(1).and_then(|rest| rest.split(']').next()).unwrap();
        let allowed: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
        let is_allowed = |expression: &str| {
            let plain = expression.replace(['(', ')'], "");
            plain
                .split(" AND ")
                .all(|part| part.split(" OR ").any(|it| allowed.contains(&it.trim())))
        };
        assert!(
            !is_allowed("GPL-3.0-only") && !is_allowed("") && is_allowed("MIT OR GPL-3.0-only")
        );
        let crates = crates().unwrap();
        assert!(crates.iter().any(|it| it.name == "yew"));
        // It fails where a text is missing.
        let texts = licenses(&crates).unwrap();
        assert!(texts.contains("yew ") && texts.contains("Apache License"));
        for it in crates {
            assert!(is_allowed(&it.license), "{} {}: {}", it.name, it.version, it.license);
            assert!(
                it.checksum.is_some() || it.folder.starts_with(root()),
                "{} has another source",
                it.name
            );
        }
    }
}
