//! What running programs showed to be other than was said, cell by cell.

use super::testing::*;
use super::*;
use crate::manifest::media_type::{DOCKER_MANIFEST, OCI_MANIFEST};

const GZIP: &str = "o:v1.tar+gzip";
const ND_TAR: &str = "o:nondistributable.v1.tar";
const ND_GZIP: &str = "o:nondistributable.v1.tar+gzip";
const ND_ZSTD: &str = "o:nondistributable.v1.tar+zstd";
const ZSTD: &str = "o:v1.tar+zstd";
const FOREIGN: &str = "d:foreign.diff.tar.gzip";
const FOREIGN_TAR: &str = "d:foreign.diff.tar";
const DOCKER: &str = "d:diff.tar.gzip";
const PRESENT: Blob = Blob::Present { size: Some(7) };

fn world(media_type: &str, urls: &[&str]) -> World {
    let family = if media_type.starts_with("d:") { DOCKER_MANIFEST } else { OCI_MANIFEST };
    World::of(manifest(family, &[layer(media_type, urls)]), &[])
}

/// What becomes of the only layer, by each way of doing it.
fn outcomes(world: &World, client: &str, action: Action) -> Vec<Outcome> {
    let verdicts = world.ask(client_verdicts);
    let verdict = verdicts.iter().find(|verdict| verdict.client.id == client).unwrap();
    verdict.cells[action as usize].parts.iter().map(|part| part.outcome).collect()
}

#[test]
fn podman_since_5_7_breaks_images_with_urls() {
    use Action::{Base, Push, Save};
    use Outcome as O;
    for media_type in [GZIP, ND_TAR, ND_GZIP, ND_ZSTD, ZSTD, FOREIGN, FOREIGN_TAR, DOCKER] {
        let world = world(media_type, &[GOOD]).blob(PRESENT).state(GOOD, UrlState::Verified);
        for (client, action, expected) in [
            ("podman-5.7", Push, vec![O::Corrupts]),
            // As a docker-archive, and as an OCI layout.
            ("podman-5.7", Save, vec![O::Includes, O::Corrupts]),
            ("podman-5.7", Base, vec![O::UploadsPlain]),
            ("podman", Base, vec![O::UploadsPlain]),
            ("podman-old", Base, vec![O::UploadsPlain]),
        ] {
            let found = outcomes(&world, client, action);
            assert_eq!(found, expected, "{client} {action:?} {media_type}");
        }
        let verdicts = world.ask(client_verdicts);
        let row = verdicts.iter().find(|verdict| verdict.client.id == "podman-5.7").unwrap();
        assert_eq!(row.cells[Push as usize].effect(), Some(Effect::BreaksSilently));
    }
    let without = world(ND_GZIP, &[]).blob(PRESENT);
    assert_eq!(outcomes(&without, "podman-5.7", Push), [O::Uploads]);
}

#[test]
fn regctl_leaves_layers_with_urls_out_of_a_layout() {
    use Outcome as O;
    for (media_type, blob, state, export) in [
        (ND_GZIP, PRESENT, UrlState::Verified, O::Includes),
        (GZIP, PRESENT, UrlState::ServerError, O::Includes),
        (FOREIGN, Blob::Absent, UrlState::ServerError, O::FailsEverywhere),
    ] {
        let world = world(media_type, &[GOOD]).blob(blob).state(GOOD, state);
        // `image export`, and `image copy` to `ocidir://`.
        assert_eq!(outcomes(&world, "regctl", Action::Save), [export, O::Omits], "{media_type}");
    }
    let without = world(ND_GZIP, &[]).blob(PRESENT);
    assert_eq!(outcomes(&without, "regctl", Action::Save), [O::Includes, O::Includes]);
}

