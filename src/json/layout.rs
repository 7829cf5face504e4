//! Edits that change the structure of a text, in the layout that the text already has.
//!
//! The rule, for objects and arrays alike: what stands between two neighbours is what goes between
//! new ones.

use super::{Node, Span, Splice};

/// `text` as a JSON string with its quotation marks.
pub fn string(text: &str) -> String {
    // A string always has a JSON form; the fallback only satisfies the signature.
    serde_json::to_string(text).unwrap_or_else(|_| String::from("\"\""))
}

/// Appends the member `name` with the already written `value` after the last member of `object`.
pub fn append_member(text: &[u8], object: &Node, name: &str, value: &str) -> Splice {
    insert_member(text, object, object.members().len(), name, value)
}

/// Inserts the member `name` with the already written `value` so that it is the one at `index`
/// (from 0; 0 itself counts as 1, because the first member has no neighbour before it).
pub fn insert_member(text: &[u8], object: &Node, index: usize, name: &str, value: &str) -> Splice {
    let spans = member_spans(object);
    let before = index.clamp(1, spans.len().max(1)) - 1;
    let Some(member) = object.members().get(before) else {
        let at = object.span.start + 1..object.span.end - 1;
        return Splice::new(at, format!("{}:{value}", string(name)));
    };
    let colon = between(text, member.name_span.end, member.node.span.start);
    let separator = separator(text, object, &spans, before);
    let at = member.node.span.end;
    Splice::new(at..at, format!("{separator}{}{colon}{value}", string(name)))
}

/// Appends the already written `items` after the last element of `array`, which must have one.
pub fn append_elements(text: &[u8], array: &Node, items: &[String]) -> Splice {
    let spans = element_spans(array);
    let last = spans.len().saturating_sub(1);
    let separator = separator(text, array, &spans, last);
    let at = spans.last().map_or(array.span.start + 1, |span| span.end);
    let mut written = String::new();
    for item in items {
        written.push_str(&separator);
        written.push_str(item);
    }
    Splice::new(at..at, written)
}

/// Takes out the member at `index` with the comma that it needed.
pub fn remove_member(object: &Node, index: usize) -> Splice {
    let nothing = Splice::new(object.span.end..object.span.end, "");
    remove_members(object, &[index]).pop().unwrap_or(nothing)
}

/// Takes out the members at `indexes` (ascending) with the commas that they needed.
pub fn remove_members(object: &Node, indexes: &[usize]) -> Vec<Splice> {
    removals(object, &member_spans(object), indexes)
}

/// Takes out the elements at `indexes` (ascending) with the commas that they needed.
pub fn remove_elements(array: &Node, indexes: &[usize]) -> Vec<Splice> {
    removals(array, &element_spans(array), indexes)
}

/// `strings` written as an array that is a member of `object`: over several lines when the members
/// of `object` are, one indent deeper than they; else on one line.
pub fn string_array(text: &[u8], object: &Node, strings: &[String]) -> String {
    let items: Vec<String> = strings.iter().map(|each| string(each)).collect();
    container(text, object, ['[', ']'], &items)
}

/// `pairs` of names and strings written as an object that is a member of `object`, laid out as
/// [`string_array`] does it.
pub fn string_object(text: &[u8], object: &Node, pairs: &[(&str, &str)]) -> String {
    let colon = object.members().last().map_or(String::from(":"), |member| {
        between(text, member.name_span.end, member.node.span.start)
    });
    let items: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}{colon}{}", string(name), string(value)))
        .collect();
    container(text, object, ['{', '}'], &items)
}

fn container(text: &[u8], object: &Node, [open, close]: [char; 2], items: &[String]) -> String {
    if items.is_empty() {
        return format!("{open}{close}");
    }
    let spans = member_spans(object);
    let separator = separator(text, object, &spans, spans.len().saturating_sub(1));
    let (before, after) = separator.split_once(',').unwrap_or_default();
    match last_line(after) {
        // Lines that end with their comma, as everyone writes them.
        Some(outer) if last_line(before).is_none() => {
            let inner = format!("{outer}{}", indent_unit(text, object, outer));
            format!("{open}{inner}{}{outer}{close}", items.join(&format!("{before},{inner}")))
        }
        None if last_line(before).is_none() => format!("{open}{}{close}", items.join(&separator)),
        // Lines that start with a comma: too rare for a layout of their own.
        _ => format!("{open}{}{close}", items.join(", ")),
    }
}

