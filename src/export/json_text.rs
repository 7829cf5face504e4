//! Small JSON texts that are made here from scratch: reports and recipes, never manifests.

use crate::json;

/// A JSON value to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(i64),
    Text(String),
    List(Vec<Json>),
    /// Members in the order in which they are written.
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn optional(text: Option<&String>) -> Self {
        text.map_or(Self::Null, Self::text)
    }

    /// A count or size; one beyond 2⁶³, which nothing has, is written as the largest number.
    pub(super) fn count(value: u64) -> Self {
        Self::Number(i64::try_from(value).unwrap_or(i64::MAX))
    }

    pub(super) fn list<T>(items: &[T], each: impl Fn(&T) -> Self) -> Self {
        Self::List(items.iter().map(each).collect())
    }

    /// The text, two spaces a level and a newline at the end. Lists without lists or objects in
    /// them stand on one line.
    pub(super) fn write(&self) -> String {
        let mut out = String::new();
        self.write_into(&mut out, 0);
        out.push('\n');
        out
    }

    fn write_into(&self, out: &mut String, depth: usize) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Number(value) => out.push_str(&value.to_string()),
            Self::Text(text) => out.push_str(&json::string(text)),
            Self::List(items) => {
                let nested = items.iter().any(|item| matches!(item, Self::Object(_)));
                let write = |out: &mut String, at: usize| items[at].write_into(out, depth + 1);
                container(out, ['[', ']'], items.len(), nested.then_some(depth), write);
            }
            Self::Object(members) => {
                let write = |out: &mut String, at: usize| {
                    let (name, value) = &members[at];
                    out.push_str(&json::string(name));
                    out.push_str(": ");
                    value.write_into(out, depth + 1);
                };
                container(out, ['{', '}'], members.len(), Some(depth), write);
            }
        }
    }
}

/// Writes items between brackets: each on its own line at `depth`, or with `None` all on one.
fn container(
    out: &mut String,
    [open, close]: [char; 2],
    count: usize,
    depth: Option<usize>,
    write: impl Fn(&mut String, usize),
) {
    out.push(open);
    for at in 0..count {
        match depth {
            Some(depth) => {
                out.push_str(if at > 0 { ",\n" } else { "\n" });
                out.push_str(&"  ".repeat(depth + 1));
            }
            None => out.push_str(if at > 0 { ", " } else { "" }),
        }
        write(out, at);
    }
    if let Some(depth) = depth.filter(|_| count > 0) {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    }
    out.push(close);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written() {
        let value = Json::Object(vec![
            ("a", Json::List(vec![Json::Number(-1), Json::text("x\"\n")])),
            ("b", Json::List(vec![Json::Object(vec![("c", Json::Null)])])),
            ("d", Json::Object(Vec::new())),
            ("e", Json::Bool(true)),
        ]);
        let expected = "{\n  \"a\": [-1, \"x\\\"\\n\"],\n  \"b\": [\n    {\n      \"c\": null\n    }\n  ],\n  \"d\": {},\n  \"e\": true\n}\n";
        assert_eq!(value.write(), expected);
        assert!(json::parse(value.write().as_bytes()).is_ok());
    }
}
