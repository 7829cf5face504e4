//! URLs of layers: what serves them, what does not, and what cannot be known.

use std::cell::RefCell;

use super::testing::{Answer, Script, block_on, is, with};
use super::*;
use crate::manifest::Digest;

const URL: &str = "https://cdn.example.com/layer";
const LAYER: &[u8] = b"abcdef";

fn pieces(
    headers: &[(&'static str, &str)],
    pieces: &[&str],
    end: Option<TransportError>,
) -> Answer {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let pieces = pieces.iter().map(|piece| piece.as_bytes().to_vec()).collect();
    Answer::Pieces(200, headers, pieces, end)
}

fn wrong_size(found: u64) -> Verdict {
    Verdict::WrongSize { found, expected: LAYER.len() as u64 }
}

fn unclear(stated: u64) -> Verdict {
    Verdict::SizeUnclear { stated, expected: LAYER.len() as u64 }
}

/// Downloads by `http`, hashed here.
async fn verify(
    http: &Http,
    url: &str,
    digest: &Digest,
    size: u64,
    cancel: Cancel,
    progress: impl AsyncFnMut(u64),
) -> Verification {
    let open = async |request| {
        let incoming = http.open(request).await?;
        Ok(incoming.map_body(|body| HashedHere::new(body, digest)))
    };
    super::verify(open, url, digest, size, cancel, progress).await
}

/// What comes of downloading the layer of which the server says `answer`, and what was told of it
/// meanwhile.
fn download(answer: Answer, digest: &Digest) -> (Verification, Vec<u64>) {
    let script = Script::lines(vec![("GET https://cdn.example.com/layer", answer)]);
    let told = RefCell::new(Vec::new());
    let progress = async |read| told.borrow_mut().push(read);
    let size = LAYER.len() as u64;
    let found = block_on(verify(&script.http(), URL, digest, size, Cancel::new(), progress));
    script.assert_played();
    let [seen] = &*script.seen() else { panic!("one request") };
    assert_eq!(seen.request.headers, [], "a layer’s URL is asked without anything");
    assert_eq!(seen.request.cookies, CookieMode::Omit);
    assert_eq!(seen.request.deadline, Deadline::Stall(30_000), "a large layer may take its time");
    (found, told.into_inner())
}

#[test]
fn downloads() {
    let length = |text: &'static str| [("Content-Length", text)];
    let gzip = [("Content-Encoding", "gzip")];
    let endless: Vec<&str> = vec!["abcd"; 1000];
    for (name, answer, verdict, read) in [
        ("right", is(200, LAYER), Verdict::Verified, 6),
        ("right, in pieces", pieces(&[], &["ab", "", "cdef"], None), Verdict::Verified, 6),
        ("right, with its size", with(200, &length("6"), LAYER), Verdict::Verified, 6),
        ("truncated", is(200, "abcde"), wrong_size(5), 5),
        ("nothing", is(200, ""), wrong_size(0), 0),
        ("longer", pieces(&[], &["abcdef", "g"], None), wrong_size(7), 7),
        ("endless", pieces(&[], &endless, Some(TransportError::Failed)), wrong_size(8), 8),
        (
            "one byte flipped",
            is(200, "abcdeg"),
            Verdict::WrongContent(Digest::sha256(b"abcdeg")),
            6,
        ),
        (
            "more is stated than comes",
            pieces(&length("9"), &["abcdef"], Some(TransportError::Failed)),
            Verdict::BrokeOff { read: 6 },
            6,
        ),
        (
            "the connection breaks",
            pieces(&[], &["abc"], Some(TransportError::Failed)),
            Verdict::BrokeOff { read: 3 },
            3,
        ),
        (
            "it stops sending",
            pieces(&[], &["abc"], Some(TransportError::Timeout)),
            Verdict::Timeout,
            3,
        ),
        ("not there", is(404, "abcdef"), Verdict::Missing(404), 0),
        ("gone", is(410, ""), Verdict::Missing(410), 0),
        ("sign-in", is(401, ""), Verdict::NeedsAuthentication(401), 0),
        ("forbidden", is(403, ""), Verdict::NeedsAuthentication(403), 0),
        ("broken server", is(500, ""), Verdict::Refused(500), 0),
        ("overloaded", is(503, ""), Verdict::Refused(503), 0),
        ("a part that nobody asked for", is(206, LAYER), Verdict::Refused(206), 0),
        ("no answer", Answer::Fails(TransportError::Failed), Verdict::Unreachable, 0),
        ("no answer in time", Answer::Fails(TransportError::Timeout), Verdict::Timeout, 0),
        ("compressed on the way", with(200, &gzip, LAYER), Verdict::Encoded(Undone::Layer), 6),
        (
            "compressed on the way, which CORS hides",
            with(200, &length("4"), LAYER),
            Verdict::Encoded(Undone::Layer),
            6,
        ),
        ("stored as encoded", with(200, &gzip, "abcdefgh"), Verdict::Encoded(Undone::Other), 8),
        (
            "stored as encoded, which CORS hides",
            with(200, &length("6"), "abcdefgh"),
            Verdict::Encoded(Undone::Other),
            8,
        ),
        (
            "stored as encoded, and shorter when undone",
            with(200, &length("6"), "abc"),
            Verdict::Encoded(Undone::Other),
            3,
        ),
        (
            "encoded, and no layer either way",
            with(200, &[("Content-Encoding", "gzip"), ("Content-Length", "4")], "abcdeg"),
            Verdict::WrongContent(Digest::sha256(b"abcdeg")),
            6,
        ),
        (
            "encoded as nothing",
            with(200, &[("Content-Encoding", "identity")], LAYER),
            Verdict::Verified,
            6,
        ),
    ] {
        let (found, told) = download(answer, &Digest::sha256(LAYER));
        assert_eq!(found, Verification { verdict, redirected_to: None, read }, "{name}");
        assert!(told.is_sorted() && told.iter().all(|read| *read <= 6), "{name}: {told:?}");
        if found.verdict == Verdict::Verified {
            assert_eq!(told.last(), Some(&6), "{name}");
        }
    }
}

#[test]
fn redirects_are_told() {
    let to = "https://storage.example/layer";
    for (answer, verdict) in [
        (is(200, LAYER), Verdict::Verified),
        (is(404, ""), Verdict::Missing(404)),
        (is(200, "abc"), wrong_size(3)),
    ] {
        let (found, _) = download(Answer::From(to, answer.into()), &Digest::sha256(LAYER));
        assert_eq!((found.verdict, found.redirected_to.as_deref()), (verdict, Some(to)));
    }
}

#[test]
fn the_digest_says_its_algorithm() {
    let digest = Digest::of(crate::manifest::Algorithm::Sha512, LAYER);
    assert_eq!(download(is(200, LAYER), &digest).0.verdict, Verdict::Verified);
    let (found, _) = download(is(200, "abcdeg"), &digest);
    assert!(
        matches!(found.verdict, Verdict::WrongContent(found) if found.algorithm() == digest.algorithm())
    );
}

#[test]
fn a_download_is_stopped_in_the_middle() {
    let answer = pieces(&[], &["ab", "cd", "ef"], None);
    let script = Script::by(move |_| answer.clone());
    let (digest, cancel) = (Digest::sha256(LAYER), Cancel::new());
    let stop = async |_| cancel.cancel();
    let found = block_on(verify(&script.http(), URL, &digest, 6, cancel.clone(), stop));
    assert_eq!((found.verdict, found.read), (Verdict::Cancelled, 2));
    // What was stopped before it began sends nothing.
    let found = block_on(verify(&script.http(), URL, &digest, 6, cancel.clone(), async |_| ()));
    assert_eq!((found.verdict, script.seen().len()), (Verdict::Cancelled, 1));
}

#[test]
fn files() {
    for (name, len, content, verdict, read) in [
        ("right", 6, pieces(&[], &["abc", "def"], None), Verdict::Verified, 6),
        (
            "one byte flipped",
            6,
            pieces(&[], &["abcdeg"], None),
            Verdict::WrongContent(Digest::sha256(b"abcdeg")),
            6,
        ),
        // Not a byte is read to tell that.
        ("longer", 7, pieces(&[], &[], Some(TransportError::Failed)), wrong_size(7), 0),
        ("shorter", 5, pieces(&[], &[], Some(TransportError::Failed)), wrong_size(5), 0),
        ("cut meanwhile", 6, pieces(&[], &["abc"], None), wrong_size(3), 3),
        (
            "not readable any more",
            6,
            pieces(&[], &["abc"], Some(TransportError::Failed)),
            Verdict::Unreachable,
            3,
        ),
    ] {
        let script = Script::by(move |_| content.clone());
        let request = Request::new(Method::Get, Url::parse(URL).unwrap());
        let content = block_on(script.http().open(request)).unwrap().body;
        let digest = Digest::sha256(LAYER);
        let content = HashedHere::new(content, &digest);
        let found = block_on(verify_file(content, len, &digest, 6, async |_| ()));
        assert_eq!(found, Verification { verdict, redirected_to: None, read }, "{name}");
    }
}

#[test]
fn what_is_no_url_is_not_asked() {
    for url in ["", "layer", "ftp://cdn.example.com/layer", "https://"] {
        let script = Script::lines(Vec::new());
        let (digest, http) = (Digest::sha256(LAYER), script.http());
        let found = block_on(verify(&http, url, &digest, 6, Cancel::new(), async |_| ()));
        assert_eq!(found.verdict, Verdict::NotAUrl, "{url}");
        assert_eq!(block_on(ask(&http, url, 6, Cancel::new())).verdict, Verdict::NotAUrl, "{url}");
    }
}

#[test]
fn questions() {
    let length = |text: &'static str| with(200, &[("Content-Length", text)], "");
    let date = ("Date", "Mon, 23 Nov 2026 12:00:00 GMT");
    let all_readable = |text: &'static str| with(200, &[("Content-Length", text), date], "");
    let gzip = [("Content-Encoding", "gzip"), ("Content-Length", "4")];
    for (answer, verdict) in [
        (length("6"), Verdict::Answers { size: Some(6) }),
        (is(200, ""), Verdict::Answers { size: None }),
        (length("7"), unclear(7)),
        (length("3"), unclear(3)),
        (length("70"), unclear(70)),
        // No compression makes that much of so little.
        (length("71"), wrong_size(71)),
        // Every header may be read, and none says that it is compressed.
        (all_readable("7"), wrong_size(7)),
        (all_readable("3"), wrong_size(3)),
        (all_readable("6"), Verdict::Answers { size: Some(6) }),
        (with(404, &[("Content-Length", "7")], ""), Verdict::Missing(404)),
        (with(401, &[("Content-Length", "7")], ""), Verdict::NeedsAuthentication(401)),
        (is(405, ""), Verdict::Refused(405)),
        (with(200, &gzip, ""), Verdict::Encoded(Undone::Unread)),
        (with(404, &gzip, ""), Verdict::Missing(404)),
        (Answer::Fails(TransportError::Failed), Verdict::Unreachable),
    ] {
        let script = Script::lines(vec![("HEAD https://cdn.example.com/layer", answer)]);
        let found = block_on(ask(&script.http(), URL, 6, Cancel::new()));
        assert_eq!(found, Verification { verdict, redirected_to: None, read: 0 });
        script.assert_played();
    }
}

#[test]
fn verifications_pass_as_text() {
    for verdict in all() {
        for redirected_to in [None, Some(String::from("https://b.example/\tc"))] {
            let before = Verification { verdict: verdict.clone(), redirected_to, read: 7 };
            assert_eq!(Verification::from_text(&before.to_text()), Some(before));
        }
    }
    assert_eq!(Verification::from_text("ready"), None);
    // What the worker's script says when its code does not arrive.
    let given_up = Verification::from_text("cancelled\t\t0\t0\t").unwrap();
    assert_eq!(given_up.verdict, Verdict::Cancelled);
    assert!(include_str!("../../static/worker.js").contains(r#""cancelled\t\t0\t0\t""#));
}

#[test]
fn every_verdict_says_something_of_its_own() {
    let said: Vec<String> = all().iter().map(|verdict| verdict.message().to_string()).collect();
    for (at, one) in said.iter().enumerate() {
        assert!(!said[..at].contains(one), "{one}");
        assert!(!one.contains('{'), "{one}");
    }
    for verdict in all().iter().filter(|verdict| verdict.is_good()) {
        assert!(!verdict.is_unknown(), "{verdict:?}");
    }
}

fn all() -> Vec<Verdict> {
    vec![
        Verdict::Verified,
        Verdict::Answers { size: Some(0) },
        Verdict::Answers { size: None },
        Verdict::WrongContent(Digest::sha256(b"x")),
        Verdict::Encoded(Undone::Unread),
        Verdict::Encoded(Undone::Layer),
        Verdict::Encoded(Undone::Other),
        Verdict::WrongSize { found: 3, expected: 9 },
        Verdict::WrongSize { found: 10, expected: 9 },
        Verdict::SizeUnclear { stated: 3, expected: 9 },
        Verdict::Missing(404),
        Verdict::NeedsAuthentication(401),
        Verdict::Refused(500),
        Verdict::Blocked,
        Verdict::Unreachable,
        Verdict::BrokeOff { read: 3 },
        Verdict::Timeout,
        Verdict::Cancelled,
        Verdict::NotAUrl,
    ]
}
