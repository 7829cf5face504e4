//! What the marks of an image amount to: one value, made from the cells of the matrix, from which the
//! sentence above the matrix and the line in the head of the page are said.

use std::collections::BTreeSet;

use super::class::{Class, Classes, Presence};
use super::client_verdict::{Action, ClientVerdict, Part, of_survey};
use super::outcome::{Effect, Outcome};
use super::simulate::without_internet;
use super::survey::Survey;
use super::{Client, Subject, UrlState, UrlTraits, host_of};
use crate::msg;
use crate::text::{Arg, Message, visible};

/// What the marks of an image amount to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many blobs are marked: what several layers name counts once.
    pub blobs: usize,
    /// The total size of these blobs.
    pub bytes: u64,
    /// What copies with the well-known clients become, clients with the same together; the order is
    /// that of [`Effect`]'s clauses.
    pub copies: Vec<Copies>,
    /// Whether the well-known clients can pull the image where only the registry answers.
    pub offline: Offline,
    /// What is known of the URLs of the marked layers.
    pub urls: UrlCount,
    pulls: Message,
}

/// What copies with some clients become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copies {
    /// The gravest thing that happens to a marked layer on a push or copy in the usual way.
    pub effect: Effect,
    /// The clients, as people call them; with the way of running where that makes a difference.
    pub clients: Vec<String>,
    /// The ids of the clients' rows.
    pub rows: Vec<&'static str>,
    /// To how many blobs it happens.
    pub blobs: usize,
    /// The total size of these blobs.
    pub bytes: u64,
}

/// Whether the well-known clients can pull the image where only the registry answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offline {
    /// All can, as far as it is known that the registry has the blobs.
    Pulls,
    /// None can.
    Cannot,
    /// These cannot.
    Some(Vec<String>),
    /// It depends on whether the registry has the blobs, which is not known.
    Unknown,
}

/// What is known of the URLs of the marked layers; one that stands at several layers with the same
/// digest counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UrlCount {
    /// How many there are.
    pub all: usize,
    /// How many serve the layer.
    pub verified: usize,
    /// How many are known not to.
    pub failing: usize,
}

/// A part of the line that says the outcome, with where its details stand.
#[derive(Clone, Debug, PartialEq)]
pub struct OutcomePart {
    /// What is said.
    pub text: Message,
    /// How grave it is.
    pub effect: Effect,
    /// Where the details stand.
    pub details: Details,
}

/// Where the details of a part of the outcome line stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Details {
    /// In the matrix of clients.
    Clients,
    /// In the pull that is played through.
    Pull,
    /// At the URLs of the layers.
    Urls,
}

/// What the marks of an image amount to; `None` when no layer is marked.
pub fn summary(subject: &Subject<'_>) -> Option<Summary> {
    let survey = Survey::new(subject);
    let classes = survey.classes();
    Summary::of(&survey, classes, &of_survey(&survey, classes))
}

impl Summary {
    pub(crate) fn of(
        survey: &Survey<'_>,
        classes: &Classes<'_>,
        verdicts: &[ClientVerdict],
    ) -> Option<Self> {
        if classes.all.is_empty() {
            return None;
        }
        let mut marked: Vec<usize> = classes.all.iter().flat_map(|(_, at)| at).copied().collect();
        marked.sort_unstable();
        let (blobs, bytes) = survey.blobs(&marked);
        Some(Self {
            blobs,
            bytes,
            copies: copies(verdicts),
            offline: offline(verdicts, classes),
            urls: urls(survey),
            pulls: pulls(survey, classes, verdicts),
        })
    }

    /// In one sentence.
    pub fn sentence(&self) -> Message {
        let mut clauses: Vec<Message> =
            self.copies.iter().filter_map(|copies| self.clause(copies)).collect();
        clauses.push(self.pulls.clone());
        msg!("summary.marks", clauses = joined(clauses))
    }

    fn clause(&self, copies: &Copies) -> Option<Message> {
        let some = copies.blobs < self.blobs;
        let key = match copies.effect {
            Effect::KeepsBack if some => "summary.leaves-some-out",
            Effect::KeepsBack => "summary.leaves-out",
            Effect::PassesOn => "summary.hands-on",
            Effect::BreaksSilently => "summary.breaks",
            Effect::Fails => "summary.fails",
            Effect::Refused => "summary.refused",
            Effect::NotKnown | Effect::Gets | Effect::NotOffered => return None,
        };
        Some(Message {
            key,
            args: vec![
                ("number", Arg::from(copies.clients.len())),
                ("clients", Arg::Message(list(copies.clients.clone()))),
                ("count", Arg::from(copies.blobs)),
                ("all", Arg::from(self.blobs)),
                ("size", Arg::Bytes(copies.bytes)),
            ],
        })
    }

