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
mod go_url;
#[cfg(test)]
mod measured_tests;
mod outcome;
mod recognise;
mod registry_kind;
pub(crate) mod registry_verdict;
mod simulate;
#[cfg(test)]
mod simulate_tests;
mod subject;
pub(crate) mod summary;
#[cfg(test)]
mod summary_tests;
pub(crate) mod survey;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod url_traits;
#[cfg(test)]
mod verdict_tests;

pub use advice::{Advice, Shape, advise};
pub use behaviour::{
    Acceptance, Answer, Client, Copy, Decides, Evidence, Keeps, Load, OnFailure, Order, Pull,
    Reason, Refuses, Registry, Strength, Then, Versions,
};
pub use client_verdict::{
    Action, Cell, ClientGroup, ClientVerdict, Part, client_groups, client_verdicts, clients,
    omitted,
};
pub use outcome::{Effect, Outcome};
pub use recognise::{recognise, url_allowance_of};
pub use registry_kind::RegistryKind;
pub use registry_verdict::{
    Doubt, RegistryPart, RegistryVerdict, Reply, registries, registry_verdict,
};
pub use simulate::{End, Network, Played, PullsFrom, Question, Scenario, Step, UrlsAre, simulate};
pub use subject::{Blob, LayerRef, Place, Situation, Subject, UrlAllowance, UrlFact, UrlState};
pub use summary::{Copies, Details, Offline, OutcomePart, Summary, UrlCount, summary};
pub use url_traits::{UrlTraits, host_of};
