//! The line difference between a text and what splices make of it.
//!
//! Invariant: it is computed from the splices; only the lines that they touch, and the context
//! around those, are ever looked at or copied. Besides that, line ends are counted once.

use super::blocks::{Block, CONTEXT, Part, RawLine, Step, blocks, steps, without_line_end};
use crate::json::Splices;
use crate::msg;
use crate::text::{Arg, Message, visible};

/// What changes in a text, by lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// The places that change with some lines around them, in order.
    pub hunks: Vec<Hunk>,
    /// How many lines the old text has.
    pub total: usize,
    /// How many of them go away or change.
    pub removed: usize,
    /// How many lines of the new text are new or changed.
    pub added: usize,
    /// The size of the old text in bytes.
    pub old_bytes: usize,
    /// The size of the new text in bytes.
    pub new_bytes: usize,
    /// How many separate places inside lines change.
    pub places: usize,
    /// Whether nothing but white space between tokens changes.
    pub white_space_only: bool,
}

/// Neighbouring changes with the lines around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// The first old line, from one (from zero for a hunk without old lines, as in `diff -u`).
    pub old_start: usize,
    /// How many old lines.
    pub old_count: usize,
    /// The first new line, from one (from zero for a hunk without new lines).
    pub new_start: usize,
    /// How many new lines.
    pub new_count: usize,
    /// The lines, paired for a side-by-side view.
    pub rows: Vec<Row>,
}

/// A row of a side-by-side view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// A line that stays.
    Same {
        /// Its number in the old text, from one.
        old: usize,
        /// Its number in the new text, from one.
        new: usize,
        /// Its text.
        pieces: Vec<Piece>,
    },
    /// A line that changes, goes or comes.
    Changed {
        /// The old line.
        old: Option<Line>,
        /// The new line.
        new: Option<Line>,
    },
}

/// A line of one of the two texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number, from one.
    pub number: usize,
    /// Its text without the line end.
    pub pieces: Vec<Piece>,
    /// Whether the text ends here without a line end.
    pub unended: bool,
}

/// A piece of a line, for reading: characters that cannot be seen are spelled out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Stays.
    Same(String),
    /// Goes (in an old line) or comes (in a new one).
    Changed(String),
    /// The same, where white space is all that changes: it is made visible.
    WhiteSpace(String),
    /// This many bytes that stay, or the middle of something very long, are not shown.
    Elided(usize),
}

/// A line of a unified view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnifiedLine<'a> {
    /// What becomes of the line.
    pub sign: Sign,
    /// Its number in the old text, when it is there.
    pub old: Option<usize>,
    /// Its number in the new text, when it is there.
    pub new: Option<usize>,
    /// Its text.
    pub pieces: &'a [Piece],
    /// Whether the text ends here without a line end.
    pub unended: bool,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It stays.
    Same,
    /// It goes.
    Removed,
    /// It comes.
    Added,
}

/// The difference that `splices` make to `base`, with three lines of context; long lines are
/// shortened where they do not change.
pub fn diff(base: &[u8], splices: &Splices) -> Diff {
    View { context: CONTEXT, elide: true }.diff(base, splices)
}

/// The same difference with every line of the text, none shortened.
pub fn whole(base: &[u8], splices: &Splices) -> Diff {
    View { context: usize::MAX, elide: false }.diff(base, splices)
}

impl Diff {
    /// Whether the texts are the same.
    pub fn is_empty(&self) -> bool {
        self.hunks.is_empty()
    }

    /// How much changes, as a sentence.
    pub fn summary(&self) -> Message {
        match (self.removed, self.added) {
            (0, 0) => msg!("diff.nothing", size = Arg::Bytes(self.old_bytes as u64)),
            _ if self.white_space_only => msg!("diff.white-space"),
            _ if (self.total, self.removed, self.added) == (1, 1, 1) => {
                let size = Arg::Bytes(self.old_bytes as u64);
                msg!("diff.one-line", places = self.places, size = size)
            }
            (0, added) => msg!("diff.added", added = added, total = self.total),
            (removed, 0) => msg!("diff.removed", removed = removed, total = self.total),
            (removed, added) => {
                msg!("diff.replaced", removed = removed, total = self.total, added = added)
            }
        }
    }
}

impl Hunk {
    /// The lines for a unified view: what goes before what comes.
    pub fn unified(&self) -> Vec<UnifiedLine<'_>> {
        let mut out = Vec::with_capacity(self.rows.len() + 8);
        let mut coming = Vec::new();
        for row in &self.rows {
            match row {
                Row::Same { old, new, pieces } => {
                    out.append(&mut coming);
                    let (sign, old, new) = (Sign::Same, Some(*old), Some(*new));
                    out.push(UnifiedLine { sign, old, new, pieces, unended: false });
                }
                Row::Changed { old, new } => {
                    if let Some(Line { number, pieces, unended }) = old {
                        let (old, unended) = (Some(*number), *unended);
                        let sign = Sign::Removed;
                        out.push(UnifiedLine { sign, old, new: None, pieces, unended });
                    }
                    if let Some(Line { number, pieces, unended }) = new {
                        let (new, unended) = (Some(*number), *unended);
                        let sign = Sign::Added;
                        coming.push(UnifiedLine { sign, old: None, new, pieces, unended });
                    }
                }
            }
        }
        out.append(&mut coming);
        out
    }
}

