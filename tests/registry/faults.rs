//! What the person sees when a registry, a proxy or a network misbehaves: every fault is made to
//! happen, and `docs/faults.md` says what came of it. `LAYERMARK_BLESS=1 cargo test --test registry
//! faults` writes that page.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::rc::Rc;

use layermark::registry::push::{Action, PushPlan, Step, StepState, execute, gather};
use layermark::registry::{Client, CookieMode, Credentials, Endpoint, Error, Notice, Session};

use crate::fault_table::{Act, CASES, Case};
use crate::image::{Sample, block_on, place, push, repository, tag};
use crate::support::fault_proxy::{Fault, FaultProxy, Rule};
use crate::support::registry::{PASSWORD, Registry, USER};
use crate::transport::Native;

/// The servers that all cases share.
pub struct World {
    server: Registry,
    proxy: FaultProxy,
    /// A host to which nothing secret may go.
    elsewhere: FaultProxy,
    loaded: Sample,
}

#[test]
fn every_fault_is_survived_and_explained() {
    let server = Registry::with_password();
    let proxy = FaultProxy::start(Some(server.host.clone()));
    let direct = signed_in(&Native::default(), &server.url);
    let loaded = Sample::new("loaded", &[]);
    push(&direct, loaded.input(&server.url, "app", "t")).unwrap();
    push(&direct, loaded.input(&server.url, "source", "t")).unwrap();
    let world = World { server, proxy, elsewhere: FaultProxy::start(None), loaded };
    let mut page = String::from(
        "# Faults\n\nWhat Layermark shows when a registry, a proxy or the network misbehaves. Every \
         fault is made to happen in front of a real `docker-registry`, with somebody signed in; the \
         sentences are those that came. No credential may reach another host in any of them.\n\n\
         This page is made by `LAYERMARK_BLESS=1 cargo test --test registry faults`.\n",
    );
    let mut group = "";
    for (number, case) in CASES.iter().enumerate() {
        if case.group != group {
            group = case.group;
            let _ = write!(page, "\n## {group}\n\n| fault | what the person sees |\n|---|---|\n");
        }
        let seen = world.run(number, case).replace('|', "\\|").replace('\n', " ");
        let _ = writeln!(page, "| {} | {seen} |", case.fault);
    }
    page.push_str(&crate::fault_table::in_the_browser());
    compare(&page);
}

impl World {
    fn run(&self, number: usize, case: &Case) -> String {
        let rule: Rule = (case.rule)(self.elsewhere.base());
        self.elsewhere.set(Box::new(|_| Fault::None));
        self.proxy.set(rule);
        let native = Native::hurried();
        let client = signed_in(&native, &self.proxy.base());
        let notices: Rc<RefCell<Vec<Notice>>> = Rc::default();
        let heard = Rc::clone(&notices);
        let client = client.with_notices(Rc::new(move |notice| {
            let mut notices = heard.borrow_mut();
            // Of a countdown, its beginning; of anything else, the first.
            let known =
                |one: &Notice| std::mem::discriminant(one) == std::mem::discriminant(&notice);
            if !notices.iter().any(known) || matches!(notice, Notice::Warning(_)) {
                notices.push(notice);
            }
        }));
        let mut said = match case.act {
            Act::Load => self.load(&client),
            Act::ReadConfig => self.read_config(&client),
            Act::ListTags => match block_on(client.tags(&repository("app"))) {
                Ok(listing) if listing.complete => "It works.".to_owned(),
                Ok(_) => "The list is shown as incomplete.".to_owned(),
                Err(error) => shown(&error),
            },
            Act::ListReferrers => {
                match block_on(client.referrers(&repository("app"), &self.loaded.digest())) {
                    Ok(_) => "It works.".to_owned(),
                    Err(error) => shown(&error),
                }
            }
            Act::Push => self.push(&client, number, false),
            Act::PushMounting => self.push(&client, number, true),
        };
        for notice in notices.take() {
            let _ = write!(said, " *{}*", notice.message());
        }
        self.check_secrets(case);
        self.plain(&said).replace(&format!("fault-{number}"), "app")
    }

    fn load(&self, client: &Client) -> String {
        match block_on(client.manifest(&repository("app"), &tag("t"), None)) {
            Ok(fetched) => {
                assert_eq!(*fetched.bytes, *self.loaded.manifest());
                "It works.".to_owned()
            }
            Err(error) => shown(&error),
        }
    }

