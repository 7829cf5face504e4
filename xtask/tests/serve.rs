//! The server as the page and other clients see it: on a free port, over HTTP.
// Helpers of tests may fail the test, too.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::path::PathBuf;
use std::thread;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use xtask::assets::{sha256, sha512};
use xtask::http::client::Client;
use xtask::http::{Handler, answer, server};
use xtask::serve::site::Site;
use xtask::serve::{handler, proxy, registry};

const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const PLAIN: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const FOREIGN: &str = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";

#[test]
fn what_is_pushed_is_read_back_byte_for_byte() {
    let server = serve(Some(registry::handler().unwrap()));
    let loaded = server.get("/v2/samples/linux/manifests/1.0");
    assert_eq!(loaded.status, 200);
    assert_eq!(loaded.header("content-type"), OCI_MANIFEST);
    assert_eq!(loaded.header("docker-content-digest"), digest(&loaded.body));

    // Odd spacing and unknown members are a part of the bytes.
    let marked = String::from_utf8(loaded.body.to_vec()).unwrap().replacen(
        PLAIN,
        &format!("{FOREIGN}\",\n\t\"urls\" : [ \"https:\\/\\/cdn.example/x\" ],\"x\":\"1E+2"),
        1,
    ) + "\r\n\n";
    let digest = digest(marked.as_bytes());
    for reference in [digest.as_str(), "1.0-marked"] {
        let path = format!("/v2/samples/linux/manifests/{reference}");
        let put = server.put(&path, OCI_MANIFEST, marked.clone());
        assert_eq!(put.status, 201, "{:?}", put.body);
        assert_eq!(put.header("docker-content-digest"), digest);
        let back = server.get(&path);
        assert_eq!(back.body, marked.as_bytes());
        let head = server.request(Method::HEAD, &path, &[], "");
        assert_eq!(head.header("docker-content-digest"), digest);
        assert_eq!(head.header("content-length"), marked.len().to_string());
    }
}

#[test]
fn the_registry_refuses_what_is_wrong() {
    let server = serve(Some(registry::handler().unwrap()));
    let manifest = |media_type: &str, urls: &str| {
        let hex = "a".repeat(64);
        format!(
            r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{{"mediaType":
            "application/vnd.oci.empty.v1+json","size":2,"digest":
            "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}},
            "layers":[{{"mediaType":"{media_type}","size":9,"digest":"sha256:{hex}"{urls}}}]}}"#
        )
    };
    let urls = r#","urls":["https://cdn.example/x"]"#;
    for (reference, body, status, code) in [
        ("a", manifest(FOREIGN, urls), 201, ""),
        ("a", manifest(FOREIGN, ""), 404, "MANIFEST_BLOB_UNKNOWN"),
        ("a", manifest(PLAIN, urls), 404, "MANIFEST_BLOB_UNKNOWN"),
        (&digest(b"other"), manifest(FOREIGN, urls), 400, "DIGEST_INVALID"),
        ("a", "{".to_owned(), 400, "MANIFEST_INVALID"),
    ] {
        let put = server.put(&format!("/v2/team/x/manifests/{reference}"), OCI_MANIFEST, body);
        assert_eq!((put.status.as_u16(), put.code().as_str()), (status, code), "{:?}", put.body);
    }
    // That a foreign layer may be absent holds for its manifest only.
    let plain = server.put("/v2/team/x/manifests/a", OCI_MANIFEST, manifest(PLAIN, urls));
    assert_eq!(plain.code(), "MANIFEST_BLOB_UNKNOWN");
    for (path, status, code) in [
        ("/v2/samples/linux/manifests/none", 404, "MANIFEST_UNKNOWN"),
        ("/v2/team/none/tags/list", 404, "NAME_UNKNOWN"),
        (&format!("/v2/team/x/blobs/sha256:{}", "a".repeat(64)), 404, "BLOB_UNKNOWN"),
    ] {
        let answer = server.get(path);
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{path}");
    }
}

