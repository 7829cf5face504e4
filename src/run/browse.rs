//! Listing repositories and tags.

use super::failure::{ask, explained};
use super::job::Job;
use super::load::named;
use crate::app::{BrowseAction, Failure, HeldCall, Names};
use crate::registry::diagnose::CallKind;
use crate::registry::{Client, Error, Listing, Reference};

/// Lists the repositories of `registry`, an empty one being the page's own.
pub(super) async fn repositories(job: Job, registry: String) {
    // Any repository makes a reference; only the registry counts.
    let (_, client) = match place(&job, &registry, "any") {
        Ok(found) => found,
        Err(failure) => return job.send(BrowseAction::Repositories(Err(failure))),
    };
    let result = match client.repositories().await {
        Ok(listing) => Ok(listing.map(|listing| names(&listing))),
        Err(error) => Err(failed(&job, &client, &error, HeldCall::Repositories(registry)).await),
    };
    job.send(BrowseAction::Repositories(result));
}

/// Lists the tags of `repository` at `registry`.
pub(super) async fn tags(job: Job, registry: String, repository: String) {
    let (reference, client) = match place(&job, &registry, &repository) {
        Ok(found) => found,
        Err(failure) => return job.send(BrowseAction::Tags(Err(failure))),
    };
    let result = match client.tags(&reference.repository).await {
        Ok(listing) => Ok(names(&listing)),
        Err(error) => {
            Err(failed(&job, &client, &error, HeldCall::Tags { registry, repository }).await)
        }
    };
    job.send(BrowseAction::Tags(result));
}

/// The failure to show; where signing in would help, that is asked too.
async fn failed(job: &Job, client: &Client, error: &Error, call: HeldCall) -> Failure {
    ask(job, client, error, call);
    explained(&job.runner, client.endpoint(), error, CallKind::Read).await
}

fn place(job: &Job, registry: &str, repository: &str) -> Result<(Reference, Client), Failure> {
    let slash = if registry.is_empty() { "" } else { "/" };
    let text = format!("{registry}{slash}{repository}");
    named(job, &text).map_err(Failure::plain)
}

fn names<T: std::fmt::Display>(listing: &Listing<T>) -> Names {
    let names = listing.entries.iter().map(ToString::to_string).collect();
    Names { names, complete: listing.complete }
}
