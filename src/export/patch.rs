//! Differences as texts that other tools apply: a unified patch and a JSON Patch.

use std::fmt::Write as _;

use super::blocks::{CONTEXT, RawLine, Step, blocks, steps};
use super::compare::differences_by;
use crate::json::{self, Node, Splices, SyntaxError, Value};

/// What `splices` make of `base` as a unified patch of the file `name`, which `patch -p0` applies
/// byte by byte; empty when nothing changes. `base` is UTF-8.
///
/// Format: POSIX `diff -u`, with GNU's `\ No newline at end of file`.
pub fn unified_patch(name: &str, base: &[u8], splices: &Splices) -> String {
    let (blocks, _) = blocks(base, splices);
    if blocks.is_empty() {
        return String::new();
    }
    // A tab ends a name with a space in it; GNU patch reads the name up to there.
    let end = if name.contains(' ') { "\t" } else { "" };
    let mut out = format!("--- {name}{end}\n+++ {name}{end}\n");
    let mut hunk = PatchHunk::default();
    for step in steps(base, &blocks, CONTEXT) {
        match step {
            Step::Gap => std::mem::take(&mut hunk).write(&mut out),
            Step::Same { text, old, new } => {
                hunk.reach(old, new);
                hunk.line(' ', &mut text.iter());
                hunk.old_count += 1;
                hunk.new_count += 1;
            }
            Step::Block(block) => {
                hunk.reach(block.old_before, block.new_before);
                hunk.old_count += block.old.len();
                hunk.new_count += block.new.len();
                let mut all = |sign, lines: &[RawLine<'_>]| {
                    for line in lines {
                        hunk.line(sign, &mut line.bytes());
                    }
                };
                all('-', &block.old);
                all('+', &block.new);
            }
        }
    }
    hunk.write(&mut out);
    out
}

/// What turns the JSON text `old` into `new` as a JSON Patch (RFC 6902), one operation a line.
///
/// It describes values, not bytes: which bytes and so which digest come out is up to the tool that
/// applies it.
pub fn json_patch(old: &[u8], new: &[u8]) -> Result<String, SyntaxError> {
    let (old_root, new_root) = (json::parse(old)?, json::parse(new)?);
    let mut patch = JsonPatch { text: new, operations: Vec::new() };
    patch.compare("", &old_root, &new_root);
    if patch.operations.is_empty() {
        return Ok(String::from("[]\n"));
    }
    Ok(format!("[\n  {}\n]\n", patch.operations.join(",\n  ")))
}

#[derive(Default)]
struct PatchHunk {
    begun: bool,
    old_before: usize,
    new_before: usize,
    old_count: usize,
    new_count: usize,
    lines: Vec<u8>,
}

impl PatchHunk {
    fn reach(&mut self, old: usize, new: usize) {
        if !self.begun {
            (self.begun, self.old_before, self.new_before) = (true, old, new);
        }
    }

    fn line(&mut self, sign: char, bytes: &mut dyn Iterator<Item = &u8>) {
        self.lines.push(sign as u8);
        self.lines.extend(bytes);
        if self.lines.last() != Some(&b'\n') {
            self.lines.extend_from_slice(b"\n\\ No newline at end of file\n");
        }
    }

    fn write(self, out: &mut String) {
        // A range without lines names the line before it.
        let range = |before: usize, count: usize| match count {
            0 => format!("{before},0"),
            1 => format!("{}", before + 1),
            _ => format!("{},{count}", before + 1),
        };
        let old = range(self.old_before, self.old_count);
        let new = range(self.new_before, self.new_count);
        let _ = writeln!(out, "@@ -{old} +{new} @@");
        out.push_str(&String::from_utf8_lossy(&self.lines));
    }
}

struct JsonPatch<'a> {
    text: &'a [u8],
    operations: Vec<String>,
}

impl JsonPatch<'_> {
    fn compare(&mut self, path: &str, old: &Node, new: &Node) {
        match (&old.value, &new.value) {
            (Value::Object(gone), Value::Object(come)) => {
                for member in gone {
                    let path = format!("{path}/{}", pointer_token(&member.name));
                    match new.get(&member.name) {
                        Some(node) => self.compare(&path, &member.node, node),
                        None => self.operation("remove", &path, None),
                    }
                }
                for member in come.iter().filter(|member| old.get(&member.name).is_none()) {
                    let path = format!("{path}/{}", pointer_token(&member.name));
                    self.operation("add", &path, Some(&member.node));
                }
            }
            (Value::Array(old), Value::Array(new)) => self.compare_elements(path, old, new),
            _ if same(old, new) => {}
            _ => self.operation("replace", path, Some(new)),
        }
    }

    fn compare_elements(&mut self, path: &str, old: &[Node], new: &[Node]) {
        let found = differences_by(old.len(), new.len(), 256, &mut |a, b| same(&old[a], &new[b]));
        // From the last to the first, so that the positions before stay what they were.
        for (gone, come) in found.into_iter().rev() {
            let paired = gone.len().min(come.len());
            for at in (gone.start + paired..gone.end).rev() {
                self.operation("remove", &format!("{path}/{at}"), None);
            }
            for node in new[come.start + paired..come.end].iter().rev() {
                self.operation("add", &format!("{path}/{}", gone.start + paired), Some(node));
            }
            for pair in 0..paired {
                let at = gone.start + pair;
                self.compare(&format!("{path}/{at}"), &old[at], &new[come.start + pair]);
            }
        }
    }

    fn operation(&mut self, name: &str, path: &str, value: Option<&Node>) {
        let mut line = format!("{{\"op\": \"{name}\", \"path\": {}", json::string(path));
        if let Some(node) = value {
            line.push_str(", \"value\": ");
            write_compact(node, self.text, &mut line);
        }
        line.push('}');
        self.operations.push(line);
    }
}

