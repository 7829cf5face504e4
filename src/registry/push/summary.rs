//! What a plan comes to: how many blobs and manifests of each kind, and how far carrying it out is.

use super::{Action, Needed, PushDocument, PushPlan, Role, Skip, Step, StepState};
use crate::manifest::Digest;
use crate::msg;
use crate::text::Message;

/// A plan in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Blobs that the target has.
    pub there: Amount,
    /// Blobs that are sent: uploaded, or fetched from URLs and uploaded.
    pub sent: Amount,
    /// Blobs that come from another repository of the same registry.
    pub mounted: Amount,
    /// Marked layers that the target does not have and need not have.
    pub away: Amount,
    /// Marked layers that the target holds all the same.
    pub held: Amount,
    /// Blobs of which the target could not be asked.
    pub unknown: Amount,
    /// Manifests that are stored.
    pub stored: usize,
    /// Manifests that the target has.
    pub known: usize,
}

/// A number of things and their bytes together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// How many.
    pub count: usize,
    /// Their bytes.
    pub size: u64,
}

/// How far a plan is carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The zero-based step that is under way, else the first that is left; `None` when all are done.
    pub at: Option<usize>,
    /// Steps that are done or were not needed.
    pub done: usize,
    /// All steps.
    pub steps: usize,
    /// Bytes that the registry has of what is sent.
    pub sent: u64,
    /// Bytes of all that is sent.
    pub size: u64,
}

impl Amount {
    fn add(&mut self, size: u64) {
        self.count += 1;
        self.size = self.size.saturating_add(size);
    }
}

impl Progress {
    /// The step that is under way or left, for people, who count from one; the last when all are done.
    pub fn step(&self) -> usize {
        self.at.map_or(self.steps, |at| at + 1)
    }
}

impl PushPlan {
    /// What the plan comes to.
    pub fn summary(&self) -> Summary {
        let mut sum = Summary::default();
        for Step { action, state } in &self.steps {
            match (action, state) {
                (Action::CheckBlob { digest, .. }, _) if self.is_manifest(digest) => {}
                (Action::CheckBlob { digest, size }, StepState::Done(None)) => {
                    sum.there.add(*size);
                    if self.may_stay_away(digest) {
                        sum.held.add(*size);
                    }
                }
                (Action::CheckBlob { size, .. }, StepState::Skipped(Skip::StaysAway)) => {
                    sum.away.add(*size);
                }
                (Action::CheckBlob { size, .. }, StepState::Skipped(_)) => sum.unknown.add(*size),
                (Action::UploadBlob { size, .. } | Action::FetchBlob { size, .. }, _) => {
                    sum.sent.add(*size);
                }
                (Action::MountBlob { size, .. }, _) => sum.mounted.add(*size),
                (Action::PutManifest { .. }, StepState::Skipped(_)) => sum.known += 1,
                (Action::PutManifest { .. }, _) => sum.stored += 1,
                _ => {}
            }
        }
        sum
    }

    /// How far the plan is carried out.
    pub fn progress(&self) -> Progress {
        let mut progress = Progress { steps: self.steps.len(), ..Progress::default() };
        let is_under_way = |step: &Step| matches!(step.state, StepState::Running(_));
        let is_left = |step: &Step| !step.state.has_ended();
        progress.at = self.steps.iter().position(is_under_way);
        progress.at = progress.at.or_else(|| self.steps.iter().position(is_left));
        for Step { action, state } in &self.steps {
            let ended = state.has_ended();
            progress.done += usize::from(ended);
            if let Action::UploadBlob { size, .. } | Action::FetchBlob { size, .. } = action {
                progress.size = progress.size.saturating_add(*size);
                progress.sent += match state {
                    StepState::Running(bytes) => (*bytes).min(*size),
                    _ if ended => *size,
                    _ => 0,
                };
            }
        }
        progress
    }

    /// What `step` does, with its blob or manifest called by platform and layer.
    pub fn message(&self, step: &Step) -> Message {
        let what = match &step.action {
            Action::PutManifest { document, .. } | Action::ReadBackDigest { document, .. } => {
                self.input.documents.get(*document).map(PushDocument::name)
            }
            Action::CheckBlob { digest, .. }
            | Action::MountBlob { digest, .. }
            | Action::UploadBlob { digest, .. }
            | Action::FetchBlob { digest, .. } => self.blob(digest),
            _ => None,
        };
        match what {
            Some(what) => step.action.message_about(what.into()),
            None => step.action.message(),
        }
    }

    /// What a blob is: the config of a platform or one of its layers, counted from 0.
    fn blob(&self, digest: &Digest) -> Option<Message> {
        let place = self.needs.get(digest)?;
        let document = self.input.documents.get(place.document)?;
        let need = document.needs.get(place.need)?;
        match (need.role, document.platform.clone()) {
            (Role::Manifest, _) => None,
            (Role::Config, None) => Some(msg!("push.config")),
            (Role::Config, Some(of)) => Some(msg!("push.config-of", platform = of)),
            (_, of) => {
                let is_layer = |need: &&Needed| !matches!(need.role, Role::Config | Role::Manifest);
                let layer = document.needs[..place.need].iter().filter(is_layer).count();
                Some(match of {
                    None => msg!("push.layer", layer = layer),
                    Some(of) => msg!("push.layer-of", layer = layer, platform = of),
                })
            }
        }
    }

    fn is_manifest(&self, digest: &Digest) -> bool {
        let place = self.needs.get(digest);
        let need = place.and_then(|at| self.input.documents.get(at.document)?.needs.get(at.need));
        need.is_some_and(Needed::is_manifest)
    }

    /// Whether every document that needs this blob lets it stay away.
    pub(super) fn may_stay_away(&self, digest: &Digest) -> bool {
        self.needs.get(digest).is_some_and(|place| place.may_stay_away)
    }
}

impl PushDocument {
    /// What it is called: the manifest of a platform, or the index.
    fn name(&self) -> Message {
        match &self.platform {
            Some(platform) => msg!("push.manifest-of", platform = platform.clone()),
            None if self.is_index => msg!("push.index", digest = self.digest.short()),
            None => msg!("push.manifest", digest = self.digest.short()),
        }
    }
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
