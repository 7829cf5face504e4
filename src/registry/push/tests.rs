use std::cell::RefCell;
use std::collections::BTreeMap;

use super::*;
use crate::manifest::media_type::{OCI_INDEX, OCI_MANIFEST};
use crate::registry::test_store::{Fault, R, Shared, Store, registry, set_tag, store};
use crate::registry::testing::{Answer, Script, Seen, block_on, code, is, with};
use crate::registry::transport::FileSlice;
use crate::registry::{Client, Error, Method, Selector, ShortNames, TransportError};

fn place(repository: &str) -> Place {
    Place {
        endpoint: Endpoint::parse(R).unwrap(),
        repository: Repository::parse(repository).unwrap(),
    }
}

pub(super) fn document(text: &str, kind: &str, needs: Vec<Needed>) -> PushDocument {
    PushDocument {
        digest: Digest::sha256(text.as_bytes()),
        platform: None,
        media_type: kind.into(),
        is_index: kind == OCI_INDEX,
        bytes: text.as_bytes().into(),
        needs,
        urls: vec!["https://cdn.example.com/layer".into()],
        has_subject: false,
    }
}

pub(super) fn need(text: &str, may_stay_away: bool) -> Needed {
    let digest = Digest::sha256(text.as_bytes());
    Needed { digest, size: text.len() as u64, may_stay_away, role: Role::Layer }
}

/// An index with two children that share a config; one layer is marked.
pub(super) fn input() -> PushInput {
    let amd = document("amd", OCI_MANIFEST, vec![need("config", false), need("layer", false)]);
    let arm = document("arm", OCI_MANIFEST, vec![need("config", false), need("marked", true)]);
    PushInput {
        documents: vec![amd, arm, document("index", OCI_INDEX, vec![])],
        source: None,
        local: BTreeMap::new(),
        wanted: BTreeSet::new(),
        required: BTreeSet::new(),
        reference: Reference::parse("r.example/app:t", ShortNames::OfDefaultRegistry).unwrap(),
        target: place("app"),
        tag: Some(Tag::parse("t").unwrap()),
        loaded: None,
        pinned: false,
        backup: None,
        put_back: false,
    }
}

pub(super) fn plan(script: &Script, input: &PushInput) -> PushPlan {
    let facts = block_on(gather(&script.client(R), input)).unwrap();
    PushPlan::new(input.clone(), &facts)
}

fn no_fault() -> Fault {
    Box::new(|_, _| None)
}

pub(super) fn run(client: &Client, plan: PushPlan) -> (PushPlan, Result<Proof, PushError>) {
    let (plan, result) = block_on(execute(plan, client, &|_| client.clone(), &|_, _| {}));
    (plan, result.map_err(|stop| stop.error))
}

fn shown(plan: &PushPlan) -> Vec<String> {
    let state = |state: &StepState| match state {
        StepState::Pending => "pending".to_owned(),
        StepState::Running(_) => "running".to_owned(),
        StepState::Done(remark) => {
            remark.as_ref().map_or("done".into(), |remark| format!("done, {}", remark.key))
        }
        StepState::Skipped(reason) => format!("skipped, {}", reason.message().key),
        StepState::Failed(reason) => format!("failed, {}", reason.key),
    };
    plan.steps
        .iter()
        .map(|step| {
            format!("{}: {}", &step.action.message().key["push.".len()..], state(&step.state))
        })
        .collect()
}

#[test]
fn everything_there_but_the_manifests() {
    let store = store(&["app/config", "app/layer"]);
    let script = registry(&store, no_fault());
    let plan = plan(&script, &input());
    assert!(plan.is_ready() && !plan.is_done());
    assert_eq!(
        shown(&plan),
        [
            "check-blob: done",
            "check-blob: done",
            "check-blob: skipped, push.stays-away",
            "put-manifest: pending",
            "put-manifest: pending",
            "put-manifest: pending",
            "read-back-digest: pending",
            "read-back-digest: pending",
            "read-back-digest: pending",
            "check-tag: pending",
            "put-tag: pending",
            "read-back-tag: pending",
        ]
    );
    assert!(store.borrow().log.is_empty(), "the review sends nothing");
    let (plan, proof) = run(&script.client(R), plan);
    let [amd, arm, index] = ["amd", "arm", "index"].map(|text| Digest::sha256(text.as_bytes()));
    assert_eq!(proof, Ok(Proof { digest: index.clone(), before: None }));
    assert!(plan.is_done());
    assert_eq!(
        store.borrow().log,
        [
            format!("PUT app/manifests/{amd}"),
            format!("PUT app/manifests/{arm}"),
            format!("PUT app/manifests/{index}"),
            "PUT app/manifests/t".to_owned(),
        ]
    );
}

