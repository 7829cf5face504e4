//! The faults, each as a rule of the fault-injecting proxy and the action that meets it.

use std::fmt::Write as _;

use layermark::manifest::Digest;
use layermark::registry::Endpoint;
use layermark::registry::diagnose::{
    CallKind, FailedCall, Observations, Permission, Plain, Verdict, decide,
};

use crate::support::fault_proxy::{Asked, Fault, Reply, Rule};

/// A fault with what happens meanwhile.
pub struct Case {
    pub group: &'static str,
    pub fault: &'static str,
    pub act: Act,
    /// Takes the address of another host.
    pub rule: fn(String) -> Rule,
}

#[derive(Clone, Copy)]
pub enum Act {
    Load,
    ReadConfig,
    ListTags,
    ListReferrers,
    Push,
    PushMounting,
}

const LOADING: &str = "Loading";
const SIGNING_IN: &str = "Signing in";
const WAITING: &str = "Limits and failures that pass";
const PUSHING: &str = "Pushing";
const UPLOADING: &str = "Uploading and mounting";

macro_rules! cases {
    ($($group:ident, $fault:literal, $act:ident, |$elsewhere:pat_param, $asked:ident| $rule:expr;)*) => {
        /// All faults that a proxy can make happen.
        pub const CASES: &[Case] = &[$(Case {
            group: $group,
            fault: $fault,
            act: Act::$act,
            rule: |elsewhere| Box::new(move |$asked: &Asked| {
                let $elsewhere = elsewhere.as_str();
                $rule
            }),
        }),*];
    };
}

const MANIFEST: &str = "/manifests/t";
const UPLOADS: &str = "/blobs/uploads/";
const BY_DIGEST: &str = "/manifests/sha256:";

