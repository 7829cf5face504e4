/// A language that the page speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// All languages, in the order of the chooser.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The language's tag (BCP 47), as `lang` attributes and settings have it.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// What the language calls itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The language of a tag such as `de-AT`, when the page speaks it.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The first of `tags`, which are in the order of preference, that the page speaks.
    pub fn first_of<'a>(tags: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        tags.into_iter().find_map(Self::of_tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        let check = |tags: &[&str], expected| {
            assert_eq!(Language::first_of(tags.iter().copied()), expected, "{tags:?}");
        };
        check(&["de-AT", "en"], Some(Language::German));
        check(&["fr", "EN-gb", "de"], Some(Language::English));
        check(&["den", "fr"], None);
        check(&[], None);
    }
}
