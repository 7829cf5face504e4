//! What is refused, where and why, and that each refusal says what to do.

use layermark::json::Problem;
use layermark::manifest::{Algorithm, Digest, Document, Kind, MAX_BYTES, RefusalReason};

/// A text, the `Content-Type` it came with, and the line and column of the expected reason.
struct Case {
    text: Vec<u8>,
    content_type: Option<&'static str>,
    place: Option<(usize, usize)>,
    reason: fn(&RefusalReason) -> bool,
}

macro_rules! case {
    ($text:expr, $place:expr, $reason:pat $(if $guard:expr)? $(, $content_type:expr)?) => {
        Case {
            text: AsRef::<[u8]>::as_ref(&$text).to_vec(),
            content_type: [$(Some($content_type),)? None][0],
            place: $place,
            reason: |reason| matches!(reason, $reason $(if $guard)?),
        }
    };
}

/// The problem of a syntax error.
fn problem(reason: &RefusalReason) -> Option<&Problem> {
    match reason {
        RefusalReason::Syntax(error) => Some(&error.problem),
        _ => None,
    }
}

fn cases() -> Vec<Case> {
    use RefusalReason as R;
    let digest = Digest::sha256(b"");
    let layer = |members: &str| {
        format!("{{\"schemaVersion\":2,\n\"layers\":[{{\"digest\":\"{digest}\",{members}}}]}}")
    };
    let sized = |size: &str| layer(&format!("\n\"size\":{size}"));
    let whole = |members: &str| layer(&format!("\"size\":1,\n{members}"));
    let named = |digest: &str| {
        format!("{{\"schemaVersion\":2,\"layers\":[{{\"size\":1,\n\"digest\":{digest}}}]}}")
    };
    let top = |members: &str| format!("{{\"schemaVersion\":2,\n{members}}}");
    let deep = |levels: usize| {
        top(&format!("\"x\":{}{},\"layers\":[]", "[".repeat(levels), "]".repeat(levels)))
    };
    let long = "x".repeat(1_000_000);
    vec![
        // JSON that tools read differently.
        case!("", Some((1, 1)), r if problem(r) == Some(&Problem::Empty)),
        case!(" \r\n\t ", Some((1, 1)), r if problem(r) == Some(&Problem::Empty)),
        case!(b"\xEF\xBB\xBF{}", Some((1, 1)), r if problem(r) == Some(&Problem::ByteOrderMark)),
        case!(
            b"{\"schemaVersion\":2,\n\"a\":\"\xC0\xAF\"}",
            Some((2, 6)),
            r if problem(r) == Some(&Problem::NotUtf8)
        ),
        case!(
            b"{\"a\":\"\xED\xA0\x80\"}",
            Some((1, 7)),
            r if problem(r) == Some(&Problem::NotUtf8)
        ),
        case!(
            top("\"layers\":[],\n\"layers\":[]"),
            Some((3, 1)),
            r if matches!(problem(r), Some(Problem::DuplicateName(_)))
        ),
        case!(
            top("\"layers\":[],\n\"l\\u0061yers\":[]"),
            Some((3, 1)),
            r if matches!(problem(r), Some(Problem::DuplicateName(_)))
        ),
        case!(
            whole("\"x\":{\"a\":[{\"b\":1,\"b\":1}]}"),
            Some((3, 18)),
            r if matches!(problem(r), Some(Problem::DuplicateName(_)))
        ),
        case!(
            top(&format!("\"{long}\":1,\n\"{long}\":2")),
            Some((3, 1)),
            r if matches!(problem(r), Some(Problem::DuplicateName(_)))
        ),
        case!(
            top("\"x\":\"\\ud800\""),
            Some((2, 5)),
            r if problem(r) == Some(&Problem::LoneSurrogate)
        ),
        case!(
            top("\"\\udc00\":1"),
            Some((2, 1)),
            r if problem(r) == Some(&Problem::LoneSurrogate)
        ),
        case!(deep(100), Some((2, 104)), r if problem(r) == Some(&Problem::TooDeep)),
        case!(deep(1_000_000), Some((2, 104)), r if problem(r) == Some(&Problem::TooDeep)),
        case!(
            "[".repeat(3_000_000),
            Some((1, 3_000_000)),
            r if matches!(problem(r), Some(Problem::Malformed(_)))
        ),
        case!("{}{}", Some((1, 3)), r if problem(r) == Some(&Problem::Trailing)),
        case!("{}\n\0", Some((2, 1)), r if problem(r) == Some(&Problem::Trailing)),
        case!("{\"a\":1,}", Some((1, 8)), r if matches!(problem(r), Some(Problem::Malformed(_)))),
        case!(
            "{\"a\":1 // why\n}",
            Some((1, 8)),
            r if matches!(problem(r), Some(Problem::Malformed(_)))
        ),
        case!(
            "{\"a\":\n\"\t\"}",
            Some((2, 2)),
            r if matches!(problem(r), Some(Problem::Malformed(_)))
        ),
        case!("{\"a\":\u{A0}1}", Some((1, 6)), r if matches!(problem(r), Some(Problem::Malformed(_)))),
        case!("{\"a\":01}", Some((1, 7)), r if matches!(problem(r), Some(Problem::Malformed(_)))),
        case!("{\"a\":NaN}", Some((1, 6)), r if matches!(problem(r), Some(Problem::Malformed(_)))),
        // Too much of it.
        case!(vec![b' '; MAX_BYTES + 1], None, R::TooBig(4_194_305)),
        // Not a manifest.
        case!("[]", Some((1, 1)), R::NotAnObject("array")),
        case!(" 7", Some((1, 2)), R::NotAnObject("number")),
        case!("{}", Some((1, 1)), R::NoKind),
        case!(top("\"x\":1"), Some((1, 1)), R::NoKind),
        case!(
            "{\"architecture\":\"amd64\",\n\"rootfs\":{\"diff_ids\":[]}}",
            Some((2, 1)),
            R::ImageConfig
        ),
        case!("{\"schemaVersion\":1,\"fsLayers\":[]}", Some((1, 2)), R::Schema1),
        case!(
            top("\"mediaType\":\"application/vnd.docker.distribution.manifest.v1+prettyjws\""),
            Some((1, 2)),
            R::Schema1
        ),
        case!(
            top("\"mediaType\":\"application/vnd.cncf.helm.config.v1+json\",\"layers\":[]"),
            Some((2, 1)),
            R::UnknownKind(_)
        ),
        case!(top("\"mediaType\":\"\",\"layers\":[]"), Some((2, 1)), R::UnknownKind(_)),
        case!(
            top(&format!("\"mediaType\":\"{long}\",\"layers\":[]")),
            Some((2, 1)),
            R::UnknownKind(_)
        ),
        case!(
            top("\"layers\":[]"),
            Some((1, 1)),
            R::UnknownKind(_),
            "application/vnd.oci.artifact.manifest.v1+json"
        ),
        // An image to some, an index to others (CVE-2021-41190).
        case!(top("\"layers\":[],\n\"manifests\":[]"), Some((3, 1)), R::LayersAndManifests),
        case!(top("\"config\":{},\n\"manifests\":[]"), Some((3, 1)), R::LayersAndManifests),
        case!(top("\"manifests\":null,\n\"layers\":[]"), Some((2, 1)), R::LayersAndManifests),
        case!(
            top(&format!("\"mediaType\":\"{}\",\"layers\":[]", Kind::OciManifest.media_type())),
            Some((2, 1)),
            R::MediaTypeMismatch(..),
            "application/vnd.docker.distribution.manifest.v2+json"
        ),
        case!(
            top(&format!("\"mediaType\":\"{}\",\"layers\":[]", Kind::OciManifest.media_type())),
            Some((2, 1)),
            R::MediaTypeMismatch(..),
            "application/vnd.docker.distribution.manifest.v1+json; charset=utf-8"
        ),
        case!(
            top(&format!("\"mediaType\":\"{}\",\"manifests\":[]", Kind::OciManifest.media_type())),
            Some((2, 1)),
            R::MembersMismatch(_)
        ),
        case!(
            top("\"layers\":[]"),
            Some((1, 1)),
            R::MembersMismatch(_),
            "application/vnd.oci.image.index.v1+json"
        ),
        // Names that Go's decoder takes for known ones.
        case!(top("\"layers\":[],\n\"Layers\":[]"), Some((3, 1)), R::CaseVariant(_, "layers")),
        case!(top("\"LAYERS\":[]"), Some((2, 1)), R::CaseVariant(_, "layers")),
        case!(top("\"layer\u{17F}\":[]"), Some((2, 1)), R::CaseVariant(_, "layers")),
        case!(top("\"mediatype\":\"\""), Some((2, 1)), R::CaseVariant(_, "mediaType")),
        case!(top("\"\\u0046sLayers\":[]"), Some((2, 1)), R::CaseVariant(_, "fsLayers")),
        case!(whole("\"Digest\":\"\""), Some((3, 1)), R::CaseVariant(_, "digest")),
        case!(whole("\"urlſ\":[]"), Some((3, 1)), R::CaseVariant(_, "urls")),
        case!(whole("\"URLs\":[]"), Some((3, 1)), R::CaseVariant(_, "urls")),
        case!(whole("\"platform\":{\"OS\":\"\"}"), Some((3, 13)), R::CaseVariant(_, "os")),
        // Members that no reader can make sense of.
        case!("{\"schemaVersion\":2.0,\"layers\":[]}", Some((1, 2)), R::SchemaVersion),
        case!("{\"layers\":[],\n\"schemaVersion\":\"2\"}", Some((2, 1)), R::SchemaVersion),
        case!("{\"layers\":[]}", Some((1, 1)), R::SchemaVersion),
        case!(
            top("\"mediaType\":7,\"layers\":[]"),
            Some((2, 13)),
            R::WrongType { name: "mediaType", .. }
        ),
        case!(
            top("\"layers\":{}"),
            Some((2, 10)),
            R::WrongType { name: "layers", found: "object", .. }
        ),
        case!(top("\"layers\":[null]"), Some((2, 11)), R::NotADescriptor("null")),
        case!(top("\"layers\":[],\"config\":null"), Some((2, 22)), R::NotADescriptor("null")),
        case!(top("\"layers\":[],\"subject\":[]"), Some((2, 23)), R::NotADescriptor("array")),
        case!(
            top("\"layers\":[],\"annotations\":[]"),
            Some((2, 27)),
            R::WrongType { name: "annotations", .. }
        ),
        case!(
            top("\"layers\":[],\"annotations\":{\"a\":1}"),
            Some((2, 32)),
            R::WrongType { name: "annotations", found: "number", .. }
        ),
        case!(top("\"layers\":[{\"size\":1}]"), Some((2, 11)), R::MissingMember("digest")),
        case!(layer("\"x\":1"), Some((2, 11)), R::MissingMember("size")),
        case!(
            whole("\"urls\":\"https://a\""),
            Some((3, 8)),
            R::WrongType { name: "urls", found: "string", .. }
        ),
        case!(whole("\"urls\":[null]"), Some((3, 8)), R::WrongType { name: "urls", .. }),
        case!(whole("\"platform\":[]"), Some((3, 12)), R::WrongType { name: "platform", .. }),
        case!(whole("\"platform\":{\"os\":7}"), Some((3, 18)), R::WrongType { name: "os", .. }),
        case!(whole("\"data\":{}"), Some((3, 8)), R::WrongType { name: "data", .. }),
        // Sizes that are none, or that JavaScript and Go read differently.
        case!(sized("-1"), Some((3, 8)), R::Size(_)),
        case!(sized("-0"), Some((3, 8)), R::Size(_)),
        case!(sized("5.0"), Some((3, 8)), R::Size(_)),
        case!(sized("5e0"), Some((3, 8)), R::Size(_)),
        case!(sized("1E400"), Some((3, 8)), R::Size(_)),
        case!(sized("9007199254740993"), Some((3, 8)), R::Size(_)),
        case!(sized("9223372036854775808"), Some((3, 8)), R::Size(_)),
        case!(sized("18446744073709551616"), Some((3, 8)), R::Size(_)),
        case!(sized(&"9".repeat(1_000_000)), Some((3, 8)), R::Size(_)),
        case!(sized("\"5\""), Some((3, 8)), R::WrongType { name: "size", .. }),
        case!(sized("null"), Some((3, 8)), R::WrongType { name: "size", found: "null", .. }),
        // Digests that would not be safe in a path.
        case!(named("7"), Some((2, 10)), R::WrongType { name: "digest", .. }),
        case!(named("\"\""), Some((2, 10)), R::Digest(_)),
        case!(named("\"sha256:../../../etc/passwd\""), Some((2, 10)), R::Digest(_)),
        case!(
            named(&format!("\"{}\"", digest.as_str().to_uppercase())),
            Some((2, 10)),
            R::Digest(_)
        ),
        case!(named(&format!("\"{digest}\\u0000\"")), Some((2, 10)), R::Digest(_)),
        case!(named(&format!("\"blake3:{}\"", digest.hex())), Some((2, 10)), R::Digest(_)),
    ]
}

