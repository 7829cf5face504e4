//! Pulls played through.

use super::testing::*;
use super::*;

const ND: &str = "o:nondistributable.v1.tar+gzip";
const PLAIN: &str = "o:v1.tar+gzip";
const PRESENT: Blob = Blob::Present { size: Some(7) };

fn archive(by: &'static str, way: usize) -> PullsFrom {
    PullsFrom::Archive { by, way }
}

fn copy(by: &'static str, into: RegistryKind) -> PullsFrom {
    PullsFrom::Copy { by, into }
}

#[test]
fn pulls_end_as_the_steps_say() {
    use End::{Complete, Fails, Incomplete, NotKnown};
    use Network as N;
    use PullsFrom::Registry;
    use UrlsAre::{AsKnown, Down, Up};
    let any = RegistryKind::Distribution2;
    for (name, media_type, blob, client, from, network, urls, expected) in [
        ("containerd, open", ND, Blob::Absent, "containerd-2", Registry, N::Open, Up, Complete),
        ("not known", ND, Blob::Absent, "containerd-2", Registry, N::Open, AsKnown, NotKnown),
        ("URL down", ND, PRESENT, "containerd-2", Registry, N::Open, Down, Fails),
        (
            "registry only",
            ND,
            PRESENT,
            "kubernetes-containerd",
            Registry,
            N::RegistryOnly,
            Up,
            Fails,
        ),
        ("crane has it there", ND, PRESENT, "crane", Registry, N::RegistryOnly, Up, Complete),
        (
            "Docker never asks",
            ND,
            PRESENT,
            "docker-28-linux",
            Registry,
            N::RegistryOnly,
            Down,
            Complete,
        ),
        ("Docker never asks", ND, Blob::Absent, "docker-28-linux", Registry, N::Open, Up, Fails),
        ("oras leaves out", ND, PRESENT, "oras", Registry, N::Open, Up, Incomplete),
        ("no network", ND, PRESENT, "crane", Registry, N::None, Up, Fails),
        // Mirrors.
        ("skopeo's mirror", ND, PRESENT, "crane", copy("skopeo", any), N::RegistryOnly, Up, Fails),
        ("skopeo's mirror, open", ND, PRESENT, "crane", copy("skopeo", any), N::Open, Up, Complete),
        (
            "hauler's mirror",
            ND,
            PRESENT,
            "crane",
            copy("hauler", any),
            N::RegistryOnly,
            Up,
            Complete,
        ),
        (
            "oc image mirror",
            ND,
            Blob::Absent,
            "cri-o",
            copy("oc-image-mirror", any),
            N::RegistryOnly,
            Up,
            Fails,
        ),
        (
            "zarf's mirror",
            ND,
            PRESENT,
            "docker-28-linux",
            copy("zarf", any),
            N::RegistryOnly,
            Up,
            Fails,
        ),
        (
            "Podman's corrupt copy",
            ND,
            PRESENT,
            "crane",
            copy("podman-5.7", any),
            N::Open,
            Up,
            Fails,
        ),
        (
            "a mirror without marks",
            ND,
            PRESENT,
            "cri-o",
            copy("docker-28-linux", any),
            N::RegistryOnly,
            Up,
            Complete,
        ),
        (
            "refused by 3",
            PLAIN,
            PRESENT,
            "crane",
            copy("skopeo", RegistryKind::Distribution3),
            N::Open,
            Up,
            Fails,
        ),
        (
            "unknown tool",
            ND,
            PRESENT,
            "crane",
            copy("imagetools", any),
            N::RegistryOnly,
            Up,
            NotKnown,
        ),
        // Archives.
        (
            "skopeo's layout",
            ND,
            PRESENT,
            "docker-28-linux",
            archive("skopeo", 0),
            N::None,
            Up,
            Fails,
        ),
        (
            "docker save",
            ND,
            PRESENT,
            "docker-28-linux",
            archive("docker-28-linux", 0),
            N::None,
            Up,
            Complete,
        ),
        ("crane pull", ND, PRESENT, "containerd-2", archive("crane", 0), N::None, Up, Complete),
        // What is in the layout does not count for Podman while there is a URL to ask.
        ("crane pull", ND, PRESENT, "podman", archive("crane", 0), N::None, Up, Fails),
        ("podman save", ND, PRESENT, "podman-5.7", archive("podman-5.7", 0), N::None, Up, Complete),
        (
            "podman's layout",
            ND,
            PRESENT,
            "podman-5.7",
            archive("podman-5.7", 1),
            N::None,
            Up,
            Fails,
        ),
        (
            "ctr export",
            ND,
            Blob::Absent,
            "nerdctl",
            archive("containerd-2", 0),
            N::None,
            Up,
            Complete,
        ),
        (
            "ctr export, URL down",
            ND,
            Blob::Absent,
            "nerdctl",
            archive("containerd-2", 0),
            N::None,
            Down,
            Fails,
        ),
    ] {
        let world = World::oci(&[layer(media_type, &[GOOD])]).blob(blob);
        let scenario = Scenario { client, from, network, urls };
        let played = world.ask(|subject| simulate(subject, &scenario)).unwrap();
        assert_eq!(played.end, expected, "{name}: {client} {:?}", played.steps);
        assert!(!played.steps.is_empty());
    }
}

#[test]
fn steps_tell_rule_and_source() {
    let world = World::oci(&[layer(ND, &[GOOD])]).blob(PRESENT);
    let scenario = Question::BehindMirror.scenario("kubernetes-containerd");
    let played = world.ask(|subject| simulate(subject, &scenario)).unwrap();
    let said: Vec<String> = played
        .steps
        .iter()
        .map(|step| match step {
            Step::Client(client, part) => {
                let strength = part.evidence.unwrap().strength;
                format!("{}: {} ({})", client.name, part.sentence(), strength.message())
            }
            Step::Registry(_, part) => part.sentence().to_string(),
            Step::NoRegistry => "no registry".into(),
        })
        .collect();
    assert_eq!(
        said,
        [
            "Skopeo: Leaves 1 layer out; the copy names the URLs. (measured)",
            "What it says to 1 layer is not known; the push will show it.",
            "Kubernetes: Cannot get 1 layer: the URLs do not serve it, and it does not turn to the \
             registry. (inferred)",
        ]
    );
}

#[test]
fn nothing_marked_is_complete_and_unknown_clients_are_none() {
    let plain = World::oci(&[layer(PLAIN, &[])]);
    let scenario = Question::WithInternet.scenario("crane");
    assert_eq!(plain.ask(|it| simulate(it, &scenario)).unwrap().end, End::Complete);
    let nobody = Question::WithInternet.scenario("nobody");
    assert!(plain.ask(|it| simulate(it, &nobody)).is_none());
}