#[test]
fn missing_blobs_are_mounted_copied_uploaded_or_a_problem() {
    let local = |text: &str| {
        let bytes: Arc<[u8]> = text.as_bytes().into();
        BTreeMap::from([(Digest::sha256(text.as_bytes()), LocalBlob::Bytes(bytes))])
    };
    let elsewhere =
        Place { endpoint: Endpoint::parse("https://s.example").unwrap(), ..place("source") };
    for (name, blobs, mounts, source, local, expected, log) in [
        (
            "mounted",
            vec!["app/config", "source/layer"],
            true,
            Some(place("source")),
            BTreeMap::new(),
            "mount-blob: done",
            "POST",
        ),
        (
            "not mounted, so copied",
            vec!["app/config", "source/layer"],
            false,
            Some(place("source")),
            BTreeMap::new(),
            "mount-blob: done, push.not-mounted",
            "POST PATCH PUT",
        ),
        (
            "from a file",
            vec!["app/config"],
            true,
            None,
            local("layer"),
            "upload-blob: done",
            "POST PUT",
        ),
        (
            "from another registry",
            vec!["app/config", "source/layer"],
            true,
            Some(elsewhere),
            BTreeMap::new(),
            "copy-blob: done",
            "POST PATCH PUT",
        ),
    ] {
        let store = store(&blobs);
        store.borrow_mut().mounts = mounts;
        let script = registry(&store, no_fault());
        let input = PushInput { source, local, ..input() };
        let plan = plan(&script, &input);
        assert!(plan.is_ready(), "{name}");
        let source = script.client("https://s.example");
        let (plan, result) =
            block_on(execute(plan, &script.client(R), &|_| source.clone(), &|_, _| {}));
        let bring = shown(&plan).into_iter().find(|line| {
            line.contains("t-blob") || line.starts_with("upload") || line.starts_with("copy")
        });
        assert_eq!((result.is_ok(), bring.as_deref()), (true, Some(expected)), "{name}");
        let methods: Vec<String> = store
            .borrow()
            .log
            .iter()
            .filter(|line| line.contains("uploads"))
            .map(|line| line.split(' ').next().unwrap().to_owned())
            .collect();
        assert_eq!(methods.join(" "), log, "{name}");
    }
    let script = registry(&store(&["app/config"]), no_fault());
    let plan = plan(&script, &input());
    assert_eq!(plan.problems, [Problem::Missing(Digest::sha256(b"layer"), Role::Layer)]);
    let mut provided = plan.clone();
    provided.provide(&Digest::sha256(b"layer"), FileSlice { file: 1, start: 0, len: 5 });
    assert!(provided.is_ready());
    let steps = shown(&provided);
    let upload = steps.iter().position(|line| line == "upload-blob: pending").unwrap();
    assert_eq!(steps[upload - 1], "check-blob: done, push.blob-absent");
    let (_, result) = run(&script.client(R), plan);
    assert_eq!(result, Err(PushError::NotReady));
}

