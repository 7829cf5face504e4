use std::cell::RefCell;

use super::*;
use crate::registry::testing::{Answer, Script, block_on, is, with};
use crate::registry::{
    Endpoint, Error, LocationError, Method, Origin, Pending, SignIn, TransportError, Url,
};

const PAGE: &str = "https://portal.example";
const R: &str = "https://r.example";

fn origin(text: &str) -> Origin {
    Url::parse(text).unwrap().origin().clone()
}

const READ: FailedCall = FailedCall {
    kind: CallKind::Read,
    asked_first: false,
    reads_worked: false,
    answered_before: false,
};

fn observations() -> Observations {
    Observations {
        page: origin(PAGE),
        registry: Endpoint::parse(R).unwrap(),
        failed: READ,
        online: Some(true),
        policy_violated: false,
        permission_before: None,
        permission_after: None,
        reachable: Some(true),
        plain: Some(Plain::Registry(200)),
        redirects: None,
    }
}

#[test]
fn predictions() {
    for (page, registry, expected) in [
        (PAGE, "http://r.example", Some(Verdict::MixedContent)),
        (PAGE, "http://10.0.0.1:5000", Some(Verdict::MixedContent)),
        (PAGE, "http://127.0.0.1:5000", None),
        (PAGE, "http://localhost:5000", None),
        ("http://portal.example", "http://r.example", None),
        (PAGE, R, None),
        (PAGE, "https://r.example:5060", Some(Verdict::BlockedPort(5060))),
        (PAGE, "https://r.example:10080", Some(Verdict::BlockedPort(10080))),
        (PAGE, "https://r.example:5000", None),
    ] {
        let found = predict(&origin(page), &Endpoint::parse(registry).unwrap());
        assert_eq!(found, expected, "{page} {registry}");
    }
}

type Change = fn(&mut Observations);

