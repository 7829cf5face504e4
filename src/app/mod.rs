//! The editor's state as a value: [`State`]; what can happen, [`Action`]; the pure [`update`]; and
//! what the outside world has to do then, as [`Effect`] values.
//!
//! Invariant: nothing here waits, fetches, reads a clock or touches a page. [`step`] gives back the
//! same `Rc` when nothing was written to.

mod access;
mod annotation;
mod archive;
mod base;
mod browse;
mod changes;
mod checks;
pub mod config;
mod convert;
mod core;
mod desk;
mod edit;
mod effect;
mod explain;
mod export;
mod guide;
mod history;
mod open;
mod orphans;
mod page;
mod portal;
mod push;
mod push_outcome;
#[cfg(test)]
mod push_question_tests;
mod push_request;
#[cfg(test)]
mod push_tests;
mod pushes;
#[cfg(test)]
mod pushes_tests;
mod reading;
mod refused;
mod report;
mod rewrite;
pub mod session;
mod session_edits;
mod shortcut;
mod source;
mod state;
mod take;
#[cfg(test)]
mod testing;
mod verify;
#[cfg(test)]
mod verify_tests;
mod view;
mod whole;

pub use access::{AccessAction, AccessState, Ask, Asked, AskedAt, HeldCall};
pub use annotation::Annotation;
pub use archive::{ArchiveAction, Held, OpenArchive};
pub use base::{BaseAction, BaseView, Compared};
pub use browse::{BrowseAction, BrowseState, Names, Order, Remote};
pub use changes::{Changes, ChangesAction, ChangesView, DiffExtent, DiffLayout};
pub use checks::{ChecksAction, ChecksState, Places, ShownPlace, advised};
pub use config::Config;
pub use convert::{Attestation, ConvertAction};
pub use core::{Core, Shell};
pub use desk::{DeskAction, IndexTable};
pub use edit::{EditAction, Unmark};
pub use effect::Effect;
pub use explain::{Named, explain_media_type};
pub use export::{
    ArchiveBlobs, ArchiveOffer, ExportAction, ExportState, OpenedRecipe, ReportForm, archive,
    archive_from_registry, archive_name, archive_offer, configs, layer_urls, push_by_hand, script,
};
pub use guide::{GuideAction, GuideState, TourOffer, TourStep};
pub use history::{History, Step};
pub use open::{OpenAction, Opened, Origin};
pub use orphans::{OrphanSearch, OrphansAction, Stays};
pub use page::{PageAction, PageNotice, PageState, Start};
pub use portal::{DeepLink, PortalAction, PortalImage, PortalReport, PortalRequest};
pub use push::{PushAction, PushPhase, PushState};
pub use push_outcome::{outcome, tag_line};
pub use push_request::{PlanRequest, PushRequest, TagSet};
pub use pushes::{BegunPush, EndedPush, Pushes, RunningPush, RunningPushAction};
pub use reading::{LONG, Link, Reading, ReadingPiece, ReadingRow};
pub use refused::{Refused, Repair, place_of};
pub use report::report_facts;
pub use rewrite::{Rewrite, RewriteAction};
pub use shortcut::{Focus, Key, SHORTCUTS, Shortcut, SingleKeys};
pub use source::{Failure, FileId, SourceAction, SourceState, Tab, loadable};
pub use state::{Action, Area, State, step, update};
pub use take::TakeAction;
#[cfg(test)]
pub(crate) use testing::reduce;
pub use verify::{Progress, Target, UrlCheck, VerifyAction, VerifyState};
pub use view::{Dialog, Notice, NoticeKind, Theme, ViewAction, ViewState};
pub use whole::{Criterion, WholeAction, WholeView};
