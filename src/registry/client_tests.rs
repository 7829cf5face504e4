//! The client's calls against scripts of registries, good and bad.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::testing::{Answer, Script, block_on, code, is, with};
use super::*;
use crate::manifest::media_type::{DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST};
use crate::manifest::{Algorithm, Digest};

const R: &str = "https://r.example";

fn repository() -> Repository {
    Repository::parse("app").unwrap()
}

fn tag() -> Selector {
    Selector::Tag(Tag::parse("t").unwrap())
}

/// The client with a list of the notices it gave.
fn listening(client: Client) -> (Client, Rc<RefCell<Vec<Notice>>>) {
    let notices = Rc::new(RefCell::new(Vec::new()));
    let heard = Rc::clone(&notices);
    (client.with_notices(Rc::new(move |notice| heard.borrow_mut().push(notice))), notices)
}

fn same_origin(script: &Script) -> Client {
    let endpoint = Endpoint::parse(R).unwrap();
    let page = endpoint.origin().clone();
    Client::new(Session::new(script.http(), endpoint, Some(&page), CookieMode::Omit))
}

const GET: &str = "GET https://r.example/v2/app/manifests/t";

#[test]
fn manifests_are_asked_for_without_preflight_from_another_origin() {
    let typed = |kind: &str| with(200, &[("Content-Type", kind)], "{}");
    let oci = format!("{OCI_INDEX},{OCI_MANIFEST}");
    let docker = format!("{DOCKER_LIST},{DOCKER_MANIFEST}");
    assert!(oci.len() <= 128 && docker.len() <= 128);
    let (oci, docker) = (oci.as_str(), docker.as_str());
    let schema_1 = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    for (name, expected, answers, accepts) in [
        ("OCI", None, vec![typed(OCI_INDEX)], vec![oci]),
        (
            "404, then Docker",
            None,
            vec![code(404, "MANIFEST_UNKNOWN"), typed(DOCKER_LIST)],
            vec![oci, docker],
        ),
        (
            "conversion failed",
            None,
            vec![code(400, "MANIFEST_INVALID"), typed(DOCKER_LIST)],
            vec![oci, docker],
        ),
        ("406, then Docker", None, vec![is(406, ""), typed(DOCKER_LIST)], vec![oci, docker]),
        ("list converted", None, vec![typed(schema_1), typed(DOCKER_LIST)], vec![oci, docker]),
        (
            "child of a list",
            None,
            vec![typed(DOCKER_MANIFEST), typed(DOCKER_LIST)],
            vec![oci, docker],
        ),
        ("Docker expected", Some(DOCKER_MANIFEST), vec![typed(DOCKER_MANIFEST)], vec![docker]),
        ("unknown type", None, vec![typed("text/plain")], vec![oci]),
    ] {
        let lines = answers.into_iter().map(|answer| (GET, answer)).collect();
        let script = Script::lines(lines);
        let fetched = block_on(script.client(R).manifest(&repository(), &tag(), expected)).unwrap();
        script.assert_played();
        assert_eq!(&*fetched.bytes, b"{}", "{name}");
        let sent: Vec<String> =
            script.seen().iter().map(|seen| seen.header("Accept").to_owned()).collect();
        assert_eq!(sent, accepts, "{name}");
    }
    let script = Script::lines(vec![(GET, typed(DOCKER_LIST))]);
    block_on(same_origin(&script).manifest(&repository(), &tag(), None)).unwrap();
    assert_eq!(script.seen()[0].header("Accept"), format!("{oci},{docker}"));
}

