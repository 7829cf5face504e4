//! A recipe: which layers of an image to mark how, as a small JSON file for the next image.
//!
//! The form is documented in `docs/recipe.md`. Reading is strict: what is not known is refused with
//! its place, so that no rule is silently without effect.

use std::collections::BTreeSet;

use super::json_text::Json;
use super::recipe_documents::DocumentRule;
use super::recipe_reader::{Read, Reader, RecipeError, RecipeProblem, Wanted};
use crate::image::{Positions, Selection};
use crate::json::{self, Node, Value};
use crate::manifest::media_type::{Family, Form};
use crate::manifest::{Digest, EntryChoice, Templates};

/// What is done to an image, for the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipe {
    /// What it is for, in the words of whoever wrote it.
    pub description: Option<String>,
    /// The reference of the base image that rules with `fromBase` mean.
    pub base: Option<String>,
    /// The family of media types to convert to.
    pub family: Option<Family>,
    /// What becomes of attestation entries whose image changes.
    pub attestations: Option<EntryChoice>,
    /// What is done to documents as a whole, in this order, before the rules (version 2).
    pub documents: Vec<DocumentRule>,
    /// The rules in the order in which they are applied; a later one wins.
    pub rules: Vec<Rule>,
}

/// Which layers are marked how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// What the rule is called.
    pub name: Option<String>,
    /// The layers it means.
    pub layers: Selection,
    /// The form their type gets; `None` leaves it.
    pub form: Option<Form>,
    /// The URL templates that make their `urls`; empty takes `urls` away, `None` leaves them.
    pub urls: Option<Vec<String>>,
}

/// The versions that are read. The first one is written where it suffices, so that older editors
/// read it, too.
const VERSIONS: [&str; 2] = ["1", "2"];

impl Recipe {
    /// Reads a recipe.
    pub fn parse(text: &[u8]) -> Result<Self, RecipeError> {
        let root = json::parse(text).map_err(|error| RecipeError {
            place: error.place,
            problem: RecipeProblem::Syntax(error),
        })?;
        Reader { text }.recipe(&root)
    }

    /// The recipe as a file.
    pub fn to_json(&self) -> String {
        let version = if self.documents.is_empty() { 1 } else { 2 };
        let mut members = vec![("layermarkRecipe", Json::Number(version))];
        let mut put = |name, value: Option<Json>| members.extend(value.map(|value| (name, value)));
        put("description", self.description.as_ref().map(Json::text));
        put("base", self.base.as_ref().map(Json::text));
        put("family", self.family.map(|family| Json::text(name_of(&FAMILIES, &family))));
        put("attestations", self.attestations.map(|choice| Json::text(name_of(&CHOICES, &choice))));
        if !self.documents.is_empty() {
            put("documents", Some(Json::list(&self.documents, DocumentRule::to_json)));
        }
        put("rules", Some(Json::list(&self.rules, Rule::to_json)));
        Json::Object(members).write()
    }
}

const FAMILIES: [(&str, Family); 2] = [("docker", Family::Docker), ("oci", Family::Oci)];
const FORMS: [(&str, Form); 2] = [("plain", Form::Plain), ("foreign", Form::NonDistributable)];
const CHOICES: [(&str, EntryChoice); 3] =
    [("repoint", EntryChoice::Repoint), ("leave", EntryChoice::Leave), ("drop", EntryChoice::Drop)];

