//! What is exported, given to the tools that people use: `patch` and `skopeo` (Debian packages
//! `patch` and `skopeo`).

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)] // a test's helpers fail the test

mod support;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use layermark::export::{
    Archive, ArchiveError, ArchiveForm, ArchivePart, BlobSource, ForeignBlobs, LayoutName,
    ManifestFile, OpenedImage, Place, Push, Slices, Tool, WhyLeftOut, fetch_manifest,
    manifest_file_name, oci_layout, open_archive, open_image, prove, push_manifests,
    splices_between, unified_patch, verify_blob,
};
use layermark::image::{Image, ImageEdits, LayerPlace, Rendered, Selection, Slot};
use layermark::manifest::{Algorithm, Digest, Document, LayerMark};
use support::dir::Dir;
use support::process::run;
use support::program::program;
use support::registry::Registry;

#[test]
fn patch_applies_the_unified_patch() {
    let dir = Dir::new("patch");
    let check = |old: &str, new: &str| {
        std::fs::write(dir.path().join("m.json"), old).unwrap();
        let splices = splices_between(old.as_bytes(), new.as_bytes());
        let patch = unified_patch("m.json", old.as_bytes(), &splices);
        std::fs::write(dir.path().join("m.patch"), patch).unwrap();
        run(command(&dir, "patch").args(["-p0", "-i", "m.patch"]));
        assert_eq!(std::fs::read_to_string(dir.path().join("m.json")).unwrap(), new);
    };
    let lines: Vec<String> = (0..40).map(|line| format!("  \"key{line}\": {line}")).collect();
    let old = format!("{{\n{}\n}}", lines.join(",\n"));
    check(
        &old,
        &old.replace("\"key3\": 3", "\"key3\": 4").replace("  \"key39\": 39\n", "  \"z\": 39\n"),
    );
    check(&old, &(old.clone() + "\n"));
    check(&(old.clone() + "\n"), &old);
    check(&old.replace('\n', "\r\n"), &old.replace("39", "40").replace('\n', "\r\n"));
    check(&old.replace('\n', "\r\n"), &old);
    check(&old.replace('\n', ""), &old.replace('\n', "").replace("key7", "ключ"));
    check(&old, &old.replace("{\n", "{\n  \"first\": 0,\n").replace("key20", "key21"));
}

#[tokio::test]
async fn skopeo_reads_the_layout_and_its_archives_open() {
    let dir = Dir::new("layout");
    let made = two_platforms(&dir);
    let edits = ImageEdits::default();
    write_layout(&dir, "app.tar", &made, &edits);
    let raw = run(command(&dir, "skopeo").args(["inspect", "--raw", "oci-archive:app.tar:1.4"]));
    assert_eq!(Digest::sha256(&raw), *made.image.root());
    run(command(&dir, "skopeo").args([
        "inspect",
        "--override-arch=arm64",
        "oci-archive:app.tar:1.4",
    ]));
    let copy = ["copy", "--all", "-q", "oci-archive:app.tar:1.4", "oci-archive:again.tar:1.5"];
    run(command(&dir, "skopeo").args(copy));

    let file = FileSlices::open(&dir.path().join("again.tar"));
    let (archive, opened) = open_first(&file).await;
    assert_eq!((archive.form, archive.roots.len()), (ArchiveForm::OciLayout, 1));
    assert_eq!(archive.roots[0].names, ["1.5"]);
    assert_eq!(opened.image.root(), made.image.root());
    assert_eq!(opened.image.documents().count(), 3);
    assert!(!opened.manifest_made_here);
    let layers = Selection::default().select(&opened.image, &edits, &[]);
    assert_eq!(layers.len(), 4);
    for place in layers {
        let document = opened.image.document(&place.manifest).unwrap();
        let digest = &document.layers()[place.layer].digest;
        let slice = opened.blobs[digest];
        verify_blob(&file, digest, slice, &mut |_| {}).await.unwrap();
        let config = opened.image.config_of(&place.manifest).unwrap();
        assert_eq!(config.origins(2)[0].made_by, Some("ADD shared"));
    }

    // From slices of the archive that skopeo wrote, the same archive comes out as from memory.
    let blobs = opened.blobs.iter().map(|(id, slice)| (id.clone(), BlobSource::Slice(*slice)));
    let from_slices = Made { image: opened.image, blobs: blobs.collect() };
    write_layout_from(&dir, "slices.tar", &from_slices, &edits, Some(&file));
    let same = |name: &str| std::fs::read(dir.path().join(name)).unwrap();
    assert_eq!(same("slices.tar"), same("app.tar"));
}

