use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use super::{Arg, Message};

/// The sentences of one language, by key.
///
/// The source form is a text file: `key = sentence` on a line; a line that starts with white space
/// goes on with the sentence before it (joined by one space); `#` starts a comment line. In a
/// sentence, `{name}` is a placeholder, `{name|layer|layers}` chooses by the number `name` being 1
/// or not, `\n` is a line break and `{{` a brace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    entries: BTreeMap<String, String>,
}

/// What is wrong with a catalogue file, and in which line (from 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong, in English: only developers see it.
    pub what: String,
}

/// Spells numbers, sizes and moments in the person's language; the browser's `Intl` stands behind it there.
pub trait Numbers {
    /// A count, such as `1,024`.
    fn number(&self, value: u64) -> String;
    /// A size of `value` bytes in human units, such as `28.4 MB`.
    fn bytes(&self, value: u64) -> String;
    /// A moment, given in milliseconds since the start of 1970.
    fn time(&self, ms: u64) -> String;
}

/// English numbers without a browser: for reports and tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainNumbers;

/// The English source files, in the order of the modules. None where the page has them as files.
#[cfg(feature = "split")]
pub fn english_sources() -> &'static [&'static str] {
    &[]
}

/// The English source files, in the order of the modules.
#[cfg(not(feature = "split"))]
pub fn english_sources() -> &'static [&'static str] {
    &[
        include_str!("../../texts/en/start.txt"),
        include_str!("../../texts/en/json.txt"),
        include_str!("../../texts/en/manifest.txt"),
        include_str!("../../texts/en/image.txt"),
        include_str!("../../texts/en/registry.txt"),
        include_str!("../../texts/en/checks.txt"),
        include_str!("../../texts/en/export.txt"),
        include_str!("../../texts/en/deliver.txt"),
        include_str!("../../texts/en/config.txt"),
        include_str!("../../texts/en/page.txt"),
        include_str!("../../texts/en/ui.txt"),
        include_str!("../../texts/en/changes.txt"),
        include_str!("../../texts/en/document.txt"),
        include_str!("../../texts/en/help.txt"),
        include_str!("../../texts/en/whole.txt"),
        include_str!("../../texts/en/desk.txt"),
        include_str!("../../texts/en/compare.txt"),
        include_str!("../../texts/en/archive.txt"),
        include_str!("../../texts/en/base.txt"),
        include_str!("../../texts/en/orphans.txt"),
    ]
}

static ENGLISH: OnceLock<Catalog> = OnceLock::new();

/// The English catalogue: what was provided, else what is compiled in. It stays empty, so that
/// sentences show as their keys, where none is compiled in and none was provided yet.
pub fn english() -> &'static Catalog {
    static NONE: Catalog = Catalog { entries: BTreeMap::new() };
    if english_sources().is_empty() {
        return ENGLISH.get().unwrap_or(&NONE);
    }
    ENGLISH.get_or_init(|| {
        let mut all = Catalog::default();
        for source in english_sources() {
            // A test parses every source, so none can fail here; a broken one would only lose its
            // own sentences, which then show as their keys.
            if let Ok(part) = Catalog::parse(source) {
                all.entries.extend(part.entries);
            }
        }
        all
    })
}

/// Provides the English catalogue where none is compiled in. Only the first one counts.
pub fn provide_english(catalog: Catalog) {
    ENGLISH.set(catalog).ok();
}

impl Catalog {
    /// Reads the source form.
    pub fn parse(source: &str) -> Result<Self, CatalogError> {
        let mut entries: BTreeMap<String, String> = BTreeMap::new();
        let mut last: Option<String> = None;
        for (index, line) in source.lines().enumerate() {
            let fail = |what: String| CatalogError { line: index + 1, what };
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            if line.starts_with([' ', '\t']) {
                let sentence = last
                    .as_ref()
                    .and_then(|key| entries.get_mut(key))
                    .ok_or_else(|| fail("a continuation with no sentence before it".into()))?;
                sentence.push(' ');
                sentence.push_str(&line.trim().replace("\\n", "\n"));
                continue;
            }
            let (key, sentence) =
                line.split_once('=').ok_or_else(|| fail("no `=` after the key".into()))?;
            let key = key.trim().to_owned();
            let sentence = sentence.trim().replace("\\n", "\n");
            if entries.insert(key.clone(), sentence).is_some() {
                return Err(fail(format!("the key `{key}` stands twice")));
            }
            last = Some(key);
        }
        Ok(Self { entries })
    }

    /// Adds the sentences of `other`; a key in both takes the one of `other`.
    pub fn extend(&mut self, other: Self) {
        self.entries.extend(other.entries);
    }