#[test]
fn a_layer_that_is_no_longer_foreign_is_fetched_from_its_urls_and_verified() {
    let check = |served: &'static [(&'static str, Answer)], expected: &str, stored: bool| {
        let store = store(&["app/config"]);
        let fault: Fault = Box::new(move |_, seen| {
            let answer = served.iter().find(|(url, _)| seen.line.ends_with(url))?;
            assert_eq!(seen.header("Authorization"), "");
            Some(answer.1.clone())
        });
        let script = registry(&store, fault);
        let urls = ["https://cdn.example/first", "https://cdn.example/second"];
        let urls = LocalBlob::Urls(urls.map(str::to_owned).to_vec());
        let local = BTreeMap::from([(Digest::sha256(b"layer"), urls)]);
        let plan = plan(&script, &PushInput { local, ..input() });
        assert!(plan.is_ready());
        let (plan, result) = run(&script.client(R), plan);
        let fetch = shown(&plan).into_iter().find(|line| line.starts_with("fetch-blob"));
        assert_eq!(fetch.as_deref(), Some(expected), "{served:?}");
        assert_eq!(result.is_ok(), stored);
        let name = format!("app/blobs/{}", Digest::sha256(b"layer"));
        assert_eq!(store.borrow().blobs.contains_key(&name), stored);
        if !stored {
            assert_eq!(store.borrow().tag("t"), None);
        }
    };
    let fine = || is(200, "layer");
    let leak = |answers: Vec<(&'static str, Answer)>| -> &'static [(&'static str, Answer)] {
        Vec::leak(answers)
    };
    check(leak(vec![("first", fine())]), "fetch-blob: done", true);
    check(leak(vec![("first", is(404, "")), ("second", fine())]), "fetch-blob: done", true);
    let failed = "fetch-blob: failed, registry.layer-url";
    check(leak(vec![("first", is(404, "")), ("second", is(403, ""))]), failed, false);
    for wrong in ["laye", "layers", "Layer"] {
        check(leak(vec![("first", is(200, wrong)), ("second", is(404, ""))]), failed, false);
        check(leak(vec![("first", is(200, wrong)), ("second", fine())]), "fetch-blob: done", true);
    }
}

#[test]
fn problems_that_a_registry_would_not_notice() {
    let store = store(&["app/config", "app/layer"]);
    let script = registry(&store, no_fault());
    let mut wrong = input();
    wrong.documents[0].needs[1].size = 7;
    let digest = Digest::sha256(b"layer");
    assert_eq!(
        plan(&script, &wrong).problems,
        [Problem::SizeDiffers { digest: digest.clone(), expected: 7, found: 5 }]
    );
    let mut child = input();
    child.documents[2].needs.push(Needed { role: Role::Manifest, ..need("child", false) });
    assert_eq!(plan(&script, &child).problems, [Problem::ChildMissing(Digest::sha256(b"child"))]);
    let mut nothing = input();
    nothing.documents.clear();
    assert_eq!(plan(&script, &nothing).problems, [Problem::Nothing]);
    // A layer that one platform lets stay away and another needs must be there.
    let mut shared = input();
    shared.documents[0].needs[1] = need("marked", false);
    assert_eq!(
        plan(&script, &shared).problems,
        [Problem::Missing(Digest::sha256(b"marked"), Role::Layer)]
    );
}

#[test]
fn a_moved_tag_waits_for_a_decision() {
    let store = store(&["app/config", "app/layer"]);
    let (old, new) = (Digest::sha256(b"old"), set_tag(&store, "t", "other"));
    let script = registry(&store, no_fault());
    let input = PushInput { loaded: Some(old.clone()), ..input() };
    let mut plan = plan(&script, &input);
    assert_eq!(plan.moved, Some(moved(Some(old), Some(new.clone()))));
    assert_eq!(run(&script.client(R), plan.clone()).1, Err(PushError::NotReady));
    plan.accept_moved_tag();
    let proof = run(&script.client(R), plan).1.unwrap();
    assert_eq!(proof.before, Some(new));
}

pub(super) fn moved(expected: Option<Digest>, found: Option<Digest>) -> TagMoved {
    TagMoved { expected, found, pinned: false }
}

#[test]
fn a_tag_that_moves_during_the_push_stops_it() {
    let store = store(&["app/config", "app/layer"]);
    let old = set_tag(&store, "t", "old");
    let script = registry(&store, no_fault());
    let backup = Some(BackupName::filled("t-backup".into()));
    let input = PushInput { loaded: Some(old.clone()), backup, ..input() };
    let plan = plan(&script, &input);
    assert!(plan.is_ready());
    let other = set_tag(&store, "t", "other");
    let (mut plan, result) = run(&script.client(R), plan);
    let moved = moved(Some(old.clone()), Some(other.clone()));
    assert_eq!(result, Err(PushError::TagMoved(moved)));
    assert_eq!(store.borrow().tag("t"), Some(other.clone()));
    assert_eq!(store.borrow().tag("t-backup"), Some(old));
    assert!(state_of(&plan, "check-tag").starts_with("check-tag: failed"));
    // The person overwrites it all the same; another backup is made, under a name that is free.
    plan.accept_moved_tag();
    assert_eq!(state_of(&plan, "check-tag"), "check-tag: pending");
    assert_eq!(state_of(&plan, "back-up-tag"), "back-up-tag: pending");
    assert!(plan.has_begun());
    let (plan, result) = run(&script.client(R), plan);
    assert_eq!(result.unwrap().before, Some(other.clone()));
    assert_eq!(state_of(&plan, "back-up-tag"), "back-up-tag: done, push.backup-variant");
    assert_eq!(store.borrow().tag("t-backup-2"), Some(other));
    assert_eq!(store.borrow().tag("t"), Some(Digest::sha256(b"index")));
}

#[test]
fn the_old_digest_can_be_put_back() {
    let store = store(&["app/config", "app/layer"]);
    let old = set_tag(&store, "t", "old");
    let script = registry(&store, no_fault());
    let client = script.client(R);
    let proof = run(&client, plan(&script, &input())).1.unwrap();
    assert_eq!(proof.before, Some(old.clone()));
    let fetched =
        block_on(client.manifest(&place("app").repository, &Selector::Digest(old.clone()), None))
            .unwrap();
    let input = PushInput::restoring(&input(), &fetched);
    assert_eq!(input.loaded, Some(proof.digest));
    let plan = plan(&script, &input);
    assert_eq!(
        shown(&plan),
        [
            "put-manifest: skipped, push.manifest-there",
            "read-back-digest: pending",
            "check-tag: pending",
            "put-tag: pending",
            "read-back-tag: pending",
        ]
    );
    run(&client, plan).1.unwrap();
    assert_eq!(store.borrow().tag("t"), Some(old));
}

/// Runs a push over a registry with a fault that happens on the first `PUT` of the tag.
fn with_tag_fault(
    fault: impl Fn(&mut Store, &Seen) -> Answer + 'static,
) -> (PushPlan, Result<Proof, PushError>, Shared, Script) {
    let store = store(&["app/config", "app/layer"]);
    let hit = RefCell::new(false);
    let script = registry(
        &store,
        Box::new(move |store, seen| {
            let sets_tag =
                seen.request.method == Method::Put && seen.url.path().ends_with("/manifests/t");
            let first = sets_tag && !hit.replace(true);
            first.then(|| fault(store, seen))
        }),
    );
    let (plan, result) = run(&script.client(R), plan(&script, &input()));
    (plan, result, store, script)
}

pub(super) fn state_of(plan: &PushPlan, name: &str) -> String {
    shown(plan).into_iter().find(|line| line.starts_with(name)).unwrap()
}

#[test]
fn answers_to_the_tag_that_confirm_nothing() {
    for status in [200, 202, 204] {
        let (plan, result, ..) = with_tag_fault(move |store, seen| {
            store.put("app/manifests/t", seen);
            is(status, "")
        });
        assert!(result.is_ok(), "{status}: the read back decides");
        assert_eq!(state_of(&plan, "put-tag"), "put-tag: done, push.not-confirmed");
    }
    let (plan, result, ..) = with_tag_fault(|_, _| is(200, "<html>"));
    assert_eq!(
        result,
        Err(PushError::ReadBack { expected: Digest::sha256(b"index"), found: None })
    );
    assert_eq!(state_of(&plan, "read-back-tag"), "read-back-tag: failed, push.read-back-nothing");
}

#[test]
fn a_lost_answer_is_looked_up_and_not_sent_again() {
    let (plan, result, store, _) = with_tag_fault(|store, seen| {
        store.put("app/manifests/t", seen);
        Answer::Fails(TransportError::Failed)
    });
    assert!(result.is_ok());
    assert_eq!(state_of(&plan, "put-tag"), "put-tag: done, push.answer-lost");
    assert_eq!(store.borrow().log.iter().filter(|line| line.ends_with("/t")).count(), 1);
    // Not stored: the push stops, and can be resumed.
    let (plan, result, store, script) =
        with_tag_fault(|_, _| Answer::Fails(TransportError::Timeout));
    assert!(matches!(result, Err(PushError::Registry(Error::NoAnswer { .. }))));
    let log = store.borrow().log.len();
    let (plan, result) = run(&script.client(R), plan);
    assert!(result.is_ok() && plan.is_done());
    assert_eq!(store.borrow().log.len(), log + 1, "only the tag is set again");
}

#[test]
fn someone_else_writes_between_the_tag_and_the_proof() {
    let (_, result, ..) = with_tag_fault(|store, seen| {
        store.put("app/manifests/t", seen);
        let other = (OCI_MANIFEST.to_owned(), b"other".to_vec());
        store.manifests.insert("app/manifests/t".into(), other);
        is(201, "")
    });
    let [expected, found] = ["index", "other"].map(|text| Digest::sha256(text.as_bytes()));
    assert_eq!(result, Err(PushError::ReadBack { expected, found: Some(found) }));
}

#[test]
fn refusals_of_the_tag_leave_the_digest_pushed() {
    let (plan, result, ..) = with_tag_fault(|_, _| code(412, "PRECONDITION"));
    let Err(PushError::Registry(error)) = result else { panic!("{result:?}") };
    assert!(error.refusal().unwrap().is_immutable_tag());
    assert_eq!(error.hint().unwrap().key, "hint.immutable-tag");
    assert_eq!(state_of(&plan, "put-manifest"), "put-manifest: done");
    assert_eq!(state_of(&plan, "put-tag"), "put-tag: failed, answer.said");
}

#[test]
fn the_refusal_of_urls_is_explained_and_not_repeated() {
    let store = store(&["app/config", "app/layer"]);
    let body = r#"{"errors":[{"code":"UNKNOWN","message":"unknown error","detail":null},
        {"code":"UNKNOWN","message":"unknown error","detail":{}},
        {"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry"}]}"#;
    let script = registry(
        &store,
        Box::new(move |_, seen| (seen.request.method == Method::Put).then(|| is(500, body))),
    );
    let (_, result) = run(&script.client(R), plan(&script, &input()));
    let Err(PushError::UrlPolicy { policy, setting }) = result else { panic!("{result:?}") };
    assert!(!policy.stated);
    assert!(setting.yaml.contains(r"'^https://cdn\.example\.com/'"), "{}", setting.yaml);
    assert_eq!(store.borrow().log.len(), 1);
    assert_eq!(script.slept(), 0);
}

