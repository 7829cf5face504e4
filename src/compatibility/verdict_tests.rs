use super::testing::*;
use super::*;
use crate::manifest::media_type::{DOCKER_MANIFEST, OCI_MANIFEST};

const DOCKER: &str = "d:diff.tar.gzip";
const DOCKER_FOREIGN: &str = "d:foreign.diff.tar.gzip";
const OCI: &str = "o:v1.tar+gzip";
const ND: &str = "o:nondistributable.v1.tar+gzip";
const ND_ZSTD: &str = "o:nondistributable.v1.tar+zstd";
const PRESENT: Blob = Blob::Present { size: Some(7) };

fn world(media_type: &str, urls: &[&str]) -> World {
    let family = if media_type.starts_with("d:") { DOCKER_MANIFEST } else { OCI_MANIFEST };
    World::of(manifest(family, &[layer(media_type, urls)]), &[])
}

/// The only outcome for an image with one layer.
fn outcome(world: &World, client: &str, action: Action) -> Outcome {
    let verdicts = world.ask(client_verdicts);
    let verdict = verdicts.iter().find(|verdict| verdict.client.id == client).unwrap();
    let parts = &verdict.cells[action as usize].parts;
    assert!(!parts.is_empty(), "{client}");
    parts[0].outcome
}

#[test]
fn pulls() {
    use Outcome as O;
    for (client, urls, blob, state, expected) in [
        // containerd, as measured: the URL first, the registry only after 404.
        ("containerd-2", true, Blob::Absent, UrlState::Verified, O::Url),
        ("containerd-2", true, PRESENT, UrlState::Verified, O::Url),
        ("containerd-2", true, PRESENT, UrlState::Missing, O::Registry),
        ("containerd-2", true, PRESENT, UrlState::ServerError, O::FailsAtUrl),
        ("containerd-2", true, PRESENT, UrlState::Unreachable, O::FailsAtUrl),
        ("containerd-2", true, Blob::Absent, UrlState::Missing, O::FailsEverywhere),
        ("containerd-2", true, Blob::Unknown, UrlState::Missing, O::RegistryUnknown),
        ("containerd-2", true, PRESENT, UrlState::Unchecked, O::UrlFirst),
        ("containerd-2", false, Blob::Unknown, UrlState::Unchecked, O::RegistryUnknown),
        ("containerd-2", false, Blob::Absent, UrlState::Unchecked, O::FailsNoBlob),
        // Skopeo: never the registry, except the old one when nothing answers.
        ("skopeo", true, PRESENT, UrlState::Missing, O::FailsAtUrl),
        ("skopeo", true, PRESENT, UrlState::Unreachable, O::FailsAtUrl),
        ("skopeo-old", true, PRESENT, UrlState::Unreachable, O::Registry),
        ("skopeo-old", true, PRESENT, UrlState::Missing, O::FailsAtUrl),
        ("skopeo", true, PRESENT, UrlState::Blocked, O::UrlOnly),
        // crane: the registry first.
        ("crane", true, PRESENT, UrlState::WrongContent, O::Registry),
        ("crane", true, Blob::Absent, UrlState::WrongContent, O::FailsEverywhere),
        ("crane", true, Blob::Absent, UrlState::Verified, O::Url),
        ("crane", true, Blob::Absent, UrlState::Unchecked, O::UrlNeeded),
        ("crane", true, Blob::Unknown, UrlState::Verified, O::RegistryFirst),
        // Docker on Linux without the containerd store: never a URL.
        ("docker-28-linux", true, Blob::Absent, UrlState::Verified, O::FailsNoBlob),
        ("docker-28-linux", true, PRESENT, UrlState::Missing, O::Registry),
        ("docker-28-linux", true, Blob::Unknown, UrlState::Verified, O::RegistryUnknown),
        ("docker-28-windows", true, Blob::Absent, UrlState::Verified, O::Url),
        // oras: never a foreign layer.
        ("oras", true, PRESENT, UrlState::Verified, O::PullsWithout),
    ] {
        let urls: &[&str] = if urls { &[GOOD] } else { &[] };
        let world = world(ND, urls).blob(blob).state(GOOD, state);
        let found = outcome(&world, client, Action::Pull);
        assert_eq!(found, expected, "{client} {urls:?} {blob:?} {state:?}");
    }
}

