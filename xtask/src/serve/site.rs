//! The files of `dist/` with the headers that a portal should send.

use std::fs;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::watch;
use crate::assets::{PORTAL_SETTINGS, is_hashed, sha256};
use crate::csp;

/// Serves a folder.
#[derive(Clone)]
pub struct Site {
    dist: PathBuf,
    reloads: bool,
    portal: Option<PathBuf>,
}

/// Where the page is when a portal is served around it.
pub const IN_PORTAL: &str = "layermark/";

/// Headers of every answer. Portals set the same ones.
const HEADERS: [(&str, &str); 5] = [
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), clipboard-read=()"),
];

impl Site {
    /// The site in the folder `dist`; if `reloads`, pages also load the script of [`watch`].
    pub fn new(dist: PathBuf, reloads: bool) -> Self {
        Self { dist, reloads, portal: None }
    }

    /// With the files of the folder `portal` at `/`, the page at `/layermark/`. Files that the portal
    /// has there too, such as `config.json`, come from it.
    #[must_use]
    pub fn in_portal(self, portal: Option<PathBuf>) -> Self {
        Self { portal, ..self }
    }

    /// Answers `GET` and `HEAD`.
    pub fn respond(&self, request: &Request) -> Response {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")], "")
                .into_response();
        }
        let Some(name) = file_name(request.uri().path()) else {
            return not_found();
        };
        let name = match &self.portal {
            Some(portal) => {
                if let Ok(bytes) = fs::read(portal.join(&name)) {
                    // The policy of the page is not the portal's.
                    let headers = [
                        (header::CONTENT_TYPE, media_type(&name)),
                        (header::CACHE_CONTROL, "no-cache"),
                    ];
                    return (headers, bytes).into_response();
                }
                name.strip_prefix(IN_PORTAL).map(str::to_owned)
            }
            None => Some(name),
        };
        let Some(name) = name else { return not_found() };
        let path = self.dist.join(&name);
        let Some((encoding, bytes)) = self.read(&path, &name, request.headers()) else {
            return not_found();
        };

        let etag = format!("\"{}\"", sha256(&bytes));
        let same = request
            .headers()
            .get(header::IF_NONE_MATCH)
            .is_some_and(|known| known.as_bytes() == etag.as_bytes());
        let mut response = if same {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Response::new(Body::from(bytes))
        };
        let headers = response.headers_mut();
        for (name, value) in HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        // On every file: a worker is under the policy of its own answer.
        if let Ok(value) = HeaderValue::from_str(&csp::policy(csp::Delivery::Header)) {
            headers.insert(header::CONTENT_SECURITY_POLICY, value);
        }
        if let Ok(value) = HeaderValue::from_str(&etag) {
            headers.insert(header::ETAG, value);
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(&name)));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        let caching =
            if is_hashed(&name) { "public, max-age=31536000, immutable" } else { "no-cache" };
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        if let Some(encoding) = encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }

    /// The bytes to send and their encoding: a file that was compressed at build time, if it is
    /// there and the browser takes it.
    fn read(
        &self,
        path: &Path,
        name: &str,
        headers: &HeaderMap,
    ) -> Option<(Option<&'static str>, Vec<u8>)> {
        if self.reloads && name == "index.html" {
            let page = fs::read_to_string(path).ok()?;
            return Some((None, watch::with_script(&page).into_bytes()));
        }
        for (encoding, ending) in [("br", "br"), ("gzip", "gz")] {
            if accepts(headers, encoding) {
                let mut packed = path.as_os_str().to_owned();
                packed.push(".");
                packed.push(ending);
                if let Ok(bytes) = fs::read(packed) {
                    return Some((Some(encoding), bytes));
                }
            }
        }
        let missing = || name.rsplit('/').next().filter(|name| *name == PORTAL_SETTINGS);
        // A portal without settings may leave the file out; here it would only be a complaint in
        // the browser's console.
        let bytes = fs::read(path).ok().or_else(|| missing().map(|_| b"{}\n".to_vec()))?;
        Some((None, bytes))
    }
}

/// The file below `dist/` that a URL path means, or none if the path leads anywhere else.
fn file_name(path: &str) -> Option<String> {
    let path = path.strip_prefix('/')?;
    // A folder stands for its page.
    let page = if path.is_empty() || path.ends_with('/') { "index.html" } else { "" };
    let path = format!("{path}{page}");
    // Names that the build writes need no percent-encoding.
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    path.split('/').all(plain).then_some(path)
}

fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| {
            let (name, weight) = part.split_once(';').unwrap_or((part, ""));
            name.trim() == encoding && weight.trim().trim_end_matches(['0', '.']) != "q="
        })
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, [("x-content-type-options", "nosniff")], "No such file.\n")
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names() {
        for (path, expected) in [
            ("/", Some("index.html")),
            ("/a.js", Some("a.js")),
            ("/texts/de.txt", Some("texts/de.txt")),
            ("/../Cargo.toml", None),
            ("/texts/../../x", None),
            ("/%2e%2e/x", None),
            ("/.hidden", None),
            ("//x", None),
            ("/a\\b", None),
            ("/texts/", Some("texts/index.html")),
            ("/texts//", None),
            ("/../", None),
        ] {
            assert_eq!(file_name(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn encodings() {
        let check = |value: &'static str, encoding: &str, expected: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(accepts(&headers, encoding), expected, "{value} {encoding}");
        };
        check("gzip, deflate, br, zstd", "br", true);
        check("gzip, deflate", "br", false);
        check("br;q=0, gzip;q=0.5", "br", false);
        check("br;q=0, gzip;q=0.5", "gzip", true);
        check("brotli", "br", false);
    }
}
