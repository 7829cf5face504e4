//! Blobs: reading, mounting and uploading, with everything that breaks on the way.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use super::testing::{Answer, Script, Seen, block_on, code, is, with};
use super::*;
use crate::manifest::Digest;

const R: &str = "https://r.example";
const S: &str = "https://source.example";

fn repository() -> Repository {
    Repository::parse("app").unwrap()
}

fn pieces(status: u16, pieces: &[&str], end: Option<TransportError>) -> Answer {
    let pieces = pieces.iter().map(|piece| piece.as_bytes().to_vec()).collect();
    Answer::Pieces(status, Vec::new(), pieces, end)
}

#[test]
fn heads_of_blobs() {
    let digest = Digest::sha256(b"blob");
    let head = format!("HEAD https://r.example/v2/app/blobs/{digest}");
    let get = format!("GET https://r.example/v2/app/blobs/{digest}");
    let sized = |status| with(status, &[("Content-Length", "4")], "");
    let present = |size| Ok(Presence::Present { size });
    for (lines, expected) in [
        (vec![(&*head, sized(200))], present(Some(4))),
        (vec![(&*head, is(404, ""))], Ok(Presence::Absent)),
        (vec![(&*head, is(405, "")), (&*get, sized(200))], present(Some(4))),
        (vec![(&*head, is(200, "")), (&*get, sized(200))], present(Some(4))),
        (vec![(&*head, is(200, "")), (&*get, is(200, ""))], present(None)),
        (vec![(&*head, is(405, "")), (&*get, is(404, ""))], Ok(Presence::Absent)),
        (
            vec![(&*head, with(200, &[("Content-Type", "text/html")], ""))],
            Err(Error::NotARegistry(format!("https://r.example/v2/app/blobs/{digest}"))),
        ),
    ] {
        let script = Script::lines(lines);
        assert_eq!(block_on(script.client(R).blob_head(&repository(), &digest)), expected);
        script.assert_played();
    }
}

#[test]
fn blobs_are_verified_as_they_come() {
    let digest = Digest::sha256(b"abcdef");
    let wrong = Digest::sha256(b"abcdex");
    let line = format!("GET https://r.example/v2/app/blobs/{digest}");
    let cut = Some(TransportError::Failed);
    let size = |found| Err(Error::Size { expected: 6, found });
    for (name, answers, expected) in [
        ("whole", vec![pieces(200, &["abc", "def"], None)], Ok("abcdef")),
        (
            "other bytes",
            vec![pieces(200, &["abcdex"], None)],
            Err(Error::Mismatch { expected: digest.clone(), found: wrong }),
        ),
        ("too long", vec![pieces(200, &["abcdef", "g"], None)], size(7)),
        (
            "resumed",
            vec![pieces(200, &["abc"], cut.clone()), pieces(206, &["def"], None)],
            Ok("abcdef"),
        ),
        ("cut short", vec![pieces(200, &["abc"], None), pieces(206, &["def"], None)], Ok("abcdef")),
        (
            "starts over",
            vec![pieces(200, &["abc"], cut.clone()), pieces(200, &["ab", "cde", "f"], None)],
            Ok("abcdef"),
        ),
        (
            "too short for good",
            vec![
                pieces(200, &["ab"], None),
                pieces(206, &["c"], None),
                pieces(206, &["d"], None),
                pieces(206, &["e"], None),
            ],
            size(5),
        ),
        ("nothing", vec![pieces(200, &[], None)], size(0)),
    ] {
        let lines = answers.into_iter().map(|answer| (&*line, answer)).collect();
        let script = Script::lines(lines);
        let result = block_on(script.client(R).blob(&repository(), &digest, 6));
        assert_eq!(result, expected.map(|text| text.as_bytes().to_vec()), "{name}");
        script.assert_played();
        for (seen, range) in script.seen().iter().zip(["", "bytes="]) {
            assert!(seen.header("Range").starts_with(range), "{name}");
        }
    }
}

#[test]
fn mounts() {
    let digest = Digest::sha256(b"blob");
    let from = Repository::parse("source").unwrap();
    let hex = digest.hex();
    let line =
        format!("POST https://r.example/v2/app/blobs/uploads/?mount=sha256%3A{hex}&from=source");
    let located = || with(202, &[("Location", "/v2/app/blobs/uploads/id")], "");
    for (answer, expected) in [
        (is(201, ""), "Done"),
        (located(), "Upload"),
        (code(400, "BAD_REQUEST"), "Unsupported"),
        (is(404, ""), "Unsupported"),
        (is(405, ""), "Unsupported"),
        (is(202, ""), "Location(Missing)"),
        (is(500, ""), "Refused"),
    ] {
        let script = Script::lines(vec![(&line, answer)]);
        let result = block_on(script.client(R).mount_blob(&repository(), &digest, &from));
        let text = match result {
            Ok(mount) => format!("{mount:?}"),
            Err(error) => format!("{error:?}"),
        };
        assert!(text.starts_with(expected), "{expected}: {text}");
    }
}

