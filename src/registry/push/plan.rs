use std::collections::BTreeSet;

use super::needs::Needs;
use super::{BlobFact, LocalBlob, Needed, Place, Problem, PushFacts, PushInput, Skip, TagFact};
use crate::manifest::Digest;
use crate::msg;
use crate::registry::manifest::MAX_MANIFEST;
use crate::registry::reference::{Repository, Tag};
use crate::registry::transport::FileSlice;
use crate::text::{Arg, Message};

/// All steps of a push in their order, each with its state. A value: it can be shown, kept after a
/// failure, and executed from where it stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushPlan {
    /// What is pushed.
    pub input: PushInput,
    /// The steps.
    pub steps: Vec<Step>,
    /// Why the push cannot begin; empty when it can.
    pub problems: Vec<Problem>,
    /// Where the tag was when the plan was made, which is where it must be right before it is set.
    pub found: TagFact,
    /// The tag moved since the image was loaded: the push waits for
    /// [`PushPlan::accept_moved_tag`].
    pub moved: Option<TagMoved>,
    /// Where the documents name what they need.
    pub(super) needs: Needs,
}

/// A tag that is not where it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagMoved {
    /// Where it was.
    pub expected: Option<Digest>,
    /// Where it is now.
    pub found: Option<Digest>,
    /// The image was loaded by its digest: nobody has said that the tag was there.
    pub pinned: bool,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is done.
    pub action: Action,
    /// How far it is.
    pub state: StepState,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Asks whether the target has a blob (or a manifest that is not pushed here).
    CheckBlob {
        /// Its digest.
        digest: Digest,
        /// Its size.
        size: u64,
    },
    /// Lets the target's repository have a blob of another repository of the same registry; copies
    /// it where the registry does not do that.
    MountBlob {
        /// Its digest.
        digest: Digest,
        /// Its size.
        size: u64,
        /// The repository that has it.
        from: Repository,
    },
    /// Uploads a blob.
    UploadBlob {
        /// Its digest.
        digest: Digest,
        /// Its size.
        size: u64,
        /// The repository of another registry that it comes from; `None` when it is here.
        from: Option<Place>,
    },
    /// Fetches a blob from the URLs that its layer had, and uploads it.
    FetchBlob {
        /// Its digest.
        digest: Digest,
        /// Its size.
        size: u64,
        /// The first of the URLs.
        url: String,
    },
    /// Stores a document under its digest.
    PutManifest {
        /// Its index among the documents.
        document: usize,
        /// Its digest.
        digest: Digest,
    },
    /// Keeps the present content of the tag under another tag.
    BackUpTag {
        /// The new tag.
        backup: Tag,
        /// What it keeps.
        digest: Digest,
    },
    /// Asks whether the tag is still where it was.
    CheckTag {
        /// The tag.
        tag: Tag,
    },
    /// Sets the tag to the root.
    PutTag {
        /// The tag.
        tag: Tag,
        /// The digest of the root.
        digest: Digest,
    },
    /// Reads a document back by its digest and compares the bytes; stores one that is not there any more.
    ReadBackDigest {
        /// Its index among the documents.
        document: usize,
        /// Its digest.
        digest: Digest,
    },
    /// Reads the tag back and compares the bytes.
    ReadBackTag {
        /// The tag.
        tag: Tag,
    },
}

/// How far a step is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Not begun.
    Pending,
    /// Under way; for an upload the bytes that arrived.
    Running(u64),
    /// Done, perhaps with a remark.
    Done(Option<Message>),
    /// Not needed, with the reason.
    Skipped(Skip),
    /// Failed, with the reason.
    Failed(Message),
}

impl PushPlan {
    /// The plan for `input`, given what the target has.
    pub fn new(input: PushInput, facts: &PushFacts) -> Self {
        let mut plan = Self {
            needs: Needs::of(&input.documents),
            input,
            steps: Vec::new(),
            problems: Vec::new(),
            found: facts.tag.clone(),
            moved: None,
        };
        plan.add_blobs(facts);
        plan.add_manifests(facts);
        plan.add_tag();
        plan
    }

    /// Whether it may be executed: no problem, no decision outstanding.
    pub fn is_ready(&self) -> bool {
        self.problems.is_empty() && self.moved.is_none()
    }