struct View {
    context: usize,
    elide: bool,
}

impl View {
    fn diff(&self, base: &[u8], splices: &Splices) -> Diff {
        let (blocks, total) = blocks(base, splices);
        let grown: usize = splices.iter().map(|splice| splice.text.len()).sum();
        let shrunk: usize = splices.iter().map(|splice| splice.range.len()).sum();
        let parts = |lines: &[RawLine<'_>], wanted: fn(Part) -> bool| {
            let parts = lines.iter().flat_map(|line| &line.0);
            parts.filter(|(_, part)| wanted(*part)).count()
        };
        let all = |wanted: fn(Part) -> bool| {
            blocks.iter().map(|b| parts(&b.old, wanted).max(parts(&b.new, wanted))).sum::<usize>()
        };
        Diff {
            total,
            removed: blocks.iter().map(|block| block.old.len()).sum(),
            added: blocks.iter().map(|block| block.new.len()).sum(),
            old_bytes: base.len(),
            new_bytes: base.len() + grown - shrunk,
            places: all(|part| part != Part::Same),
            white_space_only: !blocks.is_empty() && all(|part| part == Part::Changed) == 0,
            hunks: self.hunks(base, &blocks),
        }
    }

    fn hunks(&self, base: &[u8], blocks: &[Block<'_>]) -> Vec<Hunk> {
        let mut hunks: Vec<Hunk> = Vec::new();
        let mut rows: Vec<Row> = Vec::new();
        for step in steps(base, blocks, self.context) {
            match step {
                Step::Gap => hunks.extend(Hunk::of(std::mem::take(&mut rows))),
                Step::Same { text, old, new } => {
                    let pieces = self.line(&RawLine(vec![(text, Part::Same)]), old).pieces;
                    rows.push(Row::Same { old: old + 1, new: new + 1, pieces });
                }
                Step::Block(block) => {
                    let paired = block.old.len().max(block.new.len());
                    rows.extend((0..paired).map(|at| Row::Changed {
                        old: block.old.get(at).map(|raw| self.line(raw, block.old_before + at)),
                        new: block.new.get(at).map(|raw| self.line(raw, block.new_before + at)),
                    }));
                }
            }
        }
        hunks.extend(Hunk::of(rows));
        hunks
    }

    /// The line as it is read, which is number `before` from zero.
    fn line(&self, raw: &RawLine<'_>, before: usize) -> Line {
        let mut pieces = Vec::new();
        let last = raw.0.len().saturating_sub(1);
        for (at, &(text, part)) in raw.0.iter().enumerate() {
            let (head, tail) = match part {
                _ if !self.elide => (usize::MAX, 0),
                Part::Same if last == 0 => (160, 0),
                Part::Same => (if at == 0 { 0 } else { 60 }, if at == last { 0 } else { 60 }),
                Part::Changed | Part::WhiteSpace => (2000, 500),
            };
            let text = if part == Part::WhiteSpace { text } else { without_line_end(text) };
            let piece = |text: &[u8]| match part {
                Part::Same => Piece::Same(readable(text)),
                Part::Changed => Piece::Changed(readable(text)),
                Part::WhiteSpace => Piece::WhiteSpace(visible_white_space(text)),
            };
            if text.len() <= head.saturating_add(tail).saturating_add(80) {
                if !text.is_empty() {
                    pieces.push(piece(text));
                }
                continue;
            }
            let (head, tail) = (character(text, head), character(text, text.len() - tail));
            for (text, shown) in
                [(&text[..head], true), (&text[head..tail], false), (&text[tail..], true)]
            {
                match shown {
                    _ if text.is_empty() => {}
                    true => pieces.push(piece(text)),
                    false => pieces.push(Piece::Elided(text.len())),
                }
            }
        }
        let unended = raw.0.last().is_none_or(|(text, _)| !text.ends_with(b"\n"));
        Line { number: before + 1, pieces, unended }
    }
}

impl Hunk {
    fn of(rows: Vec<Row>) -> Option<Self> {
        let mut hunk = Self { old_start: 0, old_count: 0, new_start: 0, new_count: 0, rows };
        for row in &hunk.rows {
            let (old, new) = match row {
                Row::Same { old, new, .. } => (Some(*old), Some(*new)),
                Row::Changed { old, new } => {
                    (old.as_ref().map(|line| line.number), new.as_ref().map(|line| line.number))
                }
            };
            for (number, start, count) in [
                (old, &mut hunk.old_start, &mut hunk.old_count),
                (new, &mut hunk.new_start, &mut hunk.new_count),
            ] {
                if let Some(number) = number {
                    *start = if *count == 0 { number } else { *start };
                    *count += 1;
                }
            }
        }
        (!hunk.rows.is_empty()).then_some(hunk)
    }
}

/// The nearest place at or before `at` where a character starts.
fn character(text: &[u8], mut at: usize) -> usize {
    while at > 0 && text.get(at).is_some_and(|byte| byte & 0xC0 == 0x80) {
        at -= 1;
    }
    at
}

/// `text` as it may be shown; tabs indent and stay.
fn readable(text: &[u8]) -> String {
    let parts: Vec<String> = String::from_utf8_lossy(text).split('\t').map(visible).collect();
    parts.join("\t")
}

fn visible_white_space(text: &[u8]) -> String {
    let shown = |byte: &u8| match byte {
        b' ' => '·',
        b'\t' => '→',
        b'\r' => '␍',
        b'\n' => '␊',
        _ => '␣',
    };
    text.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::json::{self, Splice};

    /// The unified view with changed parts in brackets, white space in braces.
    fn show(diff: &Diff) -> String {
        let mut out = String::new();
        for hunk in &diff.hunks {
            let Hunk { old_start, old_count, new_start, new_count, .. } = hunk;
            let _ = writeln!(out, "@@ {old_start},{old_count} {new_start},{new_count}");
            for line in hunk.unified() {
                out.push(match line.sign {
                    Sign::Same => ' ',
                    Sign::Removed => '-',
                    Sign::Added => '+',
                });
                for piece in line.pieces {
                    let _ = match piece {
                        Piece::Same(text) => write!(out, "{text}"),
                        Piece::Changed(text) => write!(out, "[{text}]"),
                        Piece::WhiteSpace(text) => write!(out, "{{{text}}}"),
                        Piece::Elided(count) => write!(out, "<{count}>"),
                    };
                }
                out += if line.unended && line.sign != Sign::Same { "|\n" } else { "\n" };
            }
        }
        out
    }

    fn splice(base: &str, from: &str, to: &str) -> Splice {
        let at = base.find(from).unwrap();
        Splice::new(at..at + from.len(), to)
    }

    fn all(splices: &[Splice]) -> Splices {
        Splices::new(splices.to_vec()).unwrap()
    }

    #[test]
    fn lines_that_splices_touch() {
        let base = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n";
        let check = |splices: &[Splice], expected: &str| {
            assert_eq!(show(&diff(base.as_bytes(), &all(splices))), expected);
        };
        check(&[], "");
        check(&[splice(base, "b", "b")], "");
        check(&[splice(base, "b", "x")], "@@ 1,5 1,5\n a\n-[b]\n+[x]\n c\n d\n e\n");
        check(
            &[splice(base, "a", "x"), splice(base, "j", "y")],
            "@@ 1,4 1,4\n-[a]\n+[x]\n b\n c\n d\n@@ 7,4 7,4\n g\n h\n i\n-[j]\n+[y]\n",
        );
        // Removed and added lines, at a line start and behind one.
        check(&[splice(base, "b\nc\n", "")], "@@ 1,6 1,4\n a\n-[b]\n-[c]\n d\n e\n f\n");
        check(&[splice(base, "\nb\nc", "")], "@@ 1,6 1,4\n a\n-[b]\n-[c]\n d\n e\n f\n");
        check(&[Splice::new(0..0, "x\n")], "@@ 1,3 1,4\n+[x]\n a\n b\n c\n");
        check(&[Splice::new(1..1, "\nx")], "@@ 1,4 1,5\n a\n+[x]\n b\n c\n d\n");
        check(&[Splice::new(20..20, "x")], "@@ 8,3 8,4\n h\n i\n j\n+[x]|\n");
        assert_eq!(show(&diff(b"", &Splice::new(0..0, "x\n").into())), "@@ 0,0 1,1\n+[x]\n");
        assert_eq!(show(&diff(b"x", &Splice::new(0..1, "").into())), "@@ 1,1 0,0\n-[x]|\n");
        assert_eq!(show(&diff(b"x", &Splice::new(1..1, "\n").into())), "@@ 1,1 1,1\n-x|\n+x{␊}\n");
        assert_eq!(show(&diff(b"a\r\n", &Splice::new(1..2, "").into())), "@@ 1,1 1,1\n-a{␍}\n+a\n");
    }

    #[test]
    fn the_changed_part_of_a_line_is_cut_at_words() {
        let base = "\"mediaType\": \"application/vnd.oci.image.layer.v1.tar+gzip\",\n\"digest\": \"sha256:abc1\"";
        let to = "\"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip\"";
        let from = "\"application/vnd.oci.image.layer.v1.tar+gzip\"";
        let digest = splice(base, "\"sha256:abc1\"", "\"sha256:abd1\"");
        let splices = all(&[splice(base, from, to), digest]);
        let got = diff(base.as_bytes(), &splices);
        let expected = "@@ 1,2 1,2\n\
            -\"mediaType\": \"application/vnd.oci.image.layer.v1.tar+gzip\",\n\
            -\"digest\": \"sha256:[abc1]\"|\n\
            +\"mediaType\": \"application/vnd.oci.image.layer.[nondistributable.]v1.tar+gzip\",\n\
            +\"digest\": \"sha256:[abd1]\"|\n";
        assert_eq!(show(&got), expected);
        let applied = json::apply(base.as_bytes(), &splices);
        assert_eq!((got.old_bytes, got.new_bytes), (base.len(), applied.len()));
        assert_eq!((got.total, got.removed, got.added, got.places), (2, 2, 2, 2));
    }

    #[test]
    fn long_lines_are_shortened_where_they_stay() {
        let base =
            format!("{{\"a\":\"{}\",\"b\":1,\"c\":\"{}\"}}", "ä".repeat(500), "y".repeat(900));
        let got = diff(base.as_bytes(), &splice(&base, "1", "2").into());
        let expected = format!(
            "@@ 1,1 1,1\n-<952>{a}\",\"b\":[1],\"c\":\"{y}<848>|\n+<952>{a}\",\"b\":[2],\"c\":\"{y}<848>|\n",
            a = "ä".repeat(27),
            y = "y".repeat(54)
        );
        assert_eq!(show(&got), expected);
        assert!(!show(&whole(base.as_bytes(), &splice(&base, "1", "2").into())).contains('<'));
        assert_eq!(whole(b"a\nb\n", &Splices::default()).hunks[0].rows.len(), 2);
    }

    #[test]
    fn summaries() {
        let check = |base: &str, splices: &[Splice], expected: &str| {
            assert_eq!(diff(base.as_bytes(), &all(splices)).summary().to_string(), expected);
        };
        check("a\nb\n", &[], "Nothing differs: all 4 B are as they were loaded.");
        check(
            "a\nb\n",
            &[Splice::new(0..1, "x\ny")],
            "1 of 2 lines becomes 2 lines; every other byte is as it was.",
        );
        check(
            "ab c",
            &[Splice::new(0..2, "x")],
            "1 place changes in the single line of 4 B; every other byte is as it was.",
        );
        check(
            "a\n",
            &[Splice::new(2..2, "x\n")],
            "1 line is added to 1; every other byte is as it was.",
        );
        check(
            "a\nb\n",
            &[Splice::new(0..2, "")],
            "1 of 2 lines goes; every other byte is as it was.",
        );
        check(
            "a b\n",
            &[Splice::new(1..2, "  ")],
            "Only white space changes. That is enough for another digest.",
        );
    }

    #[test]
    fn hidden_characters_are_spelled_out() {
        assert_eq!(readable("a\u{202e}b\tc\u{7}".as_bytes()), "a⟨U+202E⟩b\tc⟨U+0007⟩");
        let base = "a\n  b\n";
        let got = diff(base.as_bytes(), &splice(base, "  b", "\tb").into());
        assert_eq!(show(&got), "@@ 1,2 1,2\n a\n-{··}b\n+{→}b\n");
        assert!(got.white_space_only);
    }

    /// The old (`0`) or new (`1`) text as the rows have it.
    #[cfg(not(target_arch = "wasm32"))]
    fn text_of(diff: &Diff, side: usize) -> String {
        let mut out = String::new();
        for line in diff.hunks.iter().flat_map(Hunk::unified) {
            if [line.old, line.new][side].is_none() {
                continue;
            }
            for piece in line.pieces {
                match piece {
                    Piece::Same(text) | Piece::Changed(text) => out.push_str(text),
                    Piece::WhiteSpace(text) => out.push_str(&text.replace('␊', "")),
                    Piece::Elided(_) => panic!("nothing is left out of the whole"),
                }
            }
            out.push('\n');
        }
        out
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest::proptest! {
        #[test]
        fn the_rows_are_both_texts(old in "[ab\n]{0,40}", new in "[ab\n]{0,40}") {
            let splices = crate::export::splices_between(old.as_bytes(), new.as_bytes());
            let all = whole(old.as_bytes(), &splices);
            for (side, text) in [&old, &new].into_iter().enumerate() {
                let ended = text.is_empty() || text.ends_with('\n');
                let expected = if ended { text.clone() } else { format!("{text}\n") };
                proptest::prop_assert_eq!(text_of(&all, side), expected);
            }
        }
    }
}
