//! A layer that is fetched from its URLs, verified as it comes.
//!
//! Invariant: no credential is sent to a layer's URL; no more bytes are read than the layer has, and
//! the end comes only when they hash to its digest, whichever URLs they came from.

use super::blob::leave_out;
use super::cancel::Cancel;
use super::error::Error;
use super::retry::wait_ms;
use super::transport::{Chunks, Deadline, Http, Incoming, Method, Request, TransportError};
use super::url::Url;
use super::verify::{Verdict, is_encoded, of_status, silent};
use crate::manifest::{Digest, Hasher};

/// Nothing may come for this long, in milliseconds.
const STALL_MS: u64 = 30_000;
/// How often one URL is asked to go on where it broke off, without a byte coming in between.
const RESUMES: u32 = 3;

/// A layer that is being read from its URLs.
pub(super) struct UrlReader {
    http: Http,
    cancel: Cancel,
    urls: Vec<String>,
    /// The URL that is being read.
    at: usize,
    /// The URL that the first byte came from.
    began: usize,
    digest: Digest,
    size: u64,
    hasher: Option<Hasher>,
    read: u64,
    /// Bytes to leave out, where a server starts from the beginning again.
    skip: u64,
    /// How often the URL broke off since the last byte came.
    broken: u32,
    body: Box<dyn Chunks>,
}

impl UrlReader {
    /// Starts reading from the first of `urls` that answers with success, and with the right size
    /// where it states one; the error of the last one else.
    pub(super) async fn open(
        http: &Http,
        urls: &[String],
        digest: &Digest,
        size: u64,
        cancel: &Cancel,
    ) -> Result<Self, Error> {
        let mut last = Error::LayerUrl { url: String::new(), verdict: Verdict::NotAUrl };
        for (at, text) in urls.iter().enumerate() {
            match request(http, text, 0, size, cancel).await {
                Ok((body, _)) => {
                    return Ok(Self {
                        http: http.clone(),
                        cancel: cancel.clone(),
                        urls: urls.to_vec(),
                        at,
                        began: at,
                        digest: digest.clone(),
                        size,
                        hasher: Some(Hasher::new(digest.algorithm())),
                        read: 0,
                        skip: 0,
                        broken: 0,
                        body,
                    });
                }
                Err(verdict) => {
                    let cancelled = verdict == Verdict::Cancelled;
                    last = Error::LayerUrl { url: shown(text), verdict };
                    if cancelled {
                        break;
                    }
                }
            }
        }
        Err(last)
    }

    /// The next bytes; `None` after the last, once the digest was found right. What breaks off goes
    /// on where it stopped: at the same URL, then at those after it.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, Error> {
        loop {
            let verdict = match self.body.next().await {
                Ok(Some(chunk)) => match self.take(chunk)? {
                    Some(chunk) => return Ok(Some(chunk)),
                    None => continue,
                },
                // All is there, however the exchange ends.
                _ if self.read == self.size => return self.finish(),
                // It says itself that this is all.
                Ok(None) => Verdict::WrongSize { found: self.read, expected: self.size },
                Err(TransportError::Failed) => Verdict::BrokeOff { read: self.read },
                Err(error) => silent(&error),
            };
            if verdict == Verdict::Cancelled {
                return Err(self.failed(self.at, verdict));
            }
            self.go_on(verdict).await?;
        }
    }

    /// The URLs that may have the layer where what came had other bytes: those after the one that
    /// the first byte came from, because of several it cannot be told which was wrong.
    pub(super) fn others(&self) -> &[String] {
        self.urls.get(self.began + 1..).unwrap_or_default()
    }

    fn take(&mut self, mut chunk: Vec<u8>) -> Result<Option<Vec<u8>>, Error> {
        leave_out(&mut self.skip, &mut chunk);
        if chunk.is_empty() {
            return Ok(None);
        }
        self.broken = 0;
        self.read += chunk.len() as u64;
        if self.read > self.size {
            let verdict = Verdict::WrongSize { found: self.read, expected: self.size };
            return Err(self.failed(self.at, verdict));
        }
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&chunk);
        }
        Ok(Some(chunk))
    }

    fn finish(&mut self) -> Result<Option<Vec<u8>>, Error> {
        match self.hasher.take().map(Hasher::finish) {
            Some(found) if found != self.digest => {
                Err(self.failed(self.at, Verdict::WrongContent(found)))
            }
            _ => Ok(None),
        }
    }

    /// Asks for the bytes that are missing; fails with `verdict` where nobody has them.
    async fn go_on(&mut self, mut verdict: Verdict) -> Result<(), Error> {
        let mut failed_at = self.at;
        // A server that ends before the end does so again.
        let mut again = !matches!(verdict, Verdict::WrongSize { .. });
        loop {
            if again && self.broken < RESUMES {
                self.broken += 1;
                let wait = wait_ms(None, self.broken, self.http.now_ms());
                if self.http.sleep(wait, &self.cancel).await.is_err() {
                    return Err(self.failed(self.at, Verdict::Cancelled));
                }
            } else if self.at + 1 < self.urls.len() {
                self.at += 1;
                self.broken = 0;
            } else {
                return Err(self.failed(failed_at, verdict));
            }
            let text = &self.urls[self.at];
            match request(&self.http, text, self.read, self.size, &self.cancel).await {
                Ok((body, from)) => {
                    self.body = body;
                    self.skip = self.read - from;
                    return Ok(());
                }
                Err(Verdict::Cancelled) => return Err(self.failed(self.at, Verdict::Cancelled)),
                Err(found) => {
                    again = matches!(found, Verdict::Unreachable | Verdict::Timeout);
                    (failed_at, verdict) = (self.at, found);
                }
            }
        }
    }

    fn failed(&self, at: usize, verdict: Verdict) -> Error {
        let url = self.urls.get(at).map(|text| shown(text)).unwrap_or_default();
        Error::LayerUrl { url, verdict }
    }
}