#[test]
fn several_urls() {
    for (client, first, second, expected) in [
        ("skopeo", UrlState::Missing, UrlState::Verified, Outcome::Url),
        ("skopeo", UrlState::WrongContent, UrlState::Verified, Outcome::FailsAtUrl),
        ("containerd-2", UrlState::ServerError, UrlState::Verified, Outcome::FailsAtUrl),
        ("containerd-2", UrlState::Missing, UrlState::Unchecked, Outcome::UrlFirst),
    ] {
        let world = world(ND, &[GOOD, ALSO_GOOD]).state(GOOD, first).state(ALSO_GOOD, second);
        assert_eq!(outcome(&world, client, Action::Pull), expected, "{client} {first:?}");
    }
}

#[test]
fn pushes_and_saves() {
    use Outcome as O;
    for (client, action, media_type, urls, expected) in [
        ("skopeo", Action::Push, ND, true, O::Skips),
        ("skopeo", Action::Push, ND, false, O::Uploads),
        ("skopeo", Action::Push, OCI, true, O::SkipsPlain),
        ("skopeo", Action::Save, ND, true, O::Omits),
        ("skopeo", Action::Save, ND, false, O::Includes),
        ("skopeo", Action::Base, ND, true, O::NoSuchAction),
        ("crane", Action::Push, ND, true, O::Skips),
        ("crane", Action::Push, ND, false, O::SkipsUnnamed),
        ("crane", Action::Push, OCI, true, O::Uploads),
        ("crane", Action::Push, ND_ZSTD, true, O::Uploads),
        ("ctr-local", Action::Push, ND_ZSTD, true, O::Skips),
        ("ctr-local", Action::Push, ND, false, O::SkipsUnnamed),
        ("ctr-local", Action::Push, DOCKER, true, O::Uploads),
        ("containerd-2", Action::Push, ND, true, O::Uploads),
        ("docker-27-windows", Action::Push, DOCKER_FOREIGN, true, O::Skips),
        ("docker-27-windows", Action::Push, ND, true, O::UploadsPlain),
        ("docker-28-linux", Action::Push, DOCKER_FOREIGN, true, O::UploadsPlain),
        ("docker-containerd", Action::Push, DOCKER_FOREIGN, true, O::Uploads),
        ("docker-containerd", Action::Save, DOCKER_FOREIGN, true, O::Omits),
        ("podman", Action::Push, DOCKER_FOREIGN, true, O::UploadsDockerWithoutUrls),
        ("podman", Action::Push, DOCKER, true, O::UploadsWithoutUrls),
        ("podman", Action::Push, ND, true, O::UploadsWithoutUrls),
        ("podman", Action::Push, ND, false, O::Uploads),
        ("podman", Action::Base, ND, true, O::UploadsPlain),
        ("buildkit", Action::Base, ND, true, O::UploadsPlain),
        ("regctl", Action::Push, OCI, true, O::SkipsPlain),
        ("oras", Action::Push, ND_ZSTD, true, O::Skips),
        ("oras", Action::Save, ND, true, O::Omits),
    ] {
        let urls: &[&str] = if urls { &[GOOD] } else { &[] };
        let world = world(media_type, urls).blob(PRESENT).state(GOOD, UrlState::Verified);
        assert_eq!(outcome(&world, client, action), expected, "{client} {action:?} {media_type}");
    }
}

#[test]
fn what_cannot_be_had_cannot_be_handed_on() {
    let gone = world(ND, &[GOOD]).blob(Blob::Absent).state(GOOD, UrlState::Missing);
    assert_eq!(outcome(&gone, "docker-28-linux", Action::Push), Outcome::FailsNoBlob);
    assert_eq!(outcome(&gone, "containerd-2", Action::Push), Outcome::FailsEverywhere);
    assert_eq!(outcome(&gone, "crane", Action::Save), Outcome::FailsEverywhere);
}

#[test]
fn cells_group_layers_by_outcome() {
    let world = World::oci(&[
        layer_of(ND, &[GOOD], "a", ""),
        layer_of(OCI, &[], "b", ""),
        layer_of(ND, &[], "c", ""),
        layer_of(ND, &[GOOD], "d", ""),
    ]);
    let verdicts = world.ask(client_verdicts);
    let skopeo = verdicts.iter().find(|verdict| verdict.client.id == "skopeo").unwrap();
    let parts: Vec<(Outcome, Vec<u32>)> = skopeo.cells[Action::Push as usize]
        .parts
        .iter()
        .map(|part| (part.outcome, part.layers.iter().map(|layer| layer.index).collect()))
        .collect();
    assert_eq!(parts, [(Outcome::Skips, vec![0, 3]), (Outcome::Uploads, vec![2])]);
    let sentence = skopeo.cells[Action::Push as usize].parts[0].sentence().to_string();
    assert_eq!(sentence, "Leaves 2 layers out; the copy names the URLs.");
}

