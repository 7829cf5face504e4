//! HTTP/1.1 (RFC 9112) in blocking calls, as much as a server on loopback and its proxy need: a thread
//! per connection, bodies streamed in both directions.
//!
//! - [`message`]: heads and bodies as they stand on a connection.
//! - [`server`]: answers requests.
//! - [`client`]: sends one.
//!
//! An asynchronous server and client would be forty crates more in a first build.

use std::io::{Cursor, Read};

use bytes::Bytes;
use http::{HeaderValue, StatusCode};

pub mod client;
pub mod message;
pub mod server;

/// A request with its body, which is read while it arrives.
pub type Request<'a> = http::Request<&'a mut dyn Read>;

/// An answer; its body is read while it is sent.
pub type Response = http::Response<Body>;

/// What makes answers.
pub type Handler = Box<dyn Fn(Request<'_>) -> Response + Send + Sync>;

/// The body of an answer.
pub struct Body {
    source: Box<dyn Read + Send>,
    /// Its bytes, where they are known beforehand.
    length: Option<u64>,
}

impl Body {
    /// A body that ends when `source` does.
    pub fn streamed(source: impl Read + Send + 'static) -> Self {
        Self { source: Box::new(source), length: None }
    }

    /// What the body reads from.
    pub fn into_reader(self) -> Box<dyn Read + Send> {
        self.source
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(bytes: T) -> Self {
        let bytes = bytes.into();
        let length = Some(bytes.len() as u64);
        Self { source: Box::new(Cursor::new(bytes)), length }
    }
}

/// An answer; a header whose value can't stand in one is left out.
pub fn answer(
    status: StatusCode,
    headers: &[(&'static str, &str)],
    body: impl Into<Body>,
) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    for (name, value) in headers {
        set(&mut response, name, value);
    }
    response
}

/// Sets a header, if its value can stand in one.
pub fn set(response: &mut Response, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
