//! Choices taken from the bytes of an input, so that one input always makes the same case.

/// Hands out the bytes of an input as numbers and texts; zeros when they are used up.
pub(crate) struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next byte.
    pub(crate) fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    /// A number below `limit`, which is not 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (usize::from(self.byte()) * 256 + usize::from(self.byte())) % limit
    }

    /// The bytes up to the next zero byte.
    pub(crate) fn piece(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|&byte| byte == 0).unwrap_or(self.0.len());
        let (piece, rest) = self.0.split_at(end);
        self.0 = rest.get(1..).unwrap_or_default();
        piece
    }

    /// The same as text.
    pub(crate) fn text(&mut self) -> String {
        String::from_utf8_lossy(self.piece()).into_owned()
    }

    /// The bytes that were not handed out.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Whether all bytes were handed out.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