#[test]
fn blobs_and_lists() {
    let server = serve(Some(registry::handler().unwrap()));
    for reference in ["samples/linux/manifests/1.0", "samples/windows/manifests/ltsc"] {
        let manifest: serde_json::Value =
            serde_json::from_slice(&server.get(&format!("/v2/{reference}")).body).unwrap();
        let repository = reference.split("/manifests/").next().unwrap();
        let mut blobs = manifest["layers"].as_array().unwrap().clone();
        blobs.push(manifest["config"].clone());
        for blob in blobs {
            let digest_stated = blob["digest"].as_str().unwrap();
            let path = format!("/v2/{repository}/blobs/{digest_stated}");
            let answer = server.get(&path);
            if blob.get("urls").is_some() {
                assert_eq!(answer.status, 404, "{path}");
            } else {
                assert_eq!(digest(&answer.body), digest_stated);
                assert_eq!(answer.body.len() as u64, blob["size"].as_u64().unwrap());
            }
        }
    }

    let layer = server.get("/v2/samples/linux/manifests/1.0").body;
    let layer: serde_json::Value = serde_json::from_slice(&layer).unwrap();
    let layer = layer["layers"][0]["digest"].as_str().unwrap();
    for (path, status) in [
        (format!("/v2/team/y/blobs/uploads/?mount={layer}&from=samples/linux"), 201),
        (format!("/v2/team/y/blobs/uploads/?mount={}&from=samples/linux", digest(b"no")), 202),
        ("/v2/team/y/blobs/uploads/".to_owned(), 202),
    ] {
        let post = server.request(Method::POST, &path, &[], "");
        assert_eq!(post.status.as_u16(), status, "{path}");
        assert!(post.header("location").starts_with("/v2/team/y/blobs/"));
    }

    let first = server.get("/v2/_catalog?n=2");
    assert_eq!(first.body, r#"{"repositories":["samples/app","samples/linux"]}"#);
    let next = first.header("link").split(['<', '>']).nth(1).unwrap().to_owned();
    assert_eq!(server.get(&next).body, r#"{"repositories":["samples/windows"]}"#);
}

#[test]
fn a_blob_comes_in_chunks_and_goes_in_ranges() {
    let server = serve(Some(registry::handler().unwrap()));
    let post = server.request(Method::POST, "/v2/team/x/blobs/uploads/", &[], "");
    let upload = post.header("location").to_owned();
    let right = format!("{upload}?digest={}", digest(b"0123456789"));
    let wrong = format!("{upload}?digest={}", digest(b"other"));
    for (method, path, range, body, status, kept) in [
        (Method::PATCH, &upload, "", "01234", 202, "0-4"),
        // Not the next chunk (distribution-spec 1.1, "Pushing a blob in chunks").
        (Method::PATCH, &upload, "7-9", "789", 416, "0-4"),
        (Method::PATCH, &upload, "5-6", "56", 202, "0-6"),
        (Method::GET, &upload, "", "", 204, "0-6"),
        (Method::PUT, &wrong, "", "789", 400, ""),
        (Method::PUT, &right, "", "789", 201, ""),
        (Method::PUT, &right, "", "789", 404, ""),
    ] {
        let headers = [("content-range", range)];
        let headers = if range.is_empty() { &[][..] } else { &headers };
        let answer = server.request(method, path, headers, body);
        assert_eq!((answer.status.as_u16(), answer.header("range")), (status, kept), "{body}");
    }
    let blob = format!("/v2/team/x/blobs/{}", digest(b"0123456789"));
    for (range, status, body, of) in [
        ("bytes=0-", 206, "0123456789", "bytes 0-9/10"),
        ("bytes=2-4", 206, "234", "bytes 2-4/10"),
        ("bytes=8-99", 206, "89", "bytes 8-9/10"),
        ("bytes=10-", 416, "", "bytes */10"),
        ("bytes=-3", 200, "0123456789", ""),
    ] {
        let answer = server.request(Method::GET, &blob, &[("range", range)], "");
        assert_eq!(
            (answer.status.as_u16(), &answer.body[..]),
            (status, body.as_bytes()),
            "{range}"
        );
        assert_eq!(answer.header("content-range"), of);
    }
    for status in [202, 404] {
        let answer = server.request(Method::DELETE, &blob, &[], "");
        assert_eq!(answer.status.as_u16(), status);
    }
}

#[test]
fn manifests_are_listed_referred_to_and_removed() {
    let server = serve(Some(registry::handler().unwrap()));
    let linux = server.get("/v2/samples/linux/manifests/1.0");
    let size = linux.body.len();
    let of = |digest: &str| {
        format!(r#"{{"mediaType":"{OCI_MANIFEST}","digest":"{digest}","size":{size}}}"#)
    };
    let linux = linux.header("docker-content-digest").to_owned();

    let index = |child: &str| format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, of(child));
    let kind = "application/vnd.oci.image.index.v1+json";
    for (child, status) in [(&linux, 201), (&digest(b"none"), 404)] {
        let put = server.put("/v2/samples/linux/manifests/index", kind, index(child));
        assert_eq!(put.status.as_u16(), status, "{:?}", put.body);
    }
    let text = index(&linux);
    let long = format!("/v2/samples/linux/manifests/sha512:{}", sha512(text.as_bytes()));
    assert_eq!(server.put(&long, kind, text.clone()).status, 201);
    assert_eq!(server.get(&long).body, text.as_bytes());

    let about = format!(
        r#"{{"schemaVersion":2,"artifactType":"application/x.note","layers":[],"subject":{},"annotations":{{"a":"b"}}}}"#,
        of(&linux)
    );
    let put = server.put("/v2/samples/linux/manifests/note", OCI_MANIFEST, about.clone());
    assert_eq!((put.status.as_u16(), put.header("oci-subject")), (201, linux.as_str()));
    for (query, found) in
        [("", true), ("?artifactType=application%2Fx.note", true), ("?artifactType=other", false)]
    {
        let answer = server.get(&format!("/v2/samples/linux/referrers/{linux}{query}"));
        let listed = String::from_utf8_lossy(&answer.body).contains(&digest(about.as_bytes()));
        assert_eq!((listed, answer.header("content-type")), (found, kind), "{query}");
        assert_eq!(answer.header("oci-filters-applied").is_empty(), query.is_empty());
    }

    let tags = "/v2/samples/linux/tags/list";
    for (reference, status, left) in [
        ("note", 202, r#"["1.0","index"]"#),
        ("note", 404, r#"["1.0","index"]"#),
        (linux.as_str(), 202, r#"["index"]"#),
    ] {
        let path = format!("/v2/samples/linux/manifests/{reference}");
        let answer = server.request(Method::DELETE, &path, &[], "");
        assert_eq!(answer.status.as_u16(), status, "{reference}");
        let listed = server.get(tags);
        assert!(String::from_utf8_lossy(&listed.body).contains(left), "{:?}", listed.body);
    }
}

#[test]
fn the_page_comes_with_its_headers() {
    let server = serve(None);
    let page = server.get("/");
    assert_eq!((page.status.as_u16(), &page.body[..]), (200, &b"page"[..]));
    assert!(page.header("content-security-policy").contains("frame-ancestors 'self'"));
    assert_eq!(page.header("cache-control"), "no-cache");
    let known = [("if-none-match", page.header("etag"))];
    let again = server.request(Method::GET, "/", &known, "");
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));

    let path = "/layermark.0123456789abcdef.wasm";
    let wasm = server.get(path);
    assert_eq!((&wasm.body[..], wasm.header("content-type")), (&b"plain"[..], "application/wasm"));
    assert!(wasm.header("cache-control").contains("immutable"));
    let takes = [("accept-encoding", "gzip, br")];
    let packed = server.request(Method::GET, path, &takes, "");
    assert_eq!((&packed.body[..], packed.header("content-encoding")), (&b"packed"[..], "br"));

    for (method, path, host, status) in [
        (Method::GET, "/none", "localhost", 404),
        (Method::GET, "/../Cargo.toml", "localhost", 404),
        (Method::POST, "/", "localhost", 405),
        (Method::GET, "/", "rebound.example.com", 421),
    ] {
        let answer = server.request(method, path, &[("host", host)], "");
        assert_eq!(answer.status.as_u16(), status, "{path} at {host}");
    }
}

#[test]
fn a_registry_behind_the_proxy_is_at_the_pages_origin() {
    let upstream = serve(Some(registry::handler().unwrap()));
    let server = serve(Some(proxy::handler(upstream.url.parse().unwrap()).unwrap()));

    let direct = upstream.get("/v2/samples/app/manifests/1.4");
    let proxied = server.get("/v2/samples/app/manifests/1.4");
    assert_eq!(direct.body, proxied.body);
    assert_eq!(direct.header("docker-content-digest"), proxied.header("docker-content-digest"));

    // More than any default limit of a body, and more than fits into the buffers on the way.
    let blob: Bytes = (0..20_000_000_u32).map(|n| n.to_le_bytes()[n as usize % 4]).collect();
    let path = "/v2/team/big/blobs/uploads/";
    let session = server.request(Method::POST, path, &[], "");
    let location = session.header("location").to_owned();
    let put = format!("{location}?digest={}", digest(&blob));
    let put = server.request(Method::PUT, &put, &[], blob.clone());
    assert_eq!(put.status, 201);
    let back = server.get(&format!("/v2/team/big/blobs/{}", digest(&blob)));
    // By digest: twenty megabytes in the message of a failure would help nobody.
    assert_eq!(digest(&back.body), digest(&blob));
}

#[test]
fn redirects_are_followed_without_credentials_and_challenges_renamed() {
    let store = listen(Box::new(|request| {
        let headers = request.headers();
        assert!(headers.get("authorization").is_none(), "credentials went to the store");
        answer(StatusCode::OK, &[], "the blob")
    }));
    let there = format!("{store}/blob");
    let upstream = listen(Box::new(move |request| {
        let headers = request.headers();
        match request.uri().path() {
            "/v2/" => {
                let challenge = [("www-authenticate", "Basic realm=\"r\"")];
                answer(StatusCode::UNAUTHORIZED, &challenge, "")
            }
            "/v2/a/blobs/x" => {
                assert!(headers.get("authorization").is_some());
                assert!(headers.get("cookie").is_none());
                answer(StatusCode::TEMPORARY_REDIRECT, &[("location", &there)], "")
            }
            _ => answer(StatusCode::OK, &[], "a token"),
        }
    }));
    let server = serve(Some(proxy::handler(upstream.parse().unwrap()).unwrap()));

    let ping = server.get("/v2/");
    assert_eq!(
        (ping.status.as_u16(), ping.header("www-authenticate")),
        (401, "x-Basic realm=\"r\"")
    );
    assert_eq!(server.get("/-/realm/token?service=x").body, "a token");
    let headers = [("authorization", "Bearer secret"), ("cookie", "portal=1")];
    let blob = server.request(Method::GET, "/v2/a/blobs/x", &headers, "");
    assert_eq!(blob.body, "the blob");
}

#[test]
fn a_body_in_chunks_and_an_early_refusal_pass_the_proxy() {
    let upstream = listen(Box::new(|request| {
        if request.uri().path() == "/v2/refused" {
            return answer(StatusCode::UNAUTHORIZED, &[], "who?");
        }
        let chunked = request.headers().contains_key("transfer-encoding");
        assert!(chunked && !request.headers().contains_key("content-length"));
        let mut bytes = Vec::new();
        request.into_body().read_to_end(&mut bytes).unwrap();
        answer(StatusCode::OK, &[], digest(&bytes))
    }));
    let server = serve(Some(proxy::handler(upstream.parse().unwrap()).unwrap()));
    let body = vec![7; 900_000];
    for (path, status, expected) in
        [("/v2/kept", 200, digest(&body)), ("/v2/refused", 401, "who?".to_owned())]
    {
        let request = http::Request::builder().method("PUT").uri(format!("{}{path}", server.url));
        let put = send(request, &body);
        assert_eq!((put.status.as_u16(), &put.body[..]), (status, expected.as_bytes()));
    }
}

#[test]
fn a_registry_that_is_away_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let upstream = format!("http://{free}").parse().unwrap();
    let server = serve(Some(proxy::handler(upstream).unwrap()));
    let answer = server.get("/v2/");
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (502, "UNAVAILABLE"));
    assert!(String::from_utf8_lossy(&answer.body).contains(&free.to_string()));
}

struct Server {
    url: String,
    dist: Option<PathBuf>,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Server {
    fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path, &[], "")
    }

    fn put(&self, path: &str, media_type: &str, body: String) -> Answer {
        self.request(Method::PUT, path, &[("content-type", media_type)], body)
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        let body = body.into();
        let mut request =
            http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_empty() {
            request = request.header("content-length", body.len());
        }
        send(request, &body)
    }
}

