//! Quoting for a shell.

use std::fmt::Write as _;

use crate::text::visible;

/// `text` as one word of a POSIX shell (POSIX.1-2017, “Quoting”: dash knows no `$'…'`). It must hold
/// no NUL, which no word can.
///
/// Characters that a terminal would obey instead of showing are written as octal escapes of `printf`.
pub fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    if text == visible(text) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    // A command substitution drops line breaks at its end, so they stand behind it.
    let body = text.trim_end_matches('\n');
    let breaks = &text[body.len()..];
    let mut format = String::new();
    for c in body.chars() {
        match c {
            '\'' => format.push_str(r"'\''"),
            '\\' => format.push_str(r"\\"),
            '%' => format.push_str("%%"),
            _ if visible(c.encode_utf8(&mut [0; 4])).starts_with(c) => format.push(c),
            _ => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    // Writing to a String cannot fail.
                    let _ = write!(format, "\\{byte:03o}");
                }
            }
        }
    }
    let body =
        if body.is_empty() { String::new() } else { format!(r#""$(printf -- '{format}')""#) };
    let breaks = if breaks.is_empty() { String::new() } else { format!("'{breaks}'") };
    body + breaks.as_str()
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
            ("a\u{1b}[2J'\\", r#""$(printf -- 'a\033[2J'\''\\')""#),
            ("a\u{202e}b", r#""$(printf -- 'a\342\200\256b')""#),
            ("a\n\n", "\"$(printf -- 'a')\"'\n\n'"),
            ("ä", "'ä'"),
        ] {
            assert_eq!(quote(text), expected);
        }
    }

    #[cfg(not(target_arch = "wasm32"))]
    #[test]
    fn quoted_words_survive_every_shell() {
        for text in [
            "",
            "it's $HOME `id` \"x\" \\",
            "a\nb\n\n",
            "\n",
            "\u{1b}[2J\u{202e}\\n'%s",
            "x\u{200b}';touch F;#",
            "-n\u{200b}",
            "~",
            "#x",
            "!x",
        ] {
            let command = format!("printf '%s|' {}", quote(text));
            for shell in ["sh", "bash"] {
                let output =
                    std::process::Command::new(shell).args(["-c", &command]).output().unwrap();
                assert_eq!(
                    String::from_utf8(output.stdout).unwrap(),
                    format!("{text}|"),
                    "{shell}"
                );
            }
        }
    }
}
