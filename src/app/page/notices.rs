use std::rc::Rc;

use crate::app::page::config::{Config, ConfigProblem};
use crate::app::{Brought, Effect, ExportAction, GuideState, Opened, Origin, State, Theme};
use crate::image::ImageEdits;
use crate::manifest::Platform;
use crate::registry::Endpoint;
use crate::text::Language;

/// The page around the editor: where it is, who speaks with it, in which language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageState {
    /// The page's own origin, such as `https://portal.example`; empty when it has none.
    pub origin: String,
    /// The page's own address, without what stands behind `#`.
    pub address: String,
    /// The language that the person chose.
    pub chosen_language: Option<Language>,
    /// The language that the browser prefers among those of the page.
    pub browser_language: Option<Language>,
    /// What is wrong in the portal's settings.
    pub problems: Vec<ConfigProblem>,
    /// When the edits were made that a reload interrupted and that are back, in milliseconds since
    /// 1970.
    pub restored: Option<u64>,
    /// The registry of a link that was put into the field but not followed.
    pub unfollowed: Option<String>,
    /// Whether a newer version of the page is ready.
    pub update_ready: bool,
    /// How many images were opened so far.
    pub openings: u64,
    /// The platform that a link or the portal wants to see, until it is there.
    pub(in crate::app) platform: Option<String>,
    /// The recipe that is to be proposed, until an image is open.
    pub(in crate::app) recipe: Option<Proposed>,
    /// The edits of the open image that were taken out of the page as a whole.
    saved: Option<Rc<ImageEdits>>,
    /// What is brought for the open image from elsewhere, as it was in a push that was proved.
    pushed: Option<Rc<Brought>>,
}

/// A recipe that came from outside: it is shown as a proposal, and applied by nobody but the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::app) struct Proposed {
    /// The recipe.
    pub(in crate::app) recipe: Rc<str>,
    /// The reference of the image that it is for; `None` for whatever image is opened.
    pub(in crate::app) of: Option<String>,
}

/// What the page finds around it when it starts.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// The portal's settings, and what is wrong in them.
    pub config: (Config, Vec<ConfigProblem>),
    /// The page's own origin.
    pub origin: String,
    /// The page's own address, without what stands behind `#`.
    pub address: String,
    /// The language that the person chose before.
    pub chosen_language: Option<Language>,
    /// The first of the browser's languages that the page speaks.
    pub browser_language: Option<Language>,
    /// The colours that the person chose before.
    pub theme: Theme,
    /// What this browser remembers of the keyboard.
    pub guide: GuideState,
    /// The work that a reload interrupted, and when it was kept.
    pub session: Option<(Opened, u64)>,
}

/// What happens to the page around the editor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageAction {
    /// The page is there, as it was at the start.
    Started,
    /// The person chose a language.
    Language(Language),
    /// A newer version of the page is ready.
    UpdateReady,
    /// “Reload” on that.
    Update,
    /// A notice of the page is no longer wanted.
    Dismiss(PageNotice),
}

/// The notices of the page, which stay until they are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageNotice {
    /// The portal's settings are broken.
    Settings,
    /// Edits are back.
    Restored,
    /// A link was not followed.
    Unfollowed,
    /// A newer version is ready.
    Update,
}

impl Start {
    /// The state at the start.
    pub fn state(self) -> State {
        let (config, problems) = self.config;
        let mut state = State::default();
        state.source.reference = config.first_reference();
        state.source.tab = config.tabs.first().copied().unwrap_or_default();
        state.view.theme = self.theme;
        *state.guide = self.guide;
        *state.page = PageState {
            origin: self.origin,
            address: self.address,
            chosen_language: self.chosen_language,
            browser_language: self.browser_language,
            problems,
            ..PageState::default()
        };
        state.config = Rc::new(config);
        if let Some((opened, kept_at)) = self.session {
            if let Origin::Registry { reference, .. } = &opened.origin {
                state.source.reference.clone_from(reference);
            }
            state.page.restored = opened.has_work().then_some(kept_at);
            state.opened = Some(Rc::new(opened));
            state.page.openings = 1;
        }
        state
    }
}

impl PageState {
    /// The page's own origin as a registry may be there.
    pub fn endpoint(&self) -> Option<Endpoint> {
        Endpoint::parse(&self.origin).ok()
    }
}

impl State {
    /// The language of the page: the person's choice, else the portal's, else the browser's.
    pub fn language(&self) -> Language {
        self.page
            .chosen_language
            .or(self.config.language)
            .or(self.page.browser_language)
            .unwrap_or_default()
    }

    /// Whether leaving the page would lose edits, or end a push, a delivery or the writing of an archive.
    pub fn is_unsaved(&self) -> bool {
        let is_busy =
            self.pushes.running.is_some() || self.deliver.running.is_some() || self.export.writing;
        is_busy || self.has_unsaved_edits()
    }

    /// Whether there are edits, or typed text, that were not taken out of the page, or something is to be
    /// brought from elsewhere that was not pushed.
    pub fn has_unsaved_edits(&self) -> bool {
        self.opened.as_ref().is_some_and(|opened| {
            let edited =
                opened.is_edited() && self.page.saved.as_ref() != Some(opened.history.edits());
            let brings = || self.page.pushed.as_ref() != Some(&opened.brought) && opened.brings();
            opened.unapplied().is_some() || (edited || brings()) && !self.pushes_edits_of(opened)
        })
    }

