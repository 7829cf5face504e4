//! URL templates and what a URL in a manifest must be.

use super::url::{UrlParts, parse_port};
use super::{Descriptor, Digest};
use crate::msg;
use crate::text::{Message, excerpt};

/// One or more URL templates, one a line, that make the URLs of a layer in that order.
///
/// Placeholders: `{digest}` (`sha256:…`), `{algorithm}` (`sha256`), `{hex}`, `{repository}`,
/// `{registry}`, `{tag}`, `{index}` (zero-based) and `{size}` (bytes).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Templates(Vec<Template>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Template {
    /// Its line in the text, from one.
    line: usize,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Value(Placeholder),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placeholder {
    Digest,
    Algorithm,
    Hex,
    Repository,
    Registry,
    Tag,
    Index,
    Size,
}

/// What is known of the image's place, for the placeholders; absent for a pasted manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The registry's host, with its port if it has one.
    pub registry: Option<String>,
    /// The repository's name.
    pub repository: Option<String>,
    /// The tag.
    pub tag: Option<String>,
}

/// Why templates make no URLs; `line` counts from one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// No template at all.
    Empty,
    /// A placeholder that is not known.
    UnknownPlaceholder {
        /// The line.
        line: usize,
        /// Its name.
        name: String,
    },
    /// A `{` without `}` or the reverse.
    Brace {
        /// The line.
        line: usize,
    },
    /// Nothing is known to put in the place of this one.
    NoValue {
        /// The placeholder's name.
        name: &'static str,
    },
    /// The result is not a URL that can stand in a manifest.
    Url {
        /// The line.
        line: usize,
        /// What is wrong with it.
        error: UrlError,
    },
}

/// Why a text cannot stand in a layer's `urls`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlError {
    /// Nothing.
    Empty,
    /// Neither `http://` nor `https://` in front.
    Scheme,
    /// No host.
    NoHost,
    /// A user name or password, which would be published in the manifest.
    Credentials,
    /// A `#fragment`, which registries refuse.
    Fragment,
    /// This character must not stand in a URL (RFC 3986).
    Character(char),
    /// A port that is no number up to 65535.
    Port,
    /// A `%` without two hex digits after it, at which registries fail.
    Escape,
}

const PLACEHOLDERS: [(&str, Placeholder); 8] = [
    ("digest", Placeholder::Digest),
    ("algorithm", Placeholder::Algorithm),
    ("hex", Placeholder::Hex),
    ("repository", Placeholder::Repository),
    ("registry", Placeholder::Registry),
    ("tag", Placeholder::Tag),
    ("index", Placeholder::Index),
    ("size", Placeholder::Size),
];

impl Templates {
    /// Reads templates, one a line; blank lines do not count.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let templates = lines
            .map(|(at, text)| Ok(Template { line: at + 1, parts: parts(text.trim(), at + 1)? }))
            .collect::<Result<Vec<_>, TemplateError>>()?;
        if templates.is_empty() { Err(TemplateError::Empty) } else { Ok(Self(templates)) }
    }

    /// The names of all placeholders, for help.
    pub fn placeholders() -> impl Iterator<Item = &'static str> {
        PLACEHOLDERS.iter().map(|(name, _)| *name)
    }

    /// The URLs for the layer at the zero-based `index`.
    pub fn urls(
        &self,
        facts: &Facts,
        index: usize,
        layer: &Descriptor,
    ) -> Result<Vec<String>, TemplateError> {
        let value = |of: Placeholder| -> Result<String, TemplateError> {
            let known =
                |value: &Option<String>, name| value.clone().ok_or(TemplateError::NoValue { name });
            let digest: &Digest = &layer.digest;
            Ok(match of {
                Placeholder::Digest => digest.to_string(),
                Placeholder::Algorithm => digest.algorithm().name().to_owned(),
                Placeholder::Hex => digest.hex().to_owned(),
                Placeholder::Index => index.to_string(),
                Placeholder::Size => layer.size.to_string(),
                Placeholder::Repository => known(&facts.repository, "repository")?,
                Placeholder::Registry => known(&facts.registry, "registry")?,
                Placeholder::Tag => known(&facts.tag, "tag")?,
            })
        };
        let mut urls = Vec::with_capacity(self.0.len());
        for template in &self.0 {
            let mut url = String::new();
            for part in &template.parts {
                match part {
                    Part::Text(text) => url.push_str(text),
                    Part::Value(placeholder) => url.push_str(&value(*placeholder)?),
                }
            }
            check_url(&url).map_err(|error| TemplateError::Url { line: template.line, error })?;
            urls.push(url);
        }
        Ok(urls)
    }
}

