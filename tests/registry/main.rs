//! The registry client against real registries: loading, signing in, pushing, mounting, copying,
//! and the refusal of layer URLs, explained and put right by following the explanation.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test's helpers fail the test
#![allow(unreachable_pub, missing_docs)] // the modules of a test are its own

mod delivery;
mod fault_table;
mod faults;
mod image;
mod proxy;
mod remedies;
#[path = "../support/mod.rs"]
mod support;
mod transport;

use std::collections::BTreeMap;
use std::sync::Arc;

use image::{Sample, block_on, client, place, push, repository, tag};
use layermark::manifest::Digest;
use layermark::manifest::media_type::{DOCKER_LIST, DOCKER_MANIFEST, OCI_MANIFEST};
use layermark::registry::push::{
    BackupName, LocalBlob, PushError, PushInput, PushPlan, TagMoved, execute, gather,
};
use layermark::registry::{
    Access, Cancel, Credentials, Endpoint, Error, FileSlice, Mount, Presence, RealmError,
    ReferrerSource, Scope, Selector, SignIn, UploadSource, ping,
};
use support::dir::Dir;
use support::program::program;
use support::registry::{PASSWORD, Registry, Settings, USER};
use support::token_server::{Asked, TokenServer};
use transport::Native;

#[test]
fn push_read_back_and_list() {
    let server = Registry::start();
    let native = Native::default();
    let client = client(&native, &server.url);
    let sample = Sample::new("app", &[]);
    let proof = push(&client, sample.input(&server.url, "team/app", "1.0")).unwrap();
    assert_eq!(proof.digest, sample.digest());
    native.take_sent();
    let app = repository("team/app");
    let fetched = block_on(client.manifest(&app, &tag("1.0"), None)).unwrap();
    assert_eq!(*fetched.bytes, *sample.manifest());
    let config =
        block_on(client.blob(&app, &sample.config_digest(), sample.config_size())).unwrap();
    assert_eq!(config, sample.config);
    assert_eq!(native.take_sent().len(), 2, "an open registry takes two round trips");
    // The same image under another tag: only the tag is set.
    push(&client, sample.input(&server.url, "team/app", "1.0-b")).unwrap();
    let sent = native.take_sent();
    let writes: Vec<&String> =
        sent.iter().filter(|line| !line.starts_with("GET") && !line.starts_with("HEAD")).collect();
    assert_eq!(writes, ["PUT /v2/team/app/manifests/1.0-b"]);
    let listing = block_on(client.tags(&app)).unwrap();
    assert_eq!((listing.entries.len(), listing.complete), (2, true));
    let repositories = block_on(client.repositories()).unwrap().unwrap();
    assert_eq!(repositories.entries, std::slice::from_ref(&app));
    let referrers = block_on(client.referrers(&app, &sample.digest())).unwrap();
    assert!(referrers.entries.is_empty());
    let missing = block_on(client.manifest(&app, &tag("none"), None)).unwrap_err();
    assert_eq!(missing.hint().unwrap().key, "hint.manifest-unknown");
    assert_eq!(block_on(client.manifest_head(&app, &tag("none"))), Ok(None));
}

#[test]
fn an_independent_client_sees_the_same_bytes() {
    let server = Registry::start();
    let client = client(&Native::default(), &server.url);
    let sample = Sample::new("app", &[]);
    push(&client, sample.input(&server.url, "app", "t")).unwrap();
    let output = program("skopeo")
        .args(["inspect", "--raw", "--tls-verify=false"])
        .arg(format!("docker://{}/app:t", server.host))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout, sample.manifest());
}

#[test]
fn a_docker_list_is_not_taken_for_its_child() {
    let server = Registry::start();
    let client = client(&Native::default(), &server.url);
    let app = repository("app");
    let sample = Sample::docker("child");
    push(&client, sample.input(&server.url, "app", "child")).unwrap();
    let list = format!(
        r#"{{"schemaVersion":2,"mediaType":"{DOCKER_LIST}","manifests":[{{"mediaType":"{DOCKER_MANIFEST}","digest":"{}","size":{},"platform":{{"architecture":"amd64","os":"linux"}}}}]}}"#,
        sample.digest(),
        sample.manifest().len()
    );
    let bytes: Arc<[u8]> = list.as_bytes().into();
    block_on(client.put_manifest(&app, &tag("list"), DOCKER_LIST, bytes)).unwrap();
    let fetched = block_on(client.manifest(&app, &tag("list"), None)).unwrap();
    assert_eq!(*fetched.bytes, *list.as_bytes());
    let head = block_on(client.manifest_head(&app, &tag("list"))).unwrap().unwrap();
    assert_eq!(head.digest, Digest::sha256(list.as_bytes()));
}

