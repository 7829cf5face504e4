use serde::Deserialize;
use serde_json::value::RawValue;

use super::transport::Response;
use crate::manifest::Digest;
use crate::msg;
use crate::text::{Message, excerpt};

/// The most bytes of an error body that are read.
pub const MAX_REFUSAL: u64 = crate::limits::REFUSAL;

const MAX_ENTRIES: usize = 16;
const MAX_TEXT: usize = 1000;

/// An answer by which a registry, or a proxy in front of it, refused a request.
///
/// All text in it is foreign: capped, and with hidden characters written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status code, 400 or above unless a success was not the one that had to come.
    pub status: u16,
    /// The errors in the body, at most 16.
    pub entries: Vec<RefusalEntry>,
    /// How many errors the body has beyond those.
    pub more: usize,
    /// What kind of body it was.
    pub kind: BodyKind,
    /// The start of the body as text, for “what the registry said”.
    pub body: String,
}

/// One error of the body (distribution-spec, "Error Codes").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalEntry {
    /// The code.
    pub code: Code,
    /// The message, maybe empty.
    pub message: String,
    /// The detail: a string's text, or the JSON of anything else; empty when there is none.
    pub detail: String,
}

/// What kind of body came with a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// Errors in the form of the specification.
    Errors,
    /// A web page, usually of a proxy.
    Html,
    /// Anything else.
    Other,
    /// Nothing; always so for `HEAD`.
    Empty,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// An error code: the 14 of the distribution specification, those that the distribution
        /// project adds, and those seen from Harbor and Quay.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Code {
            $($(#[$doc])* $variant,)*
            /// Any other code, as text.
            Other(String),
        }

        impl Code {
            /// Reads a code.
            pub fn parse(name: &str) -> Self {
                match name {
                    $($name => Self::$variant,)*
                    _ => Self::Other(excerpt(name, 64)),
                }
            }

            /// The code as registries write it.
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(name) => name,
                }
            }
        }
    };
}
codes! {
    /// The repository does not have the blob.
    BlobUnknown = "BLOB_UNKNOWN",
    /// The upload session is broken.
    BlobUploadInvalid = "BLOB_UPLOAD_INVALID",
    /// The upload session is gone.
    BlobUploadUnknown = "BLOB_UPLOAD_UNKNOWN",
    /// Bytes and digest differ, or the digest is malformed.
    DigestInvalid = "DIGEST_INVALID",
    /// The manifest refers to something that the repository does not have.
    ManifestBlobUnknown = "MANIFEST_BLOB_UNKNOWN",
    /// The manifest was refused as malformed.
    ManifestInvalid = "MANIFEST_INVALID",
    /// No such manifest.
    ManifestUnknown = "MANIFEST_UNKNOWN",
    /// The repository name is malformed.
    NameInvalid = "NAME_INVALID",
    /// No such repository, or none that may be seen.
    NameUnknown = "NAME_UNKNOWN",
    /// The length differs from the one announced.
    SizeInvalid = "SIZE_INVALID",
    /// Not signed in, or not with enough rights.
    Unauthorized = "UNAUTHORIZED",
    /// Not allowed.
    Denied = "DENIED",
    /// The operation is not supported or switched off.
    Unsupported = "UNSUPPORTED",
    /// Too many requests.
    TooManyRequests = "TOOMANYREQUESTS",
    /// distribution: anything unclassified.
    Unknown = "UNKNOWN",
    /// distribution: the storage or a service behind the registry is down.
    Unavailable = "UNAVAILABLE",
    /// distribution: a chunk out of order.
    RangeInvalid = "RANGE_INVALID",
    /// distribution, ECR: a malformed tag, or one that must not be overwritten.
    TagInvalid = "TAG_INVALID",
    /// distribution: a schema 1 signature does not fit.
    ManifestUnverified = "MANIFEST_UNVERIFIED",
    /// distribution: too many items asked for in one page.
    PaginationNumberInvalid = "PAGINATION_NUMBER_INVALID",
    /// Harbor: a rule of the project, usually an immutable tag.
    Precondition = "PRECONDITION",
    /// Quay: the tag is immutable.
    TagAlreadyExists = "TAG_ALREADY_EXISTS",
    /// Quay: the tag was deleted or expired.
    TagExpired = "TAG_EXPIRED",
    /// Quay: unclassified.
    InvalidRequest = "INVALID_REQUEST",
    /// Harbor: vulnerability or signature policy.
    ProjectPolicyViolation = "PROJECTPOLICYVIOLATION",
}

