//! A hostile registry behind the page's own address, through every configuration that is shipped: what
//! it answers stays data, and never becomes a page, a script or a service worker there.

use serde_json::json;

use crate::support::fault_proxy::{Fault, FaultProxy, Reply};
use crate::support::front::Front;
use crate::support::http;
use crate::support::page::with_page;
use crate::support::server::{Server, dist};

/// What speaks for a whole origin, and would be the portal's.
const OF_THE_ORIGIN: [&str; 9] = [
    "set-cookie",
    "service-worker-allowed",
    "clear-site-data",
    "refresh",
    "strict-transport-security",
    "alt-svc",
    "nel",
    "report-to",
    "access-control-allow-origin",
];

/// A registry that answers everything with a script that is also a page.
fn hostile() -> FaultProxy {
    let registry = FaultProxy::start(None);
    registry.set(Box::new(|asked| {
        let ending = asked.path.rsplit('.').next();
        let kind = if ending == Some("js") { "text/javascript" } else { "text/html" };
        let body =
            "/*<script>parent.taken = 1; document.title = 'taken'</script>*/ self.taken = 1;";
        let reply = Reply::new(200, body).with("content-type", kind);
        let value = |name: &str| if name == "service-worker-allowed" { "/" } else { "taken=1" };
        let reply = OF_THE_ORIGIN.iter().fold(reply, |reply, name| reply.with(name, value(name)));
        Fault::Instead(reply.with("content-security-policy", "default-src * 'unsafe-inline'"))
    }));
    registry
}

/// What a browser and a tool get of the registry below `base`.
fn check_registry(base: &str) {
    let url = format!("{base}v2/evil.js");
    for (destination, site, status) in [
        ("document", "none", 403),
        ("iframe", "same-origin", 403),
        ("script", "same-origin", 403),
        ("worker", "same-origin", 403),
        ("serviceworker", "same-origin", 403),
        ("image", "same-origin", 403),
        ("empty", "cross-site", 403),
        ("empty", "same-site", 403),
        ("empty", "same-origin", 200),
    ] {
        let headers = [("Sec-Fetch-Dest", destination), ("Sec-Fetch-Site", site)];
        let answer = http::get(&url, &headers);
        assert_eq!(answer.status, status, "{url}: {destination}, {site}");
    }
    let answer = http::get(&url, &[]);
    assert_eq!(answer.status, 200, "{url}: tools get what they ask for");
    for name in OF_THE_ORIGIN {
        assert_eq!(answer.header(name), None, "{url}: {name}");
    }
    for (name, expected) in [
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(expected), "{url}: {name}");
    }
}

/// What a browser may do with the page itself, at `base`.
fn check_page(base: &str) {
    let page = http::get(base, &[]);
    for (name, part) in [
        ("content-security-policy", "frame-ancestors 'self'"),
        ("permissions-policy", "camera=()"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ] {
        let value = page.header(name).unwrap_or_default();
        assert!(value.contains(part), "{base}: {name}: {value}");
    }
}

/// The attacks themselves, in the browser: a frame, a script, a worker and a service worker.
async fn attack(url: &str) {
    check_page(url);
    check_registry(url);
    let url = url.to_owned();
    with_page(|page| async move {
        for refused in ["403", "status of 404", "MIME type", "Refused", "violates", "frame"] {
            page.excuse(refused);
        }
        page.open(&url).await;
        let script = r#"
            const frame = document.createElement("iframe");
            frame.src = "/v2/evil.html";
            const framed = new Promise(done => { frame.onload = () => done(); });
            document.body.append(frame);
            await framed;
            const scripted = new Promise(done => {
                const script = document.createElement("script");
                script.onload = () => done("ran");
                script.onerror = () => done("refused");
                script.src = globalThis.layermark.scriptUrl("v2/evil.js");
                document.body.append(script);
            });
            const served = navigator.serviceWorker
                .register(globalThis.layermark.scriptUrl("v2/evil.js"), { scope: "/" })
                .then(() => "installed", () => "refused");
            const outcome = [await scripted, await served, globalThis.taken ?? null];
            frame.remove();
            return outcome"#;
        let script = format!("return (async () => {{ {script} }})()");
        let outcome = page.script(&script).await;
        assert_eq!(outcome, json!(["refused", "refused", null]), "{url}");
    })
    .await;
}

#[tokio::test]
async fn a_hostile_registry_behind_nginx() {
    let registry = hostile();
    let front = Front::nginx(&dist(), &registry.host(), &registry.host());
    check_registry(&format!("{}registries/customers/", front.url));
    attack(&front.url).await;
}

#[tokio::test]
async fn a_hostile_registry_behind_caddy() {
    let registry = hostile();
    let front = Front::caddy(&dist(), &registry.host(), &registry.host());
    check_registry(&format!("{}registries/customers/", front.url));
    attack(&front.url).await;
}

#[tokio::test]
async fn a_hostile_registry_behind_serve() {
    let registry = hostile();
    let server = Server::in_front_of(&registry.base());
    attack(&server.url).await;
}
