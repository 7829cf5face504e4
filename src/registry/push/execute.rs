use std::sync::Arc;

use super::backup::variant;
use super::{Action, LocalBlob, Place, PushDocument, PushPlan, StepState, TagMoved};
use crate::manifest::Digest;
use crate::msg;
use crate::registry::client::Client;
use crate::registry::error::Error;
use crate::registry::manifest::Put;
use crate::registry::reference::{Repository, Selector, Tag};
use crate::registry::subject::Listed;
use crate::registry::upload::Mount;
use crate::registry::upload::UploadSource;
use crate::registry::url_policy::{AllowSetting, UrlPolicy, allow_setting};
use crate::text::Message;

/// What a completed push has shown: these bytes were read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The digest of the root.
    pub digest: Digest,
    /// Where the tag pointed before; `None` when it was new.
    pub before: Option<Digest>,
}

/// How many names are tried for a backup before the push stops.
const MAX_VARIANTS: usize = 20;

/// Why a push stopped, and at which step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushStop {
    /// The index of the step; `None` when it did not begin.
    pub step: Option<usize>,
    /// Why.
    pub error: PushError,
}

/// Why a push stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushError {
    /// A call failed.
    Registry(Error),
    /// The registry does not allow the URLs of the layers; with what would let it.
    UrlPolicy {
        /// The refusal, recognised.
        policy: UrlPolicy,
        /// The setting for the URLs of this manifest.
        setting: AllowSetting,
    },
    /// The tag moved. The plan now waits for [`PushPlan::accept_moved_tag`]; then it can go on.
    TagMoved(TagMoved),
    /// The backup tag exists and keeps something else, as do all variants of its name.
    BackupTaken {
        /// The backup tag.
        tag: Tag,
        /// What it points at.
        found: Digest,
    },
    /// What was read back is not what was sent: someone else wrote at the same time, or the
    /// registry has not stored it.
    ReadBack {
        /// What was sent.
        expected: Digest,
        /// What came back; `None` when nothing is there.
        found: Option<Digest>,
    },
    /// The plan has problems, or waits for a decision.
    NotReady,
    /// There is nowhere to get a blob from any more.
    NoSource,
}

/// Carries out the steps that are not done yet, in order, up to the first that fails. The plan that
/// comes back holds every state; to go on after a failure, execute it again.
///
/// `changed` hears of every change of a step's state. `sources` gives clients for the places that
/// blobs are copied from.
pub async fn execute(
    mut plan: PushPlan,
    target: &Client,
    sources: &dyn Fn(&Place) -> Client,
    changed: &dyn Fn(usize, &StepState),
) -> (PushPlan, Result<Proof, PushStop>) {
    if !plan.is_ready() {
        return (plan, Err(PushStop { step: None, error: PushError::NotReady }));
    }
    reopen(&mut plan);
    for index in 0..plan.steps.len() {
        if plan.steps[index].state != StepState::Pending {
            continue;
        }
        let running = StepState::Running(0);
        changed(index, &running);
        plan.steps[index].state = running;
        let run = Run { plan: &plan, target, sources, changed, index };
        let result = run.step(&plan.steps[index].action).await;
        let state = match &result {
            Ok(remark) => StepState::Done(remark.clone()),
            Err(error) => StepState::Failed(error.message()),
        };
        changed(index, &state);
        plan.steps[index].state = state;
        if let Err(error) = result {
            if let PushError::TagMoved(moved) = &error {
                plan.moved = Some(moved.clone());
            }
            return (plan, Err(PushStop { step: Some(index), error }));
        }
    }
    let digest = plan.input.root().map(|root| root.digest.clone());
    let proof = digest.map(|digest| Proof { digest, before: plan.expected().cloned() });
    (plan, proof.ok_or(PushStop { step: None, error: PushError::NotReady }))
}

