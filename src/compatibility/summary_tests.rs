//! The summary against the cells that it is made from.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::testing::*;
use super::*;
use crate::msg;

const OCI: &str = "o:v1.tar+gzip";
const ND: &str = "o:nondistributable.v1.tar+gzip";
const PRESENT: Blob = Blob::Present { size: Some(7) };

fn sentence(world: &World) -> String {
    let said = world.ask(summary);
    said.map_or(msg!("summary.nothing"), |said| said.sentence()).to_string()
}

fn line(world: &World) -> String {
    let parts = world.ask(summary).unwrap().line();
    parts.iter().map(|part| part.text.to_string()).collect::<Vec<_>>().join(" · ")
}

#[test]
fn sentences() {
    let oci = |layers: &[String]| World::oci(layers);
    assert_eq!(
        sentence(&oci(&[layer(OCI, &[])])),
        "No layer is marked: every tool treats this as an ordinary image."
    );
    assert_eq!(
        sentence(&oci(&[layer(ND, &[GOOD])])),
        "With these marks, Skopeo and crane leave 1 layer (7 B) out of copies; \
         Docker Engine 28+ copies it anyway; \
         Podman 5.7+ breaks copies of 1 layer (7 B) without an error; \
         pulls need cdn.example.com to answer."
    );
    assert_eq!(
        sentence(&oci(&[layer(ND, &[GOOD, ALSO_GOOD])]).blob(PRESENT)),
        "With these marks, Skopeo and crane leave 1 layer (7 B) out of copies; \
         Docker Engine 28+ copies it anyway; \
         Podman 5.7+ breaks copies of 1 layer (7 B) without an error; \
         pulls with Docker Engine 28+ (containerd image store), Podman 5.7+ and Skopeo need \
         cdn.example.com and 1 other host to answer."
    );
    assert_eq!(
        sentence(&oci(&[layer(ND, &[])]).blob(Blob::Absent)),
        "With these marks, crane breaks copies of 1 layer (7 B) without an error; \
         Docker Engine 28+, Podman 5.7+ and Skopeo fail to copy the image; \
         pulls fail, as there are neither URLs nor blobs."
    );
}

#[test]
fn one_wrong_url_makes_nobody_disappear() {
    let wrong = World::oci(&[layer_of(ND, &[GOOD], "a", ""), layer_of(ND, &[GOOD], "b", "")]);
    let digest = crate::manifest::Digest::sha256(b"b");
    let wrong = wrong.with(|situation| {
        let fact = UrlFact { state: UrlState::WrongContent, ..UrlFact::default() };
        situation.urls.entry(digest).or_default().insert(GOOD.into(), fact);
        for content in [b"a", b"b"] {
            situation.blobs.insert(crate::manifest::Digest::sha256(content), PRESENT);
        }
    });
    let said = sentence(&wrong);
    assert!(said.contains("Podman 5.7+ fail"), "{said}");
    assert!(said.contains("Docker Engine 28+ (Linux, graphdriver) copies them anyway"), "{said}");
    assert!(said.contains("Docker Engine 28+ (containerd image store)"), "{said}");
}

#[test]
fn lines() {
    let marked = World::oci(&[layer_of(ND, &[GOOD], "a", ""), layer_of(ND, &[GOOD], "b", "")]);
    assert_eq!(
        line(&marked),
        "Skopeo, crane: leave 2 layers (2 B) out · Docker Engine 28+: copies them anyway · \
         Podman 5.7+: breaks copies silently · \
         without internet: Docker Engine 28+ (containerd image store), Podman 5.7+, Skopeo cannot pull · \
         URLs: 0 of 2 verified"
    );
    let absent = World::oci(&[layer(ND, &[GOOD])]).blob(Blob::Absent);
    let absent = absent.state(GOOD, UrlState::Missing);
    assert!(line(&absent).contains("without internet: cannot pull"), "{}", line(&absent));
    assert!(line(&absent).contains("URLs: 1 of 1 do not serve the layer"), "{}", line(&absent));
    let kept = World::oci(&[layer(ND, &[])]).blob(PRESENT);
    assert!(line(&kept).contains("without internet: can pull"), "{}", line(&kept));
}

fn any_layer() -> impl Strategy<Value = (usize, usize, usize, usize)> {
    (0..6_usize, 0..3_usize, 0..3_usize, 0..6_usize)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every row with a name stands in the summary once, with the effect that its cell shows.
    #[test]
    fn summary_and_cells_agree(layers in prop::collection::vec(any_layer(), 1..5)) {
        const TYPES: [&str; 6] = [
            OCI, ND, "o:nondistributable.v1.tar", "o:nondistributable.v1.tar+zstd",
            "d:foreign.diff.tar.gzip", "o:v1.tar+zstd",
        ];
        const STATES: [UrlState; 6] = [
            UrlState::Unchecked, UrlState::Verified, UrlState::WrongContent, UrlState::Missing,
            UrlState::ServerError, UrlState::Unreachable,
        ];
        let urls: [&[&str]; 3] = [&[], &[GOOD], &[GOOD, ALSO_GOOD]];
        let texts: Vec<String> = layers.iter().enumerate()
            .map(|(at, (form, url, _, _))| layer_of(TYPES[*form], urls[*url], &at.to_string(), ""))
            .collect();
        let mut world = World::oci(&texts);
        for (at, (_, url, blob, state)) in layers.iter().enumerate() {
            let digest = crate::manifest::Digest::sha256(at.to_string().as_bytes());
            let blob = [Blob::Unknown, PRESENT, Blob::Absent][*blob];
            world.situation.blobs.insert(digest.clone(), blob);
            for url in urls[*url] {
                let fact = UrlFact { state: STATES[*state], ..UrlFact::default() };
                world.situation.urls.entry(digest.clone()).or_default().insert((*url).into(), fact);
            }
        }
        let verdicts = world.ask(client_verdicts);
        let Some(said) = world.ask(summary) else {
            prop_assert!(verdicts.iter().all(|it| it.cells.iter().all(|cell| cell.parts.is_empty())));
            return Ok(());
        };
        let mut seen = BTreeSet::new();
        for copies in &said.copies {
            for row in &copies.rows {
                prop_assert!(seen.insert(*row));
                let verdict = verdicts.iter().find(|it| it.client.id == *row).unwrap();
                let cell = &verdict.cells[Action::Push as usize];
                prop_assert_eq!(cell.effect(), Some(copies.effect));
                let concerned = cell.parts.iter().filter(|it| it.outcome.effect() == copies.effect);
                prop_assert_eq!(concerned.map(|it| it.blobs).sum::<usize>(), copies.blobs);
            }
        }
        let named = verdicts.iter().filter(|it| it.client.headline.is_some()).count();
        prop_assert_eq!(seen.len(), named);
        let sentence = said.sentence().to_string();
        for copies in said.copies.iter().filter(|it| it.effect != Effect::NotKnown) {
            for name in &copies.clients {
                prop_assert!(sentence.contains(name.as_str()), "{} in {}", name, sentence);
            }
        }
    }
}
