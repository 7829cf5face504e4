use std::collections::BTreeSet;

use super::*;
use crate::checks::Severity;
use crate::compatibility::testing::*;
use crate::compatibility::{Blob, Place, RegistryKind, UrlAllowance, UrlFact, UrlState};
use crate::image::Config;
use crate::manifest::media_type::OCI_MANIFEST;
use crate::manifest::{EntryChoice, LayerMark};
use crate::registry::UrlHost;
use crate::text::english;

const DOCKER: &str = "d:diff.tar.gzip";
const DOCKER_FOREIGN: &str = "d:foreign.diff.tar.gzip";
const DOCKER_FOREIGN_TAR: &str = "d:foreign.diff.tar";
const DOCKER_ZSTD: &str = "d:diff.tar.zstd";
const OCI: &str = "o:v1.tar+gzip";
const OCI_FOREIGN: &str = "o:nondistributable.v1.tar+gzip";
const OCI_FOREIGN_ZSTD: &str = "o:nondistributable.v1.tar+zstd";
const OCI_FOREIGN_ENCRYPTED: &str = "o:nondistributable.v1.tar+gzip+encrypted";

/// Each rule with an image that has it and one, as close as can be, that has it not.
fn cases() -> Vec<(&'static str, World, World)> {
    let oci = |media_type: &str, urls: &[&str]| World::oci(&[layer(media_type, urls)]);
    let docker = |media_type: &str, urls: &[&str]| World::docker(&[layer(media_type, urls)]);
    let good = || oci(OCI_FOREIGN, &[GOOD]);
    let url = |bad: &str| oci(OCI_FOREIGN, &[bad]);
    let plain = || oci(OCI, &[]);
    let state = |state| good().state(GOOD, state);
    let present = Blob::Present { size: Some(7) };
    let place = |host: &str, tag: Option<&str>| Place {
        host: host.into(),
        repository: "team/app".into(),
        tag: tag.map(str::to_owned),
    };
    let placed = |world: World, host: &str| {
        world.with(|s| {
            s.source = Some(place("r.example", Some("1")));
            s.target = Some(place(host, Some("1")));
        })
    };
    let kind = |world: World, kind| world.with(|s| s.kind = kind);
    let hosts = |world: World, hosts: &[&str]| {
        let hosts = hosts.iter().map(|host| UrlHost::parse(host).unwrap()).collect();
        world.with(|s| s.url_hosts = Some(hosts))
    };
    let attested = |choice: EntryChoice, marked: bool| {
        let child = manifest(OCI_MANIFEST, &[layer(OCI, &[])]);
        let statement =
            manifest(OCI_MANIFEST, &[layer_of("application/vnd.in-toto+json", &[], "s", "")]);
        let entries = [entry(&child, ""), entry(&statement, &attests(child.digest()))];
        World::index(&entries, &[&child, &statement]).edit(|image, edits| {
            edits.change(image.root(), |node| node.edits.choose_entry(1, choice));
            if marked {
                let mark = LayerMark::foreign(vec![GOOD.into()]);
                edits.change(child.digest(), |node| node.edits.mark_layer(&child, 0, mark));
            }
        })
    };
    let child = manifest(OCI_MANIFEST, &[layer(OCI, &[])]);
    // Two platforms, of which one has its layer marked; with the command that made both, or without.
    let stepped = |known: bool| {
        let one = manifest(OCI_MANIFEST, &[layer_of(OCI_FOREIGN, &[GOOD], "a", "")]);
        let other = manifest(OCI_MANIFEST, &[layer_of(OCI, &[], "b", "")]);
        let mut world = World::index(&[entry(&one, ""), entry(&other, "")], &[&one, &other]);
        let config = Config::parse(br#"{"history":[{"created_by":"COPY tool"}]}"#).unwrap();
        if known {
            let digest = one.config().unwrap().digest.clone();
            world.image.insert_config(digest, config);
        }
        world
    };
    let wrong_entry = entry(&child, "").replace("\"size\":", "\"size\":1");
    let padded = |bytes: usize| oci(&format!("x/{}", "y".repeat(bytes)), &[]);
    let near = 3 * 1024 * 1024;
    let two = |first: &str, second: &str| {
        let url: &[&str] = if first.contains("nondist") { &[GOOD] } else { &[] };
        let second_url: &[&str] = if second.contains("nondist") { &[GOOD] } else { &[] };
        World::oci(&[layer_of(first, url, "a", ""), layer_of(second, second_url, "b", "")])
    };
    vec![
        ("LM101", docker(DOCKER_ZSTD, &[GOOD]), docker(DOCKER_ZSTD, &[])),
        ("LM102", oci("application/vnd.in-toto+json", &[GOOD]), oci(OCI, &[GOOD])),
        ("LM103", oci(DOCKER_FOREIGN, &[GOOD]), docker(DOCKER_FOREIGN, &[GOOD])),
        ("LM104", oci(OCI_FOREIGN_ZSTD, &[GOOD]), good()),
        ("LM105", docker(DOCKER_FOREIGN_TAR, &[GOOD]), docker(DOCKER_FOREIGN, &[GOOD])),
        ("LM106", oci(OCI_FOREIGN_ENCRYPTED, &[GOOD]), good()),
        (
            "LM107",
            plain().rewritten("v1.tar+gzip", "v1.tar"),
            plain().rewritten("v1.tar", "nondistributable.v1.tar"),
        ),
        ("LM108", plain().marked(), plain()),
        ("LM109", plain().marked(), plain()),
        (
            "LM110",
            World::of(
                parse(
                    &text(&plain())
                        .replace("\"size\":2}", &format!("\"size\":2,\"urls\":[\"{GOOD}\"]}}")),
                ),
                &[],
            ),
            good(),
        ),
        ("LM111", good(), two(OCI_FOREIGN, OCI)),
        ("LM112", plain(), plain().marked()),
        ("LM113", two(OCI, OCI_FOREIGN), two(OCI_FOREIGN, OCI)),
        (
            "LM114",
            World::oci(&[layer(OCI_FOREIGN, &[GOOD]), layer(OCI, &[])]),
            two(OCI_FOREIGN, OCI),
        ),
        ("LM115", stepped(true), stepped(false)),
        ("LM201", docker(DOCKER_FOREIGN, &[]), docker(DOCKER_FOREIGN, &[GOOD])),
        ("LM202", oci(OCI_FOREIGN, &[]), docker(DOCKER_FOREIGN, &[])),
        ("LM203", oci(OCI_FOREIGN, &[""]), good()),
        ("LM204", url("ftp://cdn.example.com/a"), good()),
        ("LM205", url("https:///a"), good()),
        ("LM206", url("https://cdn.example.com/a#b"), good()),
        ("LM207", url("https://u:p@cdn.example.com/a"), url("https://cdn.example.com/@a")),
        ("LM208", url("http://cdn.example.com/a"), good()),
        ("LM209", url("https://10.0.0.1/a"), url("https://8.8.8.8/a")),
        (
            "LM210",
            url("https://cdn.example.com/a?X-Amz-Signature=1"),
            url("https://cdn.example.com/a?v=1"),
        ),
        ("LM211", url("https://cdn.example.com/a%20b"), url("https://cdn.example.com/a?b=%20")),
        ("LM212", oci(OCI_FOREIGN, &[GOOD, GOOD]), oci(OCI_FOREIGN, &[GOOD, ALSO_GOOD])),
        ("LM213", oci(OCI, &[GOOD]), good()),
        ("LM214", good(), oci(OCI_FOREIGN, &[GOOD, ALSO_GOOD])),
        (
            "LM215",
            placed(url("https://r.example/v2/team/app/blobs/sha256:1"), "t.example"),
            placed(url("https://other.example/v2/team/app/blobs/sha256:1"), "t.example"),
        ),
        ("LM216", url("https://cdn.example.com/{digest}"), good()),
        ("LM217", url("https://cdn.example.com/\u{202E}a"), good()),
        ("LM218", url("https://ex\u{430}mple.com/a"), good()),
        ("LM220", oci(OCI_FOREIGN, &[GOOD, "ftp://x/"]), url("ftp://x/")),
        (
            "LM221",
            hosts(url("https://mirror.example.net/a"), &["cdn.example.com"]),
            hosts(good(), &["mirror.example.net", "*.example.com"]),
        ),
        ("LM301", state(UrlState::WrongContent), state(UrlState::Verified)),
        ("LM302", state(UrlState::NeedsAuthentication), state(UrlState::Missing)),
        ("LM303", state(UrlState::Missing), state(UrlState::Verified)),
        ("LM304", state(UrlState::Encoded), state(UrlState::Compressed)),
        ("LM305", state(UrlState::Unreachable), state(UrlState::Verified)),
        (
            "LM306",
            good().fact(
                GOOD,
                UrlFact { redirect: Some("http://x.example/".into()), ..UrlFact::default() },
            ),
            good().fact(
                GOOD,
                UrlFact { redirect: Some("https://x.example/".into()), ..UrlFact::default() },
            ),
        ),
        (
            "LM307",
            good().fact(GOOD, UrlFact { ranges: Some(false), ..UrlFact::default() }),
            good().fact(GOOD, UrlFact { ranges: Some(true), ..UrlFact::default() }),
        ),
        ("LM308", state(UrlState::Blocked), state(UrlState::Verified)),
        ("LM309", good(), state(UrlState::Verified)),
        (
            "LM310",
            state(UrlState::Missing).blob(Blob::Absent),
            state(UrlState::Missing).blob(present),
        ),
        ("LM311", state(UrlState::Compressed), state(UrlState::Encoded)),
        (
            "LM401",
            World::of(
                parse(&text(&plain()).replace(
                    Digest::sha256(b"content").as_str(),
                    Digest::of(crate::manifest::Algorithm::Sha512, b"content").as_str(),
                )),
                &[],
            ),
            plain(),
        ),
        ("LM402", World::oci(&[layer_of(OCI, &[], "", "")]), plain()),
        ("LM403", plain().config(2), plain().config(1)),
        ("LM404", padded(4 * 1024 * 1024 - 500).marked_by_annotation(), padded(near)),
        ("LM405", padded(near), padded(near - 1024)),
        (
            "LM406",
            World::oci(&[layer_of(OCI_FOREIGN, &[GOOD], "content", r#","data":"Y29udGVudA==""#)]),
            World::oci(&[layer_of(OCI, &[], "content", r#","data":"Y29udGVudA==""#)]),
        ),
        (
            "LM407",
            World::oci(&[layer_of(OCI, &[], "content", r#","data":"Y29udGVudQ==""#)]),
            World::oci(&[layer_of(OCI, &[], "content", r#","data":"Y29udGVudA==""#)]),
        ),
        (
            "LM408",
            plain().rewritten(Digest::sha256(b"content").hex(), Digest::sha256(b"x").hex()),
            plain().rewritten("v1.tar", "nondistributable.v1.tar"),
        ),
        (
            "LM409",
            World::oci(&[layer_of(
                OCI_FOREIGN,
                &[GOOD],
                "content",
                r#","annotations":{"containerd.io/snapshot/stargz/toc.digest":"x"}"#,
            )]),
            good(),
        ),
        ("LM410", plain().blob(Blob::Present { size: Some(8) }), plain().blob(present)),
        (
            "LM501",
            World::index(&[wrong_entry], &[&child]),
            World::index(&[entry(&child, "")], &[&child]),
        ),
        ("LM502", attested(EntryChoice::Leave, true), attested(EntryChoice::Repoint, true)),
        ("LM503", attested(EntryChoice::Repoint, true), attested(EntryChoice::Repoint, false)),
        (
            "LM504",
            plain().marked().with(|s| s.referrers = Some(vec!["sha256-1.sig".into()])),
            plain().marked().with(|s| s.referrers = Some(Vec::new())),
        ),
        ("LM505", placed(plain().marked(), "t.example"), placed(plain(), "t.example")),
        ("LM506", placed(plain().marked(), "r.example"), placed(plain().marked(), "t.example")),
        ("LM507", good().blob(present), plain().blob(present)),
        ("LM508", good().blob(Blob::Absent), good()),
        (
            "LM509",
            placed(plain().marked(), "t.example").with(|s| s.immutable_tag = Some(true)),
            placed(plain().marked(), "t.example"),
        ),
        ("LM510", plain().marked(), plain()),
        ("LM511", plain().marked(), plain()),
        (
            "LM512",
            World::index(&[entry(&child, "")], &[]),
            World::index(&[entry(&child, "")], &[&child]),
        ),
        (
            "LM601",
            kind(docker(DOCKER_FOREIGN, &[]), RegistryKind::Distribution2),
            kind(oci(OCI_FOREIGN, &[]), RegistryKind::Distribution2),
        ),
        ("LM602", good(), good().with(|s| s.url_allowance = UrlAllowance::Allows)),
        ("LM603", oci(OCI_FOREIGN_ZSTD, &[GOOD]).blob(Blob::Absent), good().blob(Blob::Absent)),
        (
            "LM604",
            kind(good(), RegistryKind::Harbor),
            kind(docker(DOCKER_FOREIGN, &[GOOD]), RegistryKind::Harbor),
        ),
        (
            "LM605",
            kind(docker(DOCKER_FOREIGN, &[GOOD]), RegistryKind::Zot),
            kind(good(), RegistryKind::Zot),
        ),
    ]
}

fn text(world: &World) -> String {
    String::from_utf8(world.image.document(world.image.root()).unwrap().bytes().to_vec()).unwrap()
}

impl World {
    /// Makes the root longer by an edit, beyond what could be loaded.
    fn marked_by_annotation(self) -> Self {
        self.edit(|image, edits| {
            let root = image.root().clone();
            let document = image.document(&root).unwrap().clone();
            edits.change(&root, |node| {
                node.edits.annotate(&document, "note", Some("z".repeat(800)));
            });
        })
    }
}

fn ids(world: &World) -> Vec<&'static str> {
    world.ask(|subject| check(subject).iter().map(|finding| finding.rule.id).collect())
}

#[test]
fn each_rule_finds_what_it_should_and_no_more() {
    let cases = cases();
    for (id, positive, negative) in &cases {
        let finding =
            positive.ask(|subject| check(subject).into_iter().find(|each| each.rule.id == *id));
        let finding = finding.unwrap_or_else(|| panic!("{id} is not found"));
        for message in [finding.what(), finding.advice()] {
            let sentence = message.to_string();
            assert!(!sentence.contains(['{', '}']) || *id == "LM216", "{id}: {sentence}");
        }
        assert!(!ids(negative).contains(id), "{id} is found where it should not be");
    }
    let tested: BTreeSet<&str> = cases.iter().map(|(id, ..)| *id).collect();
    let known: BTreeSet<&str> = rules().map(|rule| rule.id).collect();
    assert_eq!(tested, known);
}

#[test]
fn every_fix_settles_its_finding() {
    for (id, positive, _) in cases() {
        let finding = positive
            .ask(|subject| check(subject).into_iter().find(|each| each.rule.id == id).unwrap());
        // A step is marked where the template is known.
        let Some(fix) = finding.fix.filter(|fix| fix.kind != FixKind::MarkStep) else { continue };
        let edits = fix.apply(&positive.image, &positive.edits);
        assert_ne!(edits, positive.edits, "{id}");
        let fixed = World { edits, ..positive };
        assert!(!ids(&fixed).contains(&id), "{id} stays");
    }
}

#[test]
fn ids_are_sorted_and_texts_exist() {
    let ids: Vec<&str> = rules().map(|rule| rule.id).collect();
    assert!(ids.is_sorted(), "{ids:?}");
    let known: BTreeSet<&str> = english().entries().map(|(key, _)| key).collect();
    for rule in rules() {
        assert!(known.contains(rule.what) && known.contains(rule.advice), "{}", rule.id);
        assert!(rule.source.starts_with("https://"), "{}", rule.id);
    }
}

#[test]
fn errors_come_first() {
    let world = World::docker(&[layer(DOCKER_FOREIGN, &[]), layer(DOCKER, &["http://x.example/"])]);
    let severities: Vec<Severity> =
        world.ask(|subject| check(subject).iter().map(|each| each.rule.severity).collect());
    assert!(severities.is_sorted() && severities.first() == Some(&Severity::Error));
}

#[test]
fn the_old_manifest_is_said_to_stay_as_it_was() {
    let placed = |world: World| {
        let place = Place { host: "r.example".into(), repository: "app".into(), tag: None };
        world.with(|situation| {
            situation.source = Some(place.clone());
            situation.target = Some(place);
        })
    };
    let unmark = |image: &crate::image::Image, edits: &mut crate::image::ImageEdits| {
        let root = image.root().clone();
        let document = image.document(&root).unwrap().clone();
        edits.change(&root, |node| {
            let mark = LayerMark { form: crate::manifest::media_type::Form::Plain, urls: None };
            node.edits.mark_layer(&document, 0, mark);
        });
    };
    let plain = || World::oci(&[layer("o:v1.tar+gzip", &[])]);
    let marked = || World::oci(&[layer("o:nondistributable.v1.tar+gzip", &[GOOD])]);
    for (world, end) in [
        (plain().marked(), ", with 1 layer as an ordinary one."),
        (marked().edit(unmark), ", with 1 layer still marked."),
        (plain().marked_by_annotation(), " as it was."),
    ] {
        let findings = placed(world).ask(check);
        let old = findings.iter().find(|finding| finding.rule.id == "LM506").unwrap();
        let said = old.what().to_string();
        assert!(said.ends_with(end), "{said}");
    }
}

#[test]
fn an_attestation_of_what_comes_out_again_is_no_trouble() {
    let marked = manifest(OCI_MANIFEST, &[layer("o:nondistributable.v1.tar+gzip", &[GOOD])]);
    let plain = manifest(OCI_MANIFEST, &[layer("o:v1.tar+gzip", &[])]);
    for (attested, fires) in [(plain.digest(), false), (&Digest::sha256(b"other"), true)] {
        let size = plain.bytes().len();
        let kind = plain.kind().media_type();
        let subject =
            format!(r#","subject":{{"mediaType":"{kind}","digest":"{attested}","size":{size}}}}}"#);
        let text = String::from_utf8(manifest(OCI_MANIFEST, &[]).bytes().to_vec()).unwrap();
        let attestation =
            parse(&text.replace(r#""layers":[]}"#, &format!(r#""layers":[]{subject}"#)));
        let entries = [entry(&marked, ""), entry(&attestation, &attests(marked.digest()))];
        let world = World::index(&entries, &[&marked, &attestation]).edit(|_, edits| {
            edits.change(marked.digest(), |node| {
                let mark = LayerMark { form: crate::manifest::media_type::Form::Plain, urls: None };
                node.edits.mark_layer(&marked, 0, mark);
            });
        });
        assert_eq!(ids(&world).contains(&"LM503"), fires, "{attested}");
    }
}
