//! Applying a recipe to an image, and making one of what was done.

use std::collections::{BTreeMap, BTreeSet};

use super::recipe_documents::document_rules;
use super::{Recipe, Rule};
use crate::image::{
    BaseMatch, ConversionBlocker, Image, ImageEdits, LayerPlace, PlatformPattern, Positions,
    Selection, image_manifests,
};
use crate::manifest::media_type::Form;
use crate::manifest::{
    Descriptor, Digest, Edits, EntryChoice, EntryKey, Facts, LayerMark, TemplateError, Templates,
    no_twin,
};
use crate::msg;
use crate::text::Message;

/// What a recipe does to an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedRecipe {
    /// The edits as they become.
    pub edits: ImageEdits,
    /// How many places each rule for documents means, in their order; none is reported.
    pub documents: Vec<usize>,
    /// What became of each rule, in their order.
    pub rules: Vec<RuleOutcome>,
    /// What has no counterpart in the family asked for; the image is then not converted.
    pub blockers: Vec<ConversionBlocker>,
}

/// What became of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleOutcome {
    /// The layers it means; none is reported, since the image may not be what the recipe is for.
    pub matched: Vec<LayerPlace>,
    /// How many of them say something else than before.
    pub changed: usize,
    /// The layers that could not be marked so, and why.
    pub refused: Vec<(LayerPlace, Message)>,
}

/// By what the rules of a saved recipe choose layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChooseBy {
    /// By their positions, for images that are always built alike.
    #[default]
    Position,
    /// By the commands that made them; layers of unknown origin by their positions.
    History,
    /// By their digests, for layers that stay the same.
    Digest,
}

/// A recipe of what was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedRecipe {
    /// The recipe.
    pub recipe: Recipe,
    /// What a recipe cannot hold.
    pub left_out: Vec<Message>,
}

impl Recipe {
    /// The base image that has to be compared with first: rules mean its layers, and nothing is known
    /// of them in `known`.
    pub fn base_to_compare(&self, known: &[BaseMatch]) -> Option<&str> {
        let meant = self.rules.iter().any(|rule| rule.layers.from_base.is_some());
        self.base.as_deref().filter(|_| meant && known.is_empty())
    }

    /// Applies the recipe to `image` on top of `edits`.
    ///
    /// `facts` fill the placeholders of the URL templates; `base` says which layers are of the
    /// base image that [`Recipe::base`] names.
    pub fn apply(
        &self,
        image: &Image,
        edits: &ImageEdits,
        facts: &Facts,
        base: &[BaseMatch],
    ) -> AppliedRecipe {
        let mut start = edits.clone();
        if let Some(choice) = self.attestations {
            choose_attestations(image, &mut start, choice);
        }
        let documents: Vec<usize> =
            self.documents.iter().map(|rule| rule.apply(image, &mut start)).collect();
        let applied = self.apply_family(image, start, facts, base);
        AppliedRecipe { documents, ..applied }
    }

    fn apply_family(
        &self,
        image: &Image,
        start: ImageEdits,
        facts: &Facts,
        base: &[BaseMatch],
    ) -> AppliedRecipe {
        if let Some(family) = self.family {
            // First the family, since a layer may have a foreign form only there.
            let mut converted = start.clone();
            converted.set_family(image, family);
            let applied = self.apply_rules(image, converted, facts, base);
            let blockers = image.conversion_blockers(&applied.edits, family);
            if blockers.is_empty() {
                return applied;
            }
            return AppliedRecipe { blockers, ..self.apply_rules(image, start, facts, base) };
        }
        self.apply_rules(image, start, facts, base)
    }

    fn apply_rules(
        &self,
        image: &Image,
        mut edits: ImageEdits,
        facts: &Facts,
        base: &[BaseMatch],
    ) -> AppliedRecipe {
        let mut rules = Vec::with_capacity(self.rules.len());
        for rule in &self.rules {
            let matched = rule.layers.select(image, &edits, base);
            let mut outcome = RuleOutcome { matched, ..RuleOutcome::default() };
            for place in &outcome.matched {
                match apply_to(rule, image, &mut edits, facts, place) {
                    Ok(changed) => outcome.changed += usize::from(changed),
                    Err(reason) => outcome.refused.push((place.clone(), reason)),
                }
            }
            rules.push(outcome);
        }
        AppliedRecipe { edits, documents: Vec::new(), rules, blockers: Vec::new() }
    }

