//! The form in which [`super::facts`] says what clients and registries do: rules over a layer's
//! media type, its URLs and the presence of its blob.

use super::class::Class;
use super::{Reason, RegistryKind};
use crate::manifest::media_type::Family;
use crate::msg;
use crate::text::Message;

/// A client, or one way of running it, that treats foreign layers in its own way.
#[derive(Debug)]
pub struct Client {
    /// A stable name for settings and tests.
    pub id: &'static str,
    /// The product's name.
    pub name: &'static str,
    /// Which of its ways of running, in the product's own words; empty when there is only one.
    pub variant: &'static str,
    /// The versions for which this holds.
    pub versions: Versions,
    /// The name in a summary sentence; `None` for those that are left out of it.
    pub headline: Option<&'static str>,
    /// How it gets a layer.
    pub pull: Pull,
    /// What it does on a push or a copy to another registry.
    pub push: Option<Copy>,
    /// What it does on a save or an export.
    pub save: Option<Copy>,
    /// What becomes of the layers when an image is built on this one and pushed.
    pub base: Option<Copy>,
}

/// A range of versions of a product or of the library that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    /// All that are known.
    All,
    /// Before this one.
    Before(&'static str),
    /// This one and later.
    From(&'static str),
}

/// How a client gets a layer.
#[derive(Debug)]
pub struct Pull {
    /// Which layers it does not get at all.
    pub leaves_out: Decides,
    /// Where it looks for a layer that has URLs; one without comes from the registry.
    pub order: Order,
    /// What it does when a URL fails.
    pub on_failure: OnFailure,
    /// Whether one URL that it refuses (a private address, `http` beside a registry with TLS, not
    /// http(s)) fails the whole layer.
    pub vetoes: bool,
    /// What this is known from.
    pub evidence: Evidence,
}

/// Where a client looks for a layer that has URLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The registry only; URLs are never used.
    Registry,
    /// The registry, then the URLs in their order.
    RegistryFirst,
    /// The URLs in their order; see [`OnFailure`] for whether the registry is asked then.
    UrlsFirst,
}

/// What a client does when a URL fails in one way or another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnFailure {
    /// Status 404.
    pub missing: Then,
    /// Any other status that is no success.
    pub refused: Then,
    /// No answer.
    pub unreachable: Then,
}

/// What follows a URL's failure. Wrong content always ends the pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The pull fails, whatever other URLs there are.
    Stop,
    /// The next URL is tried; after the last one the pull fails.
    Next,
    /// The next URL is tried; after the last one the registry is asked.
    NextThenRegistry,
}

/// What a client does when it hands an image on.
#[derive(Debug)]
pub struct Copy {
    /// Which layers it leaves out.
    pub leaves_out: Decides,
    /// What stays of the marks of the layers that it hands on.
    pub keeps: Keeps,
    /// The command-line option that makes it do the opposite.
    pub option: &'static str,
    /// What this is known from.
    pub evidence: Evidence,
}

/// What a client goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decides {
    /// Nothing: it treats every layer alike.
    Nothing,
    /// These media types exactly.
    Types(&'static [&'static str]),
    /// Any media type with one of the two foreign prefixes.
    Prefixes,
    /// Any URL, whatever the media type.
    Urls,
    /// These media types with at least one URL.
    TypesWithUrls(&'static [&'static str]),
    /// Nobody looked.
    Unknown,
}

/// What stays of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// The manifest stays as it is.
    All,
    /// The media type, but not the URLs.
    Type,
    /// Nothing: the layer becomes an ordinary one.
    Nothing,
}

/// What a statement is known from.
#[derive(Debug)]
pub struct Evidence {
    /// How strong it is.
    pub strength: Strength,
    /// When it was established, as `year-month`.
    pub date: &'static str,
    /// Public addresses.
    pub sources: &'static [&'static str],
}

/// How strong evidence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// Seen on a running program.
    Measured,
    /// Read in the program's source.
    Read,
    /// Said by documentation, an issue or a maintainer.
    Documented,
}

/// A registry's rules for the layers of a manifest that is pushed.
#[derive(Debug)]
pub struct Registry {
    /// Which registry.
    pub kind: RegistryKind,
    /// The first that fits a layer counts.
    pub rules: &'static [Acceptance],
    /// What this is known from.
    pub evidence: Evidence,
}

/// One rule of a registry.
#[derive(Debug)]
pub struct Acceptance {
    /// The manifest's family; `None` for either.
    pub family: Option<Family>,
    /// The layer's media types; empty for any.
    pub types: &'static [&'static str],
    /// Whether the layer must have URLs or must have none; `None` for either.
    pub urls: Option<bool>,
    /// What the registry says.
    pub answer: Answer,
}

/// What a registry says to a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing.
    Accepts,
    /// It accepts the layer if it has the blob, else it refuses with this status and code.
    NeedsBlob(u16, &'static str),
    /// It accepts the layer if its settings allow the URLs, else it refuses with status 500.
    AsAllowed,
    /// Both: its settings must allow the URLs, and it must have the blob.
    AsAllowedWithBlob,
    /// It refuses for this reason, with this status and code.
    Refuses(Reason, u16, &'static str),
    /// It refuses with this status and code unless a setting that is not known here says otherwise;
    /// then it wants the blob.
    RefusesUnlessSet(u16, &'static str),
    /// Not known.
    Unknown,
}

impl Decides {
    /// What containerd and BuildKit go by.
    pub(super) const PREFIXES: [&str; 2] = [
        "application/vnd.oci.image.layer.nondistributable.",
        "application/vnd.docker.image.rootfs.foreign.",
    ];

    /// Whether it applies to a layer.
    pub(super) fn applies(self, class: &Class<'_>) -> bool {
        match self {
            Self::Nothing | Self::Unknown => false,
            Self::Types(types) => types.contains(&class.media_type),
            Self::Prefixes => {
                Self::PREFIXES.iter().any(|prefix| class.media_type.starts_with(prefix))
            }
            Self::Urls => class.has_urls,
            Self::TypesWithUrls(types) => class.has_urls && types.contains(&class.media_type),
        }
    }
}

impl Versions {
    /// The range, for people.
    pub fn message(self) -> Message {
        match self {
            Self::All => msg!("versions.all"),
            Self::Before(version) => msg!("versions.before", version = version),
            Self::From(version) => msg!("versions.from", version = version),
        }
    }
}

impl Strength {
    /// Its name, for people.
    pub fn message(self) -> Message {
        match self {
            Self::Measured => msg!("strength.measured"),
            Self::Read => msg!("strength.read"),
            Self::Documented => msg!("strength.documented"),
        }
    }
}

impl Acceptance {
    pub(super) fn fits(&self, class: &Class<'_>) -> bool {
        self.family.is_none_or(|family| family == class.family)
            && (self.types.is_empty() || self.types.contains(&class.media_type))
            && self.urls.is_none_or(|urls| urls == class.has_urls)
    }
}
