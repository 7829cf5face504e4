use std::fmt::Write as _;

/// `text` with every character that is invisible or changes the direction of its neighbours
/// written out, as in `⟨U+202E⟩`.
///
/// Text from a registry or a manifest is foreign and may be hostile (CVE-2021-42574, "Trojan
/// Source"): control, zero-width, bidirectional and tag characters are shown, never obeyed.
pub fn visible(text: &str) -> String {
    excerpt(text, usize::MAX)
}

/// The first `max` characters of [`visible`] `text`, with `…` behind them when some are left out.
pub fn excerpt(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max));
    for (count, ch) in text.chars().enumerate() {
        if count == max {
            out.push('…');
            break;
        }
        if is_hidden(ch) {
            // Writing to a String cannot fail.
            let _ = write!(out, "⟨U+{:04X}⟩", u32::from(ch));
        } else {
            out.push(ch);
        }
    }
    out
}

/// Whether a reader does not see `ch`, or sees its neighbours in another order because of it: control
/// characters, line and paragraph separators, annotation marks, and what Unicode 16 lists as
/// `Default_Ignorable_Code_Point` (DerivedCoreProperties.txt).
pub fn is_hidden(ch: char) -> bool {
    ch.is_control()
        || matches!(ch,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}'
            | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_written_out() {
        for (text, expected) in [
            ("plain text, ümlaut, 漢字 🙂", "plain text, ümlaut, 漢字 🙂"),
            ("a\u{202E}b", "a⟨U+202E⟩b"),
            ("line\nbreak\0", "line⟨U+000A⟩break⟨U+0000⟩"),
            ("\u{FEFF}\u{200B}", "⟨U+FEFF⟩⟨U+200B⟩"),
            ("\u{E0041}", "⟨U+E0041⟩"),
            ("a\u{FE01}\u{E0100}", "a⟨U+FE01⟩⟨U+E0100⟩"),
            ("\u{3164}\u{115F}\u{180B}\u{34F}", "⟨U+3164⟩⟨U+115F⟩⟨U+180B⟩⟨U+034F⟩"),
            ("<script>", "<script>"),
        ] {
            assert_eq!(visible(text), expected);
        }
        assert_eq!(excerpt("abcdef", 3), "abc…");
        assert_eq!(excerpt("abc", 3), "abc");
    }
}
