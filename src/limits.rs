//! How much of what comes from outside is taken: every limit of the page in one table.
//!
//! The numbers are far above what real images, registries and settings have, and low enough that what
//! somebody sends on purpose neither fills the memory of the tab nor stops it. `docs/limits.md` is made
//! from [`LIMITS`].

/// The bytes of a document: what registries take and clients read.
pub const DOCUMENT: usize = 4 << 20;
/// The levels of nesting in JSON.
pub const DEPTH: usize = 100;
/// The layers of a manifest.
pub const LAYERS: usize = 32_768;
/// The URLs of a layer.
pub const URLS: usize = 100;
/// The annotations of a document, or of an entry or layer in it.
pub const ANNOTATIONS: usize = 1_000;
/// The entries of an index.
pub const ENTRIES: usize = 1_000;
/// The documents of an image.
pub const DOCUMENTS: usize = 1_001;
/// The bytes of all documents of an image together.
pub const IMAGE: usize = 16 << 20;
/// The bytes of the texts of all configs of an image together.
pub const CONFIGS: usize = 16 << 20;
/// The bytes of an answer that is a list of names.
pub const PAGE: u64 = 8 << 20;
/// The pages of a list of names.
pub const PAGES: usize = 200;
/// The names of a list, those that are none among them.
pub const NAMES: usize = 100_000;
/// The bytes of all names of a list together.
pub const NAMES_BYTES: usize = 16 << 20;
/// The bytes of a refusal, and of the answer of a token service.
pub const REFUSAL: u64 = 64 << 10;
/// The bytes of `WWW-Authenticate`.
pub const CHALLENGE: usize = 16 << 10;
/// The characters of a URL.
pub const URL: usize = 8 << 10;
/// The characters of a reference.
pub const REFERENCE: usize = 1 << 10;
/// The bytes of `config.json`.
pub const SETTINGS: usize = 64 << 10;
/// The entries of an archive.
pub const ARCHIVE: usize = 100_000;

/// A limit, for people.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// What it limits.
    pub what: &'static str,
    /// The most that is taken.
    pub most: u64,
    /// Whether that is a number of bytes.
    pub bytes: bool,
    /// The key of the sentence that the person gets above it; `None` where what is above is left out
    /// without stopping anything, as the next member says.
    pub said: Option<&'static str>,
    /// What happens above it.
    pub above: &'static str,
}

const fn limit(
    what: &'static str,
    most: u64,
    bytes: bool,
    said: Option<&'static str>,
    above: &'static str,
) -> Limit {
    Limit { what, most, bytes, said, above }
}

const REFUSED: &str = "not opened for editing; it may be looked at";
const PARTLY: &str = "the list is shown as incomplete";

/// All limits.
pub const LIMITS: [Limit; 19] = [
    limit("a document", DOCUMENT as u64, true, Some("manifest.too-big"), REFUSED),
    limit("levels of nesting", DEPTH as u64, false, Some("json.too-deep"), REFUSED),
    limit("layers of a manifest", LAYERS as u64, false, Some("manifest.too-many"), REFUSED),
    limit("URLs of a layer", URLS as u64, false, Some("manifest.too-many"), REFUSED),
    limit(
        "annotations of a document, an entry or a layer",
        ANNOTATIONS as u64,
        false,
        Some("manifest.too-many"),
        REFUSED,
    ),
    limit("entries of an index", ENTRIES as u64, false, Some("manifest.too-many"), REFUSED),
    limit(
        "documents of an image",
        DOCUMENTS as u64,
        false,
        Some("image.too-many-documents"),
        "the documents beyond it are shown as not loaded",
    ),
    limit(
        "all documents of an image together",
        IMAGE as u64,
        true,
        Some("image.too-large"),
        "the documents beyond it are shown as not loaded",
    ),
    limit(
        "all configs of an image together",
        CONFIGS as u64,
        true,
        Some("config-facts.not-kept"),
        "of the configs beyond it only the platform and the history are kept",
    ),
    limit("a page of a list", PAGE, true, Some("transport.too-large"), "the call fails"),
    limit("pages of a list", PAGES as u64, false, None, PARTLY),
    limit("names of a list, malformed ones included", NAMES as u64, false, None, PARTLY),
    limit("all names of a list together", NAMES_BYTES as u64, true, None, PARTLY),
    limit(
        "a refusal, or the answer of a token service",
        REFUSAL,
        true,
        None,
        "the rest is not read",
    ),
    limit("`WWW-Authenticate`", CHALLENGE as u64, true, None, "nobody can sign in"),
    limit("characters of a URL", URL as u64, false, Some("address.too-long"), "no request is sent"),
    limit(
        "characters of a reference",
        REFERENCE as u64,
        false,
        Some("reference.too-long"),
        "nothing is loaded",
    ),
    limit("`config.json`", SETTINGS as u64, true, Some("config.too-big"), "no registry is used"),
    limit(
        "entries of an archive",
        ARCHIVE as u64,
        false,
        Some("archive.too-many-entries"),
        "not opened",
    ),
];
