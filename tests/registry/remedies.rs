//! What a diagnosis offers helps: every configuration text is used as it stands.

use std::cell::RefCell;
use std::rc::Rc;

use layermark::registry::diagnose::{Remedy, RemedyKind, Verdict, remedies};
use layermark::registry::{
    Client, CookieMode, Credentials, Endpoint, Error, Notice, Origin, Session, SignIn, Url,
};

use crate::image::{Sample, block_on, push, repository};
use crate::proxy::Proxy;
use crate::support::registry::{PASSWORD, Registry, USER};
use crate::transport::Native;

const PAGE: &str = "https://portal.example";

fn origin(text: &str) -> Origin {
    Url::parse(text).unwrap().origin().clone()
}

fn remedy(verdict: &Verdict, kind: RemedyKind, registry: &str) -> String {
    let endpoint = Endpoint::parse(registry).unwrap();
    let all = remedies(verdict, &origin(PAGE), &endpoint);
    all.into_iter().find(|remedy: &Remedy| remedy.kind == kind).unwrap().text
}

/// Splits the nginx text at its two comments.
fn nginx_of_the_portal(registry: &str) -> Proxy {
    let text = remedy(&Verdict::CorsRefused, RemedyKind::PortalNginx, registry);
    let (http, server) = text.split_once("# in server { }\n").unwrap();
    Proxy::nginx(http, server)
}

/// Signs in and pushes through a portal, as a page of the portal would.
fn check_portal(portal: &Proxy, prefix: &str, sample_name: &str) {
    let native = Native::default();
    let base = format!("{}{prefix}", portal.base());
    let endpoint = Endpoint::parse(&base).unwrap();
    let page = origin(&portal.base());
    let session = Session::new(native.http(), endpoint, Some(&page), CookieMode::Omit);
    let notices: Rc<RefCell<Vec<Notice>>> = Rc::default();
    let heard = Rc::clone(&notices);
    let client =
        Client::new(session).with_notices(Rc::new(move |notice| heard.borrow_mut().push(notice)));
    let challenge = Native::raw("GET", &format!("{base}/v2/"), &[]);
    assert_eq!(challenge.0, 401);
    let header = challenge.1.get("www-authenticate").unwrap();
    assert!(header.starts_with("x-Basic "), "{header}: the browser would ask by itself");
    let needed = block_on(client.check_access()).unwrap_err();
    assert_eq!(needed, Error::SignIn(SignIn::Needed(base.clone())));
    client.session().sign_in(Credentials::basic(USER, PASSWORD).unwrap());
    let mut sample = Sample::new(sample_name, &[]);
    // More than the body limit of an nginx that was not told otherwise.
    sample.layer = vec![b'x'; 3 * 1024 * 1024];
    push(&client, sample.input(&base, "team/app", sample_name)).unwrap();
    let listing = block_on(client.tags(&repository("team/app"))).unwrap();
    assert!(listing.complete && !listing.entries.is_empty());
    assert_eq!(notices.take(), [], "the registry knows the address it is reached at");
}

#[test]
fn the_registry_at_the_portals_own_address() {
    let server = Registry::with_password();
    check_portal(&nginx_of_the_portal(&server.url), "", "nginx");
    let text = remedy(&Verdict::CorsRefused, RemedyKind::PortalCaddy, &server.url);
    check_portal(&Proxy::caddy(&text), "", "caddy");
}

#[test]
fn the_registry_under_a_path() {
    let mut server = Registry::with_password();
    server.restart_as(|config| config.replace("http:\n", "http:\n  prefix: /reg/a/\n"));
    let base = format!("{}/reg/a", server.url);
    check_portal(&nginx_of_the_portal(&base), "/reg/a", "nginx");
    let text = remedy(&Verdict::CorsRefused, RemedyKind::PortalCaddy, &base);
    check_portal(&Proxy::caddy(&text), "/reg/a", "caddy");
}

/// What the browser looks at before it lets the page write and read.
fn check_cors(base: &str, path: &str, expected: u16) {
    let url = format!("{base}{path}");
    let ask = [
        ("Origin", PAGE),
        ("Access-Control-Request-Method", "PUT"),
        ("Access-Control-Request-Headers", "authorization,content-type"),
    ];
    let (status, headers) = Native::raw("OPTIONS", &url, &ask);
    assert!((200..300).contains(&status), "{base}: OPTIONS {status}");
    let has = |name: &str, wanted: &str| {
        let value = headers.get(name).unwrap_or_default().to_ascii_lowercase();
        assert!(value.contains(wanted), "{base}: {name}: {value}");
    };
    has("access-control-allow-methods", "put");
    has("access-control-allow-methods", "patch");
    has("access-control-allow-headers", "authorization");
    has("access-control-allow-headers", "content-range");
    assert_eq!(headers.get("access-control-allow-origin"), Some(PAGE), "{base}: once and exact");
    let (status, headers) = Native::raw("GET", &url, &[("Origin", PAGE)]);
    assert_eq!(status, expected, "{base}");
    assert_eq!(headers.get("access-control-allow-origin"), Some(PAGE), "{base}: once and exact");
    let exposed = headers.get("access-control-expose-headers").unwrap_or_default();
    assert!(exposed.contains("Docker-Content-Digest") && exposed.contains("Location"), "{exposed}");
}

#[test]
fn the_browser_answered_in_front_of_the_registry() {
    let server = Registry::with_password();
    let base = server.url.clone();
    // Without it the question is refused: the reason for the verdict.
    let (status, _) = Native::raw("OPTIONS", &format!("{base}/v2/"), &[("Origin", PAGE)]);
    assert_eq!(status, 401);
    let text = remedy(&Verdict::PreflightRefused, RemedyKind::RegistryNginx, &base);
    let location = format!("location /v2/ {{\n{text}\nproxy_pass {base};\n}}");
    check_cors(&Proxy::nginx("", &location).base(), "/v2/", 401);
    let text = remedy(&Verdict::PreflightRefused, RemedyKind::RegistryCaddy, &base);
    check_cors(&Proxy::caddy(&format!("{text}\nreverse_proxy {base}")).base(), "/v2/", 401);
}

#[test]
fn the_headers_of_the_registry_itself() {
    let mut server = Registry::start();
    let text = remedy(&Verdict::CorsRefused, RemedyKind::DockerRegistry, &server.url);
    server.restart_as(|config| config.replace("http:\n", &text));
    check_cors(&server.url, "/v2/", 200);
    check_cors(&server.url, "/v2/app/tags/list", 404);
    // A proxy that adds the headers too does not double them.
    let text = remedy(&Verdict::CorsRefused, RemedyKind::RegistryNginx, &server.url);
    let location = format!("location /v2/ {{\n{text}\nproxy_pass {};\n}}", server.url);
    check_cors(&Proxy::nginx("", &location).base(), "/v2/", 200);
    let text = remedy(&Verdict::CorsRefused, RemedyKind::RegistryCaddy, &server.url);
    let site = format!("{text}\nreverse_proxy {}", server.url);
    check_cors(&Proxy::caddy(&site).base(), "/v2/", 200);
    // The storage setting is one that the registry knows.
    let text = remedy(&Verdict::StorageCors, RemedyKind::DockerRegistryStorage, &server.url);
    server.restart_as(|config| config.replace("storage:\n", &text));
}
