//! The customer's pull, played through: who pulls, from where, in which network, with the URLs up or
//! down, and what comes of it, step by step with the rule and its source.
//!
//! The steps are the verdicts of the matrix, one after the other: what a copy or an archive makes of a
//! layer is what the pull then finds.

use super::behaviour::{Copy, Keeps, Order};
use super::class::{Class, LayerList, Lists, Presence};
use super::client_verdict::{Action, Part, Way};
use super::facts::CLIENTS;
use super::outcome::{Effect, Outcome};
use super::registry_verdict::{RegistryPart, Reply, reply};
use super::survey::Survey;
use super::url_traits::Answer;
use super::{Client, RegistryKind, Subject, UrlAllowance};
use crate::manifest::media_type::{Form, LayerType, Packing};
use crate::msg;
use crate::text::Message;
use std::collections::BTreeMap;

/// A pull to be played through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// The id of the client that pulls or loads.
    pub client: &'static str,
    /// From where.
    pub from: PullsFrom,
    /// What the customer's network lets through.
    pub network: Network,
    /// What the URLs answer.
    pub urls: UrlsAre,
}

/// Where a customer gets an image from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullsFrom {
    /// The registry that the image is pushed to.
    Registry,
    /// A copy in another registry.
    Copy {
        /// The id of the client that makes the copy, with internet.
        by: &'static str,
        /// The software of that registry.
        into: RegistryKind,
    },
    /// A file or folder.
    Archive {
        /// The id of the client that writes it, with internet.
        by: &'static str,
        /// Which of its ways of saving, by position.
        way: usize,
    },
}

/// What a network lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// Everything.
    Open,
    /// The registry that is pulled from, and nothing else.
    RegistryOnly,
    /// Nothing.
    None,
}

/// What URLs answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlsAre {
    /// As far as it was verified.
    AsKnown,
    /// All serve their layers.
    Up,
    /// None answers.
    Down,
}

/// How a pull ends, gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// It fails.
    Fails,
    /// It ends without some layers, and nothing is said of it.
    Incomplete,
    /// Not known.
    NotKnown,
    /// The image is there as a whole.
    Complete,
}

/// A pull that was played through.
#[derive(Clone, Debug)]
pub struct Played {
    /// How it ends.
    pub end: End,
    /// What happens to the marked layers, one thing after the other.
    pub steps: Vec<Step>,
}

/// One thing that happens on the way.
#[derive(Clone, Debug)]
pub enum Step {
    /// What a client does; the evidence stands in the part.
    Client(&'static Client, Part),
    /// What the registry that a copy goes to says.
    Registry(RegistryKind, RegistryPart),
    /// The registry cannot be reached from the customer's network.
    NoRegistry,
}

/// The three questions that every vendor is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Can I pull it with internet?
    WithInternet,
    /// Can I pull it from a mirror of my own, without internet?
    BehindMirror,
    /// Can I load it from a file, without any network?
    WithoutNetwork,
}

impl Network {
    /// Every network, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Open, Self::RegistryOnly, Self::None];

    /// What it lets through.
    pub fn message(self) -> Message {
        match self {
            Self::Open => msg!("pull.network-open"),
            Self::RegistryOnly => msg!("pull.network-registry"),
            Self::None => msg!("pull.network-none"),
        }
    }
}

impl UrlsAre {
    /// Every case, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::AsKnown, Self::Up, Self::Down];

    /// What the URLs answer.
    pub fn message(self) -> Message {
        match self {
            Self::AsKnown => msg!("pull.urls-known"),
            Self::Up => msg!("pull.urls-up"),
            Self::Down => msg!("pull.urls-down"),
        }
    }
}

impl End {
    /// How the pull ends.
    pub fn message(self) -> Message {
        match self {
            Self::Fails => msg!("effect.fails"),
            Self::Incomplete => msg!("pull.incomplete"),
            Self::NotKnown => msg!("pull.not-known"),
            Self::Complete => msg!("pull.complete"),
        }
    }

    /// A sign for it, that of the [`Effect`] that leads there.
    pub fn sign(self) -> &'static str {
        let effect = match self {
            Self::Fails => Effect::Fails,
            Self::Incomplete => Effect::BreaksSilently,
            Self::NotKnown => Effect::NotKnown,
            Self::Complete => Effect::Gets,
        };
        effect.sign()
    }
}

