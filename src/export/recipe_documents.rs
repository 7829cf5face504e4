//! What a recipe does to documents as a whole: annotations, entries taken out, platforms put right.

use super::json_text::Json;
use super::recipe_reader::{Read, Reader, RecipeProblem, Wanted};
use crate::image::{
    AnnotationTargets, AnnotationWish, ChosenPlatforms, EntryKind, EntryRow, Image, ImageEdits,
    PlatformPattern, image_manifests,
};
use crate::json::Node;
use crate::manifest::{Digest, EntryChoice, EntryKey, Platform};
use crate::msg;
use crate::text::Message;

/// One thing done to documents; its name is for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentRule {
    /// What the rule is called.
    pub name: Option<String>,
    /// What it does.
    pub what: DocumentChange,
}

/// What a recipe does to documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentChange {
    /// Annotations are set or taken out.
    Annotate {
        /// Which, in their order.
        wishes: Vec<AnnotationWish>,
        /// Where.
        targets: AnnotationTargets,
    },
    /// Entries are taken out of indexes.
    RemoveEntries {
        /// Only those of these kinds.
        kinds: Option<Vec<&'static str>>,
        /// Only those for one of these platforms; an attestation counts as its image does.
        platforms: Option<Vec<PlatformPattern>>,
    },
    /// Image entries for these platforms get another one; `os.version` and `os.features` stay.
    SetPlatform {
        /// The platforms as they are.
        platforms: Vec<PlatformPattern>,
        /// The platform as it should be.
        to: Platform,
    },
}

const KINDS: [(&str, &str); 4] = [
    ("image", "image"),
    ("attestation", "attestation"),
    ("artifact", "artifact"),
    ("index", "index"),
];
const TARGETS: [(&str, usize); 3] = [("index", 0), ("entries", 1), ("manifests", 2)];

impl DocumentRule {
    /// Does it to `edits`, and says how many places it means: none is reported, since the image may
    /// not be the one that the recipe is for.
    pub(super) fn apply(&self, image: &Image, edits: &mut ImageEdits) -> usize {
        match &self.what {
            DocumentChange::Annotate { wishes, targets } => {
                // Places that say so already count: the rule means them, too.
                let unlike = |wish: &AnnotationWish| AnnotationWish {
                    value: Some(format!("{}\0", wish.value.as_deref().unwrap_or_default())),
                    ..wish.clone()
                };
                let probes: Vec<AnnotationWish> = wishes.iter().map(unlike).collect();
                let meant = edits.clone().annotate(image, &probes, targets).len();
                edits.annotate(image, wishes, targets);
                meant
            }
            DocumentChange::RemoveEntries { kinds, platforms } => {
                edits.remove_entries(image, |row| {
                    let kind = kinds.as_ref().is_none_or(|kinds| kinds.contains(&row.what.name()));
                    kind && platforms.as_ref().is_none_or(|all| is_for(row, all))
                })
            }
            DocumentChange::SetPlatform { platforms, to } => {
                let mut count = 0;
                for index in image.indexes(edits) {
                    let Some(base) = image.base(edits, &index).cloned() else { continue };
                    let rows = image.entry_rows(edits, &index).into_iter();
                    let meant = rows.filter(|row| {
                        row.kept && row.what == EntryKind::Image && is_for(row, platforms)
                    });
                    let meant: Vec<(EntryKey, Option<Platform>)> =
                        meant.map(|row| (row.key, row.descriptor.platform)).collect();
                    count += meant.len();
                    for (key, before) in meant {
                        let Platform { os, architecture, variant, .. } = to.clone();
                        let before = before.unwrap_or_default();
                        let platform = Platform { os, architecture, variant, ..before };
                        edits.change(&index, |node| {
                            node.edits.set_platform(&base, &key, Some(platform));
                        });
                    }
                }
                count
            }
        }
    }

    /// What became of rule `number` (from one), as a sentence.
    pub fn message(&self, number: usize, places: usize) -> Message {
        let name = self.name.clone().unwrap_or_else(|| format!("#{number}"));
        match places {
            0 => msg!("recipe.documents-unmatched", name = name),
            places => msg!("recipe.documents-matched", name = name, places = places),
        }
    }