    /// A recipe that does to the next image what `edits` do to this one.
    ///
    /// Where `template`, with the values of `facts`, makes the URLs that a layer has, it stands in
    /// the rule; in other URLs the layer's own digest becomes a placeholder.
    pub fn of_edits(
        image: &Image,
        edits: &ImageEdits,
        by: ChooseBy,
        (template, facts): (&str, &Facts),
    ) -> SavedRecipe {
        let template = Templates::parse(template).ok().map(|made| (made, lines(template)));
        let mut marked = Marked::default();
        let mut left_out = Vec::new();
        let manifests = image_manifests(image, edits);
        for (id, platform) in &manifests {
            let Some((document, node)) = image.base(edits, id).zip(edits.get(id)) else { continue };
            let origins = image.config_of(id).map(|config| config.origins(document.layers().len()));
            for (&index, mark) in node.edits.layers() {
                let Some(layer) = document.layers().get(index) else { continue };
                let made = template.as_ref().filter(|(template, _)| {
                    template.urls(facts, index, layer).ok().as_ref() == mark.urls.as_ref()
                });
                let how = match made {
                    Some((_, lines)) => How { form: mark.form, urls: lines.clone() },
                    None => How::of(mark, layer),
                };
                if how.templates().is_err() {
                    left_out.push(msg!("recipe.left-out.urls", digest = layer.digest.short()));
                    continue;
                }
                let made_by = origins.as_ref().and_then(|origins| origins.get(index)?.made_by);
                let platform = platform.as_ref().map(|found| {
                    let variant = Some(&found.variant).filter(|variant| !variant.is_empty());
                    let parts = [Some(&found.os), Some(&found.architecture), variant];
                    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("/")
                });
                match (by, made_by) {
                    (ChooseBy::History, Some(made_by)) => {
                        marked.history.entry(how).or_default().insert(made_by.to_owned());
                    }
                    (ChooseBy::Digest, _) => {
                        marked.digests.entry(how).or_default().insert(layer.digest.clone());
                    }
                    _ => {
                        let of = marked.positions.entry(how).or_default();
                        of.entry(platform.unwrap_or_default()).or_default().insert(index);
                    }
                }
            }
        }
        let rewritten = edits.iter().filter(|(_, node)| node.text.is_some()).count();
        if rewritten > 0 {
            left_out.push(msg!("recipe.left-out.text", count = rewritten));
        }
        let recipe = Recipe {
            documents: document_rules(image, edits, common_choice(image, edits)),
            family: edits.get(image.root()).and_then(|node| node.edits.family()),
            attestations: common_choice(image, edits),
            rules: marked.rules(manifests.len()),
            ..Recipe::default()
        };
        let lost = documents_lost(&recipe, image, edits);
        if lost > 0 {
            left_out.push(msg!("recipe.left-out.documents", count = lost));
        }
        SavedRecipe { recipe, left_out }
    }
}

impl AppliedRecipe {
    /// The layers to which the rule at the zero-based `rule` applies, with the URLs that they have
    /// after all rules.
    pub fn urls<'a>(
        &'a self,
        image: &'a Image,
        rule: usize,
    ) -> impl Iterator<Item = (&'a LayerPlace, Vec<String>)> {
        let outcome = self.rules.get(rule);
        let places = outcome.into_iter().flat_map(|outcome| {
            let refused =
                |place: &LayerPlace| outcome.refused.iter().any(|(each, _)| each == place);
            outcome.matched.iter().filter(move |place| !refused(place))
        });
        places.filter_map(|place| {
            let document = image.base(&self.edits, &place.manifest)?;
            let mark = self.edits.of(&place.manifest).layer_mark(document, place.layer)?;
            Some((place, mark.urls.unwrap_or_default()))
        })
    }
}

impl RuleOutcome {
    /// What became of rule `number` (from one), as a sentence.
    pub fn message(&self, number: usize, rule: &Rule) -> Message {
        let name = rule.name.clone().unwrap_or_else(|| format!("#{number}"));
        if self.matched.is_empty() {
            return msg!("recipe.unmatched", name = name);
        }
        let (matched, refused) = (self.matched.len(), self.refused.len());
        if refused > 0 {
            return msg!("recipe.refused", name = name, matched = matched, refused = refused);
        }
        msg!("recipe.matched", name = name, matched = matched, changed = self.changed)
    }
}

fn apply_to(
    rule: &Rule,
    image: &Image,
    edits: &mut ImageEdits,
    facts: &Facts,
    place: &LayerPlace,
) -> Result<bool, Message> {
    let Some(document) = image.base(edits, &place.manifest).cloned() else { return Ok(false) };
    let Some(layer) = document.layers().get(place.layer) else { return Ok(false) };
    let own = edits.get(&place.manifest).map(|node| &node.edits);
    let family = own.and_then(Edits::family);
    let before = own.and_then(|own| own.layer_mark(&document, place.layer));
    let before = before.unwrap_or_else(|| LayerMark::of(layer));
    let mut mark = before.clone();
    if let Some(form) = rule.form {
        if form == Form::NonDistributable
            && form != mark.form
            && let Some(reason) = no_twin(layer, family)
        {
            return Err(reason.message());
        }
        mark.form = form;
    }
    if let Some(urls) = &rule.urls {
        mark.urls = match urls.as_slice() {
            [] => None,
            _ => {
                let made =
                    templates(urls).and_then(|templates| templates.urls(facts, place.layer, layer));
                Some(made.map_err(|error| error.message())?)
            }
        };
    }
    let changed = mark != before;
    edits.change(&place.manifest, |node| node.edits.mark_layer(&document, place.layer, mark));
    Ok(changed)
}

/// The templates in `text`, one a line.
fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

fn templates(lines: &[String]) -> Result<Templates, TemplateError> {
    Templates::parse(&lines.join("\n"))
}

