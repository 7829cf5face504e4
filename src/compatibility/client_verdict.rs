use std::collections::BTreeMap;
use std::sync::Arc;

use super::behaviour::{Client, Copy, Decides, Evidence, Keeps, Order, Pull, Then};
use super::class::{Class, Classes, Lists, Presence};
use super::facts::CLIENTS;
use super::survey::Survey;
use super::url_traits::Answer;
use super::{LayerRef, Subject};
use crate::manifest::media_type::{Family, LayerType};
use crate::text::{Arg, Message};

/// What one client does with the marked layers of an image.
#[derive(Clone, Debug)]
pub struct ClientVerdict {
    /// The client.
    pub client: &'static Client,
    /// For each of [`Action::ALL`], in that order.
    pub cells: [Cell; 4],
}

/// What a person does with an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Pulls it.
    Pull,
    /// Pushes or copies it to another registry.
    Push,
    /// Saves or exports it to a file or folder.
    Save,
    /// Builds on it and pushes the result.
    Base,
}

/// A cell of the matrix: what happens, the gravest first. Empty when no layer is marked.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// What happens to which layers.
    pub parts: Vec<Part>,
    /// What it is known from; `None` where nothing is known or the client cannot do it.
    pub evidence: Option<&'static Evidence>,
}

/// What happens to some layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What happens.
    pub outcome: Outcome,
    /// To which layers.
    pub layers: Arc<[LayerRef]>,
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
    /// Handed on as an ordinary layer.
    UploadsPlain,
    /// Handed on with Docker's foreign type but without its URLs, which registries then refuse.
    UploadsDockerWithoutUrls,
    /// Handed on with its type but without its URLs.
    UploadsWithoutUrls,
    /// Handed on; the manifest stays as it is.
    Uploads,
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

/// What every client does with the marked layers; no parts anywhere when no layer is marked.
pub fn client_verdicts(subject: &Subject<'_>) -> Vec<ClientVerdict> {
    let survey = Survey::new(subject);
    of_survey(&survey, &Classes::of(&survey))
}

pub(crate) fn of_survey<'a>(survey: &Survey<'a>, classes: &Classes<'a>) -> Vec<ClientVerdict> {
    let mut lists = Lists::new(survey, classes);
    let verdict = |client: &'static Client| ClientVerdict {
        client,
        cells: Action::ALL.map(|action| cell(client, action, classes, &mut lists)),
    };
    CLIENTS.iter().map(verdict).collect()
}

/// All clients that are known, in the order of the matrix.
pub fn clients() -> &'static [Client] {
    CLIENTS
}

fn cell(
    client: &'static Client,
    action: Action,
    classes: &Classes<'_>,
    lists: &mut Lists<'_, '_>,
) -> Cell {
    let mut by_outcome: BTreeMap<Outcome, Vec<usize>> = BTreeMap::new();
    for (at, (class, _)) in classes.all.iter().enumerate() {
        by_outcome.entry(client.outcome(action, class)).or_default().push(at);
    }
    let part = |(outcome, classes)| Part { outcome, layers: lists.of(classes) };
    Cell {
        parts: by_outcome.into_iter().map(part).collect(),
        evidence: match action {
            Action::Pull => Some(&client.pull.evidence),
            Action::Push => client.push.as_ref().map(|copy| &copy.evidence),
            Action::Save => client.save.as_ref().map(|copy| &copy.evidence),
            Action::Base => client.base.as_ref().map(|copy| &copy.evidence),
        },
    }
}

impl Client {
    /// What the client does with a layer.
    pub(super) fn outcome(&self, action: Action, class: &Class<'_>) -> Outcome {
        let copy = match action {
            Action::Pull => return self.pull.outcome(class),
            Action::Push => &self.push,
            Action::Save => &self.save,
            Action::Base => &self.base,
        };
        match copy {
            None => Outcome::NoSuchAction,
            Some(copy) => copy.outcome(&self.pull, action, class),
        }
    }
}

impl Copy {
    fn outcome(&self, pull: &Pull, action: Action, class: &Class<'_>) -> Outcome {
        if self.leaves_out == Decides::Unknown {
            return Outcome::Unknown;
        }
        if self.leaves_out.applies(class) {
            let foreign = super::facts::is_foreign(class.media_type);
            return match action {
                Action::Save => Outcome::Omits,
                _ if !class.has_urls => Outcome::SkipsUnnamed,
                _ if !foreign => Outcome::SkipsPlain,
                _ => Outcome::Skips,
            };
        }
        match pull.outcome(class) {
            failure if failure <= Outcome::PullsWithout => failure,
            _ if action == Action::Save => Outcome::Includes,
            _ => match self.keeps {
                Keeps::Type if class.has_urls => match LayerType::parse(class.media_type) {
                    Some(known) if known.is_foreign() && known.family == Family::Docker => {
                        Outcome::UploadsDockerWithoutUrls
                    }
                    _ => Outcome::UploadsWithoutUrls,
                },
                Keeps::All | Keeps::Type => Outcome::Uploads,
                Keeps::Nothing => Outcome::UploadsPlain,
            },
        }
    }
}