#[test]
fn manifest_bytes_must_be_the_ones_asked_for() {
    let right = Digest::sha256(b"{}");
    let wrong = Digest::sha256(b"{} ");
    let long = Digest::of(Algorithm::Sha512, b"{}");
    let upper = right.as_str().to_uppercase().replace("SHA", "sha");
    let mismatch =
        |expected: &Digest| Error::Mismatch { expected: expected.clone(), found: right.clone() };
    let by = |digest: &Digest| Selector::Digest(digest.clone());
    for (selector, stated, expected) in [
        (tag(), Some(right.as_str()), Ok(right.clone())),
        (tag(), None, Ok(right.clone())),
        (tag(), Some(long.as_str()), Ok(long.clone())),
        (tag(), Some("blake3:abc"), Ok(right.clone())),
        (tag(), Some(wrong.as_str()), Err(mismatch(&wrong))),
        (tag(), Some(upper.as_str()), Err(Error::StatedDigest(upper.clone()))),
        (tag(), Some("nonsense"), Err(Error::StatedDigest("nonsense".into()))),
        (by(&right), None, Ok(right.clone())),
        (by(&right), Some(right.as_str()), Ok(right.clone())),
        (by(&long), Some(right.as_str()), Ok(long.clone())),
        (by(&wrong), None, Err(mismatch(&wrong))),
        (by(&wrong), Some(right.as_str()), Err(mismatch(&wrong))),
        (by(&right), Some(wrong.as_str()), Err(mismatch(&wrong))),
    ] {
        let mut headers = vec![("Content-Type", OCI_MANIFEST)];
        headers.extend(stated.map(|text| ("Docker-Content-Digest", text)));
        let line = format!("GET https://r.example/v2/app/manifests/{selector}");
        let script = Script::lines(vec![(&line, with(200, &headers, "{}"))]);
        let result = block_on(script.client(R).manifest(&repository(), &selector, None));
        assert_eq!(result.map(|fetched| fetched.digest), expected, "{selector} {stated:?}");
    }
}

#[test]
fn manifests_that_are_none() {
    let html = with(200, &[("Content-Type", "text/html; charset=utf-8")], "<html>");
    let large = is(200, vec![b' '; 4 * 1024 * 1024 + 1]);
    let url = "https://r.example/v2/app/manifests/t".to_owned();
    for (answer, expected) in [
        (html, Error::NotARegistry(url.clone())),
        (large, Error::TooLarge(4 * 1024 * 1024)),
        (is(204, ""), Error::Unconfirmed(204)),
        (
            Answer::Fails(TransportError::Timeout),
            Error::NoAnswer { error: TransportError::Timeout, method: Method::Get, url },
        ),
    ] {
        let script = Script::lines(vec![(GET, answer)]);
        let result = block_on(script.client(R).manifest(&repository(), &tag(), None));
        assert_eq!(result.map(drop), Err(expected));
    }
}

#[test]
fn heads_of_manifests() {
    let digest = Digest::sha256(b"{}");
    let head = "HEAD https://r.example/v2/app/manifests/t";
    let stated = || {
        with(200, &[("Content-Type", OCI_MANIFEST), ("Docker-Content-Digest", digest.as_str())], "")
    };
    let plain = || with(200, &[("Content-Type", OCI_MANIFEST)], "");
    let body = || with(200, &[("Content-Type", OCI_MANIFEST)], "{}");
    for (name, lines, expected) in [
        ("stated", vec![(head, stated())], Some(&digest)),
        ("absent", vec![(head, is(404, "")), (head, is(404, ""))], None),
        ("Docker", vec![(head, is(404, "")), (head, stated())], Some(&digest)),
        ("digest hidden", vec![(head, plain()), (GET, body())], Some(&digest)),
        ("HEAD refused", vec![(head, is(405, "")), (GET, body())], Some(&digest)),
        (
            "HEAD refused, absent",
            vec![
                (head, is(405, "")),
                (GET, code(404, "MANIFEST_UNKNOWN")),
                (GET, code(404, "MANIFEST_UNKNOWN")),
            ],
            None,
        ),
    ] {
        let script = Script::lines(lines);
        let found = block_on(script.client(R).manifest_head(&repository(), &tag())).unwrap();
        assert_eq!(found.map(|head| head.digest).as_ref(), expected, "{name}");
        script.assert_played();
    }
}

