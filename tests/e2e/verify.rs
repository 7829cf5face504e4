//! Whether URLs and files are what a layer says, asked of servers of every kind.

use std::sync::Arc;

use layermark::manifest::{Algorithm, Digest};

use crate::support::dir::Dir;
use crate::support::gate::Gate;
use crate::support::image::{TestImage, gzip};
use crate::support::layer_server::{How, LayerServer, Served};
use crate::support::page::{Page, with_page};
use crate::support::server::Server;
use crate::support::steps::paste;

/// A layer of some hundred KB that cannot be compressed any further.
fn layer() -> Vec<u8> {
    let blocks = (0..10_000_u32).map(|at| Digest::sha256(&at.to_le_bytes()).hex()[..32].to_owned());
    gzip(&blocks.flat_map(String::into_bytes).collect::<Vec<_>>())
}

/// As numbers of this size are written in English.
fn grouped(number: usize) -> String {
    assert!((1000..1_000_000).contains(&number), "{number}");
    format!("{},{:03}", number / 1000, number % 1000)
}

/// A server of layers that does what the path says.
fn server_of(layer: &[u8], gate: &Arc<Gate>) -> LayerServer {
    let (layer, gate) = (layer.to_owned(), Arc::clone(gate));
    let changed = |change: fn(&mut Vec<u8>)| {
        let mut layer = layer.clone();
        change(&mut layer);
        layer
    };
    let (short, longer) = (changed(|it| it.truncate(it.len() - 1)), changed(|it| it.push(0)));
    let (flipped, packed) = (changed(|it| it[1000] ^= 1), gzip(&layer));
    LayerServer::start(move |path| {
        let right = || Served::new(200, layer.clone());
        match path {
            "/right" | "/then" => right(),
            "/truncated" => right().how(How::CutBy(1000)),
            "/short" => Served::new(200, short.clone()),
            "/short-and-open" => Served::new(200, short.clone())
                .with("Access-Control-Expose-Headers", "*")
                .with("Date", "Mon, 23 Nov 2026 12:00:00 GMT"),
            "/longer" => Served::new(200, longer.clone()),
            "/flipped" => Served::new(200, flipped.clone()),
            "/moved" => Served::new(302, "").with("Location", "/right"),
            "/missing" => Served::new(404, ""),
            "/private" => Served::new(401, "").with("WWW-Authenticate", "Basic realm=\"layers\""),
            "/broken" => Served::new(500, ""),
            "/down" => right().how(How::NotAtAll),
            "/hidden" => Served { headers: Vec::new(), ..right() },
            "/compressed" => Served::new(200, packed.clone()).with("Content-Encoding", "gzip"),
            "/mislabelled" => right().with("Content-Encoding", "gzip"),
            "/endless" => right().how(How::Repeated(None)),
            "/held" => right().how(How::Held(Arc::clone(&gate))),
            "/stalled" => right().how(How::Stalls),
            other => panic!("{other}"),
        }
    })
}

/// Opens an image with `layer` and a small one, and gives the first these URLs.
async fn open(page: &Page, layer: &[u8], urls: &[String]) {
    let image = TestImage::of_layers(vec![layer.to_owned(), gzip(b"app")]);
    paste(page, &image.text()).await;
    page.switch("Mark layer 0 as foreign", true).await;
    page.fill("URLs for layer 0", &urls.join("\n")).await;
}

