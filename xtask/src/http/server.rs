//! Answers requests, each connection on a thread of its own.

use std::io::{self, BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT};
use http::{HeaderMap, Method, StatusCode, Uri, Version};

use super::message::{self, Arriving, Framing, MAX_HEADERS, invalid};
use super::{Body, Handler, Response, answer};

/// What of an unread body is read over, so that the connection can be used again.
const READ_OVER: u64 = 1 << 20;

/// Answers what comes to `listener` until the process ends.
pub fn serve(listener: &TcpListener, handler: Handler) {
    let handler = Arc::new(handler);
    for stream in listener.incoming() {
        let Ok(stream) = stream else {
            // There may be too many open files for a moment.
            thread::sleep(Duration::from_millis(20));
            continue;
        };
        let handler = Arc::clone(&handler);
        // A connection that breaks off is the client's matter.
        thread::spawn(move || converse(&stream, &handler).ok());
    }
}

/// Answers the requests of one connection.
fn converse(stream: &TcpStream, handler: &Handler) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut source = BufReader::with_capacity(64 << 10, stream);
    while let Some(bytes) = message::read_head(&mut source)? {
        let Ok((request, framing)) = parse(&bytes) else {
            let refusal = answer(StatusCode::BAD_REQUEST, &[], "This is no HTTP request.\n");
            return send(stream, refusal, &Method::GET, Version::HTTP_11, true);
        };
        let (method, version) = (request.method().clone(), request.version());
        let last = is_last(request.headers(), version);
        let expects = request.headers().contains_key(EXPECT);
        let mut body = Continued {
            body: Arriving::new(&mut source, framing),
            asked: expects.then_some(stream),
        };
        let response = handler(request.map(|()| &mut body as &mut dyn Read));
        send(stream, response, &method, version, last)?;
        if last || !body.read_over()? {
            return Ok(());
        }
    }
    Ok(())
}

/// A body whose client waits to be told that it is wanted (RFC 9110, section 10.1.1).
struct Continued<'a, 'b> {
    body: Arriving<&'a mut BufReader<&'b TcpStream>>,
    asked: Option<&'b TcpStream>,
}

impl Read for Continued<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(mut stream) = self.asked.take() {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        self.body.read(buffer)
    }
}

impl Continued<'_, '_> {
    /// Reads what nobody did; whether the next request follows.
    fn read_over(&mut self) -> io::Result<bool> {
        if self.asked.is_none() {
            io::copy(&mut (&mut self.body).take(READ_OVER), &mut io::sink())?;
        }
        Ok(self.body.is_ended())
    }
}

fn parse(bytes: &[u8]) -> io::Result<(http::Request<()>, Framing)> {
    let mut list = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut list);
    parsed.parse(bytes).map_err(|error| invalid(&error.to_string()))?;
    let mut request = http::Request::new(());
    *request.headers_mut() = message::header_map(parsed.headers)?;
    let method = Method::from_bytes(parsed.method.unwrap_or_default().as_bytes());
    let uri: Result<Uri, _> = parsed.path.unwrap_or_default().parse();
    let (Ok(method), Ok(uri)) = (method, uri) else { return Err(invalid("no request line")) };
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    let newer = parsed.version == Some(1);
    *request.version_mut() = if newer { Version::HTTP_11 } else { Version::HTTP_10 };
    let framing = Framing::of(request.headers())?.unwrap_or(Framing::Length(0));
    Ok((request, framing))
}

/// Whether the client sends nothing more on this connection (RFC 9112, section 9.3).
fn is_last(headers: &HeaderMap, version: Version) -> bool {
    let says = |option: &str| {
        let lists = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
        lists.flat_map(|list| list.split(',')).any(|it| it.trim().eq_ignore_ascii_case(option))
    };
    says("close") || (version == Version::HTTP_10 && !says("keep-alive"))
}