#[test]
fn refusals_name_reason_place_and_remedy() {
    const REMEDIES: [&str; 13] = [
        "Check ", "Remove ", "Correct ", "Fetch ", "Convert ", "Paste ", "Push ", "build ",
        "Save ", "Load ", "check ", "Remove ", "paste ",
    ];
    for Case { text, content_type, place, reason } in cases() {
        let shown: String = String::from_utf8_lossy(&text).chars().take(200).collect();
        let refused = Document::parse(text, content_type, Algorithm::Sha256);
        let Err(refusal) = refused else { panic!("not refused: {shown}") };
        assert!(reason(&refusal.reason), "{:?}: {shown}", refusal.reason);
        let found = match &refusal.reason {
            RefusalReason::Syntax(error) => Some(error.place),
            _ => refusal.place,
        };
        let found = found.map(|place| (place.line, place.column));
        assert_eq!(found, place, "{:?}: {shown}", refusal.reason);
        let sentence = refusal.to_string();
        assert!(REMEDIES.iter().any(|remedy| sentence.contains(remedy)), "{sentence}");
        assert!(sentence.chars().count() < 500, "{sentence}");
        assert!(!sentence.contains(['{', '\u{202E}']), "{sentence}");
        if let Some((line, column)) = place
            && !sentence.starts_with("There is nothing")
            && !sentence.starts_with("The text starts with a byte-order mark")
        {
            let start = format!("Line {line}, column {column} ");
            assert!(sentence.replace(',', "").starts_with(&start.replace(',', "")), "{sentence}");
        }
    }
}
