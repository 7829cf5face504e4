//! From mark to delivery: marked layers reach their URLs as files and by `PUT`, on a
//! server with TLS and HTTP/2 that follows the very rules that the page hands out.

use layermark::deliver::{Delivery, MarkedLayer, server_files};
use layermark::manifest::Digest;

use crate::paste::sha256sum;
use crate::support::dir::Dir;
use crate::support::image::TestImage;
use crate::support::page::{Page, with_page_and_flags};
use crate::support::process::run;
use crate::support::program::program;
use crate::support::registry::Registry;
use crate::support::server::Server;
use crate::support::steps::{load, push};
use crate::support::web_root::{WebRoot, files};

/// Chromium that trusts the server's certificate.
fn trusting() -> [String; 1] {
    ["--ignore-certificate-errors".to_owned()]
}

/// The server's rules of this name, as the page at `origin` writes them.
fn rules(name: &str, origin: &str, folder: &str) -> String {
    let url = "https://cdn.example/blobs/1".to_owned();
    let layer =
        MarkedLayer { digest: Digest::sha256(b""), size: 0, urls: vec![url], as_loaded: false };
    let files = server_files(&Delivery::new(&[layer]), origin);
    let text = &files.iter().find(|file| file.name == name).unwrap().text;
    text.replace("/srv/layers", folder)
}

/// A registry with an image of three layers, and the page in front of it.
struct Vendor {
    registry: Registry,
    image: TestImage,
    server: Server,
}

impl Vendor {
    fn start() -> Self {
        let registry = Registry::allowing_urls();
        let image = TestImage::oci(&["base", "libraries", "app"]);
        image.push(&registry.url, "team/app", "1.4", &[]);
        let server = Server::in_front_of(&registry.url);
        Self { registry, image, server }
    }

    fn origin(&self) -> String {
        format!("http://{}", self.server.host)
    }

    /// Opens the image and marks its first two layers with URLs at `cdn`.
    async fn mark(&self, page: &Page, cdn: &str) {
        page.open(&self.server.url).await;
        page.allow(cdn);
        load(page, "team/app:1.4").await;
        page.output("Original digest").await;
        page.fill("URL template", &format!("{cdn}/blobs/{{hex}}")).await;
        for layer in [0, 1] {
            page.switch(&format!("Mark layer {layer} as foreign"), true).await;
        }
        page.press("Deliver").await;
        page.one("region", "Deliver").await;
        page.expect_text("0 of 2 URLs verified").await;
    }

    /// The files that the web root is to have, by their paths.
    fn wanted(&self) -> Vec<(String, Vec<u8>)> {
        let file = |index: usize| {
            let path = format!("blobs/{}", self.image.layer(index).trim_start_matches("sha256:"));
            (path, self.image.blobs[index + 1].clone())
        };
        let mut wanted = vec![file(0), file(1)];
        wanted.sort();
        wanted
    }
}

/// Puts the browser's own storage in the place of the folder that a person chooses.
async fn choose_folder(page: &Page) {
    page.script(
        "window.showDirectoryPicker = async () =>
            (await navigator.storage.getDirectory()).getDirectoryHandle('web-root', { create: true })",
    )
    .await;
}

/// Every file in that folder, as its path and the SHA-256 of its content; `None` while that cannot be
/// told, for a file that is moved to its final name as this looks.
async fn in_folder(page: &Page) -> Option<Vec<String>> {
    let script = "return (async () => {
        const root = await (await navigator.storage.getDirectory()).getDirectoryHandle('web-root');
        const found = [];
        const sum = async (file) => {
            const bytes = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
            return [...new Uint8Array(bytes)].map((it) => it.toString(16).padStart(2, '0')).join('');
        };
        const walk = async (folder, path) => {
            for await (const [name, handle] of folder.entries()) {
                if (handle.kind === 'directory') await walk(handle, `${path}${name}/`);
                else found.push(`${path}${name} ${await sum(await handle.getFile())}`);
            }
        };
        return walk(root, '').then(() => found.sort(), () => null);
    })()";
    serde_json::from_value(page.script(script).await).unwrap()
}

