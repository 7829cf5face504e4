//! The path of a file below a web root, from the path of its URL.

use crate::manifest::UrlParts;
use crate::msg;
use crate::text::{Message, visible};

/// The folder of the server's rules.
pub(super) const RULES: &str = "server-rules";
/// The lists of sums, by algorithm.
pub(super) const SUMS: [&str; 2] = ["SHA256SUMS", "SHA512SUMS"];
/// The longest path in bytes: what file systems and archives take everywhere.
const MAX_PATH: usize = 1024;
/// The longest name of a file or folder in bytes.
const MAX_NAME: usize = 255;

/// Why a URL has no path that a file can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathError {
    /// It has a query: a server of files does not look at it.
    Query,
    /// It ends in `/`, so that it names a folder.
    Folder,
    /// A part is `.` or `..`, or empty.
    Dots,
    /// A part holds an encoded `/` or `\`.
    Slash,
    /// A part holds a control character, or is no UTF-8.
    Unwritable,
    /// A part is a drive or device of Windows, such as `C:` or `nul`.
    Device(String),
    /// A part, or the whole, is longer than file systems take.
    TooLong,
}

impl PathError {
    /// What is wrong, for a person.
    pub fn message(&self) -> Message {
        match self {
            Self::Query => msg!("deliver.path-query"),
            Self::Folder => msg!("deliver.path-folder"),
            Self::Dots => msg!("deliver.path-dots"),
            Self::Slash => msg!("deliver.path-slash"),
            Self::Unwritable => msg!("deliver.path-unwritable"),
            Self::Device(name) => msg!("deliver.path-device", name = visible(name)),
            Self::TooLong => msg!("deliver.path-too-long", max = MAX_PATH as u64),
        }
    }
}

/// The path below the web root that makes `url` true, without a slash at its start: the parts of the
/// URL's path, decoded as web servers decode them.
///
/// The text itself is read, not a normalised form of it: `..` that a browser would resolve is
/// refused here.
pub(super) fn path_of(url: &str) -> Result<String, PathError> {
    let Some(parts) = UrlParts::of(url) else { return Err(PathError::Folder) };
    if parts.query.is_some() {
        return Err(PathError::Query);
    }
    let path = parts.path.get(1..).unwrap_or_default();
    if path.is_empty() || path.ends_with('/') {
        return Err(PathError::Folder);
    }
    let parts = path.split('/').map(name).collect::<Result<Vec<_>, _>>()?;
    let path = parts.join("/");
    if path.len() > MAX_PATH { Err(PathError::TooLong) } else { Ok(path) }
}

/// One part of a path, decoded.
fn name(part: &str) -> Result<String, PathError> {
    let name = decoded(part).ok_or(PathError::Unwritable)?;
    if name.contains(['/', '\\']) {
        return Err(PathError::Slash);
    }
    if name.is_empty() || name.trim_end_matches(['.', ' ']).is_empty() {
        return Err(PathError::Dots);
    }
    if name.chars().any(char::is_control) {
        return Err(PathError::Unwritable);
    }
    if is_device(&name) {
        return Err(PathError::Device(name));
    }
    if name.len() > MAX_NAME { Err(PathError::TooLong) } else { Ok(name) }
}

/// Whether Windows takes the name for a drive or a device.
fn is_device(name: &str) -> bool {
    const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];
    let mut letters = name.chars();
    let is_drive = letters.next().is_some_and(|letter| letter.is_ascii_alphabetic())
        && letters.next() == Some(':');
    let stem = name.split(['.', ':']).next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|rest| matches!(rest.as_bytes(), [b'0'..=b'9']))
    };
    is_drive || DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
}

/// `text` without percent-encoding; `None` when that is no UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        // A `%` without two hex digits stays what it is, as in servers.
        let digits = rest.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        if byte == b'%'
            && let Some(digits) = digits
        {
            let digits = str::from_utf8(digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &rest[2..];
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_url_is_the_path_of_its_file() {
        for (url, expected) in [
            ("https://cdn.example/a/b", Ok("a/b")),
            ("https://cdn.example/blobs/sha256:00", Ok("blobs/sha256:00")),
            ("https://cdn.example/blobs/sha256%3A00", Ok("blobs/sha256:00")),
            ("https://cdn.example/a%20b/c%C3%A9#part", Ok("a b/cé")),
            ("https://cdn.example/100%", Ok("100%")),
            ("https://cdn.example", Err(PathError::Folder)),
            ("https://cdn.example/", Err(PathError::Folder)),
            ("https://cdn.example/a/", Err(PathError::Folder)),
            ("https://cdn.example/a?sig=1", Err(PathError::Query)),
            ("https://cdn.example/../a", Err(PathError::Dots)),
            ("https://cdn.example/a/%2e%2E/b", Err(PathError::Dots)),
            ("https://cdn.example/a/./b", Err(PathError::Dots)),
            ("https://cdn.example/a//b", Err(PathError::Dots)),
            ("https://cdn.example/a/.. ./b", Err(PathError::Dots)),
            ("https://cdn.example/a%2Fb", Err(PathError::Slash)),
            ("https://cdn.example/a%5c..%5cb", Err(PathError::Slash)),
            ("https://cdn.example/a\\b", Err(PathError::Slash)),
            ("https://cdn.example/a%00b", Err(PathError::Unwritable)),
            ("https://cdn.example/a%0ab", Err(PathError::Unwritable)),
            ("https://cdn.example/%ff", Err(PathError::Unwritable)),
            ("https://cdn.example/C:/x", Err(PathError::Device("C:".into()))),
            ("https://cdn.example/c%3Ax", Err(PathError::Device("c:x".into()))),
            ("https://cdn.example/NUL.tar", Err(PathError::Device("NUL.tar".into()))),
            ("https://cdn.example/com1", Err(PathError::Device("com1".into()))),
            ("https://cdn.example/com10", Ok("com10")),
            ("https://cdn.example/console", Ok("console")),
        ] {
            assert_eq!(path_of(url), expected.map(str::to_owned), "{url}");
        }
        let long = format!("https://cdn.example/{}", "a".repeat(256));
        assert_eq!(path_of(&long), Err(PathError::TooLong));
        assert!(path_of(&long[..long.len() - 1]).is_ok());
    }
}
