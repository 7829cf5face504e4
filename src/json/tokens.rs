//! A text cut into tokens for reading, whether it is JSON or not.

use super::Span;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its bytes.
    pub span: Span,
    /// What it looks like.
    pub kind: TokenKind,
}

/// What a piece of a text looks like. Nothing is promised about the text as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// White space.
    Blank,
    /// A string with a colon behind it, with its quotation marks.
    Name,
    /// Another string, with its quotation marks; it ends with its line at the latest.
    String,
    /// A number, `true`, `false` or `null`.
    Word,
    /// One of `{}[],:`.
    Mark,
    /// Anything else.
    Odd,
}

/// The tokens of `text` within `range`, which covers it without gaps.
///
/// Tolerant: a text that [`super::parse`] refuses is cut too, so that it can be looked at.
pub fn tokens(text: &[u8], range: Span) -> Vec<Token> {
    let text = &text[..range.end.min(text.len())];
    let mut found = Vec::new();
    let mut at = range.start;
    while let Some(&first) = text.get(at) {
        let rest = &text[at..];
        let run = |of: fn(u8) -> bool| rest.iter().take_while(|&&byte| of(byte)).count();
        let (kind, length) = match first {
            b' ' | b'\t' | b'\r' | b'\n' => (TokenKind::Blank, run(is_blank)),
            b'{' | b'}' | b'[' | b']' | b',' | b':' => (TokenKind::Mark, 1),
            b'"' => {
                let length = string_length(rest);
                let next = rest[length..].iter().find(|&&byte| !is_blank(byte));
                (if next == Some(&b':') { TokenKind::Name } else { TokenKind::String }, length)
            }
            _ => {
                let length = run(|byte| !is_blank(byte) && !b"{}[],:\"".contains(&byte));
                (word_kind(&rest[..length]), length)
            }
        };
        found.push(Token { span: at..at + length, kind });
        at += length;
    }
    found
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// The length of the string at the start of `text`, quotation marks included.
fn string_length(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\n' => return at,
            b'\\' if text.get(at + 1) != Some(&b'\n') => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

fn word_kind(word: &[u8]) -> TokenKind {
    let number = word.iter().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte));
    if number || [&b"true"[..], b"false", b"null"].contains(&word) {
        TokenKind::Word
    } else {
        TokenKind::Odd
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_cut_without_gaps() {
        use TokenKind::{Blank, Mark, Name, Odd, String, Word};
        let check = |text: &str, expected: &[(&str, TokenKind)]| {
            let found = tokens(text.as_bytes(), 0..text.len());
            let got: Vec<_> =
                found.iter().map(|each| (&text[each.span.clone()], each.kind)).collect();
            assert_eq!(got, expected, "{text}");
        };
        check("", &[]);
        check(
            "{\"a\" : [1.5e3,\n true]}",
            &[
                ("{", Mark),
                ("\"a\"", Name),
                (" ", Blank),
                (":", Mark),
                (" ", Blank),
                ("[", Mark),
                ("1.5e3", Word),
                (",", Mark),
                ("\n ", Blank),
                ("true", Word),
                ("]", Mark),
                ("}", Mark),
            ],
        );
        check(r#""a\"b\\""#, &[(r#""a\"b\\""#, String)]);
        check("\"open\n1", &[("\"open", String), ("\n", Blank), ("1", Word)]);
        check("\"\\", &[("\"\\", String)]);
        check("\"\\\n1", &[("\"\\", String), ("\n", Blank), ("1", Word)]);
        check("\u{feff}x'y", &[("\u{feff}x'y", Odd)]);
        assert_eq!(tokens(b"[1,2]", 1..4).len(), 3);
    }
}
