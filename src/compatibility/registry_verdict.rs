use std::collections::BTreeMap;
use std::sync::Arc;

use super::behaviour::{Answer, Evidence, Reason, Registry};
use super::class::{Class, Classes, Lists, Presence};
use super::facts::REGISTRIES;
use super::survey::Survey;
use super::{LayerRef, RegistryKind, Subject, UrlAllowance};
use crate::msg;
use crate::text::Message;

/// What a registry says to the rendered manifests.
#[derive(Clone, Debug)]
pub struct RegistryVerdict {
    /// The registry.
    pub kind: RegistryKind,
    /// What it says to which layers, gravest first. Empty when no layer is marked: then nothing
    /// here stands in the way.
    pub parts: Vec<RegistryPart>,
    /// What it is known from; `None` for an unknown registry.
    pub evidence: Option<&'static Evidence>,
}

/// What a registry says to some layers.
#[derive(Clone, Debug, PartialEq)]
pub struct RegistryPart {
    /// What it says.
    pub reply: Reply,
    /// To which layers.
    pub layers: Arc<[LayerRef]>,
}

/// What a registry says to a layer, gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reply {
    /// It refuses the manifest, for this reason, with this status and code.
    Refuses(Reason, u16, &'static str),
    /// It refuses the manifest in any case, for this reason: with the first status and the code, or,
    /// set up for such manifests, with the second one.
    RefusesAnyhow(Reason, u16, u16, &'static str),
    /// It depends on something that is not known.
    Unknown(Doubt),
    /// It accepts the layer.
    Accepts,
}

/// What a verdict depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// Whether the registry's settings allow the URLs.
    Settings,
    /// Whether the registry has the blob.
    Blob,
    /// The registry's version.
    Version,
    /// The registry's rules, which are not known.
    Rules,
}

/// All registries whose rules are known.
pub fn registries() -> &'static [Registry] {
    REGISTRIES
}

/// What a registry of `kind` says to the rendered manifests of `subject`.
pub fn registry_verdict(subject: &Subject<'_>, kind: RegistryKind) -> RegistryVerdict {
    let survey = Survey::new(subject);
    of_survey(&survey, &Classes::of(&survey), kind)
}

pub(crate) fn of_survey<'a>(
    survey: &Survey<'a>,
    classes: &Classes<'a>,
    kind: RegistryKind,
) -> RegistryVerdict {
    let mut lists = Lists::new(survey, classes);
    let allowance = survey.subject.situation.url_allowance;
    let mut by_reply: BTreeMap<Reply, Vec<usize>> = BTreeMap::new();
    for (at, (class, _)) in classes.all.iter().enumerate() {
        by_reply.entry(reply(kind, allowance, class)).or_default().push(at);
    }
    let part = |(reply, classes)| RegistryPart { reply, layers: lists.of(classes).layers };
    RegistryVerdict {
        kind,
        parts: by_reply.into_iter().map(part).collect(),
        evidence: row(kind).and_then(|row| row.evidence.as_ref()),
    }
}

