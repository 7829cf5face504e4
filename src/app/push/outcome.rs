//! What a push will do to the tag, and what it did, in words.

use crate::app::EndedPush;
use crate::app::Opened;
use crate::app::push::plan::PushState;
use crate::app::push::pushes::PushPhase;
use crate::msg;
use crate::registry::push::{PushPlan, TagFact};
use crate::text::Message;

impl EndedPush {
    /// The reference that was to be set: the registry, the repository and the tag, if there was one.
    pub fn target(&self) -> String {
        target(&self.push.plan)
    }
}

/// Where `plan` goes: the registry, the repository and the tag, if there is one.
pub(in crate::app) fn target(plan: &PushPlan) -> String {
    let name = repository(plan);
    match &plan.input.tag {
        Some(tag) => format!("{name}:{tag}"),
        None => name,
    }
}

/// The registry and the repository that `plan` goes to.
fn repository(plan: &PushPlan) -> String {
    plan.input.target.to_string()
}

/// What happens to the tag, in sentences. Of a tag that moved only that is said: where it is, and where
/// it was expected.
pub fn tag_line(plan: &PushPlan) -> Vec<Message> {
    if let Some(moved) = &plan.moved {
        return vec![moved.message()];
    }
    let repository = &repository(plan);
    let new = plan.input.root().map(|root| root.digest.clone());
    let digest = new.as_ref().map(crate::manifest::Digest::short).unwrap_or_default();
    let mut said = vec![match (&plan.input.tag, &plan.found) {
        (None, _) => msg!("push.by-digest", repository = repository, digest = &digest),
        (Some(tag), TagFact::Absent) => {
            msg!("push.new-tag", tag = tag.as_str(), repository = repository)
        }
        (Some(tag), TagFact::Unknown(reason)) => msg!(
            "push.tag-unknown",
            tag = tag.as_str(),
            repository = repository,
            reason = reason.clone()
        ),
        (Some(tag), TagFact::At(old)) => msg!(
            "push.replaces",
            tag = tag.as_str(),
            repository = repository,
            old = old.short(),
            new = &digest
        ),
    }];
    let typed = plan.input.reference.digest.as_ref().filter(|_| !plan.input.put_back);
    if let Some(typed) = typed.filter(|typed| Some(*typed) != new.as_ref()) {
        said.push(msg!("push.typed-digest", typed = typed.short(), digest = &digest));
    }
    said
}

/// What a push that was proved has done, in sentences; nothing before that. `opened` is the image as
/// it is now, which may have been edited since.
pub fn outcome(push: &PushState, opened: Option<&Opened>) -> Vec<Message> {
    let PushPhase::Done(plan, proof) = &push.phase else { return Vec::new() };
    let (digest, reference) = (proof.digest.short(), target(plan));
    if plan.input.put_back {
        return vec![msg!("push.was-put-back", digest = digest, reference = reference)];
    }
    let mut said = vec![msg!("push.pushed", digest = digest, reference = reference)];
    let now = opened.and_then(|opened| opened.rendered.digest(opened.image.root()));
    if now.is_some_and(|now| *now != proof.digest) {
        said.push(msg!("push.edited-since"));
    }
    said
}
