use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use crate::app::checks::findings::{self, ChecksAction, ChecksState};
use crate::app::deliver::{self, DeliverAction, DeliverState};
use crate::app::documents::bring::{self, BringAction};
use crate::app::documents::changes::{self, ChangesAction};
use crate::app::documents::compare::{self, CompareAction};
use crate::app::documents::convert::{self, ConvertAction};
use crate::app::documents::desk::{self, DeskAction, DeskState};
use crate::app::documents::health::{self, HealthAction};
use crate::app::documents::rewrite::{self, RewriteAction};
use crate::app::effect::Effect;
use crate::app::export::dialog::{self, ExportAction, ExportState};
use crate::app::export::downloads::{self, TakeAction};
use crate::app::history;
use crate::app::layers::all_platforms::{self, WholeAction};
use crate::app::layers::base::{self, BaseAction};
use crate::app::layers::edit::{self, EditAction};
use crate::app::layers::verify::{self, VerifyAction, VerifyState};
use crate::app::load::access::{self, AccessAction, AccessState};
use crate::app::load::archive::{self, ArchiveAction};
use crate::app::load::browse::{self, BrowseAction, BrowseState};
use crate::app::load::intake;
use crate::app::load::open::{OpenAction, Opened};
use crate::app::load::source::{SourceAction, SourceState};
use crate::app::page::config::Config;
use crate::app::page::guide::{self, GuideAction, GuideState};
use crate::app::page::notices::{self, PageAction, PageState};
use crate::app::page::portal::{self, PortalAction};
use crate::app::push::plan::{self, PushAction, PushState};
use crate::app::push::pushes::{self, Pushes, RunningPushAction};
use crate::app::push::referrers::{self, OrphansAction};
use crate::app::view::{self, Dialog, ViewAction, ViewState};

/// Everything the screen shows follows from this value. Cloning it copies pointers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// What the portal settled.
    pub config: Rc<Config>,
    /// The page around the editor: its portal, its language, its versions.
    pub page: Area<PageState>,
    /// Where images come from: the tabs and their fields.
    pub source: Area<SourceState>,
    /// Who is signed in where.
    pub access: Area<AccessState>,
    /// Looking for an image.
    pub browse: Area<BrowseState>,
    /// The image that is open, with its edits.
    pub opened: Option<Rc<Opened>>,
    /// What the manifest desk looks for outside of it.
    pub desk: Area<DeskState>,
    /// What is known around it, and what was said about the findings.
    pub checks: Area<ChecksState>,
    /// Whether its URLs serve its layers.
    pub verify: Area<VerifyState>,
    /// Pushing it: where to, and the plan.
    pub push: Area<PushState>,
    /// The pushes that were begun, of whatever image.
    pub pushes: Area<Pushes>,
    /// The keyboard.
    pub guide: Area<GuideState>,
    /// Taking it out of the page.
    pub export: Area<ExportState>,
    /// Bringing its marked layers to their URLs.
    pub deliver: Area<DeliverState>,
    /// Dialogs, notices, preferences.
    pub view: Area<ViewState>,
}

/// A part of the state. Copies share the value until one of them writes to its own: that one then
/// has another value, and so it is known by its pointer what changed.
#[derive(Debug, Default)]
pub struct Area<T>(Rc<T>);

/// What can happen: in each area of the editor, its own.
#[derive(Clone, Debug)]
pub enum Action {
    /// What happens to the page around the editor.
    Page(PageAction),
    /// What happens in the tabs.
    Source(SourceAction),
    /// Signing in and out.
    Access(AccessAction),
    /// Looking for an image at a registry.
    Browse(BrowseAction),
    /// Opening archives.
    Archive(ArchiveAction),
    /// An image comes in or goes.
    Open(OpenAction),
    /// Edits.
    Edit(EditAction),
    /// Rewriting a document as text.
    Rewrite(RewriteAction),
    /// The region “Changes”.
    Changes(ChangesAction),
    /// The region “Checks”.
    Checks(ChecksAction),
    /// Verifying URLs.
    Verify(VerifyAction),
    /// Links, and the portal around the page.
    Portal(PortalAction),
    /// The form and the plan of a push.
    Push(PushAction),
    /// A push that is carried out, or was.
    RunningPush(RunningPushAction),
    /// What refers to digests that change.
    Orphans(OrphansAction),
    /// The guide and the keyboard.
    Guide(GuideAction),
    /// The layers of all platforms.
    Whole(WholeAction),
    /// The base image.
    Base(BaseAction),
    /// Comparing with another image.
    Compare(CompareAction),
    /// Converting, and what stands in an index.
    Convert(ConvertAction),
    /// Entries of indexes, annotations in many documents.
    Desk(DeskAction),
    /// Whether the registry has everything.
    Health(HealthAction),
    /// Bringing documents and blobs from elsewhere.
    Bring(BringAction),
    /// The dialog “Export”.
    Export(ExportAction),
    /// The region “Deliver”.
    Deliver(DeliverAction),
    /// Copying and downloading manifests.
    Take(TakeAction),
    /// Dialogs, notices and preferences.
    View(ViewAction),
}