    fn read_config(&self, client: &Client) -> String {
        let (digest, size) = (self.loaded.config_digest(), self.loaded.config_size());
        match block_on(client.blob(&repository("app"), &digest, size)) {
            Ok(bytes) => {
                assert_eq!(bytes, self.loaded.config);
                "It works.".to_owned()
            }
            Err(error) => shown(&error),
        }
    }

    fn push(&self, client: &Client, number: usize, mounting: bool) -> String {
        let base = self.proxy.base();
        let name = format!("fault-{number}");
        let sample = Sample::new(if mounting { "loaded" } else { &name }, &[]);
        let mut input = sample.input(&base, &name, "t");
        if mounting {
            input.source = Some(place(&base, "source"));
            input.local = BTreeMap::new();
        }
        let facts = match block_on(gather(client, &input)) {
            Ok(facts) => facts,
            Err(error) => return shown(&error),
        };
        let plan = PushPlan::new(input, &facts);
        if let Some(problem) = plan.problems.first() {
            return problem.message().to_string();
        }
        let (plan, result) = block_on(execute(plan, client, &|_| client.clone(), &|_, _| {}));
        match result {
            Ok(_) => {
                let remark = |state: &StepState| match state {
                    StepState::Done(Some(remark)) if remark.key != "push.blob-absent" => {
                        Some(remark.to_string())
                    }
                    _ => None,
                };
                let mut remarks: Vec<String> =
                    plan.steps.iter().filter_map(|step| remark(&step.state)).collect();
                remarks.dedup();
                format!("The push succeeds. {}", remarks.join(" ")).trim().to_owned()
            }
            Err(stop) => {
                let step = &plan.steps[stop.step.unwrap()];
                let tag_done = |step: &Step| {
                    matches!(
                        (&step.action, &step.state),
                        (Action::PutTag { .. }, StepState::Done(_))
                    )
                };
                let untouched = !plan.steps.iter().any(tag_done);
                let tail = if untouched { "The tag is not set." } else { "" };
                let hint = stop.error.hint().map(|hint| hint.to_string()).unwrap_or_default();
                let text =
                    format!("**{}:** {} {hint}", step.action.message(), stop.error.message());
                format!("{} {tail}", text.trim()).trim().to_owned()
            }
        }
    }

    /// Nothing secret may have reached the other host.
    fn check_secrets(&self, case: &Case) {
        for asked in self.elsewhere.seen() {
            let body = String::from_utf8_lossy(&asked.body);
            let clean = asked.header("authorization").is_empty()
                && !body.contains(PASSWORD)
                && !body.contains("layer")
                && !asked.path.contains(PASSWORD);
            assert!(clean, "{}: {asked:?}", case.fault);
        }
    }

    /// The text with what differs from run to run made equal.
    fn plain(&self, text: &str) -> String {
        let text = text
            .replace(&self.proxy.base(), "https://registry.example.com")
            .replace(&self.server.url, "https://registry.example.com")
            .replace(&self.elsewhere.base(), "https://elsewhere.example.net");
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find("sha256:") {
            out.push_str(&rest[..at]);
            out.push_str("sha256:…");
            rest =
                rest[at + 7..].trim_start_matches(|ch: char| ch.is_ascii_hexdigit() || ch == '…');
        }
        let text = out + rest;
        let mut parts = text.split("/blobs/uploads/");
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let id = |ch: char| ch.is_ascii_hexdigit() || ch == '-';
            out.push_str("/blobs/uploads/…");
            out.push_str(part.trim_start_matches(id));
        }
        out
    }
}

fn signed_in(native: &Native, base: &str) -> Client {
    let endpoint = Endpoint::parse(base).unwrap();
    let session = Session::new(native.http(), endpoint, None, CookieMode::Omit);
    session.sign_in(Credentials::basic(USER, PASSWORD).unwrap());
    Client::new(session)
}

fn shown(error: &Error) -> String {
    let hint = error.hint().map(|hint| hint.to_string()).unwrap_or_default();
    format!("{} {hint}", error.message()).trim().to_owned()
}

fn compare(expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/faults.md");
    if std::env::var_os("LAYERMARK_BLESS").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected, "docs/faults.md; LAYERMARK_BLESS=1 writes it");
    }
    assert_eq!(found.lines().count(), expected.lines().count());
}