/// The line of a URL or file, as a person reads it.
async fn line(page: &Page, of: &str) -> String {
    let script = "return [...document.querySelectorAll('.url-checks li')]
        .filter(li => li.querySelector('.host')?.title === arguments[0]).map(li => li.innerText).join('|')";
    let text = page.script_with(script, vec![of.into()]).await;
    text.as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn expect_line(page: &Page, of: &str, expected: &str) {
    let seen = std::cell::RefCell::new(String::new());
    page.until(&format!("the line of {of} to say “{expected}”"), || async {
        let line = line(page, of).await;
        let says = line.contains(expected).then_some(());
        if says.is_none() && *seen.borrow() != line {
            println!("{of}: {line}");
            seen.replace(line);
        }
        says
    })
    .await;
}

/// What browsers log about answers like these.
fn excuse(page: &Page) {
    for text in ["status of 404", "status of 401", "status of 500", "CORS policy", "net::ERR_"] {
        page.excuse(text);
    }
}

#[tokio::test]
async fn a_layer_with_a_sha512_digest_is_verified_by_it() {
    let layer = layer();
    let cdn = server_of(&layer, &Arc::default());
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        page.allow(&cdn.url);
        let image = TestImage::of_layers(vec![layer.clone(), gzip(b"app")]);
        let long = Digest::of(Algorithm::Sha512, &layer);
        paste(&page, &image.text().replace(&image.layer(0), long.as_str())).await;
        page.switch("Mark layer 0 as foreign", true).await;
        let urls = ["/right", "/flipped"].map(|path| format!("{}{path}", cdn.url));
        page.fill("URLs for layer 0", &urls.join("\n")).await;
        page.press("Verify all URLs").await;
        expect_line(&page, &urls[0], "✓ verified: size and digest are right").await;
        expect_line(&page, &urls[1], "✕ serves something else").await;
    })
    .await;
}

