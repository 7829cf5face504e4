use std::fmt;

/// A colour without transparency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour {
    rgb: [u8; 3],
}

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

/// The least contrast of text (WCAG 2.2, success criterion 1.4.3), times ten.
const LEAST_CONTRAST: u32 = 45;

impl Colour {
    /// Reads `#rgb` or `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let value = u32::from_str_radix(digits, 16).ok()?;
        let [_, r, g, b] = value.to_be_bytes();
        match digits.len() {
            6 => Some(Self { rgb: [r, g, b] }),
            3 => Some(Self { rgb: [g & 15, b >> 4, b & 15].map(|digit| digit * 17) }),
            _ => None,
        }
    }

    /// The contrast with `other` as WCAG 2.2 defines it, times ten: from 10 to 210.
    fn contrast(self, other: Self) -> u32 {
        let (a, b) = (self.luminance(), other.luminance());
        let (light, dark) = if a > b { (a, b) } else { (b, a) };
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // From 10 to 210.
        let tenths = ((light + 0.05) / (dark + 0.05) * 10.0) as u32;
        tenths
    }

    /// Relative luminance from 0 to 1. The power of the standard is approximated by a cubic, which
    /// is true to about a hundredth and needs no `pow` in the wasm file.
    fn luminance(self) -> f32 {
        let linear = |byte: u8| {
            let c = f32::from(byte) / 255.0;
            c * (c * (c * 0.305_306 + 0.682_171) + 0.012_523)
        };
        let [r, g, b] = self.rgb.map(linear);
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.rgb;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
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

    /// What the style sheet says, for the light and for the dark page.
    fn default(self) -> [Colour; 2] {
        let [light, dark] = match self {
            Self::Accent => [[0x0b, 0x5c, 0xad], [0x6c, 0xb2, 0xff]],
            Self::AccentText => [[0xff, 0xff, 0xff], [0x06, 0x21, 0x3f]],
            Self::Background => [[0xf6, 0xf7, 0xf9], [0x0f, 0x14, 0x19]],
            Self::Surface => [[0xff, 0xff, 0xff], [0x17, 0x1d, 0x24]],
            Self::Text => [[0x17, 0x20, 0x2b], [0xe6, 0xeb, 0xf0]],
        };
        [Colour { rgb: light }, Colour { rgb: dark }]
    }
}

impl Colours {
    /// Sets a colour for the light and for the dark page.
    pub(super) fn set(&mut self, name: ColourName, colours: [Colour; 2]) {
        self.0.push((name, colours));
    }

    /// The first pair of colours, text before what is behind it, that cannot be told apart well
    /// enough, with their contrast times ten. Pairs that the portal did not touch are not looked at.
    pub fn low_contrast(&self) -> Option<(ColourName, ColourName, u32)> {
        use ColourName::{Accent, AccentText, Background, Surface, Text};
        let pairs = [(AccentText, Accent), (Text, Surface), (Text, Background), (Accent, Surface)];
        pairs.into_iter().find_map(|(front, back)| {
            if !self.0.iter().any(|(name, _)| *name == front || *name == back) {
                return None;
            }
            let contrast = |theme: usize| self.of(front)[theme].contrast(self.of(back)[theme]);
            let least = contrast(0).min(contrast(1));
            (least < LEAST_CONTRAST).then_some((front, back, least))
        })
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

    fn of(&self, name: ColourName) -> [Colour; 2] {
        let set = self.0.iter().find(|(known, _)| *known == name);
        set.map_or_else(|| name.default(), |(_, colours)| *colours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        for (text, expected) in [
            ("#0b5cad", Some("#0b5cad")),
            ("#FFF", Some("#ffffff")),
            ("#1a3", Some("#11aa33")),
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
    fn contrasts() {
        let check = |a: &str, b: &str, expected: u32| {
            let contrast = Colour::parse(a).unwrap().contrast(Colour::parse(b).unwrap());
            assert!(contrast.abs_diff(expected) <= 1, "{a} on {b}: {contrast}");
        };
        check("#fff", "#000", 210);
        check("#777", "#fff", 44);
        check("#0b5cad", "#fff", 67);
        check("#abc", "#abc", 10);
    }

    #[test]
    fn defaults_are_those_of_the_style_sheet() {
        let sheet = include_str!("../../../static/app.css");
        let blocks: Vec<&str> = sheet.split(":root").collect();
        for name in ColourName::ALL {
            for (block, expected) in [&blocks[1], &blocks[2]].into_iter().zip(name.default()) {
                let (_, rest) = block.split_once(&format!(" {}: ", name.property())).unwrap();
                let value = rest.split_once(';').unwrap().0;
                assert_eq!(Colour::parse(value), Some(expected), "{name:?}");
            }
        }
    }
}
