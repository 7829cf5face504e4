//! Edits of documents as real builders lay them out, byte for byte.

use std::collections::BTreeMap;

use layermark::image::Sample;
use layermark::manifest::{
    Algorithm, Digest, Document, Edits, EntryChoice, EntryKey, EntryUpdate, LayerMark, Updates,
};

const DOCKER: &str = "application/vnd.docker.image.rootfs.";
const URL: &str = "https://cdn.example.com/a";

fn parse(text: &str) -> Document {
    Document::parse(text.as_bytes(), None, Algorithm::Sha256).unwrap()
}

fn render(document: &Document, edits: &Edits, updates: &Updates) -> String {
    String::from_utf8(document.render(edits, updates)).unwrap()
}

#[test]
fn the_windows_image_in_dockers_layout() {
    let sample = Sample::named("windows").unwrap().documents[0];
    let document = parse(sample);
    let check = |layer: usize, mark: LayerMark, replaced: &[(&str, String)]| {
        let mut edits = Edits::default();
        edits.mark_layer(&document, layer, mark);
        let mut expected = sample.to_owned();
        for (from, to) in replaced {
            assert_eq!(expected.matches(from).count(), 1, "{from}");
            expected = expected.replacen(from, to, 1);
        }
        assert_eq!(render(&document, &edits, &Updates::default()), expected);
    };
    let digest = |layer: usize| document.layers()[layer].digest.as_str();
    // An empty URL that is there becomes the URL, and the type stays.
    let start = format!("\"digest\": \"{}\",\n         \"urls\": [\n            \"", digest(0));
    check(0, LayerMark::foreign(vec![URL.into()]), &[(&start, format!("{start}{URL}"))]);
    // A second URL goes on a line of its own.
    let whole = format!("{start}\"\n         ]");
    check(
        0,
        LayerMark::foreign(vec![URL.into(), "https://b/".into()]),
        &[(&whole, format!("{start}{URL}\",\n            \"https://b/\"\n         ]"))],
    );
    // Made plain, the type changes and `urls` goes with its comma.
    let layer = format!(
        "{DOCKER}foreign.diff.tar.gzip\",\n         \"size\": 720933935,\n         \"digest\": \"{}\",\n         \"urls\": [\n            \"\"\n         ]",
        digest(1)
    );
    let plain = format!(
        "{DOCKER}diff.tar.gzip\",\n         \"size\": 720933935,\n         \"digest\": \"{}\"",
        digest(1)
    );
    check(1, LayerMark::plain(), &[(&layer, plain)]);
    // Marked, a plain layer gets the twin and `urls` in three spaces.
    let layer = format!(
        "{DOCKER}diff.tar.gzip\",\n         \"size\": 1362,\n         \"digest\": \"{}\"",
        digest(2)
    );
    let marked = format!(
        "{DOCKER}foreign.diff.tar.gzip\",\n         \"size\": 1362,\n         \"digest\": \"{}\",\n         \"urls\": [\n            \"{URL}\"\n         ]",
        digest(2)
    );
    check(2, LayerMark::foreign(vec![URL.into()]), &[(&layer, marked)]);
    // A mark without URLs changes the type alone.
    let layer = format!("{DOCKER}diff.tar.gzip\",\n         \"size\": 1387");
    let marked = format!("{DOCKER}foreign.diff.tar.gzip\",\n         \"size\": 1387");
    check(3, LayerMark::foreign(Vec::new()), &[(&layer, marked)]);
}

