//! Reading recipes strictly: what can be wrong with one, and the place of it.

use crate::image::PlatformPattern;
use crate::json::{Node, Place, SyntaxError, Value};
use crate::manifest::{DigestError, TemplateError};
use crate::msg;
use crate::text::Message;

/// Why a text is not a recipe, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipeError {
    /// The place of the reason.
    pub place: Place,
    /// The reason.
    pub problem: RecipeProblem,
}

/// What can be wrong with a recipe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecipeProblem {
    /// Not strict JSON.
    Syntax(SyntaxError),
    /// No `layermarkRecipe` at its start.
    NotARecipe,
    /// A version that is not known here, as spelled.
    Version(String),
    /// A member that is not known.
    Unknown(String),
    /// A member that should be something else.
    Wanted {
        /// The member.
        name: &'static str,
        /// What it should be.
        wanted: Wanted,
    },
    /// A member that must be there.
    Missing(&'static str),
    /// A rule of `documents` that does none of the known things, or several.
    OneThing,
    /// A rule that changes nothing: neither `form` nor `urls`.
    NoEffect,
    /// A platform that is not `os[/architecture[/variant]]`.
    Platform(String),
    /// `historyPattern`, a regular expression, which recipes could have once.
    HistoryPattern,
    /// A digest that is none.
    Digest(DigestError),
    /// A URL template that is none.
    Template(TemplateError),
}

/// What a member of a recipe should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Text.
    Text,
    /// A list.
    List,
    /// A list of objects.
    Objects,
    /// `true` or `false`.
    TrueOrFalse,
    /// A whole number of bytes.
    Bytes,
    /// Whole numbers or pairs of them.
    Positions,
    /// One of these words.
    OneOf(&'static str),
}

pub(super) struct Reader<'a> {
    pub(super) text: &'a [u8],
}

pub(super) type Read<T> = Result<T, RecipeError>;

impl Reader<'_> {
    pub(super) fn patterns(&self, node: &Node) -> Read<Option<Vec<PlatformPattern>>> {
        self.list(node, "platforms", |each| {
            let text = self.string(each, "platforms")?;
            match PlatformPattern::parse(&text) {
                Some(platform) => Ok(platform),
                None => self.fail(each, RecipeProblem::Platform(text)),
            }
        })
    }

    /// Refuses what is not an object of these members.
    pub(super) fn only(&self, node: &Node, known: &[&str]) -> Read<()> {
        if !matches!(node.value, Value::Object(_)) {
            return self.wanted(node, "rules", Wanted::Objects);
        }
        match node.members().iter().find(|member| !known.contains(&member.name.as_str())) {
            None => Ok(()),
            Some(member) => {
                let place = Place::of(self.text, member.name_span.start);
                Err(RecipeError { place, problem: RecipeProblem::Unknown(member.name.clone()) })
            }
        }
    }

    pub(super) fn text(&self, node: &Node, name: &'static str) -> Read<Option<String>> {
        node.get(name).map(|found| self.string(found, name)).transpose()
    }

    pub(super) fn string(&self, node: &Node, name: &'static str) -> Read<String> {
        match node.as_str() {
            Some(text) => Ok(text.to_owned()),
            None => self.wanted(node, name, Wanted::Text),
        }
    }

    pub(super) fn number(&self, node: &Node, name: &'static str) -> Read<Option<u64>> {
        let Some(found) = node.get(name) else { return Ok(None) };
        let number = match &found.value {
            Value::Number(spelled) => spelled.parse().ok(),
            _ => None,
        };
        match number {
            Some(number) => Ok(Some(number)),
            None => self.wanted(found, name, Wanted::Bytes),
        }
    }

    pub(super) fn one_of<T: Copy>(
        &self,
        node: &Node,
        name: &'static str,
        words: &'static str,
        names: &[(&str, T)],
    ) -> Read<Option<T>> {
        let Some(found) = node.get(name) else { return Ok(None) };
        match names.iter().find(|(known, _)| found.as_str() == Some(known)) {
            Some((_, value)) => Ok(Some(*value)),
            None => self.wanted(found, name, Wanted::OneOf(words)),
        }
    }

    pub(super) fn list<T>(
        &self,
        node: &Node,
        name: &'static str,
        each: impl Fn(&Node) -> Read<T>,
    ) -> Read<Option<Vec<T>>> {
        node.get(name).map(|found| self.each(found, name, each)).transpose()
    }

    pub(super) fn each<T>(
        &self,
        list: &Node,
        name: &'static str,
        each: impl Fn(&Node) -> Read<T>,
    ) -> Read<Vec<T>> {
        match &list.value {
            Value::Array(elements) => elements.iter().map(each).collect(),
            _ => self.wanted(list, name, Wanted::List),
        }
    }

    pub(super) fn wanted<T>(&self, node: &Node, name: &'static str, wanted: Wanted) -> Read<T> {
        self.fail(node, RecipeProblem::Wanted { name, wanted })
    }

    pub(super) fn fail<T>(&self, node: &Node, problem: RecipeProblem) -> Read<T> {
        Err(RecipeError { place: Place::of(self.text, node.span.start), problem })
    }
}

impl Wanted {
    fn message(self) -> Message {
        match self {
            Self::Text => msg!("recipe.wanted.text"),
            Self::List => msg!("recipe.wanted.list"),
            Self::Objects => msg!("recipe.wanted.objects"),
            Self::TrueOrFalse => msg!("recipe.wanted.true-or-false"),
            Self::Bytes => msg!("recipe.wanted.bytes"),
            Self::Positions => msg!("recipe.wanted.positions"),
            Self::OneOf(words) => msg!("recipe.wanted.one-of", words = words),
        }
    }
}

impl RecipeError {
    /// The sentence for a person: where, what, what to do.
    pub fn message(&self) -> Message {
        let problem = match &self.problem {
            RecipeProblem::Syntax(error) => return error.message(),
            RecipeProblem::NotARecipe => msg!("recipe.not-a-recipe"),
            RecipeProblem::Version(found) => msg!("recipe.version", found = found),
            RecipeProblem::Unknown(name) => msg!("recipe.unknown", name = name),
            RecipeProblem::Wanted { name, wanted } => {
                msg!("recipe.wanted", name = *name, wanted = wanted.message())
            }
            RecipeProblem::Missing(name) => msg!("recipe.missing", name = *name),
            RecipeProblem::OneThing => msg!("recipe.one-thing"),
            RecipeProblem::NoEffect => msg!("recipe.no-effect"),
            RecipeProblem::Platform(text) => msg!("recipe.platform", text = text),
            RecipeProblem::HistoryPattern => msg!("recipe.history-pattern"),
            RecipeProblem::Digest(error) => error.message(),
            RecipeProblem::Template(error) => error.message(),
        };
        self.place.message(problem)
    }
}
