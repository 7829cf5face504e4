//! An image as a tree of documents: index, manifests and configs, and the cascade of digests
//! through it.
//!
//! Invariant: every descriptor in a rendered tree names the bytes it points to, and a document
//! with no edits in or below it keeps its bytes.

mod annotate;
mod base;
mod compare;
mod compare_manifest;
#[cfg(test)]
mod compare_tests;
mod config;
mod config_facts;
mod difference;
mod edits;
mod entries;
mod family;
#[cfg(test)]
pub(crate) mod fixtures;
mod health;
mod manifests;
mod orphans;
mod render;
mod samples;
mod select;
mod steps;
#[cfg(test)]
mod steps_tests;
mod tree;

pub use annotate::{AnnotatedPlace, AnnotationTargets, AnnotationWish, ChosenPlatforms};
pub use base::{BaseMatch, MatchedBy, NamedBase, lacks_diff_ids, match_base, named_bases};
pub use compare::{Side, compare};
pub use config::{Config, History, LayerOrigin};
pub use config_facts::{ConfigFact, config_facts};
pub use difference::{
    AnnotationPlace, Aspect, ComparedPart, Comparison, Difference, LayerDifference, PartEquality,
    Shape,
};
pub use edits::{ImageEdits, NodeEdits};
pub use entries::{EntryKind, EntryRow, NamingProblem, platforms_twice};
pub use family::{BlockedBy, ConversionBlocker};
pub use health::{Part, PartRole, PartUse};
pub use manifests::{PlatformManifest, image_manifests};
pub use orphans::{
    ChangedDigest, CosignTag, FoundIn, Lookup, Orphan, OrphanKind, Trace, changed_digests,
    orphan_of_cosign_tag, orphan_of_tag, orphaned_entries, orphans_of_referrers, traces,
};
pub use render::{Rendered, RenderedNode};
pub use samples::{SAMPLE_NAMES, SAMPLES, Sample, sample_title};
pub use select::{LayerPlace, PlatformPattern, Positions, Selection};
pub use steps::{BuildStep, HalfMarked, LayerMarks, StepLayer, StepMarks, Steps};
pub use tree::{Entry, Image, Row, Slot};