impl Pull {
    fn outcome(&self, class: &Class<'_>) -> Outcome {
        if self.leaves_out.applies(class) {
            return Outcome::PullsWithout;
        }
        if self.order == Order::Registry || !class.has_urls {
            return from_registry(class.presence, Outcome::FailsNoBlob);
        }
        if self.vetoes && class.vetoed {
            return Outcome::FailsRefusedUrl;
        }
        match (self.order, class.presence) {
            (Order::RegistryFirst, Presence::Present) => Outcome::Registry,
            (Order::RegistryFirst, Presence::Absent) => match self.outcome_at_urls(class) {
                Outcome::UrlOnly | Outcome::UrlFirst => Outcome::UrlNeeded,
                Outcome::FailsAtUrl => Outcome::FailsEverywhere,
                other => other,
            },
            (Order::RegistryFirst, Presence::Unknown) => Outcome::RegistryFirst,
            _ => self.outcome_at_urls(class),
        }
    }

    fn outcome_at_urls(&self, class: &Class<'_>) -> Outcome {
        // Without any http(s) URL it is as if there were none.
        let mut then = Then::NextThenRegistry;
        for answer in class.answers.iter() {
            then = match answer {
                Answer::NotHttp => continue,
                Answer::Serves => return Outcome::Url,
                Answer::Unknown if self.on_failure.missing == Then::NextThenRegistry => {
                    return Outcome::UrlFirst;
                }
                Answer::Unknown => return Outcome::UrlOnly,
                Answer::Wrong => Then::Stop,
                Answer::Missing => self.on_failure.missing,
                Answer::Refuses => self.on_failure.refused,
                Answer::Unreachable => self.on_failure.unreachable,
            };
            if then == Then::Stop {
                break;
            }
        }
        match then {
            Then::Stop | Then::Next => Outcome::FailsAtUrl,
            Then::NextThenRegistry => from_registry(class.presence, Outcome::FailsEverywhere),
        }
    }
}

fn from_registry(presence: Presence, absent: Outcome) -> Outcome {
    match presence {
        Presence::Present => Outcome::Registry,
        Presence::Absent => absent,
        Presence::Unknown => Outcome::RegistryUnknown,
    }
}

impl Action {
    /// All actions, in the order of the matrix's columns.
    pub const ALL: [Self; 4] = [Self::Pull, Self::Push, Self::Save, Self::Base];

    /// Its name, as the head of a column.
    pub fn message(self) -> Message {
        match self {
            Self::Pull => crate::msg!("action.pull"),
            Self::Push => crate::msg!("action.push"),
            Self::Save => crate::msg!("action.save"),
            Self::Base => crate::msg!("action.base"),
        }
    }
}

impl Outcome {
    /// All outcomes, gravest first.
    pub const ALL: [Self; 23] = [
        Self::FailsNoBlob,
        Self::FailsAtUrl,
        Self::FailsEverywhere,
        Self::FailsRefusedUrl,
        Self::PullsWithout,
        Self::SkipsUnnamed,
        Self::SkipsPlain,
        Self::Skips,
        Self::Omits,
        Self::UploadsPlain,
        Self::UploadsDockerWithoutUrls,
        Self::UploadsWithoutUrls,
        Self::Uploads,
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
        self <= Self::FailsRefusedUrl
    }

    /// Whether the layer's bytes are not handed on.
    pub fn skips(self) -> bool {
        (Self::PullsWithout..=Self::Omits).contains(&self)
    }

    /// Whether the layer's bytes are handed on.
    pub fn hands_on(self) -> bool {
        (Self::UploadsPlain..=Self::Includes).contains(&self)
    }

    /// In one word.
    pub fn word(self) -> Message {
        let key = match self {
            Self::FailsNoBlob
            | Self::FailsAtUrl
            | Self::FailsEverywhere
            | Self::FailsRefusedUrl => "word.fails",
            Self::PullsWithout | Self::Omits => "word.omits",
            Self::SkipsUnnamed | Self::SkipsPlain | Self::Skips => "word.skips",
            Self::UploadsPlain
            | Self::UploadsDockerWithoutUrls
            | Self::UploadsWithoutUrls
            | Self::Uploads => "word.uploads",
            Self::Includes => "word.includes",
            Self::UrlOnly | Self::UrlNeeded | Self::Url => "word.url",
            Self::UrlFirst => "word.url-first",
            Self::RegistryFirst => "word.registry-first",
            Self::RegistryUnknown | Self::Registry => "word.registry",
            Self::Unknown => "word.unknown",
            Self::NoSuchAction => "word.none",
        };
        Message { key, args: Vec::new() }
    }

    fn sentence_key(self) -> &'static str {
        match self {
            Self::FailsNoBlob => "verdict.fails-no-blob",
            Self::FailsAtUrl => "verdict.fails-at-url",
            Self::FailsEverywhere => "verdict.fails-everywhere",
            Self::FailsRefusedUrl => "verdict.fails-refused-url",
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

impl Part {
    /// What happens, in one word.
    pub fn word(&self) -> Message {
        self.outcome.word()
    }

    /// What happens, in one sentence.
    pub fn sentence(&self) -> Message {
        let count = ("count", Arg::from(self.layers.len()));
        Message { key: self.outcome.sentence_key(), args: vec![count] }
    }
}
