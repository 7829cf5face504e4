//! What is under way, by its kind.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::registry::Cancel;

/// A kind of work, of which one job is under way at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Task {
    /// Loading an image, or opening it from a file.
    Load,
    /// Fetching the documents that the open image names.
    Children,
    /// Loading a base image to compare with.
    Base,
    /// Listing repositories.
    Repositories,
    /// Listing tags.
    Tags,
    /// Making the plan of a push.
    Plan,
    /// Carrying out a plan.
    Push,
    /// Asking what refers to the digests that change.
    Referrers,
    /// Bringing layers to where they shall be.
    Deliver,
    /// Writing an archive.
    Archive,
    /// Reading a recipe.
    Recipe,
    /// Writing an audit report.
    Report,
    /// Asking whether everything is there that the open image needs.
    Health,
    /// Loading an image to compare with.
    Compare,
    /// Looking for what is to be brought from elsewhere.
    Bring,
}

/// The jobs that are under way.
#[derive(Default)]
pub(super) struct Jobs(pub(super) RefCell<BTreeMap<Task, Cancel>>);
