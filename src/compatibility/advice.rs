use std::sync::Arc;

use super::class::{Class, Classes, Presence};
use super::client_verdict::{Action, clients};
use super::outcome::Outcome;
use super::registry_verdict::{Doubt, Reply, reply};
use super::summary::list;
use super::survey::Survey;
use super::url_traits::Answers;
use super::{Client, LayerRef, RegistryKind, Subject};
use crate::image::{Image, ImageEdits};
use crate::manifest::LayerMark;
use crate::manifest::media_type::{Family, Form, LayerType};
use crate::msg;
use crate::text::Message;

/// One way of saying that layers are foreign, with what it would bring and cost.
///
/// No way works everywhere: clients go by the media type or by the URLs, registries refuse the one
/// or the other.
#[derive(Clone, Debug)]
pub struct Advice {
    /// The way.
    pub shape: Shape,
    /// Whether it is what the image says already.
    pub is_current: bool,
    /// What the registry would say, the gravest reply.
    pub reply: Reply,
    /// The clients that would leave all marked layers out of copies.
    pub leave_out: Vec<&'static Client>,
    /// The clients that would hand marked layers on.
    pub hand_on: Vec<&'static Client>,
    /// The clients that could not pull the image whole.
    pub cannot_pull: Vec<&'static Client>,
    layers: Arc<[LayerRef]>,
}

/// A way of saying that layers are foreign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The family to convert the image to; `None` leaves it as it is.
    pub family: Option<Family>,
    /// What the media type says.
    pub form: Form,
    /// Whether the URLs stand in the manifest; without them the blobs have to be in the registry.
    pub urls: bool,
}

