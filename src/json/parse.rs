use std::fmt;

use serde::Deserializer as _;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Member, Node, Span, Value};
use crate::msg;
use crate::text::Message;

/// How deep arrays and objects may nest. Manifests need 5; registries store 9000.
pub const MAX_DEPTH: usize = 100;

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Byte offset, from zero.
    pub offset: usize,
    /// Line, from one.
    pub line: usize,
    /// Column in characters, from one.
    pub column: usize,
}

/// Why a text cannot be edited as JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where in the text.
    pub place: Place,
    /// What is wrong there.
    pub problem: Problem,
}

/// What can be wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Nothing but white space.
    Empty,
    /// Starts with the UTF-8 byte-order mark.
    ByteOrderMark,
    /// Not UTF-8.
    NotUtf8,
    /// Not JSON; the parser's own words.
    Malformed(String),
    /// Something after the end of the document.
    Trailing,
    /// The same name twice in one object.
    DuplicateName(String),
    /// An escape such as `\ud800` that is half a character.
    LoneSurrogate,
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
}

/// Reads a whole text strictly.
///
/// `serde_json` alone decides what JSON is: the first pass validates everything, the spans come
/// from its `RawValue`s.
pub fn parse(text: &[u8]) -> Result<Node, SyntaxError> {
    let fail = |offset, problem| Err(SyntaxError { place: Place::of(text, offset), problem });
    if text.starts_with(b"\xEF\xBB\xBF") {
        return fail(0, Problem::ByteOrderMark);
    }
    let source = match std::str::from_utf8(text) {
        Ok(source) => source,
        Err(error) => return fail(error.valid_up_to(), Problem::NotUtf8),
    };
    if source.trim_ascii().is_empty() {
        return fail(0, Problem::Empty);
    }
    if let Some(offset) = beyond_max_depth(text) {
        return fail(offset, Problem::TooDeep);
    }
    let raw: &RawValue = match serde_json::from_str(source) {
        Ok(raw) => raw,
        Err(error) => {
            let place = Place::at(source, error.line(), error.column());
            return Err(SyntaxError { place, problem: problem_of(&error) });
        }
    };
    Reader { source }
        .node(raw)
        .map_err(|(offset, problem)| SyntaxError { place: Place::of(text, offset), problem })
}

impl Place {
    /// The place of the byte `offset` in `text`.
    pub fn of(text: &[u8], offset: usize) -> Self {
        let before = &text[..offset.min(text.len())];
        let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let starts_character = |byte: &&u8| **byte & 0xC0 != 0x80;
        Self {
            offset: before.len(),
            line: before.iter().filter(|&&byte| byte == b'\n').count() + 1,
            column: before[line_start..].iter().filter(starts_character).count() + 1,
        }
    }

    /// The place that `serde_json` names by line (from one) and column (bytes, the last one read).
    fn at(source: &str, line: usize, column: usize) -> Self {
        let start: usize =
            source.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        Self::of(source.as_bytes(), start + column.saturating_sub(1))
    }
}

/// The first bracket that opens a level beyond [`MAX_DEPTH`]. Runs before the parser, so that what
/// recurses below never goes deeper.
fn beyond_max_depth(text: &[u8]) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (offset, &byte) in text.iter().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Some(offset);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

fn problem_of(error: &serde_json::Error) -> Problem {
    let words = error.to_string();
    let words = words.split(" at line ").next().unwrap_or(&words);
    if words == "trailing characters" {
        Problem::Trailing
    } else {
        Problem::Malformed(words.to_owned())
    }
}

/// Turns validated text into nodes; what it can still meet is not JSON's but ours to refuse.
struct Reader<'a> {
    source: &'a str,
}

type Found<T> = Result<T, (usize, Problem)>;

impl<'a> Reader<'a> {
    fn node(&self, raw: &'a RawValue) -> Found<Node> {
        let text = raw.get();
        let span = self.span(text);
        let value = match text.as_bytes().first() {
            Some(b'{') => Value::Object(self.members(text, span.start)?),
            Some(b'[') => {
                let elements: Result<Vec<&RawValue>, _> =
                    serde_json::Deserializer::from_str(text).deserialize_seq(Elements);
                let elements = elements.map_err(|error| (span.start, problem_of(&error)))?;
                Value::Array(
                    elements.into_iter().map(|element| self.node(element)).collect::<Found<_>>()?,
                )
            }
            Some(b'"') => Value::String(string(text, span.start)?),
            Some(b't') => Value::Bool(true),
            Some(b'f') => Value::Bool(false),
            Some(b'n') => Value::Null,
            _ => Value::Number(text.to_owned()),
        };
        Ok(Node { span, value })
    }

    fn members(&self, text: &'a str, at: usize) -> Found<Vec<Member>> {
        let pairs: Result<Vec<(&RawValue, &RawValue)>, _> =
            serde_json::Deserializer::from_str(text).deserialize_map(Pairs);
        let pairs = pairs.map_err(|error| (at, problem_of(&error)))?;
        let mut members: Vec<Member> = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            let name_span = self.span(name.get());
            let name = string(name.get(), name_span.start)?;
            members.push(Member { name, name_span, node: self.node(value)? });
        }
        // Sorted copies instead of a search for each: an object may hold a hundred thousand names.
        let mut names: Vec<(&str, usize)> =
            members.iter().map(|member| (member.name.as_str(), member.name_span.start)).collect();
        names.sort_unstable();
        for pair in names.windows(2) {
            if let [(first, _), (second, at)] = pair
                && first == second
            {
                return Err((*at, Problem::DuplicateName((*second).to_owned())));
            }
        }
        Ok(members)
    }

    /// Where `part`, which is borrowed from the source, lies in it.
    fn span(&self, part: &str) -> Span {
        let start = part.as_ptr() as usize - self.source.as_ptr() as usize;
        debug_assert!(start + part.len() <= self.source.len());
        start..start + part.len()
    }
}