/// What stands between the child at `before` and the next one, comma included; for the last child,
/// what stands between it and the one before.
fn separator(text: &[u8], container: &Node, spans: &[Span], before: usize) -> String {
    let neighbours = spans.get(before..before + 2).or_else(|| spans.get(before.checked_sub(1)?..));
    match (neighbours, spans) {
        (Some([first, second, ..]), _) => between(text, first.end, second.start),
        (_, [only, ..]) => {
            format!(",{}", between(text, container.span.start + 1, only.start))
        }
        _ => String::from(","),
    }
}

/// By how much the members of `object` stand further in than its closing brace; where that cannot
/// be seen, the indent of the first indented line.
fn indent_unit(text: &[u8], object: &Node, member_lead: &str) -> String {
    let indent = |line: &str| line.trim_start_matches(['\r', '\n']).to_owned();
    let last = object.members().last().map_or(object.span.start + 1, |last| last.node.span.end);
    let closing = between(text, last, object.span.end - 1);
    let own = last_line(&closing).and_then(|line| {
        let member = indent(member_lead);
        member.strip_prefix(indent(line).as_str()).map(str::to_owned)
    });
    own.filter(|unit| !unit.is_empty()).unwrap_or_else(|| first_indent(text))
}

fn first_indent(text: &[u8]) -> String {
    let blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
    let mut lines = text.split(|byte| matches!(byte, b'\r' | b'\n')).skip(1);
    let line = lines.find(|line| line.first().as_ref().is_some_and(blank)).unwrap_or_default();
    line.iter().take_while(blank).map(|&byte| char::from(byte)).collect()
}

/// The last line break in `gap` and the indent after it.
fn last_line(gap: &str) -> Option<&str> {
    let at = gap.rfind(['\r', '\n'])?;
    let start = if gap[..at].ends_with('\r') { at - 1 } else { at };
    Some(&gap[start..])
}

/// The removals as one splice for each run of neighbours, so that they are disjoint.
fn removals(container: &Node, spans: &[Span], indexes: &[usize]) -> Vec<Splice> {
    let mut found = Vec::new();
    let mut wanted = indexes.iter().copied().filter(|&index| index < spans.len()).peekable();
    while let Some(first) = wanted.next() {
        let mut end = first + 1;
        while wanted.next_if_eq(&end).is_some() {
            end += 1;
        }
        let range = match (first, spans.get(end)) {
            (0, None) => container.span.start + 1..container.span.end - 1,
            (0, Some(next)) => spans[0].start..next.start,
            _ => spans[first - 1].end..spans[end - 1].end,
        };
        found.push(Splice::new(range, ""));
    }
    found
}

fn member_spans(object: &Node) -> Vec<Span> {
    let span = |member: &super::Member| member.name_span.start..member.node.span.end;
    object.members().iter().map(span).collect()
}

fn element_spans(array: &Node) -> Vec<Span> {
    array.elements().iter().map(|element| element.span.clone()).collect()
}

fn between(text: &[u8], start: usize, end: usize) -> String {
    // Nodes come from UTF-8 text and both ends lie between tokens.
    String::from_utf8_lossy(text.get(start..end).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{apply, parse};

    fn edit(text: &str, splice: impl Fn(&[u8], &Node) -> Splice) -> String {
        let root = parse(text.as_bytes()).unwrap();
        String::from_utf8(apply(text.as_bytes(), &[splice(text.as_bytes(), &root)])).unwrap()
    }

    #[test]
    fn an_appended_list_takes_the_layout_of_its_neighbours() {
        let urls = vec![String::from("https://a/1"), String::from("https://a/2")];
        let check = |before: &str, after: &str| {
            let appended = edit(before, |text, root| {
                append_member(text, root, "urls", &string_array(text, root, &urls))
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
            append_member(text, object, "u", &string_array(text, object, &["v".into()]))
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
            let text = apply(before.as_bytes(), &remove_elements(&root, indexes));
            assert_eq!(String::from_utf8(text).unwrap(), after, "{before} {indexes:?}");
        }
    }
}
