//! Taking the work out of the page: commands, archive, report and recipe; and a recipe that comes in.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Dialog, Effect, FileId, Opened, State};
use crate::export::{
    BlobSource, ChooseBy, ForeignBlobs, Layout, LayoutName, LeftOut, ManifestFile, Place, Push,
    Recipe, RecipeError, Script, Tool, WhyLeftOut, manifest_file_name, oci_layout, prove,
    push_manifests,
};
use crate::image::ConversionBlocker;
use crate::manifest::{Descriptor, Digest};
use crate::msg;
use crate::registry::{Reference, Scheme, ShortNames, Tag};
use crate::text::{Arg, Message};

/// The dialog “Export”.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportState {
    /// Who makes the report, as typed; may be empty.
    pub who: String,
    /// The reference that the commands push to, as typed.
    pub target: String,
    /// The tool whose commands are shown.
    pub tool: Tool,
    /// By what the rules of a saved recipe choose layers.
    pub choose_by: ChooseBy,
    /// What a saved recipe could not hold, or what the archive is without.
    pub remarks: Rc<[Message]>,
    /// The recipe that was opened.
    pub recipe: Option<OpenedRecipe>,
}

/// A recipe file that the person opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedRecipe {
    /// The file's name.
    pub name: String,
    /// The recipe, or why it is none.
    pub recipe: Result<Rc<Recipe>, RecipeError>,
    /// What it would do to the open image, or did.
    pub outcome: Rc<[Message]>,
    /// Whether it would change anything.
    pub changes: bool,
    /// Whether it was applied.
    pub applied: bool,
}

/// The forms of the audit report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportForm {
    /// For people, in their language.
    Markdown,
    /// For programs.
    Json,
}

/// What happens in the dialog “Export”.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportAction {
    /// “Export”.
    Open,
    /// The text of the name changed.
    Who(String),
    /// The text of the commands’ target changed.
    Target(String),
    /// Show the commands of this tool.
    Tool(Tool),
    /// Save the audit report.
    Report(ReportForm),
    /// Save the new bytes of the document loaded under this digest.
    Manifest(Digest),
    /// Save the OCI layout archive.
    Archive,
    /// Something to tell while the archive is made.
    Progress(Message),
    /// The archive was saved without these blobs.
    ArchiveSaved(Rc<Layout>),
    /// Choose layers in the recipe by this.
    ChooseBy(ChooseBy),
    /// Save the recipe.
    SaveRecipe,
    /// A recipe file was chosen.
    OpenRecipe(FileId),
    /// It was read.
    RecipeRead {
        /// Its name.
        name: String,
        /// Its bytes.
        bytes: Rc<[u8]>,
    },
    /// “Apply recipe”.
    ApplyRecipe,
}

impl Default for ExportState {
    fn default() -> Self {
        Self {
            who: String::new(),
            target: String::new(),
            tool: Tool::Crane,
            choose_by: ChooseBy::default(),
            remarks: Rc::default(),
            recipe: None,
        }
    }
}

pub(super) fn reduce(state: &mut State, action: ExportAction) {
    let Some(opened) = state.opened.clone() else { return };
    match action {
        ExportAction::Open => {
            let export = &mut state.export;
            export.target = match state.push.target.trim() {
                "" => super::push::default_target(&opened, &state.config),
                typed => typed.to_owned(),
            };
            export.remarks = Rc::default();
            export.recipe = None;
            state.view.dialog = Some(Dialog::Export);
        }
        ExportAction::Who(text) => state.export.who = text,
        ExportAction::Target(text) => state.export.target = text,
        ExportAction::Tool(tool) => state.export.tool = tool,
        ExportAction::Report(form) => {
            state.outbox.ask(Effect::SaveReport(form));
        }
        ExportAction::Manifest(id) => {
            if let Some(node) = opened.rendered.node(&id) {
                let (name, bytes) = (manifest_file_name(&node.digest), node.bytes.clone());
                let media_type = "application/json";
                state.outbox.ask(Effect::Download { name, media_type, bytes });
            }
        }
        ExportAction::Archive => {
            state.outbox.ask(Effect::SaveArchive);
        }
        ExportAction::Progress(message) => state.export.remarks = [message].into(),
        ExportAction::ArchiveSaved(layout) => {
            state.export.remarks = layout.note().into_iter().chain(left_out(&layout)).collect();
            state.mark_saved();
        }
        ExportAction::ChooseBy(by) => state.export.choose_by = by,
        ExportAction::SaveRecipe => {
            let edits = opened.history.edits();
            let saved = Recipe::of_edits(&opened.image, edits, state.export.choose_by);
            state.export.remarks = saved.left_out.into();
            let name = format!("{}.recipe.json", opened.file_stem());
            let bytes = saved.recipe.to_json().into_bytes().into();
            let media_type = "application/json";
            state.outbox.ask(Effect::Download { name, media_type, bytes });
        }
        ExportAction::OpenRecipe(id) => {
            state.outbox.ask(Effect::ReadRecipe(id));
        }
        ExportAction::RecipeRead { name, bytes } => {
            state.export.remarks = Rc::default();
            let read = OpenedRecipe::read(name, &bytes, &opened);
            if let Ok(recipe) = &read.recipe
                && let Some(base) = recipe.base_to_compare(opened.base_matches())
            {
                state.export.remarks = [msg!("export.compare-base", base = base)].into();
            }
            state.export.recipe = Some(read);
        }
        ExportAction::ApplyRecipe => apply_recipe(state, &opened),
    }
}

