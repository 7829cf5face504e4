//! What the person sees when a registry, its proxy or its storage misbehaves in front of a real
//! browser: the cases that only a browser decides. The others run natively, see `docs/faults.md`.

use crate::hosting::registry_with_cors;
use crate::support::fault_proxy::{Asked, Fault, FaultProxy, Reply};
use crate::support::image::{TestImage, sha256};
use crate::support::page::{Page, with_page};
use crate::support::registry::{BASIC, PASSWORD, Registry, Settings, USER};
use crate::support::server::Server;
use crate::support::steps::{load, mark, review, sign_in};

/// Takes the header away that lets the page read the answer, or gives it this value.
fn allow(value: Option<&'static str>) -> Fault {
    Fault::Change(Box::new(move |reply| reply.set("access-control-allow-origin", value)))
}

fn is_manifest(asked: &Asked) -> bool {
    asked.is("GET", "/manifests/")
}

/// Changes the answer when a manifest is asked for.
fn spoil(asked: &Asked, change: fn(&mut Reply)) -> Fault {
    if is_manifest(asked) { Fault::Change(Box::new(change)) } else { Fault::None }
}

/// Puts this in the place of a manifest.
fn instead(asked: &Asked, status: u16, kind: &'static str, body: &'static str) -> Fault {
    if !is_manifest(asked) {
        return Fault::None;
    }
    Fault::Change(Box::new(move |reply| {
        reply.status = status;
        reply.body = body.into();
        reply.set("content-type", Some(kind));
    }))
}

/// A fault and the sentences that tell of it.
struct Case {
    fault: &'static str,
    rule: fn(&Asked) -> Fault,
    shown: &'static [&'static str],
}

const CASES: [Case; 12] = [
    Case {
        fault: "no permission for any page",
        rule: |_| allow(None),
        shown: &["does not let this page read its answers", "Access-Control-Allow-Origin"],
    },
    Case {
        fault: "permission for another page",
        rule: |_| allow(Some("https://other.example")),
        shown: &["does not let this page read its answers"],
    },
    Case {
        fault: "permission given twice",
        rule: |_| {
            Fault::Change(Box::new(|reply| {
                let allowed = reply.header("access-control-allow-origin");
                reply.set("access-control-allow-origin", Some(&format!("{allowed}, {allowed}")));
            }))
        },
        shown: &["does not let this page read its answers"],
    },
    Case {
        fault: "nothing answers",
        rule: |_| Fault::Lost,
        shown: &["The registry cannot be reached"],
    },
    Case {
        fault: "a login page for everything",
        rule: |asked| {
            let origin = asked.header("origin").to_owned();
            let page = Reply::new(200, "<!doctype html><title>Sign in</title>");
            Fault::Instead(
                page.with("content-type", "text/html").with("access-control-allow-origin", &origin),
            )
        },
        shown: &["something else at this address"],
    },
    Case {
        fault: "the manifest breaks off",
        rule: |asked| if is_manifest(asked) { Fault::BreaksOff } else { Fault::None },
        shown: &["The answer broke off"],
    },
    Case {
        fault: "a byte of the manifest is another one",
        rule: |asked| spoil(asked, |reply| reply.body[20] ^= 1),
        shown: &["sha256:"],
    },
    Case {
        fault: "a refusal with markup and control characters in it",
        rule: |asked| {
            let denied = r#"{"errors":[{"code":"DENIED","message":"<img src=x onerror=alert(1)> \u202Egpj"}]}"#;
            instead(asked, 403, "application/json", denied)
        },
        shown: &["<img src=x onerror=alert(1)>", "403"],
    },
    Case {
        fault: "a refusal that is a page",
        rule: |asked| instead(asked, 502, "text/html", "<html><h1>Bad gateway</h1></html>"),
        shown: &["502"],
    },
    Case {
        fault: "an immense refusal",
        rule: |asked| {
            spoil(asked, |reply| {
                reply.status = 400;
                reply.body = vec![b'x'; 10 << 20];
            })
        },
        shown: &["400"],
    },
    Case {
        fault: "an immense manifest",
        rule: |asked| spoil(asked, |reply| reply.body = vec![b' '; 5 << 20]),
        shown: &["The answer is larger than"],
    },
    Case {
        fault: "no such tag",
        rule: |asked| instead(asked, 404, "text/plain", "404 page not found"),
        shown: &["404"],
    },
];

/// A registry that lets the page of `server` read it, with an image in `team/app:1.4`, and what may
/// go wrong in front of it.
fn faulty(server: &Server) -> (Registry, TestImage, FaultProxy) {
    let registry = registry_with_cors(&server.url);
    let image = TestImage::oci(&["base", "app"]);
    image.push(&registry.url, "team/app", "1.4", &[]);
    let proxy = FaultProxy::start(Some(registry.host.clone()));
    (registry, image, proxy)
}

/// What Chromium itself notes of these faults.
fn excuse(page: &Page) {
    for text in ["CORS policy", "net::ERR_", "status of"] {
        page.excuse(text);
    }
}