#[test]
fn storing_by_digest_is_repeated_when_nothing_arrived() {
    let store = store(&["app/config", "app/layer"]);
    let count = RefCell::new(0);
    let script = registry(
        &store,
        Box::new(move |store, seen| {
            if seen.request.method != Method::Put {
                return None;
            }
            *count.borrow_mut() += 1;
            match *count.borrow() {
                // Lost on the way there.
                1 => Some(Answer::Fails(TransportError::Failed)),
                // Lost on the way back.
                3 => {
                    store.put(seen.url.path().trim_start_matches("/v2/"), seen);
                    Some(Answer::Fails(TransportError::Failed))
                }
                4 => Some(is(503, "")),
                _ => None,
            }
        }),
    );
    let (plan, result) = run(&script.client(R), plan(&script, &input()));
    assert!(result.is_ok());
    let puts: Vec<String> =
        shown(&plan).into_iter().filter(|line| line.starts_with("put-manifest")).collect();
    assert_eq!(
        puts,
        ["put-manifest: done", "put-manifest: done, push.answer-lost", "put-manifest: done"]
    );
    // One sent twice, one looked up, one sent again after 503, and the tag.
    assert_eq!(store.borrow().log.len(), 6);
}

#[test]
fn what_cannot_be_asked_is_unknown_and_what_needs_the_person_is_an_error() {
    let store = store(&["app/config", "app/layer"]);
    let silent = registry(
        &store,
        Box::new(|_, seen| {
            let blob = seen.request.method == Method::Head && seen.url.path().contains("/blobs/");
            blob.then_some(Answer::Fails(TransportError::Failed))
        }),
    );
    let plan = plan(&silent, &input());
    assert!(plan.is_ready());
    assert!(shown(&plan)[..3].iter().all(|line| line == "check-blob: skipped, push.blob-unknown"));
    let closed =
        registry(&store, Box::new(|_, _| Some(with(401, &[("WWW-Authenticate", "Basic")], ""))));
    let error = block_on(gather(&closed.client(R), &input())).unwrap_err();
    assert!(matches!(error, Error::SignIn(_)));
}