/// Whether `url` is an absolute http(s) URL without credentials and fragment.
///
/// Sources: image-spec `descriptor.md` (`urls` are RFC 3986 URIs, http or https); distribution
/// refuses other schemes and fragments with status 500; a user name or password would be published.
pub fn check_url(url: &str) -> Result<(), UrlError> {
    if url.is_empty() {
        return Err(UrlError::Empty);
    }
    let parts = UrlParts::of(url).filter(|parts| parts.is_http() || parts.is_https());
    let parts = parts.ok_or(UrlError::Scheme)?;
    if parts.userinfo.is_some() {
        return Err(UrlError::Credentials);
    }
    let (host, port) = parts.host_and_port();
    if host.is_empty() || host.starts_with('[') != host.ends_with(']') {
        return Err(UrlError::NoHost);
    }
    if port.is_some_and(|port| parse_port(port).is_none()) {
        return Err(UrlError::Port);
    }
    if parts.fragment.is_some() {
        return Err(UrlError::Fragment);
    }
    // Letters beyond ASCII are no part of RFC 3986, but Go's url.Parse takes them; a check warns.
    let barred = |c: &char| {
        c.is_control()
            || c.is_whitespace()
            || matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}')
    };
    if let Some(found) = url.chars().find(barred) {
        return Err(UrlError::Character(found));
    }
    // RFC 3986, section 2.1; Go's url.Parse refuses the rest.
    let is_escape = |rest: &str| {
        rest.as_bytes().get(..2).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    };
    if url.split('%').skip(1).all(is_escape) { Ok(()) } else { Err(UrlError::Escape) }
}

fn parts(template: &str, line: usize) -> Result<Vec<Part>, TemplateError> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find(['{', '}']) {
        if open > 0 {
            parts.push(Part::Text(rest[..open].to_owned()));
        }
        let inner = rest[open..].strip_prefix('{').ok_or(TemplateError::Brace { line })?;
        let close = inner.find(['{', '}']).ok_or(TemplateError::Brace { line })?;
        if inner[close..].starts_with('{') {
            return Err(TemplateError::Brace { line });
        }
        let name = &inner[..close];
        let placeholder = PLACEHOLDERS.iter().find(|(known, _)| *known == name);
        let Some((_, placeholder)) = placeholder else {
            return Err(TemplateError::UnknownPlaceholder { line, name: name.to_owned() });
        };
        parts.push(Part::Value(*placeholder));
        rest = &inner[close + 1..];
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Ok(parts)
}

impl TemplateError {
    /// The sentence at the field.
    pub fn message(&self) -> Message {
        match self {
            Self::Empty => msg!("template.empty"),
            Self::UnknownPlaceholder { line, name } => {
                let known: Vec<String> =
                    Templates::placeholders().map(|name| format!("{{{name}}}")).collect();
                msg!(
                    "template.unknown",
                    line = *line,
                    name = excerpt(name, 40),
                    known = known.join(" ")
                )
            }
            Self::Brace { line } => msg!("template.brace", line = *line),
            Self::NoValue { name } => msg!("template.no-value", name = *name),
            Self::Url { line, error } => {
                msg!("template.url", line = *line, error = error.message())
            }
        }
    }
}

