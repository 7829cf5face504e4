//! How fast an edit becomes a digest, against the budgets: `cargo bench --bench heart`.
//!
//! Each number that has a budget is a ratio to work done in the same run, or so far below its
//! budget that a slow machine does not matter. Ends with a failure when one is over.

#![allow(clippy::unwrap_used)] // a benchmark's helpers fail the benchmark

use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use layermark::checks::report;
use layermark::compatibility::{Blob, RegistryKind, Situation, Subject, UrlFact, UrlState};
use layermark::image::{Image, ImageEdits, Rendered, Slot, Steps, named_bases};
use layermark::limits;
use layermark::manifest::media_type::{Family, OCI_INDEX, OCI_MANIFEST};
use layermark::manifest::{
    Algorithm, Digest, Document, Edits, EntryKey, LayerMark, MAX_BYTES, Platform, Updates,
};
use layermark::registry::UrlHost;

/// What was measured: a number with its unit, and the most that it may be.
struct Measured {
    name: &'static str,
    value: f64,
    unit: &'static str,
    budget: Option<f64>,
}

fn main() -> ExitCode {
    let mut results = one_large_manifest();
    results.extend(many_platforms());
    results.extend(large_index());
    results.push(all_checks());
    let mut over = false;
    for Measured { name, value, unit, budget } in &results {
        let limit = budget.map_or(String::new(), |budget| format!("  (budget {budget} {unit})"));
        println!("{name:<62} {value:>9.2} {unit}{limit}");
        over |= budget.is_some_and(|budget| *value > budget);
    }
    if over {
        println!("over budget");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// A manifest of almost 4 MiB: opening it, and a key press in a URL field of one of its layers.
fn one_large_manifest() -> Vec<Measured> {
    let text = manifest_of(MAX_BYTES - 300);
    let hash = best(|| Digest::sha256(text.as_bytes()));
    let parse = best(|| parse(&text));
    let document = parse_whole(&text);
    let count = document.layers().len();
    let image = Image::new(document.clone());
    let id = image.root().clone();
    let mark = |edits: &mut ImageEdits, layer: usize, url: &str| {
        let mark = LayerMark::foreign(vec![url.to_owned()]);
        edits.change(&id, |node| node.edits.mark_layer(&document, layer, mark));
    };
    let key_press = |start: &ImageEdits| {
        let before = image.render(start, &Rendered::default());
        let mut turn = 0;
        best(|| {
            turn += 1;
            // As the page does it: the edits before stay in the history.
            let mut edits = start.clone();
            mark(&mut edits, count / 2, &format!("https://cdn.example.com/{turn}"));
            image.render(&edits, &before)
        })
    };
    let mut one = ImageEdits::default();
    mark(&mut one, count / 2, "https://cdn.example.com/a");
    let mut all = ImageEdits::default();
    for layer in 0..count {
        mark(&mut all, layer, "https://cdn.example.com/a");
    }
    let (one, mark_all, all) = (
        key_press(&one),
        best(|| {
            let mut edits = ImageEdits::default();
            for layer in 0..count {
                mark(&mut edits, layer, "https://cdn.example.com/a");
            }
            edits
        }),
        key_press(&all),
    );
    let convert = best(|| {
        let mut edits = ImageEdits::default();
        edits.set_family(&image, Family::Docker);
        image.render(&edits, &Rendered::default())
    });
    let ratio = |time: Duration| time.as_secs_f64() / hash.as_secs_f64();
    vec![
        number("layers in the large manifest", count, ""),
        milliseconds("one SHA-256 pass over it", hash, None),
        milliseconds("open it", parse, None),
        Measured {
            name: "key press in a URL field, one layer marked",
            value: ratio(one),
            unit: "passes",
            budget: Some(2.0),
        },
        Measured {
            name: "key press in a URL field, every layer marked",
            value: ratio(all),
            unit: "passes",
            budget: None,
        },
        milliseconds("mark every layer, one after another", mark_all, None),
        milliseconds("convert it to Docker’s media types", convert, None),
    ]
}

/// An index of 100 platforms with 100 layers each: one layer marked in all of them.
fn many_platforms() -> Vec<Measured> {
    let children: Vec<Document> = (0..100).map(|at| parse_whole(&platform(at))).collect();
    let mut text = format!(
        "{{\n  \"schemaVersion\": 2,\n  \"mediaType\": \"{OCI_INDEX}\",\n  \"manifests\": ["
    );
    for (at, child) in children.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        let (digest, size) = (child.digest(), child.bytes().len());
        write!(
            text,
            "{comma}\n    {{\n      \"mediaType\": \"{OCI_MANIFEST}\",\n      \"digest\": \"{digest}\",\n      \"size\": {size}\n    }}"
        )
        .unwrap();
    }
    text.push_str("\n  ]\n}");
    let mut image = Image::new(parse_whole(&text));
    for child in &children {
        image.insert(child.digest().clone(), Slot::Loaded(Arc::new(child.clone())));
    }
    let start = ImageEdits::default();
    let before = image.render(&start, &Rendered::default());
    let everywhere = best(|| {
        let mut edits = start.clone();
        for child in &children {
            let mark = LayerMark::foreign(vec!["https://cdn.example.com/a".to_owned()]);
            edits.change(child.digest(), |node| node.edits.mark_layer(child, 50, mark));
        }
        image.render(&edits, &before)
    });
    let mut marked = start.clone();
    for child in &children {
        let mark = LayerMark::foreign(vec!["https://cdn.example.com/a".to_owned()]);
        marked.change(child.digest(), |node| node.edits.mark_layer(child, 50, mark));
    }
    let kept = Steps::of_manifests(&image, &start, |_| true, &Arc::default());
    // What the table shows at once is the first of its rows.
    let table = best(|| {
        let steps = Steps::of_manifests(&image, &marked, |_| true, &kept);
        let marks = steps.marks(&marked);
        let rows: Vec<_> = steps.steps.iter().take(60).map(|step| marks.of(step)).collect();
        (rows, Steps::half_marked(&image, &marked), named_bases(&image, &marked))
    });
    vec![
        milliseconds(
            "100 platforms of 100 layers: mark one layer everywhere",
            everywhere,
            Some(50.0),
        ),
        Measured {
            name: "what the table of all platforms says of it",
            value: table.as_secs_f64() / everywhere.as_secs_f64(),
            unit: "times as long",
            budget: Some(1.0),
        },
    ]
}

/// An index of 1,000 entries: one is removed, one moved to the end, one gets a platform, and all get an
/// annotation.
fn large_index() -> Vec<Measured> {
    let mut text = format!("{{\"schemaVersion\":2,\"mediaType\":\"{OCI_INDEX}\",\"manifests\":[");
    for at in 0..1000_u32 {
        let digest = Digest::sha256(&at.to_be_bytes());
        let comma = if at > 0 { "," } else { "" };
        write!(text, "{comma}\n {{\"mediaType\":\"{OCI_MANIFEST}\",\"digest\":\"{digest}\",\"size\":9,\"platform\":{{\"os\":\"linux\",\"architecture\":\"a{at}\"}}}}").unwrap();
    }
    text.push_str("]}");
    let document = parse_whole(&text);
    let image = Image::new(document.clone());
    let id = image.root().clone();
    let before = image.render(&ImageEdits::default(), &Rendered::default());
    let all = best(|| {
        let mut edits = ImageEdits::default();
        edits.change(&id, |node| {
            node.edits.remove_entry(&document, &EntryKey::Loaded(500));
            let mut order = node.edits.entry_order(&document);
            order.rotate_left(1);
            node.edits.arrange(&document, order);
            let platform = Platform::parse("linux/arm/v7");
            node.edits.set_platform(&document, &EntryKey::Loaded(7), platform);
            for at in 0..1000 {
                let value = Some("MIT".to_owned());
                node.edits.annotate_entry(&document, &EntryKey::Loaded(at), "licence", value);
            }
        });
        image.render(&edits, &before)
    });
    let mut many = String::from("{\"schemaVersion\":2,\"layers\":[],\"annotations\":{\"a\":\"\"");
    for at in 1..limits::ANNOTATIONS {
        write!(many, ",\"k{at}\":\"value {at}\"").unwrap();
    }
    many.push_str("}}");
    let document = parse_whole(&many);
    let annotated = best(|| {
        let mut edits = Edits::default();
        for at in (1..limits::ANNOTATIONS).step_by(10) {
            edits.annotate(&document, &format!("k{at}"), Some("new".to_owned()));
        }
        document.render(&edits, &Updates::default())
    });
    vec![
        milliseconds("index of 1,000 entries: all of them edited at once", all, Some(50.0)),
        milliseconds("every tenth of 1,000 annotations changed", annotated, Some(100.0)),
    ]
}

/// Ten thousand layers, nearly all of them marked and with a URL of which something is known: all that
/// is said of them on the screen.
fn all_checks() -> Measured {
    let mut situation = Situation { kind: RegistryKind::Distribution2, ..Situation::default() };
    situation.url_hosts = Some(vec![UrlHost::parse("cdn.example.com").unwrap()]);
    let mut text = format!("{{\"schemaVersion\":2,\"mediaType\":\"{OCI_MANIFEST}\",\"layers\":[");
    for at in 0..10_000_u32 {
        let digest = Digest::sha256(&at.to_be_bytes());
        let url = format!("https://cdn.example.com/team/app/blobs/{digest}");
        let (comma, form) =
            (if at > 0 { "," } else { "" }, if at % 10 == 0 { "" } else { "nondistributable." });
        write!(text, "{comma}{{\"mediaType\":\"application/vnd.oci.image.layer.{form}v1.tar+gzip\",\"digest\":\"{digest}\",\"size\":9,\"urls\":[\"{url}\"]}}").unwrap();
        situation.blobs.insert(digest.clone(), Blob::Present { size: Some(9) });
        let fact = UrlFact { state: UrlState::Verified, ..UrlFact::default() };
        situation.urls.entry(digest).or_default().insert(url, fact);
    }
    text.push_str("]}");
    let image = Image::new(parse_whole(&text));
    let edits = ImageEdits::default();
    let rendered = image.render(&edits, &Rendered::default());
    let subject =
        Subject { image: &image, edits: &edits, rendered: &rendered, situation: &situation };
    let time = best(|| report(&subject));
    milliseconds("all checks and verdicts on 10,000 layers", time, Some(16.0))
}

fn manifest_of(bytes: usize) -> String {
    let mut text = String::from("{\"schemaVersion\":2,\"layers\":[");
    let mut at = 0_u32;
    while text.len() < bytes {
        if at > 0 {
            text.push(',');
        }
        let digest = Digest::sha256(&at.to_be_bytes());
        write!(text, "{{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"{digest}\",\"size\":{at}}}").unwrap();
        at += 1;
    }
    text.push_str("]}");
    text
}

fn platform(at: u32) -> String {
    let mut text = format!(
        "{{\n  \"schemaVersion\": 2,\n  \"mediaType\": \"{OCI_MANIFEST}\",\n  \"layers\": ["
    );
    for layer in 0..100_u32 {
        let comma = if layer > 0 { "," } else { "" };
        // Every platform has the fifty-first layer in common.
        let content = if layer == 50 { layer } else { at * 1000 + layer };
        let digest = Digest::sha256(&content.to_be_bytes());
        write!(
            text,
            "{comma}\n    {{\n      \"mediaType\": \"application/vnd.oci.image.layer.v1.tar+gzip\",\n      \"digest\": \"{digest}\",\n      \"size\": {layer}\n    }}"
        )
        .unwrap();
    }
    text.push_str("\n  ]\n}");
    text
}

fn parse_whole(text: &str) -> Document {
    parse(text).unwrap()
}

fn parse(text: &str) -> Result<Document, layermark::manifest::Refusal> {
    Document::parse(text.as_bytes(), None, Algorithm::Sha256)
}

/// The best time of `work` in eleven runs, after one that does not count: what other programs on
/// the machine take only ever adds to it.
fn best<T>(mut work: impl FnMut() -> T) -> Duration {
    drop(std::hint::black_box(work()));
    let times = (0..11).map(|_| {
        let start = Instant::now();
        let made = std::hint::black_box(work());
        let time = start.elapsed();
        drop(made);
        time
    });
    times.min().unwrap_or_default()
}

fn milliseconds(name: &'static str, time: Duration, budget: Option<f64>) -> Measured {
    Measured { name, value: time.as_secs_f64() * 1000.0, unit: "ms", budget }
}

fn number(name: &'static str, value: usize, unit: &'static str) -> Measured {
    Measured {
        name,
        value: f64::from(u32::try_from(value).unwrap_or(u32::MAX)),
        unit,
        budget: None,
    }
}
