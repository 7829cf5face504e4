//! The annotation keys of image-spec (`annotations.md`): what each is for, and what its value must
//! look like.

use super::{Digest, DigestError, UrlError, check_url};
use crate::msg;
use crate::text::Message;

/// A key that image-spec defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownKey {
    /// The whole key.
    pub name: &'static str,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    DateTime,
    Url,
    License,
    Digest,
}

/// Why a value is not what its key promises. Registries take it all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValueProblem {
    /// No date and time of RFC 3339.
    DateTime,
    /// No URL.
    Url(UrlError),
    /// No SPDX licence expression.
    License,
    /// No digest.
    Digest(DigestError),
}

/// The keys in the order of image-spec.
pub const KNOWN_KEYS: [KnownKey; 14] = {
    const fn key(name: &'static str, form: Form) -> KnownKey {
        KnownKey { name, form }
    }
    [
        key("org.opencontainers.image.created", Form::DateTime),
        key("org.opencontainers.image.authors", Form::Text),
        key("org.opencontainers.image.url", Form::Url),
        key("org.opencontainers.image.documentation", Form::Url),
        key("org.opencontainers.image.source", Form::Url),
        key("org.opencontainers.image.version", Form::Text),
        key("org.opencontainers.image.revision", Form::Text),
        key("org.opencontainers.image.vendor", Form::Text),
        key("org.opencontainers.image.licenses", Form::License),
        key("org.opencontainers.image.ref.name", Form::Text),
        key("org.opencontainers.image.title", Form::Text),
        key("org.opencontainers.image.description", Form::Text),
        key("org.opencontainers.image.base.digest", Form::Digest),
        key("org.opencontainers.image.base.name", Form::Text),
    ]
};

impl KnownKey {
    /// The key of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        KNOWN_KEYS.iter().find(|known| known.name == name)
    }

    /// What the key is for, in the words of image-spec, and what its value looks like.
    pub fn explanation(&self) -> Message {
        match self.name.strip_prefix("org.opencontainers.image.").unwrap_or_default() {
            "created" => msg!("annotation-key.created"),
            "authors" => msg!("annotation-key.authors"),
            "url" => msg!("annotation-key.url"),
            "documentation" => msg!("annotation-key.documentation"),
            "source" => msg!("annotation-key.source"),
            "version" => msg!("annotation-key.version"),
            "revision" => msg!("annotation-key.revision"),
            "vendor" => msg!("annotation-key.vendor"),
            "licenses" => msg!("annotation-key.licenses"),
            "ref.name" => msg!("annotation-key.ref-name"),
            "title" => msg!("annotation-key.title"),
            "description" => msg!("annotation-key.description"),
            "base.digest" => msg!("annotation-key.base-digest"),
            _ => msg!("annotation-key.base-name"),
        }
    }

    /// Whether `value` is what the key promises.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, value: &str) -> Result<(), ValueProblem> {
        match self.form {
            Form::Text => Ok(()),
            Form::DateTime if is_date_time(value) => Ok(()),
            Form::DateTime => Err(ValueProblem::DateTime),
            Form::Url => check_url(value).map_err(ValueProblem::Url),
            Form::License if is_license(value) => Ok(()),
            Form::License => Err(ValueProblem::License),
            Form::Digest => Digest::parse(value).map(|_| ()).map_err(ValueProblem::Digest),
        }
    }
}

impl ValueProblem {
    /// What is wrong and what to do, as a sentence.
    pub fn message(&self) -> Message {
        match self {
            Self::DateTime => msg!("annotation-value.date-time"),
            Self::Url(error) => error.message(),
            Self::License => msg!("annotation-value.license"),
            Self::Digest(error) => msg!("annotation-value.digest", reason = error.message()),
        }
    }
}

/// Whether `text` is a `date-time` of RFC 3339, section 5.6.
fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', 't']) else { return false };
    let number = |text: &str, digits: usize| {
        (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<u32>().ok())
            .flatten()
    };
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2))
    else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    };
    let Some(at) = time.find(['Z', 'z', '+', '-']) else { return false };
    let (clock, offset) = time.split_at(at);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let in_clock = |text: &str, most: &[u32]| {
        let parts: Vec<&str> = text.split(':').collect();
        let fits =
            |(part, most): (&&str, &u32)| number(part, 2).is_some_and(|found| found <= *most);
        parts.len() == most.len() && parts.iter().zip(most).all(fits)
    };
    let offset_fits = matches!(offset, "Z" | "z") || in_clock(&offset[1..], &[23, 59]);
    (1..=12).contains(&month)
        && (1..=days).contains(&day)
        && in_clock(clock, &[23, 59, 60])
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
        && offset_fits
}

/// Whether `text` has the form of a licence expression (SPDX specification, annex D); whether a
/// licence of that name exists is not looked up.
fn is_license(text: &str) -> bool {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let mut depth = 0_usize;
    // Whether a licence, an exception, or an operator comes next.
    let (mut operand, mut exception) = (true, false);
    for word in spaced.split_whitespace() {
        let identifier = word.strip_suffix('+').unwrap_or(word);
        let is_identifier = !identifier.is_empty()
            && identifier
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte));
        match word {
            "(" if operand && !exception => depth += 1,
            ")" if !operand && depth > 0 => depth -= 1,
            "AND" | "OR" if !operand => operand = true,
            "WITH" if !operand => (operand, exception) = (true, true),
            "AND" | "OR" | "WITH" | "(" | ")" => return false,
            _ if is_identifier && operand => (operand, exception) = (false, false),
            _ => return false,
        }
    }
    depth == 0 && !operand
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_checked() {
        let check = |key: &str, value: &str, good: bool| {
            let known = KnownKey::named(&format!("org.opencontainers.image.{key}")).unwrap();
            let found = known.check(value);
            assert_eq!(found.is_ok(), good, "{key} {value}: {found:?}");
            if let Err(problem) = found {
                assert!(problem.message().to_string().ends_with('.'));
            }
        };
        check("created", "2026-11-27T12:00:00Z", true);
        check("created", "2024-02-29t23:59:60.25+01:30", true);
        for bad in [
            "2026-11-27",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-1-01T00:00:00Z",
            "2026-11-27 12:00:00Z",
            "2026-11-27T12:00:00",
            "2026-11-27T24:00:00Z",
            "2026-11-27T12:00:00.Z",
            "2026-11-27T12:00Z",
            "yesterday",
            "",
            "2026-11-27T12:00:00+1",
        ] {
            check("created", bad, false);
        }
        for good in [
            "MIT",
            "Apache-2.0",
            "MIT OR Apache-2.0",
            "GPL-2.0+ WITH Classpath-exception-2.0",
            "(MIT AND (BSD-3-Clause OR LicenseRef-mine))",
            "DocumentRef-x:LicenseRef-y",
        ] {
            check("licenses", good, true);
        }
        for bad in ["", "Apache 2.0", "MIT,BSD", "(MIT", "MIT)", "MIT OR", "OR MIT", "MIT WITH (X)"]
        {
            check("licenses", bad, false);
        }
        check("source", "https://github.com/a/b", true);
        check("source", "github.com/a/b", false);
        check("base.digest", Digest::sha256(b"").as_str(), true);
        check("base.digest", "sha256:1", false);
        check("title", "anything", true);
        assert_eq!(KnownKey::named("com.example"), None);
        for known in KNOWN_KEYS {
            assert!(known.explanation().to_string().ends_with('.'), "{}", known.name);
        }
    }
}