#[tokio::test]
async fn files_and_put_make_every_url_true() {
    let vendor = Vendor::start();
    let origin = vendor.origin();
    let cdn = WebRoot::start(|folder| rules("nginx-put.conf", &origin, folder));
    with_page_and_flags(&trusting(), |page| async move {
        page.excuse("status of 404");
        vendor.mark(&page, &cdn.url).await;
        let wanted = vendor.wanted();

        // As an archive, unpacked by tar into a web root.
        page.script("window.showSaveFilePicker = undefined").await;
        page.press("Save layers as archive").await;
        let (name, archive) = page.downloaded().await;
        assert_eq!(name, "team-app-1.4.layers.tar");
        page.expect_text("All layers were written and verified").await;
        let dir = Dir::new("unpacked");
        let file = dir.write("layers.tar", &archive);
        let root = dir.path().join("root");
        std::fs::create_dir(&root).unwrap();
        run(program("tar").arg("-xf").arg(&file).arg("-C").arg(&root));
        run(program("sha256sum").current_dir(&root).args(["--check", "SHA256SUMS"]));
        let written = files(&root);
        for file in &wanted {
            assert!(written.contains(file), "{}", file.0);
        }
        let rule = |(path, _): &&(String, Vec<u8>)| path.starts_with("server-rules/");
        assert_eq!(written.iter().filter(rule).count(), 7);

        // Into a folder: the same files, and none under a temporary name.
        choose_folder(&page).await;
        page.press("Write layers into a folder").await;
        page.until("the folder", || async {
            let sum = |bytes: &[u8]| sha256sum(bytes).trim_start_matches("sha256:").to_owned();
            let all: Vec<String> =
                written.iter().map(|(path, bytes)| format!("{path} {}", sum(bytes))).collect();
            (in_folder(&page).await? == all).then_some(())
        })
        .await;

        // Straight to the server, which then serves what the URLs promise.
        page.press("Send layers to the server").await;
        page.expect_text("2 layers were sent").await;
        page.expect_text("2 of 2 URLs verified").await;
        assert_eq!(files(&cdn.folder()), wanted);
        assert!(cdn.log().contains("PUT /blobs/"), "{}", cdn.log());
        assert!(cdn.log().contains("HTTP/2.0\" 201"), "{}", cdn.log());

        // The push knows; copies leave the layers out and clients fetch them from the URLs.
        push(&page, "team/app:1.4").await;
        let digest = page.output("New digest").await;
        let registry = &vendor.registry;
        assert_eq!(sha256sum(&registry.manifest("team/app", "1.4").body), digest);
        let customer = Registry::allowing_urls();
        let copy = format!("docker://{}/copy:1", customer.host);
        let skopeo = || {
            let mut command = program("skopeo");
            command.env("SSL_CERT_FILE", cdn.certificate());
            command.args(["--insecure-policy", "copy", "--src-tls-verify=false"]);
            command
        };
        let from = format!("docker://{}/team/app:1.4", registry.host);
        run(skopeo().args(["--dest-tls-verify=false", &from, &copy]));
        for (layer, there) in [(0, false), (1, false), (2, true)] {
            assert_eq!(customer.has_blob("copy", &vendor.image.layer(layer)), there, "{layer}");
        }
        let pulled = dir.path().join("pulled");
        run(skopeo().arg(&copy).arg(format!("dir:{}", pulled.display())));
        for index in 0..3 {
            let name = vendor.image.layer(index).trim_start_matches("sha256:").to_owned();
            assert_eq!(std::fs::read(pulled.join(name)).unwrap(), vendor.image.blobs[index + 1]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_that_does_not_take_layers_is_understood() {
    let vendor = Vendor::start();
    let origin = vendor.origin();
    let cors = format!(
        "add_header Access-Control-Allow-Origin \"{origin}\" always;\n\
         add_header Access-Control-Allow-Methods PUT always;\n\
         if ($request_method = OPTIONS) {{ return 204; }}\n"
    );
    let elsewhere = WebRoot::start(|_| format!("{cors}location / {{ return 201; }}\n"));
    let cdn = WebRoot::start(|folder| {
        let keeps = rules("nginx-put.conf", &origin, folder);
        format!(
            "{keeps}\nlocation /expired/ {{\n{cors}return 403;\n}}\n\
             location /static/ {{\nroot {folder};\n{cors}}}\n\
             location /forgets/ {{\n{cors}return 200 ok;\n}}\n\
             location /moved/ {{\n{cors}return 307 {elsewhere}/x;\n}}\n\
             location /login/ {{\n{cors}return 303 {elsewhere}/login;\n}}\n",
            elsewhere = elsewhere.url,
        )
    });
    with_page_and_flags(&trusting(), |page| async move {
        for text in ["status of 40", "CORS policy", "net::ERR_"] {
            page.excuse(text);
        }
        vendor.mark(&page, &cdn.url).await;
        // Chromium's protocol names a redirect's target before the redirect is refused.
        page.allow(&elsewhere.url);
        for (presigned, expected) in [
            ("/expired/{hex}?X-Amz-Signature=s3cr3t", "The signature may have expired"),
            ("/static/{hex}", "takes no PUT there"),
            ("/nowhere/{hex}", "There was no answer that the page may read"),
            ("/moved/{hex}", "The server redirects to somewhere else"),
            ("/login/{hex}", "The server redirects to somewhere else"),
        ] {
            let field = "Presigned URLs, one a line, or a template; empty for the URLs themselves";
            page.fill(field, &format!("{}{presigned}", cdn.url)).await;
            page.press("Send layers to the server").await;
            page.expect_text(expected).await;
            page.expect_text("2 of 2 layers were not sent").await;
            assert!(!page.text().await.contains("s3cr3t"));
        }
        assert_eq!(elsewhere.log(), "", "nothing arrives where a server redirects to");
        // A server that says yes and keeps nothing is found out by downloading.
        page.fill(
            "Presigned URLs, one a line, or a template; empty for the URLs themselves",
            &format!("{}/forgets/{{hex}}", cdn.url),
        )
        .await;
        page.press("Send layers to the server").await;
        page.expect_text("2 layers were sent").await;
        page.expect_text("✕ is not there (status 404)").await;
        page.expect_text("0 of 2 URLs verified").await;
        assert_eq!(files(&cdn.folder()), []);
    })
    .await;
}

#[tokio::test]
async fn wrong_bytes_and_a_full_disk_leave_nothing_behind() {
    let vendor = Vendor::start();
    vendor.registry.spoil(&vendor.image.layer(1));
    with_page_and_flags(&trusting(), |page| async move {
        page.excuse("status of 404");
        vendor.mark(&page, "https://cdn.example.com").await;
        choose_folder(&page).await;
        page.press("Write layers into a folder").await;
        page.expect_alert("could not be fetched").await;
        let spoiled = vendor.image.layer(1).trim_start_matches("sha256:").to_owned();
        let gone = || async {
            let found = in_folder(&page).await?;
            let is_left =
                found.iter().any(|name| name.contains(&spoiled) || name.contains("-part"));
            (!is_left).then_some(())
        };
        page.until("the file to go away", gone).await;

        page.script(
            "FileSystemWritableFileStream.prototype.write = async () => {
                throw new DOMException('full', 'QuotaExceededError');
            }",
        )
        .await;
        page.press("Write layers into a folder").await;
        page.expect_alert("no room left").await;
        page.until("the file to go away again", gone).await;

        page.script(
            "FileSystemFileHandle.prototype.createWritable = async () => {
                throw new DOMException('not here', 'NotAllowedError');
            }",
        )
        .await;
        page.press("Write layers into a folder").await;
        page.expect_alert("The browser does not let the page write there: not here.").await;
    })
    .await;
}

#[tokio::test]
async fn the_complete_archive_is_loaded_without_any_network() {
    let vendor = Vendor::start();
    with_page_and_flags(&trusting(), |page| async move {
        page.excuse("status of 404");
        vendor.mark(&page, "https://cdn.example.com").await;
        let dir = Dir::new("complete");
        page.script("window.showSaveFilePicker = undefined").await;
        for keep in [false, true] {
            if keep {
                page.click_starting("checkbox", "Keep the marks").await;
            }
            let marked = page.output("New digest").await;
            let digest = if keep { marked } else { page.output("Original digest").await };
            page.expect_output("Digest in the archive", &digest).await;
            page.press("Save complete archive").await;
            let (name, archive) = page.downloaded().await;
            assert_eq!(name, "team-app-1.4.complete.tar");
            page.expect_text("The complete archive was written, every layer verified").await;
            page.press("Save instructions for the customer").await;
            let (_, instructions) = page.downloaded().await;
            let instructions = String::from_utf8(instructions).unwrap();
            let file = dir.write(&name, &archive);
            let sum = sha256sum(&archive);
            assert!(instructions.contains(sum.trim_start_matches("sha256:")), "{instructions}");
            assert!(instructions.contains(&digest), "{instructions}");
            // In a network namespace of its own, which has no route anywhere.
            let pulled = dir.path().join(format!("pulled-{keep}"));
            let mut alone = program("unshare");
            alone.args(["--map-root-user", "--net", "skopeo", "--insecure-policy", "copy"]);
            let from = format!("oci-archive:{}:1.4", file.display());
            let loaded = if keep {
                alone.arg(&from).arg(format!("dir:{}", pulled.display())).output().unwrap()
            } else {
                // As the instructions say, but into a folder.
                let own =
                    instructions.lines().find(|line| line.starts_with("skopeo copy")).unwrap();
                let own = own.replace("skopeo copy", "skopeo --insecure-policy copy");
                let (own, _) = own.split_once(" docker://").unwrap();
                let mut alone = program("unshare");
                alone.current_dir(dir.path()).args(["--map-root-user", "--net", "sh", "-c"]);
                alone.arg(format!("{own} dir:{}", pulled.display())).output().unwrap()
            };
            let said = String::from_utf8_lossy(&loaded.stderr).into_owned();
            let manifest = run(program("skopeo").args(["inspect", "--raw", &from]));
            assert_eq!(sha256sum(&manifest), digest);
            // With the marks it asks the URLs, as the page says.
            assert_eq!(loaded.status.success(), !keep, "{said}");
            if keep {
                assert!(said.contains("https://cdn.example.com/"), "{said}");
            }
            let unpacked = dir.path().join(format!("unpacked-{keep}"));
            std::fs::create_dir(&unpacked).unwrap();
            run(program("tar").arg("-xf").arg(&file).arg("-C").arg(&unpacked));
            for index in 0..3 {
                let name = vendor.image.layer(index).trim_start_matches("sha256:").to_owned();
                let layer = &vendor.image.blobs[index + 1];
                let stored = unpacked.join("blobs/sha256").join(&name);
                assert_eq!(std::fs::read(stored).unwrap(), *layer, "{keep}");
                if !keep {
                    assert_eq!(std::fs::read(pulled.join(&name)).unwrap(), *layer);
                }
            }
        }

        // While a browser copies one file out of its storage, the next one is written beside it.
        let script = "return (async () => {
            const names = [];
            for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
            return names.filter((name) => name.startsWith('file.part-')).length;
        })()";
        assert_eq!(page.script(script).await, 2);

        // Without marks: the original digest, and undo takes it back.
        let (original, marked) =
            (page.output("Original digest").await, page.output("New digest").await);
        page.press("Take all marks off").await;
        page.expect_output("New digest", &original).await;
        page.press("Undo").await;
        page.expect_output("New digest", &marked).await;
    })
    .await;
}
