use std::rc::Rc;

use super::config::{Config, ConfigProblem};
use super::{EditAction, Effect, Opened, Origin, PushPhase, SourceAction, State, Tab, Theme};
use crate::image::ImageEdits;
use crate::json::{self, Node, Value};
use crate::manifest::{Digest, MAX_BYTES, Platform};
use crate::registry::{Endpoint, MAX_REFERENCE, Reference, ShortNames};
use crate::text::Language;

/// The page around the editor: where it is, who speaks with it, in which language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageState {
    /// The page's own origin, without the portal's path prefix.
    pub origin: Option<Endpoint>,
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
    platform: Option<String>,
    /// The edits of the open image that were taken out of the page as a whole.
    saved: Option<Rc<ImageEdits>>,
}

/// What the page finds around it when it starts.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// The portal's settings, and what is wrong in them.
    pub config: (Config, Vec<ConfigProblem>),
    /// The page's own origin.
    pub origin: Option<Endpoint>,
    /// The language that the person chose before.
    pub chosen_language: Option<Language>,
    /// The first of the browser's languages that the page speaks.
    pub browser_language: Option<Language>,
    /// The colours that the person chose before.
    pub theme: Theme,
    /// The work that a reload interrupted, and when it was kept.
    pub session: Option<(Opened, u64)>,
    /// The part of the address after `#`.
    pub link: Option<DeepLink>,
}

/// What a link asks for: `#ref=registry.example.com/team/app:1.4&platform=linux/arm64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeepLink {
    /// The image.
    pub reference: String,
    /// The platform to show, as `os/architecture[/variant]`.
    pub platform: Option<String>,
}

/// What a portal that embeds the page asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortalRequest {
    /// Load this.
    Load {
        /// What.
        what: PortalImage,
        /// The platform to show, as `os/architecture[/variant]`.
        platform: Option<String>,
    },
}

/// What a portal wants to have loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortalImage {
    /// The image of this reference.
    Reference(String),
    /// This text of a manifest.
    Manifest(String),
}

/// What the portal that embeds the page is told. Never anything secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortalReport {
    /// The page takes requests.
    Ready,
    /// An image was opened.
    Opened {
        /// Its digest.
        digest: Digest,
    },
    /// The image that is open becomes another one.
    Changed {
        /// Its digest as it was opened.
        original: Digest,
        /// Its digest with the edits.
        new: Digest,
    },
    /// An image was pushed and read back.
    Pushed {
        /// Where to.
        reference: String,
        /// All digests that the target now has, the root first.
        digests: Vec<Digest>,
    },
}

/// What happens to the page around the editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageAction {
    /// A link to an image was followed.
    Follow(DeepLink),
    /// The portal asks for something.
    Asked(PortalRequest),
    /// The person chose a language.
    Language(Language),
    /// A newer version of the page is ready.
    UpdateReady,
    /// “Reload” on that.
    Update,
    /// “Back to the original” on the edits that are back.
    DiscardRestored,
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
        state.push.backup = config.backup_tag.is_some();
        state.view.theme = self.theme;
        state.page = PageState {
            origin: self.origin,
            chosen_language: self.chosen_language,
            browser_language: self.browser_language,
            problems,
            ..PageState::default()
        };
        state.config = Rc::new(config);
        if let Some((opened, kept_at)) = self.session {
            if let Origin::Registry { reference, .. } = &opened.origin {
                state.source.reference.clone_from(reference);
                if !opened.image.wanted(opened.history.edits()).is_empty() {
                    state.outbox.ask(Effect::LoadChildren);
                }
            }
            state.opened = Some(Rc::new(opened));
            state.page.restored = Some(kept_at);
            state.page.openings = 1;
        }
        if let Some(link) = self.link {
            follow(&mut state, link);
        }
        state
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

    /// Whether leaving the page would lose edits.
    pub fn is_unsaved(&self) -> bool {
        self.opened.as_ref().is_some_and(|opened| {
            opened.is_edited() && self.page.saved.as_ref() != Some(opened.history.edits())
        })
    }

    /// Notes that the present edits were taken out of the page as a whole.
    pub(super) fn mark_saved(&mut self) {
        self.page.saved = self.opened.as_ref().map(|opened| opened.history.edits().clone());
    }
}