impl OpenedRecipe {
    fn read(name: String, bytes: &[u8], opened: &Opened) -> Self {
        let recipe = Recipe::parse(bytes).map(Rc::new);
        let (mut outcome, mut changes) = (Vec::new(), false);
        if let Ok(recipe) = &recipe {
            let edits = opened.history.edits();
            let applied =
                recipe.apply(&opened.image, edits, &opened.facts(), opened.base_matches());
            changes = applied.edits != **edits;
            for (at, (rule, done)) in recipe.rules.iter().zip(&applied.rules).enumerate() {
                outcome.push(done.message(at + 1, rule));
                let reasons = done.refused.iter().take(SHOWN);
                outcome.extend(reasons.map(|(place, reason)| {
                    let (index, manifest) = (place.layer, place.manifest.short());
                    let reason = reason.clone();
                    msg!("export.refused", index = index, manifest = manifest, reason = reason)
                }));
            }
            outcome.extend(applied.blockers.iter().take(SHOWN).map(ConversionBlocker::message));
        }
        Self { name, recipe, outcome: outcome.into(), changes, applied: false }
    }
}

/// How many layers of one kind are told one by one.
const SHOWN: usize = 20;

fn apply_recipe(state: &mut State, opened: &Rc<Opened>) {
    let Some(found) = &mut state.export.recipe else { return };
    let Ok(recipe) = &found.recipe else { return };
    let applied =
        recipe.apply(&opened.image, opened.history.edits(), &opened.facts(), opened.base_matches());
    found.applied = true;
    let name = msg!("history.recipe", name = &found.name);
    if let Some(opened) = &mut state.opened {
        let opened = Rc::make_mut(opened);
        opened.history.push(name, applied.edits, None);
        opened.drafts.clear();
        opened.refresh();
    }
}

/// What the commands of the dialog push, and where to; `None` while the target is no reference or
/// nothing is changed.
pub fn push_by_hand(state: &State) -> Option<Push> {
    let opened = state.opened.as_ref()?;
    let target = Reference::parse(&state.export.target, ShortNames::OfDefaultRegistry).ok()?;
    let source = match &opened.origin {
        super::Origin::Registry { reference, .. } => {
            Reference::parse(reference, ShortNames::OfDefaultRegistry).ok()
        }
        _ => None,
    };
    let tag = match (&target.tag, &target.digest) {
        (None, None) => Some(Tag::latest().to_string()),
        (tag, _) => tag.as_ref().map(ToString::to_string),
    };
    let nodes = opened.rendered.children_first();
    let manifests: Vec<ManifestFile> = nodes
        .filter(|(id, _)| opened.rendered.is_changed(id))
        .map(|(id, node)| ManifestFile {
            file: manifest_file_name(&node.digest),
            old: id.clone(),
            new: node.digest.clone(),
            media_type: node.media_type.to_owned(),
        })
        .collect();
    (!manifests.is_empty()).then(|| Push {
        source: source.as_ref().map(|source| place(state, source)),
        target: place(state, &target),
        tag,
        manifests,
        archive: archive_name(opened),
    })
}

/// The repository of `reference` as commands name it.
pub(super) fn place(state: &State, reference: &Reference) -> Place {
    let endpoint = state.config.endpoints(state.page.endpoint().as_ref()).of(reference);
    let named = reference.registry.as_ref().map(ToString::to_string);
    Place {
        registry: named.unwrap_or_else(|| endpoint.origin().authority()),
        repository: reference.repository.to_string(),
        plain_http: endpoint.origin().scheme() == Scheme::Http,
    }
}

/// The commands that push and then show the digest that the target has.
pub fn script(push: &Push, tool: Tool) -> Script {
    let mut script = push_manifests(tool, push);
    let root = push.manifests.last().map(|root| root.new.to_string());
    if let Some(name) = push.tag.clone().or(root) {
        script.lines.push(prove(tool, &push.target, &name));
    }
    script
}

