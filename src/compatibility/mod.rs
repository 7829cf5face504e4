//! What clients and registries will do with an edited image: a table of facts, and the verdicts and
//! advice that are computed from it.
//!
//! Pure and data-driven. What is not known of the surroundings is [`Situation`]'s default, and
//! whatever depends on it is reported as unknown, never as fine. Work grows with the number of
//! layers, not with its square.

mod advice;
mod behaviour;
mod class;
pub(crate) mod client_verdict;
mod facts;
mod registry_kind;
pub(crate) mod registry_verdict;
mod subject;
pub(crate) mod summary;
pub(crate) mod survey;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod url_traits;
#[cfg(test)]
mod verdict_tests;

pub use advice::{Advice, Shape, advise};
pub use behaviour::{
    Acceptance, Answer, Client, Copy, Decides, Evidence, Keeps, OnFailure, Order, Pull, Registry,
    Strength, Then, Versions,
};
pub use client_verdict::{Action, Cell, ClientVerdict, Outcome, Part, client_verdicts, clients};
pub use registry_kind::RegistryKind;
pub use registry_verdict::{
    Doubt, Reason, RegistryPart, RegistryVerdict, Reply, registries, registry_verdict,
};
pub use subject::{Blob, LayerRef, Place, Situation, Subject, UrlAllowance, UrlFact, UrlState};
pub use summary::summary;
pub use url_traits::{UrlTraits, host_of};
