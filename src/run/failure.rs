//! What a registry's refusal means: a question to the person, or a failure with its reason.

use std::rc::Rc;

use super::job::Job;
use super::runner::Runner;
use crate::app::{AccessAction, Ask, Asked, Failure, HeldCall};
use crate::registry::diagnose::{self, CallKind, FailedCall};
use crate::registry::{Client, Endpoint, Error, RealmError};

/// Asks the person for what `error` says is missing, if that is something a person can give;
/// whether it is. After the answer `call` is made again.
pub(super) fn ask(job: &Job, client: &Client, error: &Error, call: HeldCall) -> bool {
    let what = match error {
        _ if error.wants_sign_in() => Ask::Credentials,
        Error::Realm(RealmError::NeedsConsent(realm)) => Ask::Realm(realm.to_string()),
        _ => return false,
    };
    let registry = client.endpoint().to_string();
    job.send(AccessAction::Ask(Asked { registry, reason: error.message(), what, call }));
    true
}

/// The failure to show, with why it failed where that can be found out.
pub(super) async fn explained(
    runner: &Runner,
    registry: &Endpoint,
    error: &Error,
    kind: CallKind,
) -> Failure {
    let diagnosis = match runner.gateway().page() {
        Some(page) => {
            let session = runner.gateway().session(registry);
            let (signed_in, answered_before) = (session.is_signed_in(), session.has_answered());
            let blob = error.unread_blob();
            // A blob is read after its manifest was.
            let reads_worked = kind == CallKind::Write || blob.is_some();
            let kind = if blob.is_some() { CallKind::ReadBlob } else { kind };
            let asked_first = signed_in || reads_worked;
            let call = FailedCall { kind, asked_first, reads_worked, answered_before };
            let blob = blob.as_ref();
            let failure = diagnose::Failure { call, blob, permission_before: None, error };
            let world = runner.world();
            diagnose::diagnose(&world.http, &*world.probe, page, registry, failure).await
        }
        None => None,
    };
    Failure {
        message: error.message(),
        hint: error.hint(),
        details: None,
        diagnosis: diagnosis.map(Rc::new),
    }
}
