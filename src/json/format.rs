//! The same document in another layout. Never done unasked: it changes the digest.

use super::{Node, Value};

/// How a text can be laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A member a line, indented by this many spaces.
    Indented(usize),
    /// Without white space between tokens.
    Compact,
}

/// `text`, of which `root` is the reading, in another layout: names, strings and numbers keep their
/// spelling and order; what stands before and behind the document stays.
pub fn laid_out(text: &str, root: &Node, layout: Layout) -> String {
    let mut out = String::with_capacity(text.len());
    out.push_str(&text[..root.span.start]);
    let mut writer = Writer { text, layout, out };
    writer.node(root, 0);
    let mut out = writer.out;
    out.push_str(&text[root.span.end..]);
    out
}

struct Writer<'a> {
    text: &'a str,
    layout: Layout,
    out: String,
}

impl Writer<'_> {
    /// Nesting is bounded by [`super::MAX_DEPTH`], and so is this recursion.
    fn node(&mut self, node: &Node, depth: usize) {
        match &node.value {
            Value::Object(members) if !members.is_empty() => {
                self.out.push('{');
                for (at, member) in members.iter().enumerate() {
                    self.item(at, depth + 1);
                    self.out.push_str(&self.text[member.name_span.clone()]);
                    self.out.push_str(if self.layout == Layout::Compact { ":" } else { ": " });
                    self.node(&member.node, depth + 1);
                }
                self.line(depth);
                self.out.push('}');
            }
            Value::Array(elements) if !elements.is_empty() => {
                self.out.push('[');
                for (at, element) in elements.iter().enumerate() {
                    self.item(at, depth + 1);
                    self.node(element, depth + 1);
                }
                self.line(depth);
                self.out.push(']');
            }
            Value::Object(_) => self.out.push_str("{}"),
            Value::Array(_) => self.out.push_str("[]"),
            _ => self.out.push_str(&self.text[node.span.clone()]),
        }
    }

    fn item(&mut self, at: usize, depth: usize) {
        if at > 0 {
            self.out.push(',');
        }
        self.line(depth);
    }

    fn line(&mut self, depth: usize) {
        if let Layout::Indented(width) = self.layout {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n(' ', depth * width));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    #[test]
    fn spellings_stay() {
        let text = " {\"a\" : 1.0e1,\t\"\\u0061b\":[ ] ,\"c\":[{},\n\"\\/\"]}\n";
        let root = parse(text.as_bytes()).unwrap();
        let check = |layout, expected: &str| {
            assert_eq!(laid_out(text, &root, layout), expected);
        };
        check(Layout::Compact, " {\"a\":1.0e1,\"\\u0061b\":[],\"c\":[{},\"\\/\"]}\n");
        check(
            Layout::Indented(2),
            " {\n  \"a\": 1.0e1,\n  \"\\u0061b\": [],\n  \"c\": [\n    {},\n    \"\\/\"\n  ]\n}\n",
        );
        let indented = laid_out(text, &root, Layout::Indented(3));
        let root = parse(indented.as_bytes()).unwrap();
        let back = laid_out(&indented, &root, Layout::Compact);
        assert_eq!(back, " {\"a\":1.0e1,\"\\u0061b\":[],\"c\":[{},\"\\/\"]}\n");
    }
}