#[test]
fn registries() {
    use RegistryKind as K;
    let refuses = |reason, status, code| Reply::Refuses(reason, status, code);
    let url_500 = |reason| refuses(reason, 500, "UNKNOWN");
    let no_blob = refuses(Reason::NoBlob, 400, "MANIFEST_BLOB_UNKNOWN");
    let unknown = Reply::Unknown;
    let (some, none): (&[&str], &[&str]) = (&[GOOD], &[]);
    let (allows, denies, silent) =
        (UrlAllowance::Allows, UrlAllowance::Refuses, UrlAllowance::Unknown);
    for (kind, media_type, urls, blob, allowance, expected) in [
        (K::Distribution2, DOCKER_FOREIGN, none, PRESENT, allows, url_500(Reason::NoUrls)),
        (K::Distribution2, DOCKER_FOREIGN, some, Blob::Absent, allows, Reply::Accepts),
        (K::Distribution2, DOCKER_FOREIGN, some, PRESENT, denies, url_500(Reason::NotAllowed)),
        (K::Distribution2, ND, some, PRESENT, silent, unknown(Doubt::Settings)),
        (K::Distribution2, ND, none, PRESENT, denies, Reply::Accepts),
        (K::Distribution2, ND, none, Blob::Absent, allows, no_blob),
        (
            K::Distribution2,
            ND,
            &["https://cdn.example.com/a#b"],
            PRESENT,
            allows,
            url_500(Reason::Url),
        ),
        (K::Distribution2, OCI, some, Blob::Absent, allows, Reply::Accepts),
        (K::Distribution3, OCI, some, Blob::Absent, allows, no_blob),
        (K::Distribution, OCI, some, Blob::Absent, allows, unknown(Doubt::Version)),
        (K::Distribution, ND, some, Blob::Absent, allows, Reply::Accepts),
        // Types that 2.8 does not know: with URLs nothing is checked.
        (K::Distribution2, ND_ZSTD, some, Blob::Absent, denies, Reply::Accepts),
        (K::Distribution3, ND_ZSTD, some, Blob::Absent, allows, no_blob),
        (K::Distribution3, ND_ZSTD, some, Blob::Unknown, allows, unknown(Doubt::Blob)),
        (K::Distribution2, DOCKER, some, Blob::Absent, denies, Reply::Accepts),
        (K::Zot, ND_ZSTD, none, Blob::Absent, silent, Reply::Accepts),
        (K::Zot, OCI, some, Blob::Absent, silent, refuses(Reason::NoBlob, 400, "MANIFEST_INVALID")),
        (
            K::Zot,
            DOCKER_FOREIGN,
            some,
            Blob::Absent,
            silent,
            Reply::RefusesAnyhow(Reason::NoBlob, 415, 400, "MANIFEST_INVALID"),
        ),
        (K::Zot, DOCKER_FOREIGN, some, PRESENT, silent, unknown(Doubt::Settings)),
        (K::Harbor, DOCKER_FOREIGN, some, Blob::Absent, silent, Reply::Accepts),
        (K::Harbor, DOCKER_FOREIGN, none, PRESENT, silent, url_500(Reason::NoUrls)),
        (K::Quay, ND, some, Blob::Absent, silent, Reply::Accepts),
        (K::Quay, ND, none, PRESENT, silent, refuses(Reason::NoUrls, 400, "MANIFEST_INVALID")),
        (
            K::Quay,
            ND_ZSTD,
            some,
            PRESENT,
            silent,
            refuses(Reason::MediaType, 400, "MANIFEST_INVALID"),
        ),
        (K::GitLab, ND, some, Blob::Absent, silent, unknown(Doubt::Settings)),
        (K::Gitea, ND, some, Blob::Absent, silent, refuses(Reason::NoBlob, 404, "BLOB_UNKNOWN")),
        (K::DockerHub, ND, some, PRESENT, silent, unknown(Doubt::Rules)),
        (K::Unknown, ND, some, PRESENT, allows, unknown(Doubt::Rules)),
    ] {
        let world = world(media_type, urls).blob(blob).with(|s| s.url_allowance = allowance);
        let reply = world.ask(|subject| registry_verdict(subject, kind)).reply();
        assert_eq!(reply, expected, "{kind:?} {media_type} {urls:?} {blob:?} {allowance:?}");
    }
}