    /// The line in the head of the page: parts that each lead to their details.
    pub fn line(&self) -> Vec<OutcomePart> {
        let mut line: Vec<OutcomePart> = Vec::new();
        for copies in &self.copies {
            let key = match copies.effect {
                Effect::KeepsBack => "outcome.leaves-out",
                Effect::PassesOn => "outcome.hands-on",
                Effect::BreaksSilently => "outcome.breaks",
                Effect::Fails => "outcome.fails",
                Effect::Refused => "outcome.refused",
                Effect::NotKnown | Effect::Gets | Effect::NotOffered => continue,
            };
            let args = vec![
                ("number", Arg::from(copies.clients.len())),
                ("clients", Arg::Text(copies.clients.join(", "))),
                ("count", Arg::from(copies.blobs)),
                ("size", Arg::Bytes(copies.bytes)),
            ];
            let text = Message { key, args };
            line.push(OutcomePart { text, effect: copies.effect, details: Details::Clients });
        }
        let (text, effect) = match &self.offline {
            Offline::Pulls => (msg!("outcome.offline-pulls"), Effect::Gets),
            Offline::Cannot => (msg!("outcome.offline-cannot"), Effect::Fails),
            Offline::Some(clients) => {
                (msg!("outcome.offline-some", clients = clients.join(", ")), Effect::Fails)
            }
            Offline::Unknown => (msg!("outcome.offline-unknown"), Effect::NotKnown),
        };
        line.push(OutcomePart { text, effect, details: Details::Pull });
        let UrlCount { all, verified, failing } = self.urls;
        if all > 0 {
            let (text, effect) = if failing > 0 {
                (msg!("outcome.urls-fail", failing = failing, all = all), Effect::Fails)
            } else {
                let effect = if verified == all { Effect::Gets } else { Effect::NotKnown };
                (msg!("outcome.urls", verified = verified, all = all), effect)
            };
            line.push(OutcomePart { text, effect, details: Details::Urls });
        }
        line
    }
}

/// The rows that a summary names, each with what its copies become.
fn copies(verdicts: &[ClientVerdict]) -> Vec<Copies> {
    let mut all: Vec<Copies> = Vec::new();
    for (verdict, name) in named(verdicts, usual) {
        let Usual { effect, blobs, bytes } = usual(verdict);
        let id = verdict.client.id;
        let same =
            all.iter_mut().find(|it| (it.effect, it.blobs, it.bytes) == (effect, blobs, bytes));
        match same {
            Some(copies) => {
                copies.rows.push(id);
                if !copies.clients.contains(&name) {
                    copies.clients.push(name);
                }
            }
            None => {
                all.push(Copies { effect, clients: vec![name], rows: vec![id], blobs, bytes });
            }
        }
    }
    // What a mark is for comes first, then what it does not reach, then what goes wrong.
    let order = [
        Effect::KeepsBack,
        Effect::PassesOn,
        Effect::BreaksSilently,
        Effect::Fails,
        Effect::Refused,
    ];
    all.sort_by_key(|it| {
        order.iter().position(|effect| *effect == it.effect).unwrap_or(order.len())
    });
    all
}

/// What a client's usual way of copying amounts to.
#[derive(PartialEq)]
struct Usual {
    effect: Effect,
    blobs: usize,
    bytes: u64,
}

fn usual(verdict: &ClientVerdict) -> Usual {
    let parts = &verdict.cells[Action::Push as usize].parts;
    let way = parts.first().map_or("", |part| part.way);
    let usual = || parts.iter().filter(|part| part.way == way);
    let effect = usual().map(|part| part.outcome.effect()).min().unwrap_or(Effect::NotKnown);
    let concerned = |part: &&Part| part.outcome.effect() == effect;
    Usual {
        effect,
        blobs: usual().filter(concerned).map(|part| part.blobs).sum(),
        bytes: usual().filter(concerned).map(|part| part.bytes).sum(),
    }
}

/// The rows with a name for the sentence. A name that several rows share stands for them where they
/// agree; else each has its way of running beside it.
fn named<'v, T: PartialEq>(
    verdicts: &'v [ClientVerdict],
    told: fn(&'v ClientVerdict) -> T,
) -> Vec<(&'v ClientVerdict, String)> {
    let mut found = Vec::new();
    for verdict in verdicts {
        let Some(name) = verdict.client.headline else { continue };
        let rows = || verdicts.iter().filter(|row| row.client.headline == Some(name));
        let agree = rows().all(|row| told(row) == told(verdict));
        found.push((verdict, full_name(verdict.client, name, agree)));
    }
    found
}

