//! A small regular expression that cannot be slow: no matter the pattern, a text is read once.

use crate::msg;
use crate::text::Message;

/// A pattern that is found anywhere in a text.
///
/// Literals, `.`, `*`, `+`, `?`, `^`, `$`, `[a-z]`, `[^a-z]`, `|`, `( )`, and `\` before a character
/// that would mean something else; `\d`, `\w` and `\s` as everywhere, in ASCII. Upper and lower case
/// differ. All ways through the pattern are followed at once (K. Thompson, 1968), so the time is
/// the text's length times the pattern's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    source: String,
    program: Vec<Step>,
}

/// Why a text is not a pattern; `at` counts characters from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// `(` or `[` with no partner, or `)` with none.
    Bracket {
        /// Where it stands.
        at: usize,
    },
    /// `*`, `+` or `?` with nothing in front.
    NothingToRepeat {
        /// Where it stands.
        at: usize,
    },
    /// A backslash before a letter or digit that has no meaning here, or at the end.
    Escape {
        /// Where it stands.
        at: usize,
    },
    /// A range such as `[z-a]`.
    Range {
        /// Where it ends.
        at: usize,
    },
    /// More than can reasonably be meant.
    TooLong,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    One(Set),
    Start,
    End,
    Jump(usize),
    Fork(usize, usize),
    Found,
}

/// Ranges of characters; those in it, or with `not` those outside.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Set {
    ranges: Vec<(char, char)>,
    not: bool,
}

const MAX_LENGTH: usize = 500;
const MAX_NESTING: usize = 30;

impl Pattern {
    /// Reads a pattern.
    pub fn parse(source: &str) -> Result<Self, PatternError> {
        let characters: Vec<char> = source.chars().collect();
        if characters.len() > MAX_LENGTH {
            return Err(PatternError::TooLong);
        }
        let mut reader = Reader { characters, at: 0, nesting: 0 };
        let mut program = reader.alternatives()?;
        if reader.at < reader.characters.len() {
            return Err(PatternError::Bracket { at: reader.at });
        }
        program.push(Step::Found);
        Ok(Self { source: source.to_owned(), program })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether the pattern is found in `text`.
    pub fn matches(&self, text: &str) -> bool {
        let (mut now, mut next) = (Threads::new(&self.program), Threads::new(&self.program));
        let mut rest = text.chars();
        let mut at_start = true;
        loop {
            let character = rest.next();
            now.add(&self.program, 0, Borders { at_start, at_end: character.is_none() });
            if now.found {
                return true;
            }
            let Some(character) = character else { return false };
            let borders = Borders { at_start: false, at_end: rest.as_str().is_empty() };
            for &at in &now.list {
                if let Some(Step::One(set)) = self.program.get(at)
                    && set.has(character)
                {
                    next.add(&self.program, at + 1, borders);
                }
            }
            std::mem::swap(&mut now, &mut next);
            next.clear();
            at_start = false;
        }
    }
}

/// Which borders of the text a place between two characters is.
#[derive(Clone, Copy)]
struct Borders {
    at_start: bool,
    at_end: bool,
}

/// The places in the program where a match stands.
struct Threads {
    list: Vec<usize>,
    seen: Vec<bool>,
    found: bool,
}

impl Threads {
    fn new(program: &[Step]) -> Self {
        Self { list: Vec::new(), seen: vec![false; program.len()], found: false }
    }

    fn clear(&mut self) {
        self.list.clear();
        self.seen.fill(false);
    }

    fn add(&mut self, program: &[Step], at: usize, borders: Borders) {
        let mut stack = vec![at];
        while let Some(at) = stack.pop() {
            if std::mem::replace(&mut self.seen[at], true) {
                continue;
            }
            match &program[at] {
                Step::One(_) => self.list.push(at),
                Step::Start if borders.at_start => stack.push(at + 1),
                Step::End if borders.at_end => stack.push(at + 1),
                Step::Start | Step::End => {}
                Step::Jump(to) => stack.push(*to),
                Step::Fork(one, other) => stack.extend([*one, *other]),
                Step::Found => self.found = true,
            }
        }
    }
}

impl Set {
    fn has(&self, character: char) -> bool {
        let inside = self.ranges.iter().any(|(low, high)| (*low..=*high).contains(&character));
        inside != self.not
    }