    pub(super) fn to_json(&self) -> Json {
        let mut members = Vec::new();
        members.extend(self.name.as_ref().map(|name| ("name", Json::text(name))));
        let patterns =
            |all: &Vec<PlatformPattern>| Json::list(all, |each| Json::text(each.to_string()));
        members.push(match &self.what {
            DocumentChange::Annotate { wishes, targets } => {
                let on = [targets.index, targets.entries, targets.manifests];
                let on =
                    TARGETS.iter().filter(|(_, at)| on[*at]).map(|(name, _)| Json::text(*name));
                let mut inner = vec![("on", Json::List(on.collect()))];
                if let ChosenPlatforms::Matching(all) = &targets.platforms {
                    inner.push(("platforms", patterns(all)));
                }
                inner.push((
                    "annotations",
                    Json::list(wishes, |wish| {
                        Json::Object(vec![
                            ("key", Json::text(&wish.name)),
                            ("value", Json::optional(wish.value.as_ref())),
                        ])
                    }),
                ));
                ("annotate", Json::Object(inner))
            }
            DocumentChange::RemoveEntries { kinds, platforms } => {
                let mut inner = Vec::new();
                let kinds = kinds.as_ref();
                inner.extend(kinds.map(|all| ("kinds", Json::list(all, |kind| Json::text(*kind)))));
                inner.extend(platforms.as_ref().map(|all| ("platforms", patterns(all))));
                ("removeEntries", Json::Object(inner))
            }
            DocumentChange::SetPlatform { platforms, to } => {
                let to = Json::text(to.to_string());
                let inner = vec![("platforms", patterns(platforms)), ("to", to)];
                ("setPlatform", Json::Object(inner))
            }
        });
        Json::Object(members)
    }
}

/// Whether the entry, or the image that it attests, is for one of these platforms.
fn is_for(row: &EntryRow, patterns: &[PlatformPattern]) -> bool {
    let platform = match &row.what {
        EntryKind::Attestation { platform, .. } => platform.as_ref(),
        _ => row.descriptor.platform.as_ref(),
    };
    platform.is_some_and(|platform| patterns.iter().any(|pattern| pattern.fits(platform)))
}

/// The rules that do to documents what `edits` do, as far as they can be said by platform.
///
/// `attestations` is what becomes of all attestations, where it is the same for all.
pub(super) fn document_rules(
    image: &Image,
    edits: &ImageEdits,
    attestations: Option<EntryChoice>,
) -> Vec<DocumentRule> {
    let mut rules = Vec::new();
    let indexes = image.indexes(edits);
    let manifests = image_manifests(image, edits);
    // Who is annotated how: by what is set, the platforms where, `None` for all documents.
    let own = |id: &Digest| -> Vec<AnnotationWish> {
        let annotations = edits.of(id).annotations().iter();
        let wish = |(name, value): (&String, &Option<String>)| AnnotationWish {
            name: name.clone(),
            value: value.clone(),
        };
        annotations.map(wish).collect()
    };
    if let Some(wishes) = indexes.first().map(own).filter(|wishes| !wishes.is_empty()) {
        let targets = AnnotationTargets { index: true, ..AnnotationTargets::default() };
        rules.push(DocumentChange::Annotate { wishes, targets });
    }
    let mut same: Vec<(Vec<AnnotationWish>, Vec<Option<&Platform>>)> = Vec::new();
    for (id, platform) in &manifests {
        let wishes = own(id);
        match same.iter_mut().find(|(known, _)| *known == wishes) {
            Some((_, platforms)) => platforms.push(platform.as_ref()),
            None => same.push((wishes, vec![platform.as_ref()])),
        }
    }
    for (wishes, platforms) in same.into_iter().filter(|(wishes, _)| !wishes.is_empty()) {
        let chosen = if platforms.len() == manifests.len() {
            ChosenPlatforms::All
        } else {
            let patterns = platforms.into_iter().flatten().filter_map(PlatformPattern::of);
            ChosenPlatforms::Matching(patterns.collect())
        };
        let targets = AnnotationTargets {
            manifests: true,
            platforms: chosen,
            ..AnnotationTargets::default()
        };
        rules.push(DocumentChange::Annotate { wishes, targets });
    }
    for index in &indexes {
        let Some(base) = image.base(edits, index) else { continue };
        for row in image.entry_rows(edits, index) {
            let EntryKey::Loaded(at) = row.key else { continue };
            let attestation = matches!(row.what, EntryKind::Attestation { .. });
            if attestation && attestations == Some(EntryChoice::Drop) {
                continue;
            }
            let loaded = base.entries()[at].platform.as_ref();
            let of = match &row.what {
                EntryKind::Attestation { platform, .. } => platform.as_ref(),
                _ => loaded,
            };
            let pattern = of.and_then(PlatformPattern::of);
            match (row.kept, pattern) {
                (false, Some(pattern)) => rules.push(DocumentChange::RemoveEntries {
                    kinds: Some(vec![row.what.name()]),
                    platforms: Some(vec![pattern]),
                }),
                (true, Some(pattern)) if row.descriptor.platform.as_ref() != loaded => {
                    rules.extend(row.descriptor.platform.map(|to| DocumentChange::SetPlatform {
                        platforms: vec![pattern],
                        to: Platform { os_version: String::new(), os_features: Vec::new(), ..to },
                    }));
                }
                _ => {}
            }
        }
    }
    rules.into_iter().map(|what| DocumentRule { name: None, what }).collect()
}