#[tokio::test]
async fn skopeo_copies_an_edited_image_without_its_foreign_blobs() {
    let dir = Dir::new("foreign");
    let made = two_platforms(&dir);
    let mut edits = ImageEdits::default();
    let all = Selection::default().select(&made.image, &edits, &[]);
    let shared: Vec<LayerPlace> = all.into_iter().filter(|place| place.layer == 0).collect();
    let url = "http://127.0.0.1:9/blob";
    edits.mark_layers(&made.image, &shared, &LayerMark::foreign(vec![url.into()]));
    let left_out = write_layout(&dir, "app.tar", &made, &edits);
    assert_eq!(left_out, [WhyLeftOut::Foreign]);
    let copy = ["copy", "--all", "-q", "oci-archive:app.tar:1.4", "oci-archive:again.tar:1.4"];
    run(command(&dir, "skopeo").args(copy));
    let (_, opened) = open_first(&FileSlices::open(&dir.path().join("again.tar"))).await;
    let rendered = made.image.render(&edits, &Rendered::default());
    assert_eq!(Some(opened.image.root()), rendered.digest(made.image.root()));
}

#[tokio::test]
async fn a_docker_archive_opens_with_a_manifest_made_here() {
    let dir = Dir::new("docker");
    let made = two_platforms(&dir);
    write_layout(&dir, "app.tar", &made, &ImageEdits::default());
    let from = "oci-archive:app.tar:1.4";
    let copy = ["copy", "-q", "--override-arch=arm64", from, "docker-archive:saved.tar:app:1.4"];
    run(command(&dir, "skopeo").args(copy));
    let file = FileSlices::open(&dir.path().join("saved.tar"));
    let (archive, opened) = open_first(&file).await;
    assert_eq!(archive.form, ArchiveForm::DockerSave);
    assert_eq!(archive.roots[0].names, ["docker.io/library/app:1.4"]);
    assert!(opened.manifest_made_here);
    let edits = ImageEdits::default();
    let blobs = opened.blobs.iter().map(|(id, slice)| (id.clone(), BlobSource::Slice(*slice)));
    let made = Made { image: opened.image, blobs: blobs.collect() };
    write_layout_from(&dir, "made.tar", &made, &edits, Some(&file));
    // Without the tag: Skopeo looks for tags only among manifests of OCI types.
    let copy = ["copy", "-q", "--override-arch=arm64", "oci-archive:made.tar", "dir:out"];
    run(command(&dir, "skopeo").args(copy));
    let manifest = std::fs::read(dir.path().join("out/manifest.json")).unwrap();
    assert_eq!(Digest::sha256(&manifest), *made.image.root());

    let squeezed = run(command(&dir, "gzip").args(["-c", "saved.tar"]));
    std::fs::write(dir.path().join("saved.tar.gz"), squeezed).unwrap();
    let refused = open_archive(&FileSlices::open(&dir.path().join("saved.tar.gz"))).await;
    assert_eq!(refused, Err(ArchiveError::Compressed { command: "gzip -d" }));
}

#[test]
fn the_commands_do_what_they_say() {
    let dir = Dir::new("commands");
    let registry = Registry::allowing_urls();
    let made = two_platforms(&dir);
    let mut edits = ImageEdits::default();
    write_layout(&dir, "app's image.tar", &made, &edits);
    let shell = |line: &str| run(command(&dir, "bash").args(["-euc", line]));
    let target =
        Place { registry: registry.host.clone(), repository: "team/app".into(), plain_http: true };
    let mut push = Push {
        source: None,
        target: target.clone(),
        tag: Some("1.4".into()),
        manifests: Vec::new(),
        archive: "app's image.tar".into(),
    };
    let proven = |tool: Tool, digest: &Digest| {
        let said = String::from_utf8(shell(&prove(tool, &target, "1.4"))).unwrap();
        assert!(said.starts_with(digest.hex()), "{tool:?}: {said}");
    };
    push_manifests(Tool::Skopeo, &push).lines.iter().for_each(|line| drop(shell(line)));
    proven(Tool::Curl, made.image.root());

    let all = Selection::default().select(&made.image, &edits, &[]);
    let mark = LayerMark::foreign(vec!["https://cdn.example.com/blob".into()]);
    edits.mark_layers(&made.image, &all, &mark);
    let rendered = made.image.render(&edits, &Rendered::default());
    for (old, node) in rendered.children_first() {
        let file = manifest_file_name(&node.digest);
        dir.write(&file, &node.bytes);
        let (old, new) = (old.clone(), node.digest.clone());
        push.manifests.push(ManifestFile { file, old, new, media_type: node.media_type.into() });
    }
    push_manifests(Tool::Curl, &push).lines.iter().for_each(|line| drop(shell(line)));
    let root = rendered.node(made.image.root()).unwrap();
    for tool in [Tool::Curl, Tool::Skopeo] {
        proven(tool, &root.digest);
        shell(&fetch_manifest(tool, &target, root.digest.as_str(), "a file.json"));
        assert_eq!(std::fs::read(dir.path().join("a file.json")).unwrap(), *root.bytes);
    }
}

/// A program that runs in `dir`.
fn command(dir: &Dir, name: &str) -> Command {
    let mut command = program(name);
    command.current_dir(dir.path());
    command
}

/// An image and where its blobs are.
struct Made {
    image: Image,
    blobs: BTreeMap<Digest, BlobSource>,
}

