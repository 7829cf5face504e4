//! A text laid out for reading: numbered rows, tokens with where they lead, what changed in it.
//!
//! Invariant: every byte of the text stands in exactly one row, in order; nothing is dropped and
//! nothing is added but the writing out of invisible characters.

use std::sync::Arc;

use crate::json::{Span, TokenKind, tokens};
use crate::manifest::{Digest, check_url};
use crate::text::visible;

/// A text in rows. A line longer than [`LONG`] bytes takes several, cut where descriptors end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    text: Arc<[u8]>,
    rows: Vec<RowStart>,
    lines: usize,
}

/// A row for the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadingRow {
    /// The line's number from one; `None` for a row that goes on with the line before.
    pub line: Option<usize>,
    /// Its tokens.
    pub pieces: Vec<ReadingPiece>,
    /// Whether the marked place stands in this row.
    pub marked: bool,
}

/// A token of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadingPiece {
    /// What it looks like.
    pub kind: TokenKind,
    /// Where it leads.
    pub link: Option<Link>,
    /// Its text, in parts that are as loaded or were edited.
    pub parts: Vec<(String, bool)>,
}

/// Where a string of a manifest leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// It names something by its digest.
    Digest(Digest),
    /// It is a media type.
    MediaType(String),
    /// It is an http(s) URL without credentials.
    Url(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RowStart {
    at: usize,
    /// From one; zero for a row that goes on with a line.
    line: usize,
}

/// How many bytes a line may have before it is cut into rows.
pub const LONG: usize = 200;
/// About how many bytes a row of such a line has.
const WIDTH: usize = 130;
/// Where a token is cut that is longer than any row.
const LONGEST: usize = 2000;

impl Reading {
    /// Lays out `text`, which need not be JSON.
    pub fn new(text: Arc<[u8]>) -> Self {
        let mut rows = Vec::new();
        let mut line = 0;
        let mut at = 0;
        for bytes in text.split_inclusive(|&byte| byte == b'\n') {
            line += 1;
            rows.push(RowStart { at, line });
            if bytes.len() > LONG {
                rows.extend(cuts(&text, at..at + bytes.len()).map(|at| RowStart { at, line: 0 }));
            }
            at += bytes.len();
        }
        Self { text, rows, lines: line }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many lines the text has.
    pub fn lines(&self) -> usize {
        self.lines
    }

    /// The row in which the byte `offset` stands.
    pub fn row_of(&self, offset: usize) -> usize {
        self.rows.partition_point(|row| row.at <= offset).saturating_sub(1)
    }

    /// `count` rows from the row `from`. `changed` are the edited spans, sorted and disjoint;
    /// `place` is a byte offset whose row is marked.
    pub fn rows(
        &self,
        from: usize,
        count: usize,
        changed: &[Span],
        place: Option<usize>,
    ) -> Vec<ReadingRow> {
        let to = (from + count).min(self.rows.len());
        let marked = place.map(|offset| self.row_of(offset));
        (from..to)
            .map(|row| {
                let start = self.rows[row];
                let span = start.at..self.rows.get(row + 1).map_or(self.text.len(), |next| next.at);
                ReadingRow {
                    line: (start.line > 0).then_some(start.line),
                    pieces: self.pieces(span, changed),
                    marked: marked == Some(row),
                }
            })
            .collect()
    }

    fn pieces(&self, row: Span, changed: &[Span]) -> Vec<ReadingPiece> {
        let without_end = row.start..row.end - line_end(&self.text[row.clone()]);
        let mut name: &[u8] = b"";
        let mut pieces = Vec::new();
        for token in tokens(&self.text, without_end) {
            let bytes = &self.text[token.span.clone()];
            match token.kind {
                TokenKind::Name => name = bytes,
                TokenKind::Mark if bytes == b"," => name = b"",
                _ => {}
            }
            let link = (token.kind == TokenKind::String).then(|| link(name, bytes)).flatten();
            let parts = parts(&self.text, token.span, changed);
            pieces.push(ReadingPiece { kind: token.kind, link, parts });
        }
        pieces
    }
}

/// Where the rows of the long line `line` after its first one start.
fn cuts(text: &[u8], line: Span) -> impl Iterator<Item = usize> {
    let mut found = Vec::new();
    let mut start = line.start;
    let mut fit = None;
    let mut before = [0_u8; 2];
    for token in tokens(text, line.clone()) {
        let at = token.span.start;
        let first = text[at];
        // Between two descriptors, and before the first one of a list.
        let between = before == *b"},"
            || (before[1] == b'[' && first == b'{')
            || (before == *b"]," && at - start > WIDTH / 2);
        if between && at > start {
            found.push(at);
            (start, fit) = (at, None);
        } else if matches!(before[1], b',' | b'{' | b'[') && at > start {
            fit = Some(at);
        }
        if token.span.end - start > WIDTH
            && let Some(cut) = fit.take()
        {
            found.push(cut);
            start = cut;
        }
        while token.span.end - start > LONGEST {
            start = character(text, start + LONGEST);
            found.push(start);
        }
        if token.kind != TokenKind::Blank {
            before = [before[1], first];
        }
    }
    found.into_iter().filter(move |&cut| cut < line.end)
}

/// The nearest place at or before `at` where a character starts.
fn character(text: &[u8], mut at: usize) -> usize {
    while at > 0 && text.get(at).is_some_and(|byte| byte & 0xC0 == 0x80) {
        at -= 1;
    }
    at
}

fn line_end(row: &[u8]) -> usize {
    match row {
        [.., b'\r', b'\n'] => 2,
        [.., b'\n'] => 1,
        _ => 0,
    }
}

/// The token at `span`, cut where edited spans start and end.
fn parts(text: &[u8], span: Span, changed: &[Span]) -> Vec<(String, bool)> {
    let mut parts = Vec::new();
    let mut at = span.start;
    let mut push = |range: Span, edited: bool| {
        if !range.is_empty() {
            parts.push((written_out(&text[range]), edited));
        }
    };
    let first = changed.partition_point(|each| each.end <= span.start);
    for each in changed[first..].iter().take_while(|each| each.start < span.end) {
        let (from, to) = (each.start.max(at), each.end.min(span.end));
        push(at..from, false);
        push(from..to, true);
        at = to;
    }
    push(at..span.end, false);
    parts
}

/// Tabs stay: they are layout, not a disguise.
fn written_out(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    if text.contains('\t') {
        text.split('\t').map(visible).collect::<Vec<_>>().join("\t")
    } else {
        visible(&text)
    }
}

fn link(name: &[u8], string: &[u8]) -> Option<Link> {
    let text: String = serde_json::from_slice(string).ok()?;
    if let Ok(digest) = Digest::parse(&text) {
        return Some(Link::Digest(digest));
    }
    if check_url(&text).is_ok() {
        return Some(Link::Url(text));
    }
    let is_type = [&b"\"mediaType\""[..], b"\"artifactType\""].contains(&name);
    is_type.then_some(Link::MediaType(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(text: &str) -> Reading {
        Reading::new(text.as_bytes().into())
    }

    /// The rows with their line numbers, edited parts in brackets.
    fn show(rows: &[ReadingRow]) -> Vec<String> {
        rows.iter()
            .map(|row| {
                let line = row.line.map(|line| line.to_string()).unwrap_or_default();
                let mark = if row.marked { "!" } else { "" };
                let mut out = format!("{line}{mark} ");
                for (text, edited) in row.pieces.iter().flat_map(|piece| &piece.parts) {
                    out += &[if *edited { "[" } else { "" }, text, if *edited { "]" } else { "" }]
                        .concat();
                }
                out
            })
            .collect()
    }

    #[test]
    fn rows_and_edited_spans() {
        let text = reading("{\n  \"a\": \"bcd\"\r\n}");
        assert_eq!((text.len(), text.lines()), (3, 3));
        let changed = std::slice::from_ref(&(10..12));
        let rows = text.rows(0, 9, changed, Some(9));
        assert_eq!(show(&rows), ["1 {", "2!   \"a\": \"[bc]d\"", "3 }"]);
        assert_eq!(show(&text.rows(2, 1, &[], None)), ["3 }"]);
        assert_eq!(show(&reading("a\n").rows(0, 9, &[], None)), ["1 a"]);
        assert!(reading("").is_empty());
        assert_eq!(show(&reading("\u{202e}\tx").rows(0, 1, &[], None)), ["1 ⟨U+202E⟩\tx"]);
    }

    #[test]
    fn long_lines_are_cut_between_descriptors() {
        let item = format!("{{\"digest\":\"{}\",\"size\":1}}", "d".repeat(90));
        let text = format!("{{\"a\":1,\"layers\":[{item},{item},{item}],\"z\":2}}");
        let got = show(&reading(&text).rows(0, 9, &[], None));
        let expected = [
            "1 {\"a\":1,\"layers\":[".to_owned(),
            format!(" {item},"),
            format!(" {item},"),
            format!(" {item}],"),
            " \"z\":2}".to_owned(),
        ];
        assert_eq!(got, expected);
        let text = format!("[\"{}\"]", "ä".repeat(2500));
        let reading = reading(&text);
        let got: String = show(&reading.rows(0, 9, &[], None)).concat();
        assert_eq!(got.replace("1 ", "").replace(' ', ""), text);
        assert!(reading.len() > 2);
        assert_eq!(reading.row_of(0), 0);
        assert_eq!(reading.row_of(text.len() - 1), reading.len() - 1);
    }

    #[test]
    fn where_strings_lead() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let check = |text: &str, expected: Option<Link>| {
            let rows = reading(text).rows(0, 1, &[], None);
            let found = rows[0].pieces.iter().find_map(|piece| piece.link.clone());
            assert_eq!(found, expected, "{text}");
        };
        check(&format!("\"{digest}\""), Digest::parse(&digest).ok().map(Link::Digest));
        check(&format!("\"{digest}\": 1"), None);
        check("\"mediaType\": \"a/b\"", Some(Link::MediaType("a/b".into())));
        check("\"name\": \"a/b\"", None);
        check("\"mediaType\": 1, \"a/b\"", None);
        check("[\"https:\\/\\/a.example\\/b\"]", Some(Link::Url("https://a.example/b".into())));
        check("[\"javascript:alert(1)\"]", None);
        check("[\"https://user:word@a.example/b\"]", None);
    }
}