/// Makes failed and interrupted steps pending again. What was read back, and where the tag was, tells
/// nothing about later: as long as the tag is not set, both are asked again.
fn reopen(plan: &mut PushPlan) {
    let set = plan.steps.iter().any(|step| {
        matches!((&step.action, &step.state), (Action::PutTag { .. }, StepState::Done(_)))
    });
    for step in &mut plan.steps {
        let again = match (&step.action, &step.state) {
            (_, StepState::Failed(_) | StepState::Running(_)) => true,
            (Action::CheckTag { .. } | Action::ReadBackDigest { .. }, StepState::Done(_)) => !set,
            _ => false,
        };
        if again {
            step.state = StepState::Pending;
        }
    }
}

struct Run<'a> {
    plan: &'a PushPlan,
    target: &'a Client,
    sources: &'a dyn Fn(&Place) -> Client,
    changed: &'a dyn Fn(usize, &StepState),
    index: usize,
}

type Outcome = Result<Option<Message>, PushError>;

impl Run<'_> {
    async fn step(&self, action: &Action) -> Outcome {
        match action {
            // Checked when the plan was made; one that failed then is a problem of the plan.
            Action::CheckBlob { .. } => Ok(None),
            Action::MountBlob { digest, size, from } => self.mount(digest, *size, from).await,
            Action::UploadBlob { digest, size, .. } | Action::FetchBlob { digest, size, .. } => {
                let source = self.upload_source(digest)?;
                self.target
                    .upload_blob(self.repository(), digest, *size, &source, &self.progress())
                    .await?;
                Ok(None)
            }
            Action::PutManifest { document, .. } => self.put_by_digest(*document).await,
            Action::BackUpTag { backup, digest } => self.back_up(backup, digest).await,
            Action::CheckTag { tag } => self.check_tag(tag).await,
            Action::PutTag { tag, .. } => self.put_tag(tag).await,
            Action::ReadBackDigest { document, digest } => {
                let selector = Selector::Digest(digest.clone());
                let read = self.read_back(&selector, self.document(*document)?).await;
                if !matches!(read, Err(PushError::ReadBack { found: None, .. })) {
                    return read;
                }
                self.put_by_digest(*document).await?;
                self.read_back(&selector, self.document(*document)?).await?;
                Ok(Some(msg!("push.stored-again")))
            }
            Action::ReadBackTag { tag } => {
                let root = self.plan.input.root().ok_or(PushError::NotReady)?;
                self.read_back(&Selector::Tag(tag.clone()), root).await
            }
        }
    }

    fn repository(&self) -> &Repository {
        &self.plan.input.target.repository
    }

    fn document(&self, index: usize) -> Result<&PushDocument, PushError> {
        self.plan.input.documents.get(index).ok_or(PushError::NotReady)
    }

    fn progress(&self) -> impl Fn(u64) {
        |done| (self.changed)(self.index, &StepState::Running(done))
    }

    fn upload_source(&self, digest: &Digest) -> Result<UploadSource, PushError> {
        match self.plan.input.local.get(digest) {
            Some(LocalBlob::Bytes(bytes)) => Ok(UploadSource::Bytes(Arc::clone(bytes))),
            Some(LocalBlob::File(slice)) => Ok(UploadSource::File(*slice)),
            Some(LocalBlob::Urls(urls)) => Ok(UploadSource::Urls(urls.clone())),
            found => {
                let place = match found {
                    Some(LocalBlob::In(place)) => Some(place),
                    _ => self.plan.input.source.as_ref(),
                };
                let place = place.ok_or(PushError::NoSource)?;
                // The copy ends with the push, whatever the source's own switch says.
                let client = (self.sources)(place).with_cancel(self.target.cancel().clone());
                Ok(UploadSource::Blob { client, repository: place.repository.clone() })
            }
        }
    }

    async fn mount(&self, digest: &Digest, size: u64, from: &Repository) -> Outcome {
        let repository = self.repository();
        let upload = match self.target.mount_blob(repository, digest, from).await? {
            Mount::Done => return Ok(None),
            Mount::Upload(upload) => Some(upload),
            Mount::Unsupported => None,
        };
        let source = match (self.upload_source(digest), &upload) {
            (Ok(source), _) => source,
            (Err(error), Some(upload)) => {
                self.target.cancel_upload(upload).await;
                return Err(error);
            }
            (Err(error), None) => return Err(error),
        };
        let progress = self.progress();
        match upload {
            Some(upload) => {
                self.target.finish_upload(upload, digest, size, &source, &progress).await?;
            }
            None => self.target.upload_blob(repository, digest, size, &source, &progress).await?,
        }
        Ok(Some(msg!("push.not-mounted")))
    }

    /// Storing under the digest can be repeated without harm, so a lost answer is looked up and
    /// the manifest sent once more if it is not there.
    async fn put_by_digest(&self, index: usize) -> Outcome {
        let document = self.document(index)?;
        let selector = Selector::Digest(document.digest.clone());
        for last in [false, true] {
            let error = match self.put(&selector, document).await {
                Ok(put) => return self.stored(&put, document).await,
                Err(error) => error,
            };
            if !is_undecided(&error) {
                return Err(self.explain(error, document));
            }
            let head = self.target.manifest_head(self.repository(), &selector).await;
            if matches!(&head, Ok(Some(_))) {
                return Ok(Some(msg!("push.answer-lost")));
            }
            if last || error.refusal().is_some() {
                return Err(self.explain(error, document));
            }
        }
        Err(PushError::NotReady)
    }

    /// What to remark on a manifest that was stored. One with a subject of which the registry took no
    /// note is listed under a tag; storing and listing can be repeated without harm.
    async fn stored(&self, put: &Put, document: &PushDocument) -> Outcome {
        if !document.has_subject || put.knows_subject {
            return Ok(remark(put));
        }
        let PushDocument { media_type, digest, bytes, .. } = document;
        let listed = self.target.list_under_subject(self.repository(), media_type, digest, bytes);
        match listed.await? {
            Listed::NotNeeded => Ok(remark(put)),
            Listed::Under(tag) => Ok(Some(msg!("push.subject-tag", tag = tag.as_str()))),
        }
    }

    /// Setting the tag is never repeated by itself: someone else may have set it meanwhile.
    async fn put_tag(&self, tag: &Tag) -> Outcome {
        let root = self.plan.input.root().ok_or(PushError::NotReady)?;
        let selector = Selector::Tag(tag.clone());
        let error = match self.put(&selector, root).await {
            Ok(put) => return Ok(remark(&put)),
            Err(error) => error,
        };
        if is_undecided(&error) {
            let head = self.target.manifest_head(self.repository(), &selector).await;
            if matches!(&head, Ok(Some(head)) if head.digest == root.digest) {
                return Ok(Some(msg!("push.answer-lost")));
            }
        }
        Err(self.explain(error, root))
    }

    async fn put(&self, selector: &Selector, document: &PushDocument) -> Result<Put, Error> {
        let bytes = Arc::clone(&document.bytes);
        self.target.put_manifest(self.repository(), selector, &document.media_type, bytes).await
    }

    fn explain(&self, error: Error, document: &PushDocument) -> PushError {
        let policy = error
            .refusal()
            .and_then(|refusal| UrlPolicy::recognise(refusal, !document.urls.is_empty()));
        match policy {
            Some(policy) => {
                // The next document would be refused too: the setting is for all of them.
                let urls = self.plan.input.documents.iter().flat_map(|one| &one.urls);
                let setting = allow_setting(urls.map(String::as_str));
                PushError::UrlPolicy { policy, setting }
            }
            None => PushError::Registry(error),
        }
    }

    /// Keeps `digest` under `backup`, or under a variant of that name where it keeps something else.
    async fn back_up(&self, backup: &Tag, digest: &Digest) -> Outcome {
        let (target, repository) = (self.target, self.repository());
        let mut taken = None;
        let mut number = 1;
        let (name, selector) = loop {
            let name = variant(backup, number);
            let selector = Selector::Tag(name.clone());
            match target.manifest_head(repository, &selector).await? {
                None => break (name, selector),
                Some(head) if head.digest == *digest && number == 1 => {
                    return Ok(Some(msg!("push.backup-there")));
                }
                Some(head) if head.digest == *digest => {
                    let (taken, tag) = (backup.as_str(), name.as_str());
                    return Ok(Some(msg!("push.backup-variant", taken = taken, tag = tag)));
                }
                Some(head) => {
                    let found = taken.get_or_insert(head.digest);
                    if number == MAX_VARIANTS {
                        let (tag, found) = (backup.clone(), found.clone());
                        return Err(PushError::BackupTaken { tag, found });
                    }
                }
            }
            number += 1;
        };
        let old = Selector::Digest(digest.clone());
        let old = target.manifest(repository, &old, None).await?;
        let media_type = old.media_type.clone().unwrap_or_default();
        target.put_manifest(repository, &selector, &media_type, Arc::clone(&old.bytes)).await?;
        let kept = target.manifest_head(repository, &selector).await?.map(|head| head.digest);
        if kept.as_ref() != Some(digest) {
            return Err(PushError::ReadBack { expected: digest.clone(), found: kept });
        }
        let (taken, tag) = (backup.as_str(), name.as_str());
        Ok((number > 1).then(|| msg!("push.backup-variant", taken = taken, tag = tag)))
    }

    async fn check_tag(&self, tag: &Tag) -> Outcome {
        let selector = Selector::Tag(tag.clone());
        let head = self.target.manifest_head(self.repository(), &selector).await?;
        let found = head.map(|head| head.digest);
        let root = self.plan.input.root().map(|root| &root.digest);
        if found.as_ref() == self.plan.expected() {
            Ok(None)
        } else if found.as_ref() == root {
            // Set already, by a try whose answer was lost.
            Ok(Some(msg!("push.tag-set-already")))
        } else {
            let expected = self.plan.expected().cloned();
            Err(PushError::TagMoved(TagMoved { expected, found, pinned: false }))
        }
    }

    async fn read_back(&self, selector: &Selector, document: &PushDocument) -> Outcome {
        let expected = || document.digest.clone();
        let kind = Some(document.media_type.as_str());
        let fetched = match self.target.manifest(self.repository(), selector, kind).await {
            Ok(fetched) => fetched,
            Err(Error::Refused(refusal)) if refusal.status == 404 => {
                return Err(PushError::ReadBack { expected: expected(), found: None });
            }
            Err(error) => return Err(error.into()),
        };
        if fetched.bytes == document.bytes {
            Ok(None)
        } else {
            let found = Some(Digest::of(document.digest.algorithm(), &fetched.bytes));
            Err(PushError::ReadBack { expected: expected(), found })
        }
    }
}