impl Reader<'_> {
    /// A rule of `documents`: exactly one of the three things, and perhaps a name.
    pub(super) fn document_rule(&self, node: &Node) -> Read<DocumentRule> {
        self.only(node, &["name", "annotate", "removeEntries", "setPlatform"])?;
        let all = ["annotate", "removeEntries", "setPlatform"].map(|name| node.get(name));
        let what = match all {
            [Some(inner), None, None] => self.annotate(inner)?,
            [None, Some(inner), None] => self.remove_entries(inner)?,
            [None, None, Some(inner)] => self.set_platform(inner)?,
            _ => return self.fail(node, RecipeProblem::OneThing),
        };
        Ok(DocumentRule { name: self.text(node, "name")?, what })
    }

    fn annotate(&self, node: &Node) -> Read<DocumentChange> {
        self.only(node, &["on", "platforms", "annotations"])?;
        let mut on = [false; 3];
        let words = "index, entries, manifests";
        let targets = self.list(node, "on", |each| self.word(each, "on", words, &TARGETS))?;
        for at in targets.unwrap_or_default() {
            on[at] = true;
        }
        if on == [false; 3] {
            return self.fail(node, RecipeProblem::Missing("on"));
        }
        let wishes = self.list(node, "annotations", |each| {
            self.only(each, &["key", "value"])?;
            let Some(name) = self.text(each, "key")? else {
                return self.fail(each, RecipeProblem::Missing("key"));
            };
            let value = match each.get("value").map(|value| &value.value) {
                Some(crate::json::Value::Null) => None,
                Some(_) => self.text(each, "value")?,
                None => return self.fail(each, RecipeProblem::Missing("value")),
            };
            Ok(AnnotationWish { name, value })
        })?;
        let Some(wishes) = wishes.filter(|wishes| !wishes.is_empty()) else {
            return self.fail(node, RecipeProblem::Missing("annotations"));
        };
        let platforms = self.patterns(node)?;
        let platforms = platforms.map_or(ChosenPlatforms::All, ChosenPlatforms::Matching);
        let [index, entries, manifests] = on;
        let targets = AnnotationTargets { index, entries, manifests, platforms };
        Ok(DocumentChange::Annotate { wishes, targets })
    }

    fn remove_entries(&self, node: &Node) -> Read<DocumentChange> {
        self.only(node, &["kinds", "platforms"])?;
        let words = "image, attestation, artifact, index";
        let kinds = self.list(node, "kinds", |each| self.word(each, "kinds", words, &KINDS))?;
        let platforms = self.patterns(node)?;
        if kinds.is_none() && platforms.is_none() {
            // Without a condition every entry would go.
            return self.fail(node, RecipeProblem::Missing("kinds"));
        }
        Ok(DocumentChange::RemoveEntries { kinds, platforms })
    }

    fn set_platform(&self, node: &Node) -> Read<DocumentChange> {
        self.only(node, &["platforms", "to"])?;
        let Some(platforms) = self.patterns(node)? else {
            return self.fail(node, RecipeProblem::Missing("platforms"));
        };
        let Some(text) = self.text(node, "to")? else {
            return self.fail(node, RecipeProblem::Missing("to"));
        };
        match Platform::parse(&text) {
            Some(to) => Ok(DocumentChange::SetPlatform { platforms, to }),
            None => self.fail(node, RecipeProblem::Platform(text)),
        }
    }

    fn word<T: Copy>(
        &self,
        node: &Node,
        name: &'static str,
        words: &'static str,
        names: &[(&str, T)],
    ) -> Read<T> {
        match names.iter().find(|(known, _)| node.as_str() == Some(known)) {
            Some((_, value)) => Ok(*value),
            None => {
                let wanted = Wanted::OneOf(words);
                self.fail(node, RecipeProblem::Wanted { name, wanted })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::Recipe;
    use crate::image::fixtures::two_platforms;
    use crate::manifest::Facts;

    #[test]
    fn documents_are_changed_as_the_recipe_says() {
        let text = r#"{"layermarkRecipe": 2, "rules": [], "documents": [
            {"name": "Licence", "annotate": {"on": ["index", "manifests"], "annotations": [
                {"key": "org.opencontainers.image.licenses", "value": "MIT"}, {"key": "x", "value": null}]}},
            {"removeEntries": {"kinds": ["attestation"], "platforms": ["linux/amd64"]}},
            {"setPlatform": {"platforms": ["linux/arm64"], "to": "linux/arm64/v8"}},
            {"removeEntries": {"platforms": ["windows"]}}]}"#;
        let recipe = Recipe::parse(text.as_bytes()).unwrap();
        assert_eq!(Recipe::parse(recipe.to_json().as_bytes()), Ok(recipe.clone()));
        let sample = two_platforms();
        let none = ImageEdits::default();
        let applied = recipe.apply(&sample.image, &none, &Facts::default(), &[]);
        assert_eq!(applied.documents, [3, 1, 1, 0]);
        let says = recipe.documents[3].message(4, 0).to_string();
        assert!(says.contains("#4") && says.contains("no "), "{says}");
        let rows = sample.image.entry_rows(&applied.edits, sample.image.root());
        assert_eq!(rows[1].descriptor.platform.as_ref().unwrap().variant, "v8");
        assert!(!rows[2].kept);
        let root = applied.edits.of(sample.image.root()).annotations();
        assert_eq!(root["org.opencontainers.image.licenses"], Some("MIT".to_owned()));
        assert!(!root.contains_key("x"), "it was not there");
        // Twice is once.
        let again = recipe.apply(&sample.image, &applied.edits, &Facts::default(), &[]);
        assert_eq!(again.edits, applied.edits);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let check = |rule: &str, expected: RecipeProblem| {
            let text = format!(r#"{{"layermarkRecipe": 2, "rules": [], "documents": [{rule}]}}"#);
            assert_eq!(Recipe::parse(text.as_bytes()).unwrap_err().problem, expected, "{rule}");
        };
        check("{}", RecipeProblem::OneThing);
        check(r#"{"annotate": {}, "removeEntries": {}}"#, RecipeProblem::OneThing);
        check(r#"{"annotate": {}}"#, RecipeProblem::Missing("on"));
        check(r#"{"annotate": {"on": ["index"]}}"#, RecipeProblem::Missing("annotations"));
        check(r#"{"removeEntries": {}}"#, RecipeProblem::Missing("kinds"));
        check(r#"{"setPlatform": {"platforms": ["a"]}}"#, RecipeProblem::Missing("to"));
        let wrong = RecipeProblem::Platform("linux".into());
        check(r#"{"setPlatform": {"platforms": ["a"], "to": "linux"}}"#, wrong);
        // Version 1 knows no documents.
        let old = br#"{"layermarkRecipe": 1, "rules": [], "documents": []}"#;
        let problem = Recipe::parse(old).unwrap_err().problem;
        assert_eq!(problem, RecipeProblem::Unknown("documents".into()));
    }
}
