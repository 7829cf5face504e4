use crate::msg;
use crate::registry::Tag;
use crate::registry::push::BackupName;
use crate::text::{Message, Utc, excerpt};

/// How the tag is called that keeps what a push replaces, such as `{tag}-before-{date}`.
///
/// Placeholders: `{tag}` (the tag that is replaced), `{date}` (`20260727`) and `{time}`
/// (`142355`), both in UTC, and `{short}` (the first 12 hex digits of the replaced digest).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupTag(String);

/// Why a text is no pattern for backup tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupTagError {
    /// A placeholder that is not known, or a lone brace.
    Placeholder(String),
    /// None of the placeholders: every push would overwrite the backup of the one before.
    Constant,
    /// What it makes is not a tag.
    Tag(crate::registry::ReferenceError),
}

const PLACEHOLDERS: [&str; 4] = ["{tag}", "{date}", "{time}", "{short}"];

impl BackupTag {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Result<Self, BackupTagError> {
        let sample =
            PLACEHOLDERS.iter().fold(text.to_owned(), |text, name| text.replace(name, "1"));
        if let Some(at) = sample.find(['{', '}']) {
            let end = sample[at..].find('}').map_or(sample.len(), |close| at + close + 1);
            return Err(BackupTagError::Placeholder(sample[at..end].to_owned()));
        }
        if sample == text {
            return Err(BackupTagError::Constant);
        }
        Tag::parse(&sample).map_err(BackupTagError::Tag)?;
        Ok(Self(text.to_owned()))
    }

    /// The name of the tag that keeps what `tag` named until `now_ms` (milliseconds since 1970).
    pub fn name(&self, tag: &Tag, now_ms: u64) -> BackupName {
        let now = Utc::of_ms(now_ms);
        let text = self
            .0
            .replace("{tag}", tag.as_str())
            .replace("{date}", &now.compact_date())
            .replace("{time}", &now.compact_time());
        BackupName::filled(text)
    }
}

impl BackupTagError {
    /// What is wrong, for the administrator of the portal.
    pub fn message(&self) -> Message {
        let known = PLACEHOLDERS.join(" ");
        match self {
            Self::Placeholder(name) => {
                msg!("config.backup-placeholder", name = excerpt(name, 40), known = known)
            }
            Self::Constant => msg!("config.backup-constant", known = known),
            Self::Tag(error) => error.message(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Digest;

    #[test]
    fn tags() {
        let digest = Digest::sha256(b"");
        let check = |pattern: &str, tag: &str, ms: u64, expected: &str| {
            let name = BackupTag::parse(pattern).unwrap().name(&Tag::parse(tag).unwrap(), ms);
            assert_eq!(name.tag(&digest).unwrap().as_str(), expected, "{pattern}");
        };
        check("{tag}-before-{date}", "1.4", 0, "1.4-before-19700101");
        check("{tag}-{date}T{time}", "1.4", 1_785_162_235_999, "1.4-20260727T142355");
        check("{date}", "x", 951_782_400_000, "20000229");
        check("{date}", "x", 4_107_542_400_000, "21000301");
        check("backup-{short}", "x", 0, "backup-e3b0c44298fc");
        let long = "a".repeat(128);
        check("{tag}-{date}", &long, 0, &long);
    }

    #[test]
    fn refusals() {
        for (pattern, expected) in [
            ("{tag", BackupTagError::Placeholder("{tag".into())),
            ("{tag}-{day}", BackupTagError::Placeholder("{day}".into())),
            ("backup", BackupTagError::Constant),
            ("{tag}/x", BackupTagError::Tag(Tag::parse("1/x").unwrap_err())),
            ("-{tag}", BackupTagError::Tag(Tag::parse("-1").unwrap_err())),
        ] {
            assert_eq!(BackupTag::parse(pattern), Err(expected), "{pattern}");
        }
    }
}
