//! Splits the app's wasm file at the call that `src/ui/parts.rs` declares: what opening and marking
//! need stays in the first file, everything else comes when it is asked for.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use wasm_encoder::reencode::{Reencode as _, RoundtripReencoder};

use crate::assets::{Asset, Naming};
use crate::build::LOADER;

/// The files that the split makes.
pub struct Split {
    /// The first wasm file, before wasm-bindgen.
    pub first: PathBuf,
    /// The other wasm files and the script that loads them.
    pub assets: Vec<Asset>,
}

/// Splits `wasm` into files below `folder`.
pub fn split(wasm: &Path, folder: &Path) -> Result<Split> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    let bytes = fs::read(wasm)?;
    let first = folder.join("layermark.wasm");
    let link = format!("./{LOADER}");
    let mut options = wasm_split_cli_support::Options::new(&bytes);
    options.output_dir = folder;
    options.main_out_path = &first;
    options.main_module = "./layermark.js";
    options.link_name = &link;
    let made = wasm_split_cli_support::transform(options).map_err(|error| anyhow!("{error:?}"))?;

    let mut loader = fs::read_to_string(folder.join(LOADER))?;
    let mut assets = Vec::new();
    for path in made.split_modules {
        let file = path.file_name().and_then(|name| name.to_str()).context("a file has no name")?;
        let name = published_name(file);
        if replace(&mut loader, &format!("\"./{file}\", import.meta.url)"), &placeholders(&name)) {
            let bytes = compact(&fs::read(&path)?).with_context(|| format!("{file} is broken"))?;
            assets.push(Asset { name, bytes, naming: Naming::Hashed });
        }
    }
    loader.push_str(&early(&published_name("split_second.wasm")));
    for (from, to) in LOADER_CHANGES {
        if !replace(&mut loader, from, to) {
            bail!("the loader of parts does not say {from:?}; see LOADER_CHANGES");
        }
    }
    assets.push(Asset {
        name: LOADER.to_owned(),
        bytes: loader.into_bytes(),
        naming: Naming::Hashed,
    });
    Ok(Split { first, assets })
}

/// What is changed in the loader that the library writes: it would import the script that imports
/// it, which no two names with hashes can do, and it would insist on the server's media type. And it
/// takes the answer to a request that was made before.
const LOADER_CHANGES: [(&str, &str); 3] = [
    ("const src = fetch(", "const src = takeEarly() ?? fetch("),
    (
        "import { initSync } from \"./layermark.js\";",
        "const initSync = () => globalThis.layermark.initSync();",
    ),
    (
        "WebAssembly.instantiateStreaming(src, imports)",
        "src.then((file) => file.arrayBuffer()).then((bytes) => WebAssembly.instantiate(bytes, imports))",
    ),
];

/// What is added to the loader: where a link names an image, and in a worker, the second file is
/// needed for certain and fetched beside the first.
fn early(second: &str) -> String {
    let fetch = placeholders(second);
    format!(
        "let early;
function takeEarly() {{
    const taken = early;
    early = undefined;
    return taken;
}}
if (typeof document === \"undefined\" || /[#&]ref=/.test(location.hash)) {{
    early = fetch(new URL({fetch});
    early.catch(() => {{}});
}}
"
    )
}

/// `split_second.wasm` is the second file, `chunk_7.wasm` what several would share.
fn published_name(file: &str) -> String {
    match file.strip_prefix("split_") {
        Some(part) => format!("parts/{part}"),
        None => format!("parts/{}", file.replace("chunk_", "shared-")),
    }
}

/// The published name and the integrity value, in the place of `"./file", import.meta.url)`.
fn placeholders(name: &str) -> String {
    format!(
        "\"./{{{{asset:{name}}}}}\", import.meta.url), {{ integrity: \"{{{{integrity:{name}}}}}\" }}"
    )
}

/// Replaces `from` wherever it stands; whether it did.
fn replace(text: &mut String, from: &str, to: &str) -> bool {
    let found = text.contains(from);
    if found {
        *text = text.replace(from, to);
    }
    found
}

/// The same module without names and other custom sections, and with numbers in as few bytes as
/// they need: the linker leaves room in them.
fn compact(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut module = wasm_encoder::Module::new();
    Compact.parse_core_module(&mut module, wasmparser::Parser::new(0), bytes)?;
    Ok(module.finish())
}

struct Compact;

impl wasm_encoder::reencode::Reencode for Compact {
    type Error = <RoundtripReencoder as wasm_encoder::reencode::Reencode>::Error;

    fn parse_custom_section(
        &mut self,
        _: &mut wasm_encoder::Module,
        _: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), wasm_encoder::reencode::Error<Self::Error>> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(published_name("split_second.wasm"), "parts/second.wasm");
        assert_eq!(published_name("chunk_7.wasm"), "parts/shared-7.wasm");
    }

    #[test]
    fn a_module_loses_only_what_it_does_not_need() {
        let mut module = wasm_encoder::Module::new();
        let mut types = wasm_encoder::TypeSection::new();
        types.ty().function([], []);
        module.section(&types);
        let bare = module.clone().finish();
        module.section(&wasm_encoder::CustomSection {
            name: "name".into(),
            data: b"much".as_slice().into(),
        });
        assert!(module.clone().finish().len() > bare.len());
        assert_eq!(compact(&module.finish()).unwrap(), bare);
        assert!(compact(b"no wasm").is_err());
    }
}