#[test]
fn verdicts() {
    let cases: [(&str, Change, Verdict); 22] = [
        (
            "killed after it had answered",
            |o| {
                o.registry = Endpoint::parse("http://127.0.0.1:5000").unwrap();
                o.reachable = Some(false);
                o.permission_before = Some(Permission::Denied);
                o.permission_after = Some(Permission::Denied);
                o.failed = FailedCall { answered_before: true, ..READ };
            },
            Verdict::Unreachable,
        ),
        ("offline", |o| o.online = Some(false), Verdict::Offline),
        ("policy", |o| o.policy_violated = true, Verdict::PolicyOfThePage),
        ("dead", |o| o.reachable = Some(false), Verdict::Unreachable),
        (
            "refused just now",
            |o| {
                o.reachable = Some(false);
                o.permission_before = Some(Permission::Prompt);
                o.permission_after = Some(Permission::Denied);
            },
            Verdict::LocalNetwork,
        ),
        (
            "refused for another host before",
            |o| {
                o.reachable = Some(false);
                o.permission_before = Some(Permission::Denied);
                o.permission_after = Some(Permission::Denied);
            },
            Verdict::Unreachable,
        ),
        (
            "refused, private address",
            |o| {
                o.registry = Endpoint::parse("https://10.0.0.1").unwrap();
                o.reachable = Some(false);
                o.permission_before = Some(Permission::Denied);
                o.permission_after = Some(Permission::Denied);
            },
            Verdict::LocalNetwork,
        ),
        (
            "granted, but dead",
            |o| {
                o.reachable = Some(false);
                o.permission_before = Some(Permission::Prompt);
                o.permission_after = Some(Permission::Granted);
            },
            Verdict::Unreachable,
        ),
        ("no CORS", |o| o.plain = Some(Plain::Unreadable), Verdict::CorsRefused),
        ("a web page", |o| o.plain = Some(Plain::Other(200)), Verdict::NotARegistry),
        (
            "preflight",
            |o| {
                o.plain = Some(Plain::Registry(401));
                o.failed.asked_first = true;
            },
            Verdict::PreflightRefused,
        ),
        ("plain read broke off", |o| o.failed.reads_worked = true, Verdict::BrokeOff),
        (
            "signed-in read broke off",
            |o| o.failed = FailedCall { asked_first: true, reads_worked: true, ..READ },
            Verdict::BrokeOff,
        ),
        (
            "storage, inferred",
            |o| {
                o.failed = FailedCall {
                    kind: CallKind::ReadBlob,
                    asked_first: true,
                    reads_worked: true,
                    ..READ
                };
            },
            Verdict::StorageCors,
        ),
        (
            "storage, seen",
            |o| {
                o.failed.kind = CallKind::ReadBlob;
                o.redirects = Some(true);
            },
            Verdict::StorageCors,
        ),
        (
            "blob, preflight",
            |o| {
                o.failed = FailedCall {
                    kind: CallKind::ReadBlob,
                    asked_first: true,
                    reads_worked: false,
                    ..READ
                };
            },
            Verdict::PreflightRefused,
        ),
        (
            "write after signed-in reads",
            |o| {
                o.failed = FailedCall {
                    kind: CallKind::Write,
                    asked_first: true,
                    reads_worked: true,
                    ..READ
                }
            },
            Verdict::WriteNotAllowed,
        ),
        (
            "write without signing in",
            |o| {
                o.failed = FailedCall {
                    kind: CallKind::Write,
                    asked_first: false,
                    reads_worked: false,
                    ..READ
                }
            },
            Verdict::WriteNotAllowed,
        ),
        (
            "write, nothing signed-in worked",
            |o| {
                o.failed = FailedCall {
                    kind: CallKind::Write,
                    asked_first: true,
                    reads_worked: false,
                    ..READ
                }
            },
            Verdict::PreflightRefused,
        ),
        (
            "same origin, dead",
            |o| {
                o.registry = Endpoint::parse(PAGE).unwrap();
                o.reachable = Some(false);
            },
            Verdict::Unreachable,
        ),
        (
            "same origin, broke off",
            |o| {
                o.registry = Endpoint::parse(PAGE).unwrap();
                o.failed = FailedCall {
                    kind: CallKind::Write,
                    asked_first: true,
                    reads_worked: true,
                    ..READ
                };
            },
            Verdict::BrokeOff,
        ),
        (
            "mixed content",
            |o| o.registry = Endpoint::parse("http://r.example").unwrap(),
            Verdict::MixedContent,
        ),
    ];
    for (name, change, expected) in cases {
        let mut observed = observations();
        change(&mut observed);
        assert_eq!(decide(&observed), expected, "{name}");
        for message in [expected.title(), expected.meaning()].into_iter().chain(observed.messages())
        {
            let sentence = message.to_string();
            assert!(sentence != message.key && !sentence.contains('{'), "{sentence}");
        }
    }
}

/// A browser whose answers are set; it notes what it was asked.
struct Browser {
    online: bool,
    violated: bool,
    permission: Permission,
    reaches: bool,
    redirects: Option<bool>,
    asked: RefCell<Vec<String>>,
}

impl Browser {
    fn new() -> Self {
        Self {
            online: true,
            violated: false,
            permission: Permission::Granted,
            reaches: true,
            redirects: Some(false),
            asked: RefCell::default(),
        }
    }
}

impl Probe for Browser {
    fn is_online(&self) -> Option<bool> {
        Some(self.online)
    }

    fn policy_violated(&self, _: &Origin) -> bool {
        self.violated
    }

    fn local_network(&self) -> Pending<'_, Option<Permission>> {
        Box::pin(async { Some(self.permission) })
    }

    fn reaches(&self, url: Url) -> Pending<'_, bool> {
        self.asked.borrow_mut().push(format!("reaches {url}"));
        Box::pin(async { self.reaches })
    }

    fn redirects(&self, url: Url) -> Pending<'_, Option<bool>> {
        self.asked.borrow_mut().push(format!("redirects {url}"));
        Box::pin(async { self.redirects })
    }
}

type Spoil = fn(&mut Browser);

fn silence() -> Error {
    Error::NoAnswer { error: TransportError::Failed, method: Method::Get, url: R.into() }
}

