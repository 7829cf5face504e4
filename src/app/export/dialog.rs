//! Taking the work out of the page: commands, archive, report and recipe; and a recipe that comes in.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::app::load::link::DeepLink;
use crate::app::{Dialog, Effect, FileId, Opened, State};
use crate::export::{
    ArchivePart, BlobSource, ChooseBy, ForeignBlobs, Layout, LayoutName, ManifestFile, Place, Push,
    Recipe, RecipeError, Script, Tool, WhyLeftOut, manifest_file_name, oci_layout, prove,
    push_manifests,
};
use crate::image::{ConversionBlocker, ImageEdits, LayerPlace, Rendered, image_manifests};
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
    /// What the archive is without.
    pub remarks: Rc<[Message]>,
    /// An archive is being written.
    pub writing: bool,
    /// Whether recipes are unfolded.
    pub recipes_shown: bool,
    /// The recipe that was opened.
    pub recipe: Option<OpenedRecipe>,
    /// What a saved recipe could not hold, or what an opened one needs first.
    pub recipe_remarks: Rc<[Message]>,
}

/// A recipe that the person opened, or a link proposes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedRecipe {
    /// What the file is called.
    pub name: String,
    /// The recipe, or why it is none.
    pub recipe: Result<Rc<Recipe>, RecipeError>,
}

/// What a recipe would do to an image as it is edited now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecipeOutcome {
    /// In words, rule by rule.
    pub lines: Vec<Message>,
    /// Whether it would change anything.
    pub changes: bool,
    /// Whether it is among the edits.
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

/// Which blobs an archive is written with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveBlobs {
    /// Those of the file from which the image was opened, and configs.
    AtHand,
    /// All but those of foreign layers, fetched from the registry from which the image was loaded.
    FromRegistry,
}

/// An archive with the layers from the registry, before it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveOffer {
    /// The size of it all in bytes.
    pub size: u64,
    /// How many blobs of foreign layers are left out.
    pub foreign: usize,
    /// How many manifests are left out, because they are not loaded.
    pub not_loaded: usize,
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
    Archive(ArchiveBlobs),
    /// “Cancel” while it is written.
    StopArchive,
    /// It was not written, for this reason where there is one to tell.
    ArchiveEnded(Option<Message>),
    /// Something to tell while the archive is made.
    Progress(Message),
    /// The archive was saved.
    ArchiveSaved {
        /// The image as it was written: others may have been opened, or its edits changed, meanwhile.
        of: Rc<Opened>,
        /// What is in the archive.
        layout: Rc<Layout>,
    },
    /// Choose layers in the recipe by this.
    ChooseBy(ChooseBy),
    /// Save the recipe.
    SaveRecipe,
    /// Copy a link to the image, with its edits as a recipe to propose or without.
    CopyLink(bool),
    /// Unfold recipes, or fold them away.
    ShowRecipes(bool),
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
            recipes_shown: false,
            recipe_remarks: Rc::default(),
            writing: false,
            recipe: None,
        }
    }
}

