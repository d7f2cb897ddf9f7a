//! A tool's declared example as a command line. Pure.

use serde_json::Value;

use super::cli_input::{long, quoted};
use crate::registry::{Entry, Kind, Property};

/// The line a person would type for `Tool::EXAMPLE`.
pub(super) fn line(entry: &Entry) -> String {
    let example: Value = serde_json::from_str(&entry.shown_example()).unwrap_or_default();
    let mut words = vec!["pyro".to_owned()];
    words.extend(entry.cli_words().into_iter().map(String::from));
    let mut rest = None;
    for place in entry.cli.positionals {
        match (place.strip_suffix("..."), example.get(place.trim_end_matches("..."))) {
            (Some(_), Some(Value::String(command))) => rest = Some(command),
            (None, Some(Value::Array(items))) => words.extend(items.iter().map(|item| quoted(&text(item)))),
            (None, Some(value)) => words.push(quoted(&text(value))),
            _ => {}
        }
    }
    for property in entry.properties_on_host() {
        let positional = entry.cli.positionals.iter().any(|one| one.trim_end_matches("...") == property.name);
        if let Some(value) = example.get(property.name).filter(|_| !positional) {
            words.extend(flag(&property, value));
        }
    }
    if let Some(command) = rest {
        let argv = command.split(' ').all(|word| !word.is_empty() && quoted(word) == word);
        words.push(if argv { format!("-- {command}") } else { format!("-- {}", quoted(command)) });
    }
    words.join(" ")
}

fn flag(property: &Property<'_>, value: &Value) -> Vec<String> {
    let long = format!("--{}", long(property));
    match (property.kind(), value) {
        (Kind::Flag, Value::Bool(true)) => vec![long],
        (Kind::Flag, _) => Vec::new(),
        (_, Value::Object(map)) if matches!(property.kind(), Kind::Map(_)) => {
            map.iter().map(|(key, value)| format!("{long} {}", quoted(&format!("{key}={}", text(value))))).collect()
        }
        (_, Value::Array(items)) => items.iter().map(|item| format!("{long} {}", quoted(&text(item)))).collect(),
        _ => vec![format!("{long} {}", quoted(&text(value)))],
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
