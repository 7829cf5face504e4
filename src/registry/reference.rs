use std::fmt;
use std::num::NonZeroU16;
use std::sync::Arc;

use super::host::{Host, HostError};
use crate::manifest::{Digest, DigestError, parse_port, split_port};
use crate::msg;
use crate::text::{Message, visible};

/// An image as Docker and OCI people write it: `registry.example.com:5000/team/app:1.4@sha256:…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The host; `None` is the default registry of the page.
    pub registry: Option<Authority>,
    /// The repository in it.
    pub repository: Repository,
    /// The tag, when one was written.
    pub tag: Option<Tag>,
    /// The digest, when one was written; it then decides what is loaded.
    pub digest: Option<Digest>,
}

/// `host` or `host:port` of a reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Authority {
    host: Host,
    port: Option<u16>,
}

/// A repository name, `path *("/" path)` in the grammar of [`Reference::parse`]; safe inside a URL
/// path and a scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository(Arc<str>);

/// A tag; safe inside a URL path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(Arc<str>);

/// What `team/app`, with no host, means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortNames {
    /// `docker.io/team/app`, and `app` is `docker.io/library/app`, as for every container tool.
    OfDockerHub,
    /// The repository `team/app` of the registry that the page is configured for.
    OfDefaultRegistry,
}

/// Which manifest of a repository is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Whatever the tag points at now.
    Tag(Tag),
    /// Exactly these bytes.
    Digest(Digest),
}

/// Why a text is not a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReferenceError {
    /// Nothing was typed.
    Empty,
    /// More than [`MAX_REFERENCE`] bytes.
    TooLong,
    /// `https://`, `docker://` or the like in front.
    Scheme(String),
    /// `user@` or `user:password@` in front of the host.
    Userinfo,
    /// White space, a control character or one outside ASCII.
    Character(char),
    /// The host is malformed.
    Host(HostError),
    /// The port is not a number from 1 to 65535.
    Port,
    /// A host with no repository behind it.
    NoRepository,
    /// The repository has upper-case letters; holds it in lower case.
    UpperCase(String),
    /// Two slashes in a row, or one at the start or the end.
    EmptyPart,
    /// A character that repository names do not have.
    NameCharacter(char),
    /// A part of the name starts or ends with a separator, or two different ones stand together.
    Separator(String),
    /// The repository name has more than 255 characters.
    NameTooLong,
    /// 64 hex digits: an image ID, which registries do not know.
    ImageId,
    /// A colon with no tag behind it.
    EmptyTag,
    /// The tag starts with `.` or `-`, or has a character that tags do not have.
    TagCharacter(char),
    /// The tag has more than 128 characters.
    TagTooLong,
    /// What stands after `@` is not a digest.
    Digest(DigestError),
}

/// The most bytes a reference may have: host, repository, tag and digest at their longest.
pub const MAX_REFERENCE: usize = crate::limits::REFERENCE;

impl Reference {
    /// Reads a reference, in the grammar of the distribution project
    /// (`reference/reference.go`):
    ///
    /// ```text
    /// reference        := name [ ":" tag ] [ "@" digest ]
    /// name             := [domain "/"] path-component ["/" path-component]*
    /// domain           := host [":" port-number]
    /// host             := domain-name | IPv4address | "[" IPv6address "]"
    /// domain-component := [a-zA-Z0-9] | [a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]
    /// path-component   := alpha-numeric [separator alpha-numeric]*
    /// alpha-numeric    := [a-z0-9]+
    /// separator        := [_.] | "__" | "-"+
    /// tag              := [\w][\w.-]{0,127}
    /// digest           := digest-algorithm ":" digest-hex
    /// ```
    ///
    /// The first component is a domain when it holds `.` or `:` or is `localhost`
    /// (`reference/normalize.go`, `splitDockerDomain`). The rule there that upper-case letters make
    /// a domain too is left out: `Team/app` is a misspelt repository far more often than a host.
    pub fn parse(text: &str, names: ShortNames) -> Result<Self, ReferenceError> {
        let text = text.trim();
        check_whole(text)?;
        let (name, digest) = match text.split_once('@') {
            Some((_, rest)) if rest.contains('/') => return Err(ReferenceError::Userinfo),
            Some((name, digest)) => {
                (name, Some(Digest::parse(digest).map_err(ReferenceError::Digest)?))
            }
            None => (text, None),
        };
        let name_end = name.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) = match name[name_end..].split_once(':') {
            Some((last, tag)) if !last.starts_with('[') => {
                (&name[..name_end + last.len()], Some(Tag::parse(tag)?))
            }
            _ => (name, None),
        };
        if name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(ReferenceError::ImageId);
        }
        let (registry, path) = split_domain(name)?;
        let (registry, path) = match (registry, names) {
            (None, ShortNames::OfDockerHub) => (Some(Authority::docker_hub()), path),
            (registry, _) => (registry, path),
        };
        let official = registry == Some(Authority::docker_hub()) && !path.contains('/');
        let repository = if official {
            // The path is checked first, so that messages quote what was typed.
            Repository::parse(path)?;
            Repository::parse(&format!("library/{path}"))?
        } else {
            Repository::parse(path)?
        };
        Ok(Self { registry, repository, tag, digest })
    }

    /// What to ask the registry for: the digest, else the tag, else `latest`.
    pub fn selector(&self) -> Selector {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => Selector::Digest(digest.clone()),
            (None, Some(tag)) => Selector::Tag(tag.clone()),
            (None, None) => Selector::Tag(Tag::latest()),
        }
    }
}

