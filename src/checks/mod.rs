//! What is questionable about an edited image, and what clients and registries will do with it.
//!
//! Pure and data-driven: [`check`] runs a table of rules over a [`Subject`]. What is not known of
//! the surroundings is [`Situation`]'s default, and whatever depends on it is reported as unknown,
//! never as fine. Work grows with the number of layers, not with its square, and a finding lists
//! its layers rather than being repeated for each.

mod advice;
mod behaviour;
mod class;
mod client_verdict;
mod facts;
mod finding;
mod fix;
mod look_alike;
mod registry_kind;
mod registry_verdict;
mod report;
mod rules;
mod subject;
mod summary;
mod survey;
#[cfg(test)]
mod testing;
mod url_traits;
#[cfg(test)]
mod verdict_tests;

pub use advice::{Advice, Shape, advise};
pub use behaviour::{
    Acceptance, Answer, Client, Copy, Decides, Evidence, Keeps, OnFailure, Order, Pull, Registry,
    Strength, Then, Versions,
};
pub use client_verdict::{Action, Cell, ClientVerdict, Outcome, Part, client_verdicts, clients};
pub use finding::{Finding, LayerRef, RuleInfo, Severity};
pub use fix::{Fix, FixKind};
pub use look_alike::{Look, hidden, look};
pub use registry_kind::RegistryKind;
pub use registry_verdict::{
    Doubt, Reason, RegistryPart, RegistryVerdict, Reply, registries, registry_verdict,
};
pub use report::{Report, report};
pub use rules::{check, rules};
pub use subject::{Blob, Place, Situation, Subject, UrlAllowance, UrlFact, UrlState};
pub use summary::summary;
pub use url_traits::{UrlTraits, host_of};
