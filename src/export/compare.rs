//! What differs between two texts of which no edits are known: a text as loaded and the same text
//! as a person rewrote it.

use std::ops::Range;

use super::blocks::line_end;
use crate::json::{Splice, Splices};

/// Splices that make `new` out of `old`: lines are compared first, then words inside those that
/// differ. Both texts are UTF-8.
///
/// Always right; only how small the splices are is bounded: beyond some hundred differences the
/// rest counts as one.
pub fn splices_between(old: &[u8], new: &[u8]) -> Splices {
    let (all_old, all_new) = (old, new);
    let (head, old, new) = differing(old, new, is_line);
    let (old_lines, new_lines) = (lines(old), lines(new));
    let mut splices = Vec::new();
    let mut start = Offsets::from(head);
    for (gone, come) in differences(&old_lines, &new_lines, MOST_LINES) {
        let at = start.of(&old_lines, gone.start);
        let (old, new) = (&old_lines[gone], &new_lines[come]);
        if old.len() == new.len() {
            let mut at = at;
            for (old, new) in old.iter().zip(new) {
                compare_words(at, old, new, &mut splices);
                at += old.len();
            }
        } else {
            compare_words(at, &old.concat(), &new.concat(), &mut splices);
        }
    }
    // They were found from the start to the end, so they can't overlap.
    Splices::new(splices)
        .unwrap_or_else(|_| Splice::new(0..all_old.len(), String::from_utf8_lossy(all_new)).into())
}

/// Adds the splices between `old`, which starts at the byte `at`, and `new`.
fn compare_words(at: usize, old: &[u8], new: &[u8], splices: &mut Vec<Splice>) {
    let (head, old, new) = differing(old, new, is_word);
    let (old, new) = (split(old, is_word), split(new, is_word));
    let mut start = Offsets::from(at + head);
    for (gone, come) in differences(&old, &new, MOST_WORDS) {
        let range = start.of(&old, gone.start)..start.of(&old, gone.end);
        splices.push(Splice::new(range, String::from_utf8_lossy(&new[come].concat())));
    }
}

/// How many bytes both texts start with, and what is left of each without those and without what
/// they end with alike; cut where `joined` allows it.
fn differing<'a>(
    old: &'a [u8],
    new: &'a [u8],
    joined: fn(u8, u8) -> bool,
) -> (usize, &'a [u8], &'a [u8]) {
    // Whole chunks are compared at once: both texts may have megabytes in common.
    const CHUNK: usize = 1024;
    let cuts = |text: &[u8], at: usize| match text.get(at.wrapping_sub(1)..=at) {
        Some(&[before, after]) => joined(before, after),
        _ => false,
    };
    let chunks = old.chunks(CHUNK).zip(new.chunks(CHUNK)).take_while(|(a, b)| a == b);
    let mut head = chunks.map(|(chunk, _)| chunk.len()).sum::<usize>();
    head += old[head..].iter().zip(&new[head..]).take_while(|(a, b)| a == b).count();
    while head > 0 && (cuts(old, head) || cuts(new, head)) {
        head -= 1;
    }
    let (old, new) = (&old[head..], &new[head..]);
    let chunks = old.rchunks(CHUNK).zip(new.rchunks(CHUNK)).take_while(|(a, b)| a == b);
    let mut tail = chunks.map(|(chunk, _)| chunk.len()).sum::<usize>();
    let rest = old[..old.len() - tail].iter().rev().zip(new[..new.len() - tail].iter().rev());
    tail += rest.take_while(|(a, b)| a == b).count();
    while tail > 0 && (cuts(old, old.len() - tail) || cuts(new, new.len() - tail)) {
        tail -= 1;
    }
    (head, &old[..old.len() - tail], &new[..new.len() - tail])
}

/// The ranges of two sequences that differ, in order, each from the old and the new one; what lies
/// between them is the same.
///
/// E. W. Myers, “An O(ND) difference algorithm and its variations” (1986), the greedy form. More
/// than `most` insertions and removals count as one difference.
fn differences(old: &[&[u8]], new: &[&[u8]], most: usize) -> Vec<(Range<usize>, Range<usize>)> {
    let same = |a: usize, b: usize| old[a] == new[b];
    let (old, new) = (old.len(), new.len());
    let shorter = old.min(new);
    let head = (0..shorter).take_while(|&at| same(at, at)).count();
    let tail = (0..shorter - head).take_while(|&at| same(old - 1 - at, new - 1 - at)).count();
    let (gone, come) = (old - head - tail, new - head - tail);
    if gone == 0 && come == 0 {
        return Vec::new();
    }
    let whole = vec![(head..head + gone, head..head + come)];
    if gone == 0 || come == 0 {
        return whole;
    }
    // reached[d][i]: how far into the old sequence d steps lead on the diagonal 2i - d.
    let mut reached: Vec<Vec<usize>> = Vec::new();
    while reached.len() <= most {
        let steps = reached.len();
        let mut row = Vec::with_capacity(steps + 1);
        for i in 0..=steps {
            let mut x = reached.last().map_or(0, |before| step(before, i).0);
            // On the diagonal x - y = 2i - d; y is never negative where x can be reached.
            let mut y = (x + steps).saturating_sub(2 * i);
            while x < gone && y < come && same(head + x, head + y) {
                (x, y) = (x + 1, y + 1);
            }
            row.push(x);
            if x >= gone && y >= come {
                return way_back(&reached, i, (gone, come), head);
            }
        }
        reached.push(row);
    }
    whole
}

