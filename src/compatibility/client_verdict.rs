use std::collections::BTreeMap;
use std::sync::Arc;

use super::behaviour::{Client, Copy, Decides, Evidence, Keeps, Order, Pull, Then};
use super::class::{Class, Classes, LayerList, Lists, Presence};
use super::facts::CLIENTS;
use super::outcome::{Effect, Outcome};
use super::survey::Survey;
use super::url_traits::Answer;
use super::{LayerRef, Subject};
use crate::manifest::media_type::{Family, LayerType, Packing};
use crate::msg;
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

/// A cell of the matrix: what happens, the ways of doing it in their order, and within each the
/// gravest first. Empty when no layer is marked.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    /// What happens to which layers.
    pub parts: Vec<Part>,
}

/// What happens to some layers.
#[derive(Clone, Debug)]
pub struct Part {
    /// What is done.
    pub action: Action,
    /// Which way of doing it, in the program's own words; empty when there is only one.
    pub way: &'static str,
    /// What happens.
    pub outcome: Outcome,
    /// To which layers.
    pub layers: Arc<[LayerRef]>,
    /// How many blobs they are: what several layers name counts once.
    pub blobs: usize,
    /// The total size of these blobs.
    pub bytes: u64,
    /// What it is known from; `None` where nothing is known or the client cannot do it.
    pub evidence: Option<&'static Evidence>,
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

/// How many blobs `client` leaves out when it saves the image, and their bytes; none where no client
/// is known under that name.
pub fn omitted(subject: &Subject<'_>, client: &str) -> (usize, u64) {
    let survey = Survey::new(subject);
    let classes = Classes::of(&survey);
    let Some(client) = CLIENTS.iter().find(|known| known.id == client) else { return (0, 0) };
    let saved = cell(client, Action::Save, &classes, &mut Lists::new(&survey, &classes));
    let omitted = saved.parts.iter().filter(|part| part.outcome == Outcome::Omits);
    omitted.fold((0, 0), |(blobs, bytes), part| (blobs + part.blobs, bytes + part.bytes))
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
    let mut cell = Cell::default();
    for way in client.ways(action) {
        let mut by_outcome: BTreeMap<Outcome, Vec<usize>> = BTreeMap::new();
        for (at, (class, _)) in classes.all.iter().enumerate() {
            by_outcome.entry(way.outcome(class)).or_default().push(at);
        }
        let part = |(outcome, classes)| way.part(outcome, lists.of(classes));
        cell.parts.extend(by_outcome.into_iter().map(part));
    }
    cell
}

/// The verdicts of the clients that people look for under one name.
#[derive(Debug)]
pub struct ClientGroup<'v> {
    /// The name.
    pub name: &'static str,
    /// The verdicts.
    pub verdicts: Vec<&'v ClientVerdict>,
}

/// The verdicts in groups: those of the clients that customers run, and of all that break something
/// without saying so; then the others. What breaks silently comes first.
pub fn client_groups(verdicts: &[ClientVerdict]) -> [Vec<ClientGroup<'_>>; 2] {
    let mut groups = [Vec::new(), Vec::new()];
    for breaks in [true, false] {
        for verdict in verdicts.iter().filter(|verdict| verdict.breaks_silently() == breaks) {
            let shown = breaks || verdict.client.is_common();
            let groups: &mut Vec<ClientGroup<'_>> = &mut groups[usize::from(!shown)];
            let name = verdict.client.group;
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.verdicts.push(verdict),
                None => groups.push(ClientGroup { name, verdicts: vec![verdict] }),
            }
        }
    }
    groups
}

impl ClientVerdict {
    /// Whether a result of it is incomplete or worse and it does not say so.
    pub fn breaks_silently(&self) -> bool {
        self.cells.iter().any(|cell| {
            cell.parts.iter().any(|part| part.outcome.effect() == Effect::BreaksSilently)
        })
    }
}

/// One way in which a client does something.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    client: &'static Client,
    action: Action,
    /// `None` for a pull, and for an action that the client does not have.
    copy: Option<&'static Copy>,
    /// Where a pull looks, if not as usual.
    order: Option<Order>,
}

/// The groups that a vendor's customers run most, and those that the summary speaks of.
const COMMON: [&str; 6] =
    ["Docker Engine", "Docker Desktop", "Kubernetes", "Podman", "Skopeo", "crane"];

impl Client {
    /// Whether it is shown at once; the others are folded away below it.
    pub fn is_common(&self) -> bool {
        COMMON.contains(&self.group)
    }

    /// The client's ways of doing something, the usual one first; at least one, as that it has no
    /// such action is an answer, too.
    pub(crate) fn ways(&'static self, action: Action) -> impl Iterator<Item = Way> {
        let copies = self.copies(action);
        let none = copies.is_empty().then_some(None);
        let all = copies.iter().map(Some).chain(none);
        all.map(move |copy| Way { client: self, action, copy, order: None })
    }

    fn copies(&self, action: Action) -> &'static [Copy] {
        match action {
            Action::Pull => &[],
            Action::Push => self.push,
            Action::Save => self.save,
            Action::Base => self.base,
        }
    }
}

impl Way {
    /// A pull, from a registry or in another order.
    pub(super) fn pull(client: &'static Client, order: Option<Order>) -> Self {
        Self { client, action: Action::Pull, copy: None, order }
    }