impl Question {
    /// All questions.
    pub const ALL: [Self; 3] = [Self::WithInternet, Self::BehindMirror, Self::WithoutNetwork];

    /// The question, as it is asked.
    pub fn message(self) -> Message {
        match self {
            Self::WithInternet => msg!("pull.with-internet"),
            Self::BehindMirror => msg!("pull.behind-mirror"),
            Self::WithoutNetwork => msg!("pull.without-network"),
        }
    }

    /// The scenario that answers it for the client with this id; mirror and file are made with
    /// Skopeo.
    pub fn scenario(self, client: &'static str) -> Scenario {
        let (from, network) = match self {
            Self::WithInternet => (PullsFrom::Registry, Network::Open),
            Self::BehindMirror => {
                let mirror = PullsFrom::Copy { by: "skopeo", into: RegistryKind::Unknown };
                (mirror, Network::RegistryOnly)
            }
            Self::WithoutNetwork => (PullsFrom::Archive { by: "skopeo", way: 0 }, Network::None),
        };
        Scenario { client, from, network, urls: UrlsAre::AsKnown }
    }
}

/// Plays a pull through; `None` where a client is not known or does not save that way.
pub fn simulate(subject: &Subject<'_>, scenario: &Scenario) -> Option<Played> {
    let survey = Survey::new(subject);
    let classes = survey.classes();
    let customer = client(scenario.client)?;
    let maker = match scenario.from {
        PullsFrom::Registry => None,
        PullsFrom::Copy { by, .. } => {
            let by = client(by)?;
            Some((by, by.ways(Action::Push).next()?))
        }
        PullsFrom::Archive { by, way } => {
            let by = client(by)?;
            Some((by, by.ways(Action::Save).nth(way)?))
        }
    };
    let mut play = Play {
        lists: Lists::new(&survey, classes),
        classes: classes.all.iter().map(|(class, _)| with_urls(*class, scenario.urls)).collect(),
        played: Played { end: End::Complete, steps: Vec::new() },
    };
    play.through(scenario, customer, maker);
    Some(play.played)
}

/// What a client does on a pull where only the registry answers.
pub(super) fn without_internet(client: &'static Client, class: &Class<'_>) -> Outcome {
    let class = with_urls(*class, UrlsAre::Down);
    client.ways(Action::Pull).next().map_or(Outcome::Unknown, |way| way.outcome(&class))
}

fn client(id: &str) -> Option<&'static Client> {
    CLIENTS.iter().find(|client| client.id == id)
}

struct Play<'s, 'a> {
    lists: Lists<'s, 'a>,
    /// The layers as they are at this point.
    classes: Vec<Class<'a>>,
    played: Played,
}