impl UrlError {
    /// What is wrong, as a sentence.
    pub fn message(self) -> Message {
        match self {
            Self::Empty => msg!("url.empty"),
            Self::Scheme => msg!("url.scheme"),
            Self::NoHost => msg!("url.no-host"),
            Self::Credentials => msg!("url.credentials"),
            Self::Fragment => msg!("url.fragment"),
            Self::Character(' ') => msg!("url.space"),
            Self::Character(found) => {
                msg!("url.character", code = format!("U+{:04X}", u32::from(found)))
            }
            Self::Port => msg!("url.port"),
            Self::Escape => msg!("url.escape"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer() -> Descriptor {
        Descriptor {
            media_type: String::new(),
            digest: Digest::sha256(b"abc"),
            size: 3,
            urls: None,
            platform: None,
            annotations: Vec::new(),
            artifact_type: None,
            data: None,
        }
    }

    #[test]
    fn templates() {
        let hex = Digest::sha256(b"abc").hex().to_owned();
        let facts = Facts {
            registry: Some("r.example:5000".into()),
            repository: Some("team/app".into()),
            tag: None,
        };
        let check = |template: &str, expected: Result<Vec<String>, TemplateError>| {
            let got = Templates::parse(template).and_then(|all| all.urls(&facts, 2, &layer()));
            assert_eq!(got, expected, "{template}");
        };
        check(
            "https://cdn.example/{repository}/blobs/{digest}\n\n http://{registry}/{algorithm}/{hex}?i={index}&s={size} ",
            Ok(vec![
                format!("https://cdn.example/team/app/blobs/sha256:{hex}"),
                format!("http://r.example:5000/sha256/{hex}?i=2&s=3"),
            ]),
        );
        check(" \n", Err(TemplateError::Empty));
        check(
            "https://a/{Digest}",
            Err(TemplateError::UnknownPlaceholder { line: 1, name: "Digest".into() }),
        );
        check("https://a/{digest", Err(TemplateError::Brace { line: 1 }));
        check("https://a/digest}", Err(TemplateError::Brace { line: 1 }));
        check("https://a/{{digest}}", Err(TemplateError::Brace { line: 1 }));
        check("https://a/{tag}", Err(TemplateError::NoValue { name: "tag" }));
        check("https://a\n\nftp://b", Err(TemplateError::Url { line: 3, error: UrlError::Scheme }));
        check("https://a\nftp://b", Err(TemplateError::Url { line: 2, error: UrlError::Scheme }));
    }

    #[test]
    fn urls() {
        for (url, expected) in [
            ("https://cdn.example.com/a?b=c", Ok(())),
            ("HTTPS://cdn.example.com", Ok(())),
            ("http://[::1]:8080/x", Ok(())),
            ("", Err(UrlError::Empty)),
            ("cdn.example.com/a", Err(UrlError::Scheme)),
            ("//cdn.example.com/a", Err(UrlError::Scheme)),
            ("ftp://cdn.example.com/a", Err(UrlError::Scheme)),
            ("javascript://cdn.example.com/a", Err(UrlError::Scheme)),
            ("https:///a", Err(UrlError::NoHost)),
            ("https://:80/a", Err(UrlError::NoHost)),
            ("https://[::1/a", Err(UrlError::NoHost)),
            ("https://u:p@host/a", Err(UrlError::Credentials)),
            ("https://host/a#b", Err(UrlError::Fragment)),
            ("https://host/a#", Err(UrlError::Fragment)),
            ("https://host:99999/a", Err(UrlError::Port)),
            ("https://host:+80/a", Err(UrlError::Port)),
            ("https://host/a%20b?c=%C3%A4", Ok(())),
            ("https://host/a%2", Err(UrlError::Escape)),
            ("https://host/%zz", Err(UrlError::Escape)),
            ("https://host/%%20", Err(UrlError::Escape)),
            ("https://host/a b", Err(UrlError::Character(' '))),
            ("https://host/a\u{7}b", Err(UrlError::Character('\u{7}'))),
            ("https://host/<a>", Err(UrlError::Character('<'))),
        ] {
            assert_eq!(check_url(url), expected, "{url}");
        }
    }
}