    /// All keys with their sentences, sorted.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(key, sentence)| (key.as_str(), sentence.as_str()))
    }

    /// The sentence of `message`. A missing key shows as itself, so that nothing is silently blank.
    pub fn render(&self, message: &Message, numbers: &dyn Numbers) -> String {
        let Some(template) = self.entries.get(message.key) else {
            return message.key.to_owned();
        };
        let mut out = String::with_capacity(template.len() + 32);
        let mut rest = template.as_str();
        while let Some(open) = rest.find('{') {
            out.push_str(&rest[..open]);
            rest = &rest[open + 1..];
            if let Some(after) = rest.strip_prefix('{') {
                out.push('{');
                rest = after;
                continue;
            }
            let Some(close) = rest.find('}') else {
                out.push('{');
                break;
            };
            let mut parts = rest[..close].split('|');
            let name = parts.next().unwrap_or_default();
            rest = &rest[close + 1..];
            let arg = message.args.iter().find(|(known, _)| *known == name).map(|(_, arg)| arg);
            match (arg, parts.next(), parts.next()) {
                (Some(Arg::Number(1)), Some(one), _) => out.push_str(one),
                (Some(_), Some(_), Some(many)) => out.push_str(many),
                (Some(Arg::Text(text)), ..) => out.push_str(text),
                (Some(Arg::Number(value)), ..) => out.push_str(&numbers.number(*value)),
                (Some(Arg::Bytes(value)), ..) => out.push_str(&numbers.bytes(*value)),
                (Some(Arg::Time(ms)), ..) => out.push_str(&numbers.time(*ms)),
                (Some(Arg::Message(inner)), ..) => out.push_str(&self.render(inner, numbers)),
                (None, ..) => {
                    out.push('{');
                    out.push_str(name);
                    out.push('}');
                }
            }
        }
        out.push_str(rest);
        out
    }
}

impl Numbers for PlainNumbers {
    fn number(&self, value: u64) -> String {
        let digits = value.to_string();
        let mut out = String::with_capacity(digits.len() * 4 / 3);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                out.push(',');
            }
            out.push(digit);
        }
        out
    }

    fn bytes(&self, value: u64) -> String {
        human_bytes(value, '.')
    }

    fn time(&self, ms: u64) -> String {
        super::Utc::of_ms(ms).to_string()
    }
}

/// `value` bytes in decimal units with three significant digits at most, as registries and tools
/// of the field show sizes: `1.72 GB`, `28.4 MB`, `1.36 kB`, `512 B`.
fn human_bytes(value: u64, point: char) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if value < 1000 {
        return format!("{value} B");
    }
    let mut unit = 0;
    let mut divisor: u64 = 1000;
    // Rounded to three digits, 999.5 kB is already 1.00 MB.
    while unit + 1 < UNITS.len() && value >= divisor / 10 * 9995 {
        divisor *= 1000;
        unit += 1;
    }
    let rounded = |step: u64| value / step + u64::from(value % step * 2 >= step);
    let hundredths = rounded(divisor / 100);
    let digits = match hundredths {
        0..1000 => format!("{}{point}{:02}", hundredths / 100, hundredths % 100),
        1000..9995 => {
            let tenths = rounded(divisor / 10);
            format!("{}{point}{}", tenths / 10, tenths % 10)
        }
        _ => rounded(divisor).to_string(),
    };
    format!("{digits} {}", UNITS[unit])
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&english().render(self, &PlainNumbers))
    }
}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg;

    #[test]
    fn english_parses_and_has_no_key_twice() {
        let mut keys = std::collections::BTreeSet::new();
        for source in english_sources() {
            let part = Catalog::parse(source).unwrap();
            for (key, _) in part.entries() {
                assert!(keys.insert(key.to_owned()), "{key} stands in two files");
            }
        }
    }

    #[test]
    fn placeholders() {
        let catalog = Catalog::parse(
            "a = {n} {n|layer|layers} of {size}\n  in {what}\nb = {{n} {gone}\\nend\nc = see: {inner}",
        )
        .unwrap();
        let check = |message: Message, expected: &str| {
            assert_eq!(catalog.render(&message, &PlainNumbers), expected);
        };
        let a = |n: u64| msg!("a", n = n, size = Arg::Bytes(28_400_000), what = "x");
        check(a(1), "1 layer of 28.4 MB in x");
        check(a(1234), "1,234 layers of 28.4 MB in x");
        check(msg!("b", n = 1_u64), "{n} {gone}\nend");
        check(msg!("c", inner = a(2)), "see: 2 layers of 28.4 MB in x");
        check(msg!("missing"), "missing");
    }

    #[test]
    fn sizes() {
        for (value, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.00 kB"),
            (1362, "1.36 kB"),
            (28_400_000, "28.4 MB"),
            (720_933_935, "721 MB"),
            (1_718_332_879, "1.72 GB"),
            (999_499, "999 kB"),
            (999_500, "1.00 MB"),
            (9_999, "10.0 kB"),
            (99_960, "100 kB"),
            (1_000_000, "1.00 MB"),
            (u64::MAX, "18447 PB"),
        ] {
            assert_eq!(human_bytes(value, '.'), expected, "{value}");
        }
    }

    #[test]
    fn broken_sources_are_named() {
        for (source, line) in [("no equals", 1), ("a = 1\na = 2", 2), ("  dangling", 1)] {
            assert_eq!(Catalog::parse(source).unwrap_err().line, line, "{source}");
        }
    }
}