    fn named(name: char) -> Option<Self> {
        let ranges: &[(char, char)] = match name {
            'd' => &[('0', '9')],
            'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
            's' => &[('\t', '\r'), (' ', ' ')],
            _ => return None,
        };
        Some(Self { ranges: ranges.to_vec(), not: false })
    }
}

struct Reader {
    characters: Vec<char>,
    at: usize,
    nesting: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn take(&mut self, wanted: char) -> bool {
        let taken = self.peek() == Some(wanted);
        self.at += usize::from(taken);
        taken
    }

    /// `a|b|c`
    fn alternatives(&mut self) -> Result<Vec<Step>, PatternError> {
        let first = self.sequence()?;
        if !self.take('|') {
            return Ok(first);
        }
        let other = self.alternatives()?;
        let mut steps = vec![Step::Fork(1, first.len() + 2)];
        append(&mut steps, first);
        steps.push(Step::Jump(steps.len() + 1 + other.len()));
        append(&mut steps, other);
        Ok(steps)
    }

    fn sequence(&mut self) -> Result<Vec<Step>, PatternError> {
        let mut steps = Vec::new();
        while let Some(character) = self.peek().filter(|next| !matches!(next, '|' | ')')) {
            let at = self.at;
            self.at += 1;
            let one = self.one(character, at)?;
            let one = match self.peek() {
                Some(sign @ ('*' | '+' | '?')) => {
                    self.at += 1;
                    repeated(one, sign)
                }
                _ => one,
            };
            append(&mut steps, one);
        }
        Ok(steps)
    }

    fn one(&mut self, character: char, at: usize) -> Result<Vec<Step>, PatternError> {
        let set = match character {
            '*' | '+' | '?' => return Err(PatternError::NothingToRepeat { at }),
            '^' => return Ok(vec![Step::Start]),
            '$' => return Ok(vec![Step::End]),
            '(' => {
                self.nesting += 1;
                if self.nesting > MAX_NESTING {
                    return Err(PatternError::TooLong);
                }
                let steps = self.alternatives()?;
                self.nesting -= 1;
                return if self.take(')') { Ok(steps) } else { Err(PatternError::Bracket { at }) };
            }
            '[' => self.set(at)?,
            '.' => Set { ranges: vec![('\n', '\n')], not: true },
            '\\' => self.escape(at)?,
            _ => Set { ranges: vec![(character, character)], not: false },
        };
        Ok(vec![Step::One(set)])
    }

    fn escape(&mut self, at: usize) -> Result<Set, PatternError> {
        let escaped = self.peek().ok_or(PatternError::Escape { at })?;
        self.at += 1;
        if !escaped.is_alphanumeric() {
            return Ok(Set { ranges: vec![(escaped, escaped)], not: false });
        }
        Set::named(escaped).ok_or(PatternError::Escape { at })
    }