impl Refusal {
    /// Reads a refusal from any body: the specified form, a bare error object, HTML, text, nothing.
    pub fn read(response: &Response) -> Self {
        let mut text = String::from_utf8_lossy(&response.body).into_owned();
        let html = response.headers.media_type().is_some_and(|kind| kind == "text/html")
            || text.trim_start().starts_with("<!")
            || text.trim_start().starts_with("<html");
        let (entries, more) = read_entries(&text);
        let kind = if !entries.is_empty() {
            BodyKind::Errors
        } else if text.trim().is_empty() {
            BodyKind::Empty
        } else if html {
            BodyKind::Html
        } else {
            BodyKind::Other
        };
        if kind == BodyKind::Html {
            text = html_text(&text);
        }
        let body = excerpt(text.trim(), MAX_TEXT);
        Self { status: response.status, entries, more, kind, body }
    }

    /// Whether the body holds `code`.
    pub fn has(&self, code: &Code) -> bool {
        self.entries.iter().any(|entry| entry.code == *code)
    }

    /// Whether any code is about a manifest: such an answer is final, whatever its status.
    pub fn about_manifest(&self) -> bool {
        self.entries.iter().any(|entry| entry.code.name().starts_with("MANIFEST_"))
    }

    /// The digests that the details name, such as the missing ones of `MANIFEST_BLOB_UNKNOWN`.
    pub fn digests(&self) -> Vec<Digest> {
        let mut found = Vec::new();
        for entry in &self.entries {
            let parts = entry.detail.split(|ch: char| !(ch.is_ascii_alphanumeric() || ch == ':'));
            for digest in parts.filter_map(|part| Digest::parse(part).ok()) {
                if !found.contains(&digest) {
                    found.push(digest);
                }
            }
        }
        found
    }

    /// Whether the registry says that the tag must not be overwritten, in any dialect: Harbor 412
    /// `PRECONDITION`, Quay 409 `TAG_ALREADY_EXISTS`, ECR 400 `TAG_INVALID` with its text, others
    /// 403 or 405 with a text.
    pub fn is_immutable_tag(&self) -> bool {
        let says = |text: &str| {
            let text = text.to_ascii_lowercase();
            text.contains("immutable")
                || text.contains("cannot be overwritten")
                || (text.contains("tag") && text.contains("already exists"))
        };
        self.has(&Code::TagAlreadyExists)
            || (self.status == 412 && self.has(&Code::Precondition))
            || (matches!(self.status, 400 | 403 | 405 | 409 | 412)
                && self.entries.iter().any(|entry| says(&entry.message) || says(&entry.detail)))
    }

    /// What happened, for a person: status, codes and the registry's own words.
    pub fn message(&self) -> Message {
        match self.entries.first() {
            Some(first) => {
                let mut codes: Vec<&str> = Vec::new();
                for entry in &self.entries {
                    if !codes.contains(&entry.code.name()) {
                        codes.push(entry.code.name());
                    }
                }
                let said = first.said();
                if said.is_empty() {
                    msg!("answer.codes", status = self.status, codes = codes.join(", "))
                } else {
                    msg!("answer.said", status = self.status, codes = codes.join(", "), said = said)
                }
            }
            None => match self.kind {
                BodyKind::Html => msg!("answer.html", status = self.status),
                BodyKind::Empty | BodyKind::Errors => {
                    msg!("answer.empty", status = self.status)
                }
                BodyKind::Other => {
                    msg!("answer.other", status = self.status, said = excerpt(&self.body, 200))
                }
            },
        }
    }

    /// What it means and what to do, when that is known.
    pub fn hint(&self) -> Option<Message> {
        if self.is_immutable_tag() {
            return Some(msg!("hint.immutable-tag"));
        }
        let about_manifest = self
            .entries
            .iter()
            .find(|entry| entry.code.name().starts_with("MANIFEST_"))
            .filter(|_| self.has(&Code::Unknown));
        let entry = about_manifest.or_else(|| self.entries.first());
        entry.and_then(RefusalEntry::hint).or_else(|| self.hint_of_status())
    }

    fn hint_of_status(&self) -> Option<Message> {
        Some(match self.status {
            401 => msg!("hint.unauthorized"),
            403 => msg!("hint.denied"),
            404 if self.body.starts_with("404 page not found") => msg!("hint.not-a-route"),
            404 if self.kind == BodyKind::Html => msg!("hint.not-a-route"),
            405 => msg!("hint.method-blocked"),
            408 | 502 | 504 => msg!("hint.proxy-gave-up"),
            413 => msg!("hint.body-too-large"),
            414 | 431 => msg!("hint.request-too-long"),
            415 => msg!("hint.media-type"),
            429 => msg!("hint.too-many-requests"),
            500 => msg!("hint.registry-failed"),
            503 => msg!("hint.unavailable"),
            _ => return None,
        })
    }
}

