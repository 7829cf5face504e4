//! What can become of a layer, and what that amounts to for a person.

use crate::msg;
use crate::text::Message;

/// What an action amounts to for the marked layers, gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// The action fails: one layer is enough for that.
    Fails,
    /// The result is incomplete or worse, and the program does not say so.
    BreaksSilently,
    /// What is handed on is refused by most registries.
    Refused,
    /// The layer's bytes are kept back: they do not go along.
    KeepsBack,
    /// The layer's bytes are passed on.
    PassesOn,
    /// The layer is had.
    Gets,
    /// Not known.
    NotKnown,
    /// The client has no such action.
    NotOffered,
}

/// What happens to a layer, gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It cannot be had: the client uses no URL and the registry lacks the blob.
    FailsNoBlob,
    /// It cannot be had: the URLs do not serve it and the registry is not asked.
    FailsAtUrl,
    /// It cannot be had: neither the URLs nor the registry serve it.
    FailsEverywhere,
    /// The client refuses one of the URLs and with it the layer.
    FailsRefusedUrl,
    /// The client cannot read how the layer is packed (zstd).
    FailsPacking,
    /// The result names the layer by the digest of its uncompressed bytes, which are nowhere; nothing
    /// is said of it.
    Corrupts,
    /// The pull ends without the layer.
    PullsWithout,
    /// Left out although no URL says where it is: the other registry refuses the image, or gets it
    /// incomplete.
    SkipsUnnamed,
    /// Left out although its type is an ordinary one: the copy is incomplete without saying so.
    SkipsPlain,
    /// Left out of the copy.
    Skips,
    /// Left out of the file.
    Omits,
    /// Compressed on the way, with Docker's foreign type and without URLs, which registries then
    /// refuse.
    CompressesDockerForeign,
    /// Compressed on the way, so that its digest changes, and with it the manifest's.
    Compresses,
    /// Handed on as an ordinary layer.
    UploadsPlain,
    /// Handed on with Docker's foreign type but without its URLs, which registries then refuse.
    UploadsDockerWithoutUrls,
    /// Handed on with its type but without its URLs.
    UploadsWithoutUrls,
    /// Handed on; the manifest stays as it is.
    Uploads,
    /// Put into the file compressed, under another digest.
    IncludesCompressed,
    /// Put into the file.
    Includes,
    /// Fetched from the URLs only; it is not known whether they answer.
    UrlOnly,
    /// Fetched from the URLs, and from the registry if they answer 404.
    UrlFirst,
    /// Fetched from the registry, and from the URLs if it lacks the blob, which is not known.
    RegistryFirst,
    /// Fetched from the URLs because the registry lacks the blob; not known whether they answer.
    UrlNeeded,
    /// Fetched from the registry; not known whether it has the blob.
    RegistryUnknown,
    /// Fetched from a URL that was verified.
    Url,
    /// Fetched from the registry, which has the blob.
    Registry,
    /// Not known what the client does.
    Unknown,
    /// The client has no such action.
    NoSuchAction,
}

impl Outcome {
    /// All outcomes, gravest first.
    pub const ALL: [Self; 28] = [
        Self::FailsNoBlob,
        Self::FailsAtUrl,
        Self::FailsEverywhere,
        Self::FailsRefusedUrl,
        Self::FailsPacking,
        Self::Corrupts,
        Self::PullsWithout,
        Self::SkipsUnnamed,
        Self::SkipsPlain,
        Self::Skips,
        Self::Omits,
        Self::CompressesDockerForeign,
        Self::Compresses,
        Self::UploadsPlain,
        Self::UploadsDockerWithoutUrls,
        Self::UploadsWithoutUrls,
        Self::Uploads,
        Self::IncludesCompressed,
        Self::Includes,
        Self::UrlOnly,
        Self::UrlFirst,
        Self::RegistryFirst,
        Self::UrlNeeded,
        Self::RegistryUnknown,
        Self::Url,
        Self::Registry,
        Self::Unknown,
        Self::NoSuchAction,
    ];

    /// Whether the action fails.
    pub fn fails(self) -> bool {
        self <= Self::FailsPacking
    }

    /// Whether the layer's bytes are not handed on.
    pub fn skips(self) -> bool {
        (Self::Corrupts..=Self::Omits).contains(&self)
    }

    /// Whether the layer's bytes are handed on.
    pub fn hands_on(self) -> bool {
        (Self::CompressesDockerForeign..=Self::Includes).contains(&self)
    }

