//! What is left to do once a push was proved: show that it works, keep a record, sign again, delete
//! what it replaced.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::app::export::dialog::place;
use crate::app::push::pushes::PushPhase;
use crate::app::{EndedPush, State};
use crate::export::{copy_out, delete, make_again};
use crate::image::OrphanKind;
use crate::manifest::Digest;
use crate::msg;
use crate::registry::Tag;
use crate::registry::push::{Action, Amount, Proof, PushPlan};
use crate::text::{Arg, Message};

/// Something to do after a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextStep {
    /// What, and why.
    pub what: Message,
    /// What is not known and would have to be.
    pub unknown: Option<Message>,
    /// The commands, one a line; empty where the page does it itself.
    pub commands: Vec<String>,
}

/// What to do after the push that is shown; nothing before it was proved, and nothing after an old
/// digest was put back.
pub fn next_steps(state: &State) -> Vec<NextStep> {
    let PushPhase::Done(plan, proof) = &state.push.phase else { return Vec::new() };
    // What was pushed, whatever was edited since.
    let is_it = |ended: &&EndedPush| Rc::ptr_eq(&ended.push.plan, plan);
    let Some(ended) = state.pushes.ended.iter().rev().find(is_it) else { return Vec::new() };
    if plan.input.put_back {
        return Vec::new();
    }
    let target = place(state, &plan.input.reference);
    let mut steps = Vec::new();
    let Amount { count, size } = ended.left_out;
    if count > 0 {
        steps.push(NextStep {
            what: msg!("push.next-prove", count = count, size = Arg::Bytes(size)),
            unknown: None,
            commands: vec![copy_out(&target, proof.digest.as_str())],
        });
    }
    steps.push(NextStep {
        what: msg!("push.next-sign"),
        unknown: None,
        commands: make_again(OrphanKind::CosignSignature, "", &target, &proof.digest),
    });
    let Some(old) = proof.before.as_ref().filter(|old| **old != proof.digest) else { return steps };
    let digests = replaced(ended, proof, old);
    let backup = plan.steps.iter().find_map(|step| match &step.action {
        Action::BackUpTag { backup, .. } => Some(backup.as_str()),
        _ => None,
    });
    let search = state.push.orphans.as_ref();
    let tags = search.and_then(|search| search.tags_of(&plan.input.reference, &digests));
    // The tag that was set points elsewhere now, and its backup goes with what it keeps.
    let set = plan.input.tag.as_ref().map(Tag::as_str);
    let others = |tags: BTreeSet<&str>| -> Vec<String> {
        let others = tags.into_iter().filter(|tag| Some(*tag) != set && Some(*tag) != backup);
        others.map(str::to_owned).collect()
    };
    let tags = tags.map(others);
    if let Some(tags) = tags.as_ref().filter(|tags| !tags.is_empty()) {
        let what = msg!(
            "push.next-delete-tagged",
            old = old.short(),
            count = tags.len(),
            tags = tags.join(", ")
        );
        steps.push(NextStep { what, unknown: None, commands: Vec::new() });
        return steps;
    }
    let unknown = tags.is_none().then(|| msg!("push.next-tags-unknown"));
    let what = delete_what(plan, old, backup);
    let commands = digests.into_iter().map(|digest| delete(&target, digest.as_str())).collect();
    steps.push(NextStep { what, unknown, commands });
    steps
}

/// The old image, and where it stands.
fn delete_what(plan: &PushPlan, old: &Digest, backup: Option<&str>) -> Message {
    let Amount { count, size } = plan.summary().held;
    match (backup, count) {
        (Some(tag), 0) => msg!("push.next-delete-kept", old = old.short(), tag = tag),
        (None, 0) => msg!("push.next-delete", old = old.short()),
        (Some(tag), _) => msg!(
            "push.next-delete-held-kept",
            old = old.short(),
            tag = tag,
            count = count,
            size = Arg::Bytes(size)
        ),
        (None, _) => {
            msg!("push.next-delete-held", old = old.short(), count = count, size = Arg::Bytes(size))
        }
    }
}

/// What the push replaced: an index and the manifests of its platforms that changed, of another image
/// the tag's digest; without what the pushed documents still name. An index goes first: it names the
/// others.
fn replaced<'a>(ended: &'a EndedPush, proof: &Proof, old: &'a Digest) -> Vec<&'a Digest> {
    let pushed = &ended.push.opened;
    let documents = &ended.push.plan.input.documents;
    let is_named = |digest: &Digest| {
        *digest == proof.digest
            || documents.iter().any(|document| {
                let mut children = document.needs.iter().filter(|need| need.is_manifest());
                document.digest == *digest || children.any(|child| child.digest == *digest)
            })
    };
    let changed = pushed.rendered.children_first().map(|(id, _)| id);
    let changed = changed.filter(|id| pushed.rendered.is_changed(id));
    let mut digests: Vec<&Digest> =
        if old == pushed.image.root() { changed.collect() } else { vec![old] };
    digests.retain(|digest| !is_named(digest));
    digests.reverse();
    digests
}
