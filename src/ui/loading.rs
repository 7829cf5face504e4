//! Loading from a registry: the calls, and what their answers mean for the state.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;

use super::effects::Runner;
use crate::app::{
    AccessAction, Ask, Asked, BaseAction, BrowseAction, Effect, Failure, HeldCall, Names,
    NoticeKind, OpenAction, Opened, Origin, OrphansAction, SourceAction, State, ViewAction,
    loadable,
};
use crate::browser::probe::BrowserProbe;
use crate::browser::transport;
use crate::image::ImageEdits;
use crate::manifest::{Digest, Facts};
use crate::msg;
use crate::registry::diagnose::{self, CallKind, FailedCall};
use crate::registry::{
    Cancel, Child, Client, Endpoint, Error, Listing, LoadError, Notice, RealmError, Reference,
    ShortNames,
};

/// Asks registries for what the screen needs.
pub(crate) fn run(runner: &Runner, effect: &Effect, state: &Rc<State>) {
    sign_out_when_idle(runner);
    let runner = runner.clone();
    match effect.clone() {
        Effect::LoadReference(text) => {
            runner.cancel.replace(Cancel::new()).cancel();
            spawn_local(load(runner, text));
        }
        Effect::LoadChildren => {
            if let Some(opened) = state.opened.clone() {
                spawn_local(load_children(runner, opened));
            }
        }
        Effect::ListRepositories(registry) => spawn_local(list_repositories(runner, registry)),
        Effect::ListTags { registry, repository } => {
            spawn_local(list_tags(runner, registry, repository));
        }
        Effect::LoadBase(text) => spawn_local(load_base(runner, text, state.clone())),
        Effect::LookForOrphans => {
            // Of another image, whose search nobody waits for any more.
            LOOKING.replace(Cancel::new()).cancel();
            spawn_local(look_for_orphans(runner, state.clone()));
        }
        Effect::StopOrphans => LOOKING.with_borrow(Cancel::cancel),
        Effect::CancelLoad => runner.cancel.borrow().cancel(),
        Effect::SignOut(registry) => {
            if let Ok(endpoint) = Endpoint::parse(&registry) {
                runner.gateway().session(&endpoint).sign_out();
            }
        }
        _ => {}
    }
}

/// How long nothing may be asked of a registry before the person is signed out.
const IDLE_MS: u64 = 15 * 60 * 1000;

/// From the first request on, signs out where nothing was asked for [`IDLE_MS`].
pub(crate) fn sign_out_when_idle(runner: &Runner) {
    if runner.idle_watched.replace(true) {
        return;
    }
    let (context, gateway) = (runner.context.clone(), runner.gateway().clone());
    spawn_local(async move {
        loop {
            transport::sleep(60_000).await;
            for endpoint in gateway.sign_out_idle(IDLE_MS) {
                let registry = endpoint.to_string();
                let message = msg!("notice.signed-out", registry = &registry);
                context.send(AccessAction::SignedOut(registry));
                context.send(ViewAction::Notice(crate::app::Notice {
                    kind: NoticeKind::Done,
                    message,
                }));
            }
        }
    });
}

/// Loads the image that `text` names.
async fn load(runner: Runner, text: String) {
    let reference = match loadable(runner.context.config(), &text) {
        Ok(reference) => reference,
        Err(message) => return runner.fail(Failure::plain(message)),
    };
    let client = client(&runner, &reference);
    match client.load_image(&reference).await {
        Ok(image) => {
            let origin =
                Origin::Registry { facts: facts(&reference, client.endpoint()), reference: text };
            let opened = Rc::new(Opened::new(image, origin));
            runner.context.send(OpenAction::Loaded(opened));
        }
        Err(LoadError::Registry(error)) => {
            failed(&runner, &client, &error, HeldCall::Load(text)).await;
        }
        Err(error @ LoadError::Document { .. }) => runner.fail(Failure::plain(error.message())),
    }
}

