//! Hosts that do not look like what they are: hidden characters, mixed scripts, letters of one
//! script that pass for those of another.
//!
//! After Unicode Technical Standard 39 (security mechanisms), cut down to what a person who reads a
//! host name can be misled by; no confusables table is carried.

/// How a host's letters look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// ASCII only.
    Plain,
    /// Letters beyond ASCII, of one script in each label.
    International,
    /// A label mixes scripts, or consists only of letters that pass for Latin ones.
    LookAlike,
}

/// A host's look, by its labels; a label in ASCII form (`xn--…`) counts as what it stands for.
pub fn look(host: &str) -> Look {
    let of_label = |label: &str| {
        let prefix = label.get(..4).filter(|start| start.eq_ignore_ascii_case("xn--"));
        // No DNS label is longer, and decoding costs the square of the length.
        let short = prefix.filter(|_| label.len() <= 63);
        match short.and_then(|_| decode_punycode(&label[4..])) {
            Some(decoded) => look_of_label(&decoded),
            // Not decodable: nothing that a person could read, so nothing they should trust.
            None if prefix.is_some() => Look::LookAlike,
            None => look_of_label(label),
        }
    };
    host.split('.').map(of_label).max().unwrap_or(Look::Plain)
}

/// The first character of `text` that is invisible or changes the direction of its neighbours.
pub fn hidden(text: &str) -> Option<char> {
    if text.is_ascii() {
        return text.chars().find(char::is_ascii_control);
    }
    text.chars().find(|&ch| {
        ch.is_control()
            || matches!(ch,
                '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}'
                | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
                | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E0FFF}')
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Cherokee,
    /// Letters that East Asian names combine with each other and with Latin.
    EastAsian,
    Other,
    /// Forms made to look like Latin: full-width and mathematical letters.
    Imitation,
}

fn script(ch: char) -> Option<Script> {
    Some(match ch {
        '0'..='9' | '-' | '_' | '%' => return None,
        'a'..='z' | 'A'..='Z' | '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' => Script::Latin,
        '\u{250}'..='\u{2AF}'
        | '\u{FF01}'..='\u{FF5E}'
        | '\u{1D400}'..='\u{1D7FF}'
        | '\u{2100}'..='\u{214F}'
        | '\u{2460}'..='\u{24FF}' => Script::Imitation,
        '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}' => Script::Greek,
        '\u{400}'..='\u{52F}' | '\u{1C80}'..='\u{1C8F}' | '\u{2DE0}'..='\u{2DFF}' => {
            Script::Cyrillic
        }
        '\u{530}'..='\u{58F}' => Script::Armenian,
        '\u{13A0}'..='\u{13FF}' | '\u{AB70}'..='\u{ABBF}' => Script::Cherokee,
        '\u{1100}'..='\u{11FF}' | '\u{3005}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' => {
            Script::EastAsian
        }
        _ => Script::Other,
    })
}

fn look_of_label(label: &str) -> Look {
    if label.is_ascii() {
        return Look::Plain;
    }
    let mut seen: Option<Script> = None;
    let mut other_letters = false;
    for ch in label.chars() {
        let Some(found) = script(ch) else { continue };
        if found == Script::Imitation {
            return Look::LookAlike;
        }
        match seen {
            Some(first) if first != found => {
                let east = |one, two| one == Script::EastAsian && two == Script::Latin;
                if !east(first, found) && !east(found, first) {
                    return Look::LookAlike;
                }
            }
            _ => seen = Some(found),
        }
        other_letters |= !passes_for_latin(ch);
    }
    if other_letters { Look::International } else { Look::LookAlike }
}

/// Letters of other scripts that most fonts draw like a Latin one.
fn passes_for_latin(ch: char) -> bool {
    "аеорсухіјѕһԁԛԝкмтвнгѵӏВЕКМНОРСТХУІЈЅοναρικυτχΑΒΕΖΗΙΚΜΝΟΡΤΥΧօսոհցյ".contains(ch)
}

/// RFC 3492, section 6.2; `None` for what is no punycode.
fn decode_punycode(text: &str) -> Option<String> {
    let (basic, rest) = text.rsplit_once('-').unwrap_or(("", text));
    let mut out: Vec<char> = basic.chars().collect();
    let (mut code, mut at, mut bias) = (128_u32, 0_u32, 72_u32);
    let mut digits = rest.bytes();
    while digits.len() > 0 {
        let before = at;
        let mut weight = 1_u32;
        let mut step = 36_u32;
        loop {
            let digit = match digits.next()? {
                letter @ (b'a'..=b'z' | b'A'..=b'Z') => (letter | 32) - b'a',
                number @ b'0'..=b'9' => number - b'0' + 26,
                _ => return None,
            };
            let digit = u32::from(digit);
            at = at.checked_add(digit.checked_mul(weight)?)?;
            let threshold = step.saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(36 - threshold)?;
            step += 36;
        }
        let count = u32::try_from(out.len()).ok()?.checked_add(1)?;
        bias = adapt(at - before, count, before == 0);
        code = code.checked_add(at / count)?;
        at %= count;
        out.insert(at as usize, char::from_u32(code)?);
        at += 1;
    }
    Some(out.into_iter().collect())
}

/// RFC 3492, section 6.1.
fn adapt(delta: u32, count: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / count;
    let mut step = 0;
    while delta > 455 {
        delta /= 35;
        step += 36;
    }
    step + 36 * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks() {
        for (host, expected) in [
            ("cdn.example.com", Look::Plain),
            ("127.0.0.1", Look::Plain),
            ("bücher.example", Look::International),
            ("xn--bcher-kva.example", Look::International),
            ("пример.example", Look::International),
            ("東京tower.example", Look::International),
            ("ελλάδα.example", Look::International),
            // Cyrillic а in a Latin name, then the same as punycode.
            ("ex\u{430}mple.com", Look::LookAlike),
            ("xn--exmple-4nf.com", Look::LookAlike),
            // Every letter Cyrillic, every one passing for Latin: “рурі”.
            ("раураӏ.com", Look::LookAlike),
            ("ｅxample.com", Look::LookAlike),
            ("xn--99999999999.com", Look::LookAlike),
        ] {
            assert_eq!(look(host), expected, "{host}");
        }
    }

    #[test]
    fn hidden_characters() {
        for (text, expected) in [
            ("https://cdn.example.com/a", None),
            ("https://cdn.example.com/ü", None),
            ("https://cdn\u{200B}.example.com/a", Some('\u{200B}')),
            ("https://cdn.example.com/\u{202E}moc", Some('\u{202E}')),
            ("https://cdn.example.com/\t", Some('\t')),
        ] {
            assert_eq!(hidden(text), expected, "{text:?}");
        }
    }

    #[test]
    fn punycode() {
        for (text, expected) in [
            ("bcher-kva", Some("bücher")),
            ("egbpdaj6bu4bxfgehfvwxn", Some("ليهمابتكلموشعربي؟")),
            ("ihqwcrb4cv8a8dqg056pqjye", Some("他们为什么不说中文")),
            ("ü", None),
            ("99999999999", None),
        ] {
            assert_eq!(decode_punycode(text).as_deref(), expected, "{text}");
        }
    }
}
