//! The base image: which layers are from it, shown before anything is done to them.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::app::layers::all_platforms::{How, mark};
use crate::app::{Effect, FileId, Opened, State};
use crate::image::{
    BaseMatch, Image, ImageEdits, LayerPlace, NamedBase, PlatformManifest, Selection,
    image_manifests, lacks_diff_ids, match_base, named_bases,
};
use crate::manifest::Digest;
use crate::msg;
use crate::text::Message;

/// The comparison of the open image with a base image.
#[derive(Clone, Debug, Default)]
pub struct BaseView {
    /// The text of “Base image”.
    pub text: String,
    /// Whether the base image is on its way.
    pub loading: bool,
    /// Why it could not be had.
    pub problem: Option<Message>,
    /// What it was compared with, and what came of it.
    pub compared: Option<Compared>,
}

/// What came of a comparison.
#[derive(Clone, Debug)]
pub struct Compared {
    /// What the base image is called: a reference or the name of a file.
    pub name: String,
    /// The manifests that have layers of it.
    pub matches: Vec<BaseMatch>,
    /// Why only digests could be compared, where that is so.
    pub limit: Option<Message>,
}

/// What happens to the base image.
#[derive(Clone, Debug)]
pub enum BaseAction {
    /// The text of “Base image” changed.
    Text(String),
    /// “Compare”.
    Look,
    /// “Compare with …”: the base image that annotations name.
    Named(String),
    /// A file with the base image was chosen.
    File(FileId),
    /// The images that the person named by this are here, for the image loaded under this digest.
    Found(Digest, String, Rc<[Image]>),
    /// They cannot be had.
    Failed(Message),
    /// “Select these layers”.
    Select,
    /// “Mark these layers as foreign”.
    Mark,
}

/// Two are equal when they are the same one: every change makes another.
impl PartialEq for BaseView {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for BaseView {}

impl Opened {
    /// How far which manifests have layers of the base image; empty before a comparison.
    pub fn base_matches(&self) -> &[BaseMatch] {
        let compared = self.whole.base.as_ref().and_then(|base| base.compared.as_ref());
        compared.map(|compared| &compared.matches[..]).unwrap_or_default()
    }

    /// The manifests of images with their platforms.
    pub fn platforms(&self) -> Vec<PlatformManifest> {
        let found = image_manifests(&self.image, self.history.edits()).into_iter();
        found.map(|(id, platform)| PlatformManifest { id, platform }).collect()
    }

    /// The references of the base images that annotations name, each once: by digest where they
    /// name one.
    pub fn named_bases(&self) -> Vec<String> {
        let named = named_bases(&self.image, self.history.edits());
        let references: BTreeSet<String> = named.iter().filter_map(reference).collect();
        references.into_iter().collect()
    }

