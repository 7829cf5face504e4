use super::DigestError;
use crate::json::{Place, SyntaxError};
use crate::msg;
use crate::text::{Arg, Message, excerpt};

/// Why a text is not opened for editing, and where the reason stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The place of the reason; `None` when it is the text as a whole.
    pub place: Option<Place>,
    /// The reason.
    pub reason: RefusalReason,
}

/// What can make a manifest ambiguous or not editable here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefusalReason {
    /// Not strict JSON; the error has its own place.
    Syntax(SyntaxError),
    /// Over [`super::MAX_BYTES`]; the size in bytes.
    TooBig(usize),
    /// A list or object with more in it than [`crate::limits`] says.
    TooMany {
        /// The member.
        name: &'static str,
        /// How many it has.
        found: usize,
        /// How many it may have.
        most: usize,
    },
    /// The document is not an object but this.
    NotAnObject(&'static str),
    /// A name that differs from a known one only in case: `(found, known)`. Go's decoder takes both.
    CaseVariant(String, &'static str),
    /// `layers` or `config` beside `manifests` (CVE-2021-41190).
    LayersAndManifests,
    /// `mediaType` in the text against the `Content-Type` it came with: `(text, header)`.
    MediaTypeMismatch(String, String),
    /// The media type says one kind, the members another: the media type.
    MembersMismatch(String),
    /// Docker schema 1.
    Schema1,
    /// A `mediaType` that is none of the four kinds.
    UnknownKind(String),
    /// Nothing that tells what kind of document it is.
    NoKind,
    /// An image config was given instead of a manifest.
    ImageConfig,
    /// `schemaVersion` is not 2.
    SchemaVersion,
    /// An element of `layers` or `manifests`, or `config`, is not an object but this.
    NotADescriptor(&'static str),
    /// A descriptor without this member.
    MissingMember(&'static str),
    /// A member of the wrong JSON type.
    WrongType {
        /// The member.
        name: &'static str,
        /// What it should be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A digest that is none.
    Digest(DigestError),
    /// A size that is no whole number from 0 to 2⁵³; as spelled.
    Size(String),
}

impl Refusal {
    pub(super) fn at(text: &[u8], offset: usize, reason: RefusalReason) -> Self {
        Self { place: Some(Place::of(text, offset)), reason }
    }

    pub(super) fn whole(reason: RefusalReason) -> Self {
        Self { place: None, reason }
    }

    /// The sentence for a person: where, what, what to do.
    pub fn message(&self) -> Message {
        let reason = self.reason.message();
        match self.place {
            Some(place) => place.message(reason),
            None => reason,
        }
    }
}

impl RefusalReason {
    fn message(&self) -> Message {
        match self {
            Self::Syntax(error) => error.message(),
            Self::TooBig(size) => msg!("manifest.too-big", size = Arg::Bytes(*size as u64)),
            Self::TooMany { name, found, most } => {
                msg!("manifest.too-many", name = *name, found = *found, most = *most)
            }
            Self::NotAnObject(found) => msg!("manifest.not-an-object", found = type_words(found)),
            Self::CaseVariant(found, known) => {
                msg!("manifest.case-variant", found = found, known = *known)
            }
            Self::LayersAndManifests => msg!("manifest.layers-and-manifests"),
            Self::MediaTypeMismatch(text, header) => msg!(
                "manifest.media-type-mismatch",
                text = excerpt(text, SHOWN),
                header = excerpt(header, SHOWN)
            ),
            Self::MembersMismatch(text) => msg!("manifest.members-mismatch", text = text),
            Self::Schema1 => msg!("manifest.schema-1"),
            Self::UnknownKind(found) => {
                msg!("manifest.unknown-kind", found = excerpt(found, SHOWN))
            }
            Self::NoKind => msg!("manifest.no-kind"),
            Self::ImageConfig => msg!("manifest.image-config"),
            Self::SchemaVersion => msg!("manifest.schema-version"),
            Self::NotADescriptor(found) => {
                msg!("manifest.not-a-descriptor", found = type_words(found))
            }
            Self::MissingMember(name) => msg!("manifest.missing-member", name = *name),
            Self::WrongType { name, wanted, found } => msg!(
                "manifest.wrong-type",
                name = *name,
                wanted = type_words(wanted),
                found = type_words(found)
            ),
            Self::Digest(error) => msg!("manifest.digest", error = error.message()),
            Self::Size(found) => msg!("manifest.size", found = excerpt(found, SHOWN)),
        }
    }
}

/// How many characters of a foreign text a sentence shows.
const SHOWN: usize = 100;

/// A JSON type in words, with its article.
fn type_words(name: &str) -> Message {
    match name {
        "null" => msg!("json.type.null"),
        "boolean" => msg!("json.type.boolean"),
        "number" => msg!("json.type.number"),
        "string" => msg!("json.type.string"),
        "array" => msg!("json.type.array"),
        "array of strings" => msg!("json.type.array-of-strings"),
        "object of strings" => msg!("json.type.object-of-strings"),
        _ => msg!("json.type.object"),
    }
}

impl From<SyntaxError> for Refusal {
    fn from(error: SyntaxError) -> Self {
        Self::whole(RefusalReason::Syntax(error))
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.message().fmt(f)
    }
}

impl std::error::Error for Refusal {}
