use crate::manifest::Digest;
use crate::registry::reference::Tag;

/// How the tag is called that keeps what a push replaces: all but the replaced digest, which is
/// known once the target was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupName(String);

/// The most characters that a tag has.
const MAX_TAG: usize = 128;

impl BackupName {
    /// The name unless a portal has its own: `1.4-was-9f2c61d0a7e4`.
    pub fn of(tag: &Tag) -> Self {
        let suffix = "-was-";
        let kept = tag.as_str().len().min(MAX_TAG - suffix.len() - 12);
        // Tags are ASCII, so any cut is between characters.
        Self(format!("{}{suffix}{{short}}", &tag.as_str()[..kept]))
    }

    /// A name in which only `{short}`, the first 12 hex digits of the replaced digest, is open.
    pub fn filled(pattern: String) -> Self {
        Self(pattern)
    }

    /// The tag that keeps `old`; one that gets too long for a tag loses its end. `None` when that
    /// is not a tag.
    pub fn tag(&self, old: &Digest) -> Option<Tag> {
        let text = self.0.replace("{short}", old.hex().get(..12).unwrap_or_default());
        Tag::parse(text.get(..MAX_TAG).unwrap_or(&text)).ok()
    }
}

/// Another name for the same backup where `backup` is taken: `1.4-was-9f2c61d0a7e4-2`. The first
/// is the name itself.
pub(super) fn variant(backup: &Tag, number: usize) -> Tag {
    if number < 2 {
        return backup.clone();
    }
    let suffix = format!("-{number}");
    let kept = backup.as_str().len().min(MAX_TAG - suffix.len());
    // The beginning of a tag with such an end is a tag.
    Tag::parse(&format!("{}{suffix}", &backup.as_str()[..kept])).unwrap_or_else(|_| backup.clone())
}