#[test]
fn urls_in_every_form_they_come_in() {
    let digest = Digest::sha256(b"");
    let text = |urls: &str| {
        format!(
            r#"{{"schemaVersion":2,"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar","size":1,{urls}"digest":"{digest}"}}]}}"#
        )
    };
    let check = |before: &str, wanted: Option<&[&str]>, after: &str| {
        let document = parse(&text(before));
        let mut edits = Edits::default();
        let urls = wanted.map(|urls| urls.iter().map(|&url| url.to_owned()).collect());
        let form = layermark::manifest::media_type::Form::Plain;
        edits.mark_layer(&document, 0, LayerMark { form, urls });
        assert_eq!(render(&document, &edits, &Updates::default()), text(after), "{before}");
    };
    check(r#""urls":null,"#, None, r#""urls":null,"#);
    check(r#""urls":null,"#, Some(&[]), r#""urls":null,"#);
    check(r#""urls":null,"#, Some(&["u"]), r#""urls":["u"],"#);
    check(r#""urls":[],"#, Some(&[]), r#""urls":[],"#);
    check(r#""urls":[],"#, None, "");
    check(r#""urls":[ ],"#, Some(&["u", "v"]), r#""urls":["u","v"],"#);
    check(r#""urls":[""],"#, Some(&["u"]), r#""urls":["u"],"#);
    check(r#""urls":["", "x"],"#, Some(&["u", "x", "y"]), r#""urls":["u", "x", "y"],"#);
    check(r#""urls":["a" ,"b"  , "\u0063"],"#, Some(&["a", "z"]), r#""urls":["a" ,"z"],"#);
    check(r#""urls":["a" ,"\u0062"],"#, Some(&["c", "b"]), r#""urls":["c" ,"\u0062"],"#);
    check(r#""urls":["a"],"#, Some(&[]), "");
}

#[test]
fn an_index_changes_what_names_the_child() {
    let (old, new) = (Digest::sha256(b"old"), Digest::sha256(b"new"));
    let text = |digest: &Digest, size: u64, data: &str| {
        format!(
            "{{\r\n\t\"schemaVersion\": 2,\r\n\t\"manifests\": [\r\n\t\t{{\"size\": {size} ,\"digest\":\"{digest}\", \"data\":\"{data}\"}},\r\n\t\t{{\"digest\": \"{old}\", \"size\": 3, \"annotations\": {{\"vnd.docker.reference.digest\": \"{digest}\", \"note\": \"{old}\"}}}}\r\n\t]\r\n}}\r\n",
        )
    };
    let document = parse(&text(&old, 3, "b2xk"));
    let update =
        EntryUpdate { digest: new.clone(), size: 30, media_type: None, data: Some("bmV3".into()) };
    let updates =
        Updates { entries: BTreeMap::from([(EntryKey::Loaded(0), update)]), subject: None };
    let mut edits = Edits::default();
    assert_eq!(render(&document, &edits, &updates), text(&new, 30, "bmV3"));
    edits.choose_entry(1, EntryChoice::Leave);
    let left = text(&new, 30, "bmV3").replace(
        &format!("reference.digest\": \"{new}\""),
        &format!("reference.digest\": \"{old}\""),
    );
    assert_eq!(render(&document, &edits, &updates), left);
    edits.choose_entry(1, EntryChoice::Drop);
    let (kept, _) = left.split_once("},\r\n\t\t{").unwrap();
    assert_eq!(render(&document, &edits, &updates), format!("{kept}}}\r\n\t]\r\n}}\r\n"));
}

#[test]
fn odd_documents_that_still_open() {
    let digest = Digest::sha256(b"");
    let check = |text: &str, content_type: Option<&str>| {
        let document = Document::parse(text.as_bytes(), content_type, Algorithm::Sha512).unwrap();
        assert_eq!(document.digest(), &Digest::of(Algorithm::Sha512, text.as_bytes()));
        let mut edits = Edits::default();
        edits.mark_layer(&document, 9, LayerMark::foreign(vec![URL.into()]));
        edits.choose_entry(9, EntryChoice::Drop);
        assert_eq!(render(&document, &edits, &Updates::default()), text);
        document
    };
    let oci = "application/vnd.oci.image.manifest.v1+json";
    check(r#"{"schemaVersion":2,"layers":null}"#, None);
    check(r#"{"schemaVersion":2,"layers":[],"unknown":1e999}"#, Some(oci));
    check(r#"{"schemaVersion":2,"manifests":[]}"#, Some("application/json; charset=utf-8"));
    check(r#"{"schemaVersion":2,"mediaType":null,"manifests":null}"#, Some("text/plain"));
    check(
        &format!(r#"{{"schemaVersion":2,"mediaType":"{oci}","layers":[]}}"#),
        Some(" Application/vnd.oci.image.manifest.v1+JSON ; charset=utf-8"),
    );
    let largest = (1_u64 << 53).to_string();
    let layer = format!(r#"{{"digest":"{digest}","size":{largest},"platform":null,"urls":null}}"#);
    let document = check(&format!(r#"{{"schemaVersion":2,"layers":[{layer},{layer}]}}"#), None);
    assert_eq!(document.layers()[0].platform, None);
    assert_eq!(document.layers()[0], document.layers()[1]);
    assert_eq!(document.layers()[1].size, 1 << 53);
}