#[test]
fn puts_of_manifests() {
    let digest = Digest::sha256(b"{}");
    let other = Digest::sha256(b"other");
    let line = "PUT https://r.example/v2/app/manifests/t";
    let put = |answer: Answer| {
        let script = Script::lines(vec![(line, answer)]);
        let bytes: Arc<[u8]> = Arc::from(&b"{}"[..]);
        let result =
            block_on(script.client(R).put_manifest(&repository(), &tag(), OCI_MANIFEST, bytes));
        assert_eq!(script.seen()[0].header("Content-Type"), OCI_MANIFEST);
        assert_eq!(script.seen()[0].request.redirect, Redirect::Error);
        result
    };
    let stated =
        |status, digest: &Digest| with(status, &[("Docker-Content-Digest", digest.as_str())], "");
    for (answer, confirmed) in [
        (is(201, ""), true),
        (stated(201, &digest), true),
        (is(200, ""), false),
        (is(202, ""), false),
        (is(204, ""), false),
        (with(201, &[("Content-Type", "text/html")], "<html>"), false),
    ] {
        assert_eq!(put(answer).unwrap().confirmed, confirmed);
    }
    assert!(put(with(201, &[("OCI-Subject", other.as_str())], "")).unwrap().knows_subject);
    assert_eq!(
        put(stated(201, &other)).unwrap_err(),
        Error::Mismatch { expected: digest, found: other }
    );
    // By tag nothing is sent again by itself.
    assert!(matches!(put(is(503, "")), Err(Error::Refused(_))));
}

#[test]
fn temporary_refusals_are_waited_out_where_that_is_safe() {
    let later = || with(429, &[("Retry-After", "3")], "");
    let manifest = || with(200, &[("Content-Type", OCI_MANIFEST)], "{}");
    let script = Script::lines(vec![(GET, later()), (GET, is(503, "")), (GET, manifest())]);
    let (client, notices) = listening(script.client(R));
    block_on(client.manifest(&repository(), &tag(), None)).unwrap();
    let seconds: Vec<(u64, u16)> = notices
        .borrow()
        .iter()
        .filter_map(|notice| match notice {
            Notice::Waiting { seconds, status } => Some((*seconds, *status)),
            _ => None,
        })
        .collect();
    assert_eq!(seconds[..4], [(3, 429), (2, 429), (1, 429), (0, 429)]);
    assert_eq!(seconds.last(), Some(&(0, 503)));
    assert!((5000..5500).contains(&script.slept()), "{}", script.slept());

    let script =
        Script::lines(vec![(GET, later()), (GET, later()), (GET, later()), (GET, later())]);
    let error = block_on(script.client(R).manifest(&repository(), &tag(), None)).unwrap_err();
    assert_eq!(error.refusal().unwrap().status, 429);
    script.assert_played();

    // A verdict about the manifest is final, whatever the status; so is 500.
    for (status, name) in
        [(503, "MANIFEST_INVALID"), (500, "UNKNOWN"), (500, "MANIFEST_BLOB_UNKNOWN")]
    {
        let script = Script::lines(vec![(GET, code(status, name))]);
        let error = block_on(script.client(R).manifest(&repository(), &tag(), None)).unwrap_err();
        assert_eq!(error.refusal().unwrap().status, status);
        assert_eq!(script.slept(), 0);
    }
}

#[test]
fn waiting_ends_at_once_when_cancelled() {
    let script = Script::lines(vec![(GET, with(429, &[("Retry-After", "60")], ""))]);
    let cancel = Cancel::new();
    let thrown = cancel.clone();
    let client = script.client(R).with_cancel(cancel).with_notices(Rc::new(move |notice| {
        if matches!(notice, Notice::Waiting { seconds: 57, .. }) {
            thrown.cancel();
        }
    }));
    let error = block_on(client.manifest(&repository(), &tag(), None)).unwrap_err();
    assert!(error.is_cancelled());
    assert!(script.slept() <= 4000);
}

#[test]
fn warnings_are_passed_on_as_text() {
    let warning = "299 - \"Old\u{202E}\", nonsense, 299 - \"\", 299 - \"Second\", 299 - \"Second\", 199 - \"no\", 299 - \"open";
    let answer = with(200, &[("Content-Type", OCI_MANIFEST), ("Warning", warning)], "{}");
    let script = Script::lines(vec![(GET, answer)]);
    let (client, notices) = listening(script.client(R));
    block_on(client.manifest(&repository(), &tag(), None)).unwrap();
    let texts: Vec<Notice> =
        notices.take().into_iter().filter(|n| matches!(n, Notice::Warning(_))).collect();
    assert_eq!(texts, [Notice::Warning("Old⟨U+202E⟩".into()), Notice::Warning("Second".into())]);
}

fn names(listing: &Listing<Tag>) -> Vec<&str> {
    listing.entries.iter().map(Tag::as_str).collect()
}