fn full_name(client: &Client, name: &str, agree: bool) -> String {
    if agree || client.variant.is_empty() {
        name.to_owned()
    } else {
        format!("{name} ({})", client.variant)
    }
}

fn offline(verdicts: &[ClientVerdict], classes: &Classes<'_>) -> Offline {
    let mut unknown = false;
    let mut cannot: Vec<String> = Vec::new();
    let rows: Vec<&'static Client> = verdicts.iter().map(|verdict| verdict.client).collect();
    let rows = rows.into_iter().filter(|client| client.headline.is_some());
    let mut all = 0;
    for client in rows {
        all += 1;
        let mut fails = false;
        for (class, _) in &classes.all {
            let outcome = without_internet(client, class);
            fails |= outcome.fails() || outcome.skips();
            unknown |=
                matches!(outcome.effect(), Effect::NotKnown) || class.presence == Presence::Unknown;
        }
        if fails {
            let name = client.headline.unwrap_or_default();
            let name = full_name(client, name, false);
            if !cannot.contains(&name) {
                cannot.push(name);
            }
        }
    }
    match cannot.len() {
        n if n == all => Offline::Cannot,
        0 if unknown => Offline::Unknown,
        0 => Offline::Pulls,
        _ => Offline::Some(cannot),
    }
}

fn urls(survey: &Survey<'_>) -> UrlCount {
    let mut count = UrlCount::default();
    for same in survey.same_digests() {
        let mut seen: Vec<&str> = Vec::new();
        let layers = same.map(|at| &survey.layers[at]).filter(|layer| layer.is_marked());
        for layer in layers {
            let known = seen.len();
            for url in layer.urls {
                if seen[..known].contains(&url.as_str()) {
                    continue;
                }
                let fact = layer.facts.and_then(|facts| facts.get(url));
                let state = fact.map(|fact| fact.state).unwrap_or_default();
                count.all += 1;
                count.verified += usize::from(state == UrlState::Verified);
                count.failing += usize::from(state.fails());
                seen.push(url);
            }
        }
    }
    count
}

/// Whom the pulls depend on.
fn pulls(survey: &Survey<'_>, classes: &Classes<'_>, verdicts: &[ClientVerdict]) -> Message {
    let authorities = survey.bases.iter().map(|base| base.authority);
    let mut hosts: BTreeSet<&str> = authorities.filter(|host| !host.is_empty()).collect();
    for layer in survey.layers.iter().filter(|layer| layer.traits.any(UrlTraits::SCHEME)) {
        hosts.extend(layer.urls.iter().filter_map(|url| host_of(url)));
    }
    let all = |presence| classes.all.iter().all(|(class, _)| class.presence == presence);
    let Some(first) = hosts.first() else {
        return if all(Presence::Absent) {
            msg!("summary.pulls-fail")
        } else {
            msg!("summary.pulls-registry")
        };
    };
    let host = if hosts.len() == 1 {
        msg!("summary.host", host = visible(first))
    } else {
        msg!("summary.hosts", host = visible(first), more = hosts.len() - 1)
    };
    // With the blobs in the registry, only those that fail without the URLs depend on them.
    let needs = |verdict: &ClientVerdict| {
        let unreachable = |(class, _): &(Class<'_>, _)| without_internet(verdict.client, class);
        classes.all.iter().map(unreachable).any(Outcome::fails)
    };
    if !all(Presence::Present) {
        return msg!("summary.pulls-url", host = host);
    }
    let mut names: Vec<String> = Vec::new();
    for verdict in
        verdicts.iter().filter(|verdict| verdict.client.headline.is_some() && needs(verdict))
    {
        let name = verdict.client.headline.unwrap_or_default();
        let agree = verdicts.iter().filter(|row| row.client.headline == Some(name)).all(needs);
        let name = full_name(verdict.client, name, agree);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        msg!("summary.pulls-registry")
    } else {
        msg!("summary.pulls-some", clients = list(names), host = host)
    }
}

/// “a”, “a and b”, “a, b and c”.
pub(super) fn list(names: Vec<String>) -> Message {
    let mut names = names.into_iter().rev();
    let last = names.next().unwrap_or_default();
    let Some(before) = names.next() else { return msg!("list.one", a = last) };
    let two = msg!("list.two", a = before, b = last);
    names.fold(two, |rest, name| msg!("list.more", a = name, b = rest))
}

fn joined(clauses: Vec<Message>) -> Message {
    let mut clauses = clauses.into_iter().rev();
    let last = clauses.next().unwrap_or(msg!("summary.nothing"));
    clauses.fold(last, |rest, clause| msg!("summary.then", a = clause, b = rest))
}