fn string(text: &str, at: usize) -> Found<String> {
    serde_json::from_str(text).map_err(|_| (at, Problem::LoneSurrogate))
}

struct Elements;

impl<'de> Visitor<'de> for Elements {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            elements.push(element);
        }
        Ok(elements)
    }
}

struct Pairs;

impl<'de> Visitor<'de> for Pairs {
    type Value = Vec<(&'de RawValue, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs)
    }
}

impl SyntaxError {
    /// The sentence for a person: what, where, what to do.
    pub fn message(&self) -> Message {
        let problem = match &self.problem {
            Problem::Empty => return msg!("json.empty"),
            Problem::ByteOrderMark => return msg!("json.byte-order-mark"),
            Problem::NotUtf8 => msg!("json.not-utf8"),
            Problem::Malformed(words) => msg!("json.malformed", words = in_plain_words(words)),
            Problem::Trailing => msg!("json.trailing"),
            Problem::DuplicateName(name) => msg!("json.duplicate-name", name = name),
            Problem::LoneSurrogate => msg!("json.lone-surrogate"),
            Problem::TooDeep => msg!("json.too-deep", max = MAX_DEPTH),
        };
        self.place.message(problem)
    }
}

/// The parser's reason as a sentence; its own words where they are none of the usual ones.
fn in_plain_words(words: &str) -> Message {
    match words {
        _ if words.starts_with("EOF") => msg!("json.why.cut"),
        "expected `,` or `}`" => msg!("json.why.object-comma"),
        "expected `,` or `]`" => msg!("json.why.array-comma"),
        "expected `:`" => msg!("json.why.colon"),
        "trailing comma" => msg!("json.why.trailing-comma"),
        "key must be a string" => msg!("json.why.name"),
        "invalid escape" => msg!("json.why.escape"),
        "invalid number" => msg!("json.why.number"),
        "expected value" | "expected ident" => msg!("json.why.value"),
        _ if words.starts_with("control character") => msg!("json.why.control"),
        _ => msg!("json.why.other", words = words),
    }
}

impl Place {
    /// `what`, with this place in front of it.
    pub fn message(self, what: Message) -> Message {
        msg!("json.at", line = self.line, column = self.column, offset = self.offset, what = what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals() {
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        let check = |text: &[u8], line, column, problem: Problem| {
            let error = parse(text).unwrap_err();
            assert_eq!(error.problem, problem, "{}", String::from_utf8_lossy(text));
            assert_eq!((error.place.line, error.place.column), (line, column), "{problem:?}");
        };
        check(b"", 1, 1, Problem::Empty);
        check(b" \n\t", 1, 1, Problem::Empty);
        check(b"\xEF\xBB\xBF{}", 1, 1, Problem::ByteOrderMark);
        check(b"{\n \"a\": \"\xFF\"}", 2, 8, Problem::NotUtf8);
        check(b"{} {}", 1, 4, Problem::Trailing);
        check(br#"{"a":1,"a":2}"#, 1, 8, Problem::DuplicateName("a".into()));
        check(b"{\"a\":1,\n\"\\u0061\":2}", 2, 1, Problem::DuplicateName("a".into()));
        check(br#"["\ud800"]"#, 1, 2, Problem::LoneSurrogate);
        check(br#"{"\udc00": 1}"#, 1, 2, Problem::LoneSurrogate);
        check(deep(101).as_bytes(), 1, 101, Problem::TooDeep);
        check(deep(200_000).as_bytes(), 1, 101, Problem::TooDeep);
        assert!(parse(deep(100).as_bytes()).is_ok());
        for malformed in [
            "{", "{\"a\"}", "[1,]", "nul", "01", "1.", "\"\n\"", "// c\n1", "{a:1}", "\u{a0}1",
            "NaN", "'a'",
        ] {
            let error = parse(malformed.as_bytes()).unwrap_err();
            assert!(
                matches!(error.problem, Problem::Malformed(_) | Problem::Trailing),
                "{malformed}: {error:?}"
            );
        }
    }

    #[test]
    fn spans_are_the_texts() {
        let text = "{ \"ä\\n\" : [1E+2, \"\\u0041\" ,null],\r\n\t\"b\":{} }\n";
        let root = parse(text.as_bytes()).unwrap();
        let slice = |span: &Span| &text[span.clone()];
        let list = root.get("ä\n").unwrap();
        assert_eq!(slice(&list.span), "[1E+2, \"\\u0041\" ,null]");
        assert_eq!(list.elements()[1].as_str(), Some("A"));
        assert_eq!(slice(&list.elements()[0].span), "1E+2");
        assert_eq!(slice(&root.members()[1].name_span), "\"b\"");
        assert_eq!(root.members()[1].node.value, Value::Object(Vec::new()));
    }

    #[test]
    fn a_message_names_the_place() {
        let error = parse(b"{\n  \"a\": truX\n}").unwrap_err();
        let text = error.message().to_string();
        assert!(text.starts_with("Line 2, column "), "{text}");
    }
}