    /// Whether every step is done or was not needed.
    pub fn is_done(&self) -> bool {
        self.steps.iter().all(|step| step.state.has_ended())
    }

    /// Whether a blob is fetched from URLs or cannot be had at all, so that a file of the person helps.
    pub fn lacks(&self, digest: &Digest) -> bool {
        self.problems.iter().any(|problem| problem.is_missing(digest))
            || self.steps.iter().any(|step| {
                let fetched =
                    matches!(&step.action, Action::FetchBlob { digest: it, .. } if it == digest);
                fetched && !matches!(step.state, StepState::Done(_))
            })
    }

    /// Takes a blob that it [lacks](Self::lacks) from a file; the file was found to be the blob.
    pub fn provide(&mut self, digest: &Digest, file: FileSlice) {
        if !self.lacks(digest) {
            return;
        }
        self.problems.retain(|problem| !problem.is_missing(digest));
        self.input.local.insert(digest.clone(), LocalBlob::File(file));
        let upload = || Action::UploadBlob { digest: digest.clone(), size: file.len, from: None };
        let about = self.steps.iter().position(|step| match &step.action {
            Action::FetchBlob { digest: it, .. } => it == digest,
            Action::CheckBlob { digest: it, .. } => {
                it == digest && matches!(step.state, StepState::Failed(_))
            }
            _ => false,
        });
        let Some(at) = about else { return };
        if let Action::CheckBlob { .. } = self.steps[at].action {
            self.steps[at].state = StepState::Done(Some(msg!("push.blob-absent")));
            self.steps.insert(at + 1, Step { action: upload(), state: StepState::Pending });
        } else {
            self.steps[at] = Step { action: upload(), state: StepState::Pending };
        }
    }

    /// The person's decision to overwrite a tag that moved: what it points at now is what it must
    /// point at when it is overwritten, and what a backup keeps.
    pub fn accept_moved_tag(&mut self) {
        let Some(moved) = self.moved.take() else {
            return;
        };
        self.found = moved.found.map_or(TagFact::Absent, TagFact::At);
        for step in &mut self.steps {
            if matches!(
                (&step.action, &step.state),
                (Action::CheckTag { .. }, StepState::Failed(_))
            ) {
                step.state = StepState::Pending;
            }
        }
        self.keep_old();
    }

    /// The digest that the tag must have right before it is set; `None` means that there must be no such
    /// tag. Of a tag that could not be asked about it is the digest that it had when it was loaded.
    pub fn expected(&self) -> Option<&Digest> {
        match &self.found {
            TagFact::At(digest) => Some(digest),
            TagFact::Absent => None,
            TagFact::Unknown(_) => self.input.loaded.as_ref(),
        }
    }

    /// Whether something was done already, so that carrying it out means going on.
    pub fn has_begun(&self) -> bool {
        self.steps.iter().any(|step| {
            !matches!(step.action, Action::CheckBlob { .. })
                && matches!(step.state, StepState::Done(_) | StepState::Failed(_))
        })
    }

    /// Plans the backup of what the tag points at, named after that, instead of one of anything else.
    fn keep_old(&mut self) {
        let (Some(name), Some(tag), Some(digest)) =
            (&self.input.backup, &self.input.tag, self.expected().cloned())
        else {
            return;
        };
        let Some(backup) = name.tag(&digest) else { return };
        let problem = Problem::BackupIsTag(tag.clone());
        if backup == *tag && !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
        let planned = self.steps.iter_mut().find_map(|step| match &step.action {
            Action::BackUpTag { digest, .. } => Some((digest.clone(), step)),
            _ => None,
        });
        match planned {
            Some((kept, _)) if kept == digest => {}
            Some((_, step)) => {
                *step = Step {
                    action: Action::BackUpTag { backup, digest },
                    state: StepState::Pending,
                };
            }
            None => {
                let check = |step: &Step| matches!(step.action, Action::CheckTag { .. });
                let at = self.steps.iter().position(check).unwrap_or(self.steps.len());
                let action = Action::BackUpTag { backup, digest };
                self.steps.insert(at, Step { action, state: StepState::Pending });
            }
        }
    }

