//! Quoting for a shell.

use std::fmt::Write as _;

use crate::text::visible;

/// `text` as one word of a POSIX shell.
///
/// Characters that a terminal would obey instead of showing are written as escapes (`$'…'`, which
/// bash, zsh, ksh and POSIX.1-2024 have).
pub fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    if text == visible(text) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let mut out = String::from("$'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => out.extend(['\\', c]),
            _ if visible(c.encode_utf8(&mut [0; 4])).starts_with(c) => out.push(c),
            _ => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "\\{byte:03o}");
                }
            }
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted() {
        for (text, expected) in [
            ("", "''"),
            ("a-b_c./:@%+=,9", "a-b_c./:@%+=,9"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("$(rm -rf /)", "'$(rm -rf /)'"),
            ("~", "'~'"),
            ("a\u{1b}[2J'\\", r"$'a\033[2J\'\\'"),
            ("a\u{202e}b", r"$'a\342\200\256b'"),
            ("ä", "'ä'"),
        ] {
            assert_eq!(quote(text), expected);
        }
    }

    #[cfg(not(target_arch = "wasm32"))]
    #[test]
    fn quoted_words_survive_a_shell() {
        for text in
            ["", "it's $HOME `id` \"x\" \\", "a\nb", "\u{1b}[2J\u{202e}\\n'", "~", "#x", "!x"]
        {
            let command = format!("printf %s {}", quote(text));
            let output =
                std::process::Command::new("bash").args(["-c", &command]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), text);
        }
    }
}