#[test]
fn states_are_reported_and_every_sentence_exists() {
    let store = store(&["app/config", "app/layer"]);
    let script = registry(&store, no_fault());
    let reported = RefCell::new(Vec::new());
    let plan = plan(&script, &input());
    for step in &plan.steps {
        let sentence = step.action.message().to_string();
        assert!(!sentence.contains('{') && !sentence.starts_with("push."), "{sentence}");
    }
    let (_, result) =
        block_on(execute(plan, &script.client(R), &|_| script.client(R), &|index, state| {
            reported.borrow_mut().push((index, state.clone()));
        }));
    result.unwrap();
    let first: Vec<_> = reported.take().into_iter().take(2).collect();
    assert_eq!(first, [(3, StepState::Running(0)), (3, StepState::Done(None))]);
}

#[test]
fn backup_tags() {
    let digest = Digest::sha256(b"");
    for (tag, expected) in [
        ("1.4", "1.4-was-e3b0c44298fc".to_owned()),
        (&"t".repeat(128), format!("{}-was-e3b0c44298fc", "t".repeat(111))),
    ] {
        let made = BackupName::of(&Tag::parse(tag).unwrap()).tag(&digest).unwrap();
        assert_eq!(made.as_str(), expected);
        assert_eq!(backup::variant(&made, 1), made);
        let second = backup::variant(&made, 2);
        assert!(second.as_str().ends_with("-2") && second.as_str().len() <= 128, "{second}");
    }
}