pub(super) fn reduce(state: &mut State, action: PageAction) {
    match action {
        PageAction::Follow(link) => follow(state, link),
        PageAction::Asked(PortalRequest::Load { what, platform }) => {
            state.page.platform = platform;
            let (tab, text, load) = match what {
                PortalImage::Reference(text) => {
                    (Tab::Registry, SourceAction::Reference(text), SourceAction::Load)
                }
                PortalImage::Manifest(text) => {
                    (Tab::Paste, SourceAction::Json(text), SourceAction::OpenJson)
                }
            };
            show(state, tab);
            super::source::reduce(state, text);
            super::source::reduce(state, load);
        }
        PageAction::Language(language) => {
            if state.page.chosen_language != Some(language) {
                state.page.chosen_language = Some(language);
                state.outbox.ask(Effect::KeepPreferences);
            }
        }
        PageAction::UpdateReady => state.page.update_ready = true,
        PageAction::Update => {
            state.outbox.ask(Effect::TakeUpdate);
        }
        PageAction::DiscardRestored => {
            state.page.restored = None;
            super::edit::reduce(state, EditAction::GoTo(0));
        }
        PageAction::Dismiss(PageNotice::Settings) => state.page.problems.clear(),
        PageAction::Dismiss(PageNotice::Restored) => state.page.restored = None,
        PageAction::Dismiss(PageNotice::Unfollowed) => state.page.unfollowed = None,
        PageAction::Dismiss(PageNotice::Update) => state.page.update_ready = false,
    }
}

/// Does what follows from every action: notices what was opened, shows the platform that is wanted.
///
/// `opens` says whether the action is one that can open an image.
pub(super) fn settle(before: &State, state: &mut State, opens: bool) {
    let Some(opened) = &state.opened else { return };
    let known = before.opened.as_ref();
    if opens && !known.is_some_and(|known| Rc::ptr_eq(&known.image, &opened.image)) {
        state.page.openings += 1;
        state.page.restored = None;
        state.page.unfollowed = None;
        state.page.saved = None;
        let template = state.config.first_template();
        if opened.template.is_empty() && !template.is_empty() {
            let mut with_template = Opened::clone(opened);
            template.clone_into(&mut with_template.template);
            state.opened = Some(Rc::new(with_template));
        }
    }
    let Some(opened) = &state.opened else { return };
    // Undone altogether, the restored edits are no news any more.
    if !opened.is_edited() {
        state.page.restored = None;
    }
    let loading = state.source.loading || state.view.dialog.is_some();
    if loading || state.page.platform.is_none() {
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
        super::open::reduce(state, super::OpenAction::Show(row.id));
    }
    state.page.platform = None;
}

/// Whether `platform` is the `os/architecture[/variant]` that is wanted; without a variant, any is.
fn is_platform(platform: &Platform, wanted: &str) -> bool {
    let mut parts = wanted.splitn(3, '/');
    parts.next() == Some(&platform.os)
        && parts.next() == Some(&platform.architecture)
        && parts.next().is_none_or(|variant| variant == platform.variant)
}

/// Opens the image of a link as if its reference had been typed.
///
/// A link may come from anywhere, and requests go only where the person wants them to go: one that
/// names a registry which is neither the page's own nor the portal's is put into the field, and
/// “Load” is left to the person.
fn follow(state: &mut State, link: DeepLink) {
    state.page.platform = link.platform;
    let open = state.opened.as_ref().map(|opened| &opened.origin);
    if matches!(open, Some(Origin::Registry { reference, .. }) if *reference == link.reference) {
        return;
    }
    show(state, Tab::Registry);
    state.page.unfollowed = foreign_registry(state, &link.reference);
    super::source::reduce(state, SourceAction::Reference(link.reference));
    if state.page.unfollowed.is_none() {
        super::source::reduce(state, SourceAction::Load);
    }
}

/// The registry that `reference` names, when neither the portal nor the page itself stands for it.
fn foreign_registry(state: &State, reference: &str) -> Option<String> {
    let reference = Reference::parse(reference, ShortNames::OfDefaultRegistry).ok()?;
    let registry = reference.registry?;
    let config = &state.config;
    let own = state.page.origin.as_ref().map(|page| page.origin().authority());
    let named = registry.to_string();
    let known = config.default_registry.as_ref() == Some(&registry)
        || config.allowed_registries.as_ref().is_some_and(|allowed| allowed.contains(&registry))
        || own.as_ref() == Some(&named);
    (!known).then_some(named)
}

