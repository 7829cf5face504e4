//! As much of JSON Schema as the schemas of this project use: `$ref` within the document, `type`,
//! `enum`, `const`, `properties`, `required`, `additionalProperties`, `items`, `minItems`, `pattern`
//! (a prefix after `^`) and `oneOf`. A keyword that is not known here is a fault, too.

use serde_json::Value;

/// What in `value` is not as `schema` says, with places.
pub(crate) fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    check(schema, schema, value, "", &mut faults);
    faults
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    for (keyword, wanted) in schema.as_object().unwrap() {
        let good = match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" => true,
            "$ref" => {
                let pointer = wanted.as_str().unwrap().strip_prefix('#').unwrap();
                check(root, root.pointer(pointer).expect(pointer), value, at, faults);
                true
            }
            "type" => match wanted {
                Value::Array(types) => types.iter().any(|each| is_type(each, value)),
                one => is_type(one, value),
            },
            "enum" => wanted.as_array().unwrap().contains(value),
            "const" => wanted == value,
            "minItems" => {
                value.as_array().is_none_or(|list| list.len() as u64 >= wanted.as_u64().unwrap())
            }
            "pattern" => {
                let prefix = wanted.as_str().unwrap().strip_prefix('^').unwrap();
                value.as_str().is_none_or(|text| text.starts_with(prefix))
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, wanted, item, &format!("{at}/{index}"), faults);
                }
                true
            }
            "properties" => {
                for (name, schema) in wanted.as_object().unwrap() {
                    if let Some(member) = value.get(name) {
                        check(root, schema, member, &format!("{at}/{name}"), faults);
                    }
                }
                true
            }
            "required" => {
                let names = wanted.as_array().unwrap().iter().map(|name| name.as_str().unwrap());
                value.is_object() && names.into_iter().all(|name| value.get(name).is_some())
            }
            "additionalProperties" => value.as_object().into_iter().flatten().all(|(name, _)| {
                wanted != &Value::Bool(false) || schema["properties"].get(name).is_some()
            }),
            "oneOf" => {
                let fits = |each: &&Value| {
                    let mut found = Vec::new();
                    check(root, each, value, at, &mut found);
                    found.is_empty()
                };
                wanted.as_array().unwrap().iter().filter(fits).count() == 1
            }
            _ => false,
        };
        if !good {
            faults.push(format!("{at}: {keyword} {wanted} does not hold for {value:.120}"));
        }
    }
}

fn is_type(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "null" => value.is_null(),
        _ => false,
    }
}

#[test]
fn faults_are_found() {
    let schema = serde_json::json!({
        "type": "object", "required": ["a"], "additionalProperties": false,
        "properties": {"a": {"enum": ["x", "y"]}, "b": {"type": "array", "items": {"pattern": "^https://"}}},
    });
    for (value, count) in [
        (serde_json::json!({"a": "x"}), 0),
        (serde_json::json!({"a": "x", "b": ["https://a"]}), 0),
        (serde_json::json!({"a": "z"}), 1),
        (serde_json::json!({"a": "x", "c": 1}), 1),
        (serde_json::json!({"a": "x", "b": ["http://a"]}), 1),
        (serde_json::json!({}), 1),
    ] {
        assert_eq!(faults(&schema, &value).len(), count, "{value}");
    }
}
