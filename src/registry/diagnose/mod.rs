//! “Why did this fail?”: what a page can find out about a call that the browser let fail without
//! a reason.
//!
//! The browser says “Failed to fetch” for refused connections, unknown names, TLS, CORS and its own
//! policies alike. [`predict`] knows what cannot work before anything is sent, [`diagnose`] makes
//! the few harmless requests that tell the cases apart, [`decide`] judges what they showed. No
//! probe carries a credential, and none goes anywhere but to the registry.

mod decide;
mod probe;
mod remedy;

pub use decide::{Observations, Permission, Plain, decide, predict};
pub use probe::{Failure, Probe, diagnose};
pub use remedy::{Remedy, RemedyKind, remedies};

use crate::msg;
use crate::text::Message;

/// What failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailedCall {
    /// What the call was for.
    pub kind: CallKind,
    /// Whether it had a header that makes the browser ask first (`Authorization`, a long
    /// `Accept`).
    pub asked_first: bool,
    /// Whether an earlier call like that, for reading, had worked.
    pub reads_worked: bool,
    /// Whether the host had answered any call.
    pub answered_before: bool,
}

/// What a call was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// Reading manifests and lists.
    Read,
    /// Reading a blob, which a registry may have in another storage.
    ReadBlob,
    /// Storing something.
    Write,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A page over TLS may not ask a registry without.
    MixedContent,
    /// Browsers never connect to this port.
    BlockedPort(u16),
    /// This computer is offline.
    Offline,
    /// The portal's content security policy does not list the registry.
    PolicyOfThePage,
    /// The browser may not reach addresses in the local network, or only after the person agreed.
    LocalNetwork,
    /// Nothing answers there: name, network, VPN, certificate.
    Unreachable,
    /// The registry answers, but does not allow this page to read its answers.
    CorsRefused,
    /// The registry refuses the browser's question whether it may sign in (`OPTIONS` without
    /// credentials answered 401).
    PreflightRefused,
    /// Blobs are in a storage that does not allow this page to read them.
    StorageCors,
    /// Reading is allowed to this page, writing is not.
    WriteNotAllowed,
    /// What answers there is not a registry.
    NotARegistry,
    /// The registry hides headers that are needed.
    ExposeMissing,
    /// The registry answers in general, but this answer broke off or came too late.
    BrokeOff,
}

/// A verdict with what led to it and what helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The verdict.
    pub verdict: Verdict,
    /// What was observed, sentence by sentence.
    pub observed: Vec<Message>,
    /// Configurations that help, filled in for this page and registry; the best first.
    pub remedies: Vec<Remedy>,
}

impl Verdict {
    /// What happened, in a few words.
    pub fn title(&self) -> Message {
        match self {
            Self::MixedContent => msg!("verdict.mixed-content"),
            Self::BlockedPort(port) => msg!("verdict.blocked-port", port = port.to_string()),
            Self::Offline => msg!("verdict.offline"),
            Self::PolicyOfThePage => msg!("verdict.policy"),
            Self::LocalNetwork => msg!("verdict.local-network"),
            Self::Unreachable => msg!("verdict.unreachable"),
            Self::CorsRefused => msg!("verdict.cors"),
            Self::PreflightRefused => msg!("verdict.preflight"),
            Self::StorageCors => msg!("verdict.storage"),
            Self::WriteNotAllowed => msg!("verdict.write"),
            Self::NotARegistry => msg!("verdict.not-a-registry"),
            Self::ExposeMissing => msg!("verdict.expose"),
            Self::BrokeOff => msg!("verdict.broke-off"),
        }
    }

    /// What it means and what to do.
    pub fn meaning(&self) -> Message {
        match self {
            Self::MixedContent => msg!("meaning.mixed-content"),
            Self::BlockedPort(_) => msg!("meaning.blocked-port"),
            Self::Offline => msg!("meaning.offline"),
            Self::PolicyOfThePage => msg!("meaning.policy"),
            Self::LocalNetwork => msg!("meaning.local-network"),
            Self::Unreachable => msg!("meaning.unreachable"),
            Self::CorsRefused => msg!("meaning.cors"),
            Self::PreflightRefused => msg!("meaning.preflight"),
            Self::StorageCors => msg!("meaning.storage"),
            Self::WriteNotAllowed => msg!("meaning.write"),
            Self::NotARegistry => msg!("hint.not-a-registry"),
            Self::ExposeMissing => msg!("meaning.expose"),
            Self::BrokeOff => msg!("meaning.broke-off"),
        }
    }
}

#[cfg(test)]
mod tests;
