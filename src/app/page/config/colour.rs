use std::fmt;

/// A colour without transparency, as spelled: `#rgb` or `#rrggbb`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colour(String);

/// A colour of the page that a portal may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColourName {
    /// Buttons that go on, links, what is selected.
    Accent,
    /// Text on the accent.
    AccentText,
    /// Behind everything.
    Background,
    /// Behind forms and tables.
    Surface,
    /// Text.
    Text,
}

/// The colours that a portal set, each for the light and for the dark page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Colours(Vec<(ColourName, [Colour; 2])>);

impl Colour {
    /// Reads `#rgb` or `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let known = matches!(digits.len(), 3 | 6) && digits.bytes().all(|b| b.is_ascii_hexdigit());
        known.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ColourName {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Accent, Self::AccentText, Self::Background, Self::Surface, Self::Text];

    /// The member in `config.json`.
    pub fn member(self) -> &'static str {
        match self {
            Self::Accent => "accent",
            Self::AccentText => "accentText",
            Self::Background => "background",
            Self::Surface => "surface",
            Self::Text => "text",
        }
    }

    /// The custom property of the style sheet.
    fn property(self) -> &'static str {
        match self {
            Self::Accent => "--accent",
            Self::AccentText => "--accent-text",
            Self::Background => "--bg",
            Self::Surface => "--surface",
            Self::Text => "--text",
        }
    }
}

impl Colours {
    /// Sets a colour for the light and for the dark page.
    pub(super) fn set(&mut self, name: ColourName, colours: [Colour; 2]) {
        self.0.push((name, colours));
    }

    /// Custom properties of the style sheet with their values. `light-dark()` follows the
    /// `color-scheme` of the page, which follows the theme.
    pub fn properties(&self) -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        for (name, [light, dark]) in &self.0 {
            let value = if light == dark {
                light.to_string()
            } else {
                format!("light-dark({light}, {dark})")
            };
            if *name == ColourName::Accent {
                let soft = format!("color-mix(in srgb, {value} 12%, var(--surface))");
                all.push(("--accent-soft", soft));
            }
            all.push((name.property(), value));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        for (text, expected) in [
            ("#0b5cad", Some("#0b5cad")),
            ("#FFF", Some("#FFF")),
            ("#1a3", Some("#1a3")),
            ("#12345", None),
            ("#12345678", None),
            ("#+12", None),
            ("red", None),
            ("0b5cad", None),
            ("#fff;--x:1", None),
        ] {
            assert_eq!(Colour::parse(text).map(|colour| colour.to_string()).as_deref(), expected);
        }
    }

    #[test]
    fn the_style_sheet_has_the_properties() {
        let sheet = include_str!("../../../../static/app.css");
        for name in ColourName::ALL {
            assert!(sheet.contains(&format!(" {}: ", name.property())), "{name:?}");
        }
    }
}
