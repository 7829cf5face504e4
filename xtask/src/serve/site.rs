//! The files of `dist/` with the headers that a portal should send.

use std::fs;
use std::path::{Path, PathBuf};

use http::{HeaderMap, Method, StatusCode, header};

use super::watch;
use crate::assets::{PORTAL_SETTINGS, is_hashed, sha256};
use crate::csp;
use crate::http::{Request, Response, answer, set};

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
    pub fn respond(&self, request: &Request<'_>) -> Response {
        if request.method() != Method::GET && request.method() != Method::HEAD {
            return answer(StatusCode::METHOD_NOT_ALLOWED, &[("allow", "GET, HEAD")], "");
        }
        let Some(name) = file_name(request.uri().path()) else {
            return not_found();
        };
        let name = match &self.portal {
            Some(portal) => {
                if let Ok(bytes) = fs::read(portal.join(&name)) {
                    // The policy of the page is not the portal's.
                    let headers =
                        [("content-type", media_type(&name)), ("cache-control", "no-cache")];
                    return answer(StatusCode::OK, &headers, bytes);
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
            answer(StatusCode::NOT_MODIFIED, &HEADERS, "")
        } else {
            answer(StatusCode::OK, &HEADERS, bytes)
        };
        // On every file: a worker is under the policy of its own answer.
        set(&mut response, "content-security-policy", &csp::policy(csp::Delivery::Header));
        set(&mut response, "etag", &etag);
        set(&mut response, "content-type", media_type(&name));
        set(&mut response, "vary", "accept-encoding");
        let caching =
            if is_hashed(&name) { "public, max-age=31536000, immutable" } else { "no-cache" };
        set(&mut response, "cache-control", caching);
        if let Some(encoding) = encoding {
            set(&mut response, "content-encoding", encoding);
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
    answer(StatusCode::NOT_FOUND, &[("x-content-type-options", "nosniff")], "No such file.\n")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

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
