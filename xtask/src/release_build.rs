//! The page as it is deployed: optimised, split into parts, with `.br` and `.gz` beside each file.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};

use crate::assets::{PORTAL_SETTINGS, Published};
use crate::build::{cargo_build, compile, publish_page};
use crate::release;
use crate::split::split;
use crate::workspace::{WASM, long_step, root, step};

/// Builds the page into `dist`.
pub fn run(dist: &Path) -> Result<()> {
    let wasm = long_step("build the editor for release", || {
        let mut build = cargo_build();
        build.args(["--release", "--features", "split"]);
        // Panic messages name source files: without this the build would tell where it was made,
        // and differ from machine to machine.
        let flags = serde_json::Value::from(remap_flags()?);
        compile(build.arg("--config").arg(format!("target.{WASM}.rustflags={flags}")))
    })?;
    let split = step("split", || split(&wasm, &root().join("target/xtask/split")))?;
    let files = publish_page(&split.first, split.assets, dist)?;
    // Beside the page, not of it: the service worker does not keep them.
    let beside = release::compatibility(dist)?;
    step("compress", || compress(files.iter().chain(&beside), dist))
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

/// Writes `.br` and `.gz` beside each file that a portal does not change.
fn compress<'a>(files: impl Iterator<Item = &'a Published>, dist: &Path) -> Result<()> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = files
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
    fn compressed_bytes_come_back() {
        let bytes = b"abc".repeat(1000);
        let packed = brotli(&bytes).unwrap();
        assert!(packed.len() < 100);
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut &packed[..], &mut back).unwrap();
        assert_eq!(back, bytes);
    }
}
