use super::BackupTagError;
use crate::json::{Place, SyntaxError};
use crate::manifest::{TemplateError, UrlError};
use crate::msg;
use crate::registry::ReferenceError;
use crate::text::{Message, excerpt};

/// Something wrong in `config.json`, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The setting, such as `colours.accent` or `tabs[2]`; empty for the file as a whole.
    pub setting: String,
    /// Where in the file; `None` when there is no text.
    pub place: Option<Place>,
    /// What is wrong.
    pub fault: ConfigFault,
}

/// What can be wrong in `config.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigFault {
    /// The file did not arrive: the reason, as the browser or the server has it.
    Missing(String),
    /// A web page, such as a sign-in, in its place.
    WebPage,
    /// More than 64 KiB.
    TooBig,
    /// Not JSON.
    Syntax(SyntaxError),
    /// Not a setting; those that there are in its place.
    Unknown(Vec<&'static str>),
    /// A value of another type than the setting has.
    Type {
        /// What the setting has.
        expected: Expected,
        /// What stands there, in JSON's own words.
        found: &'static str,
    },
    /// None of the words that the setting knows.
    Word(Vec<&'static str>),
    /// Nothing but white space, or too long, or with characters that cannot be seen.
    Text,
    /// An empty list where the page needs at least one.
    EmptyList,
    /// Twice in its list.
    Twice,
    /// Not a colour.
    Colour,
    /// Not a path at the page's own origin.
    Path,
    /// Not a URL for people to follow.
    Url(UrlError),
    /// Not a host, registry or repository.
    Reference(ReferenceError),
    /// Not a URL template.
    Template(TemplateError),
    /// Not a pattern for backup tags.
    BackupTag(BackupTagError),
}

/// The type of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// An object.
    Object,
    /// A string.
    String,
    /// `true` or `false`.
    Boolean,
    /// An array of strings.
    Strings,
    /// An array of strings, or of objects with `name` and `url`.
    Templates,
    /// A string, or an object with `light` and `dark`.
    Colours,
}

impl ConfigProblem {
    /// What is wrong, where, and what the administrator should write.
    pub fn message(&self) -> Message {
        let fault = self.fault.message();
        match (self.place, self.setting.as_str()) {
            (Some(place), "") => msg!("config.at-line", line = place.line, fault = fault),
            (Some(place), setting) => {
                msg!("config.at", line = place.line, setting = excerpt(setting, 80), fault = fault)
            }
            (None, _) => fault,
        }
    }
}

impl ConfigFault {
    fn message(&self) -> Message {
        match self {
            Self::Missing(reason) => msg!("config.missing", reason = excerpt(reason, 120)),
            Self::WebPage => msg!("config.web-page"),
            Self::TooBig => msg!("config.too-big"),
            Self::Syntax(error) => msg!("config.syntax", fault = error.message()),
            Self::Unknown(known) => msg!("config.unknown", known = known.join(", ")),
            Self::Type { expected, found } => {
                msg!("config.type", expected = expected.message(), found = *found)
            }
            Self::Word(known) => msg!("config.word", known = known.join(", ")),
            Self::Text => msg!("config.text"),
            Self::EmptyList => msg!("config.empty-list"),
            Self::Twice => msg!("config.twice"),
            Self::Colour => msg!("config.colour"),
            Self::Path => msg!("config.path"),
            Self::Url(error) => error.message(),
            Self::Reference(error) => error.message(),
            Self::Template(error) => error.message(),
            Self::BackupTag(error) => error.message(),
        }
    }
}

impl Expected {
    fn message(self) -> Message {
        match self {
            Self::Object => msg!("config.expected-object"),
            Self::String => msg!("config.expected-string"),
            Self::Boolean => msg!("config.expected-boolean"),
            Self::Strings => msg!("config.expected-strings"),
            Self::Templates => msg!("config.expected-templates"),
            Self::Colours => msg!("config.expected-colours"),
        }
    }
}
