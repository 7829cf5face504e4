use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// A range of bytes in a text, from zero.
pub type Span = Range<usize>;

/// One replacement in a text: the bytes of `range` become `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// The bytes of the original text that go away; empty for an insertion.
    pub range: Span,
    /// What comes in their place; shared by all renderings in which it stays the same.
    pub text: Arc<str>,
}

impl Splice {
    /// A splice of `range` to `text`.
    pub fn new(range: Span, text: impl Into<Arc<str>>) -> Self {
        Self { range, text: text.into() }
    }
}

/// Replacements in one text.
///
/// Invariant: sorted by their start and disjoint; insertions at one place stand in the order in
/// which they were given, before a replacement that starts there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Splices(Vec<Splice>);

/// Two replacements of the same bytes, or one with its end before its start: what was meant can't
/// be told, so nothing is built. Only a mistake in the code that makes splices leads here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The replacement that starts first.
    pub first: Span,
    /// The one that starts before the first one ends; the same one when its end is before its start.
    pub second: Span,
}

impl Splices {
    /// Sorts `found`, which may be in any order.
    pub fn new(mut found: Vec<Splice>) -> Result<Self, Overlap> {
        found.sort_by_key(|splice| (splice.range.start, splice.range.end));
        let overlap = |first: &Splice, second: &Splice| Overlap {
            first: first.range.clone(),
            second: second.range.clone(),
        };
        if let Some(backwards) = found.iter().find(|each| each.range.start > each.range.end) {
            return Err(overlap(backwards, backwards));
        }
        match found.windows(2).find(|pair| pair[0].range.end > pair[1].range.start) {
            Some(pair) => Err(overlap(&pair[0], &pair[1])),
            None => Ok(Self(found)),
        }
    }

    /// The same splices, with `own` instead of those that start inside `range`.
    pub fn replaced(&self, range: &Span, own: Vec<Splice>) -> Result<Self, Overlap> {
        let kept = self.0.iter().filter(|splice| !range.contains(&splice.range.start));
        Self::new(kept.cloned().chain(own).collect())
    }
}

impl From<Splice> for Splices {
    fn from(splice: Splice) -> Self {
        Self(vec![splice])
    }
}

impl Deref for Splices {
    type Target = [Splice];

    fn deref(&self) -> &[Splice] {
        &self.0
    }
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, second } = self;
        write!(f, "the bytes {first:?} and {second:?} of one text are to be replaced at once")
    }
}

/// What `splices` make of `text`.
///
/// # Panics
///
/// When they reach beyond the end of `text`, which is then not the text that they were made for.
pub fn apply(text: &[u8], splices: &Splices) -> Vec<u8> {
    let grown: usize = splices.iter().map(|splice| splice.text.len()).sum();
    let mut out = Vec::with_capacity(text.len() + grown);
    let mut at = 0;
    for splice in splices.iter() {
        out.extend_from_slice(&text[at..splice.range.start]);
        out.extend_from_slice(splice.text.as_bytes());
        at = splice.range.end;
    }
    out.extend_from_slice(&text[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn splices(found: &[(Span, &str)]) -> Result<Splices, Overlap> {
        Splices::new(found.iter().map(|(range, text)| Splice::new(range.clone(), *text)).collect())
    }

    #[test]
    fn any_order_gives_the_same_text() {
        let check = |found: &[(Span, &str)], expected: &str| {
            let applied = apply(b"abcdef", &splices(found).unwrap());
            assert_eq!(String::from_utf8(applied).unwrap(), expected, "{found:?}");
        };
        check(&[], "abcdef");
        check(&[(4..5, "E"), (0..1, "A")], "AbcdEf");
        check(&[(2..3, "C"), (1..2, "B"), (3..3, "-")], "aBC-def");
        check(&[(2..4, ""), (2..2, "1"), (2..2, "2"), (4..4, "3")], "ab123ef");
        check(&[(6..6, "g"), (0..6, "")], "g");
    }

    #[test]
    fn what_overlaps_is_not_built() {
        let check = |found: &[(Span, &str)], first: Span, second: Span| {
            assert_eq!(splices(found), Err(Overlap { first, second }), "{found:?}");
        };
        check(&[(0..2, "x"), (1..3, "y")], 0..2, 1..3);
        check(&[(1..3, "y"), (0..2, "x")], 0..2, 1..3);
        check(&[(1..2, "x"), (1..2, "x")], 1..2, 1..2);
        check(&[(0..4, ""), (2..2, "y")], 0..4, 2..2);
        let backwards = Span { start: 3, end: 1 };
        check(&[(backwards.clone(), "x")], backwards.clone(), backwards);
        let overlap = splices(&[(0..2, "x"), (1..3, "y")]).unwrap_err().to_string();
        assert_eq!(overlap, "the bytes 0..2 and 1..3 of one text are to be replaced at once");
    }

    #[test]
    #[should_panic(expected = "range end index 9")]
    fn splices_of_another_text_are_not_left_out() {
        apply(b"abc", &splices(&[(9..9, "x")]).unwrap());
    }

    #[test]
    fn a_part_can_be_replaced() {
        let all = splices(&[(0..1, "A"), (2..3, "C"), (3..3, "-"), (5..6, "F")]).unwrap();
        let own = vec![Splice::new(3..4, "D")];
        let replaced = all.replaced(&(2..5), own).unwrap();
        assert_eq!(apply(b"abcdef", &replaced), b"AbcDeF");
        assert!(all.replaced(&(2..3), vec![Splice::new(2..6, "")]).is_err());
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest::proptest! {
        /// The model marks each byte of the text that goes, and collects what comes before it.
        #[test]
        fn splices_are_applied_whole_or_not_built(
            found in proptest::collection::vec((0usize..12, 0usize..5, "[xyz]{0,2}"), 0..6),
        ) {
            let text = b"0123456789abcdef";
            let mut gone = [0; 16];
            let mut came = vec![String::new(); 17];
            let mut clash = false;
            for (start, len, new) in &found {
                gone[*start..start + len].iter_mut().for_each(|count| *count += 1);
                let inside = |(at, width, _): &(usize, usize, String)| {
                    *len == 0 && at < start && *start < at + width
                };
                clash |= found.iter().any(inside);
                if *len == 0 {
                    came[*start].push_str(new);
                }
            }
            for (start, len, new) in &found {
                if *len > 0 {
                    came[*start].push_str(new);
                }
            }
            clash |= gone.iter().any(|&count| count > 1);
            let list = found.iter().map(|(at, len, new)| Splice::new(*at..at + len, new.as_str()));
            match Splices::new(list.collect()) {
                Err(_) => proptest::prop_assert!(clash),
                Ok(splices) => {
                    proptest::prop_assert!(!clash);
                    let mut expected = String::new();
                    for at in 0..=text.len() {
                        expected.push_str(&came[at]);
                        if at < text.len() && gone[at] == 0 {
                            expected.push(char::from(text[at]));
                        }
                    }
                    proptest::prop_assert_eq!(apply(text, &splices), expected.into_bytes());
                }
            }
        }
    }
}