impl Authority {
    /// `docker.io`.
    pub fn docker_hub() -> Self {
        Self { host: Host::Name("docker.io".into()), port: None }
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port, when one was written.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Reads `host` or `host:port`.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let (host, port) = split_port(text);
        let port = port.map(|port| parse_port(port).ok_or(ReferenceError::Port)).transpose()?;
        let port = port.map(NonZeroU16::get);
        if host.contains('_') {
            // Browsers take it in a URL; the reference grammar does not.
            return Err(ReferenceError::Host(HostError::Character('_')));
        }
        let host = Host::parse(host).map_err(ReferenceError::Host)?;
        if host == Host::Name("index.docker.io".into()) && port.is_none() {
            return Ok(Self::docker_hub());
        }
        Ok(Self { host, port })
    }
}

impl Repository {
    /// Reads a repository name.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        if text.is_empty() {
            return Err(ReferenceError::NoRepository);
        }
        if text.split('/').any(str::is_empty) {
            return Err(ReferenceError::EmptyPart);
        }
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(ReferenceError::UpperCase(text.to_ascii_lowercase()));
        }
        let allowed = |ch: char| ch.is_ascii_lowercase() || ch.is_ascii_digit();
        if let Some(ch) = text.chars().find(|&ch| !(allowed(ch) || "/._-".contains(ch))) {
            return Err(ReferenceError::NameCharacter(ch));
        }
        let separated = |part: &str| {
            part.starts_with(allowed)
                && part.ends_with(allowed)
                && part.split(allowed).all(|separator| {
                    matches!(separator, "" | "." | "_" | "__")
                        || separator.bytes().all(|b| b == b'-')
                })
        };
        if let Some(part) = text.split('/').find(|part| !separated(part)) {
            return Err(ReferenceError::Separator(part.to_owned()));
        }
        if text.len() > 255 {
            return Err(ReferenceError::NameTooLong);
        }
        Ok(Self(text.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Tag {
    /// Reads a tag.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let first = text.chars().next().ok_or(ReferenceError::EmptyTag)?;
        let word = |ch: char| ch.is_ascii_alphanumeric() || ch == '_';
        if !word(first) {
            return Err(ReferenceError::TagCharacter(first));
        }
        if let Some(ch) = text.chars().find(|&ch| !(word(ch) || ch == '.' || ch == '-')) {
            return Err(ReferenceError::TagCharacter(ch));
        }
        if text.len() > 128 {
            return Err(ReferenceError::TagTooLong);
        }
        Ok(Self(text.into()))
    }

    /// `latest`.
    pub fn latest() -> Self {
        Self("latest".into())
    }

    /// The tag under which clients of registries without the referrers API keep what refers to
    /// `digest` (distribution-spec, "Referrers Tag Schema"), with `suffix` behind it (cosign's
    /// `.sig`, `.att`, `.sbom`).
    pub fn of_referrers(digest: &Digest, suffix: &str) -> Self {
        // The specification cuts the algorithm at 32 and the hex digits at 64 characters.
        let hex = &digest.hex()[..digest.hex().len().min(64)];
        Self(format!("{}-{hex}{suffix}", digest.algorithm().name()).into())
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check_whole(text: &str) -> Result<(), ReferenceError> {
    if text.is_empty() {
        return Err(ReferenceError::Empty);
    }
    if text.len() > MAX_REFERENCE {
        return Err(ReferenceError::TooLong);
    }
    if let Some(ch) = text.chars().find(|ch| !ch.is_ascii_graphic()) {
        return Err(ReferenceError::Character(ch));
    }
    if let Some((scheme, _)) = text.split_once("://") {
        return Err(ReferenceError::Scheme(scheme.to_owned()));
    }
    Ok(())
}

fn split_domain(name: &str) -> Result<(Option<Authority>, &str), ReferenceError> {
    let Some((first, rest)) = name.split_once('/') else {
        return if name.starts_with('[') {
            Err(ReferenceError::NoRepository)
        } else {
            Ok((None, name))
        };
    };
    let is_domain = first.contains(['.', ':', '[']) || first == "localhost";
    if is_domain { Ok((Some(Authority::parse(first)?), rest)) } else { Ok((None, name)) }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(registry) = &self.registry {
            write!(f, "{registry}/")?;
        }
        f.write_str(self.repository.as_str())?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => self.host.fmt(f),
        }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => tag.fmt(f),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

impl ReferenceError {
    /// What is wrong, for a person.
    pub fn message(&self) -> Message {
        let shown = |ch: &char| visible(&ch.to_string());
        match self {
            Self::Empty => msg!("reference.empty"),
            Self::TooLong => msg!("reference.too-long", max = MAX_REFERENCE),
            Self::Scheme(scheme) => msg!("reference.scheme", scheme = scheme),
            Self::Userinfo => msg!("reference.userinfo"),
            Self::Character(ch) => msg!("reference.character", what = shown(ch)),
            Self::Host(error) => error.message(),
            Self::Port => msg!("address.port"),
            Self::NoRepository => msg!("reference.no-repository"),
            Self::UpperCase(lower) => msg!("reference.upper-case", lower = lower),
            Self::EmptyPart => msg!("reference.empty-part"),
            Self::NameCharacter(ch) => msg!("reference.name-character", what = shown(ch)),
            Self::Separator(part) => msg!("reference.separator", part = part),
            Self::NameTooLong => msg!("reference.name-too-long"),
            Self::ImageId => msg!("reference.image-id"),
            Self::EmptyTag => msg!("reference.empty-tag"),
            Self::TagCharacter(ch) => msg!("reference.tag-character", what = shown(ch)),
            Self::TagTooLong => msg!("reference.tag-too-long"),
            Self::Digest(error) => error.message(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Algorithm;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn references() {
        let hub = ShortNames::OfDockerHub;
        let own = ShortNames::OfDefaultRegistry;
        for (names, text, expected) in [
            (hub, "ubuntu", "docker.io/library/ubuntu"),
            (hub, " ubuntu:24.04\n", "docker.io/library/ubuntu:24.04"),
            (hub, "team/app", "docker.io/team/app"),
            (hub, "docker.io/ubuntu", "docker.io/library/ubuntu"),
            (hub, "index.docker.io/ubuntu", "docker.io/library/ubuntu"),
            (hub, "docker.io/team/app:1", "docker.io/team/app:1"),
            (hub, "registry.example.com/app", "registry.example.com/app"),
            (
                hub,
                "registry.example.com:5000/team/app:1.4",
                "registry.example.com:5000/team/app:1.4",
            ),
            (hub, "Registry.Example.com/app", "registry.example.com/app"),
            (hub, "localhost/app", "localhost/app"),
            (hub, "localhost:5000/app", "localhost:5000/app"),
            (hub, "localhost:5000", "docker.io/library/localhost:5000"),
            (hub, "127.0.0.1:5000/a/b/c/d:t", "127.0.0.1:5000/a/b/c/d:t"),
            (hub, "[::1]:5000/app:t", "[::1]:5000/app:t"),
            (hub, "[2001:DB8::1]/app", "[2001:db8::1]/app"),
            (hub, "r.example/a.b_c__d---e/f", "r.example/a.b_c__d---e/f"),
            (hub, "r.example/a:_x.Y-z", "r.example/a:_x.Y-z"),
            (own, "app", "app"),
            (own, "team/app:1.4", "team/app:1.4"),
            (own, "docker.io/app", "docker.io/library/app"),
            (own, "r.example/app", "r.example/app"),
        ] {
            let reference = Reference::parse(text, names).unwrap();
            assert_eq!(reference.to_string(), expected, "{text}");
            assert_eq!(Reference::parse(expected, names).unwrap(), reference, "{expected}");
        }
    }

    #[test]
    fn tags_and_digests() {
        let digest = Digest::sha256(b"");
        let parse = |text: &str| Reference::parse(text, ShortNames::OfDockerHub).unwrap();
        let both = parse(&format!("r.example/a:t@sha256:{HEX}"));
        assert_eq!(both.tag, Some(Tag::parse("t").unwrap()));
        assert_eq!(both.digest, Some(digest.clone()));
        assert_eq!(both.selector(), Selector::Digest(digest.clone()));
        assert_eq!(both.to_string(), format!("r.example/a:t@sha256:{HEX}"));
        let only = parse(&format!("r.example:5000/a@sha256:{HEX}"));
        assert_eq!((only.tag, only.digest), (None, Some(digest.clone())));
        assert_eq!(parse("r.example/a").selector(), Selector::Tag(Tag::latest()));
        assert_eq!(parse("r.example/a:t").selector().to_string(), "t");
        assert_eq!(Tag::of_referrers(&digest, ".sig").as_str(), format!("sha256-{HEX}.sig"));
        let long = Digest::of(Algorithm::Sha512, b"");
        assert_eq!(Tag::of_referrers(&long, "").as_str().len(), "sha512-".len() + 64);
    }

    #[test]
    fn malformed() {
        use ReferenceError as E;
        for (text, expected) in [
            ("", E::Empty),
            ("   ", E::Empty),
            ("https://r.example/app", E::Scheme("https".into())),
            ("docker://r.example/app", E::Scheme("docker".into())),
            ("user@r.example/app", E::Userinfo),
            ("user:secret@r.example/app:t", E::Userinfo),
            ("r.example/a b", E::Character(' ')),
            ("r.example/a\u{202E}b", E::Character('\u{202E}')),
            ("r.example/ä", E::Character('ä')),
            ("-r.example/app", E::Host(HostError::Label)),
            ("r%.example/app", E::Host(HostError::Character('%'))),
            ("my_host:5000/app", E::Host(HostError::Character('_'))),
            ("256.0.0.1/app", E::Host(HostError::Ipv4)),
            ("[::1/app", E::Host(HostError::Ipv6)),
            ("[::g]:5000/app", E::Host(HostError::Ipv6)),
            ("r.example:0/app", E::Port),
            ("r.example:99999/app", E::Port),
            ("r.example:port/app", E::Port),
            ("r.example:/app", E::Port),
            ("r.example/", E::NoRepository),
            ("[::1]:5000", E::NoRepository),
            (":tag", E::NoRepository),
            ("r.example/Team/App", E::UpperCase("team/app".into())),
            ("Team/app", E::UpperCase("team/app".into())),
            ("Ubuntu", E::UpperCase("ubuntu".into())),
            ("r.example//app", E::EmptyPart),
            ("/app", E::EmptyPart),
            ("r.example/app/", E::EmptyPart),
            ("r.example/app!", E::NameCharacter('!')),
            ("r.example/a:b/c", E::NameCharacter(':')),
            ("r.example/-app", E::Separator("-app".into())),
            ("r.example/app_", E::Separator("app_".into())),
            ("r.example/a..b", E::Separator("a..b".into())),
            ("r.example/a___b", E::Separator("a___b".into())),
            ("r.example/a.-b", E::Separator("a.-b".into())),
            ("r.example/../x", E::Separator("..".into())),
            (HEX, E::ImageId),
            ("r.example/app:", E::EmptyTag),
            ("r.example/app:.x", E::TagCharacter('.')),
            ("r.example/app:-x", E::TagCharacter('-')),
            ("r.example/app:x+1", E::TagCharacter('+')),
            ("r.example/app:a:b", E::TagCharacter(':')),
            ("r.example/app@", E::Digest(DigestError::NoAlgorithm)),
            ("r.example/app@sha256:abc", E::Digest(DigestError::Hex(Algorithm::Sha256))),
            ("r.example/app@md5:abc", E::Digest(DigestError::UnknownAlgorithm("md5".into()))),
        ] {
            assert_eq!(Reference::parse(text, ShortNames::OfDockerHub), Err(expected), "{text}");
        }
        let long_tag = format!("r.example/app:{}", "t".repeat(129));
        let long_name = format!("r.example/{}", "n/".repeat(130) + "n");
        for (text, expected) in
            [(long_tag, E::TagTooLong), (long_name, E::NameTooLong), ("x".repeat(2000), E::TooLong)]
        {
            assert_eq!(Reference::parse(&text, ShortNames::OfDockerHub), Err(expected));
        }
    }

    #[test]
    fn every_error_has_its_own_sentence() {
        for text in ["", "a b", "https://x/y", "u@x/y", "x:0/y", "x.y/", "A", "a//b", "a/-b", "a:"]
        {
            let error = Reference::parse(text, ShortNames::OfDockerHub).unwrap_err();
            let sentence = error.message().to_string();
            assert!(sentence.ends_with('.') && !sentence.contains('{'), "{text}: {sentence}");
        }
    }
}