impl Play<'_, '_> {
    fn through(
        &mut self,
        scenario: &Scenario,
        customer: &'static Client,
        maker: Option<(&'static Client, Way)>,
    ) {
        if let Some((by, way)) = maker {
            let outcomes = self.step(by, way);
            for (class, outcome) in self.classes.iter_mut().zip(&outcomes) {
                *class = after(*class, *outcome, way.copy());
            }
            self.end(outcomes.iter().map(|outcome| made(*outcome)));
            if let PullsFrom::Copy { into, .. } = scenario.from {
                self.registry(into);
            }
            // Nothing can be said of a pull of what is not there, or not known.
            if self.played.end != End::Complete {
                return;
            }
        }
        let is_archive = matches!(scenario.from, PullsFrom::Archive { .. });
        if scenario.network == Network::None && !is_archive {
            self.played.steps.push(Step::NoRegistry);
            self.end([End::Fails].into_iter());
            return;
        }
        if scenario.network != Network::Open {
            for class in &mut self.classes {
                *class = with_urls(*class, UrlsAre::Down);
            }
        }
        let way = if is_archive { customer.loading() } else { customer.pulling() };
        let outcomes = self.step(customer, way);
        self.end(outcomes.iter().map(|outcome| pulled(*outcome)));
    }

    /// Lets a client act on the layers as they are.
    fn step(&mut self, client: &'static Client, way: Way) -> Vec<Outcome> {
        let outcomes: Vec<Outcome> = self.classes.iter().map(|class| way.outcome(class)).collect();
        let mut by_outcome: BTreeMap<Outcome, Vec<usize>> = BTreeMap::new();
        for (at, outcome) in outcomes.iter().enumerate() {
            by_outcome.entry(*outcome).or_default().push(at);
        }
        for (outcome, classes) in by_outcome {
            let part = way.part(outcome, self.lists.of(classes));
            self.played.steps.push(Step::Client(client, part));
        }
        outcomes
    }

    /// Lets the registry of a copy judge it. URLs are taken for allowed: what the settings of a
    /// registry of the customer's say is not known here.
    fn registry(&mut self, kind: RegistryKind) {
        let mut by_reply: BTreeMap<Reply, Vec<usize>> = BTreeMap::new();
        for (at, class) in self.classes.iter().enumerate() {
            by_reply.entry(reply(kind, UrlAllowance::Allows, class)).or_default().push(at);
        }
        for (said, classes) in by_reply {
            let LayerList { layers, .. } = self.lists.of(classes);
            if said.refuses() {
                self.end([End::Fails].into_iter());
            }
            let part = RegistryPart { reply: said, layers };
            self.played.steps.push(Step::Registry(kind, part));
        }
    }

    fn end(&mut self, ends: impl Iterator<Item = End>) {
        let gravest = ends.min().unwrap_or(End::Complete);
        self.played.end = self.played.end.min(gravest);
    }
}

/// A layer as its URLs answer.
fn with_urls(class: Class<'_>, urls: UrlsAre) -> Class<'_> {
    let answer = match urls {
        UrlsAre::AsKnown => return class,
        UrlsAre::Up => Answer::Serves,
        UrlsAre::Down => Answer::Unreachable,
    };
    let answers = class.answers.map(|it| if it == Answer::NotHttp { it } else { answer });
    Class { answers, ..class }
}

/// A layer as a copy or an archive has it.
fn after<'a>(class: Class<'a>, outcome: Outcome, copy: Option<&Copy>) -> Class<'a> {
    let plain_type = |packing: Option<Packing>| {
        let known = LayerType::parse(class.media_type)?;
        let packing = packing.unwrap_or(known.packing);
        LayerType { form: Form::Plain, packing, ..known }.spelling()
    };
    let without_urls = |class: Class<'a>| Class { has_urls: false, ..class };
    let present = Class { presence: Presence::Present, ..class };
    match outcome {
        Outcome::Skips | Outcome::SkipsPlain | Outcome::SkipsUnnamed | Outcome::Omits => {
            Class { presence: Presence::Absent, ..class }
        }
        Outcome::Corrupts => without_urls(Class { presence: Presence::Absent, ..class }),
        Outcome::UploadsPlain => {
            let media_type = plain_type(None).unwrap_or(class.media_type);
            without_urls(Class { media_type, ..present })
        }
        Outcome::Compresses
        | Outcome::CompressesDockerForeign
        | Outcome::IncludesCompressed
        | Outcome::UploadsWithoutUrls
        | Outcome::UploadsDockerWithoutUrls => without_urls(present),
        Outcome::Includes if copy.is_some_and(|copy| copy.keeps != Keeps::All) => {
            without_urls(present)
        }
        Outcome::Uploads | Outcome::Includes => present,
        _ => class,
    }
}

/// What making a copy or an archive means for the end. What is left out shows on the pull.
fn made(outcome: Outcome) -> End {
    match outcome.effect() {
        Effect::Fails | Effect::Refused | Effect::NotOffered => End::Fails,
        Effect::NotKnown => End::NotKnown,
        _ => End::Complete,
    }
}

fn pulled(outcome: Outcome) -> End {
    match outcome {
        Outcome::PullsWithout => End::Incomplete,
        Outcome::Url | Outcome::Registry => End::Complete,
        _ if outcome.fails() => End::Fails,
        // Where it comes from is known, whether it is there is not.
        _ => End::NotKnown,
    }
}

impl Client {
    fn pulling(&'static self) -> Way {
        Way::pull(self, None)
    }

    /// From a file: what is in it counts, unless the program is known to ask URLs even then.
    fn loading(&'static self) -> Way {
        Way::pull(self, Some(self.load.as_ref().map_or(Order::Registry, |load| load.order)))
    }
}
