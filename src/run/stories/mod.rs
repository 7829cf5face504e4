//! Whole stories, from what a person does to what a registry gets, over a world of fakes.

mod autosave;
mod compare;
mod deliver;
mod desk;
mod files;
mod load;
mod push;
mod questions;
mod verify;

use super::testing::Page;
use crate::app::{Failure, OpenAction, SourceAction};
use crate::manifest::Digest;
use crate::registry::test_store::{Fault, Shared, registry, store};
use crate::registry::testing::{Seen, with};

/// A registry without anything in it, and what is asked of it, which is nothing special.
fn empty() -> (Shared, Fault) {
    (store(&[]), Box::new(|_, _| None))
}

/// Asks for the name and password `anna`, `right` before anything else.
fn with_sign_in() -> Fault {
    // `anna:right` in Base64, as RFC 7617 says.
    Box::new(|_, seen: &Seen| {
        (seen.header("Authorization") != "Basic YW5uYTpyaWdodA==")
            .then(|| with(401, &[("WWW-Authenticate", "Basic realm=\"r\"")], ""))
    })
}

/// A page in front of a registry.
fn page(store: &Shared, fault: Fault) -> Page {
    Page::new(registry(store, fault))
}

/// Types a reference and loads it.
fn load(page: &Page, reference: &str) {
    page.act(SourceAction::Reference(reference.to_owned()));
    page.act(SourceAction::Load);
}

/// The root of the open image.
fn root(page: &Page) -> Option<Digest> {
    page.state().opened.as_ref().map(|opened| opened.image.root().clone())
}

/// The key of the sentence that a failure says.
fn key(failure: Option<&Failure>) -> Option<&'static str> {
    failure.map(|failure| failure.message.key)
}