/// The ways for the marked layers of `subject`, best first: what the registry takes, then what every
/// one of the clients with these ids can pull, then what most of them leave out of copies, then what
/// changes least; an ordinary type with URLs comes last, as it breaks copies. Empty when no layer is marked.
pub fn advise(subject: &Subject<'_>, kind: RegistryKind, ids: &[&str]) -> Vec<Advice> {
    let survey = Survey::new(subject);
    let classes = Classes::of(&survey);
    let asked: Vec<&'static Client> =
        clients().iter().filter(|client| ids.contains(&client.id)).collect();
    let mut found: Vec<(Advice, bool)> = Vec::new();
    if classes.all.is_empty() {
        return Vec::new();
    }
    let layers: Arc<[LayerRef]> = survey.marked().map(|layer| survey.reference(layer)).collect();
    for family in [None, Some(Family::Oci), Some(Family::Docker)] {
        let needed = |family| survey.marked().any(|layer| survey.family(layer) != family);
        if let Some(to) = family
            && !(needed(to) && subject.image.conversion_blockers(subject.edits, to).is_empty())
        {
            continue;
        }
        for (form, urls) in
            [(Form::NonDistributable, true), (Form::NonDistributable, false), (Form::Plain, true)]
        {
            let shape = Shape { family, form, urls };
            let shaped: Option<Vec<Class<'_>>> =
                classes.all.iter().map(|(class, _)| shape.of(class)).collect();
            let Some(shaped) = shaped else { continue };
            let same = |(class, _): &(Class<'_>, Vec<usize>)| shape.is(class);
            let is_current = family.is_none() && classes.all.iter().all(same);
            let advice = weigh(subject, (shape, is_current), kind, &asked, &shaped);
            found.push((Advice { layers: layers.clone(), ..advice }, family.is_none()));
        }
    }
    found.sort_by_key(|(advice, stays)| {
        let refused = match advice.reply {
            Reply::Accepts => 0,
            Reply::Unknown(Doubt::Settings | Doubt::Blob | Doubt::Version) => 1,
            Reply::Unknown(Doubt::Rules) => 2,
            Reply::Refuses(..) | Reply::RefusesAnyhow(..) => 3,
        };
        // An ordinary type with URLs makes Skopeo and regctl break copies without saying so.
        let breaks = advice.shape.form == Form::Plain;
        // What changes least comes first among equals.
        let changes = (!advice.is_current, !stays);
        (refused, breaks, advice.cannot_pull.len(), advice.hand_on.len(), changes)
    });
    found.into_iter().map(|(advice, _)| advice).collect()
}

fn weigh(
    subject: &Subject<'_>,
    (shape, is_current): (Shape, bool),
    kind: RegistryKind,
    asked: &[&'static Client],
    shaped: &[Class<'_>],
) -> Advice {
    let allowance = subject.situation.url_allowance;
    let replies = shaped.iter().map(|class| reply(kind, allowance, class));
    let of = |holds: &dyn Fn(&'static Client) -> bool| -> Vec<&'static Client> {
        asked.iter().copied().filter(|client| holds(client)).collect()
    };
    // By the usual way of doing it.
    let every = |client: &'static Client, action, holds: fn(Outcome) -> bool| {
        let way = client.ways(action).next();
        way.is_some_and(|way| shaped.iter().all(|class| holds(way.outcome(class))))
    };
    Advice {
        shape,
        is_current,
        reply: replies.min().unwrap_or(Reply::Accepts),
        leave_out: of(&|client| every(client, Action::Push, Outcome::skips)),
        hand_on: of(&|client| !every(client, Action::Push, |outcome| !outcome.hands_on())),
        cannot_pull: of(&|client| {
            !every(client, Action::Pull, |outcome| !outcome.fails() && !outcome.skips())
        }),
        layers: Arc::default(),
    }
}

impl Shape {
    /// Whether a layer is of this shape already.
    fn is(self, class: &Class<'_>) -> bool {
        class.has_urls == self.urls
            && LayerType::parse(class.media_type).is_some_and(|known| known.form == self.form)
    }

    /// A layer in this shape; `None` where there is no such type, or no URL to write.
    fn of<'a>(self, class: &Class<'a>) -> Option<Class<'a>> {
        if self.urls && !class.has_urls {
            return None;
        }
        let known = LayerType::parse(class.media_type)?;
        let family = self.family.unwrap_or(class.family);
        let to = LayerType { family, form: self.form, ..known };
        let shaped = Class { media_type: to.spelling()?, family, ..*class };
        if self.urls {
            return Some(shaped);
        }
        // Without URLs the blobs go to the registry.
        Some(Class {
            has_urls: false,
            presence: Presence::Present,
            answers: Answers::default(),
            crane_refuses: false,
            regctl_refuses: false,
            unacceptable: false,
            not_uri: false,
            ..shaped
        })
    }
}

impl Advice {
    /// The edits with the marked layers in this shape, as one step.
    pub fn apply(&self, image: &Image, edits: &ImageEdits) -> ImageEdits {
        let mut out = edits.clone();
        if let Some(family) = self.shape.family {
            out.set_family(image, family);
        }
        let mut rest = &*self.layers;
        while let Some(first) = rest.first() {
            let end = rest.iter().position(|layer| layer.node != first.node);
            let (layers, others) = rest.split_at(end.unwrap_or(rest.len()));
            rest = others;
            let Some(document) = image.base(edits, &first.node) else { continue };
            out.change(&first.node, |node| {
                for layer in layers {
                    let index = layer.index as usize;
                    let Some(mark) = node.edits.layer_mark(document, index) else { continue };
                    let urls = mark.urls.filter(|_| self.shape.urls);
                    let mark = LayerMark { form: self.shape.form, urls };
                    node.edits.mark_layer(document, index, mark);
                }
            });
        }
        out
    }

    /// What the way is, in one sentence.
    pub fn what(&self) -> Message {
        match (self.shape.form, self.shape.urls) {
            (Form::NonDistributable, true) => msg!("advice.type-and-urls"),
            (Form::NonDistributable, false) => msg!("advice.type-only"),
            (Form::Plain, _) => msg!("advice.urls-only"),
        }
    }

    /// What it costs, a sentence each.
    pub fn costs(&self) -> Vec<Message> {
        let names = |clients: &[&'static Client]| {
            let mut names: Vec<String> =
                clients.iter().map(|client| client.name.to_owned()).collect();
            names.dedup();
            (names.len(), list(names))
        };
        let mut costs = Vec::new();
        match self.shape.family {
            Some(Family::Docker) => costs.push(msg!("advice.to-docker")),
            Some(Family::Oci) => costs.push(msg!("advice.to-oci")),
            None => {}
        }
        match self.reply {
            Reply::Refuses(..) | Reply::RefusesAnyhow(..) => costs.push(msg!("advice.refused")),
            Reply::Unknown(Doubt::Settings) => costs.push(msg!("advice.settings")),
            Reply::Unknown(_) => costs.push(msg!("advice.not-known")),
            Reply::Accepts => {}
        }
        if !self.shape.urls {
            costs.push(msg!("advice.upload"));
        }
        if !self.hand_on.is_empty() {
            let (number, clients) = names(&self.hand_on);
            costs.push(msg!("advice.hand-on", number = number, clients = clients));
        }
        if !self.cannot_pull.is_empty() {
            let (number, clients) = names(&self.cannot_pull);
            costs.push(msg!("advice.cannot-pull", number = number, clients = clients));
        }
        costs
    }
}