impl RefusalEntry {
    /// The registry's words without a period at their end: a sentence goes around them.
    fn said(&self) -> String {
        let useful = |detail: &str| !matches!(detail, "" | "{}" | "null" | "[]");
        let said = match (self.message.as_str(), self.detail.as_str()) {
            ("", detail) if useful(detail) => detail.to_owned(),
            (message, detail) if useful(detail) && detail != message => {
                format!("{message} ({detail})")
            }
            (message, _) => message.to_owned(),
        };
        said.trim_end_matches('.').to_owned()
    }

    fn hint(&self) -> Option<Message> {
        let too_large = |text: &str| text.contains("too large");
        Some(match &self.code {
            Code::BlobUnknown => msg!("hint.blob-unknown"),
            Code::BlobUploadInvalid => msg!("hint.blob-upload-invalid"),
            Code::BlobUploadUnknown => msg!("hint.blob-upload-unknown"),
            Code::DigestInvalid => msg!("hint.digest-invalid"),
            Code::ManifestBlobUnknown => msg!("hint.manifest-blob-unknown"),
            Code::ManifestInvalid if too_large(&self.detail) || too_large(&self.message) => {
                msg!("hint.manifest-too-large")
            }
            Code::ManifestInvalid => msg!("hint.manifest-invalid"),
            Code::ManifestUnknown if self.message.contains("accept header") => {
                msg!("hint.manifest-accept")
            }
            Code::ManifestUnknown => msg!("hint.manifest-unknown"),
            Code::ManifestUnverified => msg!("hint.manifest-unverified"),
            Code::NameInvalid => msg!("hint.name-invalid"),
            Code::NameUnknown => msg!("hint.name-unknown"),
            Code::SizeInvalid => msg!("hint.size-invalid"),
            Code::RangeInvalid => msg!("hint.range-invalid"),
            Code::TagInvalid => msg!("hint.tag-invalid"),
            Code::Unauthorized => msg!("hint.unauthorized"),
            Code::Denied => msg!("hint.denied"),
            Code::Unsupported => msg!("hint.unsupported"),
            Code::TooManyRequests => msg!("hint.too-many-requests"),
            Code::Unavailable => msg!("hint.unavailable"),
            Code::PaginationNumberInvalid => msg!("hint.pagination"),
            Code::Precondition | Code::ProjectPolicyViolation => msg!("hint.policy"),
            Code::TagExpired => msg!("hint.tag-expired"),
            Code::Unknown | Code::TagAlreadyExists | Code::InvalidRequest | Code::Other(_) => {
                return None;
            }
        })
    }
}

#[derive(Deserialize)]
struct ErrorsBody<'a> {
    #[serde(borrow)]
    errors: Vec<&'a RawValue>,
}

// The members are raw so that one of an unexpected type does not lose the others.
#[derive(Deserialize)]
struct EntryBody<'a> {
    #[serde(borrow)]
    code: &'a RawValue,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
}

fn read_entries(text: &str) -> (Vec<RefusalEntry>, usize) {
    if let Ok(body) = serde_json::from_str::<ErrorsBody<'_>>(text) {
        let entries = body.errors.iter().take(MAX_ENTRIES);
        let entries = entries.filter_map(|raw| read_entry(raw.get())).collect();
        return (entries, body.errors.len().saturating_sub(MAX_ENTRIES));
    }
    // zot answers 401 with one error that is not in a list.
    (read_entry(text).into_iter().collect(), 0)
}

fn read_entry(text: &str) -> Option<RefusalEntry> {
    let body = serde_json::from_str::<EntryBody<'_>>(text).ok()?;
    let plain = |raw: Option<&RawValue>| raw.map(RawValue::get).map(plain_text).unwrap_or_default();
    Some(RefusalEntry {
        code: Code::parse(&plain_text(body.code.get())),
        message: plain(body.message),
        detail: plain(body.detail),
    })
}

/// A JSON string's text, nothing for `null`, the JSON itself for anything else.
fn plain_text(raw: &str) -> String {
    match serde_json::from_str::<Option<String>>(raw) {
        Ok(text) => excerpt(&text.unwrap_or_default(), MAX_TEXT),
        Err(_) => excerpt(raw, MAX_TEXT),
    }
}

/// The text between the tags, for showing what a proxy's error page says.
fn html_text(html: &str) -> String {
    let mut out = String::new();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        out.push_str(&rest[..open]);
        out.push(' ');
        rest = rest[open..].find('>').map_or("", |close| &rest[open + close + 1..]);
    }
    out.push_str(rest);
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