#[test]
fn signing_in_with_a_password() {
    let server = Registry::with_password();
    let native = Native::default();
    let endpoint = Endpoint::parse(&server.url).unwrap();
    let found = block_on(ping(&native.http(), &endpoint)).unwrap();
    assert!(found.is_registry && matches!(found.access, Access::Demanded(_)), "{found:?}");
    let client = client(&native, &server.url);
    let sample = Sample::new("app", &[]);
    let input = || sample.input(&server.url, "app", "t");
    let registry = || server.url.clone();
    let needed = block_on(gather(&client, &input())).unwrap_err();
    assert_eq!(needed, Error::SignIn(SignIn::Needed(registry())));
    client.session().sign_in(Credentials::basic(USER, "wrong").unwrap());
    let rejected = block_on(client.check_access()).unwrap_err();
    assert_eq!(rejected, Error::SignIn(SignIn::Rejected(registry())));
    client.session().sign_in(Credentials::basic(USER, PASSWORD).unwrap());
    block_on(client.check_access()).unwrap();
    push(&client, input()).unwrap();
    client.session().sign_out();
    let loaded = block_on(client.manifest(&repository("app"), &tag("t"), None));
    assert_eq!(loaded.unwrap_err(), Error::SignIn(SignIn::Needed(registry())));
}

#[test]
fn signing_in_with_tokens() {
    let tokens = TokenServer::start();
    let server =
        Registry::with(&Settings { token: Some(tokens.settings()), ..Settings::default() });
    let native = Native::default();
    let client = client(&native, &server.url);
    let sample = Sample::new("app", &[]);
    client.session().sign_in(Credentials::basic(USER, PASSWORD).unwrap());
    // The realm has another port, so the person is asked first.
    let input = sample.input(&server.url, "public/app", "t");
    let Error::Realm(RealmError::NeedsConsent(realm)) =
        block_on(gather(&client, &input)).unwrap_err()
    else {
        panic!("no consent was asked for");
    };
    assert_eq!(realm.to_string(), tokens.url);
    assert_eq!(tokens.asked(), [], "the password waits for the consent");
    client.session().accept_realm(realm);
    push(&client, input).unwrap();
    let asked = tokens.asked();
    let with_password = |actions: &str| Asked {
        query: format!(
            "service=tests&scope=repository%3Apublic%2Fapp%3A{actions}&client_id=layermark"
        ),
        with_password: true,
    };
    assert!(asked.contains(&with_password("pull%2Cpush")), "{asked:?}");
    assert_eq!(asked[0], with_password("pull"), "reading asks for no more than reading");
    // Signed in, but not allowed to push there.
    let locked = push(&client, sample.input(&server.url, "locked/app", "t")).unwrap_err();
    let scope = Scope::PullPush(repository("locked/app"));
    assert_eq!(locked, PushError::Registry(Error::SignIn(SignIn::NoPermission(scope))));
    // Without a password what is public can be read, in four round trips at most.
    let client = image::client(&native, &server.url);
    native.take_sent();
    let app = repository("public/app");
    block_on(client.manifest(&app, &tag("t"), None)).unwrap();
    block_on(client.blob(&app, &sample.config_digest(), sample.config_size())).unwrap();
    assert_eq!(native.take_sent().len(), 4);
    let closed = block_on(client.manifest(&repository("locked/app"), &tag("t"), None));
    assert_eq!(closed.unwrap_err(), Error::SignIn(SignIn::Needed(server.url.clone())));
}

#[test]
fn layers_are_mounted_from_another_repository() {
    let server = Registry::start();
    let native = Native::default();
    let client = client(&native, &server.url);
    let sample = Sample::new("app", &[]);
    push(&client, sample.input(&server.url, "source", "t")).unwrap();
    native.take_sent();
    let input = PushInput {
        source: Some(place(&server.url, "source")),
        wanted: std::collections::BTreeSet::new(),
        local: BTreeMap::new(),
        ..sample.input(&server.url, "target", "t")
    };
    push(&client, input).unwrap();
    let sent = native.take_sent();
    assert_eq!(sent.iter().filter(|line| line.starts_with("POST")).count(), 2);
    assert!(!sent.iter().any(|line| line.contains("uploads/")
        && line.starts_with('P')
        && !line.starts_with("POST")));
    // What the source does not have is not mounted, but turned into an upload.
    let unknown = Digest::sha256(b"unknown");
    let mount = block_on(client.mount_blob(&repository("target"), &unknown, &repository("source")));
    let Mount::Upload(upload) = mount.unwrap() else { panic!("not an upload") };
    block_on(client.cancel_upload(&upload));
}