#[test]
fn a_url_is_refused_only_when_it_is_asked() {
    use Outcome as O;
    let http = "http://cdn.example.com/a";
    let own = "http://127.0.0.1:8080/a";
    let private = "https://10.0.0.1/a";
    for (client, url, host, blob, expected) in [
        ("crane", own, "r.example", PRESENT, O::Registry),
        ("crane", http, "r.example", PRESENT, O::Registry),
        ("crane", http, "r.example", Blob::Absent, O::FailsRefusedUrl),
        ("crane", http, "r.example", Blob::Unknown, O::RegistryUnknown),
        ("crane", http, "localhost:5000", Blob::Absent, O::Url),
        ("crane", private, "r.example", Blob::Absent, O::FailsRefusedUrl),
        ("crane", "https://localhost/a", "r.example", Blob::Absent, O::Url),
        // regctl has no rule against http, refuses this machine's own addresses only, and nothing
        // if the registry is there, too.
        ("regctl", http, "r.example", Blob::Absent, O::Url),
        ("regctl", private, "r.example", Blob::Absent, O::Url),
        ("regctl", own, "r.example", PRESENT, O::Registry),
        ("regctl", own, "r.example", Blob::Absent, O::FailsRefusedUrl),
        ("regctl", "https://localhost/a", "r.example", Blob::Absent, O::FailsRefusedUrl),
        ("regctl", "https://169.254.1.1/a", "r.example", Blob::Absent, O::FailsRefusedUrl),
        ("regctl", own, "localhost:5000", Blob::Absent, O::Url),
        ("skopeo", private, "r.example", PRESENT, O::Url),
        // Not http(s), or not to be parsed: as if it were not there.
        ("skopeo", "ftp://cdn.example.com/a", "r.example", PRESENT, O::Registry),
        ("skopeo", "https://cdn.example.com/%zz", "r.example", PRESENT, O::Registry),
        ("containerd-2", "ftp://cdn.example.com/a", "r.example", PRESENT, O::Registry),
    ] {
        let place = Place { host: host.into(), ..Place::default() };
        let world = world(ND_GZIP, &[url]).blob(blob).state(url, UrlState::Verified);
        let world = world.with(|it| it.target = Some(place));
        assert_eq!(outcomes(&world, client, Action::Pull), [expected], "{client} {url} {host}");
    }
}

#[test]
fn buildkit_asks_no_url_for_a_base_that_it_need_not_unpack() {
    use Outcome as O;
    for (blob, state, unpacked, lazy) in [
        (PRESENT, UrlState::ServerError, O::FailsAtUrl, O::UploadsPlain),
        (PRESENT, UrlState::WrongContent, O::FailsAtUrl, O::UploadsPlain),
        (PRESENT, UrlState::Unreachable, O::FailsAtUrl, O::UploadsPlain),
        (PRESENT, UrlState::Verified, O::UploadsPlain, O::UploadsPlain),
        (Blob::Absent, UrlState::Verified, O::UploadsPlain, O::FailsNoBlob),
    ] {
        for media_type in [GZIP, ND_GZIP, ND_ZSTD, DOCKER, FOREIGN] {
            let world = world(media_type, &[GOOD]).blob(blob).state(GOOD, state);
            let found = outcomes(&world, "buildkit", Action::Base);
            assert_eq!(found, [unpacked, lazy], "{media_type} {blob:?} {state:?}");
        }
    }
}

#[test]
fn the_classic_builder_keeps_type_and_urls() {
    for media_type in [GZIP, ND_GZIP, ND_ZSTD, DOCKER, FOREIGN] {
        let world = world(media_type, &[GOOD]).blob(PRESENT).state(GOOD, UrlState::Verified);
        let classic = outcomes(&world, "docker-classic", Action::Base);
        assert_eq!(classic, [Outcome::Uploads], "{media_type}");
        let buildkit = outcomes(&world, "docker-containerd", Action::Base);
        assert_eq!(buildkit, [Outcome::UploadsPlain], "{media_type}");
    }
}

#[test]
fn uncompressed_layers_are_compressed_on_the_way() {
    use Outcome as O;
    for client in ["skopeo", "skopeo-old", "podman-old", "podman", "podman-5.7"] {
        for (media_type, push, layout) in [
            (ND_TAR, O::Compresses, O::IncludesCompressed),
            (FOREIGN_TAR, O::CompressesDockerForeign, O::IncludesCompressed),
            (ND_GZIP, O::Uploads, O::Includes),
        ] {
            let world = world(media_type, &[]).blob(PRESENT);
            assert_eq!(outcomes(&world, client, Action::Push), [push], "{client} {media_type}");
            let saves = outcomes(&world, client, Action::Save);
            assert_eq!(saves.last(), Some(&layout), "{client} {media_type}");
        }
    }
}