    fn set(&mut self, open: usize) -> Result<Set, PatternError> {
        let mut set = Set { ranges: Vec::new(), not: self.take('^') };
        loop {
            let at = self.at;
            let low = self.peek().ok_or(PatternError::Bracket { at: open })?;
            self.at += 1;
            match low {
                // As first character it stands for itself.
                ']' if !set.ranges.is_empty() => return Ok(set),
                '\\' => set.ranges.extend(self.escape(at)?.ranges),
                _ => {
                    let until = self.characters.get(self.at + 1).copied().filter(|c| *c != ']');
                    let high = match until {
                        Some(high) if self.take('-') => {
                            self.at += 1;
                            high
                        }
                        _ => low,
                    };
                    if high < low || high == '\\' {
                        return Err(PatternError::Range { at: self.at });
                    }
                    set.ranges.push((low, high));
                }
            }
        }
    }
}

/// Appends steps that count their jumps from their own start.
fn append(steps: &mut Vec<Step>, more: Vec<Step>) {
    let start = steps.len();
    steps.extend(more.into_iter().map(|step| match step {
        Step::Jump(to) => Step::Jump(to + start),
        Step::Fork(one, other) => Step::Fork(one + start, other + start),
        other => other,
    }));
}

fn repeated(one: Vec<Step>, sign: char) -> Vec<Step> {
    let length = one.len();
    let mut steps = Vec::with_capacity(length + 2);
    match sign {
        '+' => {
            steps.extend(one);
            steps.push(Step::Fork(0, length + 1));
        }
        '*' => {
            steps.push(Step::Fork(1, length + 2));
            append(&mut steps, one);
            steps.push(Step::Jump(0));
        }
        _ => {
            steps.push(Step::Fork(1, length + 1));
            append(&mut steps, one);
        }
    }
    steps
}

impl PatternError {
    /// What is wrong, as a sentence.
    pub fn message(self) -> Message {
        match self {
            Self::Bracket { at } => msg!("pattern.bracket", at = at + 1),
            Self::NothingToRepeat { at } => msg!("pattern.nothing-to-repeat", at = at + 1),
            Self::Escape { at } => msg!("pattern.escape", at = at + 1),
            Self::Range { at } => msg!("pattern.range", at = at),
            Self::TooLong => msg!("pattern.too-long", max = MAX_LENGTH),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "x", true),
            ("abc", "xxabcxx", true),
            ("abc", "abxc", false),
            ("^abc", "abcd", true),
            ("^abc", "xabc", false),
            ("abc$", "xabc", true),
            ("abc$", "abcx", false),
            ("^$", "", true),
            ("^$", "a", false),
            ("a.c", "a\nc", false),
            ("a.c", "aöc", true),
            ("^ab*c$", "abbbc", true),
            ("^ab*c$", "ac", true),
            ("^ab+c$", "ac", false),
            ("^ab?c$", "abbc", false),
            ("^(ab|cd)+$", "abcdab", true),
            ("^(ab|cd)+$", "abcda", false),
            ("^(a|b|)c$", "c", true),
            ("RUN (apt-get|apk) .*install", "RUN apk --no-cache --install x; install", true),
            ("[a-c0-9_-]+$", "zz-", true),
            ("^[^a-c]$", "b", false),
            ("^[^a-c]$", "d", true),
            ("^[]x]$", "]", true),
            ("^[a-]$", "-", true),
            (r"^ADD file:\w+ in /\s*$", "ADD file:0a1 in / ", true),
            (r"^\d\.\d$", "1.2", true),
            (r"^\d\.\d$", "1x2", false),
            (r"^[\d.]+$", "1.2", true),
            ("((a*)*)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
            ("Ab", "ab", false),
        ] {
            assert_eq!(
                Pattern::parse(pattern).unwrap().matches(text),
                expected,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn a_hostile_pattern_is_not_slow() {
        let pattern = Pattern::parse(&format!("{}{}$", "(a|a)*".repeat(40), "a?c".repeat(60)));
        assert!(!pattern.unwrap().matches(&("a".repeat(20_000) + "b")));
    }

    #[test]
    fn refusals() {
        for (pattern, error) in [
            ("(a", PatternError::Bracket { at: 0 }),
            ("a)", PatternError::Bracket { at: 1 }),
            ("a[b", PatternError::Bracket { at: 1 }),
            ("[]", PatternError::Bracket { at: 0 }),
            ("*a", PatternError::NothingToRepeat { at: 0 }),
            ("a**", PatternError::NothingToRepeat { at: 2 }),
            (r"a\", PatternError::Escape { at: 1 }),
            (r"\q", PatternError::Escape { at: 0 }),
            ("[z-a]", PatternError::Range { at: 4 }),
            (&"(".repeat(100), PatternError::TooLong),
            (&"a".repeat(501), PatternError::TooLong),
        ] {
            assert_eq!(Pattern::parse(pattern), Err(error), "{pattern}");
        }
    }
}
