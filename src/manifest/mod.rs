//! Manifests and indexes as documents: bytes with a reading of them, and edits as values.
//!
//! Invariant: a [`Document`] is the bytes that were loaded. What comes out is computed from those
//! bytes and the [`Edits`] by a pure function, and nothing is ever re-serialised.

mod annotation_keys;
pub(crate) mod base64;
mod descriptor;
mod digest;
mod document;
mod edits;
mod entry_edits;
pub mod media_type;
mod refusal;
mod render;
mod render_entries;
mod template;
mod totals;
mod url;

pub use annotation_keys::{KNOWN_KEYS, KnownKey, ValueProblem};
pub use descriptor::{Descriptor, Platform};
pub use digest::{Algorithm, Digest, DigestError, Hasher};
pub use document::{Document, Kind, MAX_BYTES};
pub use edits::{Edits, EntryUpdate, LayerMark, OwnSubject, SubjectEdit, Updates, no_twin};
pub use entry_edits::{Change, EntryChoice, EntryKey};
pub use refusal::{Refusal, RefusalReason};
pub use render::conversion_blockers;
pub use template::{Facts, TemplateError, Templates, UrlError, check_url};
pub use totals::Totals;
pub use url::{UrlParts, parse_port, split_port};