/// Asks `text` for the layer from byte `from` on. Gives the body and the byte with which it begins:
/// `from`, or 0 where the server knows no ranges.
async fn request(
    http: &Http,
    text: &str,
    from: u64,
    size: u64,
    cancel: &Cancel,
) -> Result<(Box<dyn Chunks>, u64), Verdict> {
    let url = Url::parse(text).map_err(|_| Verdict::NotAUrl)?;
    let mut request = Request::new(Method::Get, url);
    request.deadline = Deadline::Stall(STALL_MS);
    request.cancel = cancel.clone();
    if from > 0 {
        // Of one range and nothing else a browser does not ask the server for leave (fetch,
        // "CORS-safelisted request-header").
        request.headers.push(("Range", format!("bytes={from}-")));
    }
    let incoming = http.open(request).await.map_err(|error| silent(&error))?;
    if incoming.status == 206 && from > 0 {
        return match part(&incoming) {
            Some((start, _)) if start != from => Err(Verdict::Refused(206)),
            Some((_, Some(found))) if found != size => {
                Err(Verdict::WrongSize { found, expected: size })
            }
            _ => Ok((incoming.body, from)),
        };
    }
    if let Some(verdict) = of_status(incoming.status) {
        return Err(verdict);
    }
    match incoming.headers.content_length() {
        // Of an encoded answer the length is another one: the digest decides.
        Some(found) if found != size && !is_encoded(&incoming.headers) => {
            Err(Verdict::WrongSize { found, expected: size })
        }
        _ => Ok((incoming.body, 0)),
    }
}

/// The first byte of a part and the size of the whole, where they may be read: `bytes 5-9/10`
/// (RFC 9110, section 14.4).
fn part(incoming: &Incoming) -> Option<(u64, Option<u64>)> {
    let range = incoming.headers.get("content-range")?.trim().strip_prefix("bytes ")?;
    let (range, whole) = range.split_once('/')?;
    Some((range.split_once('-')?.0.trim().parse().ok()?, whole.trim().parse().ok()))
}