fn show(state: &mut State, tab: Tab) {
    if state.config.tabs.contains(&tab) {
        super::source::reduce(state, SourceAction::Show(tab));
    }
}

impl DeepLink {
    /// Reads the part of an address after `#`; `None` when it names no image. What else stands
    /// there is ignored.
    pub fn parse(fragment: &str) -> Option<Self> {
        let mut link = Self { reference: String::new(), platform: None };
        for parameter in fragment.trim_start_matches('#').split('&') {
            let (name, value) = parameter.split_once('=')?;
            match name {
                "ref" => link.reference = decoded(value)?,
                "platform" => link.platform = Some(decoded(value)?),
                _ => {}
            }
        }
        (1..=MAX_REFERENCE).contains(&link.reference.len()).then_some(link)
    }
}

/// `text` without percent-encoding; `None` when that is no text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let hex = std::str::from_utf8(rest.get(..2)?).ok()?;
            if !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = &rest[2..];
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

impl PortalRequest {
    /// Reads a message of the portal, as JSON text. `None` for anything that is not a request as
    /// `docs/embedding.md` describes it: pages get messages of many kinds.
    pub fn parse(text: &str) -> Option<Self> {
        let message = json::parse(text.as_bytes()).ok()?;
        let string = |name: &str| message.get(name).map(|node| node.as_str().map(str::to_owned));
        let is_ours = matches!(&message.get("layermark")?.value, Value::Number(one) if one == "1");
        if !is_ours || message.get("type").and_then(Node::as_str) != Some("load") {
            return None;
        }
        let what = match (string("reference"), string("manifest")) {
            (Some(reference), None) => {
                PortalImage::Reference(reference.filter(|text| text.len() <= MAX_REFERENCE)?)
            }
            (None, Some(manifest)) => {
                PortalImage::Manifest(manifest.filter(|text| text.len() <= MAX_BYTES)?)
            }
            _ => return None,
        };
        let platform = match string("platform") {
            Some(platform) => Some(platform?),
            None => None,
        };
        Some(Self::Load { what, platform })
    }
}

impl PortalReport {
    /// What to tell after `before` became `after`.
    pub fn between(before: &State, after: &State) -> Vec<Self> {
        let mut reports = Vec::new();
        let Some(opened) = &after.opened else { return reports };
        let original = opened.image.root();
        let opens = before.page.openings != after.page.openings;
        if opens {
            reports.push(Self::Opened { digest: original.clone() });
        }
        let known = before.opened.as_ref().filter(|_| !opens);
        let old = known.and_then(|known| known.rendered.digest(original)).unwrap_or(original);
        let new = opened.rendered.digest(original).unwrap_or(original);
        if old != new {
            reports.push(Self::Changed { original: original.clone(), new: new.clone() });
        }
        if let PushPhase::Done(plan, _) = &after.push.phase
            && !matches!(before.push.phase, PushPhase::Done(..))
        {
            let documents = plan.input.documents.iter().rev();
            reports.push(Self::Pushed {
                reference: after.push.target.trim().to_owned(),
                digests: documents.map(|document| document.digest.clone()).collect(),
            });
        }
        reports
    }

    /// The message as JSON text, as `docs/embedding.md` describes it.
    pub fn to_json(&self) -> String {
        let digest = |digest: &Digest| json::string(digest.as_str());
        let members = match self {
            Self::Ready => r#""ready""#.to_owned(),
            Self::Opened { digest: it } => format!(r#""opened","digest":{}"#, digest(it)),
            Self::Changed { original, new } => {
                format!(r#""changed","original":{},"new":{}"#, digest(original), digest(new))
            }
            Self::Pushed { reference, digests } => {
                let digests: Vec<String> = digests.iter().map(digest).collect();
                let reference = json::string(reference);
                format!(r#""pushed","reference":{reference},"digests":[{}]"#, digests.join(","))
            }
        };
        format!(r#"{{"layermark":1,"type":{members}}}"#)
    }
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
