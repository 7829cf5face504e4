use std::collections::BTreeSet;

use super::behaviour::{Client, Order};
use super::class::{Class, Classes, Presence};
use super::client_verdict::Action;
use super::facts::CLIENTS;
use super::survey::Survey;
use super::{Outcome, Subject, host_of};
use crate::msg;
use crate::text::{Arg, Message, visible};

/// What the marks of an image amount to, in one sentence.
pub fn summary(subject: &Subject<'_>) -> Message {
    let survey = Survey::new(subject);
    of_survey(&survey, &Classes::of(&survey))
}

pub(crate) fn of_survey(survey: &Survey<'_>, classes: &Classes<'_>) -> Message {
    if classes.all.is_empty() {
        return msg!("summary.nothing");
    }
    let (count, size) = survey.distinct();
    let mut clauses = Vec::new();
    for (wanted, key) in [
        (Copying::LeavesOut, "summary.leaves-out"),
        (Copying::Some, "summary.some"),
        (Copying::HandsOn, "summary.hands-on"),
        (Copying::Fails, "summary.fails"),
    ] {
        let names = headlines(|client| copying(client, classes) == wanted);
        if names.is_empty() {
            continue;
        }
        let number = names.len();
        clauses.push(Message {
            key,
            args: vec![
                ("number", Arg::from(number)),
                ("clients", Arg::Message(list(names))),
                ("count", Arg::from(count)),
                ("size", Arg::Bytes(size)),
            ],
        });
    }
    clauses.push(pulls(survey, classes));
    msg!("summary.marks", clauses = joined(clauses))
}

/// What a client does with the marked layers on a push or copy.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copying {
    LeavesOut,
    Some,
    HandsOn,
    Fails,
    NotKnown,
}

fn copying(client: &Client, classes: &Classes<'_>) -> Copying {
    let outcome = |class: &Class<'_>| client.outcome(Action::Push, class);
    let mut outcomes = classes.all.iter().map(|(class, _)| outcome(class));
    let Some(first) = outcomes.next() else { return Copying::NotKnown };
    let kind = |outcome: Outcome| match outcome {
        _ if outcome.fails() => Copying::Fails,
        _ if outcome.skips() => Copying::LeavesOut,
        _ if outcome.hands_on() => Copying::HandsOn,
        _ => Copying::NotKnown,
    };
    outcomes.map(kind).fold(kind(first), |all, each| if all == each { all } else { Copying::Some })
}

/// Whom the pulls depend on.
fn pulls(survey: &Survey<'_>, classes: &Classes<'_>) -> Message {
    let mut hosts: BTreeSet<&str> = BTreeSet::new();
    for layer in survey.layers.iter().filter(|layer| layer.has_urls()) {
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
    if !all(Presence::Present) {
        return msg!("summary.pulls-url", host = host);
    }
    // The registry has the blobs: only those who ask the URLs first depend on them.
    let names = headlines(|client| client.pull.order == Order::UrlsFirst);
    msg!("summary.pulls-some", clients = list(names), host = host)
}

/// The names for the sentence of the clients of which `holds`, each once.
fn headlines(holds: impl Fn(&Client) -> bool) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    for client in CLIENTS {
        // A name that two rows share stands for the rows that agree.
        let Some(name) = client.headline else { continue };
        let mut rows = CLIENTS.iter().filter(|row| row.headline == Some(name));
        if rows.all(&holds) && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// “a”, “a and b”, “a, b and c”.
pub(super) fn list(names: Vec<&'static str>) -> Message {
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

impl Survey<'_> {
    /// The blobs of the marked layers counted once each, with their total size.
    fn distinct(&self) -> (usize, u64) {
        let (mut count, mut size) = (0, 0_u64);
        for same in self.same_digests() {
            let mut marked = same.map(|at| &self.layers[at]).filter(|layer| layer.is_marked());
            if let Some(layer) = marked.next() {
                count += 1;
                size = size.saturating_add(layer.descriptor.size);
            }
        }
        (count, size)
    }
}