#[test]
fn the_refusal_of_layer_urls_is_explained_and_the_explanation_helps() {
    let mut server = Registry::start();
    let native = Native::default();
    let client = client(&native, &server.url);
    let urls = ["https://cdn.example.com/app/layer", "http://mirror.example.com:8080/a?b=c"];
    let sample = Sample::new("app", &urls);
    let input = || PushInput {
        wanted: std::collections::BTreeSet::new(),
        local: BTreeMap::from([(
            sample.config_digest(),
            LocalBlob::Bytes(sample.config.as_slice().into()),
        )]),
        ..sample.input(&server.url, "app", "t")
    };
    let error = push(&client, input()).unwrap_err();
    let PushError::UrlPolicy { policy, setting } = error else { panic!("{error:?}") };
    assert!(!policy.missing);
    assert_eq!(policy.layers, [sample.layer_digest()]);
    assert!(setting.unallowable.is_empty());
    let yaml = setting.yaml;
    let again = input();
    server.restart_with(&yaml);
    let proof = push(&client, again).unwrap();
    assert_eq!(proof.digest, sample.digest());
    let absent = block_on(client.blob_head(&repository("app"), &sample.layer_digest())).unwrap();
    assert_eq!(absent, Presence::Absent, "the layer stayed away");
    // The setting lets exactly these hosts through.
    let other = Sample::new("other", &["https://cdn-example.com/app/layer"]);
    let error = push(
        &client,
        PushInput {
            wanted: std::collections::BTreeSet::new(),
            local: BTreeMap::from([(
                other.config_digest(),
                LocalBlob::Bytes(other.config.as_slice().into()),
            )]),
            ..other.input(&server.url, "app", "other")
        },
    );
    assert!(matches!(error, Err(PushError::UrlPolicy { .. })), "{error:?}");
}

#[test]
fn a_tag_that_moves_stops_the_push_and_can_be_put_back() {
    let server = Registry::start();
    let client = client(&Native::default(), &server.url);
    let [first, second, third] = ["first", "second", "third"].map(|name| Sample::new(name, &[]));
    let base = server.url.clone();
    push(&client, first.input(&base, "app", "t")).unwrap();
    let loaded = PushInput {
        loaded: Some(first.digest()),
        backup: Some(BackupName::filled("t-old".into())),
        ..third.input(&base, "app", "t")
    };
    let facts = block_on(gather(&client, &loaded)).unwrap();
    let plan = PushPlan::new(loaded, &facts);
    push(&client, second.input(&base, "app", "t")).unwrap();
    let (mut plan, result) = block_on(execute(plan, &client, &|_| client.clone(), &|_, _| {}));
    let (expected, found) = (Some(first.digest()), Some(second.digest()));
    let moved = TagMoved { expected, found, pinned: false };
    assert_eq!(result.unwrap_err().error, PushError::TagMoved(moved));
    let app = repository("app");
    let points_at = |name: &str| {
        block_on(client.manifest_head(&app, &tag(name))).unwrap().map(|head| head.digest)
    };
    assert_eq!(points_at("t"), Some(second.digest()));
    assert_eq!(points_at("t-old"), Some(first.digest()));
    // Overwriting is decided; the backup of the first stays, another one is made for the second.
    plan.accept_moved_tag();
    let (plan, proof) = block_on(execute(plan, &client, &|_| client.clone(), &|_, _| {}));
    assert!(plan.is_done());
    assert_eq!(proof.unwrap().before, Some(second.digest()));
    assert_eq!(points_at("t-old-2"), Some(second.digest()));
    let old = block_on(client.manifest(&app, &Selector::Digest(second.digest()), None)).unwrap();
    let restore = PushInput::restoring(&plan.input, &old);
    push(&client, restore).unwrap();
    assert_eq!(points_at("t"), Some(second.digest()));
}