#[test]
fn a_mixed_family_slips_past_the_rules() {
    let mixed = World::oci(&[layer(DOCKER_FOREIGN, &[GOOD])]).blob(Blob::Absent);
    let reply = |kind| mixed.ask(|subject| registry_verdict(subject, kind)).reply();
    assert_eq!(reply(RegistryKind::Distribution2), Reply::Accepts);
    assert!(matches!(reply(RegistryKind::Distribution3), Reply::Refuses(Reason::NoBlob, ..)));
}

#[test]
fn nothing_marked_means_no_verdict() {
    let plain = world(OCI, &[]);
    for verdict in plain.ask(client_verdicts) {
        assert!(verdict.cells.iter().all(|cell| cell.parts.is_empty()));
    }
    let verdict = plain.ask(|subject| registry_verdict(subject, RegistryKind::Quay));
    assert_eq!((verdict.reply(), verdict.parts.len()), (Reply::Accepts, 0));
    assert!(plain.ask(|subject| advise(subject, RegistryKind::Quay, &["skopeo"])).is_empty());
}

#[test]
fn advice_fits_the_registry() {
    let best = |world: &World, kind, ids: &[&str]| {
        let advice = world.ask(|subject| advise(subject, kind, ids)).swap_remove(0);
        let edits = advice.apply(&world.image, &world.edits);
        let after = World { edits, ..world.clone() };
        let reply = after.clone().blob(PRESENT).ask(|subject| registry_verdict(subject, kind));
        assert!(!matches!(reply.reply(), Reply::Refuses(..)), "{kind:?}");
        (advice.shape, after)
    };
    let ids = ["skopeo", "crane", "docker-28-linux"];

    // Quay takes URLs without the blob: nothing to change.
    let marked = world(ND, &[GOOD]).blob(PRESENT);
    let (shape, after) = best(&marked, RegistryKind::Quay, &ids);
    assert!(shape.family.is_none() && shape.urls && after.edits.is_empty());

    // A registry whose settings refuse URLs takes the type alone.
    let refusing = marked.clone().with(|s| s.url_allowance = UrlAllowance::Refuses);
    let (shape, after) = best(&refusing, RegistryKind::Distribution3, &ids);
    assert!(!shape.urls);
    let text = after.rendered().node(after.image.root()).unwrap().bytes.clone();
    let text = String::from_utf8(text.to_vec()).unwrap();
    assert!(text.contains("nondistributable") && !text.contains("urls"), "{text}");

    // The same for a Docker image needs the conversion to OCI as well: Docker's type alone is
    // refused everywhere.
    let docker = world(DOCKER_FOREIGN, &[GOOD]).blob(PRESENT);
    let docker = docker.with(|s| s.url_allowance = UrlAllowance::Refuses);
    let (shape, _) = best(&docker, RegistryKind::Distribution3, &["skopeo"]);
    assert_eq!(shape.family, Some(crate::manifest::media_type::Family::Oci));
}

#[test]
fn every_cell_and_sentence_is_worded() {
    let known: std::collections::BTreeSet<&str> =
        crate::text::english().entries().map(|(key, _)| key).collect();
    let some = || std::sync::Arc::from(Vec::new());
    for outcome in Outcome::ALL {
        let part = Part {
            action: Action::Pull,
            way: "",
            outcome,
            layers: some(),
            blobs: 0,
            bytes: 0,
            evidence: None,
        };
        assert!(known.contains(part.word().key) && known.contains(part.sentence().key));
        assert!(known.contains(outcome.effect().word().key));
    }
    let ids: std::collections::BTreeSet<&str> = clients().iter().map(|client| client.id).collect();
    assert_eq!(ids.len(), clients().len());
}

#[test]
fn what_breaks_silently_stands_first() {
    let marked = world(ND, &["https://cdn.example.com/a"]);
    let verdicts = marked.ask(client_verdicts);
    let [shown, others] = client_groups(&verdicts);
    let breaks: Vec<bool> = shown
        .iter()
        .map(|group| group.verdicts.iter().any(|verdict| verdict.breaks_silently()))
        .collect();
    assert!(breaks[0] && breaks.is_sorted_by(|one, next| one >= next), "{breaks:?}");
    assert!(others.iter().flat_map(|group| &group.verdicts).all(|it| !it.breaks_silently()));
    let count = |groups: &[ClientGroup<'_>]| -> usize {
        groups.iter().map(|group| group.verdicts.len()).sum()
    };
    assert_eq!(count(&shown) + count(&others), verdicts.len());
    let plain = world(OCI, &[]);
    assert_eq!(client_groups(&plain.ask(client_verdicts))[0][0].name, "Docker Engine");
}