    /// What it amounts to.
    pub fn effect(self) -> Effect {
        match self {
            Self::Corrupts | Self::PullsWithout | Self::SkipsUnnamed | Self::SkipsPlain => {
                Effect::BreaksSilently
            }
            Self::CompressesDockerForeign | Self::UploadsDockerWithoutUrls => Effect::Refused,
            Self::Skips | Self::Omits => Effect::KeepsBack,
            Self::Unknown => Effect::NotKnown,
            Self::NoSuchAction => Effect::NotOffered,
            _ if self.fails() => Effect::Fails,
            _ if self.hands_on() => Effect::PassesOn,
            _ => Effect::Gets,
        }
    }

    /// In one word.
    pub fn word(self) -> Message {
        let key = match self {
            Self::FailsNoBlob
            | Self::FailsAtUrl
            | Self::FailsEverywhere
            | Self::FailsRefusedUrl
            | Self::FailsPacking => "word.fails",
            Self::Corrupts => "word.corrupts",
            Self::CompressesDockerForeign | Self::Compresses => "word.compresses",
            Self::PullsWithout | Self::Omits => "word.omits",
            Self::SkipsUnnamed | Self::SkipsPlain | Self::Skips => "word.skips",
            Self::UploadsPlain
            | Self::UploadsDockerWithoutUrls
            | Self::UploadsWithoutUrls
            | Self::Uploads => "word.uploads",
            Self::IncludesCompressed | Self::Includes => "word.includes",
            Self::UrlOnly | Self::UrlNeeded | Self::Url => "word.url",
            Self::UrlFirst => "word.url-first",
            Self::RegistryFirst => "word.registry-first",
            Self::RegistryUnknown | Self::Registry => "word.registry",
            Self::Unknown => "word.unknown",
            Self::NoSuchAction => "word.none",
        };
        Message { key, args: Vec::new() }
    }

    pub(super) fn sentence_key(self) -> &'static str {
        match self {
            Self::FailsNoBlob => "verdict.fails-no-blob",
            Self::FailsAtUrl => "verdict.fails-at-url",
            Self::FailsEverywhere => "verdict.fails-everywhere",
            Self::FailsRefusedUrl => "verdict.fails-refused-url",
            Self::FailsPacking => "verdict.fails-packing",
            Self::Corrupts => "verdict.corrupts",
            Self::CompressesDockerForeign => "verdict.compresses-docker-foreign",
            Self::Compresses => "verdict.compresses",
            Self::IncludesCompressed => "verdict.includes-compressed",
            Self::PullsWithout => "verdict.pulls-without",
            Self::SkipsUnnamed => "verdict.skips-unnamed",
            Self::SkipsPlain => "verdict.skips-plain",
            Self::Skips => "verdict.skips",
            Self::Omits => "verdict.omits",
            Self::UploadsPlain => "verdict.uploads-plain",
            Self::UploadsDockerWithoutUrls => "verdict.uploads-docker-without-urls",
            Self::UploadsWithoutUrls => "verdict.uploads-without-urls",
            Self::Uploads => "verdict.uploads",
            Self::Includes => "verdict.includes",
            Self::UrlOnly => "verdict.url-only",
            Self::UrlFirst => "verdict.url-first",
            Self::RegistryFirst => "verdict.registry-first",
            Self::UrlNeeded => "verdict.url-needed",
            Self::RegistryUnknown => "verdict.registry-unknown",
            Self::Url => "verdict.url",
            Self::Registry => "verdict.registry",
            Self::Unknown => "verdict.unknown",
            Self::NoSuchAction => "verdict.none",
        }
    }
}

impl Effect {
    /// All, gravest first.
    pub const ALL: [Self; 8] = [
        Self::Fails,
        Self::BreaksSilently,
        Self::Refused,
        Self::KeepsBack,
        Self::PassesOn,
        Self::Gets,
        Self::NotKnown,
        Self::NotOffered,
    ];

    /// A sign for it, so that it need not be told by colour.
    pub fn sign(self) -> &'static str {
        match self {
            Self::BreaksSilently => "⚠",
            Self::Fails | Self::Refused => "✗",
            Self::KeepsBack => "⊘",
            Self::PassesOn => "→",
            Self::Gets => "✓",
            Self::NotKnown => "?",
            Self::NotOffered => "–",
        }
    }

    /// In one or two words.
    pub fn word(self) -> Message {
        match self {
            Self::BreaksSilently => msg!("effect.breaks"),
            Self::Fails => msg!("effect.fails"),
            Self::Refused => msg!("effect.refused"),
            Self::KeepsBack => msg!("effect.keeps-back"),
            Self::PassesOn => msg!("effect.passes-on"),
            Self::Gets => msg!("effect.gets"),
            Self::NotKnown => msg!("effect.not-known"),
            Self::NotOffered => msg!("effect.not-offered"),
        }
    }
}