#[tokio::test]
async fn every_fault_is_told_and_nothing_typed_is_lost() {
    let server = Server::start();
    let (_registry, image, proxy) = faulty(&server);
    with_page(|page| async move {
        excuse(&page);
        page.allow(&proxy.base());
        let host = proxy.host();
        let name = format!("{host}/team/app:1.4");
        page.open(&server.url).await;
        for case in CASES {
            proxy.set(Box::new(case.rule));
            load(&page, &name).await;
            for text in case.shown {
                let told = page.expect_alert(text).await;
                assert!(!told.contains("undefined"), "{}: {told}", case.fault);
            }
            assert_eq!(page.field("Image reference").await, name, "{}", case.fault);
            let secret = proxy.seen().iter().any(Asked::is_signed_in);
            assert!(!secret, "{}", case.fault);
            page.script("location.reload()").await;
            page.one("tab", "Registry").await;
        }
        // Whole again, the registry gives the image.
        proxy.set(Box::new(|_| Fault::None));
        load(&page, &name).await;
        page.expect_output("Original digest", &image.digest()).await;
    })
    .await;
}

#[tokio::test]
async fn a_busy_registry_is_waited_for() {
    let server = Server::start();
    let (_registry, image, proxy) = faulty(&server);
    with_page(|page| async move {
        excuse(&page);
        page.allow(&proxy.base());
        page.open(&server.url).await;
        let busy = |reply: &mut Reply| {
            reply.status = 429;
            reply.set("retry-after", Some("2"));
        };
        proxy.set(Box::new(
            move |asked| {
                if asked.nth == 1 { spoil(asked, busy) } else { Fault::None }
            },
        ));
        let host = proxy.host();
        load(&page, &format!("{host}/team/app:1.4")).await;
        page.expect_text("the registry wants to be asked again").await;
        page.expect_output("Original digest", &image.digest()).await;

        // One that never answers is given up by the person.
        proxy.set(Box::new(|asked| if is_manifest(asked) { Fault::Hangs } else { Fault::None }));
        load(&page, &format!("{host}/team/app:other")).await;
        page.press("Cancel").await;
        page.one("button", "Load").await;
        page.expect_output("Original digest", &image.digest()).await;
    })
    .await;
}

#[tokio::test]
async fn a_registry_that_refuses_the_browsers_question_is_explained() {
    let server = Server::start();
    // docker-registry with a password answers OPTIONS with 401, whatever its CORS headers are.
    let origin = server.url.trim_end_matches('/').to_owned();
    let registry = Registry::with(&Settings {
        password: true,
        headers: Some(serde_json::json!({
            "Access-Control-Allow-Origin": [origin],
            "Access-Control-Allow-Headers": ["Authorization", "Accept", "Content-Type"],
            "Access-Control-Allow-Methods": ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"],
            "Access-Control-Expose-Headers": ["WWW-Authenticate", "Docker-Content-Digest"],
        })),
        ..Settings::default()
    });
    let image = TestImage::oci(&["base", "app"]);
    image.push(&registry.url, "team/app", "1.4", &[("authorization", BASIC)]);
    with_page(|page| async move {
        excuse(&page);
        page.allow(&registry.url);
        page.open(&server.url).await;
        load(&page, &format!("{}/team/app:1.4", registry.host)).await;
        sign_in(&page, USER, PASSWORD).await;
        let told = page.expect_alert("refuses the browser’s question").await;
        assert!(told.contains("nginx") && told.contains(&registry.host), "{told}");
    })
    .await;
}

#[tokio::test]
async fn a_storage_that_the_page_may_not_read_is_named_while_copying() {
    let server = Server::start();
    let (source, image, proxy) = faulty(&server);
    let target = registry_with_cors(&server.url);
    let storage = FaultProxy::start(Some(source.host.clone()));
    storage.set(Box::new(|_| allow(None)));
    let (blob, to) = (sha256(&image.blobs[2]), storage.base());
    proxy.set(Box::new(move |asked| {
        if !asked.is("GET", &blob) {
            return Fault::None;
        }
        let moved = Reply::new(307, "").with("location", &format!("{to}{}", asked.path));
        Fault::Instead(moved.with("access-control-allow-origin", asked.header("origin")))
    }));
    with_page(|page| async move {
        excuse(&page);
        for url in [&proxy.base(), &storage.base(), &target.url] {
            page.allow(url);
        }
        page.open(&server.url).await;
        let host = proxy.host();
        load(&page, &format!("{host}/team/app:1.4")).await;
        mark(&page, 0, "https://cdn.example.com/base").await;
        review(&page, &format!("{}/copied:1", target.host)).await;
        page.press("Push").await;
        page.expect_alert("storage behind the registry does not let this page read").await;
        // The registry itself lets the page read it; then the rest of the plan is carried out.
        proxy.set(Box::new(|_| Fault::None));
        page.press("Go on").await;
        page.expect_text("Pushed sha256:").await;
        assert!(target.has_blob("copied", &image.layer(1)));
    })
    .await;
}
