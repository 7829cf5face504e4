//! From splices to blocks of lines that change, and which parts of them do.

use crate::json::{Span, Splice, Splices};

/// A run of old lines and the new lines in their place.
pub(super) struct Block<'a> {
    /// The bytes of the old lines.
    pub(super) span: Span,
    /// How many lines stand before it in the old text.
    pub(super) old_before: usize,
    /// How many lines stand before it in the new text.
    pub(super) new_before: usize,
    pub(super) old: Vec<RawLine<'a>>,
    pub(super) new: Vec<RawLine<'a>>,
}

/// A line with its line end, as parts that stay or change.
#[derive(Default)]
pub(super) struct RawLine<'a>(pub(super) Vec<(&'a [u8], Part)>);

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Same,
    Changed,
    WhiteSpace,
}

/// The blocks of lines that `splices` change in `base`, and how many lines `base` has.
pub(super) fn blocks<'a>(base: &'a [u8], splices: &'a Splices) -> (Vec<Block<'a>>, usize) {
    let changes: Vec<Change<'a>> =
        splices.iter().filter_map(|splice| Change::of(base, splice)).collect();
    let mut found = Vec::new();
    let mut rest = changes.as_slice();
    let (mut counted_to, mut old_before, mut grown, mut shrunk) = (0, 0, 0, 0);
    while let Some(first) = rest.first() {
        let start = line_start(base, first.span.start);
        let mut end = line_end(base, first.span.end);
        let mut count = 1;
        while let Some(next) = rest.get(count).filter(|next| next.span.start < end) {
            // The search for a line end is dear in a text that is one line: only when it is needed.
            if next.span.end >= end {
                end = line_end(base, next.span.end);
            }
            count += 1;
        }
        let (own, others) = rest.split_at(count);
        rest = others;
        let (mut old, mut new) = (Side::default(), Side::default());
        let mut at = start;
        for change in own {
            old.push(&base[at..change.span.start], Part::Same);
            new.push(&base[at..change.span.start], Part::Same);
            old.push(&base[change.span.clone()], change.part);
            new.push(change.text.as_bytes(), change.part);
            at = change.span.end;
        }
        old.push(&base[at..end], Part::Same);
        new.push(&base[at..end], Part::Same);
        let (mut old, mut new) = (old.lines, new.lines);
        let before = common(old.iter().zip(&new));
        let after = common(old[before..].iter().rev().zip(new[before..].iter().rev()));
        let bytes = |lines: &[RawLine<'_>]| lines.iter().map(RawLine::len).sum::<usize>();
        let span = start + bytes(&old[..before])..end - bytes(&old[old.len() - after..]);
        old.truncate(old.len() - after);
        new.truncate(new.len() - after);
        old.drain(..before);
        new.drain(..before);
        if old.is_empty() && new.is_empty() {
            continue;
        }
        old_before += line_ends(&base[counted_to..span.start]);
        counted_to = span.start;
        let new_before = old_before + grown - shrunk;
        grown += new.len();
        shrunk += old.len();
        found.push(Block { span, old_before, new_before, old, new });
    }
    let mut total = old_before + line_ends(&base[counted_to..]);
    if base.last().is_some_and(|&last| last != b'\n') {
        total += 1;
    }
    (found, total)
}

/// How many lines around a change are shown.
pub(super) const CONTEXT: usize = 3;

/// One step of a walk through the changed places of a text.
pub(super) enum Step<'a> {
    /// Lines that stay are passed over.
    Gap,
    /// A line that stays, with how many lines stand before it in both texts.
    Same { text: &'a [u8], old: usize, new: usize },
    /// Lines that change.
    Block(&'a Block<'a>),
}

/// The walk through `blocks` of `base` with `context` lines around each.
pub(super) fn steps<'a>(base: &'a [u8], blocks: &'a [Block<'a>], context: usize) -> Vec<Step<'a>> {
    let mut steps = Vec::new();
    let same = |steps: &mut Vec<Step<'a>>, lines: Vec<&'a [u8]>, old: usize, new: usize| {
        let lines = lines.into_iter().enumerate();
        steps.extend(lines.map(|(at, text)| Step::Same { text, old: old + at, new: new + at }));
    };
    let (mut at, mut old, mut new) = (0, 0, 0);
    for block in blocks {
        let between = &base[at..block.span.start];
        let gap = block.old_before - old;
        let first = steps.is_empty();
        let mut shown = gap;
        if first || gap > context.saturating_mul(2) {
            if !first {
                same(&mut steps, first_lines(between, context), old, new);
                steps.push(Step::Gap);
            }
            shown = gap.min(context);
        }
        let lines = last_lines(between, shown);
        same(&mut steps, lines, block.old_before - shown, block.new_before - shown);
        steps.push(Step::Block(block));
        at = block.span.end;
        old = block.old_before + block.old.len();
        new = block.new_before + block.new.len();
    }
    if !blocks.is_empty() || context == usize::MAX {
        same(&mut steps, first_lines(&base[at..], context), old, new);
    }
    steps
}

