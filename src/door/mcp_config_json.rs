//! An entry laid into a host's JSON settings: comments, order and whatever else stands there are kept. Pure.

use jsonc_parser::{
    ParseOptions,
    cst::{CstInputValue, CstObject, CstRootNode},
};
use serde_json::Value;

use super::mcp_config_hosts::Entry;

/// JSON, and what editors' settings allow beyond it.
const PARSED: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The text with the entry at `servers`.`name`, or why it cannot be laid there.
pub(super) fn merged(old: &str, servers: &str, name: &str, entry: &Entry) -> Result<String, String> {
    let text = if old.trim().is_empty() { "{}\n" } else { old };
    let root = CstRootNode::parse(text, &PARSED).map_err(|error| format!("it is not JSON: {error}"))?;
    let whole = root.object_value().ok_or("it holds no object")?;
    let all = whole.object_value_or_create(servers).ok_or_else(|| format!("its `{servers}` is no object"))?;
    let one = all.object_value_or_create(name).ok_or_else(|| format!("its `{servers}.{name}` is no object"))?;
    for key in &entry.stale {
        if let Some(property) = one.get(key) {
            property.remove();
        }
    }
    for (key, value) in &entry.settings {
        lay(&one, key, value);
    }
    for (key, value) in entry.defaults.iter().filter(|(key, _)| one.get(key).is_none()) {
        lay(&one, key, value);
    }
    Ok(root.to_string())
}

/// Sets a key. What is there already is not written anew, so that it looks as its author wants it.
fn lay(object: &CstObject, key: &str, value: &Value) {
    let Some(found) = object.get(key) else {
        object.append(key, input(value));
        return;
    };
    match (found.object_value(), value) {
        (Some(below), Value::Object(values)) => values.iter().for_each(|(key, value)| lay(&below, key, value)),
        _ if found.to_serde_value().as_ref() == Some(value) => {}
        _ => found.set_value(input(value)),
    }
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(value) => CstInputValue::Bool(*value),
        Value::Number(value) => CstInputValue::Number(value.to_string()),
        Value::String(value) => CstInputValue::String(value.clone()),
        Value::Array(values) => CstInputValue::Array(values.iter().map(input).collect()),
        Value::Object(values) => {
            CstInputValue::Object(values.iter().map(|(key, value)| (key.clone(), input(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(settings: &Value, stale: Vec<&'static str>) -> Entry {
        let defaults = json!({"timeout": 5}).as_object().unwrap().clone();
        Entry { settings: settings.as_object().unwrap().clone(), defaults, stale }
    }

    fn program() -> Entry {
        entry(&json!({"command": "/bin/pyro", "args": ["mcp", "serve"]}), vec!["url", "headers"])
    }

    #[track_caller]
    fn check(old: &str, new: &str) {
        let laid = merged(old, "servers", "pyro", &program()).unwrap();
        assert_eq!(laid, new);
        assert_eq!(merged(&laid, "servers", "pyro", &program()).unwrap(), laid, "not the same when done again");
    }

    const ALONE: &str = "{
  \"servers\": {
    \"pyro\": {
      \"command\": \"/bin/pyro\",
      \"args\": [\"mcp\", \"serve\"],
      \"timeout\": 5
    }
  }
}
";

    #[test]
    fn nothing_becomes_a_whole_file() {
        check("", ALONE);
        check(" \n", ALONE);
        check("{}\n", ALONE);
    }

    #[test]
    fn what_stands_there_stays_as_it_was() {
        let old = "// mine\n{\n\t\"z\": 1.0, // first\n\t\"servers\": {\n\t\t\"other\": {\"command\": \"x\"},\n\t},\n\t\"a\": [1,2],\n}\n";
        let new = "// mine\n{\n\t\"z\": 1.0, // first\n\t\"servers\": {\n\t\t\"other\": {\"command\": \"x\"},\n\t\t\"pyro\": {\n\t\t\t\
                   \"command\": \"/bin/pyro\",\n\t\t\t\"args\": [\"mcp\", \"serve\"],\n\t\t\t\"timeout\": 5\n\t\t},\n\t},\n\t\"a\": [1,2],\n}\n";
        check(old, new);
    }

    #[test]
    fn an_older_entry_keeps_what_is_its_users() {
        let old = r#"{"servers": {"pyro": {"trust": true, "url": "http://x", "headers": {"K": "secret"}, "timeout": 9, "env": {"A": "1"}}}}"#;
        let laid = merged(old, "servers", "pyro", &program()).unwrap();
        let seen: Value = serde_json::from_str(&laid).unwrap();
        let wanted =
            json!({"trust": true, "timeout": 9, "env": {"A": "1"}, "command": "/bin/pyro", "args": ["mcp", "serve"]});
        assert_eq!(seen["servers"]["pyro"], wanted, "{laid}");

        let more = entry(&json!({"env": {"B": "2"}}), vec![]);
        let laid = merged(&laid, "servers", "pyro", &more).unwrap();
        let seen: Value = serde_json::from_str(&laid).unwrap();
        assert_eq!(seen["servers"]["pyro"]["env"], json!({"A": "1", "B": "2"}));
    }

    #[test]
    fn what_cannot_be_merged_is_refused() {
        for (old, why) in [
            ("[]", "no object"),
            ("{\"servers\": []}", "`servers` is no object"),
            ("{\"servers\": {\"pyro\": null}}", "`servers.pyro` is no object"),
            ("{\"servers\": {}", "not JSON"),
            ("servers = 1", "not JSON"),
        ] {
            let said = merged(old, "servers", "pyro", &program()).unwrap_err();
            assert!(said.contains(why), "{old}: {said}");
        }
    }
}