/// A URL as it is shown: without its query.
fn shown(text: &str) -> String {
    Url::parse(text).map_or_else(|_| text.to_owned(), |url| url.without_query())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::testing::{Answer, Script, block_on, is};

    const LAYER: &str = "0123456789";
    const A: &str = "GET https://a.example/layer";
    const B: &str = "GET https://b.example/layer";

    /// What is read from the URLs of `lines`, the requests that they get, and the `Range` of each.
    fn read(lines: Vec<(&'static str, Answer)>) -> (Result<String, Error>, Vec<String>, usize) {
        let script = Script::lines(lines);
        let urls = ["https://a.example/layer", "https://b.example/layer"].map(str::to_owned);
        let digest = Digest::sha256(LAYER.as_bytes());
        let (http, cancel) = (script.http(), Cancel::new());
        let (mut bytes, mut others) = (Vec::new(), 0);
        let result = block_on(async {
            let mut reader = UrlReader::open(&http, &urls, &digest, 10, &cancel).await?;
            loop {
                let next = reader.next().await;
                others = reader.others().len();
                match next? {
                    Some(chunk) => bytes.extend(chunk),
                    None => return Ok(()),
                }
            }
        });
        script.assert_played();
        let ranges = script.seen().iter().map(|seen| seen.header("Range").to_owned()).collect();
        (result.map(|()| String::from_utf8(bytes).unwrap()), ranges, others)
    }

    fn pieces(status: u16, range: &str, pieces: &[&str], end: Option<TransportError>) -> Answer {
        let headers =
            if range.is_empty() { Vec::new() } else { vec![("Content-Range", range.to_owned())] };
        let pieces = pieces.iter().map(|piece| piece.as_bytes().to_vec()).collect();
        Answer::Pieces(status, headers, pieces, end)
    }

    fn broken(text: &str) -> Answer {
        pieces(200, "", &[text], Some(TransportError::Failed))
    }

    #[test]
    fn what_breaks_off_goes_on() {
        let gone = || Answer::Fails(TransportError::Failed);
        let silent = || pieces(200, "", &["0123"], Some(TransportError::Timeout));
        let rest = |range| pieces(206, range, &["4567", "89"], None);
        let all = || is(200, LAYER);
        for (name, lines, ranges) in [
            ("whole", vec![(A, all())], vec![""]),
            ("a range", vec![(A, broken("0123")), (A, rest("bytes 4-9/10"))], vec!["", "4-"]),
            ("the range is hidden", vec![(A, silent()), (A, rest(""))], vec!["", "4-"]),
            ("from the start again", vec![(A, broken("0123")), (A, all())], vec!["", "4-"]),
            (
                "broken after the last byte",
                vec![(A, pieces(200, "", &["01234", "56789"], Some(TransportError::Failed)))],
                vec![""],
            ),
            (
                "twice",
                vec![
                    (A, broken("0123")),
                    (A, pieces(206, "bytes 4-9/10", &["45"], Some(TransportError::Failed))),
                    (A, pieces(206, "bytes 6-9/10", &["6789"], None)),
                ],
                vec!["", "4-", "6-"],
            ),
            (
                "the first server is gone",
                vec![
                    (A, broken("0123")),
                    (A, gone()),
                    (A, gone()),
                    (A, gone()),
                    (B, rest("bytes 4-9/10")),
                ],
                vec!["", "4-", "4-", "4-", "4-"],
            ),
            (
                "the link has expired",
                vec![(A, broken("0123")), (A, is(403, "")), (B, all())],
                vec!["", "4-", "4-"],
            ),
            (
                "another part, and another layer",
                vec![(A, broken("0123")), (A, rest("bytes 5-9/10")), (B, rest("bytes 4-9/10"))],
                vec!["", "4-", "4-"],
            ),
            (
                "too short, but nothing wrong so far",
                vec![(A, is(200, "0123")), (B, all())],
                vec!["", "4-"],
            ),
        ] {
            let ranges: Vec<String> = ranges
                .into_iter()
                .map(|it| if it.is_empty() { String::new() } else { format!("bytes={it}") })
                .collect();
            let (result, seen, _) = read(lines);
            assert_eq!((result, seen), (Ok(LAYER.to_owned()), ranges), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_had_is_said_of_the_last_url() {
        let check = |lines, verdict, left| {
            let (result, _, others) = read(lines);
            let Err(Error::LayerUrl { url, verdict: found }) = result else { panic!("{result:?}") };
            assert_eq!((found, others), (verdict, left), "{url}");
        };
        let other = Digest::sha256(b"012345678x");
        check(vec![(A, is(200, "012345678x"))], Verdict::WrongContent(other.clone()), 1);
        let lines = vec![(A, broken("0123")), (A, is(404, "")), (B, is(200, "xxxx45678x"))];
        check(lines, Verdict::WrongContent(other), 1);
        let lines = vec![(A, is(404, "")), (B, is(200, "01234567890"))];
        check(lines, Verdict::WrongSize { found: 11, expected: 10 }, 0);
        let lines = vec![(A, broken("0123")), (A, is(404, "")), (B, is(403, ""))];
        check(lines, Verdict::NeedsAuthentication(403), 1);
        let wrong = || pieces(206, "bytes 4-11/12", &["4567"], None);
        let lines = vec![(A, broken("0123")), (A, wrong()), (B, wrong())];
        check(lines, Verdict::WrongSize { found: 12, expected: 10 }, 1);
    }
}