pub(in crate::app) fn update(state: &mut State, action: ExportAction, effects: &mut Vec<Effect>) {
    let Some(opened) = state.opened.clone() else { return };
    match action {
        ExportAction::Open => {
            let export = &mut state.export;
            export.target = match state.push.target.trim() {
                "" => crate::app::push::request::default_target(&opened, &state.config),
                typed => typed.to_owned(),
            };
            if !export.writing {
                export.remarks = Rc::default();
            }
            state.view.dialog = Some(Dialog::Export);
        }
        ExportAction::Who(text) => state.export.who = text,
        ExportAction::Target(text) => state.export.target = text,
        ExportAction::Tool(tool) => state.export.tool = tool,
        ExportAction::Report(form) => {
            effects.push(Effect::SaveReport(form));
        }
        ExportAction::Manifest(id) => {
            if let Some(node) = opened.rendered.node(&id) {
                let (name, bytes) = (manifest_file_name(&node.digest), node.bytes.clone());
                let media_type = "application/json";
                effects.push(Effect::Download { name, media_type, bytes });
            }
        }
        ExportAction::Archive(blobs) => {
            if !state.export.writing {
                state.export.writing = true;
                state.export.remarks = Rc::default();
                effects.push(Effect::SaveArchive(blobs));
            }
        }
        ExportAction::StopArchive => {
            effects.push(Effect::StopArchive);
        }
        ExportAction::ArchiveEnded(reason) => {
            state.export.writing = false;
            state.export.remarks = reason.into_iter().collect();
        }
        ExportAction::Progress(message) => state.export.remarks = [message].into(),
        ExportAction::ArchiveSaved { of, layout } => {
            state.export.writing = false;
            let notes = written(&layout).into_iter().chain(layout.note());
            state.export.remarks = notes.chain(layout.missing()).collect();
            if opened.image.root() == of.image.root() && opened.origin == of.origin {
                state.mark_saved(of.history.edits());
            }
        }
        ExportAction::ChooseBy(by) => state.export.choose_by = by,
        ExportAction::SaveRecipe => {
            let edits = opened.history.edits();
            let saved = {
                let (by, facts) = (state.export.choose_by, opened.facts());
                Recipe::of_edits(&opened.image, edits, by, (&opened.template, &facts))
            };
            state.export.recipe_remarks = saved.left_out.into();
            let name = format!("{}.recipe.json", opened.file_stem());
            let bytes = saved.recipe.to_json().into_bytes().into();
            let media_type = "application/json";
            effects.push(Effect::Download { name, media_type, bytes });
        }
        ExportAction::CopyLink(with_edits) => copy_link(state, &opened, with_edits, effects),
        ExportAction::ShowRecipes(shown) => state.export.recipes_shown = shown,
        ExportAction::OpenRecipe(id) => {
            effects.push(Effect::ReadRecipe(id));
        }
        ExportAction::RecipeRead { name, bytes } => {
            state.export.recipes_shown = true;
            state.export.recipe_remarks = Rc::default();
            let recipe = Recipe::parse(&bytes).map(Rc::new);
            state.export.recipe = Some(OpenedRecipe { name, recipe });
        }
        ExportAction::ApplyRecipe => apply_recipe(state, &opened),
    }
}

impl OpenedRecipe {
    /// What it would do to the open image.
    pub fn outcome(&self, opened: &Opened) -> RecipeOutcome {
        let Ok(recipe) = &self.recipe else { return RecipeOutcome::default() };
        let edits = opened.history.edits();
        let base = opened.base_matches();
        let applied = recipe.apply(&opened.image, edits, &opened.facts(), base);
        let compare = recipe.base_to_compare(base);
        let mut lines: Vec<Message> =
            compare.into_iter().map(|base| msg!("export.compare-base", base = base)).collect();
        let documents = recipe.documents.iter().zip(&applied.documents).enumerate();
        lines.extend(documents.map(|(at, (rule, &places))| rule.message(at + 1, places)));
        let called = |place: &LayerPlace| called(opened, place);
        for (at, (rule, done)) in recipe.rules.iter().zip(&applied.rules).enumerate() {
            lines.push(done.message(at + 1, rule));
            let places = applied.urls(&opened.image, at).take(SHOWN);
            lines.extend(places.map(|(place, urls)| {
                if urls.is_empty() {
                    return msg!("export.recipe-no-urls", layer = called(place));
                }
                msg!("export.recipe-urls", layer = called(place), urls = urls.join(", "))
            }));
            let reasons = done.refused.iter().take(SHOWN);
            lines.extend(reasons.map(|(place, reason)| {
                msg!("export.refused", layer = called(place), reason = reason.clone())
            }));
        }
        lines.extend(applied.blockers.iter().take(SHOWN).map(ConversionBlocker::message));
        let made = &opened.history.steps()[..=opened.history.present()];
        RecipeOutcome {
            lines,
            changes: applied.edits != **edits,
            applied: made.iter().any(|step| step.name == self.step()),
        }
    }

    /// What the step is called that it makes in the history.
    fn step(&self) -> Message {
        msg!("history.recipe", name = &self.name)
    }
}

/// Copies the address under which the image opens again, with what was done to it as a proposal.
fn copy_link(state: &mut State, opened: &Opened, with_edits: bool, effects: &mut Vec<Effect>) {
    let edits = opened.history.edits();
    let saved = with_edits.then(|| {
        let (by, facts) = (state.export.choose_by, opened.facts());
        Recipe::of_edits(&opened.image, edits, by, (&opened.template, &facts))
    });
    let Some(link) = DeepLink::to(opened, saved.as_ref().map(|saved| &saved.recipe)) else {
        return;
    };
    let remarks = saved.map(|saved| saved.left_out).unwrap_or_default();
    match link.fragment() {
        Some(fragment) => {
            state.export.recipe_remarks = remarks.into();
            effects.push(Effect::Copy(format!("{}#{fragment}", state.page.address)));
        }
        None => state.export.recipe_remarks = [msg!("export.link-too-long")].into(),
    }
}

