//! Answers and failures as people and scripts read them. Pure but for the [`Streams`].

use serde_json::{Map, Value};

use super::Streams;
use crate::{
    failure::Failure,
    registry::{Entry, Human},
};

pub(super) fn human(human: &Human, streams: &Streams) -> u8 {
    streams.out(&human.stdout);
    streams.err(&human.stderr);
    human.exit
}

/// One result: JSON, the tool's own form, or a line per field.
pub(super) fn output(entry: &Entry, output: &Value, json: bool, streams: &Streams) -> u8 {
    let form = entry.human(output);
    if json {
        streams.out(pretty(output));
        return form.map_or(0, |form| form.exit);
    }
    match form {
        Some(form) => human(&form, streams),
        None => {
            streams.out(lines(output));
            0
        }
    }
}

/// One field exactly as it is, an id with a line end; false where the result has no such text.
pub(super) fn only(field: &str, output: &Value, streams: &Streams) -> bool {
    let Some(text) = output.get(field).and_then(Value::as_str) else { return false };
    streams.out(text);
    if field.ends_with("_id") {
        streams.out("\n");
    }
    true
}

pub(super) fn failure(failure: &Failure, json: bool, exit: u8, streams: &Streams) -> u8 {
    if json {
        streams.out(pretty(&serde_json::to_value(failure).unwrap_or_default()));
        return exit;
    }
    let hint = failure.hint.as_deref().map(|hint| format!("hint: {}\n", plain(hint))).unwrap_or_default();
    streams.err(format!("error: {}\n{hint}", plain(&failure.message)));
    exit
}

fn pretty(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    text + "\n"
}

fn lines(output: &Value) -> String {
    let Value::Object(fields) = output else { return format!("{output}\n") };
    let mut text = String::new();
    for (name, value) in fields {
        match value {
            Value::Null => {}
            Value::Array(items) if items.iter().any(Value::is_object) => {
                text.push_str(&format!("{name}:\n"));
                for item in items.iter().filter_map(Value::as_object) {
                    text.push_str(&format!("  - {}\n", pairs(item)));
                }
            }
            Value::Object(inner) => text.push_str(&format!("{name}: {}\n", pairs(inner))),
            value => text.push_str(&format!("{name}: {}\n", scalar(value))),
        }
    }
    text
}

fn pairs(fields: &Map<String, Value>) -> String {
    let some = fields.iter().filter(|(_, value)| !value.is_null());
    some.map(|(name, value)| format!("{name}={}", scalar(value))).collect::<Vec<_>>().join(" ")
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        Value::Array(items) => items.iter().map(scalar).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// What a machine wrote must not drive the reader's terminal.
fn plain(text: &str) -> String {
    text.chars().filter(|char| !char.is_control() || matches!(char, '\n' | '\t')).collect()
}
