//! `PUT` of layers straight to a server: to their URLs, or to presigned ones.
//!
//! Invariants: the query of a URL, where signatures stand, and the headers that the person gave are
//! sent and nowhere shown, kept or reported; headers go to one server, and nothing to the page's own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::plan::MarkedLayer;
use crate::manifest::{Digest, Facts, Templates, UrlParts};
use crate::msg;
use crate::registry::{Origin, Url};
use crate::text::{Message, visible};

/// One upload.
#[derive(Clone, PartialEq, Eq)]
pub struct PutJob {
    /// The layer.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Where it is sent, with its signature if it has one.
    url: String,
    /// The server that it is sent to.
    pub origin: Origin,
    /// The URL in the descriptor that becomes true.
    pub makes_true: String,
    /// It was sent before, and is not sent again.
    pub done: bool,
}

/// A server that layers are sent to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// The server.
    pub origin: Origin,
    /// How many layers it gets.
    pub count: usize,
    /// Their size in bytes.
    pub size: u64,
}

/// A header that goes along; its value may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct PutHeader {
    /// The name.
    pub name: String,
    value: String,
}

/// Why an upload cannot be made of what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PutError {
    /// A line of the headers is no `Name: value`.
    NotAHeader {
        /// The line, from 1.
        line: usize,
    },
    /// A header that browsers do not let pages set.
    ForbiddenHeader {
        /// Its name.
        name: String,
    },
    /// A line of the presigned URLs is no http or https URL.
    NotAUrl {
        /// The line, from 1.
        line: usize,
    },
    /// No presigned URL was given for this layer: none holds its digest or has the path of its URL.
    Missing {
        /// The layer.
        digest: Digest,
    },
    /// A presigned URL belongs to no marked layer.
    Unused {
        /// The line, from 1.
        line: usize,
    },
    /// A layer has no URL that could become true.
    NoUrl {
        /// The layer.
        digest: Digest,
    },
    /// A layer would be sent to what is no http or https URL.
    NotSendable {
        /// What it is, without its query.
        url: String,
    },
    /// A layer would be sent to the server of the page itself.
    ToPage {
        /// The server.
        origin: Origin,
    },
    /// Headers would go to several servers.
    HeadersForSeveral {
        /// The servers.
        origins: Vec<Origin>,
    },
}

impl PutJob {
    fn new(layer: &MarkedLayer, url: String) -> Result<Self, PutError> {
        let (digest, size) = (layer.digest.clone(), layer.size);
        let Some(makes_true) = layer.urls.first().cloned() else {
            return Err(PutError::NoUrl { digest });
        };
        let Ok(parsed) = Url::parse(&url) else {
            return Err(PutError::NotSendable { url: shown(&url).to_owned() });
        };
        Ok(Self { digest, size, url, origin: parsed.origin().clone(), makes_true, done: false })
    }

    /// Where the layer is sent: only for the request itself.
    pub fn secret_url(&self) -> &str {
        &self.url
    }

    /// The same upload as it may be kept.
    #[must_use]
    pub fn without_signature(&self) -> Self {
        Self { url: self.shown().to_owned(), ..self.clone() }
    }

    /// The same without its query, for people.
    pub fn shown(&self) -> &str {
        self.url.split(['?', '#']).next().unwrap_or_default()
    }
}

impl PutHeader {
    /// The value: only for the request itself.
    pub fn secret_value(&self) -> &str {
        &self.value
    }
}

/// The headers in `text`, one `Name: value` a line; blank lines do not count.
pub fn parse_headers(text: &str) -> Result<Vec<PutHeader>, PutError> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            let bad = PutError::NotAHeader { line: at + 1 };
            let (name, value) = line.split_once(':').ok_or(bad.clone())?;
            let (name, value) = (name.trim(), value.trim());
            // RFC 9110, sections 5.1 and 5.5.
            let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.is_empty() || !name.chars().all(token) || value.chars().any(char::is_control) {
                return Err(bad);
            }
            if is_forbidden(name) {
                return Err(PutError::ForbiddenHeader { name: name.to_owned() });
            }
            Ok(PutHeader { name: name.to_owned(), value: value.to_owned() })
        })
        .collect()
}