/// Makes an image of two platforms whose first layer is the same.
fn two_platforms(dir: &Dir) -> Made {
    let mut blobs = BTreeMap::new();
    let mut keep = |bytes: Vec<u8>| {
        let digest = Digest::sha256(&bytes);
        blobs.insert(digest.clone(), BlobSource::Bytes(bytes.into()));
        digest
    };
    let mut layer = |name: &str| {
        std::fs::write(dir.path().join(name), name.repeat(1000)).unwrap();
        let fixed = ["--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
        let tar = run(command(dir, "tar").args(["-cf", "-"]).args(fixed).arg(name));
        dir.write("layer.tar", &tar);
        let gzip = run(command(dir, "gzip").args(["-nc", "layer.tar"]));
        let size = gzip.len();
        (Digest::sha256(&tar), keep(gzip), size)
    };
    let shared = layer("shared");
    let own = [layer("amd64"), layer("arm64")];
    let mut documents = Vec::new();
    for (architecture, own) in ["amd64", "arm64"].into_iter().zip(own) {
        let config = format!(
            r#"{{"architecture":"{architecture}","os":"linux","config":{{}},"history":[{{"created_by":"ADD shared"}},{{"created_by":"ADD {architecture}"}}],"rootfs":{{"type":"layers","diff_ids":["{}","{}"]}}}}"#,
            shared.0, own.0
        );
        let layers = [&shared, &own].map(|(_, digest, size)| {
            format!(
                r#"{{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{digest}","size":{size}}}"#
            )
        });
        let size = config.len();
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":{size}}},"layers":[{}]}}"#,
            keep(config.into_bytes()),
            layers.join(",")
        );
        let parsed = Document::parse(manifest.into_bytes(), None, Algorithm::Sha256).unwrap();
        documents.push((architecture, parsed));
    }
    let entries: Vec<String> = documents
        .iter()
        .map(|(architecture, document)| {
            format!(
                r#"{{"mediaType":"{}","digest":"{}","size":{},"platform":{{"os":"linux","architecture":"{architecture}"}}}}"#,
                document.kind().media_type(),
                document.digest(),
                document.bytes().len()
            )
        })
        .collect();
    let root = format!(
        "{{\n \"schemaVersion\": 2,\n \"mediaType\": \"application/vnd.oci.image.index.v1+json\",\n \"manifests\": [{}]\n}}\n",
        entries.join(", ")
    );
    let root = Document::parse(root.into_bytes(), None, Algorithm::Sha256).unwrap();
    let mut image = Image::new(root);
    for (_, document) in documents {
        image.insert(document.digest().clone(), Slot::Loaded(Arc::new(document)));
    }
    Made { image, blobs }
}

/// Writes the edited image as an archive and returns why blobs are missing in it.
fn write_layout(dir: &Dir, name: &str, made: &Made, edits: &ImageEdits) -> Vec<WhyLeftOut> {
    write_layout_from(dir, name, made, edits, None)
}

fn write_layout_from(
    dir: &Dir,
    name: &str,
    made: &Made,
    edits: &ImageEdits,
    source: Option<&FileSlices>,
) -> Vec<WhyLeftOut> {
    let rendered = made.image.render(edits, &Rendered::default());
    let called = LayoutName { tag: Some("1.4".into()), reference: None };
    let foreign = ForeignBlobs::LeaveOut;
    let layout = oci_layout(&made.image, edits, &rendered, &called, &made.blobs, foreign).unwrap();
    let mut file = File::create(dir.path().join(name)).unwrap();
    for part in &layout.parts {
        match (part, source) {
            (ArchivePart::Bytes(bytes), _) => file.write_all(bytes).unwrap(),
            (ArchivePart::Slice(slice), Some(source)) => {
                file.write_all(&source.bytes(slice.range())).unwrap();
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(file.metadata().unwrap().len(), layout.size);
    layout.left_out.iter().map(|out| out.why).collect()
}

async fn open_first(file: &FileSlices) -> (Archive, OpenedImage) {
    let archive = open_archive(file).await.unwrap();
    let opened = open_image(file, &archive, &archive.roots[0], &mut |_| {}).await.unwrap();
    (archive, opened)
}

/// A file on disk that is read by slices.
#[derive(Debug)]
struct FileSlices {
    file: File,
    size: u64,
}

impl FileSlices {
    fn open(path: &Path) -> Self {
        let file = File::open(path).unwrap();
        let size = file.metadata().unwrap().len();
        Self { file, size }
    }

    fn bytes(&self, range: Range<u64>) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(range.end - range.start).unwrap()];
        self.file.read_exact_at(&mut bytes, range.start).unwrap();
        bytes
    }
}

impl Slices for FileSlices {
    fn size(&self) -> u64 {
        self.size
    }

    async fn read(&self, range: Range<u64>) -> Result<Vec<u8>, ArchiveError> {
        Ok(self.bytes(range))
    }
}