fn name_of<T: PartialEq>(names: &[(&'static str, T)], value: &T) -> &'static str {
    names.iter().find(|(_, known)| known == value).map_or("", |(name, _)| name)
}

impl Rule {
    fn to_json(&self) -> Json {
        let mut members = Vec::new();
        members.extend(self.name.as_ref().map(|name| ("name", Json::text(name))));
        members.push(("layers", selection_to_json(&self.layers)));
        members.extend(self.form.map(|form| ("form", Json::text(name_of(&FORMS, &form)))));
        let urls = self.urls.as_ref();
        members.extend(urls.map(|urls| ("urls", Json::list(urls, |url| Json::text(url)))));
        Json::Object(members)
    }
}

fn selection_to_json(layers: &Selection) -> Json {
    let mut members = Vec::new();
    let mut put = |name, value: Option<Json>| members.extend(value.map(|value| (name, value)));
    let platforms = layers.platforms.as_ref();
    put("platforms", platforms.map(|all| Json::list(all, |each| Json::text(each.to_string()))));
    put("history", layers.history.as_ref().map(Json::text));
    put("minSize", layers.min_size.map(Json::count));
    put("maxSize", layers.max_size.map(Json::count));
    let positions = layers.positions.as_ref();
    put("positions", positions.map(|all| Json::list(all, |range| positions_to_json(*range))));
    let digests = layers.digests.as_ref();
    put(
        "digests",
        digests.map(|all| Json::List(all.iter().map(|id| Json::text(id.as_str())).collect())),
    );
    put("fromBase", layers.from_base.map(Json::Bool));
    Json::Object(members)
}

fn positions_to_json(range: Positions) -> Json {
    if range.first == range.last {
        return Json::Number(range.first);
    }
    Json::List(vec![Json::Number(range.first), Json::Number(range.last)])
}

impl Reader<'_> {
    fn recipe(&self, root: &Node) -> Read<Recipe> {
        let version = match root.get("layermarkRecipe").map(|node| (&node.value, node)) {
            Some((Value::Number(spelled), node)) => (spelled, node),
            _ => return self.fail(root, RecipeProblem::NotARecipe),
        };
        if !VERSIONS.contains(&version.0.as_str()) {
            return self.fail(version.1, RecipeProblem::Version(version.0.clone()));
        }
        let known = [
            "layermarkRecipe",
            "description",
            "base",
            "family",
            "attestations",
            "rules",
            "documents",
        ];
        // Version 1 has all but the last.
        self.only(root, if version.0 == VERSIONS[0] { &known[..6] } else { &known })?;
        let Some(rules) = root.get("rules") else {
            return self.fail(root, RecipeProblem::Missing("rules"));
        };
        Ok(Recipe {
            description: self.text(root, "description")?,
            base: self.text(root, "base")?,
            family: self.one_of(root, "family", "docker, oci", &FAMILIES)?,
            attestations: self.one_of(root, "attestations", "repoint, leave, drop", &CHOICES)?,
            documents: self
                .list(root, "documents", |rule| self.document_rule(rule))?
                .unwrap_or_default(),
            rules: self.each(rules, "rules", |rule| self.rule(rule))?,
        })
    }

    fn rule(&self, node: &Node) -> Read<Rule> {
        self.only(node, &["name", "layers", "form", "urls"])?;
        let layers = match node.get("layers") {
            Some(layers) => self.selection(layers)?,
            None => return self.fail(node, RecipeProblem::Missing("layers")),
        };
        let urls = self.list(node, "urls", |url| {
            let text = self.string(url, "urls")?;
            match Templates::parse(&text) {
                Ok(_) => Ok(text),
                Err(error) => self.fail(url, RecipeProblem::Template(error)),
            }
        })?;
        let form = self.one_of(node, "form", "plain, foreign", &FORMS)?;
        if form.is_none() && urls.is_none() {
            return self.fail(node, RecipeProblem::NoEffect);
        }
        Ok(Rule { name: self.text(node, "name")?, layers, form, urls })
    }

    fn selection(&self, node: &Node) -> Read<Selection> {
        self.only(
            node,
            &[
                "platforms",
                "history",
                "historyPattern",
                "minSize",
                "maxSize",
                "positions",
                "digests",
                "fromBase",
            ],
        )?;
        let platforms = self.patterns(node)?;
        let digests = self.list(node, "digests", |each| {
            let text = self.string(each, "digests")?;
            Digest::parse(&text).or_else(|error| self.fail(each, RecipeProblem::Digest(error)))
        })?;
        if let Some(found) = node.get("historyPattern") {
            return self.fail(found, RecipeProblem::HistoryPattern);
        }
        let from_base = match node.get("fromBase").map(|found| (&found.value, found)) {
            None => None,
            Some((Value::Bool(value), _)) => Some(*value),
            Some((_, found)) => return self.wanted(found, "fromBase", Wanted::TrueOrFalse),
        };
        Ok(Selection {
            platforms,
            history: self.text(node, "history")?,
            min_size: self.number(node, "minSize")?,
            max_size: self.number(node, "maxSize")?,
            positions: self.list(node, "positions", |each| self.positions(each))?,
            digests: digests.map(BTreeSet::from_iter),
            from_base,
        })
    }

    fn positions(&self, node: &Node) -> Read<Positions> {
        let number = |node: &Node| match &node.value {
            Value::Number(spelled) => spelled.parse().ok(),
            _ => None,
        };
        let range = match node.elements() {
            [] => number(node).map(|only| (only, only)),
            [first, last] => number(first).zip(number(last)),
            _ => None,
        };
        match range {
            Some((first, last)) => Ok(Positions { first, last }),
            None => self.wanted(node, "positions", Wanted::Positions),
        }
    }
}

#[cfg(test)]
#[path = "recipe_form_tests.rs"]
mod tests;