/// Whether browsers keep the header to themselves (Fetch, “forbidden request-header”).
fn is_forbidden(name: &str) -> bool {
    const FORBIDDEN: [&str; 20] = [
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    let name = name.to_ascii_lowercase();
    FORBIDDEN.contains(&name.as_str())
        || name == "via"
        || name.starts_with("proxy-")
        || name.starts_with("sec-")
}

/// The uploads of `layers`: each distinct layer once.
///
/// With `presigned` empty they go to the layers' first URLs. A template (it has a `{`) makes a URL for
/// each layer; else every line is a presigned URL, and belongs to the layer whose digest it holds or
/// whose URL has the same path.
pub fn put_jobs(
    layers: &[MarkedLayer],
    presigned: &str,
    facts: &Facts,
) -> Result<Vec<PutJob>, PutError> {
    let mut seen = BTreeSet::new();
    let distinct: Vec<&MarkedLayer> =
        layers.iter().filter(|layer| seen.insert(&layer.digest)).collect();
    let presigned = presigned.trim();
    if presigned.is_empty() {
        return distinct
            .into_iter()
            .map(|layer| PutJob::new(layer, layer.urls.first().cloned().unwrap_or_default()))
            .collect();
    }
    if presigned.contains('{') {
        return distinct
            .into_iter()
            .enumerate()
            .map(|(index, layer)| {
                let missing = PutError::Missing { digest: layer.digest.clone() };
                let descriptor = layer.descriptor();
                let urls = Templates::parse(presigned)
                    .and_then(|template| template.urls(facts, index, &descriptor));
                let url = urls.ok().and_then(|urls| urls.into_iter().next()).ok_or(missing)?;
                PutJob::new(layer, url)
            })
            .collect();
    }
    let mut lines: Vec<Line<'_>> = Vec::new();
    for (at, line) in presigned.lines().enumerate() {
        let url = line.trim();
        if url.is_empty() {
            continue;
        }
        if crate::manifest::check_url(url).is_err() {
            return Err(PutError::NotAUrl { line: at + 1 });
        }
        lines.push(Line { number: at + 1, url, path: path_of(url), used: false });
    }
    let mut jobs = Vec::new();
    for layer in distinct {
        let paths: Vec<Option<String>> = layer.urls.iter().map(|url| path_of(url)).collect();
        let is_own = |line: &Line<'_>| {
            shown(line.url).contains(layer.digest.hex()) || paths.contains(&line.path)
        };
        let Some(line) = lines.iter_mut().find(|line| !line.used && is_own(line)) else {
            return Err(PutError::Missing { digest: layer.digest.clone() });
        };
        line.used = true;
        jobs.push(PutJob::new(layer, line.url.to_owned())?);
    }
    match lines.iter().find(|line| !line.used) {
        Some(line) => Err(PutError::Unused { line: line.number }),
        None => Ok(jobs),
    }
}

/// A line of the presigned URLs.
struct Line<'a> {
    /// Which, from 1.
    number: usize,
    url: &'a str,
    path: Option<String>,
    used: bool,
}

fn path_of(url: &str) -> Option<String> {
    UrlParts::of(url).map(|parts| parts.path.replace("%3A", ":").replace("%3a", ":"))
}

/// A URL without its query, where signatures stand.
fn shown(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// The servers that `jobs` go to, each once.
pub fn receivers(jobs: &[PutJob]) -> Vec<Receiver> {
    let mut found: BTreeMap<&Origin, (usize, u64)> = BTreeMap::new();
    for job in jobs {
        let (count, size) = found.entry(&job.origin).or_default();
        (*count, *size) = (*count + 1, size.saturating_add(job.size));
    }
    let receiver =
        |(origin, (count, size)): (&Origin, _)| Receiver { origin: origin.clone(), count, size };
    found.into_iter().map(receiver).collect()
}

/// Refuses what must not be sent: anything to the server of the page at `page`, and headers, which
/// may hold a password, to more than one server.
pub fn check_receivers(
    jobs: &[PutJob],
    headers: &[PutHeader],
    page: Option<&Origin>,
) -> Result<(), PutError> {
    let mut origins: Vec<Origin> = receivers(jobs).into_iter().map(|it| it.origin).collect();
    // Whatever the scheme: browsers turn http into https.
    let is_page = |origin: &Origin| page.is_some_and(|page| page.authority() == origin.authority());
    if let Some(at) = origins.iter().position(is_page) {
        return Err(PutError::ToPage { origin: origins.swap_remove(at) });
    }
    if !headers.is_empty() && origins.len() > 1 {
        return Err(PutError::HeadersForSeveral { origins });
    }
    Ok(())
}

/// How many servers a sentence names.
const NAMED: usize = 5;

impl PutError {
    /// What is wrong and what to do, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::NotAHeader { line } => msg!("deliver.not-a-header", line = *line as u64),
            Self::ForbiddenHeader { name } => {
                msg!("deliver.forbidden-header", name = visible(name))
            }
            Self::NotAUrl { line } => msg!("deliver.not-a-url", line = *line as u64),
            Self::Missing { digest } => msg!("deliver.no-presigned", digest = digest.short()),
            Self::Unused { line } => msg!("deliver.unused", line = *line as u64),
            Self::NoUrl { digest } => msg!("deliver.no-url", digest = digest.short()),
            Self::NotSendable { url } => msg!("deliver.not-sendable", url = visible(url)),
            Self::ToPage { origin } => msg!("deliver.to-page", origin = origin.to_string()),
            Self::HeadersForSeveral { origins } => {
                let names: Vec<String> =
                    origins.iter().take(NAMED).map(Origin::to_string).collect();
                let names = names.join(", ");
                msg!("deliver.headers-for-several", count = origins.len(), origins = names)
            }
        }
    }
}

/// Without its signature.
impl fmt::Debug for PutJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PUT {} to {}", self.digest, self.shown())
    }
}

