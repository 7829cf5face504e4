//! Edits that change the structure of a text, in the layout that the text already has.
//!
//! The rule, for objects and arrays alike: what stands between two neighbours is what goes between
//! new ones.

use super::{Node, Span, Splice, Value};

/// `text` as a JSON string with its quotation marks.
pub fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_string(&mut out, text);
    out
}

pub(super) fn push_string(out: &mut String, text: &str) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        // A string always has a JSON form; the fallback only satisfies the signature.
        out.push_str(&serde_json::to_string(text).unwrap_or_else(|_| String::from("\"\"")));
    }
}

/// Appends the member `name` with the already written `value` after the last member of `object`.
pub fn append_member(text: &[u8], object: &Node, name: &str, value: &str) -> Splice {
    insert_member(text, object, object.members().len(), name, value)
}

/// Inserts the member `name` with the already written `value` so that it is the one at `index`
/// (from 0; 0 itself counts as 1, because the first member has no neighbour before it).
pub fn insert_member(text: &[u8], object: &Node, index: usize, name: &str, value: &str) -> Splice {
    let members = object.members();
    let before = index.clamp(1, members.len().max(1)) - 1;
    let Some(member) = members.get(before) else {
        let at = object.span.start + 1..object.span.end - 1;
        return Splice::new(at, format!("{}:{value}", string(name)));
    };
    let colon = between(text, member.name_span.end, member.node.span.start);
    let (comma, lead) = separator(text, object, before);
    let at = member.node.span.end;
    Splice::new(at..at, [comma, ",", lead, &string(name), colon, value].concat())
}

/// Appends the already written `items` after the last element of `array`, which must have one.
pub fn append_elements(text: &[u8], array: &Node, items: &[String]) -> Splice {
    let last = array.elements().len().saturating_sub(1);
    let at = child_span(array, last).map_or(array.span.start + 1, |span| span.end);
    let (comma, lead) = separator(text, array, last);
    let written: Vec<&str> = items.iter().flat_map(|item| [comma, ",", lead, item]).collect();
    Splice::new(at..at, written.concat())
}

/// Takes out the member at `index` with the comma that it needed.
pub fn remove_member(object: &Node, index: usize) -> Splice {
    let nothing = Splice::new(object.span.end..object.span.end, "");
    removals(object, &[index]).pop().unwrap_or(nothing)
}

/// Takes out the members at `indexes` (ascending) with the commas that they needed.
pub fn remove_members(object: &Node, indexes: &[usize]) -> Vec<Splice> {
    removals(object, indexes)
}

/// Takes out the elements at `indexes` (ascending) with the commas that they needed.
pub fn remove_elements(array: &Node, indexes: &[usize]) -> Vec<Splice> {
    removals(array, indexes)
}

/// What stands between the child at `before` and the next one, in front of the comma and after it;
/// for the last child, what stands between it and the one before.
pub(super) fn separator<'a>(text: &'a [u8], container: &Node, before: usize) -> (&'a str, &'a str) {
    let pair = |first: usize| {
        let (first, second) = (child_span(container, first)?, child_span(container, first + 1)?);
        between(text, first.end, second.start).split_once(',')
    };
    let only = || {
        let only = child_span(container, 0)?;
        Some(("", between(text, container.span.start + 1, only.start)))
    };
    pair(before).or_else(|| pair(before.checked_sub(1)?)).or_else(only).unwrap_or_default()
}

/// By how much the members of `object` stand further in than its closing brace; where that cannot
/// be seen, the indent of the first indented line.
pub(super) fn indent_unit<'a>(text: &'a [u8], object: &Node, member_lead: &'a str) -> &'a str {
    let indent = |line: &'a str| line.trim_start_matches(['\r', '\n']);
    let last = object.members().last().map_or(object.span.start + 1, |last| last.node.span.end);
    let closing = last_line(between(text, last, object.span.end - 1));
    let own = closing.and_then(|line| indent(member_lead).strip_prefix(indent(line)));
    own.filter(|unit| !unit.is_empty()).unwrap_or_else(|| first_indent(text))
}

fn first_indent(text: &[u8]) -> &str {
    // Indents show at the start; a whole text without any must not be searched for every edit.
    let text = &text[..text.len().min(4096)];
    let blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
    let mut lines = text.split(|byte| matches!(byte, b'\r' | b'\n')).skip(1);
    let line = lines.find(|line| line.first().as_ref().is_some_and(blank)).unwrap_or_default();
    between(line, 0, line.iter().take_while(blank).count())
}