/// The backups that a plan has: tag and digest.
pub(super) fn backups(plan: &PushPlan) -> Vec<(String, Digest)> {
    let backup = |step: &Step| match &step.action {
        Action::BackUpTag { backup, digest } => Some((backup.to_string(), digest.clone())),
        _ => None,
    };
    plan.steps.iter().filter_map(backup).collect()
}

#[test]
fn a_backup_keeps_what_the_plan_finds_and_is_named_after_it() {
    let named = |digest: &Digest| (format!("t-was-{}", &digest.hex()[..12]), digest.clone());
    let backup = Some(BackupName::of(&Tag::parse("t").unwrap()));
    for loaded in [None, Some(Digest::sha256(b"loaded"))] {
        let store = store(&["app/config", "app/layer"]);
        let script = registry(&store, no_fault());
        let input = PushInput { backup: backup.clone(), loaded: loaded.clone(), ..input() };
        let found = set_tag(&store, "t", "found");
        let mut made = plan(&script, &input);
        assert_eq!(backups(&made), [named(&found)], "{loaded:?}");
        made.accept_moved_tag();
        assert_eq!(backups(&made), [named(&found)]);
        run(&script.client(R), made).1.unwrap();
        assert_eq!(store.borrow().tag(&named(&found).0), Some(found));
    }
    // A tag that appears while the push runs is kept as well.
    let store = store(&["app/config", "app/layer"]);
    let script = registry(&store, no_fault());
    let made = plan(&script, &PushInput { backup, ..input() });
    assert_eq!(backups(&made), []);
    let found = set_tag(&store, "t", "found");
    let (mut made, result) = run(&script.client(R), made);
    assert_eq!(result, Err(PushError::TagMoved(moved(None, Some(found.clone())))));
    made.accept_moved_tag();
    assert_eq!(backups(&made), [named(&found)]);
    run(&script.client(R), made).1.unwrap();
    assert_eq!(store.borrow().tag(&named(&found).0), Some(found));
}

#[test]
fn a_digest_that_was_loaded_stops_at_a_tag_that_is_elsewhere() {
    let store = store(&["app/config", "app/layer"]);
    let script = registry(&store, no_fault());
    let loaded = Digest::sha256(b"loaded");
    let input = PushInput { loaded: Some(loaded.clone()), pinned: true, ..input() };
    assert_eq!(plan(&script, &input).moved, None, "a tag that is not there was not deleted");
    set_tag(&store, "t", "loaded");
    assert_eq!(plan(&script, &input).moved, None);
    let found = set_tag(&store, "t", "found");
    let moved = plan(&script, &input).moved.unwrap();
    assert_eq!((&moved.expected, &moved.found), (&Some(loaded), &Some(found)));
    assert_eq!(moved.message().key, "push.tag-differs");
}

#[test]
fn what_is_missing_gets_the_advice_that_helps() {
    for (role, expected) in [
        (Role::Config, "push.missing-config"),
        (Role::Layer, "push.missing"),
        (Role::ForeignWithoutUrl, "push.missing-url"),
    ] {
        let script = registry(&store(&["app/config"]), no_fault());
        let mut input = input();
        input.documents[0].needs[1].role = role;
        let problems = plan(&script, &input).problems;
        let [problem] = problems.as_slice() else { panic!("{problems:?}") };
        assert_eq!(problem.message().key, expected);
    }
}