/// A registry that takes uploads, and spoils them as `fault` says: the count of the request decides.
struct Fake {
    stored: Rc<RefCell<Option<Vec<u8>>>>,
    session: RefCell<Option<Vec<u8>>>,
    count: Cell<u32>,
    headers: Vec<(&'static str, &'static str)>,
    fault: fn(u32, &Seen) -> Fault,
}

enum Fault {
    None,
    /// The request takes effect and its answer is this.
    After(Answer),
    /// The request has no effect and its answer is this.
    Instead(Answer),
    /// The session is gone.
    Lost,
}

impl Fake {
    fn script(
        headers: Vec<(&'static str, &'static str)>,
        fault: fn(u32, &Seen) -> Fault,
    ) -> (Script, Rc<RefCell<Option<Vec<u8>>>>) {
        let stored = Rc::new(RefCell::new(None));
        let fake = Self {
            stored: Rc::clone(&stored),
            session: RefCell::new(None),
            count: Cell::new(0),
            headers,
            fault,
        };
        (Script::by(move |seen| fake.answer(seen)), stored)
    }

    fn answer(&self, seen: &Seen) -> Answer {
        self.count.set(self.count.get() + 1);
        match (self.fault)(self.count.get(), seen) {
            Fault::None => self.effect(seen),
            Fault::After(answer) => {
                self.effect(seen);
                answer
            }
            Fault::Instead(answer) => answer,
            Fault::Lost => {
                self.session.take();
                self.effect(seen)
            }
        }
    }

    fn position(&self, status: u16, len: usize) -> Answer {
        let range = format!("0-{}", len.saturating_sub(1));
        let state = self.count.get().to_string();
        let location = format!("/v2/app/blobs/uploads/id?_state={state}%3D");
        let mut headers = vec![("Location", location.as_str()), ("Range", range.as_str())];
        headers.extend(&self.headers);
        with(status, &headers, "")
    }

    fn effect(&self, seen: &Seen) -> Answer {
        let mut session = self.session.borrow_mut();
        match (seen.request.method, session.as_mut()) {
            (Method::Post, _) => {
                *session = Some(Vec::new());
                self.position(202, 0)
            }
            (Method::Head, _) => match &*self.stored.borrow() {
                Some(bytes) => with(200, &[("Content-Length", &bytes.len().to_string())], ""),
                None => is(404, ""),
            },
            (Method::Patch, Some(bytes)) => {
                let range = seen.header("Content-Range").split_once('-').unwrap();
                let body = seen.body();
                if range.0 != bytes.len().to_string() {
                    return code(416, "RANGE_INVALID");
                }
                assert_eq!(range.1, (bytes.len() + body.len() - 1).to_string());
                bytes.extend(body);
                self.position(202, bytes.len())
            }
            (Method::Get, Some(bytes)) => self.position(204, bytes.len()),
            (Method::Put, Some(bytes)) => {
                bytes.extend(seen.body());
                let digest =
                    seen.url.query().unwrap().rsplit("digest=sha256%3A").next().unwrap().to_owned();
                if Digest::sha256(bytes).hex() != digest {
                    return code(400, "DIGEST_INVALID");
                }
                *self.stored.borrow_mut() = session.take();
                is(201, "")
            }
            (Method::Delete, Some(_)) => {
                *session = None;
                is(204, "")
            }
            _ => code(404, "BLOB_UPLOAD_UNKNOWN"),
        }
    }
}

fn data(len: usize) -> Arc<[u8]> {
    (0..len).map(|index| u8::try_from(index % 251).unwrap()).collect()
}

/// A sixteenth of a piece.
const PART: usize = 4096;

fn upload(
    len: usize,
    headers: Vec<(&'static str, &'static str)>,
    fault: fn(u32, &Seen) -> Fault,
) -> (Result<(), Error>, Script, bool, Vec<u64>) {
    let (script, stored) = Fake::script(headers, fault);
    let bytes = data(len);
    let digest = Digest::sha256(&bytes);
    let progress = RefCell::new(Vec::new());
    let source = UploadSource::Bytes(Arc::clone(&bytes));
    let result = block_on(script.client(R).upload_blob(
        &repository(),
        &digest,
        len as u64,
        &source,
        &|done| progress.borrow_mut().push(done),
    ));
    let whole = stored.borrow().as_deref() == Some(&*bytes);
    (result, script, whole, progress.take())
}