/// The places of all attestation entries: the index and the position in it.
fn attestation_entries(image: &Image, edits: &ImageEdits) -> Vec<(Digest, usize)> {
    let rows = image.rows(edits).into_iter();
    rows.filter(|row| row.descriptor.as_ref().is_some_and(Descriptor::is_attestation))
        .filter_map(|row| match row.entry? {
            (index, EntryKey::Loaded(at)) => Some((index, at)),
            (_, EntryKey::Added(_)) => None,
        })
        .collect()
}

fn choose_attestations(image: &Image, edits: &mut ImageEdits, choice: EntryChoice) {
    for (index, at) in attestation_entries(image, edits) {
        edits.change(&index, |node| node.edits.choose_entry(at, choice));
    }
}

/// The choice for all attestations, when it is the same for all and not the usual one.
fn common_choice(image: &Image, edits: &ImageEdits) -> Option<EntryChoice> {
    let choice = |(index, at): (Digest, usize)| {
        edits.get(&index).map(|node| node.edits.entry_choice(at)).unwrap_or_default()
    };
    let mut choices = attestation_entries(image, edits).into_iter().map(choice);
    let first = choices.next()?;
    (first != EntryChoice::default() && choices.all(|other| other == first)).then_some(first)
}

/// How many documents `recipe` leaves other than `edits` do, apart from layers and media types.
fn documents_lost(recipe: &Recipe, image: &Image, edits: &ImageEdits) -> usize {
    let alone = Recipe { rules: Vec::new(), family: None, ..recipe.clone() };
    let none = ImageEdits::default();
    let made = alone.apply(image, &none, &Facts::default(), &[]).edits;
    let same = |id: &Digest| {
        let (one, other) = (edits.of(id), made.of(id));
        one.annotations() == other.annotations()
            && one.artifact_type() == other.artifact_type()
            && one.subject() == other.subject()
            && image.entry_rows(edits, id) == image.entry_rows(&made, id)
    };
    // A text rewritten by hand is reported by itself.
    let edited = edits.iter().filter(|(_, node)| node.text.is_none());
    edited.filter(|(id, _)| !same(id)).count()
}

/// A mark freed from the one layer that has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct How {
    form: Form,
    urls: Vec<String>,
}

impl How {
    fn of(mark: &LayerMark, layer: &Descriptor) -> Self {
        let general = |url: &String| {
            url.replace(layer.digest.as_str(), "{digest}").replace(layer.digest.hex(), "{hex}")
        };
        Self { form: mark.form, urls: mark.urls.iter().flatten().map(general).collect() }
    }

    fn templates(&self) -> Result<(), TemplateError> {
        if self.urls.is_empty() { Ok(()) } else { templates(&self.urls).map(|_| ()) }
    }

    fn rule(self, layers: Selection) -> Rule {
        Rule { name: None, layers, form: Some(self.form), urls: Some(self.urls) }
    }
}

/// Marked layers by how they are marked.
#[derive(Default)]
struct Marked {
    /// Positions by platform.
    positions: BTreeMap<How, BTreeMap<String, BTreeSet<usize>>>,
    history: BTreeMap<How, BTreeSet<String>>,
    digests: BTreeMap<How, BTreeSet<Digest>>,
}

impl Marked {
    /// The rules; positions that are the same in all of `manifests` need no platform.
    fn rules(self, manifests: usize) -> Vec<Rule> {
        let mut rules = Vec::new();
        for (how, platforms) in self.positions {
            let everywhere = platforms.len() == manifests;
            let mut same: BTreeMap<BTreeSet<usize>, Vec<String>> = BTreeMap::new();
            for (platform, positions) in platforms {
                same.entry(positions).or_default().push(platform);
            }
            let single = everywhere && same.len() == 1;
            rules.extend(same.into_iter().map(|(positions, platforms)| {
                let patterns: Vec<PlatformPattern> =
                    platforms.iter().filter_map(|each| PlatformPattern::parse(each)).collect();
                let platforms = (!single && !patterns.is_empty()).then_some(patterns);
                let positions = Some(ranges(&positions));
                how.clone().rule(Selection { platforms, positions, ..Selection::default() })
            }));
        }
        for (how, commands) in self.history {
            rules.extend(commands.into_iter().map(|command| {
                how.clone().rule(Selection { history: Some(command), ..Selection::default() })
            }));
        }
        for (how, digests) in self.digests {
            rules.push(how.rule(Selection { digests: Some(digests), ..Selection::default() }));
        }
        rules
    }
}

/// Neighbours as one range.
fn ranges(positions: &BTreeSet<usize>) -> Vec<Positions> {
    let mut ranges: Vec<Positions> = Vec::new();
    for &position in positions {
        let position = i64::try_from(position).unwrap_or(i64::MAX);
        match ranges.last_mut() {
            Some(range) if range.last + 1 == position => range.last = position,
            _ => ranges.push(Positions { first: position, last: position }),
        }
    }
    ranges
}

#[cfg(test)]
#[path = "recipe_tests.rs"]
mod tests;