    /// Where the layers of the base image stand, in the platforms that are not left out.
    fn base_places(&self) -> Vec<LayerPlace> {
        let selection = Selection { from_base: Some(true), ..Selection::default() };
        let found = selection.select(&self.image, self.history.edits(), self.base_matches());
        let left_out = |place: &LayerPlace| self.whole.left_out.contains(&place.manifest);
        found.into_iter().filter(|place| !left_out(place)).collect()
    }
}

/// The reference that annotations spell; `None` when they name no repository.
fn reference(named: &NamedBase) -> Option<String> {
    let name = named.name.as_deref()?;
    let digest = named.digest.as_deref().filter(|digest| Digest::parse(digest).is_ok());
    Some(match digest {
        Some(digest) if !name.contains('@') => format!("{name}@{digest}"),
        _ => name.to_owned(),
    })
}

pub(in crate::app) fn update(state: &mut State, action: BaseAction, effects: &mut Vec<Effect>) {
    let Some(opened) = &mut state.opened else { return };
    let opened = Rc::make_mut(opened);
    match action {
        BaseAction::Text(text) => {
            change(opened, |base| {
                base.text = text;
                base.problem = None;
            });
            crate::app::load::access::forget_base(&mut state.access);
        }
        BaseAction::Look => {
            let typed = opened.whole.base.as_ref().map(|base| base.text.trim().to_owned());
            look(state, typed.unwrap_or_default(), effects);
        }
        BaseAction::Named(name) => {
            change(opened, |base| base.text.clone_from(&name));
            look(state, name, effects);
        }
        BaseAction::File(id) => {
            change(opened, begin);
            effects.push(Effect::ReadBase(id));
        }
        BaseAction::Found(root, name, images) => {
            if *opened.image.root() == root {
                let matches = best_matches(opened, &images);
                let limit = limit(opened, &images);
                change(opened, |base| {
                    base.loading = false;
                    base.compared = Some(Compared { name, matches, limit });
                });
            }
        }
        BaseAction::Failed(problem) => change(opened, |base| {
            base.loading = false;
            base.problem = Some(problem);
        }),
        BaseAction::Select => select(opened),
        BaseAction::Mark => {
            let places = opened.base_places();
            let compared = opened.whole.base.as_ref().and_then(|base| base.compared.as_ref());
            let Some(name) = compared.map(|compared| compared.name.clone()) else { return };
            let name = msg!("history.mark-base", layers = places.len(), name = name);
            mark(opened, name, &places, How::ForeignIfPossible);
            opened.refresh();
        }
    }
}

fn change(opened: &mut Opened, change: impl FnOnce(&mut BaseView)) {
    let mut base = opened.whole.base.as_deref().cloned().unwrap_or_default();
    change(&mut base);
    opened.whole.base = Some(Rc::new(base));
}

fn begin(base: &mut BaseView) {
    base.loading = true;
    base.problem = None;
    base.compared = None;
}

fn look(state: &mut State, reference: String, effects: &mut Vec<Effect>) {
    let Some(opened) = &mut state.opened else { return };
    let opened = Rc::make_mut(opened);
    match crate::app::loadable(&state.config, &reference) {
        Ok(_) => {
            change(opened, begin);
            crate::app::load::access::forget_base(&mut state.access);
            effects.push(Effect::LoadBase(reference));
        }
        Err(problem) => change(opened, |base| base.problem = Some(problem)),
    }
}

/// The longest match of each manifest with any of `bases`.
fn best_matches(opened: &Opened, bases: &[Image]) -> Vec<BaseMatch> {
    let mut best: Vec<BaseMatch> = Vec::new();
    for base in bases {
        for found in match_base(&opened.image, opened.history.edits(), base) {
            match best.iter_mut().find(|known| known.manifest == found.manifest) {
                Some(known) if known.layers < found.layers => *known = found,
                Some(_) => {}
                None => best.push(found),
            }
        }
    }
    best
}

/// Why layers can be recognised by their digests only, in the open image or in one of `bases`.
fn limit(opened: &Opened, bases: &[Image]) -> Option<Message> {
    if lacks_diff_ids(&opened.image, opened.history.edits()) {
        return Some(msg!("base.no-config"));
    }
    let lacks = |base: &Image| lacks_diff_ids(base, &ImageEdits::default());
    bases.iter().any(lacks).then(|| msg!("base.no-base-config"))
}

fn select(opened: &mut Opened) {
    let places = opened.base_places();
    let edits = opened.history.edits().clone();
    for place in places {
        let document = opened.image.base(&edits, &place.manifest);
        let layer = document.and_then(|document| document.layers().get(place.layer));
        if let Some(layer) = layer {
            opened.whole.selected.insert(layer.digest.clone());
        }
        if place.manifest == opened.current {
            opened.selected.insert(place.layer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{asked, opened, send};
    use crate::app::{Criterion, EditAction, OpenAction, Origin, WholeAction};
    use crate::image::MatchedBy;
    use crate::image::fixtures::{Layer, image_of, two_platforms};

    fn open(image: Image) -> Rc<State> {
        let origin = Origin::File { name: "x".into() };
        send(&Rc::default(), OpenAction::Loaded(Rc::new(Opened::new(image, origin))))
    }

    fn layers(names: &[&str]) -> Image {
        let layers: Vec<Layer> = names.iter().map(|name| Layer::new(name)).collect();
        image_of(&layers)
    }

    #[test]
    fn the_match_is_shown_and_then_selected_or_marked() {
        let state = open(layers(&["a", "b", "c"]));
        let root = opened(&state).image.root().clone();
        let state = send(&state, BaseAction::Text("r.example/base:1".into()));
        let looking = send(&state, BaseAction::Look);
        let effects = asked(&state, BaseAction::Look);
        assert_eq!(effects, [Effect::LoadBase("r.example/base:1".into())]);
        let bases: Rc<[Image]> = [layers(&["a"]), layers(&["a", "b", "x"])].into();
        let found = BaseAction::Found(root.clone(), "r.example/base:1".into(), bases.clone());
        let found = send(&looking, found);
        let [only] = opened(&found).base_matches() else { panic!() };
        assert_eq!((only.layers, only.of, only.by), (2, 3, MatchedBy::Digest));
        assert!(opened(&found).history.edits().is_empty(), "nothing is done yet");

        let selected = send(&found, BaseAction::Select);
        assert_eq!(opened(&selected).selected, BTreeSet::from([0, 1]));
        assert_eq!(opened(&selected).whole.selected.len(), 2);
        let marked = send(&found, BaseAction::Mark);
        assert_eq!(opened(&marked).marked().0, 2);
        let undone = send(&marked, EditAction::Undo);
        assert_eq!(*opened(&undone).history.edits().as_ref(), ImageEdits::default());
        // By the condition in the table.
        let chosen = send(&found, WholeAction::Criterion(Criterion::FromBase));
        let chosen = send(&chosen, WholeAction::Choose);
        assert_eq!(opened(&chosen).whole.selected.len(), 2);

        // An answer for another image is none.
        let other = BaseAction::Found(Digest::sha256(b"other"), String::new(), bases);
        assert!(opened(&send(&looking, other)).base_matches().is_empty());
    }

    #[test]
    fn without_configs_only_digests_are_compared() {
        let whole = || layers(&["a", "b"]);
        let bare = || {
            let image = whole();
            Image::new((**image.document(image.root()).unwrap()).clone())
        };
        for (image, base, expected) in [
            (whole(), whole(), None),
            (whole(), bare(), Some("base.no-base-config")),
            (bare(), whole(), Some("base.no-config")),
            (bare(), bare(), Some("base.no-config")),
        ] {
            let root = image.root().clone();
            let found = BaseAction::Found(root, "base".into(), [base].into());
            let state = send(&open(image), found);
            let base = opened(&state).whole.base.as_ref().unwrap();
            let compared = base.compared.as_ref().unwrap();
            assert_eq!(compared.limit.as_ref().map(|limit| limit.key), expected);
            assert_eq!(compared.matches.len(), 1);
        }
    }

    #[test]
    fn without_a_comparison_nothing_is_from_the_base() {
        let state = open(layers(&["a"]));
        let state = send(&state, WholeAction::Criterion(Criterion::FromBase));
        let state = send(&state, WholeAction::Choose);
        assert_eq!(opened(&state).whole.problem, Some(msg!("whole.no-base")));
        let wrong = send(&state, BaseAction::Named("not a reference".into()));
        assert!(opened(&wrong).whole.base.as_ref().unwrap().problem.is_some());
    }

    #[test]
    fn annotations_name_the_base() {
        let state = open(two_platforms().image);
        assert_eq!(opened(&state).named_bases(), ["registry.example.com/base:1"]);
        let digest = Digest::sha256(b"");
        let named =
            NamedBase { name: Some("r.example/b".into()), digest: Some(digest.to_string()) };
        assert_eq!(reference(&named), Some(format!("r.example/b@{digest}")));
        assert_eq!(reference(&NamedBase { name: None, digest: None }), None);
    }
}