    /// What is handed on how, where something is.
    pub(super) fn copy(self) -> Option<&'static Copy> {
        self.copy
    }

    /// Says that this happens to these layers.
    pub(super) fn part(self, outcome: Outcome, list: LayerList) -> Part {
        let LayerList { layers, blobs, bytes } = list;
        let (action, way, evidence) = (self.action, self.name(), self.evidence());
        Part { action, way, outcome, layers, blobs, bytes, evidence }
    }

    /// Which way, in the program's own words.
    pub(crate) fn name(self) -> &'static str {
        self.copy.map_or("", |copy| copy.way)
    }

    /// What this is known from.
    pub(crate) fn evidence(self) -> Option<&'static Evidence> {
        match self.copy {
            Some(copy) => copy.evidence.as_ref(),
            None if self.action == Action::Pull => match (self.order, &self.client.load) {
                (None, _) => self.client.pull.evidence.as_ref(),
                (Some(_), load) => load.as_ref().and_then(|load| load.evidence.as_ref()),
            },
            None => None,
        }
    }

    /// What happens to a layer.
    pub(crate) fn outcome(self, class: &Class<'_>) -> Outcome {
        match self.copy {
            Some(copy) => copy.outcome(&self.client.pull, self.action, class),
            None if self.action == Action::Pull => {
                let pull = &self.client.pull;
                pull.outcome_by(self.order.unwrap_or(pull.order), class)
            }
            None => Outcome::NoSuchAction,
        }
    }
}

impl Copy {
    fn outcome(&self, pull: &Pull, action: Action, class: &Class<'_>) -> Outcome {
        if self.leaves_out == Decides::Unknown {
            return Outcome::Unknown;
        }
        let gets = pull.outcome_by(self.gets.unwrap_or(pull.order), class);
        if self.stored && gets <= Outcome::PullsWithout {
            return gets;
        }
        if self.leaves_out.applies(class) {
            return match action {
                Action::Save => Outcome::Omits,
                _ if !class.has_urls => Outcome::SkipsUnnamed,
                _ if !Decides::Prefixes.applies(class) => Outcome::SkipsPlain,
                _ => Outcome::Skips,
            };
        }
        if gets <= Outcome::PullsWithout {
            return gets;
        }
        let known = LayerType::parse(class.media_type);
        if self.no_zstd && known.is_some_and(|known| known.packing == Packing::Zstd) {
            return Outcome::FailsPacking;
        }
        if self.keeps == Keeps::Broken && class.has_urls {
            return Outcome::Corrupts;
        }
        let docker_foreign =
            known.is_some_and(|known| known.is_foreign() && known.family == Family::Docker);
        let is_tar = known.is_some_and(|known| known.packing == Packing::Tar);
        // What Podman before 5.7 keeps is written as gzip again.
        let is_zstd = known.is_some_and(|known| known.packing == Packing::Zstd);
        let rewritten = is_tar || (is_zstd && self.stored && self.keeps == Keeps::Type);
        if self.compresses && rewritten && self.keeps != Keeps::Nothing {
            return match action {
                Action::Save => Outcome::IncludesCompressed,
                _ if docker_foreign => Outcome::CompressesDockerForeign,
                _ => Outcome::Compresses,
            };
        }
        match self.keeps {
            _ if action == Action::Save => Outcome::Includes,
            Keeps::Type if class.has_urls && docker_foreign => Outcome::UploadsDockerWithoutUrls,
            Keeps::Type if class.has_urls => Outcome::UploadsWithoutUrls,
            Keeps::All | Keeps::Type | Keeps::Broken => Outcome::Uploads,
            Keeps::Nothing => Outcome::UploadsPlain,
        }
    }
}

impl Pull {
    /// What becomes of a layer when it is looked for in this order.
    fn outcome_by(&self, order: Order, class: &Class<'_>) -> Outcome {
        if order == Order::Unknown {
            return Outcome::Unknown;
        }
        if self.leaves_out.applies(class) {
            return Outcome::PullsWithout;
        }
        let found = self.found(order, class);
        let zstd =
            || LayerType::parse(class.media_type).is_some_and(|it| it.packing == Packing::Zstd);
        if !found.fails() && self.no_zstd && zstd() { Outcome::FailsPacking } else { found }
    }

    fn found(&self, order: Order, class: &Class<'_>) -> Outcome {
        if order == Order::Registry || !class.has_urls {
            return from_registry(class.presence, Outcome::FailsNoBlob);
        }
        // It looks at the URLs only when it comes to ask them.
        let refused = class.refused_by(self.refuses);
        match (order, class.presence) {
            (Order::RegistryFirst, Presence::Present) => Outcome::Registry,
            (Order::RegistryFirst, Presence::Unknown) if refused => Outcome::RegistryUnknown,
            _ if refused => Outcome::FailsRefusedUrl,
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

impl Part {
    /// What happens, in one word.
    pub fn word(&self) -> Message {
        self.outcome.word()
    }

    /// What happens, in one sentence.
    pub fn sentence(&self) -> Message {
        let count = ("count", Arg::from(self.layers.len()));
        let what = Message { key: self.outcome.sentence_key(), args: vec![count] };
        if self.outcome.fails() && self.action != Action::Pull {
            msg!("verdict.nothing-to-hand-on", what = what)
        } else {
            what
        }
    }
}

impl Cell {
    /// What each way of doing it amounts to: its name, which is empty where there is only one, and the
    /// gravest of its parts.
    pub fn ways(&self) -> Vec<(&'static str, Effect)> {
        let mut ways: Vec<(&'static str, Effect)> = Vec::new();
        for part in &self.parts {
            let effect = part.outcome.effect();
            match ways.iter_mut().find(|(way, _)| *way == part.way) {
                Some((_, gravest)) => *gravest = effect.min(*gravest),
                None => ways.push((part.way, effect)),
            }
        }
        ways
    }

    /// What the action amounts to, the gravest of its parts; `None` when no layer is marked.
    pub fn effect(&self) -> Option<Effect> {
        self.parts.iter().map(|part| part.outcome.effect()).min()
    }
}
