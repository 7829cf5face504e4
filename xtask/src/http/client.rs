//! Sends one request on a connection of its own.

use std::io::{self, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use anyhow::{Result, bail};
use http::header::{CONNECTION, HOST, TRANSFER_ENCODING};
use http::uri::Scheme;
use http::{HeaderValue, Method, StatusCode, Uri};

use super::message::{self, Arriving, Framing, MAX_HEADERS, NotWritten, invalid};
use super::{Body, Response};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection in the clear or by TLS.
trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// What a client knows from one request to the next.
pub struct Client {
    #[cfg(feature = "full")]
    tls: std::sync::Arc<rustls::ClientConfig>,
}

impl Client {
    /// A client that speaks TLS, too, with the certificates of this system.
    #[cfg(feature = "full")]
    pub fn new() -> Result<Self> {
        let mut roots = rustls::RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        let (usable, _) = roots.add_parsable_certificates(found.certs);
        if usable == 0 {
            bail!("the certificates of this system cannot be read");
        }
        let provider = rustls::crypto::ring::default_provider();
        let tls = rustls::ClientConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: tls.into() })
    }

    /// A client for plain HTTP.
    #[cfg(not(feature = "full"))]
    #[allow(clippy::unnecessary_wraps)] // as it is with all features
    pub fn new() -> Result<Self> {
        Ok(Self {})
    }

    /// Sends `request`, whose URI is absolute, and returns when the head of the answer is there.
    ///
    /// `body` is as long as `Content-Length` says; without that header it is sent in chunks.
    pub fn send(
        &self,
        request: http::Request<()>,
        body: Option<&mut dyn Read>,
    ) -> Result<Response> {
        let (mut parts, ()) = request.into_parts();
        let mut stream = self.connect(&parts.uri)?;
        let framing = match (&body, Framing::of(&parts.headers)?) {
            (None, _) => Framing::Length(0),
            (Some(_), Some(framing)) => framing,
            (Some(_), None) => {
                parts.headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
                Framing::Chunked
            }
        };
        if !parts.headers.contains_key(HOST) {
            let host = parts.uri.authority().map_or("", |authority| authority.as_str());
            parts.headers.insert(HOST, HeaderValue::from_str(host)?);
        }
        parts.headers.insert(CONNECTION, HeaderValue::from_static("close"));
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let head = message::head(&format!("{} {path} HTTP/1.1", parts.method), &parts.headers);
        let mut nothing = io::empty();
        let body = body.unwrap_or(&mut nothing);
        let refused = match message::write(&mut stream, head, body, framing) {
            Ok(()) => None,
            // The server waits for the rest of the body, and would not answer.
            Err(NotWritten::Body(error)) => return Err(error.into()),
            // A server may refuse a body before it has read all of it.
            Err(NotWritten::Connection(error)) => Some(error),
        };
        receive(stream, &parts.method).map_err(|error| refused.unwrap_or(error).into())
    }

    fn connect(&self, uri: &Uri) -> Result<Box<dyn Stream>> {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let by_tls = uri.scheme() == Some(&Scheme::HTTPS);
        let port = uri.port_u16().unwrap_or(if by_tls { 443 } else { 80 });
        let mut failed = None;
        for address in (host, port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return if by_tls { self.by_tls(host, stream) } else { Ok(Box::new(stream)) };
                }
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) => Err(error.into()),
            None => bail!("{host} has no address"),
        }
    }

    #[cfg(feature = "full")]
    fn by_tls(&self, host: &str, stream: TcpStream) -> Result<Box<dyn Stream>> {
        let session = rustls::ClientConnection::new(self.tls.clone(), host.to_owned().try_into()?)?;
        Ok(Box::new(rustls::StreamOwned::new(session, stream)))
    }

    #[cfg(not(feature = "full"))]
    #[expect(clippy::unused_self, reason = "the other build has the keys in it")]
    fn by_tls(&self, host: &str, _: TcpStream) -> Result<Box<dyn Stream>> {
        bail!("{host} is only reached by https, which this build of the tool doesn't speak")
    }
}

/// Reads an answer; its body follows when it is read.
fn receive(stream: Box<dyn Stream>, method: &Method) -> io::Result<Response> {
    let mut source = BufReader::with_capacity(64 << 10, stream);
    loop {
        let bytes = message::read_head(&mut source)?;
        let bytes = bytes.ok_or_else(|| invalid("the connection ended without an answer"))?;
        let mut list = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Response::new(&mut list);
        parsed.parse(&bytes).map_err(|error| invalid(&error.to_string()))?;
        let status = StatusCode::from_u16(parsed.code.unwrap_or_default());
        let status = status.map_err(|error| invalid(&error.to_string()))?;
        if status.is_informational() {
            continue;
        }
        let headers = message::header_map(parsed.headers)?;
        let empty = *method == Method::HEAD || status == 204 || status == 304;
        let framing = match Framing::of(&headers)? {
            _ if empty => Framing::Length(0),
            Some(framing) => framing,
            None => Framing::ToEnd,
        };
        let length = match framing {
            Framing::Length(length) if !empty => Some(length),
            _ => None,
        };
        let source = Box::new(Arriving::new(source, framing));
        let mut response = Response::new(Body { source, length });
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        return Ok(response);
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    /// A body of a browser that went away.
    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    #[test]
    fn a_body_that_breaks_off_ends_the_request() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        // It reads and never answers, as a registry does that waits for the rest of an upload.
        let (ended, waits) = mpsc::channel();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            ended.send(io::copy(&mut stream, &mut io::sink()).is_ok()).ok();
        });
        let request = http::Request::put(url).header("content-length", "10").body(()).unwrap();
        assert!(Client::new().unwrap().send(request, Some(&mut Broken)).is_err());
        assert!(waits.recv_timeout(Duration::from_secs(10)).unwrap(), "the connection was closed");
    }
}