/// How many line ends stand in `text`. Eight bytes at a time: it runs on every key press.
pub(super) fn line_ends(text: &[u8]) -> usize {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    const LINE_ENDS: u64 = 0x0a0a_0a0a_0a0a_0a0a;
    let (words, rest) = text.as_chunks::<8>();
    let count = |word: &[u8; 8]| {
        let differs = u64::from_le_bytes(*word) ^ LINE_ENDS;
        // The top bit of each byte ends up set exactly where the byte differs in nothing.
        (!(((differs & LOW) + LOW) | differs | LOW)).count_ones() as usize
    };
    words.iter().map(count).sum::<usize>() + rest.iter().filter(|&&byte| byte == b'\n').count()
}

/// The last `count` whole lines of `text`, first line first.
fn last_lines(text: &[u8], count: usize) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut end = text.len();
    while end > 0 && lines.len() < count {
        let start = line_start(text, end - 1);
        lines.push(&text[start..end]);
        end = start;
    }
    lines.reverse();
    lines
}

fn first_lines(text: &[u8], count: usize) -> Vec<&[u8]> {
    text.split_inclusive(|&byte| byte == b'\n').take(count).collect()
}

/// A splice cut down to what really differs, at borders of words.
struct Change<'a> {
    span: Span,
    text: &'a str,
    part: Part,
}

impl<'a> Change<'a> {
    fn of(base: &[u8], splice: &'a Splice) -> Option<Self> {
        let (old, new) = (&base[splice.range.clone()], splice.text.as_bytes());
        // A word is what people read as one; bytes beyond ASCII count as letters, so that no
        // character is cut.
        let word = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80)
        };
        let mut head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
        while head > 0 && word(old.get(head - 1)) && (word(old.get(head)) || word(new.get(head))) {
            head -= 1;
        }
        let (old, new) = (&old[head..], &new[head..]);
        let mut tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
        let before = |text: &[u8], tail: usize| {
            word(text.len().checked_sub(tail + 1).and_then(|at| text.get(at)))
        };
        while tail > 0
            && word(old.get(old.len() - tail))
            && (before(old, tail) || before(new, tail))
        {
            tail -= 1;
        }
        let span = splice.range.start + head..splice.range.end - tail;
        let text = splice.text.get(head..splice.text.len() - tail)?;
        let blank = |text: &[u8]| text.iter().all(u8::is_ascii_whitespace);
        let white = blank(&base[span.clone()]) && blank(text.as_bytes());
        let part = if white { Part::WhiteSpace } else { Part::Changed };
        (!span.is_empty() || !text.is_empty()).then_some(Self { span, text, part })
    }
}

/// Splits what is pushed into lines.
#[derive(Default)]
struct Side<'a> {
    lines: Vec<RawLine<'a>>,
    open: bool,
}

impl<'a> Side<'a> {
    fn push(&mut self, text: &'a [u8], part: Part) {
        if text.is_empty() {
            return;
        }
        // `contains` looks at words, not bytes: worth it for a text that is one line of 4 MiB.
        if !text.contains(&b'\n') {
            return self.push_within(text, part);
        }
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            self.push_within(line, part);
        }
    }

    fn push_within(&mut self, text: &'a [u8], part: Part) {
        if !self.open {
            self.lines.push(RawLine::default());
        }
        if let Some(RawLine(parts)) = self.lines.last_mut() {
            parts.push((text, part));
        }
        self.open = !text.ends_with(b"\n");
    }
}

impl RawLine<'_> {
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|(text, _)| text.len()).sum()
    }

    pub(super) fn bytes(&self) -> impl Iterator<Item = &u8> {
        self.0.iter().flat_map(|(text, _)| text.iter())
    }
}

fn common<'a>(pairs: impl Iterator<Item = (&'a RawLine<'a>, &'a RawLine<'a>)>) -> usize {
    pairs.take_while(|(old, new)| old.len() == new.len() && old.bytes().eq(new.bytes())).count()
}

/// The start of the line in which the byte `at` stands.
fn line_start(text: &[u8], at: usize) -> usize {
    let mut end = at;
    for chunk in text[..at].rchunks(1024) {
        if chunk.contains(&b'\n') {
            let from_end = chunk.iter().rev().position(|&byte| byte == b'\n').unwrap_or(0);
            return end - from_end;
        }
        end -= chunk.len();
    }
    0
}

/// The end of the line in which the byte `at` stands, behind its line end.
pub(super) fn line_end(text: &[u8], at: usize) -> usize {
    let mut start = at;
    for chunk in text[at..].chunks(1024) {
        if chunk.contains(&b'\n') {
            return start + chunk.iter().position(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        }
        start += chunk.len();
    }
    text.len()
}

pub(super) fn without_line_end(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_counted_exactly() {
        for text in [
            "",
            "\n",
            "a\nb",
            "12345678",
            "\n\n\n\n\n\n\n\n\n",
            "\u{b}\u{b}\n\u{b}\u{b}\u{b}\u{b}\u{b}",
            "\u{8a}\n1234567\n",
        ] {
            assert_eq!(line_ends(text.as_bytes()), text.matches('\n').count(), "{text:?}");
        }
    }
}
