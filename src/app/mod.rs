//! The editor's state as a value: [`State`]; what can happen, [`Action`]; the pure [`update`]; and
//! what the outside world has to do then, as [`Effect`] values.
//!
//! Invariant: nothing here waits, fetches, reads a clock or touches a page. [`step`] gives back the
//! same `Rc` when nothing was written to.

mod checks;
mod core;
mod deliver;
mod documents;
mod effect;
mod export;
mod history;
mod layers;
mod load;
mod page;
mod push;
mod state;
#[cfg(test)]
mod testing;
mod view;

pub use checks::explain::{Named, explain_media_type};
pub use checks::findings::{ChecksAction, ChecksState, Places, ShownPlace, advised};
pub use core::{Core, Shell};
pub use deliver::{
    BlobHomes, Complete, DeliverAction, DeliverRequest, DeliverResult, DeliverState, DeliverWay,
    Delivered, Delivering, SentState, Typed,
};
pub use documents::annotation::Annotation;
pub use documents::bring::{Bring, BringAction, Candidate, Found, FoundIn, Wanted};
pub use documents::brought::{BlobFrom, Brought};
pub use documents::changes::{Changes, ChangesAction, ChangesView, DiffExtent, DiffLayout};
pub use documents::compare::{Compare, CompareAction};
pub use documents::convert::{Attestation, ConvertAction};
pub use documents::desk::{DeskAction, DeskState, IndexTable};
pub use documents::health::{Health, HealthAction, entries_of};
pub use documents::reading::{LONG, Link, Reading, ReadingPiece, ReadingRow};
pub use documents::rewrite::{Rewrite, RewriteAction};
pub use effect::Effect;
pub use export::dialog::{
    ArchiveBlobs, ArchiveOffer, ExportAction, ExportState, OpenedRecipe, RecipeOutcome, ReportForm,
    archive, archive_from_registry, archive_name, archive_offer, configs, layer_urls, push_by_hand,
    script,
};
pub use export::downloads::TakeAction;
pub use export::report::report_facts;
pub use history::{History, Step};
pub use layers::all_platforms::{Criterion, WholeAction, WholeView};
pub use layers::base::{BaseAction, BaseView, Compared};
pub use layers::edit::{EditAction, Unmark};
pub use layers::verify::{Progress, Target, UrlCheck, VerifyAction, VerifyState};
pub use load::access::{AccessAction, AccessState, Ask, Asked, AskedAt, HeldCall};
pub use load::archive::{ArchiveAction, Held, OpenArchive};
pub use load::browse::{BrowseAction, BrowseState, Names, Order, Remote};
pub use load::link::DeepLink;
pub use load::open::{OpenAction, Opened, Origin};
pub use load::refused::{Refused, Repair, place_of};
pub use load::source::{Failure, FileId, SourceAction, SourceState, Tab, loadable};
pub use page::config::Config;
pub use page::guide::{GuideAction, GuideState};
pub use page::notices::{PageAction, PageNotice, PageState, Start};
pub use page::portal::{PortalAction, PortalImage, PortalReport, PortalRequest};
pub use page::shortcuts::{Focus, Key, SHORTCUTS, Shortcut, SingleKeys};
pub use page::{config, session};
pub use push::next::{NextStep, next_steps};
pub use push::outcome::{outcome, tag_line};
pub use push::plan::{PushAction, PushState};
pub use push::pushes::{BegunPush, EndedPush, PushPhase, Pushes, RunningPush, RunningPushAction};
pub use push::referrers::{OrphanSearch, OrphansAction, Stays};
pub use push::request::{PlanRequest, PushRequest, TagSet};
pub use state::{Action, Area, State, step, update};
#[cfg(test)]
pub(crate) use testing::reduce;
pub use view::{Dialog, Notice, NoticeKind, Theme, ViewAction, ViewState};