const MOST_LINES: usize = 256;
const MOST_WORDS: usize = 128;

/// From the row before to the place `i` of the next: how far that leads, and whether by a removal.
fn step(before: &[usize], i: usize) -> (usize, bool) {
    match (i.checked_sub(1).and_then(|left| before.get(left)), before.get(i)) {
        (Some(left), Some(here)) if left < here => (*here, false),
        (Some(left), _) => (left + 1, true),
        (None, Some(here)) => (*here, false),
        (None, None) => (0, false),
    }
}

fn way_back(
    reached: &[Vec<usize>],
    mut i: usize,
    (mut x, mut y): (usize, usize),
    head: usize,
) -> Vec<(Range<usize>, Range<usize>)> {
    let mut found: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for before in reached.iter().rev() {
        let (at, removal) = step(before, i);
        // The step was made at the start of the run of equals that led here.
        let back = x - at;
        (x, y) = (x - back, y - back);
        let end = (x, y);
        if removal {
            (x, i) = (x - 1, i - 1);
        } else {
            y -= 1;
        }
        match found.last_mut() {
            Some((old, new)) if (old.start, new.start) == (head + end.0, head + end.1) => {
                (old.start, new.start) = (head + x, head + y);
            }
            _ => found.push((head + x..head + end.0, head + y..head + end.1)),
        }
    }
    found.reverse();
    found
}

fn lines(text: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let end = line_end(text, at);
        lines.push(&text[at..end]);
        at = end;
    }
    lines
}

/// Cuts `text` between the bytes that `joined` does not hold together.
fn split(text: &[u8], joined: fn(u8, u8) -> bool) -> Vec<&[u8]> {
    text.chunk_by(|&a, &b| joined(a, b)).collect()
}

fn is_line(before: u8, _: u8) -> bool {
    before != b'\n'
}

/// Runs of letters and digits, and of blanks; a byte beyond ASCII counts as a letter, so that no
/// character is cut.
fn is_word(before: u8, after: u8) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80;
    (letter(before) && letter(after)) || (before == b' ' && after == b' ')
}

/// Byte offsets of parts, asked for in ascending order.
struct Offsets {
    part: usize,
    at: usize,
}

impl Offsets {
    fn from(at: usize) -> Self {
        Self { part: 0, at }
    }

    fn of(&mut self, parts: &[&[u8]], part: usize) -> usize {
        self.at += parts[self.part..part].iter().map(|each| each.len()).sum::<usize>();
        self.part = part;
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    fn check(old: &str, new: &str, expected: &[(&str, &str)]) {
        let splices = splices_between(old.as_bytes(), new.as_bytes());
        let applied = json::apply(old.as_bytes(), &splices);
        assert_eq!(String::from_utf8(applied).unwrap(), new);
        let got: Vec<(&str, &str)> =
            splices.iter().map(|splice| (&old[splice.range.clone()], &*splice.text)).collect();
        assert_eq!(got, expected);
    }

    #[test]
    fn small_differences() {
        check("", "", &[]);
        check("a\n", "a\n", &[]);
        check("", "a\n", &[("", "a\n")]);
        check("a\nb\nc\n", "a\nc\n", &[("b\n", "")]);
        check("a\nb\nc\n", "b\nc\nd", &[("a\n", ""), ("", "d")]);
        check(
            "{ \"size\": 12, \"b\": 1 }",
            "{ \"size\": 13, \"b\": 2 }",
            &[("12", "13"), ("1", "2")],
        );
        check("grün\nb\n", "grau\nb\n", &[("grün", "grau")]);
        check("  \"a\": 1\n", "  \"a\": 1,\n  \"b\": 2\n", &[("", ",\n  \"b\": 2")]);
    }

    #[test]
    fn many_differences_count_as_one_and_stay_right() {
        let lines = |count: usize, step: usize| {
            let lines: Vec<String> = (0..count).map(|line| (line * step).to_string()).collect();
            lines.join(
                "
",
            )
        };
        let (old, new) = (lines(2000, 1), lines(1500, 7));
        let splices = splices_between(old.as_bytes(), new.as_bytes());
        assert_eq!(json::apply(old.as_bytes(), &splices), new.as_bytes());
        assert!(splices.len() < 300);
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest::proptest! {
        #[test]
        fn splices_make_the_new_text(old in "[ab\n]{0,60}", new in "[ab\n]{0,60}") {
            let splices = splices_between(old.as_bytes(), new.as_bytes());
            proptest::prop_assert_eq!(json::apply(old.as_bytes(), &splices), new.as_bytes());
        }
    }
}