    /// Whether exactly the present edits of the open image are being pushed, with what they need.
    fn pushes_edits_of(&self, opened: &Opened) -> bool {
        self.own_push().is_some_and(|running| {
            let pushed = &running.push.opened;
            pushed.history.edits() == opened.history.edits()
                && pushed.brought == opened.brought
                && !running.push.plan.input.put_back
        })
    }

    /// Notes that these edits of the open image were taken out of the page as a whole.
    pub(in crate::app) fn mark_saved(&mut self, edits: &Rc<ImageEdits>) {
        self.page.saved = Some(edits.clone());
    }

    /// Notes that a push of the open image was proved, with these edits and what they need.
    pub(in crate::app) fn mark_pushed(&mut self, opened: &Opened) {
        self.mark_saved(opened.history.edits());
        self.page.pushed = Some(opened.brought.clone());
    }
}

pub(in crate::app) fn update(state: &mut State, action: PageAction, effects: &mut Vec<Effect>) {
    match action {
        PageAction::Started => {
            // What a reload interrupted may not have kept everything.
            let origin = state.opened.as_ref().map(|opened| &opened.origin);
            if matches!(origin, Some(Origin::Registry { .. })) {
                effects.push(Effect::LoadChildren);
            }
        }
        PageAction::Language(language) => {
            if state.page.chosen_language != Some(language) {
                state.page.chosen_language = Some(language);
                effects.push(Effect::KeepPreferences);
            }
        }
        PageAction::UpdateReady => state.page.update_ready = true,
        PageAction::Update => {
            effects.push(Effect::TakeUpdate);
        }
        PageAction::Dismiss(PageNotice::Settings) => state.page.problems.clear(),
        PageAction::Dismiss(PageNotice::Restored) => state.page.restored = None,
        PageAction::Dismiss(PageNotice::Unfollowed) => state.page.unfollowed = None,
        PageAction::Dismiss(PageNotice::Update) => state.page.update_ready = false,
    }
}

/// Another image was opened: what was said of the one before is no news any more.
pub(in crate::app) fn opened(state: &mut State) {
    state.page.openings += 1;
    state.page.restored = None;
    state.page.unfollowed = None;
    state.page.saved = None;
    state.page.pushed = None;
    if state.export.recipe.is_some() {
        // What it would do was said of the image before.
        state.export.recipe = None;
        state.export.recipes_shown = false;
    }
    let template = state.config.first_template();
    if let Some(opened) = &mut state.opened
        && opened.template.is_empty()
        && !template.is_empty()
    {
        template.clone_into(&mut Rc::make_mut(opened).template);
    }
}

/// Does what follows from every change of the image.
pub(in crate::app) fn image_changed(state: &mut State) {
    let Some(opened) = &state.opened else { return };
    // Undone altogether, the restored edits are no news any more.
    if !opened.has_work() && state.page.restored.is_some() {
        state.page.restored = None;
    }
    show_wanted(state);
}

/// Shows the platform that a link or the portal wants to see, as soon as it is there, and the recipe that
/// is proposed.
pub(in crate::app) fn show_wanted(state: &mut State) {
    let loading = state.source.loading || state.view.dialog.is_some();
    if state.opened.is_none() || loading {
        return;
    }
    propose(state);
    let Some(opened) = &state.opened else { return };
    if state.page.platform.is_none() {
        return;
    }
    let rows = opened.image.rows(opened.history.edits());
    let wanted = state.page.platform.as_deref().unwrap_or_default();
    let wanted = rows.into_iter().find(|row| {
        let platform = row.descriptor.as_ref().and_then(|entry| entry.platform.as_ref());
        platform.is_some_and(|platform| is_platform(platform, wanted))
    });
    if let Some(row) = wanted {
        if opened.image.document(&row.id).is_none() {
            return;
        }
        crate::app::load::open::show(state, row.id);
    }
    state.page.platform = None;
}

/// Shows the recipe that was handed in for the open image, and what it would do. Applying is left to the
/// person.
fn propose(state: &mut State) {
    let Some(proposed) = state.page.recipe.clone() else { return };
    let complete = state
        .opened
        .as_ref()
        .is_some_and(|opened| opened.image.wanted(opened.history.edits()).is_empty());
    if !complete {
        return;
    }
    state.page.recipe = None;
    let origin = state.opened.as_ref().map(|opened| &opened.origin);
    let is_other = |of: &String| !matches!(origin, Some(Origin::Registry { reference, .. }) if reference == of);
    if proposed.of.as_ref().is_some_and(is_other) {
        return;
    }
    let bytes = proposed.recipe.as_bytes().into();
    let read = ExportAction::RecipeRead { name: "recipe.json".to_owned(), bytes };
    crate::app::export::dialog::update(state, read, &mut Vec::new());
}

/// What was wanted does not come: the platform is none of the image that is open.
pub(in crate::app) fn forget_wanted(state: &mut State) {
    if state.page.platform.is_some() || state.page.recipe.is_some() {
        state.page.platform = None;
        state.page.recipe = None;
    }
}

/// Whether `platform` is the `os/architecture[/variant]` that is wanted; without a variant, any is.
fn is_platform(platform: &Platform, wanted: &str) -> bool {
    let mut parts = wanted.splitn(3, '/');
    parts.next() == Some(&platform.os)
        && parts.next() == Some(&platform.architecture)
        && parts.next().is_none_or(|variant| variant == platform.variant)
}

#[cfg(test)]
#[path = "notices_tests.rs"]
mod tests;