const TAGS: &str = "GET https://r.example/v2/app/tags/list";

#[test]
fn tags_come_page_by_page() {
    let first = format!("{TAGS}?n=1000");
    let page =
        |link: &str, tags: &str| with(200, &[("Link", link)], format!(r#"{{"tags":{tags}}}"#));
    let second = format!("{TAGS}?last=b");
    let check = |name: &str, lines: Vec<(&str, Answer)>, expected: &[&str], complete: bool| {
        let script = Script::lines(lines);
        let listing = block_on(script.client(R).tags(&repository())).unwrap();
        assert_eq!((names(&listing), listing.complete), (expected.to_vec(), complete), "{name}");
        script.assert_played();
        listing
    };
    let one = is(200, r#"{"name":"app","tags":["b","a"]}"#);
    check("one page", vec![(&first, one)], &["b", "a"], true);
    check("none", vec![(&first, is(200, r#"{"tags":null}"#))], &[], true);
    check(
        "two pages",
        vec![
            (&first, page("</v2/app/tags/list?last=b>; rel=\"next\"", r#"["a","b"]"#)),
            (&second, is(200, r#"{"tags":["c"]}"#)),
        ],
        &["a", "b", "c"],
        true,
    );
    check(
        "absolute link, other scheme",
        vec![
            (&first, page("<http://r.example/v2/app/tags/list?last=b>; rel=next", r#"["a","b"]"#)),
            (&second, is(200, r#"{"tags":[]}"#)),
        ],
        &["a", "b"],
        true,
    );
    check(
        "link elsewhere",
        vec![(&first, page("<https://evil.example/x>; rel=\"next\"", r#"["a"]"#))],
        &["a"],
        false,
    );
    check(
        "link to itself",
        vec![(&first, page("</v2/app/tags/list?n=1000>; rel=\"next\"", r#"["a"]"#))],
        &["a"],
        false,
    );
    check(
        "nothing new",
        vec![
            (&first, page("</v2/app/tags/list?last=b>; rel=\"next\"", r#"["a"]"#)),
            (&second, page("</v2/app/tags/list?last=c>; rel=\"next\"", r#"["a"]"#)),
        ],
        &["a"],
        false,
    );
    let odd = is(200, r#"{"tags":["ok","../x","a b",""]}"#);
    assert_eq!(check("malformed", vec![(&first, odd)], &["ok"], true).malformed, 3);
    check(
        "fewer at once",
        vec![
            (&first, code(400, "PAGINATION_NUMBER_INVALID")),
            (TAGS, is(200, r#"{"tags":["a"]}"#)),
        ],
        &["a"],
        true,
    );
}

#[test]
fn endless_and_hidden_pages() {
    let endless = Script::by(|seen| {
        let last = seen.url.query().unwrap_or_default().len();
        let link = format!("</v2/app/tags/list?{}>; rel=\"next\"", "x".repeat(last + 1));
        with(200, &[("Link", &link)], format!(r#"{{"tags":["t{last}"]}}"#))
    });
    let listing = block_on(endless.client(R).tags(&repository())).unwrap();
    assert_eq!((listing.entries.len(), listing.complete), (200, false));

    // Names that are none count, too, and so do their bytes: of 200 pages of 8 MB only the first are read.
    for (name, each) in [("!".to_owned(), 60_000), ("!".repeat(9_000), 600)] {
        let hostile = Script::by(move |seen| {
            let last = seen.url.query().unwrap_or_default().len();
            let names: Vec<String> = (0..each).map(|at| format!("\"{name}{last}-{at}\"")).collect();
            let link = format!("</v2/app/tags/list?{}>; rel=\"next\"", "x".repeat(last + 1));
            with(200, &[("Link", &link)], format!(r#"{{"tags":[{}]}}"#, names.join(",")))
        });
        let listing = block_on(hostile.client(R).tags(&repository())).unwrap();
        assert_eq!((listing.entries.len(), listing.complete), (0, false));
        assert!(hostile.seen().len() <= 4, "{} pages", hostile.seen().len());
    }

    // `Link` hidden: full pages are followed by their last entry.
    let hidden = Script::by(|seen| {
        let query = seen.url.query().unwrap_or_default();
        let from =
            query.split_once("last=t").map_or(0, |(_, last)| last.parse::<u32>().unwrap() + 1);
        let tags: Vec<String> =
            (from..(from + 1000).min(2500)).map(|n| format!("\"t{n}\"")).collect();
        is(200, format!(r#"{{"tags":[{}]}}"#, tags.join(",")))
    });
    let listing = block_on(hidden.client(R).tags(&repository())).unwrap();
    assert_eq!((listing.entries.len(), listing.complete), (2500, true));
    assert_eq!(hidden.seen().len(), 3);
}

#[test]
fn catalogues_may_be_closed() {
    let line = "GET https://r.example/v2/_catalog?n=1000";
    let list = |answer: Answer| {
        let script = Script::lines(vec![(line, answer)]);
        block_on(script.client(R).repositories())
    };
    let open = list(is(200, r#"{"repositories":["a","b/c","UPPER"]}"#)).unwrap().unwrap();
    assert_eq!(open.entries.iter().map(Repository::as_str).collect::<Vec<_>>(), ["a", "b/c"]);
    assert_eq!(open.malformed, 1);
    for answer in [
        is(404, ""),
        is(405, ""),
        code(403, "DENIED"),
        with(401, &[("WWW-Authenticate", "Basic")], ""),
    ] {
        assert_eq!(list(answer), Ok(None));
    }
    assert_eq!(list(is(200, "<html>")), Err(Error::Unreadable));
}

#[test]
fn referrers_fall_back_to_tags() {
    let digest = Digest::sha256(b"{}");
    let api = format!("GET https://r.example/v2/app/referrers/{digest}");
    let get = format!("GET https://r.example/v2/app/manifests/sha256-{}", digest.hex());
    let next = "GET https://r.example/v2/app/next".to_owned();
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{{"digest":"{digest}","size":2,"mediaType":"m","artifactType":"sbom"}}]}}"#
    );
    let answer = || with(200, &[("Content-Type", OCI_INDEX)], &index);
    let paged = || with(200, &[("Link", "</v2/app/next>; rel=\"next\"")], &index);
    let silent = || Answer::Fails(TransportError::Failed);
    let unknown = || code(404, "MANIFEST_UNKNOWN");
    let list = |lines: Vec<(&str, Answer)>| {
        let script = Script::lines(lines);
        let found = block_on(script.client(R).referrers(&repository(), &digest));
        script.assert_played();
        found.map(|found| (found.source, found.entries.len()))
    };
    use ReferrerSource::{Api, Nothing, Silent, Tag};
    for (lines, expected) in [
        (vec![(&*api, answer())], Ok((Api, 1))),
        (vec![(&*api, paged()), (&*next, answer())], Ok((Api, 2))),
        (vec![(&*api, is(404, "404 page not found")), (&*get, answer())], Ok((Tag, 1))),
        (vec![(&*api, silent()), (&*get, answer())], Ok((Tag, 1))),
        (vec![(&*api, is(404, "")), (&*get, unknown()), (&*get, unknown())], Ok((Nothing, 0))),
        (vec![(&*api, silent()), (&*get, unknown()), (&*get, unknown())], Ok((Silent, 0))),
        (vec![(&*api, is(200, "[]"))], Err(Error::Unreadable)),
    ] {
        assert_eq!(list(lines), expected);
    }
}

#[test]
fn pings() {
    let line = "GET https://r.example/v2/";
    let basic = [("WWW-Authenticate", "Basic realm=\"r\"")];
    for (answer, expected) in [
        (is(200, "{}"), (Access::Open, true)),
        (with(401, &basic, ""), (Access::Demanded(Demand::Basic), true)),
        (is(401, ""), (Access::Unclear, true)),
        (with(200, &[("Content-Type", "text/html")], ""), (Access::Open, false)),
        (is(404, "404 page not found"), (Access::Unclear, false)),
        (
            with(404, &[("Docker-Distribution-Api-Version", "registry/2.0")], ""),
            (Access::Unclear, true),
        ),
    ] {
        let script = Script::lines(vec![(line, answer)]);
        let endpoint = Endpoint::parse(R).unwrap();
        let found = block_on(ping(&script.http(), &endpoint)).unwrap();
        assert_eq!((found.access, found.is_registry), expected);
        assert!(script.seen()[0].request.headers.is_empty());
    }
}
