//! The form in which [`super::facts`] says what clients and registries do: rules over a layer's
//! media type, its URLs and the presence of its blob.

use super::class::Class;
use super::registry_kind::RegistryKind;
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
    /// Under which name people look for it: rows with the same group stand together.
    pub group: &'static str,
    /// The versions for which this holds.
    pub versions: Versions,
    /// The name in a summary sentence; `None` for those that are left out of it.
    pub headline: Option<&'static str>,
    /// How it gets a layer.
    pub pull: Pull,
    /// What it does on a push or a copy to another registry: its ways of doing so, the usual one
    /// first; none where it has no such action.
    pub push: &'static [Copy],
    /// What it does on a save or an export.
    pub save: &'static [Copy],
    /// What becomes of the layers when an image is built on this one and pushed.
    pub base: &'static [Copy],
    /// How it gets a layer with URLs from a file or folder, where it does not take what is in there.
    pub load: Option<Load>,
}

/// How a client gets a layer from a file or folder.
#[derive(Debug)]
pub struct Load {
    /// Where it looks; the registry stands for the file.
    pub order: Order,
    /// What this is known from; `None` where nothing is.
    pub evidence: Option<Evidence>,
}

/// A range of versions of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    /// All that are known.
    All,
    /// Before this one.
    Before(&'static str),
    /// This one and later.
    From(&'static str),
    /// The first and later, but before the second.
    Between(&'static str, &'static str),
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
    /// Which URLs it refuses when it comes to ask them; one of them fails the whole layer.
    pub refuses: Refuses,
    /// Whether it cannot unpack zstd.
    pub no_zstd: bool,
    /// What this is known from; `None` where nothing is.
    pub evidence: Option<Evidence>,
}

/// Which URLs a client refuses, and with one of them the layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refuses {
    /// None; a URL that it cannot use is passed over.
    Nothing,
    /// crane: literal addresses of loopback, private and link-local networks, `http` unless the
    /// registry is spoken to without TLS, and what is not http(s).
    Crane,
    /// regctl: hosts that resolve to loopback or link-local addresses, unless the registry's own
    /// does, and what cannot be parsed.
    Regctl,
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
    /// Nobody looked.
    Unknown,
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
    /// Which way of doing it, in the program's own words; empty when there is only one.
    pub way: &'static str,
    /// Which layers it leaves out.
    pub leaves_out: Decides,
    /// What stays of the marks of the layers that it hands on.
    pub keeps: Keeps,
    /// Whether it goes by a store of its own, so that what it cannot pull it cannot hand on either.
    pub stored: bool,
    /// Where it looks for a layer, if not as on a pull.
    pub gets: Option<Order>,
    /// Whether it compresses uncompressed layers, which changes their digests.
    pub compresses: bool,
    /// Whether it fails for zstd.
    pub no_zstd: bool,
    /// The command-line option that makes it do the opposite.
    pub option: &'static str,
    /// What this is known from; `None` where nothing is.
    pub evidence: Option<Evidence>,
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
    /// The media type; a layer with URLs is named by the digest of its uncompressed bytes, and they
    /// are left out.
    Broken,
}

/// What a statement is known from.
#[derive(Debug)]
pub struct Evidence {
    /// How strong it is.
    pub strength: Strength,
    /// The program that was run, with its version; empty unless measured.
    pub program: &'static str,
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
    /// Concluded from what it is built of.
    Inferred,
    /// Said by documentation, an issue or a maintainer.
    Documented,
}

/// A registry's rules for the layers of a manifest that is pushed.
#[derive(Debug)]
pub struct Registry {
    /// Which registry.
    pub kind: RegistryKind,
    /// Whether it is distribution with its list of allowed URLs switched off.
    pub urls_always_allowed: bool,
    /// The first that fits a layer counts.
    pub rules: &'static [Acceptance],
    /// What this is known from; `None` where nothing is.
    pub evidence: Option<Evidence>,
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
    /// Whether each of its URLs must be a URI with a scheme, or one of them must not be; `None` for
    /// either.
    pub uri: Option<bool>,
    /// Whether the manifest's config must have OCI's config or empty type, or must have another;
    /// `None` for either.
    pub image_config: Option<bool>,
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
    /// It refuses with the first status unless a setting that is not known here says otherwise; then
    /// it wants the blob, and refuses with the second one.
    RefusesUnlessSet(u16, u16, &'static str),
    /// Not known.
    Unknown,
}

/// Why a registry refuses a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A URL that no setting allows: not http(s), with a fragment, or no URI at all.
    Url,
    /// Its settings do not allow the URLs.
    NotAllowed,
    /// A foreign layer without URLs, which the registry does not take.
    NoUrls,
    /// The media type, which the registry does not take.
    MediaType,
    /// The blob is not there.
    NoBlob,
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
            Self::Between(from, before) => {
                msg!("versions.between", version = from, before = before)
            }
        }
    }
}

impl Strength {
    /// Its name, for people.
    pub fn message(self) -> Message {
        match self {
            Self::Measured => msg!("strength.measured"),
            Self::Read => msg!("strength.read"),
            Self::Inferred => msg!("strength.inferred"),
            Self::Documented => msg!("strength.documented"),
        }
    }
}

impl Acceptance {
    pub(super) fn fits(&self, class: &Class<'_>) -> bool {
        self.family.is_none_or(|family| family == class.family)
            && (self.types.is_empty() || self.types.contains(&class.media_type))
            && self.urls.is_none_or(|urls| urls == class.has_urls)
            && self.uri.is_none_or(|uri| uri != class.not_uri)
            && self.image_config.is_none_or(|image| image == class.image_config)
    }
}
