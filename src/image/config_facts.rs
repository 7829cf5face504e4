//! What an image config says of how the image runs, for people to read.

use crate::json::{self, Node, Value};

/// A line of what a config says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFact {
    /// The members that lead to it, in the config's own names, such as `config.Labels`.
    pub name: String,
    /// What it says; text from outside.
    pub value: String,
}

/// The members that are told one by one, in this order (image-spec `config.md`); each element of a
/// list or member of an object has a line of its own where the flag says so.
const MEMBERS: [(&[&str], bool); 18] = [
    (&["os"], false),
    (&["os.version"], false),
    (&["architecture"], false),
    (&["variant"], false),
    (&["created"], false),
    (&["author"], false),
    (&["config", "Entrypoint"], false),
    (&["config", "Cmd"], false),
    (&["config", "WorkingDir"], false),
    (&["config", "User"], false),
    (&["config", "StopSignal"], false),
    (&["config", "Shell"], false),
    (&["config", "Healthcheck"], false),
    (&["config", "Env"], true),
    (&["config", "ExposedPorts"], true),
    (&["config", "Volumes"], true),
    (&["config", "Labels"], true),
    (&["history"], true),
];

/// The facts of a config's text; none where programs read its JSON differently.
pub fn config_facts(text: &str) -> Vec<ConfigFact> {
    let Ok(root) = json::parse(text.as_bytes()) else { return Vec::new() };
    let mut facts = Vec::new();
    for (path, each) in MEMBERS {
        let Some(node) = path.iter().try_fold(&root, |node, name| node.get(name)) else { continue };
        let name = path.join(".");
        let mut add = |name: String, value: String| {
            if !value.is_empty() {
                facts.push(ConfigFact { name, value });
            }
        };
        match &node.value {
            Value::Null => {}
            Value::Array(elements) if each => {
                for (at, element) in elements.iter().enumerate() {
                    let value =
                        if path == ["history"] { step(element) } else { said(element, text) };
                    add(format!("{name}[{at}]"), value);
                }
            }
            Value::Object(members) if each => {
                for member in members {
                    // Ports and volumes are names with nothing in them.
                    let empty = member.node.members().is_empty()
                        && matches!(member.node.value, Value::Object(_));
                    if empty {
                        add(name.clone(), member.name.clone());
                    } else {
                        add(format!("{name}.{}", member.name), said(&member.node, text));
                    }
                }
            }
            _ => add(name, said(node, text)),
        }
    }
    facts
}

/// What a value says: a text without its quotation marks, anything else as it is written.
fn said(node: &Node, text: &str) -> String {
    match node.as_str() {
        Some(said) => said.to_owned(),
        None => text.get(node.span.clone()).unwrap_or_default().to_owned(),
    }
}

/// A step of the history on one line.
fn step(node: &Node) -> String {
    let member = |name: &str| node.get(name).and_then(Node::as_str).unwrap_or_default();
    let made = member("created_by");
    let made = if made.is_empty() { member("comment") } else { made };
    let empty = matches!(node.get("empty_layer").map(|it| &it.value), Some(Value::Bool(true)));
    let parts = [member("created"), made, if empty { "(empty_layer)" } else { "" }];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fact_has_a_line_in_the_names_of_the_config() {
        let check = |text: &str, expected: &[&str]| {
            let facts: Vec<String> = config_facts(text)
                .into_iter()
                .map(|fact| format!("{} = {}", fact.name, fact.value))
                .collect();
            assert_eq!(facts, expected, "{text}");
        };
        check(
            r#"{"architecture":"arm64","os":"linux","created":"2026-01-01T00:00:00Z","x":1,
                "config":{"Env":["A=b","C=\u0064"],"Cmd":["sh", "-c"],"User":"","Entrypoint":null,
                "ExposedPorts":{"80/tcp":{}},"Labels":{"a.b":"c"}},
                "history":[{"created":"t","created_by":"RUN x"},{"comment":"y","empty_layer":true}]}"#,
            &[
                "os = linux",
                "architecture = arm64",
                "created = 2026-01-01T00:00:00Z",
                r#"config.Cmd = ["sh", "-c"]"#,
                "config.Env[0] = A=b",
                "config.Env[1] = C=d",
                "config.ExposedPorts = 80/tcp",
                "config.Labels.a.b = c",
                "history[0] = t RUN x",
                "history[1] = y (empty_layer)",
            ],
        );
        for odd in ["", "7", "{}", r#"{"os":"a","os":"b"}"#, r#"{"config":7,"history":{}}"#] {
            check(odd, &[]);
        }
    }
}