/// Loads what the open image names but has not got, level by level.
async fn load_children(runner: Runner, opened: Rc<Opened>) {
    let Origin::Registry { reference, .. } = &opened.origin else { return };
    let Ok(reference) = Reference::parse(reference, ShortNames::OfDefaultRegistry) else { return };
    let client = client(&runner, &reference);
    let root: Digest = opened.image.root().clone();
    let mut image = (*opened.image).clone();
    loop {
        let wanted = image.wanted(opened.history.edits());
        if wanted.is_empty() {
            return;
        }
        // The same goes into the state, child by child, and into this copy, to know what is wanted next.
        let arrived = RefCell::new(&mut image);
        let arrive = |(id, slot, config): Child| {
            arrived.borrow_mut().insert(id.clone(), slot.clone());
            runner.context.send(OpenAction::Child { root: root.clone(), id, slot });
            if let Some((digest, config)) = config {
                runner.context.send(OpenAction::Config { root: root.clone(), digest, config });
            }
        };
        client.load_children(&reference.repository, wanted, arrive).await;
    }
}

/// Loads a base image with everything that tells its layers.
async fn load_base(runner: Runner, text: String, state: Rc<State>) {
    let Some(opened) = &state.opened else { return };
    let reference = match loadable(runner.context.config(), &text) {
        Ok(reference) => reference,
        Err(message) => return runner.context.send(BaseAction::Failed(message)),
    };
    let client = client(&runner, &reference);
    let mut image = match client.load_image(&reference).await {
        Ok(image) => image,
        Err(error) => {
            if let LoadError::Registry(error) = &error
                && let Some(what) = question(error)
            {
                let registry = client.endpoint().to_string();
                let call = HeldCall::Base(text);
                let asked = Asked { registry, reason: error.message(), what, call };
                runner.context.send(AccessAction::Ask(asked));
            }
            return runner.context.send(BaseAction::Failed(error.message()));
        }
    };
    loop {
        let wanted = image.wanted(&ImageEdits::default());
        if wanted.is_empty() {
            break;
        }
        let arrived = RefCell::new(&mut image);
        let arrive = |(id, slot, config): Child| {
            let mut image = arrived.borrow_mut();
            image.insert(id, slot);
            if let Some((digest, config)) = config {
                image.insert_config(digest, config);
            }
        };
        client.load_children(&reference.repository, wanted, arrive).await;
    }
    let root = opened.image.root().clone();
    runner.context.send(BaseAction::Found(root, text, [image].into()));
}

thread_local! {
    /// Stops the search for what refers to old digests.
    static LOOKING: RefCell<Cancel> = RefCell::default();
}

/// Asks what refers to the digests that change.
async fn look_for_orphans(runner: Runner, state: Rc<State>) {
    let (Some(opened), Some(place)) = (&state.opened, state.old_place()) else { return };
    let Some(search) = &state.push.orphans else { return };
    let root = opened.image.root();
    let client =
        runner.gateway().client(&place, LOOKING.with_borrow(Cancel::clone), Rc::new(|_| {}));
    let digests: Vec<Digest> = search.asked.iter().cloned().collect();
    let progress = |done, total| {
        runner.context.send(OrphansAction::Progress(root.clone(), done, total));
    };
    let found = client.left_behind(&place.repository, &digests, &progress).await;
    runner.context.send(OrphansAction::Found(root.clone(), Rc::new(found)));
}

fn client(runner: &Runner, reference: &Reference) -> Client {
    let context = runner.context.clone();
    let notices = Rc::new(move |notice: Notice| {
        context.send(SourceAction::Progress(notice.message()));
    });
    runner.gateway().client(reference, runner.cancel.borrow().clone(), notices)
}

/// Asks for what is missing to go on, or says why it does not.
pub(crate) async fn failed(runner: &Runner, client: &Client, error: &Error, call: HeldCall) {
    match question(error) {
        Some(what) => {
            let registry = client.endpoint().to_string();
            let asked = Asked { registry, reason: error.message(), what, call };
            runner.context.send(AccessAction::Ask(asked));
        }
        None => {
            runner.fail(explained(runner, client.endpoint(), error, CallKind::Read).await);
        }
    }
}