cases! {
    LOADING, "One byte of the manifest is changed", Load,
        |_, asked| on(asked, "GET", MANIFEST, change(|reply| reply.body[3] ^= 1));
    LOADING, "A byte order mark is put in front", Load,
        |_, asked| on(asked, "GET", MANIFEST, change(|reply| {
            reply.body.splice(0..0, *b"\xEF\xBB\xBF");
        }));
    LOADING, "A line end is added", Load,
        |_, asked| on(asked, "GET", MANIFEST, change(|reply| reply.body.push(b'\n')));
    LOADING, "The end is missing, and the length says so", Load,
        |_, asked| on(asked, "GET", MANIFEST, change(|reply| reply.body.truncate(20)));
    LOADING, "The connection breaks in the middle", Load,
        |_, asked| on(asked, "GET", MANIFEST, Fault::BreaksOff);
    LOADING, "The manifest has 5 MiB", Load,
        |_, asked| on(asked, "GET", MANIFEST, change(|reply| reply.body = vec![b' '; 5 << 20]));
    LOADING, "`Docker-Content-Digest` is another one", Load,
        |_, asked| on(asked, "GET", MANIFEST, set(DIGEST, Some(Digest::sha256(b"x").as_str())));
    LOADING, "`Docker-Content-Digest` is missing or hidden", Load,
        |_, asked| on(asked, "GET", MANIFEST, set(DIGEST, None));
    LOADING, "`Docker-Content-Digest` is of an unknown algorithm", Load,
        |_, asked| on(asked, "GET", MANIFEST, set(DIGEST, Some("blake3:ab")));
    LOADING, "`Docker-Content-Digest` is malformed", Load,
        |_, asked| on(asked, "GET", MANIFEST, set(DIGEST, Some("sha256:ABC")));
    LOADING, "`Content-Type` has a parameter", Load,
        |_, asked| on(asked, "GET", MANIFEST, set("content-type", Some(TYPED)));
    LOADING, "The tag does not exist", Load,
        |_, asked| on(asked, "GET", MANIFEST, code(404, "MANIFEST_UNKNOWN"));
    LOADING, "The repository does not exist", Load,
        |_, asked| on(asked, "GET", MANIFEST, code(404, "NAME_UNKNOWN"));
    LOADING, "The address is no route of a registry", Load,
        |_, asked| any(asked, "GET", "", text(404, "404 page not found\n"));
    LOADING, "Every address answers with a portal’s login page", Load,
        |_, asked| any(asked, "GET", "", page(200));
    LOADING, "Nothing comes back", Load, |_, asked| on(asked, "GET", MANIFEST, Fault::Hangs);
    LOADING, "The connection is closed without an answer", Load,
        |_, asked| on(asked, "GET", MANIFEST, Fault::Lost);
    LOADING, "The error has details that are not text", Load,
        |_, asked| on(asked, "GET", MANIFEST, text(403,
            r#"{"errors":[{"code":"DENIED","detail":[{"a":1}]},{"code":"NEW","detail":null}]}"#));
    LOADING, "The error is one bare object", Load,
        |_, asked| on(asked, "GET", MANIFEST, text(403,
            r#"{"code":"DENIED","message":"not today","detail":null}"#));
    LOADING, "The error has markup and direction marks", Load,
        |_, asked| on(asked, "GET", MANIFEST, text(403,
            "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"<script>\u{202E}x\"}]}"));
    LOADING, "The error has a thousand entries", Load,
        |_, asked| on(asked, "GET", MANIFEST, text(400,
            &format!(r#"{{"errors":[{}]}}"#, vec![r#"{"code":"X"}"#; 1000].join(","))));
    LOADING, "The error has 1 MB", Load,
        |_, asked| on(asked, "GET", MANIFEST, text(400, &"x".repeat(1_000_000)));
    LOADING, "The error is not UTF-8", Load,
        |_, asked| on(asked, "GET", MANIFEST, Fault::Instead(Reply::new(418, b"\xFF\xFE")));
    LOADING, "The registry warns", Load,
        |_, asked| on(asked, "GET", MANIFEST, set("warning",
            Some("299 - \"This tag will be removed\", 299 - \"\", nonsense")));
    LOADING, "The config has another byte", ReadConfig,
        |_, asked| on(asked, "GET", "/blobs/", change(|reply| reply.body[1] ^= 1));
    LOADING, "The config is longer than its descriptor says", ReadConfig,
        |_, asked| on(asked, "GET", "/blobs/", change(|reply| reply.body.push(b' ')));
    LOADING, "The config is shorter, every time", ReadConfig,
        |_, asked| on(asked, "GET", "/blobs/", change(|reply| {
            reply.status = 200;
            reply.body.truncate(5);
        }));
    LOADING, "The config breaks off, and the rest comes when asked for", ReadConfig,
        |_, asked| match asked.header("range") {
            "" => on(asked, "GET", "/blobs/", Fault::BreaksOff),
            _ => Fault::None,
        };
    LOADING, "The blob is redirected to a storage that does not have it", ReadConfig,
        |elsewhere, asked| on(asked, "GET", "/blobs/", redirect(elsewhere));
    LOADING, "`Link` leads to another host", ListTags,
        |_, asked| on(asked, "GET", "/tags/list",
            set("link", Some("<https://elsewhere.example.net/x>; rel=\"next\"")));
    LOADING, "`Link` leads to the same page", ListTags,
        |_, asked| on(asked, "GET", "/tags/list",
            set("link", Some("</v2/app/tags/list?n=1000>; rel=\"next\"")));
    LOADING, "The list of tags is not JSON", ListTags,
        |_, asked| on(asked, "GET", "/tags/list", text(200, "tags"));
    LOADING, "The referrers API cannot be read", ListReferrers,
        |_, asked| on(asked, "GET", "/referrers/", Fault::Lost);

    SIGNING_IN, "401 without a challenge", Load, |_, asked| any(asked, "GET", "", text(401, ""));
    SIGNING_IN, "401 with a scheme that browsers keep to themselves", Load,
        |_, asked| any(asked, "GET", "", challenge("Negotiate"));
    SIGNING_IN, "401 with a malformed challenge", Load,
        |_, asked| any(asked, "GET", "", challenge("Basic realm=\"open"));
    SIGNING_IN, "401 with several challenges", Load,
        |_, asked| unsigned(asked, challenge("Negotiate, Basic realm=\"a, b\""));
    SIGNING_IN, "401 with an unquoted realm", Load,
        |_, asked| unsigned(asked, challenge("Basic realm=Registry Realm"));
    SIGNING_IN, "401 with `x-Basic`, as a portal’s proxy renames it", Load,
        |_, asked| unsigned(asked, challenge("x-Basic realm=\"a\""));
    SIGNING_IN, "The password is not accepted", Load,
        |_, asked| any(asked, "GET", "", challenge("Basic realm=\"a\""));
    SIGNING_IN, "A fresh token is not accepted", Load,
        |_, asked| token(asked, text(200, r#"{"token":"abc"}"#));
    SIGNING_IN, "The token service does not accept the password", Load,
        |_, asked| token(asked, text(401, ""));
    SIGNING_IN, "The token service answers with a web page", Load,
        |_, asked| token(asked, page(200));
    SIGNING_IN, "The token has 10 MiB", Load,
        |_, asked| token(asked, text(200, &" ".repeat(10 << 20)));
    SIGNING_IN, "The token would end its header", Load,
        |_, asked| token(asked, text(200, r#"{"token":"a\r\nb"}"#));
    SIGNING_IN, "The token service redirects to another host", Load,
        |elsewhere, asked| token(asked, redirect(elsewhere));
    SIGNING_IN, "The realm is on another host", Load,
        |_, asked| unsigned(asked, challenge("Bearer realm=\"https://tokens.example.net/t\""));
    SIGNING_IN, "The realm is a metadata service", Load,
        |_, asked| unsigned(asked, challenge("Bearer realm=\"http://169.254.169.254/t\""));
    SIGNING_IN, "The realm holds a user name", Load,
        |_, asked| unsigned(asked, challenge("Bearer realm=\"https://a@tokens.example.net/\""));
    SIGNING_IN, "The realm is a script", Load,
        |_, asked| unsigned(asked, challenge("Bearer realm=\"javascript:alert(1)\""));

    WAITING, "429 with `Retry-After` in seconds, once", Load,
        |_, asked| first(asked, 1, "GET", MANIFEST, later(429, Some("2")));
    WAITING, "429 with a date in the past, once", Load,
        |_, asked| first(asked, 1, "GET", MANIFEST, later(429, Some("Sun, 06 Nov 1994 08:49:37 GMT")));
    WAITING, "429 with `Retry-After: 1000000000`, once", Load,
        |_, asked| first(asked, 1, "GET", MANIFEST, later(429, Some("1000000000")));
    WAITING, "429 for good", Load,
        |_, asked| on(asked, "GET", MANIFEST, later(429, Some("1")));
    WAITING, "503 twice, while pushing by digest", Push,
        |_, asked| first(asked, 2, "PUT", BY_DIGEST, later(503, Some("1")));
    WAITING, "503 while the tag is set", Push,
        |_, asked| on(asked, "PUT", MANIFEST, later(503, None));
    WAITING, "500 with a verdict about the manifest", Push,
        |_, asked| on(asked, "PUT", BY_DIGEST, code(500, "MANIFEST_INVALID"));
    WAITING, "502 from a proxy, for good", Load,
        |_, asked| on(asked, "GET", MANIFEST, page(502));

    PUSHING, "The registry does not allow the URLs of a layer", Push,
        |_, asked| on(asked, "PUT", BY_DIGEST, text(500, POLICY));
    PUSHING, "The proxy limits the size of requests", Push,
        |_, asked| on(asked, "PUT", BY_DIGEST, page(413));
    PUSHING, "The registry finds the manifest too large", Push,
        |_, asked| on(asked, "PUT", BY_DIGEST, text(400,
            r#"{"errors":[{"code":"MANIFEST_INVALID","detail":"http: request body too large"}]}"#));
    PUSHING, "The manifest is stored, the answer lost", Push,
        |_, asked| first(asked, 1, "PUT", BY_DIGEST, Fault::AnswerLost);
    PUSHING, "The manifest is lost on the way, once", Push,
        |_, asked| first(asked, 1, "PUT", BY_DIGEST, Fault::Lost);
    PUSHING, "The tag is set, the answer lost", Push,
        |_, asked| on(asked, "PUT", MANIFEST, Fault::AnswerLost);
    PUSHING, "The tag is lost on the way", Push,
        |_, asked| on(asked, "PUT", MANIFEST, Fault::Lost);
    PUSHING, "200 instead of 201, and the tag is set", Push,
        |_, asked| on(asked, "PUT", MANIFEST, change(|reply| reply.status = 200));
    PUSHING, "204 instead of 201, and nothing is set", Push,
        |_, asked| on(asked, "PUT", MANIFEST, text(204, ""));
    PUSHING, "201 with a web page, and nothing is set", Push,
        |_, asked| on(asked, "PUT", MANIFEST, page(201));
    PUSHING, "201 with another digest", Push,
        |_, asked| on(asked, "PUT", BY_DIGEST, set(DIGEST, Some(Digest::sha256(b"x").as_str())));
    PUSHING, "The tag moves after the review", Push,
        |_, asked| if asked.nth > 1 { on(asked, "HEAD", MANIFEST, other_head()) } else { Fault::None };
    PUSHING, "The tag moves before it is read back", Push,
        |_, asked| on(asked, "GET", MANIFEST, text(200, "{}"));
    PUSHING, "The tag is immutable (Harbor)", Push,
        |_, asked| on(asked, "PUT", MANIFEST, code(412, "PRECONDITION"));
    PUSHING, "The tag is immutable (Quay)", Push,
        |_, asked| on(asked, "PUT", MANIFEST, code(409, "TAG_ALREADY_EXISTS"));
    PUSHING, "The tag is immutable (Amazon ECR)", Push,
        |_, asked| on(asked, "PUT", MANIFEST, text(400, ECR));
    PUSHING, "The tag is immutable (others)", Push,
        |_, asked| on(asked, "PUT", MANIFEST, text(403,
            r#"{"errors":[{"code":"DENIED","message":"tag already exists"}]}"#));
    PUSHING, "The registry is read-only", Push,
        |_, asked| on(asked, "POST", UPLOADS, text(405, ""));
    PUSHING, "No permission to push", Push,
        |_, asked| on(asked, "POST", UPLOADS, code(403, "DENIED"));
    PUSHING, "A layer that was there is gone", Push,
        |_, asked| on(asked, "PUT", BY_DIGEST, code(400, "MANIFEST_BLOB_UNKNOWN"));
    PUSHING, "The target has a blob of another size", Push,
        |_, asked| on(asked, "HEAD", "/blobs/", Fault::Instead(
            Reply::new(200, "").with("Content-Length", "999")));
    PUSHING, "`HEAD` is not supported", Push,
        |_, asked| any(asked, "HEAD", "", text(405, ""));

    UPLOADING, "`Location` is relative", Push, |_, asked| on(asked, "POST", UPLOADS, change(|reply| {
        let location = reply.header("location");
        let path = location.splitn(4, '/').nth(3).unwrap_or_default();
        reply.set("location", Some(&format!("/{path}")));
    }));
    UPLOADING, "`Location` has lost the port", Push, |_, asked| on(asked, "POST", UPLOADS, change(|reply| {
        let location = reply.header("location");
        let path = location.splitn(4, '/').nth(3).unwrap_or_default();
        reply.set("location", Some(&format!("http://127.0.0.1/{path}")));
    }));
    UPLOADING, "`Location` is on another host", Push,
        |_, asked| on(asked, "POST", UPLOADS, set("location", Some("https://registry:5000/v2/x")));
    UPLOADING, "`Location` is missing or hidden", Push,
        |_, asked| on(asked, "POST", UPLOADS, set("location", None));
    UPLOADING, "The layer is stored, the answer lost", Push,
        |_, asked| on(asked, "PUT", UPLOADS, Fault::AnswerLost);
    UPLOADING, "The layer is lost on the way, once", Push,
        |_, asked| first(asked, 1, "PUT", UPLOADS, Fault::Lost);
    UPLOADING, "The layer is lost on the way, every time", Push,
        |_, asked| on(asked, "PUT", UPLOADS, Fault::Lost);
    UPLOADING, "The session is gone, once", Push,
        |_, asked| first(asked, 1, "PUT", UPLOADS, code(404, "BLOB_UPLOAD_UNKNOWN"));
    UPLOADING, "The session is gone, every time", Push,
        |_, asked| on(asked, "PUT", UPLOADS, code(404, "BLOB_UPLOAD_UNKNOWN"));
    UPLOADING, "The bytes changed on the way", Push, |_, asked| on(asked, "PUT", UPLOADS,
        code(400, "DIGEST_INVALID"));
    UPLOADING, "The mount is refused with 400", PushMounting,
        |_, asked| on(asked, "POST", "mount=", code(400, "BAD_REQUEST"));
    UPLOADING, "The mount is refused with 404", PushMounting,
        |_, asked| on(asked, "POST", "mount=", text(404, ""));
    UPLOADING, "The mount is refused with 405", PushMounting,
        |_, asked| on(asked, "POST", "mount=", code(405, "UNSUPPORTED"));
    UPLOADING, "The layer’s copy is changed on the way", PushMounting,
        |_, asked| match asked.method.as_str() {
            "POST" => on(asked, "POST", "mount=", text(405, "")),
            _ => on(asked, "GET", "/blobs/", change(|reply| reply.body[0] ^= 1)),
        };
}

const DIGEST: &str = "docker-content-digest";
const TYPED: &str = "application/vnd.oci.image.manifest.v1+json; charset=utf-8";
const POLICY: &str = r#"{"errors":[{"code":"UNKNOWN","message":"unknown error","detail":null},
    {"code":"UNKNOWN","message":"unknown error","detail":"invalid URL on layer"},
    {"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry"}]}"#;
const ECR: &str = r#"{"errors":[{"code":"TAG_INVALID","message":"The image tag 't' already exists in the 'app' repository and cannot be overwritten because the tag is immutable."}]}"#;

/// On requests of somebody signed in.
fn on(asked: &Asked, method: &str, part: &str, fault: Fault) -> Fault {
    if asked.is(method, part) && asked.is_signed_in() { fault } else { Fault::None }
}

/// On the first `count` of them.
fn first(asked: &Asked, count: usize, method: &str, part: &str, fault: Fault) -> Fault {
    if asked.nth <= count { on(asked, method, part, fault) } else { Fault::None }
}

/// On every request.
fn any(asked: &Asked, method: &str, part: &str, fault: Fault) -> Fault {
    if asked.is(method, part) { fault } else { Fault::None }
}

/// On requests of nobody.
fn unsigned(asked: &Asked, fault: Fault) -> Fault {
    if asked.is_signed_in() { Fault::None } else { fault }
}

/// A registry with a token service of its own, which answers so.
fn token(asked: &Asked, fault: Fault) -> Fault {
    if asked.path.starts_with("/token") {
        fault
    } else {
        challenge("Bearer realm=\"/token\",service=\"registry\"")
    }
}

fn change(change: fn(&mut Reply)) -> Fault {
    Fault::Change(Box::new(change))
}

fn set(name: &'static str, value: Option<&str>) -> Fault {
    let value = value.map(str::to_owned);
    Fault::Change(Box::new(move |reply| reply.set(name, value.as_deref())))
}

fn text(status: u16, body: &str) -> Fault {
    Fault::Instead(Reply::new(status, body))
}

fn code(status: u16, code: &str) -> Fault {
    text(status, &format!(r#"{{"errors":[{{"code":"{code}","message":"no"}}]}}"#))
}

fn page(status: u16) -> Fault {
    let page = Reply::new(status, "<html><body>Please sign in</body></html>");
    Fault::Instead(page.with("Content-Type", "text/html"))
}

fn challenge(value: &str) -> Fault {
    Fault::Instead(Reply::new(401, "").with("WWW-Authenticate", value))
}

fn later(status: u16, retry_after: Option<&str>) -> Fault {
    let mut reply = Reply::new(status, "");
    reply.set("retry-after", retry_after);
    Fault::Instead(reply)
}

fn redirect(elsewhere: &str) -> Fault {
    Fault::Instead(Reply::new(307, "").with("Location", &format!("{elsewhere}/stolen")))
}

fn other_head() -> Fault {
    let other = Digest::sha256(b"other");
    Fault::Instead(Reply::new(200, "").with("Docker-Content-Digest", other.as_str()))
}

type Change = Box<dyn Fn(&mut Observations)>;

/// The faults that only a browser meets, judged from what it could observe.
pub fn in_the_browser() -> String {
    let mut out = String::from(
        "\n## In the browser\n\nWhat the browser only calls “Failed to fetch”, told apart by what \
         can be observed.\n\n| fault | what the person sees |\n|---|---|\n",
    );
    let page = Endpoint::parse("https://portal.example").unwrap();
    let call = |kind, asked_first, reads_worked| FailedCall {
        kind,
        asked_first,
        reads_worked,
        answered_before: reads_worked,
    };
    let base = Observations {
        page: page.origin().clone(),
        registry: Endpoint::parse("https://registry.example.com").unwrap(),
        failed: call(CallKind::Read, false, false),
        online: Some(true),
        policy_violated: false,
        permission_before: None,
        permission_after: None,
        reachable: Some(true),
        plain: Some(Plain::Registry(401)),
        redirects: None,
    };
    let cases: Vec<(&str, Change)> = vec![
        (
            "`OPTIONS` is answered 401, 403, 404, 405, 500 or a redirect",
            Box::new(move |o| {
                o.failed = call(CallKind::Read, true, false);
            }),
        ),
        (
            "`Access-Control-Allow-Origin` is missing, doubled, a list or another origin",
            Box::new(|o| {
                o.plain = Some(Plain::Unreadable);
            }),
        ),
        (
            "`Access-Control-Allow-Methods` lacks `PUT`",
            Box::new(move |o| {
                o.failed = call(CallKind::Write, true, true);
            }),
        ),
        (
            "The storage behind the registry does not allow the page",
            Box::new(move |o| {
                o.failed = call(CallKind::ReadBlob, true, true);
            }),
        ),
        (
            "The local network is refused",
            Box::new(|o| {
                o.reachable = Some(false);
                o.permission_before = Some(Permission::Prompt);
                o.permission_after = Some(Permission::Denied);
            }),
        ),
        (
            "The name is unknown, the port closed or the certificate invalid",
            Box::new(|o| {
                o.reachable = Some(false);
            }),
        ),
        ("The computer is offline", Box::new(|o| o.online = Some(false))),
        ("The portal’s policy does not list the registry", Box::new(|o| o.policy_violated = true)),
        (
            "The page is https and the registry http",
            Box::new(|o| {
                o.registry = Endpoint::parse("http://registry.example.com").unwrap();
            }),
        ),
        (
            "The registry is on a port that browsers close",
            Box::new(|o| {
                o.registry = Endpoint::parse("https://registry.example.com:6000").unwrap();
            }),
        ),
        ("Something else answers there", Box::new(|o| o.plain = Some(Plain::Other(200)))),
        ("The answer breaks off", Box::new(move |o| o.failed = call(CallKind::Read, true, true))),
    ];
    for (fault, change) in cases {
        let mut observed = base.clone();
        change(&mut observed);
        let verdict = decide(&observed);
        let _ = writeln!(out, "| {fault} | **{}** {} |", verdict.title(), verdict.meaning());
    }
    let hidden = Verdict::ExposeMissing;
    let _ = writeln!(
        out,
        "| `Access-Control-Expose-Headers` lacks `Location` or `WWW-Authenticate` | **{}** {} |",
        hidden.title(),
        hidden.meaning()
    );
    out
}