/// RFC 6901, section 3: `~` and `/` are escaped.
fn pointer_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Whether two values are the same in JSON's sense; numbers by their spelling.
fn same(old: &Node, new: &Node) -> bool {
    match (&old.value, &new.value) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| {
                    let other = if a.name == b.name { Some(&b.node) } else { new.get(&a.name) };
                    other.is_some_and(|other| same(&a.node, other))
                })
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (a, b) => a == b,
    }
}

/// The value on one line, its tokens as `text` spells them.
fn write_compact(node: &Node, text: &[u8], out: &mut String) {
    let token = |span: &json::Span| String::from_utf8_lossy(&text[span.clone()]);
    match &node.value {
        Value::Array(elements) => {
            out.push('[');
            for (at, element) in elements.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write_compact(element, text, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (at, member) in members.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                out.push_str(&token(&member.name_span));
                out.push_str(": ");
                write_compact(&member.node, text, out);
            }
            out.push('}');
        }
        _ => out.push_str(&token(&node.span)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::splices_between;

    fn patch_of(old: &str, new: &str) -> String {
        unified_patch("m.json", old.as_bytes(), &splices_between(old.as_bytes(), new.as_bytes()))
    }

    #[test]
    fn unified_patches() {
        let check = |old: &str, new: &str, expected: &str| {
            assert_eq!(patch_of(old, new), expected);
        };
        check("a\n", "a\n", "");
        check(
            "a",
            "b",
            "--- m.json\n+++ m.json\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n",
        );
        check("", "a\n", "--- m.json\n+++ m.json\n@@ -0,0 +1 @@\n+a\n");
        check("a\nb\n", "b\n", "--- m.json\n+++ m.json\n@@ -1,2 +1 @@\n-a\n b\n");
        check(
            "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
            "1\nx\n3\n4\n5\n6\n7\n8\n",
            "--- m.json\n+++ m.json\n@@ -1,9 +1,8 @@\n 1\n-2\n+x\n 3\n 4\n 5\n 6\n 7\n 8\n-9\n",
        );
    }

    /// Applies a JSON Patch the way RFC 6902 says, for these tests.
    fn apply(target: &mut serde_json::Value, patch: &str) {
        let patch: Vec<serde_json::Value> = serde_json::from_str(patch).unwrap();
        for operation in patch {
            let path = operation["path"].as_str().unwrap();
            let value = operation.get("value").cloned();
            if path.is_empty() {
                *target = value.unwrap();
                continue;
            }
            let (parent, last) = path.rsplit_once('/').unwrap();
            let last = last.replace("~1", "/").replace("~0", "~");
            match (target.pointer_mut(parent).unwrap(), operation["op"].as_str().unwrap(), value) {
                (serde_json::Value::Object(map), "remove", None) => {
                    drop(map.remove(&last).unwrap());
                }
                (serde_json::Value::Object(map), _, Some(value)) => drop(map.insert(last, value)),
                (serde_json::Value::Array(list), op, value) => {
                    let at: usize = last.parse().unwrap();
                    match op {
                        "remove" => drop(list.remove(at)),
                        "add" => list.insert(at, value.unwrap()),
                        _ => list[at] = value.unwrap(),
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn json_patches() {
        let check = |old: &str, new: &str, expected: &str| {
            let patch = json_patch(old.as_bytes(), new.as_bytes()).unwrap();
            assert_eq!(patch.split_whitespace().collect::<String>(), expected, "{old} {new}");
            let mut value: serde_json::Value = serde_json::from_str(old).unwrap();
            apply(&mut value, &patch);
            assert_eq!(value, serde_json::from_str::<serde_json::Value>(new).unwrap());
        };
        check(r#"{"a":1}"#, r#"{ "a" : 1 }"#, "[]");
        check(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, "[]");
        check("1", "[2]", r#"[{"op":"replace","path":"","value":[2]}]"#);
        check(
            r#"{"layers":[{"t":"x"},{"t":"y"}],"gone":1}"#,
            r#"{"layers":[{"t":"x"},{"t":"z","urls":[ "u", {"n":1E2} ]}],"a/b~c":2}"#,
            r#"[{"op":"replace","path":"/layers/1/t","value":"z"},{"op":"add","path":"/layers/1/urls","value":["u",{"n":1E2}]},{"op":"remove","path":"/gone"},{"op":"add","path":"/a~1b~0c","value":2}]"#,
        );
        check("[1,2,3,4]", "[1,4]", r#"[{"op":"remove","path":"/2"},{"op":"remove","path":"/1"}]"#);
        check(
            "[1,2]",
            "[0,1,9,8,2]",
            r#"[{"op":"add","path":"/1","value":8},{"op":"add","path":"/1","value":9},{"op":"add","path":"/0","value":0}]"#,
        );
        check(
            "[[1],2,3]",
            "[[5],3,4]",
            r#"[{"op":"add","path":"/3","value":4},{"op":"remove","path":"/1"},{"op":"replace","path":"/0/0","value":5}]"#,
        );
    }

    #[test]
    fn a_broken_text_has_no_json_patch() {
        assert!(json_patch(b"{", b"{}").is_err());
    }
}