/// Changes `state` as `action` says. What the outside world has to do is the answer.
pub fn update(state: &mut State, action: Action) -> Vec<Effect> {
    let (before, openings) = (state.opened.clone(), state.page.openings);
    let mut effects = Vec::new();
    let asked = &mut effects;
    match action {
        Action::Page(action) => notices::update(state, action, asked),
        Action::Source(action) => intake::source(state, action, asked),
        Action::Access(action) => access::update(state, action, asked),
        Action::Browse(action) => browse::update(state, action, asked),
        Action::Archive(action) => archive::update(state, action, asked),
        Action::Open(action) => intake::open(state, action, asked),
        Action::Edit(action) => edit::update(state, action),
        Action::Rewrite(action) => rewrite::update(state, action, asked),
        Action::Changes(action) => changes::update(state, action, asked),
        Action::Checks(action) => findings::update(state, action, asked),
        Action::Verify(action) => verify::update(state, action, asked),
        Action::Portal(action) => portal::update(state, action, asked),
        Action::Push(action) => plan::update(state, action, asked),
        Action::RunningPush(action) => pushes::update(state, action, asked),
        Action::Orphans(action) => referrers::update(state, action, asked),
        Action::Guide(action) => guide::update(state, action, asked),
        Action::Whole(action) => all_platforms::update(state, action),
        Action::Base(action) => base::update(state, action, asked),
        Action::Compare(action) => compare::update(state, action, asked),
        Action::Convert(action) => convert::update(state, action),
        Action::Desk(action) => desk::update(state, action),
        Action::Health(action) => health::update(state, action, asked),
        Action::Bring(action) => bring::update(state, action, asked),
        Action::Export(action) => dialog::update(state, action, asked),
        Action::Deliver(action) => deliver::update(state, action, asked),
        Action::Take(action) => downloads::update(state, action, asked),
        Action::View(action) => view::update(state, action, asked),
    }
    history::refuse_too_much(state, before.as_ref());
    if state.view.dialog != Some(Dialog::Bring) {
        // Something else took the place of its dialog.
        bring::end(state, &mut effects);
    }
    if !is_same(before.as_ref(), state.opened.as_ref()) {
        notices::image_changed(state);
        if openings == state.page.openings {
            plan::result_changed(state, before.as_deref());
        }
    }
    effects
}

/// The state after `action`, which is the same `Rc` when nothing was written to, and what the outside
/// world has to do.
pub fn step(state: &Rc<State>, action: Action) -> (Rc<State>, Vec<Effect>) {
    let mut next = State::clone(state);
    let effects = update(&mut next, action);
    (if next.is_same(state) { state.clone() } else { Rc::new(next) }, effects)
}

impl State {
    /// Whether nothing was written to since both were one.
    fn is_same(&self, other: &Self) -> bool {
        // All fields are named, so that none is forgotten.
        let Self {
            config,
            page,
            source,
            access,
            browse,
            opened,
            desk,
            checks,
            verify,
            push,
            pushes,
            guide,
            export,
            deliver,
            view,
        } = self;
        Rc::ptr_eq(config, &other.config)
            && page.is_same(&other.page)
            && source.is_same(&other.source)
            && access.is_same(&other.access)
            && browse.is_same(&other.browse)
            && is_same(opened.as_ref(), other.opened.as_ref())
            && desk.is_same(&other.desk)
            && checks.is_same(&other.checks)
            && verify.is_same(&other.verify)
            && push.is_same(&other.push)
            && pushes.is_same(&other.pushes)
            && guide.is_same(&other.guide)
            && export.is_same(&other.export)
            && deliver.is_same(&other.deliver)
            && view.is_same(&other.view)
    }
}

fn is_same(one: Option<&Rc<Opened>>, other: Option<&Rc<Opened>>) -> bool {
    one.map(Rc::as_ptr) == other.map(Rc::as_ptr)
}

impl<T> Area<T> {
    /// Whether neither was written to since both were one.
    pub fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<T> Deref for Area<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Area<T> {
    fn deref_mut(&mut self) -> &mut T {
        Rc::make_mut(&mut self.0)
    }
}

impl<T> Clone for Area<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> From<T> for Area<T> {
    fn from(value: T) -> Self {
        Self(Rc::new(value))
    }
}

/// One that was not written to is compared by its pointer.
impl<T: PartialEq> PartialEq for Area<T> {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.0 == other.0
    }
}

impl<T: Eq> Eq for Area<T> {}

macro_rules! from_areas {
    ($($area:ident: $action:ident,)*) => {$(
        impl From<$action> for Action {
            fn from(action: $action) -> Self {
                Self::$area(action)
            }
        }
    )*};
}

from_areas! {
    Page: PageAction,
    Source: SourceAction,
    Access: AccessAction,
    Browse: BrowseAction,
    Archive: ArchiveAction,
    Open: OpenAction,
    Edit: EditAction,
    Rewrite: RewriteAction,
    Changes: ChangesAction,
    Checks: ChecksAction,
    Verify: VerifyAction,
    Portal: PortalAction,
    Push: PushAction,
    RunningPush: RunningPushAction,
    Orphans: OrphansAction,
    Guide: GuideAction,
    Whole: WholeAction,
    Base: BaseAction,
    Compare: CompareAction,
    Convert: ConvertAction,
    Desk: DeskAction,
    Health: HealthAction,
    Bring: BringAction,
    Export: ExportAction,
    Deliver: DeliverAction,
    Take: TakeAction,
    View: ViewAction,
}
