//! Checks and verdicts on ten thousand layers.

use std::time::Duration;

use layermark::checks::{check, report};
use layermark::compatibility::{
    Blob, RegistryKind, Situation, Subject, UrlFact, UrlState, client_verdicts, registry_verdict,
    summary,
};
use layermark::image::{Image, ImageEdits, Rendered};
use layermark::manifest::{Algorithm, Digest, Document};

const LAYERS: usize = 10_000;

/// Ten thousand layers of different digests, nearly all of them marked and with a URL of their own
/// of which something is known, so that every rule and every verdict has its full work.
fn image() -> (Image, Situation) {
    let mut situation = Situation { kind: RegistryKind::Distribution2, ..Situation::default() };
    let layers: Vec<String> = (0..LAYERS)
        .map(|index| {
            let digest = Digest::sha256(&index.to_le_bytes());
            let url = format!("https://cdn.example.com/team/app/blobs/{digest}");
            situation.blobs.insert(digest.clone(), Blob::Present { size: Some(9) });
            let fact = UrlFact { state: UrlState::Verified, ..UrlFact::default() };
            situation.urls.entry(digest.clone()).or_default().insert(url.clone(), fact);
            let form = if index % 10 == 0 { "" } else { "nondistributable." };
            format!(
                r#"{{"mediaType":"application/vnd.oci.image.layer.{form}v1.tar+gzip","digest":"{digest}","size":9,"urls":["{url}"]}}"#
            )
        })
        .collect();
    let text = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":2}},"layers":[{}]}}"#,
        Digest::sha256(b"{}"),
        layers.join(",")
    );
    let document = Document::parse(text.into_bytes(), None, Algorithm::Sha256).unwrap();
    (Image::new(document), situation)
}

#[test]
fn ten_thousand_layers() {
    let (image, situation) = image();
    let edits = ImageEdits::default();
    let rendered = image.render(&edits, &Rendered::default());
    let subject =
        Subject { image: &image, edits: &edits, rendered: &rendered, situation: &situation };
    let once = |question: &dyn Fn()| {
        let start = processor_time();
        question();
        processor_time().saturating_sub(start)
    };
    let best = |question: &dyn Fn()| (0..10).map(|_| once(question)).min().unwrap();
    let parts: [(&str, &dyn Fn()); 4] = [
        ("check", &|| assert!(check(&subject).len() > 5)),
        ("client_verdicts", &|| assert!(client_verdicts(&subject).len() > 10)),
        ("registry_verdict", &|| {
            let verdict = registry_verdict(&subject, RegistryKind::Distribution3);
            assert_eq!(verdict.parts.len(), 1);
        }),
        ("summary", &|| assert!(summary(&subject).is_some())),
    ];
    for (name, question) in parts {
        println!("{name}: {:?} for {LAYERS} layers", best(question));
    }
    let all = best(&|| assert!(report(&subject).findings.len() > 5));
    println!("all in one report: {all:?}");
    // The budget is one frame in an optimised build; without optimisation it may take a hundred times
    // as long, which still shows anything that grows with the square.
    let budget = Duration::from_millis(if cfg!(debug_assertions) { 1600 } else { 16 });
    assert!(all < budget, "{all:?}");
}

/// The time that this thread has had on a processor: other work on the machine does not count.
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}