#[test]
fn probes_are_few_and_harmless() {
    let ping = "GET https://r.example/v2/";
    let unreadable = || Answer::Fails(TransportError::Failed);
    let blob = Url::parse("https://r.example/v2/app/blobs/x").unwrap();
    let elsewhere = Url::parse("https://evil.example/layer").unwrap();
    let reaches = "reaches https://r.example/v2/";
    let redirects = "redirects https://r.example/v2/app/blobs/x";
    let blob_call = FailedCall { kind: CallKind::ReadBlob, ..READ };
    let write = FailedCall { kind: CallKind::Write, ..READ };
    let asked = FailedCall { asked_first: true, ..READ };
    let same: Spoil = |_| {};
    for (name, change, answer, failed, url, expected, probes) in [
        ("offline", (|b| b.online = false) as Spoil, None, READ, None, Verdict::Offline, vec![]),
        ("policy", |b| b.violated = true, None, READ, None, Verdict::PolicyOfThePage, vec![]),
        ("dead", |b| b.reaches = false, None, READ, None, Verdict::Unreachable, vec![reaches]),
        (
            "local network",
            |b| {
                b.reaches = false;
                b.permission = Permission::Denied;
            },
            None,
            READ,
            None,
            Verdict::LocalNetwork,
            vec![reaches],
        ),
        ("no CORS", same, Some(unreadable()), READ, None, Verdict::CorsRefused, vec![reaches]),
        (
            "login page",
            same,
            Some(with(200, &[("Content-Type", "text/html")], "")),
            READ,
            None,
            Verdict::NotARegistry,
            vec![reaches],
        ),
        (
            "preflight",
            same,
            Some(is(401, "")),
            asked,
            None,
            Verdict::PreflightRefused,
            vec![reaches],
        ),
        (
            "storage",
            |b| b.redirects = Some(true),
            Some(is(200, "{}")),
            blob_call,
            Some(blob.clone()),
            Verdict::StorageCors,
            vec![reaches, redirects],
        ),
        (
            "never a URL from elsewhere",
            same,
            Some(is(200, "{}")),
            blob_call,
            Some(elsewhere),
            Verdict::BrokeOff,
            vec![reaches],
        ),
        ("write", same, Some(is(200, "{}")), write, None, Verdict::WriteNotAllowed, vec![reaches]),
    ] {
        let mut browser = Browser::new();
        change(&mut browser);
        let script = Script::lines(answer.map(|answer| (ping, answer)).into_iter().collect());
        let found = block_on(diagnose(
            &script.http(),
            &browser,
            &origin(PAGE),
            &Endpoint::parse(R).unwrap(),
            Failure {
                call: failed,
                blob: url.as_ref(),
                permission_before: Some(Permission::Prompt),
                error: &silence(),
            },
        ))
        .unwrap();
        script.assert_played();
        assert_eq!(found.verdict, expected, "{name}");
        assert_eq!(browser.asked.take(), probes, "{name}");
        assert!(script.seen().iter().all(|seen| seen.request.headers.is_empty()));
    }
}

#[test]
fn errors_that_tell_all_need_no_probe() {
    let script = Script::lines(vec![]);
    let browser = Browser::new();
    let verdict = |page: &str, registry: &str, error: &Error| {
        block_on(diagnose(
            &script.http(),
            &browser,
            &origin(page),
            &Endpoint::parse(registry).unwrap(),
            Failure { call: READ, blob: None, permission_before: None, error },
        ))
        .map(|diagnosis| diagnosis.verdict)
    };
    let hidden = Error::SignIn(SignIn::Hidden(R.into()));
    let location = Error::Location(LocationError::Missing);
    let page = Error::NotARegistry(R.into());
    let needed = Error::SignIn(SignIn::Needed(R.into()));
    assert_eq!(verdict(PAGE, R, &hidden), Some(Verdict::ExposeMissing));
    assert_eq!(verdict(PAGE, R, &location), Some(Verdict::ExposeMissing));
    assert_eq!(verdict(R, R, &hidden), None);
    assert_eq!(verdict(PAGE, R, &page), Some(Verdict::NotARegistry));
    assert_eq!(verdict(PAGE, R, &needed), None);
    assert_eq!(verdict(PAGE, "http://r.example", &silence()), Some(Verdict::MixedContent));
    assert!(browser.asked.take().is_empty());
}