/// The last line break in `gap` and the indent after it.
pub(super) fn last_line(gap: &str) -> Option<&str> {
    let at = gap.rfind(['\r', '\n'])?;
    let start = if gap[..at].ends_with('\r') { at - 1 } else { at };
    Some(&gap[start..])
}

/// The removals as one splice for each run of neighbours, so that they are disjoint.
fn removals(container: &Node, indexes: &[usize]) -> Vec<Splice> {
    let span = |index: usize| child_span(container, index);
    let mut found = Vec::new();
    let mut wanted = indexes.iter().copied().filter(|&index| span(index).is_some()).peekable();
    while let Some(first) = wanted.next() {
        let mut end = first + 1;
        while wanted.next_if_eq(&end).is_some() {
            end += 1;
        }
        let before = first.checked_sub(1).and_then(span);
        let range = match (before, span(end), span(end - 1)) {
            (Some(before), _, Some(last)) => before.end..last.end,
            (None, Some(next), _) => {
                let start = span(0).map_or(container.span.start + 1, |first| first.start);
                start..next.start
            }
            _ => container.span.start + 1..container.span.end - 1,
        };
        found.push(Splice::new(range, ""));
    }
    found
}

/// The bytes of the member or element at `index`.
fn child_span(container: &Node, index: usize) -> Option<Span> {
    match &container.value {
        Value::Object(members) => {
            members.get(index).map(|member| member.name_span.start..member.node.span.end)
        }
        Value::Array(elements) => elements.get(index).map(|element| element.span.clone()),
        _ => None,
    }
}