/// What the person can be asked for, so that the same call may succeed.
pub(crate) fn question(error: &Error) -> Option<Ask> {
    match error {
        _ if error.wants_sign_in() => Some(Ask::Credentials),
        Error::Realm(RealmError::NeedsConsent(realm)) => Some(Ask::Realm(realm.to_string())),
        _ => None,
    }
}

/// What URL templates know of the image's place.
fn facts(reference: &Reference, endpoint: &Endpoint) -> Facts {
    let named = reference.registry.as_ref().map(ToString::to_string);
    Facts {
        registry: Some(named.unwrap_or_else(|| endpoint.origin().authority())),
        repository: Some(reference.repository.to_string()),
        tag: reference.tag.as_ref().map(ToString::to_string),
    }
}

/// Lists the repositories of `registry`, an empty one being the page's own.
async fn list_repositories(runner: Runner, registry: String) {
    // Any repository makes a reference; only the registry counts.
    let Some((_, client)) = browsing(&runner, &registry, "any") else { return };
    let call = HeldCall::Repositories(registry);
    let result = client.repositories().await;
    let result = result.map(|listing| listing.map(|listing| names(&listing)));
    let result = match result {
        Ok(names) => Ok(names),
        Err(error) => Err(browsing_failed(&runner, &client, &error, call).await),
    };
    runner.context.send(BrowseAction::Repositories(result));
}

/// Lists the tags of `repository` at `registry`.
async fn list_tags(runner: Runner, registry: String, repository: String) {
    let Some((reference, client)) = browsing(&runner, &registry, &repository) else { return };
    let call = HeldCall::Tags { registry, repository };
    let result = client.tags(&reference.repository).await.map(|listing| names(&listing));
    let result = match result {
        Ok(names) => Ok(names),
        Err(error) => Err(browsing_failed(&runner, &client, &error, call).await),
    };
    runner.context.send(BrowseAction::Tags(result));
}

/// The failure to show; where signing in would help, that is asked too.
async fn browsing_failed(
    runner: &Runner,
    client: &Client,
    error: &Error,
    call: HeldCall,
) -> Failure {
    if let Some(what) = question(error) {
        let registry = client.endpoint().to_string();
        let asked = Asked { registry, reason: error.message(), what, call };
        runner.context.send(AccessAction::Ask(asked));
    }
    explained(runner, client.endpoint(), error, CallKind::Read).await
}

/// The failure to show, with why it failed where that can be found out.
pub(crate) async fn explained(
    runner: &Runner,
    registry: &Endpoint,
    error: &Error,
    kind: CallKind,
) -> Failure {
    let diagnosis = match runner.gateway().page() {
        Some(page) => {
            let session = runner.gateway().session(registry);
            let (signed_in, answered_before) = (session.is_signed_in(), session.has_answered());
            let reads_worked = kind == CallKind::Write;
            let blob = error.unread_blob();
            // A blob is read after its manifest was.
            let reads_worked = reads_worked || blob.is_some();
            let kind = if blob.is_some() { CallKind::ReadBlob } else { kind };
            let asked_first = signed_in || reads_worked;
            let call = FailedCall { kind, asked_first, reads_worked, answered_before };
            let blob = blob.as_ref();
            let failure = diagnose::Failure { call, blob, permission_before: None, error };
            diagnose::diagnose(runner.gateway().http(), &BrowserProbe, page, registry, failure)
                .await
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

fn browsing(runner: &Runner, registry: &str, repository: &str) -> Option<(Reference, Client)> {
    let slash = if registry.is_empty() { "" } else { "/" };
    match Reference::parse(&format!("{registry}{slash}{repository}"), ShortNames::OfDefaultRegistry)
    {
        Ok(reference) => {
            let client = client(runner, &reference);
            Some((reference, client))
        }
        Err(error) => {
            let failure = Failure::plain(error.message());
            runner.context.send(BrowseAction::Tags(Err(failure)));
            None
        }
    }
}

fn names<T: std::fmt::Display>(listing: &Listing<T>) -> Names {
    let names = listing.entries.iter().map(ToString::to_string).collect();
    Names { names, complete: listing.complete }
}
