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
    let members = object.members();
    let Some(last) = members.last() else {
        let at = object.span.start + 1..object.span.end - 1;
        return Splice::new(at, format!("{}:{value}", string(name)));
    };
    let colon = between(text, last.name_span.end, last.node.span.start);
    let at = last.node.span.end;
    Splice::new(at..at, format!("{}{}{colon}{value}", separator(text, object), string(name)))
}

/// Takes out the member at `index` with the comma that it needed.
pub fn remove_member(object: &Node, index: usize) -> Splice {
    let nothing = Splice::new(object.span.end..object.span.end, "");
    remove_members(object, &[index]).pop().unwrap_or(nothing)
}

/// Takes out the members at `indexes` (ascending) with the commas that they needed.
pub fn remove_members(object: &Node, indexes: &[usize]) -> Vec<Splice> {
    let spans: Vec<Span> = object
        .members()
        .iter()
        .map(|member| member.name_span.start..member.node.span.end)
        .collect();
    removals(object, &spans, indexes)
}

/// Takes out the elements at `indexes` (ascending) with the commas that they needed.
pub fn remove_elements(array: &Node, indexes: &[usize]) -> Vec<Splice> {
    let spans: Vec<Span> = array.elements().iter().map(|element| element.span.clone()).collect();
    removals(array, &spans, indexes)
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
    let colon = object.members().first().map_or(String::from(":"), |member| {
        between(text, member.name_span.end, member.node.span.start)
    });
    let items: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}{colon}{}", string(name), string(value)))
        .collect();
    container(text, object, ['{', '}'], &items)
}

fn container(text: &[u8], object: &Node, [open, close]: [char; 2], items: &[String]) -> String {
    let separator = separator(text, object);
    let outer = separator.trim_start_matches(',');
    if items.is_empty() {
        return format!("{open}{close}");
    }
    if !outer.contains('\n') {
        return format!("{open}{}{close}", items.join(&separator));
    }
    let inner = format!("{outer}{}", indent_unit(text, object, outer));
    format!("{open}{inner}{}{outer}{close}", items.join(&format!(",{inner}")))
}

/// What stands between two members, comma included.
fn separator(text: &[u8], object: &Node) -> String {
    match object.members() {
        [.., before, last] => between(text, before.node.span.end, last.name_span.start),
        [only] => {
            let lead = between(text, object.span.start + 1, only.name_span.start);
            format!(",{lead}")
        }
        [] => String::from(","),
    }
}

/// By how much the members of `object` stand further in than its closing brace.
fn indent_unit(text: &[u8], object: &Node, member_lead: &str) -> String {
    let indent = |lead: &str| lead.rsplit('\n').next().unwrap_or_default().to_owned();
    let member = indent(member_lead);
    let last = object.members().last().map_or(object.span.start + 1, |last| last.node.span.end);
    let closing = indent(&between(text, last, object.span.end - 1));
    member
        .strip_prefix(&closing)
        .filter(|unit| !unit.is_empty())
        .map_or(member.clone(), str::to_owned)
}

/// The removals as one splice for each run of neighbours, so that they are disjoint.
fn removals(container: &Node, spans: &[Span], indexes: &[usize]) -> Vec<Splice> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < spans.len() {
        if !indexes.contains(&at) {
            at += 1;
            continue;
        }
        let first = at;
        while at < spans.len() && indexes.contains(&at) {
            at += 1;
        }
        let range = match (first, spans.get(at)) {
            (0, None) => container.span.start + 1..container.span.end - 1,
            (0, Some(next)) => spans[0].start..next.start,
            _ => spans[first - 1].end..spans[at - 1].end,
        };
        found.push(Splice::new(range, ""));
    }
    found
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
        ] {
            let root = parse(before.as_bytes()).unwrap();
            let text = apply(before.as_bytes(), &remove_elements(&root, indexes));
            assert_eq!(String::from_utf8(text).unwrap(), after, "{before} {indexes:?}");
        }
    }
}