/// What a registry of `kind` says to a layer.
pub(super) fn reply(kind: RegistryKind, allowance: UrlAllowance, class: &Class<'_>) -> Reply {
    if kind == RegistryKind::Distribution {
        // Of an unknown version: what both say, or that it depends.
        let two = reply(RegistryKind::Distribution2, allowance, class);
        let three = reply(RegistryKind::Distribution3, allowance, class);
        return if two == three { two } else { Reply::Unknown(Doubt::Version) };
    }
    let row = row(kind);
    let rule = row.and_then(|row| row.rules.iter().find(|rule| rule.fits(class)));
    let blob = |status, code| match class.presence {
        Presence::Present => Reply::Accepts,
        Presence::Absent => Reply::Refuses(Reason::NoBlob, status, code),
        Presence::Unknown => Reply::Unknown(Doubt::Blob),
    };
    // With the list of allowed URLs switched off, distribution's other rules for URLs stay.
    let always = row.is_some_and(|row| row.urls_always_allowed);
    let allowance = if always { UrlAllowance::Allows } else { allowance };
    let allowed = |status, code| match allowance {
        _ if class.unacceptable => Reply::Refuses(Reason::Url, status, code),
        UrlAllowance::Refuses => Reply::Refuses(Reason::NotAllowed, status, code),
        UrlAllowance::Unknown => Reply::Unknown(Doubt::Settings),
        UrlAllowance::Allows => Reply::Accepts,
    };
    match rule.map_or(Answer::Unknown, |rule| rule.answer) {
        Answer::Accepts => Reply::Accepts,
        Answer::NeedsBlob(status, code) => blob(status, code),
        Answer::AsAllowed => allowed(500, "UNKNOWN"),
        // The URLs are looked at first; a blob that is not there is the graver trouble.
        Answer::AsAllowedWithBlob => {
            allowed(500, "UNKNOWN").min(blob(400, "MANIFEST_BLOB_UNKNOWN"))
        }
        Answer::Refuses(reason, status, code) => Reply::Refuses(reason, status, code),
        Answer::RefusesUnlessSet(off, on, code) => match class.presence {
            Presence::Absent => Reply::RefusesAnyhow(Reason::NoBlob, off, on, code),
            _ => Reply::Unknown(Doubt::Settings),
        },
        Answer::Unknown => Reply::Unknown(Doubt::Rules),
    }
}

fn row(kind: RegistryKind) -> Option<&'static Registry> {
    REGISTRIES.iter().find(|row| row.kind == kind)
}

impl RegistryVerdict {
    /// The gravest thing that it says; accepting when no layer is marked.
    pub fn reply(&self) -> Reply {
        self.parts.first().map_or(Reply::Accepts, |part| part.reply)
    }
}

impl Reply {
    /// Whether it refuses.
    pub fn refuses(self) -> bool {
        matches!(self, Self::Refuses(..) | Self::RefusesAnyhow(..))
    }

    /// In one word.
    pub fn word(self) -> Message {
        match self {
            Self::Refuses(..) | Self::RefusesAnyhow(..) => msg!("word.refuses"),
            Self::Unknown(_) => msg!("word.unknown"),
            Self::Accepts => msg!("word.accepts"),
        }
    }
}

impl RegistryPart {
    /// What the registry says, in one sentence.
    pub fn sentence(&self) -> Message {
        let count = self.layers.len();
        match self.reply {
            Reply::Accepts => msg!("reply.accepts", count = count),
            Reply::Unknown(Doubt::Settings) => msg!("reply.settings", count = count),
            Reply::Unknown(Doubt::Blob) => msg!("reply.blob", count = count),
            Reply::Unknown(Doubt::Version) => msg!("reply.version", count = count),
            Reply::Unknown(Doubt::Rules) => msg!("reply.rules", count = count),
            Reply::Refuses(reason, status, code) => {
                let (status, reason) = (status.to_string(), reason.message(count));
                msg!("reply.refuses", status = status, code = code, reason = reason)
            }
            Reply::RefusesAnyhow(reason, off, on, code) => {
                let (status, other) = (off.to_string(), on.to_string());
                let reason = reason.message(count);
                msg!(
                    "reply.refuses-anyhow",
                    status = status,
                    other = other,
                    code = code,
                    reason = reason
                )
            }
        }
    }
}

impl Reason {
    fn message(self, count: usize) -> Message {
        match self {
            Self::Url => msg!("reply.url", count = count),
            Self::NotAllowed => msg!("reply.not-allowed", count = count),
            Self::NoUrls => msg!("reply.no-urls", count = count),
            Self::MediaType => msg!("reply.media-type", count = count),
            Self::NoBlob => msg!("reply.no-blob", count = count),
        }
    }
}