#[tokio::test]
async fn every_kind_of_answer_is_told_from_the_others() {
    let layer = layer();
    let cdn = server_of(&layer, &Arc::default());
    let server = Server::start();
    with_page(|page| async move {
        excuse(&page);
        page.open(&server.url).await;
        page.allow(&cdn.url);
        let size = grouped(layer.len());
        let flipped = {
            let mut layer = layer.clone();
            layer[1000] ^= 1;
            Digest::sha256(&layer).short()
        };
        let at = |path: &str| format!("{}{path}", cdn.url);
        let redirected = format!("redirected to {}", at("/right"));
        let expected = [
            ("/right", "✓ verified: size and digest are right".to_owned()),
            ("/truncated", "✕ broke off after".to_owned()),
            (
                "/short",
                format!("✕ serves {} bytes, the layer has {size}", grouped(layer.len() - 1)),
            ),
            (
                "/short-and-open",
                format!("✕ serves {} bytes, the layer has {size}", grouped(layer.len() - 1)),
            ),
            ("/longer", format!("✕ serves more than the {size} bytes of the layer")),
            ("/flipped", format!("✕ serves something else: {flipped}")),
            ("/moved", "✓ verified: size and digest are right".to_owned()),
            ("/moved", redirected),
            ("/missing", "✕ is not there (status 404)".to_owned()),
            ("/private", "✕ asks for sign-in (status 401)".to_owned()),
            ("/broken", "✕ answers with status 500".to_owned()),
            ("/down", "✕ gives no answer".to_owned()),
            ("/hidden", "? answers, but not to pages in a browser (CORS): unknown".to_owned()),
            (
                "/compressed",
                "? serves the layer only once its content encoding is undone".to_owned(),
            ),
            ("/mislabelled", "✕ states a content encoding".to_owned()),
            ("/endless", format!("✕ serves more than the {size} bytes of the layer")),
        ];
        let mut urls: Vec<String> = expected.iter().map(|(path, _)| at(path)).collect();
        urls.dedup();
        open(&page, &layer, &urls).await;
        // What a question says before anything was read: a size that may be that of a compressed answer
        // is wrong only where nothing can hide that.
        page.press("Ask all URLs").await;
        let states = |bytes: usize| {
            format!("? states {} bytes, the layer has {size}; whether", grouped(bytes))
        };
        for (path, says) in [
            ("/right", "• answers with".to_owned()),
            ("/short", states(layer.len() - 1)),
            ("/longer", states(layer.len() + 1)),
            ("/compressed", states(gzip(&layer).len())),
            ("/short-and-open", format!("✕ serves {} bytes", grouped(layer.len() - 1))),
            ("/endless", "• answers; its content was not read".to_owned()),
            ("/missing", "✕ is not there (status 404)".to_owned()),
        ] {
            expect_line(&page, &at(path), &says).await;
        }
        page.until("all questions", || async {
            (cdn.count("HEAD", "/") >= urls.len()).then_some(())
        })
        .await;

        page.press("Verify all URLs").await;
        for (path, says) in &expected {
            expect_line(&page, &at(path), says).await;
        }
        // What never ends was left as soon as more than the layer had come.
        let sent = page.until("the server to be left", || async { cdn.sent("/endless") }).await;
        assert!(sent < layer.len() as u64 + 16 * 1024 * 1024, "{sent} bytes were taken");
        cdn.saw_nobody();

        // Asking says less than what was proven, and changes nothing about it.
        page.press("Ask all URLs").await;
        page.until("all questions", || async {
            (cdn.count("HEAD", "/") >= 2 * urls.len()).then_some(())
        })
        .await;
        expect_line(&page, &at("/missing"), "✕ is not there").await;
        for (path, says) in &expected {
            expect_line(&page, &at(path), says).await;
        }

        // The checks tell it, too.
        for rule in ["LM301", "LM302", "LM303", "LM304", "LM305", "LM308", "LM311"] {
            page.expect_text(rule).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_download_is_held_goes_on_and_is_stopped() {
    let layer = layer();
    let gate = Arc::new(Gate::default());
    let cdn = server_of(&layer, &gate);
    let server = Server::start();
    with_page(|page| async move {
        page.open(&server.url).await;
        page.allow(&cdn.url);
        let [held, stalled, then] =
            ["/held", "/stalled", "/then"].map(|path| format!("{}{path}", cdn.url));
        open(&page, &layer, &[held.clone(), stalled.clone(), then.clone()]).await;
        page.press("Verify all URLs").await;
        for url in [&held, &stalled] {
            page.one("progressbar", &format!("Download of {url}")).await;
        }
        // Two at a time.
        expect_line(&page, &then, "waiting").await;
        assert_eq!(cdn.count("GET", "/then"), 0);

        page.press(&format!("Pause: {held}")).await;
        page.one("button", &format!("Go on: {held}")).await;
        // The page stays what it is meanwhile.
        let before = page.output("New digest").await;
        page.switch("Mark layer 1 as foreign", true).await;
        page.output_other_than("New digest", &before).await;

        gate.open();
        page.until("the server to have sent all", || async { cdn.sent("/held") }).await;
        page.one("button", &format!("Go on: {held}")).await;
        page.press(&format!("Go on: {held}")).await;
        expect_line(&page, &held, "✓ verified: size and digest are right").await;
        expect_line(&page, &then, "✓ verified: size and digest are right").await;

        page.press(&format!("Cancel: {stalled}")).await;
        page.one("button", &format!("Verify: {stalled}")).await;
        page.until("the server to be left", || async { cdn.sent("/stalled") }).await;
        page.gone("button", "Stop all").await;
    })
    .await;
}

#[tokio::test]
async fn a_file_of_this_computer_is_compared_with_the_layer() {
    let layer = layer();
    let server = Server::start();
    with_page(|page| async move {
        let dir = Dir::new("layers");
        let mut other = layer.clone();
        other[1000] ^= 1;
        let right = dir.write("layer.tar.gz", &layer);
        let flipped = dir.write("flipped.tar.gz", &other);
        let short = dir.write("short.tar.gz", &layer[1..]);
        page.open(&server.url).await;
        open(&page, &layer, &[]).await;

        page.choose(&short).await;
        let sizes = (grouped(layer.len() - 1), grouped(layer.len()));
        let says = format!("✕ has {} bytes, the layer has {}", sizes.0, sizes.1);
        expect_line(&page, "short.tar.gz", &says).await;

        page.drop_file(".url-checks", &flipped).await;
        let says = format!("✕ is something else: {}", Digest::sha256(&other).short());
        expect_line(&page, "flipped.tar.gz", &says).await;
        assert_eq!(line(&page, "short.tar.gz").await, "", "one file for a layer");

        page.drop_file(".url-checks", &right).await;
        expect_line(&page, "layer.tar.gz", "✓ is the layer: size and digest are right").await;

        // What stands on the disk is read again.
        std::fs::write(&right, &other).unwrap();
        page.press("Verify again: layer.tar.gz").await;
        expect_line(&page, "layer.tar.gz", "✕ could not be read").await;
    })
    .await;
}