#[test]
fn what_a_store_cannot_pull_it_cannot_hand_on() {
    use Action::{Base, Push, Save};
    let world = world(ND_GZIP, &[GOOD]).blob(PRESENT).state(GOOD, UrlState::ServerError);
    for (client, action) in [("ctr-local", Push), ("nerdctl", Push), ("docker-containerd", Save)] {
        let found = outcomes(&world, client, action);
        assert_eq!(found, [Outcome::FailsAtUrl], "{client} {action:?}");
    }
    let gone = world.clone().blob(Blob::Absent);
    assert_eq!(outcomes(&gone, "kaniko", Base), [Outcome::FailsEverywhere]);
    // What only passes through is left out without being looked at.
    assert_eq!(outcomes(&gone, "crane", Base), [Outcome::Skips]);
    assert_eq!(outcomes(&gone, "skopeo", Push), [Outcome::Skips]);
    let docker = self::world(FOREIGN, &[GOOD]);
    let docker = docker.blob(Blob::Absent).state(GOOD, UrlState::ServerError);
    for action in [Push, Base] {
        let found = outcomes(&docker, "docker-27-windows", action);
        assert_eq!(found, [Outcome::FailsEverywhere], "{action:?}");
    }
    let verdicts = world.ask(client_verdicts);
    let ctr = verdicts.iter().find(|verdict| verdict.client.id == "ctr-local").unwrap();
    let sentence = ctr.cells[Push as usize].parts[0].sentence().to_string();
    assert!(sentence.ends_with("So there is nothing to hand on."), "{sentence}");
}

#[test]
fn zot_answers() {
    let reply = |world: World| world.ask(|it| registry_verdict(it, RegistryKind::Zot)).reply();
    let invalid = |reason| Reply::Refuses(reason, 400, "MANIFEST_INVALID");
    let docker = world(FOREIGN, &[GOOD]).blob(Blob::Absent);
    let anyhow = Reply::RefusesAnyhow(Reason::NoBlob, 415, 400, "MANIFEST_INVALID");
    assert_eq!(reply(docker), anyhow);
    for (url, expected) in [
        ("", invalid(Reason::Url)),
        ("cdn.example.com/a", invalid(Reason::Url)),
        ("https://ho st/a", invalid(Reason::Url)),
        ("ftp://cdn.example.com/a", Reply::Accepts),
        ("https://cdn.example.com/a#b", Reply::Accepts),
    ] {
        assert_eq!(reply(world(ND_GZIP, &[url])), expected, "{url}");
    }
    // It looks for the blobs of images only.
    let other = world(GZIP, &[]).blob(Blob::Absent);
    let config = "application/vnd.oci.image.config.v1+json";
    let other = other.rewritten(config, "application/vnd.docker.container.image.v1+json");
    assert_eq!(reply(other), Reply::Accepts);
    let urls = World::of(
        parse(&manifest_text(GZIP, "application/vnd.docker.container.image.v1+json")),
        &[],
    );
    assert_eq!(reply(urls.blob(Blob::Absent)), Reply::Accepts);
    let image = World::of(parse(&manifest_text(GZIP, config)), &[]).blob(Blob::Absent);
    assert_eq!(reply(image), invalid(Reason::NoBlob));
}

/// An OCI manifest with this type of config and one layer with a URL.
fn manifest_text(media_type: &str, config: &str) -> String {
    let digest = crate::manifest::Digest::sha256(b"{}");
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{{"mediaType":"{config}","digest":"{digest}","size":2}},"layers":[{}]}}"#,
        layer(media_type, &[GOOD])
    )
}

#[test]
fn docker_before_23_knows_no_zstd() {
    for (client, media_type, expected) in [
        ("docker-22-linux", ZSTD, Outcome::FailsPacking),
        ("docker-22-linux", ND_ZSTD, Outcome::FailsPacking),
        ("docker-22-linux", ND_GZIP, Outcome::Registry),
        ("docker-27-linux", ND_ZSTD, Outcome::Registry),
        ("docker-28-linux", ND_ZSTD, Outcome::Registry),
    ] {
        let world = world(media_type, &[GOOD]).blob(PRESENT).state(GOOD, UrlState::Verified);
        let found = outcomes(&world, client, Action::Pull);
        assert_eq!(found, [expected], "{client} {media_type}");
    }
    let gone = world(ND_ZSTD, &[GOOD]).blob(Blob::Absent);
    assert_eq!(outcomes(&gone, "docker-22-linux", Action::Pull), [Outcome::FailsNoBlob]);
}

#[test]
fn old_podman_falls_back_and_writes_no_zstd_archive() {
    use Outcome as O;
    let down = world(ND_GZIP, &[GOOD]).blob(PRESENT).state(GOOD, UrlState::Unreachable);
    assert_eq!(outcomes(&down, "podman-old", Action::Pull), [O::Registry]);
    assert_eq!(outcomes(&down, "podman", Action::Pull), [O::FailsAtUrl]);
    let zstd = world(ND_ZSTD, &[GOOD]).blob(PRESENT).state(GOOD, UrlState::Verified);
    assert_eq!(
        outcomes(&zstd, "podman-old", Action::Save),
        [O::FailsPacking, O::IncludesCompressed]
    );
    assert_eq!(outcomes(&zstd, "podman-old", Action::Push), [O::Compresses]);
    assert_eq!(outcomes(&zstd, "podman-5.7", Action::Save), [O::Includes, O::Corrupts]);
}