/// What a layer is called: its number, its platform, and the build step that made it.
fn called(opened: &Opened, place: &LayerPlace) -> Message {
    let platforms = image_manifests(&opened.image, opened.history.edits());
    let known = platforms.into_iter().find(|(id, _)| *id == place.manifest);
    let platform = known.and_then(|(_, platform)| platform).map(|platform| platform.to_string());
    let platform = platform.unwrap_or_else(|| place.manifest.short());
    let count = opened.image.document(&place.manifest).map_or(0, |it| it.layers().len());
    let config = opened.image.config_of(&place.manifest);
    let step = config.and_then(|config| config.origins(count).get(place.layer)?.made_by);
    let step: Option<String> = step.map(|step| step.chars().take(80).collect());
    match step {
        Some(step) => {
            msg!("export.layer-made", index = place.layer, platform = platform, step = step)
        }
        None => msg!("export.layer", index = place.layer, platform = platform),
    }
}

/// How many layers of one kind are told one by one.
const SHOWN: usize = 20;

fn apply_recipe(state: &mut State, opened: &Rc<Opened>) {
    let Some(found) = &state.export.recipe else { return };
    let Ok(recipe) = &found.recipe else { return };
    let applied =
        recipe.apply(&opened.image, opened.history.edits(), &opened.facts(), opened.base_matches());
    let name = found.step();
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
        crate::app::Origin::Registry { reference, .. } => {
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
pub(in crate::app) fn place(state: &State, reference: &Reference) -> Place {
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
    lay_out(opened, opened.history.edits(), &opened.rendered, blobs, ForeignBlobs::Include)
}

/// The archive of an image from a registry with all blobs that the registry can be asked for: those of
/// layers that are foreign stay out. `None` for an image from elsewhere.
pub fn archive_from_registry(opened: &Opened) -> Option<Layout> {
    if !matches!(opened.origin, crate::app::Origin::Registry { .. }) {
        return None;
    }
    let nodes = opened.rendered.children_first().map(|(_, node)| node);
    let blobs = nodes.flat_map(|node| node.base.config().into_iter().chain(node.base.layers()));
    let blobs = blobs.map(|blob| (blob.digest.clone(), BlobSource::Fetch)).collect();
    lay_out(opened, opened.history.edits(), &opened.rendered, &blobs, ForeignBlobs::LeaveOut)
}

/// What the archive from the registry would be, where there is a registry.
pub fn archive_offer(opened: &Opened) -> Option<ArchiveOffer> {
    let layout = archive_from_registry(opened)?;
    let count = |why| layout.left_out.iter().filter(|blob| blob.why == why).count();
    Some(ArchiveOffer {
        size: layout.size,
        foreign: count(WhyLeftOut::Foreign),
        not_loaded: count(WhyLeftOut::NotAtHand),
    })
}

/// The URLs that the layers had when they were loaded: where those are that are foreign no longer.
pub fn layer_urls(opened: &Opened) -> BTreeMap<Digest, Vec<String>> {
    let layers = opened.image.documents().flat_map(|(_, document)| document.layers());
    let with_urls = layers.filter(|layer| layer.has_urls());
    with_urls.map(|layer| (layer.digest.clone(), layer.urls.clone().unwrap_or_default())).collect()
}

/// Lays the image out as it is with these edits.
pub(in crate::app) fn lay_out(
    opened: &Opened,
    edits: &ImageEdits,
    rendered: &Rendered,
    blobs: &BTreeMap<Digest, BlobSource>,
    foreign: ForeignBlobs,
) -> Option<Layout> {
    oci_layout(&opened.image, edits, rendered, &layout_name(opened), blobs, foreign)
}

/// What the image is called in an archive that is made of it.
pub(in crate::app) fn layout_name(opened: &Opened) -> LayoutName {
    let reference = match &opened.origin {
        crate::app::Origin::Registry { reference, .. } => Some(reference.clone()),
        _ => None,
    };
    match &opened.held {
        Some(held) => held.layout_name(),
        None => LayoutName { tag: opened.facts().tag, reference },
    }
}

/// That the blobs were fetched and verified, where that was the work.
fn written(layout: &Layout) -> Option<Message> {
    let fetched = |part: &&ArchivePart| matches!(part, ArchivePart::Fetched { .. });
    let count = layout.parts.iter().filter(fetched).count();
    let size = Arg::Bytes(layout.size);
    (count > 0).then(|| msg!("export.written", size = size, count = count))
}

#[cfg(test)]
#[path = "dialog_tests.rs"]
mod tests;