#[test]
fn remedies_are_filled_in() {
    let registry = Endpoint::parse("https://r.example:8443/reg/a").unwrap();
    let page = origin(PAGE);
    for verdict in [
        Verdict::MixedContent,
        Verdict::PolicyOfThePage,
        Verdict::LocalNetwork,
        Verdict::CorsRefused,
        Verdict::PreflightRefused,
        Verdict::StorageCors,
        Verdict::WriteNotAllowed,
        Verdict::ExposeMissing,
    ] {
        let found = remedies(&verdict, &page, &registry);
        assert!(!found.is_empty(), "{verdict:?}");
        for Remedy { kind, text } in found {
            let names = match kind {
                RemedyKind::PortalNginx | RemedyKind::PortalCaddy | RemedyKind::PortalPolicy => {
                    "https://r.example:8443"
                }
                RemedyKind::RegistryNginx
                | RemedyKind::RegistryCaddy
                | RemedyKind::DockerRegistry => PAGE,
                RemedyKind::DockerRegistryStorage => "disable: true",
                RemedyKind::Bucket => "\"*\"",
                RemedyKind::Frame => "local-network",
            };
            assert!(text.contains(names), "{kind:?}: {text}");
            let sentence = kind.message().to_string();
            assert!(sentence.ends_with('.'), "{sentence}");
        }
    }
    let preflight = remedies(&Verdict::PreflightRefused, &page, &registry);
    let headers = preflight.iter().any(|remedy| remedy.kind == RemedyKind::DockerRegistry);
    assert!(!headers, "the registry's own headers do not help against this");
}

/// The lines of a configuration between two others, without comments and layout, sorted.
fn directives<'a>(text: &'a str, parts: &[(&str, &str)]) -> Vec<String> {
    let between = |(start, end): &(&str, &str)| -> &'a str {
        let from = text.find(start).unwrap_or_else(|| panic!("“{start}” is gone"));
        let rest = &text[from..];
        &rest[..rest.find(end).unwrap_or_else(|| panic!("“{end}” is gone"))]
    };
    let mut lines: Vec<String> = parts
        .iter()
        .flat_map(|part| between(part).lines())
        .map(|line| line.split(" #").next().unwrap_or_default())
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty() && !line.starts_with('#') && line != "}")
        .collect();
    lines.sort();
    lines.dedup();
    lines
}

#[test]
fn the_portals_remedies_say_what_the_shipped_files_say() {
    let page = Url::parse("https://portal.example").unwrap().origin().clone();
    let registry = Endpoint::parse("http://127.0.0.1:5000").unwrap();
    let text = |kind: RemedyKind| {
        let all = remedies(&Verdict::CorsRefused, &page, &registry);
        all.into_iter().find(|remedy| remedy.kind == kind).unwrap().text
    };
    let shipped = include_str!("../../../deploy/nginx.conf");
    let parts = [
        ("map $upstream_http_www_authenticate", "# What a registry answers"),
        ("map \"$http_sec_fetch_dest", "# The next page of a list"),
        ("  # What both registries need.", "  # Another one under a path"),
    ];
    let remedy = text(RemedyKind::PortalNginx);
    assert_eq!(
        directives(&format!("{remedy}# end"), &[("map", "# end")]),
        directives(shipped, &parts)
    );
    let shipped = include_str!("../../../deploy/Caddyfile");
    let remedy = text(RemedyKind::PortalCaddy);
    let remedy = directives(&format!("{remedy}# end"), &[("handle", "# end")]);
    let parts =
        [("(registry) {", "# What a registry answers"), ("@not_data {", "\nportal.example.com")];
    let own = ["(registry) {", "reverse_proxy http://127.0.0.1:5000 {", "handle /v2/* {"];
    let same = |lines: Vec<String>| -> Vec<String> {
        lines.into_iter().filter(|line| !own.contains(&line.as_str())).collect()
    };
    assert_eq!(same(remedy), same(directives(shipped, &parts)));
}