    fn add_blobs(&mut self, facts: &PushFacts) {
        let mut seen = BTreeSet::new();
        let documents = std::mem::take(&mut self.input.documents);
        for document in &documents {
            let is_there = facts.manifests.get(&document.digest) == Some(&true);
            for need in &document.needs {
                let is_wanted = self.input.wanted.contains(&need.digest);
                if (!is_there || is_wanted) && seen.insert(need.digest.clone()) {
                    let may_stay_away = self.may_stay_away(&need.digest);
                    let is_required = self.input.required.contains(&need.digest);
                    self.add_blob(need, may_stay_away && !is_required, facts);
                }
            }
        }
        self.input.documents = documents;
    }

    fn add_blob(&mut self, need: &Needed, may_stay_away: bool, facts: &PushFacts) {
        let Needed { digest, size, .. } = need;
        let check = Action::CheckBlob { digest: digest.clone(), size: *size };
        match facts.blobs.get(digest) {
            Some(BlobFact::Present(Some(found))) if found != size && !need.is_manifest() => {
                let (digest, expected, found) = (digest.clone(), *size, *found);
                let problem = Problem::SizeDiffers { digest, expected, found };
                self.add(check, StepState::Failed(problem.message()));
                self.problems.push(problem);
            }
            Some(BlobFact::Present(_)) => self.add(check, StepState::Done(None)),
            Some(BlobFact::Unknown(reason)) => {
                self.add(check, StepState::Skipped(Skip::BlobUnknown(reason.clone())));
            }
            Some(BlobFact::Absent) | None => self.add_absent(need, may_stay_away, check),
        }
    }

    fn add_absent(&mut self, need: &Needed, may_stay_away: bool, check: Action) {
        let Needed { digest, size, .. } = need;
        if need.is_manifest() {
            let problem = Problem::ChildMissing(digest.clone());
            self.add(check, StepState::Failed(problem.message()));
            self.problems.push(problem);
            return;
        }
        if may_stay_away {
            self.add(check, StepState::Skipped(Skip::StaysAway));
            return;
        }
        let target = &self.input.target;
        let source = match self.input.local.get(digest) {
            Some(LocalBlob::In(place)) => Some(place),
            _ => self.input.source.as_ref(),
        };
        let source = source.filter(|source| *source != target);
        let local = self.input.local.get(digest);
        let action = match source {
            _ if let Some(LocalBlob::Urls(urls)) = local => urls.first().map(|url| {
                Action::FetchBlob { digest: digest.clone(), size: *size, url: url.clone() }
            }),
            _ if matches!(local, Some(LocalBlob::Bytes(_) | LocalBlob::File(_))) => {
                Some(Action::UploadBlob { digest: digest.clone(), size: *size, from: None })
            }
            Some(source) if source.endpoint == target.endpoint => Some(Action::MountBlob {
                digest: digest.clone(),
                size: *size,
                from: source.repository.clone(),
            }),
            Some(source) => {
                let from = Some(source.clone());
                Some(Action::UploadBlob { digest: digest.clone(), size: *size, from })
            }
            None => None,
        };
        match action {
            Some(action) => {
                self.add(check, StepState::Done(Some(msg!("push.blob-absent"))));
                self.add(action, StepState::Pending);
            }
            None => {
                let problem = Problem::Missing(digest.clone(), need.role);
                self.add(check, StepState::Failed(problem.message()));
                self.problems.push(problem);
            }
        }
    }

    fn add_manifests(&mut self, facts: &PushFacts) {
        if self.input.documents.is_empty() {
            self.problems.push(Problem::Nothing);
        }
        for index in 0..self.input.documents.len() {
            let document = &self.input.documents[index];
            let digest = document.digest.clone();
            if document.bytes.len() as u64 > MAX_MANIFEST {
                self.problems.push(Problem::TooLarge(digest.clone()));
            }
            let state = if facts.manifests.get(&digest) == Some(&true) {
                StepState::Skipped(Skip::ManifestThere)
            } else {
                StepState::Pending
            };
            self.add(Action::PutManifest { document: index, digest }, state);
        }
    }

