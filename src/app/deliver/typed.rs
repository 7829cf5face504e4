use std::fmt;
use std::rc::Rc;

/// Text that may hold signatures: shown in its field only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Typed(Rc<str>);

impl Typed {
    pub(super) fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The text: only for its field, and for the requests themselves.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// Without the text.
impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "nothing" } else { "…" })
    }
}
