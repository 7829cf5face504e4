use serde::de::IgnoredAny;

use super::{Member, Node, Span, Value};
use crate::msg;
use crate::text::{Message, excerpt};

/// How deep arrays and objects may nest. Manifests need 5; registries store 9000.
pub const MAX_DEPTH: usize = crate::limits::DEPTH;

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
/// `serde_json` alone decides what JSON is: it validates the whole text first. The second pass only
/// notes where things stand, in time linear in the text however deep it nests.
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
    // Skipping what it ignores, `serde_json` does not recurse, so no depth can harm it.
    if let Err(error) = serde_json::from_str::<IgnoredAny>(source) {
        let problem = problem_of(&error);
        // Of a control character alone, `serde_json` names the byte before.
        let control = matches!(&problem, Problem::Malformed(words) if is_control(words));
        let place = Place::at(source, error.line(), error.column() + usize::from(control));
        return Err(SyntaxError { place, problem });
    }
    Reader { source, at: 0, depth: 0 }
        .node()
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
    at: usize,
    depth: usize,
}

type Found<T> = Result<T, (usize, Problem)>;

impl Reader<'_> {
    fn node(&mut self) -> Found<Node> {
        self.skip_blanks();
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => Value::Object(self.nested(Self::members)?),
            Some(b'[') => Value::Array(self.nested(Self::elements)?),
            Some(b'"') => Value::String(self.string()?),
            _ => self.word(),
        };
        Ok(Node { span: start..self.at, value })
    }

    /// Reads between two brackets, on the first of which the reader stands.
    fn nested<T>(&mut self, inner: fn(&mut Self) -> Found<T>) -> Found<T> {
        if self.depth == MAX_DEPTH {
            return Err((self.at, Problem::TooDeep));
        }
        self.depth += 1;
        self.at += 1;
        let found = inner(self)?;
        self.at += 1;
        self.depth -= 1;
        Ok(found)
    }

    fn elements(&mut self) -> Found<Vec<Node>> {
        let mut elements = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(b']') | None => return Ok(elements),
                Some(b',') => self.at += 1,
                Some(_) => elements.push(self.node()?),
            }
        }
    }

    fn members(&mut self) -> Found<Vec<Member>> {
        let mut members = Vec::new();
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(b'}') | None => break,
                Some(b'"') => {
                    let start = self.at;
                    let name = self.string()?;
                    let name_span = start..self.at;
                    self.skip_blanks();
                    self.at += 1; // the colon
                    members.push(Member { name, name_span, node: self.node()? });
                }
                Some(_) => self.at += 1,
            }
        }
        match duplicate(&members) {
            Some(twice) => Err((twice.name_span.start, Problem::DuplicateName(twice.name.clone()))),
            None => Ok(members),
        }
    }

    fn string(&mut self) -> Found<String> {
        let start = self.at;
        let mut escaped = false;
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') | None => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at += 2;
                }
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        let text = self.slice(start..self.at);
        if escaped {
            // Of all escapes that are well formed, only half a character has no value.
            serde_json::from_str(text).map_err(|_| (start, Problem::LoneSurrogate))
        } else {
            Ok(text.trim_matches('"').to_owned())
        }
    }

    /// `null`, `true`, `false` or a number.
    fn word(&mut self) -> Value {
        let start = self.at;
        while !matches!(self.peek(), None | Some(b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n'))
        {
            self.at += 1;
        }
        match self.slice(start..self.at) {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            number => Value::Number(number.to_owned()),
        }
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.source.as_bytes().get(self.at).copied()
    }

    fn slice(&self, span: Span) -> &str {
        self.source.get(span).unwrap_or_default()
    }
}

/// The first member whose name stands before it already.
fn duplicate(members: &[Member]) -> Option<&Member> {
    // A sorted copy instead of a search for each: an object may hold a hundred thousand names.
    let mut sorted: Vec<&Member> = members.iter().collect();
    sorted.sort_unstable_by_key(|member| (member.name.as_str(), member.name_span.start));
    let pairs = sorted.windows(2).filter(|pair| pair[0].name == pair[1].name);
    pairs.map(|pair| pair[1]).min_by_key(|member| member.name_span.start)
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
            Problem::DuplicateName(name) => msg!("json.duplicate-name", name = excerpt(name, 80)),
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
        _ if is_control(words) => msg!("json.why.control"),
        _ => msg!("json.why.other", words = words),
    }
}

fn is_control(words: &str) -> bool {
    words.starts_with("control character")
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
        let deep = |levels: usize| ["[".repeat(levels), "]".repeat(levels)].concat();
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
        check(br#"{"b":1,"a":1,"a":2,"b":2}"#, 1, 14, Problem::DuplicateName("a".into()));
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