    fn add_tag(&mut self) {
        let found = match &self.found {
            TagFact::At(digest) => Some(digest.clone()),
            TagFact::Absent | TagFact::Unknown(_) => None,
        };
        let loaded = self.input.loaded.clone();
        let pinned = self.input.pinned;
        // A digest that was loaded by itself says nothing about a tag that is not there.
        let differs = loaded != found && (found.is_some() || !pinned);
        if loaded.is_some() && !matches!(self.found, TagFact::Unknown(_)) && differs {
            self.moved = Some(TagMoved { expected: loaded, found, pinned });
        }
        // Before the tag: it never points at an image that was not proved to be there.
        for index in 0..self.input.documents.len() {
            let digest = self.input.documents[index].digest.clone();
            let action = Action::ReadBackDigest { document: index, digest };
            self.add(action, StepState::Pending);
        }
        if let (Some(tag), Some(root)) = (self.input.tag.clone(), self.input.root().cloned()) {
            self.keep_old();
            self.add(Action::CheckTag { tag: tag.clone() }, StepState::Pending);
            self.add(Action::PutTag { tag: tag.clone(), digest: root.digest }, StepState::Pending);
            self.add(Action::ReadBackTag { tag }, StepState::Pending);
        }
    }

    fn add(&mut self, action: Action, state: StepState) {
        self.steps.push(Step { action, state });
    }
}

impl Action {
    /// What the step does, for a person, with digests.
    pub fn message(&self) -> Message {
        let what = match self {
            Self::CheckBlob { digest, .. }
            | Self::MountBlob { digest, .. }
            | Self::UploadBlob { digest, .. }
            | Self::FetchBlob { digest, .. } => msg!("push.blob", digest = digest.short()).into(),
            Self::PutManifest { digest, .. } | Self::ReadBackDigest { digest, .. } => {
                msg!("push.manifest", digest = digest.short()).into()
            }
            // A tag is called by its name.
            Self::BackUpTag { .. }
            | Self::CheckTag { .. }
            | Self::PutTag { .. }
            | Self::ReadBackTag { .. } => Arg::Text(String::new()),
        };
        self.message_about(what)
    }

    /// What the step does, for a person, with its blob or manifest called `what`.
    pub(super) fn message_about(&self, what: Arg) -> Message {
        match self {
            Self::CheckBlob { size, .. } => {
                msg!("push.check-blob", what = what, size = Arg::Bytes(*size))
            }
            Self::MountBlob { size, from, .. } => {
                msg!("push.mount-blob", what = what, size = Arg::Bytes(*size), from = from.as_str())
            }
            Self::UploadBlob { size, from: None, .. } => {
                msg!("push.upload-blob", what = what, size = Arg::Bytes(*size))
            }
            Self::UploadBlob { size, from: Some(from), .. } => {
                let size = Arg::Bytes(*size);
                msg!("push.copy-blob", what = what, size = size, from = from.to_string())
            }
            Self::FetchBlob { size, url, .. } => {
                msg!("push.fetch-blob", what = what, size = Arg::Bytes(*size), url = url)
            }
            Self::PutManifest { .. } => msg!("push.put-manifest", what = what),
            Self::BackUpTag { backup, digest } => {
                msg!("push.back-up-tag", backup = backup.as_str(), digest = digest.short())
            }
            Self::CheckTag { tag } => msg!("push.check-tag", tag = tag.as_str()),
            Self::PutTag { tag, digest } => {
                msg!("push.put-tag", tag = tag.as_str(), digest = digest.short())
            }
            Self::ReadBackDigest { .. } => msg!("push.read-back-digest", what = what),
            Self::ReadBackTag { tag } => msg!("push.read-back-tag", tag = tag.as_str()),
        }
    }
}

impl StepState {
    /// Whether nothing is left to do.
    pub fn has_ended(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Skipped(_))
    }
}

impl TagMoved {
    /// What happened, for a person.
    pub fn message(&self) -> Message {
        match (&self.expected, &self.found) {
            (Some(expected), Some(found)) if self.pinned => {
                msg!("push.tag-differs", expected = expected.short(), found = found.short())
            }
            (Some(expected), Some(found)) => {
                msg!("push.tag-moved", expected = expected.short(), found = found.short())
            }
            (None, Some(found)) => msg!("push.tag-appeared", found = found.short()),
            (_, None) => msg!("push.tag-gone"),
        }
    }
}
