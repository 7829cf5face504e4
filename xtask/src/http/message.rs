//! Heads and bodies as they stand on a connection.

use std::io::{self, BufRead, ErrorKind, Read, Write};

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue};

/// The bytes of a head. Tokens can be long; Node's limit is 16 KiB.
const MAX_HEAD: u64 = 64 << 10;

/// Room for the headers of one head.
pub(super) const MAX_HEADERS: usize = 128;

/// How long a body is (RFC 9112, section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// This many bytes.
    Length(u64),
    /// In chunks that state their length; one without bytes is the last.
    Chunked,
    /// Until the connection ends.
    ToEnd,
}

impl Framing {
    /// What the headers say, if they say anything.
    pub fn of(headers: &HeaderMap) -> io::Result<Option<Self>> {
        let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
        let length = lengths.next();
        if let Some(coding) = headers.get(TRANSFER_ENCODING) {
            // Both would let two readers see two messages (section 6.1).
            if length.is_some() || !coding.as_bytes().eq_ignore_ascii_case(b"chunked") {
                return Err(invalid("the length of the body is not clear"));
            }
            return Ok(Some(Self::Chunked));
        }
        let Some(length) = length else { return Ok(None) };
        if lengths.any(|other| other != length) {
            return Err(invalid("there are two lengths of the body"));
        }
        let digits = length.to_str().ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        let length = digits.and_then(|text| text.parse().ok());
        length
            .map(|length| Some(Self::Length(length)))
            .ok_or_else(|| invalid("no length of a body"))
    }
}

/// Reads a start line and the headers below it; none where the connection ends before.
pub(super) fn read_head(source: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    let mut source = source.take(MAX_HEAD);
    loop {
        let count = source.read_until(b'\n', &mut head)?;
        match count {
            0 if head.is_empty() => return Ok(None),
            0 => return Err(invalid("the head has no end, or is longer than 64 KiB")),
            // An empty line may stand before a start line (section 2.2).
            _ if head == b"\r\n" => head.clear(),
            _ if head.ends_with(b"\r\n\r\n") || head.ends_with(b"\n\n") => return Ok(Some(head)),
            _ => {}
        }
    }
}