/// What to remark on a manifest that was taken.
fn remark(put: &Put) -> Option<Message> {
    (!put.confirmed).then(|| msg!("push.not-confirmed", status = put.status.to_string()))
}

/// Whether the manifest may have been stored although the call failed: no answer, or one that a
/// proxy gave in the registry's place.
fn is_undecided(error: &Error) -> bool {
    error.is_silence()
        || error.refusal().is_some_and(|refusal| {
            matches!(refusal.status, 408 | 502..=504) && refusal.entries.is_empty()
        })
}

impl From<Error> for PushError {
    fn from(error: Error) -> Self {
        Self::Registry(error)
    }
}

impl PushError {
    /// What happened, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::Registry(error) => error.message(),
            Self::UrlPolicy { policy, .. } => policy.message(),
            Self::TagMoved(moved) => moved.message(),
            Self::BackupTaken { tag, found } => {
                msg!("push.backup-taken", tag = tag.as_str(), found = found.short())
            }
            Self::ReadBack { expected, found: Some(found) } => {
                msg!("push.read-back", expected = expected.short(), found = found.short())
            }
            Self::ReadBack { expected, found: None } => {
                msg!("push.read-back-nothing", expected = expected.short())
            }
            Self::NotReady => msg!("push.not-ready"),
            Self::NoSource => msg!("push.no-source"),
        }
    }

    /// What it means and what to do, when that is known.
    pub fn hint(&self) -> Option<Message> {
        match self {
            Self::Registry(error) => error.hint(),
            _ => None,
        }
    }
}