#[test]
fn registries_that_were_measured_or_read_again() {
    use RegistryKind as K;
    let (some, none): (&[&str], &[&str]) = (&[GOOD], &[]);
    let no_blob = Reply::Refuses(Reason::NoBlob, 400, "MANIFEST_BLOB_UNKNOWN");
    let gitea = Reply::Refuses(Reason::NoBlob, 404, "BLOB_UNKNOWN");
    let rules = Reply::Unknown(Doubt::Rules);
    for (kind, media_type, urls, expected) in [
        (K::Gitea, ND_GZIP, some, gitea),
        (K::Forgejo, ND_GZIP, some, gitea),
        (K::Olareg, GZIP, some, Reply::Accepts),
        (K::Olareg, ND_ZSTD, none, Reply::Accepts),
        (K::Olareg, FOREIGN, none, Reply::Accepts),
        (K::Olareg, FOREIGN_TAR, none, no_blob),
        (K::CraneRegistry, FOREIGN, none, Reply::Accepts),
        (K::Ghcr, ND_GZIP, some, rules),
        (K::Nexus, ND_GZIP, some, rules),
    ] {
        let world = world(media_type, urls).blob(Blob::Absent);
        let reply = world.ask(|subject| registry_verdict(subject, kind)).reply();
        assert_eq!(reply, expected, "{kind:?} {media_type} {urls:?}");
    }
}

#[test]
fn every_cell_has_an_answer_for_any_input() {
    for text in [
        layer("application/vnd.acme.layer", &[GOOD]),
        layer("", &[GOOD]),
        layer(DOCKER, &[GOOD]),
        layer(ND_GZIP, &["", "::", "https://ho st/a"]),
        layer_of(ND_GZIP, &[], "content", r#","urls":null"#),
        format!("{0},{0}", layer(ND_GZIP, &[GOOD])),
    ] {
        let world = World::of(manifest(OCI_MANIFEST, std::slice::from_ref(&text)), &[]);
        for verdict in world.ask(client_verdicts) {
            for cell in &verdict.cells {
                assert!(!cell.parts.is_empty(), "{} {text}", verdict.client.id);
            }
        }
        for kind in RegistryKind::ALL {
            let verdict = world.ask(|subject| registry_verdict(subject, kind));
            assert!(!verdict.parts.is_empty(), "{kind:?} {text}");
        }
    }
}

#[test]
fn evidence_is_shown_only_where_there_is_some() {
    let world = world(ND_GZIP, &[GOOD]).blob(PRESENT);
    let (mut unknown, mut with) = (0, 0);
    for verdict in world.ask(client_verdicts) {
        for part in verdict.cells.iter().flat_map(|cell| &cell.parts) {
            match part.outcome {
                Outcome::Unknown | Outcome::NoSuchAction => {
                    assert!(part.evidence.is_none(), "{}", verdict.client.id);
                    unknown += 1;
                }
                _ => {
                    let evidence = part.evidence.unwrap();
                    assert!(!evidence.sources.is_empty(), "{}", verdict.client.id);
                    let measured = evidence.strength == Strength::Measured;
                    assert_eq!(measured, !evidence.program.is_empty(), "{}", verdict.client.id);
                    for source in evidence.sources {
                        let branch = ["/blob/master/", "/blob/main/"];
                        assert!(!branch.iter().any(|it| source.contains(it)), "{source}");
                    }
                    with += 1;
                }
            }
        }
    }
    assert!(unknown > 10 && with > 60, "{unknown} {with}");
}

#[test]
fn what_the_summary_speaks_of_is_shown_at_once() {
    let common: Vec<&Client> = clients().iter().filter(|client| client.is_common()).collect();
    for client in clients().iter().filter(|client| client.headline.is_some()) {
        assert!(client.is_common(), "{} is folded away", client.name);
    }
    // A group that was renamed in the facts would vanish from the table without a word.
    for group in ["Docker Engine", "Docker Desktop", "Kubernetes", "Podman", "Skopeo", "crane"] {
        assert!(common.iter().any(|client| client.group == group), "{group} has no client");
    }
    assert!(common.len() < clients().len());
}