/// Parsed headers as a map.
pub(super) fn header_map(parsed: &[httparse::Header<'_>]) -> io::Result<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(parsed.len());
    for header in parsed {
        let name = HeaderName::from_bytes(header.name.as_bytes());
        let value = HeaderValue::from_bytes(header.value);
        let (Ok(name), Ok(value)) = (name, value) else { return Err(invalid("no header")) };
        headers.append(name, value);
    }
    Ok(headers)
}

/// `start` and `headers` as a head.
pub(super) fn head(start: &str, headers: &HeaderMap) -> Vec<u8> {
    let mut head = format!("{start}\r\n").into_bytes();
    for (name, value) in headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Why a message was not written to its end.
#[derive(Debug)]
pub(super) enum NotWritten {
    /// Its body could not be read, or was shorter than it should be: the other side waits for the rest.
    Body(io::Error),
    /// The connection took no more: the other side may have answered already.
    Connection(io::Error),
}

impl From<NotWritten> for io::Error {
    fn from(reason: NotWritten) -> Self {
        let (NotWritten::Body(error) | NotWritten::Connection(error)) = reason;
        error
    }
}

/// Writes `head` and the body, which must be as long as `framing` says.
pub(super) fn write(
    target: &mut dyn Write,
    head: Vec<u8>,
    body: &mut dyn Read,
    framing: Framing,
) -> Result<(), NotWritten> {
    let mut buffer = vec![0; 64 << 10];
    let mut sent = 0;
    // What is at hand goes out in one piece.
    let mut piece = head;
    loop {
        let room = match framing {
            Framing::Length(length) => usize::try_from(length - sent).unwrap_or(usize::MAX),
            Framing::Chunked | Framing::ToEnd => usize::MAX,
        };
        let room = room.min(buffer.len());
        let read = if room == 0 { Ok(0) } else { body.read(&mut buffer[..room]) };
        let count = read.map_err(NotWritten::Body)?;
        sent += count as u64;
        if framing == Framing::Chunked {
            piece.extend_from_slice(format!("{count:x}\r\n").as_bytes());
        }
        piece.extend_from_slice(&buffer[..count]);
        if framing == Framing::Chunked {
            piece.extend_from_slice(b"\r\n");
        }
        let written = target.write_all(&piece).and_then(|()| target.flush());
        written.map_err(NotWritten::Connection)?;
        piece.clear();
        if count == 0 {
            break;
        }
    }
    match framing {
        Framing::Length(length) if sent < length => {
            Err(NotWritten::Body(ErrorKind::UnexpectedEof.into()))
        }
        _ => Ok(()),
    }
}

/// A body that arrives.
pub(super) struct Arriving<R> {
    source: R,
    framing: Framing,
    /// Bytes of the body, or of the chunk, that are still to come.
    left: u64,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A chunk's length is next; behind a chunk stands a line end.
    Start {
        behind_chunk: bool,
    },
    Inside,
    Ended,
}

impl<R: BufRead> Arriving<R> {
    pub(super) fn new(source: R, framing: Framing) -> Self {
        let (left, state) = match framing {
            Framing::Length(0) => (0, State::Ended),
            Framing::Length(length) => (length, State::Inside),
            Framing::Chunked => (0, State::Start { behind_chunk: false }),
            Framing::ToEnd => (u64::MAX, State::Inside),
        };
        Self { source, framing, left, state }
    }

    /// Whether all of it was read.
    pub(super) fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// A chunk's length (RFC 9112, section 7.1); what stands behind the last chunk is read, too.
    fn start_chunk(&mut self, behind_chunk: bool) -> io::Result<()> {
        if behind_chunk && !self.line()?.is_empty() {
            return Err(invalid("a chunk is longer than it says"));
        }
        let line = self.line()?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let length = u64::from_str_radix(digits, 16).ok().filter(|_| plain);
        self.left = length.ok_or_else(|| invalid("no length of a chunk"))?;
        self.state = State::Inside;
        if self.left == 0 {
            while !self.line()?.is_empty() {}
            self.state = State::Ended;
        }
        Ok(())
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        (&mut self.source).take(MAX_HEAD).read_line(&mut line)?;
        match line.strip_suffix('\n') {
            Some(line) => Ok(line.trim_end_matches('\r').to_owned()),
            None => Err(ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl<R: BufRead> Read for Arriving<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let State::Start { behind_chunk } = self.state {
            self.start_chunk(behind_chunk)?;
        }
        if self.state == State::Ended || buffer.is_empty() {
            return Ok(0);
        }
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.source.read(&mut buffer[..room])?;
        if count == 0 {
            if self.framing != Framing::ToEnd {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            self.state = State::Ended;
        }
        self.left -= count as u64;
        if self.left == 0 {
            self.state = match self.framing {
                Framing::Chunked => State::Start { behind_chunk: true },
                Framing::Length(_) | Framing::ToEnd => State::Ended,
            };
        }
        Ok(count)
    }
}

pub(super) fn invalid(text: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrive(bytes: &[u8], framing: Framing) -> Option<String> {
        let mut text = String::new();
        let mut body = Arriving::new(bytes, framing);
        body.read_to_string(&mut text).ok().filter(|_| body.is_ended()).map(|_| text)
    }

    #[test]
    fn bodies_end_where_they_say() {
        for (bytes, framing, expected) in [
            ("abcdef", Framing::Length(4), Some("abcd")),
            ("abc", Framing::Length(4), None),
            ("abc", Framing::Length(0), Some("")),
            ("abc", Framing::ToEnd, Some("abc")),
            ("3\r\nabc\r\n0\r\n\r\nrest", Framing::Chunked, Some("abc")),
            (
                "3;x=y\r\nabc\r\n A \r\n0123456789\r\n0\r\nT: 1\r\n\r\n",
                Framing::Chunked,
                Some("abc0123456789"),
            ),
            ("3\r\nabcd\r\n0\r\n\r\n", Framing::Chunked, None),
            ("3\r\nabc\r\n", Framing::Chunked, None),
            ("+3\r\nabc\r\n0\r\n\r\n", Framing::Chunked, None),
            ("fffffffffffffffff\r\nabc", Framing::Chunked, None),
            ("", Framing::Chunked, None),
        ] {
            let found = arrive(bytes.as_bytes(), framing);
            assert_eq!(found.as_deref(), expected, "{bytes:?} {framing:?}");
        }
    }

    #[test]
    fn what_is_written_arrives() {
        for framing in [Framing::Length(6), Framing::Chunked, Framing::ToEnd] {
            let mut out = Vec::new();
            write(&mut out, Vec::new(), &mut &b"abcdef"[..], framing).unwrap();
            assert_eq!(arrive(&out, framing).as_deref(), Some("abcdef"), "{framing:?}");
        }
        let mut out = Vec::new();
        let short = write(&mut out, Vec::new(), &mut &b"abc"[..], Framing::Length(4));
        let NotWritten::Body(error) = short.unwrap_err() else { panic!("the body is short") };
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_length_must_be_clear() {
        let of = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, HeaderValue::from_static(value));
            }
            Framing::of(&headers).map_err(drop)
        };
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&[("content-length", "4")]), Ok(Some(Framing::Length(4))));
        assert_eq!(
            of(&[("content-length", "4"), ("content-length", "4")]),
            Ok(Some(Framing::Length(4)))
        );
        assert_eq!(of(&[("transfer-encoding", "Chunked")]), Ok(Some(Framing::Chunked)));
        for unclear in [
            &[("content-length", "4"), ("content-length", "5")][..],
            &[("content-length", "4"), ("transfer-encoding", "chunked")],
            &[("transfer-encoding", "gzip, chunked")],
            &[("content-length", "+4")],
            &[("content-length", "")],
        ] {
            assert_eq!(of(unclear), Err(()), "{unclear:?}");
        }
    }

    #[test]
    fn heads() {
        for (bytes, expected) in [
            ("", Ok(None)),
            ("\r\nGET / HTTP/1.1\r\nA: b\r\n\r\nbody", Ok(Some("GET / HTTP/1.1\r\nA: b\r\n\r\n"))),
            ("GET / HTTP/1.1\r\nA: b\r\n", Err(())),
        ] {
            let found = read_head(&mut bytes.as_bytes()).map_err(drop);
            let expected =
                expected.map(|head: Option<&str>| head.map(|head| head.as_bytes().to_vec()));
            assert_eq!(found, expected, "{bytes:?}");
        }
        assert!(read_head(&mut &vec![b'x'; 70_000][..]).is_err());
    }
}