/// Without its value.
impl fmt::Debug for PutHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: …", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(content: &str, url: &str) -> MarkedLayer {
        let digest = Digest::sha256(content.as_bytes());
        let urls = vec![url.to_owned()];
        MarkedLayer { digest, size: content.len() as u64, urls, as_loaded: false }
    }

    #[test]
    fn headers_are_read_line_by_line() {
        let read = |text| {
            parse_headers(text).map(|headers| {
                headers.into_iter().map(|one| (one.name, one.value)).collect::<Vec<_>>()
            })
        };
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            read("x-ms-blob-type: BlockBlob\n\nContent-Type : a/b\n"),
            Ok(vec![header("x-ms-blob-type", "BlockBlob"), header("Content-Type", "a/b")])
        );
        for (text, expected) in [
            ("no colon", PutError::NotAHeader { line: 1 }),
            ("a: b\n: c", PutError::NotAHeader { line: 2 }),
            ("a b: c", PutError::NotAHeader { line: 1 }),
            ("a: \u{1}", PutError::NotAHeader { line: 1 }),
            ("Host: x", PutError::ForbiddenHeader { name: "Host".into() }),
            ("Sec-Fetch-Mode: x", PutError::ForbiddenHeader { name: "Sec-Fetch-Mode".into() }),
        ] {
            assert_eq!(read(text), Err(expected), "{text:?}");
        }
    }

    #[test]
    fn headers_go_to_one_server_and_nothing_to_the_pages_own() {
        let page = Url::parse("https://portal.example").unwrap();
        let header = parse_headers("Authorization: Bearer token").unwrap();
        let (cdn, evil) = ("https://cdn.example/a", "https://evil.example/b");
        let origin = |url: &str| Url::parse(url).unwrap().origin().clone();
        for (urls, headers, expected) in [
            ([cdn, "https://cdn.example/b"], &header[..], Ok(())),
            ([cdn, evil], &[][..], Ok(())),
            (
                [cdn, evil],
                &header,
                Err(PutError::HeadersForSeveral { origins: vec![origin(cdn), origin(evil)] }),
            ),
            (
                [cdn, "http://cdn.example/b"],
                &header,
                Err(PutError::HeadersForSeveral {
                    origins: vec![origin("http://cdn.example"), origin(cdn)],
                }),
            ),
            (
                [cdn, "https://portal.example/v2/app/manifests/1"],
                &[],
                Err(PutError::ToPage { origin: page.origin().clone() }),
            ),
            (
                [cdn, "http://portal.example/x"],
                &[],
                Err(PutError::ToPage { origin: origin("http://portal.example") }),
            ),
        ] {
            let layers = [layer("a", urls[0]), layer("b", urls[1])];
            let jobs = put_jobs(&layers, "", &Facts::default()).unwrap();
            assert_eq!(check_receivers(&jobs, headers, Some(page.origin())), expected, "{urls:?}");
        }
        let bad = put_jobs(&[layer("a", "https://u:p@cdn.example/a?s=1")], "", &Facts::default());
        let url = "https://u:p@cdn.example/a".to_owned();
        assert_eq!(bad, Err(PutError::NotSendable { url }));
    }

    #[test]
    fn presigned_urls_find_their_layers() {
        let (a, b) = (layer("a", "https://cdn.example/l/a"), layer("b", "https://cdn.example/l/b"));
        let layers = [a.clone(), b.clone(), a.clone()];
        let by_digest = format!("https://s3.example/x/{}?X-Amz-Signature=s", b.digest.hex());
        let by_path = "https://bucket.s3.example/l/a?X-Amz-Signature=s".to_owned();
        let facts = Facts::default();
        let jobs = put_jobs(&layers, &format!("{by_digest}\n\n{by_path}\n"), &facts).unwrap();
        let urls: Vec<&str> = jobs.iter().map(PutJob::secret_url).collect();
        assert_eq!(urls, [by_path.as_str(), by_digest.as_str()]);
        assert_eq!(jobs[0].shown(), "https://bucket.s3.example/l/a");
        assert!(!format!("{jobs:?}").contains("Signature"));

        let own: Vec<String> =
            put_jobs(&layers, " ", &facts).unwrap().into_iter().map(|job| job.url).collect();
        assert_eq!(own, ["https://cdn.example/l/a", "https://cdn.example/l/b"]);

        let made = put_jobs(&layers, "https://up.example/{hex}?t=1", &facts).unwrap();
        assert_eq!(made[1].url, format!("https://up.example/{}?t=1", b.digest.hex()));

        for (text, expected) in [
            (by_path.clone(), PutError::Missing { digest: b.digest.clone() }),
            (format!("{by_path}\n{by_digest}\nhttps://x.example/y"), PutError::Unused { line: 3 }),
            (format!("{by_path}\nnot a url"), PutError::NotAUrl { line: 2 }),
        ] {
            assert_eq!(put_jobs(&layers, &text, &facts), Err(expected), "{text}");
        }
    }
}