fn no_pieces(seen: &Seen, status: u16) -> Fault {
    match seen.request.method {
        Method::Patch => Fault::Instead(is(status, "")),
        _ => Fault::None,
    }
}

fn methods(script: &Script) -> String {
    let name = |line: &String| line.split(' ').next().unwrap_or_default().to_owned();
    script.seen_lines().iter().map(name).collect::<Vec<_>>().join(" ")
}

#[test]
fn small_blobs_go_in_one_put_and_large_ones_in_pieces() {
    let (result, script, whole, progress) = upload(10, vec![], |_, _| Fault::None);
    assert_eq!((result, whole, methods(&script).as_str()), (Ok(()), true, "POST PUT"));
    assert_eq!(progress, [0, 10]);
    assert!(script.seen()[1].line.contains("_state=1%3D&digest=sha256%3A"));

    // Where pieces are not taken, it goes in one after all.
    let refused: [fn(u32, &Seen) -> Fault; 2] =
        [|_, seen| no_pieces(seen, 405), |_, seen| no_pieces(seen, 501)];
    for fault in refused {
        let (result, script, whole, _) = upload(40 * PART, vec![], fault);
        assert_eq!((result, whole, methods(&script).as_str()), (Ok(()), true, "POST PATCH PUT"));
    }

    let (result, script, whole, progress) = upload(40 * PART, vec![], |_, _| Fault::None);
    assert_eq!(
        (result, whole, methods(&script).as_str()),
        (Ok(()), true, "POST PATCH PATCH PATCH PUT")
    );
    assert_eq!(progress.last(), Some(&(40 * PART as u64)));
    assert_eq!(progress.len(), 5);
    // The location changes with every step and the last one counts.
    assert!(script.seen()[3].line.contains("_state=3%3D"));

    let minimum = vec![("OCI-Chunk-Min-Length", "100000")];
    let (result, script, whole, _) = upload(40 * PART, minimum, |_, _| Fault::None);
    assert_eq!((result, whole, methods(&script).as_str()), (Ok(()), true, "POST PATCH PATCH PUT"));
}

#[test]
fn broken_uploads_go_on() {
    for (name, fault, expected) in [
        (
            "the answer to a piece is lost",
            (|count, _| match count {
                2 => Fault::After(Answer::Fails(TransportError::Failed)),
                _ => Fault::None,
            }) as fn(u32, &Seen) -> Fault,
            "POST PATCH GET PATCH PUT",
        ),
        (
            "a piece is lost",
            |count, _| match count {
                2 => Fault::Instead(Answer::Fails(TransportError::Timeout)),
                _ => Fault::None,
            },
            "POST PATCH GET PATCH PATCH PUT",
        ),
        (
            "the proxy fails",
            |count, _| match count {
                3 => Fault::Instead(is(502, "")),
                _ => Fault::None,
            },
            "POST PATCH PATCH GET PATCH PUT",
        ),
        (
            "out of order",
            |count, _| match count {
                3 => Fault::Instead(code(416, "RANGE_INVALID")),
                _ => Fault::None,
            },
            "POST PATCH PATCH GET PATCH PUT",
        ),
        (
            "the session is lost",
            |count, _| match count {
                3 => Fault::Lost,
                _ => Fault::None,
            },
            "POST PATCH PATCH POST PATCH PATCH PUT",
        ),
        (
            "the last answer is lost",
            |count, _| match count {
                4 => Fault::After(Answer::Fails(TransportError::Failed)),
                _ => Fault::None,
            },
            "POST PATCH PATCH PUT HEAD",
        ),
        (
            "the end is not confirmed",
            |count, _| match count {
                4 => Fault::After(is(204, "")),
                _ => Fault::None,
            },
            "POST PATCH PATCH PUT HEAD",
        ),
        (
            "the end did not arrive",
            |count, _| match count {
                4 => Fault::Instead(Answer::Fails(TransportError::Failed)),
                _ => Fault::None,
            },
            "POST PATCH PATCH PUT HEAD POST PATCH PATCH PUT",
        ),
        (
            "the location is absolute and without TLS",
            |count, _| match count {
                1 => Fault::After(with(
                    202,
                    &[("Location", "http://r.example/v2/app/blobs/uploads/id")],
                    "",
                )),
                _ => Fault::None,
            },
            "POST PATCH PATCH PUT",
        ),
    ] {
        let (result, script, whole, _) = upload(20 * PART, vec![], fault);
        assert_eq!(result, Ok(()), "{name}: {}", methods(&script));
        assert!(whole, "{name}");
        assert_eq!(methods(&script), expected, "{name}");
        assert!(script.seen_lines().iter().all(|line| line.contains(" https://r.example/")));
    }
}