fn send(request: http::request::Builder, body: &[u8]) -> Answer {
    let mut source = body;
    let request = request.body(()).unwrap();
    let body = (!body.is_empty()).then_some(&mut source as &mut dyn std::io::Read);
    let (parts, body) = Client::new().unwrap().send(request, body).unwrap().into_parts();
    let mut bytes = Vec::new();
    body.into_reader().read_to_end(&mut bytes).unwrap();
    Answer { status: parts.status, headers: parts.headers, body: bytes.into() }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(dist) = &self.dist {
            fs::remove_dir_all(dist).ok();
        }
    }
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of the first error in the body.
    fn code(&self) -> String {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Serves a small page with `registry` on a free port.
fn serve(registry: Option<Handler>) -> Server {
    let dist = std::env::temp_dir().join(format!(
        "layermark-dist-{}-{:?}",
        std::process::id(),
        thread::current().id()
    ));
    fs::create_dir_all(&dist).unwrap();
    fs::write(dist.join("index.html"), "page").unwrap();
    fs::write(dist.join("layermark.0123456789abcdef.wasm"), "plain").unwrap();
    fs::write(dist.join("layermark.0123456789abcdef.wasm.br"), "packed").unwrap();
    let url = listen(handler(Site::new(dist.clone(), false), registry, None));
    Server { url, dist: Some(dist) }
}

fn listen(handler: Handler) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || server::serve(&listener, handler));
    format!("http://{address}")
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", sha256(bytes))
}
