use crate::app::load::link::DeepLink;
use crate::app::load::{open, source};
use crate::app::page::notices::Proposed;
use crate::app::{Effect, EndedPush, OpenAction, Origin, SourceAction, State, Tab};
use crate::json::{self, Node, Value};
use crate::manifest::{Digest, MAX_BYTES};
use crate::registry::{MAX_REFERENCE, Reference, ShortNames};

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
        /// Where to: the registry, the repository and the tag, as the push was planned.
        reference: String,
        /// All digests that the target now has, the root first.
        digests: Vec<Digest>,
    },
}

/// What comes from outside of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortalAction {
    /// A link to an image was followed.
    Follow(DeepLink),
    /// The portal asks for something.
    Asked(PortalRequest),
}

pub(in crate::app) fn update(state: &mut State, action: PortalAction, effects: &mut Vec<Effect>) {
    match action {
        PortalAction::Follow(link) => follow(state, link, effects),
        PortalAction::Asked(PortalRequest::Load { what, platform }) => {
            state.page.platform = platform;
            match what {
                PortalImage::Reference(text) => load(state, text, effects),
                PortalImage::Manifest(text) => {
                    show(state, Tab::Paste, effects);
                    source::update(state, SourceAction::Json(text), effects);
                    open::update(state, OpenAction::Json, effects);
                }
            }
        }
    }
}

/// Opens the image of a link as if its reference had been typed.
fn follow(state: &mut State, link: DeepLink, effects: &mut Vec<Effect>) {
    state.page.platform = link.platform;
    state.page.recipe = link
        .recipe
        .map(|recipe| Proposed { recipe: recipe.into(), of: Some(link.reference.clone()) });
    let open = state.opened.as_ref().map(|opened| &opened.origin);
    if matches!(open, Some(Origin::Registry { reference, .. }) if *reference == link.reference) {
        crate::app::page::notices::show_wanted(state);
        return;
    }
    load(state, link.reference, effects);
}

/// Loads what a link or the framing portal names.
///
/// Either may be made from what anybody wrote, and requests go only where the person wants them to go:
/// a reference to a registry which is neither the page's own nor the portal's is put into the field, and
/// “Load” is left to the person.
fn load(state: &mut State, reference: String, effects: &mut Vec<Effect>) {
    show(state, Tab::Registry, effects);
    state.page.unfollowed = foreign_registry(state, &reference);
    source::update(state, SourceAction::Reference(reference), effects);
    if state.page.unfollowed.is_none() {
        source::update(state, SourceAction::Load, effects);
    }
}

/// The registry that `reference` names, when neither the portal nor the page itself stands for it.
fn foreign_registry(state: &State, reference: &str) -> Option<String> {
    let reference = Reference::parse(reference, ShortNames::OfDefaultRegistry).ok()?;
    let registry = reference.registry?;
    let config = &state.config;
    let own = state.page.endpoint().map(|page| page.origin().authority());
    let named = registry.to_string();
    let known = config.default_registry.as_ref() == Some(&registry)
        || config.allowed_registries.as_ref().is_some_and(|allowed| allowed.contains(&registry))
        || own.as_ref() == Some(&named);
    (!known).then_some(named)
}

fn show(state: &mut State, tab: Tab, effects: &mut Vec<Effect>) {
    if state.config.tabs.contains(&tab) {
        source::update(state, SourceAction::Show(tab), effects);
    }
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
        if let Some(EndedPush { push, result: Ok(_), .. }) = after.pushes.ended.last()
            && before.pushes.running.is_some()
            && after.pushes.running.is_none()
        {
            let documents = push.plan.input.documents.iter().rev();
            reports.push(Self::Pushed {
                reference: crate::app::push::outcome::target(&push.plan),
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
