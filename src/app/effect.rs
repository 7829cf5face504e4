use std::rc::Rc;
use std::sync::Arc;

use super::{ArchiveBlobs, DeliverRequest, FileId, PlanRequest, ReportForm, Target, Wanted};
use crate::registry::push::PushPlan;

/// Something that only the outside world can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Load the image that this reference names, and everything of it that the screen shows.
    LoadReference(String),
    /// List the repositories of a registry; an empty one is the page's own.
    ListRepositories(String),
    /// List the tags of a repository.
    ListTags {
        /// The registry; empty for the page's own.
        registry: String,
        /// The repository.
        repository: String,
    },
    /// Ask the target what it has and make the plan.
    PlanPush(Rc<PlanRequest>),
    /// Carry out the plan.
    ExecutePush(Rc<PushPlan>),
    /// Bring the row of this zero-based layer into view and give it the focus.
    ShowLayer(usize),
    /// Ask by `HEAD` whether these URLs answer, each with its layer's size in bytes.
    AskUrls(Vec<(Target, u64)>),
    /// Download and hash what a URL serves; the layer's size in bytes.
    StartVerify(Target, u64),
    /// Hold a download, or let it go on.
    PauseVerify(Target, bool),
    /// Stop a download.
    StopVerify(Target),
    /// Ask the registry what refers to the digests that change.
    LookForOrphans,
    /// Stop asking; what was found so far comes as the answer.
    StopOrphans,
    /// Stop making the plan.
    CancelPlan,
    /// Stop pushing.
    CancelPush,
    /// Stop what is being loaded.
    CancelLoad,
    /// Sign out of this registry.
    SignOut(String),
    /// Read a file that the person chose.
    ReadFile(FileId),
    /// Open the image at this zero-based position of the archive that was chosen.
    OpenRoot(usize),
    /// Load the base image that this reference names, to compare the open one with it.
    LoadBase(String),
    /// Read the base image from a file, to compare the open one with it.
    ReadBase(FileId),
    /// Ask the registry whether it has everything that the open image needs.
    CheckHealth,
    /// Stop asking; what was found so far comes as the answer.
    StopHealth,
    /// Hand the table of the health of a tag to the person.
    SaveHealth(ReportForm),
    /// Look where this reference leads for what is to be brought from elsewhere.
    LoadToBring(String, Wanted),
    /// Look in a file for it.
    ReadToBring(FileId, Wanted),
    /// Stop looking for it.
    StopBringing,
    /// Load the image that this reference names, to compare the open one with it.
    LoadToCompare(String),
    /// Read it from a file.
    ReadToCompare(FileId),
    /// Stop loading or reading it.
    StopComparing,
    /// Hand the comparison to the person.
    SaveComparison,
    /// Fetch the documents of the open image that are not there yet.
    LoadChildren,
    /// Hand the bytes to the person as a file of this name and media type.
    Download {
        /// File name.
        name: String,
        /// Media type of the file.
        media_type: &'static str,
        /// Its bytes.
        bytes: Arc<[u8]>,
    },
    /// Hand the audit report to the person.
    SaveReport(ReportForm),
    /// Hand the OCI layout archive of the edited image to the person, with these of its blobs.
    SaveArchive(ArchiveBlobs),
    /// Stop writing the archive.
    StopArchive,
    /// Bring the marked layers to where they shall be.
    Deliver(Rc<DeliverRequest>),
    /// Stop that.
    StopDelivery,
    /// Read a recipe file that the person chose.
    ReadRecipe(FileId),
    /// Put the text on the clipboard.
    Copy(String),
    /// Bring the element with this id into view and give it the focus.
    Focus(String),
    /// Reload the page in its newer version.
    TakeUpdate,
    /// Keep in this browser how the keyboard is used.
    KeepGuide,
    /// Keep the preferences of the person (theme, language) in this browser.
    KeepPreferences,
}
