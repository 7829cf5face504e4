use std::ops::Range;
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

/// Applies `splices` to `text`.
///
/// The splices must be sorted by their start and disjoint, and lie inside the text; two insertions
/// at one place keep their order. A splice that breaks this is left out rather than misapplied.
pub fn apply(text: &[u8], splices: &[Splice]) -> Vec<u8> {
    let grown: usize = splices.iter().map(|splice| splice.text.len()).sum();
    let mut out = Vec::with_capacity(text.len() + grown);
    let mut at = 0;
    for splice in splices {
        let Range { start, end } = splice.range;
        let sound = at <= start && start <= end && end <= text.len();
        debug_assert!(sound, "splices must be sorted, disjoint and inside the text");
        if sound {
            out.extend_from_slice(&text[at..start]);
            out.extend_from_slice(splice.text.as_bytes());
            at = end;
        }
    }
    out.extend_from_slice(&text[at..]);
    out
}
