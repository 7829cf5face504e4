use std::rc::Rc;

use super::access::{AccessAction, AccessState};
use super::archive::ArchiveAction;
use super::base::BaseAction;
use super::browse::{BrowseAction, BrowseState};
use super::changes::ChangesAction;
use super::checks::{ChecksAction, ChecksState};
use super::config::Config;
use super::convert::ConvertAction;
use super::edit::EditAction;
use super::effect::Outbox;
use super::export::{ExportAction, ExportState};
use super::guide::{GuideAction, GuideState};
use super::open::{OpenAction, Opened};
use super::orphans::OrphansAction;
use super::page::{PageAction, PageState};
use super::portal::PortalAction;
use super::push::{PushAction, PushState};
use super::rewrite::RewriteAction;
use super::source::{SourceAction, SourceState};
use super::take::TakeAction;
use super::verify::{VerifyAction, VerifyState};
use super::view::{ViewAction, ViewState};
use super::whole::WholeAction;

/// Everything the screen shows follows from this value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// What the portal settled.
    pub config: Rc<Config>,
    /// The page around the editor: its portal, its language, its versions.
    pub page: PageState,
    /// Where images come from: the tabs and their fields.
    pub source: SourceState,
    /// Who is signed in where.
    pub access: AccessState,
    /// Looking for an image.
    pub browse: BrowseState,
    /// The image that is open, with its edits.
    pub opened: Option<Rc<Opened>>,
    /// What is known around it, and what was said about the findings.
    pub checks: ChecksState,
    /// Whether its URLs serve its layers.
    pub verify: VerifyState,
    /// Pushing it.
    pub push: PushState,
    /// Help, the tour, the keyboard.
    pub guide: GuideState,
    /// Taking it out of the page.
    pub export: ExportState,
    /// Dialogs, notices, preferences.
    pub view: ViewState,
    /// What the outside world is asked to do.
    pub outbox: Outbox,
}

/// What can happen: a change of the state, whose code may be in a part of the page that is loaded
/// on demand. Each area of the editor has a type of its own for it.
pub struct Action(Box<dyn Change>);

/// What an action does to the state.
trait Change {
    /// The state after it, made from a copy of the one `before`.
    fn apply(self: Box<Self>, before: &State, state: &mut State);
}

/// The state after `action`; the same `Rc` when nothing changed.
pub fn reduce(state: &Rc<State>, action: Action) -> Rc<State> {
    let mut next = State::clone(state);
    action.0.apply(state, &mut next);
    if next == **state { state.clone() } else { Rc::new(next) }
}

macro_rules! actions {
    ($($action:ident => $module:ident $(, then $then:path)?;)*) => {$(
        impl Change for $action {
            #[allow(unused_variables)] // Not every action has something that follows from it.
            fn apply(self: Box<Self>, before: &State, state: &mut State) {
                super::$module::reduce(state, *self);
                $($then(before, state);)?
            }
        }
        impl From<$action> for Action {
            fn from(action: $action) -> Self {
                Self(Box::new(action))
            }
        }
    )*};
}
actions! {
    PageAction => page;
    SourceAction => source;
    AccessAction => access;
    BrowseAction => browse;
    ArchiveAction => archive;
    OpenAction => open, then followed;
    EditAction => edit, then followed;
    RewriteAction => rewrite, then followed;
    ChangesAction => changes;
    ChecksAction => checks, then followed;
    VerifyAction => verify;
    PortalAction => portal;
    PushAction => push;
    OrphansAction => orphans;
    GuideAction => guide;
    WholeAction => whole, then followed;
    BaseAction => base, then followed;
    ConvertAction => convert, then followed;
    ExportAction => export, then followed;
    TakeAction => take;
    ViewAction => view;
}

/// What follows from every action that may change the open image.
fn followed(before: &State, state: &mut State) {
    super::page::settle(state);
    super::push::follow_image(state, before.opened.as_deref());
}