/// docker-registry 2.8 has no list of referrers: the tag of the specification stands in for it.
#[test]
fn a_manifest_with_a_subject_is_listed_under_a_tag() {
    let server = Registry::start();
    let client = client(&Native::default(), &server.url);
    let image = Sample::new("image", &[]);
    push(&client, image.input(&server.url, "app", "1")).unwrap();
    let subject = image.digest();
    let mut expected = Vec::new();
    for name in ["signature", "sbom"] {
        let referrer = Sample::new(name, &[]);
        let mut input = referrer.input(&server.url, "app", name);
        let text = String::from_utf8(referrer.manifest()).unwrap();
        let end = text.rfind('}').unwrap();
        let size = image.manifest().len();
        let member = format!(
            r#","artifactType":"application/vnd.example.{name}","subject":{{"mediaType":"{OCI_MANIFEST}","digest":"{subject}","size":{size}}}}}"#
        );
        let bytes = format!("{}{member}", text[..end].trim_end()).into_bytes();
        let document = input.documents.last_mut().unwrap();
        document.digest = Digest::sha256(&bytes);
        document.bytes = bytes.into();
        document.has_subject = true;
        expected.push(Some(document.digest.clone()));
        // Twice: what is listed already is not listed again.
        push(&client, input.clone()).unwrap();
        push(&client, input).unwrap();
    }
    let found = block_on(client.referrers(&repository("app"), &subject)).unwrap();
    assert_eq!(found.source, ReferrerSource::Tag);
    let found: Vec<_> = found.entries.into_iter().map(|one| one.digest).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_read_only_registry_is_told_apart() {
    let mut server = Registry::start();
    let client = client(&Native::default(), &server.url);
    let sample = Sample::new("app", &[]);
    push(&client, sample.input(&server.url, "app", "t")).unwrap();
    let read_only = "storage:\n  maintenance:\n    readonly:\n      enabled: true\n";
    server.restart_as(|config| config.replace("storage:\n", read_only));
    let other = Sample::new("other", &[]);
    let error = push(&client, other.input(&server.url, "app", "other")).unwrap_err();
    let PushError::Registry(error) = error else { panic!("{error:?}") };
    assert!(
        matches!(error.hint().unwrap().key, "hint.unsupported" | "hint.method-blocked"),
        "{error:?}"
    );
    block_on(client.manifest(&repository("app"), &tag("t"), None)).unwrap();
}

#[test]
fn large_layers_are_copied_between_registries_in_flat_memory() {
    const SIZE: u64 = 128 * 1024 * 1024;
    let (source, target) = (Registry::start(), Registry::with_password());
    let native = Native::default();
    let from = client(&native, &source.url);
    let to = client(&native, &target.url);
    to.session().sign_in(Credentials::basic(USER, PASSWORD).unwrap());
    let folder = Dir::new("layer");
    let (path, digest) = image::write_layer(folder.path(), SIZE);
    let file = native.add_file(path);
    let slice = UploadSource::File(FileSlice { file, start: 0, len: SIZE });
    let (app, copy) = (repository("app"), repository("copy"));
    let progress = std::cell::Cell::new(0);
    let count = |done: u64| {
        assert!(done >= progress.get());
        progress.set(done);
    };
    block_on(from.upload_blob(&app, &digest, SIZE, &slice, &count)).unwrap();
    assert_eq!(progress.replace(0), SIZE);
    let before = image::peak_memory();
    let blob = UploadSource::Blob { client: from.clone(), repository: app };
    block_on(to.upload_blob(&copy, &digest, SIZE, &blob, &count)).unwrap();
    assert_eq!(progress.get(), SIZE);
    let grown = image::peak_memory().saturating_sub(before);
    assert!(grown < 80 * 1024 * 1024, "{grown} bytes more");
    let there = block_on(to.blob_head(&copy, &digest)).unwrap();
    assert_eq!(there, Presence::Present { size: Some(SIZE) });
    // Cancelled in the middle: nothing stays behind.
    let cancel = Cancel::new();
    let stopped = to.clone().with_cancel(cancel.clone());
    let result =
        block_on(stopped.upload_blob(&repository("other"), &digest, SIZE, &blob, &|done| {
            if done > 0 {
                cancel.cancel();
            }
        }));
    assert!(result.unwrap_err().is_cancelled());
    assert_eq!(block_on(to.blob_head(&repository("other"), &digest)), Ok(Presence::Absent));
}

#[test]
fn manifests_of_the_wrong_kind_are_refused_with_a_hint() {
    let server = Registry::start();
    let client = client(&Native::default(), &server.url);
    let app = repository("app");
    for (bytes, hint) in
        [(&b"not json"[..], "hint.manifest-invalid"), (b"\xEF\xBB\xBF{}", "hint.manifest-invalid")]
    {
        let put = block_on(client.put_manifest(&app, &tag("t"), OCI_MANIFEST, bytes.into()));
        assert_eq!(put.unwrap_err().hint().unwrap().key, hint);
    }
    let large: Arc<[u8]> = vec![b' '; 5 * 1024 * 1024].into();
    let error = block_on(client.put_manifest(&app, &tag("t"), OCI_MANIFEST, large)).unwrap_err();
    let key = error.hint().map(|hint| hint.key);
    assert!(
        matches!(key, Some("hint.manifest-too-large" | "hint.manifest-invalid"))
            || error.is_silence(),
        "{error:?}"
    );
}
