//! Links into the page: what stands behind `#` in its address.

use crate::registry::MAX_REFERENCE;

/// What a link asks for: `#ref=registry.example.com/team/app:1.4&platform=linux/arm64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeepLink {
    /// The image.
    pub reference: String,
    /// The platform to show, as `os/architecture[/variant]`.
    pub platform: Option<String>,
}

impl DeepLink {
    /// Reads the part of an address after `#`; `None` when it names no image. What else stands
    /// there is ignored.
    pub fn parse(fragment: &str) -> Option<Self> {
        let mut link = Self { reference: String::new(), platform: None };
        for parameter in fragment.trim_start_matches('#').split('&') {
            let (name, value) = parameter.split_once('=')?;
            match name {
                "ref" => link.reference = decoded(value)?,
                "platform" => link.platform = Some(decoded(value)?),
                _ => {}
            }
        }
        (1..=MAX_REFERENCE).contains(&link.reference.len()).then_some(link)
    }
}

/// `text` without percent-encoding; `None` when that is no text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let hex = std::str::from_utf8(rest.get(..2)?).ok()?;
            if !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = &rest[2..];
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