fn send(
    mut stream: &TcpStream,
    response: Response,
    method: &Method,
    version: Version,
    last: bool,
) -> io::Result<()> {
    let (mut parts, Body { mut source, length }) = response.into_parts();
    let status = parts.status;
    let empty = status.is_informational() || status == 204 || status == 304;
    // An answer to HEAD states the length of the body that it doesn't have.
    let stated = parts.headers.remove(CONTENT_LENGTH).filter(|_| *method == Method::HEAD);
    let bare = empty || *method == Method::HEAD;
    let framing = match length {
        Some(length) => Framing::Length(length),
        None if version == Version::HTTP_10 => Framing::ToEnd,
        None => Framing::Chunked,
    };
    match (framing, stated) {
        _ if empty => {}
        (_, Some(stated)) => drop(parts.headers.insert(CONTENT_LENGTH, stated)),
        (Framing::Length(length), None) => {
            drop(parts.headers.insert(CONTENT_LENGTH, length.into()));
        }
        (Framing::Chunked, None) if !bare => {
            let value = http::HeaderValue::from_static("chunked");
            parts.headers.insert(http::header::TRANSFER_ENCODING, value);
        }
        (_, None) => {}
    }
    let last = last || (framing == Framing::ToEnd && !bare);
    if last {
        parts.headers.insert(CONNECTION, http::HeaderValue::from_static("close"));
    }
    let reason = status.canonical_reason().unwrap_or_default();
    let head = message::head(&format!("HTTP/1.1 {} {reason}", status.as_u16()), &parts.headers);
    if bare {
        return stream.write_all(&head);
    }
    message::write(&mut stream, head, &mut source, framing)?;
    // The body ends with the connection.
    if framing == Framing::ToEnd { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::net::Shutdown;

    use super::*;

    /// What the server sends for `sent`, without dates.
    fn exchange(sent: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let handler: Handler = Box::new(|request| match request.uri().path() {
            "/echo" => {
                let mut bytes = Vec::new();
                let read = request.into_body().read_to_end(&mut bytes);
                let status = if read.is_ok() { StatusCode::OK } else { StatusCode::BAD_REQUEST };
                answer(status, &[], bytes)
            }
            "/stream" => answer(StatusCode::OK, &[], Body::streamed(&b"abc"[..])),
            "/none" => answer(StatusCode::NO_CONTENT, &[], ""),
            _ => answer(StatusCode::NOT_FOUND, &[], "no"),
        });
        thread::spawn(move || serve(&listener, handler));
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(sent.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn requests_follow_each_other_on_a_connection() {
        let ok = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n";
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        for (sent, expected) in [
            (
                "POST /echo HTTP/1.1\r\ncontent-length: 3\r\n\r\nabcHEAD /echo HTTP/1.1\r\n\r\n",
                format!("{ok}abcHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
            ),
            (
                "PUT /echo HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n\
                 GET /none HTTP/1.1\r\nconnection: close\r\n\r\n",
                format!("{ok}abcHTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"),
            ),
            // A body that nobody reads doesn't become the next request.
            (
                "POST /other HTTP/1.1\r\ncontent-length: 3\r\n\r\nabcGET /stream HTTP/1.1\r\n\r\n",
                format!(
                    "HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno\
                     {chunked}3\r\nabc\r\n0\r\n\r\n"
                ),
            ),
            (
                "GET /stream HTTP/1.0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc".to_owned(),
            ),
            (
                "POST /echo HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\nabc",
                format!("HTTP/1.1 100 Continue\r\n\r\n{ok}abc"),
            ),
        ] {
            assert_eq!(exchange(sent), expected, "{sent}");
        }
    }

    #[test]
    fn what_is_no_request_ends_the_connection() {
        for sent in [
            "hello\r\n\r\n",
            "GET / HTTP/1.1\r\n no name\r\n\r\n",
            "POST /echo HTTP/1.1\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\nabc",
        ] {
            assert!(exchange(sent).starts_with("HTTP/1.1 400 "), "{sent}");
        }
        let broken = exchange("PUT /echo HTTP/1.1\r\ncontent-length: 9\r\n\r\nabc");
        assert!(broken.starts_with("HTTP/1.1 400 "), "{broken}");
    }
}
