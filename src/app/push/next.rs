//! What is left to do once a push was proved: show that it works, keep a record, sign again, delete
//! what it replaced.

use crate::app::State;
use crate::app::export::dialog::place;
use crate::app::push::pushes::PushPhase;
use crate::export::{copy_out, delete, make_again};
use crate::image::OrphanKind;
use crate::msg;
use crate::registry::push::{Action, Amount};
use crate::text::{Arg, Message};

/// Something to do after a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextStep {
    /// What, and why.
    pub what: Message,
    /// The commands, one a line; empty where the page does it itself.
    pub commands: Vec<String>,
}

/// What to do after the push that is shown; nothing before it was proved, and nothing after an old
/// digest was put back.
pub fn next_steps(state: &State) -> Vec<NextStep> {
    let PushPhase::Done(plan, proof) = &state.push.phase else { return Vec::new() };
    let Some(opened) = &state.opened else { return Vec::new() };
    if plan.input.put_back {
        return Vec::new();
    }
    let target = place(state, &plan.input.reference);
    let mut steps = Vec::new();
    let (count, bytes) = opened.marked();
    if count > 0 {
        steps.push(NextStep {
            what: msg!("push.next-prove", count = count, size = Arg::Bytes(bytes)),
            commands: vec![copy_out(&target, proof.digest.as_str())],
        });
    }
    steps.push(NextStep {
        what: msg!("push.next-sign"),
        commands: make_again(OrphanKind::CosignSignature, "", &target, &proof.digest),
    });
    let Some(old) = proof.before.as_ref().filter(|old| **old != proof.digest) else { return steps };
    let backup = plan.steps.iter().find_map(|step| match &step.action {
        Action::BackUpTag { backup, .. } => Some(backup.to_string()),
        _ => None,
    });
    let Amount { count, size } = plan.summary().held;
    let what = match (backup, count) {
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
    };
    // An index and the manifests of its platforms that changed; of another image only the tag is known.
    let changed = opened.rendered.children_first().filter(|(id, _)| opened.rendered.is_changed(id));
    let mut digests: Vec<&str> = if old == opened.image.root() {
        changed.map(|(id, _)| id.as_str()).collect()
    } else {
        vec![old.as_str()]
    };
    // The index goes first: it names the others.
    digests.reverse();
    let commands = digests.into_iter().map(|digest| delete(&target, digest)).collect();
    steps.push(NextStep { what, commands });
    steps
}