/// The file name of the OCI layout archive.
pub fn archive_name(opened: &Opened) -> String {
    format!("{}.tar", opened.file_stem())
}

/// The configs that the edited image names, for those who can fetch them.
pub fn configs(opened: &Opened) -> Vec<Descriptor> {
    let found = opened.rendered.children_first();
    let configs = found.filter_map(|(_, node)| Some((node.base.config()?.digest.clone(), node)));
    let unique: BTreeMap<Digest, _> = configs.collect();
    unique.into_values().filter_map(|node| node.base.config().cloned()).collect()
}

/// The archive of the edited image with these blobs.
pub fn archive(opened: &Opened, blobs: &BTreeMap<Digest, BlobSource>) -> Option<Layout> {
    let reference = match &opened.origin {
        super::Origin::Registry { reference, .. } => Some(reference.clone()),
        _ => None,
    };
    let name = match &opened.held {
        Some(held) => held.layout_name(),
        None => LayoutName { tag: opened.facts().tag, reference },
    };
    let (edits, rendered) = (opened.history.edits(), &opened.rendered);
    oci_layout(&opened.image, edits, rendered, &name, blobs, ForeignBlobs::Include)
}

/// The blobs that an archive is without, each with the reason.
fn left_out(layout: &Layout) -> Vec<Message> {
    let line = |blob: &LeftOut| {
        let (digest, size) = (blob.digest.to_string(), Arg::Bytes(blob.size));
        match blob.why {
            WhyLeftOut::Foreign => msg!("export.without-foreign", digest = digest, size = size),
            WhyLeftOut::NotAtHand => msg!("export.without", digest = digest, size = size),
        }
    };
    layout.left_out.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{EditAction, OpenAction, SourceAction, reduce};

    fn send(state: &Rc<State>, action: impl Into<super::super::Action>) -> Rc<State> {
        reduce(state, action.into())
    }

    fn marked() -> Rc<State> {
        let manifest = crate::image::SAMPLES[1].documents[0];
        let state = send(&Rc::default(), SourceAction::Json(manifest.into()));
        let state = send(&state, OpenAction::Json);
        let state = send(&state, EditAction::Template("https://cdn.example/{digest}".into()));
        send(&state, EditAction::Mark(0))
    }

    #[test]
    fn commands_push_what_changed() {
        let state = send(&marked(), ExportAction::Open);
        assert_eq!(state.view.dialog, Some(Dialog::Export));
        assert_eq!(push_by_hand(&state), None, "no target");
        let state = send(&state, ExportAction::Target("r.example/a/b:1".into()));
        let push = push_by_hand(&state).unwrap();
        assert_eq!(push.manifests.len(), 1);
        for tool in Tool::ALL {
            let lines = script(&push, tool).lines;
            assert!(lines.iter().any(|line| line.contains("r.example")), "{lines:?}");
        }
    }

    #[test]
    fn an_archive_without_blobs_names_them() {
        let state = marked();
        let opened = state.opened.as_ref().unwrap();
        assert_eq!(configs(opened).len(), 1);
        let layout = archive(opened, &BTreeMap::new()).unwrap();
        let layers = opened.base().unwrap().layers().len();
        assert_eq!(layout.left_out.len(), layers + 1);
        let state = send(&state, ExportAction::ArchiveSaved(Rc::new(layout)));
        assert!(state.export.remarks.len() > layers);
    }

    #[test]
    fn a_recipe_goes_out_and_comes_in_again() {
        let state = send(&marked(), ExportAction::SaveRecipe);
        let last = state.outbox.after(state.outbox.last() - 1).next().unwrap().1.clone();
        let Effect::Download { name, bytes, .. } = last else { panic!("{last:?}") };
        assert_eq!(name, "manifest.recipe.json");
        let marked = state.opened.as_ref().unwrap().history.edits().clone();
        let state = send(&state, EditAction::Undo);
        let bytes = bytes.to_vec().into();
        let state = send(&state, ExportAction::RecipeRead { name, bytes });
        let found = state.export.recipe.clone().unwrap();
        assert!(found.changes && !found.applied);
        assert_eq!(found.outcome.len(), 1);
        let state = send(&state, ExportAction::ApplyRecipe);
        assert_eq!(*state.opened.as_ref().unwrap().history.edits(), marked);
        let bytes = b"{}".as_slice().into();
        let state = send(&state, ExportAction::RecipeRead { name: "x".into(), bytes });
        assert!(state.export.recipe.as_ref().unwrap().recipe.is_err());
    }
}
