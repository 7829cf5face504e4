//! Getting images in and out: differences and patches, archives, commands, reports and recipes.
//!
//! Nothing here reads a file or the network: bytes come in as values or through [`Slices`], and
//! what goes out is text, bytes, or a list of pieces to be written one after the other.

mod archive;
mod archive_error;
mod archive_files;
mod blocks;
mod commands;
mod compare;
mod comparison;
mod diff;
mod docker_save;
mod health;
mod json_text;
mod oci_layout;
mod patch;
mod recipe;
mod recipe_apply;
mod recipe_documents;
mod recipe_reader;
mod report;
mod report_markdown;
mod shell;
mod tar;

pub use archive::{
    Archive, ArchiveForm, ArchiveRoot, OpenedImage, is_archive, open_archive, open_image,
    verify_blob,
};
pub use archive_error::ArchiveError;
pub use archive_files::Progress;
pub use commands::{
    ManifestFile, Place, Push, Script, Tool, copy_out, delete, fetch_manifest, make_again,
    manifest_file_name, prove, push_manifests, verify_file, verify_url,
};
pub use compare::splices_between;
pub use comparison::comparison_markdown;
pub use diff::{Diff, Hunk, Line, Piece, Row, Sign, UnifiedLine, diff, whole};
pub use health::{health_json, health_markdown, part_places, part_title};
pub use oci_layout::{
    ArchivePart, BlobSource, ForeignBlobs, Layout, LayoutName, LeftOut, Slice, WhyLeftOut,
    oci_layout,
};
pub use patch::unified_patch;
pub use recipe::{Recipe, Rule};
pub use recipe_apply::{AppliedRecipe, ChooseBy, RuleOutcome, SavedRecipe};
pub use recipe_documents::{DocumentChange, DocumentRule};
pub use recipe_reader::{RecipeError, RecipeProblem, Wanted};
pub use report::{
    CheckFact, CommandFact, DocumentFact, FactSeverity, FactState, LayerFact, PushFact,
    ReportFacts, StepFact, UrlFact,
};
pub(crate) use report_markdown::{code, escape};
pub use shell::quote;
pub use tar::Slices;
pub(crate) use tar::{END as TAR_END, header as tar_header, padding as tar_padding};
