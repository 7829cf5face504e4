use std::rc::Rc;

use super::access::{AccessAction, AccessState};
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
use super::page::{PageAction, PageState};
use super::push::{PushAction, PushState};
use super::rewrite::RewriteAction;
use super::source::{SourceAction, SourceState};
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

/// What can happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Around the editor: portal, links, language, versions.
    Page(PageAction),
    /// In the tabs above the image.
    Source(SourceAction),
    /// Between the person and registries.
    Access(AccessAction),
    /// Looking for an image.
    Browse(BrowseAction),
    /// An image comes in or goes.
    Open(OpenAction),
    /// An edit of the open image, or a step in its history.
    Edit(EditAction),
    /// The text of a document is rewritten by hand.
    Rewrite(RewriteAction),
    /// In the region “Changes”.
    Changes(ChangesAction),
    /// Around the checks.
    Checks(ChecksAction),
    /// Checking URLs.
    Verify(VerifyAction),
    /// Pushing the open image.
    Push(PushAction),
    /// Help, the tour, the keyboard.
    Guide(GuideAction),
    /// To the layers of all platforms.
    Whole(WholeAction),
    /// A choice for the whole image.
    Convert(ConvertAction),
    /// In the dialog “Export”.
    Export(ExportAction),
    /// Dialogs, notices, preferences.
    View(ViewAction),
}

/// The state after `action`; the same `Rc` when nothing changed.
pub fn reduce(state: &Rc<State>, action: Action) -> Rc<State> {
    let mut next = State::clone(state);
    let opens = matches!(
        action,
        Action::Source(_) | Action::Page(_) | Action::Open(OpenAction::AcceptOffer)
    );
    match action {
        Action::Page(action) => super::page::reduce(&mut next, action),
        Action::Source(action) => {
            super::access::forget_on(&mut next, &action);
            super::source::reduce(&mut next, action);
        }
        Action::Browse(action) => super::browse::reduce(&mut next, action),
        Action::Access(action) => super::access::reduce(&mut next, action),
        Action::Open(action) => super::open::reduce(&mut next, action),
        Action::Edit(action) => super::edit::reduce(&mut next, action),
        Action::Rewrite(action) => super::rewrite::reduce(&mut next, action),
        Action::Changes(action) => super::changes::reduce(&mut next, action),
        Action::Checks(action) => super::checks::reduce(&mut next, action),
        Action::Verify(action) => super::verify::reduce(&mut next, action),
        Action::Push(action) => super::push::reduce(&mut next, action),
        Action::Guide(action) => super::guide::reduce(&mut next, action),
        Action::Whole(action) => super::whole::reduce(&mut next, action),
        Action::Convert(action) => super::convert::reduce(&mut next, action),
        Action::Export(action) => super::export::reduce(&mut next, action),
        Action::View(action) => super::view::reduce(&mut next, action),
    }
    super::page::settle(state, &mut next, opens);
    super::push::follow_image(&mut next, state.opened.as_deref());
    if next == **state { state.clone() } else { Rc::new(next) }
}

macro_rules! action_from {
    ($($from:ident => $variant:ident;)*) => {$(
        impl From<$from> for Action {
            fn from(action: $from) -> Self {
                Self::$variant(action)
            }
        }
    )*};
}
action_from! {
    PageAction => Page;
    SourceAction => Source;
    AccessAction => Access;
    BrowseAction => Browse;
    OpenAction => Open;
    EditAction => Edit;
    RewriteAction => Rewrite;
    ChecksAction => Checks;
    PushAction => Push;
    VerifyAction => Verify;
    ChangesAction => Changes;
    GuideAction => Guide;
    WholeAction => Whole;
    ConvertAction => Convert;
    ExportAction => Export;
    ViewAction => View;
}