#[test]
fn uploads_that_cannot_succeed_end_and_clean_up() {
    let other = LocationError::OtherHost("https://evil.example".into());
    for (name, fault, expected, methods_seen) in [
        (
            "location elsewhere",
            (|count, _| match count {
                1 => Fault::After(with(202, &[("Location", "https://evil.example/x")], "")),
                _ => Fault::None,
            }) as fn(u32, &Seen) -> Fault,
            Some(Error::Location(other)),
            "POST",
        ),
        (
            "location hidden",
            |count, _| match count {
                1 => Fault::After(is(202, "")),
                _ => Fault::None,
            },
            Some(Error::Location(LocationError::Missing)),
            "POST",
        ),
        (
            "denied",
            |count, _| match count {
                2 => Fault::Instead(code(403, "DENIED")),
                _ => Fault::None,
            },
            None,
            "POST PATCH DELETE",
        ),
        (
            "lost again and again",
            |_, seen| match seen.request.method {
                Method::Patch => Fault::Lost,
                _ => Fault::None,
            },
            None,
            "POST PATCH POST PATCH",
        ),
        (
            "silence",
            |_, seen| match seen.request.method {
                Method::Patch => Fault::Instead(Answer::Fails(TransportError::Failed)),
                _ => Fault::None,
            },
            None,
            "POST PATCH GET PATCH GET PATCH GET PATCH DELETE",
        ),
    ] {
        let (result, script, whole, _) = upload(20 * PART, vec![], fault);
        let error = result.unwrap_err();
        if let Some(expected) = expected {
            assert_eq!(error, expected, "{name}");
        }
        assert!(!whole, "{name}");
        assert_eq!(methods(&script), methods_seen, "{name}");
    }
}

#[test]
fn copies_between_registries_are_verified_and_flat() {
    let len = 40 * PART;
    let bytes = data(len);
    let digest = Digest::sha256(&bytes);
    let copy = |spoil: bool, cut: bool| {
        let mut sent = bytes.to_vec();
        if spoil {
            sent[30 * PART] ^= 1;
        }
        let chunks: Vec<Vec<u8>> = sent.chunks(400).map(<[u8]>::to_vec).collect();
        let source = Script::by(move |seen| {
            let from = seen.header("Range").trim_start_matches("bytes=").trim_end_matches('-');
            let from = from.parse::<usize>().unwrap_or(0) / 400;
            let until = if cut && from == 0 { 70 } else { chunks.len() };
            let status = if from == 0 { 200 } else { 206 };
            let end = (until < chunks.len()).then_some(TransportError::Failed);
            Answer::Pieces(status, vec![], chunks[from..until].to_vec(), end)
        });
        let (target, stored) = Fake::script(vec![], |count, _| match count {
            // One answer is lost, so that a piece of the stream must be sent again.
            3 => Fault::Instead(Answer::Fails(TransportError::Failed)),
            _ => Fault::None,
        });
        let from = UploadSource::Blob {
            client: source.client(S),
            repository: Repository::parse("source").unwrap(),
        };
        let result = block_on(target.client(R).upload_blob(
            &repository(),
            &digest,
            len as u64,
            &from,
            &|_| {},
        ));
        let largest = target.seen().iter().map(|seen| seen.body().len()).max();
        assert!(largest <= Some(16 * PART));
        let whole = stored.borrow().as_deref() == Some(&*bytes);
        (result, whole, methods(&target), source.seen().len())
    };
    let expected = "POST PATCH PATCH GET PATCH PATCH PUT".to_owned();
    assert_eq!(copy(false, false), (Ok(()), true, expected.clone(), 1));
    assert_eq!(copy(false, true), (Ok(()), true, expected, 2));
    let (result, whole, seen, _) = copy(true, false);
    assert!(matches!(result, Err(Error::Mismatch { .. })) && !whole);
    assert_eq!(seen, "POST PATCH PATCH GET PATCH DELETE");
}

#[test]
fn cancelling_ends_the_session_of_the_registry() {
    let cancel = Cancel::new();
    let thrown = cancel.clone();
    let (script, _) = Fake::script(vec![], |_, _| Fault::None);
    let bytes = data(40 * PART);
    let digest = Digest::sha256(&bytes);
    let result = block_on(script.client(R).with_cancel(cancel).upload_blob(
        &repository(),
        &digest,
        bytes.len() as u64,
        &UploadSource::Bytes(bytes.clone()),
        &|done| {
            if done > 0 {
                thrown.cancel();
            }
        },
    ));
    assert!(result.unwrap_err().is_cancelled());
    assert_eq!(methods(&script), "POST PATCH DELETE");
}