/// The text from `start` to `end`, which both lie between tokens of UTF-8 text.
pub(super) fn between(text: &[u8], start: usize, end: usize) -> &str {
    text.get(start..end).and_then(|gap| std::str::from_utf8(gap).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Splices, Written, apply, parse, written_member};

    fn edit(text: &str, splice: impl Fn(&[u8], &Node) -> Splice) -> String {
        let root = parse(text.as_bytes()).unwrap();
        String::from_utf8(apply(text.as_bytes(), &splice(text.as_bytes(), &root).into())).unwrap()
    }

    #[test]
    fn an_appended_list_takes_the_layout_of_its_neighbours() {
        let urls = vec![String::from("https://a/1"), String::from("https://a/2")];
        let check = |before: &str, after: &str| {
            let appended = edit(before, |text, root| {
                append_member(
                    text,
                    root,
                    "urls",
                    &written_member(text, root, &Written::Texts(urls.clone())),
                )
            });
            assert_eq!(appended, after);
            let root = parse(appended.as_bytes()).unwrap();
            let last = root.members().len() - 1;
            if last > 0 {
                assert_eq!(edit(&appended, |_, root| remove_member(root, last)), before);
            }
        };
        check(r#"{"a":1,"b":2}"#, r#"{"a":1,"b":2,"urls":["https://a/1","https://a/2"]}"#);
        check(r#"{"a": 1, "b": 2}"#, r#"{"a": 1, "b": 2, "urls": ["https://a/1", "https://a/2"]}"#);
        check(r#"{ "a": 1 }"#, r#"{ "a": 1, "urls": ["https://a/1", "https://a/2"] }"#);
        check(
            "{\n  \"a\": 1,\n  \"b\": 2\n}\n",
            "{\n  \"a\": 1,\n  \"b\": 2,\n  \"urls\": [\n    \"https://a/1\",\n    \"https://a/2\"\n  ]\n}\n",
        );
        check(
            "{\r\n\t\"a\": 1,\r\n\t\"b\": 2\r\n}",
            "{\r\n\t\"a\": 1,\r\n\t\"b\": 2,\r\n\t\"urls\": [\r\n\t\t\"https://a/1\",\r\n\t\t\"https://a/2\"\r\n\t]\r\n}",
        );
        check(
            "{\n   \"a\": 1\n}",
            "{\n   \"a\": 1,\n   \"urls\": [\n      \"https://a/1\",\n      \"https://a/2\"\n   ]\n}",
        );
        check("{}", r#"{"urls":["https://a/1","https://a/2"]}"#);
        check(
            r#"{"a" : 1 , "b" : 2}"#,
            r#"{"a" : 1 , "b" : 2 , "urls" : ["https://a/1" , "https://a/2"]}"#,
        );
        // Blanks before the comma, the brace on the last line, blank lines, commas in front.
        check(
            "{\n  \"a\": 1 ,\n  \"b\": 2}",
            "{\n  \"a\": 1 ,\n  \"b\": 2 ,\n  \"urls\": [\n    \"https://a/1\" ,\n    \"https://a/2\"\n  ]}",
        );
        check(
            "{\n \"a\": 1,\n\n \"b\": 2\n}",
            "{\n \"a\": 1,\n\n \"b\": 2,\n\n \"urls\": [\n  \"https://a/1\",\n  \"https://a/2\"\n ]\n}",
        );
        check(
            "{ \"a\": 1\n, \"b\": 2\n}",
            "{ \"a\": 1\n, \"b\": 2\n, \"urls\": [\"https://a/1\", \"https://a/2\"]\n}",
        );
        check(
            "{\n\"a\": 1,\n\"b\": 2\n}",
            "{\n\"a\": 1,\n\"b\": 2,\n\"urls\": [\n\"https://a/1\",\n\"https://a/2\"\n]\n}",
        );
    }

    #[test]
    fn the_indent_of_a_deep_object_without_closing_line() {
        let before = "{\n  \"x\": [\n    {\"a\": 1,\n     \"b\": 2}\n  ]\n}";
        let after = edit(before, |text, root| {
            let object = &root.get("x").unwrap().elements()[0];
            append_member(
                text,
                object,
                "u",
                &written_member(text, object, &Written::Texts(vec!["v".into()])),
            )
        });
        assert_eq!(
            after,
            "{\n  \"x\": [\n    {\"a\": 1,\n     \"b\": 2,\n     \"u\": [\n       \"v\"\n     ]}\n  ]\n}"
        );
    }

    #[test]
    fn insertions() {
        for (before, index, after) in [
            ("{\"a\": 1,\n\"b\":2}", 1, "{\"a\": 1,\n\"n\": 0,\n\"b\":2}"),
            ("{\"a\": 1,\n\"b\":2}", 0, "{\"a\": 1,\n\"n\": 0,\n\"b\":2}"),
            ("{\"a\": 1,\n\"b\":2}", 9, "{\"a\": 1,\n\"b\":2,\n\"n\":0}"),
            ("{ \"a\" :1}", 1, "{ \"a\" :1, \"n\" :0}"),
            ("{ }", 0, "{\"n\":0}"),
        ] {
            let inserted = edit(before, |text, root| insert_member(text, root, index, "n", "0"));
            assert_eq!(inserted, after);
        }
        let check = |before: &str, after: &str| {
            let items = ["3".to_owned(), "4".to_owned()];
            assert_eq!(edit(before, |text, root| append_elements(text, root, &items)), after);
        };
        check("[1, 2]", "[1, 2, 3, 4]");
        check("[ 1 ]", "[ 1, 3, 4 ]");
        check("[\n\t1\n]", "[\n\t1,\n\t3,\n\t4\n]");
    }

    #[test]
    fn removals_take_one_comma() {
        for (before, indexes, after) in [
            ("[1, 2, 3]", &[0][..], "[2, 3]"),
            ("[1, 2, 3]", &[1], "[1, 3]"),
            ("[1, 2, 3]", &[2], "[1, 2]"),
            ("[ 1 ]", &[0], "[]"),
            ("[\n 1,\n 2\n]", &[1], "[\n 1\n]"),
            ("[1, 2, 3, 4]", &[0, 1, 3], "[3]"),
            ("[1, 2, 3]", &[0, 1, 2], "[]"),
            ("[1, 2, 3]", &[1, 2], "[1]"),
            ("[1, 2, 3]", &[], "[1, 2, 3]"),
            ("[1, 2, 3]", &[2, 7], "[1, 2]"),
        ] {
            let root = parse(before.as_bytes()).unwrap();
            let removed = Splices::new(remove_elements(&root, indexes)).unwrap();
            let text = apply(before.as_bytes(), &removed);
            assert_eq!(String::from_utf8(text).unwrap(), after, "{before} {indexes:?}");
        }
    }
}
