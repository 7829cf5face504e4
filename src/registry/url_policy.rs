use super::refusal::{Code, Refusal};
use crate::manifest::{Digest, UrlParts};
use crate::msg;
use crate::text::Message;

/// The distribution registry's refusal of layer URLs, recognised.
///
/// `docker-registry` allows no URL by default and says so badly: status 500 with the errors
/// `UNKNOWN, UNKNOWN, MANIFEST_BLOB_UNKNOWN` per layer. Version 3 puts the reason into a detail,
/// 2.8 gives none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlPolicy {
    /// The layers that the registry named.
    pub layers: Vec<Digest>,
    /// Whether the registry said the reason itself (version 3); otherwise it is concluded from the
    /// order of the codes.
    pub stated: bool,
    /// Whether the reason is a Docker foreign layer without any URL, which no setting allows.
    pub missing: bool,
}

/// What to add to the configuration of the distribution registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowSetting {
    /// The YAML, ready to paste at the top level of `config.yml`; empty when no URL can be allowed.
    pub yaml: String,
    /// The URLs that no setting can allow, each with its reason.
    pub unallowable: Vec<(String, Unallowable)>,
}

/// Why the distribution registry refuses a URL whatever its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unallowable {
    /// Neither `http://` nor `https://`.
    Scheme,
    /// It has a fragment (`#…`).
    Fragment,
}

impl UrlPolicy {
    /// Recognises the refusal of a manifest whose layers have `urls`. The same three codes come for
    /// other reasons when there are no URLs, so `has_urls` must hold.
    pub fn recognise(refusal: &Refusal, has_urls: bool) -> Option<Self> {
        let says = |what: &str| refusal.entries.iter().any(|entry| entry.detail.contains(what));
        let missing = says("missing URL on layer");
        let stated = missing || says("invalid URL on layer");
        let unknowns = refusal.entries.iter().filter(|entry| entry.code == Code::Unknown).count();
        let order = refusal.status == 500
            && unknowns >= 2
            && refusal.has(&Code::ManifestBlobUnknown)
            && has_urls;
        (stated || order).then(|| Self { layers: refusal.digests(), stated, missing })
    }

    /// What happened and what it means, for a person.
    pub fn message(&self) -> Message {
        if self.missing {
            msg!("url-policy.missing")
        } else if self.stated {
            msg!("url-policy.stated")
        } else {
            msg!("url-policy.concluded")
        }
    }
}

impl Unallowable {
    /// Why, for a person.
    pub fn message(self) -> Message {
        match self {
            Self::Scheme => msg!("url-policy.scheme"),
            Self::Fragment => msg!("url-policy.fragment"),
        }
    }
}

/// The setting that makes the distribution registry (2.8 and 3) accept `urls`: one anchored regular
/// expression per scheme and host, because the registry's are not anchored by themselves.
pub fn allow_setting<'a>(urls: impl IntoIterator<Item = &'a str>) -> AllowSetting {
    let mut hosts: Vec<(&str, bool)> = Vec::new();
    let mut unallowable = Vec::new();
    for url in urls {
        match base(url) {
            Ok((base, with_path)) => match hosts.iter_mut().find(|(known, _)| *known == base) {
                Some((_, all_with_path)) => *all_with_path &= with_path,
                None => hosts.push((base, with_path)),
            },
            Err(why) => {
                if !unallowable.iter().any(|(known, _)| known == url) {
                    unallowable.push((url.to_owned(), why));
                }
            }
        }
    }
    if hosts.is_empty() {
        return AllowSetting { yaml: String::new(), unallowable };
    }
    let mut yaml = String::from("validation:\n  manifests:\n    urls:\n      allow:\n");
    for (base, with_path) in hosts {
        let end = if with_path { "/" } else { "([/?]|$)" };
        let regexp = format!("^{}{end}", escape_regexp(base));
        yaml.push_str("        - '");
        yaml.push_str(&regexp.replace('\'', "''"));
        yaml.push_str("'\n");
    }
    AllowSetting { yaml, unallowable }
}

/// Scheme and authority as spelled (the registry compares the text), and whether a path follows.
fn base(url: &str) -> Result<(&str, bool), Unallowable> {
    let parts = UrlParts::of(url).filter(|parts| parts.is_http() || parts.is_https());
    let parts = parts.ok_or(Unallowable::Scheme)?;
    // Go's parser keeps no empty fragment, so a bare `#` at the end passes.
    match parts.fragment {
        None | Some("") => Ok((parts.base, !parts.path.is_empty())),
        Some(_) => Err(Unallowable::Fragment),
    }
}

/// Escapes what is special in Go's regular expressions (RE2).
fn escape_regexp(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for ch in text.chars() {
        if r"\.+*?()|[]{}^$".contains(ch) {
            out.push('\\');
        }
        out.push(ch);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{Headers, Response};

    fn refusal(status: u16, body: &str) -> Refusal {
        let body = body.as_bytes().to_vec();
        Refusal::read(&Response { status, headers: Headers::new(), redirected_to: None, body })
    }

    #[test]
    fn both_dialects_are_recognised() {
        let layer = Digest::sha256(b"layer");
        let body = |detail: &str| {
            format!(
                r#"{{"errors":[{{"code":"UNKNOWN","message":"unknown error","detail":null}},
                {{"code":"UNKNOWN","message":"unknown error","detail":{detail}}},
                {{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry","detail":"{layer}"}}]}}"#
            )
        };
        let recognise =
            |status, body: &str, has_urls| UrlPolicy::recognise(&refusal(status, body), has_urls);
        let layers = vec![layer.clone()];
        for (detail, stated, missing) in [
            ("{}", false, false),
            (r#""invalid URL on layer""#, true, false),
            (r#""missing URL on layer""#, true, true),
        ] {
            let found = recognise(500, &body(detail), true).unwrap();
            assert_eq!(found, UrlPolicy { layers: layers.clone(), stated, missing });
            assert!(found.message().to_string().ends_with('.'));
        }
        // md5 digests give the same codes without any URL.
        assert_eq!(recognise(500, &body("{}"), false), None);
        assert_eq!(recognise(400, &body("{}"), true), None);
        let one =
            format!(r#"{{"errors":[{{"code":"MANIFEST_BLOB_UNKNOWN","detail":"{layer}"}}]}}"#);
        assert_eq!(recognise(400, &one, true), None);
        assert_eq!(recognise(500, r#"{"errors":[{"code":"UNKNOWN"}]}"#, true), None);
    }

    #[test]
    fn settings() {
        let setting = allow_setting([
            "https://cdn.example.com/app/blobs/1",
            "https://cdn.example.com/app/blobs/2",
            "http://cdn.example.com:8080/x",
            "https://it's.example/$",
            "https://bare.example",
            "ftp://old.example/x",
            "https://cdn.example.com/x#part",
            "https://cdn.example.com/x#",
        ]);
        assert_eq!(
            setting.yaml,
            "validation:\n  manifests:\n    urls:\n      allow:\n\
             \x20       - '^https://cdn\\.example\\.com/'\n\
             \x20       - '^http://cdn\\.example\\.com:8080/'\n\
             \x20       - '^https://it''s\\.example/'\n\
             \x20       - '^https://bare\\.example([/?]|$)'\n"
        );
        assert_eq!(
            setting.unallowable,
            [
                ("ftp://old.example/x".to_owned(), Unallowable::Scheme),
                ("https://cdn.example.com/x#part".to_owned(), Unallowable::Fragment),
            ]
        );
        assert_eq!(allow_setting(["ftp://x/"]).yaml, "");
    }
}
