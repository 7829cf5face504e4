//! Manifests and indexes as documents: bytes with a reading of them, and edits as values.
//!
//! Invariant: a [`Document`] is the bytes that were loaded. What comes out is computed from those
//! bytes and the [`Edits`] by a pure function, and nothing is ever re-serialised.

mod digest;

pub use digest::{Algorithm, Digest, DigestError, Hasher};
